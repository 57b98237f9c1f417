/* The options of a vault on surfaces with a smile: strike by delta, and Greeks against
 * differences of the value. */

#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "models/instrument/vault.h"
#include "sim/smile.h"
#include "sim/vmath.h"

extern const struct instrument instrument_covered_call_vault, instrument_put_vault,
    instrument_option;

static const double SPOT = 100.0, TENOR_S = 7.0 * 86400.0, YEAR_S = 365.0 * 86400.0;

/* A skewed surface of two slices, seen at 20 days under effects that differ from path to
 * path, and a vault's rows there. */
struct scene {
    struct arena arena;
    struct surface surface;
    struct surface_view view;
    lane_row spot, log_spot, factor, term, skew, held, written, log_strike;
    double *state[VAULT_N_STATE];
    struct vault vault;
    double time_s;
};

static void scene_open(struct scene *s, bool nodes, bool sticky_delta)
{
    static const double years[] = {14.0 / 365.0, 90.0 / 365.0}, ratio[] = {0.001, 0.012};
    static const struct svi svi[] = {
        {.a = 0.002, .b = 0.03, .rho = -0.4, .m = 0.02, .sigma = 0.15},
        {.a = 0.03, .b = 0.12, .rho = -0.3, .m = 0.05, .sigma = 0.3}};
    static struct surface_point point[2 * 9];

    *s = (struct scene){.time_s = 20.0 * 86400.0 + 7200.0};
    if (nodes) {
        struct error err;
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 9; j++) {
                const double k = 0.1 * (j - 4) + 0.003;
                const double w = svi_value(&svi[i], k).w;
                point[9 * i + j] =
                    (struct surface_point){.expiry_s = years[i] * YEAR_S,
                                           .strike_usd = SPOT * exp(k + ratio[i]),
                                           .forward_usd = SPOT * exp(ratio[i]),
                                           .volatility_annual = sqrt(w / years[i]),
                                           .index_usd = SPOT,
                                           .call = true};
            }
        cr_assert(surface_build(point, 18, SPOT, &s->arena, &s->surface, &err), "%s",
                  err.text);
    } else {
        surface_svi(2, years, ratio, svi, SPOT, &s->arena, &s->surface);
    }
    for (int k = 0; k < LANES; k++) {
        const double share = (double)k / LANES;
        s->spot[k] = SPOT * (0.6 + 0.9 * share);
        s->log_spot[k] = vm_log(s->spot[k]);
        s->factor[k] = 0.7 + share;
        s->term[k] = 0.2 * share - 0.1;
        s->skew[k] = 0.1 - 0.2 * share;
        s->written[k] = 0.5 + share;
        s->log_strike[k] = s->log_spot[k] + 0.3 * share - 0.1;
    }
    s->view = (struct surface_view){.surface = &s->surface,
                                    .sticky_delta = sticky_delta,
                                    .term_power = 0.5,
                                    .now_years = s->time_s / YEAR_S,
                                    .factor = s->factor,
                                    .term = s->term,
                                    .skew = s->skew};
    s->state[VAULT_HELD] = s->held;
    s->state[VAULT_WRITTEN] = s->written;
    s->state[VAULT_LOG_STRIKE] = s->log_strike;
    s->vault = (struct vault){.contract.roll_s = TENOR_S, .strike_delta = 0.1};
}

/* The delta of the strike found is the one wanted, on formulas and on nodes, whatever the
 * effects did to them. */
Test(vault_value, strike_has_the_delta_wanted)
{
    static const double delta[] = {1e-6, 0.02, 0.1, 0.35, 0.5, 0.8};
    static const double days[] = {0.5, 7.0, 30.0, 200.0};
    lane_row x, log_strike;
    struct smile smile;

    for (int c = 0; c < 8; c++) {
        struct scene s;
        scene_open(&s, c & 1, c & 2);
        for (size_t i = 0; i < sizeof delta / sizeof *delta; i++)
            for (size_t d = 0; d < sizeof days / sizeof *days; d++) {
                const double years = days[d] / 365.0, sign = c & 4 ? 1.0 : -1.0;
                vault_moneyness(&s.view, years, c & 4, delta[i], s.log_spot, x);
                for (int k = 0; k < LANES; k++)
                    log_strike[k] =
                        x[k] + s.log_spot[k] + surface_log_forward_ratio(&s.surface, years);
                surface_view_at(&s.view, years, log_strike, s.log_spot, &smile);
                for (int k = 0; k < LANES; k++) {
                    const double d1 = -x[k] / smile.sd[k] + 0.5 * smile.sd[k];
                    const double got = gsl_cdf_ugaussian_P(sign * d1);
                    cr_assert_float_eq(got, delta[i], 1e-10,
                                       "case %d, %g days, lane %d: delta %.12g, not %g", c,
                                       days[d], k, got, delta[i]);
                }
            }
        arena_free(&s.arena);
    }
}

