/* market.chains: where transactions of the venues on them find room. */
#include <string.h>

#include "scenarios/reader.h"
#include "scenarios/value.h"

static bool blockchain_read(struct reader *r, const struct node *node,
                            struct scenario_chain *chain, struct error *err)
{
    const struct section section = {
        .name = arena_print(r->arena, "market.chains.%s", node->key),
        .tables = {sections_chain}};

    chain->place = node->key_place;
    chain->name = node->key;
    return reader_name("a chain", node->key, &node->key_place, err) &&
           section_read(node, &section, &chain->c, r->arena, err) &&
           reader_asset(r->scenario, chain->c.native, &node_get(node, "native")->place,
                        err) != NULL;
}

bool blockchains_read(struct reader *r, const struct node *chains, struct error *err)
{
    struct scenario *s = r->scenario;

    if (node_is_null(chains))
        return true;
    if (!value_mapping(chains, "market.chains", err))
        return false;
    s->chain = arena_get(r->arena, chains->n_child, sizeof *s->chain);
    for (const struct node *child = chains->first; child != NULL; child = child->next)
        if (!blockchain_read(r, child, &s->chain[s->n_chain++], err))
            return false;
    return true;
}

const struct scenario_chain *reader_chain(const struct scenario *scenario, const char *name,
                                          const struct place *place, struct error *err)
{
    const struct scenario_chain *nearest = NULL;

    for (uint32_t i = 0; i < scenario->n_chain; i++) {
        const struct scenario_chain *chain = &scenario->chain[i];
        if (strcmp(chain->name, name) == 0)
            return chain;
        if (nearest == NULL ||
            field_distance(chain->name, name) < field_distance(nearest->name, name))
            nearest = chain;
    }
    if (nearest == NULL)
        place_fail(place, err,
                   "the market has no chains, so none is called '%s': add it under "
                   "'chains'",
                   name);
    else
        place_fail(place, err, "the market has no chain '%s': did you mean '%s'?", name,
                   nearest->name);
    return NULL;
}

void blockchains_echo(FILE *out, const struct scenario *s, struct arena *arena)
{
    for (uint32_t i = 0; i < s->n_chain; i++) {
        fprintf(out, "%s    %s:\n", i == 0 ? "  chains:\n" : "",
                node_quote(s->chain[i].name, arena));
        section_echo(out, 6, sections_chain, &s->chain[i].c, arena);
    }
}
