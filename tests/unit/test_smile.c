/* Options where volatility is not one number for all paths: sticky delta, level beta,
 * shocks on skew and term. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/bend.h"
#include "sim/book.h"
#include "sim/book_sums.h"
#include "sim/greeks.h"
#include "sim/market.h"
#include "tests/fixture.h"
#include "tests/option_case.h"
#include "tests/scratch.h"

static const char ssvi[] =
    "ssvi: {rho: -0.35, eta: 0.9, gamma: 0.45, slices: [{expiry: 7d, "
    "atm_volatility_annual: 0.62}, {expiry: 30d, theta: 0.031, basis_annual: 0.05}, "
    "{expiry: 90d, theta: 0.12, rho: -0.2, phi: 1.9}]}";

static const char positions[] =
    "id,instrument,asset,quantity,option_type,strike_usd,expiry,settlement\n"
    "a,option,BTC,2,call,104,20d,linear\n"
    "b,option,BTC,-3,put,85,45d,inverse\n"
    "c,option,BTC,1,put,98,3d,linear\n";
enum { N_OPTION = 3 };

static void open_smile(struct fixture *f, double spot, const char *surface,
                       const char *shocks)
{
    char text[2000];

    snprintf(text, sizeof text,
             "tailrace: 1\nname: smile\nrun: {paths: 256, horizon: 2d, step: 1h}\n"
             "portfolio: positions.csv\nshocks: [%s]\nmarket:\n  assets:\n    BTC:\n"
             "      spot_usd: %.17g\n      price: {model: gbm, volatility_annual: 0.5}\n"
             "      surface: {%s}\n",
             shocks, spot, surface);
    fixture_open(f, text, positions, NULL);
}

static const char *with(const char *surface, const char *more, char *text)
{
    snprintf(text, 1000, "%s, %s", surface, more);
    return text;
}

/* Value and Greeks of option i at the worker's time, all lanes at one price. */
static struct option_result value_at(const struct fixture *f, const struct worker *w,
                                     uint32_t i, double spot)
{
    lane_row spots, log_spots, value, delta, gamma, vega, theta;
    struct claim_value out = {.value_usd = value,
                              .delta_coin = delta,
                              .gamma = gamma,
                              .vega_usd = vega,
                              .theta_usd = theta};

    for (int k = 0; k < LANES; k++) {
        spots[k] = spot;
        log_spots[k] = log(spot);
    }
    book_claim_value(&f->plan, &f->plan.claim[f->plan.position[i].claim], w, spots,
                     log_spots, &out);
    return (struct option_result){.value = value[LANES - 1],
                                  .delta = delta[LANES - 1],
                                  .gamma = gamma[LANES - 1],
                                  .vega = vega[LANES - 1],
                                  .theta = theta[LANES - 1]};
}

/* With sticky delta, a value after a move is the value in a market that starts at the moved
 * price: its surface has the same volatilities at the same moneyness. With sticky strike it
 * is not. */
Test(smile, sticky_delta_is_the_market_started_at_the_moved_price)
{
    static const double moves[] = {0.7, 0.99, 1.0, 1.013, 1.4};
    static const char *const dynamics[] = {"dynamics: sticky_delta",
                                           "dynamics: sticky_strike"};
    char text[1000];

    for (int sticky = 0; sticky < 2; sticky++) {
        struct fixture f, moved;
        struct worker w, w_moved;
        open_smile(&f, 100.0, with(ssvi, dynamics[sticky], text), "");
        fixture_start(&f, &w);
        for (int m = 0; m < 5; m++) {
            open_smile(&moved, 100.0 * moves[m], text, "");
            fixture_start(&moved, &w_moved);
            for (uint32_t i = 0; i < N_OPTION; i++) {
                const double here = value_at(&f, &w, i, 100.0 * moves[m]).value;
                const double there = value_at(&moved, &w_moved, i, 100.0 * moves[m]).value;
                if (sticky == 0 || m == 2)
                    cr_expect_float_eq(here, there, 1e-12,
                                       "move %g, option %u: %.17g, %.17g", moves[m], i,
                                       here, there);
                else if (m == 3)
                    cr_expect(fabs(here - there) > 1e-4, "move %g, option %u", moves[m], i);
            }
            worker_free(&w_moved);
            arena_free(&moved.arena);
        }
        worker_free(&w);
        fixture_close(&f);
    }
}

