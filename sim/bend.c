#include "sim/bend.h"

#include <math.h>

#include "sim/vmath.h"

static const double TERM_YEARS = 30.0 / 365.0, TERM_LEAST_YEARS = 7.0 / 365.0;

double bend_term_exponent(double years, double power)
{
    const double t = vm_max(years, TERM_LEAST_YEARS);

    return power == 0.0 ? 1.0 : vm_exp(power * vm_log(TERM_YEARS / t));
}

/* L(T). */
static double bend_level(const struct bend *bend, double years)
{
    return bend->factor * vm_exp(bend->term * bend_term_exponent(years, bend->term_power));
}

/* sigma0 = sqrt(w/T): sigma0' = w'/(2 T sigma0), sigma0'' = (w''/(2 T) - sigma0'^2)/sigma0;
 * with h = k/sqrt(k^2+T): h' = T/(k^2+T)^(3/2), h'' = -3 k T/(k^2+T)^(5/2). */
struct svi_value bend_value(const struct bend *bend, double years, double k,
                            struct svi_value before, double *share)
{
    const double level = bend_level(bend, years), sigma0 = sqrt(before.w / years);
    const double slope0 = before.first / (2.0 * years * sigma0);
    const double curve0 = (before.second / (2.0 * years) - slope0 * slope0) / sigma0;
    const double square = k * k + years, root = sqrt(square);
    const double sigma = level * sigma0 + bend->skew * k / root;
    const double slope = level * slope0 + bend->skew * years / (square * root);
    const double curve =
        level * curve0 - bend->skew * 3.0 * k * years / (square * square * root);

    *share = sigma / (level * sigma0);
    return (struct svi_value){.w = sigma * sigma * years,
                              .first = 2.0 * years * sigma * slope,
                              .second = 2.0 * years * (slope * slope + sigma * curve)};
}
