/* The recorded path is hit, and what lies around it has the stated law; 5 standard
 * errors. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/price_paths.h"
#include "tests/scratch.h"

/* Hours and prices; the third distance is longer, the start of ETH lies between records. */
static const char prices[] = "time_s,BTC,ETH\n"
                             "1000000,50,2000\n"
                             "1003600,47.3,1890\n"
                             "1007200,48.1,\n"
                             "1014400,39.9,1603\n"
                             "1018000,44.4,1777\n";

static const double record_h[] = {0, 1, 2, 4, 5},
                    record_usd[] = {50, 47.3, 48.1, 39.9, 44.4};

static struct price_paths hours(const char *price, double step_s, uint64_t n_path)
{
    scratch_file("prices.csv", prices);
    return (struct price_paths){.price = price,
                                .horizon_s = 5.0 * 3600.0,
                                .step_s = step_s,
                                .n_path = n_path,
                                .seed = 3};
}

Test(replay, hits_every_record_to_the_last_bit)
{
    static const double steps_s[] = {600.0, 1800.0, 3600.0, 18000.0};

    for (size_t i = 0; i < sizeof steps_s / sizeof *steps_s; i++) {
        struct price_paths p =
            hours("{model: replay, history: prices.csv}", steps_s[i], 64);
        price_paths_open(&p);
        const double *path = price_paths_record(&p);
        const size_t n_time = (size_t)p.fixture.plan.n_step + 1;
        int n_hit = 0, n_apart = 0;
        for (uint64_t k = 0; k < p.n_path; k++)
            for (size_t time = 0; time < n_time; time++)
                for (int r = 0; r < 5; r++)
                    if (record_h[r] * 3600.0 == (double)time * steps_s[i]) {
                        cr_assert_eq(path[k * n_time + time],
                                     100.0 * (record_usd[r] / record_usd[0]),
                                     "step %g, record %d", steps_s[i], r);
                        n_hit++;
                    }
        for (uint64_t k = 1; k < p.n_path; k++)
            n_apart += path[k * n_time + 1] != path[1];
        cr_assert_gt(n_hit, 64);
        cr_assert_eq(n_apart, steps_s[i] < 3600.0 ? 63 : 0, "paths differ between records");
        price_paths_close(&p);
    }
}

Test(replay, a_line_is_straight_in_the_logarithm)
{
    struct price_paths p = hours(
        "{model: replay, history: prices.csv, fill: line, start: 1970-01-12 14:16:40}",
        1200.0, 32);

    p.horizon_s = 4.0 * 3600.0; /* from half an hour after the first record on */
    price_paths_open(&p);
    const double *path = price_paths_record(&p);
    const double start = log(50.0) + 0.5 * log(47.3 / 50.0);
    for (int time = 0; time <= 12; time++) {
        const double hour = 0.5 + time / 3.0;
        int r = 0;
        while (record_h[r + 1] <= hour)
            r++;
        const double share = (hour - record_h[r]) / (record_h[r + 1] - record_h[r]);
        const double expected = 100.0 * exp(log(record_usd[r]) - start +
                                            share * log(record_usd[r + 1] / record_usd[r]));
        cr_assert_float_eq(path[time], expected, 1e-12 * expected, "hour %g: %.17g", hour,
                           path[time]);
    }
    price_paths_close(&p);
}

/* Mean and covariance of ln S - ln R in steps of ten minutes between the records at 2 h and
 * 4 h: of a bridge, sigma^2 (s - b)(e - t)/(e - b); with noise that began at 0 h,
 * sigma_N^2 s more and the mean - sigma_N^2 s / 2. */
static void check_law(double fill, double noise, double factor, const char *shocks)
{
    enum { N_PATH = 20000, FIRST = 13, LAST = 18 };
    char price[200];
    const double year_h = 365.0 * 24.0;

    snprintf(price, sizeof price,
             "{model: replay, history: prices.csv, fill_annual: %g, noise_annual: %g}",
             fill, noise);
    struct price_paths p = hours(price, 600.0, N_PATH);
    p.shocks = shocks;
    price_paths_open(&p);
    const double *path = price_paths_record(&p);
    const size_t n_time = (size_t)p.fixture.plan.n_step + 1;
    for (int i = FIRST; i <= LAST; i++)
        for (int j = i; j <= LAST; j++) {
            const double s = i / 6.0, t = j / 6.0, slope = log(39.9 / 48.1) / 2.0;
            const double bridge = fill * fill * (s - 2.0) * (4.0 - t) / 2.0 / year_h;
            const double expected = factor * factor * (bridge + noise * noise * s / year_h);
            const double drift = factor * factor * noise * noise / year_h / 2.0;
            double mean = 0.0, product = 0.0, square = 0.0;
            for (uint64_t k = 0; k < N_PATH; k++) {
                const double base = log(100.0 * 48.1 / 50.0);
                const double x =
                    log(path[k * n_time + (size_t)i]) - base - slope * (s - 2.0);
                const double y =
                    log(path[k * n_time + (size_t)j]) - base - slope * (t - 2.0);
                const double both = (x + drift * s) * (y + drift * t);
                mean += x / N_PATH;
                product += both / N_PATH;
                square += both * both / N_PATH;
            }
            const double se = sqrt((square - product * product) / N_PATH);
            cr_expect_float_eq(product, expected, 5.0 * se, "%g %g at %d %d: %g, not %g",
                               fill, noise, i, j, product, expected);
            if (i == j)
                cr_expect_float_eq(mean, -drift * s, 5.0 * sqrt(expected / N_PATH),
                                   "%g %g at %d: mean %g, not %g", fill, noise, i, mean,
                                   -drift * s);
        }
    price_paths_close(&p);
}

