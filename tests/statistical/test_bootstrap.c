/* The bootstrap draws what the file holds, in blocks of the stated law; 5 standard
 * errors. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/price_paths.h"
#include "tests/scratch.h"

enum { N_RETURN = 40, N_STEP = 60, N_PATH = 4096 };

/* Hourly returns of two assets, all different; those of BTC trend. */
static double btc[N_RETURN], eth[N_RETURN];

static void write_prices(void)
{
    char text[8192], *end = text;
    double log_btc = log(50.0), log_eth = log(2000.0);
    uint32_t state = 911;

    for (int i = 0; i < N_RETURN; i++) {
        state = state * 1664525u + 1013904223u;
        btc[i] = 0.01 * ((double)state / 0x1p32 - 0.5) + 0.01 * sin(0.3 * i) - 0.0003;
        state = state * 1664525u + 1013904223u;
        eth[i] = 0.4 * btc[i] + 0.02 * ((double)state / 0x1p32 - 0.5);
    }
    end += sprintf(end, "time_s,BTC,ETH\n");
    for (int i = 0; i <= N_RETURN; i++) {
        end += sprintf(end, "%d,%.17g,%.17g\n", 1000000 + 3600 * i, exp(log_btc),
                       exp(log_eth));
        log_btc += i < N_RETURN ? btc[i] : 0.0;
        log_eth += i < N_RETURN ? eth[i] : 0.0;
    }
    scratch_file("prices.csv", text);
}

static struct price_paths hours(const char *price, double step_s)
{
    write_prices();
    return (struct price_paths){.price = price,
                                .horizon_s = N_STEP * 3600.0,
                                .step_s = step_s,
                                .n_path = N_PATH,
                                .seed = 3};
}

/* The index of a return that is in the file; -1: of none. */
static int index_of(const double *returns, double value)
{
    for (int i = 0; i < N_RETURN; i++)
        if (fabs(returns[i] - value) < 1e-11)
            return i;
    return -1;
}

/* Indices of all steps of all paths. */
static void read_indices(const double *price, const double *returns, int every,
                         int (*index)[N_STEP])
{
    const size_t n_time = (size_t)N_STEP * (size_t)every + 1;

    for (size_t path = 0; path < N_PATH; path++)
        for (size_t step = 0; step < N_STEP; step++) {
            const double *p = price + path * n_time + step * (size_t)every;
            index[path][step] = index_of(returns, log(p[every] / p[0]));
            cr_assert_neq(index[path][step], -1, "path %zu step %zu", path, step);
        }
}

static int index_btc[N_PATH][N_STEP], index_eth[N_PATH][N_STEP];

static void check_share(const char *what, double count, double n, double expected)
{
    cr_expect_float_eq(count / n, expected, 5.0 * sqrt(expected * (1.0 - expected) / n),
                       "%s: %.5g of %.0f, expected %.5g", what, count / n, n, expected);
}

Test(bootstrap, blocks_are_geometric_and_returns_equally_likely)
{
    struct price_paths p =
        hours("{model: bootstrap, history: prices.csv, mean_block: 5h}", 3600.0);
    const double end = 0.2, same = 1.0 - end + end / N_RETURN;
    double at[N_RETURN] = {0.0}, run[8] = {0.0}, n_run = 0.0;

    price_paths_open(&p);
    read_indices(price_paths_record(&p), btc, 1, index_btc);
    for (size_t path = 0; path < N_PATH; path++) {
        const int *index = index_btc[path];
        at[index[N_STEP - 1]]++;
        /* The run that begins with the first step, as far as it is seen. */
        int length = 1;
        while (length < 7 && index[length] == (index[length - 1] + 1) % N_RETURN)
            length++;
        run[length]++;
        n_run++;
    }
    for (int i = 0; i < N_RETURN; i++)
        check_share("last return", at[i], N_PATH, 1.0 / N_RETURN);
    for (int length = 1; length < 7; length++)
        check_share("run", run[length], n_run, pow(same, length - 1) * (1.0 - same));
    price_paths_close(&p);
}

/* Variance of the sum of n drawn returns: n (C(0) + 2 sum (1 - i/n) (1-p)^i C(i)) with the
 * circular autocovariances C of the file (Politis & Romano 1994, lemma 1). */
Test(bootstrap, variance_is_that_of_politis_and_romano)
{
    struct price_paths p =
        hours("{model: bootstrap, history: prices.csv, mean_block: 5h}", 3600.0);
    double mean = 0.0, expected = 0.0, sum = 0.0, square = 0.0, fourth = 0.0;

    p.n_path = 40000;
    price_paths_run(&p);
    for (int i = 0; i < N_RETURN; i++)
        mean += btc[i] / N_RETURN;
    for (int lag = 0; lag < N_STEP; lag++) {
        double covariance = 0.0;
        for (int i = 0; i < N_RETURN; i++)
            covariance += (btc[i] - mean) * (btc[(i + lag) % N_RETURN] - mean) / N_RETURN;
        expected += (lag == 0 ? 1.0 : 2.0) * (N_STEP - lag) * pow(0.8, lag) * covariance;
    }
    const double *final_usd = fixture_metric(&p.fixture, "final_spot_usd", 0);
    for (uint64_t i = 0; i < p.n_path; i++) {
        const double x = log(final_usd[i] / 100.0) - N_STEP * mean;
        sum += x / (double)p.n_path;
        square += x * x / (double)p.n_path;
        fourth += x * x * x * x / (double)p.n_path;
    }
    cr_expect_float_eq(sum, 0.0, 5.0 * sqrt(expected / (double)p.n_path), "mean %g", sum);
    cr_expect_float_eq(square, expected,
                       5.0 * sqrt((fourth - square * square) / (double)p.n_path),
                       "variance %g, expected %g", square, expected);
    price_paths_close(&p);
}

