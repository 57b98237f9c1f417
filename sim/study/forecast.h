#ifndef TAILRACE_SIM_STUDY_FORECAST_H
#define TAILRACE_SIM_STUDY_FORECAST_H

#include "sim/study/estimate.h"

/* The distribution of the loss over some steps, by simulation of a price model from the
 * state that its parameters give it: the model that a run would use, not a copy of its
 * formulas. */
struct forecast {
    const struct price_model *model;
    const void *param;
    double step_s;
    uint32_t n_step, n_draw; /* n_draw a multiple of LANES for any LANES: of 64 */
    uint64_t seed, first_path;
};

/* Losses 1 - S(n_step)/S(0), ascending, of n_draw paths. False: the model refuses its
 * parameters at this step. */
bool forecast_losses(const struct forecast *forecast, double *loss, struct error *err);

#endif
