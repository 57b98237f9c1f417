/* The estimators against the models that they fit, and against other ways to compute the same
 * likelihood. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "models/registry.h"
#include "sim/study/fit.h"
#include "sim/study/kou_density.h"
#include "tests/model_series.h"

static const double DAY_S = 86400.0, DAY = 1.0 / 365.0;

static const struct estimator *estimator_find(const char *model)
{
    const struct estimator *e = estimators;

    while (e->model != NULL && strcmp(e->model, model) != 0)
        e++;
    cr_assert_not_null(e->model, "%s", model);
    return e;
}

static struct estimate fit_series(const char *model, const struct returns *r,
                                  struct arena *arena)
{
    struct estimate e;
    struct error err;
    const clock_t start = clock();

    cr_assert(estimator_find(model)->fit(r, 11, arena, &e, &err), "%s", err.text);
    cr_log_info("%s: %u returns in %.3f s, converged %d, note: %s", model, r->n,
                (double)(clock() - start) / CLOCKS_PER_SEC, e.converged,
                e.note != NULL ? e.note : "none");
    for (uint32_t i = 0; i < e.n_param; i++)
        cr_log_info("  %-20s %.6g +- %.3g", e.p[i].key, e.p[i].value,
                    e.p[i].standard_error);
    return e;
}

static double value_of(const struct estimate *e, const char *key)
{
    for (uint32_t i = 0; i < e->n_param; i++)
        if (strcmp(e->p[i].key, key) == 0)
            return e->p[i].value;
    cr_assert_fail("no %s", key);
    return NAN;
}

/* Every parameter within its standard error times the two-sided 5 % point of Bonferroni;
 * `n_fact` facts in all. */
static void check_recovery(const struct estimate *e, const struct model_series *s,
                           int n_fact)
{
    const double limit = gsl_cdf_ugaussian_Qinv(0.025 / n_fact);

    cr_assert(e->converged, "%s: %s", s->model, e->note);
    for (uint32_t i = 0; i < e->n_param; i++) {
        const double truth = model_series_value(s, e->p[i].key);
        const double away = (e->p[i].value - truth) / e->p[i].standard_error;

        cr_assert(fabs(away) < limit, "%s.%s: %g +- %g, truth %g, %.2f standard errors",
                  s->model, e->p[i].key, e->p[i].value, e->p[i].standard_error, truth,
                  away);
        cr_assert_float_eq(e->covariance[i * e->n_param + i],
                           pow(e->p[i].standard_error, 2.0), 1e-12);
    }
    cr_assert_float_eq(e->aic, 2.0 * e->n_param - 2.0 * e->log_likelihood, 1e-9);
    cr_assert_float_eq(e->bic, e->n_param * log(s->n) - 2.0 * e->log_likelihood, 1e-9);
}

/* The estimate's parameters, put into the model, are the reported ones. */
static void check_param(const struct estimate *e)
{
    for (uint32_t i = 0; i < e->n_param; i++)
        cr_assert_eq(fit_get(e->model, e->param, e->p[i].key), e->p[i].value, "%s",
                     e->p[i].key);
}

Test(estimate, gbm_is_recovered_with_the_standard_errors_of_theory)
{
    struct model_series s = {
        .model = "gbm",
        .set = {{"drift_annual", 0.43, NULL}, {"volatility_annual", 0.77, NULL}},
        .n = 3000,
        .step_s = DAY_S,
        .seed = 21};

    cr_assert(model_series_run(&s));
    const struct estimate e = fit_series("gbm", &s.series[0], &s.arena);
    check_recovery(&e, &s, 2);
    check_param(&e);
    const double v = e.p[1].value, years = 3000 * DAY;
    cr_assert_float_eq(e.p[1].standard_error, v / sqrt(6000.0), 1e-12);
    cr_assert_float_eq(e.p[0].standard_error, sqrt(v * v / years + pow(v, 4.0) / 6000.0),
                       1e-12);
    double sum = 0.0;
    for (uint32_t i = 0; i < s.n; i++)
        sum += log(gsl_ran_gaussian_pdf(
            s.series[0].log_return[i] - (e.p[0].value - 0.5 * v * v) * DAY, v * sqrt(DAY)));
    cr_assert_float_eq(e.log_likelihood, sum, 1e-7, "%.10g, %.10g", e.log_likelihood, sum);
    model_series_close(&s);
}

