#ifndef TAILRACE_SIM_APP_CELL_H
#define TAILRACE_SIM_APP_CELL_H

#include "scenarios/compile.h"
#include "sim/checkpoint.h"
#include "sim/limit.h"
#include "sim/result.h"
#include "sim/risk.h"
#include "sim/run.h"
#include "sim/uncertainty.h"

/* One cell of a suite, from text to figures. */
struct cell {
    const char *name;
    const char *without_market; /* common to the cells that differ in their market alone */
    uint32_t n_market;          /* of its suite */
    struct scenario scenario;
    struct plan plan;
    struct result result;
    struct risk_table risk;
    uint32_t n_limit;
    struct limit_result *limit;
};

/* What the command line says about how to run. */
struct cell_job {
    struct checkpoint *checkpoint; /* NULL: none */
    uint32_t number;               /* of the cell in the checkpoint */
    bool show_progress;
    const volatile sig_atomic_t *stop;
};

/* Compiles the scenario, shapes the result, checks the limits' metrics; prints warnings on
 * stderr unless quiet. */
bool cell_compile(struct cell *cell, bool quiet, struct arena *arena, struct error *err);

/* Whether the per-path numbers fit into the memory of this machine. */
bool cell_fits(const struct cell *cell, struct error *err);

/* Pilot, paths, risk figures, contributions, limits. `columns` holds the per-path
 * numbers and may be freed when the result has been written; the rest belongs to
 * `arena`. */
enum run_outcome cell_run(struct cell *cell, const struct cell_job *job,
                          struct arena *arena, struct arena *columns, struct error *err);

/* Compares the cells that differ in their market alone, where a suite gives a scenario
 * UNCERTAINTY_MIN_MODELS markets or more; returns the number of tables. The cells are
 * finished. */
uint32_t cell_compare(const struct cell *cell, uint32_t n_cell, struct arena *arena,
                      const struct model_table **table);

/* Runs one path alone and prints its metrics, one line each; the events of its liquidations
 * go to a file, if one is named. */
enum run_outcome cell_print_path(struct cell *cell, uint64_t path, const char *events,
                                 struct error *err);

#endif
