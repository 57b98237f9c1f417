#ifndef TAILRACE_OUTPUT_HDF5_BACKTEST_H
#define TAILRACE_OUTPUT_HDF5_BACKTEST_H

#include "output/hdf5_store.h"
#include "sim/backtest.h"

bool hdf5_backtest_write(const struct hdf5_store *store, const struct backtest *b,
                         struct error *err);

#endif
