#ifndef TAILRACE_SCENARIOS_VALUE_H
#define TAILRACE_SCENARIOS_VALUE_H

#include "scenarios/node.h"

/* Reads a node as the value of a field, checks its range and writes it to `at`, an object
 * of the field's type. `section` goes into messages: "run", "market.assets.BTC". */
bool value_read(const struct node *node, const char *section, const struct field *field,
                void *at, struct arena *arena, struct error *err);

/* A text: any scalar that is not null. */
bool value_text(const struct node *node, const char *section, const char *key,
                const char **text, struct error *err);

/* Refuses everything but a mapping or nothing. */
bool value_mapping(const struct node *node, const char *name, struct error *err);

/* Seconds as they are written in files, "36h", "90s"; exact when read again. */
const char *value_duration_text(double seconds, struct arena *arena);

/* The shortest decimal text that reads back as the same double. */
const char *value_number_text(double value, struct arena *arena);

#endif
