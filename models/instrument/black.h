#ifndef TAILRACE_MODELS_INSTRUMENT_BLACK_H
#define TAILRACE_MODELS_INSTRUMENT_BLACK_H

#include <math.h>

#include "sim/vmath.h"

/* Pieces of Black's formula that digital and barrier options share. */

/* A standard deviation of the log-return of 1e-12 is zero for every price, and keeps 0/0
 * out of d1 at the money; 1e-12 years are 30 microseconds. */
static const double BLACK_SD_MIN = 1e-12, BLACK_YEARS_MIN = 1e-12;

/* Mills's ratio for any t >= 0. The rational function of vm_normal_mills has its range up
 * to 40 and tends to (1 - 3e-12)/t beyond it, which is its error there; 1e20 keeps its
 * powers finite. */
static inline double black_mills(double t)
{
    return vm_normal_mills(vm_min(t, 1e20));
}

/* scale N(x), the tail of which is scale n(x) times Mills's ratio: by a density that is
 * known already, without cancellation on either side. */
static inline double black_cdf(double x, double scale, double scaled_density)
{
    const double tail = scaled_density * black_mills(fabs(x));

    return x > 0.0 ? scale - tail : tail;
}

#endif
