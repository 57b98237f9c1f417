#ifndef TAILRACE_SIM_STUDY_FIT_SSVI_H
#define TAILRACE_SIM_STUDY_FIT_SSVI_H

#include <stdio.h>

#include "sim/surface.h"

/* The SSVI surface nearest to the quotes of an option chain, free of static arbitrage by
 * construction. Every expiry has its own theta, rho and phi (extended SSVI: Hendriks and
 * Martini 2019, "The extended SSVI volatility surface", J. Computational Finance 22(5)):
 *     w(k) = theta/2 (1 + rho phi k + sqrt((phi k + rho)^2 + 1 - rho^2)).
 * See fit_ssvi.c for the constraints and the weights. */

/* One expiry. Errors are fitted minus quoted volatility, over the quotes that were used:
 * those within three standard deviations of the forward, |k| <= 3 sigma sqrt(T). */
struct ssvi_slice {
    double expiry_s;          /* seconds since 1970 UTC */
    double years;             /* from the time of the chain to expiry */
    double log_forward_ratio; /* ln(F/S) */
    double theta, rho, phi;
    double atm_volatility_annual; /* sqrt(theta / years) */
    uint32_t n_quote;             /* used; one per strike, the one out of the money */
    double rms_volatility; /* root mean square error, all weights 1; 0.01: one point */
    double weighted_rms_volatility; /* with the weights of the fit: what was minimised */
    double worst_volatility, worst_log_moneyness; /* largest error, with its sign */
};

struct ssvi_fit {
    double quote_s;  /* time of the chain, seconds since 1970 UTC */
    double spot_usd; /* that goes with it */
    uint32_t n_slice;
    struct ssvi_slice *slice; /* [n_slice] by expiry */
    uint32_t n_quote;         /* used in all */
    double rms_volatility;    /* over all quotes used */
    bool converged;           /* of the minimiser, at the best start */
    /* The same with one rho for all expiries and phi(theta) = eta / (theta^gamma (1 +
     * theta)^(1 - gamma)), for comparison: what it costs to have three numbers only. */
    double common_rho, common_eta, common_gamma, common_rms_volatility;
};

/* Fits the quotes as surface_build leaves them (so the caller has read and checked the
 * chain). Restarts are drawn from the seed; equal inputs give equal fits. The slices belong
 * to the arena. False only if the quotes cannot be used at all: no expiry has four strikes
 * within reach; expiries with fewer are left out. */
bool fit_ssvi(const struct surface *quotes, uint64_t seed, struct arena *arena,
              struct ssvi_fit *fit, struct error *err);

/* Writes the fit as the `surface:` section of an asset in a market file, `indent` spaces
 * deep, errors in comments:
 *     surface:
 *       ssvi:
 *         slices:
 *           - {expiry: 2026-01-30 08:00:00, theta: 0.0058, rho: -0.2, phi: 11.2,
 *              basis_annual: 0.05}
 * The market must have time_utc = quote_s; without (utc = false) expiries are durations. */
void fit_ssvi_write(const struct ssvi_fit *fit, int indent, bool utc, FILE *out);

#endif
