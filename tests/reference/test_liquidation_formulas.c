/* Formulas of auctions, of dYdX's liquidations and of Liquity's pool against the protocols' own
 * tests and documents. */

#include <criterion/criterion.h>
#include <math.h>

#include "models/liquidation/auction.h"
#include "models/liquidation/dydx.h"
#include "models/liquidation/stability.h"

/* makerdao/dss, src/test/abaci.t.sol: price per price at the start after so many seconds;
 * linear: tau; stairs: cut and step. Rows that the test states with 4 digits are its formula
 * in whole numbers of 1e-27. */
enum { LINEAR, STAIRS };
static const struct {
    int curve;
    double parameter, step_s, t_s, ratio;
} prices[] = {
    /* clang-format off */
    {LINEAR, 3600, 0, 0, 1},
    {LINEAR, 3600, 0, 360, 0.90000000000000002},
    {LINEAR, 3600, 0, 720, 0.80000000000000004},
    {LINEAR, 3600, 0, 1080, 0.69999999999999996},
    {LINEAR, 3600, 0, 1440, 0.59999999999999998},
    {LINEAR, 3600, 0, 1800, 0.5},
    {LINEAR, 3600, 0, 2160, 0.40000000000000002},
    {LINEAR, 3600, 0, 2520, 0.29999999999999999},
    {LINEAR, 3600, 0, 2880, 0.20000000000000001},
    {LINEAR, 3600, 0, 3240, 0.10000000000000001},
    {LINEAR, 3600, 0, 3600, 0},
    {STAIRS, 0.98999999999999999, 1, 60, 0.54715664239076145},
    {STAIRS, 0.98999999999999999, 1, 30, 0.73970037338828043},
    {STAIRS, 0.99923013296600005, 1, 0, 1},
    {STAIRS, 0.99923013296600005, 1, 900, 0.5},
    {STAIRS, 0.99923013296600005, 1, 1800, 0.25},
    {STAIRS, 0.99923013296600005, 1, 2700, 0.125},
    {STAIRS, 0.99923013296600005, 1, 3600, 0.0625},
    {STAIRS, 0.98876543211000001, 1, 0, 1},
    {STAIRS, 0.98876543211000001, 1, 1, 0.98876543211000001},
    {STAIRS, 0.98876543211000001, 1, 7, 0.92395947523003041},
    {STAIRS, 0.98876543211000001, 1, 60, 0.50768751961797209},
    {STAIRS, 0.98876543211000001, 1, 599, 0.0011504601997425899},
    {STAIRS, 0.97876543211, 5, 0, 1},
    {STAIRS, 0.97876543211, 5, 1, 1},
    {STAIRS, 0.97876543211, 5, 7, 0.97876543211},
    {STAIRS, 0.97876543211, 5, 60, 0.77293588596065177},
    {STAIRS, 0.97876543211, 5, 599, 0.077759970977005474},
    {STAIRS, 0.98876543211000001, 300, 0, 1},
    {STAIRS, 0.98876543211000001, 300, 1, 1},
    {STAIRS, 0.98876543211000001, 300, 7, 1},
    {STAIRS, 0.98876543211000001, 300, 60, 1},
    {STAIRS, 0.98876543211000001, 300, 599, 0.98876543211000001},
    {STAIRS, 0.97876543211, 1, 0, 1},
    {STAIRS, 0.97876543211, 1, 1, 0.97876543211},
    {STAIRS, 0.97876543211, 1, 7, 0.86049897674215126},
    {STAIRS, 0.97876543211, 1, 60, 0.27587818252658153},
    {STAIRS, 0.97876543211, 1, 599, 2.6091253208775698e-06},
    /* clang-format on */
};

