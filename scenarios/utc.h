#ifndef TAILRACE_SCENARIOS_UTC_H
#define TAILRACE_SCENARIOS_UTC_H

#include <stdbool.h>

#include "sim/arena.h"

/* Reads "2026-01-18T09:14:30Z", also with a space for T, without seconds, with a fraction
 * of a second, without Z; always UTC. Seconds since 1970. */
bool utc_read(const char *text, double *seconds);

/* The same time as text that utc_read reads back. */
const char *utc_text(double seconds, struct arena *arena);

#endif
