/* Strips of options that have a volatility on every path against the same options one by
 * one, through the instrument and smile_greeks. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/black_smile.h"
#include "sim/book_sums.h"
#include "sim/vmath.h"
#include "tests/fixture.h"
#include "tests/option_case.h"

static const struct {
    const char *name, *surface, *shocks;
} markets[] = {
    {"ssvi, sticky delta",
     "{ssvi: {rho: -0.35, eta: 0.9, gamma: 0.45, slices: [{expiry: 7d, "
     "atm_volatility_annual: 0.62}, {expiry: 90d, theta: 0.12, basis_annual: 0.05}]}, "
     "dynamics: sticky_delta}",
     ""},
    {"chain, sticky delta",
     "{chain: " TAILRACE_SOURCE "/scenarios/markets/majors-chain.csv, iv_unit: fraction, "
     "dynamics: sticky_delta}",
     ""},
    {"chain, sticky strike",
     "{chain: " TAILRACE_SOURCE "/scenarios/markets/majors-chain.csv, iv_unit: fraction}",
     "{surface: BTC, skew_add: -0.1, start: 1h}"},
};
enum { N_MARKET = 3, N_OPTION = 60 };

/* Strikes from a fifth of the price to five times, three expiries, both settlements. */
static void open_book(struct fixture *f, int market)
{
    char text[2048], positions[8192];
    size_t n = (size_t)snprintf(positions, sizeof positions,
                                "id,account,venue,instrument,asset,quantity,option_type,"
                                "strike_usd,expiry,settlement\n");

    for (int i = 0; i < N_OPTION; i++)
        n += (size_t)snprintf(positions + n, sizeof positions - n,
                              "o%d,a,v,option,BTC,%d,%s,%.6g,%s,%s\n", i,
                              i % 7 - 3 ? i % 7 - 3 : 5, i % 2 ? "put" : "call",
                              66000.0 * exp(1.6 * (2.0 * i / (N_OPTION - 1) - 1.0)),
                              i % 3 == 0   ? "2d"
                              : i % 3 == 1 ? "20d"
                                           : "300d",
                              i % 5 < 2 ? "linear" : "inverse");
    snprintf(text, sizeof text,
             "tailrace: 1\nname: smile\nrun: {paths: 256, horizon: 8h, step: 1h}\n"
             "portfolio: positions.csv\nshocks: [%s]\nmarket:\n  tailrace: 1\n  name: m\n"
             "  time_utc: 2026-03-02 08:00\n  assets:\n    BTC: {spot_usd: 66000, "
             "price: {model: gbm, volatility_annual: 0.5}, surface: %s}\n"
             "  venues:\n    v: {margin: {rule: standard}, mark: traded, "
             "option_half_spread_frac: 0.05, assets: {BTC: {collateral_haircut_frac: 0}}}\n"
             "    p: {margin: {rule: cross}, liquidity: square_root, assets: {BTC: {tiers: "
             "[{from_usd: 0, maintenance_frac: 0.02}], liquidity: {impact_coefficient: 0, "
             "volatility_daily: 0.04, daily_volume_usd: 1.0e6, half_spread_frac: 0}}}}\n",
             markets[market].shocks, markets[market].surface);
    fixture_open(f, text, positions, NULL);
    cr_assert(f->plan.asset[0].smile, "%s", markets[market].name);
}

static double *effect(const struct worker *w, enum effect_state state)
{
    return worker_row(w, ROW_EFFECT, state * w->plan->n_asset);
}

/* Prices and effects of every path. */
static void random_market(uint64_t *state, double width, const struct worker *w,
                          double *spot)
{
    for (int k = 0; k < LANES; k++) {
        spot[k] = 66000.0 * vm_exp(option_case_random(state, -width, width));
        effect(w, EFFECT_SURFACE)[k] = option_case_random(state, 0.7, 2.0);
        effect(w, EFFECT_TERM)[k] = option_case_random(state, -0.3, 0.3);
        effect(w, EFFECT_SKEW)[k] = option_case_random(state, -0.2, 0.1);
    }
}

/* Sums one by one, and of absolute values. */
static void one_by_one(const struct fixture *f, const struct worker *w, const double *spot,
                       lane_row *sum, lane_row *gross)
{
    for (uint32_t i = 0; i < f->plan.n_claim; i++) {
        struct plan_claim claim = f->plan.claim[i];
        lane_row one[N_CLAIM_FUNCTION];

        claim.strip = PLAN_NONE;
        memset(one, 0, sizeof one);
        book_sums_add(&f->plan, &claim, 1, BOOK_ALL, w, spot, one);
        for (int s = 0; s < N_CLAIM_FUNCTION; s++)
            for (int k = 0; k < LANES; k++) {
                sum[s][k] += one[s][k];
                gross[s][k] += fabs(one[s][k]);
            }
        for (int k = 0; k < LANES; k++) /* a difference of two of them over 0.01 S */
            gross[CLAIM_SLOPE][k] += 100.0 * fabs(one[CLAIM_NEED][k]) / spot[k];
    }
}

