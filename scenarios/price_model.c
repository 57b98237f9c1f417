/* market.assets.NAME.price: {model: NAME, ...} with the parameters of the model's own
 * table; a list of models inside another model is read the same way. */
#include <string.h>

#include "models/registry.h"
#include "scenarios/reader.h"
#include "scenarios/value.h"

static const struct price_model *model_find(const struct node *node, const char *path,
                                            struct error *err)
{
    const struct node *name = node_get(node, "model");
    const char *nearest = "";
    unsigned least = ~0u;

    if (name == NULL || name->kind != NODE_SCALAR) {
        place_fail(&node->place, err,
                   "%s lacks 'model': write {model: gbm, volatility_annual: 0.8}", path);
        return NULL;
    }
    const struct price_model *model = registry_price_find(name->text);
    if (model != NULL)
        return model;
    for (const struct price_model *const *m = registry_price; *m != NULL; m++)
        if (field_distance((*m)->about.name, name->text) < least) {
            nearest = (*m)->about.name;
            least = field_distance(nearest, name->text);
        }
    place_fail(&name->place, err, "there is no price model '%s': did you mean '%s'?",
               name->text, nearest);
    return NULL;
}

static bool param_read(struct reader *r, const struct node *node, const char *path,
                       const char *asset, const struct price_model *model, void *param,
                       struct error *err);

/* A file that several models name is read once. */
static const struct price_table *price_file_read(struct reader *r, const char *path,
                                                 const struct place *from,
                                                 struct error *err)
{
    const struct price_format utc = {0.0};

    for (const struct price_file *file = r->price_file; file != NULL; file = file->next)
        if (strcmp(file->table.file, path) == 0)
            return &file->table;
    struct price_file *file = arena_get(r->arena, 1, sizeof *file);
    if (!prices_read(r->inputs, path, from, &utc, &file->table, err))
        return NULL;
    file->next = r->price_file;
    r->price_file = file;
    return &file->table;
}

/* The prices behind a FIELD_HISTORY: the file's column of the asset's name, or the one that
 * the model's key `column` names. */
static bool history_read(struct reader *r, const struct node *node, const char *asset,
                         const struct field *fields, void *param, struct history *history,
                         struct error *err)
{
    const char *path = place_path(&node->place, history->file, r->arena), *name = asset;

    for (const struct field *f = fields; f->key != NULL; f++) {
        const char *column = NULL;
        if (f->type == FIELD_TEXT && strcmp(f->key, "column") == 0)
            memcpy(&column, (const char *)param + f->offset, sizeof column);
        name = column != NULL ? column : name;
    }
    const struct price_table *table = price_file_read(r, path, &node->place, err);
    const struct price_column *column =
        table != NULL ? prices_column(table, name, &node->place, err) : NULL;
    if (column == NULL)
        return false;
    prices_history(table, column, r->arena, history);
    if (history->n < 2)
        return place_fail(&node->place, err,
                          "%s has one price of %s: a history takes two at least",
                          history->file, name);
    return true;
}

/* The elements of a FIELD_MODELS: one model, no lists inside lists. */
static bool list_read(struct reader *r, const struct node *node, const char *path,
                      const char *asset, struct model_list *list, struct error *err)
{
    const void **param;

    if (node->kind != NODE_SEQUENCE || node->n_child == 0)
        return place_fail(
            &node->place, err,
            "%s is no list: write [{model: gbm, volatility_annual: 0.4}, ...]", path);
    param = arena_get(r->arena, node->n_child, sizeof *param);
    *list = (struct model_list){.param = param};
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        const char *name = arena_print(r->arena, "%s[%u]", path, list->n);
        const struct price_model *model = model_find(child, name, err);
        if (model == NULL)
            return false;
        if (model->base != NULL || model->anchor != NULL)
            return place_fail(&child->place, err, "%s: %s cannot stand inside a list", name,
                              model->about.name);
        if (list->model != NULL && model != list->model)
            return place_fail(
                &child->place, err,
                "%s: all elements have one model: this is %s, the first is %s", name,
                model->about.name, list->model->about.name);
        void *one = arena_get(r->arena, 1, model->about.param_size);
        if (!param_read(r, child, name, asset, model, one, err))
            return false;
        list->model = model;
        param[list->n++] = one;
    }
    return true;
}

static bool param_read(struct reader *r, const struct node *node, const char *path,
                       const char *asset, const struct price_model *model, void *param,
                       struct error *err)
{
    static const char *const keys[] = {"model", NULL};
    const struct section section = {
        .name = path, .tables = {model->about.fields}, .others = keys};

    if (!section_read(node, &section, param, r->arena, err))
        return false;
    for (const struct field *f = model->about.fields; f->key != NULL; f++) {
        const struct node *child = node_get(node, f->key);
        void *at = (char *)param + f->offset;
        if (f->type == FIELD_MODELS && child != NULL &&
            !list_read(r, child, arena_print(r->arena, "%s.%s", path, f->key), asset, at,
                       err))
            return false;
        const struct history *history = at;
        if (f->type == FIELD_HISTORY && child != NULL && history->file != NULL &&
            !history_read(r, child, asset, model->about.fields, param, at, err))
            return false;
    }
    return true;
}

bool price_model_read(struct reader *r, const struct node *node,
                      struct scenario_asset *asset, struct error *err)
{
    const char *path = arena_print(r->arena, "market.assets.%s.price", asset->name);

    asset->model = model_find(node, path, err);
    if (asset->model == NULL)
        return false;
    asset->param = arena_get(r->arena, 1, asset->model->about.param_size);
    asset->price_place = node->place;
    return param_read(r, node, path, asset->name, asset->model, asset->param, err);
}
