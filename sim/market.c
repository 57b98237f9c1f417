/* One step: shocks set factors; correlated normals drive the price models; outstanding
 * impact is refilled; the traded price is model price x shocks x exp(-impact). A shock's
 * factor acts with its value at the end of the step. */

#include "sim/market.h"

#include <math.h>
#include <string.h>

#include "sim/bridge.h"
#include "sim/market_books.h"
#include "sim/oracle.h"
#include "sim/vmath.h"

static const double LN2 = 0x1.62e42fefa39efp-1;
static const double VOLATILITY_MIN = 1e-4; /* 1/sqrt(year), of what implied levels follow */

static struct rng *stream_rng(const struct plan *plan, struct worker *w, uint32_t stream)
{
    return (struct rng *)(void *)w->row[plan->row[ROW_RNG] + 2 * stream];
}

void market_profile(const struct effect *e, double time_s, const double *start_s, double *g)
{
    const double length = e->shape == EFFECT_STEP ? 0.0 : e->duration_s;
    const double slope = e->shape == EFFECT_RAMP ? 1.0 / length : INFINITY;
    const bool ends = e->shape == EFFECT_PULSE && e->recover_fraction == 0.0;
    const double rate = e->recover_fraction > 0.0 ? LN2 / e->recover_half_life_s : 0.0;

    for (int k = 0; k < LANES; k++) {
        const double t = time_s - start_s[k];
        const double rise = e->shape == EFFECT_RAMP ? t * slope : 1.0;
        const double level = t < 0.0 ? 0.0 : (rise < 1.0 ? rise : 1.0);
        const double after = t > length ? t - length : 0.0;
        const double kept = 1.0 - e->recover_fraction * (1.0 - vm_exp(-rate * after));
        g[k] = ends && t >= length ? 0.0 : level * kept;
    }
}

static void draw_once(const struct plan *plan, const struct plan_draw *draw,
                      const char *stream, const uint64_t *path, double *row)
{
    struct rng rng;

    rng_start_paths(&rng, plan->seed, path, stream);
    if (draw->kind == PLAN_UNIFORM)
        rng_uniform(&rng, row);
    else if (draw->kind == PLAN_NORMAL)
        rng_normal(&rng, row);
    for (int k = 0; k < LANES; k++) {
        const double x = draw->kind == PLAN_FIXED ? draw->a
                         : draw->kind == PLAN_UNIFORM
                             ? draw->a + (draw->b - draw->a) * row[k]
                             : draw->a + draw->b * row[k];
        row[k] = draw->exponential ? vm_exp(x) : x;
    }
}

static void fill(double *row, double value)
{
    for (int k = 0; k < LANES; k++)
        row[k] = value;
}

static double effect_neutral(const struct plan *plan, uint32_t state, uint32_t asset)
{
    return state == EFFECT_PRICE     ? 0.0
           : state == EFFECT_TERM    ? 0.0
           : state == EFFECT_SKEW    ? 0.0
           : state == EFFECT_DELAY   ? plan->asset[asset].delay_s
           : state == EFFECT_FUNDING ? plan->asset[asset].funding_8h_frac
                                     : 1.0;
}

/* Effects on a factor add up in its logarithm. */
static bool effect_is_factor(uint32_t state)
{
    return state == EFFECT_VOLATILITY || state == EFFECT_SURFACE || state >= N_EFFECT_ROW;
}

static void asset_start(const struct plan *plan, uint32_t asset, struct worker *w)
{
    const struct plan_asset *a = &plan->asset[asset];
    double *state[PRICE_MAX_STATE];

    fill(worker_row(w, ROW_MODEL, asset),
         a->in_anchor ? a->spot_usd / plan->asset[a->anchor].spot_usd : a->spot_usd);
    fill(worker_row(w, ROW_BASE, asset), a->spot_usd);
    fill(worker_row(w, ROW_SPOT, asset), a->spot_usd);
    for (uint32_t i = 0; i < PRICE_MAX_STATE; i++)
        state[i] = worker_row(w, ROW_MODEL_STATE, asset * PRICE_MAX_STATE + i);
    if (a->model->start != NULL)
        a->model->start(a->coef[w->set], state);
    for (uint32_t state_row = 0; state_row < N_EFFECT_ROW; state_row++)
        fill(worker_row(w, ROW_EFFECT, state_row * plan->n_asset + asset),
             effect_neutral(plan, state_row, asset));
    if (a->model->volatility != NULL &&
        (a->level_beta != 0.0 || a->depth_follows_volatility))
        a->model->volatility(a->coef[w->set], (const double *const *)state,
                             worker_row(w, ROW_VOLATILITY, asset));
}

