#include "sim/stats.h"

#include <math.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "sim/arena.h"

/* Sums, order statistics and intervals. Quantile limits are distribution-free: the number
 * of values below the p-quantile is binomial (Conover 1999, section 3.2). */

enum { SUM_BLOCK = 4096, SORT_BITS = 11, SORT_BUCKETS = 1 << SORT_BITS, SORT_PASSES = 6 };

/* A decimal level times a count that should be whole, as in 0.07 x 100, may come out a few
 * units in the last place off; this much is forgiven. */
static const double WHOLE_TOLERANCE = 1e-12;

static double block_sum(const double *values, size_t n, double center, bool square)
{
    double sum = 0.0;

    for (size_t i = 0; i < n; i++) {
        const double x = values[i] - center;
        sum += square ? x * x : x;
    }
    return sum;
}

/* The left half of a tree takes the largest power of two of blocks that leaves some over.
 */
static double tree_sum(const double *values, size_t n, double center, bool square)
{
    size_t half = SUM_BLOCK;

    if (n <= SUM_BLOCK)
        return block_sum(values, n, center, square);
    while (2 * half < n)
        half *= 2;
    return tree_sum(values, half, center, square) +
           tree_sum(values + half, n - half, center, square);
}

double stats_sum(const double *values, size_t n)
{
    return tree_sum(values, n, 0.0, false);
}

void stats_mean(const double *values, size_t n, double *mean, double *standard_error)
{
    *mean = n > 0 ? stats_sum(values, n) / (double)n : (double)NAN;
    *standard_error = (double)NAN;
    if (n >= 2) {
        const double squares = tree_sum(values, n, *mean, true);
        *standard_error = sqrt(squares / (double)(n - 1) / (double)n);
    }
}

size_t stats_rank(size_t n, double p)
{
    const double rank = ceil(p * (double)n * (1.0 - WHOLE_TOLERANCE));

    if (!(rank >= 1.0))
        return 1;
    return rank >= (double)n ? n : (size_t)rank;
}

/* The smallest k with P(B <= k) >= q, B binomial(n, p). */
static size_t binomial_quantile(size_t n, double p, double q)
{
    size_t low = 0, high = n;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (gsl_cdf_binomial_P((unsigned)middle, p, (unsigned)n) >= q)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Lower limit: the largest rank l with P(B <= l - 1) <= a / 2; upper: the smallest u with
 * P(B <= u - 1) >= 1 - a / 2, so that the limits hold the quantile when l <= B <= u - 1. */
struct interval stats_quantile(const double *sorted, size_t n, double p, double confidence)
{
    const double beyond = 0.5 * (1.0 - confidence);
    struct interval q = {(double)NAN, (double)NAN, (double)NAN};
    size_t lower, upper;

    if (n == 0)
        return q;
    q.value = sorted[stats_rank(n, p) - 1];
    lower = binomial_quantile(n, p, beyond);
    if (lower < n && gsl_cdf_binomial_P((unsigned)lower, p, (unsigned)n) <= beyond)
        lower++; /* the tail is hit exactly */
    upper = binomial_quantile(n, p, 1.0 - beyond) + 1;
    q.lower = lower >= 1 ? sorted[lower - 1] : -(double)INFINITY;
    q.upper = upper <= n ? sorted[upper - 1] : (double)INFINITY;
    return q;
}

struct interval stats_probability(uint64_t k, uint64_t n, double confidence)
{
    const double z = gsl_cdf_ugaussian_Pinv(0.5 + 0.5 * confidence);
    const double count = (double)n, share = (double)k / count, z2 = z * z / count;
    const double center = (share + 0.5 * z2) / (1.0 + z2);
    const double half = sqrt(share * (1.0 - share) * z2 + 0.25 * z2 * z2) / (1.0 + z2);
    struct interval p = {share, center - half, center + half};

    if (n == 0)
        return (struct interval){(double)NAN, (double)NAN, (double)NAN};
    if (k == 0 || p.lower < 0.0)
        p.lower = 0.0;
    if (k == n || p.upper > 1.0)
        p.upper = 1.0;
    return p;
}

/* Hill (1975): 1 / mean of ln(X_(n-i+1) / X_(n-k)), i = 1 .. k. */
double stats_hill(const double *sorted, size_t n, size_t k)
{
    enum { HILL_MIN = 10 };
    double sum = 0.0, threshold;

    if (k >= n)
        k = n > 0 ? n - 1 : 0;
    while (k > 0 && !(sorted[n - k - 1] > 0.0))
        k--;
    if (k < HILL_MIN)
        return (double)NAN;
    threshold = log(sorted[n - k - 1]);
    for (size_t i = n - k; i < n; i++)
        sum += log(sorted[i]) - threshold;
    return sum > 0.0 ? (double)k / sum : (double)NAN;
}

uint32_t stats_levels(size_t n, double *level)
{
    enum { BEYOND = 100 };
    static const double known[STATS_MAX_LEVEL] = {0.95,   0.99,   0.995,   0.999,
                                                  0.9995, 0.9999, 0.99995, 0.99999};
    uint32_t count = 0;

    for (uint32_t i = 0; i < STATS_MAX_LEVEL; i++)
        if (i == 0 || n - stats_rank(n, known[i]) >= BEYOND)
            level[count++] = known[i];
    return count;
}

/* A double as an integer in the same order: negative numbers have all bits turned, others
 * the sign bit; NaN of either sign goes last. */
static uint64_t sort_key(double value)
{
    uint64_t bits;

    if (isnan(value))
        return UINT64_MAX;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static double sort_value(uint64_t key)
{
    const uint64_t bits = key >> 63 ? key & ~(UINT64_C(1) << 63) : ~key;
    double value;

    if (key == UINT64_MAX)
        return (double)NAN;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* One stable pass of the radix sort over the digit at `shift`; false if all digits agree.
 */
static bool sort_pass(const uint64_t *from, uint64_t *to, size_t n, int shift,
                      size_t *start)
{
    memset(start, 0, SORT_BUCKETS * sizeof *start);
    for (size_t i = 0; i < n; i++)
        start[from[i] >> shift & (SORT_BUCKETS - 1)]++;
    if (start[from[0] >> shift & (SORT_BUCKETS - 1)] == n)
        return false;
    for (size_t bucket = 0, sum = 0; bucket < SORT_BUCKETS; bucket++) {
        const size_t count = start[bucket];
        start[bucket] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        to[start[from[i] >> shift & (SORT_BUCKETS - 1)]++] = from[i];
    return true;
}

void stats_sort(double *values, size_t n)
{
    struct arena arena = {NULL};
    uint64_t *from, *to;
    size_t *start;

    if (n < 2)
        return;
    from = arena_get(&arena, n, sizeof *from);
    to = arena_get(&arena, n, sizeof *to);
    start = arena_get(&arena, SORT_BUCKETS, sizeof *start);
    for (size_t i = 0; i < n; i++)
        from[i] = sort_key(values[i]);
    for (int pass = 0; pass < SORT_PASSES; pass++) {
        if (sort_pass(from, to, n, pass * SORT_BITS, start)) {
            uint64_t *const other = from;
            from = to;
            to = other;
        }
    }
    for (size_t i = 0; i < n; i++)
        values[i] = sort_value(from[i]);
    arena_free(&arena);
}
