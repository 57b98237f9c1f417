#ifndef TAILRACE_TESTS_DRAWS_H
#define TAILRACE_TESTS_DRAWS_H

#include "sim/rng.h"

/* Random numbers one by one, for series that a test simulates itself. */
struct draws {
    struct rng rng;
    lane_row row;
    int at;
};

void draws_start(struct draws *draws, uint64_t seed, const char *stream);
double draws_uniform(struct draws *draws);
double draws_normal(struct draws *draws);
/* Poisson by inversion, for means up to a few. */
uint32_t draws_poisson(struct draws *draws, double mean);

#endif
