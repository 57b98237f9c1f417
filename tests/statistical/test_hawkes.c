/* Cross-excitation, Poisson counts of every size, the distribution of jumps, growth at the
 * drift and bad input of the price model hawkes; tolerances are 5 standard errors. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/market_paths.h"
#include "tests/mean.h"
#include "tests/price_paths.h"

/* A market of BTC and ETH under two price models. */
static const char *two_assets(const char *btc, const char *eth)
{
    static char market[2048];

    snprintf(market, sizeof market,
             "  correlation: {BTC/ETH: 0}\n  assets:\n    BTC: {spot_usd: 100, price: %s}\n"
             "    ETH: {spot_usd: 100, price: %s}\n",
             btc, eth);
    return market;
}

/* Both excite each other, at different rates. In steps: E N_i(k) = (mu_i + x_i) h and
 * x_i' = (1 - beta_i h) x_i + beta_i sum_j n_ij E N_j. */
Test(statistical, hawkes_assets_excite_each_other)
{
    enum { N_STEP = 40 };
    const double mu[] = {40.0, 15.0}, beta[] = {250.0, 120.0};
    const double child[2][2] = {{0.4, 0.15}, {0.7, 0.2}};
    const double start[] = {300.0, 15.0}, h = 1.0 / 730.0;
    double x[2] = {start[0] - mu[0], start[1] - mu[1]}, expected[2] = {0.0, 0.0};
    struct mean count[2] = {{0}};
    struct market_paths m;

    market_paths_open(
        &m,
        two_assets("{model: hawkes, volatility_annual: 0.5, jumps_per_year: 40, "
                   "start_jumps_per_year: 300, excitation: {BTC: 0.4, ETH: 0.15}, "
                   "decay_per_year: 250, jump_log_mean: 0, jump_log_sd: 0.02}",
                   "{model: hawkes, volatility_annual: 0.5, jumps_per_year: 15, "
                   "start_jumps_per_year: 15, excitation: {ETH: 0.2, BTC: 0.7}, "
                   "decay_per_year: 120, jump_log_mean: 0, jump_log_sd: 0.02}"),
        "20d", "12h", 2015);
    for (uint64_t first = 0; first < 40000; first += LANES) {
        lane_row n[2] = {{0.0}};
        market_paths_start(&m, first);
        for (int step = 0; step < N_STEP; step++) {
            market_paths_step(&m);
            for (int k = 0; k < 2 * LANES; k++)
                n[k / LANES][k % LANES] +=
                    market_paths_jumps(&m, (uint32_t)(k / LANES))[k % LANES];
        }
        for (int k = 0; k < 2 * LANES; k++)
            mean_add(&count[k / LANES], n[k / LANES][k % LANES]);
    }
    for (int step = 0; step < N_STEP; step++) {
        const double n[] = {(mu[0] + x[0]) * h, (mu[1] + x[1]) * h};
        for (int i = 0; i < 2; i++) {
            expected[i] += n[i];
            x[i] = (1.0 - beta[i] * h) * x[i] +
                   beta[i] * (child[i][0] * n[0] + child[i][1] * n[1]);
        }
    }
    mean_check(&count[0], expected[0], "two assets", "jumps of asset", 0);
    mean_check(&count[1], expected[1], "two assets", "jumps of asset", 1);
    market_paths_close(&m);
}

/* Without a start given the rate stands at its long run, (I - n)^-1 mu, in every step; and
 * n is the ratio of children to all jumps. */
Test(statistical, hawkes_starts_at_the_long_run)
{
    const double det = 0.6 * 0.8 - 0.15 * 0.7;
    const double rate[] = {(0.8 * 40.0 + 0.15 * 15.0) / det,
                           (0.6 * 15.0 + 0.7 * 40.0) / det};
    struct mean count[2][3] = {{{0}}};
    struct market_paths m;

    market_paths_open(
        &m,
        two_assets(
            "{model: hawkes, volatility_annual: 0.5, jumps_per_year: 40, excitation: "
            "{BTC: 0.4, ETH: 0.15}, decay_per_year: 250, jump_log_mean: 0, "
            "jump_log_sd: 0.02}",
            "{model: hawkes, volatility_annual: 0.5, jumps_per_year: 15, excitation: "
            "{ETH: 0.2, BTC: 0.7}, decay_per_year: 120, jump_log_mean: 0, "
            "jump_log_sd: 0.02}"),
        "45d", "1d", 2016);
    for (uint64_t first = 0; first < 30000; first += LANES) {
        market_paths_start(&m, first);
        for (int step = 0; step < 45; step++) {
            market_paths_step(&m);
            for (int i = 0; step % 22 == 0 && i < 2 * LANES; i++)
                mean_add(&count[i / LANES][step / 22],
                         market_paths_jumps(&m, (uint32_t)(i / LANES))[i % LANES]);
        }
    }
    for (int i = 0; i < 6; i++)
        mean_check(&count[i / 3][i % 3], rate[i / 3] / 365.0, "long run", "jumps", i);
    market_paths_close(&m);
}

