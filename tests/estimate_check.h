#ifndef TAILRACE_TESTS_ESTIMATE_CHECK_H
#define TAILRACE_TESTS_ESTIMATE_CHECK_H

#include "tests/model_series.h"

/* Estimates held against what is known of them; every function fails the test with a
 * sentence. */

const struct estimator *check_estimator(const char *model);

/* Fits and logs what came out and how long it took. */
struct estimate check_fit(const char *model, const struct returns *r, struct arena *arena);

/* Of a free parameter. */
double check_value(const struct estimate *e, const char *key);

/* Every parameter lies within its standard error times the two-sided 5 % point of
 * Bonferroni of the value set in the series; n_fact facts in all. The criteria follow from
 * ln L. */
void check_recovery(const struct estimate *e, const struct model_series *s, int n_fact);

/* The estimate's parameters, put into the model, are the reported ones. */
void check_param(const struct estimate *e);

#endif
