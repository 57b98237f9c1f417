#include "sim/worker.h"

#include <string.h>

#include "sim/margin.h"

/* What revaluing accounts in scenarios needs. */
static void create_margin(struct worker *w, const struct plan *plan)
{
    bool any = false;

    for (uint32_t i = 0; i < plan->n_account; i++) {
        const uint32_t venue = plan->account[i].venue;
        any = any || (venue != PLAN_NONE && plan->venue[venue].rule->portfolio != NULL);
    }
    if (!any)
        return;
    w->margin_leg = arena_get(&w->arena, plan->n_position, sizeof *w->margin_leg);
    w->margin_volatility =
        arena_get(&w->arena, plan->n_position, sizeof *w->margin_volatility);
    w->margin_asset = arena_get(&w->arena, 2 * (size_t)plan->n_asset, sizeof(double));
}

void worker_create(struct worker *w, const struct plan *plan)
{
    const size_t n_side = N_SIDE * (size_t)plan->n_asset;
    uint32_t n_list = 0, n_state = 0;

    for (uint32_t venue = 0; venue < plan->n_venue; venue++) {
        const struct plan_venue *v = &plan->venue[venue];
        const uint32_t n = liquidation_states(v->liquidation, plan->n_asset);
        n_state = n > n_state ? n : n_state;
        if (v->population != NULL && v->population->n_account > n_list)
            n_list = v->population->n_account;
    }
    *w = (struct worker){.plan = plan};
    w->row = arena_get(&w->arena, plan->n_row, sizeof *w->row);
    w->overlay = arena_reserve(&w->arena, LANES * plan->overlay_words, sizeof *w->overlay);
    w->shock = arena_get(&w->arena, plan->n_asset, sizeof *w->shock);
    w->extra = arena_get(&w->arena, plan_pad(plan->n_asset), sizeof *w->extra);
    w->adverse =
        arena_get(&w->arena, N_SIDE * (size_t)plan_pad(plan->n_asset), sizeof *w->adverse);
    w->since = arena_get(&w->arena, n_side, sizeof *w->since);
    w->acted = arena_get(&w->arena, plan->n_venue, sizeof *w->acted);
    w->scratch = arena_get(&w->arena, N_SCRATCH, sizeof *w->scratch);
    w->fill_usd = arena_get(&w->arena, n_side, sizeof *w->fill_usd);
    w->state = arena_get(&w->arena, n_state, sizeof *w->state);
    w->spread_leg = arena_get(&w->arena, n_side, sizeof *w->spread_leg);
    w->spread_coins = arena_get(&w->arena, plan->n_asset, sizeof *w->spread_coins);
    w->spread_usd = arena_get(&w->arena, plan->n_asset, sizeof *w->spread_usd);
    w->leg_coins = arena_get(&w->arena, n_side, sizeof *w->leg_coins);
    w->mark_usd = arena_get(&w->arena, plan->n_asset, sizeof *w->mark_usd);
    w->paid_usd = arena_get(&w->arena, plan->n_asset, sizeof *w->paid_usd);
    w->debt_index = arena_get(&w->arena, plan->n_asset, sizeof *w->debt_index);
    w->first_mark = arena_get(
        &w->arena, plan->has_population ? (size_t)plan->n_venue * plan->n_asset : 0,
        sizeof *w->first_mark);
    w->held_usd = arena_get(&w->arena, plan->n_asset, sizeof *w->held_usd);
    w->list = arena_get(&w->arena, n_list, sizeof *w->list);
    create_margin(w, plan);
}

void worker_free(struct worker *w)
{
    arena_free(&w->arena);
}

void worker_copy_path(struct worker *to, uint32_t to_lane, const struct worker *from,
                      uint32_t from_lane)
{
    const size_t words = from->plan->overlay_words;

    /* memcpy, since rows of random streams hold integers */
    for (uint32_t i = 0; i < from->plan->n_row; i++)
        memcpy(&to->row[i][to_lane], &from->row[i][from_lane], sizeof(double));
    memcpy(to->overlay + (size_t)to_lane * words, from->overlay + (size_t)from_lane * words,
           words * sizeof *to->overlay);
    to->time_s = from->time_s;
    to->step = from->step;
}
