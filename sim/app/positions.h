#ifndef TAILRACE_SIM_APP_POSITIONS_H
#define TAILRACE_SIM_APP_POSITIONS_H

#include "sim/result.h"
#include "sim/run.h"

/* P&L of every position on every path, into the result, if the plan keeps it: the paths of
 * a finished run once more. Memory from `columns`; the label is of the bar, NULL: none. */
enum run_outcome positions_keep(const struct plan *plan, const char *label,
                                const volatile sig_atomic_t *stop, struct arena *columns,
                                struct result *result);

#endif
