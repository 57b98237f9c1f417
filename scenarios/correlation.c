/* market.correlation: {BTC/ETH: 0.85}, every pair once. */
#include <string.h>

#include "scenarios/reader.h"
#include "scenarios/value.h"

static bool pair_read(struct reader *r, const struct node *pair, struct place *seen,
                      struct error *err)
{
    static const struct field field = {.key = "",
                                       .unit = "1",
                                       .min = -1.0,
                                       .max = 1.0,
                                       .doc = "correlation of the two assets' returns"};
    const struct scenario *s = r->scenario;
    const char *slash = strchr(pair->key, '/');
    struct field named = field;
    double value;

    if (slash == NULL)
        return place_fail(&pair->key_place, err,
                          "market.correlation.%s is no pair: write BTC/ETH: 0.85",
                          pair->key);
    const char *first = arena_print(r->arena, "%.*s", (int)(slash - pair->key), pair->key);
    const struct scenario_asset *a = reader_asset(s, first, &pair->key_place, err);
    const struct scenario_asset *b =
        a != NULL ? reader_asset(s, slash + 1, &pair->key_place, err) : NULL;
    if (b == NULL)
        return false;
    if (a == b)
        return place_fail(&pair->key_place, err,
                          "market.correlation.%s: an asset's correlation with itself is 1, "
                          "leave it out",
                          pair->key);
    named.key = pair->key;
    if (!value_read(pair, "market.correlation", &named, &value, r->arena, err))
        return false;
    const size_t i = (size_t)(a - s->asset), j = (size_t)(b - s->asset), n = s->n_asset;
    if (seen[i * n + j].file != NULL)
        return place_fail(
            &pair->key_place, err,
            "market.correlation.%s was given before at %s:%d: keep one of them", pair->key,
            seen[i * n + j].file, seen[i * n + j].line);
    seen[i * n + j] = seen[j * n + i] = pair->key_place;
    s->correlation[i * n + j] = s->correlation[j * n + i] = value;
    return true;
}

bool correlation_read(struct reader *r, const struct node *map, const struct place *market,
                      struct error *err)
{
    struct scenario *s = r->scenario;
    const size_t n = s->n_asset;
    struct place *seen = arena_get(r->arena, n * n, sizeof *seen);

    s->correlation = arena_get(r->arena, n * n, sizeof *s->correlation);
    s->correlation_place = node_is_null(map) ? *market : map->key_place;
    for (size_t i = 0; i < n; i++)
        s->correlation[i * n + i] = 1.0;
    if (map != NULL && !value_mapping(map, "market.correlation", err))
        return false;
    for (const struct node *pair = map != NULL ? map->first : NULL; pair != NULL;
         pair = pair->next)
        if (!pair_read(r, pair, seen, err))
            return false;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            if (seen[i * n + j].file == NULL)
                return place_fail(
                    &s->correlation_place, err,
                    "market.correlation lacks %s/%s: write it, 0 if there is none",
                    s->asset[i].name, s->asset[j].name);
    return true;
}
