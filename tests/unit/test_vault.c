/* Option vaults, with numbers that can be checked by hand. */

#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/instrument/vault.h"
#include "sim/book_sums.h"
#include "sim/market.h"
#include "tests/flow_case.h"

extern const struct instrument instrument_covered_call_vault;
extern const struct instrument instrument_put_vault;

#define COLUMNS "id,instrument,asset,quantity,strike_delta,tenor,spread_frac\n"

static const char STILL_07[] = "price: {model: gbm, volatility_annual: 0}, "
                               "surface: {flat_volatility_annual: 0.7}";
static const char GBM_07[] = "price: {model: gbm, volatility_annual: 0.7}, "
                             "surface: {flat_volatility_annual: 0.7}";

/* Strike and price of an option of 1 coin at 100 USD, forward 100, on a flat volatility, by
 * libm and GSL; sign 1: a call. */
struct option {
    double strike, value;
};
static struct option written(double sign, double delta, double spot, double sd)
{
    const double d1 = sign * gsl_cdf_ugaussian_Pinv(delta);
    const double strike = spot * exp(sd * (0.5 * sd - d1));

    return (struct option){.strike = strike,
                           .value =
                               sign * (spot * gsl_cdf_ugaussian_P(sign * d1) -
                                       strike * gsl_cdf_ugaussian_P(sign * (d1 - sd)))};
}

/* The price stands at 100 for a week, then at 120 for the second. Of the first calls nothing
 * is paid. The second, at the strike of 120, are not paid either: the vault has its coins,
 * each times (1 + 0.9 c1 / 100) (1 + 0.9 c2 / 120), less the third calls just sold. */
Test(vault, coins_compound)
{
    struct flow_case c = {.run = "horizon: 14d, step: 6h",
                          .btc = STILL_07,
                          .shocks = "  - {price: BTC, move: 0.2, start: 7d}\n",
                          .positions = COLUMNS "v,covered_call_vault,BTC,3,0.1,7d,0.1\n"};
    const double sd = 0.7 * sqrt(7.0 / 365.0);
    struct flow_case falls = c;
    /* at 7 d the price is 120 already, the first options pay 120 - K */
    const struct option first = written(1.0, 0.1, 100.0, sd);
    const struct option next = written(1.0, 0.1, 120.0, sd);
    const double sold = 1.0 + 0.9 * first.value / 100.0;
    const double kept = sold - fmax(120.0 - first.strike, 0.0) / 120.0;
    const double start = 3.0 * (sold * 100.0 - first.value);
    const double coins = kept * (1.0 + 0.9 * next.value / 120.0);
    const double end =
        3.0 * (coins * (1.0 + 0.9 * next.value / 120.0) * 120.0 - coins * next.value);

    const double pnl_of_c = flow_pnl(&c);
    cr_expect_float_eq(pnl_of_c, end - start, 1e-10, "%.17g, %.17g",
                       fixture_metric(&c.fixture, "pnl_usd", 0)[0], end - start);
    flow_check_contributions(&c);
    fixture_close(&c.fixture);
    falls.shocks = "  - {price: BTC, move: -0.2, start: 7d}\n";
    const struct option low = written(1.0, 0.1, 80.0, sd);
    const double least = sold * (1.0 + 0.9 * low.value / 80.0);
    const double left =
        3.0 * (least * (1.0 + 0.9 * low.value / 80.0) * 80.0 - least * low.value);
    const double pnl_of_falls = flow_pnl(&falls);
    cr_expect_float_eq(pnl_of_falls, left - start, 1e-10, "%.17g, %.17g",
                       fixture_metric(&falls.fixture, "pnl_usd", 0)[0], left - start);
    fixture_close(&falls.fixture);
}

/* Cash 1000 secures 1000 / K puts. At a fall by a fifth at 7 d each pays K - 80, and what is
 * left secures the next; without a fall the premium adds up. */
