#include <criterion/criterion.h>
#include <float.h>
#include <stdio.h>
#include <string.h>

#include "tests/barrier_exact.h"
#include "tests/claim_greeks.h"
#include "tests/option_case.h"

/* Barrier options over random contracts: Greeks against differences of a long double
 * implementation of another form of the formula, parity, limits, extreme inputs. */

enum { CASES = 4000 };

struct random_barrier {
    struct barrier b;
    struct claim_case at;
};

/* Barrier 0.1 to 3 standard deviations off, strike within 2 of the spot price, a forward
 * that is up to half a standard deviation away; a third of them is looked at 50 times. */
static struct random_barrier random_barrier(uint64_t *state)
{
    const double sd = exp(option_case_random(state, log(0.02), log(1.5)));
    const double years = exp(option_case_random(state, log(1e-4), log(3.0)));
    const int type = (int)option_case_random(state, 0.0, 4.0);
    const int kind = (int)option_case_random(state, 0.0, 12.0);
    const double spot = 2385.0;
    const double away = sd * option_case_random(state, 0.1, 3.0);
    const double sign = type == BARRIER_UP_OUT || type == BARRIER_UP_IN ? 1.0 : -1.0;
    const bool looked_at = kind % 3 == 2;
    struct random_barrier r = {
        .b = {.contract = {.id = "random",
                           .call = kind & 1,
                           .inverse = kind / 6,
                           .quantity = 1.0,
                           .strike_usd =
                               spot * exp(sd * option_case_random(state, -2.0, 2.0)),
                           .look_s = looked_at ? years * 365.0 * 86400.0 / 50.0 : 0.0},
              .type = type,
              .barrier_usd = spot * exp(sign * away)},
        .at = {.spot = spot,
               .log_forward_ratio = sd * option_case_random(state, -0.5, 0.5),
               .volatility = sd / sqrt(years),
               .years = years}};

    /* the price is not smooth where the shifted barrier passes the strike: not there */
    const double shift =
        0.5826 * r.at.volatility * sqrt(r.b.contract.look_s / (365.0 * 86400.0));
    if (fabs(sign * log(r.b.contract.strike_usd / r.b.barrier_usd) - shift) < shift / 16.0)
        r.b.contract.strike_usd *= exp(sign * shift / 8.0);
    /* in coins at a touch: only where the barrier is watched */
    if (!(looked_at && r.b.contract.inverse && barrier_is_out(&r.b)))
        r.b.rebate_usd = spot * option_case_random(state, 0.0, 0.2);
    return r;
}

static const char *describe(const struct random_barrier *r)
{
    static char text[256];

    snprintf(text, sizeof text,
             "type %d %s%s S=%.17g K=%.17g H=%.17g R=%g ln(F/S)=%.17g sigma=%.17g T=%.17g "
             "looks %g s",
             r->b.type, r->b.contract.inverse ? "inverse " : "",
             r->b.contract.call ? "call" : "put", r->at.spot, r->b.contract.strike_usd,
             r->b.barrier_usd, r->b.rebate_usd, r->at.log_forward_ratio, r->at.volatility,
             r->at.years, r->b.contract.look_s);
    return text;
}

static struct claim_result price(const struct random_barrier *r)
{
    return claim_case_price(&instrument_barrier, &r->b.contract, &r->at, true);
}

/* The exact price with the spot price, volatility, carry and time moved. A coin-settled
 * option is one that is discounted at the carry: its worth in coins is not discounted. */
static long double exact(const void *claim, const struct claim_moves *m)
{
    const struct random_barrier *r = claim;
    const long double years = r->at.years + m->time;
    const long double carry = (r->at.log_forward_ratio + m->log_forward_ratio) / years;
    const struct barrier_exact o = {.up = barrier_is_up(&r->b),
                                    .out = barrier_is_out(&r->b),
                                    .call = r->b.contract.call,
                                    .spot = r->at.spot * expl(m->log_spot),
                                    .strike = r->b.contract.strike_usd,
                                    .barrier = r->b.barrier_usd,
                                    .rebate = r->b.rebate_usd,
                                    .rate = r->b.contract.inverse ? carry : 0.0L,
                                    .carry = carry,
                                    .years = years,
                                    .volatility = r->at.volatility + m->volatility,
                                    .look_years =
                                        r->b.contract.look_s / (365.0L * 86400.0L)};

    return barrier_exact(&o);
}

