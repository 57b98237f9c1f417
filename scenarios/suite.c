/* A suite: scenarios x portfolios x populations x overrides x markets, each cell a scenario
 * file with what is set in it. */
#include <string.h>

#include "scenarios/extend.h"
#include "scenarios/names.h"
#include "scenarios/reader.h"
#include "scenarios/value.h"

enum { MAX_CELLS = 10000, N_AXIS = 5 };
enum { AXIS_SCENARIO, AXIS_PORTFOLIO, AXIS_POPULATION, AXIS_OVERRIDE, AXIS_MARKET };

/* A scenario of the suite, as far as the suite needs it. */
struct member {
    const char *file, *name;
    const char *accounts_key; /* "accounts.perp_venue": what a population replaces */
};

struct suite_reader {
    struct arena *arena;
    struct suite *suite;
    uint32_t n_member;
    struct member *member;
    const struct node *common;       /* set: */
    const struct node *axis[N_AXIS]; /* mappings; the first is not used */
    uint32_t n_given;
    const struct override *given; /* from the command line */
    struct error *err;
};

static uint32_t axis_size(const struct suite_reader *sr, int axis)
{
    return axis == AXIS_SCENARIO    ? sr->n_member
           : sr->axis[axis] == NULL ? 0
                                    : sr->axis[axis]->n_child;
}

static const struct node *child_at(const struct node *map, uint32_t index)
{
    const struct node *child = map->first;

    while (index-- > 0)
        child = child->next;
    return child;
}

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

static bool names_file(const char *key)
{
    return strcmp(key, "market") == 0 || strcmp(key, "portfolio") == 0 ||
           strncmp(key, "accounts", strlen("accounts")) == 0 || ends_with(key, ".chain");
}

/* A value of the suite file as text; paths in it are relative to the suite file. */
static const char *value_of(const struct suite_reader *sr, const char *key,
                            const struct node *node)
{
    if (!names_file(key) || node_is_null(node))
        return node_text(node, sr->arena);
    if (node->kind == NODE_SCALAR)
        return node_quote(place_path(&node->place, node->text, sr->arena), sr->arena);
    if (node->kind != NODE_MAPPING || node->n_child != 1 ||
        node->first->kind != NODE_SCALAR || strncmp(key, "accounts", 8) != 0)
        return node_text(node, sr->arena);
    const char *path = place_path(&node->first->place, node->first->text, sr->arena);
    return arena_print(sr->arena, "{%s: %s}", node_quote(node->first->key, sr->arena),
                       node_quote(path, sr->arena));
}

static void overrides_add(const struct suite_reader *sr, struct suite_cell *cell,
                          const struct node *map)
{
    for (const struct node *n = map != NULL ? map->first : NULL; n != NULL; n = n->next)
        cell->override[cell->n_override++] =
            (struct override){n->key, value_of(sr, n->key, n)};
}

/* The names of the axes that have more than one value; the scenario's if there is none. */
static const char *cell_name(const struct suite_reader *sr, const struct member *member,
                             const struct node *const *at, int n_axis)
{
    const char *name = axis_size(sr, AXIS_SCENARIO) > 1 ? member->name : "";

    for (int axis = AXIS_PORTFOLIO; axis < n_axis; axis++)
        if (axis_size(sr, axis) > 1)
            name = arena_print(sr->arena, "%s%s%s", name, *name != '\0' ? "--" : "",
                               at[axis]->key);
    return *name != '\0' ? name : member->name;
}

