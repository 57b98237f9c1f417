#ifndef TAILRACE_MODELS_LIQUIDITY_POOL_H
#define TAILRACE_MODELS_LIQUIDITY_POOL_H

#include "sim/vmath.h"

/* What the two kinds of pool share. Along a stretch of liquidity L, in sqrt(coin USD), and
 * square root of the price s, the pool holds L/s coins and L s USD beside constants (Adams
 * et al. 2021, Uniswap v3 Core, eq. 2.2): q coins paid in bring s to s/(1 + q s/L) and pay
 * out q s s'. */

/* Depth below this is treated as this: an empty pool prices nothing. */
static const double POOL_DEPTH_MIN = 1e-9;

/* ln(1 + x) with the relative precision of x, x > -1. */
static inline double pool_log_1p(double x)
{
    const double u = 1.0 + x;

    return vm_log(u) + (x - (u - 1.0)) / u;
}

/* One step of a pool's impact: arbitrage with what is outside the scenario halves it
 * halvings x speed times. When liquidity is added at outstanding impact (depth was -> is)
 * the coins executed stay and J shrinks, with 1 - exp(J/2) in proportion to 1/depth; when it
 * is taken away J stays. `rate` is ln 2 / half-life. */
static inline double pool_impact_after(double impact, double was, double is, double rate)
{
    const double before = was > POOL_DEPTH_MIN ? was : POOL_DEPTH_MIN;
    const double now = is > POOL_DEPTH_MIN ? is : POOL_DEPTH_MIN;
    const double share = before < now ? before / now : 1.0;
    const double spread = 2.0 * vm_log(1.0 + share * vm_expm1(0.5 * impact));

    return (before < now ? spread : impact) * vm_exp(-rate);
}

#endif
