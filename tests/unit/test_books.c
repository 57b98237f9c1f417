/* Several order books of one asset between trades: prices, shocks, arbitrage, volatility. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/liquidation.h"
#include "sim/market.h"
#include "sim/market_trade.h"
#include "tests/fixture.h"
#include "tests/option_case.h"
#include "tests/scratch.h"

/* Venue `big` has nine times the volume of `small`; `loans` has no books. */
static const char MARKET[] =
    "tailrace: 1\n"
    "name: books\n"
    "run: {paths: 1, horizon: 1h, step: 1m%s}\n"
    "shocks: [%s]\n"
    "%s"
    "market:\n"
    "  tailrace: 1\n"
    "  name: two\n"
    "  assets:\n"
    "    BTC: {spot_usd: 100, price: {model: gbm, volatility_annual: 0}}\n"
    "    ETH: {spot_usd: 2000, price: %s}\n"
    "  correlation: {BTC/ETH: 0}\n"
    "  venues:\n"
    "    big:\n"
    "      margin: {rule: cross}\n"
    "      liquidity: square_root\n"
    "      arbitrage_half_life: 2m\n"
    "      assets:\n"
    "        BTC: {liquidity: {volatility_daily: 0.04, daily_volume_usd: 1e6, "
    "refill_half_life: 36500d}}\n"
    "        ETH: {liquidity: {volatility_daily: 0.04, daily_volume_usd: 9e8, "
    "refill_half_life: 36500d}, depth_volatility_power: 0.5, "
    "tiers: [{from_usd: 0, maintenance_frac: 0.02}]}\n"
    "    small:\n"
    "      margin: {rule: cross}\n"
    "      liquidity: square_root\n"
    "      arbitrage_half_life: 2m\n"
    "      assets:\n"
    "        ETH: {liquidity: {volatility_daily: 0.04, daily_volume_usd: 1e8, "
    "refill_half_life: 36500d}}\n"
    "    loans: {margin: {rule: cross}}\n";

struct books {
    struct fixture fixture;
    struct worker w;
};

static void books_open(struct books *b, const char *shocks, const char *model)
{
    char text[4096];

    snprintf(text, sizeof text, MARKET, "", shocks, "", model);
    fixture_open(&b->fixture, text, NULL, NULL);
    fixture_start(&b->fixture, &b->w);
    cr_assert_eq(b->fixture.plan.n_book, 3); /* big/BTC, big/ETH, small/ETH */
}

static void books_close(struct books *b)
{
    worker_free(&b->w);
    fixture_close(&b->fixture);
}

static void step(struct books *b)
{
    b->w.step++;
    b->w.time_s += 60.0;
    market_step(&b->fixture.plan, &b->w);
}

static double *impact(struct books *b, uint32_t book)
{
    return worker_row(&b->w, ROW_IMPACT, book);
}

static const char STILL[] = "{model: gbm, volatility_annual: 0}";

/* The market's price is the mean by calm depth; a venue with books of its own marks by its
 * own price, one without by the market's, and an asset traded at one place has one price. */
Test(unit, books_make_one_price_and_one_of_each_venue)
{
    struct books b;

    books_open(&b, "", STILL);
    const struct plan *plan = &b.fixture.plan;
    cr_assert_float_eq(plan->book[1].weight, 0.9, 1e-15);
    cr_assert_float_eq(plan->book[2].weight, 0.1, 1e-15);
    cr_assert_eq(plan->book[0].weight, 1.0);
    for (int k = 0; k < LANES; k++) {
        impact(&b, 0)[k] = 0.03;
        impact(&b, 1)[k] = 0.02;
        impact(&b, 2)[k] = 0.3;
    }
    for (uint32_t asset = 0; asset < 2; asset++)
        market_reprice(asset, &b.w);
    const double spot = worker_row(&b.w, ROW_SPOT, 1)[0];
    cr_assert_float_eq(spot, 2000.0 * exp(-(0.9 * 0.02 + 0.1 * 0.3)), 1e-10);
    cr_assert_float_eq(market_mark(plan, 0, 1, &b.w)[0], 2000.0 * exp(-0.02), 1e-10);
    cr_assert_float_eq(market_mark(plan, 1, 1, &b.w)[0], 2000.0 * exp(-0.3), 1e-10);
    cr_assert_eq(market_mark(plan, 2, 1, &b.w)[0], spot);
    for (uint32_t venue = 0; venue < 3; venue++)
        cr_assert_float_eq(market_mark(plan, venue, 0, &b.w)[0], 100.0 * exp(-0.03), 1e-12);
    cr_assert_eq(market_mark(plan, 0, 0, &b.w) + LANES, market_mark(plan, 0, 1, &b.w));
    books_close(&b);
}

