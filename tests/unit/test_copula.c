/* The t copula against GSL's distribution functions, and through the front door: marginals,
 * correlations, tail dependence; 5 standard errors. */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/copula.h"
#include "tests/price_paths.h"
#include "tests/scratch.h"

/* Z = Phi^-1(F_nu(X sqrt(nu / W))) far out and near the middle. */
Test(copula, agrees_with_the_distribution_functions)
{
    static const double xs[] = {-8.3, -5.1, -2.385, -1.0, -0.013, 0.0, 1e-9, 0.7, 3.3, 7.9};

    for (uint32_t nu = 2; nu <= COPULA_MAX_FREEDOM; nu += 2)
        for (double w = 0.01; w < 200.0; w *= 3.1)
            for (size_t i = 0; i < sizeof xs / sizeof *xs; i++) {
                struct copula c;
                lane_row chi_square, z;
                copula_prepare(&c, nu);
                for (int k = 0; k < LANES; k++) {
                    chi_square[k] = w;
                    z[k] = xs[i];
                }
                copula_apply(&c, chi_square, z);
                const double t = -fabs(xs[i]) * sqrt(nu / w);
                const double p = gsl_cdf_tdist_P(t, nu);
                if (p < 1e-290)
                    continue;
                const double expected = copysign(gsl_cdf_ugaussian_Pinv(p), xs[i]);
                cr_assert_float_eq(z[LANES - 1], expected, 1e-12 * (1.0 + fabs(expected)),
                                   "nu %u, W %g, X %g: %.17g, expected %.17g", nu, w, xs[i],
                                   z[LANES - 1], expected);
            }
}

Test(copula, mixing_variable_is_chi_square)
{
    enum { N = 20000 / LANES };

    for (uint32_t nu = 2; nu <= COPULA_MAX_FREEDOM; nu += 14) {
        struct copula c;
        struct rng rng;
        double farthest = 0.0;
        static double p[N * LANES];
        copula_prepare(&c, nu);
        rng_start(&rng, 5, 0, "market/copula");
        for (int i = 0; i < N; i++) {
            lane_row w;
            copula_mixing(&c, &rng, w);
            for (int k = 0; k < LANES; k++)
                p[i * LANES + k] = gsl_cdf_chisq_P(w[k], nu);
        }
        for (double at = 0.02; at < 1.0; at += 0.02) {
            double below = 0.0;
            for (int i = 0; i < N * LANES; i++)
                below += p[i] < at;
            farthest = fmax(farthest, fabs(below / (N * LANES) - at));
        }
        cr_expect_lt(farthest, 2.5 / sqrt(N * LANES), "nu %u: %g", nu, farthest);
    }
}

enum { N_PATH = 50000 / 32 * 32 };

/* Innovations of two assets over one step. */
struct pair {
    struct price_paths p;
    double *x, *y; /* [N_PATH] */
};

static void pair_run(struct pair *pair, const char *correlation, const char *copula,
                     const char *shocks)
{
    static char market[600];
    const double sd = 0.8 * sqrt(1.0 / 365.0);

    snprintf(market, sizeof market,
             "  correlation: {BTC/ETH: %s}\n%s"
             "  assets:\n"
             "    BTC: {spot_usd: 100, price: {model: gbm, volatility_annual: 0.8}}\n"
             "    ETH: {spot_usd: 100, price: {model: gbm, volatility_annual: 0.8}}\n",
             correlation, copula);
    pair->p = (struct price_paths){.market = market,
                                   .shocks = shocks,
                                   .horizon_s = 86400.0,
                                   .step_s = 86400.0,
                                   .n_path = N_PATH,
                                   .seed = 8};
    price_paths_open(&pair->p);
    const double *price = price_paths_record(&pair->p);
    pair->x = arena_get(&pair->p.fixture.arena, N_PATH, sizeof(double));
    pair->y = arena_get(&pair->p.fixture.arena, N_PATH, sizeof(double));
    for (size_t k = 0; k < N_PATH; k++) {
        pair->x[k] = (log(price[2 * k + 1] / 100.0) + 0.5 * sd * sd) / sd;
        pair->y[k] = (log(price[2 * (N_PATH + k) + 1] / 100.0) + 0.5 * sd * sd) / sd;
    }
}

