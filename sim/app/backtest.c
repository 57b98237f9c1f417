#include "sim/app/app.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "output/hdf5.h"
#include "output/text_file.h"
#include "sim/run.h"
#include "sim/study/backtest.h"

static const struct app_option BACKTEST_OPTIONS[] = {
    {"-o", "FILE.h5", "result file with every forecast [none]"},
    {"--assets", "A,B", "columns of the price file [all]"},
    {"--models", "A,B", "price models to walk [all that can be estimated]"},
    {"--levels", "P,Q", "levels of VaR and ES [0.95,0.975,0.99]"},
    {"--window", "DURATION", "prices that a model is fitted to [500d]"},
    {"--every", "DURATION", "time between two fits [20d]"},
    {"--step", "DURATION", "time of one return [that of the file]"},
    {"--draws", "N", "paths of one forecast, a multiple of 64 [16384]"},
    {"--significance", "P", "below which a model fails, all its tests together [0.05]"},
    {"--utc-offset", "HOURS", "of the file's clock, 2 for UTC+2 [0]"},
    {"--seed", "N", "of the fits and the forecasts [1]"},
    {"--threads", "N",
     "threads to use [all; OMP_NUM_THREADS]; results do not depend on it"},
    {"--force", NULL, "overwrites FILE.h5"},
    {"--quiet", NULL, "no progress and no table"},
    {"--json", NULL, "prints the figures as JSON"},
    {NULL, NULL, NULL},
};

struct backtest_call {
    struct backtest_options options;
    const char *output;
    bool force, quiet, json;
    struct arena arena;
};

static bool take_levels(struct backtest_call *call, const char *value, struct error *err)
{
    struct backtest_options *o = &call->options;
    const char *word[BACKTEST_MAX_LEVEL];

    if (!app_words(&app_backtest, "--levels", value, BACKTEST_MAX_LEVEL, &call->arena, word,
                   &o->n_level, err))
        return false;
    for (uint32_t l = 0; l < o->n_level; l++)
        if (!field_number(word[l], &o->level[l]) || o->level[l] < 0.5 ||
            o->level[l] > 0.9999)
            return fail(err, "backtest: --levels %s is not a level from 0.5 to 0.9999",
                        word[l]);
    return true;
}

static bool take_duration(const char *option, const char *value, double *seconds,
                          struct error *err)
{
    if (field_duration(value, seconds) && *seconds >= 1.0 && *seconds <= 3e9)
        return true;
    return fail(err, "backtest: %s %s is not a duration: write 20d or 6h", option, value);
}

/* A number within its range; a whole one where `whole`. */
static bool take_number(const char *option, const char *value, double min, double max,
                        bool whole, double *number, struct error *err)
{
    if (field_number(value, number) && *number >= min && *number <= max &&
        (!whole || *number == floor(*number)))
        return true;
    return fail(err, "backtest: %s %s is not a %snumber from %g to %g", option, value,
                whole ? "whole " : "", min, max);
}

static bool take_option(struct backtest_call *call, const char *option, const char *value,
                        struct error *err)
{
    struct backtest_options *o = &call->options;
    double number = 0.0;

    if (strcmp(option, "-o") == 0) {
        call->output = value;
    } else if (strcmp(option, "--force") == 0) {
        call->force = true;
    } else if (strcmp(option, "--quiet") == 0) {
        call->quiet = true;
    } else if (strcmp(option, "--json") == 0) {
        call->json = true;
    } else if (strcmp(option, "--assets") == 0) {
        return app_words(&app_backtest, option, value, BACKTEST_MAX, &call->arena, o->asset,
                         &o->n_asset, err);
    } else if (strcmp(option, "--models") == 0) {
        return app_words(&app_backtest, option, value, BACKTEST_MAX, &call->arena, o->model,
                         &o->n_model, err);
    } else if (strcmp(option, "--levels") == 0) {
        return take_levels(call, value, err);
    } else if (strcmp(option, "--window") == 0) {
        return take_duration(option, value, &o->window_s, err);
    } else if (strcmp(option, "--every") == 0) {
        return take_duration(option, value, &o->every_s, err);
    } else if (strcmp(option, "--step") == 0) {
        return take_duration(option, value, &o->dates.step_s, err);
    } else if (strcmp(option, "--significance") == 0) {
        return take_number(option, value, 1e-6, 0.5, false, &o->significance, err);
    } else if (strcmp(option, "--utc-offset") == 0) {
        if (!take_number(option, value, -24.0, 24.0, false, &number, err))
            return false;
        o->utc_offset_s = 3600.0 * number;
    } else if (strcmp(option, "--seed") == 0) {
        if (!take_number(option, value, 0.0, 0x1p53, true, &number, err))
            return false;
        o->seed = (uint64_t)number;
    } else if (strcmp(option, "--threads") == 0) {
        if (!take_number(option, value, 1.0, 4096.0, true, &number, err))
            return false;
        run_threads((uint32_t)number);
    } else {
        if (!take_number(option, value, 1024.0, 1048576.0, true, &number, err))
            return false;
        if (fmod(number, 64.0) != 0.0)
            return fail(err, "backtest: --draws %s is no multiple of 64", value);
        o->n_draw = (uint32_t)number;
    }
    return true;
}

