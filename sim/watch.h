#ifndef TAILRACE_SIM_WATCH_H
#define TAILRACE_SIM_WATCH_H

#include "sim/trigger.h"

/* Accounts that have holdings of their own on a path, since a liquidation left something of
 * them or they took over what another one owed. */

/* Sets w->leg_coins and *cash_usd to the account in units of today: debts with their
 * interest, entry prices and funding in the cash. `own`: it is watched already.
 * trigger_look must have run. */
void watch_take_up(const struct population *p, const struct population_group *g,
                   uint32_t account, const struct trigger_overlay *o, bool own,
                   struct worker *w, double *cash_usd);

/* The reverse, into the overlay; finds the account's new level. */
void watch_put_back(const struct population *p, const struct population_group *g,
                    uint32_t account, const struct trigger_overlay *o, struct worker *w,
                    double cash_usd);

/* Puts an account, which was taken out of the index, on the list of the watched ones. */
void watch_begin(struct worker *w, uint32_t venue, int k, uint32_t account);

/* Keeps what other accounts are to take over until those of this round are done with; the
 * debt goes with the coins by their value. */
void watch_spread_later(struct worker *w, const struct population_group *g, double weight,
                        const struct liquidation_outcome *out);

/* Spreads what waits over the accounts of a venue on path k, in proportion to what they have
 * of the coin as collateral (Liquity v1: redistribution). Looks at every account. */
void watch_spread(const struct plan *plan, struct worker *w, uint32_t venue, int k);

#endif