Test(reference, maker_auction_prices)
{
    for (size_t i = 0; i < sizeof prices / sizeof *prices; i++) {
        const double price =
            prices[i].curve == LINEAR
                ? auction_linear_usd(1850.0, prices[i].t_s, prices[i].parameter)
                : auction_stairs_usd(1850.0, prices[i].t_s, prices[i].parameter,
                                     prices[i].step_s);
        const double expected = 1850.0 * prices[i].ratio;
        /* what the test rounds: the cut to 12 digits, or powers to 1e-27 */
        const double near = prices[i].parameter == 0.999230132966 ? 1e-9 : 2e-13;

        cr_expect_float_eq(price, expected, near * expected, "row %zu: %.17g, %.17g", i,
                           price, expected);
    }
}

/* Derive v2-core, DutchAuction.sol: 95 % of the mark, 70 % after 15 minutes, 0 after 12 hours
 * more; continuous in between. */
Test(reference, derive_auction_prices)
{
    static const double row[][2] = {{0.0, 0.95},
                                    {450.0, 0.825},
                                    {900.0, 0.70},
                                    {900.0 + 21600.0, 0.35},
                                    {44100.0, 0.0}};

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const double price = auction_knee_usd(0.95, row[i][0], 0.70 / 0.95, 900.0, 43200.0);
        cr_expect_float_eq(price, row[i][1], 1e-15, "after %g s: %.17g", row[i][0], price);
    }
}

/* makerdao/dss, src/test/clip.t.sol: 40 gold, tab 110, price 5, chost 22. */
Test(reference, maker_clip_takes)
{
    static const struct {
        const char *test;
        double lot, tab, price, wanted, slice, owed;
    } row[] = {
        {"take_over_tab", 40, 110, 5, 25, 22, 110},
        {"take_at_tab", 40, 110, 5, 22, 22, 110},
        {"take_under_tab", 40, 110, 5, 11, 11, 55},
        {"take_full_lot_partial_tab", 40, 110, 2.4991851494959962, 40, 40,
         99.96740597983985},
        {"take_bid_reduced_to_leave_chost", 40, 110, 5, 18, 17.6, 88},
        {"take_17.6", 40, 110, 5, 17.6, 17.6, 88},
        {"then_partial_1_must_fail", 22.4, 22, 5, 1, 0, 0},
        {"take_multiple_prices, first", 40, 110, 5, 10, 10, 50},
        {"take_multiple_prices, second", 30, 60, 3.698501866941402, 30, 16.222784835206525,
         60},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const struct auction_take t =
            auction_take(row[i].lot, row[i].tab, row[i].price, row[i].wanted, 22.0);
        cr_expect_float_eq(t.slice, row[i].slice, 1e-14 * 40.0, "%s: %.17g", row[i].test,
                           t.slice);
        cr_expect_float_eq(t.owed_usd, row[i].owed, 1e-14 * 110.0, "%s: %.17g", row[i].test,
                           t.owed_usd);
    }
}

/* The same, bark with hole and dust: debt 100. */
Test(reference, maker_bark_is_bounded)
{
    const double partial = auction_bark_usd(100.0, 75.0, 1.1, 0.0);

    cr_expect_float_eq(40.0 * partial / 100.0, 27.272727272727273, 1e-14, "%.17g", partial);
    cr_expect_float_eq(100.0 - partial, 31.818181818181817, 1e-13);
    cr_expect_float_eq(auction_bark_usd(100.0, 80.0, 1.0, 20.0), 80.0, 0.0);
    cr_expect_float_eq(auction_bark_usd(100.0, 80.0 + 1e-10, 1.0, 20.0), 100.0, 0.0);
    cr_expect_float_eq(auction_bark_usd(100.0, 19.9, 1.0, 20.0), 0.0, 0.0, "dust itself");
    cr_expect_float_eq(auction_bark_usd(100.0, 0.0, 1.0, 200.0), 0.0, 0.0, "no room");
}

/* dydxprotocol/v4-chain, protocol/x/clob/keeper/liquidations_test.go: BTC at 50,000, ETH at
 * 3,000 USD, maintenance a tenth of the notional. */
struct subaccount {
    double net, maintenance, mark, coins;
};

