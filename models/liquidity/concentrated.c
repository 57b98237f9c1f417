#include <math.h>

#include "models/liquidity/pool.h"
#include "sim/arena.h"
#include "sim/model.h"

/* A pool whose liquidity L is a step function of the price (Uniswap v3, Adams et al. 2021,
 * section 2): from tick i to tick i + 1 it trades like a constant product of that L, see
 * pool.h. The ticks stand at prices in dollars; in a market at price p0 arbitrage keeps the
 * pool at p0, inside whichever range that is, and coins paid in bring its price to p0
 * exp(-J). Where p0 lies outside all ranges the pool is all coins or all dollars and trades
 * from the nearest tick on. Stretches without liquidity are passed in no time. Fees are
 * taken from what is paid in and do not enter the ranges (ibid., section 6.2.1). */

enum { BEYOND_NOTHING, BEYOND_CONTINUES };
struct concentrated_param {
    struct number_list tick_price_usd, tick_liquidity;
    int beyond; /* BEYOND_* */
    double fee_frac;
    double refill_half_life_s;
};
struct concentrated_coef {
    uint32_t n_range;
    const double *root;      /* [n_range + 1] square roots of the ticks' prices, rising */
    const double *liquidity; /* [n_range] between two of them, sqrt(coin USD) */
    const double *held; /* [n_range + 1] coins between a tick and the one next to the start,
                           at depth factor 1: above 0 below it */
    double fee_frac;
    double halvings_per_s; /* of J */
};

static const char *const beyond_names[] = {"nothing", "continues", NULL};

/* 5 bp: the fee of the deepest pools of majors. Half-life: as in constant_product.c. */
static const struct field concentrated_fields[] = {
    /* clang-format off */
    {.key = "tick_price_usd", .unit = "USD", .type = FIELD_NUMBERS, .min = 1e-40,
     .max = 1e40, .required = true,
     .offset = offsetof(struct concentrated_param, tick_price_usd),
     .doc = "prices of the ticks, rising"},
    {.key = "tick_liquidity", .unit = "sqrt(coin USD)", .type = FIELD_NUMBERS, .min = 0.0,
     .max = 1e30, .required = true,
     .offset = offsetof(struct concentrated_param, tick_liquidity),
     .doc = "liquidity from each tick to the next, the last 0; a contract's integer divided "
            "by 10^((decimals of one token + of the other)/2)"},
    {.key = "beyond", .unit = "1", .type = FIELD_CHOICE, .choices = beyond_names,
     .required = true, .offset = offsetof(struct concentrated_param, beyond),
     .doc = "what lies below the first and above the last tick: nothing, where the ticks "
            "are all there are; where they are an extract, it continues"},
    {.key = "fee_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 0.5,
     .preset = 0.0005, .offset = offsetof(struct concentrated_param, fee_frac),
     .doc = "fee on what is paid in"},
    {.key = "refill_half_life", .unit = "s", .type = FIELD_DURATION, .min = 1e-3,
     .max = 3.2e9, .preset = 300.0,
     .offset = offsetof(struct concentrated_param, refill_half_life_s),
     .doc = "time in which arbitrage with markets outside the scenario takes half of the "
            "pool's impact back"},
    {.key = NULL},
    /* clang-format on */
};

/* How far liquidity continues, as a factor on the square root of the price. */
static const double FAR = 1000.0;

static bool concentrated_check(const struct concentrated_param *p, struct error *err)
{
    const uint32_t n = p->tick_price_usd.n;
    const double *price = p->tick_price_usd.value, *liquidity = p->tick_liquidity.value;
    double most = 0.0;

    if (n < 2 || n != p->tick_liquidity.n)
        return fail(err,
                    "concentrated: %u prices of ticks and %u liquidities: give each of at "
                    "least two ticks one of both",
                    n, p->tick_liquidity.n);
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0 && !(price[i] > price[i - 1]))
            return fail(err,
                        "concentrated: tick_price_usd = %.10g does not lie above the tick "
                        "before: sort them",
                        price[i]);
        most = vm_max(most, liquidity[i]);
    }
    if (liquidity[n - 1] != 0.0)
        return fail(err,
                    "concentrated: the last tick_liquidity is %.10g: end the list with the "
                    "tick at which the last range ends, and 0",
                    liquidity[n - 1]);
    if (most == 0.0)
        return fail(err, "concentrated: every tick_liquidity is 0: a pool needs some");
    return true;
}

