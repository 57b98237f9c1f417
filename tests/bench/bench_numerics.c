/* Random numbers and vector mathematics. */
#include "sim/rng.h"
#include "sim/vmath.h"
#include "tests/bench/bench.h"

enum { ROUNDS = 2048, N_ROW = 64, N_STREAM = 10 };

/* ---- Random numbers --------------------------------------------------------------------
 */

struct streams {
    struct rng rng[N_STREAM];
    lane_row row[N_STREAM];
    uint32_t output[N_STREAM][LANES];
};

static void *start_rng(struct arena *arena, const void *input)
{
    struct streams *s = arena_get(arena, 1, sizeof(*s));

    (void)input;
    for (uint32_t i = 0; i < N_STREAM; i++) {
        const char name[] = {(char)('A' + i), '\0'};
        rng_start(&s->rng[i], 20200312, 0, name);
    }
    return s;
}

static double run_raw(void *work)
{
    struct streams *s = work;

    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < N_STREAM; i++)
            rng_raw(&s->rng[i], s->output[i]);
    return (double)ROUNDS * N_STREAM * LANES;
}

static double run_uniform(void *work)
{
    struct streams *s = work;

    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < N_STREAM; i++)
            rng_uniform(&s->rng[i], s->row[i]);
    return (double)ROUNDS * N_STREAM * LANES;
}

static double run_normal(void *work)
{
    struct streams *s = work;

    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < N_STREAM; i++)
            rng_normal(&s->rng[i], s->row[i]);
    return (double)ROUNDS * N_STREAM * LANES;
}

static double run_normal_rows(void *work)
{
    struct streams *s = work;

    for (int round = 0; round < ROUNDS; round++)
        rng_normal_rows(s->rng, N_STREAM, s->row);
    return (double)ROUNDS * N_STREAM * LANES;
}

/* ---- Vector mathematics ----------------------------------------------------------------
 */

struct rows {
    lane_row in[N_ROW], out[N_ROW];
};

struct range {
    double low, high;
};

static void *start_rows(struct arena *arena, const void *input)
{
    const struct range *range = input;
    struct rows *rows = arena_get(arena, 1, sizeof(*rows));
    struct rng rng;

    rng_start(&rng, 1, 0, "bench");
    for (int i = 0; i < N_ROW; i++) {
        rng_uniform(&rng, rows->in[i]);
        for (int k = 0; k < LANES; k++)
            rows->in[i][k] = range->low + (range->high - range->low) * rows->in[i][k];
    }
    return rows;
}

static const struct range exp_range = {-20.0, 20.0}, log_range = {0.01, 1000.0};
static const struct range cdf_range = {-8.0, 8.0}, quantile_range = {0.0, 1.0};

/* One loop per function, so that each is inlined; the volatile count keeps the rounds
 * apart. */
static double run_exp(void *work)
{
    struct rows *const restrict r = work;
    volatile int round = 0;

    for (; round < ROUNDS / N_ROW; round++)
        for (int i = 0; i < N_ROW; i++)
            for (int k = 0; k < LANES; k++)
                r->out[i][k] = vm_exp(r->in[i][k]);
    return (double)ROUNDS * LANES;
}
static double run_log(void *work)
{
    struct rows *const restrict r = work;
    volatile int round = 0;

    for (; round < ROUNDS / N_ROW; round++)
        for (int i = 0; i < N_ROW; i++)
            for (int k = 0; k < LANES; k++)
                r->out[i][k] = vm_log(r->in[i][k]);
    return (double)ROUNDS * LANES;
}
static double run_cdf(void *work)
{
    struct rows *const restrict r = work;
    volatile int round = 0;

    for (; round < ROUNDS / N_ROW; round++)
        for (int i = 0; i < N_ROW; i++)
            for (int k = 0; k < LANES; k++)
                r->out[i][k] = vm_normal_cdf(r->in[i][k]);
    return (double)ROUNDS * LANES;
}
static double run_quantile(void *work)
{
    struct rows *const restrict r = work;
    volatile int round = 0;

    for (; round < ROUNDS / N_ROW; round++)
        for (int i = 0; i < N_ROW; i++)
            for (int k = 0; k < LANES; k++)
                r->out[i][k] = vm_normal_quantile(r->in[i][k]);
    return (double)ROUNDS * LANES;
}

const struct bench_figure bench_numerics[] = {
    {"rng.pcg32_raw", "M/s", 1e6, NULL, start_rng, run_raw, NULL},
    {"rng.uniform", "M/s", 1e6, NULL, start_rng, run_uniform, NULL},
    {"rng.normal", "M/s", 1e6, NULL, start_rng, run_normal, NULL},
    {"rng.normal_rows", "M/s", 1e6, NULL, start_rng, run_normal_rows, NULL},
    {"vmath.exp", "M/s", 1e6, &exp_range, start_rows, run_exp, NULL},
    {"vmath.log", "M/s", 1e6, &log_range, start_rows, run_log, NULL},
    {"vmath.normal_cdf", "M/s", 1e6, &cdf_range, start_rows, run_cdf, NULL},
    {"vmath.normal_quantile", "M/s", 1e6, &quantile_range, start_rows, run_quantile, NULL},
    {.name = NULL},
};
