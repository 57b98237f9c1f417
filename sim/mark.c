#include "sim/mark.h"

#include "sim/market.h"
#include "sim/vmath.h"

static const double LN2 = 0x1.62e42fefa39efp-1;

static const double *index_price(const struct plan *plan, uint32_t venue, uint32_t asset,
                                 const struct worker *w)
{
    const struct plan_venue *v = &plan->venue[venue];
    const bool oracle = v->index_oracle && v->feed[asset] != PLAN_NONE;

    return oracle ? worker_row(w, ROW_ORACLE, v->feed[asset])
                  : worker_row(w, ROW_SPOT, asset);
}

static void premium_step(const struct plan *plan, uint32_t venue, uint32_t asset,
                         struct worker *w, double dt_s)
{
    const struct plan_venue *v = &plan->venue[venue];
    const double keep = vm_exp(-LN2 * dt_s / v->mark_half_life_s);
    const double *restrict own = market_own_price(plan, venue, asset, w);
    const double *restrict index = index_price(plan, venue, asset, w);
    double *restrict average = worker_row(w, ROW_PREMIUM, v->first_mark + asset);

    if (v->mark == MARK_MEDIAN)
        for (int k = 0; k < LANES; k++)
            average[k] = fma(keep, average[k], (1.0 - keep) * (own[k] / index[k] - 1.0));
    else
        for (int k = 0; k < LANES; k++)
            average[k] = fma(keep, average[k], (1.0 - keep) * vm_log(own[k] / index[k]));
}

static void mark_one(const struct plan *plan, uint32_t venue, uint32_t asset,
                     struct worker *w)
{
    const struct plan_venue *v = &plan->venue[venue];
    const double *restrict own = market_own_price(plan, venue, asset, w);
    const double *restrict index = index_price(plan, venue, asset, w);
    const double *restrict average = worker_row(w, ROW_PREMIUM, v->first_mark + asset);
    double *restrict mark = worker_row(w, ROW_MARK, v->first_mark + asset);

    if (v->mark == MARK_MEDIAN)
        for (int k = 0; k < LANES; k++) {
            const double a = index[k], b = a * (1.0 + average[k]), c = own[k];
            mark[k] = vm_max(vm_min(a, b), vm_min(vm_max(a, b), c));
        }
    else
        for (int k = 0; k < LANES; k++)
            mark[k] = index[k] * vm_exp(average[k]);
}

void mark_refresh(const struct plan *plan, struct worker *w)
{
    for (uint32_t venue = 0; plan->n_mark > 0 && venue < plan->n_venue; venue++)
        for (uint32_t asset = 0; asset < plan->n_asset; asset++)
            if (plan->venue[venue].first_mark != PLAN_NONE)
                mark_one(plan, venue, asset, w);
}

void mark_start(const struct plan *plan, struct worker *w)
{
    mark_refresh(plan, w); /* the premium is 0 */
}

void mark_step(const struct plan *plan, struct worker *w, double dt_s)
{
    for (uint32_t venue = 0; plan->n_mark > 0 && venue < plan->n_venue; venue++)
        for (uint32_t asset = 0; asset < plan->n_asset; asset++)
            if (plan->venue[venue].first_mark != PLAN_NONE)
                premium_step(plan, venue, asset, w, dt_s);
    mark_refresh(plan, w);
}
