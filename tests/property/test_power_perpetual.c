/* Power perpetuals: derivatives over random contracts, and what must hold of the mark. */

#include <criterion/criterion.h>
#include <math.h>

#include "sim/model.h"
#include "tests/difference.h"
#include "tests/unit_case.h"

extern const struct instrument instrument_power_perpetual;

/* As models/instrument/power_perpetual.c lays out its contract. */
struct power_contract {
    struct contract contract;
    double power, normalisation, funding_period_s, basis_annual;
};

struct power_case {
    long double spot, power, years, basis, volatility, factor, entry;
};

static long double growth(const struct power_case *o, long double sigma)
{
    return (o->power - 1.0L) * (o->basis + 0.5L * o->power * sigma * sigma);
}

/* `volatility` is after stress here. */
static long double exact(const struct power_case *o)
{
    return powl(o->spot, o->power) / 7.25L / (1.0L - growth(o, o->volatility) * o->years) -
           o->entry;
}

static struct power_contract contract_of(const struct power_case *o)
{
    return (struct power_contract){
        .contract = {.instrument = &instrument_power_perpetual,
                     .volatility_annual = (double)(o->volatility / o->factor)},
        .power = (double)o->power,
        .normalisation = 7.25,
        .funding_period_s = (double)(o->years * 365.0L * 86400.0L),
        .basis_annual = (double)o->basis};
}

static struct unit_result price(const struct power_case *o)
{
    const struct power_contract p = contract_of(o);
    const double state[CLAIM_MAX_STATE] = {(double)o->entry};
    const struct unit_case c = {.contract = &p.contract,
                                .spot = (double)o->spot,
                                .factor = (double)o->factor,
                                .state = state};

    return unit_case_price(&c);
}

static long double by_spot(long double x, const void *data)
{
    struct power_case o = *(const struct power_case *)data;
    o.spot = x;
    return exact(&o);
}
static long double by_volatility(long double x, const void *data)
{
    struct power_case o = *(const struct power_case *)data;
    o.volatility = x;
    return exact(&o);
}
static long double vega_by_spot(long double x, const void *data)
{
    struct power_case o = *(const struct power_case *)data;
    o.spot = x;
    return difference_slope(by_volatility, &o, o.volatility, o.volatility / 512.0L);
}

/* A mark exists with room to spare: g T below 0.6 at 1.1 times the volatility. */
static struct power_case random_case(uint64_t *state)
{
    struct power_case o;

    do
        o = (struct power_case){.spot = expl(unit_case_random(state, -3.0, 12.0)),
                                .power = unit_case_random(state, -3.0, 5.0),
                                .years = unit_case_random(state, 0.001, 0.1),
                                .basis = unit_case_random(state, -0.3, 0.3),
                                .volatility =
                                    expl(unit_case_random(state, logl(0.01), logl(5.0))),
                                .factor = 1.5L};
    while (growth(&o, 1.1L * o.volatility) * o.years > 0.6L);
    return o;
}

Test(property, power_perpetual_value_and_greeks)
{
    uint64_t state = 31;

    for (int i = 0; i < 20000; i++) {
        struct power_case o = random_case(&state);
        const struct unit_result v = price(&o);
        const long double mark = exact(&o), sigma = o.volatility, s = o.spot;
        /* of the logarithm of the mark in sigma: u' / u */
        const long double vol_scale = mark * (1.0L + fabsl(o.power * o.power) * 10.0L);

        unit_case_near(v.value, mark, 2e-13L * mark, "value");
        unit_case_near(v.delta, difference_slope(by_spot, &o, s, s / 512.0L),
                       1e-11L * mark / s, "delta");
        unit_case_near(v.gamma, difference_curve(by_spot, &o, s, s / 512.0L),
                       1e-9L * mark / (s * s), "gamma");
        unit_case_near(v.vega, difference_slope(by_volatility, &o, sigma, sigma / 512.0L),
                       1e-10L * vol_scale, "vega");
        unit_case_near(v.volga, difference_curve(by_volatility, &o, sigma, sigma / 512.0L),
                       1e-8L * vol_scale / fminl(sigma, 1.0L), "volga");
        unit_case_near(v.vanna, difference_slope(vega_by_spot, &o, s, s / 512.0L),
                       1e-9L * vol_scale / s, "vanna");
        unit_case_near(v.rho, 0.0L, 0.0L, "rho");
        unit_case_near(v.theta, 0.0L, 0.0L, "theta");
        o.entry = 2.0L * mark;
        unit_case_near(price(&o).value, -mark, 4e-13L * mark, "entry");
    }
}

/* Between powers 0 and 1 the mark is below the index and longs are paid; outside it is
 * above, and it grows with volatility. p = 1 without basis is the coin. */
Test(property, power_perpetual_premium_has_the_sign_of_convexity)
{
    uint64_t state = 32;

    for (int i = 0; i < 20000; i++) {
        struct power_case o = random_case(&state);
        o.basis = 0.0L;
        const struct power_contract p = contract_of(&o);
        double moved[CLAIM_MAX_STATE] = {0.0};
        const double s = (double)o.spot, index = (double)(powl(o.spot, o.power) / 7.25L);
        const double sign = o.power > 1.0L || o.power < 0.0L ? 1.0 : -1.0;
        const struct unit_flows f =
            unit_case_step(&p.contract, 1, 60.0, s, s, (double)o.factor, moved);
        const struct unit_result v = price(&o);

        cr_assert(sign * (v.value - index) >= -1e-13 * index, "premium");
        cr_assert(sign * f.cash <= 0.0 && f.cash == f.carry && f.fee == 0.0 &&
                      f.coins == 0.0,
                  "funding %g", f.cash);
        cr_assert(sign * v.vega >= 0.0, "vega");
        const double paid = (v.value - index) * 60.0 / (double)(o.years * 31536000.0L);
        cr_assert_float_eq(f.cash, -paid, 1e-9 * fabs(paid) + 1e-17 * index, "%g %g",
                           f.cash, -paid);
    }
    const struct power_case one = {
        .spot = 61.5L, .power = 1.0L, .years = 0.02L, .volatility = 0.9L, .factor = 1.0L};
    cr_assert_float_eq(price(&one).value * 7.25, 61.5, 1e-13);
}

/* Where stress leaves no mark the value is no number that could pass for one. */
Test(property, power_perpetual_without_a_mark_is_not_finite)
{
    struct power_case o = {
        .spot = 100.0L, .power = 2.0L, .years = 0.02L, .volatility = 8.0L, .factor = 8.0L};

    cr_assert(!isfinite(price(&o).value));
    o.volatility = 7.0L;
    cr_assert(isfinite(price(&o).value));
}

Test(property, power_perpetual_is_refused_without_size_power_or_mark)
{
    struct power_case o = {
        .spot = 100.0L, .power = 2.0L, .years = 0.02L, .volatility = 0.9L, .factor = 1.0L};
    struct power_contract p = contract_of(&o);
    struct error err;

    p.contract.id = "p1";
    cr_assert(!instrument_power_perpetual.check(&p.contract, "a.csv:2", &err), "size 0");
    p.contract.quantity = -4.5;
    cr_assert(instrument_power_perpetual.check(&p.contract, "a.csv:2", &err), "%s",
              err.text);
    p.power = 0.0;
    cr_assert(!instrument_power_perpetual.check(&p.contract, "a.csv:2", &err), "power 0");
    p.power = 2.0;
    p.contract.volatility_annual = 7.1;
    cr_assert(!instrument_power_perpetual.check(&p.contract, "a.csv:2", &err), "no mark");
}
