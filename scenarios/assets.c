/* market.assets: prices, surfaces, oracles. */
#include <string.h>

#include "scenarios/reader.h"
#include "scenarios/value.h"

static bool surface_read(struct reader *r, const struct node *node,
                         struct scenario_asset *asset, struct error *err)
{
    struct surface_section *surface = &asset->surface;
    const struct section section = {
        .name = arena_print(r->arena, "market.assets.%s.surface", asset->name),
        .tables = {sections_surface}};

    asset->has_surface = !node_is_null(node);
    if (!asset->has_surface)
        return true;
    if (!section_read(node, &section, surface, r->arena, err))
        return false;
    const bool flat = node_get(node, "flat_volatility_annual") != NULL;
    if (flat == (surface->chain != NULL))
        return place_fail(&node->place, err,
                          "%s: give either 'chain' or 'flat_volatility_annual'",
                          section.name);
    const struct node *volatility = node_get(node, "flat_volatility_annual");
    if (flat && surface->flat_volatility_annual == 0.0)
        return place_fail(
            &volatility->place, err,
            "%s.flat_volatility_annual = 0: an option needs a volatility over 0",
            section.name);
    if (flat && node_get(node, "iv_unit") != NULL)
        return place_fail(&node_get(node, "iv_unit")->place, err,
                          "%s.iv_unit belongs to a chain: leave it out", section.name);
    const struct node *basis = node_get(node, "flat_basis_annual");
    if (!flat && basis != NULL)
        return place_fail(
            &basis->place, err,
            "%s.flat_basis_annual: the chain has its own forwards, leave it out",
            section.name);
    if (flat)
        return true;
    const struct node *chain = node_get(node, "chain");
    surface->chain = place_path(&chain->place, chain->text, r->arena);
    return chain_read(r, asset, &chain->place, err);
}

static bool asset_read(struct reader *r, const struct node *node,
                       struct scenario_asset *asset, struct error *err)
{
    static const char *const keys[] = {"price", "uncertainty", "surface", "oracle", NULL};
    const struct section section = {
        .name = arena_print(r->arena, "market.assets.%s", node->key),
        .tables = {sections_asset},
        .others = keys};

    if (!reader_name("an asset", node->key, &node->key_place, err) ||
        !section_read(node, &section, asset, r->arena, err))
        return false;
    asset->place = node->key_place;
    asset->name = node->key;
    const struct node *price = node_get(node, "price"), *oracle = node_get(node, "oracle");
    if (node_is_null(price))
        return place_fail(
            &node->place, err,
            "%s lacks 'price': write price: {model: gbm, volatility_annual: 0.8}",
            section.name);
    asset->has_oracle = !node_is_null(oracle);
    const struct section oracle_section = {
        .name = arena_print(r->arena, "%s.oracle", section.name),
        .tables = {sections_oracle}};
    if (asset->has_oracle &&
        !section_read(oracle, &oracle_section, &asset->oracle, r->arena, err))
        return false;
    return price_model_read(r, price, asset, err) &&
           uncertainty_read(r, node_get(node, "uncertainty"), asset, err) &&
           surface_read(r, node_get(node, "surface"), asset, err);
}

bool assets_read(struct reader *r, const struct node *assets, struct error *err)
{
    struct scenario *s = r->scenario;

    if (assets->kind != NODE_MAPPING || assets->n_child == 0)
        return place_fail(
            &assets->place, err,
            "market.assets is %s: write assets as 'BTC: {spot_usd: ..., price: "
            "...}'",
            assets->kind == NODE_MAPPING ? "empty" : node_kind_name(assets));
    s->asset = arena_get(r->arena, assets->n_child, sizeof *s->asset);
    for (const struct node *child = assets->first; child != NULL; child = child->next)
        if (!asset_read(r, child, &s->asset[s->n_asset++], err))
            return false;
    return true;
}
