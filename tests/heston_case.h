#ifndef TAILRACE_TESTS_HESTON_CASE_H
#define TAILRACE_TESTS_HESTON_CASE_H

#include <stdbool.h>

#include "sim/study/heston_price.h"

/* European options under Heston's and, with jumps, Bates's model: prices from the
 * literature and own calculation. Rates are continuous, prices discounted. Rows with the
 * same parameters follow each other. */
struct heston_case {
    const char *name; /* NULL ends the table */
    bool call;
    double spot, strike, years, r, q;
    struct heston h;
    double price;
    int n_step; /* of a simulation whose bias is well below 0.2 % of the price */
};

extern const struct heston_case heston_case[];

#endif
