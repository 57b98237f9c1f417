/* The table of estimators, and what they share. */
#include "sim/study/estimate.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "models/registry.h"
#include "sim/study/fit.h"
#include "sim/study/fit_hawkes.h"
#include "sim/study/fit_regime.h"

/* One line per model; the order is that of the table of criteria. */
const struct estimator estimators[] = {
    {"gbm", fit_gbm, NULL},
    {"merton", fit_merton, NULL},
    {"kou", fit_kou, NULL},
    {"garch", fit_garch, fit_garch_filter},
    {"regime", fit_regime, fit_regime_filter},
    {"hawkes", fit_hawkes, fit_hawkes_filter},
    {.model = NULL},
};

/* Variances below this share of the mean square are rounding. */
static const double CONSTANT = 1e-24;
enum { N_THIN = 5000 };
/* Per step of the data; the models take up to four per step of the simulation. */
static const double MOST_JUMPS = 3.0;

void fit_moments(const struct returns *returns, double *mean, double *variance)
{
    const double n = returns->n;
    double sum = 0.0, square = 0.0;

    for (uint32_t i = 0; i < returns->n; i++)
        sum += returns->log_return[i];
    for (uint32_t i = 0; i < returns->n; i++)
        square += pow(returns->log_return[i] - sum / n, 2.0);
    *mean = sum / n;
    *variance = square / n;
}

double fit_robust_deviation(const double *sorted, uint32_t n)
{
    /* quantiles of the absolute value of a standard normal */
    static const double share[] = {0.5, 0.9, 0.99},
                        normal[] = {0.6744897501960817, 1.6448536269514722,
                                    2.5758293035489004};
    double square = 0.0;

    for (int i = 0; i < 3; i++)
        if (sorted[(uint32_t)(share[i] * n)] > 0.0)
            return sorted[(uint32_t)(share[i] * n)] / normal[i];
    for (uint32_t i = 0; i < n; i++)
        square += sorted[i] * sorted[i];
    return sqrt(square / n);
}

struct returns fit_last(const struct returns *returns, uint32_t n)
{
    const uint32_t skip = returns->n > n ? returns->n - n : 0;

    return (struct returns){returns->log_return + skip, returns->end_s + skip,
                            returns->starts_run + skip, returns->n - skip, returns->step_s};
}

bool fit_begin(const struct returns *returns, const char *model, uint32_t least,
               struct arena *arena, struct estimate *estimate, struct error *err)
{
    double mean, variance;

    memset(estimate, 0, sizeof *estimate);
    estimate->model = registry_price_find(model);
    if (estimate->model == NULL)
        return fail(err, "there is no price model '%s' to be estimated", model);
    if (!(returns->step_s > 0.0))
        return fail(err,
                    "returns over steps of %g s cannot be annualised: give a step above 0",
                    returns->step_s);
    if (returns->n < least)
        return fail(err, "%u returns are too few for %s: give at least %u", returns->n,
                    model, least);
    for (uint32_t i = 0; i < returns->n; i++)
        if (!isfinite(returns->log_return[i]))
            return fail(err, "return %u is %g: every return must be a finite number", i + 1,
                        returns->log_return[i]);
    fit_moments(returns, &mean, &variance);
    if (variance <= CONSTANT * (1.0 + mean * mean))
        return fail(err, "all %u returns are %g: a constant series tells nothing of %s",
                    returns->n, mean, model);
    estimate->param = arena_get(arena, 1, estimate->model->about.param_size);
    field_presets(estimate->model->about.fields, estimate->param);
    return true;
}

const struct field *fit_field(const struct price_model *model, const char *key)
{
    const struct field *field = model->about.fields;

    while (field->key != NULL && strcmp(field->key, key) != 0)
        field++;
    assert(field->key != NULL);
    return field;
}

bool fit_set(const struct price_model *model, void *param, const char *key, double value)
{
    const struct field *field = fit_field(model, key);
    const double held = fmax(field->min, fmin(field->max, value));

    assert(field->type == FIELD_NUMBER || field->type == FIELD_DURATION);
    memcpy((char *)param + field->offset, &held, sizeof held);
    return held == value;
}

void fit_choose(const struct price_model *model, void *param, const char *key,
                const char *choice)
{
    const struct field *field = fit_field(model, key);
    int index = 0;

    assert(field->type == FIELD_CHOICE);
    while (field->choices[index] != NULL && strcmp(field->choices[index], choice) != 0)
        index++;
    assert(field->choices[index] != NULL);
    memcpy((char *)param + field->offset, &index, sizeof index);
}

double fit_get(const struct price_model *model, const void *param, const char *key)
{
    const struct field *field = fit_field(model, key);
    double value;

    assert(field->type == FIELD_NUMBER || field->type == FIELD_DURATION);
    memcpy(&value, (const char *)param + field->offset, sizeof value);
    return value;
}

void fit_free(struct estimate *e, const char *key, double value, struct maximum *maximum)
{
    const uint32_t i = e->n_param++;

    assert(i < ESTIMATE_MAX_PARAM && strlen(key) < ESTIMATE_KEY);
    strcpy(e->p[i].key, key);
    if (!fit_set(e->model, e->param, key, value))
        maximum_remark(maximum, "%s = %.4g lies beyond what %s takes and is put to %.4g",
                       key, value, e->model->about.name, fit_get(e->model, e->param, key));
    e->p[i].value = fit_get(e->model, e->param, key);
    e->p[i].standard_error = e->p[i].value == value ? 0.0 : NAN;
}

double fit_jumps_max(const struct estimate *e, double step_years)
{
    return fmin(MOST_JUMPS / step_years, fit_field(e->model, "jumps_per_year")->max);
}

double *fit_thin(const struct returns *returns, struct arena *arena, uint32_t *n_kept)
{
    const uint32_t n = returns->n, stride = n > 2 * N_THIN ? n / N_THIN : 1;
    double *kept = arena_get(arena, n / stride + 1, sizeof *kept);

    *n_kept = 0;
    for (uint32_t i = 0; i < n; i += stride)
        kept[(*n_kept)++] = returns->log_return[i];
    return kept;
}

void fit_search(const struct likelihood *all, const struct likelihood *thin,
                const double *start, uint32_t n_random, uint64_t seed,
                struct maximum *maximum)
{
    double starts[2 * MAXIMISE_MAX];
    struct maximum found;

    maximise(thin, start, 1, n_random, seed, &found);
    memcpy(starts, start, all->n * sizeof *starts);
    memcpy(starts + all->n, found.x, all->n * sizeof *starts);
    maximise(all, starts, 2, 0, seed, maximum);
    maximum->n_search += found.n_search;
    maximum->n_agree += found.n_agree;
}

void fit_finish(const struct returns *returns, const struct maximum *maximum,
                const double *covariance, struct arena *arena, struct estimate *e)
{
    const uint32_t k = e->n_param;

    memcpy(e->covariance, covariance, (size_t)k * k * sizeof *covariance);
    for (uint32_t i = 0; i < k; i++) {
        const double variance = covariance[i * k + i];
        if (!isnan(e->p[i].standard_error))
            e->p[i].standard_error = variance > 0.0 ? sqrt(variance) : NAN;
    }
    e->log_likelihood = maximum->log_likelihood;
    e->aic = 2.0 * k - 2.0 * e->log_likelihood;
    e->bic = k * log((double)returns->n) - 2.0 * e->log_likelihood;
    e->converged = maximum->converged;
    if (maximum->note[0] != '\0')
        e->note = arena_text(arena, maximum->note);
}
