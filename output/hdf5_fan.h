#ifndef TAILRACE_OUTPUT_HDF5_FAN_H
#define TAILRACE_OUTPUT_HDF5_FAN_H

#include "output/hdf5_store.h"
#include "sim/result.h"

/* Quantiles over the paths at the reporting times. */
enum { HDF5_FAN = 7 };

/* The scales `time` and `quantile` of a place. */
bool hdf5_fan_scales(struct hdf5_place *place, const struct result *r, struct error *err);

/* Exact order statistics of column[n] at the levels of the fan, into out[0], out[stride],
 * ...; paths on which the quantity does not exist (NaN) are left out. scratch [n]. */
void hdf5_fan(const double *column, uint64_t n, double *scratch, double *out,
              size_t stride);

#endif
