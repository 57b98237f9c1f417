#ifndef TAILRACE_SIM_CHECKPOINT_H
#define TAILRACE_SIM_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/arena.h"
#include "sim/error.h"

/* What a run has finished so far, in one append-only file beside the result: a header with
 * format version and hash of the resolved inputs, then one record per finished unit (a
 * range of paths of one cell). A killed run loses at most the units in flight. Cells may
 * come in any order and need not be known when the file is made; a record carries the shape
 * of its cell. The file is of this machine's byte order and is not meant to be kept. */

/* How a cell is cut into units; the last unit may be shorter. */
struct checkpoint_shape {
    uint64_t n_path;
    uint32_t n_column, unit_paths;
};

/* Where the record of one unit stands. */
struct checkpoint_unit {
    uint64_t offset;
    uint32_t cell, unit;
};

struct checkpoint {
    int descriptor;
    struct arena arena; /* path, list of units */
    const char *path;
    uint64_t end; /* where the next record goes */
    size_t n_unit, capacity;
    struct checkpoint_unit *unit; /* [n_unit] found by checkpoint_open */
    uint64_t dropped_bytes;       /* of a torn last record, found by checkpoint_open */
};

/* A new file; one that exists is an error (resume it or remove it). sha256: 64 hex digits.
 */
bool checkpoint_create(struct checkpoint *c, const char *path, const char *sha256,
                       struct error *err);

/* Opens the file of an interrupted run and checks every record. A torn or damaged last
 * record is cut off; damage before the last record, another format version or other inputs
 * are errors; without any record other inputs take the file over. */
bool checkpoint_open(struct checkpoint *c, const char *path, const char *sha256,
                     struct error *err);

/* Reads the finished units of one cell into column[n_column][n_path] and sets done[unit] to
 * 1 for each of them, leaving the rest alone. */
bool checkpoint_load(struct checkpoint *c, uint32_t cell,
                     const struct checkpoint_shape *shape, double *const *column,
                     uint8_t *done, struct error *err);

/* Appends one finished unit out of column[n_column][n_path]. One thread at a time. After an
 * error the file ends with the record before. */
bool checkpoint_append(struct checkpoint *c, uint32_t cell, uint32_t unit,
                       const struct checkpoint_shape *shape, double *const *column,
                       struct error *err);

/* Whether no finished unit stands in it. */
bool checkpoint_is_empty(const struct checkpoint *c);

/* Closes and frees; the file stays. Harmless on a zeroed or closed struct. */
void checkpoint_close(struct checkpoint *c);

/* Closes and removes the file: its results stand elsewhere. */
bool checkpoint_remove(struct checkpoint *c, struct error *err);

#endif
