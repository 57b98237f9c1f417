/* Regime estimation on series that the test simulates itself, and against sums over all
 * sequences of regimes. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/study/fit_regime.h"
#include "tests/coverage.h"
#include "tests/draws.h"

static const double YEARS = 1.0 / 365.0;

static const struct regimes two = {
    .n = 2,
    .drift_annual = {0.45, -0.6},
    .volatility_annual = {0.38, 1.05},
    .per_year = {{0.0, 7.3}, {18.2, 0.0}},
};
static const struct regimes three = {
    .n = 3,
    .drift_annual = {0.3, 0.1, -1.2},
    .volatility_annual = {0.25, 0.62, 1.6},
    .per_year = {{0.0, 9.0, 2.1}, {7.7, 0.0, 5.5}, {3.0, 21.0, 0.0}},
};

struct series {
    struct returns returns;
    double *log_return, *end_s;
    bool *starts_run;
};

/* One long run of daily returns, the first regime drawn from the long run. */
static struct series simulate(const struct regimes *regimes, uint32_t n, uint64_t seed)
{
    struct series s = {.log_return = calloc(n, sizeof(double)),
                       .end_s = calloc(n, sizeof(double)),
                       .starts_run = calloc(n, sizeof(bool))};
    double p[REGIMES_MAX][REGIMES_MAX], start[REGIMES_MAX];
    struct draws draws;

    draws_start(&draws, seed, "regime");
    regimes_transition(regimes, YEARS, p);
    regimes_stationary(p, regimes->n, start);
    for (uint32_t t = 0, regime = 0; t < n; t++) {
        const double *row = t == 0 ? start : p[regime];
        double uniform = draws_uniform(&draws);

        regime = 0;
        while (regime + 1 < regimes->n && uniform > row[regime])
            uniform -= row[regime++];
        const double vol = regimes->volatility_annual[regime];

        s.log_return[t] = (regimes->drift_annual[regime] - 0.5 * vol * vol) * YEARS +
                          vol * sqrt(YEARS) * draws_normal(&draws);
        s.end_s[t] = 86400.0 * (t + 1);
        s.starts_run[t] = t == 0;
    }
    s.returns = (struct returns){s.log_return, s.end_s, s.starts_run, n, 86400.0};
    return s;
}

static void series_free(struct series *s)
{
    free(s->log_return);
    free(s->end_s);
    free(s->starts_run);
}

/* exp(Q t) by its definition as the limit of (1 + Q t / m)^m, m = 2^40. */
Test(fit, regime_transition_is_the_exponential_of_the_rates)
{
    double p[REGIMES_MAX][REGIMES_MAX], limit[3][3], square[3][3];

    regimes_transition(&three, 0.13, p);
    for (int i = 0; i < 3; i++) {
        limit[i][i] = 1.0;
        for (int j = 0; j < 3; j++)
            if (i != j) {
                limit[i][j] = ldexp(three.per_year[i][j] * 0.13, -30);
                limit[i][i] -= limit[i][j];
            }
    }
    for (int times = 0; times < 30; times++) {
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) {
                square[i][j] = 0.0;
                for (int k = 0; k < 3; k++)
                    square[i][j] += limit[i][k] * limit[k][j];
            }
        memcpy(limit, square, sizeof(limit));
    }
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            cr_assert_float_eq(p[i][j], limit[i][j], 1e-6, "%d %d: %g, not %g", i, j,
                               p[i][j], limit[i][j]);
}

Test(fit, regime_rates_are_the_logarithm_of_the_transition_matrix)
{
    double p[REGIMES_MAX][REGIMES_MAX], rate[REGIMES_MAX][REGIMES_MAX];

    regimes_transition(&two, 11.0 * YEARS, p);
    cr_assert(regimes_rates(p, 2, 11.0 * YEARS, rate));
    cr_assert_float_eq(rate[0][1], two.per_year[0][1], 1e-10);
    cr_assert_float_eq(rate[1][0], two.per_year[1][0], 1e-10);
    double fast[REGIMES_MAX][REGIMES_MAX] = {{0.3, 0.7}, {0.6, 0.4}};
    cr_assert_not(regimes_rates(fast, 2, YEARS, rate));
}

