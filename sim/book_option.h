#ifndef TAILRACE_SIM_BOOK_OPTION_H
#define TAILRACE_SIM_BOOK_OPTION_H

#include "sim/worker.h"

/* The options of the user's accounts. Rows have LANES entries. */

/* At the marks of an account's venue, as margin wants it, or at traded prices. */
enum book_prices { BOOK_MARK, BOOK_TRADED };

/* Price that an account's positions in an asset are valued at. */
const double *book_option_price(const struct plan *plan, uint32_t account,
                                enum book_prices prices, uint32_t asset,
                                const struct worker *w);

/* Stress factor on an asset's implied volatility. */
const double *book_option_surface(const struct plan *plan, const struct worker *w,
                                  uint32_t asset);

/* One of the sums over the options of an account and asset. */
double *book_option_sum(const struct plan *plan, const struct worker *w, uint32_t account,
                        uint32_t asset, enum option_sum sum);

/* Value of one unit of an option now at the prices given, USD, with optional Greeks (NULL
 * rows are left out). log_spot is ln of spot. */
void book_option_value(const struct plan *plan, const struct plan_option *o,
                       const struct worker *w, const double *spot, const double *log_spot,
                       struct option_value *out);

/* moved[k] = max(moved[k], how far price and surface of an asset went since the account's
 * options were valued in full), as a share of the price or of the volatility. */
void book_option_moved(const struct plan *plan, uint32_t account, uint32_t asset,
                       const struct worker *w, double *moved);

/* Values the options of one account in full where mask[k] is not 0. */
void book_option_revalue(const struct plan *plan, uint32_t account, enum book_prices prices,
                         const double *mask, struct worker *w);

/* value += the options of one account and asset at the price given, to second order from
 * where they were valued in full. */
void book_option_estimate(const struct plan *plan, uint32_t account, uint32_t asset,
                          const double *price, const struct worker *w, double *value);

#endif
