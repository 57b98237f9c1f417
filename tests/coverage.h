#ifndef TAILRACE_TESTS_COVERAGE_H
#define TAILRACE_TESTS_COVERAGE_H

#include <stdbool.h>

/* How often 95 % intervals hold the truth, over repeated series. */
struct coverage {
    const char *name;
    double truth;
    bool
        log_scale; /* the interval is value exp(+- 1.96 se / value), not value +- 1.96 se */
    int n, inside, n_missing; /* n_missing: no standard error; they count as outside */
    double z_sum, z_square, value_sum;
};

void coverage_add(struct coverage *coverage, double value, double standard_error);

/* Logs the table and rejects under-coverage at 1 % over all n_family intervals together:
 * each by the binomial distribution at 1 % / n_family. */
void coverage_check(const struct coverage *row, int n_row, int n_family);

#endif
