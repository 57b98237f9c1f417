/* One account of a population at a time. A model that closes accounts as a whole leaves
 * nothing, so its accounts need no memory of their own; any other works on a copy of the
 * account in units of today, which is written back into the path's overlay. */

#include "sim/liquidation_account.h"

#include <math.h>
#include <string.h>

#include "sim/cascade.h"
#include "sim/liquidation.h"
#include "sim/liquidation_world.h"
#include "sim/watch.h"
#include "sim/waterfall.h"

/* Accounts that are closed together are of the cause of the first, which stands for all of
 * them while they trade. Whoever was under water at the marks that the first round found was
 * closed in it. */
static void open_equals(const struct plan *plan, struct worker *w, uint32_t venue, int k,
                        const uint32_t *list, uint32_t n)
{
    const struct population *p = plan->venue[venue].population;
    double weight = 0.0;

    w->closing.cascade =
        w->round > 1 || (w->moved && cascade_cause(plan, w, venue, list[0], p->coins,
                                                   p->collateral_usd[list[0]]));
    if (w->tape == NULL)
        return;
    for (uint32_t i = n; i-- > 0;) { /* ends with the first */
        weight += p->weight[list[i]];
        cascade_account(w, venue, p, list[i], false);
        cascade_measure(plan, w, venue, k, list[i], p->coins, p->collateral_usd[list[i]]);
        cascade_breach(w, k);
    }
    w->closing.weight = weight;
}

/* Closes accounts list[0 .. n) of one group and one level: one fill per asset, shared in
 * proportion. */
static void close_equals(const struct plan *plan, struct worker *w, uint32_t venue, int k,
                         const struct population_group *g, const uint32_t *list, uint32_t n)
{
    const struct population *p = plan->venue[venue].population;

    open_equals(plan, w, venue, k, list, n);
    for (uint32_t s = 0; s < g->n_side; s++) {
        double coins = 0.0;
        for (uint32_t i = 0; i < n; i++)
            coins += p->weight[list[i]] * p->coins[population_leg(g, s, list[i])];
        const bool owed = (g->side[s] & SIDE_HELD) != 0 && (g->side[s] & SIDE_SHORT) != 0;
        coins *= owed ? w->debt_index[g->asset[s]] : 1.0;
        const double usd = liquidation_fill(plan, w, g->asset[s], k, coins);
        w->fill_usd[s] = usd / coins * (owed ? w->debt_index[g->asset[s]] : 1.0);
        cascade_liquidated(w, venue, k, fabs(usd));
    }
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t account = list[i];
        double equity = p->collateral_usd[account], notional = 0.0;
        for (uint32_t s = 0; s < g->n_side; s++) {
            const uint32_t leg = population_leg(g, s, account);
            const double funding =
                (g->side[s] & SIDE_HELD) != 0 ? 0.0 : w->paid_usd[g->asset[s]];
            equity += p->coins[leg] * (w->fill_usd[s] - p->entry_usd[leg] - funding);
            notional += fabs(p->coins[leg]) * w->fill_usd[s];
        }
        if (equity < 0.0 || w->tape != NULL) {
            cascade_account(w, venue, p, account, false);
            cascade_measure(plan, w, venue, k, account, p->coins,
                            p->collateral_usd[account]);
        }
        cascade_count(w, EVENT_LIQUIDATION, venue, k, p->weight[account]);
        waterfall_settle(w, venue, k, equity,
                         plan->venue[venue].liquidation_fee_frac * notional,
                         p->weight[account]);
        cascade_stop(w, k, STOP_FILLED, p->weight[account]);
        trigger_remove(w, venue, k, account);
    }
}

/* Equity and requirement of the account in w->leg_coins, at the marks. */
static void measure(const struct population *p, const struct population_group *g,
                    struct worker *w, double cash_usd, double *equity_usd,
                    double *requirement_usd)
{
    *equity_usd = cash_usd;
    *requirement_usd = 0.0;
    for (uint32_t s = 0; s < g->n_side; s++) {
        const double price = w->mark_usd[g->asset[s]], value = w->leg_coins[s] * price;

        *equity_usd += value;
        population_need(p, g, g->side[s], &value, &price, requirement_usd, 1);
    }
}

