#ifndef TAILRACE_SIM_COPULA_H
#define TAILRACE_SIM_COPULA_H

#include <stdint.h>

#include "sim/rng.h"

enum { COPULA_MAX_FREEDOM = 30 };

/* Student's t copula with an even number of degrees of freedom. */
struct copula {
    uint32_t n_half;                      /* half of them; 0: no copula */
    double inner[COPULA_MAX_FREEDOM / 2]; /* coefficients of copula.c's P */
    double outer[COPULA_MAX_FREEDOM / 2]; /* and of its R */
};

/* `degrees_of_freedom` is even, 2 .. COPULA_MAX_FREEDOM. */
void copula_prepare(struct copula *copula, uint32_t degrees_of_freedom);

/* One chi-square per lane, from n_half uniforms. */
void copula_mixing(const struct copula *copula, struct rng *rng,
                   double *restrict chi_square);

/* Standard normals to standard normals that share the mixing variable: rows of LANES. */
void copula_apply(const struct copula *copula, const double *restrict chi_square,
                  double *restrict normal);

#endif
