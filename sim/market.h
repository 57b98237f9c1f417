#ifndef TAILRACE_SIM_MARKET_H
#define TAILRACE_SIM_MARKET_H

#include "sim/worker.h"

/* Prices, volatility, liquidity and oracles of one block. Nothing here can fail. */

/* Time 0 of the paths in w->path: draws the sizes and times of the shocks, sets every
 * row to its start. */
void market_start(const struct plan *plan, struct worker *w);

/* One step of everything that does not depend on anyone's trades: shocks, innovations,
 * price models, refill of the books, traded prices, oracles, funding. w->step and w->time_s
 * are those of the end of the step. */
void market_step(const struct plan *plan, struct worker *w);

/* Traded price of one asset from its price without impact and the outstanding impact of its
 * books, base x exp(-weighted mean of J), and the prices at venues of their own. */
void market_reprice(uint32_t asset, struct worker *w);

/* The prices that a venue computes margin on: row of the traded price, at its own book where
 * that differs, or of the oracle. Rows of further assets follow. */
const double *market_mark(const struct plan *plan, uint32_t venue, uint32_t asset,
                          const struct worker *w);

/* to[i] = sum over j <= i of factor[i][j] normal[j]: correlated normals. The factor has
 * rows of plan_pad(n_asset) numbers, zero above the diagonal, and there are as many rows
 * of normals. */
void market_correlate(const double *factor, uint32_t n_asset, const lane_row *normal,
                      lane_row *to);

/* Time profile g(t) of a shock at time_s for the starts given, [LANES]. */
void market_profile(const struct effect *e, double time_s, const double *start_s,
                    double *g);

#endif