/* Jumps at a constant rate, of whatever model, excite as well; nothing comes back. */
Test(statistical, hawkes_jumps_are_excited_by_mertons)
{
    static const char *const source[] = {
        "{model: merton, volatility_annual: 0.5, jumps_per_year: 300, jump_log_mean: 0, "
        "jump_log_sd: 0.02}",
        "{model: kou, volatility_annual: 0.5, jumps_per_year: 300, up_probability: 0.5, "
        "up_jump_mean: 0.02, down_jump_mean: 0.02}"};
    enum { N_STEP = 30 };
    const double h = 1.0 / 365.0, beta = 100.0;
    double x = 0.0, expected = 0.0;

    for (int step = 0; step < N_STEP; step++) {
        expected += (10.0 + x) * h;
        x = (1.0 - beta * h) * x + beta * 0.5 * 300.0 * h;
    }
    for (int i = 0; i < 2; i++) {
        struct mean count[2] = {{0}};
        struct market_paths m;
        market_paths_open(&m,
                          two_assets("{model: hawkes, volatility_annual: 0.5, "
                                     "jumps_per_year: 10, start_jumps_per_year: 10, "
                                     "excitation: {ETH: 0.5}, decay_per_year: 100, "
                                     "jump_log_mean: 0, jump_log_sd: 0.02}",
                                     source[i]),
                          "30d", "1d", 2017);
        for (uint64_t first = 0; first < 10000; first += LANES) {
            lane_row n[2] = {{0.0}};
            market_paths_start(&m, first);
            for (int step = 0; step < N_STEP; step++) {
                market_paths_step(&m);
                for (int k = 0; k < 2 * LANES; k++)
                    n[k / LANES][k % LANES] +=
                        market_paths_jumps(&m, (uint32_t)(k / LANES))[k % LANES];
            }
            for (int k = 0; k < 2 * LANES; k++)
                mean_add(&count[k / LANES], n[k / LANES][k % LANES]);
        }
        mean_check(&count[0], expected, source[i], "jumps excited", i);
        mean_check(&count[1], 300.0 * N_STEP * h, source[i], "jumps of the source", i);
        market_paths_close(&m);
    }
}

/* Counts of one step by inversion, and from a mean of 200 on by the approximation. */
Test(statistical, hawkes_without_excitation_is_poisson_of_any_mean)
{
    static const double start[] = {3.65, 730.0, 14600.0, 71000.0, 73100.0, 365000.0};

    for (size_t i = 0; i < sizeof start / sizeof *start; i++) {
        const double mean = start[i] / 365.0;
        struct mean count = {0}, square = {0}, cube = {0};
        struct market_paths m;
        char price[512];

        snprintf(price, sizeof price,
                 "{model: hawkes, volatility_annual: 0, jumps_per_year: 1, "
                 "start_jumps_per_year: %.17g, decay_per_year: 365, jump_log_mean: 0, "
                 "jump_log_sd: 0}",
                 start[i]);
        market_paths_open(&m, price, "1d", "1d", 6);
        for (uint64_t first = 0; first < 100000; first += LANES) {
            market_paths_start(&m, first);
            market_paths_step(&m);
            for (int k = 0; k < LANES; k++) {
                const double d = market_paths_jumps(&m, 0)[k] - mean;
                mean_add(&count, d);
                mean_add(&square, d * d);
                mean_add(&cube, d * d * d);
            }
        }
        mean_check(&count, 0.0, price, "deviation", (int)i);
        mean_check(&square, mean + (mean >= 200.0 ? 1.0 / 12.0 : 0.0), price, "variance",
                   (int)i); /* rounding of the approximation adds 1/12 */
        mean_check(&cube, mean, price, "third moment", (int)i);
        market_paths_close(&m);
    }
}

/* The log-return of a step in which n jumps came is normal with mean n m + drift and
 * variance sigma^2 h + n s^2. */
Test(statistical, hawkes_jumps_are_normal)
{
    const double h = 1.0 / 365.0, kbar = expm1(-0.05 + 0.5 * 0.03 * 0.03);
    struct mean first_moment[4] = {{0}}, second[4] = {{0}};
    struct market_paths m;

    market_paths_open(&m,
                      "{model: hawkes, drift_annual: 0.5, volatility_annual: 0.4, "
                      "jumps_per_year: 400, decay_per_year: 100, jump_log_mean: -0.05, "
                      "jump_log_sd: 0.03}",
                      "1d", "1d", 9);
    for (uint64_t first = 0; first < 60000; first += LANES) {
        market_paths_start(&m, first);
        market_paths_step(&m);
        for (int k = 0; k < LANES; k++) {
            const int n = (int)market_paths_jumps(&m, 0)[k];
            const double x = log(market_paths_spot(&m, 0)[k] / 100.0) -
                             (0.5 - 400.0 * kbar - 0.5 * 0.16) * h + 0.05 * n;
            if (n < 4) {
                mean_add(&first_moment[n], x);
                mean_add(&second[n], x * x);
            }
        }
    }
    for (int n = 0; n < 4; n++) {
        mean_check(&first_moment[n], 0.0, "return", "mean, jumps", n);
        mean_check(&second[n], 0.16 * h + n * 0.0009, "return", "variance, jumps", n);
    }
    market_paths_close(&m);
}

