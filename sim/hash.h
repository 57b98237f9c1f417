#ifndef TAILRACE_SIM_HASH_H
#define TAILRACE_SIM_HASH_H

#include <stddef.h>

/* SHA-256 of `size` bytes as 64 lower-case hex digits and a closing zero. */
void hash_sha256(const void *data, size_t size, char hex[65]);

#endif
