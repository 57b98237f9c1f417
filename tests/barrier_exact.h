#ifndef TAILRACE_TESTS_BARRIER_EXACT_H
#define TAILRACE_TESTS_BARRIER_EXACT_H

#include <stdbool.h>

/* A single-barrier option as in Haug (2007), section 4.17.1, in long double. */
struct barrier_exact {
    bool up, out, call;
    long double spot, strike, barrier, rebate;
    long double rate, carry; /* of discounting, of the drift of the spot price; a year */
    long double years, volatility;
    long double look_years; /* between two looks: Broadie, Glasserman and Kou; 0: none */
};

/* The price, spot price on the living side of the barrier. The sums A .. F of the book are
 * written out as they stand there. */
long double barrier_exact(const struct barrier_exact *o);

/* Haug's F: a rebate of 1 paid when the barrier is touched. */
long double barrier_exact_touch(const struct barrier_exact *o);

#endif
