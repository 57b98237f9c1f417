#include "scenarios/names.h"

#include <string.h>

enum { POOL_BYTES = 1 << 16, FIRST_CAPACITY = 64 };

/* FNV-1a (Fowler, Noll, Vo), 64 bits, with a last mix since the low bits choose the slot.
 */
static uint64_t text_hash(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
        hash = (hash ^ *p) * 0x100000001b3u;
    return hash ^ hash >> 32;
}

static struct name_entry *slot_find(struct name_entry *entry, size_t capacity,
                                    uint64_t hash, const char *text)
{
    size_t i = hash & (capacity - 1);

    while (entry[i].text != NULL &&
           (entry[i].hash != hash || strcmp(entry[i].text, text) != 0))
        i = (i + 1) & (capacity - 1);
    return &entry[i];
}

static void grow(struct names *names)
{
    const size_t capacity = names->capacity == 0 ? FIRST_CAPACITY : 2 * names->capacity;
    struct name_entry *larger = arena_get(names->arena, capacity, sizeof *larger);

    for (size_t i = 0; i < names->capacity; i++)
        if (names->entry[i].text != NULL)
            *slot_find(larger, capacity, names->entry[i].hash, names->entry[i].text) =
                names->entry[i];
    names->entry = larger;
    names->capacity = capacity;
}

static const char *text_keep(struct names *names, const char *text)
{
    const size_t size = strlen(text) + 1;

    if (size > POOL_BYTES / 4)
        return arena_text(names->arena, text);
    if (size > names->pool_left) {
        names->pool = arena_get(names->arena, POOL_BYTES, 1);
        names->pool_left = POOL_BYTES;
    }
    char *copy = memcpy(names->pool, text, size);
    names->pool += size;
    names->pool_left -= size;
    return copy;
}

struct name_entry *names_add(struct names *names, const char *text, uint64_t value)
{
    if (2 * (names->n + 1) > names->capacity)
        grow(names);
    const uint64_t hash = text_hash(text);
    struct name_entry *entry = slot_find(names->entry, names->capacity, hash, text);
    if (entry->text == NULL) {
        *entry = (struct name_entry){text_keep(names, text), hash, value};
        names->n++;
    }
    return entry;
}
