#ifndef TAILRACE_SIM_ERROR_H
#define TAILRACE_SIM_ERROR_H

#include <stdbool.h>

/* What went wrong, in one sentence: where, what with the offending value, how to fix it.
 * Written by the function that notices; every caller passes it up untouched. */
struct error {
    char text[1024];
};

/* Writes the sentence and returns false, so that `return fail(err, ...)` reads well.
 * `err` must not be NULL; a longer text is cut at the end. */
bool fail(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