enum progress { NOTHING, SOMETHING, CLOSED };

static void record(struct worker *w, uint32_t venue, int k, double weight,
                   const struct liquidation_outcome *out)
{
    cascade_liquidated(w, venue, k, weight * out->liquidated_usd);
    cascade_count(w, EVENT_LIQUIDATOR, venue, k, weight * out->liquidator_usd);
    cascade_count(w, EVENT_GAS, venue, k, weight * out->gas_usd);
    cascade_count(w, EVENT_ABSORBED, venue, k, weight * out->absorbed_usd);
    cascade_count(w, EVENT_FEE, venue, k, weight * out->fee_usd);
    worker_row(w, ROW_FUND, venue)[k] += weight * out->fee_usd;
    w->closing.incentive_usd = out->fee_usd + out->liquidator_usd + out->gas_usd;
}

/* Writes down that the model is called for the account. A liquidation that goes on keeps the
 * cause that it began with. */
static void open_account(const struct plan *plan, struct worker *w, uint32_t venue, int k,
                         uint32_t account, const struct trigger_overlay *o, bool own)
{
    const struct population *p = plan->venue[venue].population;
    const double *coins = own ? o->coins : p->coins;
    const double collateral = own ? o->collateral[account] : p->collateral_usd[account];
    const uint64_t bit = 1ULL << (account % 64);
    uint64_t *cascade = &o->cascade[account / 64];

    cascade_account(w, venue, p, account, own);
    cascade_measure(plan, w, venue, k, account, coins, collateral);
    if (own && o->memory[(size_t)LIQUIDATION_MEMORY * account] != 0.0) {
        w->closing.cascade = (*cascade & bit) != 0;
        return;
    }
    *cascade &= ~bit;
    w->closing.cascade =
        w->moved && cascade_cause(plan, w, venue, account, coins, collateral);
    *cascade |= w->closing.cascade ? bit : 0;
    cascade_breach(w, k);
}

/* Calls the model for one account. `own`: it is watched already; its holdings and its notes
 * are in the overlay. */
static enum progress act(const struct plan *plan, struct worker *w, uint32_t venue, int k,
                         uint32_t account, bool own)
{
    const struct plan_venue *v = &plan->venue[venue];
    const struct population *p = v->population;
    const struct population_group *g = &p->group[p->group_of[account]];
    const struct trigger_overlay o = trigger_overlay(w, venue, k);
    double cash, *memory = o.memory + (size_t)LIQUIDATION_MEMORY * account;
    struct liquidation_world world;
    struct liquidation_outcome out = {.stop = STOP_FILLED, .spread_coins = w->spread_leg};

    if (!own)
        memset(memory, 0, LIQUIDATION_MEMORY * sizeof *memory);
    watch_take_up(p, g, account, &o, own, w, &cash);
    memset(w->spread_leg, 0, g->n_side * sizeof *w->spread_leg);
    liquidation_world_open(plan, w, venue, k, p->weight[account], &world);
    struct liquidation_account a = {.n_leg = g->n_side,
                                    .asset = g->asset,
                                    .coins = w->leg_coins,
                                    .cash_usd = &cash,
                                    .weight = p->weight[account],
                                    .memory = memory};
    measure(p, g, w, cash, &a.equity_usd, &a.requirement_usd);
    if (own && memory[0] == 0.0 && a.equity_usd >= a.requirement_usd)
        return NOTHING;
    open_account(plan, w, venue, k, account, &o, own);
    v->liquidation->act(v->liquidation_coef[g->category], &world.market, &a, &out);
    liquidation_world_close(plan, &world);
    cascade_stop(w, k, out.stop, a.weight);
    if (!out.acted)
        return NOTHING;
    if (!own)
        cascade_count(w, EVENT_LIQUIDATION, venue, k, a.weight);
    record(w, venue, k, a.weight, &out);
    if (out.spread_usd != 0.0)
        watch_spread_later(w, g, a.weight, &out);
    if (out.closed) {
        waterfall_settle(w, venue, k, cash, 0.0, a.weight);
        return CLOSED;
    }
    watch_put_back(p, g, account, &o, w, cash);
    return SOMETHING;
}

