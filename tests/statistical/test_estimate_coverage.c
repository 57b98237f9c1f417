/* Do the 95 % intervals of the estimators hold the truth 95 times in 100? Slow: run with
 * TAILRACE_SLOW=1. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/model_series.h"

enum { N_REPEAT = 1000, N_KOU = 200 };
enum { N_PARAMETER = 24 }; /* of all studies together */
static const double DAY_S = 86400.0;

struct count {
    const char *key;
    double truth, sum, square, spread; /* of the estimates; of the standard errors */
    uint32_t n, n_inside, n_below, n_above;
};

static void count_estimate(const struct estimate *e, const struct model_series *s,
                           struct count *counts, struct arena *kept)
{
    for (uint32_t i = 0; i < e->n_param; i++) {
        struct count *c = &counts[i];
        const double truth = model_series_value(s, e->p[i].key);
        double low, high;

        if (isnan(truth))
            continue; /* degrees of freedom found in normal residuals */
        if (c->key == NULL)
            c->key = arena_text(kept, e->p[i].key);
        c->truth = truth;
        estimate_interval(e, i, 0.95, &low, &high);
        c->n++;
        c->n_inside += low <= c->truth && c->truth <= high;
        c->n_below += high < c->truth;
        c->n_above += low > c->truth;
        c->sum += e->p[i].value;
        c->square += e->p[i].value * e->p[i].value;
        c->spread += e->p[i].standard_error;
    }
}

/* Under-coverage is rejected at 1 % over all parameters of all studies: the chance of so
 * few hits or fewer, if each comes with probability 0.95, must not be below 1 % /
 * N_PARAMETER. */
static void check_counts(const struct model_series *s, const struct count *counts,
                         uint32_t n_repeat)
{
    bool good = true;

    cr_log_info("%s, %u returns, %u series", s->model, s->n, n_repeat);
    cr_log_info("  %-20s %9s %9s %9s %9s %6s %5s %5s %9s", "parameter", "truth", "mean",
                "sd", "mean se", "inside", "below", "above", "p");
    for (const struct count *c = counts; c->key != NULL; c++) {
        const double mean = c->sum / c->n, p = gsl_cdf_binomial_P(c->n_inside, 0.95, c->n);

        cr_log_info("  %-20s %9.4g %9.4g %9.3g %9.3g %6.1f %5u %5u %9.2g", c->key, c->truth,
                    mean, sqrt(c->square / c->n - mean * mean), c->spread / c->n,
                    100.0 * c->n_inside / c->n, c->n_below, c->n_above, p);
        good = good && c->n == n_repeat && p >= 0.01 / N_PARAMETER;
    }
    cr_assert(good, "%s: an interval covers less than it says", s->model);
}

static void study(struct model_series *s, uint32_t n_repeat)
{
    const struct estimator *estimator = estimators;
    struct count counts[ESTIMATE_MAX_PARAM + 1] = {{.key = NULL}};
    struct arena kept = {NULL};
    struct error err;
    uint32_t n_bad = 0;
    const clock_t start = clock();

    if (getenv("TAILRACE_SLOW") == NULL)
        cr_skip_test("a study of %u fits: set TAILRACE_SLOW=1", n_repeat);
    while (strcmp(estimator->model, s->model) != 0)
        estimator++;
    for (uint32_t done = 0; done < n_repeat; done += LANES) {
        s->first_path = done;
        cr_assert(model_series_run(s), "no %s", s->model);
        for (uint32_t k = 0; k < LANES && done + k < n_repeat; k++) {
            struct estimate e;
            cr_assert(estimator->fit(&s->series[k], 11, &s->arena, &e, &err), "%s",
                      err.text);
            if (!e.converged || e.note != NULL)
                cr_log_info("series %u: %s", done + k, e.note);
            n_bad += !e.converged;
            count_estimate(&e, s, counts, &kept);
        }
        model_series_close(s);
    }
    cr_log_info("%u of %u did not converge; %.0f s", n_bad, n_repeat,
                (double)(clock() - start) / CLOCKS_PER_SEC);
    check_counts(s, counts, n_repeat);
    arena_free(&kept);
}

Test(coverage, gbm, .timeout = 3600)
{
    struct model_series s = {
        .model = "gbm",
        .set = {{"drift_annual", 0.43, NULL}, {"volatility_annual", 0.77, NULL}},
        .n = 2000,
        .step_s = DAY_S,
        .seed = 31};

    study(&s, N_REPEAT);
}

Test(coverage, merton, .timeout = 3600)
{
    struct model_series s = {.model = "merton",
                             .set = {{"drift_annual", 0.21, NULL},
                                     {"volatility_annual", 0.5, NULL},
                                     {"jumps_per_year", 40.0, NULL},
                                     {"jump_log_mean", -0.02, NULL},
                                     {"jump_log_sd", 0.07, NULL}},
                             .n = 3000,
                             .step_s = DAY_S,
                             .seed = 32};

    study(&s, N_REPEAT);
}

Test(coverage, kou, .timeout = 3600)
{
    struct model_series s = {.model = "kou",
                             .set = {{"drift_annual", 0.21, NULL},
                                     {"volatility_annual", 0.5, NULL},
                                     {"jumps_per_year", 60.0, NULL},
                                     {"up_probability", 0.4, NULL},
                                     {"up_jump_mean", 0.05, NULL},
                                     {"down_jump_mean", 0.07, NULL}},
                             .n = 3000,
                             .step_s = DAY_S,
                             .seed = 34};

    study(&s, N_KOU);
}

static struct model_series garch_series(const char *residuals, uint64_t seed)
{
    const bool student = residuals[0] == 's';

    return (struct model_series){
        .model = "garch",
        .set = {{"drift_annual", 0.3, NULL},
                {"volatility_annual", 0.7, NULL},
                {"alpha", 0.07, NULL},
                {"gamma", 0.06, NULL},
                {"beta", 0.85, NULL},
                {"residuals", 0.0, residuals},
                {student ? "degrees_of_freedom" : NULL, 5.0, NULL}},
        .n = 4000,
        .step_s = DAY_S,
        .seed = seed};
}

Test(coverage, garch_with_student_t_residuals, .timeout = 3600)
{
    struct model_series s = garch_series("student_t", 33);

    study(&s, N_REPEAT);
}

Test(coverage, garch_with_normal_residuals, .timeout = 3600)
{
    struct model_series s = garch_series("normal", 35);

    study(&s, N_REPEAT);
}
