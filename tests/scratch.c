#include "tests/scratch.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/arena.h"

static struct {
    char folder[64];
    struct arena arena;
} scratch;

const char *scratch_path(const char *name)
{
    if (*scratch.folder == '\0') {
        strcpy(scratch.folder, "/tmp/tailrace-test-XXXXXX");
        if (mkdtemp(scratch.folder) == NULL)
            abort();
    }
    return arena_print(&scratch.arena, "%s/%s", scratch.folder, name);
}

const char *scratch_bytes(const char *name, const void *bytes, size_t size)
{
    const char *path = scratch_path(name);
    FILE *out = fopen(path, "wb");

    if (out == NULL || fwrite(bytes, 1, size, out) != size || fclose(out) != 0)
        abort();
    return path;
}

const char *scratch_file(const char *name, const char *text)
{
    return scratch_bytes(name, text, strlen(text));
}

void scratch_remove(void)
{
    if (*scratch.folder == '\0')
        return;
    DIR *folder = opendir(scratch.folder);
    for (const struct dirent *entry = readdir(folder); entry != NULL;
         entry = readdir(folder))
        if (entry->d_name[0] != '.')
            remove(scratch_path(entry->d_name));
    closedir(folder);
    rmdir(scratch.folder);
    arena_free(&scratch.arena);
    *scratch.folder = '\0';
}
