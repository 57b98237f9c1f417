#include "sim/app/build_file.h"

#include <stdio.h>
#include <sys/utsname.h>
#include <time.h>

#include "sim/app/app.h"
#include "sim/arena.h"

void build_file_write(const char *result, double seconds, double peak_memory_bytes)
{
    struct arena arena = {NULL};
    FILE *file = fopen(arena_print(&arena, "%s.build.json", result), "w");
    struct utsname host;
    const time_t now = time(NULL);
    char date[32];

    arena_free(&arena);
    if (file == NULL)
        return;
    uname(&host);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    fprintf(
        file,
        "{\"version\": \"%s\", \"compiler\": \"%s\", \"lanes\": %d, \"machine\": \"%s\", "
        "\"finished\": \"%s\", \"seconds\": %.3f, \"peak_memory_bytes\": %.0f}\n",
        TAILRACE_VERSION, __VERSION__, TAILRACE_LANES, host.machine, date, seconds,
        peak_memory_bytes);
    fclose(file);
}
