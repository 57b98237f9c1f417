#ifndef TAILRACE_SIM_JSON_H
#define TAILRACE_SIM_JSON_H

#include <stdio.h>

#include <cJSON.h>

#include "sim/error.h"

/* What every JSON of the program has in common. cJSON answers NULL where memory is short and
 * passes such NULLs on; the text is then NULL. */

/* The shortest text that reads as the same double (cJSON's own is one bit off at times);
 * null where the number is not finite. */
void json_number(cJSON *object, const char *key, double value);

/* Writes the tree and a line feed, and deletes it in any case. */
bool json_print(cJSON *root, FILE *out, struct error *err);

#endif
