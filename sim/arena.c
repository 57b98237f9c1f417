#include "sim/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_ALIGN = 64, ARENA_CHUNK = 1 << 18 };

struct arena_chunk {
    struct arena_chunk *previous;
    size_t used, size; /* bytes after this header */
};

static _Noreturn void out_of_memory(size_t count, size_t size)
{
    fprintf(stderr, "tailrace: out of memory asking for %zu x %zu bytes: use fewer paths\n",
            count, size);
    exit(1);
}

/* The header takes one aligned unit, so that the first piece is aligned. */
static struct arena_chunk *chunk_create(size_t bytes)
{
    const size_t size = bytes > ARENA_CHUNK ? bytes : ARENA_CHUNK;
    struct arena_chunk *chunk = aligned_alloc(ARENA_ALIGN, ARENA_ALIGN + size);

    if (chunk == NULL)
        out_of_memory(1, bytes);
    chunk->used = 0;
    chunk->size = size;
    return chunk;
}

/* In whole aligned units. */
static size_t piece_bytes(size_t count, size_t size)
{
    return (count * size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
}

void *arena_reserve(struct arena *arena, size_t count, size_t size)
{
    if (size > 0 && count > (SIZE_MAX / 2 - 2 * ARENA_ALIGN) / size)
        out_of_memory(count, size);
    const size_t bytes = piece_bytes(count, size);

    if (arena->last == NULL || arena->last->size - arena->last->used < bytes) {
        struct arena_chunk *chunk = chunk_create(bytes);
        chunk->previous = arena->last;
        arena->last = chunk;
    }
    char *piece = (char *)arena->last + ARENA_ALIGN + arena->last->used;
    arena->last->used += bytes;
    return piece;
}

void *arena_get(struct arena *arena, size_t count, size_t size)
{
    return memset(arena_reserve(arena, count, size), 0, piece_bytes(count, size));
}

char *arena_text(struct arena *arena, const char *text)
{
    const size_t bytes = strlen(text) + 1;

    return memcpy(arena_get(arena, bytes, 1), text, bytes);
}

char *arena_print(struct arena *arena, const char *format, ...)
{
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    const int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = arena_get(arena, (size_t)length + 1, 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

void arena_free(struct arena *arena)
{
    while (arena->last != NULL) {
        struct arena_chunk *chunk = arena->last;
        arena->last = chunk->previous;
        free(chunk);
    }
}
