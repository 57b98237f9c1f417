#include "sim/hash.h"

#include <sodium.h>

void hash_sha256(const void *data, size_t size, char hex[65])
{
    unsigned char digest[crypto_hash_sha256_BYTES];

    /* Plain SHA-256 needs no sodium_init: it uses neither random numbers nor CPU probing.
     */
    crypto_hash_sha256(digest, data, size);
    sodium_bin2hex(hex, 65, digest, sizeof digest);
}
