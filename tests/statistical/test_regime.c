/* Markov switching: occupation of the regimes, moments of returns, what assets share, and
 * that regimes of equal parameters are the base model bit for bit. Tolerances are 5
 * standard errors at fixed seeds. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/price/chain.h"
#include "tests/market_paths.h"
#include "tests/mean.h"
#include "tests/price_paths.h"

static const double RATE[] = {0, 20, 5, 60, 0, 30, 10, 90, 0};
static const double VOLATILITY[] = {0.35, 0.9, 1.8};
static const char THREE[] =
    "{model: regime, regimes: [{model: gbm, volatility_annual: 0.35}, {model: gbm, "
    "volatility_annual: 0.9}, {model: gbm, volatility_annual: 1.8}], switches_per_year: "
    "[0, 20, 5, 60, 0, 30, 10, 90, 0]%s}";

/* Frequencies of the regimes in the middle of steps 1 to 5, and of what followed what. */
static void occupation(const char *start, const double share[3])
{
    enum { N_STEP = 5 };
    const double h = 2.0 / 365.0;
    struct mean in[N_STEP][3] = {{{0}}}, pair[3][3] = {{{0}}};
    struct market_paths m;
    char price[512];

    snprintf(price, sizeof price, THREE, start);
    market_paths_open(&m, price, "10d", "2d", 1989);
    for (uint64_t first = 0; first < 60000; first += LANES) {
        lane_row before, now;
        market_paths_start(&m, first);
        for (int step = 0; step < N_STEP; step++) {
            market_paths_step(&m);
            memcpy(now, market_paths_state(&m, 0, 0), sizeof now);
            for (int k = 0; k < LANES; k++)
                for (int i = 0; i < 3; i++)
                    mean_add(&in[step][i], now[k] == i);
            for (int k = 0; step == N_STEP - 1 && k < LANES; k++)
                for (int i = 0; i < 9; i++)
                    mean_add(&pair[i / 3][i % 3], before[k] == i / 3 && now[k] == i % 3);
            memcpy(before, now, sizeof before);
        }
    }
    const struct chain one = chain_transition(RATE, 3, h);
    for (int step = 0; step < N_STEP; step++) {
        const struct chain p = chain_transition(RATE, 3, (step + 0.5) * h);
        for (int i = 0; i < 3; i++) {
            double expected = 0.0;
            for (int j = 0; j < 3; j++)
                expected += share[j] * p.at[j][i];
            mean_check(&in[step][i], expected, start, "regime", 10 * (step + 1) + i);
            for (int j = 0; step == N_STEP - 2 && j < 3; j++)
                mean_check(&pair[i][j], expected * one.at[i][j], start, "switch",
                           10 * i + j);
        }
    }
    market_paths_close(&m);
}

Test(statistical, regimes_are_occupied_as_the_chain_says)
{
    double share[3];

    chain_stationary(RATE, 3, share);
    occupation("", share);
    occupation(", start: [0, 0.25, 0.75]", (const double[]){0.0, 0.25, 0.75});
}

/* Variance, fourth moment and products of squares of a mixture of normals. */
Test(statistical, regime_returns_are_a_mixture)
{
    enum { N_LAG = 4 };
    const double h = 1.0 / 365.0;
    double share[3], square = 0.0, fourth = 0.0;
    struct mean second = {0}, last = {0}, product[N_LAG] = {{0}};
    struct market_paths m;
    char price[512];

    snprintf(price, sizeof price, THREE, "");
    market_paths_open(&m, price, "4d", "1d", 2002);
    for (uint64_t first = 0; first < 100000; first += LANES) {
        double r2[N_LAG][LANES];
        market_paths_start(&m, first);
        for (int step = 0; step < N_LAG; step++) {
            lane_row before, v;
            memcpy(before, market_paths_spot(&m, 0), sizeof before);
            market_paths_step(&m);
            market_paths_volatility(&m, 0, v);
            for (int k = 0; k < LANES; k++) {
                const double r =
                    log(market_paths_spot(&m, 0)[k] / before[k]) + 0.5 * v[k] * v[k] * h;
                r2[step][k] = r * r / h;
                mean_add(&product[step], r2[0][k] * r2[step][k]);
            }
        }
        for (int k = 0; k < LANES; k++) {
            mean_add(&second, r2[3][k]);
            mean_add(&last, r2[3][k] * r2[3][k]);
        }
    }
    chain_stationary(RATE, 3, share);
    for (int i = 0; i < 3; i++) {
        square += share[i] * pow(VOLATILITY[i], 2.0);
        fourth += 3.0 * share[i] * pow(VOLATILITY[i], 4.0);
    }
    mean_check(&second, square, "regime", "variance, day", 4);
    mean_check(&last, fourth, "regime", "fourth moment, day", 4);
    for (int lag = 0; lag < N_LAG; lag++) {
        const struct chain p = chain_transition(RATE, 3, lag * h);
        double expected = lag == 0 ? fourth : 0.0;
        for (int i = 0; lag > 0 && i < 3; i++)
            for (int j = 0; j < 3; j++)
                expected += share[i] * p.at[i][j] * pow(VOLATILITY[i] * VOLATILITY[j], 2.0);
        mean_check(&product[lag], expected, "regime", "product of squares, lag", lag);
    }
    market_paths_close(&m);
}

