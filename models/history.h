#ifndef TAILRACE_MODELS_HISTORY_H
#define TAILRACE_MODELS_HISTORY_H

#include "sim/arena.h"
#include "sim/field.h"

/* The records from one time to another, seconds since 1970; 0: no bound. Points into the
 * whole history. */
struct history history_part(const struct history *history, double from_s, double until_s);

bool history_same_times(const struct history *a, const struct history *b);

/* Median distance of two records to the millisecond; takes two records. */
double history_median_s(const struct history *history, struct arena *arena);

/* Log-returns of a history over the steps of a run. */
struct history_returns {
    double period_s; /* commonest distance of two records */
    uint32_t n_part; /* steps in one period */
    uint32_t stride; /* periods in one step; n_part or stride is 1 */
    uint32_t n;
    double *value; /* [n] over `stride` periods, from every record that has one */
};

/* Returns over any other distance, as over a gap, are left out. Refuses a history
 * of two frequencies, a step that is neither multiple nor part of the period, and less than
 * n_least returns. */
bool history_returns(const struct history *history, double step_s, uint32_t n_least,
                     struct arena *arena, struct history_returns *returns,
                     struct error *err);

/* Brings values to mean 0 and variance 1; returns the standard deviation that they had. If
 * that is 0, they all are. */
double history_standardise(double *value, uint32_t n);

#endif
