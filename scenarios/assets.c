/* market.assets: prices, surfaces, oracles. */
#include "scenarios/reader.h"

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
    const struct node *price = node_get(node, "price");
    if (node_is_null(price))
        return place_fail(
            &node->place, err,
            "%s lacks 'price': write price: {model: gbm, volatility_annual: 0.8}",
            section.name);
    return oracle_read(r, node_get(node, "oracle"), section.name, &asset->has_oracle,
                       &asset->oracle, err) &&
           price_model_read(r, price, asset, err) &&
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
