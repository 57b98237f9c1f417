#ifndef TAILRACE_SIM_TRIGGER_CHECK_H
#define TAILRACE_SIM_TRIGGER_CHECK_H

#include "sim/worker.h"

/* Debug (run.check_triggers): after the liquidations of a step, looks at every account of
 * every venue and path without the triggers. An account that is under water must have been
 * found by them: where accounts close as a whole none may be left unless the cap on rounds
 * stopped the cascade; elsewhere it was offered to the model, which declined, or is watched
 * at a level that was reached. Otherwise the worker fails with a sentence. Changes no
 * result. */
void trigger_check(const struct plan *plan, struct worker *w);

#endif
