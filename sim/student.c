#include "sim/student.h"

#include <math.h>

#include "sim/vmath.h"

static const double LN_SQRT_2PI = 0x1.d67f1c864beb5p-1;

/* ln Gamma(a) by Stirling's series from 16 on (Abramowitz and Stegun 6.1.40), by the
 * recurrence below. */
static double log_gamma(double a)
{
    double product = 1.0;

    for (; a < 16.0; a += 1.0)
        product *= a;
    const double r = 1.0 / (a * a);
    const double series =
        (1.0 / 12 - r * (1.0 / 360 - r * (1.0 / 1260 - r * (1.0 / 1680 - r / 1188)))) / a;
    return (a - 0.5) * vm_log(a) - a + LN_SQRT_2PI + series - vm_log(product);
}

/* P(a, x) Gamma(a) / (x^a exp(-x)), the sum of 6.5.29. */
static double lower_series(double a, double x)
{
    double term = 1.0 / a, sum = term;

    for (int n = 1; n < 2000 && term > 1e-17 * sum; n++) {
        term *= x / (a + n);
        sum += term;
    }
    return sum;
}

/* Q(a, x) Gamma(a) / (x^a exp(-x)) for x > a + 1: the even part of the continued fraction
 * 6.5.31 by Lentz's method (Numerical Recipes, section 6.2). */
static double upper_fraction(double a, double x)
{
    double b = x + 1.0 - a, c = 1e300, d = 1.0 / b, value = d, change = 0.0;

    for (int n = 1; n < 2000 && fabs(change - 1.0) > 1e-16; n++) {
        const double an = -n * (n - a);
        b += 2.0;
        d = 1.0 / (an * d + b);
        c = b + an / c;
        change = c * d;
        value *= change;
    }
    return value;
}

/* ln(W/2) of the tail that z cuts off by Newton's method, from the guess y; a = nu/2.
 * *slope: its derivative by z. */
static double log_half_quantile(double a, double log_gamma_a, double z, double y,
                                double *slope)
{
    const double tail = vm_normal_cdf(-fabs(z)), log_tail = vm_log(tail);

    for (int i = 0;; i++) {
        const double x = vm_exp(y), log_density = a * y - x - log_gamma_a; /* of y */
        const double share = z < 0.0       ? lower_series(a, x)
                             : x > a + 1.0 ? upper_fraction(a, x)
                                           : vm_exp(-log_density) - lower_series(a, x);
        const double side = z < 0.0 ? 1.0 : -1.0; /* d ln(tail) / dy = side / share */
        const double miss = log_density + vm_log(share) - log_tail;

        *slope = vm_normal_pdf(z) / tail * share;
        if (i == 50 || fabs(miss) < 1e-14)
            return y;
        y -= side * miss * share;
    }
}

void student_prepare(struct student *table, double degrees_of_freedom)
{
    const double a = 0.5 * degrees_of_freedom, log_gamma_a = log_gamma(a);
    const double spacing = 1.0 / STUDENT_PER_UNIT, log_a = vm_log(a);
    const int middle = N_STUDENT / 2;

    for (int side = -1; side <= 1; side += 2) {
        double y = vm_log(a - 1.0 / 3), slope = 0.0; /* the median, Wilson and Hilferty */
        for (int i = middle; i >= 0 && i < N_STUDENT; i += side) {
            const double z = (i - middle) * spacing;
            y = log_half_quantile(a, log_gamma_a, z, y + side * slope * spacing, &slope);
            table->log_scale[i] = 0.5 * (log_a - y);
            table->slope[i] = -0.5 * slope * spacing;
        }
    }
}

void student_scale(const struct student *table, const double *restrict uniform,
                   double *restrict scale)
{
    const double *restrict value = table->log_scale, *restrict slope = table->slope;

    for (int k = 0; k < LANES; k++) {
        const double z = vm_normal_quantile(uniform[k]);
        const double place = (z + STUDENT_REACH) * STUDENT_PER_UNIT;
        const int i = (int)place;
        const double t = place - i, rise = value[i + 1] - value[i];
        /* Hermite: value + t (slope0 + t (3 rise - 2 slope0 - slope1 + t (...))) */
        const double cubic = slope[i] + slope[i + 1] - 2.0 * rise;
        const double square = rise - slope[i] - cubic;
        scale[k] = vm_exp(fma(t, fma(t, fma(t, cubic, square), slope[i]), value[i]));
    }
}
