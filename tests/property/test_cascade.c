/* Properties of one liquidation step over random populations of one asset. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/book.h"
#include "sim/liquidation.h"
#include "sim/market.h"
#include "sim/rng.h"
#include "tests/fixture.h"

enum { TRIALS = 40, MAX_TEXT = 1 << 17 };

static const char SCENARIO[] = "tailrace: 1\n"
                               "name: step\n"
                               "run: {paths: 16, horizon: 1h, step: 5m}\n"
                               "accounts: {perp_venue: accounts.csv}\n";

/* The user's own account: one linear perpetual. */
static const char POSITIONS[] =
    "id,account,venue,instrument,asset,quantity,entry_price_usd\n"
    "cash,own,perp_venue,cash,,230,\n"
    "perp,own,perp_venue,perpetual,BTC,11.5,97\n";

static double uniform(struct rng *rng)
{
    lane_row u;

    rng_uniform(rng, u);
    return u[0];
}

/* Random accounts; split: every account twice with half the size. sides: 1 longs, 2
 * both. */
static void write_accounts(char *text, uint64_t seed, int n, bool split, int sides)
{
    struct rng rng;
    char *at = text;

    rng_start(&rng, seed, 0, "test/accounts");
    at += sprintf(at, "account,asset,quantity,entry_price_usd,collateral_usd\n");
    for (int i = 0; i < n; i++) {
        const double sign = sides == 2 && uniform(&rng) < 0.5 ? -1.0 : 1.0;
        const double coins = sign * exp(4.0 * uniform(&rng) - 2.0);
        const double entry = 85.0 + 30.0 * uniform(&rng);
        const double leverage = 1.5 + 23.0 * uniform(&rng);
        const double collateral =
            fabs(coins) * entry / leverage + fmax(0.0, coins * (entry - 100.0));
        for (int part = 0; part < (split ? 2 : 1); part++) {
            const double share = split ? 0.5 : 1.0;
            at += sprintf(at, "a%d-%d,BTC,%.17g,%.17g,%.17g\n", i, part, share * coins,
                          entry, share * collateral);
        }
    }
}

struct outcome {
    double spot, shortfall, bad_debt, closed, total, fund, returned, liquidated;
};

/* Everything that anybody owns, at present prices; conserved up to rounding. */
static double total_usd(const struct plan *plan, const struct worker *w, int k)
{
    const struct population *p = plan->venue[0].population;
    const double spot = worker_row(w, ROW_SPOT, 0)[k];
    lane_row own;
    double total = p->rest_coins[0] * spot;

    for (uint32_t g = 0; g < p->n_group; g++)
        for (uint32_t i = p->group[g].first; i < p->group[g].first + p->group[g].count;
             i++) {
            const uint32_t leg = population_leg(&p->group[g], 0, i);
            const double equity =
                p->collateral_usd[i] + p->coins[leg] * (spot - p->entry_usd[leg]);
            if (w->overlay[(size_t)k * plan->overlay_words + i / 64] >> (i % 64) & 1)
                total += p->weight[i] * equity;
        }
    if (plan->n_account > 0) {
        book_value(plan, 0, w, own);
        total +=
            worker_row(w, ROW_OPEN, 0)[k] != 0.0 ? own[k] : 0.0; /* else in `returned` */
    }
    total += worker_row(w, ROW_FUND, 0)[k] + worker_row(w, ROW_RETURNED, 0)[k] -
             worker_row(w, ROW_BAD_DEBT, 0)[k];
    return total + worker_row(w, ROW_TAKER_COINS, 0)[k] * spot -
           worker_row(w, ROW_TAKER_USD, 0)[k];
}

/* One step in which the price falls (or rises) by `move` before anybody trades. */
static struct outcome one_step(const char *accounts, bool own, const char *liquidity,
                               double fund, double move)
{
    struct fixture f;
    struct worker w;
    char text[4096], venue[256];

    snprintf(venue, sizeof venue,
             "      insurance_fund_usd: %.17g\n      liquidation_fee_frac: 0.005\n", fund);
    int n = snprintf(text, sizeof text, "%s%s", SCENARIO,
                     own ? "portfolio: positions.csv\n" : "");
    snprintf(text + n, sizeof text - (size_t)n, FIXTURE_MARKET,
             "{model: gbm, volatility_annual: 0.8}", liquidity, venue);
    fixture_open(&f, text, own ? POSITIONS : NULL, accounts);
    fixture_start(&f, &w);
    const double before = total_usd(&f.plan, &w, 0);
    for (int k = 0; k < LANES; k++)
        worker_row(&w, ROW_BASE, 0)[k] *= 1.0 + move;
    market_reprice(0, &w);
    book_mark(&f.plan, &w);
    liquidation_step(&f.plan, &w);
    const struct outcome o = {.spot = worker_row(&w, ROW_SPOT, 0)[0],
                              .shortfall = worker_row(&w, ROW_SHORTFALL, 0)[0],
                              .bad_debt = worker_row(&w, ROW_BAD_DEBT, 0)[0],
                              .closed = worker_row(&w, ROW_LIQUIDATED_ACCOUNTS, 0)[0],
                              .fund = worker_row(&w, ROW_FUND, 0)[0],
                              .returned = worker_row(&w, ROW_RETURNED, 0)[0],
                              .liquidated = worker_row(&w, ROW_LIQUIDATED_USD, 0)[0],
                              .total = total_usd(&f.plan, &w, 0)};
    const double scale = fabs(before) + o.liquidated + fund;
    cr_assert_float_eq(o.total, before, 1e-9 * scale, "money: %.17g before, %.17g after",
                       before, o.total);
    worker_free(&w);
    fixture_close(&f);
    return o;
}

