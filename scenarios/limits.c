/* limits: on tail figures of a metric. */
#include "scenarios/reader.h"
#include "scenarios/value.h"

/* A limit has one kind; its key, and the key of the largest value allowed. */
static const struct {
    const char *key, *max;
} kinds[] = {
    [LIMIT_VAR] = {"var", "max_usd"},
    [LIMIT_ES] = {"es", "max_usd"},
    [LIMIT_MEAN] = {"mean", "max_usd"},
    [LIMIT_PROBABILITY] = {"probability_above_usd", "max"},
};
enum { N_LIMIT_KIND = sizeof kinds / sizeof *kinds };

static bool kind_find(const struct node *node, const char *path, enum limit_kind *kind,
                      struct error *err)
{
    int n_given = 0;

    for (int i = 0; i < N_LIMIT_KIND; i++)
        if (node_get(node, kinds[i].key) != NULL) {
            *kind = (enum limit_kind)i;
            n_given++;
        }
    if (n_given != 1)
        return place_fail(
            &node->place, err,
            "%s gives %s of es, var, mean and probability_above_usd: give one", path,
            n_given == 0 ? "none" : "several");
    const char *wrong = *kind == LIMIT_PROBABILITY ? "max_usd" : "max";
    if (node_get(node, wrong) != NULL)
        return place_fail(&node_get(node, wrong)->key_place, err,
                          "%s.%s does not go with %s: write %s", path, wrong,
                          kinds[*kind].key, kinds[*kind].max);
    if (node_get(node, kinds[*kind].max) == NULL)
        return place_fail(&node->place, err,
                          "%s lacks '%s': it is the largest value allowed", path,
                          kinds[*kind].max);
    return true;
}

static bool limit_read(struct reader *r, const struct node *node, const char *path,
                       struct scenario_limit *limit, struct error *err)
{
    const struct section section = {.name = path, .tables = {sections_limit}};
    struct limit_section given;

    if (!section_read(node, &section, &given, r->arena, err) ||
        !kind_find(node, path, &limit->kind, err))
        return false;
    limit->place = node->place;
    limit->metric = given.metric;
    limit->level = limit->kind == LIMIT_ES ? given.es : given.var;
    limit->above_usd = given.probability_above_usd;
    limit->max = limit->kind == LIMIT_PROBABILITY ? given.max : given.max_usd;
    limit->confidence = given.confidence;
    if (limit->kind == LIMIT_MEAN && !given.mean)
        return place_fail(&node->place, err,
                          "%s: mean: false limits nothing: write true or "
                          "take the limit out",
                          path);
    if ((limit->kind == LIMIT_ES || limit->kind == LIMIT_VAR) &&
        (limit->level <= 0.0 || limit->level >= 1.0))
        return place_fail(&node->place, err,
                          "%s.%s = %.10g: a level lies between 0 and 1, as 0.99", path,
                          kinds[limit->kind].key, limit->level);
    return true;
}

bool limits_read(struct reader *r, const struct node *limits, struct error *err)
{
    struct scenario *s = r->scenario;

    if (node_is_null(limits))
        return true;
    if (limits->kind != NODE_SEQUENCE)
        return place_fail(&limits->place, err,
                          "limits is %s: write a list, each line beginning with '- '",
                          node_kind_name(limits));
    s->limit = arena_get(r->arena, limits->n_child, sizeof *s->limit);
    for (const struct node *child = limits->first; child != NULL; child = child->next) {
        const char *path = arena_print(r->arena, "limits[%u]", (unsigned)s->n_limit);
        if (!limit_read(r, child, path, &s->limit[s->n_limit++], err))
            return false;
    }
    return true;
}