static bool write_file(const struct backtest_call *call, const struct input_list *inputs,
                       const struct backtest *b, struct error *err)
{
    struct arena arena = {NULL};
    struct hdf5_input *input = arena_get(&arena, inputs->n, sizeof *input);

    for (uint32_t i = 0; i < inputs->n; i++) {
        const struct input_file *file = &inputs->file[i];
        input[i] = (struct hdf5_input){file->name, file->text, file->size, file->sha256};
    }
    struct hdf5_writer *writer =
        hdf5_create(call->output, "backtest", inputs->n, input, err);
    bool ok = writer != NULL && hdf5_add_backtest(writer, b, err);
    if (!ok)
        hdf5_abandon(writer);
    ok = ok && hdf5_finish(writer, err);
    arena_free(&arena);
    return ok;
}

static int work(struct backtest_call *call)
{
    struct input_list inputs = {.arena = &call->arena};
    struct backtest b;
    struct error err;

    if (call->output != NULL && !text_file_check(call->output, call->force, &err)) {
        struct error named;
        fail(&named, "backtest: %.900s", err.text);
        return app_fail(EXIT_USAGE, named.text);
    }
    if (!backtest_walk(&call->options, &inputs, &call->arena, &b, &err))
        return app_fail(EXIT_USAGE, err.text);
    if (call->output != NULL && !write_file(call, &inputs, &b, &err))
        return app_fail(EXIT_ERROR, err.text);
    if (call->json && !backtest_json(&b, stdout, &err))
        return app_fail(EXIT_ERROR, err.text);
    if (!call->json && !call->quiet) {
        backtest_print(&b, stdout);
        if (call->output != NULL)
            printf("%s\n", call->output);
    }
    return fflush(stdout) == 0 ? EXIT_OK
                               : app_fail(EXIT_ERROR, "cannot write the tables to stdout");
}

static int run_backtest(int argc, char **argv)
{
    struct backtest_call call = {.options = {.window_s = 500.0 * 86400.0,
                                             .every_s = 20.0 * 86400.0,
                                             .n_level = 3,
                                             .level = {0.95, 0.975, 0.99},
                                             .n_draw = 16384,
                                             .significance = 0.05,
                                             .seed = 1}};
    const struct app_option *option;
    const char *value;
    struct error err;
    bool wrong = false;

    for (int at = 0;
         !wrong && app_next(&app_backtest, argc, argv, &at, &option, &value, &wrong);) {
        if (option != NULL && !take_option(&call, option->name, value, &err))
            wrong = app_fail(true, err.text);
        else if (option == NULL && call.options.prices != NULL)
            wrong = app_fail(true, "backtest: give one price file, not several");
        else if (option == NULL)
            call.options.prices = value;
    }
    if (!wrong && call.options.prices == NULL)
        wrong = app_fail(true, "backtest: give a price file: see tailrace backtest --help");
    call.options.label = call.quiet || call.json ? NULL : "backtest";
    const int code = wrong ? EXIT_USAGE : work(&call);
    arena_free(&call.arena);
    return code;
}

const struct app_command app_backtest = {
    .name = "backtest",
    .operands = "PRICES.csv",
    .doc = "walks fitted price models over recorded prices and tests their VaR and ES",
    .options = BACKTEST_OPTIONS,
    .run = run_backtest,
};
