#include "sim/study/forecast.h"

#include <string.h>

#include "sim/rng.h"
#include "sim/stats.h"
#include "sim/study/fit_hawkes.h"

/* A model at work on one block of paths. */
struct machine {
    const struct price_model *model;
    void *coef;
    uint32_t n_draw;
    struct price_draw draw[PRICE_MAX_DRAWS];
    struct rng diffusion, rng[PRICE_MAX_DRAWS];
    lane_row shock, factor, spot, jumps, jumps_before, row[PRICE_MAX_DRAWS],
        state[PRICE_MAX_STATE];
};

/* The draws of the model, then of those that it mixes. */
static void gather_draws(const struct price_model *model, const void *param,
                         struct machine *m)
{
    const struct model_list *base = model->base != NULL ? model->base(param) : NULL;

    for (uint32_t d = 0; d < model->n_draw; d++)
        m->draw[m->n_draw++] = model->draws[d];
    if (base != NULL)
        gather_draws(base->model, base->param[0], m);
}

static void start_block(const struct forecast *f, uint64_t first, struct machine *m)
{
    double *state[PRICE_MAX_STATE];

    rng_start(&m->diffusion, f->seed, f->first_path + first, "forecast/diffusion");
    for (uint32_t d = 0; d < m->n_draw; d++)
        rng_start(&m->rng[d], f->seed, f->first_path + first, m->draw[d].name);
    memset(m->state, 0, sizeof m->state);
    memset(m->jumps, 0, sizeof m->jumps);
    for (int k = 0; k < LANES; k++) {
        m->spot[k] = 1.0;
        m->factor[k] = 1.0;
    }
    for (uint32_t i = 0; i < PRICE_MAX_STATE; i++)
        state[i] = m->state[i];
    if (f->model->start != NULL)
        f->model->start(m->coef, state);
}

static void step_block(const struct forecast *f, uint32_t step, struct machine *m)
{
    struct price_step s = {.step = step,
                           .shock = m->shock,
                           .vol_factor = m->factor,
                           .jumps_before = (const lane_row *)&m->jumps_before,
                           .jumps = m->jumps,
                           .spot_usd = m->spot};

    memcpy(m->jumps_before, m->jumps, sizeof m->jumps);
    memset(m->jumps, 0, sizeof m->jumps);
    rng_normal(&m->diffusion, m->shock);
    for (uint32_t d = 0; d < m->n_draw; d++) {
        if (m->draw[d].normal)
            rng_normal(&m->rng[d], m->row[d]);
        else
            rng_uniform(&m->rng[d], m->row[d]);
        s.draw[d] = m->row[d];
    }
    for (uint32_t i = 0; i < PRICE_MAX_STATE; i++)
        s.state[i] = m->state[i];
    f->model->step(m->coef, &s);
}

bool forecast_losses(const struct forecast *f, double *loss, struct error *err)
{
    static const char *const self = FIT_SELF;
    struct arena arena = {NULL};
    struct machine *m = arena_get(&arena, 1, sizeof *m);
    const struct price_setup setup = {.step_years = f->step_s / FIT_YEAR_S,
                                      .n_step = f->n_step,
                                      .spot_usd = 1.0,
                                      .n_asset = 1,
                                      .asset_name = &self,
                                      .model = &f->model,
                                      .param = &f->param,
                                      .arena = &arena};

    m->coef = arena_get(&arena, 1, f->model->coef_size);
    gather_draws(f->model, f->param, m);
    const bool ok = f->model->prepare(f->param, &setup, m->coef, err);
    for (uint32_t first = 0; ok && first < f->n_draw; first += LANES) {
        start_block(f, first, m);
        for (uint32_t step = 1; step <= f->n_step; step++)
            step_block(f, step, m);
        for (uint32_t k = 0; k < LANES; k++)
            loss[first + k] = 1.0 - m->spot[k];
    }
    if (ok)
        stats_sort(loss, f->n_draw);
    arena_free(&arena);
    return ok;
}
