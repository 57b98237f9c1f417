#include "output/hdf5_read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "output/hdf5.h"
#include "output/hdf5_cascade.h"
#include "output/hdf5_fetch.h"
#include "output/hdf5_greeks.h"
#include "output/hdf5_explanation.h"
#include "output/hdf5_models.h"
#include "output/hdf5_revaluation.h"

/* Everything is checked before it is used: the file may come from anywhere. */

enum { MAX_CELLS = 100000, MAX_ROWS = 1000000, MAX_NAME = 1024 };

/* Where in the file we are, for messages. */
struct reader {
    const char *path;
    struct arena *arena;
    struct error *err;
};

static bool damaged(const struct reader *r, const char *cell, const char *name)
{
    return fail(
        r->err,
        "%s: %s%s%s is missing or damaged; write the file again with `tailrace run`",
        r->path, cell, cell[0] ? "/" : "", name);
}

/* One number per row and level goes from each dataset to its member of the figure. */
static bool read_figures(const struct reader *r, hid_t group, const char *cell,
                         struct risk_table *risk)
{
    static const struct {
        const char *name;
        size_t offset;
    } figure[] = {
        {"var_usd", offsetof(struct risk_figure, var.value)},
        {"var_lower_usd", offsetof(struct risk_figure, var.lower)},
        {"var_upper_usd", offsetof(struct risk_figure, var.upper)},
        {"es_usd", offsetof(struct risk_figure, es.value)},
        {"es_lower_usd", offsetof(struct risk_figure, es.lower)},
        {"es_upper_usd", offsetof(struct risk_figure, es.upper)},
        {"var_parameter_sd_usd", offsetof(struct risk_figure, var_parameter_sd.value)},
        {"var_parameter_sd_lower_usd",
         offsetof(struct risk_figure, var_parameter_sd.lower)},
        {"var_parameter_sd_upper_usd",
         offsetof(struct risk_figure, var_parameter_sd.upper)},
        {"es_parameter_sd_usd", offsetof(struct risk_figure, es_parameter_sd.value)},
        {"es_parameter_sd_lower_usd", offsetof(struct risk_figure, es_parameter_sd.lower)},
        {"es_parameter_sd_upper_usd", offsetof(struct risk_figure, es_parameter_sd.upper)},
    };
    const hsize_t size[2] = {risk->n_row, risk->n_level};
    double *const values = arena_get(r->arena, size[0] * size[1], sizeof *values);
    uint64_t *const counts = arena_get(r->arena, size[0] * size[1], sizeof *counts);

    for (size_t f = 0; f < sizeof figure / sizeof figure[0]; f++) {
        if (!hdf5_fetch_array(group, figure[f].name, H5T_NATIVE_DOUBLE, H5T_FLOAT, 2, size,
                              values))
            return damaged(r, cell, figure[f].name);
        for (uint32_t i = 0; i < risk->n_row; i++)
            for (uint32_t l = 0; l < risk->n_level; l++)
                memcpy((char *)&risk->row[i].at_level[l] + figure[f].offset,
                       &values[i * risk->n_level + l], sizeof *values);
    }
    if (!hdf5_fetch_array(group, "tail_paths", H5T_NATIVE_UINT64, H5T_INTEGER, 2, size,
                          counts))
        return damaged(r, cell, "tail_paths");
    for (uint32_t i = 0; i < risk->n_row; i++)
        for (uint32_t l = 0; l < risk->n_level; l++)
            risk->row[i].at_level[l].tail_paths = counts[i * risk->n_level + l];
    return true;
}

static bool read_moments(const struct reader *r, hid_t group, const char *cell,
                         struct risk_table *risk)
{
    static const struct {
        const char *name;
        size_t offset;
    } moment[] = {
        {"mean_usd", offsetof(struct risk_row, mean)},
        {"mean_se_usd", offsetof(struct risk_row, mean_se)},
        {"mean_parameter_sd_usd", offsetof(struct risk_row, mean_parameter_sd.value)},
        {"mean_parameter_sd_lower_usd", offsetof(struct risk_row, mean_parameter_sd.lower)},
        {"mean_parameter_sd_upper_usd", offsetof(struct risk_row, mean_parameter_sd.upper)},
        {"probability_positive", offsetof(struct risk_row, probability_positive.value)},
        {"probability_positive_lower",
         offsetof(struct risk_row, probability_positive.lower)},
        {"probability_positive_upper",
         offsetof(struct risk_row, probability_positive.upper)},
        {"tail_index", offsetof(struct risk_row, tail_index)},
    };
    const hsize_t n = risk->n_row;
    double *const values = arena_get(r->arena, n, sizeof *values);

