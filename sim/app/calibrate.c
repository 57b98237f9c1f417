#include "sim/app/app.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/text_file.h"
#include "scenarios/utc.h"
#include "sim/study/calibrate.h"

static const struct app_option CALIBRATE_OPTIONS[] = {
    {"-o", "FILE.yaml", "market file to write [none: the table on the terminal alone]"},
    {"--assets", "A,B", "columns of the price file, or BTC=close to rename one [all]"},
    {"--models", "A,B", "price models to fit [all]"},
    {"--choose", "RULE", "which one is written: bic, aic or the name of a model [bic]"},
    {"--from", "DATE", "first date used, as 2024-01-01 or \"2024-01-01 08:00\" [all]"},
    {"--to", "DATE", "last date used [all]"},
    {"--step", "DURATION", "time of one return, as 1h or 1d [that of the file]"},
    {"--utc-offset", "HOURS", "of the file's clock, 2 for UTC+2 [0]"},
    {"--drift", "RULE", "estimated growth rates or zero [estimated]"},
    {"--peg", "A[:B]", "A is held at a parity, in USD or in units of B; may be repeated"},
    {"--chain", "FILE.csv", "option chain to fit surfaces to [none]"},
    {"--chain-unit", "UNIT", "of its mark_iv: fraction or percent [fraction]"},
    {"--surface", "FORM",
     "of its surfaces: ssvi, or svi, with two numbers more per expiry [ssvi]"},
    {"--name", "NAME", "of the market [from the name of FILE.yaml]"},
    {"--seed", "N", "of the restarts of the fits [1]"},
    {"--force", NULL, "overwrites FILE.yaml"},
    {"--quiet", NULL, "no progress and no table"},
    {"--json", NULL, "prints the results as JSON"},
    {NULL, NULL, NULL},
};

struct calibrate_call {
    struct calibrate_options options;
    const char *output, *name;
    bool force, quiet, json;
    struct arena arena;
};

/* A date alone is the whole day: from its first second to its last. */
static bool take_date(struct calibrate_call *call, const char *option, const char *value,
                      bool end, double *seconds, struct error *err)
{
    const bool date = strlen(value) == 10;
    const char *full = date ? arena_print(&call->arena, "%s 00:00", value) : value;

    if (!utc_read(full, seconds))
        return fail(err,
                    "calibrate: %s %s is not a date: write 2024-01-31 or "
                    "\"2024-01-31 08:00\"",
                    option, value);
    if (date)
        *seconds += end ? 86400.0 : 1e-3;
    return true;
}

/* "USDC" or "STETH:ETH" */
static bool take_peg(struct calibrate_call *call, const char *value, struct error *err)
{
    struct calibrate_options *o = &call->options;
    char *name = arena_text(&call->arena, value), *colon = strchr(name, ':');

    if (o->n_peg == CALIBRATE_MAX_NAME)
        return fail(err, "calibrate: more than %d pegs", CALIBRATE_MAX_NAME);
    if (colon != NULL)
        *colon++ = '\0';
    if (*name == '\0' || (colon != NULL && *colon == '\0'))
        return fail(err, "calibrate: --peg '%s': write --peg USDC or --peg STETH:ETH",
                    value);
    o->peg[o->n_peg] = name;
    o->anchor[o->n_peg++] = colon;
    return true;
}

static bool take_choice(const char *option, const char *value, const char *const *words,
                        int *index, struct error *err)
{
    for (*index = 0; *index < 2; (*index)++)
        if (strcmp(value, words[*index]) == 0)
            return true;
    return fail(err, "calibrate: %s %s: write %s or %s", option, value, words[0], words[1]);
}

static bool take_number(const char *option, const char *value, struct calibrate_options *o,
                        struct error *err)
{
    double number;
    char *end;

    if (strcmp(option, "--step") == 0) {
        if (!field_duration(value, &o->window.step_s) || o->window.step_s < 1.0 ||
            o->window.step_s > 3e9)
            return fail(err, "calibrate: --step %s is not a duration: write 1h or 1d",
                        value);
    } else if (strcmp(option, "--utc-offset") == 0) {
        if (!field_number(value, &number) || fabs(number) > 24.0)
            return fail(
                err, "calibrate: --utc-offset %s is not a number of hours from -24 to 24",
                value);
        o->utc_offset_s = 3600.0 * number;
    } else {
        o->seed = strtoull(value, &end, 10);
        if (!isdigit((unsigned char)value[0]) || *end != '\0' || strlen(value) > 19)
            return fail(err, "calibrate: --seed %s is not a whole number", value);
    }
    return true;
}

static bool take_option(struct calibrate_call *call, const char *option, const char *value,
                        struct error *err)
{
    static const char *const units[] = {"fraction", "percent"};
    static const char *const forms[] = {"ssvi", "svi"};
    static const char *const drifts[] = {"estimated", "zero"};
    struct calibrate_options *o = &call->options;
    int index;

