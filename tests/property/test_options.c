#include <criterion/criterion.h>

#include <stdio.h>

#include "tests/option_case.h"

/* What must hold for every option, over random contracts that include absurd ones: one
 * minute to expiry, volatility 0.01 and 5, strikes from e^-5 to e^5 times the spot price.
 */

enum { CASES = 20000 };

static struct option_case random_case(uint64_t *state)
{
    const double minute = 1.0 / (365.0 * 1440.0);
    struct option_case o = {.call = option_case_random(state, 0.0, 1.0) < 0.5,
                            .inverse = option_case_random(state, 0.0, 1.0) < 0.5};

    o.spot = exp(option_case_random(state, -3.0, 12.0));
    o.strike = o.spot * exp(option_case_random(state, -5.0, 5.0));
    if (option_case_random(state, 0.0, 1.0) < 0.5) /* half of them near the money */
        o.strike = o.spot * exp(option_case_random(state, -0.2, 0.2));
    o.log_forward_ratio = option_case_random(state, -0.1, 0.1);
    o.volatility = 0.01 * exp(option_case_random(state, 0.0, log(500.0)));
    o.years = minute * exp(option_case_random(state, 0.0, log(5.0 / minute)));
    return o;
}

static const char *describe(const struct option_case *o)
{
    static char text[200];

    snprintf(text, sizeof text, "%s %s S=%.17g K=%.17g ln(F/S)=%.17g vol=%.17g T=%.17g",
             o->inverse ? "inverse" : "linear", o->call ? "call" : "put", o->spot,
             o->strike, o->log_forward_ratio, o->volatility, o->years);
    return text;
}

Test(property, option_value_agrees_with_long_double)
{
    uint64_t state = 11;
    double worst = 0.0;

    for (int i = 0; i < 10 * CASES; i++) {
        const struct option_case o = random_case(&state);
        const double v = option_case_price(&o).value;
        const double exact = (double)option_case_exact(&o);
        const double relative = 1e-12 * fabs(exact), absolute = 1e-14 * o.spot;
        const double error = fabs(v - exact) / (relative > absolute ? relative : absolute);

        worst = error > worst ? error : worst;
        cr_assert(error <= 1.0, "%s: %.17g, exact %.17g", describe(&o), v, exact);
    }
    cr_log_info("largest error: %.3f of what is allowed", worst);
}

Test(property, option_results_are_finite_at_the_corners)
{
    static const double years[] = {0.0, 1e-9, 1.0 / 525600.0, 1.0, 30.0};
    static const double volatility[] = {0.0, 1e-6, 0.01, 5.0, 20.0};
    static const double log_moneyness[] = {-50.0, -5.0, 0.0, 5.0, 50.0};

    for (int i = 0; i < 5 * 5 * 5 * 4; i++) {
        const struct option_case o = {.call = i & 1,
                                      .inverse = i & 2,
                                      .spot = 3021.7,
                                      .strike = 3021.7 * exp(log_moneyness[i / 4 % 5]),
                                      .log_forward_ratio = 0.01,
                                      .volatility = volatility[i / 20 % 5],
                                      .years = years[i / 100]};
        const struct option_result v = option_case_price(&o);

        cr_assert(isfinite(v.value) && isfinite(v.delta) && isfinite(v.gamma) &&
                      isfinite(v.vega) && isfinite(v.theta),
                  "%s: %g %g %g %g %g", describe(&o), v.value, v.delta, v.gamma, v.vega,
                  v.theta);
    }
}

