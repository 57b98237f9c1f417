/* Tests of forecasts of VaR and ES against published regions, direct likelihoods and their
 * own size. */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "models/registry.h"
#include "sim/rng.h"
#include "sim/stats.h"
#include "sim/study/exceedance.h"
#include "sim/study/fit.h"
#include "sim/study/forecast.h"

/* Numbers of exceedances that a 95 % test does not reject, exclusive: Kupiec (1995),
 * Journal of Derivatives 3(2), table 3, as in Jorion (2007), Value at Risk, table 6-2. */
Test(reference, kupiec_regions)
{
    static const struct {
        double a;
        uint32_t n;
        int above, below;
    } rows[] = {
        {0.01, 255, -1, 7},   {0.01, 510, 1, 11},   {0.01, 1000, 4, 17},
        {0.025, 255, 2, 12},  {0.025, 510, 6, 21},  {0.025, 1000, 15, 36},
        {0.05, 255, 6, 21},   {0.05, 510, 16, 36},  {0.05, 1000, 37, 65},
        {0.075, 255, 11, 28}, {0.075, 510, 27, 51}, {0.075, 1000, 59, 92},
        {0.10, 255, 16, 36},  {0.10, 510, 38, 65},  {0.10, 1000, 81, 120},
    };
    const double chi_square_95 = 3.841458820694124;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int k = 1; k < 130; k++) { /* 0 of 255 is left out there */
            const bool kept =
                exceedance_kupiec(rows[i].n, (uint32_t)k, rows[i].a) < chi_square_95;
            cr_assert_eq(kept, k > rows[i].above && k < rows[i].below, "a %g, n %u, %d",
                         rows[i].a, rows[i].n, k);
        }
}

/* -2 ln of the ratio of the likelihoods of a sequence, multiplied out. */
Test(reference, independence_is_the_ratio_of_likelihoods)
{
    static const uint32_t rows[][2][2] = {
        {{180, 9}, {8, 2}}, {{40, 10}, {10, 40}}, {{230, 12}, {12, 0}}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double n00 = rows[i][0][0], n01 = rows[i][0][1];
        const double n10 = rows[i][1][0], n11 = rows[i][1][1];
        const double p = (n01 + n11) / (n00 + n01 + n10 + n11);
        const double p0 = n01 / (n00 + n01), p1 = n11 / (n10 + n11);
        double ratio = 0.0; /* of logarithms, one observation at a time */
        for (int k = 0; k < (int)n00; k++)
            ratio += log((1.0 - p) / (1.0 - p0));
        for (int k = 0; k < (int)n01; k++)
            ratio += log(p / p0);
        for (int k = 0; k < (int)n10; k++)
            ratio += log((1.0 - p) / (1.0 - p1));
        for (int k = 0; k < (int)n11; k++)
            ratio += log(p / p1);
        cr_assert_float_eq(exceedance_independence(rows[i]), -2.0 * ratio, 1e-9, "row %d",
                           (int)i);
    }
    const uint32_t never[2][2] = {{200, 0}, {0, 0}};
    cr_assert_eq(exceedance_independence(never), 0.0);
}

enum { N_DRAW = 4096, N_DAY = 250 };

/* One history of normal losses of that sd under forecasts of sd 1; the tests at 97.5 %. */
static struct backtest_test one_history(uint64_t seed, double sd, const double *draw)
{
    struct arena arena = {NULL};
    struct exceedance c;
    struct backtest_test test;
    struct rng rng;
    lane_row loss;
    const double var = draw[stats_rank(N_DRAW, 0.975) - 1];
    const double es = stats_es_value(draw, N_DRAW, 0.975);

    rng_start(&rng, seed, 0, "loss");
    exceedance_start(&c, 0.025, 512, seed, &arena);
    for (int day = 0; day < N_DAY; day++) {
        rng_normal(&rng, loss);
        exceedance_add(&c, draw, N_DRAW, var, es, sd * loss[0], day > 0);
    }
    exceedance_finish(&c, &test);
    arena_free(&arena);
    return test;
}

/* Right forecasts are refused as often as the level says, within 5 standard errors
 * (Kupiec's chi-square is an approximation at 6 expected exceedances, hence its wider
 * bound); forecasts of three quarters of the true spread nearly always by Z2. */
Test(reference, tests_of_forecasts_have_their_size_and_power)
{
    enum { REPETITIONS = 400 };
    static double draw[N_DRAW];
    const double expected = 0.05 * REPETITIONS, off = 5.0 * sqrt(expected * 0.95);
    int kupiec = 0, z1 = 0, z2 = 0, power = 0;

    for (int i = 0; i < N_DRAW; i++) /* the distribution itself, without sampling noise */
        draw[i] = gsl_cdf_ugaussian_Pinv((i + 0.5) / N_DRAW);
    for (uint64_t seed = 0; seed < REPETITIONS; seed++) {
        const struct backtest_test right = one_history(seed, 1.0, draw);
        const struct backtest_test wrong = one_history(seed, 4.0 / 3.0, draw);
        kupiec += right.kupiec_p < 0.05;
        z1 += right.z1_p < 0.05;
        z2 += right.z2_p < 0.05;
        power += wrong.z2_p < 0.05;
    }
    cr_assert(fabs(z1 - expected) < off, "Z1: %d of %d", z1, REPETITIONS);
    cr_assert(fabs(z2 - expected) < off, "Z2: %d of %d", z2, REPETITIONS);
    cr_assert(kupiec < 2.0 * expected + off, "Kupiec: %d of %d", kupiec, REPETITIONS);
    cr_assert(power > 0.8 * REPETITIONS, "power: %d of %d", power, REPETITIONS);
}

/* The forecast of geometric Brownian motion against its closed form, 5 standard errors. */
Test(reference, forecast_of_gbm_is_lognormal)
{
    enum { N = 65536 };
    static double loss[N];
    const struct price_model *gbm = registry_price_find("gbm");
    struct arena arena = {NULL};
    void *param = arena_get(&arena, 1, gbm->about.param_size);
    struct error err;

    fit_set(gbm, param, "drift_annual", 0.4);
    fit_set(gbm, param, "volatility_annual", 0.9);
    const struct forecast f = {.model = gbm,
                               .param = param,
                               .step_s = 3600.0,
                               .n_step = 24,
                               .n_draw = N,
                               .seed = 3};
    cr_assert(forecast_losses(&f, loss, &err), "%s", err.text);
    const double sd = 0.9 / sqrt(365.0), mean = (0.4 - 0.5 * 0.81) / 365.0;
    const double z = 2.3263478740408408; /* 99 % */
    const double var = -expm1(mean - z * sd);
    const double density = exp(-0.5 * z * z) / sqrt(2.0 * M_PI) / sd / (1.0 - var);
    const double se = sqrt(0.01 * 0.99 / N) / density;
    cr_assert_float_eq(loss[stats_rank(N, 0.99) - 1], var, 5.0 * se, "%g, expected %g",
                       loss[stats_rank(N, 0.99) - 1], var);
    arena_free(&arena);
}
