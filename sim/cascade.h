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
static inline void cascade_account(struct worker *w, uint32_t venue,
                                   const struct population *p, uint32_t account,
                                   bool waiting)
{
    w->closing.venue = venue;
    w->closing.account = p->source[account];
    w->closing.own = false;
    w->closing.waiting = waiting;
    w->closing.weight = p->weight[account];
    w->closing.incentive_usd = 0.0;
}

/* Its equity with these holdings, coins [n_leg]: for the tape, and before a shortfall is
 * settled. trigger_look must have run for the venue. */
void cascade_measure(const struct plan *plan, struct worker *w, uint32_t venue, int k,
                     uint32_t account, const double *coins, double collateral_usd);

/* The same of one of the user's accounts, worth value_usd at the traded prices; finds its
 * cause too. */
void cascade_own(const struct plan *plan, struct worker *w, int k, uint32_t account,
                 double value_usd);

/* Whether an account under water would not be at w->held_usd; where w->moved says that these
 * differ from the marks. cascade_look must have run for the venue. */
bool cascade_cause(const struct plan *plan, const struct worker *w, uint32_t venue,
                   uint32_t account, const double *coins, double collateral_usd);

/* The account under way, which was measured, was found under water. */
void cascade_breach(struct worker *w, int k);

/* On the tape, if one runs and this is its path: an event of the account under way. */
void cascade_write(struct worker *w, enum event event, int k,
                   const struct tape_event *figures);

/* The row by protocol that counts an event; of EVENT_BREACH, EVENT_TRADE, EVENT_STOP none. */
static const enum row_set CASCADE_ROW[N_EVENT] = {
    [EVENT_LIQUIDATION] = ROW_LIQUIDATED_ACCOUNTS,
    [EVENT_LIQUIDATED] = ROW_LIQUIDATED_USD,
    [EVENT_LIQUIDATOR] = ROW_LIQUIDATOR,
    [EVENT_GAS] = ROW_GAS_SPENT,
    [EVENT_ABSORBED] = ROW_ABSORBED,
    [EVENT_FEE] = ROW_FEES,
    [EVENT_SHORTFALL] = ROW_SHORTFALL,
    [EVENT_FUND] = ROW_FUND_DRAWN,
    [EVENT_BAD_DEBT] = ROW_BAD_DEBT,
    [EVENT_RETURNED] = ROW_RETURNED,
};

/* Adds usd (of EVENT_LIQUIDATION: accounts) to the metric of an event at a venue on path k,
 * and to the tape. */
static inline void cascade_count(struct worker *w, enum event event, uint32_t venue, int k,
                                 double usd)
{
    worker_row(w, CASCADE_ROW[event], venue)[k] += usd;
    if (w->tape != NULL && usd != 0.0)
        cascade_write(w, event, k, &(struct tape_event){.usd = usd});
}

/* The same of EVENT_LIQUIDATED, with what follows from it. */
static inline void cascade_liquidated(struct worker *w, uint32_t venue, int k, double usd)
{
    double *first = &worker_row(w, ROW_FIRST_LIQUIDATED, venue)[k];

    if (usd == 0.0)
        return;
    cascade_count(w, EVENT_LIQUIDATED, venue, k, usd);
    worker_row(w, ROW_CASCADE_USD, venue)[k] += w->closing.cascade ? usd : 0.0;
    *first = *first == *first ? *first : w->time_s; /* NaN before */
    worker_row(w, ROW_LAST_LIQUIDATED, venue)[k] = w->time_s;
}

/* An attempt on the account under way ended, and on `weight` of its like. */
static inline void cascade_stop(struct worker *w, int k, enum stop stop, double weight)
{
    worker_row(w, ROW_ATTEMPTS, stop)[k] += weight;
    if (w->tape != NULL)
        cascade_write(w, EVENT_STOP, k, &(struct tape_event){.stop = stop});
}

/* A trade of the account under way through the order books of an asset, for the tape. */
void cascade_trade(const struct plan *plan, struct worker *w, uint32_t asset, int k,
                   const struct fill *fill);

/* What was not paid of a shortfall of the account under way, by its mechanisms. */
void cascade_split(struct worker *w, int k, double shortfall_usd, double bad_debt_usd);

/* At the horizon: ratios, and accounts that are under water and were not closed. */
void cascade_finish(const struct plan *plan, struct worker *w);

#endif
