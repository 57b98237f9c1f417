/* Time profiles, oracles, streams, and paths that can be copied. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/book.h"
#include "sim/liquidation.h"
#include "sim/market.h"
#include "sim/metric.h"
#include "sim/run.h"
#include "tests/fixture.h"

Test(market, profiles_follow_their_definition)
{
    const double hour = 3600.0;
    const struct effect step = {.shape = EFFECT_STEP};
    const struct effect fading = {
        .shape = EFFECT_STEP, .recover_fraction = 0.4, .recover_half_life_s = 2.0 * hour};
    const struct effect ramp = {.shape = EFFECT_RAMP, .duration_s = 4.0 * hour};
    const struct effect pulse = {.shape = EFFECT_PULSE, .duration_s = 4.0 * hour};
    const struct effect tail = {.shape = EFFECT_PULSE,
                                .duration_s = 4.0 * hour,
                                .recover_fraction = 1.0,
                                .recover_half_life_s = hour};
    const struct row {
        const char *name;
        const struct effect *effect;
        double time_h, expected; /* start at 3 h */
    } rows[] = {
        {"step before", &step, 2.99, 0.0},       {"step at", &step, 3.0, 1.0},
        {"step after", &step, 9.0, 1.0},         {"fading at", &fading, 3.0, 1.0},
        {"fading 2 h", &fading, 5.0, 0.8},       {"fading 4 h", &fading, 7.0, 0.7},
        {"ramp before", &ramp, 2.0, 0.0},        {"ramp quarter", &ramp, 4.0, 0.25},
        {"ramp end", &ramp, 7.0, 1.0},           {"ramp after", &ramp, 8.0, 1.0},
        {"pulse before", &pulse, 2.0, 0.0},      {"pulse in", &pulse, 6.9, 1.0},
        {"pulse end", &pulse, 7.0, 0.0},         {"tail in", &tail, 6.0, 1.0},
        {"tail one half-life", &tail, 8.0, 0.5}, {"tail three", &tail, 10.0, 0.125},
    };
    lane_row start, g;

    for (int k = 0; k < LANES; k++)
        start[k] = 3.0 * hour;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        market_profile(rows[i].effect, rows[i].time_h * hour, start, g);
        cr_assert_float_eq(g[0], rows[i].expected, 1e-15, "%s: %.17g", rows[i].name, g[0]);
    }
}

static const char ORACLE[] =
    "tailrace: 1\n"
    "name: oracle\n"
    "run: {paths: 16, horizon: 2h, step: 5m}\n"
    "market:\n"
    "  tailrace: 1\n"
    "  name: one\n"
    "  assets:\n"
    "    BTC: {spot_usd: 100, price: {model: gbm, volatility_annual: 0},\n"
    "          oracle: {heartbeat: 30m, deviation_frac: 0.01, delay: 10m}}\n"
    "shocks:\n"
    "  - {price: BTC, move: -0.2, start: 20m}\n"
    "  - {oracle: BTC, delay: 20m, start: 50m}\n"
    "  - {price: BTC, move: 0.005, start: 55m}\n";

/* Price 100; 80 from 20 m; 80.4 from 55 m. The feed is 10 m late, from 50 m on 30 m
 * late. Seen time is t - 10 m up to 45 m (35 m), then stands until t - 30 m passes 35 m
 * at 65 m. */
Test(market, oracle_is_late_and_publishes_on_deviation_or_heartbeat)
{
    static const struct row {
        int step; /* of 5 m */
        double published;
    } rows[] = {
        {1, 100.0}, {5, 100.0}, /* sees 15 m */
        {6, 80.0},              /* 30 m: sees 20 m, deviates by 20 % (and heartbeat due) */
        {11, 80.0},             /* 55 m: stands still */
        {12, 80.0},             /* 60 m: heartbeat, publishes what it sees: 80 */
        {17, 80.0},             /* 85 m: sees 80.4, 0.5 % is below the threshold */
        {18, 80.4},             /* 90 m: heartbeat */
    };
    struct fixture f;
    struct worker w;

    fixture_open(&f, ORACLE, NULL, NULL);
    fixture_start(&f, &w);
    for (uint32_t step = 1, i = 0; step <= f.plan.n_step && i < sizeof rows / sizeof *rows;
         step++) {
        w.step = step;
        w.time_s = step * f.plan.step_s;
        market_step(&f.plan, &w);
        if ((int)step != rows[i].step)
            continue;
        cr_assert_float_eq(worker_row(&w, ROW_ORACLE, 0)[LANES - 1], rows[i].published,
                           1e-9, "step %u: %.17g", step, worker_row(&w, ROW_ORACLE, 0)[0]);
        i++;
    }
    worker_free(&w);
    fixture_close(&f);
}

