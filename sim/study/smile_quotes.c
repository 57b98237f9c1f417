#include "sim/study/smile_quotes.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <math.h>

enum { MAX_ITERATION = 200 };
static const double TOLERANCE = 1e-8;

uint32_t smile_quotes_take(const struct surface_slice *s, uint32_t slice,
                           struct smile_quote *quote)
{
    double sum = 0.0;
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->n_node; i++) {
        const double sd = sqrt(s->total_variance[i]), d = s->log_moneyness[i] / sd;
        const double weight = exp(-0.5 * d * d);
        if (fabs(d) > SMILE_REACH_SD)
            continue;
        quote[n++] =
            (struct smile_quote){slice, s->log_moneyness[i], sd / sqrt(s->years), weight};
        sum += weight;
    }
    for (uint32_t i = 0; i < n; i++)
        quote[i].root_weight = sqrt(quote[i].root_weight / sum);
    return n >= SMILE_MIN_QUOTES ? n : 0;
}

double smile_quotes_minimise(int (*f)(const gsl_vector *, void *, gsl_vector *),
                             void *param, size_t n_residual, gsl_vector *free,
                             bool *converged)
{
    gsl_multifit_nlinear_parameters options = gsl_multifit_nlinear_default_parameters();
    gsl_multifit_nlinear_workspace *work = gsl_multifit_nlinear_alloc(
        gsl_multifit_nlinear_trust, &options, n_residual, free->size);
    gsl_multifit_nlinear_fdf fdf = {
        .f = f, .n = n_residual, .p = free->size, .params = param};
    double sum = INFINITY;
    int why = 0;

    *converged = false;
    if (work == NULL)
        return sum;
    if (gsl_multifit_nlinear_init(free, &fdf, work) == GSL_SUCCESS) {
        const int status = gsl_multifit_nlinear_driver(MAX_ITERATION, TOLERANCE, TOLERANCE,
                                                       TOLERANCE, NULL, NULL, &why, work);
        const double norm = gsl_blas_dnrm2(gsl_multifit_nlinear_residual(work));
        /* no progress: as good as it gets within rounding */
        *converged = status == GSL_SUCCESS || status == GSL_ENOPROG;
        sum = norm * norm;
        gsl_vector_memcpy(free, gsl_multifit_nlinear_position(work));
    }
    gsl_multifit_nlinear_free(work);
    return isfinite(sum) ? sum : INFINITY;
}