static double ratio(double final_usd, double start_usd)
{
    return final_usd / start_usd;
}

Test(statistical, hawkes_price_grows_at_the_drift)
{
    struct price_paths p = {
        .price = "{model: hawkes, drift_annual: 1.2, volatility_annual: 0.6, "
                 "jumps_per_year: 60, start_jumps_per_year: 400, excitation: {BTC: 0.8}, "
                 "decay_per_year: 180, jump_log_mean: -0.01, jump_log_sd: 0.03}",
        .shocks =
            "shocks:\n  - {volatility: all, multiply: 1.5, shape: step, start: 10d}\n",
        .horizon_s = 30.0 * 86400.0,
        .step_s = 43200.0,
        .n_path = 50000,
        .seed = 4};

    price_paths_run(&p);
    const struct price_mean mean = price_paths_mean(&p, ratio, 100.0);
    const double expected = exp(1.2 * 30.0 / 365.0);
    cr_assert_leq(fabs(mean.mean - expected), 5.0 * mean.se,
                  "%.6g, expected %.6g, standard error %.2g", mean.mean, expected, mean.se);
    price_paths_close(&p);
}

Test(statistical, hawkes_refuses_jumps_that_never_die_down)
{
    static const struct {
        const char *btc, *eth, *sentence;
    } cases[] = {
        {"excitation: {BTC: 1.05}, decay_per_year: 50", "decay_per_year: 50",
         "one jump excites 1.05 others of the next generation"},
        {"excitation: {BTC: 0.5, ETH: 0.5}, decay_per_year: 50",
         "excitation: {BTC: 0.25, ETH: 0.75}, decay_per_year: 50", "excites 1 others"},
        {"excitation: {ETH: 2.5}, decay_per_year: 50",
         "excitation: {BTC: 0.5}, decay_per_year: 50", "excites 1.11803 others"},
        {"excitation: {DOGE: 0.5}, decay_per_year: 50", "decay_per_year: 50",
         "excitation names DOGE, which is no asset of the market"},
        {"excitation: {BTC: 0.5}, decay_per_year: 400", "decay_per_year: 50",
         "decay_per_year = 400: excitation lasts 7.884e+04 s, less than one step of 86400 "
         "s"},
        {"excitation: {BTC: 0.999}, decay_per_year: 50", "decay_per_year: 50",
         "gives 27.3973 jumps per step of 86400 s; at most 4"},
        {"excitation: {BTC: -0.5}, decay_per_year: 50", "decay_per_year: 50",
         "excitation = -0.5 is outside 0 .. 100"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *rest = "volatility_annual: 0.5, jumps_per_year: 10, jump_log_mean: 0, "
                           "jump_log_sd: 0.1";
        char btc[512], eth[512];
        struct market_paths m;
        snprintf(btc, sizeof btc, "{model: hawkes, %s, %s}", rest, cases[i].btc);
        snprintf(eth, sizeof eth, "{model: hawkes, %s, %s}", rest, cases[i].eth);
        cr_assert_not(market_paths_try(&m, two_assets(btc, eth), "10d", "1d", 1), "%s",
                      cases[i].btc);
        cr_assert(strstr(m.error, cases[i].sentence) != NULL, "%s: %s", cases[i].btc,
                  m.error);
    }
}

Test(statistical, hawkes_needs_sources_that_jump)
{
    const char *btc = "{model: hawkes, volatility_annual: 0.5, jumps_per_year: 10, "
                      "excitation: {ETH: 0.5}, decay_per_year: 50, jump_log_mean: 0, "
                      "jump_log_sd: 0.1}";
    struct market_paths m;

    cr_assert_not(market_paths_try(
        &m, two_assets(btc, "{model: gbm, volatility_annual: 0.5}"), "10d", "1d", 1));
    cr_assert(strstr(m.error, "excitation names ETH, whose model gbm has no jumps") != NULL,
              "%s", m.error);
    char regime[512];
    snprintf(
        regime, sizeof regime,
        "{model: regime, regimes: [{model: hawkes, volatility_annual: 0.5, "
        "jumps_per_year: 10, decay_per_year: 50, jump_log_mean: 0, jump_log_sd: 0.1}], "
        "switches_per_year: [0]}");
    cr_assert_not(market_paths_try(&m, regime, "10d", "1d", 1));
    cr_assert(strstr(m.error, "regimes cannot be of the model hawkes") != NULL, "%s",
              m.error);
}
