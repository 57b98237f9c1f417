/* The whole engine against closed forms. Seeds are fixed; tolerances are five standard
 * errors unless said otherwise. */

#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/run.h"
#include "sim/stats.h"
#include "tests/fixture.h"

static const char LIQUIDITY[] = "impact_coefficient: 1, volatility_daily: 0.04, "
                                "daily_volume_usd: 1e9, half_spread_frac: 0, "
                                "refill_half_life: 10m, permanent_frac: 0";

static void open_market(struct fixture *f, const char *head, const char *price,
                        const char *liquidity, const char *venue, const char *positions,
                        const char *accounts)
{
    char text[4096];
    const int n = snprintf(text, sizeof text, "tailrace: 1\nname: engine\n%s", head);

    snprintf(text + n, sizeof text - (size_t)n, FIXTURE_MARKET, price, liquidity, venue);
    fixture_open(f, text, positions, accounts);
}

/* One coin held, S0 = 100, mu = 0, sigma = 0.8, 10 days: VaR and ES of the log-normal.
 * The rows at 0.9 of tests' reference (loss_distribution long_1_unit_GBM):
 * 0.163447720699, 0.213144254. */
Test(engine, var_and_es_of_a_spot_position)
{
    enum { N = 200000 };
    const double years = 10.0 / 365.0, sd = 0.8 * sqrt(years);
    const double levels[] = {0.9, 0.95, 0.99};
    struct fixture f;

    open_market(
        &f,
        "run: {paths: 200000, horizon: 10d, step: 5d, seed: 3}\nportfolio: positions.csv\n",
        "{model: gbm, volatility_annual: 0.8}", LIQUIDITY, "",
        "id,account,venue,instrument,asset,quantity\ns,vault,,spot,BTC,1\n", NULL);
    fixture_run(&f);
    double *loss = f.column[0];
    cr_assert_eq(loss, (double *)fixture_metric(&f, "pnl_usd", 0));
    for (int i = 0; i < N; i++)
        loss[i] = -loss[i];
    stats_sort(loss, N);
    for (int i = 0; i < 3; i++) {
        const double a = levels[i], z = gsl_cdf_ugaussian_Pinv(1.0 - a);
        const double quantile = exp(-0.5 * sd * sd + sd * z);
        const double var = 100.0 * (1.0 - quantile);
        const double es = 100.0 * (1.0 - gsl_cdf_ugaussian_P(z - sd) / (1.0 - a));
        const double density = gsl_ran_ugaussian_pdf(z) / (sd * 100.0 * quantile);
        const double var_error = sqrt(a * (1.0 - a) / N) / density;
        const struct interval got = stats_quantile(loss, N, a, 0.95);
        const struct interval tail = stats_es(loss, N, a, 0.95, 1, NULL);
        cr_assert_float_eq(got.value, var, 5.0 * var_error, "VaR %g: %.6g, expected %.6g",
                           a, got.value, var);
        cr_assert_float_eq(tail.value, es, 2.5 * (tail.upper - tail.lower) / 1.96,
                           "ES %g: %.6g, expected %.6g", a, tail.value, es);
        cr_assert_lt(tail.upper - tail.lower, 0.02 * es, "ES %g: interval too wide", a);
    }
    fixture_close(&f);
}

/* P(a barrier below is reached by T), drift mu of dS/S, looked at every `step` years:
 * the closed form for continuous looks with the barrier moved by exp(-0.5826 sigma
 * sqrt(step)) (Broadie, Glasserman & Kou 1997). */
static double first_passage(double ratio, double mu, double sigma, double years,
                            double step)
{
    const double b = log(ratio) - 0.5826 * sigma * sqrt(step),
                 nu = mu - 0.5 * sigma * sigma;
    const double sd = sigma * sqrt(years);

    return gsl_cdf_ugaussian_P((b - nu * years) / sd) +
           exp(2.0 * nu * b / (sigma * sigma)) * gsl_cdf_ugaussian_P((b + nu * years) / sd);
}

/* 10 coins long at 100 with 200 of cash and 2 % maintenance: liquidated when 200 + 10 (S
 * - 100) < 0.02 x 10 S, at S = 800 / 9.8. The same account once as the user's and once
 * in the population. The correction is good to a few 1e-4 here. */
