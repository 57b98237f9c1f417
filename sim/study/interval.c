/* Intervals of estimated parameters: the delta method on a scale without limits (Casella
 * and Berger 2002, Statistical Inference, section 5.5.4; Meeker and Escobar 1998, section
 * 7.5),
 *     ln(x - min):              standard error s / (x - min),
 *     ln((x - min)/(max - x)):  standard error s (max - min) / ((x - min)(max - x)).
 * Estimates of rates and deviations are skewed to the right; their logarithm is nearly
 * normal at the lengths of series that people have, the estimate itself is not. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#include "sim/study/estimate.h"

/* The row of "alpha", "switches_per_year[0][1]" or "regimes[1].volatility_annual". */
static const struct field *key_field(const struct price_model *model, const void *param,
                                     const char *key)
{
    const size_t length = strcspn(key, "[.");
    const char *inner = strchr(key, '.');

    for (const struct field *f = model->about.fields; f->key != NULL; f++) {
        if (strlen(f->key) != length || strncmp(f->key, key, length) != 0)
            continue;
        if (f->type != FIELD_MODELS)
            return f;
        const struct model_list *list =
            (const struct model_list *)(const void *)((const char *)param + f->offset);
        return list->model != NULL && inner != NULL
                   ? key_field(list->model, NULL, inner + 1)
                   : NULL;
    }
    return NULL;
}

bool estimate_interval(const struct estimate *e, uint32_t i, double confidence, double *low,
                       double *high)
{
    const struct field *f = key_field(e->model, e->param, e->p[i].key);
    const double x = e->p[i].value, s = e->p[i].standard_error;
    const double z = gsl_cdf_ugaussian_Pinv(0.5 + 0.5 * confidence);

    *low = *high = NAN;
    if (!isfinite(s))
        return false;
    if (f == NULL || f->min < 0.0 || x <= f->min || (f->max <= 1.0 && x >= f->max)) {
        *low = x - z * s;
        *high = x + z * s;
        return true;
    }
    const double above = x - f->min;
    if (f->max > 1.0) {
        *low = f->min + above * exp(-z * s / above);
        *high = f->min + above * exp(z * s / above);
        return true;
    }
    const double width = f->max - f->min, odds = above / (f->max - x);
    const double factor = exp(z * s * width / (above * (f->max - x)));
    *low = f->min + width * (odds / factor) / (1.0 + odds / factor);
    *high = f->min + width * (odds * factor) / (1.0 + odds * factor);
    return true;
}
