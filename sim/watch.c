#include "sim/watch.h"

#include <math.h>
#include <string.h>

#include "sim/waterfall.h"

/* The account in units of today: debts with their interest, entry prices and funding in the
 * cash. `own`: from the overlay. */
void watch_take_up(const struct population *p, const struct population_group *g,
                   uint32_t account, const struct trigger_overlay *o, bool own,
                   struct worker *w, double *cash_usd)
{
    *cash_usd = own ? o->collateral[account] : p->collateral_usd[account];
    for (uint32_t s = 0; s < g->n_side; s++) {
        const uint32_t leg = population_leg(g, s, account), asset = g->asset[s];
        const double coins = own ? o->coins[leg] : p->coins[leg];
        const bool held = (g->side[s] & SIDE_HELD) != 0;

        w->leg_coins[s] =
            held && (g->side[s] & SIDE_SHORT) != 0 ? coins * w->debt_index[asset] : coins;
        *cash_usd -= held ? 0.0 : coins * (p->entry_usd[leg] + w->paid_usd[asset]);
    }
}

/* The reverse, into the overlay; finds the account's new level. */
void watch_put_back(const struct population *p, const struct population_group *g,
                    uint32_t account, const struct trigger_overlay *o, struct worker *w,
                    double cash_usd)
{
    double coins[N_SIDE * POPULATION_MAX_ASSET], entry[N_SIDE * POPULATION_MAX_ASSET];
    double collateral = cash_usd;

    for (uint32_t s = 0; s < g->n_side; s++) {
        const uint32_t leg = population_leg(g, s, account), asset = g->asset[s];
        const bool held = (g->side[s] & SIDE_HELD) != 0;

        coins[s] = held && (g->side[s] & SIDE_SHORT) != 0
                       ? w->leg_coins[s] / w->debt_index[asset]
                       : w->leg_coins[s];
        entry[s] = p->entry_usd[leg];
        collateral += held ? 0.0 : coins[s] * (entry[s] + w->paid_usd[asset]);
        o->coins[leg] = coins[s];
    }
    o->collateral[account] = collateral;
    o->level[account] = population_level(p, g, collateral, coins, entry);
}

/* Puts an account on the list of the watched ones. */
void watch_begin(struct worker *w, uint32_t venue, int k, uint32_t account)
{
    const struct trigger_overlay o = trigger_overlay(w, venue, k);
    double *n = &worker_row(w, ROW_WATCHED, venue)[k];

    o.watched[(uint32_t)*n] = account;
    *n += 1.0;
    worker_row(w, ROW_WATCH_FLOOR, venue)[k] = -INFINITY;
}

/* Keeps what other accounts are to take over until those of this round are done with; the
 * debt goes with the coins by their value. */
void watch_spread_later(struct worker *w, const struct population_group *g, double weight,
                        const struct liquidation_outcome *out)
{
    double total_usd = 0.0;

    for (uint32_t s = 0; s < g->n_side; s++)
        total_usd += out->spread_coins[s] * w->mark_usd[g->asset[s]];
    for (uint32_t s = 0; s < g->n_side; s++) {
        const double usd = out->spread_coins[s] * w->mark_usd[g->asset[s]];
        w->spread_coins[g->asset[s]] += weight * out->spread_coins[s];
        w->spread_usd[g->asset[s]] += weight * out->spread_usd * (usd / total_usd);
    }
    w->spreads = true;
}

/* What account i of the venue has of the coins of an asset, as collateral, in all its equals;
 * *leg is where. */
static double collateral_of(const struct population *p, const struct trigger_overlay *o,
                            uint32_t account, uint32_t asset, bool own, uint32_t *leg)
{
    const struct population_group *g = &p->group[p->group_of[account]];

    for (uint32_t s = 0; s < g->n_side; s++)
        if (g->side[s] == N_SIDE * asset + SIDE_HELD) {
            *leg = s;
            return p->weight[account] *
                   (own ? o->coins : p->coins)[population_leg(g, s, account)];
        }
    return 0.0;
}

/* Gives account i its share of what waits of one asset; it is watched from now on. */
static void take_share(const struct plan *plan, struct worker *w, uint32_t venue, int k,
                       uint32_t account, bool own, uint32_t asset, double share)
{
    const struct population *p = plan->venue[venue].population;
    const struct population_group *g = &p->group[p->group_of[account]];
    const struct trigger_overlay o = trigger_overlay(w, venue, k);
    uint32_t leg = 0;
    double cash;

    collateral_of(p, &o, account, asset, own, &leg);
    watch_take_up(p, g, account, &o, own, w, &cash);
    w->leg_coins[leg] += share * w->spread_coins[asset] / p->weight[account];
    cash -= share * w->spread_usd[asset] / p->weight[account];
    if (!own) {
        memset(o.memory + (size_t)LIQUIDATION_MEMORY * account, 0,
               LIQUIDATION_MEMORY * sizeof *o.memory);
        trigger_remove(w, venue, k, account);
        watch_begin(w, venue, k, account);
    }
    watch_put_back(p, g, account, &o, w, cash);
    worker_row(w, ROW_WATCH_FLOOR, venue)[k] = -INFINITY;
}

static void spread_asset(const struct plan *plan, struct worker *w, uint32_t venue, int k,
                         uint32_t asset)
{
    const struct population *p = plan->venue[venue].population;
    const struct trigger_overlay o = trigger_overlay(w, venue, k);
    const uint32_t n = (uint32_t)worker_row(w, ROW_WATCHED, venue)[k];
    double total = 0.0;
    uint32_t leg;

    for (uint32_t i = 0; i < n; i++)
        total += collateral_of(p, &o, o.watched[i], asset, true, &leg);
    for (uint32_t i = 0; i < p->n_account; i++)
        if (o.alive[i / 64] >> (i % 64) & 1)
            total += collateral_of(p, &o, i, asset, false, &leg);
    if (total == 0.0) { /* nobody is left to take it over */
        waterfall_settle(w, venue, k,
                         w->spread_coins[asset] * w->mark_usd[asset] - w->spread_usd[asset],
                         0.0, 1.0);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        const double coins = collateral_of(p, &o, o.watched[i], asset, true, &leg);
        if (coins > 0.0)
            take_share(plan, w, venue, k, o.watched[i], true, asset, coins / total);
    }
    for (uint32_t i = 0; i < p->n_account; i++) {
        const bool there = o.alive[i / 64] >> (i % 64) & 1;
        const double coins = there ? collateral_of(p, &o, i, asset, false, &leg) : 0.0;
        if (coins > 0.0)
            take_share(plan, w, venue, k, i, false, asset, coins / total);
    }
}

/* Spreads what waits over the accounts of a venue on path k, in proportion to what they have
 * of the coin. */
void watch_spread(const struct plan *plan, struct worker *w, uint32_t venue, int k)
{
    const struct population *p = plan->venue[venue].population;

    if (!w->spreads)
        return;
    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        if (w->spread_coins[asset] != 0.0 || w->spread_usd[asset] != 0.0)
            spread_asset(plan, w, venue, k, asset);
        w->spread_coins[asset] = w->spread_usd[asset] = 0.0;
    }
    w->spreads = false;
    for (uint32_t group = 0; group < p->n_group; group++)
        trigger_advance(plan, w, venue, k, group);
}
