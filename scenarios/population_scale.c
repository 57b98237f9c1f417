/* Accounts of a part of a venue made into those of the whole. Sizes are never multiplied:
 * tiers, close factors and dust rules depend on them. */
#include <string.h>

#include "scenarios/population.h"
#include "sim/rng.h"
#include "sim/vmath.h"

/* How the replicas of one account differ. */
struct jitter {
    uint32_t n_replica;
    double weight;                          /* factor on the account's weight */
    double size[POPULATION_MAX_REPLICAS];   /* relative */
    double buffer[POPULATION_MAX_REPLICAS]; /* of the original's buffer */
};

static uint32_t account_rows(const struct scenario_holding *row, uint32_t n)
{
    uint32_t end = 1;

    while (end < n && strcmp(row[end].account, row[0].account) == 0)
        end++;
    return end;
}

/* In pairs that differ from the original by as much in either direction; the last of an odd
 * number is the original. */
static void jitter_draw(struct jitter *j, double jitter_frac, int lane,
                        double (*uniform)[LANES])
{
    for (uint32_t i = 0; i < j->n_replica; i++) {
        const double size = uniform[i / 2 * 2][lane];
        const double buffer = 2.0 * uniform[i / 2 * 2 + 1][lane] - 1.0;
        const double sign = i % 2 == 0 ? 1.0 : -1.0;
        const bool whole = i + 1 == j->n_replica && j->n_replica % 2 == 1;
        j->size[i] = whole ? 0.0 : sign * jitter_frac * size;
        j->buffer[i] = whole ? 0.0 : sign * jitter_frac * buffer;
    }
}

/* One replica: all of it times 1 + size; then collateral such that its buffer is larger by
 * the part `buffer` of what the original's was. */
static void replica_write(const struct population_margin *margin,
                          const struct scenario_holding *from, uint32_t n, double size,
                          double buffer, struct scenario_holding *to)
{
    double counted;
    const double now = population_margin_buffer(margin, from, n, &counted);
    const double more = buffer * vm_max(now, 0.0);
    uint32_t with_dollars = 0;

    for (uint32_t i = 0; i < n; i++) {
        to[i] = from[i];
        to[i].quantity = from[i].quantity + from[i].quantity * size;
        to[i].collateral_usd = from[i].collateral_usd + from[i].collateral_usd * size;
        if (margin->rule->lends && counted > 0.0 && from[i].quantity > 0.0)
            to[i].quantity += from[i].quantity * more / counted;
        if (from[i].collateral_usd != 0.0)
            with_dollars = i;
    }
    if (!margin->rule->lends)
        to[with_dollars].collateral_usd += more;
}

static void replicas_write(const struct population_margin *margin, struct arena *arena,
                           const struct scenario_holding *from, uint32_t n,
                           const struct jitter *j, struct scenario_holding *to)
{
    for (uint32_t i = 0; i < j->n_replica; i++, to += n) {
        const char *name = arena_print(arena, "%s/%u", from->account, i + 1);
        replica_write(margin, from, n, j->size[i], j->buffer[i], to);
        for (uint32_t row = 0; row < n; row++) {
            to[row].account = name;
            to[row].weight *= j->weight;
        }
    }
}

bool population_scale(const struct population_margin *margin,
                      const struct population_source *source, struct arena *arena,
                      struct scenario_holding **rows, uint32_t *n, struct error *err)
{
    const struct cover_section *c = &source->cover;
    const double times = 1.0 / c->covers_frac;
    struct jitter j = {.n_replica = (uint32_t)c->replicas};
    double uniform[POPULATION_MAX_REPLICAS][LANES];
    struct scenario_holding *from = *rows, *to;
    struct rng rng;

    if (j.n_replica == 1 && times == 1.0)
        return true;
    if ((uint64_t)*n * j.n_replica > POPULATION_MAX_ROWS)
        return place_fail(
            &source->place, err,
            "%u rows in %u replicas each are more than %d: write replicas: %u", *n,
            j.n_replica, POPULATION_MAX_ROWS,
            POPULATION_MAX_ROWS / *n > 0 ? POPULATION_MAX_ROWS / *n : 1);
    j.weight = times / j.n_replica;
    *rows = to = arena_get(arena, (size_t)*n * j.n_replica, sizeof *to);
    for (uint32_t at = 0, account = 0; at < *n; account++) {
        const uint32_t count = account_rows(from + at, *n - at);
        if (account % LANES == 0) {
            rng_start(&rng, c->replica_seed, account, "population/replica");
            for (uint32_t i = 0; i < (j.n_replica + 1) / 2 * 2; i++)
                rng_uniform(&rng, uniform[i]);
        }
        jitter_draw(&j, c->jitter_frac, account % LANES, uniform);
        replicas_write(margin, arena, from + at, count, &j, to + (size_t)at * j.n_replica);
        at += count;
    }
    *n *= j.n_replica;
    return true;
}

bool population_finish(struct reader *r, const struct scenario_venue *venue,
                       struct scenario_population *population, struct error *err)
{
    const struct population_source *source = population->source;
    struct population_margin margin;

    return (source->generate == NULL ||
            population_generate(r, venue, source, &population->holding,
                                &population->n_holding, err)) &&
           population_margin_start(r->scenario, venue, r->arena, &margin, err) &&
           population_scale(&margin, source, r->arena, &population->holding,
                            &population->n_holding, err);
}
