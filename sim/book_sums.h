#ifndef TAILRACE_SIM_BOOK_SUMS_H
#define TAILRACE_SIM_BOOK_SUMS_H

#include "sim/book_claim.h"

/* Sums over the claims of one account and asset, enum claim_sum. Rows have LANES entries. */

/* One of the sums over the claims of an account and asset. */
double *book_sums_row(const struct plan *plan, const struct worker *w, uint32_t account,
                      uint32_t asset, enum claim_sum sum);

/* moved[k] = max(moved[k], how far price and surface of an asset went since the account's
 * claims were valued in full), as a share of the price or of the volatility. */
void book_sums_moved(const struct plan *plan, uint32_t account, uint32_t asset,
                     const struct worker *w, double *moved);

/* Number of claims of an account from plan.claim[first] on that are on the same asset. */
uint32_t book_sums_group(const struct plan *plan, uint32_t account, uint32_t first);

/* sum[0 .. N_CLAIM_FUNCTION) += the sums over claims of one account and asset, each valued
 * in full at w->step: all, those that are tabulated, or the others. */
enum book_part { BOOK_ALL, BOOK_TABULATED, BOOK_REST };
void book_sums_add(const struct plan *plan, const struct plan_claim *claim, uint32_t n,
                   enum book_part part, const struct worker *w, const double *spot_usd,
                   lane_row *sum);

/* Values the claims of one account where mask[k] is not 0. */
void book_sums_revalue(const struct plan *plan, uint32_t account, enum book_prices prices,
                       const double *mask, struct worker *w);

/* value += the claims of one account and asset at the price given, to second order from
 * where they were valued in full. */
void book_sums_estimate(const struct plan *plan, uint32_t account, uint32_t asset,
                        const double *price, const struct worker *w, double *value);

#endif
