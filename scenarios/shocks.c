/* shocks: what acts on which state of the market, when, how strongly. */
#include <math.h>
#include <string.h>

#include "scenarios/reader.h"
#include "scenarios/value.h"

enum { MAX_SHOCKS = 1000 }; /* each costs time at every step */

/* Where a size must stay for the state to stay meaningful. */
struct domain {
    double lower, upper;
    bool open; /* the lower end itself is outside */
};

/* A shock while it is being read. */
struct shock_reader {
    struct reader *r;
    const struct node *node;
    const char *path; /* "shocks[2]" */
    struct scenario_shock *shock;
    struct error *err;
};

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
                          "surface, correlation, liquidity, oracle, funding",
                          sr->path);
    return true;
}

/* Assets, or venues for liquidity; named ones must have what the shock acts on. */
static bool target_check(const struct shock_reader *sr, const struct node *name)
{
    const struct scenario *s = sr->r->scenario;
    const enum shock_state state = sr->shock->state;

    if (state == SHOCK_LIQUIDITY) {
        const struct scenario_venue *venue =
            reader_venue(s, name->text, &name->place, sr->err);
        if (venue != NULL && venue->liquidity == NULL)
            return place_fail(&name->place, sr->err,
                              "%s: venue %s has no liquidity of its own to act on",
                              sr->path, name->text);
        return venue != NULL;
    }
    const struct scenario_asset *asset = reader_asset(s, name->text, &name->place, sr->err);
    if (asset == NULL)
        return false;
    if ((state == SHOCK_SURFACE && !asset->has_surface) ||
        (state == SHOCK_ORACLE && !asset->has_oracle))
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

/* The support of a draw must not leave the domain of what it acts on. A log-normal draw
 * runs from the domain's lower end, never reaching it, without bound upwards. */
static bool domain_check(const struct shock_reader *sr, const char *key,
                         const struct draw *draw, struct domain domain)
{
    const bool log_normal = draw->kind == DRAW_LOG_NORMAL;
    const double upper = log_normal                   ? INFINITY
                         : draw->kind == DRAW_UNIFORM ? draw->b
                                                      : draw->a;
    const struct node *node = node_get(sr->node, key);
    const struct place *place = node != NULL ? &node->place : &sr->node->place;

    if (draw->a < domain.lower || ((domain.open || log_normal) && draw->a <= domain.lower))
        return place_fail(place, sr->err,
                          "%s.%s reaches down to %.10g: it must stay %s %.10g", sr->path,
                          key, draw->a, domain.open || log_normal ? "above" : "at or above",
                          domain.lower);
    if (upper > domain.upper)
        return place_fail(place, sr->err,
                          "%s.%s reaches up to %.10g: it must stay at or below %.10g%s",
                          sr->path, key, upper, domain.upper,
                          log_normal ? ", write uniform: [a, b] instead of a median" : "");
    return true;
}

/* depth: {multiply: 0.1} and the like */
static bool factor_read(const struct shock_reader *sr, const struct field *field,
                        struct shock_effect *effect)
{
    static const char *const keys[] = {"multiply", NULL};
    const struct node *node = node_get(sr->node, field->key);
    const char *path = arena_print(sr->r->arena, "%s.%s", sr->path, field->key);
    const struct section section = {.name = path, .others = keys};

    effect->given = node != NULL;
    if (node == NULL)
        return true;
    const struct node *multiply = node_get(node, "multiply");
    if (node->kind != NODE_MAPPING || (node->n_child == 0 && multiply == NULL))
        return place_fail(&node->place, sr->err, "%s is no factor: write {multiply: 0.1}",
                          path);
    if (!section_read(node, &section, NULL, sr->r->arena, sr->err))
        return false;
    struct field named = *field;
    named.key = "multiply";
    return value_read(multiply, path, &named, &effect->size, sr->r->arena, sr->err) &&
           domain_check(sr, field->key, &effect->size,
                        (struct domain){0.0, INFINITY, true});
}

static bool liquidity_read(const struct shock_reader *sr)
{
    struct scenario_shock *shock = sr->shock;

    field_presets(sections_shock_state[SHOCK_LIQUIDITY], shock);
    for (const struct field *f = sections_shock_state[SHOCK_LIQUIDITY]; f->key != NULL;
         f++) {
        struct draw *size = (struct draw *)((char *)shock + f->offset);
        struct shock_effect *effect = size == &shock->depth.size    ? &shock->depth
                                      : size == &shock->refill.size ? &shock->refill
                                                                    : &shock->spread;
        if (!factor_read(sr, f, effect))
            return false;
    }
    if (!shock->depth.given && !shock->refill.given && !shock->spread.given)
        return place_fail(&sr->node->place, sr->err,
                          "%s changes nothing: add depth, refill or spread, as in depth: "
                          "{multiply: 0.1}",
                          sr->path);
    return true;
}

static bool surface_sizes_check(const struct shock_reader *sr)
{
    struct scenario_shock *shock = sr->shock;
    const struct node *term = node_get(sr->node, "term");

    shock->multiply.given = node_get(sr->node, "multiply") != NULL;
    shock->skew_add.given = node_get(sr->node, "skew_add") != NULL;
    if (!shock->multiply.given && !shock->skew_add.given)
        return place_fail(
            &sr->node->place, sr->err,
            "%s changes nothing: add multiply or skew_add, as in multiply: 1.5", sr->path);
    if (term != NULL && !shock->multiply.given)
        return place_fail(
            &term->place, sr->err,
            "%s.term says how multiply depends on time to expiry: add multiply", sr->path);
    return domain_check(sr, "multiply", &shock->multiply.size,
                        (struct domain){0.0, INFINITY, true}) &&
           (shock->skew_add.size.kind != DRAW_LOG_NORMAL ||
            place_fail(
                &node_get(sr->node, "skew_add")->place, sr->err,
                "%s.skew_add has no bound: write uniform: [a, b] instead of a median",
                sr->path));
}

/* What the sizes of the single states may be. */
static bool sizes_check(const struct shock_reader *sr)
{
    struct scenario_shock *shock = sr->shock;

    switch (shock->state) {
    case SHOCK_PRICE:
        shock->move.given = true;
        if (node_get(sr->node, "includes_feedback") == NULL)
            shock->includes_feedback = shock->source != NULL;
        return domain_check(sr, "move", &shock->move.size,
                            (struct domain){-1.0, INFINITY, true});
    case SHOCK_SURFACE:
        return surface_sizes_check(sr);
    case SHOCK_VOLATILITY:
        shock->multiply.given = true;
        return domain_check(sr, "multiply", &shock->multiply.size,
                            (struct domain){0.0, INFINITY, true});
    case SHOCK_CORRELATION:
        return domain_check(sr, "weight", &shock->weight, (struct domain){0.0, 1.0, false});
    case SHOCK_ORACLE:
        shock->delay.given = true;
        return domain_check(sr, "delay", &shock->delay.size,
                            (struct domain){0.0, INFINITY, false});
    case SHOCK_FUNDING:
        shock->add.given = true;
        if (shock->add.size.kind == DRAW_LOG_NORMAL)
            return domain_check(sr, "add", &shock->add.size,
                                (struct domain){0.0, INFINITY, true});
        return true;
    default:
        return liquidity_read(sr);
    }
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
    const bool liquidity = state == SHOCK_LIQUIDITY;
    const char *const keys[] = {sections_state_name[state],
                                "recover",
                                liquidity ? "depth" : NULL,
                                "refill",
                                "spread",
                                NULL};
    const struct section section = {
        .name = sr->path,
        .tables = {sections_shock, liquidity ? NULL : sections_shock_state[state]},
        .others = keys};
    if (!section_read(sr->node, &section, shock, sr->r->arena, sr->err))
        return false;
    shock->place = sr->node->place;
    shock->state = state;
    return targets_read(sr, named) && sizes_check(sr) &&
           domain_check(sr, "start", &shock->start,
                        (struct domain){0.0, INFINITY, false}) &&
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
