#ifndef TAILRACE_SIM_STUDY_FIT_PEG_H
#define TAILRACE_SIM_STUDY_FIT_PEG_H

#include "sim/study/fit.h"

/* Recorded prices of a token that is held at a parity, in USD or in units of its anchor. */
struct peg_series {
    const double *log_price; /* [n] */
    const double *time_s;    /* [n] increasing; gaps do no harm */
    uint32_t n;
    bool accrues; /* the parity grows (a staked token): drift_annual is estimated */
};

/* In the units of the model's table, times in years. */
struct peg {
    double log_parity; /* at the first time of the series */
    double drift_annual;
    double basis_log_sd, basis_half_life;
    double depegs_per_year, depeg_median_log, depeg_log_sd, recovery_half_life;
};

/* Log-likelihood of all prices, the first included. `depeg` gets what is expected to be
 * left of the depegs at the end; NULL: not wanted. */
double fit_peg_log_likelihood(const struct peg_series *series, const struct peg *peg,
                              double *depeg);

/* Fits the model `peg`, without depegs if the series has none. The log-likelihood is of
 * prices, not returns, and compares with no other model. False, with a sentence, if the
 * series is too short or constant. */
bool fit_peg(const struct peg_series *series, uint64_t seed, struct arena *arena,
             struct estimate *estimate, struct error *err);

#endif
