#ifndef TAILRACE_SIM_STUDY_REGIMES_H
#define TAILRACE_SIM_STUDY_REGIMES_H

#include "sim/study/estimate.h"

/* Geometric Brownian motion whose drift and volatility follow a hidden Markov chain. */

enum { REGIMES_MAX = 3 };

struct regimes {
    uint32_t n;
    double drift_annual[REGIMES_MAX], volatility_annual[REGIMES_MAX];
    double per_year[REGIMES_MAX][REGIMES_MAX]; /* rate of switching from i to j; the
                                                  diagonal is not looked at */
};

/* Probabilities [n][n] of ending in j after `years` from i: expm(Q years). */
void regimes_transition(const struct regimes *regimes, double years,
                        double p[REGIMES_MAX][REGIMES_MAX]);

/* Rates whose expm over `years` is p; exact for two regimes if p has such rates (p11 + p22
 * > 1), else near. False if it has none and the nearest were taken. */
bool regimes_rates(double p[REGIMES_MAX][REGIMES_MAX], uint32_t n, double years,
                   double per_year[REGIMES_MAX][REGIMES_MAX]);

/* The long-run probabilities of a transition matrix. */
void regimes_stationary(double p[REGIMES_MAX][REGIMES_MAX], uint32_t n,
                        double *probability /* [n] */);

/* Exact log-likelihood; runs begin from the long-run probabilities. `last` [n] gets the
 * probabilities of the regime of the last step given all returns; NULL: not wanted. */
double regimes_log_likelihood(const struct returns *returns, const struct regimes *regimes,
                              double *last);

/* Maximum likelihood by EM from the regimes given, which it moves, at most n_round rounds
 * or until a round gains less than `gain`; returns the log-likelihood before the last
 * round. */
double regimes_em(const struct returns *returns, struct regimes *regimes, uint32_t n_round,
                  double gain);

/* Puts the calmest regime first. */
void regimes_sort(struct regimes *regimes);

#endif
