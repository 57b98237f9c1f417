#include <criterion/criterion.h>
#include <math.h>

#include "models/instrument/pool.h"
#include "tests/unit_case.h"

extern const struct instrument instrument_lp_constant_product, instrument_lp_range;

/* Value against holding the deposit, 2 sqrt(r)/(1+r) - 1 (Uniswap documentation, "Understanding
 * returns"; ../shared/reference/defi, computed at high precision). */
static const struct {
    double ratio, loss;
} losses[] = {
    /* clang-format off */
    {0.1, -0.425040425423931031},
    {0.25, -0.200000000000000000},
    {0.5, -0.0571909584179366341},
    {0.8, -0.00619201000009346826},
    {1, 0.0},
    {1.25, -0.00619201000009346826},
    {1.5, -0.0202041028867287607},
    {2, -0.0571909584179366341},
    {4, -0.200000000000000000},
    {5, -0.254644007500070101},
    {10, -0.425040425423931031},
    /* clang-format on */
};

Test(reference, constant_product_impermanent_loss)
{
    const struct pool_contract p = {
        .contract = {.instrument = &instrument_lp_constant_product, .entry_usd = 2384.5}};

    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        const double r = losses[i].ratio;
        const struct unit_case c = {
            .contract = &p.contract, .spot = 2384.5 * r, .factor = 1.0};
        const double loss = unit_case_price(&c).value / (0.5 * (1.0 + r)) - 1.0;
        cr_assert_float_eq(loss, losses[i].loss, 5e-16, "r = %g: %.17g, stated %.17g", r,
                           loss, losses[i].loss);
    }
}

/* Positions of the Uniswap v3 whitepaper (Adams, Zinsmeister, Salem, Keefer, Robinson 2021, eq.
 * 2.2), computed at high precision (../shared/reference/defi): 10,000 USD deposited at 2,000
 * into 1,500 .. 2,500, and 50,000 at 3,000 into 2,900 .. 3,100. */
static const struct {
    double entry, low, high, deposit, spot, coins, usd, value, delta, gamma;
} positions[] = {
    /* clang-format off */
    {2000, 1500, 2500, 10000, 1000, 5.43260627567708902,
     0, 5432.60627567708902, 5.43260627567708902, 0},
    {2000, 1500, 2500, 10000, 1500, 5.43260627567708902,
     0, 8148.90941351563353, 5.43260627567708902, 0},
    {2000, 1500, 2500, 10000, 1800, 3.33264645980635593,
     3450.58608302038694, 9449.34971067182762, 3.33264645980635593, -0.00611159796928378387},
    {2000, 1500, 2500, 10000, 2000, 2.20358907467700013,
     5592.82185064599973, 10000, 2.20358907467700013, -0.00521817382607306653},
    {2000, 1500, 2500, 10000, 2200, 1.23222787974955445,
     7630.36628266407245, 10341.2676181130922, 1.23222787974955445, -0.00452303047940109556},
    {2000, 1500, 2500, 10000, 2500, 0,
     10520.1968160996325, 10520.1968160996325, 0, 0},
    {2000, 1500, 2500, 10000, 4000, 0,
     10520.1968160996325, 10520.1968160996325, 0, 0},
    {3000, 2900, 3100, 50000, 2000, 16.8114821728235488,
     0, 33622.9643456470976, 16.8114821728235488, 0},
    {3000, 2900, 3100, 50000, 2950, 12.4487639271467084,
     12760.48475771542, 49484.3383427982096, 12.4487639271467084, -0.0861436192209432451},
    {3000, 2900, 3100, 50000, 3000, 8.19557322559107463,
     25413.2803232267761, 50000, 8.19557322559107463, -0.0839990271170015854},
    {3000, 2900, 3100, 50000, 3099, 0.0799868666132476613,
     50158.5003042534321, 50406.3796038878866, 0.0799868666132476613, -0.0800062239985530309},
    {3000, 2900, 3100, 50000, 5000, 0,
     50406.419594095396, 50406.419594095396, 0, 0},
    /* clang-format on */
};

static void near(double got, double stated, double scale, size_t row, const char *what)
{
    cr_assert(fabs(got - stated) <= 1e-14 * scale, "row %zu: %s %.17g, stated %.17g", row,
              what, got, stated);
}

Test(reference, range_position_value)
{
    for (size_t i = 0; i < sizeof positions / sizeof *positions; i++) {
        const struct pool_contract p = {.contract = {.instrument = &instrument_lp_range,
                                                     .entry_usd = positions[i].entry},
                                        .lower_usd = positions[i].low,
                                        .upper_usd = positions[i].high};
        const struct unit_case c = {
            .contract = &p.contract, .spot = positions[i].spot, .factor = 1.0};
        const struct unit_result v = unit_case_price(&c);
        const double q = positions[i].deposit, most = q / positions[i].entry * 3.0;

        near(q * v.value, positions[i].value, q, i, "value");
        near(q * v.delta, positions[i].delta, most, i, "delta");
        near(q * v.delta, positions[i].coins, most, i, "coins");
        near(q * (v.value - v.delta * c.spot), positions[i].usd, 3.0 * q, i, "dollars");
        near(q * v.gamma, positions[i].gamma, fabs(positions[i].gamma), i, "gamma");
    }
}

/* Uniswap/v3-periphery, test/LiquidityAmounts.spec.ts: tokens of a liquidity, rounded down;
 * roots of prices times 2^96. */
static const struct {
    const char *name;
    long double root, root_low, root_high;
    double liquidity, coins, usd;
} amounts[] = {
    /* clang-format off */
    {"inside", 79228162514264337593543950336.0L, 75541088972021052632782079082.0L, 83095197869223157896060286990.0L,
     2148, 99, 99},
    {"below", 75162434512514379355924140470.0L, 75541088972021052632782079082.0L, 83095197869223157896060286990.0L,
     1048, 99, 0},
    {"above", 83472048772503575395058907992.0L, 75541088972021052632782079082.0L, 83095197869223157896060286990.0L,
     2097, 0, 199},
    {"lower_boundary", 75541088972021052632782079082.0L, 75541088972021052632782079082.0L, 83095197869223157896060286990.0L,
     1048, 99, 0},
    {"upper_boundary", 83095197869223157896060286990.0L, 75541088972021052632782079082.0L, 83095197869223157896060286990.0L,
     2097, 0, 199},
    /* clang-format on */
};

Test(reference, range_position_holds_the_amounts_of_its_liquidity)
{
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++) {
        const long double unit = 0x1p-96L, low = amounts[i].root_low * unit;
        const long double high = amounts[i].root_high * unit, at = amounts[i].root * unit;
        const struct pool_contract p = {
            .contract = {.instrument = &instrument_lp_range, .entry_usd = 1.0},
            .lower_usd = (double)(low * low),
            .upper_usd = (double)(high * high)};
        struct unit_case c = {.contract = &p.contract, .spot = 1.0, .factor = 1.0};
        const double per_usd = -2.0 * unit_case_price(&c).gamma; /* L at S = 1 */
        c.spot = (double)(at * at);
        const struct unit_result v = unit_case_price(&c);
        const double deposit = amounts[i].liquidity / per_usd;

        cr_assert_eq(floor(deposit * v.delta), amounts[i].coins, "%s: %.17g coins",
                     amounts[i].name, deposit * v.delta);
        cr_assert_eq(floor(deposit * (v.value - v.delta * c.spot) + 1e-9), amounts[i].usd,
                     "%s: %.17g dollars", amounts[i].name,
                     deposit * (v.value - v.delta * c.spot));
    }
}
