#ifndef TAILRACE_SIM_STUDY_HAWKES_H
#define TAILRACE_SIM_STUDY_HAWKES_H

#include "sim/study/estimate.h"

/* A diffusion with jumps that excite further jumps of the same asset. */
struct hawkes {
    double drift_annual, volatility_annual;
    double jumps_per_year;             /* mu, without excitation */
    double excitation;                 /* expected direct children per jump, 0 .. 1 */
    double decay_per_year;             /* beta */
    double jump_log_mean, jump_log_sd; /* of one jump */
    double start_jumps_per_year; /* of the first run; 0: the long-run distribution, which
                                    later runs always begin from */
};

/* Log-likelihood by the filter that hawkes.c describes. `end` gets the expected intensity
 * after the last step, 1/year; NULL: not wanted. */
double hawkes_log_likelihood(const struct returns *returns, const struct hawkes *hawkes,
                             double *end);

/* mu / (1 - excitation), and the variance of the intensity at steps of this length. */
void hawkes_long_run(const struct hawkes *hawkes, double step_years, double *mean,
                     double *variance);

#endif