/* Without effects, and under sticky strike, what a strike has there is what an option of
 * that strike and expiry has that stood in the book from the start. */
Test(vault_value, surface_is_that_of_an_option_from_the_start)
{
    for (int nodes = 0; nodes < 2; nodes++) {
        struct scene s;
        struct smile smile;
        scene_open(&s, nodes, false);
        for (int k = 0; k < LANES; k++) {
            s.factor[k] = 1.0;
            s.term[k] = s.skew[k] = 0.0;
        }
        for (int day = 1; day < 120; day += 7) {
            const double years = day / 365.0;
            surface_view_at(&s.view, years, s.log_strike, s.log_spot, &smile);
            for (int k = 0; k < LANES; k++) {
                struct surface_strike strike;
                surface_contract(&s.surface, exp(s.log_strike[k]),
                                 s.time_s / YEAR_S + years, &s.arena, &strike);
                cr_assert_float_eq(smile.sd[k], surface_volatility_sqrt_t(&strike, years),
                                   1e-13, "%d days, lane %d", day, k);
            }
        }
        arena_free(&s.arena);
    }
}

/* The value is that of options at the surface's volatility of now, minus as many as are
 * written: against the option instrument at each strike. */
Test(vault_value, is_that_of_its_options)
{
    for (int c = 0; c < 4; c++) {
        struct scene s;
        lane_row value, one;
        struct smile smile;
        struct claim_value out = {.value_usd = value}, single = {.value_usd = one};
        const bool call = c & 1;
        scene_open(&s, false, c & 2);
        const struct claim_quote quote = {.spot_usd = s.spot,
                                          .log_spot = s.log_spot,
                                          .time_s = s.time_s,
                                          .surface = &s.view,
                                          .state = (const double *const *)s.state};
        const double years = (3.0 * TENOR_S - s.time_s) / YEAR_S;
        (call ? instrument_covered_call_vault : instrument_put_vault)
            .value(&s.vault.contract, &quote, &out);
        surface_view_at(&s.view, years, s.log_strike, s.log_spot, &smile);
        for (int k = 0; k < LANES; k++) {
            const struct contract option = {
                .call = call, .inverse = call, .strike_usd = exp(s.log_strike[k])};
            const struct claim_quote at = {.spot_usd = s.spot,
                                           .log_spot = s.log_spot,
                                           .surface_factor = smile.sd,
                                           .log_forward_ratio =
                                               surface_log_forward_ratio(&s.surface, years),
                                           .volatility_sqrt_t = 1.0,
                                           .years = years};
            instrument_option.value(&option, &at, &single);
            cr_assert_float_eq(value[k], -s.written[k] * one[k], 1e-12 * SPOT,
                               "case %d lane %d: %.17g, %.17g", c, k, value[k],
                               -s.written[k] * one[k]);
        }
        arena_free(&s.arena);
    }
}

enum { VALUE, DELTA, GAMMA, VEGA, THETA, VANNA, VOLGA, RHO, N_ROW };

static void rows_at(const struct scene *s, bool call, double shift, lane_row *row)
{
    lane_row spot, log_spot;
    struct claim_value out = {row[VALUE], row[DELTA], row[GAMMA], row[VEGA],
                              row[THETA], row[VANNA], row[VOLGA], row[RHO]};
    const struct claim_quote quote = {.spot_usd = spot,
                                      .log_spot = log_spot,
                                      .time_s = s->time_s,
                                      .surface = &s->view,
                                      .state = (const double *const *)s->state};

    for (int k = 0; k < LANES; k++) {
        spot[k] = s->spot[k] * (1.0 + shift);
        log_spot[k] = vm_log(spot[k]);
    }
    (call ? instrument_covered_call_vault : instrument_put_vault)
        .value(&s->vault.contract, &quote, &out);
}

/* Delta and gamma follow the smile under sticky delta; vega and its like move the factor of
 * the surface, sigma = factor x ...: by_factor. Fourth-order differences, whose error is
 * about (h / sd)^4 / 10, 3e-9 at a sd of 0.015, the least here. */
