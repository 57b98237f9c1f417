#include "tests/estimate_check.h"

#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "sim/study/fit.h"

const struct estimator *check_estimator(const char *model)
{
    const struct estimator *e = estimators;

    while (e->model != NULL && strcmp(e->model, model) != 0)
        e++;
    cr_assert_not_null(e->model, "%s", model);
    return e;
}

struct estimate check_fit(const char *model, const struct returns *r, struct arena *arena)
{
    struct estimate e;
    struct error err;
    const clock_t start = clock();

    cr_assert(check_estimator(model)->fit(r, 11, arena, &e, &err), "%s", err.text);
    cr_log_info("%s: %u returns in %.3f s, converged %d, note: %s", model, r->n,
                (double)(clock() - start) / CLOCKS_PER_SEC, e.converged,
                e.note != NULL ? e.note : "none");
    for (uint32_t i = 0; i < e.n_param; i++)
        cr_log_info("  %-20s %.6g +- %.3g", e.p[i].key, e.p[i].value,
                    e.p[i].standard_error);
    return e;
}

double check_value(const struct estimate *e, const char *key)
{
    for (uint32_t i = 0; i < e->n_param; i++)
        if (strcmp(e->p[i].key, key) == 0)
            return e->p[i].value;
    cr_assert_fail("no %s", key);
    return NAN;
}

/* Every parameter within its standard error times the two-sided 5 % point of Bonferroni;
 * `n_fact` facts in all. */
void check_recovery(const struct estimate *e, const struct model_series *s, int n_fact)
{
    const double limit = gsl_cdf_ugaussian_Qinv(0.025 / n_fact);

    cr_assert(e->converged, "%s: %s", s->model, e->note);
    for (uint32_t i = 0; i < e->n_param; i++) {
        const double truth = model_series_value(s, e->p[i].key);
        const double away = (e->p[i].value - truth) / e->p[i].standard_error;

        cr_assert(fabs(away) < limit, "%s.%s: %g +- %g, truth %g, %.2f standard errors",
                  s->model, e->p[i].key, e->p[i].value, e->p[i].standard_error, truth,
                  away);
        cr_assert_float_eq(e->covariance[i * e->n_param + i],
                           pow(e->p[i].standard_error, 2.0), 1e-12);
    }
    cr_assert_float_eq(e->aic, 2.0 * e->n_param - 2.0 * e->log_likelihood, 1e-9);
    cr_assert_float_eq(e->bic, e->n_param * log(s->n) - 2.0 * e->log_likelihood, 1e-9);
}

/* The estimate's parameters, put into the model, are the reported ones. */
void check_param(const struct estimate *e)
{
    for (uint32_t i = 0; i < e->n_param; i++)
        cr_assert_eq(fit_get(e->model, e->param, e->p[i].key), e->p[i].value, "%s",
                     e->p[i].key);
}
