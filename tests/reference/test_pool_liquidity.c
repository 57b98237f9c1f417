/* Pools as places to sell to, against the contracts' own test vectors and closed forms. */

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "sim/arena.h"
#include "sim/model.h"

extern const struct liquidity_model liquidity_constant_product, liquidity_concentrated;

/* The layouts of the models' parameters, in the order of their fields. */
struct product_param {
    double reserve_usd, fee_frac, refill_half_life_s;
};
struct range_param {
    struct number_list price_usd, liquidity;
    int continues;
    double fee_frac, refill_half_life_s;
};
struct pool {
    const struct liquidity_model *model;
    struct arena arena;
    double price_usd;
    _Alignas(64) unsigned char coef[128];
};

static void product_open(struct pool *p, double coins, double usd, double fee_frac)
{
    const struct product_param param = {usd, fee_frac, 300.0};
    struct error err;

    *p = (struct pool){.model = &liquidity_constant_product, .price_usd = usd / coins};
    cr_assert_eq(p->model->about.param_size, sizeof param);
    cr_assert_leq(p->model->coef_size, sizeof p->coef);
    const bool done = p->model->prepare(&param, p->price_usd, &p->arena, p->coef, &err);
    cr_assert(done, "%s", err.text);
}

static void ranges_open(struct pool *p, uint32_t n, const double *tick_usd,
                        const double *liquidity, bool continues, double fee_frac,
                        double price_usd)
{
    const struct range_param param = {
        {n, tick_usd}, {n, liquidity}, continues, fee_frac, 300.0};
    struct error err;

    *p = (struct pool){.model = &liquidity_concentrated, .price_usd = price_usd};
    cr_assert_eq(p->model->about.param_size, sizeof param);
    cr_assert_leq(p->model->coef_size, sizeof p->coef);
    const bool done = p->model->prepare(&param, price_usd, &p->arena, p->coef, &err);
    cr_assert(done, "%s", err.text);
}

static double fill(const struct pool *p, double coins, double *impact)
{
    return p->model->fill(p->coef, p->price_usd, 1.0, coins, impact);
}

static double coins_to(const struct pool *p, double from, double to)
{
    return p->model->coins_to(p->coef, p->price_usd, 1.0, from, to);
}

/* Uniswap/v2-core, test/UniswapV2Pair.spec.ts, swapTestCases; in units of 1e18, rounded down
 * to 1e-18. */
static const struct {
    double in, reserve_in, reserve_out, out;
} swaps[] = {
    {1, 5, 10, 1.662497915624478906},      {1, 10, 5, 0.453305446940074565},
    {2, 5, 10, 2.851015155847869602},      {2, 10, 5, 0.831248957812239453},
    {1, 10, 10, 0.906610893880149131},     {1, 100, 100, 0.987158034397061298},
    {1, 1000, 1000, 0.996006981039903216},
};

Test(reference, constant_product_pays_what_the_contract_pays)
{
    for (size_t i = 0; i < sizeof swaps / sizeof *swaps; i++) {
        struct pool p;
        double impact = 0.0;

        product_open(&p, swaps[i].reserve_in, swaps[i].reserve_out, 0.003);
        const double usd = fill(&p, swaps[i].in, &impact);
        cr_assert_float_eq(usd, swaps[i].out, 2e-15 * swaps[i].out, "swap %zu: %.17g", i,
                           usd);
        cr_assert_float_eq(coins_to(&p, 0.0, impact), swaps[i].in, 4e-15 * swaps[i].in);
        cr_assert_float_eq(impact, 2.0 * log1p(0.997 * swaps[i].in / swaps[i].reserve_in),
                           4e-15);

        product_open(&p, swaps[i].reserve_out, swaps[i].reserve_in, 0.003);
        impact = 0.0;
        const double paid = fill(&p, -swaps[i].out, &impact);
        cr_assert_float_eq(paid, -swaps[i].in, 4e-15 * swaps[i].reserve_in, "%zu: %.17g", i,
                           paid);
    }
}

