/* shocks: what acts on which state of the market, when, how strongly. */
#include <math.h>
#include <string.h>

#include "scenarios/shock_reader.h"
#include "scenarios/value.h"

enum { MAX_SHOCKS = 1000 }; /* each costs time at every step */

static bool state_find(const struct shock_reader *sr, const struct node **named)
{
    *named = NULL;
    if (sr->node->kind != NODE_MAPPING)
        return place_fail(&sr->node->place, sr->err,
                          "%s is %s: write {price: BTC, move: -0.3, start: 3h}", sr->path,
                          node_kind_name(sr->node));
    for (int state = 0; state < N_SHOCK_STATE; state++) {
        const struct node *child = node_get(sr->node, sections_state_name[state]);
        if (child != NULL && *named != NULL)
            return place_fail(&child->key_place, sr->err,
                              "%s acts on '%s' and on '%s': make two shocks of it",
                              sr->path, (*named)->key, child->key);
        if (child != NULL) {
            *named = child;
            sr->shock->state = (enum shock_state)state;
        }
    }
    if (*named == NULL)
        return place_fail(&sr->node->place, sr->err,
                          "%s does not say what it acts on: add one of price, volatility, "
                          "surface, correlation, liquidity, oracle, funding, halt, gas",
                          sr->path);
    return true;
}

/* Assets; venues for liquidity and halts; chains for gas. Named ones must have what the
 * shock acts on. */
static bool target_check(const struct shock_reader *sr, const struct node *name)
{
    const struct scenario *s = sr->r->scenario;
    const enum shock_state state = sr->shock->state;

    if (state == SHOCK_GAS)
        return reader_chain(s, name->text, &name->place, sr->err) != NULL;
    if (state == SHOCK_LIQUIDITY || state == SHOCK_HALT) {
        const struct scenario_venue *venue =
            reader_venue(s, name->text, &name->place, sr->err);
        if (venue != NULL && state == SHOCK_LIQUIDITY && venue->liquidity == NULL)
            return place_fail(&name->place, sr->err,
                              "%s: venue %s has no liquidity of its own to act on",
                              sr->path, name->text);
        return venue != NULL;
    }
    const struct scenario_asset *asset = reader_asset(s, name->text, &name->place, sr->err);
    if (asset == NULL)
        return false;
    if ((state == SHOCK_SURFACE && !asset->has_surface) ||
        (state == SHOCK_ORACLE && !oracle_follows_market(s, asset)))
        return place_fail(&name->place, sr->err,
                          "%s: asset %s has no %s to act on: add it to the market",
                          sr->path, name->text, sections_state_name[state]);
    return true;
}

static bool target_add(const struct shock_reader *sr, const struct node *name)
{
    struct scenario_shock *shock = sr->shock;

    if (name->kind != NODE_SCALAR)
        return place_fail(&name->place, sr->err, "%s.%s is %s: write names or all",
                          sr->path, sections_state_name[shock->state],
                          node_kind_name(name));
    for (uint32_t i = 0; i < shock->n_target; i++)
        if (strcmp(shock->target[i], name->text) == 0)
            return place_fail(&name->place, sr->err, "%s names %s twice: keep one",
                              sr->path, name->text);
    if (!target_check(sr, name))
        return false;
    shock->target[shock->n_target++] = name->text;
    return true;
}

static bool targets_read(const struct shock_reader *sr, const struct node *named)
{
    if (named->kind == NODE_SCALAR && strcmp(named->text, "all") == 0)
        return true; /* n_target = 0 */
    if (sr->shock->state == SHOCK_CORRELATION)
        return place_fail(&named->place, sr->err,
                          "%s.correlation: write all, parts of the matrix cannot be moved",
                          sr->path);
    if (named->kind != NODE_SEQUENCE) {
        sr->shock->target = arena_get(sr->r->arena, 1, sizeof *sr->shock->target);
        return target_add(sr, named);
    }
    if (named->n_child == 0)
        return place_fail(&named->place, sr->err, "%s.%s is empty: write names or all",
                          sr->path, named->key);
    sr->shock->target = arena_get(sr->r->arena, named->n_child, sizeof *sr->shock->target);
    for (const struct node *name = named->first; name != NULL; name = name->next)
        if (!target_add(sr, name))
            return false;
    return true;
}

