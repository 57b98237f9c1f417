#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/claim_greeks.h"
#include "tests/digital_exact.h"
#include "tests/option_case.h"

/* Digital options over random contracts, smiles that slope included. */

enum { CASES = 4000 };

struct random_digital {
    struct digital_case d;
    struct claim_case at;
};

static struct random_digital random_digital(uint64_t *state)
{
    const double sd = exp(option_case_random(state, log(0.02), log(1.5)));
    const double years = exp(option_case_random(state, log(1e-4), log(3.0)));
    const int kind = (int)option_case_random(state, 0.0, 16.0);
    const double spot = 2385.0, volatility = sd / sqrt(years);

    return (struct random_digital){
        .d = {.contract = {.id = "random",
                           .call = kind & 1,
                           .inverse = kind >> 1 & 1,
                           .quantity = 1.0,
                           .strike_usd =
                               spot * exp(sd * option_case_random(state, -2.5, 2.5))},
              .asset = kind >> 2 & 1,
              .payout_usd = spot * option_case_random(state, 0.5, 1.5)},
        .at = {.spot = spot,
               .log_forward_ratio = option_case_random(state, -0.1, 0.1),
               .volatility = volatility,
               .years = years,
               /* of sd per ln K, as steep as a short smile: up to 0.2 */
               .skew =
                   kind & 8 ? option_case_random(state, -0.2, 0.2) / sqrt(years) : 0.0}};
}

static const char *describe(const struct random_digital *r)
{
    static char text[256];

    snprintf(text, sizeof text,
             "%s%s %s S=%.17g K=%.17g Q=%g ln(F/S)=%.17g sigma=%.17g slope=%.17g T=%.17g",
             r->d.contract.inverse ? "inverse " : "", r->d.asset ? "asset" : "cash",
             r->d.contract.call ? "call" : "put", r->at.spot, r->d.contract.strike_usd,
             r->d.payout_usd, r->at.log_forward_ratio, r->at.volatility, r->at.skew,
             r->at.years);
    return text;
}

static struct claim_result price(const struct random_digital *r)
{
    return claim_case_price(&instrument_digital, &r->d.contract, &r->at, true);
}

static long double exact(const void *claim, const struct claim_moves *m)
{
    const struct random_digital *r = claim;
    const struct digital_exact o = {.call = r->d.contract.call,
                                    .asset = r->d.asset,
                                    .inverse = r->d.contract.inverse,
                                    .spot = r->at.spot * expl(m->log_spot),
                                    .strike = r->d.contract.strike_usd,
                                    .payout = r->d.payout_usd,
                                    .log_forward_ratio =
                                        r->at.log_forward_ratio + m->log_forward_ratio,
                                    .volatility = r->at.volatility + m->volatility,
                                    .slope = r->at.skew,
                                    .years = r->at.years + m->time};

    return digital_exact(&o);
}

/* The price is the slope of the vanilla option's along the smile, and Greeks are
 * derivatives of that at a constant slope. The second differences divide the rounding of
 * long double, 1e-19 over the 1/96 of the inner difference and the 1/64^2 of the outer, to
 * 1e-13; truncation is below 1e-12; the kernel rounds ln S / sd, 1e-15/0.02, once per
 * derivative. */
Test(property, digital_is_the_slope_of_the_option)
{
    uint64_t state = 51;

    for (int i = 0; i < CASES; i++) {
        const struct random_digital r = random_digital(&state);
        const struct claim_result v = price(&r);
        const struct claim_result e = claim_greeks_exact(exact, &r, &r.at, 64.0L);
        const double spot = r.at.spot;
        /* cut to 0 .. the payout: a straight smile is steep in the wings */
        const double ratio = exp(r.at.log_forward_ratio);
        const double sure = r.d.asset ? spot * ratio : r.d.payout_usd;
        const double most = r.d.contract.inverse ? sure / ratio : sure;
        const double value = fmin(fmax(e.value, 0.0), most);

        cr_assert(fabs(v.value - value) <= 1e-12 * value + 2e-12 * spot,
                  "%s: value %.17g, exact %.17g", describe(&r), v.value, value);
        claim_greeks_check(&v, &e, &r.at, 1e-10, describe(&r));
    }
}

