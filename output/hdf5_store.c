#include "output/hdf5_store.h"

#include <hdf5_hl.h>
#include <stdio.h>
#include <string.h>

/* The reason of a failed call: the system's words if there are any, else the deepest entry.
 */
struct reason {
    char text[256];
    bool from_system;
};

static herr_t find_reason(unsigned n, const H5E_error2_t *entry, void *data)
{
    static const char mark[] = "error message = '";
    struct reason *const reason = data;
    const char *const found = entry->desc ? strstr(entry->desc, mark) : NULL;

    (void)n;
    if (found && !reason->from_system) {
        const char *const text = found + sizeof mark - 1;
        snprintf(reason->text, sizeof reason->text, "%.*s", (int)strcspn(text, "'"), text);
        reason->from_system = true;
    } else if (!reason->from_system && !reason->text[0] && entry->desc) {
        snprintf(reason->text, sizeof reason->text, "%s", entry->desc);
    }
    return 0;
}

bool hdf5_store_fail(const struct hdf5_store *store, const char *name, struct error *err)
{
    struct reason reason = {"", false};

    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, find_reason, &reason);
    return fail(err, "%s: cannot write %s: %s; choose another place or make room",
                store->part, name, reason.text[0] ? reason.text : "unknown reason");
}

bool hdf5_store_open(const struct hdf5_store *store, const char *name,
                     struct hdf5_place *place, struct error *err)
{
    *place = (struct hdf5_place){.store = store};
    place->group =
        H5Gcreate2(store->file, name, H5P_DEFAULT, store->group_list, H5P_DEFAULT);
    return place->group >= 0 || hdf5_store_fail(store, name, err);
}

void hdf5_store_close(struct hdf5_place *place)
{
    for (uint32_t i = 0; i < place->n_axis; i++)
        H5Dclose(place->axis[i].scale);
    place->n_axis = 0;
    if (place->group >= 0)
        H5Gclose(place->group);
}

bool hdf5_store_attribute(const struct hdf5_store *store, hid_t object, const char *name,
                          hid_t type, const void *value, struct error *err)
{
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool ok = attribute >= 0 && H5Awrite(attribute, type, value) >= 0;

    if (!ok)
        hdf5_store_fail(store, name, err);
    if (attribute >= 0)
        H5Aclose(attribute);
    H5Sclose(space);
    return ok;
}

bool hdf5_store_text(const struct hdf5_store *store, hid_t object, const char *name,
                     const char *text, struct error *err)
{
    const char *const value = text ? text : "";

    return hdf5_store_attribute(store, object, name, store->text_type, &value, err);
}

static hid_t dataset_of(const struct hdf5_place *place, const struct hdf5_label *label,
                        hid_t type, int n_dim, const hsize_t *size, struct error *err)
{
    const struct hdf5_store *const store = place->store;
    const hid_t space =
        n_dim > 0 ? H5Screate_simple(n_dim, size, NULL) : H5Screate(H5S_SCALAR);
    const hid_t list = type == store->text_type ? store->text_list : store->dataset_list;
    const hid_t dataset =
        H5Dcreate2(place->group, label->name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);

    if (dataset < 0)
        hdf5_store_fail(store, label->name, err);
    H5Sclose(space);
    if (dataset < 0)
        return -1;
    if (hdf5_store_text(store, dataset, "units", label->unit, err) &&
        hdf5_store_text(store, dataset, "long_name", label->doc, err))
        return dataset;
    H5Dclose(dataset);
    return -1;
}

bool hdf5_store_scale(struct hdf5_place *place, const struct hdf5_label *label, hid_t type,
                      hsize_t n, const void *values, struct error *err)
{
    struct hdf5_axis *const axis = &place->axis[place->n_axis];
    const hid_t scale = dataset_of(place, label, type, 1, &n, err);

    if (scale < 0)
        return false;
    *axis = (struct hdf5_axis){label->name, scale, n};
    place->n_axis++;
    if (H5Dwrite(scale, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0 ||
        H5DSset_scale(scale, label->name) < 0)
        return hdf5_store_fail(place->store, label->name, err);
    return true;
}

bool hdf5_store_names(struct hdf5_place *place, const struct hdf5_label *label, hsize_t n,
                      const char *const *texts, struct error *err)
{
    return hdf5_store_scale(place, label, place->store->text_type, n, texts, err);
}

static const struct hdf5_axis *axis_named(const struct hdf5_place *place, const char *name)
{
    for (uint32_t i = 0; i < place->n_axis; i++)
        if (strcmp(place->axis[i].name, name) == 0)
            return &place->axis[i];
    return NULL;
}

hid_t hdf5_store_dataset(const struct hdf5_place *place, const struct hdf5_label *label,
                         hid_t type, const char *const *axes, struct error *err)
{
    const struct hdf5_axis *axis[HDF5_MAX_AXIS];
    hsize_t size[HDF5_MAX_AXIS] = {0};
    int n_dim = 0;
    hid_t dataset;

    for (; axes && axes[n_dim]; n_dim++) {
        axis[n_dim] = axis_named(place, axes[n_dim]);
        if (!axis[n_dim]) {
            fail(err, "%s: %s has no axis '%s'", place->store->part, label->name,
                 axes[n_dim]);
            return -1;
        }
        size[n_dim] = axis[n_dim]->n;
    }
    dataset = dataset_of(place, label, type, n_dim, size, err);
    for (int i = 0; dataset >= 0 && i < n_dim; i++) {
        if (H5DSattach_scale(dataset, axis[i]->scale, (unsigned)i) < 0) {
            hdf5_store_fail(place->store, label->name, err);
            H5Dclose(dataset);
            return -1;
        }
    }
    return dataset;
}

bool hdf5_store_array(const struct hdf5_place *place, const struct hdf5_label *label,
                      hid_t type, const char *const *axes, const void *values,
                      struct error *err)
{
    const hid_t dataset = hdf5_store_dataset(place, label, type, axes, err);
    bool ok;

    if (dataset < 0)
        return false;
    ok = H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
    if (!ok)
        hdf5_store_fail(place->store, label->name, err);
    H5Dclose(dataset);
    return ok;
}

bool hdf5_store_texts(const struct hdf5_place *place, const struct hdf5_label *label,
                      const char *const *axes, const char *const *texts, struct error *err)
{
    return hdf5_store_array(place, label, place->store->text_type, axes, texts, err);
}

bool hdf5_store_rows(const struct hdf5_store *store, hid_t dataset, hsize_t first,
                     hsize_t n_row, hsize_t width, const double *values, struct error *err)
{
    const hsize_t start[2] = {first, 0}, count[2] = {n_row, width};
    const hid_t from = H5Screate_simple(2, count, NULL), to = H5Dget_space(dataset);
    const bool ok =
        H5Sselect_hyperslab(to, H5S_SELECT_SET, start, NULL, count, NULL) >= 0 &&
        H5Dwrite(dataset, H5T_NATIVE_DOUBLE, from, to, H5P_DEFAULT, values) >= 0;

    if (!ok)
        hdf5_store_fail(store, "a dataset", err);
    H5Sclose(from);
    H5Sclose(to);
    return ok;
}
