/* Halts, gas, room on a chain and liquidators' capital, lane by lane. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "sim/chain.h"
#include "sim/market.h"
#include "tests/fixture.h"

static const char TEXT[] =
    "tailrace: 1\nname: congestion\nrun: {paths: 64, horizon: 6h, step: 5m, seed: 3}\n"
    "shocks:\n"
    "  - {name: stop, halt: lender, start: {uniform: [1h, 2h]}, duration: 30m}\n"
    "  - {name: rest, halt: [exchange, lender], start: 5h}\n"
    "  - {name: base, gas: ethereum, price_gwei: {uniform: [80, 200]}, throughput: "
    "{multiply: {uniform: [0.05, 0.2]}}, start: {uniform: [50m, 80m]}, duration: 2h, "
    "recover: {half_life: 30m}}\n"
    "  - {name: top, gas: all, price_gwei: 90, start: 2h, duration: 1h, shape: ramp}\n"
    "  - {name: low, gas: side, price_gwei: 0, throughput: {multiply: 0.5}, start: 4h}\n"
    "market:\n"
    "  tailrace: 1\n"
    "  name: chains\n"
    "  assets:\n"
    "    BTC: {spot_usd: 100, price: {model: gbm, volatility_annual: 1}}\n"
    "    ETH: {spot_usd: 50, price: {model: gbm, volatility_annual: 1}}\n"
    "  correlation: {BTC/ETH: 0}\n"
    "  chains:\n"
    "    ethereum: {gas_price_gwei: 20, gas_per_liquidation: 450000, native: ETH, "
    "liquidations_per_s: 0.03, block: 12s}\n"
    "    side: {gas_price_gwei: 100, gas_per_liquidation: 300000, native: BTC, "
    "liquidations_per_s: 2, block: 2s}\n"
    "  venues:\n"
    "    exchange: {margin: {rule: cross}}\n"
    "    lender: {margin: {rule: cross}, chain: ethereum, liquidator_capital_usd: 800, "
    "capital_half_life: 20m}\n"
    "    other: {margin: {rule: cross}, chain: ethereum}\n"
    "    cheap: {margin: {rule: cross}, chain: side}\n";
enum { EXCHANGE, LENDER, OTHER, CHEAP };
enum { ETHEREUM, SIDE };
enum { STOP, REST, BASE_GAS, BASE_ROOM, TOP, LOW_GAS, LOW_ROOM, N_PART };

/* A path's draws: sizes of the parts (of factors the logarithm) and starts. */
static double part(const struct worker *w, enum row_set set, int i, int k)
{
    return worker_row(w, set, (uint32_t)i)[k];
}

/* Profiles of the shocks, written out. */
static double profile(const struct worker *w, int i, int k)
{
    const double t = w->time_s - part(w, ROW_START, i, k), hour = 3600.0;

    if (t < 0.0)
        return 0.0;
    switch (i) {
    case STOP:
        return t < 0.5 * hour ? 1.0 : 0.0;
    case BASE_GAS:
    case BASE_ROOM:
        return exp2(-fmax(t - 2.0 * hour, 0.0) / (0.5 * hour));
    case TOP:
        return fmin(t / hour, 1.0);
    default:
        return 1.0;
    }
}

static void instant(const struct plan *plan, struct worker *w)
{
    w->step++;
    w->time_s = w->step * plan->step_s;
    market_step(plan, w);
}

Test(congestion, shocks_act_on_venues_and_chains)
{
    struct fixture f;
    struct worker w;
    int halted = 0;

    fixture_open(&f, TEXT, NULL, NULL);
    cr_assert_eq(f.plan.n_effect, N_PART);
    fixture_start(&f, &w);
    cr_assert_eq(worker_row(&w, ROW_GAS, ETHEREUM)[0], 20.0);
    while (w.step < f.plan.n_step) {
        instant(&f.plan, &w);
        for (int k = 0; k < LANES; k++) {
            const double top = profile(&w, TOP, k);
            const double gas =
                20.0 + profile(&w, BASE_GAS, k) * (part(&w, ROW_SIZE, BASE_GAS, k) - 20.0) +
                top * (90.0 - 20.0);
            const double side =
                fmax(100.0 + top * (90.0 - 100.0) - profile(&w, LOW_GAS, k) * 100.0, 0.0);
            const double room =
                exp(profile(&w, BASE_ROOM, k) * part(&w, ROW_SIZE, BASE_ROOM, k));
            const double spot = worker_row(&w, ROW_SPOT, 1)[k];
            const double said[] = {chain_gas_usd(&f.plan, &w, LENDER, k),
                                   chain_gas_usd(&f.plan, &w, CHEAP, k),
                                   worker_row(&w, ROW_THROUGHPUT, ETHEREUM)[k],
                                   worker_row(&w, ROW_THROUGHPUT, SIDE)[k]};
            cr_assert_float_eq(said[0], 450000.0 * gas * 1e-9 * spot, 1e-12, "step %u: %g",
                               w.step, said[0]);
            cr_assert_float_eq(said[1],
                               300000.0 * side * 1e-9 * worker_row(&w, ROW_SPOT, 0)[k],
                               1e-12, "step %u: %g", w.step, said[1]);
            cr_assert_float_eq(said[2], room, 1e-12, "step %u: %g", w.step, said[2]);
            cr_assert_float_eq(said[3], profile(&w, LOW_ROOM, k) > 0.0 ? 0.5 : 1.0, 1e-12);
            cr_assert_eq(chain_gas_usd(&f.plan, &w, EXCHANGE, k), 0.0);
            cr_assert_eq(venue_halted(&f.plan, &w, LENDER, k),
                         profile(&w, STOP, k) > 0.0 || w.time_s >= 5.0 * 3600.0);
            cr_assert_eq(venue_halted(&f.plan, &w, EXCHANGE, k), w.time_s >= 5.0 * 3600.0);
            cr_assert_not(venue_halted(&f.plan, &w, OTHER, k));
            halted += venue_halted(&f.plan, &w, LENDER, k);
        }
    }
    /* a half-open half hour holds six steps wherever it begins; the last hour 13 */
    cr_assert_eq(halted, 19 * LANES, "%d", halted);
    worker_free(&w);
    fixture_close(&f);
}

