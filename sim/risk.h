#ifndef TAILRACE_SIM_RISK_H
#define TAILRACE_SIM_RISK_H

#include "sim/arena.h"
#include "sim/error.h"
#include "sim/result.h"
#include "sim/stats.h"

/* The risk figures of one cell: what the terminal, the file and the limits share. */

/* Confidence of every interval that nobody asked another confidence for. */
static const double RISK_CONFIDENCE = 0.95;

struct risk_figure {
    struct interval var, es; /* of the metric, positive when money is lost */
    uint64_t tail_paths;     /* that carry ES: see stats_es */
    struct interval var_parameter_sd, es_parameter_sd; /* over the parameter sets; NaN: one
                                                          set */
};

/* One risk metric. A metric that is not in USD (0 or 1, a count) has a probability only;
 * its other figures are NaN. */
struct risk_row {
    const char *name, *doc;
    const char *unit; /* of the metric: USD, 1 */
    double mean, mean_se;
    struct interval mean_parameter_sd; /* over the parameter sets; NaN: one set */
    struct interval probability_positive;
    double tail_index;                            /* Hill, from the largest 1 % or less */
    struct risk_figure at_level[STATS_MAX_LEVEL]; /* [n_level] */
};

struct risk_table {
    double confidence;
    uint32_t n_level;
    double level[STATS_MAX_LEVEL];
    uint32_t n_row;
    struct risk_row *row; /* [n_row], owned by the arena it was made in */
};

/* The unit of a column, from the metric it belongs to; "1" if there is none. */
const char *risk_unit(const struct result *result, uint32_t column);

/* Writes the values of a risk metric, sign x column, into values[n_path]. A value that is
 * not finite is an error: no path is left out. */
bool risk_values(const struct result *result, const struct risk_metric *metric,
                 double *values, struct error *err);

/* Seed of the bootstrap of a metric at a level: of its name and of nothing else, so that no
 * metric changes when another one is added. */
uint64_t risk_seed(const char *name, double level);

/* Every risk metric of `result` at the default levels for its number of paths. Rows and
 * names live in `arena`, the names being those of `result`. */
bool risk_compute(const struct result *result, struct arena *arena,
                  struct risk_table *table, struct error *err);

#endif