/* Half of the difference is gone after a half-life, and the level they meet at is the mean
 * by depth. */
Test(unit, books_are_pulled_together_by_arbitrage)
{
    struct books b;

    books_open(&b, "", STILL);
    for (int k = 0; k < LANES; k++)
        impact(&b, 2)[k] = 0.2;
    step(&b);
    step(&b);
    cr_assert_float_eq(impact(&b, 2)[0] - impact(&b, 1)[0], 0.1, 1e-8);
    cr_assert_float_eq(0.9 * impact(&b, 1)[0] + 0.1 * impact(&b, 2)[0], 0.02, 1e-8);
    cr_assert_eq(impact(&b, 0)[0], 0.0);
    books_close(&b);
}

/* A book that nobody fills pulls none of the others along, and a halted one stands still. */
Test(unit, books_without_depth_come_to_the_others)
{
    struct books b;

    books_open(&b, "{liquidity: small, depth: {multiply: 1.0e-6}}", STILL);
    step(&b);
    for (int k = 0; k < LANES; k++)
        impact(&b, 2)[k] = 0.2;
    worker_row(&b.w, ROW_HALTED, 1)[1] = 1.0;
    step(&b);
    cr_assert_lt(fabs(impact(&b, 1)[0]), 1e-7);
    cr_assert_float_eq(impact(&b, 2)[0], 0.2 / sqrt(2.0), 1e-6);
    cr_assert_float_eq(impact(&b, 2)[1], 0.2, 1e-8); /* refill alone, over a century */
    cr_assert_eq(impact(&b, 1)[1], 0.0);
    books_close(&b);
}

/* Coins sold at one venue and bought at another, with waits and stress in between, never
 * bring money. */
Test(unit, books_pay_no_round_trip_between_venues)
{
    struct books b;
    uint64_t state = 41;

    books_open(&b, "", STILL);
    for (int trial = 0; trial < 300; trial++) {
        double usd = 0.0, coins = 0.0;
        for (uint32_t book = 1; book < 3; book++)
            for (int k = 0; k < LANES; k++)
                impact(&b, book)[k] = 0.0;
        for (int n = 0; n < 6; n++) {
            const uint32_t closed = option_case_random(&state, 0.0, 1.0) < 0.5;
            const double size = option_case_random(&state, -2e4, 2e4);
            const double part = n == 5 ? -coins : size;
            worker_row(&b.w, ROW_HALTED, closed)[0] = n < 5;
            const struct fill fill = market_trade(&b.fixture.plan, &b.w, 0, 1, part,
                                                  part > 0.0 ? 0.0 : INFINITY);
            worker_row(&b.w, ROW_HALTED, closed)[0] = 0.0;
            coins += fill.coins;
            usd += fill.usd;
            for (int wait = (int)option_case_random(&state, 0.0, 4.0); wait > 0; wait--)
                step(&b);
        }
        cr_assert_float_eq(coins, 0.0, 1e-9);
        cr_assert_lt(usd, 0.0, "trial %d gains %g", trial, usd);
    }
    books_close(&b);
}

/* Shocks act on the books of the venue they name. */
Test(unit, books_are_stressed_where_the_shock_says)
{
    struct books b;

    books_open(&b,
               "{liquidity: small, depth: {multiply: 0.1}, spread: {multiply: 7}}, "
               "{liquidity: all, refill: {multiply: 3}}",
               STILL);
    step(&b);
    const double expected[3][3] = {{1.0, 3.0, 1.0}, {1.0, 3.0, 1.0}, {0.1, 3.0, 7.0}};
    for (uint32_t book = 0; book < 3; book++)
        for (uint32_t i = 0; i < 3; i++)
            cr_assert_float_eq(worker_effect(&b.w, EFFECT_DEPTH + i, book)[0],
                               expected[book][i], 1e-14, "book %u, effect %u", book, i);
    books_close(&b);
}

