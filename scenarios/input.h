#ifndef TAILRACE_SCENARIOS_INPUT_H
#define TAILRACE_SCENARIOS_INPUT_H

#include "scenarios/place.h"

/* The files read so far, in order and without repeats; owned by the arena. */
struct input_list {
    struct arena *arena;
    uint32_t n, capacity;
    struct input_file *file;
};

/* Reads a whole file, at most `max_size` bytes, and notes it in the list; a file that is in
 * the list already is not read again. `from` is where the path was written, NULL for the
 * command line. The text is valid UTF-8 without control characters and ends with a zero. */
bool input_read(struct input_list *list, const char *path, const struct place *from,
                size_t max_size, struct input_file *file, struct error *err);

/* The text behind a byte order mark, and its size. */
const char *input_text(const struct input_file *file, size_t *size);

#endif
