/* PCG32, output XSH RR 64/32 (O'Neill 2014, "PCG: a family of simple fast space-efficient
 * statistically good algorithms for random number generation", HMC-CS-2014-0905,
 * section 6.3): state <- a state + c mod 2^64, output from the state before the step.
 *
 * Every path has one generator per effect. Its state and its increment c both come from a
 * mixing hash of (seed, path, stream name): cutting one sequence into pieces by jumping
 * ahead by 2^48 to 2^60 gives pieces that are correlated by 70 to 270 standard errors in
 * 2^24 pairs, and nothing is gained by relying on neighbouring seeds or increments. With
 * 2^63 increments and 2^64 states two of n streams overlap within L draws with probability
 * n^2 L / 2^127.
 *
 * Uniforms have 52 bits from two outputs: with 32 bits the largest normal is 6.3 and the
 * tail is a staircase beyond 5. Normals are made by inversion, one from one uniform:
 * rejection would use a different number of draws on each path, and Box-Muller, though 1.3
 * times as fast, ties two normals together and is of no use to quasi-Monte Carlo. */
#include "sim/rng.h"

#include "sim/vmath.h"

static const uint64_t PCG_MULTIPLIER = UINT64_C(6364136223846793005);

/* Finaliser of SplitMix64 (Steele, Lea and Flood 2014; variant 13 of Stafford): a
 * bijection. */
static uint64_t mix(uint64_t h)
{
    h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
    return h ^ (h >> 31);
}

/* Takes one more word into a hash; the constant is 2^64 over the golden ratio. */
static uint64_t mix_in(uint64_t h, uint64_t word)
{
    return mix(mix(h + UINT64_C(0x9e3779b97f4a7c15)) ^ word);
}

static uint64_t hash_text(uint64_t h, const char *text)
{
    uint64_t length = 0;

    for (; text[length] != '\0'; length++)
        h = mix_in(h, (unsigned char)text[length]);
    return mix_in(h, length);
}

/* The output of a state in the low 32 bits; 64-bit arithmetic keeps the lanes in place. */
static inline uint64_t pcg_output(uint64_t state)
{
    const uint64_t word = (((state >> 18) ^ state) >> 27) & UINT64_C(0xffffffff);

    return ((word | (word << 32)) >> (state >> 59)) & UINT64_C(0xffffffff);
}

/* Two steps of one lane: 1 + k 2^-52 with k from the 32 bits of the first output and the
 * upper 20 of the second. */
static inline double pcg_one_to_two(uint64_t *state, uint64_t increment)
{
    const uint64_t first = *state;
    const uint64_t second = first * PCG_MULTIPLIER + increment;
    const uint64_t k = (pcg_output(first) << 20) | (pcg_output(second) >> 12);

    *state = second * PCG_MULTIPLIER + increment;
    return vm_from_bits(k | UINT64_C(0x3ff0000000000000));
}

void rng_start_paths(struct rng *rng, uint64_t seed, const uint64_t *path,
                     const char *stream)
{
    const uint64_t key = hash_text(mix_in(0, seed), stream);

    for (int k = 0; k < LANES; k++) {
        const uint64_t path_key = mix_in(key, path[k]);

        rng->state[k] = mix_in(path_key, 1);
        rng->increment[k] = mix_in(path_key, 2) | 1;
    }
}

void rng_start(struct rng *rng, uint64_t seed, uint64_t first_path, const char *stream)
{
    uint64_t path[LANES];

    for (int k = 0; k < LANES; k++)
        path[k] = first_path + (uint64_t)k;
    rng_start_paths(rng, seed, path, stream);
}

void rng_raw(struct rng *rng, uint32_t *restrict output)
{
    for (int k = 0; k < LANES; k++) {
        output[k] = (uint32_t)pcg_output(rng->state[k]);
        rng->state[k] = rng->state[k] * PCG_MULTIPLIER + rng->increment[k];
    }
}

void rng_uniform(struct rng *rng, double *restrict uniform)
{
    for (int k = 0; k < LANES; k++)
        uniform[k] =
            pcg_one_to_two(&rng->state[k], rng->increment[k]) - (1.0 - 0x1p-53); /* exact */
}

/* In three passes: the processor has work from several streams at hand while a long chain
 * of one of them waits. */
enum { NORMAL_GROUP = 8 };

static void normal_group(struct rng *rng, int n, lane_row *restrict normal)
{
    lane_row centred[NORMAL_GROUP], minus_log[NORMAL_GROUP];

    for (int i = 0; i < n; i++)
        for (int k = 0; k < LANES; k++) /* uniform - 1/2; both steps are exact */
            centred[i][k] =
                pcg_one_to_two(&rng[i].state[k], rng[i].increment[k]) - 1.5 + 0x1p-53;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < LANES; k++)
            minus_log[i][k] = vm_minus_log(0.5 - fabs(centred[i][k]));
    for (int i = 0; i < n; i++)
        for (int k = 0; k < LANES; k++)
            normal[i][k] = vm_normal_draw(centred[i][k], minus_log[i][k]);
}

void rng_normal_rows(struct rng *rng, uint32_t n_rng, lane_row *normal)
{
    for (uint32_t i = 0; i < n_rng; i += NORMAL_GROUP) {
        const uint32_t left = n_rng - i;
        normal_group(rng + i, left < NORMAL_GROUP ? (int)left : NORMAL_GROUP, normal + i);
    }
}

void rng_normal(struct rng *rng, double *restrict normal)
{
    rng_normal_rows(rng, 1, (lane_row *)normal);
}

/* Brown (1994), "Random number generation with arbitrary strides": the powers of the affine
 * map by repeated squaring. */
void rng_advance(struct rng *rng, uint64_t n_output)
{
    for (int k = 0; k < LANES; k++) { /* scalar: a loop in the loop */
        uint64_t multiplier = 1, constant = 0;
        uint64_t square = PCG_MULTIPLIER, square_constant = rng->increment[k];

        for (uint64_t left = n_output; left != 0; left >>= 1) {
            if (left & 1) {
                multiplier *= square;
                constant = constant * square + square_constant;
            }
            square_constant *= square + 1;
            square *= square;
        }
        rng->state[k] = rng->state[k] * multiplier + constant;
    }
}
