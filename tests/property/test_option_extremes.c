#include <criterion/criterion.h>

#include <mpfr.h>
#include <stdio.h>

#include "sim/black.h"
#include "sim/vmath.h"
#include "tests/claim_case.h"
#include "tests/option_case.h"

/* Values of options and digitals against MPFR with 200 bits, and what must hold between
 * contracts: parity, bounds, monotony in strike, volatility, time and spot, convexity. Over
 * random contracts, every eighth one a corner: one minute to expiry or five years,
 * volatility 0.01 or 5, a strike of e^-5 or e^5 times the spot price or at the money. For
 * both kernels of options: one by one, and the strip of sim/black.h. */

enum { CASES = 20000, BITS = 200 };
static const double MINUTE_YEARS = 1.0 / 525600.0;

struct kernel {
    const char *name;
    double (*value)(const struct option_case *o);
};

static double one_value(const struct option_case *o)
{
    return option_case_price(o).value;
}

static double strip_value(const struct option_case *o)
{
    const double sign = o->call ? 1.0 : -1.0, log_strike = vm_log(o->strike);
    const double quantity = 1.0, sd = o->volatility * sqrt(o->years);
    const struct black_strip strip = {1,     o->inverse, o->years,    o->log_forward_ratio,
                                      &sign, &o->strike, &log_strike, &quantity,
                                      &sd};
    lane_row spot, log_spot, factor, sum[N_BLACK_SUM] = {0};

    for (int k = 0; k < LANES; k++) {
        spot[k] = o->spot;
        log_spot[k] = log(o->spot);
        factor[k] = 1.0;
    }
    black_strip_value(&strip, &(struct black_path){spot, log_spot, factor}, sum);
    return sum[BLACK_VALUE][LANES - 1];
}

enum { N_KERNEL = 2 };
static const struct kernel kernels[N_KERNEL] = {{"one", one_value}, {"strip", strip_value}};

static bool chance(uint64_t *state, double p)
{
    return option_case_random(state, 0.0, 1.0) < p;
}

static struct option_case random_case(uint64_t *state, int i)
{
    struct option_case o = {.call = chance(state, 0.5),
                            .inverse = chance(state, 0.5),
                            .spot = exp(option_case_random(state, -3.0, 12.0)),
                            .log_forward_ratio = option_case_random(state, -0.1, 0.1)};
    const double width = chance(state, 0.5) ? 5.0 : 0.1;

    o.strike = o.spot * exp(option_case_random(state, -width, width));
    o.volatility = 0.01 * exp(option_case_random(state, 0.0, log(500.0)));
    o.years = MINUTE_YEARS * exp(option_case_random(state, 0.0, log(5.0 / MINUTE_YEARS)));
    if (i % 8 != 0)
        return o;
    o.years = chance(state, 0.5) ? MINUTE_YEARS : 5.0;
    o.volatility = chance(state, 0.5) ? 0.01 : 5.0;
    o.strike = o.spot * (i % 24 == 0 ? exp(-5.0) : i % 24 == 8 ? exp(5.0) : 1.0);
    if (chance(state, 0.5))
        o.log_forward_ratio = 0.0;
    return o;
}

static const char *describe(const struct option_case *o)
{
    static char text[240];

    snprintf(text, sizeof text, "%s %s S=%.17g K=%.17g ln(F/S)=%.17g vol=%.17g T=%.17g",
             o->inverse ? "inverse" : "linear", o->call ? "call" : "put", o->spot,
             o->strike, o->log_forward_ratio, o->volatility, o->years);
    return text;
}

/* N(phi d1), N(phi d2), f and k of Black's formula. */
struct exact {
    mpfr_t cdf1, cdf2, f, k;
};

static void exact_start(struct exact *e, const struct option_case *o)
{
    mpfr_t sd, d, ratio;

    mpfr_inits2(BITS, e->cdf1, e->cdf2, e->f, e->k, sd, d, ratio, (mpfr_ptr)0);
    mpfr_set_d(ratio, o->log_forward_ratio, MPFR_RNDN);
    mpfr_exp(ratio, ratio, MPFR_RNDN);
    mpfr_set_d(e->f, o->spot, MPFR_RNDN);
    mpfr_set_d(e->k, o->strike, MPFR_RNDN);
    if (o->inverse)
        mpfr_div(e->k, e->k, ratio, MPFR_RNDN);
    else
        mpfr_mul(e->f, e->f, ratio, MPFR_RNDN);
    mpfr_set_d(sd, o->years, MPFR_RNDN);
    mpfr_sqrt(sd, sd, MPFR_RNDN);
    mpfr_mul_d(sd, sd, o->volatility, MPFR_RNDN);
    mpfr_div(d, e->f, e->k, MPFR_RNDN);
    mpfr_log(d, d, MPFR_RNDN);
    mpfr_div(d, d, sd, MPFR_RNDN);
    mpfr_div_ui(sd, sd, 2, MPFR_RNDN);
    mpfr_add(e->cdf1, d, sd, MPFR_RNDN);
    mpfr_sub(e->cdf2, d, sd, MPFR_RNDN);
    mpfr_set_d(ratio, 0.5, MPFR_RNDN);
    mpfr_sqrt(ratio, ratio, MPFR_RNDN);
    for (int i = 0; i < 2; i++) { /* N(x) = erfc(-x sqrt(1/2)) / 2 */
        mpfr_ptr x = i ? e->cdf2 : e->cdf1;
        mpfr_mul(x, x, ratio, MPFR_RNDN);
        mpfr_mul_si(x, x, o->call ? -1 : 1, MPFR_RNDN);
        mpfr_erfc(x, x, MPFR_RNDN);
        mpfr_div_ui(x, x, 2, MPFR_RNDN);
    }
    mpfr_clears(sd, d, ratio, (mpfr_ptr)0);
}

