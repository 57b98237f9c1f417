#ifndef TAILRACE_TESTS_POPULATION_CASE_H
#define TAILRACE_TESTS_POPULATION_CASE_H

#include "scenarios/population.h"

/* Reads a scenario with an exchange `perps` (BTC, ETH, SOL; maintenance 1e-4) and a lending
 * venue `loans` (thresholds BTC 0.78, ETH 0.83, STETH 0.81, USDC 0.77; category ether: 0.95)
 * and the text behind "accounts:". False: err has the sentence. scratch_remove is the
 * caller's. */
bool population_case_read(const char *accounts, struct arena *arena, struct scenario *s,
                          struct error *err);

/* The same; fails the test with the sentence. */
const struct scenario_population *population_case(const char *accounts,
                                                  struct arena *arena);

double population_case_spot(const char *asset); /* NULL: 1 */
double population_case_threshold(const char *asset, uint32_t category);

/* Mean, standard deviation and number of a sample. */
struct population_sample {
    double mean, sd;
    uint32_t n;
};
struct population_sample population_case_sample(const double *value, uint32_t n);

#endif
