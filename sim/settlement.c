#include "sim/settlement.h"

#include <math.h>
#include <string.h>

#include "sim/vmath.h"

static const double ROOT_THIRD = 0x1.279a74590331cp-1; /* 1 / sqrt(3) */
static const double THETA_POWER = 3.0;

void settlement_start(const struct plan *plan, struct worker *w)
{
    for (uint32_t i = 0; i < plan->n_settlement; i++) {
        const struct plan_settlement *s = &plan->settlement[i];
        const double before_s = vm_max(s->window_s - s->expiry_s, 0.0);
        const double *spot = worker_row(w, ROW_SPOT, s->asset);
        double *sum = worker_row(w, ROW_SETTLEMENT, i);
        for (int k = 0; k < LANES; k++)
            sum[k] = before_s * spot[k];
    }
}

void settlement_step(const struct plan *plan, struct worker *w)
{
    const double begin_s = w->time_s - plan->step_s;

    for (uint32_t i = 0; i < plan->n_settlement; i++) {
        const struct plan_settlement *s = &plan->settlement[i];
        const double from_s = vm_max(begin_s, s->expiry_s - s->window_s);
        const double to_s = vm_min(w->time_s, s->expiry_s);
        const bool instant = s->window_s == 0.0 && s->expiry_step == w->step;
        const double seconds = instant ? 1.0 : to_s - from_s;
        const double part = (0.5 * (from_s + to_s) - begin_s) / plan->step_s;
        const double *restrict before = worker_row(w, ROW_SPOT_BEFORE, s->asset);
        const double *restrict after = worker_row(w, ROW_SPOT, s->asset);
        double *restrict sum = worker_row(w, ROW_SETTLEMENT, i);

        if (w->step > s->expiry_step || !(seconds > 0.0))
            continue;
        for (int k = 0; k < LANES; k++)
            sum[k] += seconds * (before[k] + part * (after[k] - before[k]));
    }
}

void settlement_price(const struct plan *plan, uint32_t settlement, const struct worker *w,
                      double *settle_usd)
{
    const double window_s = plan->settlement[settlement].window_s;
    const double seconds = window_s > 0.0 ? window_s : 1.0;
    const double *sum = worker_row(w, ROW_SETTLEMENT, settlement);

    for (int k = 0; k < LANES; k++)
        settle_usd[k] = sum[k] / seconds;
}

bool settlement_window(const struct plan_claim *o, const struct worker *w,
                       const double *spot_usd, const double *surface_factor,
                       struct settlement_window *window)
{
    const double left_s = o->contract->expiry_s - w->time_s;
    const double window_s = o->contract->settle_window_s;

    if (o->settlement == PLAN_NONE || left_s >= window_s || left_s <= 0.0)
        return false;
    const double per_window = 1.0 / window_s, left = left_s * per_window;
    const double *restrict sum = worker_row(w, ROW_SETTLEMENT, o->settlement);
    const double *restrict spot = spot_usd, *restrict factor = surface_factor;
    window->left = left;
    for (int k = 0; k < LANES; k++) {
        const double open = left * spot[k], mean = sum[k] * per_window + open;
        const double by = ROOT_THIRD * open / mean;
        window->mean_usd[k] = mean;
        window->log_mean[k] = vm_log(mean);
        window->by_volatility[k] = by;
        window->bend[k] = ROOT_THIRD - by;
        window->factor[k] = by * factor[k];
    }
    return true;
}

static void scale(double *row, double by)
{
    for (int k = 0; row != NULL && k < LANES; k++)
        row[k] *= by;
}

static void scale_rows(double *row, const double *by)
{
    for (int k = 0; row != NULL && k < LANES; k++)
        row[k] *= by[k];
}

void settlement_greeks(const struct settlement_window *window, bool option,
                       struct claim_value *value)
{
    scale(value->delta_coin, window->left);
    scale(value->gamma, window->left * window->left);
    scale(value->rho_usd, window->left);
    scale(value->theta_usd, option ? THETA_POWER : window->left);
    scale(value->vanna_coin, window->left);
    scale_rows(value->vega_usd, window->by_volatility);
    scale_rows(value->vanna_coin, window->by_volatility);
    scale_rows(value->volga_usd, window->by_volatility);
    scale_rows(value->volga_usd, window->by_volatility);
}