static const double *time_metric(const struct fixture *f, const char *name, uint32_t report)
{
    for (uint32_t i = 0; i < f->plan.n_metric; i++) {
        const struct metric *m = &f->plan.metric[i].metric;
        if (m->group == METRIC_TIME && strcmp(m->name, name) == 0)
            return f->column[m->first_column + report];
    }
    cr_assert_fail("no metric %s", name);
    return NULL;
}

/* A feed one step late publishes the price that the step before left, sales included. */
Test(market, oracle_sees_what_forced_sales_did)
{
    struct fixture f;
    char text[2048];
    const int n = snprintf(text, sizeof text,
                           "tailrace: 1\nname: sales\n"
                           "run: {paths: 1, horizon: 1h, step: 5m, report: 5m}\n"
                           "accounts: {perp_venue: accounts.csv}\n"
                           "shocks:\n  - {price: all, move: -0.1, start: 10m}\n");

    snprintf(text + n, sizeof text - (size_t)n, FIXTURE_MARKET,
             "{model: gbm, volatility_annual: 0}, oracle: {heartbeat: 5m, deviation_frac: "
             "0.005, delay: 5m}",
             "impact_coefficient: 1, volatility_daily: 0.04, daily_volume_usd: 10000, "
             "half_spread_frac: 0, refill_half_life: 10m, permanent_frac: 0",
             "");
    fixture_open(&f, text, NULL,
                 "account,asset,quantity,entry_price_usd,collateral_usd\na,BTC,50,,400\n");
    fixture_run(&f);
    cr_assert_lt(time_metric(&f, "spot_usd", 1)[0], 89.9, "no sale moved the price");
    for (uint32_t report = 1; report < f.plan.n_report; report++)
        cr_assert_float_eq(time_metric(&f, "oracle_usd", report)[0],
                           time_metric(&f, "spot_usd", report - 1)[0], 1e-9, "report %u",
                           report);
    fixture_close(&f);
}

static const char RICH[] =
    "tailrace: 1\n"
    "name: rich\n"
    "run: {paths: 64, horizon: 6h, step: 5m, seed: 11}\n"
    "portfolio: positions.csv\n"
    "accounts: {perp_venue: accounts.csv}\n"
    "shocks:\n"
    "  - {price: BTC, move: {median: -0.1, log_sd: 0.1}, start: {uniform: [30m, 3h]}, "
    "duration: 1h}\n"
    "  - {volatility: all, multiply: 3, start: 1h, recover: {half_life: 1h}}\n"
    "  - {surface: all, multiply: {uniform: [1.5, 2.5]}, start: 1h}\n"
    "  - {liquidity: perp_venue, depth: {multiply: 0.2}, refill: {multiply: 0.5}, spread: "
    "{multiply: 4}, start: 1h, duration: 2h}\n"
    "  - {correlation: all, set: 0.9, weight: {uniform: [0.2, 1]}, start: 2h}\n"
    "  - {funding: all, add: -0.001, start: 1h}\n"
    "  - {oracle: all, delay: 15m, start: 2h}\n";

static const char RICH_POSITIONS[] =
    "id,account,venue,instrument,asset,settlement,quantity,entry_price_usd,option_type,"
    "strike_usd,expiry\n"
    "c,desk,perp_venue,cash,,,900,,,,\n"
    "s,desk,perp_venue,spot,BTC,,3,,,,\n"
    "p,desk,perp_venue,perpetual,BTC,linear,40,99,,,\n"
    "i,desk,perp_venue,perpetual,BTC,inverse,-700,101,,,\n"
    "o1,desk,perp_venue,option,BTC,inverse,-12,,put,90,7d\n"
    "o2,desk,perp_venue,option,BTC,linear,5,,call,105,4h\n"
    "h,vault,,spot,BTC,,2,,,,\n";

static void open_rich(struct fixture *f, char *accounts, size_t size)
{
    char text[8192];
    size_t n = (size_t)snprintf(text, sizeof text, "%s", RICH), at = 0;

    snprintf(
        text + n, sizeof text - n, FIXTURE_MARKET,
        "{model: merton, volatility_annual: 0.8, jumps_per_year: 400, jump_log_mean: "
        "-0.02, "
        "jump_log_sd: 0.03}, oracle: {heartbeat: 1h, deviation_frac: 0.005, delay: 7m}",
        "impact_coefficient: 1, volatility_daily: 0.04, daily_volume_usd: 300000, "
        "half_spread_frac: 0.0002, refill_half_life: 10m, permanent_frac: 0.3",
        "      insurance_fund_usd: 50\n      liquidation_fee_frac: 0.004\n");
    at = (size_t)snprintf(accounts, size,
                          "account,asset,quantity,entry_price_usd,collateral_usd\n");
    for (int i = 0; i < 200; i++)
        at += (size_t)snprintf(accounts + at, size - at, "a%d,BTC,%g,,%g\n", i,
                               (i % 3 == 0 ? -1.0 : 1.0) * (1 + i % 11),
                               (1 + i % 11) * (4.0 + 0.21 * i));
    fixture_open(f, text, RICH_POSITIONS, accounts);
}

