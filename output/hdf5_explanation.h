#ifndef TAILRACE_OUTPUT_HDF5_EXPLANATION_H
#define TAILRACE_OUTPUT_HDF5_EXPLANATION_H

#include "output/hdf5_store.h"
#include "sim/arena.h"
#include "sim/result.h"

/* The group `explanation` of one cell: the parts of the P&L. Written into the open place. */
bool hdf5_explanation_write(struct hdf5_place *place, const struct result *r,
                            struct arena *arena, struct error *err);

/* Reads it back; false: the group is not as it was written. */
bool hdf5_explanation_read(hid_t group, struct arena *arena,
                           struct explanation_result *explanation);

#endif