/* The differences reach 4/128 of a standard deviation, less than the 0.1 to the barrier.
 * Their error is below 1e-12 of the value's scale over the step's; the kernel's own is the
 * rounding of logarithms near 8 over sd, some 1e-15/sd, in each derivative once more. With
 * sd >= 0.02 and the derivatives of the densities up to some 100, 1e-10 of the scale of
 * each Greek is both, and what a wrong term would make is a million times that. */
Test(property, barrier_greeks_are_the_derivatives)
{
    uint64_t state = 41;

    for (int i = 0; i < CASES; i++) {
        const struct random_barrier r = random_barrier(&state);
        const struct claim_result v = price(&r);
        const struct claim_result e = claim_greeks_exact(exact, &r, &r.at, 128.0L);
        const double spot = r.at.spot, sd = r.at.volatility * sqrt(r.at.years);

        cr_assert(fabs(v.value - e.value) <= 1e-12 * e.value + 1e-14 * spot / sd,
                  "%s: value %.17g, exact %.17g", describe(&r), v.value, e.value);
        claim_greeks_check(&v, &e, &r.at, 1e-10, describe(&r));
    }
}

static struct claim_result vanilla(const struct random_barrier *r)
{
    return claim_case_price(&instrument_option, &r->b.contract, &r->at, true);
}

/* Largest difference of value and Greeks, each on its scale. */
static double apart(const struct claim_result *a, const struct claim_result *b,
                    const struct random_barrier *r)
{
    const double spot = r->at.spot, sd = r->at.volatility * sqrt(r->at.years);
    const double vol = r->at.volatility;
    const double parts[] = {(a->value - b->value) / spot,
                            (a->delta - b->delta) * sd,
                            (a->gamma - b->gamma) * spot * sd * sd,
                            (a->vega - b->vega) * vol / spot,
                            (a->theta - b->theta) * r->at.years / spot,
                            (a->rho - b->rho) * sd / r->at.years / spot,
                            (a->vanna - b->vanna) * vol * sd,
                            (a->volga - b->volga) * vol * vol / spot};
    double most = 0.0;

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        most = isnan(parts[i]) ? INFINITY : fmax(most, fabs(parts[i]));
    return most;
}

/* An "out" and an "in" without rebate are the vanilla option, and so are their Greeks; a
 * rebate of both is paid for certain. */
Test(property, barrier_in_and_out_make_the_option)
{
    uint64_t state = 42;

    for (int i = 0; i < CASES; i++) {
        struct random_barrier r = random_barrier(&state);
        const double rebate = r.b.rebate_usd;
        r.b.rebate_usd = 0.0;
        r.b.type &= ~1;
        const struct claim_result out = price(&r);
        r.b.type |= 1;
        const struct claim_result in = price(&r), both = vanilla(&r);
        const struct claim_result sum = {out.value + in.value, out.delta + in.delta,
                                         out.gamma + in.gamma, out.vega + in.vega,
                                         out.theta + in.theta, out.vanna + in.vanna,
                                         out.volga + in.volga, out.rho + in.rho};

        cr_assert_lt(apart(&sum, &both, &r), 1e-12, "%s: out and in are %g from the option",
                     describe(&r), apart(&sum, &both, &r));
        cr_assert(out.value >= 0.0 && in.value >= 0.0, "%s", describe(&r));
        if (r.b.contract.inverse)
            continue;
        r.b.rebate_usd = rebate;
        const double in_rebate = price(&r).value - in.value;
        r.b.type &= ~1;
        cr_assert_float_eq(in_rebate + price(&r).value - out.value, rebate,
                           1e-13 * r.at.spot, "%s: rebates", describe(&r));
    }
}

/* Far from the barrier an "out" is the vanilla option and an "in" nothing; touched or at
 * the barrier it is the other way round, and rebates are due once. */
