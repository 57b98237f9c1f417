/* Positions in pools: value, derivatives, bounds and fees over random positions. */

#include <criterion/criterion.h>
#include <math.h>

#include "models/instrument/pool.h"
#include "tests/difference.h"
#include "tests/unit_case.h"

extern const struct instrument instrument_lp_constant_product, instrument_lp_range;

struct range_case {
    long double spot, entry, low, high;
};

static long double coins(const struct range_case *o, long double spot)
{
    const long double s = sqrtl(fminl(fmaxl(spot, o->low), o->high));
    return 1.0L / s - 1.0L / sqrtl(o->high);
}
static long double worth(const struct range_case *o, long double spot)
{
    const long double s = sqrtl(fminl(fmaxl(spot, o->low), o->high));
    return coins(o, spot) * spot + s - sqrtl(o->low);
}
static long double exact(long double spot, const void *data)
{
    const struct range_case *o = data;
    return worth(o, spot) / worth(o, o->entry);
}

static struct pool_contract contract_of(const struct range_case *o)
{
    return (struct pool_contract){
        .contract = {.instrument = &instrument_lp_range, .entry_usd = (double)o->entry},
        .lower_usd = (double)o->low,
        .upper_usd = (double)o->high,
        .pool_fee_frac = 0.003};
}

static struct unit_result price_at(const struct range_case *o, long double spot)
{
    const struct pool_contract p = contract_of(o);
    const struct unit_case c = {
        .contract = &p.contract, .spot = (double)spot, .factor = 1.0};

    return unit_case_price(&c);
}

/* Widths from 0.1 % to e^6; the doubles are what the kernel sees. */
static struct range_case random_case(uint64_t *state)
{
    const double middle = exp(unit_case_random(state, -3.0, 12.0));
    const double width = exp(unit_case_random(state, log(0.0005), log(3.0)));
    const double low = middle * exp(-width), high = middle * exp(width);
    const double spot = middle * exp(width * unit_case_random(state, -2.0, 2.0));
    const double entry = middle * exp(width * unit_case_random(state, -2.0, 2.0));

    return (struct range_case){.spot = spot, .entry = entry, .low = low, .high = high};
}

Test(property, range_value_and_greeks)
{
    uint64_t state = 41;

    for (int i = 0; i < 20000; i++) {
        const struct range_case o = random_case(&state);
        const struct unit_result v = price_at(&o, o.spot);
        /* no step of the differences may cross an end */
        const long double room =
            fminl(fabsl(o.spot - o.low), fabsl(o.spot - o.high)) / 4.5L;
        const long double h = fminl(room, o.spot / 256.0L);
        const long double value = exact(o.spot, &o), per_spot = value / o.spot;
        const long double bend = 0.5L / (worth(&o, o.entry) * o.spot * sqrtl(o.spot));

        const long double root = sqrtl(o.spot) / worth(&o, o.entry); /* L sqrt(S) */

        unit_case_near(v.value, value, 4e-15L * value + 1e-17L, "value");
        unit_case_near(v.delta, coins(&o, o.spot) / worth(&o, o.entry), 1e-14L * per_spot,
                       "coins");
        if (h < 1e-6L * o.spot)
            continue;
        unit_case_near(v.delta, difference_slope(exact, &o, o.spot, h),
                       1e-11L * (per_spot + bend * h) + 1e-18L * root / h, "delta");
        unit_case_near(v.gamma, difference_curve(exact, &o, o.spot, h),
                       1e-10L * bend + 1e-18L * root / (h * h), "gamma");
        cr_assert(v.vega == 0.0 && v.theta == 0.0 && v.rho == 0.0 && v.vanna == 0.0 &&
                      v.volga == 0.0,
                  "a pool has a Greek of time or volatility");
    }
}

/* At the very ends: value and delta are continuous, gamma is that of the outside. */
Test(property, range_kinks_are_at_its_ends)
{
    uint64_t state = 42;

    for (int i = 0; i < 2000; i++) {
        const struct range_case o = random_case(&state);
        const double low = (double)o.low, high = (double)o.high;
        const struct unit_result below = price_at(&o, nextafter(low, 0.0));
        const struct unit_result inside = price_at(&o, nextafter(low, high));
        const struct unit_result top = price_at(&o, high);
        const struct unit_result under = price_at(&o, nextafter(high, 0.0));

        cr_assert(below.gamma == 0.0 && price_at(&o, low).gamma == 0.0);
        cr_assert(inside.gamma < 0.0 && under.gamma < 0.0);
        cr_assert(top.gamma == 0.0 && top.delta == 0.0);
        cr_assert_float_eq(inside.delta / below.delta, 1.0, 1e-12);
        cr_assert_float_eq(inside.value / below.value, 1.0, 1e-14);
        cr_assert(under.delta <= 1e-12 * below.delta);
        cr_assert_float_eq(price_at(&o, 3.0L * o.high).value, top.value, 0.0);
        cr_assert_float_eq(price_at(&o, 0.5L * o.low).value, 0.5 * price_at(&o, low).value,
                           1e-15 * below.value);
    }
}