static struct subaccount subaccount(double usdc, double btc, double eth, int of_eth)
{
    return (struct subaccount){.net = usdc + 50000.0 * btc + 3000.0 * eth,
                               .maintenance =
                                   0.1 * (50000.0 * fabs(btc) + 3000.0 * fabs(eth)),
                               .mark = of_eth ? 3000.0 : 50000.0,
                               .coins = of_eth ? eth : btc};
}

Test(reference, dydx_fillable_price)
{
    static const struct {
        const char *test;
        double usdc, btc, eth;
        int of_eth;
        double adjustment, spread, price;
    } row[] = {
        /* clang-format off */
    {"long", -4501, 0.1, 0, 0, 1, 0.1, 49999},
    {"long_ba2", -4501, 0.1, 0, 0, 2, 0.1, 49998},
    {"long_spread0.2", -4501, 0.1, 0, 0, 1, 0.2, 49998},
    {"short", 5499, -0.1, 0, 0, 1, 0.1, 50001},
    {"short_ba2", 5499, -0.1, 0, 0, 2, 0.1, 50002},
    {"short_spread0.2", 5499, -0.1, 0, 0, 1, 0.2, 50002},
    {"long_at_bankruptcy", -5000, 0.1, 0, 0, 1, 0.1, 49500},
    {"short_at_bankruptcy", 5000, -0.1, 0, 0, 1, 0.1, 50500},
    {"long_below_bankruptcy", -5500, 0.1, 0, 0, 1, 0.1, 49500},
    {"short_below_bankruptcy", 4500, -0.1, 0, 0, 1, 0.1, 50500},
    {"two_longs_eth", -490, 0.004, 0.1, 1, 1, 0.1, 2976},
    {"ba_max_uint32_ppm", -4501, 0.1, 0, 0, 4294.967295, 0.1, 49500},
    {"spread_1ppm", -4501, 0.1, 0, 0, 1, 0.000001, 49999.99999},
    {"spread_1", -4501, 0.1, 0, 0, 1, 1, 49990},
        /* clang-format on */
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const struct subaccount a =
            subaccount(row[i].usdc, row[i].btc, row[i].eth, row[i].of_eth);
        const double own = 0.1 * fabs(a.coins) * a.mark;
        const double price = dydx_fillable_price_usd(a.mark, a.coins, a.net, a.maintenance,
                                                     own, row[i].adjustment, row[i].spread);
        cr_expect_float_eq(price, row[i].price, 1e-12 * a.mark, "%s: %.17g", row[i].test,
                           price);
    }
}

/* The chain rounds up to 1e-6 USD. */
Test(reference, dydx_bankruptcy_price)
{
    static const struct {
        const char *test;
        double usdc, btc, eth;
        int of_eth;
        double delta, quantums;
    } row[] = {
        /* clang-format off */
    {"long_close_all", -4501, 0.1, 0, 0, -0.1, 4501000000},
    {"short_close_all", 5499, -0.1, 0, 0, 0.1, -5499000000},
    {"long_at_bankruptcy", -5000, 0.1, 0, 0, -0.1, 5000000000},
    {"long_half_at_bankruptcy", -5000, 0.1, 0, 0, -0.05, 2500000000},
    {"short_half_at_bankruptcy", 5000, -0.1, 0, 0, 0.05, -2500000000},
    {"short_at_bankruptcy", 5000, -0.1, 0, 0, 0.1, -5000000000},
    {"long_below", -5100, 0.1, 0, 0, -0.1, 5100000000},
    {"short_below", 4900, -0.1, 0, 0, 0.1, -4900000000},
    {"two_longs", -490, 0.004, 0.1, 1, -0.1, 294000000},
    {"two_shorts", 510, -0.004, -0.1, 1, 0.1, -306000000},
    {"long_btc_short_eth", 110, 0.004, -0.1, 1, 0.1, -306000000},
    {"rounds_up", -13, 1, 0, 0, -0.00021347, 2776},
    {"rounds_toward_zero_short", 13, -1, 0, 0, 0.00021347, -2775},
    {"negative_price_long", 1, 1, 0, 0, -1, -1000000},
        /* clang-format on */
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const struct subaccount a =
            subaccount(row[i].usdc, row[i].btc, row[i].eth, row[i].of_eth);
        const double after = fabs(a.coins + row[i].delta);
        const double change = 0.1 * a.mark * fabs(after - fabs(a.coins));
        const double usd =
            dydx_bankruptcy_quote_usd(a.mark, row[i].delta, a.net, a.maintenance, change);
        const double micro = 1e6 * usd;
        cr_expect(micro <= row[i].quantums + 1e-5 && micro > row[i].quantums - 1.0 - 1e-5,
                  "%s: %.17g, %.17g", row[i].test, micro, row[i].quantums);
    }
}