/* Depth to +2 %: X (1 - 1/sqrt(1.02)) coins, 0.985 % of the reserve. */
Test(reference, constant_product_depth_is_a_hundredth_of_its_reserve)
{
    struct pool p;

    product_open(&p, 2000.0, 4.77e6, 0.0);
    const double coins = -coins_to(&p, 0.0, -log(1.02));
    cr_assert_float_eq(coins, 2000.0 * (1.0 - 1.0 / sqrt(1.02)), 1e-11);
    cr_assert_float_eq(coins / 2000.0, 0.00985, 5e-6);
    cr_assert_float_eq(p.model->depth_usd(p.coef, p.price_usd), 4.77e6 * (1.0 - sqrt(0.99)),
                       1e-7);
    /* the same k at half the price: fewer dollars, more coins */
    const double half = p.model->coins_to(p.coef, 0.5 * p.price_usd, 1.0, 0.0, -log(1.02));
    cr_assert_float_eq(half, -coins * sqrt(2.0), 1e-11);
}

/* Uniswap/v3-core, test/SwapMath.spec.ts: dollars paid in for coins. Amounts in units of
 * 1e18, roots of prices times 2^96; the vectors of a few integers, which only test rounding,
 * have no counterpart here. */
static const struct {
    const char *name;
    long double root_next;
    double liquidity, coins, paid, fee;
} steps[] = {
    {"capped", 79623317895830914510639640423.0L, 2.0, 0.009925619580021728,
     0.009975124224178055, 0.000005988667735148},
    {"fully_spent", 118818475322642227089037862318.0L, 2.0, 0.666399946655997866, 0.9994,
     0.0006},
    {"fully_received", 158456325028528675187087900672.0L, 2.0, 1.0, 2.0,
     0.001200720432259356},
};

Test(reference, concentrated_steps_as_the_contract)
{
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const double tick[] = {0.01, 100.0}, liquidity[] = {steps[i].liquidity, 0.0};
        const double end = -2.0 * (double)logl(steps[i].root_next * 0x1p-96L);
        struct pool p;
        double impact = 0.0;

        ranges_open(&p, 2, tick, liquidity, false, 0.0006, 1.0);
        const double coins = coins_to(&p, 0.0, end);
        const double usd = fill(&p, -steps[i].coins, &impact);
        cr_assert_float_eq(coins, -steps[i].coins, 1e-15, "%s: %.17g", steps[i].name,
                           coins);
        cr_assert_float_eq(usd, -(steps[i].paid + steps[i].fee), 4e-15, "%s: %.17g",
                           steps[i].name, usd);
        cr_assert_float_eq(impact, end, 4e-15, "%s: %.17g", steps[i].name, impact);
        arena_free(&p.arena);
    }
}

/* Uniswap/v3-periphery, test/LiquidityAmounts.spec.ts: what a range of liquidity holds; all
 * of its dollars can be had for coins, all of its coins for dollars. Rounded down. */
static const struct {
    const char *name;
    long double root;
    double liquidity, coins, usd;
} amounts[] = {
    {"inside", 79228162514264337593543950336.0L, 2148, 99, 99},
    {"below", 75162434512514379355924140470.0L, 1048, 99, 0},
    {"above", 83472048772503575395058907992.0L, 2097, 0, 199},
    {"lower_boundary", 75541088972021052632782079082.0L, 1048, 99, 0},
    {"upper_boundary", 83095197869223157896060286990.0L, 2097, 0, 199},
};

Test(reference, concentrated_range_holds_the_amounts_of_its_liquidity)
{
    const long double low = 75541088972021052632782079082.0L * 0x1p-96L;
    const long double high = 83095197869223157896060286990.0L * 0x1p-96L;

    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++) {
        const double tick[] = {(double)(low * low), (double)(high * high)};
        const double liquidity[] = {amounts[i].liquidity, 0.0};
        const long double root = amounts[i].root * 0x1p-96L;
        struct pool p;
        double end_low, end_high, impact = 0.0;

        ranges_open(&p, 2, tick, liquidity, false, 0.0, (double)(root * root));
        p.model->range(p.coef, p.price_usd, &end_low, &end_high);
        const double coins = -coins_to(&p, 0.0, fmin(end_low, 0.0));
        const double usd = fill(&p, coins_to(&p, 0.0, fmax(end_high, 0.0)), &impact);
        cr_assert_eq(floor(coins + 1e-12), amounts[i].coins, "%s: %.17g coins",
                     amounts[i].name, coins);
        cr_assert_eq(floor(usd + 1e-9), amounts[i].usd, "%s: %.17g dollars",
                     amounts[i].name, usd);
        arena_free(&p.arena);
    }
}

