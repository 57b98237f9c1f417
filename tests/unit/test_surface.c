#include <criterion/criterion.h>

#include <math.h>
#include <string.h>

#include "sim/surface.h"
#include "sim/surface_check.h"

static const double DAY_S = 86400.0;
enum { QUOTE_S = 1768739401 };

/* Two expiries, 10 and 40 days; strikes in no order; a call and a put that differ. */
static struct surface_point point(double days, double strike, bool call, double volatility)
{
    return (struct surface_point){.file = "chain.csv",
                                  .line = 7,
                                  .quote_s = QUOTE_S,
                                  .expiry_s = QUOTE_S + days * DAY_S,
                                  .strike_usd = strike,
                                  .forward_usd = days < 20.0 ? 101.5 : 104.0,
                                  .index_usd = 101.0,
                                  .call = call,
                                  .volatility_annual = volatility};
}

enum { N_POINT = 8 };
static void chain(struct surface_point *p)
{
    p[0] = point(40, 125, true, 0.61);
    p[1] = point(10, 90, false, 0.72);
    p[2] = point(10, 90, true, 0.99); /* in the money: not used */
    p[3] = point(10, 110, true, 0.55);
    p[4] = point(10, 110, false, 0.98); /* in the money: not used */
    p[5] = point(40, 85, false, 0.69);
    p[6] = point(40, 105, true, 0.58);
    p[7] = point(10, 100, false, 0.6);
}

static void build(struct arena *arena, struct surface *s)
{
    struct surface_point p[N_POINT];
    struct error err;

    chain(p);
    cr_assert(surface_build(p, N_POINT, 0.0, arena, s, &err), "%s", err.text);
}

static double volatility(const struct surface *s, double strike, double years,
                         struct arena *arena)
{
    struct surface_strike k;

    surface_contract(s, strike, years, arena, &k);
    return surface_volatility_sqrt_t(&k, years) / sqrt(years);
}

Test(unit, surface_repeats_its_quotes)
{
    struct arena arena = {0};
    struct surface s;
    struct surface_faults f;

    build(&arena, &s);
    cr_assert_eq(s.n_slice, 2);
    cr_assert_eq(s.slice[0].n_node, 3);
    cr_assert_eq(s.n_expired, 0);
    surface_check(&s, NULL, &f);
    cr_assert_eq(f.n_calendar, 0);
    cr_assert_float_eq(s.spot_usd, 101.0, 0.0);
    cr_assert_float_eq(s.quote_s, QUOTE_S, 0.0);
    cr_assert_float_eq(volatility(&s, 90, 10 / 365.0, &arena), 0.72, 1e-15);
    cr_assert_float_eq(volatility(&s, 100, 10 / 365.0, &arena), 0.6, 1e-15);
    cr_assert_float_eq(volatility(&s, 110, 10 / 365.0, &arena), 0.55, 1e-15);
    cr_assert_float_eq(volatility(&s, 105, 40 / 365.0, &arena), 0.58, 1e-15);
    arena_free(&arena);
}

Test(unit, surface_between_strikes_is_linear_in_variance)
{
    struct arena arena = {0};
    struct surface s;

    build(&arena, &s);
    const double middle = sqrt(90.0 * 100.0); /* half-way in log-moneyness */
    cr_assert_float_eq(volatility(&s, middle, 10 / 365.0, &arena),
                       sqrt(0.5 * (0.72 * 0.72 + 0.6 * 0.6)), 1e-14);
    cr_assert_float_eq(volatility(&s, 20, 10 / 365.0, &arena), 0.72, 1e-15); /* wings */
    cr_assert_float_eq(volatility(&s, 900, 10 / 365.0, &arena), 0.55, 1e-15);
    arena_free(&arena);
}