static bool shape_resolve(const struct shock_reader *sr)
{
    struct scenario_shock *shock = sr->shock;
    const struct node *shape = node_get(sr->node, "shape");
    const struct place *place = shape != NULL ? &shape->place : &sr->node->place;

    if (shock->shape == SHAPE_DEFAULT)
        shock->shape = shock->duration_s == 0.0      ? SHAPE_STEP
                       : shock->state == SHOCK_PRICE ? SHAPE_RAMP
                                                     : SHAPE_PULSE;
    if (shock->shape == SHAPE_STEP && shock->duration_s > 0.0)
        return place_fail(place, sr->err,
                          "%s: a step has no duration: leave it out, or write shape: pulse",
                          sr->path);
    if (shock->shape != SHAPE_STEP && shock->duration_s == 0.0)
        return place_fail(place, sr->err, "%s: a %s needs a duration, as in duration: 1h",
                          sr->path, shock->shape == SHAPE_RAMP ? "ramp" : "pulse");
    return true;
}

static bool recover_read(const struct shock_reader *sr)
{
    const struct node *node = node_get(sr->node, "recover");
    const struct section section = {.name =
                                        arena_print(sr->r->arena, "%s.recover", sr->path),
                                    .tables = {sections_recover}};

    sr->shock->recovers = node != NULL;
    return node == NULL || section_read(node, &section, sr->shock, sr->r->arena, sr->err);
}

static bool shock_read(const struct shock_reader *sr)
{
    const struct node *named;

    if (!state_find(sr, &named))
        return false;
    struct scenario_shock *shock = sr->shock;
    const enum shock_state state = shock->state;
    const bool liquidity = state == SHOCK_LIQUIDITY, gas = state == SHOCK_GAS;
    const char *const keys[] = {sections_state_name[state],
                                "recover",
                                liquidity ? "depth"
                                : gas     ? "price_gwei"
                                          : NULL,
                                gas ? "throughput" : "refill",
                                gas ? NULL : "spread",
                                NULL};
    const struct section section = {
        .name = sr->path,
        .tables = {sections_shock, liquidity || gas ? NULL : sections_shock_state[state]},
        .others = keys};
    if (!section_read(sr->node, &section, shock, sr->r->arena, sr->err))
        return false;
    shock->place = sr->node->place;
    shock->state = state;
    return targets_read(sr, named) && shock_sizes_check(sr) &&
           shock_domain_check(sr, "start", &shock->start,
                              (struct shock_domain){0.0, INFINITY, false}) &&
           shape_resolve(sr) && recover_read(sr);
}

/* "price-1", "liquidity-2": the ordinal counts the shocks of that state. */
static bool names_resolve(struct reader *r, struct error *err)
{
    struct scenario *s = r->scenario;
    unsigned ordinal[N_SHOCK_STATE] = {0};

    for (uint32_t i = 0; i < s->n_shock; i++) {
        struct scenario_shock *shock = &s->shock[i];
        ordinal[shock->state]++;
        if (shock->name == NULL)
            shock->name = arena_print(r->arena, "%s-%u", sections_state_name[shock->state],
                                      ordinal[shock->state]);
        else if (!reader_name("a shock", shock->name, &shock->place, err))
            return false;
    }
    for (uint32_t i = 0; i < s->n_shock; i++)
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(s->shock[i].name, s->shock[j].name) == 0)
                return place_fail(&s->shock[i].place, err,
                                  "shocks[%u] has the name '%s' of shocks[%u]: change one",
                                  (unsigned)i, s->shock[i].name, (unsigned)j);
    return true;
}

bool shocks_read(struct reader *r, const struct node *shocks, struct error *err)
{
    struct scenario *s = r->scenario;

    if (node_is_null(shocks))
        return true;
    if (shocks->kind != NODE_SEQUENCE)
        return place_fail(&shocks->place, err,
                          "shocks is %s: write a list, each line beginning with '- '",
                          node_kind_name(shocks));
    if (shocks->n_child > MAX_SHOCKS)
        return place_fail(&shocks->place, err, "more than %d shocks: join some of them",
                          MAX_SHOCKS);
    s->shock = arena_get(r->arena, shocks->n_child, sizeof *s->shock);
    for (const struct node *child = shocks->first; child != NULL; child = child->next) {
        const struct shock_reader sr = {
            r, child, arena_print(r->arena, "shocks[%u]", (unsigned)s->n_shock),
            &s->shock[s->n_shock], err};
        s->n_shock++;
        if (!shock_read(&sr))
            return false;
    }
    return names_resolve(r, err);
}
