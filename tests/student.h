#ifndef TAILRACE_TESTS_STUDENT_H
#define TAILRACE_TESTS_STUDENT_H

#include <stdint.h>

/* Returns of three assets whose dependence is known. */
enum { STUDENT_ASSETS = 3 };

extern const double student_correlation[STUDENT_ASSETS][STUDENT_ASSETS];

/* [n][STUDENT_ASSETS] Student returns with that correlation; INFINITY degrees of freedom:
 * normal. To be freed. */
double *student_returns(uint32_t n, double degrees_of_freedom, uint64_t seed);

#endif
