#ifndef TAILRACE_OUTPUT_SHOW_H
#define TAILRACE_OUTPUT_SHOW_H

#include <stdbool.h>
#include <stdio.h>

#include "sim/error.h"

/* Prints the summary of a result file as the run that wrote it did, or as JSON. */
bool show(const char *path, bool json, FILE *out, struct error *err);

#endif
