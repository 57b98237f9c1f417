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
#include "sim/market.h"
#include "sim/market_books.h"
#include "sim/market_trade.h"
#include "sim/vmath.h"

/* Drift of funding per coin, as a fraction of the start price, after which all distances
 * are measured afresh. A distance measured at one end of it must last to the other end,
 * so it allows for twice the drift. */
static const double FUNDING_SLACK = 2e-4;

/* Difference between the moves of a group's assets since the distances were measured,
 * beyond which they are measured afresh: it is lost from every distance. */
static const double MAX_WASTE = 0.02;

static uint64_t *alive_words(const struct worker *w, int k)
{
    return w->overlay + (size_t)k * w->plan->overlay_words;
}

/* Safe distances of path k, one per block; they live in the overlay after the bits. */
static double *safe_distances(const struct worker *w, int k)
{
    return (double *)(void *)(alive_words(w, k) + population_words(w->plan->population));
}

static void epoch_start(const struct plan *plan, struct worker *w, int k)
{
    const double *price = market_mark(plan, plan->population_venue, 0, w);
    double *safe = safe_distances(w, k);

    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        worker_row(w, ROW_EPOCH_PRICE, asset)[k] = price[asset * LANES + (uint32_t)k];
        worker_row(w, ROW_EPOCH_FUNDING, asset)[k] = worker_row(w, ROW_FUNDING, asset)[k];
        w->since[2 * asset][k] = w->since[2 * asset + 1][k] = 0.0;
    }
    for (uint32_t i = 0; i < plan->population->n_safe; i++)
        safe[i] = -INFINITY;
}

