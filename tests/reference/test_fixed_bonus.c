/* Liquidations with a fixed bonus: what the protocols' own documents and tests have, and
 * repeated liquidation at one price in exact fractions. */

#include "models/liquidation/bonus.h"
#include "tests/liquidation_case.h"

extern const struct liquidation_model liquidation_fixed_bonus;

static void set(struct liquidation_case *c, const char *key, double value)
{
    liquidation_case_set(c->model->about.fields, &c->of_venue, key, value);
}

/* coins of asset 0 at price_usd against debt_usd, with that threshold and bonus; nothing is
 * too small. */
static void start(struct liquidation_case *c, double coins, double price_usd,
                  double threshold, double debt_usd, double bonus, double fee,
                  double close_factor)
{
    struct error err;

    liquidation_case_start(c, &liquidation_fixed_bonus, NULL, NULL);
    set(c, "close_factor_frac", close_factor);
    set(c, "full_close_health", 0.0);
    set(c, "full_close_below_usd", 0.0);
    set(c, "least_left_usd", 0.0);
    liquidation_case_set(c->model->asset_fields, &c->of_asset[0], "liquidation_bonus_frac",
                         bonus);
    liquidation_case_set(c->model->asset_fields, &c->of_asset[0], "protocol_fee_frac", fee);
    const bool prepared = liquidation_case_prepare(c, &err);
    cr_assert(prepared, "%s", err.text);
    c->n_leg = 1;
    c->mark[0] = c->price[0] = price_usd;
    c->coins[0] = coins;
    c->cash_usd = -debt_usd;
    c->requirement_usd = (1.0 - threshold) * coins * price_usd;
}

/* Aave documentation (Liquidations, examples 1 and 2: 10 ETH, 5 owed, bonus 5 %; 4 ETH worth
 * of YFI taken with 15 %), and three cases in exact fractions by the formulas of
 * aave-v3-origin docs/3.7/liquidation-rounding.md. */
static const struct {
    double coins, price, threshold, debt, bonus, fee, close_factor;
    double repaid, seized, kept, gain;
} aave[] = {
    /* clang-format off */
    {10, 1, 0.49, 5, 0.05, 0, 0.5, 2.5, 2.625, 0, 0.125},
    {4, 1, 0.8, 5, 0.15, 0, 0.5, 2.5, 2.875, 0, 0.375},
    {10, 1850, 0.825, 15600, 0.05, 0.1, 0.5, 7800, 4.427027027027027, 0.02108108108108108, 351},
    {100, 1600, 0.78, 130000, 0.1, 0.2, 0.5, 65000, 44.6875, 0.8125, 5200},
    {3, 61000, 0.8, 150000, 0.0625, 0.1, 1, 150000, 2.612704918032787, 0.015368852459016393,
     8437.5},
    /* clang-format on */
};

Test(reference, aave_fixed_bonus)
{
    for (size_t i = 0; i < sizeof aave / sizeof *aave; i++) {
        struct liquidation_case c;

        start(&c, aave[i].coins, aave[i].price, aave[i].threshold, aave[i].debt,
              aave[i].bonus, aave[i].fee, aave[i].close_factor);
        liquidation_case_act(&c);
        cr_expect(c.out.acted && !c.out.closed && c.out.stop == STOP_FILLED, "row %zu", i);
        cr_expect_float_eq(aave[i].debt + c.cash_usd, aave[i].repaid,
                           1e-11 * aave[i].repaid, "row %zu: %.17g repaid", i,
                           aave[i].debt + c.cash_usd);
        cr_expect_float_eq(aave[i].coins - c.coins[0], aave[i].seized,
                           1e-13 * aave[i].coins, "row %zu: %.17g seized", i,
                           aave[i].coins - c.coins[0]);
        cr_expect_float_eq(c.state[0], aave[i].kept, 1e-14 * aave[i].coins,
                           "row %zu: %.17g for the protocol", i, c.state[0]);
        cr_expect_float_eq(c.out.liquidator_usd, aave[i].gain, 1e-12 * aave[i].debt,
                           "row %zu: gain %.17g", i, c.out.liquidator_usd);
    }
}

/* Aave-v3.3-features.md. Three debts of 3,000 against 9,000: half of all that is owed, so all
 * of one of them. A debt of 900 below the threshold of 1,000 at health 0.96: all. With 500 to
 * be left: 400 of a debt of 900, 500 of a collateral of 1,000, or all of either. */
Test(reference, aave_close_factor_and_leftovers)
{
    struct bonus_rule r = {0.5, 0.95, 2000.0, 1000.0};
    struct bonus_range range = bonus_range(&r, 0.97, 9000.0, 3000.0, 9000.0, 0.0);

    cr_expect(range.whole_usd == 3000.0 && range.clears_debt && !range.clears_collateral);
    range = bonus_range(&r, 0.97, 9000.0, 4800.0, 9000.0, 0.0);
    cr_expect(range.whole_usd == 4500.0 && !range.clears_debt && range.part_usd == 3800.0);
    range = bonus_range(&r, 0.95, 9000.0, 4800.0, 9000.0, 0.0);
    cr_expect(range.whole_usd == 4800.0 && range.clears_debt);
    r = (struct bonus_rule){0.5, 0.95, 1000.0, 500.0};
    range = bonus_range(&r, 0.96, 900.0, 900.0, 1200.0, 0.0);
    cr_expect(range.whole_usd == 900.0 && range.clears_debt);
    range = bonus_range(&r, 0.94, 1300.0, 900.0, 1000.0, 0.0);
    cr_expect(range.whole_usd == 900.0 && range.clears_debt && range.part_usd == 400.0);
    range = bonus_range(&r, 0.94, 1300.0, 2000.0, 1000.0, 0.0);
    cr_expect(range.whole_usd == 1000.0 && range.clears_collateral &&
              range.part_usd == 500.0);
}

