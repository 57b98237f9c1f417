#ifndef TAILRACE_OUTPUT_SUMMARY_CASCADE_H
#define TAILRACE_OUTPUT_SUMMARY_CASCADE_H

#include <stdio.h>

#include "sim/json.h"
#include "sim/result.h"

/* Accounts closed, bad debt and branching ratio of every protocol that liquidated something,
 * median and 95 % range over the paths; nothing where none did. */
void summary_cascade_print(const struct cascade_result *cascades, FILE *out);

/* The same for all protocols, an array. */
cJSON *summary_cascade_json(const struct cascade_result *cascades);

#endif
