/* Sorting accounts by the adverse move that can breach them; see population.h. */

#include "sim/population.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BISECTIONS = 200, PATTERN_WORDS = N_SIDE * POPULATION_MAX_ASSET / 64 };
static const double MAX_LEVEL = 1e6; /* a price a million times higher: never */

struct leg {
    uint32_t side;
    double coins, entry_usd;
};

/* One account while sorting. */
struct draft {
    uint32_t n_leg, source, category;
    double collateral_usd, weight, level, notional_usd;
    uint64_t pattern[PATTERN_WORDS]; /* bit `side` */
    struct leg *leg;                 /* by side */
};

void population_need(const struct population *p, const struct population_group *g,
                     uint32_t side, const double *value_usd, const double *price_usd,
                     double *requirement_usd, int n)
{
    const void *coef = p->coef[g->category];

    if ((side & SIDE_HELD) == 0)
        p->rule->linear(coef, side_asset(side), value_usd, price_usd, requirement_usd, n);
    else if (p->rule->property != NULL)
        p->rule->property(coef, side_asset(side), value_usd, requirement_usd, n);
}

/* Below zero for a long beyond u = 1: funding enters as a fall of the price, and what
 * was paid while the price was high may be more than what is left of it. */
static double side_price(double spot_usd, uint32_t side, double u)
{
    return spot_usd * (side % 2 == 0 ? 1.0 - u : 1.0 + u);
}

/* Buffer when every price has moved against the account by the fraction u. */
static double buffer_at(const struct population *p, const struct population_group *g,
                        double collateral_usd, const double *coins, const double *entry_usd,
                        double u)
{
    double buffer = collateral_usd;

    for (uint32_t s = 0; s < g->n_side; s++) {
        const double price = side_price(p->spot_usd[g->asset[s]], g->side[s], u);
        const double value = coins[s] * price;
        double requirement = 0.0;

        if (price > 0.0)
            population_need(p, g, g->side[s], &value, &price, &requirement, 1);
        buffer += coins[s] * (price - entry_usd[s]) - requirement;
    }
    return buffer;
}

