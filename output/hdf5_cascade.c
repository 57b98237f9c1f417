#include "output/hdf5_cascade.h"

#include <stddef.h>
#include <string.h>

#include "output/hdf5_fetch.h"

enum { MAX_PROTOCOLS = 1 << 16 };

static const struct hdf5_label protocol = {"protocol", "1", "protocol or venue"};
static const struct hdf5_label quantile = {"quantile", "1", "quantile over the paths"};
static const struct hdf5_label n_path = {"paths", "1",
                                         "paths on which something was liquidated"};
static const struct {
    struct hdf5_label label;
    size_t offset; /* of [N_CASCADE_QUANTILE] in struct cascade_figures */
} figures[] = {
    /* clang-format off */
    {{"liquidated_accounts", "1", "number of accounts closed by force"},
     offsetof(struct cascade_figures, accounts)},
    {{"liquidated_usd", "USD", "value of the positions closed by force"},
     offsetof(struct cascade_figures, liquidated_usd)},
    {{"bad_debt_usd", "USD",
      "shortfall of closed accounts that the insurance fund could not pay"},
     offsetof(struct cascade_figures, bad_debt_usd)},
    {{"branching_ratio", "1",
      "share of liquidated_usd that other forced sales brought under water, over the paths "
      "that liquidated something"},
     offsetof(struct cascade_figures, branching_ratio)},
    /* clang-format on */
};
enum { N_FIGURES = sizeof figures / sizeof *figures };

bool hdf5_cascade_write(struct hdf5_place *place, const struct result *r,
                        struct arena *arena, struct error *err)
{
    const struct cascade_result *c = &r->cascades;
    double *values =
        arena_get(arena, (size_t)c->n_protocol * N_CASCADE_QUANTILE, sizeof *values);
    uint64_t *count = arena_get(arena, c->n_protocol, sizeof *count);
    const char *const axes[] = {"protocol", "quantile", NULL};
    const char *const by_protocol[] = {"protocol", NULL};
    const size_t row = N_CASCADE_QUANTILE * sizeof *values;

    for (uint32_t i = 0; i < c->n_protocol; i++)
        count[i] = c->figures[i].n_path;
    if (!hdf5_store_names(place, &protocol, c->n_protocol, c->protocol_name, err) ||
        !hdf5_store_scale(place, &quantile, H5T_NATIVE_DOUBLE, N_CASCADE_QUANTILE,
                          CASCADE_QUANTILE, err) ||
        !hdf5_store_array(place, &n_path, H5T_NATIVE_UINT64, by_protocol, count, err))
        return false;
    for (int f = 0; f < N_FIGURES; f++) {
        for (uint32_t i = 0; i < c->n_protocol; i++)
            memcpy(values + (size_t)i * N_CASCADE_QUANTILE,
                   (const char *)&c->figures[i] + figures[f].offset, row);
        if (!hdf5_store_array(place, &figures[f].label, H5T_NATIVE_DOUBLE, axes, values,
                              err))
            return false;
    }
    return true;
}

bool hdf5_cascade_read(hid_t group, struct arena *arena, struct cascade_result *c)
{
    const hsize_t n = hdf5_fetch_length(group, "protocol", MAX_PROTOCOLS);
    const hsize_t shape[2] = {n, N_CASCADE_QUANTILE};
    const char **names = arena_get(arena, n, sizeof *names);
    struct cascade_figures *to = arena_get(arena, n, sizeof *to);
    uint64_t *count = arena_get(arena, n, sizeof *count);
    double *values = arena_get(arena, n * N_CASCADE_QUANTILE, sizeof *values);
    const size_t row = N_CASCADE_QUANTILE * sizeof *values;

    *c = (struct cascade_result){
        .n_protocol = (uint32_t)n, .protocol_name = names, .figures = to};
    if (n == 0 || !hdf5_fetch_texts(arena, group, "protocol", n, names) ||
        !hdf5_fetch_array(group, n_path.name, H5T_NATIVE_UINT64, H5T_INTEGER, 1, &n, count))
        return false;
    for (int f = 0; f < N_FIGURES; f++) {
        if (!hdf5_fetch_array(group, figures[f].label.name, H5T_NATIVE_DOUBLE, H5T_FLOAT, 2,
                              shape, values))
            return false;
        for (hsize_t i = 0; i < n; i++)
            memcpy((char *)&to[i] + figures[f].offset, values + i * N_CASCADE_QUANTILE,
                   row);
    }
    for (hsize_t i = 0; i < n; i++)
        to[i].n_path = count[i];
    return true;
}
