#include "tests/coverage.h"

#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

static const double NORMAL_975 = 1.959963984540054;

void coverage_add(struct coverage *c, double value, double standard_error)
{
    const double z = c->log_scale ? log(value / c->truth) / (standard_error / value)
                                  : (value - c->truth) / standard_error;

    c->n++;
    c->value_sum += value;
    if (!isfinite(z)) {
        c->n_missing++;
        return;
    }
    c->inside += fabs(z) <= NORMAL_975;
    c->z_sum += z;
    c->z_square += z * z;
}

void coverage_check(const struct coverage *row, int n_row, int n_family)
{
    for (int i = 0; i < n_row; i++) {
        const struct coverage *c = &row[i];
        const double n = c->n - c->n_missing;

        cr_log_warn(
            "%-34s truth %9.4g, mean %9.4g: %3d of %d inside, %d without error, mean "
            "z %5.2f, sd z %4.2f",
            c->name, c->truth, c->value_sum / c->n, c->inside, c->n, c->n_missing,
            c->z_sum / n, sqrt(c->z_square / n - pow(c->z_sum / n, 2)));
    }
    for (int i = 0; i < n_row; i++) {
        const double p =
            gsl_cdf_binomial_P((unsigned)row[i].inside, 0.95, (unsigned)row[i].n);

        cr_expect_geq(p, 0.01 / n_family, "%s: %d of %d intervals hold the truth, p = %.2g",
                      row[i].name, row[i].inside, row[i].n, p);
    }
}
