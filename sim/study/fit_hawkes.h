#ifndef TAILRACE_SIM_STUDY_FIT_HAWKES_H
#define TAILRACE_SIM_STUDY_FIT_HAWKES_H

#include "sim/study/fit.h"
#include "sim/study/hawkes.h"

/* The asset itself in excitation, until whoever knows its name puts it there. */
#define FIT_SELF "self"

/* The order of the coordinates of the maximum, and of the free parameters. */
enum {
    HAWKES_DRIFT,
    HAWKES_VOLATILITY,
    HAWKES_BASE,
    HAWKES_EXCITATION,
    HAWKES_DECAY,
    HAWKES_JUMP_MEAN,
    HAWKES_JUMP_SD,
    HAWKES_N
};

/* The best parameters and the maximum. The returns must be fit for an estimate
 * (fit_begin). */
void fit_hawkes_search(const struct returns *returns, uint64_t seed, struct hawkes *hawkes,
                       struct maximum *maximum);

/* The entries of the table of estimators. */
bool fit_hawkes(const struct returns *returns, uint64_t seed, struct arena *arena,
                struct estimate *estimate, struct error *err);
void fit_hawkes_filter(const struct returns *returns, struct estimate *estimate);

#endif
