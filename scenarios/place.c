#include "scenarios/place.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool place_fail(const struct place *place, struct error *err, const char *format, ...)
{
    char sentence[sizeof err->text];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    return fail(err, "%s:%d:%d: %s", place->file, place->line, place->column, sentence);
}

const char *place_text(const struct place *place, struct arena *arena)
{
    return arena_print(arena, "%s:%d:%d", place->file, place->line, place->column);
}

const char *place_path(const struct place *place, const char *path, struct arena *arena)
{
    const char *slash = strrchr(place->file, '/');

    while (strncmp(path, "./", 2) == 0)
        path += 2;
    if (*path == '/' || slash == NULL)
        return arena_text(arena, path);
    return arena_print(arena, "%.*s%s", (int)(slash - place->file + 1), place->file, path);
}
