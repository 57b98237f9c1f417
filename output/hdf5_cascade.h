#ifndef TAILRACE_OUTPUT_HDF5_CASCADE_H
#define TAILRACE_OUTPUT_HDF5_CASCADE_H

#include "output/hdf5_store.h"
#include "sim/arena.h"
#include "sim/result.h"

/* The group `cascade` of one cell: what was liquidated at each protocol. Written into the
 * open place. */
bool hdf5_cascade_write(struct hdf5_place *place, const struct result *r,
                        struct arena *arena, struct error *err);

/* Reads it back; false: the group is not as it was written. */
bool hdf5_cascade_read(hid_t group, struct arena *arena, struct cascade_result *cascades);

#endif
