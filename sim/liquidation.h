#ifndef TAILRACE_SIM_LIQUIDATION_H
#define TAILRACE_SIM_LIQUIDATION_H

#include "sim/worker.h"

/* Time 0: every account alive, insurance funds full; market_start must have run. */
void liquidation_start(const struct plan *plan, struct worker *w);

/* Closes every account under water through the order books, in rounds: sales move prices,
 * prices breach further accounts, until a round finds none. book_mark must have run. */
void liquidation_step(const struct plan *plan, struct worker *w);

/* One sale of coins (negative: purchase) of one asset on one path at the prices of this
 * instant. Moves the impact, records what the takers bought. Returns the USD received after
 * the spread. */
double liquidation_fill(const struct plan *plan, struct worker *w, uint32_t asset, int k,
                        double coins);

/* Used by the parts of the cascade. Pays a fee into the fund or takes a shortfall from it;
 * what the fund lacks is bad debt. Returns what is left to the account. */
double liquidation_settle(struct worker *w, uint32_t venue, int k, double equity_usd,
                          double fee_usd, double weight);

/* Closes one of the user's accounts on path k. */
void liquidation_own(const struct plan *plan, struct worker *w, int k, uint32_t account);

#endif