Test(vault_value, greeks_are_differences_of_the_value)
{
    static lane_row base[N_ROW], up[N_ROW], down[N_ROW], up2[N_ROW], down2[N_ROW];
    const double h = 2e-4;

    for (int c = 0; c < 4; c++) {
        const bool call = c & 1;
        struct scene s;
        struct smile smile;
        scene_open(&s, false, c & 2);
        rows_at(&s, call, 0.0, base);
        rows_at(&s, call, h, up);
        rows_at(&s, call, -h, down);
        rows_at(&s, call, 2.0 * h, up2);
        rows_at(&s, call, -2.0 * h, down2);
        surface_view_at(&s.view, (3.0 * TENOR_S - s.time_s) / YEAR_S, s.log_strike,
                        s.log_spot, &smile);
        for (int k = 0; k < LANES; k++) {
            const double w = h * s.spot[k];
            const double first = (8.0 * (up[VALUE][k] - down[VALUE][k]) -
                                  (up2[VALUE][k] - down2[VALUE][k])) /
                                 (12.0 * w);
            const double second =
                (16.0 * (up[VALUE][k] + down[VALUE][k]) -
                 (up2[VALUE][k] + down2[VALUE][k]) - 30.0 * base[VALUE][k]) /
                (12.0 * w * w);
            cr_assert_float_eq(base[DELTA][k], first, 1e-7, "case %d lane %d: %g, %g", c, k,
                               base[DELTA][k], first);
            cr_assert_float_eq(base[GAMMA][k], second, 1e-6, "case %d lane %d: %g, %g", c,
                               k, base[GAMMA][k], second);
            if (!(c & 2)) {
                const double cross = (8.0 * (up[VEGA][k] - down[VEGA][k]) -
                                      (up2[VEGA][k] - down2[VEGA][k])) /
                                     (12.0 * w);
                cr_assert_float_eq(base[VANNA][k], cross, 1e-6, "case %d lane %d", c, k);
            }
        }
        for (int k = 0; k < LANES; k++)
            s.factor[k] += h;
        rows_at(&s, call, 0.0, up);
        for (int k = 0; k < LANES; k++)
            s.factor[k] -= 2.0 * h;
        rows_at(&s, call, 0.0, down);
        for (int k = 0; k < LANES; k++) {
            const double by = smile.by_factor[k];
            cr_assert_float_eq(base[VEGA][k] * by,
                               (up[VALUE][k] - down[VALUE][k]) / (2.0 * h), 1e-4,
                               "case %d lane %d: vega", c, k);
            cr_assert_float_eq(
                base[VOLGA][k] * by, (up[VEGA][k] - down[VEGA][k]) / (2.0 * h),
                1e-3 * (1.0 + fabs(base[VOLGA][k])), "case %d lane %d: volga", c, k);
        }
        arena_free(&s.arena);
    }
}

/* Theta at constant volatility and rho of the forward, on a flat surface. */
Test(vault_value, theta_and_rho_are_differences_of_the_value)
{
    static lane_row base[N_ROW], up[N_ROW], down[N_ROW];
    const double h_s = 60.0, h = 1e-4;

    for (int call = 0; call < 2; call++) {
        struct scene s;
        scene_open(&s, false, false);
        surface_flat(0.6, 0.0, SPOT, &s.arena, &s.surface);
        for (int k = 0; k < LANES; k++)
            s.term[k] = s.skew[k] = 0.0;
        rows_at(&s, call, 0.0, base);
        s.time_s += h_s;
        rows_at(&s, call, 0.0, up);
        s.time_s -= 2.0 * h_s;
        rows_at(&s, call, 0.0, down);
        s.time_s += h_s;
        for (int k = 0; k < LANES; k++) {
            const double per_year = (up[VALUE][k] - down[VALUE][k]) / (2.0 * h_s / YEAR_S);
            cr_assert_float_eq(base[THETA][k], per_year, 1e-4 * (1.0 + fabs(per_year)),
                               "lane %d: theta %g, %g", k, base[THETA][k], per_year);
        }
        surface_flat(0.6, h, SPOT, &s.arena, &s.surface);
        rows_at(&s, call, 0.0, up);
        surface_flat(0.6, -h, SPOT, &s.arena, &s.surface);
        rows_at(&s, call, 0.0, down);
        for (int k = 0; k < LANES; k++) {
            const double by_basis = (up[VALUE][k] - down[VALUE][k]) / (2.0 * h);
            cr_assert_float_eq(base[RHO][k], by_basis, 1e-7, "lane %d: rho %g, %g", k,
                               base[RHO][k], by_basis);
        }
        arena_free(&s.arena);
    }
}
