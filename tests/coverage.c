#include "tests/coverage.h"

#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

static void add_one(struct coverage *c, const struct estimate *e)
{
    uint32_t i = 0;
    double low, high;

    while (i < e->n_param && strcmp(e->p[i].key, c->key) != 0)
        i++;
    cr_assert_lt(i, e->n_param, "%s is not estimated", c->key);
    c->n++;
    c->sum += e->p[i].value;
    c->square += e->p[i].value * e->p[i].value;
    if (!estimate_interval(e, i, 0.95, &low, &high)) {
        c->n_missing++;
        return;
    }
    c->error += e->p[i].standard_error;
    c->inside += low <= c->truth && c->truth <= high;
}

void coverage_add(struct coverage *row, int n_row, const struct estimate *estimate)
{
    for (int i = 0; i < n_row; i++)
        add_one(&row[i], estimate);
}

void coverage_check(const char *model, const struct coverage *row, int n_row, int n_family)
{
    bool good = true;

    cr_log_info("%-32s %9s %9s %9s %9s %7s %7s %9s", model, "truth", "mean", "sd",
                "mean se", "inside", "missing", "p");
    for (int i = 0; i < n_row; i++) {
        const struct coverage *c = &row[i];
        const double mean = c->sum / c->n, sd = sqrt(c->square / c->n - mean * mean);
        const double p = gsl_cdf_binomial_P((unsigned)c->inside, 0.95, (unsigned)c->n);

        cr_log_info("  %-30s %9.4g %9.4g %9.3g %9.3g %3d/%d %7d %9.2g", c->key, c->truth,
                    mean, sd, c->error / (c->n - c->n_missing), c->inside, c->n,
                    c->n_missing, p);
        good = good && p >= 0.01 / n_family;
    }
    cr_assert(good, "%s: an interval covers less than it says", model);
}
