#ifndef TAILRACE_SIM_APP_EVENTS_H
#define TAILRACE_SIM_APP_EVENTS_H

#include "sim/plan.h"
#include "sim/tape.h"

/* Writes the tape of one path as CSV, an event per row, with the names of the plan; replaces
 * a file that is there. */
bool events_write(const char *file, const struct plan *plan, const struct tape *tape,
                  struct error *err);

#endif
