#ifndef TAILRACE_SIM_CASCADE_H
#define TAILRACE_SIM_CASCADE_H

#include "sim/model.h"
#include "sim/tape.h"
#include "sim/worker.h"

/* What is said of cascades: by what an account was breached, why a shortfall arose, how
 * attempts ended, who is left under water; and the tape of events.
 *
 * Branching ratio of a venue on a path:
 *     R = cascade_usd / liquidated_usd,
 * cascade_usd: what was liquidated of accounts that would not be under water but for forced
 * sales since the mark last changed otherwise. The traded price is held where this instant's
 * first round found it: whoever is under water there was brought down by the market, at
 * whatever displacement it found; whoever is only in a later round, by the sales of the
 * instant. Another mark (an oracle's), which shows sales of earlier instants at once when it
 * is published, is held at mark x D1 / D0, D the traded price without any forced sale over
 * the traded price, now and when the mark changed before, if the displacement has grown. If
 * the market brings down S0 and every dollar sold R dollars of further accounts, all in all
 * S = S0 + R S: R near 1 is the edge of collapse. The cause is found when the liquidation of
 * an account begins, at its holdings of that moment, and stays with it. */

/* Why an account that is closed owes more than it has; the parts add up to its shortfall. */
enum mechanism {
    MECHANISM_INSOLVENT, /* below 0 at the marks when its liquidation began: a gap */
    MECHANISM_WAITING,   /* below 0 at the marks while its liquidation was under way */
    MECHANISM_MARK,      /* the marks were better than the traded prices */
    MECHANISM_INCENTIVE, /* fees, bonus and gas */
    MECHANISM_SLIPPAGE,  /* its own sales went below the traded price */
    N_MECHANISM
};
extern const char *const cascade_mechanism_name[N_MECHANISM];
extern const char *const cascade_stop_name[N_STOP];
extern const char *const cascade_event_name[N_EVENT]; /* of EVENT_STOP: see above */

/* Time 0. */
void cascade_start(const struct plan *plan, struct worker *w);

/* An instant begins: looks which marks that are not traded prices have changed. */
void cascade_instant(const struct plan *plan, struct worker *w);

/* The first round of an instant has ended, prices are not yet moved by what it sold: marks
 * that are held. */
void cascade_hold(const struct plan *plan, struct worker *w);

/* The marks of a venue on path k but for forced sales, as above: into w->held_usd; w->moved
 * says whether they differ from the marks. */
void cascade_look(const struct plan *plan, struct worker *w, uint32_t venue, int k);

/* From here on what happens is written down as that of an account of a population;
 * `waiting`: its liquidation began before. */
void cascade_account(const struct plan *plan, struct worker *w, uint32_t venue,
                     uint32_t account, bool waiting);

/* Its equity with these holdings, coins [n_leg]: for the tape, and before a shortfall is
 * settled. trigger_look must have run for the venue. */
void cascade_measure(const struct plan *plan, struct worker *w, uint32_t venue, int k,
                     uint32_t account, const double *coins, double collateral_usd);

/* The same of one of the user's accounts, worth value_usd at the traded prices; finds its
 * cause too. */
void cascade_own(const struct plan *plan, struct worker *w, int k, uint32_t account,
                 double value_usd);

/* Whether the account under way would not be under water at w->held_usd; what follows is of
 * that cause. cascade_look must have run for the venue. */
bool cascade_cause(const struct plan *plan, struct worker *w, uint32_t venue,
                   uint32_t account, const double *coins, double collateral_usd);

/* The account under way, which was measured, was found under water. */
void cascade_breach(struct worker *w, uint32_t venue, int k);

/* Adds usd (of EVENT_LIQUIDATION: accounts) to the metric of an event at a venue on path k,
 * and to the tape. */
void cascade_count(struct worker *w, enum event event, uint32_t venue, int k, double usd);

/* The same of EVENT_LIQUIDATED, with what follows from it. */
void cascade_liquidated(struct worker *w, uint32_t venue, int k, double usd);

/* An attempt on the account under way ended. */
void cascade_stop(struct worker *w, uint32_t venue, int k, enum stop stop);

/* A trade of the account under way through the order books of an asset. */
void cascade_trade(struct worker *w, uint32_t asset, int k, double coins, double usd);

/* What was not paid of a shortfall of the account under way, by its mechanisms. */
void cascade_split(struct worker *w, int k, double shortfall_usd, double bad_debt_usd);

/* At the horizon: ratios, and accounts that are under water and were not closed. */
void cascade_finish(const struct plan *plan, struct worker *w);

#endif
