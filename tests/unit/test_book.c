/* The user's own accounts, with numbers that can be checked by hand. */

#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>

#include "tests/fixture.h"

/* One path without volatility; `run`, `shocks` and `venue` are YAML. */
static void open_book(struct fixture *f, const char *run, const char *shocks,
                      const char *venue, const char *positions)
{
    char text[4096];
    const int n =
        snprintf(text, sizeof text,
                 "tailrace: 1\nname: book\nrun: {paths: 1, %s}\nportfolio: positions.csv\n"
                 "shocks:\n%s",
                 run, shocks);

    snprintf(text + n, sizeof text - (size_t)n, FIXTURE_MARKET,
             "{model: gbm, volatility_annual: 0}",
             "impact_coefficient: 0, volatility_daily: 0.04, daily_volume_usd: 1e9, "
             "half_spread_frac: 0",
             venue);
    fixture_open(f, text, positions, NULL);
    fixture_run(f);
}

/* A written put far out of the money has next to no delta; a fall to half and back
 * between two reports breaches the account all the same: 20 USD of cash, a value of 20
 * at the low. */
Test(book, a_crash_between_two_reports_is_seen)
{
    static const char *const reports[] = {"1h", "7d"};
    double buffer[2];

    for (int i = 0; i < 2; i++) {
        struct fixture f;
        char run[64];
        snprintf(run, sizeof run, "horizon: 7d, step: 1h, report: %s", reports[i]);
        open_book(
            &f, run, "  - {price: all, move: -0.5, start: 2h, recover: {half_life: 4h}}\n",
            "",
            "id,account,venue,instrument,asset,quantity,option_type,strike_usd,expiry\n"
            "c,a,perp_venue,cash,,20,,,\n"
            "o,a,perp_venue,option,BTC,-1,put,70,10d\n");
        cr_expect_eq(fixture_metric(&f, "liquidated", 0)[0], 1.0, "report %s", reports[i]);
        cr_expect_eq(fixture_metric(&f, "first_liquidation_s", 0)[0], 7200.0, "report %s",
                     reports[i]);
        buffer[i] = fixture_metric(&f, "min_margin_buffer_usd", 0)[0];
        fixture_close(&f);
    }
    cr_assert_float_eq(buffer[0], buffer[1], 1e-9, "%.17g, %.17g", buffer[0], buffer[1]);
}

/* Long options are no collateral: between reports, too, what they lose does not take from
 * the buffer, which is the cash. The estimate of both sides is right to second order, here
 * 0.04^2 of a notional of 100. */
Test(book, long_options_do_not_move_the_buffer_between_reports)
{
    struct fixture f;

    open_book(&f, "horizon: 24h, step: 1h, report: 24h",
              "  - {price: all, move: -0.04, start: 2h, recover: {half_life: 1h}}\n", "",
              "id,account,venue,instrument,asset,quantity,option_type,strike_usd,expiry\n"
              "c,a,perp_venue,cash,,100,,,\n"
              "o,a,perp_venue,option,BTC,1,call,100,10d\n");
    cr_expect_float_eq(fixture_metric(&f, "min_margin_buffer_usd", 0)[0], 100.0, 0.2,
                       "%.17g", fixture_metric(&f, "min_margin_buffer_usd", 0)[0]);
    fixture_close(&f);
}

/* 100 written puts at the money with three hours left. In the first hour the price falls by
 * 0.1 %: delta says a loss of 5 USD, more than the 2 USD above the requirement; but an hour
 * of time is worth 11 USD to the writer. An estimate that says "under water" is not
 * believed. */
Test(book, an_estimate_does_not_liquidate)
{
    const double sd = 0.8 * sqrt(3.0 / 8760.0);
    const double value = 100.0 * (2.0 * gsl_cdf_ugaussian_P(0.5 * sd) - 1.0);
    struct fixture f;
    char positions[512];

    snprintf(positions, sizeof positions,
             "id,account,venue,instrument,asset,quantity,option_type,strike_usd,expiry\n"
             "c,a,perp_venue,cash,,%.17g,,,\n"
             "o,a,perp_venue,option,BTC,-100,put,100,3h\n",
             0.075 * 100.0 * 100.0 + 100.0 * value + 2.0);
    open_book(&f, "horizon: 2h, step: 1h, report: 2h",
              "  - {price: all, move: -0.001, start: 1h}\n", "", positions);
    cr_expect_eq(fixture_metric(&f, "liquidated", 0)[0], 0.0);
    cr_expect_float_eq(fixture_metric(&f, "min_margin_buffer_usd", 0)[0], 2.0, 1e-9);
    fixture_close(&f);
}

/* A coin owed against 120 USD: no maintenance, but the price doubles. Who is liquidated
 * has had a margin call. */
Test(book, a_liquidation_has_a_margin_call)
{
    struct fixture f;

    open_book(&f, "horizon: 2h, step: 1h", "  - {price: all, move: 1, start: 1h}\n", "",
              "id,account,venue,instrument,asset,quantity\n"
              "c,a,perp_venue,cash,,120\ns,a,perp_venue,spot,BTC,-1\n");
    cr_expect_eq(fixture_metric(&f, "liquidated", 0)[0], 1.0);
    cr_expect_eq(fixture_metric(&f, "margin_call", 0)[0], 1.0);
    cr_expect_eq(fixture_metric(&f, "first_margin_call_s", 0)[0], 3600.0);
    fixture_close(&f);
}

/* A venue that marks by an oracle three hours late values options at the oracle's price:
 * 100 until hour 5, where the put is worth nothing, then 50, where it is worth 20.
 * Estimated from its value at 50 it would be worth 20 - 50 at 100. */
Test(book, an_oracle_marks_options_at_its_own_price)
{
    static const char SCENARIO[] =
        "tailrace: 1\nname: late\nrun: {paths: 1, horizon: 7h, step: 1h}\n"
        "portfolio: positions.csv\n"
        "shocks:\n  - {price: all, move: -0.5, start: 2h}\n"
        "market:\n  tailrace: 1\n  name: one\n  assets:\n"
        "    BTC: {spot_usd: 100, price: {model: gbm, volatility_annual: 0},\n"
        "          surface: {flat_volatility_annual: 0.8}, oracle: {delay: 3h}}\n"
        "  venues:\n    v:\n      margin: {rule: cross}\n      mark: oracle\n"
        "      liquidity: square_root\n      assets:\n"
        "        BTC: {liquidity: {volatility_daily: 0.04, daily_volume_usd: 1e9}}\n";
    struct fixture f;

    fixture_open(
        &f, SCENARIO,
        "id,account,venue,instrument,asset,quantity,option_type,strike_usd,expiry\n"
        "c,a,v,cash,,5,,,\no,a,v,option,BTC,1,put,70,10d\n",
        NULL);
    fixture_run(&f);
    cr_expect_eq(fixture_metric(&f, "liquidated", 0)[0], 0.0);
    cr_expect_float_eq(fixture_metric(&f, "min_margin_buffer_usd", 0)[0], 5.0, 1e-9,
                       "%.17g", fixture_metric(&f, "min_margin_buffer_usd", 0)[0]);
    cr_expect_float_eq(fixture_metric(&f, "pnl_usd", 0)[0], 20.0, 0.1, "%.17g",
                       fixture_metric(&f, "pnl_usd", 0)[0]);
    fixture_close(&f);
}
