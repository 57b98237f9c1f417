/* What assets of one market share: jump times by group, correlation by the market's
 * matrix. */
#include <criterion/criterion.h>
#include <math.h>

#include "tests/price_paths.h"

/* Three models that jump about once in three days and move hardly at all between; LUNA is
 * alone. */
Test(statistical, assets_of_a_group_jump_together)
{
    struct price_paths p = {
        .market =
            "  correlation: {BTC/ETH: 0, BTC/SOL: 0, BTC/LUNA: 0, ETH/SOL: 0, ETH/LUNA: 0, "
            "SOL/LUNA: 0}\n"
            "  assets:\n"
            "    BTC: {spot_usd: 100, price: {model: merton, volatility_annual: 0, "
            "jumps_per_year: 120, jump_log_mean: -0.2, jump_log_sd: 0.04, group: crash}}\n"
            "    ETH: {spot_usd: 100, price: {model: kou, volatility_annual: 0, "
            "jumps_per_year: 120, up_probability: 0.3, up_jump_mean: 0.1, "
            "down_jump_mean: 0.2, group: crash}}\n"
            "    SOL: {spot_usd: 100, price: {model: bates, volatility_annual: 0, "
            "long_volatility_annual: 0.001, reversion_per_year: 1, vol_of_variance: 0.01, "
            "jumps_per_year: 120, jump_log_mean: -0.2, jump_log_sd: 0.04, group: crash}}\n"
            "    LUNA: {spot_usd: 100, price: {model: merton, volatility_annual: 0, "
            "jumps_per_year: 120, jump_log_mean: -0.2, jump_log_sd: 0.04}}\n",
        .horizon_s = 86400.0,
        .step_s = 86400.0,
        .n_path = 20000,
        .seed = 13};
    /* log-return of a day without a jump: what compensates the jumps */
    const double rate = 120.0 / 365.0;
    const double quiet[] = {-rate * expm1(-0.2 + 0.5 * 0.04 * 0.04),
                            -rate * (0.3 * 0.1 / 0.9 - 0.7 * 0.2 / 1.2),
                            -rate * expm1(-0.2 + 0.5 * 0.04 * 0.04),
                            -rate * expm1(-0.2 + 0.5 * 0.04 * 0.04)};
    uint64_t n_jumped = 0, n_apart = 0;
    double same = 0.0;

    price_paths_run(&p);
    for (uint64_t i = 0; i < p.n_path; i++) {
        bool jumped[4];
        double x[4];
        for (uint32_t a = 0; a < 4; a++) {
            x[a] = log(fixture_metric(&p.fixture, "final_spot_usd", a)[i] / 100.0);
            jumped[a] = fabs(x[a] - quiet[a]) > 1e-3;
        }
        if (fabs(x[1] - quiet[1]) > 2e-3) /* kou's jump may be tiny */
            cr_assert(jumped[0] && jumped[2], "path %d: ETH jumped alone", (int)i);
        cr_assert_eq(jumped[0], jumped[2], "path %d", (int)i);
        same += jumped[0] && x[0] == x[2];
        n_jumped += jumped[0];
        n_apart += jumped[0] != jumped[3];
    }
    const double expected = -expm1(-rate), n = (double)p.n_path;
    cr_assert_leq(fabs((double)n_jumped / n - expected), 5.0 * sqrt(0.25 / n));
    cr_assert_leq(fabs((double)n_apart / n - 2.0 * expected * (1.0 - expected)),
                  5.0 * sqrt(0.25 / n), "LUNA jumps with the group");
    cr_assert_eq(same, 0.0, "sizes are their own");
    price_paths_close(&p);
}

/* The correlation of the matrix is that of the log-returns, though each asset's price leans
 * on its own variance. */
Test(statistical, heston_assets_have_the_stated_correlation)
{
#define ASSET                                                                              \
    "{spot_usd: 100, price: {model: heston, volatility_annual: 0.6, "                      \
    "long_volatility_annual: 0.6, reversion_per_year: 4, vol_of_variance: 1.5, "           \
    "spot_correlation: -0.7}}\n"
    struct price_paths p = {.market = "  correlation: {BTC/ETH: 0.8}\n"
                                      "  assets:\n    BTC: " ASSET "    ETH: " ASSET,
                            .horizon_s = 3600.0,
                            .step_s = 300.0,
                            .n_path = 40000,
                            .seed = 14};
    double xx = 0.0, xy = 0.0, yy = 0.0;

    price_paths_run(&p);
    const double *btc = fixture_metric(&p.fixture, "final_spot_usd", 0);
    const double *eth = fixture_metric(&p.fixture, "final_spot_usd", 1);
    for (uint64_t i = 0; i < p.n_path; i++) {
        const double x = log(btc[i] / 100.0), y = log(eth[i] / 100.0);
        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    const double correlation = xy / sqrt(xx * yy);
    cr_assert_leq(fabs(correlation - 0.8), 5.0 * 0.36 / sqrt((double)p.n_path), "%.4f",
                  correlation);
    price_paths_close(&p);
}
