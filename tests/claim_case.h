#ifndef TAILRACE_TESTS_CLAIM_CASE_H
#define TAILRACE_TESTS_CLAIM_CASE_H

#include <math.h>

#include "models/instrument/barrier.h"
#include "sim/model.h"

/* One claim priced by its kernel, for tests: all lanes get the same inputs. */
struct claim_case {
    double spot, log_forward_ratio, volatility, years;
    double skew;    /* d sigma / d ln K */
    double touched; /* barriers: state */
};
struct claim_result {
    double value, delta, gamma, vega, theta, vanna, volga, rho;
};

/* The beginning of struct digital. */
struct digital_case {
    struct contract contract;
    int asset;
    double payout_usd;
};

extern const struct instrument instrument_option, instrument_digital, instrument_barrier;

/* `full`: with Greeks; else the value alone, the rest is 0. */
static inline struct claim_result claim_case_price(const struct instrument *instrument,
                                                   const struct contract *c,
                                                   const struct claim_case *at, bool full)
{
    lane_row spot, log_spot, factor, skew, touched;
    lane_row value, delta, gamma, vega, theta, vanna, volga, rho;
    const double *state[CLAIM_MAX_STATE] = {touched};
    const int k = LANES - 1;

    for (int i = 0; i < LANES; i++) {
        spot[i] = at->spot;
        log_spot[i] = log(at->spot);
        factor[i] = 1.0;
        skew[i] = at->skew * sqrt(at->years);
        touched[i] = at->touched;
    }
    const struct claim_quote quote = {.spot_usd = spot,
                                      .log_spot = log_spot,
                                      .surface_factor = factor,
                                      .log_forward_ratio = at->log_forward_ratio,
                                      .volatility_sqrt_t = at->volatility * sqrt(at->years),
                                      .years = at->years,
                                      .skew = at->skew != 0.0 ? skew : NULL,
                                      .state = state};
    struct claim_value out = {.value_usd = value};
    if (full)
        out = (struct claim_value){value, delta, gamma, vega, theta, vanna, volga, rho};

    instrument->value(c, &quote, &out);
    if (!full)
        return (struct claim_result){.value = value[k]};
    return (struct claim_result){value[k], delta[k], gamma[k], vega[k],
                                 theta[k], vanna[k], volga[k], rho[k]};
}

#endif
