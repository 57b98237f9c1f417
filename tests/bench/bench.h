#ifndef TAILRACE_TESTS_BENCH_BENCH_H
#define TAILRACE_TESTS_BENCH_BENCH_H

#include "sim/arena.h"

/* One figure of tailrace-bench. A file of figures defines one table that ends with a row
 * whose name is NULL, declares it below and is named in one line of `suites` in bench.c. */
struct bench_figure {
    const char *name;  /* as printed, "<suite>.<what>" */
    const char *unit;  /* as printed */
    double scale;      /* items of work per unit: 1e6 where the unit is a million */
    const void *input; /* handed to start; tells figures apart that share it */
    /* Inputs of one thread, set up outside the clock and owned by the arena; NULL if the
     * figure needs none. */
    void *(*start)(struct arena *arena, const void *input);
    /* Does a piece of work of 10 us to 100 ms and returns its number of items. */
    double (*run)(void *work);
    /* Called once after the last run; may be NULL. */
    void (*stop)(void *work);
};

extern const struct bench_figure bench_numerics[];
extern const struct bench_figure bench_options[];
extern const struct bench_figure bench_chebyshev[];
extern const struct bench_figure bench_cascade[];
extern const struct bench_figure bench_file[];

/* A figure for every price model of the registry. */
const struct bench_figure *bench_paths(struct arena *arena);

#endif
