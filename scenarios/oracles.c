/* oracle: of an asset, and of an asset at a venue in its place. */
#include <string.h>

#include "scenarios/reader.h"

static const char rate_key[] = "rate";

/* The fields from `rate` on, which an oracle that follows a rate has. */
static const struct field *rate_fields(void)
{
    const struct field *f = sections_oracle;

    while (strcmp(f->key, rate_key) != 0)
        f++;
    return f;
}

/* An oracle that follows a rate has no feed of its own to set. */
static bool rate_check(const struct node *node, const char *path, struct error *err)
{
    for (const struct field *f = sections_oracle; f != rate_fields(); f++) {
        const struct node *given = node_get(node, f->key);
        if (given != NULL)
            return place_fail(&given->key_place, err,
                              "%s: with rate it says what the anchor's oracle says, times "
                              "the parity: leave %s out, or write it at the anchor",
                              path, f->key);
    }
    return true;
}

bool oracle_read(struct reader *r, const struct node *node, const char *owner, bool *has,
                 struct oracle_section *oracle, struct error *err)
{
    const char *path = arena_print(r->arena, "%s.oracle", owner);
    const struct section section = {.name = path, .tables = {sections_oracle}};

    *has = !node_is_null(node);
    if (!*has)
        return true;
    if (!section_read(node, &section, oracle, r->arena, err))
        return false;
    oracle->place = node->place;
    if (oracle->rate && !rate_check(node, path, err))
        return false;
    if (oracle->cap_usd > 0.0 && oracle->cap_usd <= oracle->floor_usd)
        return place_fail(&node_get(node, "cap_usd")->place, err,
                          "%s.cap_usd = %.10g is not above floor_usd = %.10g: raise it",
                          path, oracle->cap_usd, oracle->floor_usd);
    if (oracle->sources > 1 && oracle->source_noise_frac == 0.0)
        return place_fail(&node_get(node, "sources")->place, err,
                          "%s.sources = %u all see the same: add source_noise_frac, or "
                          "leave sources out",
                          path, (unsigned)oracle->sources);
    return true;
}

bool oracle_follows_market(const struct scenario *scenario,
                           const struct scenario_asset *asset)
{
    bool follows = asset->has_oracle && !asset->oracle.rate;

    for (uint32_t v = 0; v < scenario->n_venue; v++)
        for (uint32_t i = 0; i < scenario->venue[v].n_asset; i++) {
            const struct venue_asset *a = &scenario->venue[v].asset[i];
            follows = follows || (a->has_oracle && !a->oracle.rate &&
                                  strcmp(a->asset, asset->name) == 0);
        }
    return follows;
}

void oracle_echo(FILE *out, int indent, const struct oracle_section *oracle,
                 struct arena *arena)
{
    fprintf(out, "%*soracle:\n", indent, "");
    section_echo(out, indent + 2, oracle->rate ? rate_fields() : sections_oracle, oracle,
                 arena);
}
