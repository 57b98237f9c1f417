/* The estimator of garch against the model, the definition of the likelihood, gaps. */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#include "sim/study/fit.h"
#include "tests/estimate_check.h"

/* Student t residuals of 5 degrees of freedom over days. */
static struct model_series garch_series(uint32_t n, uint64_t seed)
{
    return (struct model_series){.model = "garch",
                                 .set = {{"drift_annual", 0.3, NULL},
                                         {"volatility_annual", 0.7, NULL},
                                         {"alpha", 0.07, NULL},
                                         {"gamma", 0.06, NULL},
                                         {"beta", 0.85, NULL},
                                         {"residuals", 0.0, "student_t"},
                                         {"degrees_of_freedom", 5.0, NULL}},
                                 .n = n,
                                 .step_s = 86400.0,
                                 .seed = seed};
}

static double start_volatility(const struct estimate *e)
{
    return fit_get(e->model, e->param, "start_volatility_annual");
}

/* ln L, and the volatility behind the last return: r = mu P - h/2 + eps by the definition,
 * from a start in the long run at every gap. */
static double garch_sum(const struct estimate *e, const struct returns *r, double *end)
{
    const double alpha = check_value(e, "alpha"), gamma = check_value(e, "gamma"),
                 beta = check_value(e, "beta"), nu = check_value(e, "degrees_of_freedom"),
                 P = r->step_s / (365.0 * 86400.0);
    const double V = pow(check_value(e, "volatility_annual"), 2.0) * P;
    double h = V, sum = 0.0;

    for (uint32_t i = 0; i < r->n; i++) {
        h = r->starts_run[i] ? V : h;
        const double eps = r->log_return[i] - check_value(e, "drift_annual") * P + h / 2.0;
        const double unit = sqrt(h * (nu - 2.0) / nu);
        sum += log(gsl_ran_tdist_pdf(eps / unit, nu) / unit);
        h = V * (1.0 - alpha - gamma / 2.0 - beta) + beta * h +
            (eps < 0.0 ? alpha + gamma : alpha) * eps * eps;
    }
    *end = sqrt(h / P);
    return sum;
}

Test(estimate, garch_is_recovered_and_its_likelihood_follows_the_definition)
{
    struct model_series s = garch_series(4000, 24);
    double end = 0.0;

    cr_assert(model_series_run(&s));
    const struct estimate e = check_fit("garch", &s.series[0], &s.arena);
    check_recovery(&e, &s, 6);
    check_param(&e);
    cr_assert_eq(fit_get(e.model, e.param, "period"), 86400.0);
    const double sum = garch_sum(&e, &s.series[0], &end);
    cr_assert_float_eq(e.log_likelihood, sum, 1e-6, "%.10g, %.10g", e.log_likelihood, sum);
    cr_assert_float_eq(start_volatility(&e), end, 1e-12);
    model_series_close(&s);
}

Test(estimate, garch_starts_anew_behind_a_gap_and_is_filtered_to_another_end)
{
    struct model_series s = garch_series(1200, 25);
    double end = 0.0;

    cr_assert(model_series_run(&s));
    bool *starts = arena_get(&s.arena, s.n, sizeof *starts);
    starts[0] = starts[1] = starts[217] = starts[900] = true;
    s.series[0].starts_run = starts;
    struct estimate e = check_fit("garch", &s.series[0], &s.arena);
    const double sum = garch_sum(&e, &s.series[0], &end);
    cr_assert_float_eq(e.log_likelihood, sum, 1e-6, "%.10g, %.10g", e.log_likelihood, sum);
    cr_assert_float_eq(start_volatility(&e), end, 1e-12);
    check_estimator("garch")->filter(&s.series[1], &e);
    garch_sum(&e, &s.series[1], &end);
    cr_assert_float_eq(start_volatility(&e), end, 1e-12);
    check_param(&e);
    model_series_close(&s);
}

/* The model without degrees of freedom has the lower AIC. */
Test(estimate, garch_with_normal_residuals_is_recovered_as_such)
{
    struct model_series s = garch_series(4000, 27);

    s.set[5].choice = "normal";
    cr_assert(model_series_run(&s));
    const struct estimate e = check_fit("garch", &s.series[0], &s.arena);
    cr_assert_eq(e.n_param, 5);
    check_recovery(&e, &s, 5);
    model_series_close(&s);
}

Test(estimate, intervals_keep_to_the_range_of_their_parameter)
{
    struct model_series s = garch_series(1200, 25);
    const double z = gsl_cdf_ugaussian_Pinv(0.975);
    double low = 0.0, high = 0.0;

    cr_assert(model_series_run(&s));
    struct estimate e = check_fit("garch", &s.series[0], &s.arena);
    cr_assert(estimate_interval(&e, 0, 0.95, &low, &high)); /* drift: the plain number */
    cr_assert_float_eq(high - e.p[0].value, z * e.p[0].standard_error, 1e-12);
    cr_assert_float_eq(e.p[0].value - low, z * e.p[0].standard_error, 1e-12);
    cr_assert(estimate_interval(&e, 1, 0.95, &low, &high)); /* volatility: its logarithm */
    const double v = e.p[1].value - 0.0001;
    cr_assert_float_eq(log((high - 0.0001) / v), z * e.p[1].standard_error / v, 1e-12);
    cr_assert_float_eq(log((low - 0.0001) / v), -z * e.p[1].standard_error / v, 1e-12);
    cr_assert(estimate_interval(&e, 2, 0.95, &low, &high)); /* alpha: its logit */
    const double a = e.p[2].value, logit = log(a / (1.0 - a));
    const double s_logit = e.p[2].standard_error / (a * (1.0 - a));
    cr_assert_float_eq(log(high / (1.0 - high)) - logit, z * s_logit, 1e-12);
    cr_assert_float_eq(log(low / (1.0 - low)) - logit, -z * s_logit, 1e-12);
    e.p[2].standard_error = NAN;
    cr_assert(!estimate_interval(&e, 2, 0.95, &low, &high));
    model_series_close(&s);
}
