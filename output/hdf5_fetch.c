#include "output/hdf5_fetch.h"

#include <string.h>

static hid_t text_type(void)
{
    const hid_t type = H5Tcopy(H5T_C_S1);

    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

char *hdf5_utf8(struct arena *arena, const char *text, size_t size)
{
    unsigned char *const copy = arena_get(arena, size + 1, 1);

    memcpy(copy, text, size);
    for (size_t i = 0; i < size;) {
        const unsigned char c = copy[i], next = i + 1 < size ? copy[i + 1] : 0;
        size_t length = c < 0x80                ? 1
                        : c >= 0xc2 && c < 0xe0 ? 2
                        : c >= 0xe0 && c < 0xf0 ? 3
                        : c >= 0xf0 && c < 0xf5 ? 4
                                                : 0;
        if (c == 0 || (c == 0xe0 && next < 0xa0) || (c == 0xed && next > 0x9f) ||
            (c == 0xf0 && next < 0x90) || (c == 0xf4 && next > 0x8f))
            length = 0;
        for (size_t k = 1; k < length; k++)
            if (i + k >= size || (copy[i + k] & 0xc0) != 0x80)
                length = 0;
        if (length == 0)
            copy[i] = '?';
        i += length ? length : 1;
    }
    return (char *)copy;
}

bool hdf5_fetch_attribute(hid_t object, const char *name, hid_t type, H5T_class_t class,
                          void *value)
{
    const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    hid_t space, stored;
    bool ok;

    if (attribute < 0)
        return false;
    space = H5Aget_space(attribute);
    stored = H5Aget_type(attribute);
    ok = H5Sget_simple_extent_npoints(space) == 1 && H5Tget_class(stored) == class &&
         (class != H5T_STRING || H5Tis_variable_str(stored) > 0) &&
         H5Aread(attribute, type, value) >= 0;
    H5Tclose(stored);
    H5Sclose(space);
    H5Aclose(attribute);
    return ok;
}

bool hdf5_fetch_text(struct arena *arena, hid_t object, const char *name, const char **text)
{
    const hid_t type = text_type();
    char *value = NULL;
    const bool ok = hdf5_fetch_attribute(object, name, type, H5T_STRING, &value);

    H5Tclose(type);
    if (!ok)
        return false;
    *text = value ? hdf5_utf8(arena, value, strlen(value)) : "";
    H5free_memory(value);
    return true;
}

bool hdf5_fetch_array(hid_t group, const char *name, hid_t type, H5T_class_t class,
                      int n_dim, const hsize_t *size, void *values)
{
    const hid_t dataset = H5Dopen2(group, name, H5P_DEFAULT);
    hsize_t found[2] = {0, 0};
    hid_t space, stored;
    bool ok;

    if (dataset < 0)
        return false;
    space = H5Dget_space(dataset);
    stored = H5Dget_type(dataset);
    ok = H5Sget_simple_extent_ndims(space) == n_dim &&
         H5Sget_simple_extent_dims(space, found, NULL) == n_dim &&
         (n_dim < 1 || found[0] == size[0]) && (n_dim < 2 || found[1] == size[1]) &&
         H5Tget_class(stored) == class &&
         (class != H5T_STRING || H5Tis_variable_str(stored) > 0) &&
         H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
    H5Tclose(stored);
    H5Sclose(space);
    H5Dclose(dataset);
    return ok;
}

bool hdf5_fetch_texts(struct arena *arena, hid_t group, const char *name, hsize_t n,
                      const char **texts)
{
    const hid_t type = text_type();
    char **const values = arena_get(arena, n, sizeof *values);
    const bool ok = hdf5_fetch_array(group, name, type, H5T_STRING, 1, &n, values);

    H5Tclose(type);
    if (!ok)
        return false;
    for (hsize_t i = 0; i < n; i++) {
        texts[i] = values[i] ? hdf5_utf8(arena, values[i], strlen(values[i])) : "";
        H5free_memory(values[i]);
    }
    return true;
}

hsize_t hdf5_fetch_length(hid_t group, const char *name, hsize_t max)
{
    const hid_t dataset = H5Dopen2(group, name, H5P_DEFAULT);
    hsize_t n = 0;
    hid_t space;

    if (dataset < 0)
        return 0;
    space = H5Dget_space(dataset);
    if (H5Sget_simple_extent_ndims(space) != 1 ||
        H5Sget_simple_extent_dims(space, &n, NULL) != 1 || n > max)
        n = 0;
    H5Sclose(space);
    H5Dclose(dataset);
    return n;
}
