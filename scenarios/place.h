#ifndef TAILRACE_SCENARIOS_PLACE_H
#define TAILRACE_SCENARIOS_PLACE_H

#include "scenarios/scenario.h"

/* `fail` with "file:line:column: " before the sentence. */
bool place_fail(const struct place *place, struct error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "file:line:column", owned by the arena. */
const char *place_text(const struct place *place, struct arena *arena);

/* A path as written at `place` to one that can be opened: relative to the folder of the
 * file it stands in, or to the current folder when it was written on the command line. */
const char *place_path(const struct place *place, const char *path, struct arena *arena);

#endif