/* The likelihood is the sum over all 3^n sequences, runs multiply. */
Test(fit, regime_likelihood_is_the_sum_over_all_sequences)
{
    enum { N = 9 };
    struct series s = simulate(&three, N, 4);
    double p[REGIMES_MAX][REGIMES_MAX], start[REGIMES_MAX], total = 0.0;
    double end[REGIMES_MAX] = {0.0}, last[REGIMES_MAX];

    s.starts_run[5] = true;
    regimes_transition(&three, YEARS, p);
    regimes_stationary(p, 3, start);
    for (int code = 0; code < 19683; code++) {
        double term = 1.0;
        int rest = code, before = 0, regime = 0;

        for (int t = 0; t < N; t++, rest /= 3) {
            regime = rest % 3;
            const double vol = three.volatility_annual[regime], sd = vol * sqrt(YEARS);
            const double mean = (three.drift_annual[regime] - 0.5 * vol * vol) * YEARS;
            const double z = (s.log_return[t] - mean) / sd;

            term *= t == 0 || t == 5 ? start[regime] : p[before][regime];
            term *= exp(-0.5 * z * z) / (sd * sqrt(2.0 * M_PI));
            before = regime;
        }
        total += term;
        end[regime] += term;
    }
    cr_assert_float_eq(regimes_log_likelihood(&s.returns, &three, last), log(total), 1e-10);
    for (int i = 0; i < 3; i++)
        cr_assert_float_eq(last[i], end[i] / total, 1e-12, "last regime %d", i);
    series_free(&s);
}

/* Every round of EM raises the likelihood, and its end is a maximum. */
Test(fit, regime_em_climbs)
{
    struct series s = simulate(&two, 1500, 8);
    struct regimes r = two;
    double before = -INFINITY;

    r.volatility_annual[0] = 0.6;
    r.volatility_annual[1] = 0.8;
    for (int round = 0; round < 60; round++) {
        regimes_em(&s.returns, &r, 1, 0.0);
        const double now = regimes_log_likelihood(&s.returns, &r, NULL);

        /* the long-run probabilities at the start of the run are not part of the round */
        cr_assert_geq(now, before - 0.02, "round %d: %.6f after %.6f", round, now, before);
        before = now;
    }
    cr_assert_gt(before, regimes_log_likelihood(&s.returns, &two, NULL));
    series_free(&s);
}

static void add_all(struct coverage *row, const struct maximum *m, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        coverage_add(&row[i], m->x[i], m->fixed[i] ? NAN : sqrt(m->covariance[i * n + i]));
}

/* 200 series of six years of days. */
Test(fit_slow, regime_intervals_cover_the_truth)
{
    struct coverage row[] = {
        {.name = "regime calm drift_annual", .truth = 0.45},
        {.name = "regime calm volatility_annual", .truth = 0.38, .log_scale = true},
        {.name = "regime wild drift_annual", .truth = -0.6},
        {.name = "regime wild volatility_annual", .truth = 1.05, .log_scale = true},
        {.name = "regime switches to wild per year", .truth = 7.3, .log_scale = true},
        {.name = "regime switches to calm per year", .truth = 18.2, .log_scale = true},
    };
    int n_converged = 0;

    if (getenv("TAILRACE_SLOW") == NULL)
        cr_skip_test("a study of minutes: set TAILRACE_SLOW=1");
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct series s = simulate(&two, 2190, 1000 + seed);
        struct regimes regimes;
        struct maximum m;

        fit_regime_search(&s.returns, 2, 1, &regimes, &m);
        n_converged += m.converged;
        add_all(row, &m, 6);
        series_free(&s);
    }
    cr_log_warn("regime: %d of 200 converged", n_converged);
    coverage_check(row, 6, 13);
    cr_assert_geq(n_converged, 190);
}
