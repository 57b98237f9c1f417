#ifndef TAILRACE_TESTS_OPTION_CASE_H
#define TAILRACE_TESTS_OPTION_CASE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/model.h"

/* One option priced by the kernel, for tests: all lanes get the same inputs. */
struct option_case {
    bool call, inverse;
    double spot, strike, log_forward_ratio, volatility, years;
};
struct option_result {
    double value, delta, gamma, vega, theta, vanna, volga, rho;
};

extern const struct instrument instrument_option;

static inline struct option_result option_case_price(const struct option_case *o)
{
    const struct contract c = {.id = "case",
                               .call = o->call,
                               .inverse = o->inverse,
                               .quantity = 1.0,
                               .strike_usd = o->strike,
                               .expiry_s = 365.0 * 86400.0 * o->years};
    lane_row spot, log_spot, factor, value, delta, gamma, vega, theta, vanna, volga, rho;

    for (int k = 0; k < LANES; k++) {
        spot[k] = o->spot;
        log_spot[k] = log(o->spot);
        factor[k] = 1.0;
    }
    const struct claim_quote quote = {.spot_usd = spot,
                                      .log_spot = log_spot,
                                      .surface_factor = factor,
                                      .log_forward_ratio = o->log_forward_ratio,
                                      .volatility_sqrt_t = o->volatility * sqrt(o->years),
                                      .years = o->years};
    struct claim_value out = {value, delta, gamma, vega, theta, vanna, volga, rho};

    instrument_option.value(&c, &quote, &out);
    return (struct option_result){value[LANES - 1], delta[LANES - 1], gamma[LANES - 1],
                                  vega[LANES - 1],  theta[LANES - 1], vanna[LANES - 1],
                                  volga[LANES - 1], rho[LANES - 1]};
}

/* The same value in long double, straight from the formula. */
static inline long double option_case_exact(const struct option_case *o)
{
    const long double sign = o->call ? 1.0L : -1.0L, root_half = sqrtl(0.5L);
    const long double ratio = expl((long double)o->log_forward_ratio);
    const long double f = o->inverse ? o->spot : o->spot * ratio;
    const long double k = o->inverse ? o->strike / ratio : (long double)o->strike;
    const long double sd = o->volatility * sqrtl(o->years);
    const long double d1 = logl(f / k) / sd + 0.5L * sd, d2 = d1 - sd;

    return 0.5L * sign *
           (f * erfcl(-sign * d1 * root_half) - k * erfcl(-sign * d2 * root_half));
}

/* Uniform numbers for random cases (SplitMix64, Steele et al. 2014). */
static inline double option_case_random(uint64_t *state, double low, double high)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return low + (high - low) * ((double)(z >> 11) * 0x1p-53);
}

#endif