/* A request every so often at each of two venues on one chain: room is shared. */
static void check_room(double dt_s, int asked)
{
    struct fixture f;
    struct worker w;
    double room[LANES] = {0.0};
    int taken = 0, refused = 0;

    fixture_open(&f, TEXT, NULL, NULL);
    fixture_start(&f, &w);
    for (int i = 0; i < 720; i++) {
        w.time_s += dt_s;
        chain_step(&f.plan, &w, dt_s);
        for (int k = 0; k < LANES; k++) {
            const double rate = 0.03 * worker_row(&w, ROW_THROUGHPUT, ETHEREUM)[k];
            room[k] = fmin(room[k], fmax(rate * 36.0, 1.0)) + rate * dt_s;
            for (int n = 0; i % 7 == k % 7 && n < asked; n++) {
                const bool had =
                    chain_transact(&f.plan, &w, n % 2 ? OTHER : LENDER, k, 1.0);
                cr_assert_eq(had, room[k] >= 1.0, "dt %g, instant %d", dt_s, i);
                room[k] -= had ? 1.0 : 0.0;
                taken += had;
                refused += !had;
            }
            const double left = worker_row(&w, ROW_QUEUE, ETHEREUM)[k];
            cr_assert_eq(left, room[k], "dt %g, instant %d: %.17g, %.17g", dt_s, i, left,
                         room[k]);
            cr_assert(chain_transact(&f.plan, &w, EXCHANGE, k, 1.0), "away from a chain");
        }
    }
    cr_assert(taken > 0 && refused > 0, "%d taken, %d refused", taken, refused);
    worker_free(&w);
    fixture_close(&f);
}

Test(congestion, room_comes_with_time_and_is_kept_for_three_blocks)
{
    check_room(300.0, 12);
    check_room(10.0, 2);
}

/* Whatever the clock, a chain that is always asked lets its rate through. */
Test(congestion, the_rate_does_not_depend_on_the_clock)
{
    static const double dt_s[] = {1.0, 10.0, 60.0, 300.0};

    for (size_t i = 0; i < sizeof dt_s / sizeof *dt_s; i++) {
        struct fixture f;
        struct worker w;
        int taken = 0;

        fixture_open(&f, TEXT, NULL, NULL);
        fixture_start(&f, &w);
        while (w.time_s + dt_s[i] <= 3000.0) { /* before any shock */
            w.time_s += dt_s[i];
            chain_step(&f.plan, &w, dt_s[i]);
            while (chain_transact(&f.plan, &w, LENDER, 0, 1.0))
                taken++;
        }
        cr_assert(abs(taken - 90) <= 1, "%g s: %d of 0.03 x 3000", dt_s[i], taken);
        worker_free(&w);
        fixture_close(&f);
    }
}

Test(congestion, capital_comes_back_with_its_half_life)
{
    struct fixture f;
    struct worker w;

    fixture_open(&f, TEXT, NULL, NULL);
    fixture_start(&f, &w);
    cr_assert_eq(*chain_capital_usd(&f.plan, &w, LENDER, 0), 800.0);
    cr_assert(isinf(*chain_capital_usd(&f.plan, &w, OTHER, 0)));
    *chain_capital_usd(&f.plan, &w, LENDER, 1) -= 600.0;
    for (int i = 0; i < 4; i++) /* 20 m */
        chain_step(&f.plan, &w, 300.0);
    cr_assert_eq(*chain_capital_usd(&f.plan, &w, LENDER, 0), 800.0);
    cr_assert_float_eq(*chain_capital_usd(&f.plan, &w, LENDER, 1), 500.0, 1e-10);
    chain_step(&f.plan, &w, 2400.0);
    cr_assert_float_eq(*chain_capital_usd(&f.plan, &w, LENDER, 1), 725.0, 1e-10);
    cr_assert(isinf(*chain_capital_usd(&f.plan, &w, OTHER, 1)));
    worker_free(&w);
    fixture_close(&f);
}