    for (size_t m = 0; m < sizeof moment / sizeof moment[0]; m++) {
        if (!hdf5_fetch_array(group, moment[m].name, H5T_NATIVE_DOUBLE, H5T_FLOAT, 1, &n,
                              values))
            return damaged(r, cell, moment[m].name);
        for (uint32_t i = 0; i < risk->n_row; i++)
            memcpy((char *)&risk->row[i] + moment[m].offset, &values[i], sizeof *values);
    }
    return true;
}

static bool read_table(const struct reader *r, hid_t group, const char *cell,
                       struct risk_table *risk)
{
    const hsize_t n = hdf5_fetch_length(group, "metric", MAX_ROWS);
    const hsize_t n_level = hdf5_fetch_length(group, "level", STATS_MAX_LEVEL);
    const char **const name = arena_get(r->arena, n, sizeof *name);
    const char **const doc = arena_get(r->arena, n, sizeof *doc);
    const char **const unit = arena_get(r->arena, n, sizeof *unit);

    if (n == 0 || n_level == 0 || !hdf5_fetch_texts(r->arena, group, "metric", n, name) ||
        !hdf5_fetch_texts(r->arena, group, "metric_doc", n, doc) ||
        !hdf5_fetch_texts(r->arena, group, "metric_unit", n, unit) ||
        !hdf5_fetch_array(group, "level", H5T_NATIVE_DOUBLE, H5T_FLOAT, 1, &n_level,
                          risk->level))
        return damaged(r, cell, "risk");
    if (!hdf5_fetch_attribute(group, "confidence", H5T_NATIVE_DOUBLE, H5T_FLOAT,
                              &risk->confidence))
        return damaged(r, cell, "risk: confidence");
    risk->n_row = (uint32_t)n;
    risk->n_level = (uint32_t)n_level;
    risk->row = arena_get(r->arena, n, sizeof *risk->row);
    for (uint32_t i = 0; i < risk->n_row; i++) {
        risk->row[i].name = name[i];
        risk->row[i].doc = doc[i];
        risk->row[i].unit = unit[i];
    }
    return read_figures(r, group, cell, risk) && read_moments(r, group, cell, risk);
}

/* Index of a word in a list, -1 if it is not there. */
static int word_index(const char *word, const char *const *list, int n)
{
    for (int i = 0; i < n; i++)
        if (strcmp(word, list[i]) == 0)
            return i;
    return -1;
}

static bool read_limit_words(const struct reader *r, hid_t group, const char *cell,
                             hsize_t n, struct limit_result *limit)
{
    static const char *const column[4] = {"metric", "figure", "verdict", "why"};
    const char **words[4];

    for (int t = 0; t < 4; t++) {
        words[t] = arena_get(r->arena, n, sizeof *words[t]);
        if (!hdf5_fetch_texts(r->arena, group, column[t], n, words[t]))
            return damaged(r, cell, column[t]);
    }
    for (hsize_t i = 0; i < n; i++) {
        const int figure = word_index(words[1][i], limit_figure_name, LIMIT_FIGURES);
        const int verdict = word_index(words[2][i], limit_verdict_name, LIMIT_VERDICTS);
        if (figure < 0 || verdict < 0)
            return damaged(r, cell, "limits: figure or verdict");
        limit[i].limit.metric = words[0][i];
        limit[i].limit.figure = (enum limit_figure)figure;
        limit[i].verdict = (enum limit_verdict)verdict;
        snprintf(limit[i].why, sizeof limit[i].why, "%s", words[3][i]);
    }
    return true;
}

