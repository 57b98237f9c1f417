#ifndef TAILRACE_MODELS_PRICE_RESIDUALS_H
#define TAILRACE_MODELS_PRICE_RESIDUALS_H

#include "sim/arena.h"
#include "sim/error.h"
#include "sim/field.h"

/* Filtered historical residuals (Barone-Adesi, Giannopoulos and Vosper 1999, Journal of
 * Futures Markets 19(5)): what is left of recorded returns when the mean and a variance
 * that follows GJR(1,1) are taken out. */

/* h' = omega + (alpha + gamma 1[eps < 0]) eps^2 + beta h, per period. */
struct gjr {
    double omega, alpha, gamma, beta;
    double long_run; /* variance per period */
};

/* One return over exactly one period. */
struct period_return {
    double end_s; /* seconds since 1970 */
    double log_return;
    double residual; /* eps / sqrt(h), by residuals_filter */
    bool starts_run; /* the period before is missing */
};
struct period_returns {
    uint32_t n;
    struct period_return *at; /* [n] in the order of time; arena */
};

/* The returns of a history over periods that end at multiples of period_s since 1970, or,
 * if the history has hardly a price there, at the time of day of its last price. A period
 * whose start or end has no price is left out. */
struct period_returns period_returns_read(const struct history *history, double period_s,
                                          struct arena *arena);

/* Leaves out the returns whose end is not an end of the other's. */
void period_returns_keep(struct period_returns *returns,
                         const struct period_returns *other);

/* Writes the residuals, the variance starting from its long run after every gap; the
 * returns' mean is m - h / 2, as the price model's (see garch.c). */
void residuals_filter(struct period_returns *returns, const struct gjr *gjr);

/* Centres and scales the residuals to mean 0 and variance 1. Returns the share of the
 * variance that lies below zero: 1/2 for a symmetric distribution. */
double residuals_standardise(struct period_returns *returns);

#endif