Test(property, barrier_far_away_and_touched)
{
    uint64_t state = 43;

    for (int i = 0; i < CASES; i++) {
        struct random_barrier r = random_barrier(&state);
        const double sd = r.at.volatility * sqrt(r.at.years);
        const double towards = barrier_is_up(&r.b) ? 1.0 : -1.0;
        const struct claim_result nothing = {.value = 0.0}, all = vanilla(&r);
        const struct claim_result *far = barrier_is_out(&r.b) ? &all : &nothing;
        const struct claim_result *touched = barrier_is_out(&r.b) ? &nothing : &all;
        const double rebate = r.b.rebate_usd, near = r.b.barrier_usd;
        struct claim_result v;

        r.at.touched = 1.0;
        v = price(&r);
        cr_assert_lt(apart(&v, touched, &r), 1e-13, "%s: touched", describe(&r));
        r.at.touched = 0.0;
        r.b.rebate_usd = 0.0;
        r.b.barrier_usd = r.at.spot * exp(towards * (13.0 * sd + 20.0 * sd * sd));
        v = price(&r);
        cr_assert_lt(apart(&v, far, &r), 1e-13, "%s: far away", describe(&r));
        for (int through = 0; through < 2 && r.b.contract.look_s == 0.0; through++) {
            r.b.barrier_usd = r.at.spot * (through ? 1.0 - 0.01 * towards : 1.0);
            v = price(&r);
            cr_assert_lt(apart(&v, touched, &r), 1e-13, "%s: through", describe(&r));
            if (!barrier_is_out(&r.b))
                continue;
            r.b.rebate_usd = rebate;
            cr_assert_float_eq(price(&r).value, rebate, 0.011 * rebate, "%s: rebate",
                               describe(&r));
            r.b.rebate_usd = 0.0;
        }
        r.b.barrier_usd = near;
    }
}

/* Up to the barrier the price goes to what it is there. */
Test(property, barrier_price_is_continuous_at_the_barrier)
{
    uint64_t state = 44;

    for (int i = 0; i < CASES; i++) {
        struct random_barrier r = random_barrier(&state);
        const double towards = barrier_is_up(&r.b) ? 1.0 : -1.0;
        const double sd = r.at.volatility * sqrt(r.at.years);

        r.b.contract.look_s = 0.0;
        r.b.barrier_usd = r.at.spot * (1.0 + towards * 1e-9 * sd);
        const double close = price(&r).value;
        r.b.barrier_usd = r.at.spot;
        cr_assert_float_eq(close, price(&r).value, 1e-7 * r.at.spot, "%s", describe(&r));
    }
}

/* One minute to expiry, volatilities of 0.01 and 5, strikes and barriers e^-5 to e^5 of the
 * spot price, on it and a bit off it, steep carry: numbers, within bounds. */
Test(property, barrier_extremes_are_numbers)
{
    static const double years[] = {0.0, 1.0 / 525600.0, 0.003, 1.0, 5.0};
    static const double volatility[] = {0.0, 0.01, 0.8, 5.0};
    static const double away[] = {-5.0, -0.7, -1e-3, -1e-12, 0.0, 1e-16, 1e-6, 0.02, 5.0};
    static const double carry[] = {-3.0, 0.0, 0.01, 2.0};
    enum { N_AWAY = sizeof away / sizeof *away };

    for (int i = 0; i < 5 * 4 * 4 * N_AWAY * N_AWAY * 16; i++) {
        const int j = i / 16;
        struct random_barrier r = {
            .b = {.contract = {.call = i & 1,
                               .inverse = i >> 1 & 1,
                               .strike_usd = 64000.0 * exp(away[j % N_AWAY])},
                  .type = i >> 2 & 3,
                  .barrier_usd = 64000.0 * exp(away[j / N_AWAY % N_AWAY]),
                  .rebate_usd = 100.0},
            .at = {.spot = 64000.0,
                   .log_forward_ratio =
                       carry[j / (N_AWAY * N_AWAY) % 4] * years[j / (N_AWAY * N_AWAY * 16)],
                   .volatility = volatility[j / (N_AWAY * N_AWAY * 4) % 4],
                   .years = years[j / (N_AWAY * N_AWAY * 16)]}};
        if (i % 7 == 0 && !r.b.contract.inverse)
            r.b.contract.look_s = 3600.0;
        const struct claim_result v = price(&r);
        /* an option and the rebate bound it; a knocked out one in coins pays R/H coins */
        const double slack = 1e-9 * r.at.spot, forward = exp(fabs(r.at.log_forward_ratio));
        const double most = r.b.contract.inverse ? forward : 1.0;
        const double coins = fmax(1.0, r.at.spot / r.b.barrier_usd);

        claim_greeks_check_finite(&v, describe(&r));
        cr_assert(v.value >= 0.0 &&
                      v.value <= vanilla(&r).value + 100.0 * most * coins + slack,
                  "%s: value %.17g", describe(&r), v.value);
    }
}

/* Rows that are not asked for stay away, and the value is the same bits without the Greeks.
 */
Test(property, barrier_value_alone_is_the_same)
{
    uint64_t state = 45;

    for (int i = 0; i < CASES; i++) {
        const struct random_barrier r = random_barrier(&state);
        const double alone =
            claim_case_price(&instrument_barrier, &r.b.contract, &r.at, false).value;

        cr_assert(alone == price(&r).value, "%s: %.17g", describe(&r), alone);
    }
}