static void exact_end(struct exact *e)
{
    mpfr_clears(e->cdf1, e->cdf2, e->f, e->k, (mpfr_ptr)0);
}

static double exact_option(const struct option_case *o)
{
    struct exact e;

    exact_start(&e, o);
    mpfr_mul(e.f, e.f, e.cdf1, MPFR_RNDN);
    mpfr_mul(e.k, e.k, e.cdf2, MPFR_RNDN);
    mpfr_sub(e.f, e.f, e.k, MPFR_RNDN);
    const double value = mpfr_get_d(e.f, MPFR_RNDN);
    exact_end(&e);
    return o->call ? value : -value;
}

/* What a value may be off by: 1e-12 of itself or 1e-14 of spot. */
static double slack(const struct option_case *o, double value)
{
    return fmax(1e-12 * fabs(value), 1e-14 * o->spot);
}

Test(property, extreme_options_agree_with_mpfr)
{
    for (int n = 0; n < N_KERNEL; n++) {
        uint64_t state = 61;
        double worst = 0.0;
        for (int i = 0; i < CASES; i++) {
            const struct option_case o = random_case(&state, i);
            const double exact = exact_option(&o), v = kernels[n].value(&o);
            cr_assert(isfinite(v) && v >= 0.0, "%s, %s: %g", kernels[n].name, describe(&o),
                      v);
            cr_assert(fabs(v - exact) <= slack(&o, exact), "%s, %s: %.17g, exact %.17g",
                      kernels[n].name, describe(&o), v, exact);
            worst = fmax(worst, fabs(v - exact) / slack(&o, exact));
        }
        cr_log_info("%s: largest error %.3f of what is allowed", kernels[n].name, worst);
    }
}

/* Call minus put is f - k; a value lies between its intrinsic value and f or k. */
Test(property, extreme_options_have_parity_and_bounds)
{
    for (int n = 0; n < N_KERNEL; n++) {
        uint64_t state = 62;
        for (int i = 0; i < CASES; i++) {
            struct option_case o = random_case(&state, i);
            const double ratio = exp(o.log_forward_ratio);
            const double f = o.inverse ? o.spot : o.spot * ratio;
            const double k = o.inverse ? o.strike / ratio : o.strike;
            double v[2];

            for (int call = 0; call < 2; call++) {
                o.call = call;
                v[call] = kernels[n].value(&o);
                const double inner = fmax(call ? f - k : k - f, 0.0);
                cr_assert(v[call] >= inner - slack(&o, inner) &&
                              v[call] <= (call ? f : k) * (1.0 + 1e-12),
                          "%s, %s: %.17g", kernels[n].name, describe(&o), v[call]);
            }
            cr_assert(fabs(v[1] - v[0] - (f - k)) <=
                          slack(&o, v[1]) + slack(&o, v[0]) + 1e-15 * (f + k),
                      "%s, %s: call %.17g, put %.17g", kernels[n].name, describe(&o), v[1],
                      v[0]);
        }
    }
}

/* A claim that is moved along one axis: its values there, with what each may be off by. */
struct three {
    double x[3], value[3], off[3];
};
enum axis { STRIKE, SPOT, VOLATILITY, TIME, N_AXIS };

static struct three along(const struct kernel *kernel, const struct option_case *o,
                          enum axis axis, double step)
{
    struct three t;

    for (int j = 0; j < 3; j++) {
        struct option_case at = *o;
        double *x = axis == STRIKE       ? &at.strike
                    : axis == SPOT       ? &at.spot
                    : axis == VOLATILITY ? &at.volatility
                                         : &at.years;
        *x *= j == 0 ? 1.0 - step : j == 2 ? 1.0 + 1.7 * step : 1.0;
        t.x[j] = *x;
        t.value[j] = kernel->value(&at);
        t.off[j] = slack(&at, t.value[j]);
    }
    return t;
}