/* The range in which the price stands comes first. Between 2,000 and 2,400 the pool is ten
 * times as liquid as below; a sale that stays there pays the deep range's impact, one that
 * leaves it both. */
Test(reference, concentrated_begins_in_the_active_range)
{
    const double tick[] = {1000.0, 2000.0, 2400.0}, liquidity[] = {1e5, 1e6, 0.0};
    const double spot = 2385.25, root = sqrt(spot), lowest = sqrt(2000.0);
    struct pool p;
    double impact = 0.0;

    ranges_open(&p, 3, tick, liquidity, false, 0.0, spot);
    const double small = 150.0, usd = fill(&p, small, &impact);
    const double to = 1.0 / (1.0 / root + small / 1e6);
    cr_assert_float_eq(usd, 1e6 * (root - to), 1e-6);
    cr_assert_float_eq(impact, 2.0 * log(root / to), 1e-14);

    impact = 0.0;
    const double inside = 1e6 * (1.0 / lowest - 1.0 / root);
    const double both = fill(&p, inside + 100.0, &impact);
    const double below = 1.0 / (1.0 / lowest + 100.0 / 1e5);
    cr_assert_float_eq(both, 1e6 * (root - lowest) + 1e5 * (lowest - below), 1e-5);
    cr_assert_float_eq(coins_to(&p, 0.0, impact), inside + 100.0, 1e-9);
    arena_free(&p.arena);
}

/* Sale after sale brings less, and all of them together less than the dollars held. */
Test(reference, pools_are_depleted_by_what_they_buy)
{
    const double tick[] = {500.0, 2000.0, 4000.0}, liquidity[] = {1e4, 1e5, 0.0};
    struct pool pool[2];

    product_open(&pool[0], 1000.0, 2.38525e6, 0.003);
    ranges_open(&pool[1], 3, tick, liquidity, false, 0.003, 2385.25);
    for (int i = 0; i < 2; i++) {
        double impact = 0.0, sum = 0.0, last = INFINITY, low, high;
        const double held = i == 0 ? 2.38525e6
                                   : 1e5 * (sqrt(2385.25) - sqrt(2000.0)) +
                                         1e4 * (sqrt(2000.0) - sqrt(500.0));
        pool[i].model->range(pool[i].coef, pool[i].price_usd, &low, &high);
        for (int n = 0; n < 40; n++) {
            const double most = coins_to(&pool[i], impact, high);
            const double usd = fill(&pool[i], fmin(50.0, most), &impact);
            cr_assert(usd < last || usd == 0.0, "pool %d, sale %d: %.17g after %.17g", i, n,
                      usd, last);
            last = usd;
            sum += usd;
        }
        cr_assert_lt(sum, held * (1.0 + 1e-12), "pool %d", i);
        cr_assert_gt(sum, (i == 0 ? 0.6 : 0.99) * held, "pool %d: %g", i, sum);
        arena_free(&pool[i].arena);
    }
}

/* An extract of the ticks ends in data, not in liquidity. */
Test(reference, concentrated_knows_an_extract_from_an_end)
{
    const double tick[] = {2300.0, 2400.0}, liquidity[] = {1e6, 0.0};
    struct pool ends, goes_on;
    double low, high, impact = 0.0;

    ranges_open(&ends, 2, tick, liquidity, false, 0.0, 2385.25);
    ends.model->range(ends.coef, ends.price_usd, &low, &high);
    cr_assert_float_eq(high, log(2385.25 / 2300.0), 1e-14);
    cr_assert_float_eq(low, log(2385.25 / 2400.0), 1e-14);
    const double most = coins_to(&ends, 0.0, high);

    ranges_open(&goes_on, 2, tick, liquidity, true, 0.0, 2385.25);
    const double usd = fill(&goes_on, 3.0 * most, &impact), root = sqrt(2385.25);
    const double to = 1.0 / (1.0 / root + 3.0 * most / 1e6);
    cr_assert_gt(impact, high);
    cr_assert_float_eq(usd, 1e6 * (root - to), 1e-8 * usd);
    arena_free(&ends.arena);
    arena_free(&goes_on.arena);
}

