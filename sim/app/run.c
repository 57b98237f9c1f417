#include "sim/app/app.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "output/hdf5.h"
#include "output/summary.h"
#include "output/text_file.h"
#include "sim/app/build_file.h"
#include "sim/app/cell.h"
#include "sim/app/memory.h"
#include "sim/hash.h"

enum { MAX_OPERANDS = 64, MAX_OVERRIDES = 256 };

static volatile sig_atomic_t stop_signal;

static const struct app_option RUN_OPTIONS[] = {
    {"-o", "FILE.h5", "result file [NAME.h5 of the scenario or suite]"},
    {"--set", "KEY=VALUE", "overrides any key, as in --set shocks[0].move=-0.3"},
    {"--paths", "N", "the same as --set run.paths=N"},
    {"--threads", "N",
     "threads to use [all; OMP_NUM_THREADS]; results do not depend on it"},
    {"--resume", NULL, "goes on where an interrupted run with the same inputs stopped"},
    {"--path", "N", "runs path N alone, prints its metrics, writes no file"},
    {"--events", "FILE.csv", "with --path: what its liquidations did, event by event"},
    {"--quiet", NULL, "no progress, warnings or tables"},
    {"--json", NULL, "prints the summary as JSON"},
    {NULL, NULL, NULL},
};

struct run_options {
    const char *output, *path, *events;
    bool resume, quiet, json;
    uint32_t n_operand, n_override;
    const char *operand[MAX_OPERANDS];
    struct override override[MAX_OVERRIDES];
};

/* Everything of one call: cells in order, one arena for all but the per-path numbers. */
struct job {
    const struct run_options *options;
    struct arena arena;
    const char *title, *output, *checkpoint_path;
    uint32_t n_cell;
    struct cell *cell;
    uint32_t n_input;
    struct hdf5_input *input; /* of all cells, without repeats */
    char sha256[65];
    uint32_t n_models;
    const struct model_table *models; /* scenarios under several markets, when all is run */
};

static void on_signal(int number)
{
    stop_signal = number;
}

/* The first signal ends the run after the units in flight, a second one at once. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal,
                               .sa_flags = (int)SA_RESETHAND | SA_RESTART};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static bool read_count(const char *text, uint64_t max, uint64_t *value)
{
    char *end;

    *value = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && *value <= max;
}

/* One option; false: one sentence in err. */
static bool take_option(const struct app_option *option, const char *value,
                        struct run_options *o, struct arena *arena, struct error *err)
{
    uint64_t count = 0;

    if (strcmp(option->name, "-o") == 0) {
        o->output = value;
    } else if (strcmp(option->name, "--resume") == 0) {
        o->resume = true;
    } else if (strcmp(option->name, "--quiet") == 0) {
        o->quiet = true;
    } else if (strcmp(option->name, "--json") == 0) {
        o->json = true;
    } else if (strcmp(option->name, "--path") == 0) {
        if (!read_count(value, UINT64_MAX >> 2, &count))
            return fail(err, "run: --path %s is not the number of a path", value);
        o->path = value;
    } else if (strcmp(option->name, "--events") == 0) {
        o->events = value;
    } else if (strcmp(option->name, "--threads") == 0) {
        if (!read_count(value, 4096, &count) || count == 0)
            return fail(err, "run: --threads %s is not a number from 1 to 4096", value);
        run_threads((uint32_t)count);
    } else {
        const bool paths = strcmp(option->name, "--paths") == 0;
        const char *text = paths ? arena_print(arena, "run.paths=%s", value) : value;
        if (o->n_override == MAX_OVERRIDES)
            return fail(err, "run: more than %d overrides", MAX_OVERRIDES);
        if (!app_override(text, arena, &o->override[o->n_override++]))
            return fail(err, "run: --set %s: write --set KEY=VALUE", value);
    }
    return true;
}

