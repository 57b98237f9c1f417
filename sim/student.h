#ifndef TAILRACE_SIM_STUDENT_H
#define TAILRACE_SIM_STUDENT_H

#include "sim/lanes.h"

/* The mixing variable of Student's t: if Z is standard normal, W chi-square with nu degrees
 * of freedom and independent of Z, then Z sqrt(nu / W) is Student t; normals that share one
 * W are multivariate t (Johnson, Kotz and Balakrishnan 1995, chapter 28, equation 28.1;
 * Kotz and Nadarajah 2004, equation 1.2). ln(nu / W) / 2 as a function of the normal
 * quantile of the uniform is smooth and nearly straight (Wilson and Hilferty 1931), so it
 * is tabulated: cubic Hermite pieces, exact at the knots; the relative error of the scale
 * is below 1e-9 (tests/unit/test_student.c). */
enum { STUDENT_PER_UNIT = 32, STUDENT_REACH = 9, N_STUDENT = 2 * 9 * 32 + 1 };
struct student {
    double log_scale[N_STUDENT]; /* at z = -STUDENT_REACH + i / STUDENT_PER_UNIT */
    double slope[N_STUDENT];     /* its change to the next knot at the slope here */
};

/* Degrees of freedom that the table is made for. */
static const double STUDENT_MIN = 2.05, STUDENT_MAX = 400.0;

void student_prepare(struct student *table, double degrees_of_freedom);

/* sqrt(nu / W), W the chi-square quantile of the uniform; rows of LANES. */
void student_scale(const struct student *table, const double *restrict uniform,
                   double *restrict scale);

#endif