/* The parameters of all regimes are the same: the base model itself, to the last bit,
 * whatever it draws and keeps. */
Test(statistical, equal_regimes_are_the_base_model)
{
    static const char *const base[] = {
        "{model: gbm, drift_annual: 0.2, volatility_annual: 0.8}",
        ("{model: merton, volatility_annual: 0.6, jumps_per_year: 400, jump_log_mean: "
         "-0.02, "
         "jump_log_sd: 0.03}"),
        ("{model: kou, volatility_annual: 0.6, jumps_per_year: 400, up_probability: 0.4, "
         "up_jump_mean: 0.02, down_jump_mean: 0.03}"),
        ("{model: bates, volatility_annual: 0.6, long_volatility_annual: 0.7, "
         "reversion_per_year: 4, vol_of_variance: 1.5, spot_correlation: -0.3, "
         "jumps_per_year: 400, jump_log_mean: -0.02, jump_log_sd: 0.03}"),
        ("{model: garch, volatility_annual: 0.7, alpha: 0.1, gamma: 0.1, beta: 0.8, "
         "period: "
         "3h, residuals: student_t, degrees_of_freedom: 4}")};

    for (size_t i = 0; i < sizeof base / sizeof *base; i++) {
        lane_row spot[24], volatility = {0.0};
        struct market_paths m;
        char price[1024];

        market_paths_open(&m, base[i], "24h", "1h", 77);
        market_paths_start(&m, 64);
        for (int step = 0; step < 24; step++) {
            market_paths_step(&m);
            memcpy(spot[step], market_paths_spot(&m, 0), sizeof spot[step]);
        }
        if (m.fixture.plan.asset[0].model->volatility != NULL)
            market_paths_volatility(&m, 0, volatility);
        market_paths_close(&m);
        snprintf(
            price, sizeof price,
            "{model: regime, regimes: [%s, %s], switches_per_year: [0, 3000, 2000, 0]}",
            base[i], base[i]);
        market_paths_open(&m, price, "24h", "1h", 77);
        market_paths_start(&m, 64);
        for (int step = 0; step < 24; step++) {
            market_paths_step(&m);
            for (int k = 0; k < LANES; k++)
                cr_assert_eq(market_paths_spot(&m, 0)[k], spot[step][k], "%s: step %d",
                             base[i], step);
        }
        if (volatility[0] > 0.0) {
            lane_row got;
            market_paths_volatility(&m, 0, got);
            cr_assert_eq(got[3], volatility[3], "%s", base[i]);
        }
        market_paths_close(&m);
    }
}

/* A variance that starts where the first regime's parameters say. */
Test(statistical, regime_starts_the_state_of_the_first_regime)
{
    const char *price =
        "{model: regime, start: [0.5, 0.5], switches_per_year: [0, 0, 0, 0], regimes: "
        "[{model: garch, volatility_annual: 0.4, alpha: 0.1, beta: 0.8}, {model: garch, "
        "volatility_annual: 1.6, alpha: 0.1, beta: 0.8}]}";
    struct market_paths m;
    int n_second = 0;

    market_paths_open(&m, price, "1d", "12h", 5);
    for (uint64_t first = 0; first < 128; first += LANES) {
        lane_row v;
        market_paths_start(&m, first);
        market_paths_step(&m);
        market_paths_volatility(&m, 0, v);
        for (int k = 0; k < LANES; k++) {
            const bool second = market_paths_state(&m, 0, 0)[k] == 1.0;
            cr_assert_float_eq(v[k], second ? 1.6 : 0.4, 1e-14);
            n_second += second;
        }
    }
    cr_assert(40 < n_second && n_second < 88, "%d of 128", n_second);
    market_paths_close(&m);
}

