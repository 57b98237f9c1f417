#ifndef TAILRACE_OUTPUT_HDF5_STORE_H
#define TAILRACE_OUTPUT_HDF5_STORE_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/error.h"

/* Groups, scales, datasets and attributes as the readers want them: a dimension scale on
 * every axis, `units` and `long_name` on every dataset, texts as variable-length UTF-8.
 * Only the files of this folder that begin with hdf5_ include this. */

struct hdf5_store {
    hid_t file, text_type, dataset_list, text_list, group_list;
    const char *part; /* the file's name while it is written */
};

struct hdf5_axis {
    const char *name;
    hid_t scale;
    hsize_t n;
};

/* One group with the scales of its own, which its datasets name as axes. */
enum { HDF5_MAX_AXIS = 8 };
struct hdf5_place {
    const struct hdf5_store *store;
    hid_t group;
    uint32_t n_axis;
    struct hdf5_axis axis[HDF5_MAX_AXIS];
};

struct hdf5_label {
    const char *name, *unit, *doc; /* dataset name, `units`, `long_name` */
};

/* Writes the sentence for a failed call and returns false; the reason comes from HDF5's own
 * list of errors, so no other call may come between. */
bool hdf5_store_fail(const struct hdf5_store *store, const char *name, struct error *err);

/* Makes the group `name` (its parent exists) and later closes it with its scales. */
bool hdf5_store_open(const struct hdf5_store *store, const char *name,
                     struct hdf5_place *place, struct error *err);
void hdf5_store_close(struct hdf5_place *place);

/* A scale with n > 0 values of a memory type of HDF5, or with texts. The name must outlive
 * the place. */
bool hdf5_store_scale(struct hdf5_place *place, const struct hdf5_label *label, hid_t type,
                      hsize_t n, const void *values, struct error *err);
bool hdf5_store_names(struct hdf5_place *place, const struct hdf5_label *label, hsize_t n,
                      const char *const *texts, struct error *err);

/* A dataset over `axes`, names of scales of this place that end with NULL; no axis: a
 * scalar. The first returns it open for hdf5_store_rows and H5Dclose, negative if that
 * failed. */
hid_t hdf5_store_dataset(const struct hdf5_place *place, const struct hdf5_label *label,
                         hid_t type, const char *const *axes, struct error *err);
bool hdf5_store_array(const struct hdf5_place *place, const struct hdf5_label *label,
                      hid_t type, const char *const *axes, const void *values,
                      struct error *err);
bool hdf5_store_texts(const struct hdf5_place *place, const struct hdf5_label *label,
                      const char *const *axes, const char *const *texts, struct error *err);

/* Writes n_row rows of `width` doubles from row `first` on into a dataset of two axes. */
bool hdf5_store_rows(const struct hdf5_store *store, hid_t dataset, hsize_t first,
                     hsize_t n_row, hsize_t width, const double *values, struct error *err);

bool hdf5_store_attribute(const struct hdf5_store *store, hid_t object, const char *name,
                          hid_t type, const void *value, struct error *err);
bool hdf5_store_text(const struct hdf5_store *store, hid_t object, const char *name,
                     const char *text, struct error *err);

#endif