static bool read_limits(const struct reader *r, hid_t group, const char *cell,
                        struct summary_cell *out)
{
    static const struct {
        const char *name;
        size_t offset;
    } number[] = {
        {"level", offsetof(struct limit_result, limit.level)},
        {"above_usd", offsetof(struct limit_result, limit.above_usd)},
        {"confidence", offsetof(struct limit_result, limit.confidence)},
        {"max", offsetof(struct limit_result, limit.max)},
        {"value", offsetof(struct limit_result, figure.value)},
        {"lower", offsetof(struct limit_result, figure.lower)},
        {"upper", offsetof(struct limit_result, figure.upper)},
    };
    const hsize_t n = hdf5_fetch_length(group, "limit", MAX_ROWS);
    struct limit_result *const limit = arena_get(r->arena, n, sizeof *limit);
    double *const values = arena_get(r->arena, n, sizeof *values);
    uint64_t *const counts = arena_get(r->arena, n, sizeof *counts);

    if (n == 0)
        return damaged(r, cell, "limits");
    for (size_t k = 0; k < sizeof number / sizeof number[0]; k++) {
        if (!hdf5_fetch_array(group, number[k].name, H5T_NATIVE_DOUBLE, H5T_FLOAT, 1, &n,
                              values))
            return damaged(r, cell, number[k].name);
        for (hsize_t i = 0; i < n; i++)
            memcpy((char *)&limit[i] + number[k].offset, &values[i], sizeof *values);
    }
    if (!hdf5_fetch_array(group, "tail_paths", H5T_NATIVE_UINT64, H5T_INTEGER, 1, &n,
                          counts))
        return damaged(r, cell, "limits: tail_paths");
    for (hsize_t i = 0; i < n; i++)
        limit[i].tail_paths = counts[i];
    out->n_limit = (uint32_t)n;
    out->limit = limit;
    return read_limit_words(r, group, cell, n, limit);
}

static bool read_head(const struct reader *r, hid_t group, struct summary_cell *cell)
{
    const hid_t count = H5T_NATIVE_UINT64, number = H5T_NATIVE_DOUBLE;
    const char *status;

    if (!hdf5_fetch_text(r->arena, group, "description", &cell->description) ||
        !hdf5_fetch_text(r->arena, group, "status", &status) ||
        !hdf5_fetch_attribute(group, "paths", count, H5T_INTEGER, &cell->n_path) ||
        !hdf5_fetch_attribute(group, "seed", count, H5T_INTEGER, &cell->seed) ||
        !hdf5_fetch_attribute(group, "horizon_s", number, H5T_FLOAT, &cell->horizon_s) ||
        !hdf5_fetch_attribute(group, "step_s", number, H5T_FLOAT, &cell->step_s))
        return damaged(r, cell->name, "(an attribute)");
    if (strcmp(status, "complete") != 0)
        return fail(r->err, "%s: %s is '%s', not complete", r->path, cell->name, status);
    return true;
}

static bool read_cell(const struct reader *r, hid_t file, struct summary_cell *cell)
{
    const hid_t group = H5Gopen2(file, cell->name, H5P_DEFAULT);
    hid_t part = -1;
    bool ok;

    if (group < 0)
        return damaged(r, "", cell->name);
    ok = read_head(r, group, cell);
    cell->risk.confidence = RISK_CONFIDENCE;
    if (ok && H5Lexists(group, "risk", H5P_DEFAULT) > 0) {
        part = H5Gopen2(group, "risk", H5P_DEFAULT);
        ok = part >= 0 ? read_table(r, part, cell->name, &cell->risk)
                       : damaged(r, cell->name, "risk");
        H5Gclose(part);
    }
    if (ok && H5Lexists(group, "limits", H5P_DEFAULT) > 0) {
        part = H5Gopen2(group, "limits", H5P_DEFAULT);
        ok = part >= 0 ? read_limits(r, part, cell->name, cell)
                       : damaged(r, cell->name, "limits");
        H5Gclose(part);
    }
    if (ok && H5Lexists(group, "position", H5P_DEFAULT) > 0) {
        part = H5Gopen2(group, "position", H5P_DEFAULT);
        ok = (part >= 0 && hdf5_greeks_read(part, r->arena, &cell->greeks)) ||
             damaged(r, cell->name, "position");
        H5Gclose(part);
    }
    if (ok && H5Lexists(group, "explanation", H5P_DEFAULT) > 0) {
        part = H5Gopen2(group, "explanation", H5P_DEFAULT);
        ok = (part >= 0 && hdf5_explanation_read(part, r->arena, &cell->explanation)) ||
             damaged(r, cell->name, "explanation");
        H5Gclose(part);
    }
    if (ok && H5Lexists(group, "cascade", H5P_DEFAULT) > 0) {
        part = H5Gopen2(group, "cascade", H5P_DEFAULT);
        ok = (part >= 0 && hdf5_cascade_read(part, r->arena, &cell->cascades)) ||
             damaged(r, cell->name, "cascade");
        H5Gclose(part);
    }
    if (ok && H5Lexists(group, "revaluation", H5P_DEFAULT) > 0) {
        part = H5Gopen2(group, "revaluation", H5P_DEFAULT);
        ok = (part >= 0 && hdf5_revaluation_read(part, r->arena, &cell->revaluation)) ||
             damaged(r, cell->name, "revaluation");
        H5Gclose(part);
    }
    H5Gclose(group);
    return ok;
}

