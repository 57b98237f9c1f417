#include "sim/trigger_check.h"

#include "sim/trigger.h"

/* Accounts under water that the triggers lead to on path k. */
static uint32_t found(const struct plan *plan, struct worker *w, uint32_t venue, int k)
{
    const struct plan_venue *v = &plan->venue[venue];
    double *level = w->scratch[3];
    uint32_t n_found = 0;

    for (uint32_t g = 0; g < v->population->n_group; g++) {
        if (!trigger_level(plan, w, venue, g, level) ||
            !(level[k] >= worker_row(w, ROW_NEXT_LEVEL, v->first_group + g)[k]))
            continue;
        const uint32_t n = trigger_find(plan, w, venue, k, g, level[k]);
        for (uint32_t i = 0; i < n; i++)
            trigger_keep(w, venue, k, w->list[i]);
        n_found += n;
    }
    return n_found;
}

/* Watched accounts under water whose level says that they are not. */
static uint32_t missed_watched(const struct plan *plan, struct worker *w, uint32_t venue,
                               int k)
{
    const struct population *p = plan->venue[venue].population;
    const struct trigger_overlay o = trigger_overlay(w, venue, k);
    uint32_t n = 0;

    for (uint32_t i = 0; i < (uint32_t)worker_row(w, ROW_WATCHED, venue)[k]; i++) {
        const uint32_t account = o.watched[i];
        const struct population_group *g = &p->group[p->group_of[account]];
        const double equity =
            population_equity(p, account, o.coins, o.collateral[account], &w->market);
        double level = w->adverse[g->side[0]][k];
        for (uint32_t s = 1; s < g->n_side; s++)
            level = level > w->adverse[g->side[s]][k] ? level : w->adverse[g->side[s]][k];
        n += equity < population_requirement(p, account, o.coins, &w->market) &&
             o.level[account] > level;
    }
    return n;
}

static void check_path(const struct plan *plan, struct worker *w, uint32_t venue, int k)
{
    const struct plan_venue *v = &plan->venue[venue];
    const bool capped = worker_row(w, ROW_CAP_HITS, venue)[k] > 0.0;

    const uint32_t n_under = trigger_scan(plan, w, venue, k);
    const uint32_t n_found = found(plan, w, venue, k);
    const bool all_closed = v->liquidation->whole && !capped;
    const uint32_t n_missed =
        n_under - (all_closed ? 0 : n_found) +
        (v->liquidation->whole ? 0 : missed_watched(plan, w, venue, k));
    if (n_missed == 0)
        return;
    w->failed = true;
    w->failed_path = w->path[k];
    fail(&w->failed_why,
         "%u accounts of venue %s are under water after the step that ends at %g s and the "
         "triggers missed them",
         n_missed, v->name, w->time_s);
}

void trigger_check(const struct plan *plan, struct worker *w)
{
    for (uint32_t venue = 0; venue < plan->n_venue; venue++) {
        if (plan->venue[venue].population == NULL)
            continue;
        trigger_moves(plan, w, venue);
        for (int k = 0; k < LANES && !w->failed; k++)
            check_path(plan, w, venue, k);
    }
}
