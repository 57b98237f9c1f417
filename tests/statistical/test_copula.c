/* Kendall's tau and the t copula on series with known answers. Fixed seeds; tolerances are
 * 4 or 5 standard errors. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

#include "sim/study/copula.h"
#include "tests/draws.h"
#include "tests/student.h"

enum { N_ASSET = STUDENT_ASSETS };

Test(dependence, kendall_counts_what_comparing_all_pairs_counts)
{
    enum { N = 137 };
    double x[N], y[N], concordant = 0.0, untied_x = 0.0, untied_y = 0.0;
    struct draws draws;

    draws_start(&draws, 9, "test");
    for (int i = 0; i < N; i++) { /* rounded, so that there are ties of every kind */
        x[i] = round(4.0 * draws_normal(&draws));
        y[i] = round(x[i] + 3.0 * draws_normal(&draws));
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < i; j++) {
            const double dx = (x[i] > x[j]) - (x[i] < x[j]);
            const double dy = (y[i] > y[j]) - (y[i] < y[j]);

            concordant += dx * dy;
            untied_x += dx * dx;
            untied_y += dy * dy;
        }
    cr_assert_float_eq(copula_kendall(x, y, N), concordant / sqrt(untied_x * untied_y),
                       1e-12);
}

/* Density against its definition: the joint density of t over the densities of the margins,
 * for two dimensions (Kotz and Nadarajah 2004, equation 1.1). */
Test(dependence, copula_density_is_joint_over_margins)
{
    static const double uniform[][2] = {{0.3, 0.72}, {0.013, 0.021}, {0.94, 0.5}};
    const double correlation[4] = {1.0, 0.63, 0.63, 1.0}, det = 1.0 - 0.63 * 0.63;

    for (int i = 0; i < 3; i++) {
        const double nu = 4.7, x = gsl_cdf_tdist_Pinv(uniform[i][0], nu),
                     y = gsl_cdf_tdist_Pinv(uniform[i][1], nu);
        const double form = (x * x - 2.0 * 0.63 * x * y + y * y) / det;
        const double joint =
            pow(1.0 + form / nu, -0.5 * (nu + 2.0)) / (2 * M_PI * sqrt(det));
        const double expected =
            log(joint / gsl_ran_tdist_pdf(x, nu) / gsl_ran_tdist_pdf(y, nu));
        const double normal = copula_log_density(uniform[i], correlation, 2, INFINITY);

        cr_assert_float_eq(copula_log_density(uniform[i], correlation, 2, nu), expected,
                           1e-10);
        cr_assert_float_eq(copula_log_density(uniform[i], correlation, 2, 1e7), normal,
                           1e-4);
    }
}

/* Recovered degrees of freedom, whatever the margins. */
Test(dependence, copula_recovers_its_degrees_of_freedom)
{
    static const double degrees[] = {3.0, 6.0, 12.0};
    enum { N = 1000, N_SERIES = 1 };

    for (int d = 0; d < 3; d++)
        for (uint64_t seed = 1; seed <= N_SERIES; seed++) {
            struct arena arena = {NULL};
            struct copula_fit c;
            struct error err;
            double *x = student_returns(N, degrees[d], 100 + seed);

            for (int row = 0; row < N; row++) /* other margins, the same copula */
                x[row * N_ASSET] = exp(20.0 * x[row * N_ASSET]);
            const struct joint_returns returns = {N, N_ASSET, x};
            cr_assert(copula_estimate(&returns, &arena, &c, &err), "%s", err.text);
            const double se = c.standard_error / pow(c.degrees_of_freedom, 2);

            cr_log_info("nu %g: %.2f +- %.2f [%.2f, %.2f], nearest %u, gain %.1f",
                        degrees[d], c.degrees_of_freedom, c.standard_error, c.lower,
                        c.upper, c.nearest, c.log_likelihood - c.log_likelihood_normal);
            cr_assert_leq(fabs(1.0 / c.degrees_of_freedom - 1.0 / degrees[d]), 4.0 * se,
                          "nu %g, seed %d: %g +- %g", degrees[d], (int)seed,
                          c.degrees_of_freedom, c.standard_error);
            cr_assert_gt(c.log_likelihood, c.log_likelihood_normal);
            cr_assert_leq(se, 0.06);
            arena_free(&arena);
            free(x);
        }
}

Test(dependence, copula_of_normal_returns_is_nearly_normal)
{
    enum { N = 1500 };
    struct arena arena = {NULL};
    struct copula_fit c;
    struct error err;
    double *x = student_returns(N, INFINITY, 21);
    const struct joint_returns returns = {N, N_ASSET, x};

    cr_assert(copula_estimate(&returns, &arena, &c, &err), "%s", err.text);
    cr_assert_gt(c.degrees_of_freedom, 30.0);
    cr_assert_eq(c.upper, INFINITY);
    cr_assert_eq(c.nearest, 30);
    cr_assert_geq(c.log_likelihood, c.log_likelihood_normal - 1e-6);
    arena_free(&arena);
    free(x);
}

Test(dependence, copula_needs_enough_complete_rows)
{
    struct arena arena = {NULL};
    struct copula_fit c;
    struct error err;
    double *x = student_returns(150, 5.0, 21);

    for (int row = 0; row < 51; row++)
        x[row * N_ASSET + row % N_ASSET] = NAN;
    const struct joint_returns returns = {150, N_ASSET, x};
    cr_assert_not(copula_estimate(&returns, &arena, &c, &err));
    cr_assert_str_eq(err.text,
                     "99 dates have a return of every asset; the degrees of freedom of a "
                     "copula need 100: leave out the asset with the shortest history");
    arena_free(&arena);
    free(x);
}
