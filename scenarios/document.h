#ifndef TAILRACE_SCENARIOS_DOCUMENT_H
#define TAILRACE_SCENARIOS_DOCUMENT_H

#include "scenarios/input.h"
#include "scenarios/node.h"

/* Parses YAML 1.2 without anchors, aliases and tags, one document. `place` is where the
 * text begins. An empty text gives a null *root. */
bool document_parse(const struct place *place, const char *text, size_t size,
                    struct arena *arena, struct node **root, struct error *err);

#endif
