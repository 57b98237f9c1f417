/* Sorting accounts by the adverse move that can breach them; see population.h. */

#include "sim/population.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BISECTIONS = 200 };
static const double MAX_LEVEL = 1e6; /* a price a million times higher: never */

/* One account while sorting. */
struct draft {
    uint32_t first, n_leg, source;
    double collateral_usd, weight, level;
    uint64_t pattern[4]; /* bit 2 * asset + short; 128 assets */
    const struct population_leg *leg;
};

static double leg_requirement(const struct margin_rule *rule, const void *coef,
                              uint32_t asset, double notional_usd, double price_usd)
{
    double requirement_usd = 0.0;

    rule->linear(coef, asset, &notional_usd, &price_usd, &requirement_usd, 1);
    return requirement_usd;
}

double population_buffer(const struct population *p, uint32_t i, const double *price_usd,
                         const double *funding_usd, uint32_t stride)
{
    double buffer = p->collateral_usd[i];

    for (uint32_t j = i == 0 ? 0 : p->leg_end[i - 1]; j < p->leg_end[i]; j++) {
        const struct population_leg *leg = &p->leg[j];
        const double price = price_usd[(size_t)leg->asset * stride];
        const double funding = funding_usd[(size_t)leg->asset * stride];

        buffer += leg->coins * (price - leg->entry_usd - funding) -
                  leg_requirement(p->rule, p->coef, leg->asset, leg->coins * price, price);
    }
    return buffer;
}

/* Buffer when every leg's price has moved against it by the fraction u. */
static double draft_buffer(const struct population *p, const struct draft *d, double u)
{
    double buffer = d->collateral_usd;

    for (uint32_t j = 0; j < d->n_leg; j++) {
        const struct population_leg *leg = &d->leg[j];
        const double factor = leg->coins > 0.0 ? (u < 1.0 ? 1.0 - u : 0.0) : 1.0 + u;
        const double price = p->spot_usd[leg->asset] * factor;

        buffer += leg->coins * (price - leg->entry_usd) -
                  leg_requirement(p->rule, p->coef, leg->asset, leg->coins * price, price);
    }
    return buffer;
}

/* The largest u known to be safe, by bisection; -1 if the account is under water already.
 */
