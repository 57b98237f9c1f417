#ifndef TAILRACE_SCENARIOS_NAMES_H
#define TAILRACE_SCENARIOS_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "sim/arena.h"

/* A set of texts with a number each: ids and the lines they stand on. A million are fine.
 */
struct name_entry {
    const char *text; /* NULL: free */
    uint64_t hash, value;
};
struct names {
    struct arena *arena;
    size_t n, capacity; /* capacity: 0 or a power of two */
    struct name_entry *entry;
    char *pool; /* short texts share one piece of the arena */
    size_t pool_left;
};

/* The entry of that text; a new one has `value`. The text is copied. Valid until the next
 * call. */
struct name_entry *names_add(struct names *names, const char *text, uint64_t value);

#endif