/* The range below a tick's root, or at and above it, clamped to those there are. */
static uint32_t concentrated_range_of(const struct concentrated_coef *c, double root,
                                      bool below)
{
    uint32_t low = 0, high = c->n_range;

    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        const bool under = below ? c->root[middle] < root : c->root[middle] <= root;
        low = under ? middle : low;
        high = under ? high : middle;
    }
    return low;
}

/* Coins between two roots inside one range. */
static double range_coins(double liquidity, double root_low, double root_high)
{
    return liquidity * (root_high - root_low) / (root_low * root_high);
}

static bool concentrated_prepare(const void *param, double spot_usd, struct arena *arena,
                                 void *coef, struct error *err)
{
    const double ln_2 = 0.69314718055994530942;
    const struct concentrated_param *p = param;
    struct concentrated_coef *c = coef;
    const bool more = p->beyond == BEYOND_CONTINUES;

    if (!concentrated_check(p, err))
        return false;
    const uint32_t n = p->tick_price_usd.n + (more ? 2 : 0), shift = more ? 1 : 0;
    double *root = arena_get(arena, n, sizeof *root);
    double *liquidity = arena_get(arena, n, sizeof *liquidity);
    double *held = arena_get(arena, n, sizeof *held);

    for (uint32_t i = 0; i < p->tick_price_usd.n; i++) {
        root[i + shift] = sqrt(p->tick_price_usd.value[i]);
        liquidity[i + shift] = p->tick_liquidity.value[i];
    }
    if (more) {
        root[0] = root[1] / FAR;
        liquidity[0] = liquidity[1];
        root[n - 1] = root[n - 2] * FAR;
        liquidity[n - 2] = liquidity[n - 3];
    }
    *c = (struct concentrated_coef){.n_range = n - 1,
                                    .root = root,
                                    .liquidity = liquidity,
                                    .held = held,
                                    .fee_frac = p->fee_frac,
                                    .halvings_per_s = ln_2 / p->refill_half_life_s};
    const uint32_t start = concentrated_range_of(c, sqrt(spot_usd), true);
    for (uint32_t i = start; i > 0; i--)
        held[i - 1] = held[i] + range_coins(liquidity[i - 1], root[i - 1], root[i]);
    for (uint32_t i = start; i < c->n_range; i++)
        held[i + 1] = held[i] - range_coins(liquidity[i], root[i], root[i + 1]);
    return true;
}

/* A trade that ends at a tick but for this share stays there: behind it may be a stretch
 * without liquidity, which rounding must not pass. */
static const double ROUNDING = 0x1p-40;

/* Pays coins in: root price and USD paid out. */
static double concentrated_sell(const struct concentrated_coef *c, double depth,
                                double coins, double *root)
{
    const double least = ROUNDING * coins;
    double usd = 0.0, top = vm_min(*root, c->root[c->n_range]);

    for (uint32_t i = concentrated_range_of(c, top, true) + 1; i > 0 && coins > least;
         i--) {
        const double bottom = vm_min(c->root[i - 1], top);
        const double liquidity = depth * c->liquidity[i - 1];
        const double most = range_coins(liquidity, bottom, top);
        if (coins < most) {
            const double to = top / (1.0 + coins * top / liquidity);
            *root = to;
            return usd + coins * top * to;
        }
        usd += liquidity * (top - bottom);
        coins -= most;
        top = bottom;
    }
    *root = top;
    return usd + coins * top * top;
}

/* Takes coins out: root price and USD to pay in. */
static double concentrated_buy(const struct concentrated_coef *c, double depth,
                               double coins, double *root)
{
    const double least = ROUNDING * coins;
    double usd = 0.0, bottom = vm_max(*root, c->root[0]);

    for (uint32_t i = concentrated_range_of(c, bottom, false);
         i < c->n_range && coins > least; i++) {
        const double top = vm_max(c->root[i + 1], bottom);
        const double liquidity = depth * c->liquidity[i];
        const double most = range_coins(liquidity, bottom, top);
        if (coins < most) {
            const double to = bottom / (1.0 - coins * bottom / liquidity);
            *root = to;
            return usd + coins * bottom * to;
        }
        usd += liquidity * (top - bottom);
        coins -= most;
        bottom = top;
    }
    *root = bottom;
    return usd + coins * bottom * bottom;
}