void market_start(const struct plan *plan, struct worker *w)
{
    uint32_t stream = plan->n_asset;

    memset(w->row, 0, plan->n_row * sizeof *w->row);
    w->step = 0;
    w->time_s = 0.0;
    w->set = plan_set(plan, w->path[0]);
    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        const struct plan_asset *a = &plan->asset[asset];
        asset_start(plan, asset, w);
        rng_start_paths(stream_rng(plan, w, asset), plan->seed, w->path,
                        a->diffusion_stream);
        for (uint32_t i = 0; i < a->n_draw; i++)
            rng_start_paths(stream_rng(plan, w, stream++), plan->seed, w->path,
                            a->draw_stream[i]);
    }
    for (uint32_t i = 0; i < plan->n_effect; i++) {
        const struct effect *e = &plan->effect[i];
        draw_once(plan, &e->size, e->size_stream, w->path, worker_row(w, ROW_SIZE, i));
        draw_once(plan, &e->start, e->start_stream, w->path, worker_row(w, ROW_START, i));
        if (e->state == EFFECT_CORRELATION)
            for (uint32_t asset = 0; asset < plan->n_asset; asset++)
                rng_start_paths(stream_rng(plan, w, stream++), plan->seed, w->path,
                                e->stream[asset]);
    }
    if (plan->copula.n_half > 0)
        rng_start_paths(stream_rng(plan, w, plan->copula_stream), plan->seed, w->path,
                        "market/copula");
    market_books_start(plan, w);
    bridge_start(plan, w);
    oracle_start(plan, w);
}

/* Adds up what the shocks do to every state; logs of factors, or shifts. */
static void effects_step(const struct plan *plan, struct worker *w)
{
    double *g = w->scratch[0];
    bool touched[N_EFFECT_STATE] = {false};

    touched[EFFECT_SURFACE] = plan->level_beta; /* model_step multiplies it in place */
    for (uint32_t i = 0; i < plan->n_effect; i++)
        if (plan->effect[i].state < N_EFFECT_STATE)
            touched[plan->effect[i].state] = true;
    for (uint32_t asset = 0; asset < plan->n_asset; asset++)
        touched[EFFECT_DEPTH] |= plan->asset[asset].depth_follows_volatility;
    for (uint32_t state = 0; state < N_EFFECT_STATE; state++) {
        const uint32_t n = state < N_EFFECT_ROW ? plan->n_asset : plan->n_book;
        for (uint32_t i = 0; touched[state] && i < n; i++)
            fill(worker_effect(w, state, i),
                 effect_is_factor(state) ? 0.0 : effect_neutral(plan, state, i));
    }
    for (uint32_t i = 0; i < plan->n_effect; i++) {
        const struct effect *e = &plan->effect[i];
        const double *size = worker_row(w, ROW_SIZE, i);
        if (e->state >= N_EFFECT_STATE)
            continue;
        market_profile(e, w->time_s, worker_row(w, ROW_START, i), g);
        for (uint32_t t = 0; t < e->n_target; t++) {
            const double share = e->includes_feedback ? plan->exogenous[e->target[t]] : 1.0;
            double *row = worker_effect(w, e->state, e->target[t]);
            for (int k = 0; k < LANES; k++)
                row[k] += g[k] * size[k] * share;
        }
    }
    for (uint32_t state = 0; state < N_EFFECT_STATE; state++) {
        const uint32_t n = state < N_EFFECT_ROW ? plan->n_asset : plan->n_book;
        for (uint32_t i = 0; touched[state] && effect_is_factor(state) && i < n; i++) {
            double *row = worker_effect(w, state, i);
            for (int k = 0; k < LANES; k++)
                row[k] = vm_exp(row[k]);
        }
    }
}

