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

/* Writes a number, a duration or a choice into a parameter struct. A number beyond the
 * range of its row is put onto the limit and the answer is false. */
bool fit_set(const struct price_model *model, void *param, const char *key, double value);
void fit_choose(const struct price_model *model, void *param, const char *key,
                const char *choice);
double fit_get(const struct price_model *model, const void *param, const char *key);

/* The next free parameter, which is also set; onto the limit of its range, with a remark
 * and without a standard error, if the value lies beyond. (That happens to growth rates
 * from short series. The likelihood stays that of the maximum, comparable between models.)
 */
void fit_free(struct estimate *estimate, const char *key, double value,
              struct maximum *maximum);

/* After the last fit_free: covariance [n_param][n_param] with the standard errors, the
 * criteria of the likelihood and the note. */
void fit_finish(const struct returns *returns, const struct maximum *maximum,
                const double *covariance, struct arena *arena, struct estimate *estimate);

/* The most jumps per year that a fit may find: three per step, and what the model takes. */
double fit_jumps_max(const struct estimate *estimate, double step_years);

/* Whether a model with jumps explains the returns hardly better than gbm. */
bool fit_no_jumps(const struct returns *returns, const struct maximum *maximum);

/* The closed maximum of gbm as the fit of a model whose first two keys are the drift and
 * the volatility; the others [n_key - 2] get the values `idle` and no errors. */
void fit_closed(const struct returns *returns, const char *const *keys, uint32_t n_key,
                const double *idle, const char *note, struct arena *arena,
                struct estimate *estimate);

/* Every k-th of the returns, in their order, so that a few thousand are left of a long
 * series; all of a short one. Arena; *n_kept of them. */
double *fit_thin(const struct returns *returns, struct arena *arena, uint32_t *n_kept);

/* Searches for the maximum of `thin` from the start and from random ones, then for that of
 * `all` from the start and from what was found: a long series has the same hills as every
 * k-th of its returns. */
void fit_search(const struct likelihood *all, const struct likelihood *thin,
                const double *start, uint32_t n_random, uint64_t seed,
                struct maximum *maximum);

/* Mean and variance (divisor n) of the log-returns. */
void fit_moments(const struct returns *returns, double *mean, double *variance);

/* Standard deviation that outliers do not reach, of the absolute deviations sorted in
 * ascending order: a normal distribution has its median there, or, where a feed that often
 * stands still makes it 0, its 90 % or 99 % quantile. */
double fit_robust_deviation(const double *sorted, uint32_t n);

/* The last n of the returns, or all: where searches of long series begin. */
struct returns fit_last(const struct returns *returns, uint32_t n);

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