static double merton_sum(const struct estimate *e, const struct returns *r)
{
    const double volatility = value_of(e, "volatility_annual"),
                 rate = value_of(e, "jumps_per_year"), m = value_of(e, "jump_log_mean"),
                 sd = value_of(e, "jump_log_sd");
    const double h = r->step_s / (365.0 * 86400.0);
    const double drift = value_of(e, "drift_annual") - 0.5 * volatility * volatility -
                         rate * (exp(m + 0.5 * sd * sd) - 1.0);
    double sum = 0.0;

    for (uint32_t i = 0; i < r->n; i++) {
        double density = 0.0;
        for (unsigned n = 0; n < 60; n++)
            density +=
                gsl_ran_poisson_pdf(n, rate * h) *
                gsl_ran_gaussian_pdf(r->log_return[i] - drift * h - n * m,
                                     sqrt(volatility * volatility * h + n * sd * sd));
        sum += log(density);
    }
    return sum;
}

Test(estimate, merton_is_recovered_and_its_likelihood_is_the_mixture)
{
    struct model_series s = {.model = "merton",
                             .set = {{"drift_annual", 0.21, NULL},
                                     {"volatility_annual", 0.5, NULL},
                                     {"jumps_per_year", 40.0, NULL},
                                     {"jump_log_mean", -0.02, NULL},
                                     {"jump_log_sd", 0.07, NULL}},
                             .n = 3000,
                             .step_s = DAY_S,
                             .seed = 22};

    cr_assert(model_series_run(&s));
    const struct estimate e = fit_series("merton", &s.series[0], &s.arena);
    check_recovery(&e, &s, 5);
    check_param(&e);
    const double sum = merton_sum(&e, &s.series[0]);
    cr_assert_float_eq(e.log_likelihood, sum, 1e-7, "%.10g, %.10g", e.log_likelihood, sum);
    const struct estimate gbm = fit_series("gbm", &s.series[0], &s.arena);
    cr_assert_lt(e.bic, gbm.bic, "jumps are found: %g, %g", e.bic, gbm.bic);
    model_series_close(&s);
}

/* exp of the characteristic exponent of Kou's model over one step, inverted by the trapezoid
 * rule, whose error falls faster than any power for so smooth a function. */
static double kou_by_inversion(const struct kou_step *s, double x)
{
    const double top = 9.0 / s->sd,
                 du = 2.0 * M_PI / (fabs(x) + 80.0 * (s->sd + s->up_mean + s->down_mean));
    const double p = s->up_probability, a = s->up_mean, b = s->down_mean;
    double sum = 0.5;

    for (double u = du; u < top; u += du) {
        const double up = 1.0 + a * a * u * u, down = 1.0 + b * b * u * u;
        const double real =
            -0.5 * s->sd * s->sd * u * u + s->jumps * (p / up + (1.0 - p) / down - 1.0);
        const double angle =
            u * (s->mean - x) + s->jumps * u * (p * a / up - (1.0 - p) * b / down);
        sum += exp(real) * cos(angle);
    }
    return sum * du / M_PI;
}