/* Rises with the price, concave, never more than the deposit held, nor than the same
 * liquidity at all prices. */
Test(property, range_value_is_bounded)
{
    uint64_t state = 43;

    for (int i = 0; i < 20000; i++) {
        const struct range_case o = random_case(&state);
        const double s = (double)o.spot, e = (double)o.entry;
        const double step = unit_case_random(&state, 0.001, 0.9);
        const struct unit_result now = price_at(&o, s), in = price_at(&o, e);
        const double up = price_at(&o, s * (1.0 + step)).value;
        const double down = price_at(&o, s * (1.0 - step)).value;
        const double hold = in.delta * s + (in.value - in.delta * e);
        const double root = sqrt(s) / (double)worth(&o, o.entry); /* L sqrt(S) */

        cr_assert_float_eq(in.value, 1.0, 1e-15, "%.17g at entry", in.value);
        cr_assert(up >= now.value && now.value >= down, "not monotone");
        cr_assert(up + down <= 2.0 * now.value * (1.0 + 1e-14), "not concave");
        cr_assert(now.value <= hold * (1.0 + 1e-14), "%.17g, held %.17g", now.value, hold);
        cr_assert(now.value <= 2.0 * root, "more than 2 L sqrt(S)");
        cr_assert(now.delta >= 0.0 && now.gamma <= 0.0, "signs");
    }
}

static struct pool_contract full_range(double entry, double fee)
{
    return (struct pool_contract){
        .contract = {.instrument = &instrument_lp_constant_product, .entry_usd = entry},
        .pool_fee_frac = fee};
}

static long double root_value(long double spot, const void *data)
{
    return sqrtl(spot / *(const double *)data);
}

Test(property, constant_product_value_and_greeks)
{
    uint64_t state = 44;

    for (int i = 0; i < 20000; i++) {
        const double entry = exp(unit_case_random(&state, -3.0, 12.0));
        const double s = entry * exp(unit_case_random(&state, -5.0, 5.0));
        const struct pool_contract p = full_range(entry, 0.003);
        const struct unit_case c = {.contract = &p.contract, .spot = s, .factor = 1.0};
        const struct unit_result v = unit_case_price(&c);
        const long double value = root_value(s, &entry), h = s / 256.0L;

        unit_case_near(v.value, value, 4e-16L * value, "value");
        unit_case_near(v.delta, difference_slope(root_value, &entry, s, h),
                       1e-13L * value / s, "delta");
        unit_case_near(v.gamma, difference_curve(root_value, &entry, s, h),
                       1e-12L * value / (s * s), "gamma");
        cr_assert(v.value <= 0.5 * (1.0 + s / entry) * (1.0 + 1e-15), "more than held");
        cr_assert(v.vega == 0.0 && v.theta == 0.0 && v.rho == 0.0);
    }
}

/* What the trade of an arbitrageur with everything to gain pays in fees, by search for his
 * largest profit against the pool's own swap, out = (1 - phi) in y / (x + (1 - phi) in). */
struct reserves {
    long double coins, usd;
};

static long double profit(const struct reserves *r, long double kept, long double spot,
                          long double in, bool buys)
{
    const long double net = kept * in;

    return buys ? spot * net * r->coins / (r->usd + net) - in
                : net * r->usd / (r->coins + net) - spot * in;
}

static long double arbitrage(struct reserves *r, long double fee, long double spot)
{
    const long double kept = 1.0L - fee;
    const bool buys = spot > r->usd / r->coins;
    long double low = 0.0L, high = buys ? r->usd : r->coins;

    for (int i = 0; i < 200; i++) { /* the profit is concave */
        const long double a = low + (high - low) / 3.0L, b = high - (high - low) / 3.0L;
        if (profit(r, kept, spot, a, buys) < profit(r, kept, spot, b, buys))
            low = a;
        else
            high = b;
    }
    const long double in = profit(r, kept, spot, low, buys) > 0.0L ? low : 0.0L;
    const long double net = kept * in, k = r->coins * r->usd;
    if (buys) {
        r->usd += net;
        r->coins = k / r->usd;
        return fee * in;
    }
    r->coins += net;
    r->usd = k / r->coins;
    return fee * in * spot;
}

Test(property, pool_fees_are_those_of_the_best_arbitrage)
{
    uint64_t rng = 45;
    double sum = 0.0, searched_sum = 0.0;

    for (int walk = 0; walk < 20; walk++) {
        const double fee = unit_case_random(&rng, 0.0005, 0.02), entry = 2384.5;
        const struct pool_contract p = full_range(entry, fee);
        struct reserves r = {.coins = 0.5L / entry, .usd = 0.5L};
        double state[CLAIM_MAX_STATE] = {0.0}, s = entry;
        unit_case_step(&p.contract, 0, 300.0, s, s, 1.0, state);
        for (uint32_t step = 1; step < 200; step++) {
            const double next = s * exp(unit_case_random(&rng, -0.02, 0.02));
            const struct unit_flows f =
                unit_case_step(&p.contract, step, 300.0, s, next, 1.0, state);
            const double searched = (double)arbitrage(&r, fee, next);
            cr_assert_float_eq(f.fee, searched, 1e-9 * fee, "fee %.17g, searched %.17g",
                               f.fee, searched);
            cr_assert(f.cash == f.fee && f.carry == 0.0 && f.coins == 0.0);
            sum += f.fee;
            searched_sum += searched;
            s = next;
        }
    }
    cr_assert(sum > 0.01);
    cr_assert_float_eq(sum, searched_sum, 1e-7 * sum);
}

