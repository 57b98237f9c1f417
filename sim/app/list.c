#include "sim/app/app.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/registry.h"

static void print_about(const struct about *about)
{
    printf("  %-20s %s\n", about->name, about->doc);
}

static int run_list(int argc, char **argv)
{
    const struct app_option *option;
    const char *value;
    bool wrong = false;
    int at = 0;

    if (app_next(&app_list, argc, argv, &at, &option, &value, &wrong))
        wrong = app_fail(true, "list takes no operands: see tailrace list --help");
    if (wrong)
        return EXIT_USAGE;
    printf("price models\n");
    for (const struct price_model *const *p = registry_price; *p != NULL; p++)
        print_about(&(*p)->about);
    printf("\ninstruments\n");
    for (const struct instrument *const *p = registry_instrument; *p != NULL; p++)
        print_about(&(*p)->about);
    printf("\nmargin rules\n");
    for (const struct margin_rule *const *p = registry_margin; *p != NULL; p++)
        print_about(&(*p)->about);
    printf("\nliquidity models\n");
    for (const struct liquidity_model *const *p = registry_liquidity; *p != NULL; p++)
        print_about(&(*p)->about);
    printf("\nliquidation models\n");
    for (const struct liquidation_model *const *p = registry_liquidation; *p != NULL; p++)
        print_about(&(*p)->about);
    printf("\nsections of the input files\n");
    for (const struct section_about *s = scenario_sections; s->name != NULL; s++)
        printf("  %-36s %s\n", s->name, s->doc);
    printf("\ntailrace describe NAME explains each of them\n");
    return EXIT_OK;
}

const struct app_command app_list = {
    .name = "list",
    .operands = "",
    .doc = "models, instruments, rules and sections there are",
    .run = run_list,
};

static void print_default(const struct field *f)
{
    if (f->required)
        printf("required");
    else if (f->type >= FIELD_UTC)
        printf("may be absent");
    else if (f->type == FIELD_TEXT || f->type == FIELD_CHOICE)
        printf("default %s", f->preset_text == NULL ? "none" : f->preset_text);
    else if (f->type == FIELD_FLAG)
        printf("default %s", f->preset != 0.0 ? "true" : "false");
    else if (!isfinite(f->preset))
        printf("may be empty");
    else
        printf("default %g", f->preset);
}

static void print_fields(const struct field *fields)
{
    for (const struct field *f = fields; f != NULL && f->key != NULL; f++) {
        printf("  %-26s %s [%s; ", f->key, f->doc, f->unit == NULL ? "1" : f->unit);
        print_default(f);
        if (f->min < f->max)
            printf("; %g .. %g", f->min, f->max);
        for (const char *const *c = f->choices; c != NULL && *c != NULL; c++)
            printf("%s%s", c == f->choices ? "; " : "|", *c);
        printf("]\n");
    }
}

/* Prints a plug-in if it has the name wanted. */
static bool describe(const char *kind, const struct about *about, const char *name)
{
    if (strcmp(about->name, name) != 0)
        return false;
    printf("%s (%s)\n%s\n", about->name, kind, about->doc);
    print_fields(about->fields);
    if (about->example != NULL)
        printf("example: %s\n", about->example);
    return true;
}

static int run_describe(int argc, char **argv)
{
    const struct app_option *option;
    const char *name = NULL, *value;
    bool found = false, wrong = false;

    for (int at = 0;
         !wrong && app_next(&app_describe, argc, argv, &at, &option, &value, &wrong);) {
        if (name != NULL)
            wrong = app_fail(true, "describe takes one name: see tailrace list");
        name = value;
    }
    if (!wrong && name == NULL)
        wrong = app_fail(true, "describe takes a name: see tailrace list");
    if (wrong)
        return EXIT_USAGE;
    for (const struct price_model *const *p = registry_price; *p != NULL; p++)
        found |= describe("price model", &(*p)->about, name);
    for (const struct instrument *const *p = registry_instrument; *p != NULL; p++)
        found |= describe("instrument; columns of positions.csv beside id, account, venue, "
                          "instrument and asset",
                          &(*p)->about, name);
    for (const struct margin_rule *const *p = registry_margin; *p != NULL; p++)
        found |= describe("margin rule", &(*p)->about, name);
    for (const struct liquidity_model *const *p = registry_liquidity; *p != NULL; p++)
        found |= describe("liquidity model", &(*p)->about, name);
    for (const struct liquidation_model *const *p = registry_liquidation; *p != NULL; p++)
        found |= describe("liquidation model", &(*p)->about, name);
    for (const struct section_about *s = scenario_sections; s->name != NULL; s++)
        if (strcmp(s->name, name) == 0) {
            printf("%s\n%s\n", s->name, s->doc);
            print_fields(s->fields);
            found = true;
        }
    if (found)
        return EXIT_OK;
    fprintf(stderr, "tailrace: describe: nothing is called %s: see tailrace list\n", name);
    return EXIT_USAGE;
}

const struct app_command app_describe = {
    .name = "describe",
    .operands = "NAME",
    .doc = "what NAME is, its parameters with unit, range and default",
    .run = run_describe,
};
