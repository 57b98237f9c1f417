#include "sim/contribution.h"

#include <string.h>

#include "sim/book.h"
#include "sim/book_option.h"
#include "sim/vmath.h"

void contribution_create(const struct plan *plan, struct worker *w)
{
    struct contribution *c = arena_get(&w->arena, 1, sizeof *c);

    c->pnl = arena_get(&w->arena, plan->n_position, sizeof *c->pnl);
    c->coins = arena_get(&w->arena, plan->n_position, sizeof *c->coins);
    c->start_usd = arena_get(&w->arena, plan->n_position, sizeof *c->start_usd);
    w->contribution = c;
}

/* Value of one position at traded prices, [LANES] USD; an option that has expired: its
 * coins. */
static void position_value(const struct plan *plan, const struct worker *w,
                           uint32_t position, double *value)
{
    const struct plan_position *p = &plan->position[position];
    const double *coins = w->contribution->coins[position];

    if (p->option == PLAN_NONE) {
        const bool cash = p->contract.asset == PLAN_NONE;
        const double *spot = cash ? NULL : worker_row(w, ROW_SPOT, p->contract.asset);
        for (int k = 0; k < LANES; k++)
            value[k] = p->linear.fixed_usd + (cash ? 0.0 : p->linear.coins * spot[k]);
        return;
    }
    const struct plan_option *o = &plan->option[p->option];
    const double *spot = worker_row(w, ROW_SPOT, p->contract.asset);
    if (o->expiry_step <= w->step) {
        for (int k = 0; k < LANES; k++)
            value[k] = coins[k] * spot[k];
        return;
    }
    lane_row log_spot;
    struct option_value out = {.value_usd = value};
    for (int k = 0; k < LANES; k++)
        log_spot[k] = vm_log(spot[k]);
    book_option_value(plan, o, w, spot, log_spot, &out);
    for (int k = 0; k < LANES; k++)
        value[k] *= p->contract.quantity;
}

void contribution_start(const struct plan *plan, struct worker *w)
{
    struct contribution *c = w->contribution;
    lane_row value;

    memset(c->pnl, 0, plan->n_position * sizeof *c->pnl);
    memset(c->coins, 0, plan->n_position * sizeof *c->coins);
    for (uint32_t i = 0; i < plan->n_position; i++) {
        position_value(plan, w, i, value);
        c->start_usd[i] = value[0];
    }
}

void contribution_step(const struct plan *plan, struct worker *w)
{
    struct contribution *c = w->contribution;

    for (uint32_t i = 0; i < plan->n_position; i++) {
        const struct plan_position *p = &plan->position[i];
        const double *open = worker_row(w, ROW_OPEN, p->contract.account);
        lane_row usd;
        if (p->linear.notional_usd != 0.0 || p->linear.notional_coins != 0.0) {
            book_funding(plan, p->contract.asset, p->linear.notional_usd,
                         p->linear.notional_coins, w, usd);
            for (int k = 0; k < LANES; k++)
                c->pnl[i][k] -= open[k] * usd[k];
        }
        if (p->option == PLAN_NONE || plan->option[p->option].expiry_step != w->step)
            continue;
        const double *spot = worker_row(w, ROW_SPOT, p->contract.asset);
        p->contract.instrument->payoff(&p->contract, spot, usd);
        for (int k = 0; k < LANES; k++) {
            const double paid = open[k] * p->contract.quantity * usd[k];
            if (p->contract.inverse)
                c->coins[i][k] += paid / spot[k];
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
        if (plan->position[i].contract.account != account)
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
        const double *open = worker_row(w, ROW_OPEN, plan->position[i].contract.account);
        position_value(plan, w, i, value);
        for (int k = 0; k < LANES; k++)
            c->pnl[i][k] += open[k] * (value[k] - c->start_usd[i]);
    }
}
