#ifndef TAILRACE_SIM_UNCERTAINTY_H
#define TAILRACE_SIM_UNCERTAINTY_H

#include "sim/risk.h"

/* What a figure owes to the parameters and to the choice of the model, apart from the
 * simulation error that its interval shows. */

/* Standard deviation of the mean, of VaR and of ES over the parameter sets, simulation
 * error taken off, with confidence limits: into the row's *_parameter_sd. `values` [n] in
 * path order; batches of set_paths share a set. NaN where there are fewer than two whole
 * batches, or fewer than UNCERTAINTY_MIN_TAIL paths beyond the level in half a batch. */
enum { UNCERTAINTY_MIN_TAIL = 5 };
void uncertainty_parameters(const double *values, uint64_t n, uint64_t set_paths,
                            const struct risk_table *table, struct risk_row *row);

/* The same scenario under several models: what one metric's figure at one level is under
 * each of them, and how far they lie apart, beside what simulation and parameters do to
 * each. Standard deviations; NaN: not known. */
struct model_figure {
    double mean, least, most;           /* over the models, USD */
    double simulation_sd, parameter_sd; /* root mean square over the models, USD */
    double model_sd;                    /* of the models' figures, USD */
};
struct model_row {
    const char *metric;
    struct model_figure var[STATS_MAX_LEVEL], es[STATS_MAX_LEVEL]; /* [n_level] */
};
struct model_table {
    const char *scenario;
    uint32_t n_model;        /* at least UNCERTAINTY_MIN_MODELS */
    const char *const *cell; /* [n_model] their cells */
    uint32_t n_level;
    double level[STATS_MAX_LEVEL];
    uint32_t n_row;
    const struct model_row *row; /* metrics in USD that all of them have */
};

/* Of fewer models no spread is estimated. */
enum { UNCERTAINTY_MIN_MODELS = 3 };

/* Compares the risk tables of the n models; levels that not all of them have are left
 * out. */
void uncertainty_models(uint32_t n, const struct risk_table *const *risk,
                        struct arena *arena, struct model_table *table);

#endif