/* Call minus put is f - k; the value lies between intrinsic value and f or k. */
Test(property, option_parity_and_bounds)
{
    uint64_t state = 12;

    for (int i = 0; i < CASES; i++) {
        struct option_case o = random_case(&state);
        const double ratio = exp(o.log_forward_ratio);
        const double f = o.inverse ? o.spot : o.spot * ratio;
        const double k = o.inverse ? o.strike / ratio : o.strike, slack = 1e-13 * (f + k);

        o.call = true;
        const struct option_result call = option_case_price(&o);
        o.call = false;
        const struct option_result put = option_case_price(&o);

        cr_assert(fabs(call.value - put.value - (f - k)) <= slack, "%s: parity %g",
                  describe(&o), call.value - put.value - (f - k));
        cr_assert(call.value >= fmax(f - k, 0.0) - slack && call.value <= f + slack,
                  "%s: call %.17g", describe(&o), call.value);
        cr_assert(put.value >= fmax(k - f, 0.0) - slack && put.value <= k + slack,
                  "%s: put %.17g", describe(&o), put.value);
        cr_assert(call.delta >= 0.0 && put.delta <= 0.0 && call.gamma >= 0.0 &&
                      call.vega >= 0.0 && call.theta <= 0.0,
                  "%s: sign of a Greek", describe(&o));
        cr_assert(fabs(call.delta - put.delta - f / o.spot) <= 1e-15 * 4.0,
                  "%s: parity of delta", describe(&o));
        cr_assert(call.gamma == put.gamma && call.vega == put.vega &&
                      call.theta == put.theta,
                  "%s: gamma, vega or theta of call and put differ", describe(&o));
    }
}

/* A call falls with the strike, a put rises, by at most the difference of the strikes; both
 * are convex in it and rise with volatility. */
Test(property, option_is_monotone_and_convex)
{
    uint64_t state = 13;

    for (int i = 0; i < CASES; i++) {
        const struct option_case o = random_case(&state);
        const double step = option_case_random(&state, 0.001, 0.3);
        const double slack = 1e-13 * (o.spot + o.strike);
        struct option_case low = o, high = o, wild = o;

        low.strike *= 1.0 - step;
        high.strike *= 1.0 + step;
        wild.volatility *= 1.0 + step;
        const double v = option_case_price(&o).value;
        const double below = option_case_price(&low).value;
        const double above = option_case_price(&high).value;
        const double fall = o.call ? v - above : above - v;
        const double most = step * o.strike * exp(fabs(o.log_forward_ratio));

        cr_assert(fall >= -slack && fall <= most + slack,
                  "%s: strike +%g moves the value by %g", describe(&o), step, fall);
        cr_assert(below + above - 2.0 * v >= -slack, "%s: not convex in the strike, %g",
                  describe(&o), below + above - 2.0 * v);
        cr_assert(option_case_price(&wild).value >= v - slack, "%s: falls with volatility",
                  describe(&o));
    }
}

/* Sixth-order central difference of the long double value, in the direction that `move`
 * goes. */
static double difference(const struct option_case *o, double step,
                         void (*move)(struct option_case *, double))
{
    static const long double weight[] = {45.0L, -9.0L, 1.0L};
    long double sum = 0.0L;

    for (int i = 1; i <= 3; i++) {
        struct option_case up = *o, down = *o;
        move(&up, i * step);
        move(&down, -i * step);
        sum += weight[i - 1] * (option_case_exact(&up) - option_case_exact(&down));
    }
    return (double)(sum / (60.0L * step));
}
static void move_spot(struct option_case *o, double by)
{
    o->spot += by;
}
static void move_volatility(struct option_case *o, double by)
{
    o->volatility += by;
}
static void move_time(struct option_case *o, double by)
{
    o->years -= by;
}

/* Where differences can see something: within four standard deviations of the money. The
 * error of the differences is some 1e-10 of the scale of each Greek. */
