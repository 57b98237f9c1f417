#include "sim/app/app.h"

#include <stdio.h>
#include <string.h>

#include "scenarios/compile.h"
#include "scenarios/population.h"
#include "sim/app/cell.h"
#include "sim/population_summary.h"

enum { MAX_FILES = 64, MAX_OVERRIDES = 256 };

static const struct app_option CHECK_OPTIONS[] = {
    {"--set", "KEY=VALUE", "overrides any key, as in --set shocks[0].move=-0.3"},
    {"--quiet", NULL, "prints nothing if all is well"},
    {NULL, NULL, NULL},
};

static void print_quantiles(const char *what, const double *at, const double *value)
{
    printf("%s at", what);
    for (int i = 0; i < POPULATION_QUANTILES; i++)
        printf("%s %g", i == 0 ? "" : ",", 100.0 * at[i]);
    for (int i = 0; i < POPULATION_QUANTILES; i++)
        printf("%s %.3g", i == 0 ? " %:" : ",", value[i]);
}

/* Figures of one population, behind "##" so that what follows stays a scenario. */
static void print_population(const struct scenario_population *from,
                             const struct population *p)
{
    struct population_summary s;
    const struct cover_section *cover = from->source == NULL ? NULL : &from->source->cover;

    population_summarise(p, &s);
    printf("## %s: %.10g accounts", from->venue, s.accounts);
    if (s.long_usd > 0.0 || s.short_usd > 0.0)
        printf(", long %.6g, short %.6g USD of contracts", s.long_usd, s.short_usd);
    if (s.held_usd > 0.0 || s.owed_usd > 0.0)
        printf(", hold %.6g, owe %.6g USD", s.held_usd, s.owed_usd);
    printf("; the %d largest %.3g %%\n##   ", POPULATION_LARGEST, 100.0 * s.largest_frac);
    print_quantiles("leverage of accounts", POPULATION_LEVERAGE_AT, s.leverage);
    print_quantiles("; adverse move that liquidates, by exposure,", POPULATION_DISTANCE_AT,
                    s.distance_frac);
    printf("\n##   liquidatable at the start and left out: %u accounts, %.6g USD\n",
           p->n_excluded, p->excluded_usd);
    if (cover != NULL && (cover->covers_frac < 1.0 || cover->replicas > 1))
        printf("##   given: %.4g of the venue; each account is %llu replicas of weight "
               "%.4g\n",
               cover->covers_frac, (unsigned long long)cover->replicas,
               1.0 / (cover->covers_frac * (double)cover->replicas));
}

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
    if (quiet)
        return true;
    printf("# %s: %u assets, %u steps, %u positions in %u accounts worth %.6g USD, "
           "%u other accounts\n",
           cell.name, plan->n_asset, plan->n_step, plan->n_position, plan->n_account,
           plan->start_value_usd, n_other);
    for (uint32_t i = 0; i < cell.scenario.n_population; i++) {
        const struct scenario_population *p = &cell.scenario.population[i];
        const uint32_t venue = compile_venue_index(&cell.scenario, p->venue);
        if (plan->venue[venue].population != NULL)
            print_population(p, plan->venue[venue].population);
    }
    printf("%s", cell.scenario.resolved);
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
