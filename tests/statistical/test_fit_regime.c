/* Regime estimation on series that the test simulates itself, and against sums over all
 * sequences of regimes. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/registry.h"
#include "sim/study/fit_regime.h"
#include "tests/coverage.h"
#include "tests/draws.h"
#include "tests/model_series.h"

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
Test(estimate, regime_transition_is_the_exponential_of_the_rates)
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

Test(estimate, regime_rates_are_the_logarithm_of_the_transition_matrix)
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
Test(estimate, regime_likelihood_is_the_sum_over_all_sequences)
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

/* One round of EM is what the probabilities of all 2^n sequences give: the new transition
 * matrix, means and variances are averages over them. */
Test(estimate, regime_em_averages_over_all_sequences)
{
    enum { N = 14 };
    struct series s = simulate(&two, N, 21);
    double p[REGIMES_MAX][REGIMES_MAX], start[REGIMES_MAX], move[2][2] = {{0.0}};
    double weight[2] = {0.0}, x[2] = {0.0}, xx[2] = {0.0};
    struct regimes r = two;

    r.per_year[0][1] = 90.0;
    r.per_year[1][0] = 40.0;
    regimes_transition(&r, YEARS, p);
    regimes_stationary(p, 2, start);
    for (int code = 0; code < 1 << N; code++) {
        double term = 1.0;

        for (int t = 0; t < N; t++) {
            const int regime = code >> t & 1;
            const double vol = r.volatility_annual[regime], sd = vol * sqrt(YEARS);
            const double z =
                (s.log_return[t] - (r.drift_annual[regime] - 0.5 * vol * vol) * YEARS) / sd;

            term *= (t == 0 ? start[regime] : p[code >> (t - 1) & 1][regime]) *
                    exp(-0.5 * z * z) / sd;
        }
        for (int t = 0; t < N; t++) {
            weight[code >> t & 1] += term;
            x[code >> t & 1] += term * s.log_return[t];
            xx[code >> t & 1] += term * s.log_return[t] * s.log_return[t];
            if (t > 0)
                move[code >> (t - 1) & 1][code >> t & 1] += term;
        }
    }
    regimes_em(&s.returns, &r, 1, 0.0);
    regimes_transition(&r, YEARS, p);
    for (int i = 0; i < 2; i++) {
        const double mean = x[i] / weight[i], sd = sqrt(xx[i] / weight[i] - mean * mean);
        const double vol = r.volatility_annual[i];

        cr_assert_float_eq(p[i][0], move[i][0] / (move[i][0] + move[i][1]), 1e-5);
        cr_assert_float_eq(vol * sqrt(YEARS), sd, 1e-10);
        cr_assert_float_eq((r.drift_annual[i] - 0.5 * vol * vol) * YEARS, mean, 1e-10);
    }
    series_free(&s);
}

/* Every round of EM raises the likelihood, and its end is a maximum. */
Test(estimate, regime_em_climbs)
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

/* The parameters of the price model for these regimes, of the arena. */
static const void *regime_param(const struct regimes *r, struct arena *arena)
{
    const struct price_model *regime = registry_price_find("regime");
    const struct price_model *gbm = registry_price_find("gbm");
    void *param = arena_get(arena, 1, regime->about.param_size);
    const void **one = arena_get(arena, r->n, sizeof(*one));
    double *rate = arena_get(arena, r->n * r->n, sizeof(*rate));

    for (uint32_t i = 0; i < r->n; i++) {
        void *base = arena_get(arena, 1, gbm->about.param_size);

        fit_set(gbm, base, "drift_annual", r->drift_annual[i]);
        fit_set(gbm, base, "volatility_annual", r->volatility_annual[i]);
        one[i] = base;
        for (uint32_t j = 0; j < r->n; j++)
            rate[i * r->n + j] = r->per_year[i][j];
    }
    *(struct model_list *)(void *)((char *)param + fit_field(regime, "regimes")->offset) =
        (struct model_list){.n = r->n, .model = gbm, .param = one};
    *(struct number_list *)(void *)((char *)param +
                                    fit_field(regime, "switches_per_year")->offset) =
        (struct number_list){.n = r->n * r->n, .value = rate};
    return param;
}

/* The i-th free parameter. */
static double truth_of(const struct regimes *r, uint32_t i)
{
    if (i < 2 * r->n)
        return i % 2 == 0 ? r->drift_annual[i / 2] : r->volatility_annual[i / 2];
    const uint32_t row = (i - 2 * r->n) / (r->n - 1), column = (i - 2 * r->n) % (r->n - 1);

    return r->per_year[row][column < row ? column : column + 1];
}

/* What is estimated from the price model's own paths is what it was given, within 4
 * standard errors, and can be run. */