/* Depth goes with volatility to minus the power: its stress, and what the model makes of
 * it. */
Test(unit, books_lose_depth_when_volatility_rises)
{
    static const char HESTON[] =
        "{model: heston, volatility_annual: 0.5, long_volatility_annual: 2, "
        "reversion_per_year: 1000, vol_of_variance: 0.01}";
    struct books b;

    books_open(&b,
               "{volatility: ETH, multiply: 16}, {liquidity: big, depth: {multiply: 0.5}}",
               STILL);
    step(&b);
    cr_assert_float_eq(worker_effect(&b.w, EFFECT_DEPTH, 1)[0], 0.125, 1e-14);
    cr_assert_float_eq(worker_effect(&b.w, EFFECT_DEPTH, 2)[0], 1.0, 1e-14);
    cr_assert_float_eq(worker_effect(&b.w, EFFECT_DEPTH, 0)[0], 0.5, 1e-14);
    step(&b); /* it does not build up */
    cr_assert_float_eq(worker_effect(&b.w, EFFECT_DEPTH, 1)[0], 0.125, 1e-14);
    books_close(&b);

    books_open(&b, "", HESTON);
    for (int i = 0; i < 300; i++)
        step(&b);
    const struct plan_asset *eth = &b.fixture.plan.asset[1];
    double *rows[PRICE_MAX_STATE];
    lane_row now;
    for (uint32_t i = 0; i < PRICE_MAX_STATE; i++)
        rows[i] = worker_row(&b.w, ROW_MODEL_STATE, PRICE_MAX_STATE + i);
    eth->model->volatility(eth->coef[0], (const double *const *)rows, now);
    cr_assert_gt(now[0], 0.51);
    cr_assert_float_eq(worker_effect(&b.w, EFFECT_DEPTH, 1)[0], sqrt(0.5 / now[0]), 1e-12);
    books_close(&b);
}

/* One account, 4,000 coins long at 50 times its collateral, on a market that falls by 3 %:
 * its sale through one pool moves the price ten times as far as through that pool and the
 * order books of three venues. */
static double fall(unsigned venues)
{
    static const char *const BOOKS[3] = {
        "    pool: {margin: {rule: cross}, liquidity: constant_product, assets: {ETH: "
        "{liquidity: {reserve_usd: 2e7}, tiers: [{from_usd: 0, maintenance_frac: "
        "0.01}]}}}\n",
        "    one: {margin: {rule: cross}, liquidity: square_root, assets: {ETH: "
        "{liquidity: "
        "{volatility_daily: 0.04, daily_volume_usd: 3e9}}}}\n",
        "    two: {margin: {rule: cross}, liquidity: square_root, assets: {ETH: "
        "{liquidity: "
        "{volatility_daily: 0.04, daily_volume_usd: 2e9}}}}\n"};
    struct fixture f;
    char text[4096], *at = text;

    at +=
        sprintf(at, "tailrace: 1\nname: fall\nrun: {paths: 1, horizon: 2m, step: 1m}\n"
                    "accounts: {pool: accounts.csv}\n"
                    "shocks: [{price: ETH, move: -0.03}]\n"
                    "market:\n  tailrace: 1\n  name: fall\n  assets:\n"
                    "    ETH: {spot_usd: 2000, price: {model: gbm, volatility_annual: 0}}\n"
                    "  venues:\n");
    for (int i = 0; i < 3; i++)
        at += sprintf(at, "%s", (venues >> i & 1u) != 0 ? BOOKS[i] : "");
    fixture_open(&f, text, NULL,
                 "account,asset,quantity,entry_price_usd,collateral_usd\n"
                 "a,ETH,4000,2000,160000\n");
    fixture_run(&f);
    const double lowest = fixture_metric(&f, "min_spot_usd", 0)[0];
    cr_assert_gt(fixture_metric(&f, "liquidated_usd", 0)[0], 0.0);
    fixture_close(&f);
    return 1.0 - lowest / (2000.0 * 0.97);
}

Test(unit, books_of_several_venues_cut_the_amplification)
{
    const double pool = fall(1u), all = fall(7u);

    cr_assert_gt(pool, 0.4);
    cr_assert_gt(all, 0.0);
    cr_assert_lt(all, 0.1 * pool, "%g against %g", all, pool);
}
