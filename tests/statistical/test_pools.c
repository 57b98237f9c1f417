/* Positions in pools on simulated paths: the loss against rebalancing, and what part of it
 * arbitrage pays back as fees. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "sim/run.h"
#include "tests/fixture.h"
#include "tests/mean.h"

static const char LIQUIDITY[] = "impact_coefficient: 0, volatility_daily: 0.04, "
                                "daily_volume_usd: 1.0e6, half_spread_frac: 0";

static void run_rows(struct fixture *f, const char *run, const char *rows)
{
    char text[4096], positions[4096];

    snprintf(positions, sizeof positions,
             "id,account,venue,instrument,asset,settlement,quantity,entry_price_usd,"
             "lower_price_usd,upper_price_usd,pool_fee_frac,fee_apr_frac,power,"
             "volatility_annual,expiry\n%s",
             rows);
    const int n = snprintf(text, sizeof text,
                           "tailrace: 1\nname: pools\nportfolio: positions.csv\n"
                           "run: {%s}\n",
                           run);
    snprintf(text + n, sizeof text - (size_t)n, FIXTURE_MARKET,
             "{model: gbm, volatility_annual: 0.8}", LIQUIDITY, "");
    fixture_open(f, text, positions, NULL);
    fixture_run(f);
}

/* The mean within 4 standard errors. */
static void four_errors(const struct mean *m, double expected, const char *what)
{
    const double mean = m->sum / m->n;
    const double sd = sqrt((m->square / m->n - mean * mean) * m->n / (m->n - 1.0));
    const double error = sd / sqrt((double)m->n);

    cr_assert(fabs(mean - expected) <= 4.0 * error, "%s: %.8g, expected %.8g, error %.2g",
              what, mean, expected, error);
    cr_log_info("%s: %.8g, expected %.8g, error %.2g", what, mean, expected, error);
}

/* Without fees the value of a pool falls by sigma^2/8 a year in the mean, exactly as
 * exp(-sigma^2 t / 8): E sqrt(S). */
Test(statistical, pool_loses_an_eighth_of_the_variance)
{
    const double years = 14.0 / 365.0, sigma = 0.8;
    const double expected = 1e6 * expm1(-sigma * sigma * years / 8.0);
    struct fixture f;
    struct mean m = {.n = 0};

    run_rows(&f, "paths: 100000, horizon: 14d, step: 12h, seed: 5",
             "p,a,,lp_constant_product,BTC,,1e6,,,,0,,,,\n"
             "delta,b,,spot,BTC,,-5000,,,,,,,,\n"); /* hedged at the start, mean 0 */
    const double *pnl = fixture_metric(&f, "pnl_usd", 0);
    for (uint64_t i = 0; i < f.plan.n_path; i++)
        mean_add(&m, pnl[i]);
    four_errors(&m, expected, "loss against rebalancing");
    cr_assert(expected < -3000.0);
    fixture_close(&f);
}

/* Fees of arbitrage alone, path by path the difference that a fee makes. With sqrt(S) as the
 * measure ln S has no drift, and ln P - ln S walks between -gamma and gamma, reflected: with
 * overshoot beta = 0.5826 sigma sqrt(h), pushes D have E D^2 = 2 beta E D, so from
 * E W^2 = sigma^2 t - 2 (gamma + beta) E D the sum of pushes is (sigma^2 t - E W^2) / (2
 * (gamma + beta)), where in the end W has the density 1/(2 (gamma + beta)) inside and the
 * rest on the ends. A push of D pays L sqrt(S) phi/sqrt(1 - phi) (1 - exp(-D/2)). */
