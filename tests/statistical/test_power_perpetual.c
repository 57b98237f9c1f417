/* A power perpetual whose mark knows the volatility is a fair game: funding pays for its
 * convexity. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "tests/fixture.h"
#include "tests/mean.h"

static void run_one(struct fixture *f, double power, double sigma)
{
    char text[4096], positions[1024];

    snprintf(positions, sizeof positions,
             "id,account,venue,instrument,asset,quantity,power,normalisation,"
             "funding_period,volatility_annual\n"
             "p,a,,power_perpetual,BTC,-3,%.17g,%.17g,7d,%.17g\n",
             power, pow(100.0, power), sigma);
    const int n = snprintf(text, sizeof text,
                           "tailrace: 1\nname: power\nportfolio: positions.csv\n"
                           "run: {paths: 40000, horizon: 14d, step: 6h, seed: 11}\n");
    snprintf(text + n, sizeof text - (size_t)n, FIXTURE_MARKET,
             "{model: gbm, volatility_annual: 0.8}",
             "impact_coefficient: 0, volatility_daily: 0.04, daily_volume_usd: 1.0e6, "
             "half_spread_frac: 0",
             "");
    fixture_open(f, text, positions, NULL);
    fixture_run(f);
}

/* E S^p grows as exp(g t), g = p (p-1) sigma^2 / 2; the trapezoid of the funding g mark is
 * summed exactly. Without it the growth alone is tens of standard errors. */
Test(statistical, power_perpetual_funding_pays_for_the_growth)
{
    static const double powers[] = {2.0, 0.5, 3.0, -1.0};

    for (size_t i = 0; i < sizeof powers / sizeof *powers; i++) {
        const double p = powers[i], sigma = 0.8, g = 0.5 * p * (p - 1.0) * sigma * sigma;
        const double mark = 1.0 / (1.0 - g * 7.0 / 365.0), h = 0.25 / 365.0;
        double paid = 0.0;
        for (int step = 0; step < 56; step++)
            paid += 0.5 * h * g * mark * (exp(g * h * step) + exp(g * h * (step + 1)));
        const double expected = -3.0 * (mark * (exp(g * 56.0 * h) - 1.0) - paid);
        struct fixture f;
        struct mean m = {.n = 0};
        run_one(&f, p, sigma);
        const double *pnl = fixture_metric(&f, "pnl_usd", 0);
        for (uint64_t path = 0; path < f.plan.n_path; path++)
            mean_add(&m, pnl[path]);
        cr_assert(fabs(expected) < 1e-3 * fabs(mark * g * 56.0 * h), "not a fair game");
        mean_check(&m, expected, "power", "mean P&L", (int)i);
        fixture_close(&f);
    }
}