/* Reads suites and scenarios into cells, and what is common to them. */
static bool read_cells(struct job *job, struct error *err)
{
    const struct run_options *o = job->options;
    struct suite *suite = arena_get(&job->arena, o->n_operand, sizeof *suite);

    for (uint32_t i = 0; i < o->n_operand; i++) {
        if (!suite_read(o->operand[i], o->n_override, o->override, &job->arena, &suite[i],
                        err))
            return false;
        job->n_cell += suite[i].n_cell;
    }
    job->cell = arena_get(&job->arena, job->n_cell, sizeof *job->cell);
    job->n_cell = 0;
    for (uint32_t i = 0; i < o->n_operand; i++)
        for (uint32_t c = 0; c < suite[i].n_cell; c++) {
            const struct suite_cell *from = &suite[i].cell[c];
            struct cell *to = &job->cell[job->n_cell++];
            to->name = from->name;
            to->without_market = from->without_market;
            to->n_market = suite[i].n_market;
            if (!scenario_read(from->scenario_file, from->n_override, from->override,
                               &job->arena, &to->scenario, err))
                return false;
            for (uint32_t other = 0; other + 1 < job->n_cell; other++)
                if (strcmp(job->cell[other].name, to->name) == 0)
                    return fail(err, "run: two cells are called %s: rename a scenario",
                                to->name);
        }
    job->title = suite[0].name;
    return true;
}

/* The inputs of all cells once each, and the hash of all that the result depends on. */
static void gather_inputs(struct job *job)
{
    struct arena *arena = &job->arena;
    char *all = arena_text(arena, TAILRACE_VERSION);
    uint32_t max = 0;

    for (uint32_t c = 0; c < job->n_cell; c++)
        max += job->cell[c].scenario.n_input;
    job->input = arena_get(arena, max, sizeof *job->input);
    for (uint32_t c = 0; c < job->n_cell; c++) {
        const struct scenario *s = &job->cell[c].scenario;
        char sha256[65];
        hash_sha256(s->resolved, strlen(s->resolved), sha256);
        all = arena_print(arena, "%s\n%s %s", all, job->cell[c].name, sha256);
        for (uint32_t i = 0; i < s->n_input; i++) {
            const struct input_file *file = &s->input[i];
            uint32_t known = 0;
            all = arena_print(arena, "%s %s", all, file->sha256);
            while (known < job->n_input && strcmp(job->input[known].name, file->name) != 0)
                known++;
            if (known == job->n_input)
                job->input[job->n_input++] =
                    (struct hdf5_input){file->name, file->text, file->size, file->sha256};
        }
    }
    hash_sha256(all, strlen(all), job->sha256);
}

/* A fresh checkpoint, or the one of the interrupted run; one without a finished unit is as
 * good as fresh. */
static bool open_checkpoint(struct job *job, struct checkpoint *checkpoint,
                            struct error *err)
{
    const char *path = job->checkpoint_path;

    if (access(path, F_OK) != 0)
        return checkpoint_create(checkpoint, path, job->sha256, err);
    if (!checkpoint_open(checkpoint, path, job->sha256, err))
        return false;
    if (job->options->resume || checkpoint_is_empty(checkpoint))
        return true;
    checkpoint_close(checkpoint);
    return fail(err,
                "%s: an interrupted run left this checkpoint: go on with --resume, or "
                "remove it to start again",
                path);
}

static int verdict(const struct job *job)
{
    int code = EXIT_OK;

    for (uint32_t c = 0; c < job->n_cell; c++)
        for (uint32_t i = 0; i < job->cell[c].n_limit; i++) {
            const enum limit_verdict v = job->cell[c].limit[i].verdict;
            if (v == LIMIT_FAIL)
                return EXIT_BROKEN;
            code = v == LIMIT_UNDECIDED ? EXIT_UNDECIDED : code;
        }
    return code;
}