Test(vault, cash_compounds)
{
    static const char *const moves[] = {"-0.2", "0"};
    const double sd = 0.7 * sqrt(7.0 / 365.0);

    for (int i = 0; i < 2; i++) {
        const double spot = i == 0 ? 80.0 : 100.0;
        const struct option first = written(-1.0, 0.2, 100.0, sd);
        const struct option next = written(-1.0, 0.2, spot, sd);
        const double n = 1000.0 / first.strike;
        const double sold = 1000.0 + 0.95 * n * first.value;
        const double kept = sold - n * fmax(first.strike - spot, 0.0);
        const double again = kept * (1.0 + 0.95 * next.value / next.strike);
        const double end = again * (1.0 + (0.95 - 1.0) * next.value / next.strike);
        const double start = sold - n * first.value;
        char shocks[128];
        struct flow_case c = {.run = "horizon: 14d, step: 6h",
                              .btc = STILL_07,
                              .shocks = shocks,
                              .positions = COLUMNS "v,put_vault,BTC,1000,0.2,7d,0.05\n"};
        snprintf(shocks, sizeof shocks, "  - {price: BTC, move: %s, start: 7d}\n",
                 moves[i]);
        const double pnl_of_c = flow_pnl(&c);
        cr_expect_float_eq(pnl_of_c, end - start, 1e-9, "move %s: %.17g, %.17g", moves[i],
                           fixture_metric(&c.fixture, "pnl_usd", 0)[0], end - start);
        flow_check_contributions(&c);
        fixture_close(&c.fixture);
    }
}

/* What a roll says of itself: a tenth of the mark is a fee; payoff and premium are not. */
Test(vault, spread_is_a_fee)
{
    struct flow_case c = {.run = "horizon: 14d, step: 7d",
                          .btc = STILL_07,
                          .positions = COLUMNS "v,covered_call_vault,BTC,3,0.1,7d,0.1\n"
                                               "p,put_vault,BTC,500,0.1,7d,0.1\n"};
    const double sd = 0.7 * sqrt(7.0 / 365.0);
    const struct option call = written(1.0, 0.1, 100.0, sd);
    const struct option put = written(-1.0, 0.1, 100.0, sd);
    const double coins = 1.0 + 0.9 * call.value / 100.0;
    const double cash = 1.0 + 0.9 * put.value / put.strike;

    flow_open(&c);
    for (uint32_t i = 0; i < 2; i++) {
        struct claim_flow flow;
        struct worker w;
        const bool is_call = c.fixture.plan.claim[i].position == 0;
        fixture_start(&c.fixture, &w);
        w.step = 1;
        w.time_s = 7.0 * 86400.0;
        market_step(&c.fixture.plan, &w);
        cr_assert(book_claim_step(&c.fixture.plan, &c.fixture.plan.claim[i], &w, &flow));
        cr_expect_float_eq(flow.fee_usd[0],
                           is_call ? -0.1 * coins * call.value
                                   : -0.1 * cash * put.value / put.strike,
                           1e-12, "%u: %.17g", i, flow.fee_usd[0]);
        cr_expect_float_eq(flow.coins[0], is_call ? coins * (coins - 1.0) : 0.0, 1e-12);
        cr_expect_float_eq(flow.cash_usd[0], is_call ? 0.0 : cash * (cash - 1.0), 1e-12);
        cr_expect_float_eq(flow.carry_usd[0], 0.0, 0.0);
        worker_free(&w);
    }
    fixture_close(&c.fixture);
}

/* Next to no volatility gives next to no premium, and a price that stands no payoff. */
Test(vault, earns_nothing_without_volatility)
{
    struct flow_case c = {.run = "horizon: 30d, step: 1h",
                          .btc = "price: {model: gbm, volatility_annual: 0}, "
                                 "surface: {flat_volatility_annual: 1e-9}",
                          .positions = COLUMNS "v,covered_call_vault,BTC,3,0.1,7d,0.1\n"
                                               "p,put_vault,BTC,1000,0.1,3d,0.1\n"};

    const double pnl_of_c = flow_pnl(&c);
    cr_expect_float_eq(pnl_of_c, 0.0, 1e-7, "%.17g",
                       fixture_metric(&c.fixture, "pnl_usd", 0)[0]);
    fixture_close(&c.fixture);
}

