#include "tests/model_series.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "models/registry.h"
#include "sim/rng.h"
#include "sim/study/fit.h"

/* Everything that one block of paths of one asset needs. */
struct block {
    const struct price_model *model;
    void *param, *coef; /* param: of `set` */
    struct price_step step;
    struct rng rng[PRICE_MAX_DRAWS + 1];
    lane_row row[PRICE_MAX_DRAWS], state[PRICE_MAX_STATE], shock, factor, spot, jumps;
};

static void block_start(struct model_series *s, struct block *b)
{
    static const char *const name = "BTC";
    static const double spot_usd = 100.0;
    const void *param = s->param != NULL ? s->param : b->param;
    struct error err;
    const struct price_setup setup = {.step_years = s->step_s / FIT_YEAR_S,
                                      .n_step = s->n,
                                      .spot_usd = spot_usd,
                                      .n_asset = 1,
                                      .asset_name = &name,
                                      .asset_spot_usd = &spot_usd,
                                      .model = &b->model,
                                      .param = &param,
                                      .arena = &s->arena};

    b->coef = arena_get(&s->arena, 1, b->model->coef_size);
    cr_assert(b->model->prepare(param, &setup, b->coef, &err), "%s", err.text);
    b->step = (struct price_step){.shock = b->shock,
                                  .vol_factor = b->factor,
                                  .jumps_before = &b->jumps,
                                  .jumps = b->jumps,
                                  .spot_usd = b->spot};
    for (uint32_t i = 0; i < b->model->n_draw; i++) {
        b->step.draw[i] = b->row[i];
        rng_start(&b->rng[i + 1], s->seed, s->first_path, b->model->draws[i].name);
    }
    for (uint32_t i = 0; i < b->model->n_state; i++)
        b->step.state[i] = b->state[i];
    rng_start(&b->rng[0], s->seed, s->first_path, "diffusion");
    for (int k = 0; k < LANES; k++)
        b->factor[k] = 1.0;
    if (b->model->start != NULL)
        b->model->start(b->coef, b->step.state);
}

static void block_step(struct block *b, uint32_t step)
{
    b->step.step = step;
    rng_normal(&b->rng[0], b->shock);
    for (uint32_t i = 0; i < b->model->n_draw; i++)
        if (b->model->draws[i].normal)
            rng_normal(&b->rng[i + 1], b->row[i]);
        else
            rng_uniform(&b->rng[i + 1], b->row[i]);
    for (int k = 0; k < LANES; k++)
        b->spot[k] = 100.0;
    b->model->step(b->coef, &b->step);
}

bool model_series_run(struct model_series *s)
{
    struct block *b;
    bool *starts;
    double *end_s;

    memset(&s->arena, 0, sizeof s->arena);
    b = arena_get(&s->arena, 1, sizeof *b);
    b->model = registry_price_find(s->model);
    if (b->model == NULL)
        return false;
    b->param = arena_get(&s->arena, 1, b->model->about.param_size);
    field_presets(b->model->about.fields, b->param);
    for (int i = 0; s->set[i].key != NULL; i++)
        if (s->set[i].choice != NULL)
            fit_choose(b->model, b->param, s->set[i].key, s->set[i].choice);
        else
            cr_assert(fit_set(b->model, b->param, s->set[i].key, s->set[i].value), "%s",
                      s->set[i].key);
    block_start(s, b);
    starts = arena_get(&s->arena, s->n, sizeof *starts);
    end_s = arena_get(&s->arena, s->n, sizeof *end_s);
    double *out = arena_get(&s->arena, (size_t)s->n * LANES, sizeof *out);
    for (uint32_t i = 0; i < s->n; i++) {
        starts[i] = i == 0;
        end_s[i] = 1.6e9 + s->step_s * (i + 1.0);
        block_step(b, i + 1);
        for (int k = 0; k < LANES; k++)
            out[(size_t)k * s->n + i] = log(b->spot[k] / 100.0);
    }
    for (int k = 0; k < LANES; k++)
        s->series[k] =
            (struct returns){out + (size_t)k * s->n, end_s, starts, s->n, s->step_s};
    return true;
}

void model_series_close(struct model_series *s)
{
    arena_free(&s->arena);
}

double model_series_value(const struct model_series *s, const char *key)
{
    for (int i = 0; s->set[i].key != NULL; i++)
        if (strcmp(s->set[i].key, key) == 0)
            return s->set[i].value;
    return NAN;
}
