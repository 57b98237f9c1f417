#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "sim/stats.h"

static double *numbers(size_t n)
{
    double *const x = malloc(n * sizeof *x);
    uint64_t state = 2385;

    for (size_t i = 0; i < n; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        x[i] = (double)(int64_t)state * 0x1p-40 * (state >> 60 == 3 ? 1e-12 : 1.0);
    }
    return x;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

Test(unit, stats_sort_agrees_with_qsort)
{
    enum { N = 20011 };
    double *const x = numbers(N), *const y = numbers(N);

    stats_sort(x, N);
    qsort(y, N, sizeof *y, ascending);
    for (size_t i = 0; i < N; i++)
        cr_assert_eq(x[i], y[i], "place %zu", i);
    free(x);
    free(y);
}

Test(unit, stats_sort_puts_nan_last_and_infinities_in_order)
{
    double x[] = {NAN, 2.5, -INFINITY, -(double)NAN, INFINITY, -0.0, 0.0, -2.385, 5e-324};
    const double sorted[] = {-INFINITY, -2.385, -0.0, 0.0, 5e-324, 2.5, INFINITY};

    stats_sort(x, 9);
    for (size_t i = 0; i < 7; i++)
        cr_assert_eq(x[i], sorted[i], "place %zu: %g", i, x[i]);
    cr_assert(signbit(x[2]) && !signbit(x[3]), "negative zero comes first");
    cr_assert(isnan(x[7]) && isnan(x[8]), "NaN last");
}

/* 1 + 2^-53 is 1, so the order of the additions shows in the result. */
Test(unit, stats_sum_adds_blocks_of_4096_along_a_tree)
{
    enum { N = 3 * 4096 };
    double *const x = calloc(N, sizeof *x);

    x[0] = 1.0;
    x[2 * 4096] = 0x1p-53;
    x[2 * 4096 + 1] = 0x1p-53;
    cr_assert_eq(stats_sum(x, N), 1.0 + 0x1p-52, "the third block is summed by itself");
    x[2 * 4096] = 0.0;
    x[4095] = 0x1p-53;
    cr_assert_eq(stats_sum(x, N), 1.0, "first block and third block apart");
    free(x);
}

Test(unit, stats_mean_and_its_error)
{
    const double x[] = {1.5, 2.5, 4.0, 8.0};
    double mean, se;

    stats_mean(x, 4, &mean, &se);
    cr_assert_eq(mean, 4.0);
    cr_assert_float_eq(se, sqrt(24.5 / 3.0 / 4.0), 1e-15);
    stats_mean(x, 1, &mean, &se);
    cr_assert_eq(mean, 1.5);
    cr_assert(isnan(se), "one value has no error");
}

Test(unit, stats_rank_forgives_rounding_of_the_level)
{
    cr_assert_eq(stats_rank(100, 0.07), 7, "0.07 x 100 is 7.000000000000001");
    cr_assert_eq(stats_rank(100, 0.57), 57, "0.57 x 100 is 56.99999999999999");
    cr_assert_eq(stats_rank(20000, 0.95), 19000);
    cr_assert_eq(stats_rank(7, 0.5), 4);
    cr_assert_eq(stats_rank(7, 0.0), 1);
    cr_assert_eq(stats_rank(7, 1.0), 7);
}

Test(unit, stats_levels_leave_100_paths_beyond)
{
    static const struct {
        size_t n;
        uint32_t count;
        double last;
    } row[] = {{1, 1, 0.95},       {2000, 1, 0.95},      {9999, 1, 0.95},
               {10000, 2, 0.99},   {19999, 2, 0.99},     {20000, 3, 0.995},
               {100000, 4, 0.999}, {1000000, 6, 0.9999}, {10000000, 8, 0.99999}};

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        double level[STATS_MAX_LEVEL];
        const uint32_t count = stats_levels(row[i].n, level);

        cr_assert_eq(count, row[i].count, "%zu paths: %u levels", row[i].n, count);
        cr_assert_eq(level[count - 1], row[i].last, "%zu paths", row[i].n);
    }
}

/* Wilson (1927), 3 of 20 at 95 %: evaluated with 30 digits. */
Test(unit, stats_probability_is_the_wilson_interval)
{
    const struct interval p = stats_probability(3, 20, 0.95);
    const struct interval none = stats_probability(0, 20000, 0.95);

    cr_assert_float_eq(p.lower, 0.0523687458962166, 1e-14, "%.17g", p.lower);
    cr_assert_float_eq(p.upper, 0.3604188647407570, 1e-14, "%.17g", p.upper);
    cr_assert(none.value == 0.0 && none.lower == 0.0 && none.upper > 0.0);
    cr_assert_eq(stats_probability(20, 20, 0.95).upper, 1.0);
}

Test(unit, stats_es_without_enough_tail_has_no_limits)
{
    double *const x = numbers(4900);
    size_t tail;
    struct interval es;

    stats_sort(x, 4900);
    es = stats_es(x, 4900, 0.99, 0.95, 1, &tail);
    cr_assert_eq(tail, 49);
    cr_assert(isfinite(es.value) && isnan(es.lower) && isnan(es.upper));
    es = stats_es(x, 4900, 0.98, 0.95, 1, &tail);
    cr_assert_eq(tail, 98);
    cr_assert(es.lower < es.value && es.value < es.upper);
    free(x);
}

/* 20 of 20,000 paths carry the figure at 99 %, though 200 lie beyond the rank of VaR. */
Test(unit, stats_es_counts_the_values_that_carry_it)
{
    double *const x = calloc(20000, sizeof *x);
    size_t tail;
    struct interval es = stats_es(x, 20000, 0.99, 0.95, 1, &tail);

    cr_assert(es.value == 0.0 && es.lower == 0.0 && es.upper == 0.0);
    cr_assert_eq(tail, 200, "the tail is one atom of %zu ranks", tail);
    for (size_t i = 19980; i < 20000; i++)
        x[i] = 2.385;
    es = stats_es(x, 20000, 0.99, 0.95, 1, &tail);
    cr_assert_eq(tail, 20);
    cr_assert_float_eq(es.value, 0.2385, 1e-15);
    cr_assert(isnan(es.lower) && isnan(es.upper));
    free(x);
}

Test(unit, stats_es_limits_depend_on_the_seed_alone)
{
    double *const x = numbers(20000);
    struct interval a, b, c;

    stats_sort(x, 20000);
    a = stats_es(x, 20000, 0.99, 0.95, 7, NULL);
    b = stats_es(x, 20000, 0.99, 0.95, 7, NULL);
    c = stats_es(x, 20000, 0.99, 0.95, 8, NULL);
    cr_assert(a.lower == b.lower && a.upper == b.upper);
    cr_assert(a.lower != c.lower && a.upper != c.upper);
    free(x);
}

/* ln(X_i / X_k) of the values 1, e, e^2, ... is known: the mean of 1 .. k is (k + 1) / 2.
 */
Test(unit, stats_hill_of_a_geometric_row)
{
    double x[30];

    for (int i = 0; i < 30; i++)
        x[i] = i < 10 ? -2.5 : exp(i - 10);
    cr_assert_float_eq(stats_hill(x, 30, 11), 2.0 / 12.0, 1e-14);
    cr_assert_float_eq(stats_hill(x, 30, 25), 2.0 / 20.0, 1e-14, "19 positive ones count");
    cr_assert(isnan(stats_hill(x, 30, 9)));
    cr_assert(isnan(stats_hill(x, 15, 12)), "four positive values");
}