/* A call and a put pay for certain; a coin-settled digital is the linear one in the mark
 * convention V/F; the value alone is the same bits. */
Test(property, digital_parity_and_settlement)
{
    uint64_t state = 52;

    for (int i = 0; i < CASES; i++) {
        struct random_digital r = random_digital(&state);
        const double ratio = exp(r.at.log_forward_ratio);
        const double alone =
            claim_case_price(&instrument_digital, &r.d.contract, &r.at, false).value;
        const double one = price(&r).value;

        cr_assert(alone == one, "%s: %.17g alone", describe(&r), alone);
        r.d.contract.call = !r.d.contract.call;
        const double both = one + price(&r).value;
        const double sure = r.d.asset ? r.at.spot * ratio : r.d.payout_usd;
        const double paid = r.d.contract.inverse ? sure / ratio : sure;
        cr_assert_float_eq(both, paid, 1e-14 * paid, "%s: %.17g, not %.17g", describe(&r),
                           both, paid);
    }
}

/* A higher strike makes a flat-smile call worth less and a put more; both lie between
 * nothing and the payout. One minute to expiry, volatilities of 0.01 and 5, strikes e^-5 to
 * e^5 of the spot price and on it: numbers. */
Test(property, digital_extremes_are_numbers)
{
    static const double years[] = {0.0, 1.0 / 525600.0, 0.003, 1.0, 5.0};
    static const double volatility[] = {0.0, 0.01, 0.8, 5.0};
    static const double away[] = {-5.0, -0.7, -1e-3, -1e-12, 0.0, 1e-16, 1e-6, 0.02, 5.0};
    enum { N_AWAY = sizeof away / sizeof *away };

    for (int i = 0; i < 16 * 5 * 4; i++) {
        double before = 0.0;
        for (int j = 0; j < N_AWAY; j++) {
            struct random_digital r = {
                .d = {.contract = {.call = i & 1,
                                   .inverse = i >> 1 & 1,
                                   .strike_usd = 64000.0 * exp(away[j])},
                      .asset = i >> 2 & 1,
                      .payout_usd = 100.0},
                .at = {.spot = 64000.0,
                       .log_forward_ratio = 0.01,
                       .volatility = volatility[i / 16 % 4],
                       .years = years[i / 64],
                       .skew = i & 8 ? -0.05 : 0.0}};
            const struct claim_result v = price(&r);
            const double most = r.d.asset ? 64000.0 * 1.0101 : 100.0;

            claim_greeks_check_finite(&v, describe(&r));
            cr_assert(v.value >= 0.0 && v.value <= most, "%s: %.17g", describe(&r),
                      v.value);
            if (j > 0 && r.at.skew == 0.0)
                cr_assert(r.d.contract.call ? v.value <= before + 1e-12 * most
                                            : v.value >= before - 1e-12 * most,
                          "%s: %.17g after %.17g", describe(&r), v.value, before);
            before = v.value;
        }
    }
}

Test(property, digital_payoff_is_all_or_nothing)
{
    for (int i = 0; i < 8; i++) {
        const struct digital_case d = {
            .contract = {.call = i & 1, .inverse = i >> 1 & 1, .strike_usd = 300.0},
            .asset = i >> 2,
            .payout_usd = 23.85};
        lane_row settle, payoff;
        for (int k = 0; k < LANES; k++)
            settle[k] = k % 2 ? 400.0 : 200.0;
        instrument_digital.payoff(&d.contract, NULL, settle, payoff);

        const double paid = d.asset ? settle[i & 1] : 23.85;
        cr_assert_float_eq(payoff[i & 1], paid, 0.0, "%d", i);
        cr_assert_float_eq(payoff[!(i & 1)], 0.0, 0.0, "%d", i);
    }
}