static void check_market(int market, double width)
{
    struct fixture f;
    struct worker w;
    uint64_t state = 20260302;
    uint32_t n_other = 0;
    lane_row spot, sum[N_CLAIM_FUNCTION], wanted[N_CLAIM_FUNCTION], gross[N_CLAIM_FUNCTION];

    open_book(&f, market);
    fixture_start(&f, &w);
    for (w.step = 0; w.step < 8; w.step++) {
        w.time_s = 3600.0 * w.step;
        random_market(&state, width, &w, spot);
        memset(sum, 0, sizeof sum);
        memset(wanted, 0, sizeof wanted);
        memset(gross, 0, sizeof gross);
        book_sums_add(&f.plan, f.plan.claim, f.plan.n_claim, BOOK_ALL, &w, spot, sum);
        one_by_one(&f, &w, spot, wanted, gross);
        for (int s = 0; s < N_CLAIM_FUNCTION; s++)
            for (int k = 0; k < LANES; k++) {
                cr_assert(fabs(sum[s][k] - wanted[s][k]) <= 1e-12 * gross[s][k],
                          "%s, width %g, step %u, sum %d, lane %d: %.17g, one by one %.17g",
                          markets[market].name, width, w.step, s, k, sum[s][k],
                          wanted[s][k]);
                n_other += sum[s][k] != wanted[s][k];
            }
    }
    cr_assert_gt(n_other, 0, "%s: the strips were not used", markets[market].name);
    worker_free(&w);
    fixture_close(&f);
}

/* Paths close together and far apart, beyond the outermost nodes. */
Test(property, strips_on_a_smile_are_the_options_one_by_one)
{
    for (int market = 0; market < N_MARKET; market++) {
        check_market(market, 0.02);
        check_market(market, 1.5);
    }
}

/* A volatility that is not finite is seen in the sums of its path, and in no other's. */
Test(property, strips_on_a_smile_show_what_is_not_finite)
{
    struct fixture f;
    struct worker w;
    uint64_t state = 7;
    lane_row spot, sum[N_CLAIM_FUNCTION], clean[N_CLAIM_FUNCTION];

    open_book(&f, 1);
    fixture_start(&f, &w);
    random_market(&state, 0.3, &w, spot);
    memset(sum, 0, sizeof sum);
    memset(clean, 0, sizeof clean);
    book_sums_add(&f.plan, f.plan.claim, f.plan.n_claim, BOOK_ALL, &w, spot, clean);
    effect(&w, EFFECT_SKEW)[1] = -NAN;
    spot[2] = NAN;
    book_sums_add(&f.plan, f.plan.claim, f.plan.n_claim, BOOK_ALL, &w, spot, sum);
    cr_assert(isnan(sum[CLAIM_VALUE][1]) && isnan(sum[CLAIM_VALUE][2]));
    for (int s = 0; s < N_CLAIM_FUNCTION; s++)
        for (int k = 0; k < LANES; k++)
            if (k != 1 && k != 2)
                cr_assert_eq(sum[s][k], clean[s][k], "sum %d, lane %d", s, k);
    worker_free(&w);
    fixture_close(&f);
}

/* Whatever the sign of the NaN, for a call and for a put. */
Test(property, an_option_on_a_smile_shows_a_volatility_that_is_no_number)
{
    static const double signs[] = {1.0, -1.0};
    const double strike = 105.0, log_strike = vm_log(strike), quantity = 2.385;
    struct smile smile;
    lane_row spot, log_spot;

    memset(&smile, 0, sizeof smile);
    for (int k = 0; k < LANES; k++) {
        spot[k] = 100.0;
        log_spot[k] = vm_log(spot[k]);
        smile.sd[k] = k % 4 == 0 ? NAN : k % 4 == 1 ? -NAN : k % 4 == 2 ? INFINITY : 0.2;
    }
    for (int i = 0; i < 2; i++) {
        const struct black_strip strip = {.n = 1,
                                          .years = 0.25,
                                          .sign = &signs[i],
                                          .strike_usd = &strike,
                                          .log_strike = &log_strike,
                                          .quantity = &quantity};
        const struct black_path path = {spot, log_spot, NULL};
        struct black_smile b;
        lane_row sum[N_BLACK_SMILE_SUM];

        memset(sum, 0, sizeof sum);
        black_smile_start(&b, &strip, &path);
        black_smile_add(&b, 0, &smile, NULL, NULL);
        black_smile_finish(&b, sum);
        for (int k = 0; k < LANES; k++)
            cr_assert_eq(isfinite(sum[BLACK_VALUE][k]) != 0, k % 4 == 3, "%g, lane %d",
                         signs[i], k);
    }
}
