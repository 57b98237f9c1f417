/* market.venues: margin rules, liquidity, tiers, funds. */
#include <string.h>

#include "models/registry.h"
#include "scenarios/reader.h"
#include "scenarios/value.h"

static bool unknown_fail(const struct node *name, const char *kind, const char *nearest,
                         struct error *err)
{
    return place_fail(&name->place, err, "there is no %s '%s': did you mean '%s'?", kind,
                      name->text, nearest);
}

static bool rule_read(struct reader *r, const struct node *node,
                      struct scenario_venue *venue, struct error *err)
{
    static const char *const keys[] = {"rule", NULL};
    const struct node *name = node_get(node, "rule");
    const char *path = arena_print(r->arena, "market.venues.%s.margin", venue->name);

    if (name == NULL || name->kind != NODE_SCALAR)
        return place_fail(node != NULL ? &node->place : &venue->place, err,
                          "%s lacks its rule: write margin: {rule: cross}", path);
    venue->rule = registry_margin_find(name->text);
    if (venue->rule == NULL) {
        const char *nearest = "";
        unsigned least = ~0u;
        for (const struct margin_rule *const *m = registry_margin; *m != NULL; m++)
            if (field_distance((*m)->about.name, name->text) < least) {
                nearest = (*m)->about.name;
                least = field_distance(nearest, name->text);
            }
        return unknown_fail(name, "margin rule", nearest, err);
    }
    const struct section section = {
        .name = path, .tables = {venue->rule->about.fields}, .others = keys};
    venue->rule_param = arena_get(r->arena, 1, venue->rule->about.param_size);
    return section_read(node, &section, venue->rule_param, r->arena, err);
}

/* liquidation: {model: NAME, ...}; market orders where it is absent. */
static bool liquidation_read(struct reader *r, const struct node *node,
                             struct scenario_venue *venue, struct error *err)
{
    static const char *const keys[] = {"model", NULL};
    const struct node *name = node_get(node, "model");
    const char *path = arena_print(r->arena, "market.venues.%s.liquidation", venue->name);
    const struct node none = {.kind = NODE_MAPPING, .place = venue->place};
    const char *nearest = "";
    unsigned least = ~0u;

    venue->liquidation = registry_liquidation_find("market_order");
    if (!node_is_null(node)) {
        if (name == NULL || name->kind != NODE_SCALAR)
            return place_fail(
                &node->place, err,
                "%s lacks its model: write liquidation: {model: market_order}", path);
        venue->liquidation = registry_liquidation_find(name->text);
    }
    for (const struct liquidation_model *const *m = registry_liquidation;
         venue->liquidation == NULL && *m != NULL; m++)
        if (field_distance((*m)->about.name, name->text) < least) {
            nearest = (*m)->about.name;
            least = field_distance(nearest, name->text);
        }
    if (venue->liquidation == NULL)
        return unknown_fail(name, "liquidation model", nearest, err);
    const struct section section = {
        .name = path, .tables = {venue->liquidation->about.fields}, .others = keys};
    venue->liquidation_param = arena_get(r->arena, 1, venue->liquidation->about.param_size);
    return section_read(node_is_null(node) ? &none : node, &section,
                        venue->liquidation_param, r->arena, err);
}

static bool liquidity_find(const struct node *name, const char *path,
                           struct scenario_venue *venue, struct error *err)
{
    const char *nearest = "";
    unsigned least = ~0u;

    if (node_is_null(name))
        return true;
    if (name->kind != NODE_SCALAR)
        return place_fail(
            &name->place, err,
            "%s.liquidity is %s: name the model here, its numbers stand at each "
            "asset",
            path, node_kind_name(name));
    venue->liquidity = registry_liquidity_find(name->text);
    if (venue->liquidity != NULL)
        return true;
    for (const struct liquidity_model *const *m = registry_liquidity; *m != NULL; m++)
        if (field_distance((*m)->about.name, name->text) < least) {
            nearest = (*m)->about.name;
            least = field_distance(nearest, name->text);
        }
    return unknown_fail(name, "liquidity model", nearest, err);
}

