#include "sim/trigger.h"

#include <math.h>
#include <string.h>

#include "sim/market.h"
#include "sim/vmath.h"

/* Drift of funding per coin, as a fraction of the start price, after which all distances
 * are measured afresh. A distance measured at one end of it must last to the other end,
 * so it allows for twice the drift. */
static const double FUNDING_SLACK = 2e-4;

/* Difference between the moves of a group's assets since the distances were measured,
 * beyond which they are measured afresh: it is lost from every distance. */
static const double MAX_WASTE = 0.02;

size_t trigger_words(const struct population *p, bool whole)
{
    const size_t n = p->n_account;
    const size_t shared = population_words(p) + p->n_safe;

    return whole ? shared
                 : shared + p->n_leg + (2 + LIQUIDATION_MEMORY) * n + population_words(p) +
                       (n + 1) / 2;
}

struct trigger_overlay trigger_overlay(const struct worker *w, uint32_t venue, int k)
{
    const struct plan_venue *v = &w->plan->venue[venue];
    const struct population *p = v->population;
    uint64_t *words = w->overlay + (size_t)k * w->plan->overlay_words + v->first_overlay;
    struct trigger_overlay o = {.alive = words,
                                .safe = (double *)(void *)(words + population_words(p))};

    if (v->liquidation->whole)
        return o;
    o.coins = o.safe + p->n_safe;
    o.collateral = o.coins + p->n_leg;
    o.level = o.collateral + p->n_account;
    o.memory = o.level + p->n_account;
    o.cascade = (uint64_t *)(void *)(o.memory + (size_t)LIQUIDATION_MEMORY * p->n_account);
    o.watched = (uint32_t *)(void *)(o.cascade + population_words(p));
    return o;
}

/* What one coin owed at the start has grown to. */
static double debt_index(const struct plan_venue *v, uint32_t asset, double time_s)
{
    const double rate = v->borrow_rate_annual[asset];

    return rate == 0.0 ? 1.0 : vm_exp(rate * time_s / PLAN_YEAR_S);
}

static void epoch_start(const struct plan *plan, struct worker *w, uint32_t venue, int k)
{
    const struct plan_venue *v = &plan->venue[venue];
    double *safe = trigger_overlay(w, venue, k).safe;

    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        const uint32_t row = venue * plan->n_asset + asset;
        worker_row(w, ROW_EPOCH_PRICE, row)[k] = market_mark(plan, venue, asset, w)[k];
        worker_row(w, ROW_EPOCH_FUNDING, row)[k] = worker_row(w, ROW_FUNDING, asset)[k];
        worker_row(w, ROW_EPOCH_INDEX, row)[k] = debt_index(v, asset, w->time_s);
        for (uint32_t side = 0; side < N_SIDE; side++)
            w->since[N_SIDE * asset + side][k] = 0.0;
    }
    for (uint32_t i = 0; i < v->population->n_safe; i++)
        safe[i] = -INFINITY;
}

void trigger_start(const struct plan *plan, struct worker *w, uint32_t venue)
{
    const struct plan_venue *v = &plan->venue[venue];
    const struct population *p = v->population;

    for (uint32_t g = 0; g < p->n_group; g++)
        for (int k = 0; k < LANES; k++) {
            worker_row(w, ROW_FIRST_ALIVE, v->first_group + g)[k] = p->group[g].first;
            worker_row(w, ROW_NEXT_LEVEL, v->first_group + g)[k] =
                p->level[p->group[g].first];
        }
    for (int k = 0; k < LANES; k++) {
        memcpy(trigger_overlay(w, venue, k).alive, p->alive,
               population_words(p) * sizeof *p->alive);
        worker_row(w, ROW_WATCH_FLOOR, venue)[k] = INFINITY;
        epoch_start(plan, w, venue, k);
    }
}

/* Moves against contracts. Funding enters as a price that is at least as bad: a long that
 * paid F per coin is no worse off than one at p - F / (1 - max rate) that paid nothing; one
 * that received -F, than one at p - F. */
