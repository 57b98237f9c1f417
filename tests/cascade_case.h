#ifndef TAILRACE_TESTS_CASCADE_CASE_H
#define TAILRACE_TESTS_CASCADE_CASE_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/book.h"
#include "sim/liquidation.h"
#include "sim/market.h"
#include "tests/fixture.h"

/* One venue of longs in BTC, at 100 USD, for cascades that can be followed by hand. */

static const char CASCADE_SCENARIO[] = "tailrace: 1\n"
                                       "name: hand\n"
                                       "run: {paths: 16, horizon: 1h, step: 5m}\n"
                                       "accounts: {perp_venue: accounts.csv}\n";

/* A market in which the sale of 10 coins at 90 brings the price to 85. */
static inline void open_with_own(struct fixture *f, const char *positions,
                                 const char *accounts, const char *venue)
{
    const bool oracle = strstr(venue, "mark: oracle") != NULL;
    const double log_impact = log(90.0 / 85.0);
    char text[4096], liquidity[256];

    snprintf(liquidity, sizeof liquidity,
             "impact_coefficient: 1.0, volatility_daily: 0.04, daily_volume_usd: %.17g, "
             "half_spread_frac: 0, refill_half_life: 10d",
             0.04 * 0.04 * 100.0 * 10.0 / (log_impact * log_impact));
    int n = snprintf(text, sizeof text, "%s%s", CASCADE_SCENARIO,
                     positions != NULL ? "portfolio: positions.csv\n" : "");
    snprintf(text + n, sizeof text - (size_t)n, FIXTURE_MARKET,
             oracle ? "{model: gbm, volatility_annual: 0.8}, oracle: {delay: 0s}"
                    : "{model: gbm, volatility_annual: 0.8}",
             liquidity, venue);
    fixture_open(f, text, positions, accounts);
}

static inline void open_market(struct fixture *f, const char *accounts, const char *venue)
{
    open_with_own(f, NULL, accounts, venue);
}

/* A long of `coins` entered at 100 that is under water below price_usd, at 2 % maintenance. */
static inline int add_account(char *text, const char *name, double coins, double price_usd)
{
    return sprintf(text, "%s,BTC,%.17g,100,%.17g\n", name, coins,
                   coins * (100.0 - 0.98 * price_usd));
}

static inline void fall(const struct fixture *f, struct worker *w, double factor)
{
    for (int k = 0; k < LANES; k++)
        worker_row(w, ROW_BASE, 0)[k] *= factor;
    market_reprice(0, w);
    book_mark(&f->plan, w);
    liquidation_step(&f->plan, w);
}

/* What a sale from q0 to q1 coins brings at 90: the integral of the marginal price, by
 * Simpson's rule in the root of q. */
static inline double proceeds(double q0, double q1)
{
    const double a = sqrt(q0), b = sqrt(q1), c = log(90.0 / 85.0) / sqrt(10.0);
    const int n = 1000;
    double sum = 0.0;

    for (int i = 0; i <= n; i++) {
        const double z = a + (b - a) * i / n;
        sum += (i == 0 || i == n ? 1.0
                : i % 2 == 1     ? 4.0
                                 : 2.0) *
               2.0 * z * 90.0 * exp(-c * z);
    }
    return sum * (b - a) / n / 3.0;
}

#endif
