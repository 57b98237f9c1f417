#ifndef TAILRACE_SIM_MARKET_H
#define TAILRACE_SIM_MARKET_H

#include "sim/worker.h"

/* Prices, volatility, liquidity and oracles of one block. Nothing here can fail. */

/* Time 0: draws the sizes and times of the shocks, sets every row to its start. */
void market_start(const struct plan *plan, uint64_t first_path, struct worker *w);

/* One step of everything that does not depend on anyone's trades: shocks, innovations,
 * price models, refill of the books, traded prices, oracles, funding. w->step and w->time_s
 * are those of the end of the step. */
void market_step(const struct plan *plan, struct worker *w);

/* Traded price of one asset from its price without impact and the outstanding impact. */
void market_reprice(uint32_t asset, struct worker *w);

/* The prices that a venue computes margin on: row of the traded price or of the oracle. */
const double *market_mark(const struct plan *plan, uint32_t venue, uint32_t asset,
                          const struct worker *w);

/* Time profile g(t) of a shock at time_s for the starts given, [LANES]. */
void market_profile(const struct effect *e, double time_s, const double *start_s,
                    double *g);

#endif