bool liquidation_tend(const struct plan *plan, struct worker *w, uint32_t venue, int k)
{
    const struct plan_venue *v = &plan->venue[venue];
    const uint32_t n_state = liquidation_states(v->liquidation, plan->n_asset);
    struct liquidation_outcome out = {.stop = STOP_FILLED};
    struct liquidation_world world;
    bool holds = false;

    for (uint32_t i = v->liquidation->n_state; i < n_state; i++)
        holds |= worker_row(w, ROW_LIQUIDATION_STATE, v->first_state + i)[k] != 0.0;
    if (!holds)
        return false;
    w->closing = (struct closing){.venue = venue, .account = TAPE_NOBODY, .weight = 1.0};
    trigger_look(plan, w, venue, k);
    liquidation_world_open(plan, w, venue, k, 1.0, &world);
    v->liquidation->tend(v->liquidation_coef[0], &world.market, &out);
    liquidation_world_close(plan, &world);
    cascade_stop(w, k, out.stop, 1.0);
    if (out.acted)
        record(w, venue, k, 1.0, &out);
    return out.acted;
}

uint32_t liquidation_close(const struct plan *plan, struct worker *w, uint32_t venue, int k,
                           uint32_t group, uint32_t n)
{
    const struct plan_venue *v = &plan->venue[venue];
    const struct population *p = v->population;
    const struct population_group *g = &p->group[group];
    uint32_t n_acted = 0;

    for (uint32_t i = 0, end; i < n; i = end) {
        end = i + 1;
        if (v->liquidation->whole) {
            while (end < n && p->level[w->list[end]] == p->level[w->list[i]])
                end++;
            close_equals(plan, w, venue, k, g, w->list + i, end - i);
            n_acted += end - i;
            continue;
        }
        const enum progress done = act(plan, w, venue, k, w->list[i], false);
        if (done == NOTHING) {
            trigger_keep(w, venue, k, w->list[i]);
            continue;
        }
        trigger_remove(w, venue, k, w->list[i]);
        if (done == SOMETHING)
            watch_begin(w, venue, k, w->list[i]);
        n_acted++;
    }
    trigger_advance(plan, w, venue, k, group);
    watch_spread(plan, w, venue, k);
    return n_acted;
}

uint32_t liquidation_continue(const struct plan *plan, struct worker *w, uint32_t venue,
                              int k)
{
    const struct trigger_overlay o = trigger_overlay(w, venue, k);
    const struct population *p = plan->venue[venue].population;
    double *floor = &worker_row(w, ROW_WATCH_FLOOR, venue)[k];
    const uint32_t n = (uint32_t)worker_row(w, ROW_WATCHED, venue)[k];
    uint32_t kept = 0, n_acted = 0;

    *floor = INFINITY;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t account = o.watched[i];
        const struct population_group *g = &p->group[p->group_of[account]];
        const double *memory = o.memory + (size_t)LIQUIDATION_MEMORY * account;
        enum progress done = NOTHING;
        double level = -INFINITY;

        for (uint32_t s = 0; s < g->n_side; s++)
            level = level > w->adverse[g->side[s]][k] ? level : w->adverse[g->side[s]][k];
        if (memory[0] != 0.0 || o.level[account] <= level)
            done = act(plan, w, venue, k, account, true);
        n_acted += done != NOTHING;
        if (done == CLOSED)
            continue;
        o.watched[kept++] = account;
        const double next = memory[0] != 0.0 ? -INFINITY : o.level[account];
        *floor = next < *floor ? next : *floor;
    }
    worker_row(w, ROW_WATCHED, venue)[k] = kept;
    watch_spread(plan, w, venue, k);
    return n_acted;
}