/* compound-finance/compound-protocol, tests/Comptroller/liquidateCalculateAmountSeizeTest.js:
 * exchange rate, prices, incentive, amount repaid, tokens seized, in units of 1e18. */
static const double compound[][6] = {
    {1, 1, 1, 1, 1, 1},
    {2, 1, 1, 1, 1, 0.5},
    {2, 2, 1.42, 1.3, 2.45, 2.2429577464788732394},
    {2.789, 5.230480842, 771.32, 1.3, 10002.45, 31.616096631969335716},
    {7009232.529961056, 2527872.6317240445, 261771.12093242583, 1.179713989619784,
     7790468.414639561, 12.662028539970920511},
};

Test(reference, compound_seizes)
{
    for (size_t i = 0; i < sizeof compound / sizeof *compound; i++) {
        const double *row = compound[i];
        const double seized =
            bonus_seized_coins(row[4], row[1], row[2], row[3] - 1.0) / row[0];

        cr_expect_float_eq(seized, row[5], 2e-15 * row[5] + 1e-15, "row %zu: %.17g", i,
                           seized);
    }
}

/* Repeated liquidation at one price, exact: collateral and debt after so many steps, at a
 * threshold of 0.8. Above a debt of 1/(1 + bonus) per collateral every step makes it worse
 * (Warmuz, Chaudhary and Pinna 2022, arXiv 2212.07306). */
static const struct {
    double bonus, close_factor, collateral, debt;
    int n_step;
    double collateral_after, debt_after;
} spiral[] = {
    /* clang-format off */
    {0.05, 0.5, 1000, 850, 1, 553.75, 425},
    {0.05, 0.5, 1050, 1000, 1, 525, 500},
    {0.05, 0.5, 1050, 1000, 12, 0.25634765625, 0.244140625},
    {0.05, 0.5, 1000, 960, 3, 118, 120},
    {0.05, 0.5, 1000, 960, 6, 7.75, 15},
    {0.05, 0.5, 1000, 960, 7, 0, 7.61904761904762},
    {0.08, 0.5, 1000, 1020, 3, 36.1, 127.5},
    {0.08, 0.5, 1000, 1020, 4, 0, 94.0740740740741},
    {0.10, 0.1, 1000, 900, 11, 320.6724901291, 282.429536481},
    /* clang-format on */
};

Test(reference, liquidation_spiral)
{
    for (size_t i = 0; i < sizeof spiral / sizeof *spiral; i++) {
        struct liquidation_case c;

        start(&c, spiral[i].collateral, 1.0, 0.8, spiral[i].debt, spiral[i].bonus, 0.0,
              spiral[i].close_factor);
        for (int step = 0; step < spiral[i].n_step; step++) {
            const double ratio = c.coins[0] / -c.cash_usd, critical = 1.0 + spiral[i].bonus;
            c.requirement_usd = 0.2 * c.coins[0];
            liquidation_case_act(&c);
            const double then = c.coins[0] / -c.cash_usd;
            cr_expect(c.out.acted, "row %zu", i);
            cr_expect(fabs(ratio - critical) < 1e-9 || (then < ratio) == (ratio < critical),
                      "row %zu step %d: toxic below the frontier only", i, step);
        }
        cr_expect_float_eq(c.coins[0], spiral[i].collateral_after, 1e-11, "row %zu: %.17g",
                           i, c.coins[0]);
        cr_expect_float_eq(c.cash_usd, -spiral[i].debt_after, 1e-11, "row %zu: %.17g", i,
                           c.cash_usd);
        cr_expect_eq(c.out.closed, spiral[i].collateral_after == 0.0);
    }
}

/* Critical loan-to-value 1/(1 + bonus), published to 15 digits: refused from there on, with
 * the arithmetic. */
Test(reference, toxic_frontier_is_refused)
{
    static const double bonus[] = {0.02, 0.05, 0.075, 0.08, 0.10, 0.15};
    static const double critical[] = {0.980392156862745, 0.952380952380952,
                                      0.930232558139535, 0.925925925925926,
                                      0.909090909090909, 0.869565217391304};

    for (int i = 0; i < 6; i++) {
        struct liquidation_case c;
        struct error err;
        start(&c, 1.0, 1.0, 0.8, 1.0, bonus[i], 0.0, 0.5);
        const bool below =
            liquidation_fixed_bonus.fits(c.coef, 0, "ETH", critical[i] - 1e-14, &err);
        const bool above =
            liquidation_fixed_bonus.fits(c.coef, 0, "ETH", critical[i] + 1e-14, &err);
        cr_expect(below && !above, "bonus %g", bonus[i]);
        cr_expect(strstr(err.text, "(1 + ") != NULL && strstr(err.text, "ETH") != NULL,
                  "%s", err.text);
    }
}