static void cell_fill(const struct suite_reader *sr, const struct member *member,
                      const struct node *const *at, struct suite_cell *cell)
{
    const struct node *own = at[AXIS_OVERRIDE];
    const size_t n = (sr->common != NULL ? sr->common->n_child : 0) +
                     (own != NULL ? own->n_child : 0) + 3 + (size_t)sr->n_given;

    cell->name = cell_name(sr, member, at, N_AXIS);
    cell->without_market = cell_name(sr, member, at, AXIS_MARKET);
    cell->scenario_file = member->file;
    cell->override = arena_get(sr->arena, n, sizeof *cell->override);
    overrides_add(sr, cell, sr->common);
    if (at[AXIS_MARKET] != NULL)
        cell->override[cell->n_override++] =
            (struct override){"market", value_of(sr, "market", at[AXIS_MARKET])};
    if (at[AXIS_PORTFOLIO] != NULL)
        cell->override[cell->n_override++] =
            (struct override){"portfolio", value_of(sr, "portfolio", at[AXIS_PORTFOLIO])};
    if (at[AXIS_POPULATION] != NULL) {
        const bool mapping = at[AXIS_POPULATION]->kind == NODE_MAPPING;
        cell->override[cell->n_override++] =
            (struct override){mapping ? "accounts" : member->accounts_key,
                              value_of(sr, "accounts", at[AXIS_POPULATION])};
    }
    overrides_add(sr, cell, own);
    for (uint32_t i = 0; i < sr->n_given; i++)
        cell->override[cell->n_override++] = sr->given[i];
}

static bool cells_fill(struct suite_reader *sr, const struct place *place)
{
    struct suite *suite = sr->suite;
    struct names names = {.arena = sr->arena};
    size_t n = 1;

    suite->n_market = axis_size(sr, AXIS_MARKET);
    for (int axis = 0; axis < N_AXIS; axis++) {
        const uint32_t size = axis_size(sr, axis);
        n *= size > 0 ? size : 1;
        if (n > MAX_CELLS)
            return place_fail(place, sr->err, "the suite has more than %d cells: split it",
                              MAX_CELLS);
    }
    suite->cell = arena_get(sr->arena, n, sizeof *suite->cell);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t index[N_AXIS], rest = i;
        const struct node *at[N_AXIS] = {NULL};
        for (int axis = N_AXIS - 1; axis >= 0; axis--) {
            const uint32_t size = axis_size(sr, axis) > 0 ? axis_size(sr, axis) : 1;
            index[axis] = rest % size;
            rest /= size;
            if (axis != AXIS_SCENARIO && axis_size(sr, axis) > 0)
                at[axis] = child_at(sr->axis[axis], index[axis]);
        }
        struct suite_cell *cell = &suite->cell[suite->n_cell++];
        cell_fill(sr, &sr->member[index[AXIS_SCENARIO]], at, cell);
        cell->market = index[AXIS_MARKET];
        if (names_add(&names, cell->name, i)->value != i)
            return place_fail(
                place, sr->err,
                "two cells are called '%s': give the scenarios different names",
                cell->name);
    }
    return true;
}

/* Reads a scenario's name, and which accounts it has. */
static bool member_fill(const struct suite_reader *sr, const char *file,
                        const struct node *root, struct member *member)
{
    const struct place begin = {.file = file, .line = 1, .column = 1};
    const struct node *name = node_get(root, "name"),
                      *accounts = node_get(root, "accounts");

    if (name == NULL || name->kind != NODE_SCALAR)
        return place_fail(&begin, sr->err,
                          "the scenario lacks 'name': add name: some-name");
    member->file = arena_text(sr->arena, file);
    member->name = name->text;
    member->accounts_key = "accounts";
    if (accounts != NULL && accounts->kind == NODE_MAPPING && accounts->n_child == 1)
        member->accounts_key = arena_print(sr->arena, "accounts.%s", accounts->first->key);
    return reader_result_name("a scenario", name->text, &name->place, sr->err);
}

