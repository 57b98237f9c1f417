#ifndef TAILRACE_SIM_STUDY_SMILE_QUOTES_H
#define TAILRACE_SIM_STUDY_SMILE_QUOTES_H

#include <gsl/gsl_vector.h>

#include "sim/surface.h"

/* What the fits of SSVI and of SVI share: the quotes that they use, and the minimiser. */

enum { SMILE_MIN_QUOTES = 4 };
static const double SMILE_REACH_SD = 3.0; /* quotes further out are left out */

/* One quote; its weight is its vega, exp(-k^2 / (2 sigma^2 T)), divided by the sum over the
 * expiry: every expiry counts the same, though the near ones have fewer strikes. */
struct smile_quote {
    uint32_t slice;
    double k, volatility, root_weight;
};

/* The quotes of one expiry within reach, numbered `slice`; 0 if they are too few. `quote`
 * has room for all nodes. */
uint32_t smile_quotes_take(const struct surface_slice *s, uint32_t slice,
                           struct smile_quote *quote);

/* Least squares by Levenberg and Marquardt (GSL), derivatives by differences: leaves the
 * minimum in `free` and returns the sum of squares there, infinite if there is none.
 * f(free, param, residuals) sets n_residual numbers and returns GSL_SUCCESS. */
double smile_quotes_minimise(int (*f)(const gsl_vector *, void *, gsl_vector *),
                             void *param, size_t n_residual, gsl_vector *free,
                             bool *converged);

#endif
