#include "output/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/arena.h"

bool text_file_check(const char *path, bool replace, struct error *err)
{
    const size_t length = strlen(path);
    struct stat status;

    if (length == 0 || path[length - 1] == '/')
        return fail(err, "-o '%s' names no file: write -o FILE", path);
    if (stat(path, &status) != 0)
        return true;
    if (!S_ISREG(status.st_mode))
        return fail(err, "-o %s is a %s: name a file to write", path,
                    S_ISDIR(status.st_mode) ? "folder" : "device");
    return replace || fail(err,
                           "%s exists and is not overwritten: name another file, or add "
                           "--force",
                           path);
}

static bool write_all(int descriptor, const char *text, size_t size)
{
    while (size > 0) {
        const ssize_t n = write(descriptor, text, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text += n;
        size -= (size_t)n;
    }
    return fsync(descriptor) == 0 || errno == EINVAL;
}

static void sync_folder(const char *path)
{
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);

    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
}

static bool part_write(const char *part, const char *path, const char *text, size_t size,
                       bool replace, struct error *err)
{
    const int descriptor = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (descriptor < 0)
        return fail(err, "%s: cannot be written: %s; choose another place", part,
                    strerror(errno));
    bool ok = write_all(descriptor, text, size);
    if (!ok)
        fail(err, "%s: cannot be written: %s; choose another place or make room", part,
             strerror(errno));
    close(descriptor);
    ok = ok && text_file_check(path, replace, err);
    if (ok && rename(part, path) != 0)
        ok = fail(err, "%s: cannot be renamed to %s: %s", part, path, strerror(errno));
    if (!ok)
        unlink(part);
    return ok;
}

bool text_file_write(const char *path, const char *text, size_t size, bool replace,
                     struct error *err)
{
    struct arena arena = {NULL};
    const bool ok =
        part_write(arena_print(&arena, "%s.part", path), path, text, size, replace, err);

    if (ok)
        sync_folder(dirname(arena_text(&arena, path)));
    arena_free(&arena);
    return ok;
}