static bool tier_order_check(const struct margin_tier *tier, uint32_t i,
                             const struct node *node, const char *path, struct error *err)
{
    if (i == 0 && tier[0].from_usd != 0.0)
        return place_fail(&node->place, err,
                          "%s: the first tier begins at %.10g: begin at 0", path,
                          tier[0].from_usd);
    if (i > 0 && tier[i].from_usd <= tier[i - 1].from_usd)
        return place_fail(
            &node->place, err,
            "%s: from_usd = %.10g does not lie above the tier before: sort them", path,
            tier[i].from_usd);
    if (i > 0 && tier[i].maintenance_frac < tier[i - 1].maintenance_frac)
        return place_fail(&node->place, err,
                          "%s: maintenance_frac falls to %.10g: it must not fall with the "
                          "notional",
                          path, tier[i].maintenance_frac);
    return true;
}

static bool tiers_read(struct reader *r, const struct node *node, const char *path,
                       struct margin_tiers *tiers, struct error *err)
{
    const struct section section = {.name = arena_print(r->arena, "%s.tiers", path),
                                    .tables = {sections_tier}};

    if (node_is_null(node))
        return true;
    if (node->kind != NODE_SEQUENCE)
        return place_fail(&node->place, err,
                          "%s is %s: write [{from_usd: 0, maintenance_frac: 0.004}, ...]",
                          section.name, node_kind_name(node));
    struct margin_tier *tier = arena_get(r->arena, node->n_child, sizeof *tier);
    tiers->tier = tier;
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        const uint32_t i = tiers->n_tier++;
        if (!section_read(child, &section, &tier[i], r->arena, err) ||
            !tier_order_check(tier, i, child, section.name, err))
            return false;
    }
    return true;
}

/* What one plug-in wants to know of an asset at a venue: its presets where the mapping is
 * absent. */
static bool asset_param_read(struct reader *r, const struct node *node,
                             const struct place *place, const char *path,
                             const struct field *fields, size_t size, const char *plug_in,
                             void **param, struct error *err)
{
    const struct section section = {.name = path, .tables = {fields}};
    const struct node none = {.kind = NODE_MAPPING, .place = *place};

    if (fields == NULL) {
        if (!node_is_null(node))
            return place_fail(&node->key_place, err,
                              "%s: %s asks nothing of an asset: remove it", path, plug_in);
        return true;
    }
    *param = arena_get(r->arena, 1, size);
    return section_read(node_is_null(node) ? &none : node, &section, *param, r->arena, err);
}

/* margin: and liquidation: of an asset, of the venue or of one of its categories. */
static bool plug_ins_read(struct reader *r, const struct node *node, const char *path,
                          const struct scenario_venue *venue, struct venue_asset *asset,
                          struct error *err)
{
    return asset_param_read(r, node_get(node, "margin"), &node->key_place,
                            arena_print(r->arena, "%s.margin", path),
                            venue->rule->asset_fields, venue->rule->asset_param_size,
                            venue->rule->about.name, &asset->margin_param, err) &&
           asset_param_read(r, node_get(node, "liquidation"), &node->key_place,
                            arena_print(r->arena, "%s.liquidation", path),
                            venue->liquidation->asset_fields,
                            venue->liquidation->asset_param_size,
                            venue->liquidation->about.name, &asset->liquidation_param, err);
}

static bool liquidity_read(struct reader *r, const struct node *liquidity, const char *path,
                           const struct scenario_venue *venue, struct venue_asset *asset,
                           struct error *err)
{
    if (liquidity == NULL)
        return true;
    if (venue->liquidity == NULL)
        return place_fail(&liquidity->key_place, err,
                          "%s has liquidity but the venue names no model: add liquidity: "
                          "square_root to %s",
                          path, venue->name);
    const struct section model = {.name = arena_print(r->arena, "%s.liquidity", path),
                                  .tables = {venue->liquidity->about.fields}};
    asset->liquidity_param = arena_get(r->arena, 1, venue->liquidity->about.param_size);
    return section_read(liquidity, &model, asset->liquidity_param, r->arena, err);
}

static bool venue_asset_read(struct reader *r, const struct node *node,
                             const struct scenario_venue *venue, struct venue_asset *asset,
                             struct error *err)
{
    static const char *const keys[] = {"tiers", "liquidity", "margin", "liquidation", NULL};
    const char *path =
        arena_print(r->arena, "market.venues.%s.assets.%s", venue->name, node->key);
    const struct section section = {
        .name = path, .tables = {sections_venue_asset}, .others = keys};