/* Quotes: a linear option with sticky delta at price S and strike K is S/100 options at
 * price 100 and strike K 100/S, whose volatility the surface gives as it stands. */
Test(smile, sticky_delta_on_quotes_goes_by_moneyness)
{
    static const char chain[] =
        "strike,option_type,underlying_price,mark_iv,expiry_utc,time_utc,index_price\n"
        "80,put,100.2,0.8,2026-01-28 08:00,2026-01-18 08:00,100\n"
        "100,put,100.2,0.6,2026-01-28 08:00,2026-01-18 08:00,100\n"
        "125,call,100.2,0.65,2026-01-28 08:00,2026-01-18 08:00,100\n"
        "70,put,101,0.75,2026-03-18 08:00,2026-01-18 08:00,100\n"
        "101,put,101,0.62,2026-03-18 08:00,2026-01-18 08:00,100\n"
        "140,call,101,0.7,2026-03-18 08:00,2026-01-18 08:00,100\n";
    static const double prices[] = {60.0, 90.0, 107.0, 180.0};
    struct fixture f;
    struct worker w;
    struct arena arena = {0};

    scratch_file("chain.csv", chain);
    open_smile(&f, 100.0, "chain: chain.csv, dynamics: sticky_delta", "");
    fixture_start(&f, &w);
    const double years = 20.0 / 365.0; /* of option 0, a call at 104 */
    for (int i = 0; i < 4; i++) {
        const struct surface *s = f.plan.asset[0].surface;
        const double scale = prices[i] / 100.0;
        struct surface_strike strike;
        surface_contract(s, 104.0 / scale, years, &arena, &strike);
        const struct option_case o = {
            .call = true,
            .spot = 100.0,
            .strike = 104.0 / scale,
            .log_forward_ratio = surface_log_forward_ratio(s, years),
            .volatility = surface_volatility_sqrt_t(&strike, years) / sqrt(years),
            .years = years};
        const struct option_result v = value_at(&f, &w, 0, prices[i]);
        cr_expect_float_eq(v.value, scale * option_case_price(&o).value, 1e-12, "at %g",
                           prices[i]);
        const double delta = (value_at(&f, &w, 0, prices[i] + 0x1p-6).value -
                              value_at(&f, &w, 0, prices[i] - 0x1p-6).value) /
                             0x1p-5;
        cr_expect_float_eq(v.delta, delta, 1e-6, "at %g: delta %.9g, %.9g", prices[i],
                           v.delta, delta);
    }
    arena_free(&arena);
    worker_free(&w);
    fixture_close(&f);
}

/* Delta and gamma are derivatives along the smile. */
Test(smile, sticky_delta_greeks_are_the_derivatives)
{
    struct fixture f;
    struct worker w;
    char text[1000];
    const double h = 0x1p-6;

    open_smile(&f, 100.0, with(ssvi, "dynamics: sticky_delta", text),
               "{surface: BTC, multiply: 1.3, skew_add: -0.1, term: 0.4, start: 0s}");
    fixture_start(&f, &w);
    w.step = 1;
    w.time_s = 3600.0;
    market_step(&f.plan, &w);
    for (uint32_t i = 0; i < N_OPTION; i++)
        for (int s = -3; s <= 3; s++) {
            const double spot = 100.0 + 7.0 * s;
            const struct option_result v = value_at(&f, &w, i, spot);
            const struct option_result up = value_at(&f, &w, i, spot + h);
            const struct option_result down = value_at(&f, &w, i, spot - h);
            const double delta = (up.value - down.value) / (2.0 * h);
            const double gamma = (up.delta - down.delta) / (2.0 * h);
            cr_expect_float_eq(v.delta, delta, 1e-6, "option %u at %g: delta %.9g, %.9g", i,
                               spot, v.delta, delta);
            cr_expect_float_eq(v.gamma, gamma, 1e-6, "option %u at %g: gamma %.9g, %.9g", i,
                               spot, v.gamma, gamma);
        }
    worker_free(&w);
    fixture_close(&f);
}

/* sigma = 1.5^(g (30/T)^0.5) 0.6 + g s k / sqrt(k^2 + T), T at least 7 days in the power;
 * by hand at the middle of a ramp, g = 1/2, and at its peak. */
