#include "tests/bits/bits.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "sim/denormals.h"
#include "sim/rng.h"
#include "sim/vmath.h"

enum { N = 1 << 15 };

static double in[N], out[N]; /* not on the stack: the loops are to run over memory */

uint64_t bits_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t bits_hash(uint64_t h, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = bits_mix(h ^ (isnan(x[i]) ? UINT64_C(0x7ff8000000000000) : vm_bits(x[i]))) +
            UINT64_C(0x9e3779b97f4a7c15);
    return h;
}

void bits_show(const char *kind, const char *name, uint64_t h)
{
    printf("%s %s %016llx\n", kind, name, (unsigned long long)h);
}

/* ---- Functions -------------------------------------------------------------------------
 */

enum { EXP, EXPM1, LOG, PDF, MILLS, CDF, MINUS_LOG, QUANTILE, DRAW, N_FUNCTION };

static const struct {
    const char *name;
    double low, high;
    bool any; /* defined for every pattern of bits */
} functions[N_FUNCTION] = {
    [EXP] = {"exp", -750.0, 715.0, true},
    [EXPM1] = {"expm1", -2.0, 2.0, true},
    [LOG] = {"log", 0.0, 10.0, true},
    [PDF] = {"normal_pdf", -40.0, 40.0, true},
    [MILLS] = {"normal_mills", 0.0, 40.0, false},
    [CDF] = {"normal_cdf", -40.0, 10.0, true},
    [MINUS_LOG] = {"minus_log", 1e-300, 0.5, false},
    [QUANTILE] = {"normal_quantile", 1e-300, 1.0, false},
    [DRAW] = {"normal_draw", -0.4999999, 0.4999999, false},
};

/* out = function(in), each in a loop of its own so that the compiler makes vectors of it. */
static void apply(int function)
{
    const double *restrict x = in;
    double *restrict y = out;

    if (function == EXP)
        for (int i = 0; i < N; i++)
            y[i] = vm_exp(x[i]);
    if (function == EXPM1)
        for (int i = 0; i < N; i++)
            y[i] = vm_expm1(x[i]);
    if (function == LOG)
        for (int i = 0; i < N; i++)
            y[i] = vm_log(x[i]);
    if (function == PDF)
        for (int i = 0; i < N; i++)
            y[i] = vm_normal_pdf(x[i]);
    if (function == MILLS)
        for (int i = 0; i < N; i++)
            y[i] = vm_normal_mills(x[i]);
    if (function == CDF)
        for (int i = 0; i < N; i++)
            y[i] = vm_normal_cdf(x[i]);
    if (function == MINUS_LOG)
        for (int i = 0; i < N; i++)
            y[i] = vm_minus_log(x[i]);
    if (function == QUANTILE)
        for (int i = 0; i < N; i++)
            y[i] = vm_normal_quantile(x[i]);
    if (function == DRAW)
        for (int i = 0; i < N; i++)
            y[i] = vm_normal_draw(x[i], vm_minus_log(0.5 - fabs(x[i])));
}

static void print_functions(void)
{
    for (int f = 0; f < N_FUNCTION; f++) {
        uint64_t h = 0;
        for (int i = 0; i < N; i++) {
            const double u = ((double)(bits_mix((uint64_t)i) >> 11) + 0.5) * 0x1p-53;
            in[i] = functions[f].low + (functions[f].high - functions[f].low) * u;
        }
        apply(f);
        h = bits_hash(h, out, N);
        for (int i = 0; functions[f].any && i < N; i++)
            in[i] = vm_from_bits(bits_mix(UINT64_C(0x2385) << 32 | (uint64_t)i));
        apply(f);
        bits_show("function", functions[f].name, bits_hash(h, out, N));
    }
}

/* Half of the least normal number before, while and after denormals are flushed. */
static void print_denormals(void)
{
    volatile double half = 0.5, least = 0x1p-1074;
    volatile double
        kept[4]; /* in memory, lest a product moves to where the mode is another */
    double seen[4];

    kept[0] = half * DBL_MIN;
    const uint64_t mode = denormals_flush();
    kept[1] = half * DBL_MIN;   /* a result */
    kept[2] = least * 0x1p1000; /* an argument */
    denormals_restore(mode);
    kept[3] = half * DBL_MIN;
    for (int i = 0; i < 4; i++)
        seen[i] = kept[i];
    if (seen[1] != 0.0 || seen[2] != 0.0 || seen[3] == 0.0)
        printf("denormals are not flushed: %a %a %a\n", seen[1], seen[2], seen[3]);
    bits_show("denormals", "flush", bits_hash(0, seen, 4));
}

/* ---- Random numbers --------------------------------------------------------------------
 */

static void print_random(void)
{
    static double normal[N_PATH], uniform[N_PATH];
    static struct rng rng;
    static lane_row row;

    for (uint64_t first = 0; first < N_PATH; first += LANES) {
        rng_start(&rng, 7, first, "ETH");
        rng_advance(&rng, UINT64_C(1) << 33);
        rng_normal(&rng, row);
        for (int k = 0; k < LANES && first + (uint64_t)k < N_PATH; k++)
            normal[first + (uint64_t)k] = row[k];
        rng_uniform(&rng, row);
        for (int k = 0; k < LANES && first + (uint64_t)k < N_PATH; k++)
            uniform[first + (uint64_t)k] = row[k];
    }
    bits_show("random", "normal", bits_hash(0, normal, N_PATH));
    bits_show("random", "uniform", bits_hash(0, uniform, N_PATH));
}

void bits_numerics(void)
{
    print_functions();
    print_denormals();
    print_random();
}
