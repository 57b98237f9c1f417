/* Estimation of self-exciting jumps on series that the test simulates itself, and the
 * filtered likelihood against the sum over all numbers of jumps. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/registry.h"
#include "sim/study/fit_hawkes.h"
#include "sim/study/fit_regime.h"
#include "tests/coverage.h"
#include "tests/draws.h"
#include "tests/model_series.h"

static const double YEARS = 1.0 / 365.0;

static const struct hawkes truth = {
    .drift_annual = 0.4,
    .volatility_annual = 0.45,
    .jumps_per_year = 14.0,
    .excitation = 0.55,
    .decay_per_year = 60.0,
    .jump_log_mean = -0.031,
    .jump_log_sd = 0.083,
};

struct series {
    struct returns returns;
    double *log_return, *end_s;
    bool *starts_run;
};

/* One run of daily returns, after `settle` steps that are thrown away. */
static struct series simulate(const struct hawkes *p, uint32_t n, uint64_t seed)
{
    enum { SETTLE = 500 };
    struct series s = {.log_return = calloc(n, sizeof(double)),
                       .end_s = calloc(n, sizeof(double)),
                       .starts_run = calloc(n, sizeof(bool))};
    const double h = YEARS, decay = 1.0 - p->decay_per_year * h;
    const double kick = p->excitation * p->decay_per_year;
    const double kbar = expm1(p->jump_log_mean + 0.5 * p->jump_log_sd * p->jump_log_sd);
    double intensity = p->jumps_per_year / (1.0 - p->excitation);
    struct draws draws;

