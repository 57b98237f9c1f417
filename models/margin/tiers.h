#ifndef TAILRACE_MODELS_MARGIN_TIERS_H
#define TAILRACE_MODELS_MARGIN_TIERS_H

#include "sim/model.h"

/* Tiered maintenance on a notional N >= 0: continuous and convex in N, with rate r_t from
 * notional f_t on,
 *     M(N) = sum over tiers of (r_t - r_(t-1)) max(0, N - f_t),   r_(-1) = 0,
 * which is the same as max over t of r_t N - a_t with the maintenance amounts a_0 = 0,
 * a_t = a_(t-1) + f_t (r_t - r_(t-1)) that Binance publishes. */

/* Refuses a table that is not sorted from 0 with rates that rise. */
bool tiers_check(const struct margin_tiers *tiers, const char *rule, uint32_t asset,
                 struct error *err);

/* requirement_usd[i] += M(|notional_usd[i]|), i < n. */
void tiers_add(const struct margin_tiers *tiers, const double *notional_usd,
               double *requirement_usd, int n);

#endif