Test(reference, dydx_insurance_fund_delta)
{
    static const struct {
        const char *test;
        double usdc, btc, price, fee, quantums;
    } row[] = {
        /* clang-format off */
    {"long+10 %", -5100, 0.1, 56100, 0.005, 28050000},
    {"long+10 %,fee2.5 %", -5100, 0.1, 56100, 0.025, 140250000},
    {"long+10 %,fee100 %", -5100, 0.1, 56100, 1, 510000000},
    {"short+10 %", 4900, -0.1, 44100, 0.005, 22050000},
    {"short+10 %,fee2.5 %", 4900, -0.1, 44100, 0.025, 110250000},
    {"short+10 %,fee100 %", 4900, -0.1, 44100, 1, 490000000},
    {"long+0.1 %", -5100, 0.1, 51051, 0.005, 5100000},
    {"short+0.1 %", 4900, -0.1, 48951, 0.005, 4900000},
    {"long_at", -5100, 0.1, 51000, 0.005, 0},
    {"short_at", 4900, -0.1, 49000, 0.005, 0},
    {"long-1 %", -5100, 0.1, 50490, 0.005, -51000000},
    {"short-1 %", 4900, -0.1, 49490, 0.005, -49000000},
        /* clang-format on */
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const struct subaccount a = subaccount(row[i].usdc, row[i].btc, 0.0, 0);
        const double bankruptcy = dydx_bankruptcy_quote_usd(a.mark, -a.coins, a.net,
                                                            a.maintenance, a.maintenance);
        const double delta =
            dydx_fund_delta_usd(a.coins * row[i].price, bankruptcy, row[i].fee);
        cr_expect_float_eq(1e6 * delta, row[i].quantums, 1e-3, "%s: %.17g", row[i].test,
                           1e6 * delta);
    }
}

/* liquity/dev, README, "Stability Pool example": deposits of 100, 200 and 300, two liquidations
 * (1.6 coins for 150, 2.45 for 225). */
Test(reference, liquity_stability_pool)
{
    static const double deposit[3] = {100.0, 200.0, 300.0};
    static const double left[2][3] = {{75.0, 150.0, 225.0}, {37.5, 75.0, 112.5}};
    static const double gain[2][3] = {{0.26666666666666666, 0.5333333333333333, 0.8},
                                      {0.675, 1.35, 2.025}};
    static const double debt[2] = {150.0, 225.0}, coins[2] = {1.6, 2.45};
    double all = 600.0, product = 1.0, sum = 0.0;

    for (int i = 0; i < 2; i++) {
        stability_offset(all, debt[i], coins[i], &product, &sum);
        all -= debt[i];
        for (int k = 0; k < 3; k++) {
            const double now = stability_deposit_usd(deposit[k], 1.0, product);
            const double gained = stability_gain(deposit[k], 1.0, 0.0, sum);
            cr_expect_float_eq(now, left[i][k], 1e-13, "%d %d: %.17g", i, k, now);
            cr_expect_float_eq(gained, gain[i][k], 1e-15, "%d %d: %.17g", i, k, gained);
        }
    }
    /* who comes now has no part in what was, and a third of what will be */
    const double late_product = product, late_sum = sum;
    stability_offset(all + 112.5, 60.0, 0.7, &product, &sum);
    cr_expect_float_eq(stability_gain(112.5, late_product, late_sum, sum),
                       0.7 * 112.5 / 337.5, 1e-15);
}