static bool print_summary(const struct job *job, struct error *err)
{
    struct arena arena = {NULL};
    struct summary_cell *cell = arena_get(&arena, job->n_cell, sizeof *cell);
    const struct summary summary = {job->output, job->n_cell, cell, job->n_models,
                                    job->models};
    bool ok = true;

    for (uint32_t c = 0; c < job->n_cell; c++) {
        const struct cell *from = &job->cell[c];
        cell[c] = (struct summary_cell){.name = from->name,
                                        .description = from->result.description,
                                        .n_path = from->result.n_path,
                                        .seed = from->result.seed,
                                        .horizon_s = from->result.horizon_s,
                                        .step_s = from->result.step_s,
                                        .risk = from->risk,
                                        .greeks = from->result.greeks,
                                        .explanation = from->result.explanation,
                                        .revaluation = from->result.revaluation,
                                        .cascades = from->result.cascades,
                                        .n_limit = from->n_limit,
                                        .limit = from->limit};
    }
    if (job->options->json)
        ok = summary_json(&summary, stdout, err);
    else if (!job->options->quiet)
        summary_print(&summary, stdout);
    arena_free(&arena);
    return ok && (fflush(stdout) == 0 || fail(err, "cannot write the summary to stdout"));
}

/* All cells into the result file. */
static enum run_outcome run_cells(struct job *job, struct checkpoint *checkpoint,
                                  struct hdf5_writer *writer, struct error *err)
{
    enum run_outcome outcome = RUN_DONE;

    for (uint32_t c = 0; c < job->n_cell && outcome == RUN_DONE; c++) {
        struct cell *cell = &job->cell[c];
        struct arena columns = {NULL};
        const struct cell_job how = {.checkpoint = checkpoint,
                                     .number = c,
                                     .show_progress = !job->options->quiet,
                                     .stop = &stop_signal};
        outcome = cell_run(cell, &how, &job->arena, &columns, err);
        if (outcome == RUN_DONE && !hdf5_add_cell(writer, &cell->result, &cell->risk,
                                                  cell->n_limit, cell->limit, err))
            outcome = RUN_FAILED;
        arena_free(&columns);
    }
    if (outcome != RUN_DONE)
        return outcome;
    job->n_models = cell_compare(job->cell, job->n_cell, &job->arena, &job->models);
    return hdf5_add_models(writer, job->n_models, job->models, err) ? RUN_DONE : RUN_FAILED;
}

/* What is left of a run that did not end. One that failed before a unit was finished leaves
 * no checkpoint, which would refuse the repaired inputs. */
static int leave_run(const struct job *job, enum run_outcome outcome,
                     struct checkpoint *checkpoint, const struct error *err)
{
    struct error other;

    if (outcome == RUN_STOPPED) {
        checkpoint_close(checkpoint);
        fprintf(stderr,
                "tailrace: interrupted; %s keeps what is done: go on with --resume\n",
                job->checkpoint_path);
        return EXIT_SIGNAL + stop_signal;
    }
    if (!checkpoint_is_empty(checkpoint))
        checkpoint_close(checkpoint);
    else
        checkpoint_remove(checkpoint, &other); /* one sentence, and err has the cause */
    return app_fail(EXIT_ERROR, err->text);
}

