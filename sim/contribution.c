#include "sim/contribution.h"

#include <string.h>

#include "sim/book.h"
#include "sim/book_claim.h"
#include "sim/vmath.h"

void contribution_create(const struct plan *plan, struct worker *w)
{
    struct contribution *c = arena_get(&w->arena, 1, sizeof *c);

    c->pnl = arena_get(&w->arena, plan->n_position, sizeof *c->pnl);
    c->coins = arena_get(&w->arena, plan->n_position, sizeof *c->coins);
    c->debt_coins = arena_get(&w->arena, plan->n_position, sizeof *c->debt_coins);
    c->start_usd = arena_get(&w->arena, plan->n_position, sizeof *c->start_usd);
    w->contribution = c;
}

/* Value of one position at traded prices, [LANES] USD, with the coins that it has paid so
 * far. */
static void position_value(const struct plan *plan, const struct worker *w,
                           uint32_t position, double *value)
{
    const struct plan_position *p = &plan->position[position];
    const struct contract *c = p->contract;

    if (p->claim == PLAN_NONE) {
        const bool cash = c->asset == PLAN_NONE;
        const double *spot = cash ? NULL : worker_row(w, ROW_SPOT, c->asset);
        for (int k = 0; k < LANES; k++)
            value[k] = p->linear.fixed_usd + (cash ? 0.0 : p->linear.coins * spot[k]);
        return;
    }
    const struct plan_claim *o = &plan->claim[p->claim];
    const double *spot = worker_row(w, ROW_SPOT, c->asset);
    const double *coins = w->contribution->coins[position];
    lane_row log_spot, unit = {0.0};
    struct claim_value out = {.value_usd = unit};
    for (int k = 0; k < LANES; k++)
        log_spot[k] = vm_log(spot[k]);
    if (o->expiry_step > w->step && c->instrument->value != NULL)
        book_claim_value(plan, o, w, spot, log_spot, &out);
    for (int k = 0; k < LANES; k++)
        value[k] = c->quantity * unit[k] + coins[k] * spot[k];
    if (c->debt_asset == PLAN_NONE)
        return;
    const double *debt_spot = worker_row(w, ROW_SPOT, c->debt_asset);
    const double *owed = w->contribution->debt_coins[position];
    for (int k = 0; k < LANES; k++)
        value[k] += owed[k] * debt_spot[k];
}

void contribution_reset(const struct plan *plan, struct worker *w)
{
    struct contribution *c = w->contribution;

    memset(c->pnl, 0, plan->n_position * sizeof *c->pnl);
    memset(c->coins, 0, plan->n_position * sizeof *c->coins);
    memset(c->debt_coins, 0, plan->n_position * sizeof *c->debt_coins);
}

void contribution_start(const struct plan *plan, struct worker *w)
{
    struct contribution *c = w->contribution;
    lane_row value;

    for (uint32_t i = 0; i < plan->n_position; i++) {
        position_value(plan, w, i, value);
        c->start_usd[i] = value[0] + c->pnl[i][0];
    }
}

void contribution_flow(const struct plan *plan, struct worker *w, uint32_t position,
                       const struct claim_flow *flow)
{
    struct contribution *c = w->contribution;
    const struct contract *of = plan->position[position].contract;
    const double *open = worker_row(w, ROW_OPEN, of->account);

    for (int k = 0; k < LANES; k++) {
        c->pnl[position][k] += open[k] * of->quantity * flow->cash_usd[k];
        c->coins[position][k] += open[k] * of->quantity * flow->coins[k];
        c->debt_coins[position][k] += open[k] * of->quantity * flow->debt_coins[k];
    }
}

void contribution_step(const struct plan *plan, struct worker *w)
{
    struct contribution *c = w->contribution;

    for (uint32_t i = 0; i < plan->n_position; i++) {
        const struct plan_position *p = &plan->position[i];
        const struct plan_claim *o = p->claim == PLAN_NONE ? NULL : &plan->claim[p->claim];
        const double *open = worker_row(w, ROW_OPEN, p->contract->account);
        lane_row usd, settle;
        if (p->linear.notional_usd != 0.0 || p->linear.notional_coins != 0.0) {
            book_funding(plan, p->contract->asset, p->linear.notional_usd,
                         p->linear.notional_coins, w, usd);
            for (int k = 0; k < LANES; k++)
                c->pnl[i][k] -= open[k] * usd[k];
        }
        if (o == NULL || o->expiry_step != w->step ||
            p->contract->instrument->payoff == NULL)
            continue;
        book_claim_payoff(plan, o, w, settle, usd);
        for (int k = 0; k < LANES; k++) {
            const double paid = open[k] * p->contract->quantity * usd[k];
            if (p->contract->inverse)
                c->coins[i][k] += paid / settle[k];
            else
                c->pnl[i][k] += paid;
        }
    }
}

void contribution_close(const struct plan *plan, struct worker *w, uint32_t account, int k)
{
    struct contribution *c = w->contribution;
    lane_row value;

    for (uint32_t i = 0; i < plan->n_position; i++) {
        if (plan->position[i].contract->account != account)
            continue;
        position_value(plan, w, i, value);
        c->pnl[i][k] += value[k] - c->start_usd[i];
    }
}

void contribution_finish(const struct plan *plan, struct worker *w)
{
    struct contribution *c = w->contribution;
    lane_row value;

    for (uint32_t i = 0; i < plan->n_position; i++) {
        const double *open = worker_row(w, ROW_OPEN, plan->position[i].contract->account);
        position_value(plan, w, i, value);
        for (int k = 0; k < LANES; k++)
            c->pnl[i][k] += open[k] * (value[k] - c->start_usd[i]);
    }
}
