#ifndef TAILRACE_SIM_ARENA_H
#define TAILRACE_SIM_ARENA_H

#include <stddef.h>

/* Memory that is handed out piece by piece and freed at once. Every piece starts
 * on a 64-byte boundary. */
struct arena_chunk;
struct arena {
    struct arena_chunk *last; /* owned; newest chunk first */
};

/* Zeroed memory for `count` objects of `size` bytes; never NULL: running out of memory ends
 * the program with one sentence and exit code 1, since nothing sensible can follow. A zero
 * count gives a valid pointer that must not be read. */
void *arena_get(struct arena *arena, size_t count, size_t size);

/* The same, but not zeroed: pages that are never written cost nothing. */
void *arena_reserve(struct arena *arena, size_t count, size_t size);

/* A copy of `text`, owned by the arena. */
char *arena_text(struct arena *arena, const char *text);

/* printf into the arena. */
char *arena_print(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Frees every piece; the arena is empty and usable again. */
void arena_free(struct arena *arena);

#endif
