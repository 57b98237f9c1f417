/* What every estimator of the table owes on series that are none of its own: a refusal in
 * one sentence, or parameters that the model takes. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "models/registry.h"
#include "sim/rng.h"
#include "sim/study/fit.h"

enum { N_LONG = 300 };

struct made {
    double log_return[N_LONG], end_s[N_LONG];
    bool starts_run[N_LONG];
    struct returns returns;
};

/* Normal returns with that standard deviation over steps of step_s. */
static void make(struct made *m, uint32_t n, double sd, double step_s)
{
    struct rng rng;
    lane_row normal;

    rng_start(&rng, 77, 0, "made");
    for (uint32_t i = 0; i < n; i++) {
        rng_normal(&rng, normal);
        m->log_return[i] = sd * normal[0];
        m->end_s[i] = 1.6e9 + step_s * (i + 1.0);
        m->starts_run[i] = i == 0;
    }
    m->returns = (struct returns){m->log_return, m->end_s, m->starts_run, n, step_s};
}

static void make_normal(struct made *m)
{
    make(m, N_LONG, 0.03, 86400.0);
}

static void make_minutes(struct made *m)
{
    make(m, N_LONG, 0.0004, 60.0);
}

static void make_wild(struct made *m)
{
    make(m, 300, 0.3, 86400.0);
}

/* A price that stands still two steps in three. */
static void make_zeros(struct made *m)
{
    make(m, N_LONG, 0.03, 86400.0);
    for (uint32_t i = 0; i < N_LONG; i++)
        m->log_return[i] *= i % 3 == 0;
}

static void make_outlier(struct made *m)
{
    make(m, N_LONG, 0.01, 86400.0);
    m->log_return[217] = -1.3;
}

static void make_trend(struct made *m)
{
    make(m, 200, 0.0001, 86400.0);
    for (uint32_t i = 0; i < 200; i++)
        m->log_return[i] += 0.02;
}

/* Two values only. */
static void make_coin(struct made *m)
{
    make(m, 300, 0.02, 86400.0);
    for (uint32_t i = 0; i < 300; i++)
        m->log_return[i] = copysign(0.02, m->log_return[i]);
}

/* A tick of the exchange: most returns are zero or one tick. */
static void make_ticks(struct made *m)
{
    make(m, N_LONG, 0.0004, 60.0);
    for (uint32_t i = 0; i < N_LONG; i++)
        m->log_return[i] = 0.0005 * floor(m->log_return[i] / 0.0005 + 0.5);
}

static void make_gaps(struct made *m)
{
    make(m, N_LONG, 0.03, 86400.0);
    for (uint32_t i = 0; i < N_LONG; i++)
        m->starts_run[i] = i % 3 == 0;
}

/* A feed that moved once. */
static void make_single(struct made *m)
{
    make(m, 150, 0.0, 86400.0);
    m->log_return[70] = 0.1;
}

static const struct {
    const char *name;
    void (*make)(struct made *m);
} rows[] = {
    {"normal", make_normal}, {"minutes", make_minutes}, {"wild", make_wild},
    {"zeros", make_zeros},   {"outlier", make_outlier}, {"trend", make_trend},
    {"coin", make_coin},     {"ticks", make_ticks},     {"gaps", make_gaps},
    {"single", make_single},
};

static bool prepares_at(const struct estimate *e, double step_s, struct arena *arena,
                        struct error *err)
{
    static const char *const name =
        "self"; /* as hawkes calls the asset that it is fitted to */
    static const double spot_usd = 100.0;
    const void *param = e->param;
    const struct price_setup setup = {
        step_s / FIT_YEAR_S, 10,        spot_usd, 0,    1, &name,
        &spot_usd,           &e->model, &param,   arena};

    return e->model->prepare(e->param, &setup, arena_get(arena, 1, e->model->coef_size),
                             err);
}

/* At the step of the data or, where many jumps fall into one, at a shorter one. */
static bool prepares(const struct estimate *e, double step_s, struct arena *arena,
                     struct error *err)
{
    return prepares_at(e, step_s, arena, err) || prepares_at(e, step_s / 60.0, arena, err);
}