/* What can be wrong with ticks, in a sentence. */
Test(reference, concentrated_refuses_ticks_that_are_none)
{
    static const double tick[] = {2300.0, 2400.0, 2350.0};
    static const double some[] = {1e6, 1e6, 0.0}, open[] = {1e6, 1e6, 1e6}, none[3] = {0.0};
    static const struct {
        uint32_t n_tick, n_liquidity;
        const double *liquidity;
        const char *what;
    } bad[] = {
        {1, 1, none, "at least two ticks"}, {2, 3, some, "2 prices of ticks and 3"},
        {3, 3, some, "2350 does not lie"},  {2, 2, open, "last tick_liquidity is 1000000"},
        {2, 2, none, "a pool needs some"},
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct range_param param = {
            {bad[i].n_tick, tick}, {bad[i].n_liquidity, bad[i].liquidity}, 0, 0.0, 300.0};
        struct arena arena = {NULL};
        unsigned char coef[128];
        struct error err;
        const bool done =
            liquidity_concentrated.prepare(&param, 2350.0, &arena, coef, &err);
        cr_assert_not(done, "case %zu", i);
        cr_assert_not_null(strstr(err.text, bad[i].what), "%s", err.text);
        arena_free(&arena);
    }
}

/* One lane of a step of refill; the others stand still. */
static double refill(const struct pool *p, double step_s, double before, double now,
                     double speed, double impact)
{
    lane_row was, is, factor, row = {0.0}, permanent = {0.0};

    for (int k = 0; k < LANES; k++) {
        was[k] = before;
        is[k] = now;
        factor[k] = speed;
    }
    row[LANES / 2] = impact;
    p->model->refill(p->coef, step_s, was, is, factor, row, permanent);
    for (int k = 0; k < LANES; k++)
        cr_assert(permanent[k] == 0.0 && (k == LANES / 2 || row[k] == 0.0));
    return row[LANES / 2];
}

/* Arbitrage halves the impact in each half-life. Providers who come after a sale leave the
 * coins executed as they are and make the same of them move the price less; those who go
 * take their share of both sides with them, and the price stays. */
Test(reference, pools_are_refilled_and_provided_for)
{
    const double tick[] = {0.01, 1e6}, liquidity[] = {2e5, 0.0};
    const double jumps[] = {-0.4, -1e-6, 1e-6, 0.05, 1.2};
    struct pool pool[2];

    product_open(&pool[0], 1000.0, 2.38525e6, 0.0);
    ranges_open(&pool[1], 2, tick, liquidity, false, 0.0, 2385.25);
    for (int i = 0; i < 2; i++) {
        const struct pool *p = &pool[i];
        for (size_t j = 0; j < sizeof jumps / sizeof *jumps; j++) {
            const double impact = jumps[j], size = fabs(impact);
            const double half = refill(p, 300.0, 1.0, 1.0, 1.0, impact);
            const double fast = refill(p, 60.0, 1.0, 1.0, 10.0, impact);
            const double fewer = refill(p, 1e-9, 1.0, 0.3, 1.0, impact);
            const double more = refill(p, 1e-9, 0.5, 2.0, 1.0, impact);
            const double sold = p->model->coins_to(p->coef, p->price_usd, 0.5, 0.0, impact);
            const double same = p->model->coins_to(p->coef, p->price_usd, 2.0, 0.0, more);

            cr_assert_float_eq(half, 0.5 * impact, 1e-14 * size, "%g: %.17g", impact, half);
            cr_assert_float_eq(fast, 0.25 * impact, 1e-14 * size);
            cr_assert_float_eq(fewer, impact, 1e-11 * size);
            cr_assert_lt(fabs(more), 0.5 * size);
            cr_assert_float_eq(same, sold, 1e-9 * fabs(sold), "%g: %.17g, %.17g", impact,
                               same, sold);
        }
        arena_free(&pool[i].arena);
    }
}
