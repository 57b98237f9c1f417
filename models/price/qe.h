#ifndef TAILRACE_MODELS_PRICE_QE_H
#define TAILRACE_MODELS_PRICE_QE_H

#include <stddef.h>

#include "sim/model.h"

/* Stochastic variance of Heston (1993, Review of Financial Studies 6, equations 1 and 4) by
 * the quadratic-exponential scheme with martingale correction of Andersen (2008, Journal of
 * Computational Finance 11(3), "QE-M"), shared by the models that have it:
 *     dS = mu S dt + f sqrt(v) S dB,   dv = kappa (theta - v) dt + xi sqrt(v) dW
 * with d<B, W> = rho dt. f is the stress factor: it scales the innovation of the price and
 * leaves the variance's own path alone.
 *
 * The variance at the end of a step of length h has mean m and variance s^2 (equations 17
 * and 18). With psi = s^2/m^2 <= 3/2 it is drawn as a (b + Z_W)^2 (equations 23, 27, 28),
 * else as the inverse of a mass at zero and an exponential tail at u = Phi(Z_W) (equations
 * 25, 26, 29, 30). The log-price follows from the exact integral of sqrt(v) dW and the mean
 * of both variances for the integral of v (equation 33, gamma1 = gamma2 = 1/2), which with
 * the stress factor f inside and the martingale correction (proposition 9) becomes
 *     ln S(t+h) - ln S(t) = mu h - ln M + A v' - c (v + v')/2 + sqrt(c (v + v')) Z_S
 *     c = f^2 (1 - rho^2) h/2
 *     A = f rho/xi (1 + kappa h/2) - f^2 rho^2 h/4 = K2 + K4/2 of the paper
 *     M = E exp(A v') = exp(A a b^2/(1 - 2 A a))/sqrt(1 - 2 A a) or
 *                       p + beta (1 - p)/(beta - A)
 * so that E S(t) = S(0) exp(mu t) at every step and for every path of f. M exists for
 * A < 1/(2a) and A < beta, which holds for every v and f: A is negative for rho <= 0, else
 * at most (1 + kappa h/2)^2/(xi^2 h), at f = 2 (1 + kappa h/2)/(xi rho h); and from
 * s^2 <= m xi^2 H, H = (1 - exp(-kappa h))/kappa, follow 1/(2a) >= 3/2 / (xi^2 H) and
 * beta >= 6/5 / (xi^2 H). So `prepare` refuses, for rho > 0, steps of kappa h > 1/4.
 *
 * Z_W and Z_S come from the correlated normal Z of the asset and a normal Y of its own:
 *     Z_W = rho Z + sqrt(1 - rho^2) Y,   Z_S = sqrt(1 - rho^2) Z - rho Y
 * These are independent, as the scheme needs, and Z is the whole innovation of the price,
 * rho Z_W + sqrt(1 - rho^2) Z_S, not only its part independent of the variance. So the
 * correlations of the market file, and shocks to them, are those of the assets' returns
 * over short steps. */

struct qe_param {
    double drift_annual;           /* mu */
    double volatility_annual;      /* sqrt(v) at the start */
    double long_volatility_annual; /* sqrt(theta) */
    double reversion_per_year;     /* kappa */
    double vol_of_variance;        /* xi */
    double spot_correlation;       /* rho */
};

/* Rows of a table of fields whose section begins with a struct qe_param. */
/* clang-format off */
#define QE_FIELDS                                                                          \
    {.key = "drift_annual", .unit = "1/year", .min = -5.0, .max = 5.0, .preset = 0.0,      \
     .offset = offsetof(struct qe_param, drift_annual),                                    \
     .doc = "expected growth rate of the price: after t years the mean is S exp(drift t)"},\
    {.key = "volatility_annual", .unit = "1/sqrt(year)", .min = 0.0, .max = 10.0,          \
     .required = true, .offset = offsetof(struct qe_param, volatility_annual),             \
     .doc = "volatility at the start, sqrt(v0); 0.8 means 80 %; volatility shocks scale "  \
            "what it does to the price and leave its own path alone"},                     \
    {.key = "long_volatility_annual", .unit = "1/sqrt(year)", .min = 0.001, .max = 10.0,   \
     .required = true, .offset = offsetof(struct qe_param, long_volatility_annual),        \
     .doc = "volatility that the variance reverts to, sqrt(theta)"},                       \
    {.key = "reversion_per_year", .unit = "1/year", .min = 0.001, .max = 1000.0,           \
     .required = true, .offset = offsetof(struct qe_param, reversion_per_year),            \
     .doc = "rate kappa at which the variance reverts; its half-life is ln 2 / kappa"},    \
    {.key = "vol_of_variance", .unit = "1/year", .min = 0.01, .max = 50.0,                 \
     .required = true, .offset = offsetof(struct qe_param, vol_of_variance),               \
     .doc = "volatility xi of the variance: dv = ... + xi sqrt(v) dW"},                    \
    {.key = "spot_correlation", .unit = "1", .min = -0.999, .max = 0.999, .preset = 0.0,   \
     .offset = offsetof(struct qe_param, spot_correlation),                                \
     .doc = "correlation rho of the innovations of price and variance; negative: "         \
            "volatility rises when the price falls"}
/* clang-format on */

struct qe_coef {
    double drift;                  /* mu h */
    double start_variance;         /* per year */
    double mean_0, mean_1;         /* m = mean_0 + mean_1 v */
    double variance_0, variance_1; /* s^2 = variance_0 + variance_1 v */
    double loading, bend;          /* A = f loading - f^2 bend */
    double own_h;                  /* (1 - rho^2) h/2 */
    double rho, rest;              /* rest = sqrt(1 - rho^2) */
};

/* False, with a sentence, if the step is too long for the martingale correction. */
bool qe_prepare(const struct qe_param *p, double step_years, struct qe_coef *c,
                struct error *err);

/* One step: moves the variances and writes the log-returns. */
void qe_step(const struct qe_coef *c, const double *shock, const double *own,
             const double *vol_factor, double *variance, double *log_return);

/* The ops `start` and `volatility` of a model whose coefficients begin with a struct
 * qe_coef and whose first state is the variance. */
void qe_start(const void *coef, double *const *state);
void qe_volatility(const void *coef, const double *const *state, double *volatility_annual);

#endif
