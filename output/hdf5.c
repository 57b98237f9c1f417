#include "output/hdf5.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output/hdf5_backtest.h"
#include "output/hdf5_cell.h"
#include "output/hdf5_fetch.h"
#include "output/hdf5_models.h"
#include "output/hdf5_store.h"
#include "sim/arena.h"

/* Equal bytes: no times, fixed bounds of the format (HDF5 1.8, which every reader knows),
 * space taken when a dataset is made, no fill, one order of everything. */

struct hdf5_writer {
    struct hdf5_store store;
    struct arena arena;
    char *path;
    bool made; /* PATH.part exists and is ours */
    uint32_t n_cell, capacity;
    const char **name, **resolved; /* [n_cell], for /inputs */
};

static bool make_lists(struct hdf5_store *store)
{
    const unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;

    store->text_type = H5Tcopy(H5T_C_S1);
    store->dataset_list = H5Pcreate(H5P_DATASET_CREATE);
    store->group_list = H5Pcreate(H5P_GROUP_CREATE);
    return H5Tset_size(store->text_type, H5T_VARIABLE) >= 0 &&
           H5Tset_cset(store->text_type, H5T_CSET_UTF8) >= 0 &&
           H5Pset_obj_track_times(store->dataset_list, false) >= 0 &&
           H5Pset_attr_creation_order(store->dataset_list, order) >= 0 &&
           H5Pset_alloc_time(store->dataset_list, H5D_ALLOC_TIME_EARLY) >= 0 &&
           H5Pset_fill_time(store->dataset_list, H5D_FILL_TIME_NEVER) >= 0 &&
           (store->text_list = H5Pcopy(store->dataset_list)) >= 0 &&
           H5Pset_fill_time(store->text_list, H5D_FILL_TIME_ALLOC) >=
               0 && /* HDF5 insists */
           H5Pset_obj_track_times(store->group_list, false) >= 0 &&
           H5Pset_link_creation_order(store->group_list, order) >= 0 &&
           H5Pset_attr_creation_order(store->group_list, order) >= 0;
}

static bool make_file(struct hdf5_store *store, struct error *err)
{
    const unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
    const hid_t create = H5Pcreate(H5P_FILE_CREATE), access = H5Pcreate(H5P_FILE_ACCESS);
    struct stat status;
    const bool ok = H5Pset_obj_track_times(create, false) >= 0 &&
                    H5Pset_link_creation_order(create, order) >= 0 &&
                    H5Pset_attr_creation_order(create, order) >= 0 &&
                    H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18) >= 0 &&
                    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0;

    if (ok)
        store->file = H5Fcreate(store->part, H5F_ACC_TRUNC, create, access);
    if (store->file < 0) {
        hdf5_store_fail(store, "the file", err);
        if (stat(store->part, &status) == 0 && status.st_size == 0)
            unlink(store->part); /* it could be made but not written */
    }
    H5Pclose(create);
    H5Pclose(access);
    return store->file >= 0;
}

static bool write_root(const struct hdf5_store *store, const char *title, struct error *err)
{
    const hid_t root = store->file;

    return hdf5_store_text(store, root, "Conventions", "CF-1.8", err) &&
           hdf5_store_text(store, root, "title", title, err) &&
           hdf5_store_text(store, root, "source", "tailrace " TAILRACE_VERSION, err) &&
           hdf5_store_text(store, root, "program_version", TAILRACE_VERSION, err) &&
           hdf5_store_attribute(store, root, "format_version", H5T_NATIVE_INT64,
                                &HDF5_FORMAT_VERSION, err);
}

static bool write_inputs(struct hdf5_place *place, struct arena *arena, uint32_t n,
                         const struct hdf5_input *input, struct error *err)
{
    static const struct hdf5_label file = {"file", "1", "input file, as it was named"};
    static const struct hdf5_label text = {"text", "1", "the file's text"};
    static const struct hdf5_label hash = {"sha256", "1", "SHA-256 of the file's bytes"};
    const char *const axes[] = {"file", NULL};
    const char **const column = arena_get(arena, n, sizeof *column);

    for (uint32_t i = 0; i < n; i++)
        column[i] = hdf5_utf8(arena, input[i].name, strlen(input[i].name));
    if (!hdf5_store_names(place, &file, n, column, err))
        return false;
    for (uint32_t i = 0; i < n; i++)
        column[i] = hdf5_utf8(arena, input[i].text, input[i].size);
    if (!hdf5_store_texts(place, &text, axes, column, err))
        return false;
    for (uint32_t i = 0; i < n; i++)
        column[i] = input[i].sha256;
    return hdf5_store_texts(place, &hash, axes, column, err);
}

static bool begin(struct hdf5_writer *w, const char *title, uint32_t n_input,
                  const struct hdf5_input *input, struct error *err)
{
    struct arena scratch = {NULL};
    struct hdf5_place place;
    bool ok;

    H5dont_atexit(); /* see give_up */
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    if (!make_lists(&w->store))
        return hdf5_store_fail(&w->store, "the file", err);
    w->made = make_file(&w->store, err);
    if (!w->made || !write_root(&w->store, title, err) ||
        !hdf5_store_open(&w->store, "inputs", &place, err))
        return false;
    ok = n_input == 0 || write_inputs(&place, &scratch, n_input, input, err);
    hdf5_store_close(&place);
    arena_free(&scratch);
    return ok;
}

