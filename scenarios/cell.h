#ifndef TAILRACE_SCENARIOS_CELL_H
#define TAILRACE_SCENARIOS_CELL_H

#include "scenarios/names.h"
#include "scenarios/table.h"
#include "sim/field.h"

/* Reads a cell of the current row as the value of a field, checks its range and writes it
 * to `at`, an object of the field's type: number, duration, instant, choice or text. An
 * empty cell leaves the preset that stands there, or is refused if the field is required.
 * now_utc_s: of the scenario's start, seconds since 1970, 0 if it has no time. Texts are
 * kept in `texts`. */
bool cell_read(const struct table *t, uint32_t column, const struct field *field,
               double now_utc_s, struct names *texts, void *at, struct error *err);

#endif