    draws_start(&draws, seed, "hawkes");
    for (int t = -SETTLE; t < (int)n; t++) {
        const uint32_t jumps = draws_poisson(&draws, intensity * h);
        const double vol = p->volatility_annual;
        const double x = (p->drift_annual - 0.5 * vol * vol - intensity * kbar) * h +
                         vol * sqrt(h) * draws_normal(&draws) + jumps * p->jump_log_mean +
                         sqrt(jumps) * p->jump_log_sd * draws_normal(&draws);

        intensity =
            p->jumps_per_year + decay * (intensity - p->jumps_per_year) + kick * jumps;
        if (t >= 0) {
            s.log_return[t] = x;
            s.end_s[t] = 86400.0 * (t + 1);
            s.starts_run[t] = t == 0;
        }
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

/* ln of the sum over all sequences of 0 .. 3 jumps in each of n steps. */
static double exact_log_likelihood(const struct series *s, const struct hawkes *p, int n,
                                   double *end)
{
    enum { MOST = 4 };
    const double h = YEARS, decay = 1.0 - p->decay_per_year * h;
    const double kick = p->excitation * p->decay_per_year;
    const double sd2 = p->jump_log_sd * p->jump_log_sd, vol = p->volatility_annual;
    const double kbar = expm1(p->jump_log_mean + 0.5 * sd2);
    double total = 0.0, weighted = 0.0;

    for (int code = 0; code < (int)pow(MOST, n); code++) {
        double intensity = p->start_jumps_per_year, term = 1.0;
        int rest = code;

        for (int t = 0; t < n; t++, rest /= MOST) {
            const int jumps = rest % MOST;
            const double mean = (p->drift_annual - 0.5 * vol * vol - intensity * kbar) * h +
                                jumps * p->jump_log_mean;
            const double variance = vol * vol * h + jumps * sd2,
                         z = s->log_return[t] - mean;

            term *= exp(-intensity * h) * pow(intensity * h, jumps) / tgamma(jumps + 1.0);
            term *= exp(-0.5 * z * z / variance) / sqrt(2.0 * M_PI * variance);
            intensity =
                p->jumps_per_year + decay * (intensity - p->jumps_per_year) + kick * jumps;
        }
        total += term;
        weighted += term * intensity;
    }
    *end = weighted / total;
    return log(total);
}

/* Over seven steps at strong excitation the filter's log-likelihood stays within 0.06 of
 * the exact one, at 0.005 on the mean, and the intensity after them within an eighth. */
Test(estimate, hawkes_filter_is_near_the_sum_over_all_jumps)
{
    enum { N = 7, N_SERIES = 25 };
    struct hawkes p = truth;
    double worst = 0.0, sum = 0.0, worst_end = 0.0;

    p.start_jumps_per_year = 55.0;
    p.excitation = 0.8;
    for (uint64_t seed = 1; seed <= N_SERIES; seed++) {
        struct series s = simulate(&truth, N, seed);
        double exact_end, end;

        if (seed % 2 == 0) /* a burst in the middle, at the limit of being a jump */
            s.log_return[2] -= 0.07;
        const double exact = exact_log_likelihood(&s, &p, N, &exact_end);
        const double error = hawkes_log_likelihood(&s.returns, &p, &end) - exact;

        worst = fmax(worst, fabs(error));
        worst_end = fmax(worst_end, fabs(end / exact_end - 1.0));
        sum += error;
        series_free(&s);
    }
    cr_log_info("largest error %.2g, mean %.2g, of the intensity %.2g", worst,
                sum / N_SERIES, worst_end);
    cr_assert_leq(worst, 0.06);
    cr_assert_leq(fabs(sum / N_SERIES), 0.005);
    cr_assert_leq(worst_end, 0.125);
}

/* Without excitation the filter is exact: the density of Merton's jump diffusion. */
Test(estimate, hawkes_without_excitation_is_merton)
{
    struct hawkes p = truth;
    struct series s = simulate(&truth, 300, 3);
    double expected = 0.0;

    p.excitation = 0.0;
    for (uint32_t t = 0; t < 300; t++) {
        const double sd2 = p.jump_log_sd * p.jump_log_sd, rate = p.jumps_per_year * YEARS;
        double density = 0.0, weight = exp(-rate);

        for (int j = 0; j < 12; weight *= rate / ++j) {
            const double variance =
                p.volatility_annual * p.volatility_annual * YEARS + j * sd2;
            const double z =
                s.log_return[t] - j * p.jump_log_mean +
                rate * expm1(p.jump_log_mean + 0.5 * sd2) -
                (p.drift_annual - 0.5 * p.volatility_annual * p.volatility_annual) * YEARS;

            density += weight * exp(-0.5 * z * z / variance) / sqrt(2.0 * M_PI * variance);
        }
        expected += log(density);
    }
    cr_assert_float_eq(hawkes_log_likelihood(&s.returns, &p, NULL), expected, 1e-6);
    series_free(&s);
}

/* Mean and variance of the intensity over a long simulation. */
Test(estimate, hawkes_long_run_is_what_simulation_settles_to)
{
    const double h = YEARS, decay = 1.0 - truth.decay_per_year * h;
    const double kick = truth.excitation * truth.decay_per_year;
    enum { N = 400000 };
    double intensity = 14.0, sum = 0.0, square = 0.0, mean, variance;
    struct draws draws;

    draws_start(&draws, 2, "hawkes");
    for (int t = 0; t < N; t++) {
        sum += intensity / N;
        square += intensity * intensity / N;
        intensity =
            14.0 + decay * (intensity - 14.0) + kick * draws_poisson(&draws, intensity * h);
    }
    hawkes_long_run(&truth, h, &mean, &variance);
    cr_assert_float_eq(sum, mean, 0.02 * mean, "mean %g, expected %g", sum, mean);
    cr_assert_float_eq(square - sum * sum, variance, 0.05 * variance);
}

/* The price model with the true parameters. */
static struct model_series model_series_of(const struct hawkes *p, uint32_t n,
                                           uint64_t seed, struct arena *arena)
{
    const struct price_model *model = registry_price_find("hawkes");
    void *param = arena_get(arena, 1, model->about.param_size);
    static const char *const name = "BTC";
    static double excitation;

    excitation = p->excitation;
    fit_set(model, param, "drift_annual", p->drift_annual);
    fit_set(model, param, "volatility_annual", p->volatility_annual);
    fit_set(model, param, "jumps_per_year", p->jumps_per_year);
    fit_set(model, param, "decay_per_year", p->decay_per_year);
    fit_set(model, param, "jump_log_mean", p->jump_log_mean);
    fit_set(model, param, "jump_log_sd", p->jump_log_sd);
    *(struct loadings *)(void *)((char *)param + fit_field(model, "excitation")->offset) =
        (struct loadings){.n = 1, .name = &name, .value = &excitation};
    return (struct model_series){
        .model = "hawkes", .param = param, .n = n, .step_s = 86400.0, .seed = seed};
}

static void start_rows(const struct hawkes *p, struct coverage row[HAWKES_N])
{
    const struct coverage rows[HAWKES_N] = {
        {.key = "drift_annual", .truth = p->drift_annual},
        {.key = "volatility_annual", .truth = p->volatility_annual},
        {.key = "jumps_per_year", .truth = p->jumps_per_year},
        {.key = "excitation.self", .truth = p->excitation},
        {.key = "decay_per_year", .truth = p->decay_per_year},
        {.key = "jump_log_mean", .truth = p->jump_log_mean},
        {.key = "jump_log_sd", .truth = p->jump_log_sd},
    };

    memcpy(row, rows, sizeof(rows));
}

/* The start of the model is the expected intensity after the series. */
static void check_filter(struct estimate *e)
{
    struct series burst = simulate(&truth, 10, 6);
    const double before = fit_get(e->model, e->param, "start_jumps_per_year");

    burst.log_return[8] = -0.19;
    burst.log_return[9] = 0.16;
    fit_hawkes_filter(&burst.returns, e);
    const double after = fit_get(e->model, e->param, "start_jumps_per_year");
    const double kick = fit_get(e->model, e->param, "decay_per_year") * e->p[3].value;

    cr_assert_gt(before, 0.0);
    cr_assert_geq(after, 1.5 * kick, "%g, two jumps kick by %g each", after, kick);
    series_free(&burst);
}

/* What is estimated from the price model's own path is what it was given, within 4 standard
 * errors. */
Test(estimate, hawkes_recovers_the_price_model)
{
    struct arena arena = {NULL};
    struct model_series s = model_series_of(&truth, 1300, 9, &arena);
    struct coverage row[HAWKES_N];
    struct estimate e;
    struct error err;

    cr_assert(model_series_run(&s));
    cr_assert(fit_hawkes(&s.series[0], 1, &s.arena, &e, &err), "%s", err.text);
    cr_assert(e.converged, "%s", e.note);
    start_rows(&truth, row);
    for (int i = 0; i < HAWKES_N; i++) {
        cr_log_info("%-20s %.4g +- %.2g", e.p[i].key, e.p[i].value, e.p[i].standard_error);
        cr_assert_str_eq(e.p[i].key, row[i].key);
        cr_assert_float_eq(e.p[i].value, row[i].truth, 4.0 * e.p[i].standard_error, "%s",
                           row[i].key);
    }
    check_filter(&e);
    const struct loadings *self =
        (const void *)((const char *)e.param + fit_field(e.model, "excitation")->offset);
    struct model_series again = {
        .model = "hawkes", .param = e.param, .n = 2, .step_s = 86400.0, .seed = 3};

    cr_assert_str_eq(self->name[0], FIT_SELF);
    ((const char **)self->name)[0] = "BTC"; /* the name of the simulated asset */
    cr_assert(model_series_run(&again));    /* the model takes what was estimated */
    model_series_close(&again);
    model_series_close(&s);
    arena_free(&arena);
}

/* A feed that stands still for two of three steps is fitted, not divided by. */
Test(estimate, hawkes_and_regimes_take_a_stuck_feed)
{
    struct arena arena = {NULL};
    struct series s = simulate(&truth, 300, 5);
    struct estimate e;
    struct error err;

    for (int t = 0; t < 300; t++)
        if (t % 3 != 0)
            s.log_return[t] = 0.0;
    cr_assert(fit_hawkes(&s.returns, 1, &arena, &e, &err), "%s", err.text);
    cr_log_info("hawkes: %g %s", e.log_likelihood, e.note != NULL ? e.note : "");
    cr_assert(isfinite(e.log_likelihood));
    cr_assert(fit_regime(&s.returns, 1, &arena, &e, &err), "%s", err.text);
    cr_log_info("regime: %g %s", e.log_likelihood, e.note != NULL ? e.note : "");
    cr_assert(isfinite(e.log_likelihood));
    arena_free(&arena);
    series_free(&s);
}

/* 200 series of ten years of days, from the price model's own paths. */
Test(coverage, hawkes, .timeout = 3600)
{
    enum { N_SERIES = 200 };
    struct arena arena = {NULL};
    struct model_series s = model_series_of(&truth, 3650, 71, &arena);
    struct coverage row[HAWKES_N];
    int n_converged = 0;

    if (getenv("TAILRACE_SLOW") == NULL)
        cr_skip_test("a study of %d fits: set TAILRACE_SLOW=1", N_SERIES);
    start_rows(&truth, row);
    for (int done = 0; done < N_SERIES; done++) {
        struct estimate e;
        struct error err;

        s.first_path = (uint64_t)done / LANES * LANES;
        if (done % LANES == 0)
            cr_assert(model_series_run(&s));
        cr_assert(fit_hawkes(&s.series[done % LANES], 1, &s.arena, &e, &err), "%s",
                  err.text);
        n_converged += e.converged;
        coverage_add(row, HAWKES_N, &e);
        if (done % LANES == LANES - 1 || done == N_SERIES - 1)
            model_series_close(&s);
    }
    cr_log_info("%d of %d converged", n_converged, N_SERIES);
    coverage_check("hawkes", row, HAWKES_N, HAWKES_N + 6);
    arena_free(&arena);
}
