#ifndef TAILRACE_SCENARIOS_OVERRIDE_H
#define TAILRACE_SCENARIOS_OVERRIDE_H

#include "scenarios/node.h"

/* Sets the value of one key of the tree, "run.paths" or "shocks[0].move". Mappings on the
 * way are made as needed; whether a key is known shows when its section is read, except
 * below names that the user chose (assets, venues, pairs), which must exist. */
bool override_apply(struct node *root, const struct override *override, struct arena *arena,
                    struct error *err);

#endif