/* At a strike of delta 1e-9 the vaults are their coins and their cash. */
Test(vault, far_strikes_are_holding)
{
    struct flow_case vaults = {.run = "horizon: 30d, step: 6h, seed: 9",
                               .btc = GBM_07,
                               .positions =
                                   COLUMNS "v,covered_call_vault,BTC,3,1e-9,7d,0.1\n"
                                           "p,put_vault,BTC,1000,1e-9,3d,0.1\n"};
    struct flow_case held = vaults;

    held.positions = "id,instrument,asset,quantity\nv,spot,BTC,3\np,cash,,1000\n";
    flow_pnl(&vaults);
    flow_check_contributions(&vaults);
    flow_pnl(&held);
    cr_expect_lt(flow_difference(&vaults, &held), 1e-5);
    fixture_close(&held.fixture);
    fixture_close(&vaults.fixture);
}

/* Two vaults of a part each do what the whole does. */
Test(vault, splitting_changes_nothing)
{
    struct flow_case whole = {.run = "horizon: 30d, step: 6h, seed: 9",
                              .btc = GBM_07,
                              .positions = COLUMNS "v,covered_call_vault,BTC,3,0.3,7d,0.1\n"
                                                   "p,put_vault,BTC,1000,0.4,3d,0.1\n"};
    struct flow_case parts = whole;

    parts.positions = COLUMNS "v,covered_call_vault,BTC,1,0.3,7d,0.1\n"
                              "w,covered_call_vault,BTC,2,0.3,7d,0.1\n"
                              "p,put_vault,BTC,250,0.4,3d,0.1\n"
                              "q,put_vault,BTC,750,0.4,3d,0.1\n";
    flow_pnl(&whole);
    flow_pnl(&parts);
    flow_check_contributions(&parts);
    cr_expect_lt(flow_difference(&whole, &parts), 1e-9);
    fixture_close(&parts.fixture);
    fixture_close(&whole.fixture);
}

/* With steps of 6 h and a tenor of 24 h it rolls at hours 24, 48, 72 and 96; the options then
 * have 24 hours to live. What is written changes at those steps only. */
Test(vault, rolls_at_the_end_of_every_tenor)
{
    struct flow_case c = {.run = "horizon: 102h, step: 6h",
                          .btc = GBM_07,
                          .positions = COLUMNS "v,covered_call_vault,BTC,3,0.3,24h,0\n"};
    struct worker w;

    flow_open(&c);
    fixture_start(&c.fixture, &w);
    while (w.step < c.fixture.plan.n_step) {
        const double before = worker_row(&w, ROW_CLAIM_STATE, VAULT_LOG_STRIKE)[0];
        flow_step(&c.fixture, &w);
        const double strike = worker_row(&w, ROW_CLAIM_STATE, VAULT_LOG_STRIKE)[0];
        const int hour = 6 * (int)w.step;
        const bool roll = hour % 24 == 0;
        cr_expect_eq(strike != before, roll, "hour %d", hour);
        if (roll) {
            const double sd = 0.7 * sqrt(24.0 / 8760.0);
            const double spot = worker_row(&w, ROW_SPOT, 0)[0];
            cr_expect_float_eq(exp(strike), written(1.0, 0.3, spot, sd).strike,
                               1e-10 * spot, "hour %d", hour);
        }
    }
    worker_free(&w);
    fixture_close(&c.fixture);
}

/* The sums of an account know how the surface moves a vault: at one volatility the factor's
 * slope is vega times that. */
Test(vault, sums_know_its_volatility)
{
    struct flow_case c = {.run = "horizon: 14d, step: 1d",
                          .btc = GBM_07,
                          .positions = COLUMNS "v,covered_call_vault,BTC,3,0.3,7d,0\n"};
    struct worker w;

    flow_open(&c);
    fixture_start(&c.fixture, &w);
    const double *vega = book_sums_row(&c.fixture.plan, &w, 0, 0, CLAIM_VEGA);
    const double *factor = book_sums_row(&c.fixture.plan, &w, 0, 0, CLAIM_FACTOR);
    for (int k = 0; k < LANES; k++) {
        cr_assert_lt(vega[k], -1.0);
        cr_assert_float_eq(factor[k], 0.7 * vega[k], 1e-9);
    }
    worker_free(&w);
    fixture_close(&c.fixture);
}