static int run_to_file(struct job *job, struct error *err)
{
    struct checkpoint checkpoint = {.path = NULL};
    struct timespec start, end;

    job->output = job->options->output != NULL
                      ? job->options->output
                      : arena_print(&job->arena, "%s.h5", job->title);
    if (!text_file_check(job->output, true, err))
        return app_fail(EXIT_USAGE, arena_print(&job->arena, "run: %s", err->text));
    job->checkpoint_path = arena_print(&job->arena, "%s.ckpt", job->output);
    gather_inputs(job);
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (uint32_t c = 0; c < job->n_cell; c++)
        if (!cell_compile(&job->cell[c], job->options->quiet, &job->arena, err))
            return app_fail(EXIT_USAGE, err->text);
    for (uint32_t c = 0; c < job->n_cell; c++)
        if (!cell_fits(&job->cell[c], err))
            return app_fail(EXIT_ERROR, err->text);
    catch_signals();
    if (!open_checkpoint(job, &checkpoint, err))
        return app_fail(EXIT_ERROR, err->text);
    struct hdf5_writer *writer =
        hdf5_create(job->output, job->title, job->n_input, job->input, err);
    enum run_outcome outcome =
        writer == NULL ? RUN_FAILED : run_cells(job, &checkpoint, writer, err);
    if (outcome != RUN_DONE) {
        hdf5_abandon(writer);
        return leave_run(job, outcome, &checkpoint, err);
    }
    if (!hdf5_finish(writer, err) || !checkpoint_remove(&checkpoint, err))
        return app_fail(EXIT_ERROR, err->text);
    clock_gettime(CLOCK_MONOTONIC, &end);
    const double peak_bytes = memory_peak();
    build_file_write(job->output,
                     (double)(end.tv_sec - start.tv_sec) +
                         1e-9 * (double)(end.tv_nsec - start.tv_nsec),
                     peak_bytes);
    const bool printed = print_summary(job, err);
    if (printed &&
        !job->options->quiet) /* not on stdout, where equal runs print the same */
        fprintf(stderr, "tailrace: peak memory %.4g MB\n", 1e-6 * peak_bytes);
    return printed ? verdict(job) : app_fail(EXIT_ERROR, err->text);
}

static int run_one_path(struct job *job, struct error *err)
{
    const char *events = job->options->events;

    if (events != NULL && job->n_cell > 1)
        return app_fail(EXIT_USAGE, "run: --events takes one scenario: name no other");
    if (events != NULL && !text_file_check(events, true, err))
        return app_fail(EXIT_USAGE, err->text);
    for (uint32_t c = 0; c < job->n_cell; c++) {
        if (!cell_compile(&job->cell[c], true, &job->arena, err))
            return app_fail(EXIT_USAGE, err->text);
        printf("# %s, path %s\n", job->cell[c].name, job->options->path);
        const uint64_t path = strtoull(job->options->path, NULL, 10);
        if (cell_print_path(&job->cell[c], path, events, err) != RUN_DONE)
            return app_fail(EXIT_ERROR, err->text);
    }
    return EXIT_OK;
}

static int run_run(int argc, char **argv)
{
    struct run_options options = {.output = NULL};
    struct job job = {.options = &options};
    const struct app_option *option;
    const char *value;
    struct error err;
    bool wrong = false;
    int code = EXIT_USAGE;

    for (int at = 0;
         !wrong && app_next(&app_run, argc, argv, &at, &option, &value, &wrong);) {
        if (option != NULL && !take_option(option, value, &options, &job.arena, &err))
            wrong = app_fail(true, err.text);
        else if (option == NULL && options.n_operand == MAX_OPERANDS)
            wrong = app_fail(true, "run: more than 64 files: put them into a suite");
        else if (option == NULL)
            options.operand[options.n_operand++] = value;
    }
    if (!wrong && options.n_operand == 0)
        wrong =
            app_fail(true, "run: give a scenario or suite file: see tailrace run --help");
    if (!wrong && options.events != NULL && options.path == NULL)
        wrong = app_fail(true, "run: --events goes with --path N: name the path");
    if (!wrong && !read_cells(&job, &err))
        app_fail(EXIT_USAGE, err.text);
    else if (!wrong)
        code = options.path != NULL ? run_one_path(&job, &err) : run_to_file(&job, &err);
    arena_free(&job.arena);
    return code;
}

const struct app_command app_run = {
    .name = "run",
    .operands = "SCENARIO|SUITE...",
    .doc = "runs scenarios and suites into one result file",
    .options = RUN_OPTIONS,
    .run = run_run,
};
