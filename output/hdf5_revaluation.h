#ifndef TAILRACE_OUTPUT_HDF5_REVALUATION_H
#define TAILRACE_OUTPUT_HDF5_REVALUATION_H

#include "output/hdf5_store.h"
#include "sim/arena.h"
#include "sim/result.h"

/* The group `revaluation` of one cell: what tables of claims there were, and their error.
 * Written into the open place; scratch memory comes from the arena. */
bool hdf5_revaluation_write(struct hdf5_place *place, const struct result *r,
                            struct arena *arena, struct error *err);

/* Reads it back; false: the group is not as it was written. */
bool hdf5_revaluation_read(hid_t group, struct arena *arena,
                           struct revaluation_result *revaluation);

#endif
