#include "sim/app/app.h"

#include <stdio.h>

#include "output/show.h"

static const struct app_option SHOW_OPTIONS[] = {
    {"--json", NULL, "prints the figures as JSON"},
    {NULL, NULL, NULL},
};

static int run_show(int argc, char **argv)
{
    const struct app_option *option;
    const char *value, *file = NULL;
    struct error err;
    bool json = false, wrong = false;

    for (int at = 0;
         !wrong && app_next(&app_show, argc, argv, &at, &option, &value, &wrong);) {
        json = json || option != NULL;
        if (option == NULL && file != NULL)
            wrong = app_fail(true, "show: give one result file, not several");
        else if (option == NULL)
            file = value;
    }
    if (!wrong && file == NULL)
        wrong = app_fail(true, "show: give a result file: see tailrace show --help");
    if (wrong)
        return EXIT_USAGE;
    return show(file, json, stdout, &err) ? EXIT_OK : app_fail(EXIT_ERROR, err.text);
}

const struct app_command app_show = {
    .name = "show",
    .operands = "FILE.h5",
    .doc = "prints the risk figures of a result file",
    .options = SHOW_OPTIONS,
    .run = run_show,
};
