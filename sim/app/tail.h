#ifndef TAILRACE_SIM_APP_TAIL_H
#define TAILRACE_SIM_APP_TAIL_H

#include "sim/result.h"
#include "sim/run.h"

/* What the columns of a finished run say beyond risk figures. The plan is the run's, its
 * tables still there. */

/* Contributions of the positions to the ES of the book, and means of the parts of its P&L,
 * into the result; arrays belong to the first arena. There must be positions. RUN_STOPPED: *stop became nonzero (NULL: nobody stops it). */
enum run_outcome tail_explain(const struct plan *plan, const volatile sig_atomic_t *stop,
                              struct result *r, struct arena *arena, struct arena *scratch);

/* The error of the tables, where there are any. */
void tail_measure_tables(struct result *r);

#endif