void liquidation_start(const struct plan *plan, struct worker *w)
{
    const struct population *p = plan->population;

    for (uint32_t venue = 0; venue < plan->n_venue; venue++)
        for (int k = 0; k < LANES; k++)
            worker_row(w, ROW_FUND, venue)[k] = plan->venue[venue].insurance_fund_usd;
    for (uint32_t g = 0; p != NULL && g < p->n_group; g++)
        for (int k = 0; k < LANES; k++) {
            worker_row(w, ROW_FIRST_ALIVE, g)[k] = p->group[g].first;
            worker_row(w, ROW_NEXT_LEVEL, g)[k] = p->level[p->group[g].first];
        }
    for (int k = 0; p != NULL && k < LANES; k++) {
        memcpy(alive_words(w, k), p->alive, population_words(p) * sizeof *p->alive);
        epoch_start(plan, w, k);
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

double liquidation_settle(struct worker *w, uint32_t venue, int k, double equity_usd,
                          double fee_usd, double weight)
{
    const double fee = vm_min(fee_usd, vm_max(equity_usd, 0.0));
    const double shortfall = weight * vm_max(-equity_usd, 0.0);
    double *fund = &worker_row(w, ROW_FUND, venue)[k];
    const double drawn = vm_min(*fund, shortfall);

    *fund += weight * fee - drawn;
    worker_row(w, ROW_FEES, venue)[k] += weight * fee;
    worker_row(w, ROW_FUND_DRAWN, venue)[k] += drawn;
    worker_row(w, ROW_SHORTFALL, venue)[k] += shortfall;
    worker_row(w, ROW_BAD_DEBT, venue)[k] += shortfall - drawn;
    worker_row(w, ROW_RETURNED, venue)[k] += weight * (vm_max(equity_usd, 0.0) - fee);
    return vm_max(equity_usd, 0.0) - fee;
}

/* Closes accounts list[0 .. n) of one group and one level: one fill per asset, shared. */
static void close_equals(const struct plan *plan, struct worker *w, int k,
                         const struct population_group *g, const uint32_t *list, uint32_t n)
{
    const struct population *p = plan->population;
    const uint32_t venue = plan->population_venue;

    for (uint32_t s = 0; s < g->n_side; s++) {
        double coins = 0.0;
        for (uint32_t i = 0; i < n; i++)
            coins += p->weight[list[i]] * p->coins[population_leg(g, s, list[i])];
        const double usd = liquidation_fill(plan, w, g->side[s] / 2, k, coins);
        w->fill_usd[s] = usd / coins;
        worker_row(w, ROW_LIQUIDATED_USD, venue)[k] += fabs(usd);
    }
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t account = list[i];
        double equity = p->collateral_usd[account], notional = 0.0;
        for (uint32_t s = 0; s < g->n_side; s++) {
            const uint32_t leg = population_leg(g, s, account);
            const double funding = worker_row(w, ROW_FUNDING, g->side[s] / 2)[k];
            equity += p->coins[leg] * (w->fill_usd[s] - p->entry_usd[leg] - funding);
            notional += fabs(p->coins[leg]) * w->fill_usd[s];
        }
        liquidation_settle(w, venue, k, equity,
                           plan->venue[venue].liquidation_fee_frac * notional,
                           p->weight[account]);
        worker_row(w, ROW_LIQUIDATED_ACCOUNTS, venue)[k] += p->weight[account];
        alive_words(w, k)[account / 64] &= ~(1ULL << (account % 64));
    }
}

/* Largest and smallest adverse move of a group's assets since the safe distances of path
 * k were measured. Starts measuring afresh where they say too little. */
static void moves_since(const struct plan *plan, struct worker *w, int k,
                        const struct population_group *g, double *most, double *least)
{
    *most = -INFINITY;
    *least = INFINITY;
    for (uint32_t s = 0; s < g->n_side; s++) {
        const double adverse = w->since[g->side[s]][k];
        *most = vm_max(*most, adverse);
        *least = vm_min(*least, adverse);
    }
    if (*most - *least <= MAX_WASTE)
        return;
    epoch_start(plan, w, k);
    *most = *least = 0.0;
}

/* Looks at the accounts of one block; those under water go to the list. Returns how far, at
 * least, some asset must move against the others before one of them can be. */
static double look_at_block(const struct plan *plan, struct worker *w, int k,
                            const struct population_group *g, uint32_t first, double level,
                            uint32_t *n)
{
    const struct population *p = plan->population;
    const uint64_t alive = alive_words(w, k)[first / 64] >> (first % 64);
    double buffer[POPULATION_BLOCK], distance = INFINITY;

    population_block(p, g, first, market_mark(plan, plan->population_venue, 0, w) + k,
                     worker_row(w, ROW_FUNDING, 0) + k, LANES, buffer);
    for (uint32_t i = 0; i < POPULATION_BLOCK; i++) {
        if (!(alive >> i & 1))
            continue;
        if (buffer[i] < 0.0 && p->level[first + i] <= level)
            w->list[(*n)++] = first + i;
        else
            distance =
                vm_min(distance, vm_max(buffer[i], 0.0) * p->per_exposure[first + i]);
    }
    return distance - 2.0 * FUNDING_SLACK;
}

/* Fills w->list with the accounts of a group that are under water on path k, by level. */
static uint32_t find_breached(const struct plan *plan, struct worker *w, int k,
                              uint32_t group, double level)
{
    const struct population *p = plan->population;
    const struct population_group *g = &p->group[group];
    const uint32_t first = (uint32_t)worker_row(w, ROW_FIRST_ALIVE, group)[k];
    const uint32_t begin = first / POPULATION_BLOCK * POPULATION_BLOCK;
    double *safe = safe_distances(w, k) + g->first_safe, most = 0.0, least = 0.0;
    uint32_t n = 0;

    if (g->n_side > 1)
        moves_since(plan, w, k, g, &most, &least);
    for (uint32_t i = begin; i < g->first + g->count && p->level[i] <= level;
         i += POPULATION_BLOCK) {
        double *distance = &safe[(i - g->first) / POPULATION_BLOCK];
        if (g->n_side == 1)
            look_at_block(plan, w, k, g, i, level, &n);
        else if (*distance <= most)
            *distance = least + look_at_block(plan, w, k, g, i, level, &n);
    }
    return n;
}

/* The accounts of one group on one path, in the order of their levels. */
static uint32_t close_group(const struct plan *plan, struct worker *w, int k,
                            uint32_t group, double level)
{
    const struct population *p = plan->population;
    const struct population_group *g = &p->group[group];
    const uint32_t n = find_breached(plan, w, k, group, level);
    uint32_t first = (uint32_t)worker_row(w, ROW_FIRST_ALIVE, group)[k];

    for (uint32_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && p->level[w->list[end]] == p->level[w->list[i]]; end++)
            ;
        close_equals(plan, w, k, g, w->list + i, end - i);
    }
    while (first < g->first + g->count &&
           !(alive_words(w, k)[first / 64] >> (first % 64) & 1))
        first++;
    worker_row(w, ROW_FIRST_ALIVE, group)[k] = first;
    worker_row(w, ROW_NEXT_LEVEL, group)[k] =
        first < g->first + g->count ? p->level[first] : INFINITY;
    return n;
}

/* How far each asset has moved against longs and shorts, in the terms of population.h.
 * Funding enters as a price that is at least as bad: a long that paid F per coin is no
 * worse off than one at p - F / (1 - max rate) that paid nothing; one that received -F,
 * than one at p - F. */
