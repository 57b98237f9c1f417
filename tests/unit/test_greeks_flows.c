/* Greeks of what claims put into their accounts: collateral, debts, coins of a vault. */

#include <criterion/criterion.h>
#include <math.h>

#include "sim/greek_paths.h"
#include "sim/greeks.h"
#include "sim/run.h"
#include "tests/flow_case.h"

/* 10 BTC at 100 USD against 14 ETH at 50 USD, and 10 BTC against 700 USD. */
static const char LOANS[] = "id,account,instrument,asset,quantity,debt_quantity,debt_asset,"
                            "liquidation_threshold_frac\n"
                            "coins,a,loan,BTC,10,14,ETH,0.8\n"
                            "dollars,a,loan,BTC,10,700,,0.8\n";

Test(greeks, debts_are_in_the_asset_that_is_owed)
{
    struct flow_case c = {.run = "horizon: 24h, step: 1h", .positions = LOANS};

    flow_open(&c);
    const struct greek_table t = greeks_at_start(&c.fixture.plan, &c.fixture.arena);
    const struct greek_row *btc = &t.asset[0], *eth = &t.asset[1];
    for (int i = 0; i < 2; i++) {
        cr_expect_float_eq(t.position[i].value_usd, 300.0, 1e-12);
        cr_expect_float_eq(t.position[i].delta_coin, 10.0, 1e-14);
        cr_expect_float_eq(t.position[i].value_coin, 3.0, 1e-14);
        cr_expect_eq(t.position[i].delta_exchange_coin, 0.0);
    }
    cr_expect_float_eq(t.debt_delta_usd[0], -700.0, 1e-12);
    cr_expect_eq(t.debt_delta_usd[1], 0.0, "cash has no delta");
    cr_expect_float_eq(btc->value_usd, 2000.0, 1e-12);
    cr_expect_float_eq(btc->delta_usd, 2000.0, 1e-12);
    cr_expect_float_eq(eth->value_usd, -700.0, 1e-12);
    cr_expect_float_eq(eth->delta_coin, -14.0, 1e-14);
    cr_expect_float_eq(t.bucket[2 * N_GREEK_BUCKET - 1].delta_coin, -14.0, 1e-14);
    cr_expect_float_eq(t.total.delta_usd, 1300.0, 1e-12);
    cr_expect_float_eq(t.total.value_usd, c.fixture.plan.start_value_usd, 1e-12);
    fixture_close(&c.fixture);
}

/* The vault's own value is the written option, its coins are the account's. Along the paths
 * everything stays the book's, whatever was seized or rolled. */
Test(greeks, flows_stay_in_the_sums_along_the_paths)
{
    struct flow_case c = {
        .run = "horizon: 48h, step: 1h, seed: 3",
        .btc = "price: {model: gbm, volatility_annual: 1.9}, surface: "
               "{flat_volatility_annual: 0.8}",
        .positions = "id,account,instrument,asset,quantity,debt_quantity,debt_asset,"
                     "liquidation_threshold_frac,strike_delta,tenor\n"
                     "coins,a,loan,BTC,10,14,ETH,0.8,,\n"
                     "dollars,a,loan,BTC,10,700,,0.8,,\n"
                     "calls,b,covered_call_vault,BTC,3,,,,0.2,1d\n"};
    struct error err;

    flow_open(&c);
    struct plan *plan = &c.fixture.plan;
    const struct greek_table t = greeks_at_start(plan, &c.fixture.arena);
    cr_expect_lt(t.asset[0].vega_usd_per_point, 0.0);
    cr_expect(t.position[2].delta_coin < 3.0 && t.position[2].delta_coin > 2.0);

    const struct greek_paths paths = greek_paths_of(plan, &c.fixture.arena);
    fixture_run(&c.fixture);
    const struct run_job job = {
        .plan = plan, .n_path = plan->n_path, .column = c.fixture.column, .greeks = &paths};
    cr_assert_eq(run_job(&job, &err), RUN_DONE, "%s", err.text);
    const double *pnl = fixture_metric(&c.fixture, "pnl_usd", 0);
    double *const *last =
        paths.column + (plan->n_report - 1) * greek_paths_width(plan->n_asset);
    double least = INFINITY;
    for (uint64_t k = 0; k < paths.n_path; k++) {
        double value = last[greek_paths_cash(2)][k];
        for (uint32_t a = 0; a < 2; a++)
            value += last[greek_paths_of_asset(a, 0)][k];
        cr_expect_float_eq(value, plan->start_value_usd + pnl[k], 1e-9);
        least = fmin(least, -last[greek_paths_of_asset(1, 1)][k]);
    }
    cr_expect_lt(least, 690.0, "some debts must have been repaid, %g", least);
    fixture_close(&c.fixture);
}