static void contract_moves(const struct plan *plan, struct worker *w, uint32_t venue,
                           uint32_t asset, double *restrict stale)
{
    const double *restrict price = market_mark(plan, venue, asset, w);
    const double *restrict funding = worker_row(w, ROW_FUNDING, asset);
    const uint32_t row = venue * plan->n_asset + asset;
    const double *restrict epoch_price = worker_row(w, ROW_EPOCH_PRICE, row);
    const double *restrict epoch_funding = worker_row(w, ROW_EPOCH_FUNDING, row);
    const double start = plan->asset[asset].spot_usd;
    double *restrict of_long = w->adverse[N_SIDE * asset];
    double *restrict of_short = w->adverse[N_SIDE * asset + SIDE_SHORT];
    double *restrict since_long = w->since[N_SIDE * asset];
    double *restrict since_short = w->since[N_SIDE * asset + SIDE_SHORT];

    for (int k = 0; k < LANES; k++) {
        const double paid = funding[k] > 0.0 ? funding[k] : 0.0;
        const double received = funding[k] < 0.0 ? -funding[k] : 0.0;
        of_long[k] =
            1.0 - (price[k] - paid / (1.0 - POPULATION_MAX_RATE) + received) / start;
        of_short[k] = (price[k] + received) / start - 1.0;
        since_short[k] = (price[k] - epoch_price[k]) / start;
        since_long[k] = -since_short[k];
        const bool drifted = fabs(funding[k] - epoch_funding[k]) > FUNDING_SLACK * start;
        stale[k] = drifted || price[k] > POPULATION_MAX_RISE * start ? 1.0 : stale[k];
    }
}

/* Moves against property: of a debt with its interest. */
static void property_moves(const struct plan *plan, struct worker *w, uint32_t venue,
                           uint32_t asset, double *restrict stale)
{
    const double *restrict price = market_mark(plan, venue, asset, w);
    const uint32_t row = venue * plan->n_asset + asset;
    const double *restrict epoch_price = worker_row(w, ROW_EPOCH_PRICE, row);
    const double *restrict epoch_index = worker_row(w, ROW_EPOCH_INDEX, row);
    const double start = plan->asset[asset].spot_usd;
    const double index = debt_index(&plan->venue[venue], asset, w->time_s);
    double *restrict of_long = w->adverse[N_SIDE * asset + SIDE_HELD];
    double *restrict of_short = w->adverse[N_SIDE * asset + SIDE_HELD + SIDE_SHORT];
    double *restrict since_long = w->since[N_SIDE * asset + SIDE_HELD];
    double *restrict since_short = w->since[N_SIDE * asset + SIDE_HELD + SIDE_SHORT];

    for (int k = 0; k < LANES; k++) {
        of_long[k] = 1.0 - price[k] / start;
        of_short[k] = price[k] * index / start - 1.0;
        since_long[k] = (epoch_price[k] - price[k]) / start;
        since_short[k] = (price[k] * index - epoch_price[k] * epoch_index[k]) / start;
        stale[k] = price[k] * index > POPULATION_MAX_RISE * start ? 1.0 : stale[k];
    }
}

void trigger_moves(const struct plan *plan, struct worker *w, uint32_t venue)
{
    const struct population *p = plan->venue[venue].population;
    double *restrict stale = w->scratch[4];

    memset(stale, 0, sizeof(lane_row));
    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        if (p->has_contracts)
            contract_moves(plan, w, venue, asset, stale);
        if (p->has_property)
            property_moves(plan, w, venue, asset, stale);
    }
    for (int k = 0; k < LANES; k++)
        if (stale[k] != 0.0)
            epoch_start(plan, w, venue, k);
}

bool trigger_level(const struct plan *plan, const struct worker *w, uint32_t venue,
                   uint32_t group, double *restrict level)
{
    const struct plan_venue *v = &plan->venue[venue];
    const struct population_group *g = &v->population->group[group];
    const double *restrict next = worker_row(w, ROW_NEXT_LEVEL, v->first_group + group);
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

void trigger_look(const struct plan *plan, struct worker *w, uint32_t venue, int k)
{
    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        w->mark_usd[asset] = market_mark(plan, venue, asset, w)[k];
        w->paid_usd[asset] = worker_row(w, ROW_FUNDING, asset)[k];
        w->debt_index[asset] = debt_index(&plan->venue[venue], asset, w->time_s);
    }
    w->market = (struct population_market){w->mark_usd, w->paid_usd, 1, w->debt_index};
}