Test(engine, liquidation_probability_is_the_first_passage_probability)
{
    enum { N = 60000 };
    const double step = 900.0 / (365.0 * 86400.0), years = 7.0 / 365.0;
    const double expected = first_passage(8.0 / 9.8, 0.1, 0.9, years, step);
    const double tolerance = 5.0 * sqrt(expected * (1.0 - expected) / N) + 5e-4;
    double own = 0.0, other = 0.0;
    struct fixture f;

    open_market(
        &f,
        "run: {paths: 60000, horizon: 7d, step: 15m, seed: 5, feedback: false}\n"
        "portfolio: positions.csv\naccounts: {perp_venue: accounts.csv}\n",
        "{model: gbm, volatility_annual: 0.9, drift_annual: 0.1}", LIQUIDITY, "",
        "id,account,venue,instrument,asset,quantity,entry_price_usd\n"
        "c,own,perp_venue,cash,,200,\np,own,perp_venue,perpetual,BTC,10,100\n",
        "account,asset,quantity,entry_price_usd,collateral_usd\nx,BTC,10,100,200\n");
    fixture_run(&f);
    const double *liquidated = fixture_metric(&f, "liquidated", 0);
    const double *accounts = fixture_metric(&f, "liquidated_accounts", 0);
    for (int i = 0; i < N; i++) {
        own += liquidated[i];
        other += accounts[i] - liquidated[i];
    }
    cr_assert_eq(own, other, "own %g, population %g", own, other);
    cr_assert_float_eq(own / N, expected, tolerance, "%.5f, expected %.5f", own / N,
                       expected);
    fixture_close(&f);
}

/* A book of infinite depth is a book without feedback, to the last bit. */
Test(engine, infinite_depth_is_no_feedback)
{
    static char accounts[1 << 14];
    static const char HEAD[] =
        "run: {paths: 256, horizon: 1d, step: 5m, seed: 9, feedback: %s}\n"
        "portfolio: positions.csv\naccounts: {perp_venue: accounts.csv}\n"
        "shocks:\n  - {price: all, move: -0.1, start: 6h, duration: 1h}\n";
    struct fixture f[2];
    char head[512];
    size_t at = (size_t)sprintf(accounts,
                                "account,asset,quantity,entry_price_usd,collateral_usd\n");
    double closed = 0.0;

    for (int i = 0; i < 300; i++)
        at += (size_t)sprintf(accounts + at, "a%d,BTC,%g,,%g\n", i, i % 4 == 0 ? -3.0 : 2.0,
                              8.0 + 0.3 * i);
    for (int i = 0; i < 2; i++) {
        snprintf(head, sizeof head, HEAD, i == 0 ? "true" : "false");
        open_market(&f[i], head, "{model: gbm, volatility_annual: 0.9}",
                    "impact_coefficient: 0, volatility_daily: 0.04, daily_volume_usd: 1e6, "
                    "half_spread_frac: 0.001, refill_half_life: 10m, permanent_frac: 0.5",
                    "      insurance_fund_usd: 10\n",
                    "id,account,venue,instrument,asset,quantity,entry_price_usd\n"
                    "c,own,perp_venue,cash,,200,\np,own,perp_venue,perpetual,BTC,10,100\n",
                    accounts);
        fixture_run(&f[i]);
    }
    cr_assert_eq(f[0].plan.n_column, f[1].plan.n_column);
    for (uint32_t c = 0; c < f[0].plan.n_column; c++)
        cr_assert(memcmp(f[0].column[c], f[1].column[c], 256 * sizeof(double)) == 0,
                  "column %u", c);
    const double *accounts_closed = fixture_metric(&f[0], "liquidated_accounts", 0);
    for (int i = 0; i < 256; i++)
        closed += accounts_closed[i];
    cr_assert_gt(closed, 256.0);
    fixture_close(&f[0]);
    fixture_close(&f[1]);
}

static double correlation(const double *a, const double *b, int n)
{
    double sa = 0.0, sb = 0.0, aa = 0.0, bb = 0.0, ab = 0.0;

    for (int i = 0; i < n; i++) {
        const double x = log(a[i] / 100.0), y = log(b[i] / 50.0);
        sa += x;
        sb += y;
        aa += x * x;
        bb += y * y;
        ab += x * y;
    }
    return (ab - sa * sb / n) / sqrt((aa - sa * sa / n) * (bb - sb * sb / n));
}

/* Correlation 0.3 with weight w of a target 0.95: (1 - w) 0.3 + w 0.95, exactly. The
 * standard error of a sample correlation is (1 - r^2) / sqrt(n). */
