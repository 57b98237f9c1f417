/* Lending: Compound's rate curve and Aave's liquidations, as their documents and tests have
 * them. */

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "models/instrument/lending.h"

/* compound-finance/compound-protocol, tests/Models/InterestRateModelTest.js, in percent. */
static const struct {
    double base, slope, jump, kink, utilisation, rate;
} jump_rates[] = {
    /* clang-format off */
    {10, 20, 100, 90, 0, 10},  {10, 20, 100, 90, 10, 12},  {10, 20, 100, 90, 89, 27.8},
    {10, 20, 100, 90, 90, 28}, {10, 20, 100, 90, 91, 29},  {10, 20, 100, 90, 100, 38},
    {10, 20, 20, 90, 0, 10},   {10, 20, 20, 90, 10, 12},   {10, 20, 20, 90, 100, 30},
    {10, 20, 0, 90, 0, 10},    {10, 20, 0, 90, 10, 12},    {10, 20, 0, 90, 100, 28},
    {10, 20, 0, 110, 0, 10},   {10, 20, 0, 110, 10, 12},   {10, 20, 0, 110, 100, 30},
    {10, 20, 2000, 0, 0, 10},  {10, 20, 2000, 0, 10, 210}, {10, 20, 2000, 0, 100, 2010},
    /* clang-format on */
};

Test(reference, compound_jump_rate)
{
    for (size_t i = 0; i < sizeof jump_rates / sizeof *jump_rates; i++) {
        const struct rate_curve curve = {
            .base_annual = jump_rates[i].base / 100.0,
            .slope1_annual = jump_rates[i].slope / 100.0,
            .slope2_annual = jump_rates[i].jump / 100.0,
            .kink_utilisation_frac = jump_rates[i].kink / 100.0,
            .utilisation_frac = jump_rates[i].utilisation / 100.0};
        const double rate = rate_annual(&curve, rate_utilisation(&curve, -0.3));

        cr_assert_float_eq(100.0 * rate, jump_rates[i].rate, 1e-12 * jump_rates[i].rate,
                           "row %zu: %.17g %%, published %g", i, 100.0 * rate,
                           jump_rates[i].rate);
    }
}

/* One liquidation at debts and collateral in the unit of the source. */
static const struct {
    const char *source;
    double collateral, threshold, debt, bonus, close_factor, full_below;
    double repaid, taken;
} calls[] = {
    /* clang-format off */
    {"Aave documentation, liquidations, example 1: 10 ETH, 5 owed, half repaid",
     10, 0.495, 5, 0.05, 0.5, 0, 2.5, 2.625},
    {"Aave documentation, example 2: bonus 15 %",
     9, 0.55, 5, 0.15, 0.5, 0, 2.5, 2.875},
    {"Aave-v3.3-features.md: a small position may be closed in full, health 0.96",
     1200, 0.72, 900, 0.05, 0.5, 1000, 900, 945},
    {"the same with a threshold that it reaches: half",
     1200, 0.72, 900, 0.05, 0.5, 900, 450, 472.5},
    {"Aave-v3.3-features.md: at health 0.94 all of a debt of 900",
     1400, 0.6042857142857142857, 900, 0.05, 0.5, 0, 900, 945},
    {"exact: 10 coins at 1850, threshold 0.825, debt 15600, bonus 5 %",
     18500, 0.825, 15600, 0.05, 0.5, 2000, 7800, 4.427027027027027 * 1850},
    {"exact: 100 coins at 1600, threshold 0.78, debt 130000, bonus 10 %",
     160000, 0.78, 130000, 0.1, 0.5, 2000, 65000, 44.6875 * 1600},
    {"exact: 3 coins at 61000, threshold 0.8, debt 150000, bonus 6.25 %, all",
     183000, 0.8, 150000, 0.0625, 1, 2000, 150000, 2.612704918032787 * 61000},
    {"too little collateral: all of it, for what it is worth less the bonus",
     1000, 0.8, 990, 0.05, 0.5, 0, 1000 / 1.05, 1000},
    /* clang-format on */
};

Test(reference, aave_liquidation)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        const struct lending l = {.liquidation_threshold_frac = calls[i].threshold,
                                  .liquidation_bonus_frac = calls[i].bonus,
                                  .close_factor_frac = calls[i].close_factor,
                                  .full_close_health = 0.95,
                                  .full_close_below_usd = calls[i].full_below};
        const struct lending_call got =
            lending_liquidate(&l, calls[i].collateral, calls[i].debt);

        cr_expect_float_eq(got.repaid_usd, calls[i].repaid, 1e-14 * calls[i].debt,
                           "%s: repaid %.17g", calls[i].source, got.repaid_usd);
        cr_expect_float_eq(got.taken_usd, calls[i].taken, 1e-14 * calls[i].collateral,
                           "%s: taken %.17g", calls[i].source, got.taken_usd);
        cr_expect_eq(got.collateral_gone, calls[i].taken == calls[i].collateral);
        cr_expect_eq(got.debt_gone, calls[i].repaid == calls[i].debt || got.collateral_gone,
                     "%s", calls[i].source);
    }
}

/* Aave-v3.3-features.md, with threshold 1000 and 500 to be left: a part of a debt of 900 is
 * at most 400, of a collateral of 1000 at most 500. Here the other side is large enough not
 * to matter, and the close factor larger than what may be repaid. */
Test(reference, aave_leaves_enough_or_nothing)
{
    struct lending l = {.liquidation_threshold_frac = 0.9,
                        .liquidation_bonus_frac = 0.0,
                        .close_factor_frac = 0.9,
                        .full_close_health = 0.95,
                        .full_close_below_usd = 1000.0};
    struct lending_call call = lending_liquidate(&l, 1200.0, 1100.0);

    cr_expect_float_eq(call.repaid_usd, 1100.0 - 500.0, 1e-12, "%.17g", call.repaid_usd);
    cr_expect(!call.debt_gone && !call.collateral_gone);
    l.liquidation_threshold_frac = 0.99;
    l.liquidation_bonus_frac = 0.25;
    l.close_factor_frac = 0.6;
    call = lending_liquidate(&l, 1100.0, 1100.0);
    cr_expect_float_eq(call.taken_usd, 1100.0 - 500.0, 1e-12, "%.17g", call.taken_usd);
    cr_expect_float_eq(call.repaid_usd, 480.0, 1e-12, "%.17g", call.repaid_usd);
    call = lending_liquidate(&l, 1100.0, 1089.0);
    cr_expect_float_eq(call.repaid_usd + call.taken_usd, 0.0, 0.0,
                       "at a health of 1 nothing happens");
}

/* A liquidation of r of the debt B moves health by r (HF - LT (1 + bonus)) / (B - r). */
Test(reference, aave_health_after_a_liquidation)
{
    const struct lending l = {.liquidation_threshold_frac = 0.825,
                              .liquidation_bonus_frac = 0.05,
                              .close_factor_frac = 0.5,
                              .full_close_health = 0.95,
                              .full_close_below_usd = 2000.0};
    const struct lending_call call = lending_liquidate(&l, 18500.0, 15600.0);
    const double after = (18500.0 - call.taken_usd) * 0.825 / (15600.0 - call.repaid_usd);

    cr_expect_float_eq(after, 1.0904807692307692, 1e-14, "%.17g", after);
    cr_expect_float_eq(
        after, 18500.0 * 0.825 / 15600.0 + (18500.0 * 0.825 / 15600.0 - 0.825 * 1.05),
        1e-14);
}
