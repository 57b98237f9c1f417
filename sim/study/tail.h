#ifndef TAILRACE_SIM_STUDY_TAIL_H
#define TAILRACE_SIM_STUDY_TAIL_H

#include "sim/study/correlation.h"

/* Tail dependence of pairs, [n_asset][n_asset] each, of the arena; NaN where a pair has too
 * few common rows for the threshold. */
struct tail_dependence {
    uint32_t n_asset;
    double threshold; /* fraction of returns that counts as the tail */
    double *lower;    /* P(j in its lowest fraction | i in its lowest fraction) */
    double *upper;    /* the same of the highest */
    double *lower_error, *upper_error; /* standard errors */
};

enum { TAIL_MIN = 10 }; /* expected returns in each tail of a pair */

void tail_dependence_estimate(const struct joint_returns *returns, double threshold,
                              struct arena *arena, struct tail_dependence *tail);

/* Mean ranks 1 .. n of values; ties share theirs. The arena is used for scratch. */
void tail_ranks(const double *value, uint32_t n, struct arena *arena, double *rank);

#endif
