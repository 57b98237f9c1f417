/* Dated futures: derivatives, payoff and signs over random contracts. */

#include <criterion/criterion.h>
#include <math.h>

#include "models/registry.h"
#include "tests/difference.h"
#include "tests/unit_case.h"

extern const struct instrument instrument_future;

/* As models/instrument/future.c lays out its contract. */
struct future_contract {
    struct contract contract;
    double basis_annual;
};

struct future_case {
    bool inverse;
    long double spot, entry, curve, basis, years; /* curve: ln(F/S)/T of the asset */
};

static long double exact(const struct future_case *o)
{
    const long double r = expl((o->curve + o->basis) * o->years);

    return o->inverse ? o->spot * (1.0L / o->entry - 1.0L / (o->spot * r))
                      : o->spot * r - o->entry;
}

static struct unit_result price(const struct future_case *o)
{
    const struct future_contract f = {.contract = {.instrument = &instrument_future,
                                                   .id = "case",
                                                   .inverse = o->inverse,
                                                   .quantity = 1.0,
                                                   .entry_usd = (double)o->entry},
                                      .basis_annual = (double)o->basis};
    const struct unit_case c = {.contract = &f.contract,
                                .spot = (double)o->spot,
                                .log_forward_ratio = (double)(o->curve * o->years),
                                .years = (double)o->years,
                                .factor = 1.3};

    return unit_case_price(&c);
}

static long double by_spot(long double x, const void *data)
{
    struct future_case o = *(const struct future_case *)data;
    o.spot = x;
    return exact(&o);
}
static long double by_years(long double x, const void *data)
{
    struct future_case o = *(const struct future_case *)data;
    o.curve *= o.years / x; /* F/S of the curve stays */
    o.years = x;
    return exact(&o);
}
static long double by_basis(long double x, const void *data)
{
    struct future_case o = *(const struct future_case *)data;
    o.basis = x;
    return exact(&o);
}

static struct future_case random_case(uint64_t *state)
{
    const double spot = exp(unit_case_random(state, -3.0, 12.0));

    return (struct future_case){.inverse = unit_case_random(state, 0.0, 1.0) < 0.5,
                                .spot = spot,
                                .entry = spot * exp(unit_case_random(state, -5.0, 5.0)),
                                .curve = unit_case_random(state, -0.3, 0.3),
                                .basis = unit_case_random(state, -0.5, 0.5),
                                .years =
                                    exp(unit_case_random(state, log(1.9e-6), log(5.0)))};
}

Test(property, future_value_and_greeks)
{
    uint64_t state = 21;

    for (int i = 0; i < 20000; i++) {
        const struct future_case o = random_case(&state);
        const struct unit_result v = price(&o);
        /* what one contract is of: the forward in USD, or a contract of 1 USD */
        const double size =
            (double)(o.inverse ? 1.0L + o.spot / o.entry : o.spot * 40.0L + o.entry);

        const long double step = 1.0L / (64.0L + 64.0L * o.years);

        unit_case_near(v.value, exact(&o), 1e-15 * size * 4.0, "value");
        unit_case_near(v.delta, difference_slope(by_spot, &o, o.spot, o.spot / 64.0L),
                       1e-14 * size / (double)o.spot, "delta");
        unit_case_near(v.gamma * (double)o.spot, 0.0L, 0.0, "gamma");
        unit_case_near(v.theta, -difference_slope(by_years, &o, o.years, o.years / 64.0L),
                       1e-11 * size, "theta");
        unit_case_near(v.rho, difference_slope(by_basis, &o, o.basis, step), 1e-11 * size,
                       "rho");
        cr_assert(v.vega == 0.0 && v.vanna == 0.0 && v.volga == 0.0, "volatility");
    }
}

/* At expiry the forward is the spot price: value and payoff meet. */
Test(property, future_payoff_is_the_value_at_expiry)
{
    uint64_t state = 22;

    for (int i = 0; i < 1000; i++) {
        struct future_case o = random_case(&state);
        lane_row settle, payoff;
        const struct contract c = {.inverse = o.inverse, .entry_usd = (double)o.entry};
        o.years = 0.0L;
        for (int k = 0; k < LANES; k++)
            settle[k] = (double)o.spot;
        instrument_future.payoff(&c, NULL, settle, payoff);
        cr_assert_eq(payoff[0], price(&o).value, "%.17g, value %.17g", payoff[0],
                     price(&o).value);
    }
}

Test(property, future_rises_with_spot_and_basis)
{
    uint64_t state = 23;

    for (int i = 0; i < 20000; i++) {
        const struct future_case o = random_case(&state);
        struct future_case up = o, dear = o;
        up.spot *= 1.01L;
        dear.basis += 0.01L;
        cr_assert(price(&up).value > price(&o).value, "spot");
        cr_assert(price(&dear).value >= price(&o).value, "basis");
    }
}
