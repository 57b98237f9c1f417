/* Surfaces of SVI and SSVI in a market file: what is read, and what is refused. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/surface_check.h"
#include "tests/fixture.h"
#include "tests/scratch.h"

static const char head[] = "tailrace: 1\nname: x\nrun: {horizon: 1d, step: 1h}\n"
                           "market:\n"
                           "  time_utc: 2026-01-18 08:00\n"
                           "  assets:\n"
                           "    BTC:\n"
                           "      spot_usd: 95000\n"
                           "      price: {model: gbm, volatility_annual: 0.5}\n"
                           "      surface:\n"
                           "        ";

/* Reads and compiles; the sentence, or "" if there is none. */
static const char *sentence(const char *surface, struct arena *arena)
{
    struct error err = {""};
    struct scenario *s = arena_get(arena, 1, sizeof *s);
    struct plan *plan = arena_get(arena, 1, sizeof *plan);

    scratch_file("s.yaml", arena_print(arena, "%s%s\n", head, surface));
    if (!scenario_read(scratch_path("s.yaml"), 0, NULL, arena, s, &err) ||
        !compile_plan(s, arena, plan, &err))
        return arena_text(arena, err.text);
    return "";
}

Test(unit, surface_formulas_are_refused_with_the_place)
{
    static const struct {
        const char *surface, *expected;
    } rows[] = {
        {"svi: [{expiry: 30d, a: 0.01, b: 0.1, rho: -0.2, m: 0, sigma: 0.2}]", ""},
        {"svi: {}", "s.yaml:11:14: market.assets.BTC.surface.svi is no list of 1 to 1000"},
        {"svi: []", "is no list of 1 to 1000 expiries"},
        {"svi: [3]", "market.assets.BTC.surface.svi[0] is a value"},
        {"svi: [{expiry: 30d, a: 0.01, b: 0.1, rho: -0.2, m: 0}]",
         "svi[0] lacks 'sigma': it is the width of the bend"},
        {"svi: [{expiry: 30d, a: 0.01, b: 0.1, rho: -1, m: 0, sigma: 0.2}]",
         "svi[0].rho = -1 is outside"},
        {"svi: [{expiry: 30, a: 0.01, b: 0.1, rho: -0.2, m: 0, sigma: 0.2}]",
         "svi[0].expiry = 30 is neither a duration such as 14d nor a time"},
        {"svi: [{expiry: 2026-01-18 07:00, a: 0.01, b: 0.1, rho: 0, m: 0, sigma: 0.2}]",
         "svi[0].expiry = 2026-01-18 07:00 is -0.04166666667 days after the start"},
        {"svi: [{expiry: 30d, a: -0.1, b: 0.1, rho: -0.2, m: 0, sigma: 0.2}]",
         "svi[0]: the least total variance, a + b sigma sqrt(1 - rho^2), must be above 0"},
        /* Gatheral and Jacquier (2014), example 3.1 */
        {"svi: [{expiry: 365d, a: -0.0410, b: 0.1331, rho: 0.3060, m: 0.3586, sigma: "
         "0.4153}]",
         "s.yaml:11:15: market.assets.BTC.surface.svi[0] allows butterfly arbitrage at 365 "
         "days, ln(K/F) = 0.879, where Durrleman's g is -0.0329, below 0"},
        {"allow_arbitrage: true\n        svi: [{expiry: 365d, a: -0.0410, b: 0.1331, rho: "
         "0.3060, m: 0.3586, sigma: 0.4153}]",
         ""},
        {"svi: [{expiry: 30d, a: 0.01, b: 1.2, rho: 0.8, m: 0, sigma: 20}]",
         "svi[0] allows arbitrage at 30 days, in the wing of high strikes: the total "
         "variance grows with slope 2.16 in ln(K/F), more than 2"},
        {"svi: [{expiry: 30d, a: 0.02, b: 0.18, rho: -0.15, m: 0.02, sigma: 0.25}, "
         "{expiry: "
         "40d, a: 0.045, b: 0.1, rho: -0.4, m: 0, sigma: 0.3}]",
         "svi[1] allows calendar arbitrage at 40 days, ln(K/F) = 1.03: its total variance "
         "is 38.2 % below"},
        {"ssvi: []", "ssvi is a list: write its keys"},
        {"ssvi: {rho: 0}", "ssvi lacks 'slices': write slices: [{expiry: 30d"},
        {"ssvi: {slices: [{expiry: 7d, theta: 0.01, rho: 0}]}",
         "slices[0] lacks 'phi': give it here, or 'eta' above 0 and 'gamma'"},
        {"ssvi: {slices: [{expiry: 7d, theta: 0.01, phi: 3}]}",
         "slices[0] lacks 'rho': give it here, or once for all"},
        {"ssvi: {slices: [{expiry: 7d, theta: 0.01, rho: 0, phi: 0}]}",
         "slices[0]: theta = 0.01, phi = 0: theta must be above 0, phi at least 1e-09"},
        {"ssvi: {slices: [{expiry: 7d, theta: 0.01, rho: -0.2, phi: 1e-200}]}",
         "phi = 1e-200: theta must be above 0, phi at least"},
        {"ssvi: {eta: 1e-80, gamma: 0, rho: 0, slices: [{expiry: 7d, theta: 0.01}]}",
         "phi = 9.900990099e-81: theta must be above 0, phi at least"},
        {"ssvi: {rho: 0, eta: 1, slices: [{expiry: 7d}]}",
         "slices[0]: give either 'atm_volatility_annual' or 'theta'"},
        {"ssvi: {rho: 0, eta: 1, slices: [{expiry: 7d, theta: 0.1, "
         "atm_volatility_annual: 1}]}",
         "slices[0]: give either 'atm_volatility_annual' or 'theta'"},
        {"ssvi: {rho: 0, eta: 1, slices: [{expiry: 7d, theta: 0.1}, {expiry: 7d, theta: "
         "0.2}]}",
         "slices[1].expiry = 7d is not after that of the slice before"},
        {"ssvi: {rho: -0.3, eta: 0.9, slices: [{expiry: 7d, atm_volatility_annual: 1}, "
         "{expiry: 14d, atm_volatility_annual: 0.7}]}",
         "s.yaml:11:86: market.assets.BTC.surface.ssvi.slices[1] allows calendar arbitrage "
         "at 14 days, ln(K/F) = "},
        {"ssvi: {rho: -0.7, eta: 9, slices: [{expiry: 7d, atm_volatility_annual: 1}]}",
         "slices[0] allows butterfly arbitrage at 7 days, ln(K/F) = "},
        {"svi: [{expiry: 30d, a: 0.01, b: 0.1, rho: 0, m: 0, sigma: 0.2}]\n        "
         "flat_basis_annual: 0.1",
         "flat_basis_annual: every slice has its own forwards, leave it out"},
        {"svi: []\n        flat_volatility_annual: 0.5",
         "give either 'chain' or 'flat_volatility_annual' or 'ssvi' or 'svi'"},
        {"flat_volatility_annual: 0.5\n        dynamics: sticky",
         "surface.dynamics = sticky is unknown: choose from sticky_strike, sticky_delta"},
    };
    struct arena arena = {0};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *text = sentence(rows[i].surface, &arena);
        cr_expect(rows[i].expected[0] == '\0' ? text[0] == '\0'
                                              : strstr(text, rows[i].expected) != NULL,
                  "%s\n  gives: %s", rows[i].surface, text);
    }
    arena_free(&arena);
}

