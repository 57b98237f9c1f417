#include "tests/draws.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

void draws_start(struct draws *draws, uint64_t seed, const char *stream)
{
    rng_start(&draws->rng, seed, 0, stream);
    draws->at = LANES;
}

double draws_uniform(struct draws *draws)
{
    if (draws->at == LANES) {
        rng_uniform(&draws->rng, draws->row);
        draws->at = 0;
    }
    return draws->row[draws->at++];
}

double draws_normal(struct draws *draws)
{
    return gsl_cdf_ugaussian_Pinv(draws_uniform(draws));
}

uint32_t draws_poisson(struct draws *draws, double mean)
{
    const double uniform = draws_uniform(draws);
    double term = exp(-mean), sum = term;
    uint32_t n = 0;

    while (uniform > sum && n < 1000) {
        n++;
        term *= mean / n;
        sum += term;
    }
    return n;
}
