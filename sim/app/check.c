#include "sim/app/app.h"

#include <stdio.h>
#include <string.h>

#include "sim/app/cell.h"

enum { MAX_OVERRIDES = 256 };

static const struct app_option CHECK_OPTIONS[] = {
    {"--set", "KEY=VALUE", "overrides any key, as in --set shocks[0].move=-0.3"},
    {"--quiet", NULL, "prints nothing if all is well"},
    {NULL, NULL, NULL},
};

/* Reads, compiles and prints one cell. */
static bool check_cell(const struct suite_cell *cell, bool quiet, struct arena *arena,
                       struct error *err)
{
    struct cell checked = {.name = cell->name};
    const struct plan *plan = &checked.plan;

    if (!scenario_read(cell->scenario_file, cell->n_override, cell->override, arena,
                       &checked.scenario, err) ||
        !cell_compile(&checked, false, arena, err))
        return false;
    if (!quiet)
        printf("# %s: %u assets, %u steps, %u positions in %u accounts worth %.6g USD, "
               "%u other accounts\n%s",
               cell->name, plan->n_asset, plan->n_step, plan->n_position, plan->n_account,
               plan->start_value_usd,
               plan->population == NULL ? 0 : plan->population->n_real,
               checked.scenario.resolved);
    return true;
}

static int run_check(int argc, char **argv)
{
    struct arena arena = {NULL};
    struct override override[MAX_OVERRIDES];
    const struct app_option *option;
    const char *file[MAX_OVERRIDES], *value;
    uint32_t n_file = 0, n_override = 0;
    bool quiet = false, wrong = false, ok = true;
    struct error err;

    for (int at = 0; app_next(&app_check, argc, argv, &at, &option, &value, &wrong);) {
        if (option == NULL && n_file < MAX_OVERRIDES)
            file[n_file++] = value;
        else if (option != NULL && option->value == NULL)
            quiet = true;
        else if (option != NULL && n_override < MAX_OVERRIDES &&
                 app_override(value, &arena, &override[n_override]))
            n_override++;
        else
            wrong = app_fail(true, "check: --set takes KEY=VALUE");
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
