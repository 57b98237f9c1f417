#ifndef TAILRACE_OUTPUT_HDF5_CELL_H
#define TAILRACE_OUTPUT_HDF5_CELL_H

#include "output/hdf5_store.h"
#include "sim/limit.h"
#include "sim/result.h"
#include "sim/risk.h"

/* The groups of one cell: see output/FORMAT.md. */
bool hdf5_cell_write(const struct hdf5_store *store, const struct result *result,
                     const struct risk_table *risk, uint32_t n_limit,
                     const struct limit_result *limit, struct error *err);

/* <cell>/risk and <cell>/limits. */
bool hdf5_risk_write(const struct hdf5_store *store, const char *cell,
                     const struct risk_table *risk, struct error *err);
bool hdf5_risk_limits(const struct hdf5_store *store, const char *cell, uint32_t n_limit,
                      const struct limit_result *limit, struct error *err);

#endif