static void adverse_moves(const struct plan *plan, struct worker *w)
{
    double *restrict stale = w->scratch[4];

    memset(stale, 0, sizeof(lane_row));
    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        const double *restrict price = market_mark(plan, plan->population_venue, asset, w);
        const double *restrict funding = worker_row(w, ROW_FUNDING, asset);
        const double start = plan->asset[asset].spot_usd;
        const double *restrict epoch_price = worker_row(w, ROW_EPOCH_PRICE, asset);
        const double *restrict epoch_funding = worker_row(w, ROW_EPOCH_FUNDING, asset);
        double *restrict of_long = w->adverse[2 * asset];
        double *restrict of_short = w->adverse[2 * asset + 1];
        double *restrict since_long = w->since[2 * asset];
        double *restrict since_short = w->since[2 * asset + 1];

        for (int k = 0; k < LANES; k++) {
            const double paid = funding[k] > 0.0 ? funding[k] : 0.0;
            const double received = funding[k] < 0.0 ? -funding[k] : 0.0;
            of_long[k] =
                1.0 - (price[k] - paid / (1.0 - POPULATION_MAX_RATE) + received) / start;
            of_short[k] = (price[k] + received) / start - 1.0;
            since_short[k] = (price[k] - epoch_price[k]) / start;
            since_long[k] = -since_short[k];
            const bool drifted =
                fabs(funding[k] - epoch_funding[k]) > FUNDING_SLACK * start;
            stale[k] = drifted || price[k] > POPULATION_MAX_RISE * start ? 1.0 : stale[k];
        }
    }
    for (int k = 0; k < LANES; k++)
        if (stale[k] != 0.0)
            epoch_start(plan, w, k);
}

/* Level of a group: the worst move among its assets. True if it reaches an account. */
static bool group_level(const struct plan *plan, uint32_t group, const struct worker *w,
                        double *restrict level)
{
    const struct population_group *g = &plan->population->group[group];
    const double *restrict next = worker_row(w, ROW_NEXT_LEVEL, group);
    uint64_t reached = 0;

    memcpy(level, w->adverse[g->side[0]], sizeof(lane_row));
    for (uint32_t s = 1; s < g->n_side; s++) {
        const double *restrict other = w->adverse[g->side[s]];
        for (int k = 0; k < LANES; k++)
            level[k] = level[k] > other[k] ? level[k] : other[k];
    }
    for (int k = 0; k < LANES; k++)
        reached |= level[k] >= next[k];
    return reached != 0;
}

/* One round on the paths whose prices may have moved since they were looked at: hit[k]
 * not 0. Then hit[k] counts the accounts closed. */
static bool liquidation_round(const struct plan *plan, struct worker *w, double *hit)
{
    const uint32_t n_group = plan->population == NULL ? 0 : plan->population->n_group;
    double *level = w->scratch[3], *active = w->scratch[6];
    bool any = false;

    memcpy(active, hit, sizeof(lane_row));
    memset(hit, 0, sizeof(lane_row));
    if (n_group > 0)
        adverse_moves(plan, w);
    for (uint32_t g = 0; g < n_group; g++) {
        if (!group_level(plan, g, w, level))
            continue;
        for (int k = 0; k < LANES; k++)
            if (active[k] != 0.0 && level[k] >= worker_row(w, ROW_NEXT_LEVEL, g)[k])
                hit[k] += close_group(plan, w, k, g, level[k]);
    }
    for (uint32_t account = 0; account < plan->n_account; account++) {
        const double *equity = worker_row(w, ROW_EQUITY, account);
        const double *need = worker_row(w, ROW_REQUIREMENT, account);
        const double *open = worker_row(w, ROW_OPEN, account);
        for (int k = 0; plan->account[account].venue != PLAN_NONE && k < LANES; k++)
            if (open[k] != 0.0 && equity[k] < need[k]) {
                liquidation_own(plan, w, k, account);
                hit[k] += 1.0;
            }
    }
    for (int k = 0; k < LANES; k++)
        any = any || hit[k] > 0.0;
    return any;
}

void liquidation_step(const struct plan *plan, struct worker *w)
{
    double *hit = w->scratch[5];

    if (plan->n_book == 0)
        return;
    const uint32_t venue =
        plan->population_venue != PLAN_NONE ? plan->population_venue : plan->book[0].venue;
    for (int k = 0; k < LANES; k++)
        hit[k] = 1.0;
    for (uint64_t round = 0; liquidation_round(plan, w, hit); round++) {
        for (int k = 0; k < LANES; k++)
            worker_row(w, ROW_ROUNDS, venue)[k] += hit[k] > 0.0;
        for (uint32_t asset = 0; asset < plan->n_asset; asset++)
            market_reprice(asset, w);
        book_mark(plan, w);
        if (round + 1 == plan->venue[venue].max_rounds) {
            for (int k = 0; k < LANES; k++)
                worker_row(w, ROW_CAP_HITS, venue)[k] += hit[k] > 0.0;
            break;
        }
    }
}
