/* The cascade. A venue closes an account whose equity is below its requirement by market
 * orders for its whole position. Within a round accounts are closed in the order of their
 * levels, the one that was breached first first; accounts of equal level share one fill in
 * proportion, so splitting an account changes nothing. Because the order does not depend on
 * the depth of the book, each account of a one-sided book meets the same queue in front of
 * it at any depth: less depth cannot close fewer accounts or leave a smaller shortfall
 * within a step. The user's own accounts come last in a round. */

#include "sim/liquidation.h"

#include <math.h>
#include <string.h>

#include "sim/book.h"
#include "sim/cascade.h"
#include "sim/chain.h"
#include "sim/liquidation_account.h"
#include "sim/market.h"
#include "sim/trigger.h"
#include "sim/market_books.h"
#include "sim/market_trade.h"
#include "sim/vmath.h"

void liquidation_start(const struct plan *plan, struct worker *w)
{
    cascade_start(plan, w);
    for (uint32_t venue = 0; venue < plan->n_venue; venue++) {
        const struct plan_venue *v = &plan->venue[venue];
        const uint32_t n_state = liquidation_states(v->liquidation, plan->n_asset);

        memset(w->state, 0, n_state * sizeof *w->state);
        if (v->liquidation->start != NULL)
            v->liquidation->start(v->liquidation_coef[0], w->state);
        for (int k = 0; k < LANES; k++) {
            worker_row(w, ROW_FUND, venue)[k] = v->insurance_fund_usd;
            for (uint32_t i = 0; i < n_state; i++)
                worker_row(w, ROW_LIQUIDATION_STATE, v->first_state + i)[k] = w->state[i];
        }
        if (v->population != NULL)
            trigger_start(plan, w, venue);
    }
}

/* What the books cannot take, or nobody takes while they are closed, changes hands at the
 * traded price as it stands after the trade. */
double liquidation_fill(const struct plan *plan, struct worker *w, uint32_t asset, int k,
                        double coins)
{
    const struct fill fill =
        market_trade(plan, w, k, asset, coins, coins > 0.0 ? 0.0 : INFINITY);
    lane_row mean;

    if (fill.stop == STOP_FILLED)
        return fill.usd;
    const double *impact = market_books_mean(plan, ROW_IMPACT, asset, w, mean);
    return fill.usd +
           (coins - fill.coins) * worker_row(w, ROW_BASE, asset)[k] * vm_exp(-impact[k]);
}

static void close_own(const struct plan *plan, struct worker *w, uint32_t account,
                      double *hit)
{
    const double *equity = worker_row(w, ROW_EQUITY, account);
    const double *need = worker_row(w, ROW_REQUIREMENT, account);
    const double *open = worker_row(w, ROW_OPEN, account);

    for (int k = 0; k < LANES; k++)
        if (open[k] != 0.0 && equity[k] < need[k] &&
            !venue_halted(plan, w, plan->account[account].venue, k)) {
            liquidation_own(plan, w, k, account);
            hit[k] += 1.0;
        }
}

/* The accounts of one venue's population on the paths where active is not 0; adds to hit how
 * many something was done to. */
static void close_population(const struct plan *plan, struct worker *w, uint32_t venue,
                             const double *active, double *hit)
{
    const struct plan_venue *v = &plan->venue[venue];
    const double *floor = worker_row(w, ROW_WATCH_FLOOR, venue);
    double *level = w->scratch[3], *worst = w->scratch[7];

    trigger_moves(plan, w, venue);
    for (int k = 0; k < LANES; k++)
        worst[k] = -INFINITY;
    for (uint32_t g = 0; g < v->population->n_group; g++) {
        const bool reached = trigger_level(plan, w, venue, g, level);
        for (int k = 0; k < LANES; k++)
            worst[k] = level[k] > worst[k] ? level[k] : worst[k];
        if (!reached)
            continue;
        const double *next = worker_row(w, ROW_NEXT_LEVEL, v->first_group + g);
        for (int k = 0; k < LANES; k++)
            if (active[k] != 0.0 && level[k] >= next[k] &&
                !venue_halted(plan, w, venue, k)) {
                trigger_look(plan, w, venue, k);
                cascade_look(plan, w, venue, k);
                const uint32_t n = trigger_find(plan, w, venue, k, g, level[k]);
                hit[k] += liquidation_close(plan, w, venue, k, g, n);
            }
    }
    for (int k = 0; k < LANES; k++)
        if (active[k] != 0.0 && worst[k] >= floor[k] && !venue_halted(plan, w, venue, k)) {
            trigger_look(plan, w, venue, k);
            cascade_look(plan, w, venue, k);
            hit[k] += liquidation_continue(plan, w, venue, k);
        }
}

/* What venues hold of the accounts they closed is sold, on the paths where they hold any.
 * Who is breached by it is found at the next instant. */
static void tend_venues(const struct plan *plan, struct worker *w)
{
    bool any = false;

    for (uint32_t venue = 0; venue < plan->n_venue; venue++)
        for (int k = 0; plan->venue[venue].liquidation->tend != NULL &&
                        plan->venue[venue].population != NULL && k < LANES;
             k++)
            if (!venue_halted(plan, w, venue, k))
                any |= liquidation_tend(plan, w, venue, k);
    if (!any)
        return;
    for (uint32_t asset = 0; asset < plan->n_asset; asset++)
        market_reprice(asset, w);
    book_mark(plan, w);
}

/* One round on the paths whose prices may have moved since they were looked at: hit[k]
 * not 0. Then hit[k] counts the accounts that something was done to. */
static bool liquidation_round(const struct plan *plan, struct worker *w, uint64_t round,
                              double *hit)
{
    double *active = w->scratch[6];
    bool any = false;

    memcpy(active, hit, sizeof(lane_row));
    memset(hit, 0, sizeof(lane_row));
    memset(w->acted, 0, plan->n_venue * sizeof *w->acted);
    for (uint32_t venue = 0; venue < plan->n_venue; venue++)
        if (plan->venue[venue].population != NULL && round < plan->venue[venue].max_rounds)
            close_population(plan, w, venue, active, w->acted[venue]);
    for (uint32_t account = 0; account < plan->n_account; account++) {
        const uint32_t venue = plan->account[account].venue;
        if (venue != PLAN_NONE && round < plan->venue[venue].max_rounds)
            close_own(plan, w, account, w->acted[venue]);
    }
    for (uint32_t venue = 0; venue < plan->n_venue; venue++) {
        const bool last = round + 1 == plan->venue[venue].max_rounds;
        for (int k = 0; k < LANES; k++) {
            const double acted = w->acted[venue][k] > 0.0 ? 1.0 : 0.0;
            worker_row(w, ROW_ROUNDS, venue)[k] += acted;
            worker_row(w, ROW_CAP_HITS, venue)[k] += last ? acted : 0.0;
            hit[k] += w->acted[venue][k];
            any = any || acted != 0.0;
        }
    }
    return any;
}

void liquidation_step(const struct plan *plan, struct worker *w)
{
    double *hit = w->scratch[5];

    if (plan->n_book == 0)
        return;
    for (int k = 0; k < LANES; k++)
        hit[k] = 1.0;
    cascade_instant(plan, w);
    for (uint64_t round = 0; liquidation_round(plan, w, round, hit); round++) {
        if (round == 0)
            cascade_hold(plan, w);
        w->round = round + 2;
        for (uint32_t asset = 0; asset < plan->n_asset; asset++)
            market_reprice(asset, w);
        book_mark(plan, w);
    }
    tend_venues(plan, w);
}
