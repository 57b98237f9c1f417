#include <criterion/criterion.h>

#include <math.h>
#include <string.h>

#include "sim/model.h"
#include "tests/option_case.h"

/* The square-root book: what a fill pays, and what no sequence of fills may gain. */

extern const struct liquidity_model liquidity_square_root;
static const struct liquidity_model *const book = &liquidity_square_root;

enum { CASES = 20000 };
static const double PRICE = 2385.25;

/* The layout of the model's parameters, in the order of its fields. */
struct parameters {
    double impact_coefficient, volatility_daily, daily_volume_usd, half_spread_frac;
    double refill_half_life_s, permanent_frac;
};

/* Room for the coefficients of one book. */
struct prepared {
    _Alignas(64) unsigned char coef[256];
};

static struct prepared prepare(double impact_coefficient, double permanent_frac)
{
    const struct parameters p = {impact_coefficient, 0.04, 3.7e8, 2e-4, 300.0,
                                 permanent_frac};
    struct prepared out;
    struct error err;

    cr_assert_eq(book->about.param_size, sizeof p);
    cr_assert(book->coef_size <= sizeof out.coef);
    for (int i = 0; i < 6; i++)
        cr_assert_eq(book->about.fields[i].offset, (size_t)i * sizeof(double));
    cr_assert(book->prepare(&p, PRICE, NULL, out.coef, &err), "%s", err.text);
    return out;
}

/* One lane of refill. */
static void refill(const struct prepared *b, double step_s, double before, double now,
                   double speed, double *impact, double *permanent)
{
    lane_row row[5];

    for (int k = 0; k < LANES; k++) {
        row[0][k] = before;
        row[1][k] = now;
        row[2][k] = speed;
        row[3][k] = *impact;
        row[4][k] = *permanent;
    }
    book->refill(b->coef, step_s, row[0], row[1], row[2], row[3], row[4]);
    *impact = row[3][LANES / 2];
    *permanent = row[4][LANES / 2];
}

static double any(uint64_t *state, double low, double high)
{
    return option_case_random(state, low, high);
}

/* A size between 1e-8 and 1e6 coins (the day trades 155,000), either sign. */
static double any_size(uint64_t *state)
{
    const double size = exp(any(state, log(1e-8), log(1e6)));

    return any(state, 0.0, 1.0) < 0.5 ? -size : size;
}

/* Integral of the marginal price over the quantity, in long double: with Q as a function of
 * z the integrand 2 z exp(-s z)/c^2 is smooth; composite Gauss-Legendre with 5 points. */
static long double quadrature(long double z1, long double z2, long double side)
{
    static const long double x[] = {0.0L, 0.5384693101056830910363144L,
                                    0.9061798459386639927976269L};
    static const long double w[] = {0.5688888888888888888888889L,
                                    0.4786286704993664680412915L,
                                    0.2369268850561890875142640L};
    const int pieces = 64;
    const long double h = (z2 - z1) / pieces;
    long double sum = 0.0L;

    for (int i = 0; i < pieces; i++)
        for (int j = -2; j <= 2; j++) {
            const long double at = z1 + h * (i + 0.5L + 0.5L * (j < 0 ? -x[-j] : x[j]));
            sum += w[j < 0 ? -j : j] * 2.0L * at * expl(-side * at);
        }
    return 0.5L * h * sum;
}

Test(property, fill_is_the_integral_of_the_price)
{
    const struct prepared b = prepare(1.07, 0.0);
    uint64_t state = 21;

    for (int i = 0; i < CASES; i++) {
        const double start = any(&state, -2.0, 2.0), coins = any_size(&state);
        const double depth = exp(any(&state, log(0.01), log(5.0)));
        const long double c2 = 1.07L * 0.04L * 1.07L * 0.04L * PRICE / 3.7e8L / depth;
        const long double from = start * fabsl((long double)start);
        const long double to = from + c2 * coins;
        const long double end = to < 0 ? -sqrtl(-to) : sqrtl(to);
        double impact = start;

        if (fabsl(end) > 8.0L)
            continue;
        const double got = book->fill(b.coef, PRICE, depth, coins, &impact);
        long double expected; /* signed: from below to above, through zero if need be */
        if (start >= 0.0 && end >= 0.0L)
            expected = quadrature(start, end, 1.0L);
        else if (start <= 0.0 && end <= 0.0L)
            expected = -quadrature(-start, -end, -1.0L);
        else
            expected = start < 0.0
                           ? quadrature(0.0L, -start, -1.0L) + quadrature(0, end, 1.0L)
                           : -quadrature(0.0L, start, 1.0L) - quadrature(0, -end, -1.0L);
        expected *= PRICE / c2;
        const double scale = (double)fabsl(expected);
        /* the quadrature itself loses the digits that z2 - z1 loses */
        const double lost = 1e-18 * (double)((fabsl(from) + fabsl(to)) / fabsl(c2 * coins));

        cr_assert(fabs(got - (double)expected) <= (2e-15 + lost) * 2.0 * scale,
                  "J %g, %g coins, depth %g: %.17g, integral %.17Lg", start, coins, depth,
                  got, expected);
        cr_assert(fabs(impact - (double)end) <= 1e-14 * (fabs(start) + (double)fabsl(end)),
                  "J %g, %g coins: J becomes %.17g instead of %.17Lg", start, coins, impact,
                  end);
    }
}

