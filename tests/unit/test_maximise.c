#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "sim/study/maximise.h"

/* ln L of a normal sample with n = 400, mean 2.385, standard deviation 0.7: the mean has
 * variance s^2/n, the deviation s^2/(2n), and they do not correlate. */
static double normal_likelihood(const double *x, const void *data)
{
    const double *factor = data, n = 400.0, mean = 2.385, variance = 0.49;

    return *factor * (-n * log(x[1]) -
                      0.5 * n * (variance + (mean - x[0]) * (mean - x[0])) / (x[1] * x[1]));
}

static const struct coordinate NORMAL[] = {
    {.name = "mean", .scale = MAXIMISE_LOGIT, .min = -50, .max = 70, .low = -3, .high = 3},
    {.name = "sd", .scale = MAXIMISE_LOG, .min = 0.0, .low = 0.1, .high = 10.0},
};

Test(maximise, normal_sample_has_the_known_maximum_and_covariance)
{
    const double one = 1.0;
    const struct likelihood l = {2, NORMAL, normal_likelihood, &one};
    struct maximum m;

    maximise(&l, NULL, 0, 4, 7, &m);
    cr_assert(m.converged, "%s", m.note);
    cr_assert_str_eq(m.note, "");
    cr_assert_eq(m.n_search, 4);
    cr_assert_geq(m.n_agree, 2);
    cr_assert_float_eq(m.x[0], 2.385, 1e-6);
    cr_assert_float_eq(m.x[1], 0.7, 1e-6);
    cr_assert_float_eq(m.covariance[0], 0.49 / 400.0, 1e-3 * 0.49 / 400.0);
    cr_assert_float_eq(m.covariance[3], 0.49 / 800.0, 1e-3 * 0.49 / 800.0);
    cr_assert_float_eq(m.covariance[1], 0.0, 1e-3 * 0.49 / 400.0);
    cr_assert_float_eq(m.covariance[2], m.covariance[1], 1e-15);
}

Test(maximise, equal_seeds_give_equal_bits_and_a_start_is_used)
{
    const double one = 1.0, start[] = {2.0, 1.0};
    const struct likelihood l = {2, NORMAL, normal_likelihood, &one};
    struct maximum a, b;

    maximise(&l, start, 1, 3, 7, &a);
    maximise(&l, start, 1, 3, 7, &b);
    cr_assert(memcmp(a.x, b.x, 2 * sizeof *a.x) == 0);
    cr_assert(memcmp(a.covariance, b.covariance, 4 * sizeof *a.covariance) == 0);
    maximise(&l, start, 1, 0, 7, &a);
    cr_assert(a.converged && fabs(a.x[0] - 2.385) < 1e-6, "%g", a.x[0]);
}

/* Two hills at -2 and 3, the second higher by ln 2; sd 0.1 each. */
static double hills(const double *x, const void *data)
{
    (void)data;
    const double a = -0.5 * pow((x[0] + 2.0) / 0.1, 2.0),
                 b = M_LN2 - 0.5 * pow((x[0] - 3.0) / 0.1, 2.0);

    return fmax(a, b) + log1p(exp(-fabs(a - b)));
}

Test(maximise, restarts_find_the_higher_of_two_hills)
{
    const struct coordinate c = {"place", MAXIMISE_PLAIN, 0, 0, -6.0, 6.0};
    const struct likelihood l = {1, &c, hills, NULL};
    const double start = -2.0;
    struct maximum m;

    maximise(&l, &start, 1, 0, 7, &m);
    cr_assert_float_eq(m.x[0], -2.0, 1e-6, "one search: %g", m.x[0]);
    maximise(&l, &start, 1, 8, 7, &m);
    cr_assert_float_eq(m.x[0], 3.0, 1e-6, "nine searches: %g", m.x[0]);
    cr_assert_float_eq(m.covariance[0], 0.01, 1e-5);
}

/* The slope at the limit 0 of x[1] is -20: the maximum is on the edge. x[2] does
 * nothing. */
static double edge(const double *x, const void *data)
{
    (void)data;
    return -0.5 * (x[0] - 1.0) * (x[0] - 1.0) / 0.04 - 20.0 * x[1] * (1.0 + x[1]);
}

