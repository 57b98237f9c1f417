#ifndef TAILRACE_SIM_RUN_H
#define TAILRACE_SIM_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/error.h"
#include "sim/plan.h"

struct checkpoint;
struct greek_paths;
struct tape;

/* Paths first_path .. first_path + n_path of a plan, by threads that take units of
 * PLAN_UNIT paths. Every path writes its own entries of the columns, so the result does not
 * depend on who ran it. */
struct run_job {
    const struct plan *plan;
    uint64_t first_path, n_path;
    double *const *column;            /* [plan.n_column][n_path], written here */
    unsigned char *unit_done;         /* [units]; done ones are skipped; NULL: run all */
    const struct greek_paths *greeks; /* written along the way; NULL: nobody asks */
    struct checkpoint *checkpoint;    /* gets every finished unit; NULL: none */
    uint32_t cell;                    /* number of the cell in the checkpoint */
    const char *label;                /* of the progress bar; NULL: none */
    struct tape *tape; /* of the first path, where n_path is 1; NULL: nobody asks */
    const volatile sig_atomic_t *stop; /* nonzero: finish the units in flight and return */
};

/* Threads of everything that follows. */
void run_threads(uint32_t n_thread);

enum run_outcome { RUN_DONE, RUN_STOPPED, RUN_FAILED };

/* RUN_FAILED: err says why (a path that is not finite, a full disk). */
enum run_outcome run_job(const struct run_job *job, struct error *err);

/* The Greeks of the units that a checkpoint had done, which brings back the columns alone:
 * their paths run once more. RUN_STOPPED: *stop became nonzero (NULL: nobody stops it). */
enum run_outcome run_greeks(const struct plan *plan, const unsigned char *unit_done,
                            const struct greek_paths *greeks,
                            const volatile sig_atomic_t *stop);

/* P&L of every position on the paths given in rising order, [n_path][n_position], and the
 * part of the own accounts' liquidation, [n_path]: P&L of the path = sum over positions -
 * liquidation. RUN_STOPPED: *stop became nonzero (NULL: nobody stops it), and paths are
 * missing. */
enum run_outcome run_contributions(const struct plan *plan, const uint64_t *path,
                                   uint32_t n_path, double *position_pnl,
                                   double *liquidation_usd,
                                   const volatile sig_atomic_t *stop);

/* Finds the exogenous share of the stated moves, per asset: the share at which the median
 * extreme (trough of a fall, peak of a rise) of the pilot's paths with forced sales equals
 * the median without them and the full move. Writes plan->exogenous, and per asset the
 * median extreme aimed at and the one reached, as fractions of the start price. Nothing to
 * do when no shock includes feedback. */
enum run_outcome run_pilot(struct plan *plan, const char *label,
                           const volatile sig_atomic_t *stop, double *target_frac,
                           double *reached_frac, struct error *err);

#endif