Test(property, two_parts_cost_what_the_whole_costs)
{
    const struct prepared b = prepare(5.0, 0.0);
    uint64_t state = 22;
    double worst = 0.0;

    for (int i = 0; i < CASES; i++) {
        const double start = any(&state, -2.0, 2.0), coins = any_size(&state);
        const double depth = exp(any(&state, log(0.01), log(5.0)));
        const double part = coins * any(&state, 0.0, 1.0);
        double whole_impact = start, impact = start;
        const double whole = book->fill(b.coef, PRICE, depth, coins, &whole_impact);
        double parts = book->fill(b.coef, PRICE, depth, part, &impact);

        parts += book->fill(b.coef, PRICE, depth, coins - part, &impact);
        if (isinf(whole)) /* a purchase that no price satisfies */
            continue;
        /* far above p0 the marginal price exp(-J) grows as rounding of J does */
        const double relative =
            fabs(parts - whole) / fabs(whole) / fmax(1.0, fabs(whole_impact));
        worst = relative > worst ? relative : worst;
        cr_assert(relative <= 1e-14,
                  "J %g, %g coins as %g and the rest, depth %g: %.17g, %.17g", start, coins,
                  part, depth, parts, whole);
    }
    cr_log_info("largest relative difference %.3g", worst);
}

Test(property, zero_coefficient_has_no_impact)
{
    const struct prepared b = prepare(0.0, 0.3);
    uint64_t state = 23;
    double impact = 0.0;

    for (int i = 0; i < 1000; i++) {
        const double coins = any_size(&state), depth = any(&state, 0.0, 3.0);

        cr_assert_eq(book->fill(b.coef, PRICE, depth, coins, &impact), PRICE * coins);
        cr_assert_eq(impact, 0.0);
    }
    cr_assert(isinf(book->depth_usd(b.coef, PRICE)));
}

Test(property, depth_moves_the_price_by_one_percent)
{
    const struct prepared b = prepare(1.07, 0.0);
    const double q = 0.01005033585350145 * 0.01005033585350145 /
                     (1.07 * 1.07 * 0.04 * 0.04 * PRICE / 3.7e8);
    double impact = 0.0;
    const double received = book->fill(b.coef, PRICE, 1.0, q, &impact);

    cr_assert_float_eq(exp(-impact), 0.99, 1e-15);
    cr_assert_float_eq(book->depth_usd(b.coef, PRICE) / received, 1.0, 1e-14);
    cr_assert_eq(book->half_spread_frac(b.coef), 2e-4);
}

Test(property, refill_halves_the_quantity)
{
    const struct prepared b = prepare(1.07, 0.25);
    double impact = 0.3, permanent = 0.01;

    refill(&b, 300.0, 1.0, 1.0, 1.0, &impact,
           &permanent); /* one half-life: Q/2, J/sqrt(2) */
    cr_assert_float_eq(impact, 0.3 * sqrt(0.5), 1e-16);
    cr_assert_float_eq(permanent, 0.01 + 0.25 * 0.3 * (1.0 - sqrt(0.5)), 1e-16);
    impact = -0.3;
    permanent = 0.0;
    refill(&b, 75.0, 1.0, 4.0, 0.0, &impact, &permanent); /* no refill, depth times 4 */
    cr_assert_float_eq(impact, -0.15, 1e-16);
    cr_assert_float_eq(permanent, -0.25 * 0.15, 1e-16);
    refill(&b, 75.0, 4.0, 0.1, 0.0, &impact, &permanent); /* depth falls: the price stays */
    cr_assert_float_eq(impact, -0.15, 0.0);
}

