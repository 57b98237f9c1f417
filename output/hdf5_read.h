#ifndef TAILRACE_OUTPUT_HDF5_READ_H
#define TAILRACE_OUTPUT_HDF5_READ_H

#include "output/summary.h"
#include "sim/arena.h"

/* Reads the summary of every cell of a result file into `arena`. A file that is not one of
 * this program, or that is damaged, gives a sentence. */
bool hdf5_read(const char *path, struct arena *arena, struct summary *summary,
               struct error *err);

#endif
