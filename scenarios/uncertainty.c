/* market.assets.NAME.uncertainty: how far the parameters of its price model are known.
 *     {parameters: [drift_annual, volatility_annual], standard_error: [0.31, 0.012],
 *      correlation: [[1, 0.02], [0.02, 1]]}
 * or a file with one drawn set per row, {parameters: [...], sets: FILE.csv}. */
#include <math.h>
#include <string.h>

#include "scenarios/reader.h"
#include "scenarios/table.h"
#include "scenarios/value.h"
#include "sim/param.h"

static const double SYMMETRY = 1e-9; /* of a correlation written twice */

/* The names, each of a number of the model. */
static bool parameters_read(struct reader *r, const struct node *list, const char *name,
                            const struct scenario_asset *asset, struct uncertainty *u,
                            struct error *err)
{
    struct param_slot slot;

    if (list == NULL || list->kind != NODE_SEQUENCE || list->n_child == 0 ||
        list->n_child > TABLE_MAX_COLUMNS)
        return place_fail(list != NULL ? &list->place : &u->place, err,
                          "%s lacks 'parameters', a list of 1 to %d names: write "
                          "parameters: [volatility_annual]",
                          name, TABLE_MAX_COLUMNS);
    const char **key = arena_get(r->arena, list->n_child, sizeof *key);
    u->key = key;
    for (const struct node *child = list->first; child != NULL; child = child->next) {
        if (child->kind != NODE_SCALAR ||
            !param_find(asset->model, asset->param, child->text, &slot))
            return place_fail(&child->place, err,
                              "%s.parameters: %s has no number '%s' here: write one that "
                              "stands under price",
                              name, asset->model->about.name,
                              child->kind == NODE_SCALAR ? child->text : "...");
        for (uint32_t i = 0; i < u->n; i++)
            if (strcmp(key[i], child->text) == 0)
                return place_fail(&child->place, err, "%s.parameters names '%s' twice",
                                  name, child->text);
        key[u->n++] = child->text;
    }
    return true;
}

static bool errors_check(const struct node *node, const char *name,
                         const struct scenario_asset *asset, const struct uncertainty *u,
                         struct error *err)
{
    struct param_slot slot;
    double line, slope;

    if (u->standard_error.n != u->n)
        return place_fail(&node->place, err,
                          "%s.standard_error has %u numbers for %u parameters: write one "
                          "for each",
                          name, u->standard_error.n, u->n);
    for (uint32_t i = 0; i < u->n; i++) {
        param_find(asset->model, asset->param, u->key[i], &slot);
        if (u->standard_error.value[i] > 0.0 &&
            !param_to_line(slot.field, *slot.value, &line, &slope))
            return place_fail(&node->place, err,
                              "%s: %s = %g stands at the end of its range and can have no "
                              "standard error: leave it out of 'parameters'",
                              name, u->key[i], *slot.value);
    }
    return true;
}

/* The whole matrix, a row per parameter. */
static bool correlation_fill(struct reader *r, const struct node *rows, const char *name,
                             struct uncertainty *u, struct error *err)
{
    static const struct field entry = {
        .key = "correlation", .unit = "1", .min = -1.0, .max = 1.0, .doc = "correlation"};
    double *matrix = arena_get(r->arena, (size_t)u->n * u->n, sizeof *matrix);

    u->correlation = matrix;
    for (uint32_t i = 0; i < u->n; i++)
        matrix[i * u->n + i] = 1.0;
    if (rows == NULL)
        return true;
    uint32_t i = 0;
    const struct node *row = rows->kind == NODE_SEQUENCE ? rows->first : NULL;
    for (; row != NULL && i < u->n; row = row->next, i++) {
        uint32_t j = 0;
        if (row->kind != NODE_SEQUENCE || row->n_child != u->n)
            break;
        for (const struct node *cell = row->first; cell != NULL; cell = cell->next, j++)
            if (!value_read(cell, name, &entry, &matrix[i * u->n + j], r->arena, err))
                return false;
    }
    if (i != u->n || row != NULL)
        return place_fail(&rows->place, err,
                          "%s.correlation is no %u x %u matrix: write a list of rows, "
                          "[[1, 0.2], [0.2, 1]]",
                          name, u->n, u->n);
    for (uint32_t a = 0; a < u->n; a++)
        for (uint32_t b = 0; b <= a; b++)
            if (fabs(matrix[a * u->n + b] - (a == b ? 1.0 : matrix[b * u->n + a])) >
                SYMMETRY)
                return place_fail(&rows->place, err,
                                  "%s.correlation of %s and %s is written as %g and as "
                                  "%g: a correlation matrix is symmetric with ones on its "
                                  "diagonal",
                                  name, u->key[a], u->key[b], matrix[a * u->n + b],
                                  a == b ? 1.0 : matrix[b * u->n + a]);
    return true;
}

