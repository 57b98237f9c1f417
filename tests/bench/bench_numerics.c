/* Random numbers, vector mathematics and paths of ten correlated assets. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/registry.h"
#include "sim/market.h"
#include "sim/rng.h"
#include "sim/vmath.h"
#include "tests/bench/bench.h"

enum { ROUNDS = 2048, N_ROW = 64, N_ASSET = 10, N_NORMAL = 12, N_STEP = 288 };

/* ---- Random numbers --------------------------------------------------------------------
 */

struct streams {
    struct rng rng[N_ASSET];
    lane_row row[N_ASSET];
    uint32_t output[N_ASSET][LANES];
};

static void *start_rng(struct arena *arena)
{
    struct streams *s = arena_get(arena, 1, sizeof(*s));

    for (uint32_t i = 0; i < N_ASSET; i++) {
        const char name[] = {(char)('A' + i), '\0'};
        rng_start(&s->rng[i], 20200312, 0, name);
    }
    return s;
}

static double run_raw(void *work)
{
    struct streams *s = work;

    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < N_ASSET; i++)
            rng_raw(&s->rng[i], s->output[i]);
    return (double)ROUNDS * N_ASSET * LANES;
}

static double run_uniform(void *work)
{
    struct streams *s = work;

    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < N_ASSET; i++)
            rng_uniform(&s->rng[i], s->row[i]);
    return (double)ROUNDS * N_ASSET * LANES;
}

static double run_normal(void *work)
{
    struct streams *s = work;

    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < N_ASSET; i++)
            rng_normal(&s->rng[i], s->row[i]);
    return (double)ROUNDS * N_ASSET * LANES;
}

static double run_normal_rows(void *work)
{
    struct streams *s = work;

    for (int round = 0; round < ROUNDS; round++)
        rng_normal_rows(s->rng, N_ASSET, s->row);
    return (double)ROUNDS * N_ASSET * LANES;
}

/* ---- Vector mathematics ----------------------------------------------------------------
 */

struct rows {
    lane_row in[N_ROW], out[N_ROW];
};

static struct rows *start_rows(struct arena *arena, double low, double high)
{
    struct rows *rows = arena_get(arena, 1, sizeof(*rows));
    struct rng rng;

    rng_start(&rng, 1, 0, "bench");
    for (int i = 0; i < N_ROW; i++) {
        rng_uniform(&rng, rows->in[i]);
        for (int k = 0; k < LANES; k++)
            rows->in[i][k] = low + (high - low) * rows->in[i][k];
    }
    return rows;
}

static void *start_exp(struct arena *arena)
{
    return start_rows(arena, -20.0, 20.0);
}
static void *start_log(struct arena *arena)
{
    return start_rows(arena, 0.01, 1000.0);
}
static void *start_cdf(struct arena *arena)
{
    return start_rows(arena, -8.0, 8.0);
}
static void *start_quantile(struct arena *arena)
{
    return start_rows(arena, 0.0, 1.0);
}

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

/* ---- Paths -----------------------------------------------------------------------------
 */

/* A number of a model's table; the others keep their defaults. A key of NULL ends a list. */
struct model_number {
    const char *key;
    double value;
};

struct paths {
    const struct price_model *model;
    void *coef;
    double factor[N_ASSET][N_NORMAL]; /* lower-triangular root of the correlation matrix */
    struct rng rng[N_ASSET], draw_rng[N_ASSET][PRICE_MAX_DRAWS];
    lane_row normal[N_NORMAL], shock[N_ASSET], draw[PRICE_MAX_DRAWS], one,
        spot_usd[N_ASSET], state[N_ASSET][PRICE_MAX_STATE];
};

static void *read_numbers(struct arena *arena, const struct price_model *model,
                          const struct model_number *number)
{
    void *param = arena_get(arena, 1, model->about.param_size);

    field_presets(model->about.fields, param);
    for (; number->key != NULL; number++)
        for (const struct field *f = model->about.fields; f->key != NULL; f++)
            if (strcmp(f->key, number->key) == 0)
                *(double *)(void *)((char *)param + f->offset) = number->value;
    return param;
}

