#ifndef TAILRACE_MODELS_LIQUIDATION_STABILITY_H
#define TAILRACE_MODELS_LIQUIDATION_STABILITY_H

#include "sim/vmath.h"

/* A pool of deposits that pays debts off and gets the collateral, every deposit in proportion,
 * in O(1) whatever the number of depositors (Liquity v1, StabilityPool.sol; README, "Stability
 * Pool implementation"): a deposit d made when product and sum were P0, S0 is now
 *     d P / P0,   and has gained   d (S - S0) / P0   coins.
 * When the pool is emptied every deposit is 0 and an epoch ends: P and S start anew; gains of
 * the epoch are by the last S of it. */

/* Product and sum after a payment of paid_usd <= deposits_usd against coins of collateral. */
static inline void stability_offset(double deposits_usd, double paid_usd, double coins,
                                    double *product, double *sum)
{
    *sum += coins * *product / deposits_usd;
    *product *= paid_usd < deposits_usd ? 1.0 - paid_usd / deposits_usd : 0.0;
}

static inline double stability_deposit_usd(double deposit_usd, double product_at_start,
                                           double product)
{
    return deposit_usd * product / product_at_start;
}

static inline double stability_gain(double deposit_usd, double product_at_start,
                                    double sum_at_start, double sum)
{
    return deposit_usd * (sum - sum_at_start) / product_at_start;
}

#endif
