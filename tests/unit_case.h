#ifndef TAILRACE_TESTS_UNIT_CASE_H
#define TAILRACE_TESTS_UNIT_CASE_H

#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>

#include "sim/model.h"

/* One unit of a claim priced by its kernel: all lanes get the same inputs. */
struct unit_case {
    const struct contract *contract;
    double spot, log_forward_ratio, years, factor; /* factor: of the surface */
    const double *state;                           /* [CLAIM_MAX_STATE]; NULL: zeros */
};
struct unit_result {
    double value, delta, gamma, vega, theta, vanna, volga, rho;
};

static inline struct unit_result unit_case_price(const struct unit_case *o)
{
    lane_row spot, log_spot, factor, rows[CLAIM_MAX_STATE] = {{0.0}};
    lane_row value, delta, gamma, vega, theta, vanna, volga, rho;
    const double *state[CLAIM_MAX_STATE];

    for (int i = 0; i < CLAIM_MAX_STATE; i++) {
        state[i] = rows[i];
        for (int k = 0; o->state != NULL && k < LANES; k++)
            rows[i][k] = o->state[i];
    }
    for (int k = 0; k < LANES; k++) {
        spot[k] = o->spot;
        log_spot[k] = log(o->spot);
        factor[k] = o->factor;
    }
    const struct claim_quote quote = {.spot_usd = spot,
                                      .log_spot = log_spot,
                                      .surface_factor = factor,
                                      .log_forward_ratio = o->log_forward_ratio,
                                      .years = o->years,
                                      .state = state};
    struct claim_value out = {value, delta, gamma, vega, theta, vanna, volga, rho};

    o->contract->instrument->value(o->contract, &quote, &out);
    const int k = LANES - 1;
    return (struct unit_result){value[k], delta[k], gamma[k], vega[k],
                                theta[k], vanna[k], volga[k], rho[k]};
}

/* One step of one unit, in all lanes alike; the state [CLAIM_MAX_STATE] moves on. */
struct unit_flows {
    double cash, coins, fee, carry;
};

static inline struct unit_flows unit_case_step(const struct contract *c, uint32_t step,
                                               double step_s, double before, double after,
                                               double factor, double *state)
{
    lane_row from, to, factors, rows[CLAIM_MAX_STATE], out[5] = {{0.0}};
    double *row[CLAIM_MAX_STATE];

    for (int i = 0; i < CLAIM_MAX_STATE; i++)
        row[i] = rows[i];
    for (int k = 0; k < LANES; k++) {
        from[k] = before;
        to[k] = after;
        factors[k] = factor;
        for (int i = 0; i < CLAIM_MAX_STATE; i++)
            rows[i][k] = state[i];
    }
    const struct claim_step s = {.step = step,
                                 .time_s = step * step_s,
                                 .step_s = step_s,
                                 .spot_before_usd = from,
                                 .spot_usd = to,
                                 .mark_usd = to,
                                 .surface_factor = factors,
                                 .state = row,
                                 .cash_usd = out[0],
                                 .coins = out[1],
                                 .debt_coins = out[2],
                                 .fee_usd = out[3],
                                 .carry_usd = out[4]};
    if (step > 0)
        c->instrument->step(c, &s);
    else if (c->instrument->start != NULL)
        c->instrument->start(c, &s);
    for (int i = 0; i < CLAIM_MAX_STATE; i++)
        state[i] = rows[i][LANES - 1];
    return (struct unit_flows){out[0][0], out[1][0], out[3][0], out[4][0]};
}

/* Uniform on a .. b; xorshift64*, as the tests' own source of cases. */
static inline double unit_case_random(uint64_t *state, double a, double b)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return a + (b - a) * (double)(*state * UINT64_C(2685821657736338717) >> 11) * 0x1p-53;
}

/* A kernel's result is within `slack` of what it should be. */
static inline void unit_case_near(double kernel, long double expected, long double slack,
                                  const char *what)
{
    cr_assert(fabsl(kernel - expected) <= slack, "%s: %.17g, expected %.17Lg", what, kernel,
              expected);
}

#endif