static bool read_cells(const struct reader *r, hid_t file, struct summary *summary)
{
    H5G_info_t info;
    struct summary_cell *cell;

    if (H5Gget_info(file, &info) < 0 || info.nlinks > MAX_CELLS)
        return damaged(r, "", "the list of groups");
    cell = arena_get(r->arena, info.nlinks, sizeof *cell);
    for (hsize_t i = 0; i < info.nlinks; i++) {
        char name[MAX_NAME];
        if (H5Lget_name_by_idx(file, ".", H5_INDEX_CRT_ORDER, H5_ITER_INC, i, name,
                               sizeof name, H5P_DEFAULT) < 0)
            return damaged(r, "", "the list of groups");
        if (strcmp(name, "inputs") == 0 || strcmp(name, "models") == 0 ||
            strcmp(name, "backtest") == 0)
            continue;
        cell[summary->n_cell].name = hdf5_utf8(r->arena, name, strlen(name));
        if (!read_cell(r, file, &cell[summary->n_cell]))
            return false;
        summary->n_cell++;
    }
    summary->cell = cell;
    return hdf5_models_read(file, r->arena, summary) || damaged(r, "", "models");
}

static hid_t open_file(const char *path, struct error *err)
{
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    hid_t file;

    if (descriptor < 0) {
        fail(err, "%s: cannot be read: %s", path, strerror(errno));
        return -1;
    }
    close(descriptor);
    if (H5Fis_hdf5(path) <= 0) {
        fail(err, "%s is not an HDF5 file", path);
        return -1;
    }
    file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0)
        fail(err, "%s is damaged or cut short; write it again with `tailrace run`", path);
    return file;
}

static bool read_file(const char *path, struct arena *arena, struct summary *summary,
                      struct error *err)
{
    const struct reader r = {path, arena, err};
    hid_t file;
    int64_t version;
    bool ok = false;

    *summary = (struct summary){.file = arena_text(arena, path)};
    H5dont_atexit(); /* as in hdf5.c, whichever comes first */
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    file = open_file(path, err);
    if (file < 0)
        ok = false;
    else if (!hdf5_fetch_attribute(file, "format_version", H5T_NATIVE_INT64, H5T_INTEGER,
                                   &version))
        fail(err, "%s is not a result file of this program: it has no format_version",
             path);
    else if (version != HDF5_FORMAT_VERSION)
        fail(err, "%s has format version %lld, and this program reads %lld", path,
             (long long)version, (long long)HDF5_FORMAT_VERSION);
    else
        ok = read_cells(&r, file, summary);
    if (file >= 0)
        H5Fclose(file);
    return ok;
}

/* HDF5 1.10 checks most of a damaged file but not all (the sizes in its heap of texts), and
 * may crash or never end. A child process tries first. */
static bool survives(const char *path)
{
    enum { TIME_LIMIT_S = 60 };
    struct arena arena = {NULL};
    struct summary summary;
    struct error err;
    int status = 0;
    const pid_t child = fork();

    if (child == 0) {
        const struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        alarm(TIME_LIMIT_S);
        read_file(path, &arena, &summary, &err);
        _exit(0);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return status == 0;
}

bool hdf5_read(const char *path, struct arena *arena, struct summary *summary,
               struct error *err)
{
    if (!survives(path))
        return fail(err, "%s is damaged; write it again with `tailrace run`", path);
    return read_file(path, arena, summary, err);
}
