/* Basis, depegs and recovery of a pegged price against theory; 5 standard errors. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/price_paths.h"
#include "tests/scratch.h"

enum { N_PATH = 8000, N_STEP = 48 };

static const double year_h = 365.0 * 24.0;

/* Hourly prices under `market`; [asset][path][N_STEP + 1]. */
static const double *run_hours(struct price_paths *p, const char *market,
                               const char *shocks)
{
    *p = (struct price_paths){.market = market,
                              .shocks = shocks,
                              .horizon_s = N_STEP * 3600.0,
                              .step_s = 3600.0,
                              .n_path = N_PATH,
                              .seed = 17};
    price_paths_open(p);
    return price_paths_record(p);
}

static void check_share(const char *what, double count, double n, double expected)
{
    cr_expect_float_eq(count / n, expected, 5.0 * sqrt(expected * (1.0 - expected) / n),
                       "%s: %.5g of %.0f, expected %.5g", what, count / n, n, expected);
}

/* Mean and covariance of ln P at two times: the start decays, the rest is stationary. */
static void check_basis(const char *shocks, double factor)
{
    static const char market[] =
        "  assets:\n"
        "    USDC: {spot_usd: 0.98, price: {model: peg, parity: 1, basis_log_sd: 0.003, "
        "basis_half_life: 6h}}\n";
    static const size_t times[] = {1, 6, 20, 48};
    const double start = log(0.98);
    struct price_paths p;
    const double *price = run_hours(&p, market, shocks);

    for (size_t i = 0; i < 4; i++)
        for (size_t j = i; j < 4; j++) {
            const double s = (double)times[i], t = (double)times[j];
            const double mean_s = start * exp2(-s / 6.0), mean_t = start * exp2(-t / 6.0);
            const double variance =
                0.003 * 0.003 * factor * factor * (1.0 - exp2(-s / 3.0));
            const double expected = variance * exp2(-(t - s) / 6.0);
            double mean = 0.0, product = 0.0, square = 0.0;
            for (size_t k = 0; k < N_PATH; k++) {
                const double *path = price + k * (N_STEP + 1);
                const double x = log(path[times[i]]) - mean_s;
                const double both = x * (log(path[times[j]]) - mean_t);
                mean += x / N_PATH;
                product += both / N_PATH;
                square += both * both / N_PATH;
            }
            cr_expect_float_eq(mean, 0.0, 5.0 * sqrt(variance / N_PATH), "%g h: mean %g", s,
                               mean);
            cr_expect_float_eq(
                product, expected, 5.0 * sqrt((square - product * product) / N_PATH),
                "%g h, %g h: covariance %g, expected %g", s, t, product, expected);
        }
    price_paths_close(&p);
}

Test(peg, basis_is_an_exact_ornstein_uhlenbeck_process)
{
    check_basis(NULL, 1.0);
    check_basis("shocks: [{volatility: all, multiply: 3, start: 0h}]\n", 3.0);
}

/* Without basis every fall is a depeg: frequency, size, and exact decay in between. */
Test(peg, depegs_come_fall_and_recover_as_stated)
{
    static const char market[] =
        "  assets:\n"
        "    USDC: {spot_usd: 1, price: {model: peg, basis_log_sd: 0, basis_half_life: 1h, "
        "depegs_per_year: 200, depeg_median_log: 0.1, depeg_log_sd: 0.4, "
        "recovery_half_life: 5h}}\n";
    struct price_paths p;
    const double *price = run_hours(&p, market, NULL), keep = exp2(-1.0 / 5.0);
    const double chance = -expm1(-200.0 / year_h);
    double n_depeg = 0.0, sum = 0.0, square = 0.0;

    for (size_t k = 0; k < N_PATH; k++)
        for (size_t step = 1; step <= N_STEP; step++) {
            const double *now = price + k * (N_STEP + 1) + step;
            const double jump = -log(now[0]) + log(now[-1]) * keep;
            if (fabs(jump) < 1e-12)
                continue; /* half of the depeg is gone after five hours */
            cr_assert_gt(jump, 0.0, "path %zu step %zu", k, step);
            const double x = (log(jump) - log(0.1)) / 0.4;
            n_depeg++;
            sum += x;
            square += x * x;
        }
    check_share("depegs", n_depeg, (double)N_PATH * N_STEP, chance);
    cr_expect_float_eq(sum / n_depeg, 0.0, 5.0 / sqrt(n_depeg), "size %g", sum / n_depeg);
    cr_expect_float_eq(square / n_depeg, 1.0, 5.0 * sqrt(2.0 / n_depeg), "size^2 %g",
                       square / n_depeg);
    price_paths_close(&p);
}

