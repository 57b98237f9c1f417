#ifndef TAILRACE_SIM_RNG_H
#define TAILRACE_SIM_RNG_H

#include <stdint.h>

#include "sim/lanes.h"

/* LANES independent PCG32 generators side by side, one for each path of a block. */
struct rng {
    uint64_t state[LANES];
    uint64_t increment[LANES]; /* odd */
};

/* Starts the streams called `stream` of paths first_path .. first_path + LANES - 1. The
 * draw depends on (seed, path, stream, position) alone. */
void rng_start(struct rng *rng, uint64_t seed, uint64_t first_path, const char *stream);

/* The same for any paths, one per lane. */
void rng_start_paths(struct rng *rng, uint64_t seed, const uint64_t *path /* [LANES] */,
                     const char *stream);

/* One uniform in (0, 1) per lane: (k + 1/2) 2^-52, k of 52 bits. Two outputs are used. */
void rng_uniform(struct rng *rng, double *restrict uniform /* [LANES] */);

/* One standard normal per lane by inversion of rng_uniform. Two outputs are used. */
void rng_normal(struct rng *rng, double *restrict normal /* [LANES] */);

/* rng_normal of n_rng generators, one row each: the same numbers, up to 1.2 times as fast.
 */
void rng_normal_rows(struct rng *rng, uint32_t n_rng, lane_row *normal /* [n_rng] */);

/* Moves every lane on by n_output 32-bit outputs in O(log n); negative by wrapping around.
 */
void rng_advance(struct rng *rng, uint64_t n_output);

/* The raw 32-bit outputs, for tests and the bench. */
void rng_raw(struct rng *rng, uint32_t *restrict output /* [LANES] */);

#endif
