/* Residuals and variances of the price model garch against the moments of GJR(1,1) from the
 * first period on, at one step per period and at several; tolerances are 5 standard errors
 * at fixed seeds. */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/market_paths.h"
#include "tests/mean.h"
#include "tests/price_paths.h"

enum { N_PERIOD = 6 };

static const struct row {
    const char *name, *period, *step;
    double alpha, gamma, beta, long_run, start; /* volatilities */
    double degrees;                             /* 0: normal */
    int n_sub;
    double period_days;
    int n_path;
} rows[] = {
    {"garch, normal", "1d", "1d", 0.09, 0.0, 0.88, 0.7, 1.1, 0.0, 1, 1.0, 100000},
    {"garch, normal, 6 h of a day", "1d", "6h", 0.09, 0, 0.88, 0.7, 1.1, 0, 4, 1, 50000},
    {"gjr, normal", "1d", "1d", 0.03, 0.11, 0.85, 0.62, 0.4, 0.0, 1, 1.0, 100000},
    {"gjr, normal, hourly", "1h", "20m", 0.03, 0.11, 0.85, 0.62, 0.4, 0, 3, 1 / 24.0,
     50000},
    {"gjr, falls calm", "1d", "1d", 0.10, -0.06, 0.85, 0.62, 0.4, 0.0, 1, 1.0, 100000},
    {"gjr, t", "1d", "1d", 0.03, 0.05, 0.88, 0.8, 1.2, 15.0, 1, 1.0, 100000},
    {"gjr, t, 8 h of a day", "1d", "8h", 0.03, 0.05, 0.88, 0.8, 1.2, 15.0, 3, 1.0, 50000},
};
enum { N_ROW = sizeof rows / sizeof *rows };

static void open_row(const struct row *row, struct market_paths *m)
{
    char price[512], horizon[32];

    snprintf(price, sizeof price,
             "{model: garch, drift_annual: 0.3, volatility_annual: %.17g, "
             "start_volatility_annual: %.17g, alpha: %.17g, gamma: %.17g, beta: %.17g, "
             "period: %s, residuals: %s, degrees_of_freedom: %.17g}",
             row->long_run, row->start, row->alpha, row->gamma, row->beta, row->period,
             row->degrees > 0.0 ? "student_t" : "normal",
             row->degrees > 0.0 ? row->degrees : 5.0);
    snprintf(horizon, sizeof horizon, "%gh", N_PERIOD * 24.0 * row->period_days);
    market_paths_open(m, price, horizon, row->step, 1993);
}

/* The residuals and the variances of the periods of one path each. */
struct path {
    double eps[N_PERIOD], h[N_PERIOD];
};

static void run_block(struct market_paths *m, const struct row *row, uint64_t first,
                      struct path path[LANES])
{
    const double years = row->period_days / 365.0;

    market_paths_start(m, first);
    for (int period = 0; period < N_PERIOD; period++) {
        lane_row before;
        memcpy(before, market_paths_spot(m, 0), sizeof before);
        for (int k = 0; k < LANES; k++)
            path[k].h[period] = market_paths_state(m, 0, 0)[k];
        for (int step = 0; step < row->n_sub; step++)
            market_paths_step(m);
        for (int k = 0; k < LANES; k++)
            path[k].eps[period] = log(market_paths_spot(m, 0)[k] / before[k]) -
                                  0.3 * years + 0.5 * path[k].h[period];
    }
}

/* E h, E h^2, E eps^4 and E eps_n^2 eps_(n+1)^2 by their recursions; kurtosis k of z:
 * E h' = omega + phi E h, E h'^2 = omega^2 + 2 omega phi E h + square E h^2. */