struct hdf5_writer *hdf5_create(const char *path, const char *title, uint32_t n_input,
                                const struct hdf5_input *input, struct error *err)
{
    struct arena arena = {NULL};
    struct hdf5_writer *const w = arena_get(&arena, 1, sizeof *w);

    w->store = (struct hdf5_store){-1, -1, -1, -1, -1, NULL};
    w->path = arena_text(&arena, path);
    w->store.part = arena_print(&arena, "%s.part", path);
    w->arena = arena;
    if (begin(w, title, n_input, input, err))
        return w;
    hdf5_abandon(w);
    return NULL;
}

static bool name_is_usable(const struct hdf5_writer *w, const char *name, struct error *err)
{
    if (!name[0] || strchr(name, '/') || strlen(name) > 200 ||
        strcmp(name, "inputs") == 0 || strcmp(name, "models") == 0 ||
        strcmp(name, "backtest") == 0)
        return fail(err,
                    "'%s' cannot be the name of a group in %s: give the scenario another",
                    name, w->path);
    for (uint32_t i = 0; i < w->n_cell; i++)
        if (strcmp(w->name[i], name) == 0)
            return fail(err, "two cells are named '%s': give each scenario its own name",
                        name);
    return true;
}

static void note_cell(struct hdf5_writer *w, const struct result *r)
{
    if (w->n_cell == w->capacity) {
        const uint32_t capacity = w->capacity ? 2 * w->capacity : 16;
        const char **const name = arena_get(&w->arena, capacity, sizeof *name);
        const char **const resolved = arena_get(&w->arena, capacity, sizeof *resolved);
        for (uint32_t i = 0; i < w->n_cell; i++) {
            name[i] = w->name[i];
            resolved[i] = w->resolved[i];
        }
        w->name = name;
        w->resolved = resolved;
        w->capacity = capacity;
    }
    w->name[w->n_cell] = arena_text(&w->arena, r->name);
    w->resolved[w->n_cell] = arena_text(&w->arena, r->resolved ? r->resolved : "");
    w->n_cell++;
}

bool hdf5_add_cell(struct hdf5_writer *w, const struct result *result,
                   const struct risk_table *risk, uint32_t n_limit,
                   const struct limit_result *limit, struct error *err)
{
    if (!name_is_usable(w, result->name, err))
        return false;
    note_cell(w, result);
    return hdf5_cell_write(&w->store, result, risk, n_limit, limit, err);
}

bool hdf5_add_models(struct hdf5_writer *w, uint32_t n, const struct model_table *models,
                     struct error *err)
{
    return hdf5_models_write(&w->store, n, models, err);
}

bool hdf5_add_backtest(struct hdf5_writer *w, const struct backtest *backtest,
                       struct error *err)
{
    return hdf5_backtest_write(&w->store, backtest, err);
}

/* /inputs gets its second dimension when all cells are known. */
static bool write_resolved(const struct hdf5_writer *w, struct error *err)
{
    static const struct hdf5_label scenario = {"scenario", "1",
                                               "scenario (cell of a suite)"};
    static const struct hdf5_label resolved = {"resolved", "1",
                                               "the scenario with all defaults, YAML"};
    const char *const axes[] = {"scenario", NULL};
    struct hdf5_place place = {.store = &w->store};
    bool ok;

    if (w->n_cell == 0)
        return true;
    place.group = H5Gopen2(w->store.file, "inputs", H5P_DEFAULT);
    if (place.group < 0)
        return hdf5_store_fail(&w->store, "inputs", err);
    ok = hdf5_store_names(&place, &scenario, w->n_cell, w->name, err) &&
         hdf5_store_texts(&place, &resolved, axes, w->resolved, err);
    hdf5_store_close(&place);
    return ok;
}

static bool sync_path(const char *path, struct error *err)
{
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    const bool ok = descriptor >= 0 && (fsync(descriptor) == 0 || errno == EINVAL);

    if (!ok)
        fail(err, "%s: cannot be brought to the disk: %s", path, strerror(errno));
    if (descriptor >= 0)
        close(descriptor);
    return ok;
}

static bool complete(struct hdf5_writer *w, struct error *err)
{
    char *const folder = dirname(arena_text(&w->arena, w->path));

    if (!write_resolved(w, err))
        return false;
    if (H5Fflush(w->store.file, H5F_SCOPE_LOCAL) < 0 || H5Fclose(w->store.file) < 0)
        return hdf5_store_fail(&w->store, "the file", err);
    w->store.file = -1;
    if (!sync_path(w->store.part, err))
        return false;
    if (rename(w->store.part, w->path) != 0)
        return fail(err, "%s: cannot be renamed to %s: %s", w->store.part, w->path,
                    strerror(errno));
    return sync_path(folder, err);
}

/* Frees `w` and what does not belong to the open file. */
static void free_writer(struct hdf5_writer *w)
{
    struct arena arena = w->arena;

    H5Tclose(w->store.text_type);
    H5Pclose(w->store.dataset_list);
    H5Pclose(w->store.text_list);
    H5Pclose(w->store.group_list);
    arena_free(&arena);
}

bool hdf5_finish(struct hdf5_writer *w, struct error *err)
{
    if (!complete(w, err)) {
        hdf5_abandon(w);
        return false;
    }
    free_writer(w);
    return true;
}

/* HDF5 1.10 cannot close a file that it cannot write: H5Fclose fails, and its handler at
 * exit then reads freed memory. So the file is emptied and left open until the program
 * ends, and the handler is never installed. */
static void give_up(hid_t file)
{
    void *handle;

    if (H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) >= 0 &&
        ftruncate(*(const int *)handle, 0) != 0)
        return; /* the space is free when the program ends */
}

void hdf5_abandon(struct hdf5_writer *w)
{
    if (!w)
        return;
    if (w->made)
        unlink(w->store.part);
    if (w->store.file >= 0)
        give_up(w->store.file);
    free_writer(w);
}