void market_correlate(const double *factor, uint32_t n_asset, const lane_row *normal,
                      lane_row *to)
{
    const uint32_t stride = plan_pad(n_asset);

    for (uint32_t i = 0; i < n_asset; i++) {
        const double *restrict weight = factor + (size_t)i * stride;
        lane_row sum = {0.0};

        for (uint32_t j = 0; j <= i; j += 4) { /* the weights beyond i are 0 */
            const double *restrict a = normal[j], *restrict b = normal[j + 1];
            const double *restrict c = normal[j + 2], *restrict d = normal[j + 3];
            for (int k = 0; k < LANES; k++)
                sum[k] = fma(weight[j + 3], d[k],
                             fma(weight[j + 2], c[k],
                                 fma(weight[j + 1], b[k], fma(weight[j], a[k], sum[k]))));
        }
        memcpy(to[i], sum, sizeof sum);
    }
}

/* Correlation stress: Z = sqrt(1-w) Z + sqrt(w) L_target z, an exact mixture of
 * correlations. `stream` is the first of the extra normals; they are drawn in every step,
 * so that the position in a stream depends on the step alone. */
static void correlation_stress(const struct plan *plan, const struct effect *e, uint32_t i,
                               uint32_t stream, struct worker *w)
{
    double *keep = w->scratch[0], *mix = w->scratch[1];
    const double *weight = worker_row(w, ROW_SIZE, i);

    rng_normal_rows(stream_rng(plan, w, stream), plan->n_asset, w->adverse);
    market_correlate(e->factor, plan->n_asset, (const lane_row *)w->adverse, w->extra);
    market_profile(e, w->time_s, worker_row(w, ROW_START, i), keep);
    for (int k = 0; k < LANES; k++) {
        const double share = keep[k] * weight[k];
        mix[k] = sqrt(share);
        keep[k] = sqrt(1.0 - share);
    }
    for (uint32_t asset = 0; asset < plan->n_asset; asset++)
        for (int k = 0; k < LANES; k++)
            w->shock[asset][k] = keep[k] * w->shock[asset][k] + mix[k] * w->extra[asset][k];
}

/* Gives the innovations their common extremes, one mixing variable for all. */
static void copula_step(const struct plan *plan, struct worker *w)
{
    double *chi_square = w->scratch[0];

    copula_mixing(&plan->copula, stream_rng(plan, w, plan->copula_stream), chi_square);
    for (uint32_t asset = 0; asset < plan->n_asset; asset++)
        copula_apply(&plan->copula, chi_square, w->shock[asset]);
}

/* Innovations of all assets. Streams are numbered as in market_start: diffusions, draws of
 * the models, normals of correlation shocks. */
static void shocks_step(const struct plan *plan, struct worker *w)
{
    uint32_t stream = plan->n_asset;

    for (uint32_t asset = 0; asset < plan->n_asset; asset++)
        stream += plan->asset[asset].n_draw;
    rng_normal_rows(stream_rng(plan, w, 0), plan->n_asset, w->extra);
    market_correlate(plan->factor, plan->n_asset, (const lane_row *)w->extra, w->shock);
    for (uint32_t i = 0; i < plan->n_effect; i++)
        if (plan->effect[i].state == EFFECT_CORRELATION) {
            correlation_stress(plan, &plan->effect[i], i, stream, w);
            stream += plan->n_asset;
        }
    if (plan->copula.n_half > 0)
        copula_step(plan, w);
}

/* Implied volatility follows the model's own, relative to its start, by an elasticity. */
static void level_step(const struct plan *plan, uint32_t asset, const double *const *state,
                       struct worker *w)
{
    const struct plan_asset *a = &plan->asset[asset];
    const double beta = a->level_beta;
    const double *restrict start = worker_row(w, ROW_VOLATILITY, asset);
    double *restrict factor =
        worker_row(w, ROW_EFFECT, EFFECT_SURFACE * plan->n_asset + asset);
    double *restrict now = w->scratch[0];

    a->model->volatility(a->coef[w->set], state, now);
    for (int k = 0; k < LANES; k++)
        factor[k] *= vm_exp(beta * vm_log(vm_max(now[k], VOLATILITY_MIN) /
                                          vm_max(start[k], VOLATILITY_MIN)));
}

