#ifndef TAILRACE_SIM_POPULATION_SUMMARY_H
#define TAILRACE_SIM_POPULATION_SUMMARY_H

#include "sim/population.h"

/* A population in a few figures, at the prices of the start, accounts liquidatable there left
 * out. Quantiles are the smallest value that is not below the part of the weight. */
enum { POPULATION_QUANTILES = 4, POPULATION_LARGEST = 10 };
static const double POPULATION_LEVERAGE_AT[] = {0.1, 0.5, 0.9, 0.99};
static const double POPULATION_DISTANCE_AT[] = {0.01, 0.1, 0.5, 0.9};
struct population_summary {
    double accounts;                            /* weights count */
    double long_usd, short_usd;                 /* notional of contracts */
    double held_usd, owed_usd;                  /* property, dollars of loans included */
    double leverage[POPULATION_QUANTILES];      /* over accounts; exposure over equity */
    double distance_frac[POPULATION_QUANTILES]; /* over exposure; adverse move of all prices
                                                    at which an account is liquidated */
    double largest_frac; /* exposure of the POPULATION_LARGEST accounts, of all */
};

/* Exposure is the gross notional of an account's contracts; of one that has none, what it
 * holds. */
void population_summarise(const struct population *population,
                          struct population_summary *summary);

#endif
