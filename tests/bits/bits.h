#ifndef TAILRACE_TESTS_BITS_BITS_H
#define TAILRACE_TESTS_BITS_BITS_H

/* One hash per function, random stream, price model and instrument: the same lines on every
 * machine and for every compiler, vector width and number of lanes, since nothing in a path
 * may depend on them. */

#include <stddef.h>
#include <stdint.h>

enum { N_PATH = 480 };

/* Finaliser of SplitMix64 (Steele, Lea and Flood 2014). */
uint64_t bits_mix(uint64_t z);

/* Takes n numbers into a hash. All NaNs are one: their sign and payload belong to the
 * machine. */
uint64_t bits_hash(uint64_t h, const double *x, size_t n);

/* Prints one line. */
void bits_show(const char *kind, const char *name, uint64_t h);

/* Functions, denormals, random numbers. */
void bits_numerics(void);

/* Price models whose example has plain numbers only, and instruments that have a value; 0,
 * or 1 if next to none is there. */
int bits_models(void);

#endif
