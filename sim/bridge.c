#include "sim/bridge.h"

#include <math.h>

#include "sim/vmath.h"

static struct rng *bridge_rng(const struct plan *plan, struct worker *w, uint32_t asset)
{
    return worker_rng(w, plan->bridge_stream + asset);
}

void bridge_start(const struct plan *plan, struct worker *w)
{
    for (uint32_t asset = 0; plan->reads_extremes && asset < plan->n_asset; asset++) {
        const double spot = plan->asset[asset].spot_usd;
        double *high = worker_row(w, ROW_HIGH, asset);
        double *low = worker_row(w, ROW_LOW, asset);

        rng_start_paths(bridge_rng(plan, w, asset), plan->seed, w->path,
                        plan->asset[asset].bridge_stream);
        for (int k = 0; k < LANES; k++)
            high[k] = low[k] = spot;
    }
}

/* Variance of the log-price of an asset in the coming step; before[asset] has those of the
 * assets above it. */
static void step_variance(const struct plan *plan, uint32_t asset, const lane_row *before,
                          struct worker *w, double *restrict variance)
{
    const struct plan_asset *a = &plan->asset[asset];
    const void *coef = a->coef[w->set];
    const double *restrict factor =
        worker_row(w, ROW_EFFECT, EFFECT_VOLATILITY * plan->n_asset + asset);
    const double *state[PRICE_MAX_STATE];
    lane_row sd;

    if (a->model->volatility != NULL) {
        const double sqrt_step = sqrt(plan->step_s / PLAN_YEAR_S);
        for (uint32_t i = 0; i < PRICE_MAX_STATE; i++)
            state[i] = worker_row(w, ROW_MODEL_STATE, asset * PRICE_MAX_STATE + i);
        a->model->volatility(coef, state, sd);
        for (int k = 0; k < LANES; k++)
            sd[k] *= sqrt_step;
    } else {
        const double all = a->model->step_sd(coef, w->step);
        for (int k = 0; k < LANES; k++)
            sd[k] = all;
    }
    for (int k = 0; k < LANES; k++)
        variance[k] = factor[k] * factor[k] * sd[k] * sd[k];
    if (!a->in_anchor)
        return;
    const double *restrict of_anchor = before[a->anchor];
    for (int k = 0; k < LANES; k++)
        variance[k] += of_anchor[k];
}

/* The rows of the highest prices carry the variances until the step is done. */
void bridge_before(const struct plan *plan, struct worker *w)
{
    for (uint32_t asset = 0; plan->reads_extremes && asset < plan->n_asset; asset++)
        step_variance(plan, asset, (const lane_row *)&w->row[plan->row[ROW_HIGH]], w,
                      worker_row(w, ROW_HIGH, asset));
}

/* high: in, the variance; out, the highest price. The ends count, whatever rounding did. */
static void extremes(const double *restrict before, const double *restrict spot,
                     const double *restrict up, const double *restrict down,
                     double *restrict high, double *restrict low)
{
    for (int k = 0; k < LANES; k++) {
        const double variance = high[k], move = vm_log(spot[k] / before[k]);
        const double square = move * move, twice = -2.0 * variance;
        const double rise = 0.5 * (move + sqrt(square + twice * vm_log(up[k])));
        const double fall = 0.5 * (move - sqrt(square + twice * vm_log(down[k])));

        high[k] = vm_max(before[k] * vm_exp(rise), vm_max(before[k], spot[k]));
        low[k] = vm_min(before[k] * vm_exp(fall), vm_min(before[k], spot[k]));
    }
}

void bridge_after(const struct plan *plan, struct worker *w)
{
    lane_row up, down;

    for (uint32_t asset = 0; plan->reads_extremes && asset < plan->n_asset; asset++) {
        rng_uniform(bridge_rng(plan, w, asset), up);
        rng_uniform(bridge_rng(plan, w, asset), down);
        extremes(worker_row(w, ROW_SPOT_BEFORE, asset), worker_row(w, ROW_SPOT, asset), up,
                 down, worker_row(w, ROW_HIGH, asset), worker_row(w, ROW_LOW, asset));
    }
}