Test(statistical, garch_moments_follow_the_recursion)
{
    for (int i = 0; i < N_ROW; i++) {
        const struct row *r = &rows[i];
        const double kurtosis =
            r->degrees > 0.0 ? 3.0 * (r->degrees - 2.0) / (r->degrees - 4.0) : 3.0;
        const double weight = r->alpha + 0.5 * r->gamma, phi = weight + r->beta;
        const double long_run = r->long_run * r->long_run * r->period_days / 365.0;
        const double omega = (1.0 - phi) * long_run;
        const double square = kurtosis * (r->alpha * r->alpha + r->alpha * r->gamma +
                                          0.5 * r->gamma * r->gamma) +
                              2.0 * r->beta * weight + r->beta * r->beta;
        double h = r->start * r->start * r->period_days / 365.0, h2 = h * h;
        struct mean eps[N_PERIOD] = {{0}}, eps2[N_PERIOD] = {{0}}, eps4[N_PERIOD] = {{0}};
        struct mean var[N_PERIOD] = {{0}}, pair[N_PERIOD] = {{0}}, leverage = {0};
        struct market_paths m;

        open_row(r, &m);
        for (int first = 0; first < r->n_path; first += LANES) {
            struct path path[LANES];
            run_block(&m, r, (uint64_t)first, path);
            for (int k = 0; k < LANES; k++)
                for (int n = 0; n < N_PERIOD; n++) {
                    const double e = path[k].eps[n], e2 = e * e;
                    if (n == 0)
                        mean_add(&leverage, e * path[k].h[1]);
                    mean_add(&eps[n], e);
                    mean_add(&eps2[n], e2);
                    mean_add(&eps4[n], e2 * e2);
                    mean_add(&var[n], path[k].h[n]);
                    if (n > 0)
                        mean_add(&pair[n - 1],
                                 e2 * path[k].eps[n - 1] * path[k].eps[n - 1]);
                }
        }
        if (r->degrees == 0.0) /* gamma E z^3 1[z < 0] = -gamma sqrt(2 / pi) */
            mean_check(&leverage, -r->gamma * pow(h, 1.5) * sqrt(2.0 / M_PI), r->name,
                       "product of residual and next variance, period", 0);
        for (int n = 0; n < N_PERIOD; n++) {
            mean_check(&eps[n], 0.0, r->name, "mean residual, period", n);
            mean_check(&var[n], h, r->name, "mean variance, period", n);
            mean_check(&eps2[n], h, r->name, "mean squared residual, period", n);
            mean_check(&eps4[n], kurtosis * h2, r->name, "fourth moment, period", n);
            if (n + 1 < N_PERIOD)
                mean_check(&pair[n], omega * h + (kurtosis * weight + r->beta) * h2,
                           r->name, "product of squares, period", n);
            const double next = omega + phi * h;
            h2 = omega * omega + 2.0 * omega * phi * h + square * h2;
            h = next;
        }
        market_paths_close(&m);
    }
}

/* Long after the start: variance and kurtosis of Bollerslev (1986), theorem 2 and the
 * formula after it, 3 (1 - phi^2) / (1 - phi^2 - 2 alpha^2). */
