/* What a path leaves behind: who is under water at the horizon and was not closed. */

#include <math.h>

#include "sim/cascade.h"
#include "sim/trigger.h"
#include "sim/vmath.h"

static void add_latent(struct worker *w, uint32_t venue, int k, double equity_usd,
                       double weight)
{
    worker_row(w, ROW_UNDER_WATER, venue)[k] += weight;
    worker_row(w, ROW_LATENT_DEBT, venue)[k] += weight * vm_max(-equity_usd, 0.0);
}

/* Accounts of the index, found as in a round. */
static void add_index(const struct plan *plan, struct worker *w, uint32_t venue)
{
    const struct plan_venue *v = &plan->venue[venue];
    const struct population *p = v->population;
    double *level = w->scratch[3];

    for (uint32_t g = 0; g < p->n_group; g++) {
        const double *next = worker_row(w, ROW_NEXT_LEVEL, v->first_group + g);
        if (!trigger_level(plan, w, venue, g, level))
            continue;
        for (int k = 0; k < LANES; k++) {
            if (!(level[k] >= next[k]))
                continue;
            trigger_look(plan, w, venue, k);
            const uint32_t n = trigger_find(plan, w, venue, k, g, level[k]);
            for (uint32_t i = 0; i < n; i++) {
                const uint32_t account = w->list[i];
                add_latent(w, venue, k,
                           population_equity(p, account, p->coins,
                                             p->collateral_usd[account], &w->market),
                           p->weight[account]);
            }
        }
    }
}

/* Accounts whose liquidation has begun. */
static void add_watched(const struct plan *plan, struct worker *w, uint32_t venue, int k)
{
    const struct population *p = plan->venue[venue].population;
    const struct trigger_overlay o = trigger_overlay(w, venue, k);
    const uint32_t n = (uint32_t)worker_row(w, ROW_WATCHED, venue)[k];

    if (n > 0)
        trigger_look(plan, w, venue, k);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t account = o.watched[i];
        const double equity =
            population_equity(p, account, o.coins, o.collateral[account], &w->market);
        if (equity < population_requirement(p, account, o.coins, &w->market))
            add_latent(w, venue, k, equity, p->weight[account]);
    }
}

static void add_own(const struct plan *plan, struct worker *w, uint32_t account)
{
    const double *equity = worker_row(w, ROW_EQUITY, account);
    const double *need = worker_row(w, ROW_REQUIREMENT, account);

    for (int k = 0; k < LANES; k++)
        if (worker_row(w, ROW_OPEN, account)[k] != 0.0 && equity[k] < need[k])
            add_latent(w, plan->account[account].venue, k, equity[k], 1.0);
}

void cascade_finish(const struct plan *plan, struct worker *w)
{
    if (!plan->has_population)
        return;
    for (uint32_t venue = 0; venue < plan->n_venue; venue++) {
        const double *sold = worker_row(w, ROW_LIQUIDATED_USD, venue);
        const double *cascade = worker_row(w, ROW_CASCADE_USD, venue);
        for (int k = 0; k < LANES; k++)
            worker_row(w, ROW_BRANCHING, venue)[k] =
                sold[k] > 0.0 ? cascade[k] / sold[k] : (double)NAN;
        if (plan->venue[venue].population == NULL)
            continue;
        trigger_moves(plan, w, venue);
        add_index(plan, w, venue);
        for (int k = 0; k < LANES; k++)
            add_watched(plan, w, venue, k);
    }
    for (uint32_t account = 0; account < plan->n_account; account++)
        if (plan->account[account].venue != PLAN_NONE)
            add_own(plan, w, account);
}
