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

#endif
