/* The estimators against the models that they fit, and against other ways to compute the
 * same likelihood. */
#include <criterion/criterion.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#include "sim/study/kou_density.h"
#include "tests/estimate_check.h"

static const double DAY_S = 86400.0, DAY = 1.0 / 365.0;

Test(estimate, gbm_is_recovered_with_the_standard_errors_of_theory)
{
    struct model_series s = {
        .model = "gbm",
        .set = {{"drift_annual", 0.43, NULL}, {"volatility_annual", 0.77, NULL}},
        .n = 3000,
        .step_s = DAY_S,
        .seed = 21};

    cr_assert(model_series_run(&s));
    const struct estimate e = check_fit("gbm", &s.series[0], &s.arena);
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
    const double volatility = check_value(e, "volatility_annual"),
                 rate = check_value(e, "jumps_per_year"),
                 m = check_value(e, "jump_log_mean"), sd = check_value(e, "jump_log_sd");
    const double h = r->step_s / (365.0 * 86400.0);
    const double drift = check_value(e, "drift_annual") - 0.5 * volatility * volatility -
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
    const struct estimate e = check_fit("merton", &s.series[0], &s.arena);
    check_recovery(&e, &s, 5);
    check_param(&e);
    const double sum = merton_sum(&e, &s.series[0]);
    cr_assert_float_eq(e.log_likelihood, sum, 1e-7, "%.10g, %.10g", e.log_likelihood, sum);
    const struct estimate gbm = check_fit("gbm", &s.series[0], &s.arena);
    cr_assert_lt(e.bic, gbm.bic, "jumps are found: %g, %g", e.bic, gbm.bic);
    model_series_close(&s);
}

/* exp of the characteristic exponent of Kou's model over one step, inverted by the
 * trapezoid rule, whose error falls faster than any power for so smooth a function. */
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
        {0.0, 0.03, 0.2, 0.5, 0.03, 0.03},     {0.001, 0.02, 3.0, 0.4, 0.02, 0.03},
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

/* ln L by inversion, from the reported parameters. */
static double kou_sum(const struct estimate *e, const struct returns *r)
{
    const double h = r->step_s / (365.0 * 86400.0), p = check_value(e, "up_probability");
    const double up = check_value(e, "up_jump_mean"),
                 down = check_value(e, "down_jump_mean");
    const double volatility = check_value(e, "volatility_annual"),
                 rate = check_value(e, "jumps_per_year");
    const double kbar = p / (1.0 - up) + (1.0 - p) / (1.0 + down) - 1.0;
    const double drift =
        check_value(e, "drift_annual") - 0.5 * volatility * volatility - rate * kbar;
    const struct kou_step step = {drift * h, volatility * sqrt(h), rate * h, p, up, down};
    double sum = 0.0;

    for (uint32_t i = 0; i < r->n; i++)
        sum += log(kou_by_inversion(&step, r->log_return[i]));
    return sum;
}

Test(estimate, kou_is_recovered_and_its_likelihood_is_that_of_the_inversion)
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

    cr_assert(model_series_run(&s));
    const struct estimate e = check_fit("kou", &s.series[0], &s.arena);
    check_recovery(&e, &s, 6);
    check_param(&e);
    const double sum = kou_sum(&e, &s.series[0]);
    cr_assert_float_eq(e.log_likelihood, sum, 1e-5, "%.10g, %.10g", e.log_likelihood, sum);
    model_series_close(&s);
}
