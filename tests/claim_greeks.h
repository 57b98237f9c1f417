#ifndef TAILRACE_TESTS_CLAIM_GREEKS_H
#define TAILRACE_TESTS_CLAIM_GREEKS_H

#include "tests/claim_case.h"

/* Greeks of a claim against differences of another implementation of its value. */
struct claim_moves {
    long double log_spot, volatility, log_forward_ratio, time; /* time: years more to go */
};

/* Value of a claim, USD, with its market moved. */
typedef long double (*claim_exact)(const void *claim, const struct claim_moves *moves);

/* Value and Greeks by differences; n: steps in a standard deviation, in the volatility, in
 * the time to expiry. */
struct claim_result claim_greeks_exact(claim_exact f, const void *claim,
                                       const struct claim_case *at, long double n);

/* The Greeks, not the value, agree to `slack` of the spot price, each on its scale. */
void claim_greeks_check(const struct claim_result *v, const struct claim_result *exact,
                        const struct claim_case *at, double slack, const char *what);

/* All Greeks are numbers. */
void claim_greeks_check_finite(const struct claim_result *v, const char *what);

#endif
