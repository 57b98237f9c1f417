/* Correlations and tail dependence on series with known answers. Fixed seeds;
 * tolerances are 5 standard errors, or as stated. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "sim/study/copula.h"
#include "sim/study/tail.h"
#include "tests/draws.h"
#include "tests/student.h"

enum { N_ASSET = STUDENT_ASSETS, N_REPEAT = 200 };

/* Estimates in units of their errors; counts intervals that hold the truth. */
struct cover {
    double sum, square;
    int n, inside;
};

static void cover_add(struct cover *c, double error, double se, bool inside)
{
    c->sum += error / se;
    c->square += error * error / (se * se);
    c->n++;
    c->inside += inside;
}

static struct cover cover_correlations(double nu, double missing)
{
    struct cover cover = {0};

    for (uint64_t seed = 1; seed <= N_REPEAT; seed++) {
        struct arena arena = {NULL};
        struct correlation c;
        struct error err;
        double *x = student_returns(400, nu, seed);
        struct draws draws;

        draws_start(&draws, seed, "missing");
        for (int i = 0; i < 400 * N_ASSET; i++)
            if (draws_uniform(&draws) < missing)
                x[i] = NAN;
        const struct joint_returns returns = {400, N_ASSET, x};
        cr_assert(correlation_estimate(&returns, &arena, &c, &err), "%s", err.text);
        for (int i = 0; i < N_ASSET; i++)
            for (int j = 0; j < i; j++)
                cover_add(&cover, c.sample[i * N_ASSET + j] - student_correlation[i][j],
                          c.standard_error[i * N_ASSET + j],
                          c.lower[i * N_ASSET + j] <= student_correlation[i][j] &&
                              student_correlation[i][j] <= c.upper[i * N_ASSET + j]);
        arena_free(&arena);
        free(x);
    }
    return cover;
}

/* Heavy tails and gaps included, the errors are right: the standardised estimates have
 * variance 1 and the intervals hold the truth in 95 of 100 series. The three pairs of a
 * series lean on each other, so the tolerances take a third of the cases as independent. */
Test(dependence, correlation_errors_cover_the_truth)
{
    static const struct {
        const char *name;
        double nu, missing;
    } rows[] = {{"normal", INFINITY, 0.0}, {"t(7)", 7.0, 0.0}, {"t(7), gaps", 7.0, 0.2}};

    for (int i = 0; i < 3; i++) {
        const struct cover c = cover_correlations(rows[i].nu, rows[i].missing);
        const double share = (double)c.inside / c.n, variance = c.square / c.n;

        cr_log_info("%s: covered %.3f, variance %.3f, mean %.3f", rows[i].name, share,
                    variance, c.sum / c.n);
        cr_assert_geq(share, 0.95 - 3.0 * sqrt(0.95 * 0.05 / N_REPEAT), "%s: covered %.3f",
                      rows[i].name, share);
        cr_assert_leq(share, 0.95 + 3.5 * sqrt(0.95 * 0.05 / N_REPEAT), "%s: covered %.3f",
                      rows[i].name, share);
    }
}

/* For normal returns the error of a correlation is (1 - r^2) / sqrt(n). */
Test(dependence, correlation_error_is_the_normal_one_for_normal_returns)
{
    struct arena arena = {NULL};
    struct correlation c;
    struct error err;
    enum { N = 20000 };
    double *x = student_returns(N, INFINITY, 5);
    const struct joint_returns returns = {N, N_ASSET, x};

    cr_assert(correlation_estimate(&returns, &arena, &c, &err), "%s", err.text);
    for (int i = 0; i < N_ASSET; i++)
        for (int j = 0; j < i; j++) {
            const double expected =
                (1.0 - student_correlation[i][j] * student_correlation[i][j]) / sqrt(N);
            const double se = c.standard_error[i * N_ASSET + j];

            cr_assert_float_eq(se, expected, 0.04 * expected, "pair %d %d: %g, not %g", i,
                               j, se, expected);
            cr_assert_float_eq(c.sample[i * N_ASSET + j], student_correlation[i][j],
                               5.0 * se);
        }
    arena_free(&arena);
    free(x);
}

/* Shrinking lowers the squared error where correlations are alike and rows are few. */
Test(dependence, shrunk_correlations_are_nearer_to_the_truth)
{
    enum { N = 60, WIDE = 10 };
    double sample_error = 0.0, shrunk_error = 0.0;

    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct arena arena = {NULL};
        struct correlation c;
        struct error err;
        struct draws draws;
        double x[N * WIDE];

        draws_start(&draws, seed, "factor");
        for (int row = 0; row < N; row++) {
            const double common = draws_normal(&draws);

            for (int i = 0; i < WIDE; i++)
                x[row * WIDE + i] = sqrt(0.6) * common + sqrt(0.4) * draws_normal(&draws);
        }
        const struct joint_returns returns = {N, WIDE, x};
        cr_assert(correlation_estimate(&returns, &arena, &c, &err), "%s", err.text);
        cr_assert(c.shrinkage > 0.3 && c.shrinkage <= 1.0, "weight %g", c.shrinkage);
        for (int i = 0; i < WIDE; i++)
            for (int j = 0; j < i; j++) {
                sample_error += pow(c.sample[i * WIDE + j] - 0.6, 2);
                shrunk_error += pow(c.shrunk[i * WIDE + j] - 0.6, 2);
            }
        arena_free(&arena);
    }
    cr_log_info("squared error %g, shrunk %g", sample_error, shrunk_error);
    cr_assert_leq(shrunk_error, 0.5 * sample_error);
}

