/* What vaults earn where the model is the one that the surface is of. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "tests/flow_case.h"

/* Without drift, and the surface that of the model, to sell at the mark is fair: the mean
 * P&L is 0 whatever the strike, within 5 standard errors. Half of the mark given away over
 * three sales after the first is a loss of many. */
Test(statistical, vaults_sell_fairly_at_the_mark)
{
    static const struct {
        const char *row;
        bool fair;
    } rows[] = {{"v,covered_call_vault,BTC,10,0.3,7d,0\n", true},
                {"p,put_vault,BTC,1000,0.4,5d,0\n", true},
                {"v,covered_call_vault,BTC,10,0.3,7d,0.5\n", false},
                {"p,put_vault,BTC,1000,0.4,5d,0.5\n", false}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char positions[256];
        struct flow_case c = {.run = "horizon: 25d, step: 12h, seed: 21",
                              .btc = "price: {model: gbm, volatility_annual: 0.8}, "
                                     "surface: {flat_volatility_annual: 0.8}",
                              .positions = positions,
                              .n_path = 40000};
        double sum = 0.0, square = 0.0;
        snprintf(positions, sizeof positions,
                 "id,instrument,asset,quantity,strike_delta,tenor,spread_frac\n%s",
                 rows[i].row);
        flow_pnl(&c);
        const double *pnl = fixture_metric(&c.fixture, "pnl_usd", 0);
        for (int path = 0; path < c.n_path; path++) {
            sum += pnl[path];
            square += pnl[path] * pnl[path];
        }
        const double mean = sum / c.n_path;
        const double se = sqrt((square / c.n_path - mean * mean) / c.n_path);
        if (rows[i].fair)
            cr_expect_lt(fabs(mean), 5.0 * se, "%s: %g +- %g", rows[i].row, mean, se);
        else
            cr_expect_lt(mean, -5.0 * se, "%s: %g +- %g", rows[i].row, mean, se);
        fixture_close(&c.fixture);
    }
}