Test(property, option_greeks_are_the_derivatives)
{
    uint64_t state = 14;

    for (int i = 0; i < CASES / 4; i++) {
        struct option_case o = random_case(&state);
        const double years = o.years < 1e-4 ? 1e-4 : o.years;
        const double sd = o.volatility * sqrt(years);
        o.years = years;
        o.strike = o.spot * exp(sd * option_case_random(&state, -4.0, 4.0));

        const struct option_result v = option_case_price(&o);
        /* powers of two, so that the steps of inputs near 1 are exact to the last bits */
        const double h = exp2(floor(log2(o.spot * (sd < 1.0 ? sd : 1.0) / 64.0)));
        const double hv = exp2(floor(log2(o.volatility / 64.0)));
        const double ht = exp2(floor(log2(o.years / 64.0)));
        const double delta = difference(&o, h, move_spot);
        const double vega = difference(&o, hv, move_volatility);
        const double theta = difference(&o, ht, move_time);
        struct option_case up = o, down = o;
        up.spot += h / 4.0;
        down.spot -= h / 4.0;
        const double peak = o.spot * sqrt(o.years), scale = o.spot * sd / o.years;

        cr_assert(fabs(v.delta - delta) <= 2e-8, "%s: delta %.17g, difference %.17g",
                  describe(&o), v.delta, delta);
        cr_assert(fabs(v.vega - vega) <= 2e-8 * peak, "%s: vega %.17g, difference %.17g",
                  describe(&o), v.vega, vega);
        cr_assert(fabs(v.theta - theta) <= 2e-8 * scale,
                  "%s: theta %.17g, difference %.17g", describe(&o), v.theta, theta);
        const double gamma =
            (option_case_price(&up).delta - option_case_price(&down).delta) / (h / 2.0);
        cr_assert(fabs(v.gamma - gamma) * o.spot * (sd < 1.0 ? sd : 1.0) <= 2e-4,
                  "%s: gamma %.17g, difference %.17g", describe(&o), v.gamma, gamma);
        const double vanna =
            (option_case_price(&up).vega - option_case_price(&down).vega) / (h / 2.0);
        cr_assert(fabs(v.vanna - vanna) * o.spot * (sd < 1.0 ? sd : 1.0) <= 5e-4 * peak,
                  "%s: vanna %.17g, difference %.17g", describe(&o), v.vanna, vanna);
        up = down = o;
        up.volatility += hv / 4.0;
        down.volatility -= hv / 4.0;
        const double volga =
            (option_case_price(&up).vega - option_case_price(&down).vega) / (hv / 2.0);
        cr_assert(fabs(v.volga - volga) * o.volatility <= 2e-3 * peak,
                  "%s: volga %.17g, difference %.17g", describe(&o), v.volga, volga);
    }
}

/* Rows that are not asked for stay away, and the value is the same bits without the Greeks.
 */
Test(property, option_value_alone_is_the_same)
{
    uint64_t state = 15;

    for (int i = 0; i < CASES; i++) {
        const struct option_case o = random_case(&state);
        const struct contract c = {
            .call = o.call, .inverse = o.inverse, .strike_usd = o.strike};
        lane_row spot, log_spot, factor, value;
        for (int k = 0; k < LANES; k++) {
            spot[k] = o.spot;
            log_spot[k] = log(o.spot);
            factor[k] = 1.0;
        }
        const struct claim_quote quote = {.spot_usd = spot,
                                          .log_spot = log_spot,
                                          .surface_factor = factor,
                                          .log_forward_ratio = o.log_forward_ratio,
                                          .volatility_sqrt_t = o.volatility * sqrt(o.years),
                                          .years = o.years};
        struct claim_value out = {.value_usd = value};

        instrument_option.value(&c, &quote, &out);
        cr_assert(value[0] == option_case_price(&o).value, "%s: %.17g", describe(&o),
                  value[0]);
    }
}

Test(property, option_payoff_is_the_value_at_expiry)
{
    for (int i = 0; i < 4; i++) {
        const struct contract c = {.call = i & 1, .inverse = i & 2, .strike_usd = 300.0};
        lane_row spot, payoff;
        for (int k = 0; k < LANES; k++)
            spot[k] = k % 2 ? 400.0 : 200.0;
        instrument_option.payoff(&c, NULL, spot, payoff);

        /* Deribit help desk, "Options explained": the call pays 0.25 coins at 400, the put
         * 0.5 coins at 200 */
        cr_assert_float_eq(payoff[0] / spot[0], c.call ? 0.0 : 0.5, 0.0);
        cr_assert_float_eq(payoff[1] / spot[1], c.call ? 0.25 : 0.0, 0.0);
    }
}

Test(property, option_without_size_strike_or_time_is_refused)
{
    struct contract c = {
        .id = "o1", .quantity = -2.5, .strike_usd = 300.0, .expiry_s = 60.0};
    struct error err;

    cr_assert(instrument_option.check(&c, "a.csv:2", &err), "%s", err.text);
    c.quantity = 0.0;
    cr_assert(!instrument_option.check(&c, "a.csv:2", &err), "quantity 0 was accepted");
    c.quantity = 1.5;
    c.strike_usd = (double)NAN;
    cr_assert(!instrument_option.check(&c, "a.csv:2", &err), "strike NaN was accepted");
    c.strike_usd = 300.0;
    c.expiry_s = -1.0;
    cr_assert(!instrument_option.check(&c, "a.csv:2", &err),
              "expiry in the past was accepted");
}