/* Largest and smallest adverse move of a group's assets since the safe distances of path
 * k were measured. Starts measuring afresh where they say too little. */
static void moves_since(const struct plan *plan, struct worker *w, uint32_t venue, int k,
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
    epoch_start(plan, w, venue, k);
    *most = *least = 0.0;
}

/* Looks at the accounts of one block; those under water go to the list. Returns how far, at
 * least, some asset must move against the others before one of them can be. */
static double look_at_block(const struct population *p, const struct population_group *g,
                            struct worker *w, const uint64_t *alive_bits, uint32_t first,
                            double level, uint32_t *n)
{
    const uint64_t alive = alive_bits[first / 64] >> (first % 64);
    double buffer[POPULATION_BLOCK], distance = INFINITY;

    population_block(p, g, first, &w->market, buffer);
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

uint32_t trigger_find(const struct plan *plan, struct worker *w, uint32_t venue, int k,
                      uint32_t group, double level)
{
    const struct plan_venue *v = &plan->venue[venue];
    const struct population *p = v->population;
    const struct population_group *g = &p->group[group];
    const struct trigger_overlay overlay = trigger_overlay(w, venue, k);
    const uint32_t first =
        (uint32_t)worker_row(w, ROW_FIRST_ALIVE, v->first_group + group)[k];
    const uint32_t begin = first / POPULATION_BLOCK * POPULATION_BLOCK;
    double *safe = overlay.safe + g->first_safe, most = 0.0, least = 0.0;
    uint32_t n = 0;

    if (g->n_side > 1)
        moves_since(plan, w, venue, k, g, &most, &least);
    for (uint32_t i = begin; i < g->first + g->count && p->level[i] <= level;
         i += POPULATION_BLOCK) {
        double *distance = &safe[(i - g->first) / POPULATION_BLOCK];
        if (g->n_side == 1)
            look_at_block(p, g, w, overlay.alive, i, level, &n);
        else if (*distance <= most)
            *distance = least + look_at_block(p, g, w, overlay.alive, i, level, &n);
    }
    return n;
}

void trigger_keep(const struct worker *w, uint32_t venue, int k, uint32_t account)
{
    const struct population *p = w->plan->venue[venue].population;
    const struct population_group *g = &p->group[p->group_of[account]];

    if (g->n_side > 1)
        trigger_overlay(w, venue, k)
            .safe[g->first_safe + (account - g->first) / POPULATION_BLOCK] = -INFINITY;
}

void trigger_remove(const struct worker *w, uint32_t venue, int k, uint32_t account)
{
    trigger_overlay(w, venue, k).alive[account / 64] &= ~(1ULL << (account % 64));
}

void trigger_advance(const struct plan *plan, struct worker *w, uint32_t venue, int k,
                     uint32_t group)
{
    const struct plan_venue *v = &plan->venue[venue];
    const struct population *p = v->population;
    const struct population_group *g = &p->group[group];
    const uint64_t *alive = trigger_overlay(w, venue, k).alive;
    double *row = worker_row(w, ROW_FIRST_ALIVE, v->first_group + group);
    uint32_t first = (uint32_t)row[k];

    while (first < g->first + g->count && !(alive[first / 64] >> (first % 64) & 1))
        first++;
    row[k] = first;
    worker_row(w, ROW_NEXT_LEVEL, v->first_group + group)[k] =
        first < g->first + g->count ? p->level[first] : INFINITY;
}

uint32_t trigger_scan(const struct plan *plan, struct worker *w, uint32_t venue, int k)
{
    const struct population *p = plan->venue[venue].population;
    const uint64_t *alive = trigger_overlay(w, venue, k).alive;
    uint32_t n = 0;

    trigger_look(plan, w, venue, k);
    for (uint32_t g = 0; g < p->n_group; g++)
        for (uint32_t i = 0; i < p->group[g].count; i += POPULATION_BLOCK)
            look_at_block(p, &p->group[g], w, alive, p->group[g].first + i, INFINITY, &n);
    return n;
}
