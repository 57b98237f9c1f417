/* How strongly a shock acts: the keys of the single states. */
#include "scenarios/shock_reader.h"

#include <math.h>

#include "scenarios/value.h"

bool shock_domain_check(const struct shock_reader *sr, const char *key,
                        const struct draw *draw, struct shock_domain domain)
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
           shock_domain_check(sr, field->key, &effect->size,
                              (struct shock_domain){0.0, INFINITY, true});
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

static bool gas_read(const struct shock_reader *sr)
{
    struct scenario_shock *shock = sr->shock;
    const struct node *price = node_get(sr->node, "price_gwei");

    field_presets(sections_gas_shock, shock);
    shock->gas_price.given = price != NULL;
    for (const struct field *f = sections_gas_shock; f->key != NULL; f++) {
        const bool factor = f->offset == offsetof(struct scenario_shock, throughput.size);
        if (factor
                ? !factor_read(sr, f, &shock->throughput)
                : price != NULL && !value_read(price, sr->path, f, &shock->gas_price.size,
                                               sr->r->arena, sr->err))
            return false;
    }
    if (!shock->gas_price.given && !shock->throughput.given)
        return place_fail(&sr->node->place, sr->err,
                          "%s changes nothing: add price_gwei or throughput, as in "
                          "price_gwei: 200",
                          sr->path);
    return shock_domain_check(sr, price != NULL ? "price_gwei" : "gas",
                              &shock->gas_price.size,
                              (struct shock_domain){0.0, INFINITY, false});
}

/* A halt is on or off, so it has a beginning and an end and no course between. */
static bool halt_check(const struct shock_reader *sr)
{
    const struct node *recover = node_get(sr->node, "recover");

    sr->shock->halt = (struct shock_effect){true, {DRAW_FIXED, 1.0, 0.0}};
    if (recover != NULL)
        return place_fail(&recover->key_place, sr->err,
                          "%s: a halt does not fade: write its duration", sr->path);
    if (sr->shock->shape == SHAPE_RAMP)
        return place_fail(&node_get(sr->node, "shape")->place, sr->err,
                          "%s: a halt is no ramp: leave shape out", sr->path);
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
    return shock_domain_check(sr, "multiply", &shock->multiply.size,
                              (struct shock_domain){0.0, INFINITY, true}) &&
           (shock->skew_add.size.kind != DRAW_LOG_NORMAL ||
            place_fail(
                &node_get(sr->node, "skew_add")->place, sr->err,
                "%s.skew_add has no bound: write uniform: [a, b] instead of a median",
                sr->path));
}

bool shock_sizes_check(const struct shock_reader *sr)
{
    struct scenario_shock *shock = sr->shock;

    switch (shock->state) {
    case SHOCK_PRICE:
        shock->move.given = true;
        if (node_get(sr->node, "includes_feedback") == NULL)
            shock->includes_feedback = shock->source != NULL;
        return shock_domain_check(sr, "move", &shock->move.size,
                                  (struct shock_domain){-1.0, INFINITY, true});
    case SHOCK_SURFACE:
        return surface_sizes_check(sr);
    case SHOCK_VOLATILITY:
        shock->multiply.given = true;
        return shock_domain_check(sr, "multiply", &shock->multiply.size,
                                  (struct shock_domain){0.0, INFINITY, true});
    case SHOCK_CORRELATION:
        return shock_domain_check(sr, "weight", &shock->weight,
                                  (struct shock_domain){0.0, 1.0, false});
    case SHOCK_ORACLE:
        shock->delay.given = true;
        return shock_domain_check(sr, "delay", &shock->delay.size,
                                  (struct shock_domain){0.0, INFINITY, false});
    case SHOCK_FUNDING:
        shock->add.given = true;
        if (shock->add.size.kind == DRAW_LOG_NORMAL)
            return shock_domain_check(sr, "add", &shock->add.size,
                                      (struct shock_domain){0.0, INFINITY, true});
        return true;
    case SHOCK_HALT:
        return halt_check(sr);
    case SHOCK_GAS:
        return gas_read(sr);
    default:
        return liquidity_read(sr);
    }
}
