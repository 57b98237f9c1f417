#include "output/hdf5_models.h"

#include <stddef.h>
#include <string.h>

#include "output/hdf5_fetch.h"

enum { MAX_ROWS = 1000000, MAX_NAME = 256 };
static const char GROUP[] = "models";

static const struct member {
    struct hdf5_label label;
    size_t offset; /* in the struct of a row and level */
} MEMBERS[] = {
    /* clang-format off */
    {{"mean_usd", "USD", "mean over the models"}, offsetof(struct model_figure, mean)},
    {{"least_usd", "USD", "least of the models"}, offsetof(struct model_figure, least)},
    {{"most_usd", "USD", "largest of the models"}, offsetof(struct model_figure, most)},
    {{"simulation_sd_usd", "USD", "standard deviation by simulation error"},
     offsetof(struct model_figure, simulation_sd)},
    {{"parameter_sd_usd", "USD", "standard deviation over the parameter sets"},
     offsetof(struct model_figure, parameter_sd)},
    {{"model_sd_usd", "USD", "standard deviation of the models' figures"},
     offsetof(struct model_figure, model_sd)},
    /* clang-format on */
};
enum { N_MEMBER = sizeof MEMBERS / sizeof *MEMBERS };

static double *number(struct model_row *row, int es, uint32_t level, size_t offset)
{
    struct model_figure *figure = es ? &row->es[level] : &row->var[level];

    return (double *)(void *)((char *)figure + offset);
}

static bool write_figures(const struct hdf5_place *place, const struct model_table *table,
                          struct arena *arena, struct error *err)
{
    static const char *const kinds[] = {"var", "es"};
    const char *const axes[] = {"metric", "level", NULL};
    double *values =
        arena_get(arena, (size_t)table->n_row * table->n_level, sizeof *values);

    for (int es = 0; es < 2; es++)
        for (int m = 0; m < N_MEMBER; m++) {
            struct hdf5_label label = MEMBERS[m].label;
            label.name = arena_print(arena, "%s_%s", kinds[es], label.name);
            for (uint32_t i = 0; i < table->n_row; i++)
                for (uint32_t l = 0; l < table->n_level; l++) {
                    struct model_row row = table->row[i];
                    values[i * table->n_level + l] =
                        *number(&row, es, l, MEMBERS[m].offset);
                }
            if (!hdf5_store_array(place, &label, H5T_NATIVE_DOUBLE, axes, values, err))
                return false;
        }
    return true;
}

static bool write_table(const struct hdf5_store *store, const struct model_table *table,
                        struct error *err)
{
    static const struct hdf5_label model = {"model", "1", "cells that are compared"};
    static const struct hdf5_label metric = {"metric", "1", "what is lost, and by whom"};
    static const struct hdf5_label level = {"level", "1", "level of VaR and ES"};
    struct arena arena = {NULL};
    struct hdf5_place place;
    const char **name = arena_get(&arena, table->n_row, sizeof *name);
    bool ok = hdf5_store_open(store, arena_print(&arena, "%s/%s", GROUP, table->scenario),
                              &place, err);

    for (uint32_t i = 0; i < table->n_row; i++)
        name[i] = table->row[i].metric;
    if (ok) {
        ok = hdf5_store_names(&place, &model, table->n_model, table->cell, err) &&
             hdf5_store_names(&place, &metric, table->n_row, name, err) &&
             hdf5_store_scale(&place, &level, H5T_NATIVE_DOUBLE, table->n_level,
                              table->level, err) &&
             write_figures(&place, table, &arena, err);
        hdf5_store_close(&place);
    }
    arena_free(&arena);
    return ok;
}

bool hdf5_models_write(const struct hdf5_store *store, uint32_t n,
                       const struct model_table *models, struct error *err)
{
    struct hdf5_place place;

    if (n == 0)
        return true;
    if (!hdf5_store_open(store, GROUP, &place, err))
        return false;
    hdf5_store_close(&place);
    for (uint32_t i = 0; i < n; i++)
        if (models[i].n_row > 0 && !write_table(store, &models[i], err))
            return false;
    return true;
}

static bool read_figures(hid_t group, struct arena *arena, struct model_row *row,
                         const struct model_table *table)
{
    static const char *const kinds[] = {"var", "es"};
    const hsize_t size[2] = {table->n_row, table->n_level};
    double *values = arena_get(arena, size[0] * size[1], sizeof *values);

    for (int es = 0; es < 2; es++)
        for (int m = 0; m < N_MEMBER; m++) {
            const char *name =
                arena_print(arena, "%s_%s", kinds[es], MEMBERS[m].label.name);
            if (!hdf5_fetch_array(group, name, H5T_NATIVE_DOUBLE, H5T_FLOAT, 2, size,
                                  values))
                return false;
            for (uint32_t i = 0; i < table->n_row; i++)
                for (uint32_t l = 0; l < table->n_level; l++)
                    *number(&row[i], es, l, MEMBERS[m].offset) =
                        values[i * table->n_level + l];
        }
    return true;
}

static bool read_table(hid_t group, struct arena *arena, struct model_table *table)
{
    const hsize_t n_model = hdf5_fetch_length(group, "model", MAX_ROWS);
    const hsize_t n_row = hdf5_fetch_length(group, "metric", MAX_ROWS);
    const hsize_t n_level = hdf5_fetch_length(group, "level", STATS_MAX_LEVEL);
    const char **cell = arena_get(arena, n_model, sizeof *cell);
    const char **metric = arena_get(arena, n_row, sizeof *metric);
    struct model_row *row = arena_get(arena, n_row, sizeof *row);

    if (n_model == 0 || n_row == 0 || n_level == 0 ||
        !hdf5_fetch_texts(arena, group, "model", n_model, cell) ||
        !hdf5_fetch_texts(arena, group, "metric", n_row, metric) ||
        !hdf5_fetch_array(group, "level", H5T_NATIVE_DOUBLE, H5T_FLOAT, 1, &n_level,
                          table->level))
        return false;
    for (hsize_t i = 0; i < n_row; i++)
        row[i].metric = metric[i];
    table->n_model = (uint32_t)n_model;
    table->cell = cell;
    table->n_level = (uint32_t)n_level;
    table->n_row = (uint32_t)n_row;
    table->row = row;
    return read_figures(group, arena, row, table);
}

bool hdf5_models_read(hid_t file, struct arena *arena, struct summary *summary)
{
    H5G_info_t info;

    if (H5Lexists(file, GROUP, H5P_DEFAULT) <= 0)
        return true;
    const hid_t models = H5Gopen2(file, GROUP, H5P_DEFAULT);
    bool ok = models >= 0 && H5Gget_info(models, &info) >= 0 && info.nlinks <= MAX_ROWS;
    struct model_table *table = arena_get(arena, ok ? info.nlinks : 0, sizeof *table);

    for (hsize_t i = 0; ok && i < info.nlinks; i++) {
        char name[MAX_NAME];
        ok = H5Lget_name_by_idx(models, ".", H5_INDEX_CRT_ORDER, H5_ITER_INC, i, name,
                                sizeof name, H5P_DEFAULT) >= 0;
        const hid_t group = ok ? H5Gopen2(models, name, H5P_DEFAULT) : -1;
        table[i].scenario = ok ? hdf5_utf8(arena, name, strlen(name)) : "";
        ok = group >= 0 && read_table(group, arena, &table[i]);
        if (group >= 0)
            H5Gclose(group);
        summary->n_models += ok;
    }
    summary->models = table;
    if (models >= 0)
        H5Gclose(models);
    return ok;
}
