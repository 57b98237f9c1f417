#include "output/hdf5_explanation.h"

#include "output/hdf5_fetch.h"

enum { MAX_PARTS = 64 };

static const struct hdf5_label part = {"part", "1", "part of the profit and loss"};
static const struct hdf5_label mean = {"mean_usd", "USD", "mean over all paths"};
static const struct hdf5_label tail = {
    "tail_mean_usd", "USD",
    "mean over the tail of the expected shortfall of portfolio.loss"};

bool hdf5_explanation_write(struct hdf5_place *place, const struct result *r,
                            struct arena *arena, struct error *err)
{
    const struct explanation_result *e = &r->explanation;
    const char *const axes[] = {"part", NULL};
    const hid_t type = H5T_NATIVE_DOUBLE;

    (void)arena;
    return hdf5_store_names(place, &part, e->n_part, e->part_name, err) &&
           hdf5_store_attribute(place->store, place->group, "es_level", type, &e->es_level,
                                err) &&
           hdf5_store_attribute(place->store, place->group, "tail_paths", H5T_NATIVE_UINT64,
                                &e->tail_paths, err) &&
           hdf5_store_array(place, &mean, type, axes, e->mean_usd, err) &&
           hdf5_store_array(place, &tail, type, axes, e->tail_mean_usd, err);
}

bool hdf5_explanation_read(hid_t group, struct arena *arena, struct explanation_result *e)
{
    const hsize_t n = hdf5_fetch_length(group, "part", MAX_PARTS);
    const char **names = arena_get(arena, n, sizeof *names);
    double *all = arena_get(arena, n, sizeof *all),
           *in_tail = arena_get(arena, n, sizeof *in_tail);
    const hid_t type = H5T_NATIVE_DOUBLE;

    *e = (struct explanation_result){.n_part = (uint32_t)n,
                                     .part_name = names,
                                     .mean_usd = all,
                                     .tail_mean_usd = in_tail};
    return n > 0 && hdf5_fetch_texts(arena, group, "part", n, names) &&
           hdf5_fetch_attribute(group, "es_level", type, H5T_FLOAT, &e->es_level) &&
           hdf5_fetch_attribute(group, "tail_paths", H5T_NATIVE_UINT64, H5T_INTEGER,
                                &e->tail_paths) &&
           hdf5_fetch_array(group, mean.name, type, H5T_FLOAT, 1, &n, all) &&
           hdf5_fetch_array(group, tail.name, type, H5T_FLOAT, 1, &n, in_tail);
}
