#ifndef TAILRACE_MODELS_INSTRUMENT_RATE_H
#define TAILRACE_MODELS_INSTRUMENT_RATE_H

#include "sim/vmath.h"

/* Borrow rate of a lending pool as a function of its utilisation U, the share of the
 * deposits that is lent: a line with a kink (Compound's JumpRateModel),
 *     r(U) = base + slope1 min(U, kink) + slope2 max(U - kink, 0).
 * Slopes are per 1.00 of utilisation. Aave writes slope1 U / kink and slope2 (U - kink) /
 * (1 - kink): divide its slopes by kink and by 1 - kink. */
struct rate_curve {
    double base_annual;           /* 1/year */
    double slope1_annual;         /* 1/year, up to the kink */
    double slope2_annual;         /* 1/year, beyond it */
    double kink_utilisation_frac; /* above 1: there is no kink */
    double utilisation_frac;      /* at the start */
    double utilisation_beta;      /* d ln U / d ln S of the collateral's price */
};

/* U = U0 (S/S0)^beta, at most 1; log_return is ln(S/S0). */
static inline double rate_utilisation(const struct rate_curve *c, double log_return)
{
    return vm_min(c->utilisation_frac * vm_exp(c->utilisation_beta * log_return), 1.0);
}

static inline double rate_annual(const struct rate_curve *c, double utilisation_frac)
{
    const double kink = c->kink_utilisation_frac;

    return c->base_annual + c->slope1_annual * vm_min(utilisation_frac, kink) +
           c->slope2_annual * vm_max(utilisation_frac - kink, 0.0);
}

#endif
