/* accounts.VENUE as a mapping: a generator, or a file that covers a part of the venue. */
#include <math.h>
#include <string.h>

#include "scenarios/extend.h"
#include "scenarios/population.h"
#include "scenarios/value.h"
#include "sim/vmath.h"

static bool names_yaml(const struct node *node)
{
    const char *dot = node->kind == NODE_SCALAR ? strrchr(node->text, '.') : NULL;

    return dot != NULL && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

static bool file_replace(struct reader *r, struct node *parent, const struct node *name,
                         struct error *err)
{
    struct node *content;
    const char *path = place_path(&name->place, name->text, r->arena);

    if (!extend_read(r->inputs, path, &name->place, &content, err))
        return false;
    node_remove(content, "tailrace");
    node_replace(parent, name, content);
    return true;
}

bool population_files(struct reader *r, struct node *root, struct error *err)
{
    struct node *accounts = node_get(root, "accounts");

    if (accounts == NULL)
        return true;
    if (names_yaml(accounts))
        return place_fail(&accounts->place, err,
                          "%s does not say its venue: write accounts: {VENUE: %s}",
                          accounts->text, accounts->text);
    if (accounts->kind != NODE_MAPPING)
        return true;
    for (struct node *child = accounts->first, *next; child != NULL; child = next) {
        next = child->next;
        if (names_yaml(child) && !file_replace(r, accounts, child, err))
            return false;
    }
    return true;
}

/* Sum of a list; 0 if it is absent. */
static double loadings_sum(const struct loadings *l)
{
    double sum = 0.0;

    for (uint32_t i = 0; i < l->n; i++)
        sum += l->value[i];
    return sum;
}

/* Every name is an asset, or USD at a venue that lends. */
static bool names_check(struct reader *r, const struct node *map, const char *key,
                        bool lends, struct error *err)
{
    const struct node *list = node_get(map, key);

    for (const struct node *child = list == NULL ? NULL : list->first; child != NULL;
         child = child->next)
        if (!(lends && strcmp(child->key, "USD") == 0) &&
            reader_asset(r->scenario, child->key, &child->key_place, err) == NULL)
            return false;
    return true;
}

static bool list_check(struct reader *r, const struct node *map, const char *key,
                       const struct loadings *list, bool lends, struct error *err)
{
    if (list->n > 0 && loadings_sum(list) <= 0.0)
        return place_fail(&node_get(map, key)->place, err,
                          "%s is 0 everywhere: give one coin a number above 0", key);
    return names_check(r, map, key, lends, err);
}

/* The totals: listed, or one number split by asset_mix. */
static bool totals_read(struct reader *r, const struct node *node, bool lends,
                        struct generate_section *g, struct error *err)
{
    const double mix = loadings_sum(&g->asset_mix);

    if (!list_check(r, node, "totals_usd", &g->totals_usd, lends, err) ||
        !list_check(r, node, "asset_mix", &g->asset_mix, lends, err))
        return false;
    if ((g->totals_usd.n > 0) == (g->total_usd > 0.0))
        return place_fail(
            &node->place, err,
            "generate takes either totals_usd: {BTC: 5.0e9, ...} or total_usd "
            "with asset_mix: give one of them");
    if (g->totals_usd.n > 0 && g->asset_mix.n > 0)
        return place_fail(&node_get(node, "asset_mix")->place, err,
                          "asset_mix splits total_usd, which is not given: remove it");
    if (g->totals_usd.n > 0)
        return true;
    if (fabs(mix - 1.0) > 1e-9)
        return place_fail(&node->place, err,
                          "asset_mix sums to %.10g: its parts of total_usd sum to 1", mix);
    return true;
}

static const char *kind_venue(bool lends)
{
    return lends ? "staked_loop or borrower, since the venue lends"
                 : "directional, basis or lp_short, since the venue does not lend";
}

/* Which table the keys belong to is known from `structure` alone. */
static bool kind_read(const struct node *node, int *kind, struct error *err)
{
    const struct node *name = node_get(node, "structure");

    *kind = STRUCTURE_DIRECTIONAL; /* of an unknown name, of which section_read speaks */
    if (name == NULL || name->kind != NODE_SCALAR)
        return place_fail(&node->place, err,
                          "the structure lacks its name: write {structure: directional, "
                          "share: 0.8}");
    for (int k = 0; k < N_STRUCTURE; k++)
        if (strcmp(sections_structure_name[k], name->text) == 0)
            *kind = k;
    return true;
}

static bool structure_read(struct reader *r, const struct node *node, const char *path,
                           bool lends, struct structure_section *s, struct error *err)
{
    int kind = STRUCTURE_DIRECTIONAL;

    if (node->kind != NODE_MAPPING)
        return place_fail(&node->place, err,
                          "%s is %s: write {structure: directional, share: 0.8}", path,
                          node_kind_name(node));
    if (!kind_read(node, &kind, err))
        return false;
    const struct section section = {
        .name = path, .tables = {sections_structure, sections_structure_kind[kind]}};
    s->place = node->place;
    if (!section_read(node, &section, s, r->arena, err) ||
        !list_check(r, node, "assets", &s->assets, lends, err) ||
        !list_check(r, node, "collateral", &s->collateral, lends, err))
        return false;
    if ((s->kind >= STRUCTURE_STAKED_LOOP) != lends)
        return place_fail(&node_get(node, "structure")->place, err,
                          "%s: there are no %s accounts at this venue: write %s", path,
                          sections_structure_name[s->kind], kind_venue(lends));
    return s->token == NULL || reader_asset(r->scenario, s->token,
                                            &node_get(node, "token")->place, err) != NULL;
}

/* What is owed by a loop that does not say so: what the token is staked of. */
static bool anchor_find(struct reader *r, struct structure_section *s, struct error *err)
{
    const struct scenario_asset *token =
        s->token == NULL ? NULL : reader_asset(r->scenario, s->token, &s->place, err);
    bool units = false;
    const char *anchor = token != NULL && token->model->anchor != NULL
                             ? token->model->anchor(token->param, &units)
                             : NULL;

    if (s->kind != STRUCTURE_STAKED_LOOP || s->assets.n > 0)
        return true;
    if (anchor == NULL || !units)
        return place_fail(&s->place, err,
                          "%s is priced in no other coin, so what its loops owe is not "
                          "known: write assets: {ETH: 1}",
                          s->token);
    const char **name = arena_get(r->arena, 1, sizeof *name);
    double *one = arena_get(r->arena, 1, sizeof *one);
    *name = anchor;
    *one = 1.0;
    s->assets = (struct loadings){1, name, one};
    return true;
}

static bool structures_read(struct reader *r, const struct node *list, const char *path,
                            bool lends, struct generate_section *g, struct error *err)
{
    double sum = 0.0;

    if (list->kind != NODE_SEQUENCE || list->n_child == 0 ||
        list->n_child > POPULATION_MAX_STRUCTURES)
        return place_fail(&list->place, err,
                          "%s.structures is no list of 1 to %d elements: write structures: "
                          "[{structure: %s, share: 1}]",
                          path, POPULATION_MAX_STRUCTURES,
                          lends ? "borrower" : "directional");
    g->structure = arena_get(r->arena, list->n_child, sizeof *g->structure);
    for (const struct node *child = list->first; child != NULL; child = child->next) {
        struct structure_section *s = &g->structure[g->n_structure];
        const char *of = arena_print(r->arena, "%s.structures[%u]", path, g->n_structure++);
        if (!structure_read(r, child, of, lends, s, err) || !anchor_find(r, s, err))
            return false;
        sum += s->share;
        if (sum > 1.0 + 1e-9)
            return place_fail(
                &child->place, err,
                "%s.share = %.10g makes the shares sum to %.10g: they are parts "
                "of all accounts and sum to 1 at most",
                of, s->share, sum);
    }
    return true;
}

static bool generate_read(struct reader *r, const struct node *node, const char *path,
                          const struct scenario_venue *venue, struct generate_section *g,
                          struct error *err)
{
    static const char *const keys[] = {"size", "structures", NULL};
    const struct node *size = node_get(node, "size"), *list = node_get(node, "structures");
    const struct section section = {
        .name = path, .tables = {sections_generate}, .others = keys};
    const struct section sizes = {.name = arena_print(r->arena, "%s.size", path),
                                  .tables = {sections_size}};

    field_presets(sections_size, &g->size);
    if (!section_read(node, &section, g, r->arena, err) ||
        (!node_is_null(size) && !section_read(size, &sizes, &g->size, r->arena, err)) ||
        !totals_read(r, node, venue->rule->lends, g, err))
        return false;
    if (list == NULL)
        return place_fail(&node->place, err,
                          "%s lacks structures: write structures: [{structure: %s, share: "
                          "1}]",
                          path, venue->rule->lends ? "borrower" : "directional");
    return structures_read(r, list, path, venue->rule->lends, g, err);
}

bool population_read(struct reader *r, const struct node *node,
                     const struct scenario_venue *venue,
                     struct scenario_population *population, const struct node **file,
                     struct error *err)
{
    static const char *const keys[] = {"file", "generate", NULL};
    const char *path = arena_print(r->arena, "accounts.%s", venue->name);
    const struct section section = {
        .name = path, .tables = {sections_cover}, .others = keys};
    const struct node *generate = node_get(node, "generate");
    struct population_source *source = arena_get(r->arena, 1, sizeof *source);
    struct generate_section *g = arena_get(r->arena, 1, sizeof *g);

    *file = node_get(node, "file");
    source->place = node->place;
    population->source = source;
    if (!section_read(node, &section, &source->cover, r->arena, err))
        return false;
    if (source->cover.replicas == 0)
        source->cover.replicas = (uint64_t)vm_min(
            ceil(1.0 / source->cover.covers_frac - 1e-9), POPULATION_MAX_REPLICAS);
    if ((*file == NULL) == (generate == NULL))
        return place_fail(&node->place, err,
                          "%s takes either file: accounts.csv or generate: {...}: give one "
                          "of them",
                          path);
    if (*file != NULL)
        return !node_is_null(*file) && (*file)->kind == NODE_SCALAR
                   ? true
                   : place_fail(&(*file)->place, err, "%s.file names no CSV file", path);
    source->generate = g;
    population->file = node->place.file;
    return generate_read(r, generate, arena_print(r->arena, "%s.generate", path), venue, g,
                         err);
}