Test(statistical, pool_fees_pay_back_the_loss)
{
    enum { N = 10000 };
    static const double fees[] = {0.01, 0.003};
    static double without[N];

    for (int i = -1; i < 2; i++) {
        const double phi = i < 0 ? 0.0 : fees[i], sigma = 0.8, years = 8.0 / 365.0;
        const double h = 300.0 / 31536000.0, variance = sigma * sigma * years;
        const double gamma = -log1p(-phi), beta = 0.5826 * sigma * sqrt(h);
        const double square =
            gamma * gamma * (gamma / 3.0 + beta) / (gamma + beta); /* E W^2 */
        const double pushes = (variance - square) / (2.0 * (gamma + beta));
        const double decay = -expm1(-variance / 8.0) / (variance / 8.0);
        const double expected =
            0.5e6 * phi / sqrt(1.0 - phi) * 0.5 * pushes * (1.0 - 0.5 * beta) * decay;
        char rows[200];
        struct fixture f;
        struct mean m = {.n = 0};
        snprintf(rows, sizeof rows, "p,a,,lp_constant_product,BTC,,1e6,,,,%g,,,,\n", phi);
        run_rows(&f, "paths: 10000, horizon: 8d, step: 5m, seed: 6", rows);
        const double *pnl = fixture_metric(&f, "pnl_usd", 0);
        for (int k = 0; k < N; k++) {
            without[k] = i < 0 ? pnl[k] : without[k];
            mean_add(&m, pnl[k] - without[k]);
        }
        fixture_close(&f);
        if (i < 0)
            continue;
        four_errors(&m, expected, "fees");
        /* of the loss against rebalancing, what the arbitrageur leaves */
        const double share = m.sum / m.n / (1e6 * variance / 8.0);
        cr_assert(share < 1.0 && share > (phi < 0.005 ? 0.6 : 0.85), "%g of the loss",
                  share);
    }
}

/* Two halves are the whole, and positions add up to the book, path by path. */
Test(statistical, positions_of_every_kind_add_up_to_the_book)
{
    static const char whole[] = "u,a,,lp_constant_product,BTC,,1e5,95,,,,0.1,,,\n"
                                "r,a,,lp_range,BTC,,1e5,,92,107,0.01,0.2,,,\n"
                                "w,a,,power_perpetual,BTC,,-300,,,,,,2,0.9,\n"
                                "l,a,,future,BTC,linear,-700,99,,,,,,,6h\n"
                                "i,a,,future,BTC,inverse,-3e4,90,,,,,,,30d\n";
    static const char halves[] = "u1,a,,lp_constant_product,BTC,,4e4,95,,,,0.1,,,\n"
                                 "u2,a,,lp_constant_product,BTC,,6e4,95,,,,0.1,,,\n"
                                 "r1,a,,lp_range,BTC,,3e4,,92,107,0.01,0.2,,,\n"
                                 "r2,a,,lp_range,BTC,,7e4,,92,107,0.01,0.2,,,\n"
                                 "w1,a,,power_perpetual,BTC,,-200,,,,,,2,0.9,\n"
                                 "w2,a,,power_perpetual,BTC,,-100,,,,,,2,0.9,\n"
                                 "l1,a,,future,BTC,linear,-300,99,,,,,,,6h\n"
                                 "l2,a,,future,BTC,linear,-400,99,,,,,,,6h\n"
                                 "i1,a,,future,BTC,inverse,-1e4,90,,,,,,,30d\n"
                                 "i2,a,,future,BTC,inverse,-2e4,90,,,,,,,30d\n";
    enum { N = 64, MAX_POSITION = 10 };
    double pnl[2][N];

    for (int i = 0; i < 2; i++) {
        struct fixture f;
        double part[N * MAX_POSITION], cost[N];
        uint64_t path[N];
        run_rows(&f, "paths: 64, horizon: 1d, step: 1h, seed: 7", i == 0 ? whole : halves);
        for (uint64_t k = 0; k < N; k++) {
            path[k] = k;
            pnl[i][k] = fixture_metric(&f, "pnl_usd", 0)[k];
        }
        run_contributions(&f.plan, path, N, part, cost, NULL);
        for (int k = 0; k < N; k++) {
            double sum = -cost[k], size = 0.0;
            for (uint32_t p = 0; p < f.plan.n_position; p++) {
                sum += part[(uint32_t)k * f.plan.n_position + p];
                size += fabs(part[(uint32_t)k * f.plan.n_position + p]);
            }
            cr_assert_float_eq(sum, pnl[i][k], 1e-11 * size, "path %d: %.17g, book %.17g",
                               k, sum, pnl[i][k]);
            cr_assert_float_eq(pnl[i][k], pnl[0][k], 1e-10 * size, "path %d: halves", k);
        }
        fixture_close(&f);
    }
}
