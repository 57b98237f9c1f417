/* Growth rates set to 0. Where a model mixes others (regimes), all of them are moved by
 * their mean in the long run, so that they keep their differences: with weights pi that
 * solve pi Q = 0, Q the rates of switching. */
#include <math.h>
#include <string.h>

#include "sim/study/calibrate.h"

static const char DRIFT[] = "drift_annual", SWITCHES[] = "switches_per_year";
enum { MAX_MIX = 16, SWEEPS = 10000 };

static const struct field *field_of(const struct price_model *model, const char *key,
                                    enum field_type type)
{
    for (const struct field *f = model->about.fields; f != NULL && f->key != NULL; f++)
        if (f->type == type && (key == NULL || strcmp(f->key, key) == 0))
            return f;
    return NULL;
}

static double *drift_at(const struct price_model *model, const void *param)
{
    const struct field *f = field_of(model, DRIFT, FIELD_NUMBER);

    return f != NULL ? (double *)((char *)(uintptr_t)param + f->offset) : NULL;
}

/* Shares of time: the jump chain with rates made uniform, followed until it stands
 * still. */
static void weights_of(const struct number_list *rates, uint32_t n, double *weight)
{
    double most = 0.0;

    for (uint32_t i = 0; i < n; i++)
        weight[i] = 1.0 / n;
    for (uint32_t i = 0; i < n * n && rates->n == n * n; i++)
        most = fmax(most, i % (n + 1) == 0 ? 0.0 : rates->value[i]);
    for (int sweep = 0; sweep < SWEEPS && most > 0.0; sweep++) {
        double next[MAX_MIX] = {0.0};
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t j = 0; j < n; j++) {
                const double flow = i == j ? 0.0 : rates->value[i * n + j] / (most * n);
                next[j] += weight[i] * flow;
                next[i] -= weight[i] * flow;
            }
        for (uint32_t i = 0; i < n; i++)
            weight[i] += next[i];
    }
}

void calibrate_zero_drift(struct estimate *e)
{
    const struct field *models = field_of(e->model, NULL, FIELD_MODELS);
    const struct field *rates = field_of(e->model, SWITCHES, FIELD_NUMBERS);
    double *drift = drift_at(e->model, e->param);
    double weight[MAX_MIX], mean = 0.0;

    if (drift != NULL)
        *drift = 0.0;
    if (models == NULL || rates == NULL)
        return;
    const struct model_list *list =
        (const struct model_list *)((const char *)e->param + models->offset);
    if (list->n > MAX_MIX || list->n == 0 || drift_at(list->model, list->param[0]) == NULL)
        return;
    weights_of((const struct number_list *)((const char *)e->param + rates->offset),
               list->n, weight);
    for (uint32_t i = 0; i < list->n; i++)
        mean += weight[i] * *drift_at(list->model, list->param[i]);
    for (uint32_t i = 0; i < list->n; i++)
        *drift_at(list->model, list->param[i]) -= mean;
}
