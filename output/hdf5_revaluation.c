#include "output/hdf5_revaluation.h"

#include <stddef.h>
#include <string.h>

#include "output/hdf5_fetch.h"

enum { MAX_ASSETS = 1 << 16 };

static const struct hdf5_label asset_label = {"asset", "1", "asset"};
static const struct {
    struct hdf5_label label;
    size_t offset; /* in struct revaluation_count */
} counts[] = {
    /* clang-format off */
    {{"tables", "1", "tables of accounts and reporting times"},
     offsetof(struct revaluation_count, n_table)},
    {{"full", "1", "accounts and reporting times valued in full instead"},
     offsetof(struct revaluation_count, n_full)},
    {{"dimensions", "1", "largest number of coordinates of a table, the price included"},
     offsetof(struct revaluation_count, n_dimension)},
    {{"points", "1", "valuations of all claims that the tables took"},
     offsetof(struct revaluation_count, n_point)},
    /* clang-format on */
};
static const struct {
    struct hdf5_label label;
    bool count;    /* uint64_t, else double */
    size_t offset; /* in struct revaluation_result */
} figures[] = {
    /* clang-format off */
    {{"checked_paths", "1", "paths compared with full valuation, each at one time"}, true,
     offsetof(struct revaluation_result, n_checked)},
    {{"outside", "1", "valuations in full of states outside the tables"}, true,
     offsetof(struct revaluation_result, n_outside)},
    {{"max_error_usd", "USD", "largest error of the book's value found"}, false,
     offsetof(struct revaluation_result, max_error_usd)},
    {{"rms_error_usd", "USD", "root of the mean squared error"}, false,
     offsetof(struct revaluation_result, rms_error_usd)},
    {{"max_error_es_frac", "1", "largest error over the ES whose contributions are given"},
     false, offsetof(struct revaluation_result, max_error_es_frac)},
    /* clang-format on */
};
enum {
    N_COUNTS = sizeof counts / sizeof *counts,
    N_FIGURES = sizeof figures / sizeof *figures
};

bool hdf5_revaluation_write(struct hdf5_place *place, const struct result *r,
                            struct arena *arena, struct error *err)
{
    const struct revaluation_result *v = &r->revaluation;
    uint64_t *values = arena_get(arena, v->n_asset, sizeof *values);
    const char *const axes[] = {"asset", NULL};

    if (!hdf5_store_names(place, &asset_label, v->n_asset, v->asset_name, err))
        return false;
    for (int i = 0; i < N_COUNTS; i++) {
        for (uint32_t a = 0; a < v->n_asset; a++)
            memcpy(&values[a], (const char *)&v->count[a] + counts[i].offset,
                   sizeof *values);
        if (!hdf5_store_array(place, &counts[i].label, H5T_NATIVE_UINT64, axes, values,
                              err))
            return false;
    }
    for (int i = 0; i < N_FIGURES; i++)
        if (!hdf5_store_array(place, &figures[i].label,
                              figures[i].count ? H5T_NATIVE_UINT64 : H5T_NATIVE_DOUBLE,
                              NULL, (const char *)v + figures[i].offset, err))
            return false;
    return true;
}

bool hdf5_revaluation_read(hid_t group, struct arena *arena, struct revaluation_result *v)
{
    const hsize_t n = hdf5_fetch_length(group, "asset", MAX_ASSETS);
    const char **names = arena_get(arena, n, sizeof *names);
    struct revaluation_count *count = arena_get(arena, n, sizeof *count);
    uint64_t *values = arena_get(arena, n, sizeof *values);

    if (n == 0 || !hdf5_fetch_texts(arena, group, "asset", n, names))
        return false;
    for (int i = 0; i < N_COUNTS; i++) {
        if (!hdf5_fetch_array(group, counts[i].label.name, H5T_NATIVE_UINT64, H5T_INTEGER,
                              1, &n, values))
            return false;
        for (hsize_t a = 0; a < n; a++)
            memcpy((char *)&count[a] + counts[i].offset, &values[a], sizeof *values);
    }
    *v = (struct revaluation_result){
        .n_asset = (uint32_t)n, .asset_name = names, .count = count};
    for (int i = 0; i < N_FIGURES; i++)
        if (!hdf5_fetch_array(group, figures[i].label.name,
                              figures[i].count ? H5T_NATIVE_UINT64 : H5T_NATIVE_DOUBLE,
                              figures[i].count ? H5T_INTEGER : H5T_FLOAT, 0, NULL,
                              (char *)v + figures[i].offset))
            return false;
    return true;
}
