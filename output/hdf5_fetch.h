#ifndef TAILRACE_OUTPUT_HDF5_FETCH_H
#define TAILRACE_OUTPUT_HDF5_FETCH_H

#include <hdf5.h>
#include <stdbool.h>

#include "sim/arena.h"

/* Reading from a file that may come from anywhere: class and size are checked before
 * anything is read, and false says only that it is not what was asked for. */

/* A copy of a text that any reader can decode: a byte that is not UTF-8 becomes '?'. */
char *hdf5_utf8(struct arena *arena, const char *text, size_t size);

/* A scalar attribute of the wanted class into `value` of memory type `type`. */
bool hdf5_fetch_attribute(hid_t object, const char *name, hid_t type, H5T_class_t class,
                          void *value);
bool hdf5_fetch_text(struct arena *arena, hid_t object, const char *name,
                     const char **text);

/* A dataset that must have exactly these sizes. */
bool hdf5_fetch_array(hid_t group, const char *name, hid_t type, H5T_class_t class,
                      int n_dim, const hsize_t *size, void *values);
bool hdf5_fetch_texts(struct arena *arena, hid_t group, const char *name, hsize_t n,
                      const char **texts);

/* Length of a scale, 0 if it is not there or longer than `max`. */
hsize_t hdf5_fetch_length(hid_t group, const char *name, hsize_t max);

#endif
