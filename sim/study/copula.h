#ifndef TAILRACE_SIM_STUDY_COPULA_H
#define TAILRACE_SIM_STUDY_COPULA_H

#include "sim/study/correlation.h"

/* A Student t copula fitted to the returns of several assets. */
struct copula_fit {
    uint32_t n_asset, n_row;      /* rows in which every asset has a return */
    double *correlation;          /* [n_asset][n_asset] of the copula, from Kendall's tau */
    double degrees_of_freedom;    /* INFINITY: a normal copula fits best */
    double standard_error;        /* NaN where degrees_of_freedom is infinite */
    double lower, upper;          /* 95 % interval; upper may be INFINITY */
    uint32_t nearest;             /* even, 2 .. 30: what a market file admits */
    double log_likelihood;        /* at degrees_of_freedom */
    double log_likelihood_normal; /* with infinitely many */
};

enum { COPULA_MIN_ROW = 100 };

/* False, with a sentence, if fewer than COPULA_MIN_ROW rows are complete or there are less
 * than two assets. */
bool copula_estimate(const struct joint_returns *returns, struct arena *arena,
                     struct copula_fit *copula, struct error *err);

/* Log-density of the t copula at uniforms [n_asset]; INFINITY degrees of freedom:
 * normal. */
double copula_log_density(const double *uniform, const double *correlation,
                          uint32_t n_asset, double degrees_of_freedom);

/* Coefficient of tail dependence of a pair, both tails (Demarta and McNeil 2005, section
 * 3): 2 t_{nu+1}(-sqrt((nu+1)(1-rho)/(1+rho))). */
double copula_tail_dependence(double correlation, double degrees_of_freedom);

/* Kendall's tau-b of two columns in O(n log n) (Knight 1966). */
double copula_kendall(const double *x, const double *y, uint32_t n);

#endif
