#include "tests/student.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "tests/draws.h"

const double student_correlation[STUDENT_ASSETS][STUDENT_ASSETS] = {
    {1.0, 0.83, 0.41}, {0.83, 1.0, 0.55}, {0.41, 0.55, 1.0}};
static const double scale[STUDENT_ASSETS] = {0.021, 0.034, 0.058};

/* Lower triangle of the Cholesky factor of the correlation. */
static void factor(double l[STUDENT_ASSETS][STUDENT_ASSETS])
{
    for (int i = 0; i < STUDENT_ASSETS; i++)
        for (int j = 0; j <= i; j++) {
            double sum = student_correlation[i][j];

            for (int k = 0; k < j; k++)
                sum -= l[i][k] * l[j][k];
            l[i][j] = i == j ? sqrt(sum) : sum / l[j][j];
        }
}

double *student_returns(uint32_t n, double nu, uint64_t seed)
{
    double l[STUDENT_ASSETS][STUDENT_ASSETS],
        *x = malloc(sizeof(double) * STUDENT_ASSETS * n);
    struct draws draws;

    factor(l);
    draws_start(&draws, seed, "test");
    for (uint32_t row = 0; row < n; row++) {
        const double chi =
            isinf(nu) ? 1.0 : sqrt(nu / gsl_cdf_chisq_Pinv(draws_uniform(&draws), nu));
        double z[STUDENT_ASSETS];

        for (int i = 0; i < STUDENT_ASSETS; i++) {
            z[i] = draws_normal(&draws);
            x[row * STUDENT_ASSETS + i] = 0.0;
            for (int k = 0; k <= i; k++)
                x[row * STUDENT_ASSETS + i] += l[i][k] * z[k] * chi * scale[i];
        }
    }
    return x;
}
