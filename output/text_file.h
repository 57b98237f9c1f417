#ifndef TAILRACE_OUTPUT_TEXT_FILE_H
#define TAILRACE_OUTPUT_TEXT_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/error.h"

/* Whether a file of that name can be written: not a folder, a device, or, unless `replace`,
 * there already. */
bool text_file_check(const char *path, bool replace, struct error *err);

/* Writes a whole file: PATH.part, which gets its name when it is complete and on the disk.
 * After a failure nothing is left of it. */
bool text_file_write(const char *path, const char *text, size_t size, bool replace,
                     struct error *err);

#endif
