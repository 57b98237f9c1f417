#ifndef TAILRACE_SIM_ORACLE_H
#define TAILRACE_SIM_ORACLE_H

#include "sim/worker.h"

/* A price feed that sees the traded price as it was `delay` ago and publishes when it
 * differs from the last publication by the deviation threshold, or when the heartbeat is
 * due. */
void oracle_start(const struct plan *plan, struct worker *w);
void oracle_step(const struct plan *plan, struct worker *w);

/* After the trades of a step: later looks back at this step see the price that they
 * left. */
void oracle_record(const struct plan *plan, struct worker *w);

#endif