/* One step of an asset's price model; `stream` is the first of its draws. */
static void model_step(const struct plan *plan, uint32_t asset, uint32_t stream,
                       struct worker *w)
{
    const struct plan_asset *a = &plan->asset[asset];
    double *draw = w->scratch[2];
    struct price_step s = {
        .step = w->step,
        .shock = w->shock[asset],
        .vol_factor = worker_row(w, ROW_EFFECT, EFFECT_VOLATILITY * plan->n_asset + asset),
        .jumps_before = (const lane_row *)&w->row[plan->row[ROW_JUMP_BEFORE]],
        .jumps = plan->counts_jumps ? worker_row(w, ROW_JUMP, asset) : NULL,
        .anchor_usd = a->anchor == PLAN_NONE ? NULL : worker_row(w, ROW_SPOT, a->anchor),
        .spot_usd = worker_row(w, ROW_MODEL, asset)};

    for (uint32_t i = 0; i < a->n_draw; i++) {
        double *row = draw + (size_t)i * LANES;
        if (a->draw_normal[i])
            rng_normal(stream_rng(plan, w, stream + i), row);
        else
            rng_uniform(stream_rng(plan, w, stream + i), row);
        s.draw[i] = row;
    }
    for (uint32_t i = 0; i < PRICE_MAX_STATE; i++)
        s.state[i] = worker_row(w, ROW_MODEL_STATE, asset * PRICE_MAX_STATE + i);
    a->model->step(a->coef[w->set], &s);
    if (a->level_beta != 0.0)
        level_step(plan, asset, (const double *const *)s.state, w);
}

/* Price without outstanding impact; it stands while trades are made. */
static void base_step(const struct plan *plan, uint32_t asset, struct worker *w)
{
    const double *restrict model = worker_row(w, ROW_MODEL, asset);
    const double *restrict move =
        worker_row(w, ROW_EFFECT, EFFECT_PRICE * plan->n_asset + asset);
    const double *restrict permanent =
        market_books_mean(plan, ROW_PERMANENT, asset, w, w->scratch[0]);
    double *restrict base = worker_row(w, ROW_BASE, asset);

    if (plan->asset[asset].in_anchor) {
        const double *restrict anchor = worker_row(w, ROW_SPOT, plan->asset[asset].anchor);
        for (int k = 0; k < LANES; k++)
            base[k] = anchor[k] * model[k] * vm_exp(move[k] - permanent[k]);
        return;
    }
    if (!plan->moves_price && plan->n_book == 0) {
        memcpy(base, model, sizeof(lane_row));
        return;
    }
    for (int k = 0; k < LANES; k++)
        base[k] = model[k] * vm_exp(move[k] - permanent[k]);
}

void market_step(const struct plan *plan, struct worker *w)
{
    uint32_t stream = plan->n_asset;

    if (plan->keeps_spot_before)
        memcpy(worker_row(w, ROW_SPOT_BEFORE, 0), worker_row(w, ROW_SPOT, 0),
               plan->n_asset * sizeof *w->row);
    effects_step(plan, w);
    shocks_step(plan, w);
    bridge_before(plan, w);
    if (plan->counts_jumps) {
        const size_t size = plan->n_asset * sizeof *w->row;
        memcpy(worker_row(w, ROW_JUMP_BEFORE, 0), worker_row(w, ROW_JUMP, 0), size);
        memset(worker_row(w, ROW_JUMP, 0), 0, size);
    }
    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        model_step(plan, asset, stream, w);
        stream += plan->asset[asset].n_draw;
        market_books_step(plan, asset, w);
        base_step(plan, asset, w);
        market_reprice(asset, w);
        const double *rate =
            worker_row(w, ROW_EFFECT, EFFECT_FUNDING * plan->n_asset + asset);
        const double *spot = worker_row(w, ROW_SPOT, asset);
        double *funding = worker_row(w, ROW_FUNDING, asset);
        for (int k = 0; k < LANES; k++)
            funding[k] += rate[k] * (plan->step_s / PLAN_FUNDING_PERIOD_S) * spot[k];
    }
    bridge_after(plan, w);
    oracle_step(plan, w);
}
