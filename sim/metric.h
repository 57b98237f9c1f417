#ifndef TAILRACE_SIM_METRIC_H
#define TAILRACE_SIM_METRIC_H

#include "sim/worker.h"

/* What is remembered of a path. A metric is a set of rows; at the end of the path (or at a
 * reporting time) its rows are copied to the columns of the result. */

/* Time 0. */
void metric_start(const struct plan *plan, struct worker *w);

/* Running extremes, after the trades of a step. */
void metric_step(const struct plan *plan, struct worker *w);

/* Copies the rows of METRIC_TIME for report number `report` to entries first .. first + n
 * of the columns, n <= LANES. */
void metric_report(const struct plan *plan, struct worker *w, uint32_t report,
                   uint64_t first, uint32_t n, double *const *column);

/* The same for METRIC_PATH at the end; a number that is not finite marks the worker failed.
 */
void metric_finish(const struct plan *plan, struct worker *w, uint64_t first, uint32_t n,
                   double *const *column);

#endif
