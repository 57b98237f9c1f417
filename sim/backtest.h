#ifndef TAILRACE_SIM_BACKTEST_H
#define TAILRACE_SIM_BACKTEST_H

#include <stdbool.h>
#include <stdint.h>

/* What a walk of calibrated models over recorded prices leaves behind. Losses are those of
 * one unit held long over the horizon, as fractions of its value: 1 - S(t+h)/S(t). */

/* One model's forecasts of VaR and ES at one level against what came. */
struct backtest_test {
    uint32_t n, n_exceeded; /* forecasts; losses above VaR */
    double kupiec_lr, kupiec_p;
    double independence_lr,
        independence_p;             /* Christoffersen; p NaN: nothing to tell from */
    double coverage_lr, coverage_p; /* Christoffersen's joint test */
    double z1, z1_p, z2, z2_p;      /* Acerbi and Szekely; p one-sided */
};

/* One model over one series. */
struct backtest_model {
    const char *name;
    uint32_t n_fit, n_poor_fit, n_failed_fit; /* poor: no convergence; failed: none */
    double *var_frac, *es_frac;               /* [n_level][n_forecast] */
    struct backtest_test *test;               /* [n_level] */
    double
        least_p;  /* of all tests and levels, times their number (Bonferroni), at most 1 */
    bool fails;   /* least_p is below the significance */
    bool missing; /* no forecast: `why` says why */
    const char *why;
};

/* One asset at one horizon. */
struct backtest_series {
    const char *name, *asset; /* "BTC-1d", "BTC" */
    double horizon_s;
    uint32_t n_forecast;
    double *time_s;    /* [n_forecast] when the horizon ends, seconds since 1970 */
    double *loss_frac; /* [n_forecast] */
    uint32_t n_model;
    struct backtest_model *model; /* [n_model] */
};

struct backtest {
    const char *file, *sha256; /* of the prices */
    double window_s, every_s;
    double significance; /* of a model's verdict */
    uint64_t seed;
    uint32_t n_draw, n_level, n_series;
    const double *level; /* [n_level] */
    struct backtest_series *series;
};

#endif