static void one_step(const struct plan *plan, struct worker *w)
{
    w->step++;
    w->time_s = w->step * plan->step_s;
    market_step(plan, w);
    book_cash(plan, w);
    book_mark(plan, w);
    liquidation_step(plan, w);
    metric_step(plan, w);
    if (w->step % plan->report_every == 0)
        book_report(plan, w);
}

/* A path copied in mid-flight to another lane of another worker ends in the same bits. */
Test(market, a_path_can_be_copied)
{
    static char accounts[1 << 14];
    struct fixture f;
    struct worker a, b;
    double closed = 0.0;

    open_rich(&f, accounts, sizeof accounts);
    fixture_start(&f, &a);
    fixture_start(&f, &b);
    while (a.step < f.plan.n_step / 2)
        one_step(&f.plan, &a);
    for (uint32_t lane = 0; lane < LANES; lane++)
        worker_copy_path(&b, (lane + 5) % LANES, &a, lane);
    while (a.step < f.plan.n_step) {
        one_step(&f.plan, &a);
        one_step(&f.plan, &b);
    }
    for (uint32_t row = 0; row < f.plan.n_row; row++)
        for (uint32_t lane = 0; lane < LANES; lane++)
            cr_assert(memcmp(&a.row[row][lane], &b.row[row][(lane + 5) % LANES],
                             sizeof(double)) == 0,
                      "row %u lane %u", row, lane);
    for (int k = 0; k < LANES; k++)
        closed += worker_row(&a, ROW_LIQUIDATED_ACCOUNTS, 0)[k];
    cr_assert_gt(closed, 0.0, "the test must see liquidations");
    worker_free(&a);
    worker_free(&b);
    fixture_close(&f);
}

/* On every path: P&L of the book = sum over positions - cost of the own liquidation. */
Test(market, contributions_add_up_on_every_path)
{
    static char accounts[1 << 14];
    struct fixture f;
    uint64_t path[64];
    double position[64][8], cost[64];
    int liquidated = 0;

    open_rich(&f, accounts, sizeof accounts);
    fixture_run(&f);
    const double *pnl = fixture_metric(&f, "pnl_usd", 0);
    const double *closed = fixture_metric(&f, "liquidated", 0);
    for (uint64_t i = 0; i < 64; i++)
        path[i] = i;
    double *flat = arena_get(&f.arena, 64 * f.plan.n_position, sizeof *flat);
    run_contributions(&f.plan, path, 64, flat, cost, NULL);
    for (uint32_t i = 0; i < 64; i++) {
        double sum = -cost[i];
        for (uint32_t p = 0; p < f.plan.n_position; p++)
            sum += position[i][p] = flat[i * f.plan.n_position + p];
        cr_assert_float_eq(sum, pnl[i], 1e-9 * (1.0 + fabs(pnl[i])),
                           "path %u: %.17g, %.17g", i, sum, pnl[i]);
        liquidated += closed[i] != 0.0;
    }
    cr_assert(liquidated > 0 && liquidated < 64, "%d of 64 liquidated", liquidated);
    fixture_close(&f);
}

static const char TWO_ASSETS[] =
    "    ETH: {spot_usd: 50, price: {model: gbm, volatility_annual: 0.9}}\n"
    "  correlation: {BTC/ETH: 0.8}\n";

/* Adding an asset or a shock leaves every other draw as it was. */
Test(market, one_effect_one_stream)
{
    static const char BASE[] =
        "tailrace: 1\nname: streams\nrun: {paths: 64, horizon: 1h, step: "
        "5m}\n%smarket:\n  tailrace: 1\n  name: m\n  assets:\n    BTC: "
        "{spot_usd: 100, price: {model: merton, volatility_annual: 0.8, "
        "jumps_per_year: 500, jump_log_mean: -0.02, jump_log_sd: "
        "0.03}}\n%s";
    char text[2048];
    double first[64];
    static const char *const variants[][2] = {
        {"", ""},
        {"", TWO_ASSETS},
        {"shocks:\n  - {price: BTC, move: -0.3, start: 2h}\n  - {correlation: all, set: "
         "0.9, "
         "weight: 1, start: 2h}\n",
         TWO_ASSETS},
    };

    for (size_t v = 0; v < 3; v++) {
        struct fixture f;
        snprintf(text, sizeof text, BASE, variants[v][0], variants[v][1]);
        fixture_open(&f, text, NULL, NULL);
        fixture_run(&f);
        const double *spot = fixture_metric(&f, "final_spot_usd", 0);
        if (v == 0)
            memcpy(first, spot, sizeof first);
        for (int i = 0; i < 64; i++)
            cr_assert_eq(spot[i], first[i], "variant %zu path %d", v, i);
        fixture_close(&f);
    }
}
