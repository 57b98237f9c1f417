#include "scenarios/reader.h"

#include <string.h>

#include "scenarios/utc.h"

enum { MAX_NAME = 64 };

bool reader_name(const char *kind, const char *name, const struct place *place,
                 struct error *err)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

    if (*name == '\0' || name[strspn(name, letters)] != '\0')
        return place_fail(place, err, "'%s' cannot name %s: use letters, digits, _ and -",
                          name, kind);
    if (strlen(name) > MAX_NAME)
        return place_fail(place, err,
                          "the name of %s is longer than %d letters: shorten it", kind,
                          MAX_NAME);
    return true;
}

bool reader_result_name(const char *kind, const char *name, const struct place *place,
                        struct error *err)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

    if (*name == '\0' || *name == '-' || name[strspn(name, letters)] != '\0')
        return place_fail(place, err,
                          "'%s' cannot name %s: use lower case, digits and hyphens", name,
                          kind);
    if (strcmp(name, "inputs") == 0 || strcmp(name, "models") == 0 ||
        strcmp(name, "backtest") == 0)
        return place_fail(place, err, "'%s' is reserved in result files: take another name",
                          name);
    if (strlen(name) > MAX_NAME)
        return place_fail(place, err,
                          "the name of %s is longer than %d letters: shorten it", kind,
                          MAX_NAME);
    return true;
}

const struct scenario_asset *reader_asset(const struct scenario *scenario, const char *name,
                                          const struct place *place, struct error *err)
{
    const struct scenario_asset *nearest = NULL;

    for (uint32_t i = 0; i < scenario->n_asset; i++) {
        const struct scenario_asset *asset = &scenario->asset[i];
        if (strcmp(asset->name, name) == 0)
            return asset;
        if (nearest == NULL ||
            field_distance(asset->name, name) < field_distance(nearest->name, name))
            nearest = asset;
    }
    place_fail(place, err, "the market has no asset '%s': did you mean '%s'?", name,
               nearest != NULL ? nearest->name : "");
    return NULL;
}

const struct scenario_venue *reader_venue(const struct scenario *scenario, const char *name,
                                          const struct place *place, struct error *err)
{
    const struct scenario_venue *nearest = NULL;

    for (uint32_t i = 0; i < scenario->n_venue; i++) {
        const struct scenario_venue *venue = &scenario->venue[i];
        if (strcmp(venue->name, name) == 0)
            return venue;
        if (nearest == NULL ||
            field_distance(venue->name, name) < field_distance(nearest->name, name))
            nearest = venue;
    }
    if (nearest == NULL)
        place_fail(place, err,
                   "the market has no venues, so none is called '%s': add it under "
                   "'venues'",
                   name);
    else
        place_fail(place, err, "the market has no venue '%s': did you mean '%s'?", name,
                   nearest->name);
    return NULL;
}

/* market.copula; absent: the normal copula. */
static bool copula_read(struct reader *r, const struct node *node, struct error *err)
{
    static const struct section section = {.name = "market.copula",
                                           .tables = {sections_copula}};
    struct copula_section *copula = &r->scenario->copula;

    if (node_is_null(node))
        return true;
    if (!section_read(node, &section, copula, r->arena, err))
        return false;
    if (copula->degrees_of_freedom % 2 == 0)
        return true;
    const struct node *given = node_get(node, "degrees_of_freedom");
    return place_fail(&given->place, err,
                      "market.copula.degrees_of_freedom = %s is odd: write an even number, "
                      "%u or %u",
                      given->text, (unsigned)copula->degrees_of_freedom - 1,
                      (unsigned)copula->degrees_of_freedom + 1);
}

bool reader_market(struct reader *r, const struct node *market, struct error *err)
{
    static const char *const keys[] = {"tailrace", "name",        "description", "time_utc",
                                       "assets",   "correlation", "copula",      "chains",
                                       "venues",   NULL};
    const struct section section = {.name = "market", .others = keys};
    struct scenario *s = r->scenario;

    if (!section_read(market, &section, NULL, r->arena, err))
        return false;
    const struct node *time = node_get(market, "time_utc");
    if (!node_is_null(time) &&
        (time->kind != NODE_SCALAR || !utc_read(time->text, &s->time_utc_s)))
        return place_fail(&time->place, err,
                          "market.time_utc is not a time: write 2026-01-18T09:14:30Z");
    const struct node *assets = node_get(market, "assets");
    if (node_is_null(assets))
        return place_fail(
            &market->place, err,
            "market lacks 'assets': give at least one asset with spot_usd and "
            "price");
    return assets_read(r, assets, err) &&
           correlation_read(r, node_get(market, "correlation"), &market->place, err) &&
           copula_read(r, node_get(market, "copula"), err) &&
           blockchains_read(r, node_get(market, "chains"), err) &&
           venues_read(r, node_get(market, "venues"), err);
}