/* Shocks on a surface: what is refused when they are read, when they are compiled, and what
 * is said about the surface at their peaks. */
Test(unit, surface_shocks_are_checked_at_their_peaks)
{
    static const struct {
        const char *shock, *expected; /* the sentence, or the first warning */
    } rows[] = {
        {"{surface: BTC, multiply: 1.2}", ""},
        {"{surface: BTC, skew_add: -0.05}", ""},
        {"{surface: BTC}", "shocks[0] changes nothing: add multiply or skew_add"},
        {"{surface: BTC, skew_add: 0.1, term: 0.5}",
         "shocks[0].term says how multiply depends on time to expiry: add multiply"},
        {"{surface: BTC, multiply: 0}", "multiply reaches down to 0: it must stay above 0"},
        {"{surface: BTC, multiply: 2, term: -1}", "shocks[0].term = -1 is outside 0 .. 2"},
        {"{surface: BTC, skew_add: 6}", "shocks[0].skew_add = 6 is outside -5 .. 5"},
        {"{surface: BTC, skew_add: {median: 0.1, log_sd: 1}}",
         "shocks[0].skew_add has no bound: write uniform: [a, b] instead of a median"},
        {"{surface: BTC, multiply: 2, term: 0.5}, {surface: all, multiply: 2, term: 0.4}",
         "shocks[1].term = 0.4, but another shock moves the surface of BTC with term 0.5"},
        {"{surface: BTC, skew_add: {uniform: [-0.1, 0.9]}}",
         "shocks[0].skew_add leaves 0.134 of the volatility of BTC at 20.25 days, ln(K/F) "
         "= "},
        {"{surface: BTC, skew_add: 0.3}, {surface: BTC, multiply: 0.3}",
         "shocks[0].skew_add leaves"},
        {"{surface: BTC, multiply: {uniform: [0.9, 4]}, term: 1, start: 2h, duration: 1h, "
         "shape: ramp}",
         "s.yaml:12:10: shocks[0] (surface-1), surface of BTC at its peak, 3 h: total "
         "variance falls with time at "},
        {"{surface: BTC, multiply: {uniform: [1, 6]}}",
         "shocks[0] (surface-1), surface of BTC at its peak, 0 h: "},
    };
    struct arena arena = {0};
    struct error err;
    const char *text[9];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scenario *s = arena_get(&arena, 1, sizeof *s);
        struct plan *plan = arena_get(&arena, 1, sizeof *plan);
        scratch_file("s.yaml",
                     arena_print(&arena,
                                 "%sssvi: {rho: -0.3, eta: 0.9, slices: [{expiry: 7d, "
                                 "atm_volatility_annual: 0.6}, {expiry: 60d, "
                                 "atm_volatility_annual: 0.62}]}\nshocks: [%s]\n",
                                 head, rows[i].shock));
        text[0] = "";
        if (!scenario_read(scratch_path("s.yaml"), 0, NULL, &arena, s, &err) ||
            !compile_plan(s, &arena, plan, &err))
            text[0] = arena_text(&arena, err.text);
        else
            compile_warnings(s, plan, &arena, text, 9);
        cr_expect(rows[i].expected[0] == '\0' ? text[0][0] == '\0'
                                              : strstr(text[0], rows[i].expected) != NULL,
                  "%s\n  gives: %s", rows[i].shock, text[0]);
    }
    arena_free(&arena);
}

