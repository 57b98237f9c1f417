#ifndef TAILRACE_SIM_STUDY_FIT_HESTON_H
#define TAILRACE_SIM_STUDY_FIT_HESTON_H

#include "sim/study/estimate.h"

/* Heston's model fitted to implied volatilities, by weighted least squares in volatility.
 * The result is what the options price, not what returns did: kappa, theta and rho are
 * those of the pricing measure. */

/* One quote of an option market. Quotes of one expiry state the same `years`, to the last
 * digit: an expiry is computed once. */
struct smile_point {
    double years;         /* to expiry, of 365 days */
    double log_moneyness; /* ln(strike / forward) */
    double implied_vol;   /* 1/sqrt(year), 0.8 for 80 % */
    double weight;        /* of the squared error; relative, > 0 */
};

struct heston_fit {
    /* Model heston; `param` has drift 0. The five free parameters under their keys, with
     * standard errors and covariance from the Jacobian and the residual variance: the
     * scatter of the quotes around the fit, quotes taken as independent. log_likelihood,
     * aic and bic are NaN. `converged`: the minimiser stopped on its own test, another
     * start led to the same minimum, and no parameter is at the edge of its range; else
     * `note` says which of these failed. */
    struct estimate estimate;
    double rms_vol_points;     /* weighted; 1 is one volatility point, 0.01 */
    double largest_vol_points; /* largest |error| of one quote */
    uint32_t largest;          /* which quote that is */
    double *fitted_vol;        /* [n_point] of the fit; arena */
    uint32_t n_start, n_agree; /* minimisations, and how many reached the least sum */
};

/* Fits n_point quotes of one asset; starts are drawn from the seed. False only if the
 * quotes cannot be used at all (fewer than 6, or a number out of range): err says which. */
bool fit_heston(const struct smile_point *point, uint32_t n_point, uint64_t seed,
                struct arena *arena, struct heston_fit *fit, struct error *err);

#endif