static int double_order(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Distance of Kolmogorov and Smirnov to the standard normal; 2.5/sqrt(n) is passed with a
 * chance of 7e-6. */
static double normal_distance(const double *value)
{
    double *sorted = malloc(N_PATH * sizeof *sorted), farthest = 0.0;

    cr_assert(sorted != NULL);
    memcpy(sorted, value, N_PATH * sizeof *sorted);
    qsort(sorted, N_PATH, sizeof *sorted, double_order);
    for (int i = 0; i < N_PATH; i++) {
        const double p = gsl_cdf_ugaussian_P(sorted[i]);
        farthest = fmax(farthest, fmax(p - (double)i / N_PATH, (i + 1.0) / N_PATH - p));
    }
    free(sorted);
    return farthest;
}

/* P(Y < y | X = x) of a bivariate t given the margins of Student, integrated over X < x:
 * the copula at (p, p). Y given X is t with nu + 1 degrees of freedom, location rho x and
 * scale sqrt((1 - rho^2) (nu + x^2) / (nu + 1)). */
struct corner {
    double nu, rho, quantile;
};

static double corner_density(double x, void *data)
{
    const struct corner *c = data;
    const double scale = sqrt((1.0 - c->rho * c->rho) * (c->nu + x * x) / (c->nu + 1.0));

    return gsl_ran_tdist_pdf(x, c->nu) *
           gsl_cdf_tdist_P((c->quantile - c->rho * x) / scale, c->nu + 1.0);
}

static double corner_expected(double nu, double rho, double p)
{
    struct corner c = {nu, rho, gsl_cdf_tdist_Pinv(p, nu)};
    gsl_function f = {corner_density, &c};
    gsl_integration_workspace *space = gsl_integration_workspace_alloc(400);
    double result, error;

    gsl_integration_qagil(&f, c.quantile, 0.0, 1e-8, 400, space, &result, &error);
    gsl_integration_workspace_free(space);
    return result;
}

static void check_corner(const struct pair *pair, double nu, double rho, double p)
{
    const double at = gsl_cdf_ugaussian_Pinv(p), expected = corner_expected(nu, rho, p);
    double low = 0.0, high = 0.0;

    for (int k = 0; k < N_PATH; k++) {
        low += (pair->x[k] < at && pair->y[k] < at) / (double)N_PATH;
        high += (pair->x[k] > -at && pair->y[k] > -at) / (double)N_PATH;
    }
    const double error = 5.0 * sqrt(expected * (1.0 - expected) / N_PATH);
    cr_expect_float_eq(low, expected, error, "nu %g rho %g: C(%g) = %g, expected %g", nu,
                       rho, p, low, expected);
    cr_expect_float_eq(high, expected, error, "nu %g rho %g: upper corner %g, expected %g",
                       nu, rho, high, expected);
}

/* The limit of C(p, p) / p, against which the corners above are checked to be right. */
Test(copula, corners_reach_the_tail_dependence)
{
    const double nu = 4.0, rho = 0.5;
    const double limit =
        2.0 * gsl_cdf_tdist_P(-sqrt((nu + 1.0) * (1.0 - rho) / (1.0 + rho)), nu + 1.0);

    cr_expect_float_eq(corner_expected(nu, rho, 1e-7) / 1e-7, limit, 1e-3);
    cr_expect_float_eq(limit, 0.25, 5e-3, "Demarta and McNeil (2005), table 1: %g", limit);
}

Test(copula, margins_stay_normal_and_extremes_come_together)
{
    static const struct {
        const char *correlation, *copula;
        double rho;
        uint32_t nu;
    } rows[] = {
        {"0.5", "  copula: {degrees_of_freedom: 4}\n", 0.5, 4},
        {"0", "  copula: {degrees_of_freedom: 2}\n", 0.0, 2},
        {"-0.6", "  copula: {degrees_of_freedom: 10}\n", -0.6, 10},
        {"0.9", "  copula: {degrees_of_freedom: 30}\n", 0.9, 30},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair pair;
        double concordant = 0.0;
        pair_run(&pair, rows[i].correlation, rows[i].copula, NULL);
        cr_expect_lt(normal_distance(pair.x), 2.5 / sqrt(N_PATH), "nu %u: X", rows[i].nu);
        cr_expect_lt(normal_distance(pair.y), 2.5 / sqrt(N_PATH), "nu %u: Y", rows[i].nu);
        check_corner(&pair, rows[i].nu, rows[i].rho, 0.01);
        check_corner(&pair, rows[i].nu, rows[i].rho, 0.1);
        /* Kendall's tau from pairs of paths that share no path. */
        for (int k = 0; k < N_PATH; k += 2)
            concordant += (pair.x[k] - pair.x[k + 1]) * (pair.y[k] - pair.y[k + 1]) > 0.0;
        const double n = N_PATH / 2, share = 0.5 + asin(rows[i].rho) / acos(-1.0);
        cr_expect_float_eq(concordant / n, share, 5.0 * sqrt(share * (1.0 - share) / n),
                           "nu %u: concordant %g, expected %g", rows[i].nu, concordant / n,
                           share);
        price_paths_close(&pair.p);
    }
}

/* The copula works on what the correlation shock leaves. */
Test(copula, comes_after_the_correlation_shock)
{
    struct pair pair;

    pair_run(&pair, "0", "  copula: {degrees_of_freedom: 4}\n",
             "shocks: [{correlation: all, set: 0.8, weight: 1, start: 0h}]\n");
    check_corner(&pair, 4, 0.8, 0.01);
    price_paths_close(&pair.p);
}

/* The normals below it are those without it: signs stay, only sizes change; the mixing
 * variable has a stream of its own. */
Test(copula, leaves_all_other_draws_alone)
{
    struct pair with, without;

    pair_run(&without, "0.3", "", NULL);
    double *x = malloc(2 * N_PATH * sizeof *x);
    cr_assert(x != NULL);
    memcpy(x, without.x, N_PATH * sizeof *x);
    memcpy(x + N_PATH, without.y, N_PATH * sizeof *x);
    price_paths_close(&without.p);
    pair_run(&with, "0.3", "  copula: {degrees_of_freedom: 4}\n", NULL);
    int n_larger = 0;
    for (int k = 0; k < N_PATH; k++) {
        if (fabs(x[k]) < 1e-9 || fabs(x[N_PATH + k]) < 1e-9)
            continue; /* the sign is lost in the logarithm */
        cr_assert_eq(x[k] < 0.0, with.x[k] < 0.0, "path %d", k);
        cr_assert_eq(x[N_PATH + k] < 0.0, with.y[k] < 0.0, "path %d", k);
        const bool larger = fabs(with.x[k]) > fabs(x[k]) + 1e-9;
        const bool other = fabs(with.y[k]) > fabs(x[N_PATH + k]) + 1e-9;
        n_larger += larger && other;
    }
    cr_expect_gt(n_larger, N_PATH / 5);
    free(x);
    price_paths_close(&with.p);
}

Test(copula, what_does_not_fit_is_refused)
{
    static const struct {
        const char *copula, *expected;
    } rows[] = {
        {"", ""},
        {"  copula:\n", ""},
        {"  copula: {degrees_of_freedom: 30}\n", ""},
        {"  copula: {degrees_of_freedom: 5}\n",
         "market.copula.degrees_of_freedom = 5 is odd: write an even number, 4 or 6"},
        {"  copula: {degrees_of_freedom: 0}\n", "= 0 is outside 2 .. 30"},
        {"  copula: {degrees_of_freedom: 32}\n", "= 32 is outside 2 .. 30"},
        {"  copula: {degrees_of_freedom: 4.5}\n", "is not a whole number"},
        {"  copula: {degrees: 4}\n", "did you mean 'degrees_of_freedom'?"},
        {"  copula: {}\n", "market.copula lacks 'degrees_of_freedom'"},
        {"  copula: student\n", "market.copula is a value: write its keys"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char market[400];
        snprintf(market, sizeof market,
                 "%s  assets:\n"
                 "    BTC: {spot_usd: 100, price: {model: gbm, volatility_annual: 0.8}}\n",
                 rows[i].copula);
        struct price_paths p = {
            .market = market, .horizon_s = 36000.0, .step_s = 3600.0, .n_path = 64};
        const char *sentence = price_paths_refusal(&p);
        cr_expect(*rows[i].expected == '\0' ? *sentence == '\0'
                                            : strstr(sentence, rows[i].expected) != NULL,
                  "%s\n  gives: %s", rows[i].copula, sentence);
    }
    scratch_remove();
}