static void liquidity_text(char *text, size_t size, double volume, double permanent)
{
    snprintf(text, size,
             "impact_coefficient: 1.0, volatility_daily: 0.04, daily_volume_usd: %.17g, "
             "half_spread_frac: 0.0002, refill_half_life: 10m, permanent_frac: %.17g",
             volume, permanent);
}

Test(cascade, money_is_conserved)
{
    static char accounts[MAX_TEXT];
    char liquidity[256];
    double closed = 0.0, bad_debt = 0.0;

    for (uint64_t trial = 0; trial < TRIALS; trial++) {
        write_accounts(accounts, trial, 300, false, 2);
        liquidity_text(liquidity, sizeof liquidity, 3e3 * (double)(1 + trial % 7), 0.5);
        const struct outcome o =
            one_step(accounts, trial % 2 == 0, liquidity, 50.0 * (double)(trial % 3),
                     trial % 2 == 0 ? -0.07 - 0.01 * (double)(trial % 5) : 0.11);
        closed += o.closed;
        bad_debt += o.bad_debt;
    }
    cr_assert_gt(closed, 1000.0, "the trials must close accounts; %g", closed);
    cr_assert_gt(bad_debt, 100.0, "the trials must leave bad debt; %g", bad_debt);
}

Test(cascade, splitting_every_account_changes_nothing)
{
    static char whole[MAX_TEXT], halves[MAX_TEXT];
    char liquidity[256];

    liquidity_text(liquidity, sizeof liquidity, 9e3, 0.5);
    for (uint64_t trial = 0; trial < TRIALS; trial++) {
        write_accounts(whole, trial, 200, false, 2);
        write_accounts(halves, trial, 200, true, 2);
        const struct outcome a = one_step(whole, true, liquidity, 40.0, -0.09);
        const struct outcome b = one_step(halves, true, liquidity, 40.0, -0.09);
        cr_assert_float_eq(a.spot, b.spot, 1e-11 * a.spot, "trial %d: price %.17g, %.17g",
                           (int)trial, a.spot, b.spot);
        cr_assert_float_eq(a.shortfall, b.shortfall, 1e-9 * (1.0 + a.liquidated),
                           "trial %d: shortfall %.17g, %.17g", (int)trial, a.shortfall,
                           b.shortfall);
        cr_assert_float_eq(a.fund, b.fund, 1e-9 * (1.0 + a.liquidated), "trial %d: fund",
                           (int)trial);
    }
}

/* From one state, one step, all long: less depth never closes fewer accounts, never
 * leaves a higher price, never a smaller gross shortfall; a larger fund never more bad
 * debt. */
Test(cascade, one_step_monotony_of_a_one_sided_book)
{
    static char accounts[MAX_TEXT];
    char liquidity[256];
    int grew = 0;

    for (uint64_t trial = 0; trial < TRIALS; trial++) {
        struct outcome last = {.spot = INFINITY};
        double last_bad_debt = INFINITY;
        write_accounts(accounts, 1000 + trial, 200, false, 1);
        for (double volume = 1e6; volume > 1e3; volume *= 0.37) {
            liquidity_text(liquidity, sizeof liquidity, volume, 0.5);
            const struct outcome o = one_step(accounts, false, liquidity, 0.0, -0.06);
            cr_assert_geq(o.closed, last.closed, "trial %d volume %g", (int)trial, volume);
            cr_assert_leq(o.spot, last.spot, "trial %d volume %g", (int)trial, volume);
            cr_assert_geq(o.shortfall, last.shortfall * (1.0 - 1e-12), "trial %d volume %g",
                          (int)trial, volume);
            grew += o.closed > last.closed;
            last = o;
        }
        for (double fund = 0.0; fund < 2000.0; fund += 310.0) {
            const struct outcome o = one_step(accounts, false, liquidity, fund, -0.06);
            cr_assert_leq(o.bad_debt, last_bad_debt, "trial %d fund %g", (int)trial, fund);
            last_bad_debt = o.bad_debt;
        }
    }
    cr_assert_gt(grew, TRIALS, "the trials must amplify; %d", grew);
}
