/* The feed remembers past prices in a ring of one row per step. What it has seen never runs
 * backwards: when the delay grows, the feed stands still until the present catches up.
 * Between two steps the past price is interpolated linearly. */

#include "sim/oracle.h"

#include <math.h>
#include <string.h>

#include "sim/vmath.h"

static double *history_row(const struct plan *plan, struct worker *w, uint32_t asset,
                           uint32_t step)
{
    uint32_t row = plan->row[ROW_HISTORY];

    for (uint32_t a = 0; a < asset; a++)
        row += plan->asset[a].n_history;
    return w->row[row + step % plan->asset[asset].n_history];
}

void oracle_start(const struct plan *plan, struct worker *w)
{
    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        double *history =
            plan->asset[asset].has_oracle ? history_row(plan, w, asset, 0) : NULL;
        for (int k = 0; k < LANES; k++) {
            worker_row(w, ROW_ORACLE, asset)[k] = plan->asset[asset].spot_usd;
            worker_row(w, ROW_ORACLE_TIME, asset)[k] = 0.0;
            worker_row(w, ROW_ORACLE_SEEN, asset)[k] = 0.0;
            if (history != NULL)
                history[k] = plan->asset[asset].spot_usd;
        }
    }
}

/* Price at a past time of one lane. */
static double past_price(const struct plan *plan, struct worker *w, uint32_t asset,
                         double time_s, int k)
{
    const double position = time_s / plan->step_s;
    const uint32_t before = position >= w->step ? w->step : (uint32_t)position;
    const double part = position - before;

    if (before >= w->step)
        return history_row(plan, w, asset, w->step)[k];
    const double p0 = history_row(plan, w, asset, before)[k];
    const double p1 = history_row(plan, w, asset, before + 1)[k];
    return p0 + part * (p1 - p0);
}

void oracle_step(const struct plan *plan, struct worker *w)
{
    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        const struct plan_asset *a = &plan->asset[asset];
        if (!a->has_oracle)
            continue;
        const double *delay =
            worker_row(w, ROW_EFFECT, EFFECT_DELAY * plan->n_asset + asset);
        const double *spot = worker_row(w, ROW_SPOT, asset);
        double *history = history_row(plan, w, asset, w->step);
        double *seen = worker_row(w, ROW_ORACLE_SEEN, asset);
        double *published = worker_row(w, ROW_ORACLE_TIME, asset);
        double *oracle = worker_row(w, ROW_ORACLE, asset);

        for (int k = 0; k < LANES; k++) {
            history[k] = spot[k];
            seen[k] = vm_max(seen[k], w->time_s - delay[k]);
            const double price = past_price(plan, w, asset, seen[k], k);
            const bool due = w->time_s - published[k] >= a->heartbeat_s;
            if (due || fabs(price / oracle[k] - 1.0) >= a->deviation_frac) {
                oracle[k] = price;
                published[k] = w->time_s;
            }
        }
    }
}

void oracle_record(const struct plan *plan, struct worker *w)
{
    for (uint32_t asset = 0; asset < plan->n_asset; asset++)
        if (plan->asset[asset].has_oracle)
            memcpy(history_row(plan, w, asset, w->step), worker_row(w, ROW_SPOT, asset),
                   sizeof(lane_row));
}
