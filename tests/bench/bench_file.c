/* Writing the result file: 64 MiB of per-path columns, with fsync and rename. The folder is
 * the current one, so that the disk is the one that results go to. Threads take turns: the
 * library is not built for several at once. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "output/hdf5.h"
#include "tests/bench/bench.h"

enum { N_COLUMN = 8, N_PATH = 1 << 20 };

struct file {
    char path[64];
    double *column[N_COLUMN];
    struct metric metric[N_COLUMN];
    struct result result;
    struct risk_table risk;
};

static void die(const struct error *err)
{
    fprintf(stderr, "tailrace-bench: %s\n", err->text);
    exit(1);
}

static void *file_start(struct arena *arena, const void *input)
{
    static const char *const NAMES[N_COLUMN] = {"a_usd", "b_usd", "c_usd", "d_usd",
                                                "e_usd", "f_usd", "g_usd", "h_usd"};
    struct file *f = arena_get(arena, 1, sizeof *f);
    struct error err;

    (void)input;
    snprintf(f->path, sizeof f->path, "tailrace-bench-XXXXXX");
    const int made = mkstemp(f->path);
    if (made < 0 || close(made) != 0) {
        fprintf(stderr, "tailrace-bench: cannot make a file in the current folder\n");
        exit(1);
    }
    for (uint32_t c = 0; c < N_COLUMN; c++) {
        f->metric[c] = (struct metric){.name = NAMES[c],
                                       .unit = "USD",
                                       .doc = "figures",
                                       .n_element = 1,
                                       .first_column = c};
        f->column[c] = arena_get(arena, N_PATH, sizeof(double));
        for (uint32_t i = 0; i < N_PATH; i++)
            f->column[c][i] = 1e6 / (1.0 + i + c);
    }
    f->result = (struct result){.name = "bench",
                                .description = "",
                                .n_path = N_PATH,
                                .horizon_s = 86400.0,
                                .step_s = 300.0,
                                .n_metric = N_COLUMN,
                                .metric = f->metric,
                                .n_column = N_COLUMN,
                                .column = f->column,
                                .resolved = ""};
    if (!risk_compute(&f->result, arena, &f->risk, &err))
        die(&err);
    return f;
}

static double file_run(void *work)
{
    const struct file *f = work;

#pragma omp critical
    {
        struct error err;
        struct hdf5_writer *w = hdf5_create(f->path, "bench", 0, NULL, &err);
        if (w == NULL || !hdf5_add_cell(w, &f->result, &f->risk, 0, NULL, &err) ||
            !hdf5_finish(w, &err))
            die(&err);
    }
    return (double)N_COLUMN * N_PATH * sizeof(double);
}

static void file_stop(void *work)
{
    const struct file *f = work;

    unlink(f->path);
}

const struct bench_figure bench_file[] = {
    {"hdf5.write", "MB/s", 1e6, NULL, file_start, file_run, file_stop},
    {.name = NULL},
};