static void run_pair(const char *group_btc, const char *group_eth)
{
    static char market[1000];

    snprintf(market, sizeof market,
             "  correlation: {BTC/ETH: 0}\n"
             "  assets:\n"
             "    BTC: {spot_usd: 100, price: {model: bootstrap, history: prices.csv, "
             "mean_block: 4h%s}}\n"
             "    ETH: {spot_usd: 10, price: {model: bootstrap, history: prices.csv, "
             "mean_block: 4h%s}}\n",
             group_btc, group_eth);
    struct price_paths p = hours(NULL, 3600.0);
    p.market = market;
    price_paths_open(&p);
    const double *price = price_paths_record(&p);
    read_indices(price, btc, 1, index_btc);
    read_indices(price + (size_t)N_PATH * (N_STEP + 1), eth, 1, index_eth);
    price_paths_close(&p);
}

Test(bootstrap, a_group_draws_the_same_dates)
{
    double n_same = 0.0;

    run_pair(", group: g", ", group: g");
    cr_assert(memcmp(index_btc, index_eth, sizeof index_btc) == 0);
    run_pair(", group: g", ", group: h");
    for (size_t path = 0; path < N_PATH; path++)
        n_same += index_btc[path][N_STEP / 2] == index_eth[path][N_STEP / 2];
    check_share("same date in two groups", n_same, N_PATH, 1.0 / N_RETURN);
    static int before[N_PATH][N_STEP];
    memcpy(before, index_btc, sizeof before);
    run_pair(", group: g", "");
    cr_assert(memcmp(index_btc, before, sizeof before) == 0,
              "another asset's draws reach this one");
}

Test(bootstrap, a_longer_step_takes_the_records_in_between_along)
{
    struct price_paths p =
        hours("{model: bootstrap, history: prices.csv, mean_block: 30h}", 3.0 * 3600.0);
    double over_3h[N_RETURN - 2], n_follow = 0.0, n = 0.0;

    for (int i = 0; i < N_RETURN - 2; i++)
        over_3h[i] = btc[i] + btc[i + 1] + btc[i + 2];
    price_paths_open(&p);
    const double *price = price_paths_record(&p);
    for (size_t path = 0; path < N_PATH; path++) {
        int before = -1;
        for (size_t step = 0; step < N_STEP / 3; step++) {
            const double *at = price + path * (N_STEP / 3 + 1) + step;
            const double move = log(at[1] / at[0]);
            int index = 0;
            while (index < N_RETURN - 2 && fabs(over_3h[index] - move) > 1e-11)
                index++;
            cr_assert_lt(index, N_RETURN - 2, "path %zu step %zu", path, step);
            n_follow += step > 0 && index == (before + 3) % (N_RETURN - 2);
            n += step > 0;
            before = index;
        }
    }
    check_share("follows", n_follow, n, 0.9 + 0.1 / (N_RETURN - 2));
    price_paths_close(&p);
}

Test(bootstrap, a_shorter_step_meets_the_records_on_a_bridge)
{
    struct price_paths p = hours(
        "{model: bootstrap, history: prices.csv, mean_block: 5h, fill_annual: 0.5}", 900.0);
    const double sd = 0.5 * sqrt(0.25 / (365.0 * 24.0)), quarter = 0.75 * sd * sd;
    double square = 0.0;

    price_paths_open(&p);
    const double *price = price_paths_record(&p);
    read_indices(price, btc, 4, index_btc);
    for (size_t path = 0; path < N_PATH; path++) {
        const double *at = price + path * (4 * N_STEP + 1);
        const double x = log(at[1] / at[0]) - 0.25 * btc[index_btc[path][0]];
        square += x * x / N_PATH;
    }
    cr_expect_float_eq(square, quarter, 5.0 * quarter * sqrt(2.0 / N_PATH),
                       "variance after a quarter %g, expected %g", square, quarter);
    price_paths_close(&p);
}

