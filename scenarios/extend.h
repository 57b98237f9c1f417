#ifndef TAILRACE_SCENARIOS_EXTEND_H
#define TAILRACE_SCENARIOS_EXTEND_H

#include "scenarios/input.h"
#include "scenarios/node.h"

/* Reads a YAML file that is a mapping with `tailrace: 1`, with the files that it extends
 * merged below it; `from` as in input_read. */
bool extend_read(struct input_list *inputs, const char *path, const struct place *from,
                 struct node **root, struct error *err);

#endif