Test(unit, surface_between_expiries_is_linear_in_variance)
{
    struct arena arena = {0};
    struct surface s;
    struct surface_strike k;

    build(&arena, &s);
    /* at the strike of a node of the first slice, seen from its own expiry */
    surface_contract(&s, 100.0, 10 / 365.0, &arena, &k);
    const double near = 0.36 * 10 / 365.0, x = log(100.0 / 101.5);
    const double low = log(85.0 / 104.0), high = log(105.0 / 104.0);
    const double far =
        (0.69 * 0.69 + (x - low) / (high - low) * (0.58 * 0.58 - 0.69 * 0.69)) * 40 / 365.0;
    cr_assert_float_eq(surface_volatility_sqrt_t(&k, 25 / 365.0), sqrt(0.5 * (near + far)),
                       1e-15);
    /* nearer than the first expiry and further than the last: flat volatility */
    cr_assert_float_eq(surface_volatility_sqrt_t(&k, 2.5 / 365.0), 0.5 * sqrt(near), 1e-15);
    cr_assert_float_eq(surface_volatility_sqrt_t(&k, 160 / 365.0), 2.0 * sqrt(far), 1e-15);
    cr_assert_float_eq(surface_volatility_sqrt_t(&k, 0.0), 0.0, 0.0);
    cr_assert_float_eq(surface_volatility_sqrt_t(&k, -1.0), 0.0, 0.0);
    arena_free(&arena);
}

Test(unit, surface_forward_is_linear_between_expiries)
{
    struct arena arena = {0};
    struct surface s;

    build(&arena, &s);
    const double near = log(101.5 / 101.0), far = log(104.0 / 101.0);
    cr_assert_float_eq(surface_log_forward_ratio(&s, 0.0), 0.0, 0.0);
    cr_assert_float_eq(surface_log_forward_ratio(&s, 5 / 365.0), 0.5 * near, 1e-16);
    cr_assert_float_eq(surface_log_forward_ratio(&s, 10 / 365.0), near, 1e-16);
    cr_assert_float_eq(surface_log_forward_ratio(&s, 25 / 365.0), 0.5 * (near + far),
                       1e-16);
    cr_assert_float_eq(surface_log_forward_ratio(&s, 80 / 365.0), 2.0 * far, 1e-15);
    arena_free(&arena);
}

Test(unit, surface_flat_has_one_volatility)
{
    struct arena arena = {0};
    struct surface s;

    surface_flat(0.65, 0.04, 100.0, &arena, &s);
    cr_assert_float_eq(volatility(&s, 1.0, 1e-3, &arena), 0.65, 1e-15);
    cr_assert_float_eq(volatility(&s, 1e6, 3.0, &arena), 0.65, 1e-15);
    cr_assert_float_eq(surface_log_forward_ratio(&s, 0.25), 0.01, 1e-17);
    arena_free(&arena);
}

Test(unit, surface_counts_calendar_arbitrage_and_expired_quotes)
{
    struct arena arena = {0};
    struct surface s;
    struct surface_faults f;
    struct surface_point p[N_POINT + 1];
    struct error err;

    chain(p);
    /* 40 days at 0.2: variance 0.0044; 10 days at 0.55 to 0.72: 0.0083 to 0.0142 */
    p[0].volatility_annual = p[5].volatility_annual = p[6].volatility_annual = 0.2;
    p[N_POINT] = point(-1, 100, true, 0.5);
    cr_assert(surface_build(p, N_POINT + 1, 0.0, &arena, &s, &err), "%s", err.text);
    cr_assert_eq(s.n_expired, 1);
    surface_check(&s, NULL, &f);
    cr_assert_eq(f.n_calendar, 4);      /* three of the first slice, 105 of the second */
    cr_assert_eq(f.n_calendar_wing, 2); /* 85 and 125 of the second */
    cr_assert_float_eq(f.calendar.years, 40 / 365.0, 1e-9);
    cr_assert_float_eq(f.calendar.log_moneyness, log(90.0 / 101.5), 1e-14);
    cr_assert_float_eq(f.calendar.size, 1.0 - 0.04 * 40 / (0.72 * 0.72 * 10), 1e-12);
    arena_free(&arena);
}

