#ifndef TAILRACE_SIM_STUDY_KOU_DENSITY_H
#define TAILRACE_SIM_STUDY_KOU_DENSITY_H

#include <stdint.h>

/* Parameters of Kou's model over one step. */
struct kou_step {
    double mean;               /* of the diffusion */
    double sd;                 /* of the diffusion, above 0 */
    double jumps;              /* expected number, 0 .. 3 */
    double up_probability;     /* of a jump */
    double up_mean, down_mean; /* of |jump|, above 0 */
};

/* Sum of the logarithms of the density at x [n], which must be in increasing order. */
double kou_log_density(const struct kou_step *step, const double *x, uint32_t n);

#endif