static bool sets_read(struct reader *r, const struct node *node,
                      const struct scenario_asset *asset, struct uncertainty *u,
                      struct error *err)
{
    struct table_column *columns = arena_get(r->arena, u->n + 1, sizeof *columns);
    struct table table;
    bool more = false;

    u->sets = place_path(&node->place, u->sets, r->arena);
    for (uint32_t i = 0; i < u->n; i++)
        columns[i] = (struct table_column){u->key[i], true};
    bool ok = table_open(&table, r->inputs, u->sets, &node->place, columns, true, err) &&
              table_next(&table, &more, err);
    double *set =
        ok ? arena_get(r->arena, table_max_rows(&table) * u->n, sizeof *set) : NULL;
    u->set = set;
    while (ok && more) {
        for (uint32_t i = 0; ok && i < u->n; i++) {
            struct param_slot slot;
            param_find(asset->model, asset->param, u->key[i], &slot);
            ok = table_number(&table, i, slot.field->min, slot.field->max, NAN,
                              &set[(size_t)u->n_set * u->n + i], err);
        }
        u->n_set += ok;
        ok = ok && table_next(&table, &more, err);
    }
    table_close(&table);
    if (ok && u->n_set == 0)
        return place_fail(&node->place, err,
                          "%s has no parameter set: write one row per set", u->sets);
    return ok;
}

bool uncertainty_read(struct reader *r, const struct node *node,
                      struct scenario_asset *asset, struct error *err)
{
    static const char *const keys[] = {"parameters", "correlation", NULL};
    const char *name = arena_print(r->arena, "market.assets.%s.uncertainty", asset->name);
    const struct section section = {
        .name = name, .tables = {sections_uncertainty}, .others = keys};
    const struct node *correlation = node_get(node, "correlation");

    if (node_is_null(node))
        return true;
    struct uncertainty *u = arena_get(r->arena, 1, sizeof *u);
    if (!section_read(node, &section, u, r->arena, err))
        return false;
    u->place = node->place;
    asset->uncertainty = u;
    if (!parameters_read(r, node_get(node, "parameters"), name, asset, u, err))
        return false;
    if ((u->sets != NULL) == (u->standard_error.n > 0) ||
        (u->sets != NULL && correlation != NULL))
        return place_fail(&node->place, err,
                          "%s: give either 'standard_error', with 'correlation', or 'sets'",
                          name);
    if (u->sets != NULL)
        return sets_read(r, node_get(node, "sets"), asset, u, err);
    return errors_check(node_get(node, "standard_error"), name, asset, u, err) &&
           correlation_fill(r, correlation, name, u, err);
}

void uncertainty_echo(FILE *out, const struct uncertainty *u, struct arena *arena)
{
    fprintf(out, "      uncertainty:\n        parameters: [");
    for (uint32_t i = 0; i < u->n; i++)
        fprintf(out, "%s%s", i > 0 ? ", " : "", node_quote(u->key[i], arena));
    fprintf(out, "]\n");
    section_echo(out, 8, sections_uncertainty, u, arena);
    for (uint32_t i = 0; u->correlation != NULL && i < u->n; i++)
        for (uint32_t j = 0; j < u->n; j++)
            fprintf(out, "%s%s%s",
                    i == 0 && j == 0 ? "        correlation: [["
                    : j == 0         ? "["
                                     : "",
                    value_number_text(u->correlation[i * u->n + j], arena),
                    j + 1 < u->n   ? ", "
                    : i + 1 < u->n ? "], "
                                   : "]]\n");
}
