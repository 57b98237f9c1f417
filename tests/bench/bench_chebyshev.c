/* Interpolation of a book's sums: ten digitals of volatility 0.1 over a range of three times
 * the price, to 1e-9; about five pieces with 17 terms. Items are lanes. */
#include <assert.h>
#include <math.h>

#include "sim/chebyshev.h"
#include "sim/vmath.h"
#include "tests/bench/bench.h"
#include "tests/option_case.h"

enum { N_SUM = 10, N_ROW = 256 };

struct rows {
    struct chebyshev c;
    lane_row x[N_ROW], y[N_ROW][1];
    lane_row out[N_SUM], outside;
};
static const uint32_t no_state = 0, one_state = 1;

static void digitals(void *context, uint32_t n, const double *x, const lane_row *y,
                     lane_row *out)
{
    const uint32_t n_state = *(const uint32_t *)context;

    (void)n;
    for (int s = 0; s < N_SUM; s++)
        for (int k = 0; k < LANES; k++) {
            const double vol = 0.1 * (n_state > 0 ? vm_exp(y[0][k]) : 1.0);
            out[s][k] = vm_normal_cdf((x[k] - 0.05 * s) / vol);
        }
}

static void *start_digitals(struct arena *arena, const void *input)
{
    static const double tolerance[N_SUM] = {1e-9, 1e-9, 1e-9, 1e-9, 1e-9,
                                            1e-9, 1e-9, 1e-9, 1e-9, 1e-9};
    struct rows *r = arena_get(arena, 1, sizeof *r);
    uint32_t n_state = *(const uint32_t *)input;
    uint64_t state = 1;
    const struct chebyshev_spec spec = {.n_state = n_state,
                                        .n_sum = N_SUM,
                                        .low = {-0.5, -0.2},
                                        .high = {0.6, 0.2},
                                        .tolerance = tolerance,
                                        .max_points = 100000,
                                        .value = digitals,
                                        .context = &n_state};
    const bool converged = chebyshev_build(&spec, arena, &r->c);

    assert(converged);
    (void)converged;
    for (int i = 0; i < N_ROW; i++)
        for (int k = 0; k < LANES; k++) {
            r->x[i][k] = option_case_random(&state, spec.low[0], spec.high[0]);
            r->y[i][0][k] = option_case_random(&state, spec.low[1], spec.high[1]);
        }
    return r;
}

static double run_digitals(void *work)
{
    struct rows *r = work;

    for (int i = 0; i < N_ROW; i++)
        chebyshev_value(&r->c, r->x[i], (const lane_row *)r->y[i], r->out, r->outside);
    return (double)N_ROW * LANES;
}

const struct bench_figure bench_chebyshev[] = {
    {"chebyshev.spot", "M/s", 1e6, &no_state, start_digitals, run_digitals, NULL},
    {"chebyshev.spot_and_state", "M/s", 1e6, &one_state, start_digitals, run_digitals,
     NULL},
    {.name = NULL},
};
