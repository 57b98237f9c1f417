/* Intervals of estimated parameters: the delta method (Casella and Berger 2002, Statistical
 * Inference, section 5.5.4; Meeker and Escobar 1998, section 7.5) on the line of
 * sim/param.h, a scale without limits, on which sampled parameters are drawn, too.
 * Estimates of rates and deviations are skewed to the right; their logarithm is nearly
 * normal at the lengths of series that people have, the estimate itself is not. */
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "sim/param.h"
#include "sim/study/estimate.h"

bool estimate_interval(const struct estimate *e, uint32_t i, double confidence, double *low,
                       double *high)
{
    const double x = e->p[i].value, s = e->p[i].standard_error;
    const double z = gsl_cdf_ugaussian_Pinv(0.5 + 0.5 * confidence);
    struct param_slot slot;
    double line, slope;

    *low = *high = NAN;
    if (!isfinite(s))
        return false;
    *low = x - z * s;
    *high = x + z * s;
    if (param_find(e->model, e->param, e->p[i].key, &slot) &&
        param_to_line(slot.field, x, &line, &slope)) {
        *low = param_from_line(slot.field, line - z * slope * s);
        *high = param_from_line(slot.field, line + z * slope * s);
    }
    return true;
}