Test(estimate, regime_recovers_the_price_model)
{
    static const struct regimes *const cases[] = {&two, &three};

    for (int c = 0; c < 2; c++) {
        const struct regimes *r = cases[c];
        struct arena arena = {NULL};
        struct model_series s = {.model = "regime",
                                 .param = regime_param(r, &arena),
                                 .n = c == 0 ? 2000 : 3000,
                                 .step_s = 86400.0,
                                 .seed = 3};
        struct estimate e;
        struct error err;

        cr_assert(model_series_run(&s));
        cr_assert(fit_regime_count(&s.series[0], r->n, 1, &arena, &e, &err), "%s",
                  err.text);
        cr_assert(e.converged, "%u regimes: %s", r->n, e.note);
        for (uint32_t i = 0; i < e.n_param; i++) {
            const double value = truth_of(r, i);

            cr_log_info("%-32s %.4g +- %.2g", e.p[i].key, e.p[i].value,
                        e.p[i].standard_error);
            cr_assert_float_eq(e.p[i].value, value, 4.0 * e.p[i].standard_error,
                               "%s, not %g", e.p[i].key, value);
        }
        struct model_series again = {
            .model = "regime", .param = e.param, .n = 2, .step_s = 86400.0, .seed = 3};
        cr_assert(model_series_run(&again)); /* the model takes what was estimated */
        model_series_close(&again);
        model_series_close(&s);
        arena_free(&arena);
    }
}

/* Two regimes on returns that have one: a note says that they gain nothing. */
Test(estimate, regime_says_that_one_regime_is_enough)
{
    struct model_series s = {
        .model = "gbm",
        .set = {{"drift_annual", 0.2, NULL}, {"volatility_annual", 0.6, NULL}},
        .n = 1000,
        .step_s = 86400.0,
        .seed = 5};
    struct estimate e;
    struct error err;

    cr_assert(model_series_run(&s));
    cr_assert(fit_regime_count(&s.series[1], 2, 1, &s.arena, &e, &err), "%s", err.text);
    cr_assert_not_null(e.note);
    cr_log_info("%s", e.note);
    cr_assert_not_null(strstr(e.note, "in log-likelihood over one"), "%s", e.note);
    model_series_close(&s);
}

/* The start probabilities are those of half a step after the last return. */
Test(estimate, regime_filter_moves_the_start)
{
    struct series s = simulate(&two, 1500, 8), wild = simulate(&two, 30, 8);
    struct arena arena = {NULL};
    struct estimate e;
    struct error err;
    double last[REGIMES_MAX], p[REGIMES_MAX][REGIMES_MAX];
    struct regimes found;
    struct maximum m;

    cr_assert(fit_regime_count(&s.returns, 2, 1, &arena, &e, &err), "%s", err.text);
    fit_regime_search(&s.returns, 2, 1, &found, &m);
    for (int t = 0; t < 30; t++)
        wild.log_return[t] *= 4.0;
    fit_regime_filter(&wild.returns, &e);
    regimes_log_likelihood(&wild.returns, &found, last);
    regimes_transition(&found, 0.5 * YEARS, p);
    const struct number_list *start =
        (const void *)((const char *)e.param + fit_field(e.model, "start")->offset);

    cr_assert_eq(start->n, 2);
    cr_assert_float_eq(start->value[0] + start->value[1], 1.0, 1e-12);
    cr_assert_float_eq(start->value[1], last[0] * p[0][1] + last[1] * p[1][1], 1e-9);
    cr_assert_gt(start->value[1], 0.9);
    arena_free(&arena);
    series_free(&s);
    series_free(&wild);
}

/* 200 series of six years of days, from the price model's own paths. */
Test(coverage, regime, .timeout = 3600)
{
    struct coverage row[] = {
        {.key = "regimes[0].drift_annual", .truth = 0.45},
        {.key = "regimes[0].volatility_annual", .truth = 0.38},
        {.key = "regimes[1].drift_annual", .truth = -0.6},
        {.key = "regimes[1].volatility_annual", .truth = 1.05},
        {.key = "switches_per_year[1]", .truth = 7.3},
        {.key = "switches_per_year[2]", .truth = 18.2},
    };
    enum { N_SERIES = 200, N_ROW = sizeof(row) / sizeof(row[0]) };
    struct arena arena = {NULL};
    struct model_series s = {.model = "regime",
                             .param = regime_param(&two, &arena),
                             .n = 2190,
                             .step_s = 86400.0,
                             .seed = 61};
    int n_converged = 0;

    if (getenv("TAILRACE_SLOW") == NULL)
        cr_skip_test("a study of %d fits: set TAILRACE_SLOW=1", N_SERIES);
    for (int done = 0; done < N_SERIES; done++) {
        struct estimate e;
        struct error err;

        s.first_path = (uint64_t)done / LANES * LANES;
        if (done % LANES == 0)
            cr_assert(model_series_run(&s));
        cr_assert(fit_regime(&s.series[done % LANES], 1, &s.arena, &e, &err), "%s",
                  err.text);
        n_converged += e.converged;
        coverage_add(row, N_ROW, &e);
        if (done % LANES == LANES - 1 || done == N_SERIES - 1)
            model_series_close(&s);
    }
    cr_log_info("%d of %d converged", n_converged, N_SERIES);
    coverage_check("regime", row, N_ROW, N_ROW + 7);
    arena_free(&arena);
}