static double draft_level(const struct population *p, const struct draft *d)
{
    double low = 0.0, high = 1.0;

    if (draft_buffer(p, d, 0.0) < 0.0)
        return -1.0;
    while (high < MAX_LEVEL && draft_buffer(p, d, high) >= 0.0)
        high *= 2.0;
    if (high >= MAX_LEVEL)
        return INFINITY;
    for (int i = 0; i < BISECTIONS; i++) {
        const double middle = 0.5 * (low + high);
        if (middle <= low || middle >= high)
            break;
        if (draft_buffer(p, d, middle) >= 0.0)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static int compare_draft(const void *a, const void *b)
{
    const struct draft *x = a, *y = b;
    const int pattern = memcmp(x->pattern, y->pattern, sizeof x->pattern);

    if (pattern != 0)
        return pattern;
    if (x->level != y->level)
        return x->level < y->level ? -1 : 1;
    return x->source < y->source ? -1 : x->source > y->source;
}

/* Rows to drafts; accounts under water are counted and left out. Returns how many stay. */
static uint32_t draft_accounts(const struct population_row *rows, uint32_t n_row,
                               struct population *p, struct population_leg *leg,
                               struct draft *draft)
{
    uint32_t n_draft = 0, source = 0;

    for (uint32_t first = 0; first < n_row; source++) {
        struct draft d = {.first = first,
                          .source = source,
                          .weight = rows[first].weight,
                          .leg = &leg[first]};
        double notional_usd = 0.0;
        while (first < n_row && strcmp(rows[first].account, rows[d.first].account) == 0) {
            const struct population_row *r = &rows[first];
            const uint32_t bit = 2 * r->asset + (r->coins < 0.0);
            leg[first] = (struct population_leg){r->asset, r->coins, r->entry_usd};
            d.collateral_usd += r->collateral_usd;
            d.pattern[bit / 64] |= 1ULL << (bit % 64);
            notional_usd += fabs(r->coins) * p->spot_usd[r->asset];
            d.n_leg++;
            first++;
        }
        d.level = draft_level(p, &d);
        if (d.level < 0.0) {
            p->n_excluded += (uint32_t)d.weight;
            p->excluded_usd += d.weight * notional_usd;
        } else {
            draft[n_draft++] = d;
        }
    }
    return n_draft;
}

static void group_accounts(struct population *p, const struct draft *draft,
                           struct arena *arena)
{
    struct population_group *group =
        arena_get(arena, p->n_account + 1, sizeof(struct population_group));

    for (uint32_t i = 0; i < p->n_account; i++) {
        struct population_group *g = &group[p->n_group];
        if (i > 0 &&
            memcmp(draft[i].pattern, draft[i - 1].pattern, sizeof draft->pattern) == 0) {
            group[p->n_group - 1].count++;
            continue;
        }
        uint32_t *side = arena_get(arena, 2 * p->n_asset, sizeof *side);
        g->first = i;
        g->count = 1;
        g->side = side;
        for (uint32_t bit = 0; bit < 2 * p->n_asset; bit++)
            if (draft[i].pattern[bit / 64] >> (bit % 64) & 1)
                side[g->n_side++] = bit;
        p->n_group++;
    }
    p->group = group;
}

/* Copies the sorted drafts into the arrays that paths read. */
static void store_accounts(struct population *p, const struct draft *draft, uint32_t n_leg,
                           double *rest, struct arena *arena)
{
    double *level = arena_get(arena, p->n_account, sizeof *level);
    double *collateral = arena_get(arena, p->n_account, sizeof *collateral);
    double *weight = arena_get(arena, p->n_account, sizeof *weight);
    uint32_t *leg_end = arena_get(arena, p->n_account, sizeof *leg_end);
    uint32_t *source = arena_get(arena, p->n_account, sizeof *source);
    struct population_leg *leg = arena_get(arena, n_leg, sizeof *leg);
    uint32_t end = 0;

    for (uint32_t i = 0; i < p->n_account; i++) {
        level[i] = draft[i].level;
        collateral[i] = draft[i].collateral_usd;
        weight[i] = draft[i].weight;
        source[i] = draft[i].source;
        for (uint32_t j = 0; j < draft[i].n_leg; j++) {
            leg[end++] = draft[i].leg[j];
            rest[draft[i].leg[j].asset] -= draft[i].weight * draft[i].leg[j].coins;
        }
        leg_end[i] = end;
    }
    p->level = level;
    p->collateral_usd = collateral;
    p->weight = weight;
    p->leg_end = leg_end;
    p->leg = leg;
    p->source = source;
}

void population_build(const struct population_row *rows, uint32_t n_row, uint32_t n_asset,
                      const double *spot_usd, const double *own_coins,
                      const struct margin_rule *rule, const void *coef, struct arena *arena,
                      struct population *population)
{
    struct arena scratch = {NULL};
    struct draft *draft = arena_get(&scratch, n_row, sizeof *draft);
    struct population_leg *leg = arena_get(&scratch, n_row, sizeof *leg);
    double *rest = arena_get(arena, n_asset, sizeof *rest);

    *population = (struct population){
        .n_asset = n_asset, .spot_usd = spot_usd, .rule = rule, .coef = coef};
    population->n_account = draft_accounts(rows, n_row, population, leg, draft);
    qsort(draft, population->n_account, sizeof *draft, compare_draft);
    group_accounts(population, draft, arena);
    for (uint32_t asset = 0; asset < n_asset; asset++)
        rest[asset] = -own_coins[asset];
    store_accounts(population, draft, n_row, rest, arena);
    population->rest_coins = rest;
    arena_free(&scratch);
}
