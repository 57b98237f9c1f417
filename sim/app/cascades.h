#ifndef TAILRACE_SIM_APP_CASCADES_H
#define TAILRACE_SIM_APP_CASCADES_H

#include "sim/arena.h"
#include "sim/result.h"

/* Cascades of each protocol in a few figures, from the columns: sets result->cascades. The
 * plan has a population. */
void cascades_summarise(struct result *result, struct arena *arena);

#endif
