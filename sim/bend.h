#ifndef TAILRACE_SIM_BEND_H
#define TAILRACE_SIM_BEND_H

#include "sim/svi.h"

/* What shocks and the level beta make of a volatility surface:
 *     sigma(k, T) = max(L(T) sigma0(k, T) + skew k / sqrt(k^2 + T), L(T) sigma0(k, T) / 4),
 *     L(T) = factor exp(term (30 days / max(T, 7 days))^term_power).
 * At the money the skew is a slope in k / sqrt(T), the usual measure of moneyness, the same
 * at every expiry; far out it levels off at +-skew, so that no wing runs away. The term
 * shock moves the near expiries more, by a power of time to expiry: at 30 days the factor
 * is e^term. A shock cannot take more than three quarters of a volatility away by its skew;
 * sizes that would reach that bound are refused when the scenario is read, and only the
 * tail of a distribution without bound can. */
struct bend {
    double factor;     /* on every volatility */
    double term;       /* ln of the factor at 30 days */
    double term_power; /* the larger, the more do near expiries move; 0: all the same */
    double skew;       /* 1/sqrt(year) */
};

/* The least share of a volatility that a skew leaves. */
static const double BEND_LEAST_SHARE = 0.25;

/* (30 days / max(T, 7 days))^power, the exponent of the term shock at T years. */
double bend_term_exponent(double years, double power);

/* Total variance and derivatives of a bent slice from those of the slice, at T > 0, without
 * the lower bound; *share is the bent volatility divided by the one without skew. */
struct svi_value bend_value(const struct bend *bend, double years, double k,
                            struct svi_value before, double *share);

#endif