/* The same liquidity next door to itself: two ranges earn what the whole range earns, and a
 * range around the whole path what the pool without ends does. */
Test(property, pool_fees_add_over_ranges)
{
    uint64_t rng = 46;

    for (int walk = 0; walk < 200; walk++) {
        const double low = 80.0, high = 125.0;
        const double middle = unit_case_random(&rng, 90.0, 110.0);
        const struct range_case ranges[3] = {{.entry = 100.0L, .low = low, .high = middle},
                                             {.entry = 100.0L, .low = middle, .high = high},
                                             {.entry = 100.0L, .low = low, .high = high}};
        const struct range_case wide = {.entry = 100.0L, .low = 1e-3L, .high = 1e7L};
        const struct pool_contract around = contract_of(&wide);
        const struct pool_contract all = full_range(100.0, 0.003);
        double state[5][CLAIM_MAX_STATE] = {{0.0}}, s = 100.0;
        for (uint32_t step = 0; step < 50; step++) {
            const double next = step == 0 ? s : s * exp(unit_case_random(&rng, -0.1, 0.1));
            double fee[3];
            for (int i = 0; i < 3; i++) {
                const struct pool_contract p = contract_of(&ranges[i]);
                const double liquidity = 1.0 / (double)worth(&ranges[i], 100.0L);
                fee[i] =
                    unit_case_step(&p.contract, step, 300.0, s, next, 1.0, state[i]).fee /
                    liquidity;
            }
            cr_assert_float_eq(fee[0] + fee[1], fee[2], 1e-14 * sqrt(next));
            const double whole =
                unit_case_step(&all.contract, step, 300.0, s, next, 1.0, state[3]).fee;
            const double inside =
                unit_case_step(&around.contract, step, 300.0, s, next, 1.0, state[4]).fee;
            cr_assert_float_eq(inside * (double)worth(&wide, 100.0L), whole * 20.0, 1e-12);
            s = next;
        }
    }
}

/* The root of the price goes straight from one end of a step to the other: with the ends of
 * the range at a quarter and three quarters of that, half of the time counts. */
Test(property, pool_counts_the_time_in_range)
{
    static const struct {
        double from, to, share;
    } rows[] = {{9.0, 11.0, 0.5},  {11.0, 9.0, 0.5},  {10.0, 10.0, 1.0}, {12.0, 12.0, 0.0},
                {10.0, 10.4, 1.0}, {10.5, 11.0, 0.0}, {9.5, 10.5, 1.0},  {9.0, 9.0, 0.0},
                {10.0, 11.0, 0.5}, {9.25, 9.75, 0.5}, {12.0, 8.0, 0.25}};
    struct pool_contract p = {
        .contract = {.instrument = &instrument_lp_range, .entry_usd = 100.0},
        .lower_usd = 9.5 * 9.5,
        .upper_usd = 10.5 * 10.5,
        .fee_apr_frac = 0.2};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double from = rows[i].from * rows[i].from, to = rows[i].to * rows[i].to;
        const struct unit_case a = {.contract = &p.contract, .spot = from, .factor = 1.0};
        const struct unit_case b = {.contract = &p.contract, .spot = to, .factor = 1.0};
        const double mean = 0.5 * (unit_case_price(&a).value + unit_case_price(&b).value);
        double state[CLAIM_MAX_STATE] = {rows[i].from};
        const struct unit_flows f =
            unit_case_step(&p.contract, 1, 3600.0, from, to, 1.0, state);
        cr_assert_float_eq(f.fee, 0.2 / 8760.0 * mean * rows[i].share, 1e-18, "row %zu: %g",
                           i, f.fee);
    }
}

Test(property, pool_positions_that_are_none_are_refused)
{
    struct pool_contract p = {
        .contract = {.id = "p", .entry_usd = 100.0}, .lower_usd = 90.0, .upper_usd = 110.0};
    struct error err;

    for (int i = 0; i < 2; i++) {
        const struct instrument *of =
            i == 0 ? &instrument_lp_constant_product : &instrument_lp_range;
        p.contract.quantity = -5.0;
        cr_assert(!of->check(&p.contract, "a.csv:2", &err), "a short one");
        p.contract.quantity = 5.0;
        cr_assert(of->check(&p.contract, "a.csv:2", &err), "%s", err.text);
    }
    p.upper_usd = 90.0;
    cr_assert(!instrument_lp_range.check(&p.contract, "a.csv:2", &err), "an empty range");
}