/* Two pairs that move together and a third that does not, on different dates: as measured
 * the matrix is indefinite, as handed out it is not. */
Test(dependence, pairwise_correlations_are_repaired_to_positive_definite)
{
    enum { N = 90 };
    struct arena arena = {NULL};
    struct correlation c;
    struct error err;
    struct draws draws;
    double x[N * N_ASSET], found;

    draws_start(&draws, 3, "test");
    for (int row = 0; row < N; row++) {
        const int without = row % 3;
        const double z = draws_normal(&draws);

        for (int i = 0; i < N_ASSET; i++)
            x[row * N_ASSET + i] = z + 0.01 * draws_normal(&draws);
        x[row * N_ASSET + without] = NAN;
        if (without == 1)
            x[row * N_ASSET + 2] *= -1.0;
    }
    const struct joint_returns returns = {N, N_ASSET, x};
    cr_assert(correlation_estimate(&returns, &arena, &c, &err), "%s", err.text);
    cr_assert_lt(c.least_eigenvalue, -0.1);
    cr_assert_gt(c.repair, 0.1);
    cr_assert_eq(correlation_repair(c.shrunk, N_ASSET, 1e-8, &arena, &found), 0.0);
    cr_assert_geq(found, 1e-8);
    for (int i = 0; i < N_ASSET; i++)
        cr_assert_eq(c.shrunk[i * N_ASSET + i], 1.0);
    arena_free(&arena);
}

Test(dependence, correlation_refuses_constants_and_short_overlaps)
{
    struct arena arena = {NULL};
    struct correlation c;
    struct error err;
    double x[30 * 2];

    for (int row = 0; row < 30; row++) {
        x[2 * row] = 0.013 * (row % 7);
        x[2 * row + 1] = 0.0041;
    }
    const struct joint_returns returns = {30, 2, x};
    cr_assert_not(correlation_estimate(&returns, &arena, &c, &err));
    cr_assert_str_eq(err.text,
                     "asset 1 or 2 never moves on their 30 common dates, so it has "
                     "no correlation: leave it out");
    for (int row = 0; row < 11; row++)
        x[2 * row] = NAN;
    cr_assert_not(correlation_estimate(&returns, &arena, &c, &err));
    cr_assert_str_eq(err.text,
                     "assets 1 and 2 have 19 returns on common dates; a correlation needs "
                     "20: leave one of them out");
    arena_free(&arena);
}

/* Of a t copula at the threshold: C(q,q)/q by integration is above the limit; the empirical
 * one must lie between limit and 1.3 times it, and both tails agree within 5 errors. */
Test(dependence, tail_dependence_of_a_t_copula)
{
    enum { N = 40000 };
    struct arena arena = {NULL};
    struct tail_dependence tail;
    double *x = student_returns(N, 4.0, 11);
    const struct joint_returns returns = {N, N_ASSET, x};

    tail_dependence_estimate(&returns, 0.01, &arena, &tail);
    for (int i = 0; i < N_ASSET; i++)
        for (int j = 0; j < i; j++) {
            const int at = i * N_ASSET + j;
            const double limit = copula_tail_dependence(student_correlation[i][j], 4.0);

            cr_log_info("pair %d %d: limit %.3f, lower %.3f, upper %.3f +- %.3f", i, j,
                        limit, tail.lower[at], tail.upper[at], tail.upper_error[at]);
            cr_assert_geq(tail.lower[at], limit - 3.0 * tail.lower_error[at]);
            cr_assert_leq(tail.lower[at], 1.3 * limit + 3.0 * tail.lower_error[at]);
            cr_assert_float_eq(tail.lower[at], tail.upper[at],
                               5.0 * M_SQRT2 * tail.upper_error[at]);
        }
    arena_free(&arena);
    free(x);
}

/* Independent columns: the share of common tails is the threshold itself, with the stated
 * error, over many series. */
Test(dependence, tail_dependence_error_is_the_spread_between_series)
{
    enum { N = 4000, N_SERIES = 300 };
    double sum = 0.0, square = 0.0, error = 0.0;

    for (uint64_t seed = 1; seed <= N_SERIES; seed++) {
        struct arena arena = {NULL};
        struct tail_dependence tail;
        struct draws draws;
        double x[2 * N];

        draws_start(&draws, seed, "test");
        for (int i = 0; i < 2 * N; i++)
            x[i] = draws_uniform(&draws);
        const struct joint_returns returns = {N, 2, x};
        tail_dependence_estimate(&returns, 0.05, &arena, &tail);
        sum += tail.lower[1] / N_SERIES;
        square += tail.lower[1] * tail.lower[1] / N_SERIES;
        error += tail.lower_error[1] / N_SERIES;
        arena_free(&arena);
    }
    const double sd = sqrt(square - sum * sum);

    cr_assert_float_eq(sum, 0.05, 5.0 * sd / sqrt(N_SERIES), "mean %g", sum);
    cr_assert_float_eq(sd, error, 5.0 * sd / sqrt(2.0 * N_SERIES), "sd %g, stated %g", sd,
                       error);
}