static bool members_read(struct suite_reader *sr, const struct node *list)
{
    struct input_list inputs = {.arena = sr->arena};
    struct node *root;

    if (list->kind != NODE_SEQUENCE || list->n_child == 0)
        return place_fail(&list->place, sr->err,
                          "scenarios is no list: write scenarios: [one.yaml, two.yaml]");
    if (list->n_child > MAX_CELLS)
        return place_fail(&list->place, sr->err, "more than %d scenarios: split the suite",
                          MAX_CELLS);
    sr->member = arena_get(sr->arena, list->n_child, sizeof *sr->member);
    for (const struct node *child = list->first; child != NULL; child = child->next) {
        if (child->kind != NODE_SCALAR)
            return place_fail(&child->place, sr->err, "%s where a file name is expected",
                              node_kind_name(child));
        const char *file = place_path(&child->place, child->text, sr->arena);
        if (!extend_read(&inputs, file, &child->place, &root, sr->err) ||
            !member_fill(sr, file, root, &sr->member[sr->n_member++]))
            return false;
    }
    return true;
}

static bool axes_read(struct suite_reader *sr, const struct node *root)
{
    static const char *const keys[N_AXIS] = {NULL, "portfolios", "populations", "overrides",
                                             "markets"};

    for (int axis = AXIS_PORTFOLIO; axis < N_AXIS; axis++) {
        const struct node *map = node_get(root, keys[axis]);
        if (node_is_null(map))
            continue;
        if (!value_mapping(map, keys[axis], sr->err))
            return false;
        sr->axis[axis] = map;
        for (const struct node *n = map->first; n != NULL; n = n->next) {
            if (!reader_result_name("a part of a cell", n->key, &n->key_place, sr->err))
                return false;
            if (axis == AXIS_OVERRIDE && n->kind != NODE_MAPPING && !node_is_null(n))
                return place_fail(&n->place, sr->err,
                                  "overrides.%s is %s: write keys, as in {run.paths: 5000}",
                                  n->key, node_kind_name(n));
            if ((axis == AXIS_PORTFOLIO || axis == AXIS_MARKET) && n->kind != NODE_SCALAR)
                return place_fail(&n->place, sr->err, "%s.%s is %s: name a file",
                                  keys[axis], n->key, node_kind_name(n));
        }
    }
    sr->common = node_is_null(node_get(root, "set")) ? NULL : node_get(root, "set");
    return sr->common == NULL || value_mapping(sr->common, "set", sr->err);
}

static bool suite_fill(struct suite_reader *sr, const struct node *root)
{
    static const char *const keys[] = {"tailrace",    "scenarios", "portfolios", "set",
                                       "populations", "overrides", "markets",    NULL};
    static const struct field fields[] = {
        {.key = "suite",
         .unit = "1",
         .type = FIELD_TEXT,
         .required = true,
         .offset = offsetof(struct suite, name),
         .doc = "name of the suite"},
        {.key = "description",
         .unit = "1",
         .type = FIELD_TEXT,
         .preset_text = "",
         .offset = offsetof(struct suite, description),
         .doc = "what it is for"},
        {.key = NULL},
    };
    static const struct section section = {
        .name = "the suite", .tables = {fields}, .others = keys};

    return section_read(root, &section, sr->suite, sr->arena, sr->err) &&
           reader_result_name("a suite", sr->suite->name, &node_get(root, "suite")->place,
                              sr->err) &&
           members_read(sr, node_get(root, "scenarios")) && axes_read(sr, root) &&
           cells_fill(sr, &root->place);
}

bool suite_read(const char *file, uint32_t n_override, const struct override *override,
                struct arena *arena, struct suite *suite, struct error *err)
{
    struct input_list inputs = {.arena = arena};
    struct suite_reader sr = {.arena = arena,
                              .suite = suite,
                              .n_given = n_override,
                              .given = override,
                              .err = err};
    struct node *root;

    *suite = (struct suite){0};
    if (!extend_read(&inputs, file, NULL, &root, err))
        return false;
    if (node_get(root, "scenarios") != NULL) {
        suite->input = inputs.file[0];
        return suite_fill(&sr, root);
    }
    struct member *member = arena_get(arena, 1, sizeof *member);
    sr.member = member;
    sr.n_member = 1;
    if (!member_fill(&sr, file, root, member))
        return false;
    suite->name = member->name;
    suite->description = "";
    return cells_fill(&sr, &root->place);
}