/* The collateral halves at once: sensitivity 3 makes depegs 8 times as likely. Rising
 * collateral changes nothing. */
Test(peg, hazard_follows_the_fall_of_the_collateral)
{
    static const char market[] =
        "  correlation: {ETH/DAI: 0}\n"
        "  assets:\n"
        "    ETH: {spot_usd: 2000, price: {model: gbm, volatility_annual: 0}}\n"
        "    DAI: {spot_usd: 1, price: {model: peg, collateral: ETH, basis_log_sd: 0, "
        "basis_half_life: 1h, depegs_per_year: 30, depeg_median_log: 0.1, "
        "recovery_half_life: 5h, collateral_sensitivity: 3}}\n";
    static const struct {
        const char *shocks;
        double times;
    } rows[] = {
        {NULL, 1.0},
        {"shocks: [{price: ETH, move: 1, start: 0h}]\n", 1.0},
        {"shocks: [{price: ETH, move: -0.5, start: 0h}]\n", 8.0},
        {"shocks: [{price: ETH, move: -0.75, start: 0h}]\n", 64.0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct price_paths p;
        const double *price = run_hours(&p, market, rows[i].shocks);
        double n_depeg = 0.0;
        for (size_t k = 0; k < N_PATH; k++)
            for (size_t step = 1; step <= N_STEP; step++) {
                const double *now = price + (N_PATH + k) * (N_STEP + 1) + step;
                n_depeg += -log(now[0]) + log(now[-1]) * exp2(-1.0 / 5.0) > 1e-12;
            }
        check_share(rows[i].shocks != NULL ? rows[i].shocks : "calm", n_depeg,
                    (double)N_PATH * N_STEP, -expm1(-rows[i].times * 30.0 / year_h));
        price_paths_close(&p);
    }
}

/* In units of an anchor the price moves along with it and its shocks; the parity grows. */
Test(peg, a_price_in_units_moves_with_its_anchor)
{
    static const char market[] =
        "  correlation: {ETH/wstETH: 0.3}\n"
        "  assets:\n"
        "    ETH: {spot_usd: 2000, price: {model: gbm, volatility_annual: 0.9}}\n"
        "    wstETH: {spot_usd: 2400, price: {model: peg, anchor: ETH, basis_log_sd: "
        "0.002, "
        "basis_half_life: 12h, drift_annual: 3}}\n";
    struct price_paths p;
    const double *price = run_hours(&p, market,
                                    "shocks: [{price: ETH, move: -0.4, start: "
                                    "12h}]\n");
    const double keep = exp2(-1.0 / 12.0), sd = 0.002 * sqrt(1.0 - keep * keep);
    double xy = 0.0, mean = 0.0, square = 0.0;

    for (size_t k = 0; k < N_PATH; k++) {
        const double *eth = price + k * (N_STEP + 1), *token = eth + N_PATH * (N_STEP + 1);
        const double x = log(token[N_STEP] / eth[N_STEP] / 1.2) - 3.0 * N_STEP / year_h;
        const double d_token = log(token[1] / eth[1] / 1.2) - 3.0 / year_h;
        const double d_eth = log(eth[1] / eth[0]) + 0.5 * 0.81 / year_h;
        cr_assert_eq(token[0], 2400.0);
        xy += d_token / sd * d_eth / (0.9 / sqrt(year_h)) / N_PATH;
        mean += x / N_PATH;
        square += x * x / N_PATH;
    }
    const double variance = 0.002 * 0.002 * (1.0 - exp2(-8.0));
    cr_expect_float_eq(mean, 0.0, 5.0 * sqrt(variance / N_PATH), "mean %g", mean);
    cr_expect_float_eq(square, variance, 5.0 * variance * sqrt(2.0 / N_PATH), "variance %g",
                       square);
    cr_expect_float_eq(xy, 0.3, 5.0 * sqrt((1.0 + 0.09) / N_PATH), "correlation %g", xy);
    price_paths_close(&p);
}

Test(peg, a_group_depegs_together)
{
    static const char market[] =
        "  correlation: {USDC/DAI: 0}\n"
        "  assets:\n"
        "    USDC: {spot_usd: 1, price: {model: peg, basis_log_sd: 0, basis_half_life: 1h, "
        "depegs_per_year: 200, depeg_median_log: 0.1, depeg_log_sd: 0.4, group: stable}}\n"
        "    DAI: {spot_usd: 1, price: {model: peg, basis_log_sd: 0, basis_half_life: 1h, "
        "depegs_per_year: 100, depeg_median_log: 0.05, depeg_log_sd: 0.4, group: "
        "stable}}\n";
    struct price_paths p;
    const double *price = run_hours(&p, market, NULL);
    double n_usdc = 0.0, n_dai = 0.0;

    for (size_t k = 0; k < N_PATH; k++) {
        const double *usdc = price + k * (N_STEP + 1), *dai = usdc + N_PATH * (N_STEP + 1);
        n_usdc += usdc[1] < 1.0;
        n_dai += dai[1] < 1.0;
        if (dai[1] < 1.0)
            cr_assert_float_eq(log(usdc[1]), 2.0 * log(dai[1]), 1e-12, "path %zu", k);
    }
    check_share("USDC", n_usdc, N_PATH, -expm1(-200.0 / year_h));
    check_share("DAI", n_dai, N_PATH, -expm1(-100.0 / year_h));
    price_paths_close(&p);
}

Test(peg, what_does_not_fit_is_refused)
{
    static const struct {
        const char *keys, *expected;
    } rows[] = {
        {"", ""},
        {"anchor: ETH", ""},
        {"anchor: ETH, collateral: ETH", ""},
        {"anchor: ETH, collateral: BTC", "a price counted in ETH leans on ETH alone"},
        {"anchor: SOL", "leans on SOL, which is not an asset above it"},
        {"collateral: DAI", "leans on DAI, which is not an asset above it"},
        {"collateral_sensitivity: 2", "takes a collateral: name an asset above"},
        {"depegs_per_year: 3", "takes a depeg_median_log"},
        {"depegs_per_year: 9000, depeg_median_log: 0.1", "gives 1.0274 depegs per step of"},
        {"basis_half_life: 0s", "outside 1 .."},
        {"depeg_log_sd: -1", "depeg_log_sd = -1 is outside 0 .. 3"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char market[600];
        snprintf(market, sizeof market,
                 "  correlation: {ETH/BTC: 0, ETH/DAI: 0, BTC/DAI: 0}\n"
                 "  assets:\n"
                 "    ETH: {spot_usd: 2000, price: {model: gbm, volatility_annual: 0.9}}\n"
                 "    BTC: {spot_usd: 2000, price: {model: gbm, volatility_annual: 0.9}}\n"
                 "    DAI: {spot_usd: 1, price: {model: peg, basis_log_sd: 0.001%s%s%s}}\n",
                 strstr(rows[i].keys, "half_life") != NULL ? "" : ", basis_half_life: 2h",
                 *rows[i].keys != '\0' ? ", " : "", rows[i].keys);
        struct price_paths p = {
            .market = market, .horizon_s = 36000.0, .step_s = 3600.0, .n_path = 64};
        const char *sentence = price_paths_refusal(&p);
        cr_expect(*rows[i].expected == '\0' ? *sentence == '\0'
                                            : strstr(sentence, rows[i].expected) != NULL,
                  "%s\n  gives: %s", rows[i].keys, sentence);
    }
    scratch_remove();
}
