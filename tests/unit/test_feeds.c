/* Price feeds: windows, sources, floors, rates, and which venue looks at which. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/market.h"
#include "sim/oracle.h"
#include "sim/vmath.h"
#include "tests/fixture.h"

/* Opens a market of BTC (a price model and further keys) at 100 USD, and venues. */
static void open_market(struct fixture *f, const char *run, const char *shocks,
                        const char *btc, const char *rest)
{
    char text[4096];

    snprintf(text, sizeof text,
             "tailrace: 1\nname: feeds\nrun: {paths: 64, seed: 5, %s}\n%smarket:\n"
             "  tailrace: 1\n  name: one\n  assets:\n    BTC: {spot_usd: 100, %s}\n%s",
             run, shocks, btc, rest);
    fixture_open(f, text, NULL, NULL);
}

static void step(const struct plan *plan, struct worker *w)
{
    w->step++;
    w->time_s = w->step * plan->step_s;
    market_step(plan, w);
}

/* Integral of the line through price[0..] at times 0, h, 2h, ... from a to b, the price at
 * the start before; knot by knot. */
static double line_integral(const double *price, double h, double a, double b)
{
    double sum = a < 0.0 ? -a * price[0] : 0.0;

    for (int i = 0; i * h < b; i++) {
        const double from = fmax(a, i * h), to = fmin(b, (i + 1) * h);
        const double slope = (price[i + 1] - price[i]) / h;
        if (to > from)
            sum += (to - from) * (price[i] + slope * (0.5 * (from + to) - i * h));
    }
    return sum;
}

Test(feeds, a_window_averages_the_line_through_the_prices)
{
    enum { N_STEP = 144 };
    static double price[LANES][N_STEP + 1];
    static const struct row {
        const char *oracle;
        double delay_s, twap_s;
    } rows[] = {
        {"twap: 20m, delay: 7m", 420.0, 1200.0},
        {"twap: 23m", 0.0, 1380.0},
        {"twap: 90s, delay: 5m", 300.0, 90.0},
        {"twap: 3h, delay: 1h", 3600.0, 10800.0},
    };

    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct fixture f;
        struct worker w;
        char btc[256];
        snprintf(
            btc, sizeof btc,
            "price: {model: gbm, volatility_annual: 2}, oracle: {deviation_frac: 0, %s}",
            rows[r].oracle);
        open_market(&f, "horizon: 12h, step: 5m", "", btc, "");
        fixture_start(&f, &w);
        for (int k = 0; k < LANES; k++)
            price[k][0] = 100.0;
        while (w.step < N_STEP) {
            step(&f.plan, &w);
            for (int k = 0; k < LANES; k++) {
                price[k][w.step] = worker_row(&w, ROW_SPOT, 0)[k];
                const double end = fmax(w.time_s - rows[r].delay_s, 0.0);
                const double mean =
                    line_integral(price[k], 300.0, end - rows[r].twap_s, end) /
                    rows[r].twap_s;
                const double said = worker_row(&w, ROW_ORACLE, 0)[k];
                cr_assert_float_eq(said, mean, 1e-11 * mean, "%s, step %u: %.17g, %.17g",
                                   rows[r].oracle, w.step, said, mean);
            }
        }
        worker_free(&w);
        fixture_close(&f);
    }
}

