/* Positions in the same contract are one claim. */

#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/fixture.h"

/* Each position with what all positions of its claim come to; `first`: the row above that
 * it shares a claim with, its own if there is none. */
static const struct {
    const char *cells; /* account to entry_price_usd */
    double net;
    int first;
} rows[] = {
    {"a,BTC,option,10,call,105,3d,linear,0s,,,,,", 4.5, 0},
    {"a,BTC,option,-7,call,105,3d,linear,0s,,,,,", 4.5, 0},
    {"a,BTC,option,2,call,105,3d,inverse,0s,,,,,", 2.0, 2},
    {"a,BTC,option,2,put,105,3d,linear,0s,,,,,", 2.0, 3},
    {"a,BTC,option,2,call,106,3d,linear,0s,,,,,", 2.0, 4},
    {"a,BTC,option,2,call,105,4d,linear,0s,,,,,", 2.0, 5},
    {"a,BTC,option,2,call,105,3d,linear,30m,,,,,", 2.0, 6},
    {"b,BTC,option,2,call,105,3d,linear,0s,,,,,", 2.0, 7},
    {"a,BTC,option,1.5,call,105,3d,linear,0s,,,,,", 4.5, 0},
    {"a,BTC,digital,2,call,105,3d,linear,0s,10,,,,", 5.0, 9},
    {"a,BTC,digital,2,call,105,3d,linear,0s,11,,,,", 2.0, 10},
    {"a,BTC,digital,3,call,105,3d,linear,0s,10,,,,", 5.0, 9},
    {"a,BTC,future,2,,,3d,linear,0s,,,,0.1,", -3.0, 12},
    {"a,BTC,future,2,,,3d,linear,0s,,,,0.2,", 2.0, 13},
    {"a,BTC,future,-5,,,3d,linear,0s,,,,0.1,", -3.0, 12},
    {"a,BTC,future,2,,,3d,linear,0s,,,,0.1,95", 2.0, 15},
    {"a,BTC,future,2,,,3d,linear,0s,,,,0.1,96", 2.0, 16},
    {"a,ETH,option,2,call,105,3d,linear,0s,,,,,", 2.0, 17},
    /* not the same debt per coin */
    {"a,BTC,loan,10,,,,,,,300,0.8,,", 10.0, 18},
    {"a,BTC,loan,20,,,,,,,300,0.8,,", 20.0, 19},
};

Test(netting, the_same_contract_is_one_claim)
{
    enum { N = sizeof rows / sizeof *rows };
    struct fixture f;
    char positions[4096];
    uint32_t n_claim = 0;
    size_t n = (size_t)snprintf(
        positions, sizeof positions,
        "id,account,asset,instrument,quantity,option_type,strike_usd,expiry,settlement,"
        "settlement_window,payout_usd,debt_quantity,liquidation_threshold_frac,"
        "basis_annual,entry_price_usd\n");

    for (int i = 0; i < N; i++)
        n += (size_t)snprintf(positions + n, sizeof positions - n, "p%d,%s\n", i,
                              rows[i].cells);
    fixture_open(&f,
                 "tailrace: 1\nname: net\nrun: {paths: 1, horizon: 8h, step: 1h}\n"
                 "portfolio: positions.csv\nmarket:\n  tailrace: 1\n  name: m\n  assets:\n"
                 "    BTC: {spot_usd: 100, price: {model: gbm, volatility_annual: 0.7}, "
                 "surface: {flat_volatility_annual: 0.7}}\n"
                 "    ETH: {spot_usd: 100, price: {model: gbm, volatility_annual: 0.7}, "
                 "surface: {flat_volatility_annual: 0.7}}\n  correlation: {BTC/ETH: 0.5}\n",
                 positions, NULL);
    for (int i = 0; i < N; i++) {
        const uint32_t claim = f.plan.position[i].claim;
        const double quantity = f.plan.claim[claim].contract->quantity;
        cr_expect_eq(quantity, rows[i].net, "%s: %g", rows[i].cells, quantity);
        n_claim += rows[i].first == i;
        for (int j = 0; j < i; j++)
            cr_expect((f.plan.position[j].claim == claim) ==
                          (rows[j].first == rows[i].first),
                      "%s and %s", rows[i].cells, rows[j].cells);
    }
    cr_expect_eq(f.plan.n_claim, n_claim, "%u claims", f.plan.n_claim);
    fixture_close(&f);
}
