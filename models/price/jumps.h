#ifndef TAILRACE_MODELS_PRICE_JUMPS_H
#define TAILRACE_MODELS_PRICE_JUMPS_H

#include <stdbool.h>

#include "sim/error.h"
#include "sim/lanes.h"

/* Jumps of the log-price at a constant rate, shared by the models that have them.
 *
 * The number of jumps in a step is drawn by inversion of one uniform, so every path uses
 * the same number of draws. The comparisons stop where the tail is below half the uniform's
 * resolution. */

/* With at most JUMPS_MAX_MEAN jumps expected, P(n > JUMPS_MAX) < 2^-53. */
enum { JUMPS_MAX_MEAN = 4, JUMPS_MAX = 32 };

/* Poisson count of one step. */
struct jump_count {
    double mean;
    int n_level;             /* largest number of jumps in one step */
    double level[JUMPS_MAX]; /* [n_level] P(n <= j): a uniform above it means at least
                                j + 1 jumps */
};

/* False, with a sentence, if more than JUMPS_MAX_MEAN jumps are expected in one step. */
bool jump_count_prepare(struct jump_count *c, double jumps_per_year, double step_years,
                        struct error *err);

/* The number of paths of the block that jump. */
static inline int jump_count_paths(const struct jump_count *c, const double *uniform)
{
    const double level = c->n_level > 0 ? c->level[0] : 1.0;
    int n = 0;

    for (int k = 0; k < LANES; k++)
        n += uniform[k] > level;
    return n;
}

/* The number of jumps of each path. */
void jump_count_draw(const struct jump_count *c, const double *uniform, double *n);

/* Normal jumps (Merton 1976): the sum of n of them is one normal N(n m, n s^2). */
struct normal_jumps_param {
    double jumps_per_year; /* lambda */
    double jump_log_mean;  /* m */
    double jump_log_sd;    /* s */
};
struct normal_jumps {
    struct jump_count count;
    double compensation; /* lambda h (exp(m + s^2/2) - 1): what the drift loses */
    double sum_sd[JUMPS_MAX], mean; /* [count.n_level] s sqrt(j + 1); m */
};

bool normal_jumps_prepare(struct normal_jumps *c, const struct normal_jumps_param *p,
                          double step_years, struct error *err);

/* Number and sum of the jumps of each path from two uniforms. */
void normal_jumps_draw(const struct normal_jumps *c, const double *uniform_count,
                       const double *uniform_size, double *n, double *sum);

#endif