Test(unit, surface_without_index_takes_the_spot_price_or_the_nearest_forward)
{
    struct arena arena = {0};
    struct surface s;
    struct surface_point p[N_POINT];
    struct error err;

    chain(p);
    for (int i = 0; i < N_POINT; i++)
        p[i].index_usd = 0.0;
    cr_assert(surface_build(p, N_POINT, 100.9, &arena, &s, &err), "%s", err.text);
    cr_assert_float_eq(s.spot_usd, 100.9, 0.0);
    cr_assert(surface_build(p, N_POINT, 0.0, &arena, &s, &err), "%s", err.text);
    cr_assert_float_eq(s.spot_usd, 101.5, 0.0);
    cr_assert_float_eq(surface_log_forward_ratio(&s, 10 / 365.0), 0.0, 0.0);
    cr_assert(!surface_build(p, N_POINT, 80.0, &arena, &s, &err),
              "a spot price of another time");
    cr_assert(strstr(err.text, "101.5") && strstr(err.text, "80"), "%s", err.text);
    arena_free(&arena);
}

/* Rows of one time with different indices: the index is of another time than the forwards,
 * which belong together. Rows of different times: each forward belongs to its index. */
Test(unit, surface_pairs_forward_and_index_of_one_time_only)
{
    const double move[] = {1.0, 1.004, 0.996, 1.001, 0.999, 1.003, 0.997, 1.002};

    for (int later = 0; later < 2; later++) {
        struct arena arena = {0};
        struct surface s;
        struct surface_point p[N_POINT];
        struct error err;

        chain(p);
        for (int i = 0; i < N_POINT; i++) {
            p[i].index_usd *= move[i];
            p[i].forward_usd *= later ? 1.0 : move[i];
            p[i].quote_s += later ? 0.0 : i;
        }
        cr_assert(surface_build(p, N_POINT, 0.0, &arena, &s, &err), "%s", err.text);
        const double spot = 101.0 * 1.0005; /* the median */
        cr_assert_float_eq(s.spot_usd, spot, 1e-12);
        cr_assert_float_eq(surface_log_forward_ratio(&s, s.slice[0].years),
                           log(101.5 / (later ? spot : 101.0)), 1e-14, "later %d", later);
        cr_assert_float_eq(volatility(&s, 100, s.slice[0].years, &arena), 0.6, 1e-14);
        cr_assert_float_eq(volatility(&s, 110, s.slice[0].years, &arena), 0.55, 1e-14);
        arena_free(&arena);
    }
}

Test(unit, surface_refuses_bad_quotes)
{
    for (int fault = 0; fault < 8; fault++) {
        struct arena arena = {0};
        struct surface s;
        struct surface_point p[N_POINT];
        struct error err;
        uint32_t n = N_POINT;

        chain(p);
        switch (fault) {
        case 0:
            p[3].volatility_annual = 0.0;
            break;
        case 1:
            p[3].volatility_annual = (double)NAN;
            break;
        case 2:
            p[3].strike_usd = -1.0;
            break;
        case 3:
            p[3].forward_usd = (double)INFINITY;
            break;
        case 4:
            p[4] = p[3];
            break; /* twice */
        case 5:
            p[3].expiry_s += 5.0 * DAY_S;
            break; /* alone in its expiry */
        case 6:
            p[3].index_usd = 0.0;
            break; /* index in some rows */
        default:
            n = 0; /* nothing at all */
        }
        cr_assert(!surface_build(p, n, 0.0, &arena, &s, &err), "fault %d was accepted",
                  fault);
        cr_assert(strstr(err.text, fault < 7 ? "chain.csv:7" : "option chain"), "%s",
                  err.text);
        arena_free(&arena);
    }
}