Test(unit, surface_level_beta_needs_a_model_whose_volatility_changes)
{
    struct fixture f;
    struct arena arena = {0};
    const char *text[2];

    fixture_open(
        &f,
        arena_print(&arena, "%sflat_volatility_annual: 0.5\n        level_beta: 1\n", head),
        NULL, NULL);
    cr_assert_eq(compile_warnings(&f.scenario, &f.plan, &arena, text, 2), 1);
    cr_expect(strstr(text[0], "level_beta has no effect, since the volatility of gbm does "
                              "not change") != NULL,
              "%s", text[0]);
    arena_free(&arena);
    fixture_close(&f);
}

static const char ssvi[] =
    "ssvi:\n"
    "          rho: -0.3\n"
    "          eta: 0.9\n"
    "          gamma: 0.45\n"
    "          slices:\n"
    "            - {expiry: 7d, atm_volatility_annual: 0.62}\n"
    "            - {expiry: 2026-02-17 08:00, theta: 0.031, basis_annual: 0.05}\n"
    "            - {expiry: 90d, atm_volatility_annual: 0.6, rho: -0.25, phi: 1.9}\n";

/* Every strike gets the volatility of the formula; the echo is the same surface. */
Test(unit, surface_formulas_give_every_strike_its_volatility)
{
    static const double strikes[] = {40000, 95000, 200000};
    struct fixture f, again;
    struct arena arena = {0};
    char scenario[2000];

    snprintf(scenario, sizeof scenario, "%s%s", head, ssvi);
    fixture_open(&f, scenario, NULL, NULL);
    const struct surface *s = f.plan.asset[0].surface;
    const double theta = 0.031, phi = svi_phi(theta, 0.9, 0.45), years = 30.0 / 365.0;

    cr_assert_eq(s->n_slice, 3);
    cr_assert_float_eq(s->slice[1].log_forward_ratio, 0.05 * years, 1e-15);
    for (int i = 0; i < 3; i++) {
        struct surface_strike strike;
        surface_contract(s, strikes[i], years, &arena, &strike);
        const double k = log(strikes[i] / 95000.0) - 0.05 * years;
        const double root = sqrt(pow(phi * k - 0.3, 2.0) + 1.0 - 0.09);
        const double expected = 0.5 * theta * (1.0 - 0.3 * phi * k + root);
        cr_expect_float_eq(surface_volatility_sqrt_t(&strike, years), sqrt(expected), 1e-14,
                           "strike %g", strikes[i]);
    }
    cr_expect_float_eq(s->slice[2].svi->rho, -0.25, 0.0);
    cr_expect_float_eq(s->slice[2].svi->b, 0.5 * 0.36 * 90.0 / 365.0 * 1.9, 1e-15);
    fixture_open(&again, f.scenario.resolved, NULL, NULL);
    for (int i = 0; i < 3; i++)
        cr_expect_eq(memcmp(s->slice[i].svi, again.plan.asset[0].surface->slice[i].svi,
                            sizeof(struct svi)),
                     0, "slice %d: %s", i, f.scenario.resolved);
    cr_expect_str_eq(f.scenario.resolved, again.scenario.resolved);
    arena_free(&arena);
    fixture_close(&again);
    fixture_close(&f);
}

