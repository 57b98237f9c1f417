/* Filtered historical residuals of the price model garch, through the front door: what is
 * drawn, how often, on which days, and the way there. Tolerances are 5 standard errors. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/market_paths.h"
#include "tests/mean.h"
#include "tests/scratch.h"

enum { N_DAY = 301, N_PATH = 30000 };

/* Log-prices of BTC and ETH: falls are rarer and larger than rises; ETH lacks every 50th
 * day. */
struct prices {
    double log_btc[N_DAY], log_eth[N_DAY];
};

static void write_prices(struct prices *p)
{
    static char text[N_DAY * 80];
    char *end = text + sprintf(text, "time_s,BTC,ETH\n");
    uint32_t state = 2385;

    for (int day = 0; day < N_DAY; day++) {
        state = state * 1664525u + 1013904223u; /* Numerical Recipes, section 7.1 */
        const double u = ((double)state + 0.5) * 0x1p-32;
        const double v = ((double)(state >> 7) + 0.5) * 0x1p-25;
        p->log_btc[day] =
            (day > 0 ? p->log_btc[day - 1] : log(100.0)) + 0.02 * (1.0 + log(u)) + 0.001;
        p->log_eth[day] =
            (day > 0 ? p->log_eth[day - 1] : log(7.0)) + 0.02 * (1.0 + log(u)) + 0.04 * v;
        end +=
            sprintf(end, "%d,%.17g,", 1600041600 + 86400 * (day + 1), exp(p->log_btc[day]));
        end += day % 50 == 49 ? sprintf(end, "\n")
                              : sprintf(end, "%.17g\n", exp(p->log_eth[day]));
    }
    scratch_file("prices.csv", text);
}

static const char GARCH[] =
    "{model: garch, drift_annual: 0.4, volatility_annual: 0.6, alpha: 0.08, gamma: 0.3, "
    "beta: 0.6, residuals: historical, history: prices.csv%s}";
static const double ALPHA = 0.08, GAMMA = 0.3, BETA = 0.6;
static const double H = 0.36 / 365.0, DRIFT = 0.4 / 365.0;

/* BTC's residuals by the same filter, of mean 0 and variance 1. */
static void filter(const struct prices *p, double *z)
{
    const int n = N_DAY - 1;
    const double mean = (p->log_btc[n] - p->log_btc[0]) / n;
    double h = H, sum = 0.0, square = 0.0;

    for (int i = 0; i < n; i++) {
        const double eps = p->log_btc[i + 1] - p->log_btc[i] - mean + 0.5 * (h - H);
        z[i] = eps / sqrt(h);
        h = (1.0 - ALPHA - 0.5 * GAMMA - BETA) * H +
            (ALPHA + (eps < 0.0 ? GAMMA : 0.0)) * eps * eps + BETA * h;
        sum += z[i] / n;
    }
    for (int i = 0; i < n; i++) {
        z[i] -= sum;
        square += z[i] * z[i] / n;
    }
    for (int i = 0; i < n; i++)
        z[i] /= sqrt(square);
}

/* The day whose residual this is. */
static int day_of(const double *z, int n, double value)
{
    int best = 0;

    for (int i = 1; i < n; i++)
        best = fabs(z[i] - value) < fabs(z[best] - value) ? i : best;
    cr_assert_float_eq(z[best], value, 1e-9, "%.12g is no residual", value);
    return best;
}

/* At one step a day and at four: every day of the file as often as every other; at noon the
 * bridge has half the variance; and the mean variance stands at its long run though the
 * residuals are skewed. */
