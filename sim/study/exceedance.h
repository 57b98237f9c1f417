#ifndef TAILRACE_SIM_STUDY_EXCEEDANCE_H
#define TAILRACE_SIM_STUDY_EXCEEDANCE_H

#include "sim/arena.h"
#include "sim/backtest.h"

/* Tests of forecasts of VaR and ES at the level p, a = 1 - p the probability of exceeding
 * VaR. */

/* Kupiec (1995): LR of n_exceeded of n against a, chi-square with 1 degree of freedom. */
double exceedance_kupiec(uint32_t n, uint32_t n_exceeded, double a);

/* Christoffersen (1998), equations 8 to 12: transitions[i][j] times that j (1: exceeded)
 * followed i on the next forecast. LR of independence, chi-square with 1 degree of freedom;
 * 0 where nothing or everything was exceeded. */
double exceedance_independence(const uint32_t transitions[2][2]);

/* Forecasts of one level, taken one after the other. The null hypothesis, that losses come
 * from the forecasts' own distributions, runs along: n_repeat series of its losses. */
struct exceedance_null;
struct exceedance {
    double a;
    uint32_t transitions[2][2];
    bool before; /* whether the forecast before was exceeded */
    uint32_t n, n_exceeded;
    double ratio; /* sum of loss / ES over the exceedances */
    struct exceedance_null *null;
};

/* Everything belongs to the arena. */
void exceedance_start(struct exceedance *c, double a, uint32_t n_repeat, uint64_t seed,
                      struct arena *arena);

/* One forecast: n_draw losses of its distribution, ascending; its VaR and ES; the loss that
 * came; whether it follows on the forecast before without a gap. */
void exceedance_add(struct exceedance *c, const double *draw, uint32_t n_draw, double var,
                    double es, double loss, bool follows);

/* Acerbi and Szekely (2014, Risk), tests 1 and 2, in losses: Z1 = mean of loss / ES over
 * the exceedances - 1, Z2 = sum of loss / ES over the exceedances / (n a) - 1; both 0 in
 * expectation if the forecasts are right and above 0 if ES is too small. Their p values are
 * the shares of the null's series that are as large or larger, (1 + k) / (1 + n_repeat). */
void exceedance_finish(const struct exceedance *c, struct backtest_test *test);

#endif
