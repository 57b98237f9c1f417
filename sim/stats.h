#ifndef TAILRACE_SIM_STATS_H
#define TAILRACE_SIM_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Statistics of one number per path. Losses are positive when money is lost. All results
 * depend on the values in path order only. NaN marks what does not exist (an interval that
 * the sample is too small for). Confidence is two-sided unless said otherwise. */

struct interval {
    double value, lower, upper; /* lower = upper = NaN: no interval */
};

/* Sum in the one order of this program: blocks of 4,096 values in order, then a fixed
 * binary tree over the block sums. */
double stats_sum(const double *values, size_t n);

/* Mean and its standard error (n >= 2). */
void stats_mean(const double *values, size_t n, double *mean, double *standard_error);

/* Rank of the p-quantile of n values: ceil(p n), 1 .. n; p n that should be whole counts
 * so. */
size_t stats_rank(size_t n, double p);

/* Order statistic at stats_rank, and the exact distribution-free binomial confidence limits
 * (ranks as in Conover 1999, section 3.2); lower or upper is -INFINITY or INFINITY if the
 * sample is too small. `sorted` ascending. */
struct interval stats_quantile(const double *sorted, size_t n, double p, double confidence);

/* Value at risk of sorted losses (ascending) at `level`: stats_quantile. */
/* Expected shortfall at `level`: Acerbi-Tasche, the atom at VaR split; limits by
 * bootstrap-t with fixed seed; no interval below STATS_MIN_TAIL tail values. n_tail (may be
 * NULL) gets the number of values that carry it: those above VaR, or, where the whole tail
 * is one number and the limits are this number too, the ranks beyond VaR. */
enum { STATS_MIN_TAIL = 50 };
struct interval stats_es(const double *sorted, size_t n, double level, double confidence,
                         uint64_t seed, size_t *n_tail);

/* The value of stats_es alone. */
double stats_es_value(const double *sorted, size_t n, double level);

/* k successes of n: Wilson score interval. */
struct interval stats_probability(uint64_t k, uint64_t n, double confidence);

/* Hill estimator of the tail index from the k largest of sorted values (only positive ones
 * count); NaN if fewer than 10, or all equal. */
double stats_hill(const double *sorted, size_t n, size_t k);

/* Default risk levels for n paths, so that at least 100 paths lie beyond the last:
 * 20,000: 0.95, 0.99, 0.995; 0.95 is always given. Writes at most STATS_MAX_LEVEL and
 * returns how many. */
enum { STATS_MAX_LEVEL = 8 };
uint32_t stats_levels(size_t n, double *level);

/* Sorts ascending, NaN last. */
void stats_sort(double *values, size_t n);

#endif