    if (strcmp(option, "-o") == 0)
        call->output = value;
    else if (strcmp(option, "--name") == 0)
        call->name = value;
    else if (strcmp(option, "--force") == 0)
        call->force = true;
    else if (strcmp(option, "--quiet") == 0)
        call->quiet = true;
    else if (strcmp(option, "--json") == 0)
        call->json = true;
    else if (strcmp(option, "--assets") == 0)
        return app_words(&app_calibrate, option, value, CALIBRATE_MAX_NAME, &call->arena,
                         o->asset, &o->n_asset, err);
    else if (strcmp(option, "--models") == 0)
        return strcmp(value, "all") == 0 ||
               app_words(&app_calibrate, option, value, CALIBRATE_MAX_NAME, &call->arena,
                         o->model, &o->n_model, err);
    else if (strcmp(option, "--peg") == 0)
        return take_peg(call, value, err);
    else if (strcmp(option, "--choose") == 0)
        o->choose = value;
    else if (strcmp(option, "--from") == 0)
        return take_date(call, option, value, false, &o->window.from_s, err);
    else if (strcmp(option, "--to") == 0)
        return take_date(call, option, value, true, &o->window.to_s, err);
    else if (strcmp(option, "--chain") == 0)
        o->chain = value;
    else if (strcmp(option, "--chain-unit") == 0)
        return take_choice(option, value, units, &o->chain_unit, err);
    else if (strcmp(option, "--surface") == 0) {
        if (!take_choice(option, value, forms, &index, err))
            return false;
        o->raw_svi = index == 1;
    } else if (strcmp(option, "--drift") == 0) {
        if (!take_choice(option, value, drifts, &index, err))
            return false;
        o->zero_drift = index == 1;
    } else
        return take_number(option, value, o, err);
    return true;
}

/* Options that say where to write, not what, are left out: the file is the same. */
static const char *command_text(int argc, char **argv, struct arena *arena)
{
    static const char *const of_output[] = {"-o", "--force", "--quiet", "--json"};
    const char *text = "tailrace calibrate";

    for (int i = 0; i < argc; i++) {
        bool left_out = false;
        for (size_t o = 0; o < sizeof of_output / sizeof of_output[0]; o++)
            left_out = left_out || strcmp(argv[i], of_output[o]) == 0;
        if (left_out) {
            i += strcmp(argv[i], "-o") == 0;
            continue;
        }
        const char *quote = strchr(argv[i], ' ') != NULL ? "\"" : "";
        text = arena_print(arena, "%s %s%s%s", text, quote, argv[i], quote);
    }
    return text;
}

/* The file's name without folder and ending, as a name of a market: lower case, digits and
 * hyphens. */
static const char *market_name(const char *path, struct arena *arena)
{
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    char *name = arena_text(arena, slash != NULL ? slash + 1 : path != NULL ? path : "");
    char *dot = strrchr(name, '.');

    if (dot != NULL && dot != name)
        *dot = '\0';
    for (char *p = name; *p != '\0'; p++)
        *p = isalnum((unsigned char)*p) ? (char)tolower((unsigned char)*p) : '-';
    return *name != '\0' ? name : "calibrated";
}

static bool write_market(const struct calibrate_call *call, const struct calibration *c,
                         struct error *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return fail(err, "no memory for the market file");
    calibrate_market(c, out);
    const bool whole = ferror(out) == 0;
    bool ok = fclose(out) == 0 && whole;
    ok = ok ? text_file_write(call->output, text, size, call->force, err)
            : fail(err, "no memory for the market file");
    free(text);
    return ok;
}

static int work(struct calibrate_call *call)
{
    struct calibration c;
    struct error err;

    if (call->output != NULL && !text_file_check(call->output, call->force, &err)) {
        struct error named;
        fail(&named, "calibrate: %.900s", err.text);
        return app_fail(EXIT_USAGE, named.text);
    }
    if (!calibrate(&call->options, &call->arena, &c, &err))
        return app_fail(EXIT_USAGE, err.text);
    if (call->output != NULL && !write_market(call, &c, &err))
        return app_fail(EXIT_ERROR, err.text);
    if (call->json)
        return calibrate_json(&c, stdout, &err) ? EXIT_OK : app_fail(EXIT_ERROR, err.text);
    if (!call->quiet) {
        calibrate_print(&c, "", stdout);
        if (call->output != NULL)
            printf("\n%s\n", call->output);
    }
    return EXIT_OK;
}

static int run_calibrate(int argc, char **argv)
{
    struct calibrate_call call = {.options = {.choose = "bic", .seed = 1}};
    const struct app_option *option;
    const char *value;
    struct error err;
    bool wrong = false;

    for (int at = 0;
         !wrong && app_next(&app_calibrate, argc, argv, &at, &option, &value, &wrong);) {
        if (option != NULL && !take_option(&call, option->name, value, &err))
            wrong = app_fail(true, err.text);
        else if (option == NULL && call.options.prices != NULL)
            wrong = app_fail(true, "calibrate: give one price file, not several");
        else if (option == NULL)
            call.options.prices = value;
    }
    if (!wrong && call.options.prices == NULL)
        wrong =
            app_fail(true, "calibrate: give a price file: see tailrace calibrate --help");
    call.options.command = command_text(argc, argv, &call.arena);
    call.options.market_name =
        market_name(call.name != NULL ? call.name : call.output, &call.arena);
    call.options.show_progress = !call.quiet && !call.json;
    const int code = wrong ? EXIT_USAGE : work(&call);
    arena_free(&call.arena);
    return code;
}

const struct app_command app_calibrate = {
    .name = "calibrate",
    .operands = "PRICES.csv",
    .doc = "fits price models to recorded prices and writes a market file",
    .options = CALIBRATE_OPTIONS,
    .run = run_calibrate,
};
