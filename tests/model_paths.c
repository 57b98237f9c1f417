#include "tests/model_paths.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/arena.h"
#include "sim/rng.h"

static void *read_numbers(struct arena *arena, const struct price_model *model,
                          const struct model_number *number)
{
    void *param = arena_get(arena, 1, model->about.param_size);

    field_presets(model->about.fields, param);
    for (; number->key != NULL; number++) {
        const struct field *f = model->about.fields;

        while (f->key != NULL && strcmp(f->key, number->key) != 0)
            f++;
        cr_assert(f->key != NULL && f->type == FIELD_NUMBER, "%s has no number %s",
                  model->about.name, number->key);
        *(double *)(void *)((char *)param + f->offset) = number->value;
    }
    return param;
}

/* One block; the streams are named as in a market with the asset ETH. */
static void run_block(const struct model_paths *p, const void *coef, uint64_t first_path)
{
    struct rng diffusion, rng[PRICE_MAX_DRAWS];
    lane_row shock, factor, spot, draw[PRICE_MAX_DRAWS], state[PRICE_MAX_STATE] = {{0.0}};
    struct price_step s = {.shock = shock, .vol_factor = factor, .spot_usd = spot};

    rng_start(&diffusion, p->seed, first_path, "ETH/diffusion");
    for (uint32_t d = 0; d < p->model->n_draw; d++) {
        char name[64];
        snprintf(name, sizeof name, "ETH/%s", p->model->draws[d].name);
        rng_start(&rng[d], p->seed, first_path, name);
        s.draw[d] = draw[d];
    }
    for (uint32_t i = 0; i < PRICE_MAX_STATE; i++)
        s.state[i] = state[i];
    if (p->model->start != NULL)
        p->model->start(coef, s.state);
    for (int k = 0; k < LANES; k++)
        spot[k] = p->spot_usd;
    for (int step = 1; step <= p->n_step; step++) {
        s.step = (uint32_t)step;
        rng_normal(&diffusion, shock);
        for (uint32_t d = 0; d < p->model->n_draw; d++) {
            if (p->model->draws[d].normal)
                rng_normal(&rng[d], draw[d]);
            else
                rng_uniform(&rng[d], draw[d]);
        }
        for (int k = 0; k < LANES; k++)
            factor[k] =
                p->vol_factor != NULL ? p->vol_factor(step, first_path + (uint64_t)k) : 1.0;
        p->model->step(coef, &s);
    }
    memcpy(p->final_usd + first_path, spot, sizeof spot);
    if (p->model->volatility != NULL)
        p->model->volatility(coef, (const double *const *)s.state,
                             p->volatility + first_path);
}

void model_paths_run(struct model_paths *p)
{
    struct arena arena = {0};
    struct error err;
    const void *param = read_numbers(&arena, p->model, p->number);
    void *coef = arena_get(&arena, 1, p->model->coef_size);
    const char *name = "ETH";
    const struct price_setup setup = {.step_years = p->years / p->n_step,
                                      .n_step = (uint32_t)p->n_step,
                                      .spot_usd = p->spot_usd,
                                      .n_asset = 1,
                                      .asset_name = &name,
                                      .model = &p->model,
                                      .param = &param,
                                      .arena = &arena};

    p->n_path = (p->n_path + LANES - 1) / LANES * LANES;
    p->final_usd = calloc(p->n_path, sizeof *p->final_usd);
    p->volatility = calloc(p->n_path, sizeof *p->volatility);
    cr_assert(p->final_usd != NULL && p->volatility != NULL);
    cr_assert(p->model->prepare(param, &setup, coef, &err), "%s", err.text);
    for (uint64_t path = 0; path < p->n_path; path += LANES)
        run_block(p, coef, path);
    arena_free(&arena);
}

void model_paths_free(struct model_paths *p)
{
    free(p->final_usd);
    free(p->volatility);
}

struct path_mean path_mean(const double *x, uint64_t n)
{
    double sum = 0.0, square = 0.0;

    for (uint64_t i = 0; i < n; i++)
        sum += x[i];
    const double mean = sum / (double)n;
    for (uint64_t i = 0; i < n; i++)
        square += (x[i] - mean) * (x[i] - mean);
    return (struct path_mean){mean, sqrt(square / (double)n / (double)n)};
}

/* Mean of max(a S + b, floor). */
static struct path_mean mean_above(const struct model_paths *p, double a, double b,
                                   double floor)
{
    double *x = malloc(p->n_path * sizeof *x);

    cr_assert(x != NULL);
    for (uint64_t i = 0; i < p->n_path; i++)
        x[i] = fmax(a * p->final_usd[i] + b, floor);
    const struct path_mean m = path_mean(x, p->n_path);
    free(x);
    return m;
}

struct path_mean model_paths_option(const struct model_paths *p, bool call, double strike)
{
    return call ? mean_above(p, 1.0, -strike, 0.0) : mean_above(p, -1.0, strike, 0.0);
}

struct path_mean model_paths_growth(const struct model_paths *p)
{
    return mean_above(p, 1.0 / p->spot_usd, 0.0, 0.0);
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double model_paths_distance(const struct model_paths *p, characteristic cf,
                            const void *context, double u_max, double mean, double sd)
{
    enum { N_GRID = 161, N_U_MAX = 20000 };
    const double range = 8.0, du = 0.5 / sd / range; /* periodic images 100 sd away */
    const int n_u = (int)ceil(u_max / du);
    double complex *phi = malloc(N_U_MAX * sizeof *phi);
    double *x = malloc(p->n_path * sizeof *x), largest = 0.0;
    uint64_t below = 0;

    cr_assert(phi != NULL && x != NULL);
    cr_assert_leq(n_u, (int)N_U_MAX);
    for (int i = 0; i < n_u; i++)
        phi[i] = cf((i + 0.5) * du, context) / (i + 0.5);
    for (uint64_t i = 0; i < p->n_path; i++)
        x[i] = log(p->final_usd[i] / p->spot_usd);
    qsort(x, p->n_path, sizeof *x, compare_doubles);
    for (int g = 0; g < N_GRID; g++) {
        const double at = mean + sd * range * (2.0 * g / (N_GRID - 1.0) - 1.0);
        double sum = 0.0;

        for (int i = 0; i < n_u; i++)
            sum += cimag(phi[i] * cexp(-I * (i + 0.5) * du * at));
        while (below < p->n_path && x[below] <= at)
            below++;
        largest = fmax(largest,
                       fabs((double)below / (double)p->n_path - (0.5 - sum / acos(-1.0))));
    }
    free(phi);
    free(x);
    return largest * sqrt((double)p->n_path);
}