static double concentrated_fill(const void *coef, double price_usd, double depth,
                                double coins, double *impact)
{
    const struct concentrated_coef *c = coef;
    const double scale = vm_max(depth, POOL_DEPTH_MIN), kept = 1.0 - c->fee_frac;
    const double start = sqrt(price_usd);
    double root = start * vm_exp(-0.5 * *impact), usd;

    if (coins == 0.0)
        return 0.0;
    usd = coins > 0.0 ? concentrated_sell(c, scale, kept * coins, &root)
                      : -concentrated_buy(c, scale, -coins, &root) / kept;
    *impact = -2.0 * vm_log(root / start);
    return usd;
}

/* Coins between two roots, low <= high. */
static double coins_between(const struct concentrated_coef *c, double low, double high)
{
    const double from = vm_max(low, c->root[0]), to = vm_min(high, c->root[c->n_range]);

    if (!(from < to))
        return 0.0;
    const uint32_t i = concentrated_range_of(c, from, false);
    const uint32_t j = concentrated_range_of(c, to, true);
    if (i == j)
        return range_coins(c->liquidity[i], from, to);
    return range_coins(c->liquidity[i], from, c->root[i + 1]) +
           (c->held[i + 1] - c->held[j]) + range_coins(c->liquidity[j], c->root[j], to);
}

static double concentrated_coins_to(const void *coef, double price_usd, double depth,
                                    double impact_from, double impact_to)
{
    const struct concentrated_coef *c = coef;
    const double scale = vm_max(depth, POOL_DEPTH_MIN), start = sqrt(price_usd);
    const double from = start * vm_exp(-0.5 * impact_from);
    const double to = start * vm_exp(-0.5 * impact_to);

    return impact_to > impact_from
               ? scale * coins_between(c, to, from) / (1.0 - c->fee_frac)
               : -scale * coins_between(c, from, to);
}

static void concentrated_range(const void *coef, double price_usd, double *low,
                               double *high)
{
    const struct concentrated_coef *c = coef;
    const double start = sqrt(price_usd);

    *low = -2.0 * vm_log(c->root[c->n_range] / start);
    *high = -2.0 * vm_log(c->root[0] / start);
}

static void concentrated_refill(const void *coef, double step_s, const double *depth_before,
                                const double *depth_now, const double *refill,
                                double *impact, double *permanent)
{
    const struct concentrated_coef *c = coef;
    const double rate = c->halvings_per_s * step_s;
    const double *restrict before = depth_before, *restrict now = depth_now;
    const double *restrict speed = refill;
    double *restrict j = impact;
    (void)permanent;

    for (int k = 0; k < LANES; k++)
        j[k] = pool_impact_after(j[k], before[k], now[k], rate * speed[k]);
}

/* What a seller is paid who moves the price down by 1 %. */
static double concentrated_depth_usd(const void *coef, double spot_usd)
{
    const struct concentrated_coef *c = coef;
    double root = sqrt(spot_usd);

    return concentrated_sell(c, 1.0, coins_between(c, sqrt(0.99) * root, root), &root);
}

static double concentrated_fee_frac(const void *coef)
{
    const struct concentrated_coef *c = coef;

    return c->fee_frac;
}

const struct liquidity_model liquidity_concentrated = {
    .about = {.name = "concentrated",
              .doc = "Pool whose liquidity depends on the price, given by its ticks "
                     "(Uniswap v3).",
              .fields = concentrated_fields,
              .param_size = sizeof(struct concentrated_param)},
    .coef_size = sizeof(struct concentrated_coef),
    .prepare = concentrated_prepare,
    .fill = concentrated_fill,
    .coins_to = concentrated_coins_to,
    .range = concentrated_range,
    .refill = concentrated_refill,
    .depth_usd = concentrated_depth_usd,
    .fee_frac = concentrated_fee_frac,
};
