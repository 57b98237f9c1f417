#include "sim/app/app.h"

#include <stdio.h>
#include <string.h>

#include "sim/app/cell.h"

enum { MAX_FILES = 64, MAX_OVERRIDES = 256 };

static const struct app_option CHECK_OPTIONS[] = {
    {"--set", "KEY=VALUE", "overrides any key, as in --set shocks[0].move=-0.3"},
    {"--quiet", NULL, "prints nothing if all is well"},
    {NULL, NULL, NULL},
};

/* Reads, compiles and prints one cell. */
static bool check_cell(const struct suite_cell *from, bool quiet, struct arena *arena,
                       struct error *err)
{
    struct cell cell = {.name = from->name};
    const struct plan *plan = &cell.plan;
    uint32_t n_other = 0;

    if (!scenario_read(from->scenario_file, from->n_override, from->override, arena,
                       &cell.scenario, err) ||
        !cell_compile(&cell, false, arena, err))
        return false;
    for (uint32_t i = 0; i < plan->n_venue; i++)
        if (plan->venue[i].population != NULL)
            n_other += plan->venue[i].population->n_real;
    if (!quiet)
        printf("# %s: %u assets, %u steps, %u positions in %u accounts worth %.6g USD, "
               "%u other accounts\n%s",
               cell.name, plan->n_asset, plan->n_step, plan->n_position, plan->n_account,
               plan->start_value_usd, n_other, cell.scenario.resolved);
    return true;
}

static int run_check(int argc, char **argv)
{
    struct arena arena = {NULL};
    struct override override[MAX_OVERRIDES];
    const struct app_option *option;
    const char *file[MAX_FILES], *value;
    uint32_t n_file = 0, n_override = 0;
    bool quiet = false, wrong = false, ok = true;
    struct error err;

    for (int at = 0;
         !wrong && app_next(&app_check, argc, argv, &at, &option, &value, &wrong);) {
        if (option == NULL && n_file == MAX_FILES)
            wrong = app_fail(true, "check: more than 64 files: put them into a suite");
        else if (option == NULL)
            file[n_file++] = value;
        else if (option->value == NULL)
            quiet = true;
        else if (n_override == MAX_OVERRIDES)
            wrong = app_fail(true, "check: more than 256 overrides");
        else if (!app_override(value, &arena, &override[n_override++]))
            wrong = app_fail(true, arena_print(&arena,
                                               "check: --set %s: write --set "
                                               "KEY=VALUE",
                                               value));
    }
    if (!wrong && n_file == 0)
        wrong = app_fail(true,
                         "check: give a scenario or suite file: see tailrace check --help");
    for (uint32_t i = 0; i < n_file && !wrong && ok; i++) {
        struct suite suite;
        ok = suite_read(file[i], n_override, override, &arena, &suite, &err);
        for (uint32_t c = 0; ok && c < suite.n_cell; c++)
            ok = check_cell(&suite.cell[c], quiet, &arena, &err);
    }
    arena_free(&arena);
    return wrong ? EXIT_USAGE : ok ? EXIT_OK : app_fail(EXIT_USAGE, err.text);
}

const struct app_command app_check = {
    .name = "check",
    .operands = "SCENARIO|SUITE...",
    .doc = "checks inputs and prints the resolved scenario without running",
    .options = CHECK_OPTIONS,
    .run = run_check,
};