static void *start_paths(struct arena *arena, const char *model,
                         const struct model_number *number)
{
    struct paths *p = arena_get(arena, 1, sizeof(*p));
    const double rho = 0.6, step_years = 1.0 / (365.0 * 288.0);
    struct error err;
    char name[64];

    p->model = registry_price_find(model);
    p->coef = arena_get(arena, 1, p->model->coef_size);
    const void *param = read_numbers(arena, p->model, number);
    const struct price_setup setup = {.step_years = step_years,
                                      .n_step = N_STEP,
                                      .spot_usd = 2385.0,
                                      .n_asset = 1,
                                      .asset_name = &model,
                                      .model = &p->model,
                                      .param = &param,
                                      .arena = arena};
    if (!p->model->prepare(param, &setup, p->coef, &err)) {
        fprintf(stderr, "tailrace-bench: %s\n", err.text);
        exit(1);
    }
    for (int i = 0; i < N_ASSET; i++) { /* Cholesky of 1 on and rho off the diagonal */
        for (int j = 0; j <= i; j++) {
            double sum = i == j ? 1.0 : rho;
            for (int l = 0; l < j; l++)
                sum -= p->factor[i][l] * p->factor[j][l];
            p->factor[i][j] = i == j ? sqrt(sum) : sum / p->factor[j][j];
        }
        snprintf(name, sizeof(name), "A%d", i);
        rng_start(&p->rng[i], 1, 0, name);
        for (uint32_t d = 0; d < p->model->n_draw; d++) {
            snprintf(name, sizeof(name), "A%d/%s", i, p->model->draws[d].name);
            rng_start(&p->draw_rng[i][d], 1, 0, name);
        }
    }
    for (int k = 0; k < LANES; k++)
        p->one[k] = 1.0;
    return p;
}

static void *start_gbm(struct arena *arena)
{
    static const struct model_number number[] = {
        {"drift_annual", 0.1}, {"volatility_annual", 0.8}, {NULL, 0.0}};

    return start_paths(arena, "gbm", number);
}
static void *start_merton(struct arena *arena)
{
    static const struct model_number number[] = {
        {"drift_annual", 0.1},    {"volatility_annual", 0.8}, {"jumps_per_year", 12.0},
        {"jump_log_mean", -0.05}, {"jump_log_sd", 0.1},       {NULL, 0.0}};

    return start_paths(arena, "merton", number);
}

/* One block through one day in steps of five minutes. */
static double run_paths(void *work)
{
    struct paths *p = work;
    struct price_step s = {.vol_factor = p->one};

    for (uint32_t d = 0; d < p->model->n_draw; d++)
        s.draw[d] = p->draw[d];
    memset(p->state, 0, sizeof(p->state));
    for (int i = 0; i < N_ASSET; i++) {
        for (uint32_t d = 0; d < PRICE_MAX_STATE; d++)
            s.state[d] = p->state[i][d];
        if (p->model->start != NULL)
            p->model->start(p->coef, s.state);
        for (int k = 0; k < LANES; k++)
            p->spot_usd[i][k] = 2385.0;
    }
    for (int step = 0; step < N_STEP; step++) {
        s.step = (uint32_t)step + 1;
        rng_normal_rows(p->rng, N_ASSET, p->normal);
        market_correlate(p->factor[0], N_ASSET, (const lane_row *)p->normal, p->shock);
        for (int i = 0; i < N_ASSET; i++) {
            s.shock = p->shock[i];
            for (uint32_t d = 0; d < p->model->n_draw; d++) {
                if (p->model->draws[d].normal)
                    rng_normal(&p->draw_rng[i][d], p->draw[d]);
                else
                    rng_uniform(&p->draw_rng[i][d], p->draw[d]);
            }
            s.spot_usd = p->spot_usd[i];
            for (uint32_t d = 0; d < PRICE_MAX_STATE; d++)
                s.state[d] = p->state[i][d];
            p->model->step(p->coef, &s);
        }
    }
    return (double)N_STEP * N_ASSET * LANES;
}

const struct bench_figure bench_numerics[] = {
    {"rng.pcg32_raw", "M/s", 1e6, start_rng, run_raw, NULL},
    {"rng.uniform", "M/s", 1e6, start_rng, run_uniform, NULL},
    {"rng.normal", "M/s", 1e6, start_rng, run_normal, NULL},
    {"rng.normal_rows", "M/s", 1e6, start_rng, run_normal_rows, NULL},
    {"vmath.exp", "M/s", 1e6, start_exp, run_exp, NULL},
    {"vmath.log", "M/s", 1e6, start_log, run_log, NULL},
    {"vmath.normal_cdf", "M/s", 1e6, start_cdf, run_cdf, NULL},
    {"vmath.normal_quantile", "M/s", 1e6, start_quantile, run_quantile, NULL},
    {"paths.gbm", "M/s", 1e6, start_gbm, run_paths, NULL},
    {"paths.merton", "M/s", 1e6, start_merton, run_paths, NULL},
    {NULL, NULL, 0.0, NULL, NULL, NULL},
};