/* The price that trades leave belongs to the average from then on. */
Test(feeds, a_window_sees_what_trades_left)
{
    struct fixture f;
    struct worker w;

    open_market(&f, "horizon: 2h, step: 5m", "",
                "price: {model: gbm, volatility_annual: 0}, oracle: {deviation_frac: 0, "
                "twap: 10m}",
                "");
    fixture_start(&f, &w);
    for (int i = 0; i < 4; i++)
        step(&f.plan, &w);
    for (int k = 0; k < LANES; k++)
        worker_row(&w, ROW_SPOT, 0)[k] = 60.0;
    oracle_record(&f.plan, &w);
    step(&f.plan, &w); /* 100, 60, 100 within the window */
    cr_assert_float_eq(worker_row(&w, ROW_ORACLE, 0)[0], 80.0, 1e-11);
    worker_free(&w);
    fixture_close(&f);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Median of n sources, drawn again from the streams by their names. */
static void check_median(uint32_t n)
{
    struct fixture f;
    struct worker w;
    struct rng rng[FEED_MAX_SOURCE];
    lane_row z[FEED_MAX_SOURCE];
    char btc[256], name[64];

    snprintf(btc, sizeof btc,
             "price: {model: gbm, volatility_annual: 0}, oracle: {deviation_frac: 0, "
             "sources: %u, source_noise_frac: 0.02}",
             n);
    open_market(&f, "horizon: 1h, step: 5m", "", btc, "");
    fixture_start(&f, &w);
    for (uint32_t s = 0; s < n; s++) {
        snprintf(name, sizeof name, "BTC/oracle/source-%u", s + 1);
        rng_start_paths(&rng[s], f.plan.seed, w.path, name);
    }
    while (w.step < f.plan.n_step) {
        step(&f.plan, &w);
        for (uint32_t s = 0; s < n; s++)
            rng_normal(&rng[s], z[s]);
        for (int k = 0; k < LANES; k++) {
            double all[FEED_MAX_SOURCE];
            for (uint32_t s = 0; s < n; s++)
                all[s] = worker_row(&w, ROW_SPOT, 0)[k] * vm_exp(0.02 * z[s][k]);
            qsort(all, n, sizeof *all, compare);
            const double median =
                n % 2 == 1 ? all[n / 2] : 0.5 * (all[n / 2 - 1] + all[n / 2]);
            const double said = worker_row(&w, ROW_ORACLE, 0)[k];
            cr_assert_eq(said, median, "%u sources, step %u, lane %d: %.17g, %.17g", n,
                         w.step, k, said, median);
        }
    }
    worker_free(&w);
    fixture_close(&f);
}

Test(feeds, sources_are_drawn_apart_and_their_median_is_published)
{
    static const uint32_t n[] = {1, 2, 3, 4, 7, 15};

    for (size_t i = 0; i < sizeof n / sizeof *n; i++)
        check_median(n[i]);
}

/* Runs to the end and returns what the first feed says on the last lane. */
static double last_answer(const char *run, const char *shocks, const char *oracle)
{
    struct fixture f;
    struct worker w;
    char btc[512];

    snprintf(btc, sizeof btc, "price: {model: gbm, volatility_annual: 0}, oracle: {%s}",
             oracle);
    open_market(&f, run, shocks, btc, "");
    fixture_start(&f, &w);
    while (w.step < f.plan.n_step)
        step(&f.plan, &w);
    const double said = worker_row(&w, ROW_ORACLE, 0)[LANES - 1];
    worker_free(&w);
    fixture_close(&f);
    return said;
}

Test(feeds, a_stuck_feed_stands_at_its_bound)
{
    static const char fall[] = "shocks:\n  - {price: BTC, move: -0.9999, start: 1h}\n";
    static const char rise[] = "shocks:\n  - {price: BTC, move: 4, start: 1h}\n";
    static const struct row {
        const char *name, *shocks, *oracle;
        double expected;
    } rows[] = {
        {"free", fall, "delay: 0s", 0.01},
        {"floor", fall, "floor_usd: 0.107", 0.107},
        {"floor below", fall, "floor_usd: 0.001", 0.01},
        {"cap", rise, "cap_usd: 250", 250.0},
        {"cap above", rise, "cap_usd: 600", 500.0},
        {"both", rise, "floor_usd: 99, cap_usd: 101", 101.0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double said =
            last_answer("horizon: 3h, step: 5m", rows[i].shocks, rows[i].oracle);
        cr_assert_float_eq(said, rows[i].expected, 1e-12 * rows[i].expected, "%s: %.17g",
                           rows[i].name, said);
    }
}

/* Maker's security module: every hour the price of an hour before comes into force. */
Test(feeds, an_hour_of_delay_and_no_deviation_is_a_security_module)
{
    static const char shocks[] = "shocks:\n  - {price: BTC, move: -0.5, start: 70m}\n"
                                 "  - {price: BTC, move: -0.5, start: 125m}\n";
    static const struct row {
        const char *horizon;
        double expected;
    } rows[] = {
        {"horizon: 2h, step: 5m", 100.0}, /* reads 1 h */
        {"horizon: 175m, step: 5m", 100.0}, {"horizon: 3h, step: 5m", 50.0},
        {"horizon: 235m, step: 5m", 50.0},  {"horizon: 4h, step: 5m", 25.0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double said = last_answer(rows[i].horizon, shocks,
                                        "heartbeat: 1h, delay: 1h, deviation_frac: 1000");
        cr_assert_float_eq(said, rows[i].expected, 1e-12, "%s: %.17g", rows[i].horizon,
                           said);
    }
}

/* A staked token falls 30 % below parity and nobody at the venue sees it. */
Test(feeds, a_rate_follows_the_anchor_and_not_the_market)
{
    struct fixture f;
    struct worker w;
    const uint32_t steth = 1;

    open_market(
        &f, "horizon: 6h, step: 5m",
        "shocks:\n  - {price: STETH, move: -0.3, start: 1h}\n"
        "  - {oracle: BTC, delay: 10m, start: 2h}\n",
        "price: {model: gbm, volatility_annual: 1.5}, oracle: {deviation_frac: 0.01}",
        "    STETH: {spot_usd: 115, price: {model: peg, anchor: BTC, drift_annual: 3.5, "
        "basis_log_sd: 0.01, basis_half_life: 1h}, oracle: {rate: true}}\n"
        "  correlation: {BTC/STETH: 0}\n");
    cr_assert_eq(f.plan.feed[steth].kind, FEED_RATE);
    fixture_start(&f, &w);
    while (w.step < f.plan.n_step) {
        step(&f.plan, &w);
        const double rate = 1.15 * exp(3.5 * w.time_s / PLAN_YEAR_S);
        for (int k = 0; k < LANES; k++) {
            const double anchor = worker_row(&w, ROW_ORACLE, 0)[k];
            const double said = worker_row(&w, ROW_ORACLE, steth)[k];
            cr_assert_float_eq(said, anchor * rate, 1e-12 * said, "step %u: %.17g, %.17g",
                               w.step, said, anchor * rate);
        }
    }
    cr_assert_lt(worker_row(&w, ROW_SPOT, steth)[0],
                 0.8 * worker_row(&w, ROW_ORACLE, steth)[0], "no depeg to be overlooked");
    worker_free(&w);
    fixture_close(&f);
}

static const char VENUES[] =
    "    ETH: {spot_usd: 115, price: {model: peg, anchor: BTC, basis_log_sd: 0.01, "
    "basis_half_life: 1h}, oracle: {rate: true}}\n"
    "  correlation: {BTC/ETH: 0}\n"
    "  venues:\n"
    "    fast: {margin: {rule: cross}, mark: oracle, assets: {BTC: {oracle: {heartbeat: "
    "5m}}"
    ", ETH: {}}}\n"
    "    slow: {margin: {rule: cross}, mark: oracle, assets: {BTC: {oracle: {delay: "
    "1h}}}}\n"
    "    too: {margin: {rule: cross}, mark: oracle, assets: {ETH: {}, BTC: {oracle: "
    "{delay: 60m}}}}\n"
    "    plain: {margin: {rule: cross}, mark: oracle, assets: {BTC: {oracle: {delay: "
    "5m}}}}\n"
    "    trades: {margin: {rule: cross}, assets: {BTC: {oracle: {delay: 1h}}}}\n"
    "    none: {margin: {rule: cross}, mark: oracle}\n";

/* BTC has three feeds, 5 m late, at `fast`, 1 h late; ETH follows each of them. */
Test(feeds, a_venue_looks_at_its_own_feed_and_equal_ones_are_one)
{
    struct fixture f;
    struct worker w;

    open_market(&f, "horizon: 6h, step: 5m",
                "shocks:\n  - {price: BTC, move: -0.5, start: 1h}\n",
                "price: {model: gbm, volatility_annual: 0}, oracle: {delay: 5m}", VENUES);
    const struct plan *plan = &f.plan;
    const struct plan_venue *v = plan->venue;
    cr_assert_eq(plan->n_feed, 6, "%u feeds", plan->n_feed);
    cr_assert_eq(v[1].feed[0], v[2].feed[0]);
    cr_assert_eq(v[1].feed[1], v[2].feed[1]);
    cr_assert_eq(v[3].feed[0], 0);
    cr_assert_eq(v[3].feed[1], 1);
    cr_assert_eq(plan->feed[v[0].feed[1]].anchor_feed, v[0].feed[0]);
    cr_assert_eq(plan->feed[v[1].feed[1]].anchor_feed, v[1].feed[0]);
    cr_assert_str_eq(plan->feed[v[1].feed[0]].name, "BTC at slow");
    fixture_start(&f, &w);
    while (w.time_s < 3600.0)
        step(plan, &w);
    cr_assert_float_eq(market_mark(plan, 0, 0, &w)[0], 50.0, 1e-12, "sees it at once");
    cr_assert_float_eq(market_mark(plan, 3, 0, &w)[0], 100.0, 1e-12, "5 m late");
    step(plan, &w);
    cr_assert_float_eq(market_mark(plan, 3, 0, &w)[0], 50.0, 1e-12);
    cr_assert_float_eq(market_mark(plan, 5, 0, &w)[0], 50.0, 1e-12);
    cr_assert_float_eq(market_mark(plan, 1, 0, &w)[0], 100.0, 1e-12, "1 h late");
    cr_assert_float_eq(market_mark(plan, 2, 1, &w)[0], 115.0, 1e-10);
    cr_assert_float_eq(market_mark(plan, 0, 1, &w)[0], 57.5, 1e-10);
    cr_assert_float_eq(market_mark(plan, 4, 0, &w)[0], 50.0, 1e-12, "traded");
    while (w.time_s < 7200.0)
        step(plan, &w);
    cr_assert_float_eq(market_mark(plan, 1, 0, &w)[0], 50.0, 1e-12);
    worker_free(&w);
    fixture_close(&f);
}

/* A feed of a venue draws from streams of its own: others keep their numbers. */
Test(feeds, a_venues_sources_leave_other_draws_alone)
{
    static const char *const venues[] = {
        "",
        "  venues:\n    a: {margin: {rule: cross}, mark: oracle, assets: {BTC: {oracle: "
        "{sources: 3, source_noise_frac: 0.01}}}}\n"};
    double first[2][64];

    for (int i = 0; i < 2; i++) {
        struct fixture f;
        open_market(&f, "horizon: 6h, step: 5m", "",
                    "price: {model: gbm, volatility_annual: 1}, oracle: {sources: 5, "
                    "source_noise_frac: 0.01, deviation_frac: 0}",
                    venues[i]);
        fixture_run(&f);
        const double *gap = fixture_metric(&f, "oracle_gap_frac", 0);
        for (int path = 0; path < 64; path++)
            first[i][path] = gap[path];
        fixture_close(&f);
    }
    for (int path = 0; path < 64; path++)
        cr_assert_eq(first[0][path], first[1][path], "path %d", path);
    cr_assert_gt(first[0][0], 0.001);
}