/* Any trades, any waits, any depth, and back to the start: never a gain without a permanent
 * share. The bound is rounding of the amounts that changed hands. */
Test(property, no_strategy_gains_without_permanent_share)
{
    const struct prepared b = prepare(3.0, 0.0);
    uint64_t state = 24;

    for (int i = 0; i < CASES; i++) {
        const int trades = 2 + (int)any(&state, 0.0, 12.0);
        const double size = exp(any(&state, log(1e-3), log(3e4)));
        double depth = 1.0, impact = 0.0, permanent = 0.0, held = 0.0, cash = 0.0,
               paid = 0.0;

        for (int t = 0; t < trades; t++) {
            const double coins = t < trades - 1 ? size * any(&state, -1.0, 1.0) : held;
            const double got = book->fill(b.coef, PRICE, depth, coins, &impact);
            const double next = exp(any(&state, log(0.02), log(3.0)));

            held -= coins;
            cash += got;
            paid += fabs(got);
            refill(&b, any(&state, 0.0, 1.0) < 0.3 ? 0.0 : any(&state, 0.0, 3000.0), depth,
                   next, any(&state, 0.0, 2.0), &impact, &permanent);
            depth = next;
        }
        cr_assert_eq(held, 0.0);
        cr_assert_eq(permanent, 0.0);
        cr_assert(cash <= 1e-14 * paid, "strategy %d of %d trades gains %g on %g", i,
                  trades, cash, paid);
    }
}

/* One trade, a wait with any depth, the trade back. */
static double round_trip(const struct prepared *b, double coins, uint64_t *state)
{
    double depth = exp(any(state, log(0.05), log(2.0))), impact = 0.0, permanent = 0.0;
    const double first = book->fill(b->coef, PRICE, depth, coins, &impact);

    if (fabs(impact) > 2.0)
        return 0.0;
    for (int step = 0; step < 8; step++) {
        const double next = exp(any(state, log(0.02), log(50.0)));
        const double wait_s = any(state, 0.0, 1.0) < 0.2 ? 1e5 : any(state, 0.0, 400.0);

        refill(b, wait_s, depth, next, 1.0, &impact, &permanent);
        depth = next;
    }
    const double back =
        book->fill(b->coef, PRICE * exp(-permanent), depth, -coins, &impact);
    return (first + back) / fabs(first);
}

Test(property, sale_and_purchase_never_gain_up_to_a_share_of_six_tenths)
{
    static const double share[] = {0.0, 0.1, 0.3, 0.5, 0.6};
    uint64_t state = 25;

    for (int i = 0; i < 5; i++) {
        const struct prepared b = prepare(3.0, share[i]);
        double best = -INFINITY;

        for (int trip = 0; trip < CASES; trip++) {
            const double gain = round_trip(&b, any_size(&state), &state);
            best = gain > best ? gain : best;
        }
        cr_assert(best <= 1e-14, "permanent_frac %g: a round trip gains %g", share[i],
                  best);
    }
}

/* What the head comment of the model warns of, so that nobody takes it for an accident. */
Test(property, large_permanent_share_gains_when_depth_comes_back)
{
    const struct prepared b = prepare(3.0, 0.9);
    double impact = 0.0, permanent = 0.0;
    const double sold = book->fill(b.coef, PRICE, 0.1, 3000.0, &impact);

    refill(&b, 1e6, 0.1, 1e6, 1.0, &impact, &permanent);
    const double bought =
        book->fill(b.coef, PRICE * exp(-permanent), 1e6, -3000.0, &impact);
    cr_assert(sold + bought > 0.0, "%g", sold + bought);
}

Test(property, any_permanent_share_gains_when_buying_in_parts)
{
    const double share = 0.3, coins = 3000.0;
    const struct prepared b = prepare(3.0, share);
    const int enough = 100; /* (4/(3 share))^2 = 20 is where it begins */
    double impact = 0.0, permanent = 0.0, cash = 0.0;

    for (int part = 0; part < enough; part++) {
        cash += book->fill(b.coef, PRICE * exp(-permanent), 1.0, -coins / enough, &impact);
        refill(&b, 1e6, 1.0, 1.0, 1.0, &impact, &permanent);
    }
    cash += book->fill(b.coef, PRICE * exp(-permanent), 1.0, coins, &impact);
    cr_assert(cash > 0.0, "%g", cash);
}
