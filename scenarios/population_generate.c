/* Draws the accounts of a venue. Every account has its own random numbers, so that account i
 * is the same whatever the number of accounts, up to the scale of the sizes. */
#include <math.h>
#include <string.h>

#include "scenarios/population.h"
#include "sim/rng.h"
#include "sim/vmath.h"

enum {
    DRAW_SIZE,
    DRAW_TOTAL,
    DRAW_SIDE,
    DRAW_LEVERAGE,
    DRAW_ENTRY,
    DRAW_PICK,
    N_DRAWS = 8
};
static const char *const draw_names[N_DRAWS] = {"size",  "asset", "side",   "leverage",
                                                "entry", "first", "second", "part"};

uint32_t population_pick(const struct loadings *frequency, double uniform)
{
    double sum = 0.0, so_far = 0.0;

    for (uint32_t i = 0; i < frequency->n; i++)
        sum += frequency->value[i];
    for (uint32_t i = 0; i < frequency->n; i++) {
        so_far += frequency->value[i];
        if (uniform * sum < so_far)
            return i;
    }
    return frequency->n - 1;
}

/* A log-normal body; beyond its quantile 1 - tail_share a Pareto tail, P(X > x) falling as
 * x^-tail_index. Of median 1 if there is a body. */
static double draw_size(const struct size_section *s, double uniform)
{
    const double from = 1.0 - s->tail_share;

    if (uniform < from)
        return vm_exp(s->log_sd * vm_normal_quantile(uniform));
    const double start = from > 0.0 ? vm_exp(s->log_sd * vm_normal_quantile(from)) : 1.0;
    return start * vm_exp(vm_log(s->tail_share / (1.0 - uniform)) / s->tail_index);
}

/* What is log-normal is the part above `floor`. */
static double draw_value(const struct draw *d, double floor, double uniform)
{
    if (d->kind == DRAW_FIXED)
        return d->a;
    if (d->kind == DRAW_UNIFORM)
        return d->a + (d->b - d->a) * uniform;
    return floor + (d->a - floor) * vm_exp(d->b * vm_normal_quantile(uniform));
}

static void draft_account(const struct population_builder *b, uint32_t structure,
                          const double *uniform, struct population_draft *d)
{
    const struct structure_section *s = &b->g->structure[structure];
    const struct population_pool *pool = &b->pool[structure];

    d->structure = structure;
    d->total = pool->total[population_pick(&pool->frequency, uniform[DRAW_TOTAL])];
    d->side =
        s->kind == STRUCTURE_DIRECTIONAL && uniform[DRAW_SIDE] < s->long_share ? 1 : -1;
    d->size = draw_size(&b->g->size, uniform[DRAW_SIZE]);
    d->leverage = s->kind == STRUCTURE_BORROWER
                      ? draw_value(&s->health_factor, 1.0, uniform[DRAW_LEVERAGE])
                      : draw_value(&s->leverage, 0.0, uniform[DRAW_LEVERAGE]);
    d->entry = b->g->entry_log_sd * vm_normal_quantile(uniform[DRAW_ENTRY]);
    for (int i = 0; i < 3; i++)
        d->pick[i] = uniform[DRAW_PICK + i];
}

/* Structure of account i: the others by their shares, the first has what is left. */
static uint32_t structure_of(const struct generate_section *g, uint64_t i)
{
    double share = 0.0;

    for (uint32_t s = 1; s < g->n_structure; s++) {
        share += g->structure[s].share;
        if ((double)i < floor(share * (double)g->accounts + 0.5))
            return s;
    }
    return 0;
}

static void draft_accounts(const struct population_builder *b)
{
    struct rng rng;
    double row[N_DRAWS][LANES];
    const char *stream[N_DRAWS];

    for (int j = 0; j < N_DRAWS; j++)
        stream[j] =
            arena_print(b->r->arena, "population/%s/%s", b->venue->name, draw_names[j]);
    for (uint64_t first = 0; first < b->g->accounts; first += LANES) {
        for (int j = 0; j < N_DRAWS; j++) {
            rng_start(&rng, b->g->seed, first, stream[j]);
            rng_uniform(&rng, row[j]);
        }
        for (uint64_t k = 0; k < LANES && first + k < b->g->accounts; k++) {
            double uniform[N_DRAWS];
            for (int j = 0; j < N_DRAWS; j++)
                uniform[j] = row[j][k];
            draft_account(b, structure_of(b->g, first + k), uniform, &b->draft[first + k]);
        }
    }
}

