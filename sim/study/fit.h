#ifndef TAILRACE_SIM_STUDY_FIT_H
#define TAILRACE_SIM_STUDY_FIT_H

#include "sim/study/estimate.h"
#include "sim/study/maximise.h"

/* What the estimators (fit_<model>.c) share. */

/* Seconds of the year in which the price models count. */
static const double FIT_YEAR_S = 365.0 * 86400.0;

/* Checks that the returns are finite, not all equal and at least `least`, finds the model
 * and fills its parameters with the defaults. */
bool fit_begin(const struct returns *returns, const char *model, uint32_t least,
               struct arena *arena, struct estimate *estimate, struct error *err);

/* The row of a model's table; fails an assertion if there is none. */
const struct field *fit_field(const struct price_model *model, const char *key);

/* Writes a number, a duration or a choice into a parameter struct. A number beyond the range
 * of its row is put onto the limit and the answer is false. */
bool fit_set(const struct price_model *model, void *param, const char *key, double value);
void fit_choose(const struct price_model *model, void *param, const char *key,
                const char *choice);
double fit_get(const struct price_model *model, const void *param, const char *key);

/* The next free parameter, which is also set; onto the limit of its range, with a remark,
 * if the value lies beyond. */
void fit_free(struct estimate *estimate, const char *key, double value,
              struct maximum *maximum);

/* After the last fit_free: covariance [n_param][n_param] with the standard errors, the
 * criteria of the likelihood and the note. */
void fit_finish(const struct returns *returns, const struct maximum *maximum,
                const double *covariance, struct arena *arena, struct estimate *estimate);

/* Mean and variance (divisor n) of the log-returns. */
void fit_moments(const struct returns *returns, double *mean, double *variance);

/* The estimators, one file each. */
bool fit_gbm(const struct returns *returns, uint64_t seed, struct arena *arena,
             struct estimate *estimate, struct error *err);
bool fit_merton(const struct returns *returns, uint64_t seed, struct arena *arena,
                struct estimate *estimate, struct error *err);
bool fit_kou(const struct returns *returns, uint64_t seed, struct arena *arena,
             struct estimate *estimate, struct error *err);
bool fit_garch(const struct returns *returns, uint64_t seed, struct arena *arena,
               struct estimate *estimate, struct error *err);
void fit_garch_filter(const struct returns *returns, struct estimate *estimate);

#endif