Test(statistical, garch_draws_the_residuals_of_the_file)
{
    static const int n_step[] = {1, 4};

    for (int i = 0; i < 2; i++) {
        struct prices prices;
        struct market_paths m;
        struct mean days[2] = {{0}}, noon = {0}, next = {0};
        double z[N_DAY - 1];
        int seen[N_DAY - 1] = {0};
        char price[512];

        write_prices(&prices);
        filter(&prices, z);
        snprintf(price, sizeof price, GARCH, "");
        market_paths_open(&m, price, "1d", n_step[i] == 1 ? "1d" : "6h", 1999);
        for (uint64_t first = 0; first < N_PATH; first += LANES) {
            market_paths_start(&m, first);
            for (int step = 1; step <= n_step[i]; step++) {
                market_paths_step(&m);
                for (int k = 0; 2 * step == n_step[i] && k < LANES; k++) {
                    const double x = log(market_paths_spot(&m, 0)[k] / 100.0);
                    const double eps = x - 0.5 * DRIFT + 0.25 * H;
                    mean_add(&noon, eps * eps / H);
                }
            }
            for (int k = 0; k < LANES; k++) {
                const double x = log(market_paths_spot(&m, 0)[k] / 100.0);
                const int day = day_of(z, N_DAY - 1, (x - DRIFT + 0.5 * H) / sqrt(H));
                seen[day]++;
                mean_add(&days[0], day);
                mean_add(&days[1], (double)day * day);
                mean_add(&next, market_paths_state(&m, 0, 0)[k] / H);
            }
        }
        for (int day = 0; day < N_DAY - 1; day++) /* 100 expected */
            cr_assert(50 < seen[day] && seen[day] < 160, "day %d: %d times", day,
                      seen[day]);
        mean_check(&days[0], 149.5, "historical", "mean day, steps", n_step[i]);
        mean_check(&days[1], 299.0 * 599.0 / 6.0, "historical", "mean square, steps",
                   n_step[i]);
        mean_check(&next, 1.0, "historical", "variance of the next day, steps", n_step[i]);
        if (n_step[i] > 1)
            mean_check(&noon, 0.5, "historical", "variance at noon, steps", n_step[i]);
        market_paths_close(&m);
    }
}

static const char *two_assets(const char *btc, const char *eth)
{
    static char market[2048];
    char one[512], other[512];

    snprintf(one, sizeof one, GARCH, btc);
    snprintf(other, sizeof other, GARCH, eth);
    snprintf(market, sizeof market,
             "  correlation: {BTC/ETH: 0}\n  assets:\n    BTC: {spot_usd: 100, price: %s}\n"
             "    ETH: {spot_usd: 7, price: %s}\n",
             one, other);
    return market;
}

/* Assets of one group take the same day, of those that both have: BTC's residual decides
 * ETH's. ETH's are a function of the day that the paths themselves show. */
Test(statistical, garch_group_takes_the_same_day)
{
    static const char *const group[] = {", group: crypto", ""};

    for (int i = 0; i < 2; i++) {
        struct prices prices;
        struct market_paths m;
        double *btc = malloc(4096 * sizeof *btc), *eth = malloc(4096 * sizeof *eth);
        int n_pair = 0, n_differ = 0, n_distinct = 0;

        write_prices(&prices);
        market_paths_open(&m, two_assets(group[i], group[i]), "1d", "1d", 2001);
        for (uint64_t first = 0; first < 4096; first += LANES) {
            market_paths_start(&m, first);
            market_paths_step(&m);
            for (int k = 0; k < LANES; k++) {
                btc[n_pair] = market_paths_spot(&m, 0)[k];
                eth[n_pair++] = market_paths_spot(&m, 1)[k];
            }
        }
        for (int a = 0; a < n_pair; a++) {
            bool new = true;
            for (int b = 0; b < a; b++)
                if (btc[a] == btc[b]) {
                    n_differ += eth[a] != eth[b];
                    new = false;
                }
            n_distinct += new;
        }
        /* 300 returns; each of ETH's six missing days takes two with it. A day that is not
         * among 4,096 draws has a chance of 4e-4. */
        cr_assert_eq(n_distinct, i == 0 ? 288 : 300, "%d days", n_distinct);
        cr_assert_eq(n_differ > 0, i == 1, "%d pairs differ", n_differ);
        market_paths_close(&m);
        free(btc);
        free(eth);
    }
}

Test(statistical, garch_refuses_histories_that_do_not_serve)
{
    static const struct {
        const char *btc, *eth, *sentence;
    } cases[] = {
        {", period: 8d", "", "has 37 returns over periods of 691200 s; at least 50"},
        {", period: 12h", "", "has 0 returns over periods of 43200 s"},
        {", group: g", ", group: g, period: 2d", "but 172800 s in ETH of the same group g"},
        {", column: DOGE", "", "DOGE"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct prices prices;
        struct market_paths m;
        write_prices(&prices);
        cr_assert_not(
            market_paths_try(&m, two_assets(cases[i].btc, cases[i].eth), "16d", "12h", 1),
            "%s", cases[i].btc);
        cr_assert(strstr(m.error, cases[i].sentence) != NULL, "%s: %s", cases[i].btc,
                  m.error);
    }
}