static void check_fit(const char *row, const struct estimator *estimator,
                      const struct returns *r)
{
    struct arena arena = {NULL};
    struct estimate e;
    struct error err = {""};
    const clock_t start = clock();

    if (!estimator->fit(r, 5, &arena, &e, &err)) {
        cr_log_info("%s on %s: %s", estimator->model, row, err.text);
        cr_assert_gt(strlen(err.text), 20);
        arena_free(&arena);
        return;
    }
    cr_log_info("%s on %s: ln L %.6g, %.3f s%s; %s", estimator->model, row,
                e.log_likelihood, (double)(clock() - start) / CLOCKS_PER_SEC,
                e.converged ? "" : ", NOT CONVERGED", e.note != NULL ? e.note : "no note");
    cr_assert(isfinite(e.log_likelihood) && isfinite(e.aic) && isfinite(e.bic), "%s on %s",
              estimator->model, row);
    cr_assert(e.converged || e.note != NULL, "%s on %s", estimator->model, row);
    for (uint32_t i = 0; i < e.n_param; i++) {
        cr_log_info("    %-22s %.6g +- %.3g", e.p[i].key, e.p[i].value,
                    e.p[i].standard_error);
        cr_assert(isfinite(e.p[i].value), "%s on %s: %s", estimator->model, row,
                  e.p[i].key);
        cr_assert(isnan(e.p[i].standard_error) || e.p[i].standard_error > 0.0,
                  "%s on %s: %s", estimator->model, row, e.p[i].key);
        cr_assert(e.note != NULL || isfinite(e.p[i].standard_error),
                  "%s on %s: %s has no error and no note", estimator->model, row,
                  e.p[i].key);
    }
    cr_assert(prepares(&e, r->step_s, &arena, &err), "%s on %s: %s", estimator->model, row,
              err.text);
    if (estimator->filter != NULL)
        estimator->filter(r, &e);
    cr_assert(prepares(&e, r->step_s, &arena, &err), "%s on %s: %s", estimator->model, row,
              err.text);
    arena_free(&arena);
}

TestSuite(estimate_awkward, .timeout = 300);

Test(estimate_awkward, series_of_other_origin_give_parameters_that_the_model_takes)
{
    static struct made m;

    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++)
        for (const struct estimator *e = estimators; e->model != NULL; e++) {
            rows[row].make(&m);
            check_fit(rows[row].name, e, &m.returns);
        }
}

/* With two returns in three at the mean of no jump the likelihood grows for ever as the
 * diffusion's volatility falls; it stops at a twentieth of that of the returns. */
Test(estimate_awkward, jump_models_stop_at_the_floor_before_the_spike)
{
    static const char *const models[] = {"merton", "kou"};
    static struct made m;

    make_zeros(&m);
    for (int i = 0; i < 2; i++) {
        const struct estimator *estimator = estimators;
        struct arena arena = {NULL};
        struct estimate e;
        struct error err = {""};
        double mean, variance;

        while (strcmp(estimator->model, models[i]) != 0)
            estimator++;
        cr_assert(estimator->fit(&m.returns, 5, &arena, &e, &err), "%s", err.text);
        fit_moments(&m.returns, &mean, &variance);
        cr_assert_str_eq(e.p[1].key, "volatility_annual");
        cr_assert_float_eq(e.p[1].value, 0.05 * sqrt(variance * 365.0), 1e-9, "%s: %g",
                           models[i], e.p[1].value);
        cr_assert(isnan(e.p[1].standard_error));
        cr_assert_not_null(strstr(e.note, "volatility_annual"), "%s", e.note);
        arena_free(&arena);
    }
}

Test(estimate_awkward, equal_seeds_give_equal_estimates)
{
    static struct made m;

    make_outlier(&m);
    for (const struct estimator *estimator = estimators; estimator->model != NULL;
         estimator++) {
        struct arena arena = {NULL};
        struct estimate e, again;
        struct error err = {""};

        cr_assert(estimator->fit(&m.returns, 5, &arena, &e, &err), "%s", err.text);
        cr_assert(estimator->fit(&m.returns, 5, &arena, &again, &err));
        cr_assert_eq(e.log_likelihood, again.log_likelihood, "%s", estimator->model);
        for (uint32_t i = 0; i < e.n_param; i++)
            cr_assert_eq(e.p[i].value, again.p[i].value, "%s: %s", estimator->model,
                         e.p[i].key);
        cr_assert(memcmp(e.covariance, again.covariance, sizeof e.covariance) == 0, "%s",
                  estimator->model);
        arena_free(&arena);
    }
}

Test(estimate_awkward, series_that_tell_nothing_are_refused_in_a_sentence)
{
    static struct made m;

    for (const struct estimator *e = estimators; e->model != NULL; e++) {
        struct arena arena = {NULL};
        struct estimate estimate;
        struct error err = {""};

        make_normal(&m);
        m.returns.n = 5;
        cr_assert(!e->fit(&m.returns, 5, &arena, &estimate, &err), "%s", e->model);
        cr_assert_not_null(strstr(err.text, "5 returns are too few"), "%s", err.text);
        make_normal(&m);
        m.log_return[7] = NAN;
        cr_assert(!e->fit(&m.returns, 5, &arena, &estimate, &err), "%s", e->model);
        cr_assert_not_null(strstr(err.text, "return 8 is nan"), "%s", err.text);
        m.log_return[7] = INFINITY;
        cr_assert(!e->fit(&m.returns, 5, &arena, &estimate, &err), "%s", e->model);
        for (uint32_t i = 0; i < m.returns.n; i++)
            m.log_return[i] = 0.01;
        cr_assert(!e->fit(&m.returns, 5, &arena, &estimate, &err), "%s", e->model);
        cr_assert_not_null(strstr(err.text, "are 0.01"), "%s", err.text);
        make_normal(&m);
        m.returns.step_s = 0.0;
        cr_assert(!e->fit(&m.returns, 5, &arena, &estimate, &err), "%s", e->model);
        cr_assert_not_null(strstr(err.text, "cannot be annualised"), "%s", err.text);
        arena_free(&arena);
    }
}