Test(replay, bridge_and_noise_have_the_stated_law)
{
    check_law(0.9, 0.0, 1.0, NULL);
    check_law(0.0001, 0.7, 1.0, NULL);
    check_law(0.9, 0.7, 1.0, NULL);
    check_law(0.9, 0.7, 3.0, "shocks: [{volatility: all, multiply: 3, start: 0h}]\n");
}

static double ratio(double x, double to)
{
    return x / to;
}

/* Where the run ends on a record, noise leaves the mean alone, stressed or not. */
Test(replay, noise_is_a_martingale)
{
    static const char *const shocks[] = {
        NULL, "shocks: [{volatility: all, multiply: 3, start: 0h}]\n"};

    for (int i = 0; i < 2; i++) {
        struct price_paths p =
            hours("{model: replay, history: prices.csv, noise_annual: 5}", 900.0, 30000);
        p.shocks = shocks[i];
        price_paths_run(&p);
        const struct price_mean m = price_paths_mean(&p, ratio, 100.0 * 44.4 / 50.0);
        cr_assert_float_eq(m.mean, 1.0, 5.0 * m.se, "mean %.6g +- %.2g", m.mean, m.se);
        price_paths_close(&p);
    }
}

/* The correlation of the market reaches innovations of bridge and noise alike. */
Test(replay, innovations_are_correlated_over_assets)
{
    enum { N_PATH = 20000 };
    static const char market[] =
        "  correlation: {BTC/ETH: 0.6}\n"
        "  assets:\n"
        "    BTC: {spot_usd: 100, price: {model: replay, history: prices.csv, fill_annual: "
        "0.8, noise_annual: 0.5}}\n"
        "    ETH: {spot_usd: 10, price: {model: replay, history: prices.csv, fill_annual: "
        "1, "
        "noise_annual: 0.2, max_gap: 3h}}\n";
    struct price_paths p = hours(NULL, 900.0, N_PATH);
    double xx = 0.0, yy = 0.0, xy = 0.0, mx = 0.0, my = 0.0;

    p.market = market;
    price_paths_open(&p);
    const double *path = price_paths_record(&p);
    const size_t n_time = (size_t)p.fixture.plan.n_step + 1;
    for (size_t k = 0; k < N_PATH; k++) {
        const double x = log(path[k * n_time + 1]);
        const double y = log(path[(N_PATH + k) * n_time + 1]);
        mx += x / N_PATH, my += y / N_PATH;
        xx += x * x / N_PATH, yy += y * y / N_PATH, xy += x * y / N_PATH;
    }
    const double rho = (xy - mx * my) / sqrt((xx - mx * mx) * (yy - my * my));
    cr_assert_float_eq(rho, 0.6, 5.0 * (1.0 - 0.36) / sqrt(N_PATH), "correlation %g", rho);
    price_paths_close(&p);
}

Test(replay, what_does_not_fit_is_refused)
{
    static const struct {
        const char *price, *expected;
        double horizon_h;
    } rows[] = {
        {"{model: replay, history: prices.csv}", "", 5},
        {"{model: replay, history: prices.csv}",
         "scenario.yaml:8:33: market.assets.BTC.price: the records of ", 5.25},
        {"{model: replay, history: prices.csv}",
         "prices.csv last 0.2083333333 d from the start on, the run 0.21875 d", 5.25},
        {"{model: replay, history: prices.csv, start: 1970-01-12 13:46:40}", "", 5},
        {"{model: replay, history: prices.csv, start: 1970-01-12 13:46}",
         "d before the first record of", 5},
        {"{model: replay, history: prices.csv, start: 1970-01-13}", "is not a time", 5},
        {"{model: replay, history: prices.csv, start: 1970-01-13 10:00}",
         "d after the last record of", 5},
        {"{model: replay, history: prices.csv, max_gap: 1h}",
         "has no record for 2 h, from 2 h after the start on, and max_gap is 1 h: start "
         "elsewhere, or write max_gap: 7200s",
         5},
        {"{model: replay, history: prices.csv, max_gap: 1h}", "", 2},
        {"{model: replay}", "lacks 'history'", 5},
        {"{model: replay, history: none.csv}", "cannot read", 5},
        {"{model: replay, history: prices.csv, column: SOL}",
         "has no column of prices 'SOL': it has BTC, ETH", 5},
        {"{model: replay, history: prices.csv, column: eth, max_gap: 9h}", "", 5},
        {"{model: regime, regimes: [{model: replay, history: prices.csv}], "
         "switches_per_year: [0]}",
         "replay cannot stand inside another model", 5},
        {"{model: replay, history: prices.csv, fill: spline}", "choose from bridge, line",
         5},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct price_paths p = hours(rows[i].price, 900.0, 64);
        p.horizon_s = rows[i].horizon_h * 3600.0;
        const char *sentence = price_paths_refusal(&p);
        cr_expect(*rows[i].expected == '\0' ? *sentence == '\0'
                                            : strstr(sentence, rows[i].expected) != NULL,
                  "%s\n  gives: %s", rows[i].price, sentence);
    }
    scratch_remove();
}
