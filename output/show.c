#include "output/show.h"

#include "output/hdf5_read.h"

bool show(const char *path, bool json, FILE *out, struct error *err)
{
    struct arena arena = {NULL};
    struct summary summary;
    bool ok = hdf5_read(path, &arena, &summary, err);

    if (ok && json)
        ok = summary_json(&summary, out, err);
    else if (ok)
        summary_print(&summary, out);
    arena_free(&arena);
    return ok;
}