    asset->place = node->key_place;
    asset->asset = node->key;
    return reader_asset(r->scenario, node->key, &node->key_place, err) != NULL &&
           section_read(node, &section, asset, r->arena, err) &&
           tiers_read(r, node_get(node, "tiers"), path, &asset->tiers, err) &&
           plug_ins_read(r, node, path, venue, asset, err) &&
           liquidity_read(r, node_get(node, "liquidity"), path, venue, asset, err);
}

/* categories: {eth: {STETH: {margin: {...}}, ...}, ...}: assets of the venue whose numbers
 * differ for the accounts of a category. */
static bool category_read(struct reader *r, const struct node *node,
                          const struct scenario_venue *venue,
                          struct venue_category *category, struct error *err)
{
    static const char *const keys[] = {"margin", "liquidation", NULL};
    const char *path =
        arena_print(r->arena, "market.venues.%s.categories.%s", venue->name, node->key);

    category->place = node->key_place;
    category->name = node->key;
    if (!reader_name("a category", node->key, &node->key_place, err) ||
        !value_mapping(node, path, err))
        return false;
    category->asset = arena_get(r->arena, node->n_child, sizeof *category->asset);
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        struct venue_asset *asset = &category->asset[category->n_asset++];
        const char *of = arena_print(r->arena, "%s.%s", path, child->key);
        const struct section section = {.name = of, .others = keys};
        bool known = false;

        for (uint32_t i = 0; i < venue->n_asset; i++)
            known = known || strcmp(venue->asset[i].asset, child->key) == 0;
        if (!known)
            return place_fail(&child->key_place, err,
                              "%s: %s is not among the venue's assets: add it there", of,
                              child->key);
        asset->place = child->key_place;
        asset->asset = child->key;
        if (!section_read(child, &section, NULL, r->arena, err) ||
            !plug_ins_read(r, child, of, venue, asset, err))
            return false;
    }
    return true;
}

static bool categories_read(struct reader *r, const struct node *node,
                            struct scenario_venue *venue, struct error *err)
{
    if (node_is_null(node))
        return true;
    if (!value_mapping(
            node, arena_print(r->arena, "market.venues.%s.categories", venue->name), err))
        return false;
    venue->category = arena_get(r->arena, node->n_child, sizeof *venue->category);
    for (const struct node *child = node->first; child != NULL; child = child->next)
        if (!category_read(r, child, venue, &venue->category[venue->n_category++], err))
            return false;
    return true;
}

static bool venue_read(struct reader *r, const struct node *node,
                       struct scenario_venue *venue, struct error *err)
{
    static const char *const keys[] = {"margin",      "liquidity",  "assets",
                                       "liquidation", "categories", NULL};
    const char *path = arena_print(r->arena, "market.venues.%s", node->key);
    const struct section section = {
        .name = path, .tables = {sections_venue}, .others = keys};
    const struct node *assets = node_get(node, "assets");

    venue->place = node->key_place;
    venue->name = node->key;
    if (!reader_name("a venue", node->key, &node->key_place, err) ||
        !section_read(node, &section, &venue->v, r->arena, err) ||
        !rule_read(r, node_get(node, "margin"), venue, err) ||
        !liquidity_find(node_get(node, "liquidity"), path, venue, err) ||
        !liquidation_read(r, node_get(node, "liquidation"), venue, err))
        return false;
    if (assets == NULL)
        return categories_read(r, node_get(node, "categories"), venue, err);
    if (!value_mapping(assets, arena_print(r->arena, "%s.assets", path), err))
        return false;
    venue->asset = arena_get(r->arena, assets->n_child, sizeof *venue->asset);
    for (const struct node *child = assets->first; child != NULL; child = child->next)
        if (!venue_asset_read(r, child, venue, &venue->asset[venue->n_asset++], err))
            return false;
    return categories_read(r, node_get(node, "categories"), venue, err);
}

bool venues_read(struct reader *r, const struct node *venues, struct error *err)
{
    struct scenario *s = r->scenario;

    if (venues == NULL)
        return true;
    if (!value_mapping(venues, "market.venues", err))
        return false;
    s->venue = arena_get(r->arena, venues->n_child, sizeof *s->venue);
    for (const struct node *child = venues->first; child != NULL; child = child->next)
        if (!venue_read(r, child, &s->venue[s->n_venue++], err))
            return false;
    return true;
}
