#ifndef TAILRACE_SCENARIOS_SECTION_H
#define TAILRACE_SCENARIOS_SECTION_H

#include <stdio.h>

#include "scenarios/node.h"

enum { SECTION_TABLES = 3 };

/* A mapping with fixed keys. */
struct section {
    const char *name; /* in messages: "run", "market.assets.BTC" */
    const struct field *tables[SECTION_TABLES]; /* of the keys read into one struct */
    const char *const *others; /* keys that the caller reads itself, ends with NULL; may be
                                  NULL */
};

/* Sets the defaults of all tables, then reads the mapping's keys into `out`. Refuses
 * unknown keys, naming the nearest, and missing ones. */
bool section_read(const struct node *map, const struct section *section, void *out,
                  struct arena *arena, struct error *err);

/* Writes the fields as YAML lines, `indent` spaces deep; texts that are NULL are left out.
 */
void section_echo(FILE *out, int indent, const struct field *fields, const void *section,
                  struct arena *arena);

/* A price model with its parameters, {model: gbm, ...}; numbers exactly, or with that many
 * digits where digits > 0. */
const char *section_model_text(const struct price_model *model, const void *param,
                               int digits, struct arena *arena);

/* A draw as it is written in files. */
const char *section_draw_text(const struct draw *draw, bool time, struct arena *arena);

#endif
