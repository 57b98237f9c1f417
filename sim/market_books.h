#ifndef TAILRACE_SIM_MARKET_BOOKS_H
#define TAILRACE_SIM_MARKET_BOOKS_H

#include "sim/worker.h"

/* Order books and pools of one block between trades. Nothing here can fail. */

/* Time 0: all depths are calm, all venues' own marks at the start prices. */
void market_books_start(const struct plan *plan, struct worker *w);

/* One step of the books of an asset, after its price model: depth follows volatility,
 * impact is refilled, arbitrage pulls the books together. */
void market_books_step(const struct plan *plan, uint32_t asset, struct worker *w);

/* Weighted mean of a set's rows (ROW_IMPACT, ROW_PERMANENT) over the books of an asset,
 * [LANES]: the row itself where there is one book, else `scratch`, zero without books. */
const double *market_books_mean(const struct plan *plan, enum row_set set, uint32_t asset,
                                const struct worker *w, double *scratch);

/* USD that move the traded price by 1 %, all books together, [LANES]. */
void market_books_depth(const struct plan *plan, uint32_t asset, const struct worker *w,
                        double *depth_usd);

#endif
