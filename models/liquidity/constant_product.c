#include <math.h>

#include "models/liquidity/pool.h"
#include "sim/model.h"

/* A pool of X coins and Y USD that keeps X Y = k (Uniswap v2). In a market at price p0 it
 * holds, rebalanced by arbitrage, X0 = sqrt(k/p0) and Y0 = sqrt(k p0). After coins Q have been
 * paid in the price is p0 exp(-J) with
 *     J = 2 ln(1 + Q/X0(p0)),
 * so +2 % takes X0 (1 - 1/sqrt(1.02)) coins out of it, 1 % of what it holds: its value is not
 * its depth. A seller's fee is taken from the coins paid in, a buyer's from the USD, so x
 * coins receive (1-f) x Y/(X + (1-f) x) (UniswapV2Library.getAmountOut). Fees do not stay in
 * the reserves here, as they do in v2 until a provider leaves, so that an order in two parts
 * pays what the whole pays; what this leaves out is f times the depth that an order eats. */

struct constant_product_param {
    double reserve_usd;
    double fee_frac;
    double refill_half_life_s;
};
struct constant_product_coef {
    double liquidity; /* sqrt(k), sqrt(coin USD), at depth factor 1 */
    double fee_frac;
    double halvings_per_s; /* of J */
};

/* 30 bp: Uniswap v2. Half-life: the price reverted by 35-43 % in 2-6 min and 90 % in 12 min
 * after 53 large trades on one calm day: weak evidence, to be swept. */
static const struct field constant_product_fields[] = {
    /* clang-format off */
    {.key = "reserve_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 1.0, .max = 1e15,
     .required = true, .offset = offsetof(struct constant_product_param, reserve_usd),
     .doc = "dollars in the pool at the start; the coins beside them are worth the same"},
    {.key = "fee_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 0.5,
     .preset = 0.003, .offset = offsetof(struct constant_product_param, fee_frac),
     .doc = "fee on what is paid in"},
    {.key = "refill_half_life", .unit = "s", .type = FIELD_DURATION, .min = 1e-3,
     .max = 3.2e9, .preset = 300.0,
     .offset = offsetof(struct constant_product_param, refill_half_life_s),
     .doc = "time in which arbitrage with markets outside the scenario takes half of the "
            "pool's impact back"},
    {.key = NULL},
    /* clang-format on */
};

/* From a million times the market's price to its millionth the pool trades 99.9 % of what it
 * holds; what lies beyond is not for sale at any price that means something. */
static const double END = 13.815510557964274; /* ln(1e6) */

static bool constant_product_prepare(const void *param, double spot_usd,
                                     struct arena *arena, void *coef, struct error *err)
{
    const double ln_2 = 0.69314718055994530942;
    const struct constant_product_param *p = param;
    struct constant_product_coef *c = coef;
    (void)arena;

    if (!(spot_usd > 0.0) || isinf(spot_usd))
        return fail(err,
                    "constant_product: the starting price is %g USD: a price above 0 is "
                    "needed to turn reserve_usd into coins",
                    spot_usd);
    c->liquidity = p->reserve_usd / sqrt(spot_usd);
    c->fee_frac = p->fee_frac;
    c->halvings_per_s = ln_2 / p->refill_half_life_s;
    return true;
}

static double constant_product_fill(const void *coef, double price_usd, double depth,
                                    double coins, double *impact)
{
    const struct constant_product_coef *c = coef;
    const double liquidity = c->liquidity * vm_max(depth, POOL_DEPTH_MIN);
    const double kept = 1.0 - c->fee_frac;
    const double root = sqrt(price_usd) * vm_exp(-0.5 * *impact);
    const double moved = coins > 0.0 ? kept * coins : coins;
    const double share = vm_max(moved * root / liquidity, 0x1p-40 - 1.0);
    const double usd = moved * root * (root / (1.0 + share));

    *impact += 2.0 * pool_log_1p(share);
    return coins > 0.0 ? usd : usd / kept;
}

static double constant_product_coins_to(const void *coef, double price_usd, double depth,
                                        double impact_from, double impact_to)
{
    const struct constant_product_coef *c = coef;
    const double liquidity = c->liquidity * vm_max(depth, POOL_DEPTH_MIN);
    const double held = liquidity * vm_exp(0.5 * impact_from) / sqrt(price_usd);
    const double moved = held * vm_expm1(0.5 * (impact_to - impact_from));

    return moved > 0.0 ? moved / (1.0 - c->fee_frac) : moved;
}

static void constant_product_range(const void *coef, double price_usd, double *low,
                                   double *high)
{
    (void)coef;
    (void)price_usd;
    *low = -END;
    *high = END;
}

static void constant_product_refill(const void *coef, double step_s,
                                    const double *depth_before, const double *depth_now,
                                    const double *refill, double *impact, double *permanent)
{
    const struct constant_product_coef *c = coef;
    const double rate = c->halvings_per_s * step_s;
    const double *restrict before = depth_before, *restrict now = depth_now;
    const double *restrict speed = refill;
    double *restrict j = impact;
    (void)permanent;

    for (int k = 0; k < LANES; k++)
        j[k] = pool_impact_after(j[k], before[k], now[k], rate * speed[k]);
}

/* What a seller is paid who moves the price down by 1 %. */
static double constant_product_depth_usd(const void *coef, double spot_usd)
{
    const struct constant_product_coef *c = coef;

    return c->liquidity * sqrt(spot_usd) * (1.0 - sqrt(0.99));
}

static double constant_product_fee_frac(const void *coef)
{
    const struct constant_product_coef *c = coef;

    return c->fee_frac;
}

const struct liquidity_model liquidity_constant_product = {
    .about = {.name = "constant_product",
              .doc = "Pool of coins and dollars whose product stays (Uniswap v2).",
              .fields = constant_product_fields,
              .param_size = sizeof(struct constant_product_param)},
    .coef_size = sizeof(struct constant_product_coef),
    .prepare = constant_product_prepare,
    .fill = constant_product_fill,
    .coins_to = constant_product_coins_to,
    .range = constant_product_range,
    .refill = constant_product_refill,
    .depth_usd = constant_product_depth_usd,
    .fee_frac = constant_product_fee_frac,
};
