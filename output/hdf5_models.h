#ifndef TAILRACE_OUTPUT_HDF5_MODELS_H
#define TAILRACE_OUTPUT_HDF5_MODELS_H

#include "output/hdf5_store.h"
#include "output/summary.h"

/* /models/<scenario>: one scenario under several models. */
bool hdf5_models_write(const struct hdf5_store *store, uint32_t n,
                       const struct model_table *models, struct error *err);

/* Reads them back, into the arena; false: damaged. No group is no table. */
bool hdf5_models_read(hid_t file, struct arena *arena, struct summary *summary);

#endif
