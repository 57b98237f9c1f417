#include "scenarios/input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/hash.h"

static const char byte_order_mark[] = "\xEF\xBB\xBF";
enum { FIRST_BUFFER = 1 << 16 };

const char *input_text(const struct input_file *file, size_t *size)
{
    const size_t mark = sizeof byte_order_mark - 1;
    const size_t skip =
        file->size >= mark && memcmp(file->text, byte_order_mark, mark) == 0 ? mark : 0;

    *size = file->size - skip;
    return file->text + skip;
}

/* The number of bytes of the character at p, 0 if it is none (RFC 3629: no surrogates, no
 * overlong forms, nothing above U+10FFFF). */
static size_t character_size(const unsigned char *p, size_t left)
{
    const unsigned char c = p[0];
    const size_t size = c < 0x80   ? 1
                        : c < 0xC2 ? 0
                        : c < 0xE0 ? 2
                        : c < 0xF0 ? 3
                        : c < 0xF5 ? 4
                                   : 0;

    if (size == 0 || size > left)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    if ((c == 0xE0 && p[1] < 0xA0) || (c == 0xED && p[1] > 0x9F) ||
        (c == 0xF0 && p[1] < 0x90) || (c == 0xF4 && p[1] > 0x8F))
        return 0;
    return size;
}

static bool text_check(const struct input_file *file, struct error *err)
{
    const unsigned char *p = (const unsigned char *)file->text;
    struct place place = {.file = file->name, .line = 1, .column = 1};

    if (file->size >= 2 && (memcmp(p, "\xFF\xFE", 2) == 0 || memcmp(p, "\xFE\xFF", 2) == 0))
        return place_fail(&place, err, "the file is UTF-16: save it as UTF-8");
    for (size_t i = 0; i < file->size;) {
        const size_t size = character_size(p + i, file->size - i);
        if (size == 0)
            return place_fail(
                &place, err, "byte 0x%02X is not UTF-8 text: save the file as UTF-8", p[i]);
        if ((p[i] < ' ' && p[i] != '\t' && p[i] != '\n' && p[i] != '\r') || p[i] == 0x7F)
            return place_fail(
                &place, err,
                "byte 0x%02X does not belong into a text file: name a YAML or "
                "CSV file, not a binary one",
                p[i]);
        place.line += p[i] == '\n';
        place.column = p[i] == '\n' ? 1 : place.column + 1;
        i += size;
    }
    return true;
}

static bool open_fail(const char *path, const struct place *from, const char *why,
                      struct error *err)
{
    if (from == NULL)
        return fail(err, "%s:1:1: cannot be read: %s", path, why);
    return place_fail(from, err, "cannot read '%s': %s", path, why);
}

/* Reads to the end into the arena; a size that is not known beforehand (a pipe) doubles. */
static bool stream_read(FILE *stream, size_t expected, size_t max_size, struct arena *arena,
                        struct input_file *file, struct error *err)
{
    size_t capacity = expected + 2;
    char *text = arena_get(arena, capacity, 1);

    for (;;) {
        file->size += fread(text + file->size, 1, capacity - 1 - file->size, stream);
        if (ferror(stream) != 0)
            return fail(err, "%s:1:1: cannot be read: %s", file->name, strerror(errno));
        if (file->size > max_size)
            return fail(err,
                        "%s:1:1: the file is larger than %zu MiB: split it or leave out "
                        "what is not needed",
                        file->name, max_size >> 20);
        if (feof(stream) != 0)
            break;
        if (file->size == capacity - 1) {
            char *larger = arena_get(arena, 2 * capacity, 1);
            memcpy(larger, text, file->size);
            text = larger;
            capacity *= 2;
        }
    }
    text[file->size] = '\0';
    file->text = text;
    return true;
}

static bool file_read(const char *path, const struct place *from, size_t max_size,
                      struct arena *arena, struct input_file *file, struct error *err)
{
    struct stat status;
    FILE *stream = fopen(path, "rb");

    if (stream == NULL)
        return open_fail(path, from, strerror(errno), err);
    bool ok = fstat(fileno(stream), &status) == 0;
    if (!ok)
        open_fail(path, from, strerror(errno), err);
    else if (S_ISDIR(status.st_mode))
        ok = open_fail(path, from, "it is a folder: name a file in it", err);
    if (ok) {
        const bool regular = S_ISREG(status.st_mode);
        const size_t size = regular ? (size_t)status.st_size : FIRST_BUFFER;
        file->name = arena_text(arena, path);
        ok = stream_read(stream, size < max_size ? size : max_size, max_size, arena, file,
                         err);
    }
    fclose(stream);
    return ok;
}

bool input_read(struct input_list *list, const char *path, const struct place *from,
                size_t max_size, struct input_file *file, struct error *err)
{
    for (uint32_t i = 0; i < list->n; i++)
        if (strcmp(list->file[i].name, path) == 0) {
            *file = list->file[i];
            return true;
        }
    *file = (struct input_file){0};
    if (!file_read(path, from, max_size, list->arena, file, err) || !text_check(file, err))
        return false;
    hash_sha256(file->text, file->size, file->sha256);
    if (list->n == list->capacity) {
        struct input_file *larger =
            arena_get(list->arena, 2 * (size_t)list->capacity + 8, sizeof *larger);
        if (list->n > 0)
            memcpy(larger, list->file, list->n * sizeof *larger);
        list->file = larger;
        list->capacity = 2 * list->capacity + 8;
    }
    list->file[list->n++] = *file;
    return true;
}
