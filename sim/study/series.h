#ifndef TAILRACE_SIM_STUDY_SERIES_H
#define TAILRACE_SIM_STUDY_SERIES_H

#include "scenarios/prices.h"
#include "sim/study/estimate.h"

/* From the prices of one column to log-returns that can be estimated from. Everything that
 * is left out on the way is counted. */

enum { SERIES_MIN_RETURN = 20 };

/* Which prices are used. */
struct series_window {
    double from_s, to_s; /* seconds since 1970, both included; 0: no bound */
    double step_s; /* one return spans this; 0: the commonest distance of two prices */
};

/* A stretch of time with neither prices nor returns. */
struct series_hole {
    double from_s, to_s; /* the last price before it, the first behind it */
};

struct series {
    const char *name; /* of the asset, as the user wrote it */
    struct returns returns;
    double first_s, last_s;    /* of the prices used */
    double last_usd;           /* the last of them */
    double largest, largest_s; /* log-return of the greatest size; its end */
    uint32_t n_price;          /* used */
    uint32_t n_outside;        /* left out: outside the window */
    uint32_t n_between;        /* left out: between two ends of steps */
    uint32_t n_uneven;         /* distances taken as whole steps, though up to 5 % off */
    uint32_t n_gap;            /* places where one step or more has no price */
    struct series_hole longest_gap;
    uint32_t n_stuck, n_stuck_run; /* left out: repeated by a stuck feed; places */
    struct series_hole longest_stuck;
    uint32_t longest_stuck_n; /* equal prices there */
};

/* Takes the prices of a column, name[] for a message. No return spans a gap. A run of equal
 * prices that is longer than chance is a stuck feed: all of it but its first price is left
 * out. False, with a sentence: fewer than SERIES_MIN_RETURN returns, prices that never
 * change, or rows at mixed frequencies while no step is given. */
bool series_create(const struct price_table *table, const struct price_column *column,
                   const char *name, const struct series_window *window,
                   struct arena *arena, struct series *series, struct error *err);

/* The returns of n series side by side: [*n_row][n], NaN where a series has none at that
 * time. Arena. */
double *series_join(const struct series *series, uint32_t n, struct arena *arena,
                    uint32_t *n_row);

/* "2024-01-31 08:00" and "1d", to be read; arena. */
const char *series_time_text(double seconds, struct arena *arena);
const char *series_step_text(double seconds, struct arena *arena);

#endif