/* By bisection. */
double population_level(const struct population *p, const struct population_group *g,
                        double collateral_usd, const double *coins, const double *entry_usd)
{
    double low = 0.0, high = 1.0;

    if (buffer_at(p, g, collateral_usd, coins, entry_usd, 0.0) < 0.0)
        return -1.0;
    while (high < MAX_LEVEL &&
           buffer_at(p, g, collateral_usd, coins, entry_usd, high) >= 0.0)
        high *= 2.0;
    if (high >= MAX_LEVEL)
        return INFINITY;
    for (int i = 0; i < BISECTIONS; i++) {
        const double middle = 0.5 * (low + high);
        if (middle <= low || middle >= high)
            break;
        if (buffer_at(p, g, collateral_usd, coins, entry_usd, middle) >= 0.0)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static double draft_level(const struct population *p, const struct draft *d)
{
    uint32_t side[N_SIDE * POPULATION_MAX_ASSET], asset[N_SIDE * POPULATION_MAX_ASSET];
    double coins[N_SIDE * POPULATION_MAX_ASSET], entry[N_SIDE * POPULATION_MAX_ASSET];
    const struct population_group g = {
        .category = d->category, .n_side = d->n_leg, .side = side, .asset = asset};

    for (uint32_t j = 0; j < d->n_leg; j++) {
        side[j] = d->leg[j].side;
        asset[j] = side_asset(side[j]);
        coins[j] = d->leg[j].coins;
        entry[j] = d->leg[j].entry_usd;
    }
    return population_level(p, &g, d->collateral_usd, coins, entry);
}

/* Adds a row to its account; rows of the same asset and side are one position. */
static void draft_add(struct draft *d, const struct population_row *r,
                      const double *spot_usd)
{
    const uint32_t side =
        N_SIDE * r->asset + (r->held ? SIDE_HELD : 0) + (r->coins < 0.0 ? SIDE_SHORT : 0);
    uint32_t j = d->n_leg;

    d->collateral_usd += r->collateral_usd;
    if (r->asset == POPULATION_CASH) {
        d->collateral_usd += r->coins;
        return;
    }
    d->notional_usd += fabs(r->coins) * spot_usd[r->asset];
    d->pattern[side / 64] |= 1ULL << (side % 64);
    while (j > 0 && d->leg[j - 1].side > side)
        j--;
    if (j > 0 && d->leg[j - 1].side == side) {
        struct leg *leg = &d->leg[j - 1];
        const double coins = leg->coins + r->coins;
        leg->entry_usd = (leg->coins * leg->entry_usd + r->coins * r->entry_usd) / coins;
        leg->coins = coins;
        return;
    }
    memmove(&d->leg[j + 1], &d->leg[j], (d->n_leg - j) * sizeof *d->leg);
    d->leg[j] = (struct leg){side, r->coins, r->held ? 0.0 : r->entry_usd};
    d->n_leg++;
}

static int compare_draft(const void *a, const void *b)
{
    const struct draft *x = a, *y = b;
    const int pattern = memcmp(x->pattern, y->pattern, sizeof x->pattern);

    if (pattern != 0)
        return pattern;
    if (x->category != y->category)
        return x->category < y->category ? -1 : 1;
    if (x->level != y->level)
        return x->level < y->level ? -1 : 1;
    return x->source < y->source ? -1 : x->source > y->source;
}

/* Rows to drafts; accounts under water are counted and left out. names [n_row] gets the name
 * of every account. Returns how many stay. */
static uint32_t draft_accounts(const struct population_row *rows, uint32_t n_row,
                               struct population *p, struct leg *leg, struct draft *draft,
                               const char **names)
{
    uint32_t n_draft = 0, source = 0;

    for (uint32_t row = 0; row < n_row; source++) {
        struct draft d = {.source = source,
                          .weight = rows[row].weight,
                          .category = rows[row].category,
                          .leg = leg + row};
        const char *name = names[source] = rows[row].account;
        for (; row < n_row && strcmp(rows[row].account, name) == 0; row++)
            draft_add(&d, &rows[row], p->spot_usd);
        d.level = draft_level(p, &d);
        if (d.level < 0.0) {
            p->n_excluded += (uint32_t)d.weight;
            p->excluded_usd += d.weight * d.notional_usd;
        } else {
            draft[n_draft++] = d;
        }
    }
    return n_draft;
}

static bool same_group(const struct draft *a, const struct draft *b)
{
    return a->category == b->category &&
           memcmp(a->pattern, b->pattern, sizeof a->pattern) == 0;
}

/* Groups in whole blocks; sets n_account and n_leg. */
static void group_accounts(struct population *p, const struct draft *draft,
                           struct arena *arena)
{
    struct population_group *group =
        arena_get(arena, p->n_real + 1, sizeof(struct population_group));

    p->group = group;
    for (uint32_t i = 0, end; i < p->n_real; i = end) {
        struct population_group *g = &group[p->n_group++];
        uint32_t *side = arena_get(arena, draft[i].n_leg, sizeof *side);
        uint32_t *asset = arena_get(arena, draft[i].n_leg, sizeof *asset);
        for (end = i; end < p->n_real && same_group(&draft[end], &draft[i]);)
            end++;
        for (uint32_t j = 0; j < draft[i].n_leg; j++) {
            side[j] = draft[i].leg[j].side;
            asset[j] = side_asset(side[j]);
        }
        g->category = draft[i].category;
        g->asset = asset;
        g->first = p->n_account;
        g->count = (end - i + POPULATION_BLOCK - 1) / POPULATION_BLOCK * POPULATION_BLOCK;
        g->n_side = draft[i].n_leg;
        g->side = side;
        g->first_leg = p->n_leg;
        g->first_safe = p->n_safe;
        p->n_safe += g->n_side > 1 ? g->count / POPULATION_BLOCK : 0;
        p->n_leg += g->n_side * g->count;
        p->n_account += g->count;
    }
}

/* The arrays that paths read, while they are written. */
struct arrays {
    double *level, *collateral_usd, *weight, *per_exposure, *coins, *entry_usd;
    uint32_t *source, *group_of;
    uint64_t *alive;
};

static void store_account(struct population *p, const struct population_group *g,
                          uint32_t i, const struct draft *d, struct arrays *to,
                          double *rest)
{
    to->level[i] = d->level;
    to->collateral_usd[i] = d->collateral_usd;
    to->weight[i] = d->weight;
    to->source[i] = d->source;
    to->alive[i / 64] |= 1ULL << (i % 64);
    double exposure_usd = 0.0;
    for (uint32_t s = 0; s < d->n_leg; s++) {
        const uint32_t asset = g->asset[s], leg = population_leg(g, s, i);
        const double slope = d->leg[s].side % 2 == 0 ? 1.0 : 1.0 + POPULATION_MAX_RATE;
        to->coins[leg] = d->leg[s].coins;
        to->entry_usd[leg] = d->leg[s].entry_usd;
        exposure_usd += fabs(d->leg[s].coins) * p->spot_usd[asset] * slope;
        if ((g->side[s] & SIDE_HELD) == 0)
            rest[asset] -= d->weight * d->leg[s].coins;
        p->has_contracts |= (g->side[s] & SIDE_HELD) == 0;
        p->has_property |= (g->side[s] & SIDE_HELD) != 0;
    }
    to->per_exposure[i] = 1.0 / exposure_usd;
}

static void store_accounts(struct population *p, const struct draft *draft, double *rest,
                           struct arena *arena)
{
    struct arrays to = {.level = arena_get(arena, p->n_account, sizeof(double)),
                        .collateral_usd = arena_get(arena, p->n_account, sizeof(double)),
                        .weight = arena_get(arena, p->n_account, sizeof(double)),
                        .per_exposure = arena_get(arena, p->n_account, sizeof(double)),
                        .source = arena_get(arena, p->n_account, sizeof(uint32_t)),
                        .group_of = arena_get(arena, p->n_account, sizeof(uint32_t)),
                        .alive = arena_get(arena, p->n_account / 64 + 1, sizeof(uint64_t)),
                        .coins = arena_get(arena, p->n_leg, sizeof(double)),
                        .entry_usd = arena_get(arena, p->n_leg, sizeof(double))};
    uint32_t d = 0;

    for (uint32_t i = 0; i < p->n_account; i++)
        to.level[i] = INFINITY;
    for (uint32_t g = 0; g < p->n_group; g++) {
        const struct population_group *group = &p->group[g];
        for (uint32_t i = 0; i < group->count; i++)
            to.group_of[group->first + i] = g;
        for (uint32_t i = 0, of = d; d < p->n_real && same_group(&draft[d], &draft[of]);
             i++)
            store_account(p, group, group->first + i, &draft[d++], &to, rest);
    }
    p->level = to.level;
    p->collateral_usd = to.collateral_usd;
    p->weight = to.weight;
    p->per_exposure = to.per_exposure;
    p->source = to.source;
    p->group_of = to.group_of;
    p->alive = to.alive;
    p->coins = to.coins;
    p->entry_usd = to.entry_usd;
}

void population_build(const struct population_row *rows, uint32_t n_row, uint32_t n_asset,
                      const double *spot_usd, const double *own_coins,
                      const struct margin_rule *rule, const void *const *coef,
                      struct arena *arena, struct population *population)
{
    struct arena scratch = {NULL};
    struct draft *draft = arena_get(&scratch, n_row, sizeof *draft);
    struct leg *leg = arena_get(&scratch, n_row, sizeof *leg);
    double *rest = arena_get(arena, n_asset, sizeof *rest);
    const char **name = arena_get(arena, n_row, sizeof *name);

    *population = (struct population){
        .n_asset = n_asset, .spot_usd = spot_usd, .rule = rule, .coef = coef, .name = name};
    population->n_real = draft_accounts(rows, n_row, population, leg, draft, name);
    qsort(draft, population->n_real, sizeof *draft, compare_draft);
    group_accounts(population, draft, arena);
    for (uint32_t asset = 0; asset < n_asset; asset++)
        rest[asset] = -own_coins[asset];
    store_accounts(population, draft, rest, arena);
    population->rest_coins = rest;
    arena_free(&scratch);
}

void population_block(const struct population *p, const struct population_group *g,
                      uint32_t first, const struct population_market *market,
                      double *restrict buffer_usd)
{
    double value[POPULATION_BLOCK], prices[POPULATION_BLOCK];
    double need[POPULATION_BLOCK] = {0.0};

    memcpy(buffer_usd, p->collateral_usd + first, sizeof value);
    for (uint32_t s = 0; s < g->n_side; s++) {
        const uint32_t side = g->side[s], asset = g->asset[s];
        const uint32_t leg = population_leg(g, s, first);
        const bool held = (side & SIDE_HELD) != 0, owed = held && side % 2 == 1;
        const double price = market->mark_usd[(size_t)asset * market->stride] *
                             (owed ? market->debt_index[asset] : 1.0);
        const double paid =
            held ? price : price - market->funding_usd[(size_t)asset * market->stride];
        const double *restrict coins = p->coins + leg, *restrict entry = p->entry_usd + leg;

        for (int i = 0; i < POPULATION_BLOCK; i++) {
            prices[i] = price;
            value[i] = coins[i] * price;
            buffer_usd[i] += coins[i] * (paid - entry[i]);
        }
        population_need(p, g, side, value, prices, need, POPULATION_BLOCK);
    }
    for (int i = 0; i < POPULATION_BLOCK; i++)
        buffer_usd[i] -= need[i];
}

/* What one coin counts for: a debt has grown by its interest. */
static double coin_price(uint32_t side, const struct population_market *market)
{
    const uint32_t asset = side_asset(side);
    const bool owed = (side & SIDE_HELD) != 0 && (side & SIDE_SHORT) != 0;

    return market->mark_usd[(size_t)asset * market->stride] *
           (owed ? market->debt_index[asset] : 1.0);
}

double population_equity(const struct population *p, uint32_t account, const double *coins,
                         double collateral_usd, const struct population_market *market)
{
    const struct population_group *g = &p->group[p->group_of[account]];
    double equity = collateral_usd;

    for (uint32_t s = 0; s < g->n_side; s++) {
        const uint32_t leg = population_leg(g, s, account);
        const double funding = market->funding_usd[(size_t)g->asset[s] * market->stride];
        const double paid = (g->side[s] & SIDE_HELD) != 0 ? 0.0 : funding;
        equity += coins[leg] * (coin_price(g->side[s], market) - paid - p->entry_usd[leg]);
    }
    return equity;
}

double population_requirement(const struct population *p, uint32_t account,
                              const double *coins, const struct population_market *market)
{
    const struct population_group *g = &p->group[p->group_of[account]];
    double need = 0.0;

    for (uint32_t s = 0; s < g->n_side; s++) {
        const double price = coin_price(g->side[s], market);
        const double value = coins[population_leg(g, s, account)] * price;
        population_need(p, g, g->side[s], &value, &price, &need, 1);
    }
    return need;
}