/* Along strike and spot the slope of V is between 0 and f/S or k/K (a put's in spot and a
 * call's in strike between their negatives and 0), and V is convex. It rises with
 * volatility and, at a given F/S, with time: V depends on sigma sqrt(T) alone. */
Test(property, extreme_options_are_monotone_and_convex)
{
    for (int n = 0; n < N_KERNEL; n++) {
        uint64_t state = 63;
        for (int i = 0; i < CASES; i++) {
            const struct option_case o = random_case(&state, i);
            const double ratio = exp(o.log_forward_ratio);
            const double step = exp(option_case_random(&state, log(1e-5), log(0.3)));
            for (enum axis axis = 0; axis < N_AXIS; axis++) {
                const struct three t = along(&kernels[n], &o, axis, step);
                const bool rises = axis >= VOLATILITY || o.call == (axis == SPOT);
                const double most = axis == STRIKE ? (o.inverse ? 1.0 / ratio : 1.0)
                                    : axis == SPOT ? (o.inverse ? 1.0 : ratio)
                                                   : INFINITY;
                for (int j = 0; j < 2; j++) {
                    const double by = t.value[j + 1] - t.value[j];
                    const double off = t.off[j] + t.off[j + 1];
                    const double up = rises ? by : -by, run = t.x[j + 1] - t.x[j];
                    cr_assert(up >= -off && up <= most * run * (1.0 + 1e-12) + off,
                              "%s, %s: axis %d, step %g moves the value by %g",
                              kernels[n].name, describe(&o), axis, run, by);
                }
                const double w = (t.x[1] - t.x[0]) / (t.x[2] - t.x[0]);
                const double line = (1.0 - w) * t.value[0] + w * t.value[2];
                cr_assert(axis >= VOLATILITY || t.value[1] <= line + (1.0 - w) * t.off[0] +
                                                                  t.off[1] + w * t.off[2],
                          "%s, %s: axis %d, step %g: %.17g is above the chord, %.17g",
                          kernels[n].name, describe(&o), axis, step, t.value[1], line);
            }
        }
    }
}

static struct digital_case digital_of(const struct option_case *o, int asset)
{
    return (struct digital_case){.contract = {.id = "digital",
                                              .call = o->call,
                                              .inverse = o->inverse,
                                              .quantity = 1.0,
                                              .strike_usd = o->strike},
                                 .asset = asset,
                                 .payout_usd = 0.7 * o->spot};
}

static double digital_value(const struct option_case *o, int asset)
{
    const struct digital_case d = digital_of(o, asset);
    const struct claim_case at = {.spot = o->spot,
                                  .log_forward_ratio = o->log_forward_ratio,
                                  .volatility = o->volatility,
                                  .years = o->years};

    return claim_case_price(&instrument_digital, &d.contract, &at, false).value;
}

/* F N(phi d1) or Q N(phi d2), over F/S where it is settled in coins. */
static double exact_digital(const struct option_case *o, int asset)
{
    struct option_case linear = *o;
    struct exact e;

    linear.inverse = false;
    exact_start(&e, &linear);
    const double cdf1 = mpfr_get_d(e.cdf1, MPFR_RNDN), f = mpfr_get_d(e.f, MPFR_RNDN);
    const double cdf2 = mpfr_get_d(e.cdf2, MPFR_RNDN);
    exact_end(&e);
    return (asset ? f * cdf1 : 0.7 * o->spot * cdf2) /
           (o->inverse ? exp(o->log_forward_ratio) : 1.0);
}

/* A digital sees ln S and ln K as doubles: half a unit of their last place, 2^-50 below 16,
 * twice, and as much for their difference, move d by that over sd, and the price by the
 * density. Elsewhere the bounds of the options hold. */
Test(property, extreme_digitals_agree_with_mpfr)
{
    uint64_t state = 64;
    double worst = 0.0;

    for (int i = 0; i < 2 * CASES; i++) {
        const struct option_case o = random_case(&state, i);
        const int asset = chance(&state, 0.5);
        const double exact = exact_digital(&o, asset), v = digital_value(&o, asset);
        const double sd = o.volatility * sqrt(o.years);
        const double m = (log(o.spot / o.strike) + o.log_forward_ratio) / sd;
        const double d = m + (asset ? 0.5 : -0.5) * sd;
        const double paid = asset ? 1.2 * o.spot : 0.7 * o.spot;
        const double seen = paid * 0.4 * exp(-0.5 * d * d) * 3.0 * 0x1p-50 / sd;
        const double allowed = slack(&o, exact) + seen;

        cr_assert(isfinite(v) && v >= 0.0, "%s: %g", describe(&o), v);
        cr_assert(fabs(v - exact) <= allowed, "%s digital, %s: %.17g, exact %.17g",
                  asset ? "asset" : "cash", describe(&o), v, exact);
        worst = fmax(worst, fabs(v - exact) / allowed);
    }
    cr_log_info("largest error: %.3f of what is allowed", worst);
}