static void totals_set(struct population_builder *b)
{
    const struct generate_section *g = b->g;
    const struct loadings *list = g->totals_usd.n > 0 ? &g->totals_usd : &g->asset_mix;

    b->n_total = list->n;
    b->total = arena_get(b->r->arena, list->n, sizeof *b->total);
    for (uint32_t i = 0; i < list->n; i++) {
        const struct scenario_asset *asset =
            population_asset(b->r->scenario, list->name[i]);
        b->total[i] = (struct population_total){
            .name = list->name[i],
            .asset = asset,
            .spot_usd = asset == NULL ? 1.0 : asset->spot_usd,
            .usd = g->totals_usd.n > 0 ? list->value[i] : list->value[i] * g->total_usd};
    }
}

static bool pool_set(struct population_builder *b, uint32_t i, struct error *err)
{
    const struct structure_section *s = &b->g->structure[i];
    struct population_pool *pool = &b->pool[i];
    const struct loadings *all =
        b->g->totals_usd.n > 0 ? &b->g->totals_usd : &b->g->asset_mix;

    pool->frequency = s->assets.n > 0 ? s->assets : *all;
    uint32_t *total = arena_get(b->r->arena, pool->frequency.n, sizeof *total);
    pool->total = total;
    for (uint32_t f = 0; f < pool->frequency.n; f++) {
        while (total[f] < b->n_total &&
               strcmp(b->total[total[f]].name, pool->frequency.name[f]) != 0)
            total[f]++;
        if (total[f] == b->n_total)
            return place_fail(
                &s->place, err,
                "%s accounts draw %s, which has no total: add it to the totals",
                sections_structure_name[s->kind], pool->frequency.name[f]);
    }
    for (uint32_t c = 0; s->category != NULL && c < b->venue->n_category; c++)
        if (strcmp(b->venue->category[c].name, s->category) == 0)
            pool->category = c + 1;
    if (s->category != NULL && pool->category == 0)
        return place_fail(&s->place, err,
                          "venue %s has no category '%s': add it under its categories",
                          b->venue->name, s->category);
    return true;
}

/* Coins that count nothing can back no debt. */
static bool counts_check(const struct population_builder *b, uint32_t i, struct error *err)
{
    const struct structure_section *s = &b->g->structure[i];
    const struct loadings token = {1, &s->token, (const double[]){1.0}};
    const struct loadings *held = s->token != NULL ? &token : &s->collateral;

    for (uint32_t c = 0; c < held->n; c++) {
        const struct scenario_asset *asset =
            population_asset(b->r->scenario, held->name[c]);
        if (held->value[c] > 0.0 &&
            population_margin_property(&b->margin, b->pool[i].category, asset, 1.0) <= 0.0)
            return place_fail(
                &s->place, err,
                "%s counts nothing as collateral at venue %s: leave it out or "
                "give it a liquidation threshold",
                held->name[c], b->venue->name);
    }
    return true;
}

static void rows_write(const struct population_builder *b, struct scenario_holding *rows,
                       uint32_t *n)
{
    enum { NAME_LENGTH = 12 };
    char *name = arena_get(b->r->arena, b->g->accounts, NAME_LENGTH);

    *n = 0;
    for (uint64_t i = 0; i < b->g->accounts; i++, name += NAME_LENGTH) {
        struct scenario_holding *row = &rows[*n];
        const uint32_t n_leg = population_legs(b, &b->draft[i], row);
        snprintf(name, NAME_LENGTH, "g%07u", (unsigned)(i + 1));
        for (uint32_t leg = 0; leg < n_leg; leg++) {
            row[leg].place = b->source->place;
            row[leg].account = name;
            row[leg].weight = 1.0;
            row[leg].category = b->pool[b->draft[i].structure].category;
        }
        *n += n_leg;
    }
}

bool population_generate(struct reader *r, const struct scenario_venue *venue,
                         const struct population_source *source,
                         struct scenario_holding **rows, uint32_t *n, struct error *err)
{
    static const uint32_t most_legs[N_STRUCTURE] = {1, 2, 2, 2, 3};
    const struct generate_section *g = source->generate;
    struct population_builder b = {.r = r, .venue = venue, .source = source, .g = g};
    uint64_t n_row = 0;

    if (!population_margin_start(r->scenario, venue, r->arena, &b.margin, err))
        return false;
    totals_set(&b);
    b.pool = arena_get(r->arena, g->n_structure, sizeof *b.pool);
    b.draft = arena_get(r->arena, g->accounts, sizeof *b.draft);
    for (uint32_t i = 0; i < g->n_structure; i++)
        if (!pool_set(&b, i, err) || !counts_check(&b, i, err))
            return false;
    draft_accounts(&b);
    if (!population_sizes(&b, err))
        return false;
    for (uint64_t i = 0; i < g->accounts; i++)
        n_row += most_legs[g->structure[b.draft[i].structure].kind];
    *rows = arena_get(r->arena, n_row, sizeof **rows);
    rows_write(&b, *rows, n);
    return true;
}