Test(estimate, kou_density_is_that_of_the_characteristic_function)
{
    static const struct kou_step rows[] = {
        {0.001, 0.025, 0.1, 0.4, 0.04, 0.06},  {-0.002, 0.03, 0.9, 0.3, 0.02, 0.05},
        {0.0, 0.02, 0.03, 1.0, 0.1, 0.01},     {0.0, 0.02, 0.5, 0.0, 0.1, 0.03},
        {0.004, 0.05, 1.0, 0.55, 0.004, 0.03}, {0.0, 0.01, 0.3, 0.5, 0.2, 0.3},
        {0.0, 0.03, 0.2, 0.5, 0.03, 0.03},
    };

    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++)
        for (int i = -40; i <= 40; i++) {
            const double x = 0.01 * i, density = exp(kou_log_density(&rows[row], &x, 1));
            const double expected = kou_by_inversion(&rows[row], x);

            /* inversion has absolute rounding errors of about 1e-14 of the peak */
            cr_assert_float_eq(density, expected, 1e-9 * expected + 2e-12,
                               "row %zu x %g: "
                               "%.12g, inverted %.12g",
                               row, x, density, expected);
        }
}

Test(estimate, kou_is_recovered)
{
    struct model_series s = {.model = "kou",
                             .set = {{"drift_annual", 0.21, NULL},
                                     {"volatility_annual", 0.5, NULL},
                                     {"jumps_per_year", 40.0, NULL},
                                     {"up_probability", 0.4, NULL},
                                     {"up_jump_mean", 0.05, NULL},
                                     {"down_jump_mean", 0.07, NULL}},
                             .n = 3000,
                             .step_s = DAY_S,
                             .seed = 23};

    if (!model_series_run(&s))
        cr_skip_test("no kou");
    const struct estimate e = fit_series("kou", &s.series[0], &s.arena);
    check_recovery(&e, &s, 6);
    check_param(&e);
    model_series_close(&s);
}

/* r = mu P - h/2 + eps by the definition, from a start in the long run at every gap. */
static double garch_sum(const struct estimate *e, const struct returns *r)
{
    const double alpha = value_of(e, "alpha"), gamma = value_of(e, "gamma"),
                 beta = value_of(e, "beta"), nu = value_of(e, "degrees_of_freedom"),
                 P = r->step_s / (365.0 * 86400.0);
    const double V = pow(value_of(e, "volatility_annual"), 2.0) * P;
    double h = V, sum = 0.0;

    for (uint32_t i = 0; i < r->n; i++) {
        h = r->starts_run[i] ? V : h;
        const double eps = r->log_return[i] - value_of(e, "drift_annual") * P + h / 2.0;
        const double unit = sqrt(h * (nu - 2.0) / nu);
        sum += log(gsl_ran_tdist_pdf(eps / unit, nu) / unit);
        h = V * (1.0 - alpha - gamma / 2.0 - beta) + beta * h +
            (eps < 0.0 ? alpha + gamma : alpha) * eps * eps;
    }
    return sum;
}

#define GARCH_SET                                                                          \
    {                                                                                      \
        {"drift_annual", 0.3, NULL}, {"volatility_annual", 0.7, NULL},                     \
            {"alpha", 0.07, NULL}, {"gamma", 0.06, NULL}, {"beta", 0.85, NULL},            \
            {"residuals", 0.0, "student_t"}, {"degrees_of_freedom", 5.0, NULL},            \
            {"period", 86400.0, NULL},                                                     \
    }

Test(estimate, garch_is_recovered_and_its_likelihood_follows_the_definition)
{
    struct model_series s = {
        .model = "garch", .set = GARCH_SET, .n = 4000, .step_s = DAY_S, .seed = 24};

    if (!model_series_run(&s))
        cr_skip_test("no garch");
    const struct estimate e = fit_series("garch", &s.series[0], &s.arena);
    check_recovery(&e, &s, 6);
    check_param(&e);
    cr_assert_eq(fit_get(e.model, e.param, "period"), DAY_S);
    const double sum = garch_sum(&e, &s.series[0]);
    cr_assert_float_eq(e.log_likelihood, sum, 1e-6, "%.10g, %.10g", e.log_likelihood, sum);
    model_series_close(&s);
}