Test(smile, skew_and_term_shocks_by_hand)
{
    static const double strikes[] = {104, 85, 98}, days[] = {20, 45, 3};
    struct fixture f;
    struct worker w;

    open_smile(&f, 100.0, "flat_volatility_annual: 0.6",
               "{surface: BTC, multiply: 1.5, skew_add: -0.2, term: 0.5, shape: ramp, "
               "start: 1h, duration: 2h}");
    fixture_start(&f, &w);
    for (uint32_t step = 1; step <= 3; step++) {
        w.step = step;
        w.time_s = 3600.0 * step;
        market_step(&f.plan, &w);
        for (uint32_t i = 0; i < N_OPTION; i++) {
            const double years = (days[i] - step / 24.0) / 365.0, g = 0.5 * (step - 1);
            const double k = log(strikes[i] / 100.0), h = k / sqrt(k * k + years);
            const double near = fmax(years, 7.0 / 365.0);
            const double power = sqrt(30.0 / 365.0 / near);
            const struct option_case o = {.call = i == 0,
                                          .inverse = i == 1,
                                          .spot = 93.7,
                                          .strike = strikes[i],
                                          .volatility =
                                              0.6 * pow(1.5, g * power) - g * 0.2 * h,
                                          .years = years};
            const struct option_result expected = option_case_price(&o);
            const struct option_result v = value_at(&f, &w, i, 93.7);
            cr_expect_float_eq(v.value, expected.value, 1e-12, "step %u, option %u", step,
                               i);
            cr_expect_float_eq(v.delta, expected.delta, 1e-12, "step %u, option %u", step,
                               i);
            cr_expect_float_eq(v.vega, expected.vega, 1e-11, "step %u, option %u", step, i);
            cr_expect_float_eq(v.theta, expected.theta, 1e-9, "step %u, option %u", step,
                               i);
        }
    }
    worker_free(&w);
    fixture_close(&f);
}

/* No skew takes more than three quarters: here the tail of a drawn factor would. */
Test(smile, a_quarter_of_the_volatility_stays)
{
    struct fixture f;
    struct worker w;
    const double years = (20.0 - 1.0 / 24.0) / 365.0, k = log(1.04);

    open_smile(&f, 100.0, "flat_volatility_annual: 0.6",
               "{surface: BTC, skew_add: -0.2, start: 0s}");
    fixture_start(&f, &w);
    w.step = 1;
    w.time_s = 3600.0;
    market_step(&f.plan, &w);
    for (int lane = 0; lane < LANES; lane++)
        worker_row(&w, ROW_EFFECT, EFFECT_SKEW)[lane] = -4.0;
    const struct option_case o = {
        .call = true, .spot = 100.0, .strike = 104.0, .volatility = 0.15, .years = years};
    cr_assert(0.6 - 4.0 * k / sqrt(k * k + years) < 0.15);
    cr_expect_float_eq(value_at(&f, &w, 0, 100.0).value, option_case_price(&o).value,
                       1e-12);
    worker_free(&w);
    fixture_close(&f);
}

/* A model whose volatility doubles in the first step on even lanes: from 0.5 to 1. */
static void doubling_start(const void *coef, double *const *state)
{
    (void)coef;
    for (int k = 0; k < LANES; k++)
        state[0][k] = 0.5;
}

static void doubling_step(const void *coef, struct price_step *s)
{
    (void)coef;
    for (int k = 0; k < LANES; k++)
        s->state[0][k] = k % 2 == 0 ? 1.0 : 0.5;
}

static void doubling_volatility(const void *coef, const double *const *state,
                                double *volatility_annual)
{
    (void)coef;
    memcpy(volatility_annual, state[0], sizeof(lane_row));
}