Test(engine, correlation_stress_is_an_exact_mixture)
{
    enum { N = 40000 };
    static const struct row {
        const char *shock;
        double expected;
    } rows[] = {
        {"", 0.3},
        {"shocks:\n  - {correlation: all, set: 0.95, weight: 0.6}\n",
         0.4 * 0.3 + 0.6 * 0.95},
        {"shocks:\n  - {correlation: all, set: 0.95}\n", 0.95},
        {"shocks:\n  - {correlation: all, set: 1}\n", 1.0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        char text[1024];
        snprintf(
            text, sizeof text,
            "tailrace: 1\nname: pair\nrun: {paths: 40000, horizon: 1d, step: 1d, seed: 4}\n"
            "%smarket:\n  tailrace: 1\n  name: m\n  assets:\n"
            "    BTC: {spot_usd: 100, price: {model: gbm, volatility_annual: 0.8}}\n"
            "    ETH: {spot_usd: 50, price: {model: gbm, volatility_annual: 0.8}}\n"
            "  correlation: {BTC/ETH: 0.3}\n",
            rows[i].shock);
        fixture_open(&f, text, NULL, NULL);
        fixture_run(&f);
        const double r = correlation(fixture_metric(&f, "final_spot_usd", 0),
                                     fixture_metric(&f, "final_spot_usd", 1), N);
        const double error = (1.0 - rows[i].expected * rows[i].expected) / sqrt(N);
        cr_assert_float_eq(r, rows[i].expected, 5.0 * error + 1e-12,
                           "row %zu: %.5f, expected %.5f", i, r, rows[i].expected);
        fixture_close(&f);
    }
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* Median trough and its standard error from order statistics, log. */
static double median_trough(const struct fixture *f, int n, double *error)
{
    double *values = malloc((size_t)n * sizeof *values);

    memcpy(values, fixture_metric(f, "min_spot_usd", 0), (size_t)n * sizeof *values);
    qsort(values, (size_t)n, sizeof *values, compare);
    const int off = (int)(0.5 * sqrt(n)) + 1;
    const double middle = log(values[n / 2]);
    *error = 0.5 * log(values[n / 2 + off] / values[n / 2 - off]);
    free(values);
    return middle;
}

/* A stated total of -20 %: with the cascade the median trough is what it is without, the
 * exogenous part is smaller, and the spread of troughs differs. */
Test(engine, a_stated_move_includes_its_feedback)
{
    enum { N = 4096 };
    static char accounts[1 << 15];
    struct fixture f[2];
    double trough[2], error[2], target, reached;
    struct error err;
    size_t at = (size_t)sprintf(accounts,
                                "account,asset,quantity,entry_price_usd,collateral_usd\n");

    for (int i = 0; i < 600; i++)
        at += (size_t)sprintf(accounts + at, "a%d,BTC,%d,,%g\n", i, 1 + i % 9,
                              (1 + i % 9) * (4.0 + 0.05 * i));
    for (int i = 0; i < 2; i++) {
        char head[512];
        snprintf(head, sizeof head,
                 "run: {paths: 4096, horizon: 6h, step: 5m, seed: 2, feedback: %s}\n"
                 "accounts: {perp_venue: accounts.csv}\nshocks:\n  - {price: all, move: "
                 "-0.2, start: "
                 "2h, duration: 1h, includes_feedback: true}\n",
                 i == 0 ? "false" : "true");
        open_market(
            &f[i], head, "{model: gbm, volatility_annual: 0.9}",
            "impact_coefficient: 1, volatility_daily: 0.04, daily_volume_usd: 20000, "
            "half_spread_frac: 0, refill_half_life: 30m, permanent_frac: 0.5",
            "", NULL, accounts);
        if (i == 1) {
            cr_assert_eq(run_pilot(&f[i].plan, NULL, NULL, &target, &reached, &err),
                         RUN_DONE);
            cr_assert_float_eq(target, reached, 0.002, "%g, %g", target, reached);
            cr_assert(f[i].plan.exogenous[0] > 0.3 && f[i].plan.exogenous[0] < 0.97,
                      "exogenous share %g", f[i].plan.exogenous[0]);
        }
        fixture_run(&f[i]);
        trough[i] = median_trough(&f[i], N, &error[i]);
    }
    /* the pilot's 1,024 paths carry an error of their own, twice that of 4,096 */
    const double tolerance = 3.0 * sqrt(5.0 * (error[0] * error[0] + error[1] * error[1]));
    cr_assert_float_eq(trough[0], trough[1], tolerance, "%g, %g", trough[0], trough[1]);
    fixture_close(&f[0]);
    fixture_close(&f[1]);
}
