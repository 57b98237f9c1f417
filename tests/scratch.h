#ifndef TAILRACE_TESTS_SCRATCH_H
#define TAILRACE_TESTS_SCRATCH_H

#include <stddef.h>

/* A folder of the test's own under the system's temporary folder. Criterion runs every test
 * in a process of its own, so there is one per test; scratch_remove empties and removes it.
 */
const char *scratch_path(const char *name);

/* Writes a file there and returns its path; paths are kept until scratch_remove. */
const char *scratch_file(const char *name, const char *text);
const char *scratch_bytes(const char *name, const void *bytes, size_t size);

void scratch_remove(void);

#endif