static void check_level_beta(const char *shocks, double factor)
{
    struct fixture f;
    struct worker w;
    struct price_model doubling;
    lane_row spot, log_spot, value;
    struct claim_value out = {.value_usd = value};
    const double years = (20.0 - 1.0 / 24.0) / 365.0;

    open_smile(&f, 100.0, "flat_volatility_annual: 0.6", shocks);
    struct plan_asset *asset = (struct plan_asset *)f.plan.asset;
    doubling = *asset->model;
    doubling.start = doubling_start;
    doubling.step = doubling_step;
    doubling.volatility = doubling_volatility;
    asset->model = &doubling;
    asset->level_beta = 0.6;
    f.plan.level_beta = true;
    fixture_start(&f, &w);
    for (uint32_t step = 1; step <= 2; step++) { /* twice: the factor must not pile up */
        w.step = step;
        w.time_s = 3600.0;
        market_step(&f.plan, &w);
    }
    for (int k = 0; k < LANES; k++) {
        spot[k] = 100.0;
        log_spot[k] = log(100.0);
    }
    book_claim_value(&f.plan, &f.plan.claim[f.plan.position[0].claim], &w, spot, log_spot,
                     &out);
    for (int k = 0; k < 2; k++) {
        const struct option_case o = {.call = true,
                                      .spot = 100.0,
                                      .strike = 104.0,
                                      .volatility =
                                          0.6 * factor * (k == 0 ? pow(2.0, 0.6) : 1.0),
                                      .years = years};
        cr_expect_float_eq(value[k], option_case_price(&o).value, 1e-12, "%s: lane %d",
                           shocks, k);
    }
    worker_free(&w);
    fixture_close(&f);
}

Test(smile, level_beta_follows_the_volatility_of_the_model)
{
    check_level_beta("", 1.0);
    check_level_beta("{surface: BTC, multiply: 1.2, start: 0s}", 1.2);
}

/* Between reports options are followed to second order in price, first in every effect. The
 * estimate after small moves agrees with the full value to third order, and far better than
 * the moves themselves would let it. */
Test(smile, estimate_follows_price_level_term_and_skew)
{
    struct fixture f;
    struct worker w;
    char text[1000];
    lane_row price, value, log_price, whole;

    open_smile(&f, 100.0, with(ssvi, "dynamics: sticky_delta", text),
               "{surface: BTC, multiply: 1.1, skew_add: -0.1, term: 0.5, start: 12h}");
    fixture_start(&f, &w);
    for (int k = 0; k < LANES; k++) {
        price[k] = 100.8;
        log_price[k] = log(100.8);
        worker_row(&w, ROW_EFFECT, EFFECT_SURFACE)[k] = 1.004;
        worker_row(&w, ROW_EFFECT, EFFECT_TERM)[k] = 0.006;
        worker_row(&w, ROW_EFFECT, EFFECT_SKEW)[k] = -0.005;
        value[k] = whole[k] = 0.0;
    }
    book_sums_estimate(&f.plan, 0, 0, price, &w, value);
    for (uint32_t i = 0; i < N_OPTION; i++) {
        lane_row one;
        struct claim_value out = {.value_usd = one};
        book_claim_value(&f.plan, &f.plan.claim[f.plan.position[i].claim], &w, price,
                         log_price, &out);
        for (int k = 0; k < LANES; k++)
            whole[k] += f.plan.position[i].contract->quantity * one[k];
    }
    const double before = book_sums_row(&f.plan, &w, 0, 0, CLAIM_VALUE)[0];
    cr_expect(fabs(whole[0] - before) > 0.3, "%g to %g", before, whole[0]);
    cr_expect_float_eq(value[0], whole[0], 6e-3, "%.9g, %.9g", value[0], whole[0]);
    worker_free(&w);
    fixture_close(&f);
}

/* The Greeks table at the start: the delta along the smile. */
Test(smile, greeks_at_start_go_along_the_smile)
{
    struct greek_row position[2][N_OPTION];
    char text[1000];
    static const char *const dynamics[] = {"dynamics: sticky_strike",
                                           "dynamics: sticky_delta"};

    for (int sticky = 0; sticky < 2; sticky++) {
        struct fixture f;
        open_smile(&f, 100.0, with(ssvi, dynamics[sticky], text), "");
        const struct greek_table greeks = greeks_at_start(&f.plan, &f.arena);
        memcpy(position[sticky], greeks.position, sizeof position[sticky]);
        fixture_close(&f);
    }
    for (int i = 0; i < N_OPTION; i++) {
        const struct greek_row *strike = &position[0][i], *delta = &position[1][i];
        cr_expect_float_eq(delta->value_usd, strike->value_usd, 1e-12);
        cr_expect_float_eq(delta->vega_usd_per_point, strike->vega_usd_per_point, 1e-12);
        cr_expect(fabs(delta->delta_coin - strike->delta_coin) > 1e-3, "option %d", i);
    }
}
