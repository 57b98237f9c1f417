#include "tests/mean.h"

#include <criterion/criterion.h>
#include <math.h>

void mean_check(const struct mean *m, double expected, const char *row, const char *what,
                int index)
{
    const double mean = m->sum / m->n;
    const double se = sqrt(fmax(m->square / m->n - mean * mean, 0.0) / m->n);

    cr_assert_leq(fabs(mean - expected), 5.0 * se + 1e-12 * fabs(expected),
                  "%s: %s %d is %.8g, expected %.8g, %.1f standard errors", row, what,
                  index, mean, expected, (mean - expected) / se);
}
