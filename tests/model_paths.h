#ifndef TAILRACE_TESTS_MODEL_PATHS_H
#define TAILRACE_TESTS_MODEL_PATHS_H

#include <complex.h>

#include "sim/model.h"

/* One asset under one price model, without a market around it. */

/* A number of the model's table; the others keep their defaults. A key of NULL ends a
 * list. */
struct model_number {
    const char *key;
    double value;
};

struct model_paths {
    const struct price_model *model;
    const struct model_number *number;
    double spot_usd, years;
    int n_step;
    uint64_t n_path, seed; /* n_path is rounded up to whole blocks */
    double (*vol_factor)(int step, uint64_t path); /* stress factor; NULL: 1 */
    double *final_usd, *volatility; /* [n_path] out, freed by model_paths_free; the second
                                       is 0 for models that do not say it */
};

/* Simulates; fails the test with the sentence if the model refuses. */
void model_paths_run(struct model_paths *p);
void model_paths_free(struct model_paths *p);

/* A mean over paths and its standard error. */
struct path_mean {
    double mean, se;
};
struct path_mean path_mean(const double *x, uint64_t n);
/* Of the payoff of a European option, undiscounted. */
struct path_mean model_paths_option(const struct model_paths *p, bool call, double strike);
/* Of S(T)/S(0). */
struct path_mean model_paths_growth(const struct model_paths *p);

/* Characteristic function E exp(iu X) of the log-return X = ln S(T)/S(0). */
typedef double complex (*characteristic)(double u, const void *context);

/* Largest distance on a grid between the distribution function of the simulated log-returns
 * and that of the characteristic function (Gil-Pelaez 1951), times sqrt(n): Kolmogorov's
 * statistic. It is above 2.75 as seldom as a normal number beyond 5 standard errors.
 * |cf(u)| must be below 1e-9 beyond u_max; sd is that of X. */
double model_paths_distance(const struct model_paths *p, characteristic cf,
                            const void *context, double u_max, double mean, double sd);

#endif
