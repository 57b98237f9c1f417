#ifndef TAILRACE_OUTPUT_HDF5_H
#define TAILRACE_OUTPUT_HDF5_H

#include "sim/backtest.h"
#include "sim/limit.h"
#include "sim/result.h"
#include "sim/risk.h"
#include "sim/uncertainty.h"

/* Of output/FORMAT.md; a change that older readers would misread raises it. */
static const int64_t HDF5_FORMAT_VERSION = 2;

/* Writing the result file that output/FORMAT.md describes. One cell after another, so that
 * only one cell's columns need to be in memory. The file is NAME.part until it is complete;
 * equal calls give equal bytes. */

/* One input file as it was read. */
struct hdf5_input {
    const char *name; /* as the user wrote it */
    const char *text; /* [size], kept by the caller until hdf5_create returns */
    size_t size;
    const char *sha256; /* 64 hex digits */
};

struct hdf5_writer;

/* Begins PATH.part; NULL if that is not possible, with the sentence in err. */
struct hdf5_writer *hdf5_create(const char *path, const char *title, uint32_t n_input,
                                const struct hdf5_input *input, struct error *err);

/* Writes one finished cell. After a failure only hdf5_abandon is left to call. */
bool hdf5_add_cell(struct hdf5_writer *w, const struct result *result,
                   const struct risk_table *risk, uint32_t n_limit,
                   const struct limit_result *limit, struct error *err);

/* Writes what the models of each scenario differ by, after all cells. */
bool hdf5_add_models(struct hdf5_writer *w, uint32_t n, const struct model_table *models,
                     struct error *err);

/* Writes a backtest; a file has one at most. */
bool hdf5_add_backtest(struct hdf5_writer *w, const struct backtest *backtest,
                       struct error *err);

/* Completes the file, gives it its name and frees `w`. If that fails nothing is left of it.
 */
bool hdf5_finish(struct hdf5_writer *w, struct error *err);

/* Removes PATH.part and frees `w`. Harmless with NULL. */
void hdf5_abandon(struct hdf5_writer *w);

#endif