Test(statistical, assets_of_one_group_are_in_one_regime)
{
    static const char *const group[] = {", group: crypto", ""};

    for (int i = 0; i < 2; i++) {
        char price[512], market[2048];
        struct market_paths m;
        int n_differ = 0, n_change = 0;

        snprintf(price, sizeof price, THREE, group[i]);
        snprintf(
            market, sizeof market,
            "  correlation: {BTC/ETH: 0.5}\n  assets:\n    BTC: {spot_usd: 100, price: "
            "%s}\n    ETH: {spot_usd: 7, price: %s}\n",
            price, price);
        market_paths_open(&m, market, "30d", "1d", 8);
        market_paths_start(&m, 0);
        for (int step = 0; step < 30; step++) {
            const double before = market_paths_state(&m, 0, 0)[0];
            market_paths_step(&m);
            n_change += market_paths_state(&m, 0, 0)[0] != before;
            for (int k = 0; k < LANES; k++)
                n_differ +=
                    market_paths_state(&m, 0, 0)[k] != market_paths_state(&m, 1, 0)[k];
        }
        cr_assert_gt(n_change, 0);
        cr_assert_eq(n_differ > 0, i == 1, "%d differ", n_differ);
        market_paths_close(&m);
    }
}

static double ratio(double final_usd, double start_usd)
{
    return final_usd / start_usd;
}

Test(statistical, regime_price_grows_at_the_drift)
{
    struct price_paths p = {
        .price = "{model: regime, switches_per_year: [0, 30, 60, 0], regimes: [{model: "
                 "merton, drift_annual: 1.4, volatility_annual: 0.4, jumps_per_year: 2, "
                 "jump_log_mean: -0.02, jump_log_sd: 0.05}, {model: merton, drift_annual: "
                 "1.4, volatility_annual: 1.3, jumps_per_year: 60, jump_log_mean: -0.08, "
                 "jump_log_sd: 0.1}]}",
        .shocks =
            "shocks:\n  - {volatility: all, multiply: 1.5, shape: step, start: 10d}\n",
        .horizon_s = 30.0 * 86400.0,
        .step_s = 86400.0,
        .n_path = 40000,
        .seed = 4};

    price_paths_run(&p);
    const struct price_mean mean = price_paths_mean(&p, ratio, 100.0);
    const double expected = exp(1.4 * 30.0 / 365.0);
    cr_assert_leq(fabs(mean.mean - expected), 5.0 * mean.se,
                  "%.6g, expected %.6g, standard error %.2g", mean.mean, expected, mean.se);
    price_paths_close(&p);
}

Test(statistical, regime_refuses_what_is_no_chain)
{
    static const char two[] = "[{model: gbm, volatility_annual: 0.4}, {model: gbm, "
                              "volatility_annual: 1}]";
    static const struct {
        const char *regimes, *rest, *sentence;
    } cases[] = {
        {two, "switches_per_year: [0, 4, 12]",
         "switches_per_year has 3 numbers for 2 regimes: write 4"},
        {two, "switches_per_year: [0, -4, 12, 0]", "switches_per_year = -4 is outside"},
        {two, "switches_per_year: [0, 4, 0, 0]", "write start"},
        {two, "switches_per_year: [0, 4, 3, 0], start: [1]",
         "start has 1 probabilities for 2 regimes"},
        {two, "switches_per_year: [0, 4, 3, 0], start: [0.5, 0.6]",
         "the probabilities of start add up to 1.1: make it 1"},
        {"[{model: garch, volatility_annual: 0.4, alpha: 0.5, beta: 0.6}]",
         "switches_per_year: [0]", "regimes[0]: alpha + 0.5 gamma + beta = 1.1"},
        {"[{model: gbm, volatility_annual: 0.4}, {model: merton, volatility_annual: 1, "
         "jumps_per_year: 1, jump_log_mean: 0, jump_log_sd: 0}]",
         "switches_per_year: [0, 4, 12, 0]", "all elements have one model"},
        {"[]", "switches_per_year: [0]", "regimes is no list"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char price[512];
        struct market_paths m;
        snprintf(price, sizeof price, "{model: regime, regimes: %s, %s}", cases[i].regimes,
                 cases[i].rest);
        cr_assert_not(market_paths_try(&m, price, "10d", "1d", 1), "%s", cases[i].rest);
        cr_assert(strstr(m.error, cases[i].sentence) != NULL, "%s: %s", cases[i].rest,
                  m.error);
    }
}

Test(statistical, a_group_has_one_chain)
{
    char market[2048], first[512], second[512];
    struct market_paths m;

    snprintf(first, sizeof first, THREE, ", group: g");
    snprintf(second, sizeof second, THREE, ", group: g, start: [1, 0, 0]");
    snprintf(market, sizeof market,
             "  correlation: {BTC/ETH: 0.5}\n  assets:\n    BTC: {spot_usd: 100, price: "
             "%s}\n    ETH: {spot_usd: 7, price: %s}\n",
             first, second);
    cr_assert_not(market_paths_try(&m, market, "10d", "1d", 1));
    cr_assert(strstr(m.error, "group g has one chain of regimes, but switches_per_year or "
                              "start differ from those of BTC") != NULL,
              "%s", m.error);
}
