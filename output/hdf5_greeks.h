#ifndef TAILRACE_OUTPUT_HDF5_GREEKS_H
#define TAILRACE_OUTPUT_HDF5_GREEKS_H

#include "output/hdf5_store.h"
#include "sim/arena.h"
#include "sim/result.h"

/* Greeks in the file: one dataset per member of struct greek_row, its name behind
 * "asset_", "bucket_" or "total_" where it is a sum. */

/* At the start, into <cell>/position, whose scales `position` and `asset` exist. */
bool hdf5_greeks_start(struct hdf5_place *place, const struct result *r,
                       struct arena *arena, struct error *err);

/* Sums per asset and the total back from <cell>/position. */
bool hdf5_greeks_read(hid_t group, struct arena *arena, struct greek_table *greeks);

/* <cell>/greeks: quantiles over paths at reporting times. */
bool hdf5_greeks_paths(struct hdf5_place *place, const struct result *r,
                       struct arena *arena, struct error *err);

#endif
