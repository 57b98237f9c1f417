#ifndef TAILRACE_TESTS_DIGITAL_EXACT_H
#define TAILRACE_TESTS_DIGITAL_EXACT_H

#include <math.h>
#include <stdbool.h>

/* A digital option as what it is made of, in long double: the slope of a vanilla option's
 * price in the strike along a smile sigma(K) = volatility + slope ln(K/strike). */
struct digital_exact {
    bool call, asset, inverse;
    long double spot, strike, payout, log_forward_ratio, volatility, slope, years;
};

static inline long double digital_exact_vanilla(const struct digital_exact *o,
                                                long double strike)
{
    const long double phi = o->call ? 1.0L : -1.0L, root_half = sqrtl(0.5L);
    const long double forward = o->spot * expl(o->log_forward_ratio);
    const long double volatility = o->volatility + o->slope * logl(strike / o->strike);
    const long double sd = volatility * sqrtl(o->years);
    const long double d1 = logl(forward / strike) / sd + 0.5L * sd, d2 = d1 - sd;

    return 0.5L * phi *
           (forward * erfcl(-phi * d1 * root_half) - strike * erfcl(-phi * d2 * root_half));
}

/* A call's price falls with the strike by the cash digital; the asset digital is the option
 * and K of those. Tenth-order differences at steps of sd/96: 1e-14 of the scale. */
static inline long double digital_exact(const struct digital_exact *o)
{
    static const long double w[] = {5.0L / 6.0L, -5.0L / 21.0L, 5.0L / 84.0L,
                                    -5.0L / 504.0L, 1.0L / 1260.0L};
    const long double h = o->volatility * sqrtl(o->years) * o->strike / 96.0L;
    const long double phi = o->call ? 1.0L : -1.0L;
    const long double scale = o->inverse ? expl(-o->log_forward_ratio) : 1.0L;
    long double slope = 0.0L;

    for (int i = 1; i <= 5; i++)
        slope += w[i - 1] * (digital_exact_vanilla(o, o->strike + i * h) -
                             digital_exact_vanilla(o, o->strike - i * h));
    const long double cash = -phi * slope / h;
    const long double asset = phi * digital_exact_vanilla(o, o->strike) + o->strike * cash;

    return scale * (o->asset ? asset : o->payout * cash);
}

#endif