Test(statistical, garch_forgets_its_start)
{
    const char *price = "{model: garch, volatility_annual: 0.7, alpha: 0.12, beta: 0.7, "
                        "start_volatility_annual: 2.1}";
    const double v = 0.49 / 365.0, phi = 0.82;
    const double kurtosis = 3.0 * (1.0 - phi * phi) / (1.0 - phi * phi - 2.0 * 0.0144);
    struct mean square = {0}, fourth = {0};
    struct market_paths m;

    market_paths_open(&m, price, "100d", "1d", 1986);
    for (uint64_t first = 0; first < 20000; first += LANES) {
        lane_row before, h;
        market_paths_start(&m, first);
        for (int day = 0; day < 100; day++) {
            memcpy(before, market_paths_spot(&m, 0), sizeof before);
            memcpy(h, market_paths_state(&m, 0, 0), sizeof h);
            market_paths_step(&m);
        }
        for (int k = 0; k < LANES; k++) {
            const double eps = log(market_paths_spot(&m, 0)[k] / before[k]) + 0.5 * h[k];
            mean_add(&square, eps * eps / v);
            mean_add(&fourth, eps * eps * eps * eps / (v * v));
        }
    }
    mean_check(&square, 1.0, "long run", "variance, day", 100);
    mean_check(&fourth, kurtosis, "long run", "kurtosis, day", 100);
    market_paths_close(&m);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Kolmogorov's distance of a period's residual from Student t, at one step and at four; 2.5
 * / sqrt(n) is passed with probability 7e-6. */
Test(statistical, garch_period_is_exactly_student_t_at_any_step)
{
    static const char *const step[] = {"1d", "6h"};
    enum { N = 40000 / 32 * 32 };

    for (int i = 0; i < 2; i++) {
        const char *price = "{model: garch, volatility_annual: 0.7, alpha: 0.1, beta: 0.8, "
                            "residuals: student_t, degrees_of_freedom: 2.385}";
        const double h = 0.49 / 365.0, unit = sqrt(0.385 / 2.385);
        double *z = malloc(N * sizeof *z), distance = 0.0;
        struct market_paths m;

        market_paths_open(&m, price, "1d", step[i], 1987);
        for (uint64_t first = 0; first < N; first += LANES) {
            market_paths_start(&m, first);
            for (uint32_t s = 0; s < m.fixture.plan.n_step; s++)
                market_paths_step(&m);
            for (uint64_t k = 0; k < LANES; k++)
                z[first + k] =
                    (log(market_paths_spot(&m, 0)[k] / 100.0) + 0.5 * h) / sqrt(h) / unit;
        }
        qsort(z, N, sizeof *z, compare);
        for (int j = 0; j < N; j++) {
            const double p = gsl_cdf_tdist_P(z[j], 2.385);
            distance = fmax(distance, fmax((j + 1.0) / N - p, p - (double)j / N));
        }
        cr_assert_leq(distance * sqrt(N), 2.5, "step %s: distance %.3g", step[i], distance);
        market_paths_close(&m);
        free(z);
    }
}

/* Two uncorrelated assets: E z1^2 z2^2 is (nu - 2) / (nu - 4) with one W, 1 without. */
Test(statistical, garch_assets_of_one_group_share_the_size_of_residuals)
{
    static const struct {
        const char *group;
        double expected;
    } cases[] = {{", group: crypto", 10.0 / 8.0}, {"", 1.0}};

    for (int i = 0; i < 2; i++) {
        char market[1024], price[256];
        struct mean product = {0}, cross = {0};
        struct market_paths m;
        const double h = 0.49 / 365.0;

        snprintf(price, sizeof price,
                 "{model: garch, volatility_annual: 0.7, alpha: 0.1, beta: 0.8, residuals: "
                 "student_t, degrees_of_freedom: 12%s}",
                 cases[i].group);
        snprintf(market, sizeof market,
                 "  correlation: {BTC/ETH: 0}\n  assets:\n    BTC: {spot_usd: 100, price: "
                 "%s}\n    ETH: {spot_usd: 100, price: %s}\n",
                 price, price);
        market_paths_open(&m, market, "1d", "12h", 2004);
        for (uint64_t first = 0; first < 100000; first += LANES) {
            market_paths_start(&m, first);
            market_paths_step(&m);
            market_paths_step(&m);
            for (int k = 0; k < LANES; k++) {
                const double x = log(market_paths_spot(&m, 0)[k] / 100.0) + 0.5 * h;
                const double y = log(market_paths_spot(&m, 1)[k] / 100.0) + 0.5 * h;
                mean_add(&product, x * x * y * y / (h * h));
                mean_add(&cross, x * y / h);
            }
        }
        mean_check(&product, cases[i].expected, "group", "product of squares", i);
        mean_check(&cross, 0.0, "group", "correlation", i);
        market_paths_close(&m);
    }
}

static double ratio(double final_usd, double start_usd)
{
    return final_usd / start_usd;
}

/* Normal residuals: the price grows at the drift, stressed or not. */
Test(statistical, garch_price_grows_at_the_drift)
{
    static const char *const shocks[] = {
        NULL, "shocks:\n  - {volatility: all, multiply: 3, shape: step, start: 30h}\n"};

    for (int i = 0; i < 2; i++) {
        struct price_paths p = {.price = "{model: garch, drift_annual: 2.1, "
                                         "volatility_annual: 0.9, alpha: 0.1, gamma: 0.15, "
                                         "beta: 0.8}",
                                .shocks = shocks[i],
                                .horizon_s = 20.0 * 86400.0,
                                .step_s = 43200.0,
                                .n_path = 50000,
                                .seed = 11};
        price_paths_run(&p);
        const struct price_mean mean = price_paths_mean(&p, ratio, 100.0);
        const double expected = exp(2.1 * 20.0 / 365.0);
        cr_assert_leq(fabs(mean.mean - expected), 5.0 * mean.se,
                      "shock %d: %.6g, expected %.6g, standard error %.2g", i, mean.mean,
                      expected, mean.se);
        price_paths_close(&p);
    }
}

/* A volatility shock scales the price's innovation, not the variance's own path. */
Test(statistical, garch_stress_leaves_the_variance_alone)
{
    enum { N_STEP = 12 };
    const char *calm = "  assets:\n    BTC: {spot_usd: 100, price: {model: garch, "
                       "volatility_annual: 0.9, alpha: 0.1, beta: 0.8, period: 4h}}\n";
    char stressed[512];
    lane_row h[N_STEP], volatility;
    struct market_paths m;

    market_paths_open(&m, calm, "12h", "1h", 3);
    market_paths_start(&m, 0);
    for (int i = 0; i < N_STEP; i++) {
        market_paths_step(&m);
        memcpy(h[i], market_paths_state(&m, 0, 0), sizeof h[i]);
    }
    cr_assert_neq(h[3][0], h[2][0], "the variance moves at the period's end");
    cr_assert_eq(h[2][0], h[0][0], "and stands before it");
    market_paths_volatility(&m, 0, volatility);
    cr_assert_float_eq(volatility[1], sqrt(h[N_STEP - 1][1] * 365.0 * 6.0), 1e-12);
    market_paths_close(&m);
    snprintf(stressed, sizeof stressed,
             "%sshocks:\n  - {volatility: all, multiply: 3, shape: step, start: 1h}\n",
             calm);
    market_paths_open(&m, stressed, "12h", "1h", 3);
    market_paths_start(&m, 0);
    for (int i = 0; i < N_STEP; i++) {
        market_paths_step(&m);
        for (int k = 0; k < LANES; k++)
            cr_assert_eq(market_paths_state(&m, 0, 0)[k], h[i][k], "step %d", i);
    }
    market_paths_close(&m);
}

Test(statistical, garch_refuses_what_it_cannot_follow)
{
    static const struct {
        const char *numbers, *step, *sentence;
    } cases[] = {
        {"alpha: 0.2, beta: 0.8", "1d",
         "alpha + 0.5 gamma + beta = 1 is not below 1: the variance has no long run"},
        {"alpha: 0.1, gamma: 0.3, beta: 0.8", "1d", "beta = 1.05 is not below 1"},
        {"alpha: 0.1, gamma: -0.2, beta: 0.8", "1d", "alpha + gamma = -0.1 is negative"},
        {"alpha: 0.1, beta: 0.8", "7h",
         "period = 86400 s is not a whole number of steps of 25200 s"},
        {"alpha: 0.1, beta: 0.8, period: 1h", "2h",
         "period = 3600 s is not a whole number of steps of 7200 s"},
        {"alpha: 0.1, beta: 0.8, residuals: historical", "1d", "lacks 'history'"},
        {"alpha: 0.1, beta: 0.8, residuals: cauchy", "1d", "choose from normal"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char price[256];
        struct market_paths m;
        snprintf(price, sizeof price, "{model: garch, volatility_annual: 0.7, %s}",
                 cases[i].numbers);
        cr_assert_not(market_paths_try(&m, price, "14d", cases[i].step, 1), "%s",
                      cases[i].numbers);
        cr_assert(strstr(m.error, cases[i].sentence) != NULL, "%s: %s", cases[i].numbers,
                  m.error);
        cr_assert(strstr(m.error, "scenario.yaml:") != NULL, "%s", m.error);
    }
}
