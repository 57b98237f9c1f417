#ifndef TAILRACE_TESTS_BARRIER_DISCRETE_H
#define TAILRACE_TESTS_BARRIER_DISCRETE_H

#include "tests/barrier_exact.h"

/* A barrier option that is looked at n times, equally far apart, the last time at expiry,
 * without discounting: by integrating the density of the living paths from look to look,
 * on a grid that has the barrier as a node (trapezoidal; halving its steps moves the
 * price by less than 1e-6 of the spot price). look_years and rate of `o` are not used. */
double barrier_discrete(const struct barrier_exact *o, int n_look);

#endif
