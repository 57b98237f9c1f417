#ifndef TAILRACE_MODELS_PRICE_EXCITE_H
#define TAILRACE_MODELS_PRICE_EXCITE_H

#include <stdint.h>

#include "sim/arena.h"

/* Matrices of expected direct children: `child` [n][n], of a jump of j in i. */

/* The largest modulus of its eigenvalues: expected jumps of the next generation per jump,
 * in the long run. Relative error below 1e-8. */
double excite_radius(const double *child, uint32_t n, struct arena *arena);

/* The rates rate = base + child rate [n], for a radius below 1. */
void excite_rates(const double *child, uint32_t n, const double *base, double *rate,
                  struct arena *arena);

#endif