static void sum_map(const double *x, double *y, const void *data)
{
    (void)data;
    y[0] = 3.0 * x[0];
    y[1] = x[0] + x[2];
    y[2] = x[0] + x[1];
}

Test(maximise, a_coordinate_at_its_limit_or_without_effect_is_fixed_and_named)
{
    const struct coordinate c[] = {
        {"height", MAXIMISE_PLAIN, 0, 0, -4.0, 4.0},
        {"alpha", MAXIMISE_LOGIT, 0.0, 1.0, 0.01, 0.5},
        {"idle", MAXIMISE_LOGIT, 0.0, 1.0, 0.01, 0.5},
    };
    const struct likelihood l = {3, c, edge, NULL};
    struct maximum m;
    double covariance[9];

    maximise(&l, NULL, 0, 5, 7, &m);
    cr_assert(m.converged, "%s", m.note);
    cr_assert_float_eq(m.x[0], 1.0, 1e-6);
    cr_assert_float_eq(m.x[1], 0.0, 1e-12, "%g", m.x[1]);
    cr_assert(!m.fixed[0] && m.fixed[1] && m.fixed[2]);
    cr_assert_float_eq(m.covariance[0], 0.04, 4e-5);
    cr_assert_eq(m.covariance[4], 0.0);
    cr_assert_not_null(strstr(m.note, "at the limit of its range: alpha = 0"), "%s",
                       m.note);
    cr_assert_not_null(strstr(m.note, "not determined by the data: idle"), "%s", m.note);
    maximise_map(&l, &m, sum_map, 3, covariance);
    cr_assert_float_eq(covariance[0], 9.0 * 0.04, 4e-4);
    cr_assert(isnan(covariance[4]), "leans on what is not known: %g", covariance[4]);
    cr_assert_float_eq(covariance[8], 0.04, 4e-5, "given that alpha is at its limit");
}

/* Only the sum of two coordinates matters. */
static double ridge(const double *x, const void *data)
{
    (void)data;
    return -0.5 * (x[0] + x[1] - 1.0) * (x[0] + x[1] - 1.0) / 0.01;
}

Test(maximise, a_ridge_is_no_maximum)
{
    const struct coordinate c[] = {{"a", MAXIMISE_PLAIN, 0, 0, -4.0, 4.0},
                                   {"b", MAXIMISE_PLAIN, 0, 0, -4.0, 4.0}};
    const struct likelihood l = {2, c, ridge, NULL};
    struct maximum m;

    maximise(&l, NULL, 0, 3, 7, &m);
    cr_assert(!m.converged || sqrt(m.covariance[0]) > 1e3, "%s %g", m.note,
              m.covariance[0]);
}

/* Impossible outside a disc; the maximum is inside, next to the border. */
static double disc(const double *x, const void *data)
{
    (void)data;
    if (x[0] * x[0] + x[1] * x[1] >= 1.0)
        return NAN;
    return -200.0 * (pow(x[0] - 0.9, 2.0) + pow(x[1], 2.0));
}

Test(maximise, impossible_points_are_avoided)
{
    const struct coordinate c[] = {{"a", MAXIMISE_PLAIN, 0, 0, -2.0, 2.0},
                                   {"b", MAXIMISE_PLAIN, 0, 0, -2.0, 2.0}};
    const struct likelihood l = {2, c, disc, NULL};
    struct maximum m;

    maximise(&l, NULL, 0, 6, 7, &m);
    cr_assert(m.converged, "%s", m.note);
    cr_assert_float_eq(m.x[0], 0.9, 1e-6);
    cr_assert_float_eq(m.covariance[0], 1.0 / 400.0, 1e-5);
}

static double nothing(const double *x, const void *data)
{
    (void)data;
    return x[0] > 1e9 ? 0.0 : -INFINITY;
}

Test(maximise, a_likelihood_without_possible_points_is_reported)
{
    const struct coordinate c = {"a", MAXIMISE_PLAIN, 0, 0, -2.0, 2.0};
    const struct likelihood l = {1, &c, nothing, NULL};
    struct maximum m;

    maximise(&l, NULL, 0, 3, 7, &m);
    cr_assert(!m.converged);
    cr_assert_neq(m.note[0], '\0');
}