/* A chain with a dent upwards at 105 breaks convexity there: the call at 105 may cost at
 * most the mean of those at 100 and 110. */
Test(unit, surface_check_finds_the_butterfly_in_quotes)
{
    static const double strikes[] = {90, 100, 105, 110, 120};
    static const double volatilities[] = {0.5, 0.5, 0.6, 0.5, 0.5};
    struct surface_point p[5];
    struct arena arena = {0};
    struct surface s;
    struct surface_faults f;
    struct error err;

    for (int i = 0; i < 5; i++)
        p[i] = (struct surface_point){.expiry_s = 10 * 86400.0,
                                      .strike_usd = strikes[i],
                                      .forward_usd = 100.0,
                                      .volatility_annual = volatilities[i],
                                      .call = strikes[i] >= 100.0};
    cr_assert(surface_build(p, 5, 100.0, &arena, &s, &err), "%s", err.text);
    surface_check(&s, NULL, &f);
    cr_assert_eq(f.n_butterfly, 1);
    cr_expect_float_eq(f.butterfly.log_moneyness, log(1.05), 1e-14);
    cr_expect_float_eq(f.butterfly.years, 10.0 / 365.0, 1e-15);
    /* Black-76 by hand: calls 3.3014, 2.0990 (at 0.6), 0.6906; vega 5.77 */
    cr_expect(f.butterfly.size > 0.005 && f.butterfly.size < 0.1, "%g", f.butterfly.size);
    arena_free(&arena);
}
