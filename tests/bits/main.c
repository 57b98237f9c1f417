/* tailrace-bits prints hashes of results for comparison between builds and machines
 * (scripts/check_aarch64, tests/cli/test_same_bits.py). It needs no library but our own, so
 * that it can be linked statically for another machine. */
#include "tests/bits/bits.h"

int main(void)
{
    bits_numerics();
    return bits_models();
}
