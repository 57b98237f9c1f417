/* The scale of Student's t against GSL's chi-square quantiles. */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "sim/student.h"

/* Uniforms as small and as large as rng_uniform gives, and some between the knots. */
Test(student, scale_is_that_of_the_chi_square_quantile)
{
    static const double degrees[] = {2.05, 2.385, 3.0, 4.0, 7.31, 30.0, 123.4, 400.0};
    static const double tail[] = {0x1p-53, 1.7e-12, 3.1e-8, 2.385e-5, 0.0041,
                                  0.0731,  0.21,    0.317,  0.4444,   0.5};
    enum { N_TAIL = sizeof tail / sizeof *tail };

    for (size_t d = 0; d < sizeof degrees / sizeof *degrees; d++) {
        struct student table;
        student_prepare(&table, degrees[d]);
        for (int i = 0; i < 2 * N_TAIL; i++) {
            const double u = i < N_TAIL ? tail[i] : 1.0 - tail[i - N_TAIL];
            const double w = i < N_TAIL ? gsl_cdf_chisq_Pinv(u, degrees[d])
                                        : gsl_cdf_chisq_Qinv(1.0 - u, degrees[d]);
            const double expected = sqrt(degrees[d] / w);
            lane_row uniform, scale;
            for (int k = 0; k < LANES; k++)
                uniform[k] = u;
            student_scale(&table, uniform, scale);
            cr_assert_leq(fabs(scale[0] / expected - 1.0), 1e-9,
                          "nu %g, u %g: %.15g, expected %.15g", degrees[d], u, scale[0],
                          expected);
        }
    }
}
