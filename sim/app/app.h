#ifndef TAILRACE_SIM_APP_APP_H
#define TAILRACE_SIM_APP_APP_H

#include <stdbool.h>

#include "scenarios/scenario.h"

/* Exit codes of every subcommand; an error comes before a broken limit, that before an
 * undecided one. */
enum exit_code {
    EXIT_OK = 0,
    EXIT_ERROR = 1,     /* the run or a file failed */
    EXIT_USAGE = 2,     /* wrong usage or input */
    EXIT_BROKEN = 3,    /* a limit is broken */
    EXIT_UNDECIDED = 4, /* a limit is undecided */
    EXIT_SIGNAL = 128   /* plus the number of the signal */
};

/* An option of a subcommand: the table is parser and help at once. */
struct app_option {
    const char *name;  /* with its dashes */
    const char *value; /* what follows it, for the help; NULL: nothing does */
    const char *doc;
};

/* A subcommand: its line in the general help, its own help, and what it does. */
struct app_command {
    const char *name, *operands, *doc;
    const struct app_option *options; /* ends with name NULL; NULL: none */
    int (*run)(int argc, char **argv);
};

extern const struct app_command app_run, app_check, app_list, app_describe, app_show,
    app_calibrate, app_backtest, app_margin;

/* Walks over argv from *at: returns the next option (its value in *value) or operand (NULL
 * option, *value is it); false at the end. A wrong option prints one sentence and sets
 * *wrong. */
bool app_next(const struct app_command *command, int argc, char **argv, int *at,
              const struct app_option **option, const char **value, bool *wrong);

/* A list of words, "BTC,ETH", into name[max]; false, with a sentence: an empty word or too
 * many. The words belong to the arena. */
bool app_words(const struct app_command *command, const char *option, const char *value,
               uint32_t max, struct arena *arena, const char **name, uint32_t *n,
               struct error *err);

/* Splits "key=value" of --set; false: there is no '='. The override belongs to the
 * arena. */
bool app_override(const char *text, struct arena *arena, struct override *override);

/* Prints "tailrace: sentence" on stderr and returns the code. */
int app_fail(int code, const char *sentence);

#endif
