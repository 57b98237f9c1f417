#ifndef TAILRACE_TESTS_COVERAGE_H
#define TAILRACE_TESTS_COVERAGE_H

#include "sim/study/estimate.h"

/* How often the 95 % intervals of one parameter hold the truth, over repeated series. */
struct coverage {
    const char *key; /* of the estimate */
    double truth;
    int n, inside, n_missing;  /* n_missing: no interval; counts as outside */
    double sum, square, error; /* of values, their squares and the standard errors */
};

/* Adds the parameters named by n_row rows; the test fails if one is not estimated. */
void coverage_add(struct coverage *row, int n_row, const struct estimate *estimate);

/* Logs the table and rejects under-coverage at 1 % over all n_family intervals together:
 * each by the binomial distribution at 1 % / n_family. */
void coverage_check(const char *model, const struct coverage *row, int n_row, int n_family);

#endif
