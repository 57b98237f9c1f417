#include "sim/app/app.h"

#include <gsl/gsl_errno.h>
#include <stdio.h>
#include <string.h>

static const struct app_command *const COMMANDS[] = {
    &app_run,       &app_check,    &app_list,   &app_describe, &app_show,
    &app_calibrate, &app_backtest, &app_margin, NULL};

static void print_help(FILE *to)
{
    fprintf(
        to,
        "Tailrace: Monte Carlo stress tests of leveraged crypto portfolios and of the "
        "venues\nthat carry them.\n\nusage: tailrace COMMAND [OPTION...] [FILE...]\n\n");
    for (const struct app_command *const *c = COMMANDS; *c != NULL; c++)
        fprintf(to, "  %-10s %-22s %s\n", (*c)->name, (*c)->operands, (*c)->doc);
    fprintf(to,
            "\n  COMMAND --help explains a command; --version prints the build.\n"
            "\nexit codes: 0 done, 1 the run or a file failed, 2 wrong usage or input, 3 a "
            "limit is\nbroken, 4 a limit is undecided, 130 or 143 interrupted (the "
            "checkpoint is kept)\n");
}

static void print_command_help(const struct app_command *command)
{
    printf("usage: tailrace %s [OPTION...] %s\n\n%s\n\n", command->name, command->operands,
           command->doc);
    for (const struct app_option *o = command->options; o != NULL && o->name != NULL; o++) {
        char left[40];
        snprintf(left, sizeof left, "%s %s", o->name, o->value == NULL ? "" : o->value);
        printf("  %-22s %s\n", left, o->doc);
    }
    printf("  %-22s %s\n", "--help", "prints this");
}

int app_fail(int code, const char *sentence)
{
    fprintf(stderr, "tailrace: %s\n", sentence);
    return code;
}

bool app_next(const struct app_command *command, int argc, char **argv, int *at,
              const struct app_option **option, const char **value, bool *wrong)
{
    const char *word = *at < argc ? argv[*at] : NULL;

    if (word == NULL)
        return false;
    (*at)++;
    *option = NULL;
    *value = word;
    if (word[0] != '-' || word[1] == '\0')
        return true;
    for (const struct app_option *o = command->options; o != NULL && o->name != NULL; o++) {
        if (strcmp(o->name, word) != 0)
            continue;
        *option = o;
        *value = NULL;
        if (o->value == NULL)
            return true;
        if (*at < argc) {
            *value = argv[(*at)++];
            return true;
        }
        fprintf(stderr, "tailrace: %s: %s needs a value: %s\n", command->name, word,
                o->value);
        *wrong = true;
        return false;
    }
    fprintf(stderr, "tailrace: %s: unknown option %s: see tailrace %s --help\n",
            command->name, word, command->name);
    *wrong = true;
    return false;
}

bool app_words(const struct app_command *command, const char *option, const char *value,
               uint32_t max, struct arena *arena, const char **name, uint32_t *n,
               struct error *err)
{
    char *rest = arena_text(arena, value), *word;

    *n = 0;
    while ((word = strsep(&rest, ",")) != NULL) {
        while (*word == ' ')
            word++;
        if (*word == '\0')
            return fail(err, "%s: %s '%s' has an empty name: write %s A,B", command->name,
                        option, value, option);
        if (*n == max)
            return fail(err, "%s: %s names more than %u", command->name, option, max);
        name[(*n)++] = word;
    }
    return true;
}

bool app_override(const char *text, struct arena *arena, struct override *override)
{
    const char *equals = strchr(text, '=');

    if (equals == NULL || equals == text)
        return false;
    override->key = arena_print(arena, "%.*s", (int)(equals - text), text);
    override->value = arena_text(arena, equals + 1);
    return true;
}

static int print_version(void)
{
    printf("tailrace " TAILRACE_VERSION " (%s, %d lanes)\n", __VERSION__, TAILRACE_LANES);
    return EXIT_OK;
}

static int run_command(int argc, char **argv)
{
    gsl_set_error_handler_off();
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0)
        return print_version();
    for (const struct app_command *const *c = COMMANDS; *c != NULL; c++) {
        if (strcmp(argv[1], (*c)->name) != 0)
            continue;
        for (int i = 2; i < argc; i++)
            if (strcmp(argv[i], "--help") == 0) {
                print_command_help(*c);
                return EXIT_OK;
            }
        return (*c)->run(argc - 2, argv + 2);
    }
    fprintf(stderr, "tailrace: unknown command %s: see tailrace --help\n", argv[1]);
    return EXIT_USAGE;
}

/* Output that was lost is an error, whatever was to be printed. */
int main(int argc, char **argv)
{
    const int code = run_command(argc, argv);

    if (fflush(stdout) != 0 || ferror(stdout))
        return code != EXIT_OK && code != EXIT_BROKEN && code != EXIT_UNDECIDED
                   ? code
                   : app_fail(EXIT_ERROR, "cannot write to stdout");
    return code;
}
