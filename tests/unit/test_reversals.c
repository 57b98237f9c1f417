/* Over many steps less depth may lose less and more margin may lose more. Both reversals of
 * the design, with numbers that can be checked by hand. No volatility, no fees, no fund. */

#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/fixture.h"

static double bad_debt(const char *shocks, double margin, double volume,
                       const char *accounts, double *closed)
{
    struct fixture f;
    char text[4096];

    snprintf(text, sizeof text,
             "tailrace: 1\n"
             "name: reversal\n"
             "run: {paths: 1, horizon: 30m, step: 5m}\n"
             "accounts: {perp_venue: accounts.csv}\n"
             "shocks:\n%s"
             "market:\n"
             "  tailrace: 1\n"
             "  name: one\n"
             "  assets:\n"
             "    BTC: {spot_usd: 100, price: {model: gbm, volatility_annual: 0}}\n"
             "  venues:\n"
             "    perp_venue:\n"
             "      margin: {rule: cross}\n"
             "      liquidity: square_root\n"
             "      liquidation_fee_frac: 0\n"
             "      insurance_fund_usd: 0\n"
             "      assets:\n"
             "        BTC: {tiers: [{from_usd: 0, maintenance_frac: %g}], liquidity: "
             "{impact_coefficient: 1, volatility_daily: 0.1, daily_volume_usd: %g, "
             "half_spread_frac: 0, refill_half_life: 1m, permanent_frac: 0}}\n",
             shocks, margin, volume);
    fixture_open(&f, text, NULL, accounts);
    fixture_run(&f);
    const double result = fixture_metric(&f, "bad_debt_usd", 0)[0];
    *closed = fixture_metric(&f, "liquidated_accounts", 0)[0];
    fixture_close(&f);
    return result;
}

/* First 5 % down, then 30 %. B is closed at 95 in any case. In a thin book (V = 100
 * coins) its 50 coins (480 - 50 x 9.3 > 0 is left to it) push the price to 95 exp(-0.1
 * sqrt(50 / 100)) = 88.5, which closes A (liquidation price 92) with 126 - 10 x (100 -
 * 88) > 0 left. In a deep one A stays, and the second fall to 66.5 finds 126 - 10 x 33.5
 * = -209. */
Test(reversals, less_depth_can_close_early_and_lose_less)
{
    static const char ACCOUNTS[] = "account,asset,quantity,entry_price_usd,collateral_usd\n"
                                   "A,BTC,10,100,126\n"
                                   "B,BTC,50,100,480\n";
    static const char SHOCKS[] =
        "  - {price: BTC, move: -0.05, start: 5m, includes_feedback: false}\n"
        "  - {price: BTC, move: -0.30, start: 20m, includes_feedback: false}\n";
    double closed;

    const double deep = bad_debt(SHOCKS, 0.05, 1e12, ACCOUNTS, &closed);
    cr_assert_eq(closed, 2.0);
    cr_assert_float_eq(deep, 209.0, 0.01, "deep book: %.17g", deep);
    const double thin = bad_debt(SHOCKS, 0.05, 1e4, ACCOUNTS, &closed);
    cr_assert_eq(closed, 2.0);
    cr_assert_eq(thin, 0.0, "thin book: %.17g", thin);
}

/* 8 % down for ten minutes, then back. With 2 % maintenance A (1700 - 800 = 900 of
 * equity) and C (175 - 80 = 95) live through it. With 10 % A is below its 920; its 100
 * coins push the price to 92 exp(-0.1 sqrt(100 / 50)) = 79.9, where C, whose liquidation
 * price is 91.67, has 175 - 10 x 20.1 < 0. */
Test(reversals, more_margin_can_liquidate_into_a_dip_and_lose_more)
{
    static const char ACCOUNTS[] = "account,asset,quantity,entry_price_usd,collateral_usd\n"
                                   "A,BTC,100,100,1700\n"
                                   "C,BTC,10,100,175\n";
    static const char SHOCKS[] =
        "  - {price: BTC, move: -0.08, start: 5m, duration: 10m, shape: "
        "pulse, includes_feedback: false}\n";
    double closed;

    cr_assert_eq(bad_debt(SHOCKS, 0.02, 5e3, ACCOUNTS, &closed), 0.0);
    cr_assert_eq(closed, 0.0);
    const double more = bad_debt(SHOCKS, 0.10, 5e3, ACCOUNTS, &closed);
    cr_assert_eq(closed, 2.0);
    cr_assert(more > 25.0 && more < 45.0, "bad debt %.17g", more);
}