/* f = 2 doubles the deviations from the mean and leaves the mean growth in first order. */
Test(bootstrap, a_volatility_shock_scales_about_the_mean)
{
    struct price_paths p =
        hours("{model: bootstrap, history: prices.csv, mean_block: 1h}", 3600.0);
    double mean = 0.0, growth = 0.0, shocked[N_RETURN];

    p.shocks = "shocks: [{volatility: all, multiply: 2, start: 0h}]\n";
    price_paths_open(&p);
    for (int i = 0; i < N_RETURN; i++)
        mean += btc[i] / N_RETURN;
    for (int i = 0; i < N_RETURN; i++)
        growth += exp(btc[i] - mean) / N_RETURN;
    for (int i = 0; i < N_RETURN; i++)
        shocked[i] = mean + log(growth) * (1.0 - 4.0) + 2.0 * (btc[i] - mean);
    read_indices(price_paths_record(&p), shocked, 1, index_btc);
    price_paths_close(&p);
}

static double ratio(double x, double to)
{
    return x / to;
}

Test(bootstrap, a_stated_drift_takes_the_place_of_the_file_s)
{
    struct price_paths p = hours("{model: bootstrap, history: prices.csv, mean_block: 1h, "
                                 "drift: stated, drift_annual: 4}",
                                 3600.0);

    p.n_path = 40000;
    price_paths_run(&p);
    const double expected = exp(4.0 * N_STEP / (365.0 * 24.0));
    const struct price_mean m = price_paths_mean(&p, ratio, 100.0);
    cr_assert_float_eq(m.mean, expected, 5.0 * m.se, "%.6g, expected %.6g", m.mean,
                       expected);
    price_paths_close(&p);
}

/* The filter once more, and every move of every path against it. */
Test(bootstrap, filtered_returns_follow_the_recursion)
{
    const double alpha = 0.08, gamma = 0.05, beta = 0.85;
    struct price_paths p = hours("{model: bootstrap, history: prices.csv, mean_block: 3h, "
                                 "alpha: 0.08, gamma: 0.05, beta: 0.85}",
                                 3600.0);
    double z[N_RETURN], mean = 0.0, sd = 0.0, fall = 0.0, v = 1.0, growth = 0.0;

    price_paths_open(&p);
    const double *price = price_paths_record(&p);
    for (int i = 0; i < N_RETURN; i++)
        mean += btc[i] / N_RETURN;
    for (int i = 0; i < N_RETURN; i++)
        sd += (btc[i] - mean) * (btc[i] - mean) / N_RETURN;
    sd = sqrt(sd);
    for (int i = 0; i < N_RETURN; i++) {
        z[i] = (btc[i] - mean) / sd;
        fall += z[i] < 0.0 ? z[i] * z[i] / N_RETURN : 0.0;
    }
    for (int i = 0; i < N_RETURN; i++) {
        const double x = z[i];
        z[i] = x / sqrt(v);
        v = 1.0 - alpha - gamma * fall - beta + (alpha + (x < 0.0 ? gamma : 0.0)) * x * x +
            beta * v;
    }
    double z_mean = 0.0, z_sd = 0.0, z_fall = 0.0;
    for (int i = 0; i < N_RETURN; i++)
        z_mean += z[i] / N_RETURN;
    for (int i = 0; i < N_RETURN; i++)
        z_sd += (z[i] - z_mean) * (z[i] - z_mean) / N_RETURN;
    for (int i = 0; i < N_RETURN; i++) {
        z[i] = (z[i] - z_mean) / sqrt(z_sd);
        z_fall += z[i] < 0.0 ? z[i] * z[i] / N_RETURN : 0.0;
        growth += exp(sd * z[i]) / N_RETURN;
    }
    const double omega = 1.0 - alpha - gamma * z_fall - beta, kappa = log(growth);
    for (size_t path = 0; path < N_PATH; path++) {
        double now = v;
        for (size_t step = 0; step < N_STEP; step++) {
            const double *at = price + path * (N_STEP + 1) + step;
            const double move = log(at[1] / at[0]) - (mean + kappa - now * kappa);
            int i = 0;
            while (i < N_RETURN && fabs(sqrt(now) * sd * z[i] - move) > 1e-11)
                i++;
            cr_assert_lt(i, N_RETURN, "path %zu step %zu", path, step);
            now = omega + now * ((alpha + (z[i] < 0.0 ? gamma : 0.0)) * z[i] * z[i] + beta);
        }
    }
    price_paths_close(&p);
}

/* A switch to a shorter history from beyond its end begins a new block. */
Test(bootstrap, regimes_may_have_histories_of_different_length)
{
    struct price_paths p = hours(
        "{model: regime, switches_per_year: [0, 4000, 4000, 0], regimes: ["
        "{model: bootstrap, history: prices.csv, mean_block: 30h}, "
        "{model: bootstrap, history: prices.csv, mean_block: 5h, from: 1970-01-13 16:00}]}",
        900.0);
    double n_late = 0.0;

    price_paths_open(&p);
    const double *price = price_paths_record(&p);
    for (size_t i = 0; i < (size_t)N_PATH * (4 * N_STEP + 1); i++)
        cr_assert(price[i] > 50.0 && price[i] < 200.0, "%g", price[i]);
    for (size_t path = 0; path < N_PATH; path++)
        n_late += price[path * (4 * N_STEP + 1) + 4 * N_STEP] > 100.0;
    cr_assert(n_late > 0.0 && n_late < N_PATH);
    price_paths_close(&p);
}
