/* What is left of the user's own account after it was closed by force. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/greeks.h"
#include "sim/liquidation.h"
#include "tests/fixture.h"

static const char HEADER[] = "id,account,venue,instrument,asset,settlement,quantity,"
                             "entry_price_usd,option_type,strike_usd,expiry\n";
static const char DEEP[] = "impact_coefficient: 0, volatility_daily: 0.04, "
                           "daily_volume_usd: 1.0e6, half_spread_frac: 0";
static const char THIN[] = "impact_coefficient: 1, volatility_daily: 0.04, "
                           "daily_volume_usd: 1.0e3, half_spread_frac: 0.001";

enum { MAX_POSITION = 4 };

struct closed {
    double cash, shortfall, cost, taker_coins; /* after */
    struct greek_row start[MAX_POSITION];
};

/* Closes the book in the first step, at the start prices, with spreads 200 times as
 * wide. */
static struct closed close_at_start(const char *rows, const char *liquidity,
                                    double option_half_spread)
{
    struct closed c;
    struct fixture f;
    struct worker w;
    char text[4096], venue[128], positions[2048];

    snprintf(venue, sizeof venue, "      option_half_spread_frac: %.17g\n",
             option_half_spread);
    snprintf(positions, sizeof positions, "%s%s", HEADER, rows);
    const int n = snprintf(text, sizeof text,
                           "tailrace: 1\n"
                           "name: close\n"
                           "run: {paths: 1, horizon: 1h, step: 5m}\n"
                           "portfolio: positions.csv\n");
    snprintf(text + n, sizeof text - (size_t)n, FIXTURE_MARKET,
             "{model: gbm, volatility_annual: 0.8}", liquidity, venue);
    fixture_open(&f, text, positions, NULL);
    fixture_start(&f, &w);
    cr_assert_leq(f.plan.n_position, MAX_POSITION);
    const struct greek_table greeks = greeks_at_start(&f.plan, &f.arena);
    memcpy(c.start, greeks.position, f.plan.n_position * sizeof *c.start);
    for (int k = 0; k < LANES; k++)
        worker_effect(&w, EFFECT_SPREAD, 0)[k] = 200.0;
    liquidation_step(&f.plan, &w);
    cr_assert_eq(worker_row(&w, ROW_OPEN, 0)[0], 0.0, "the account must be closed");
    c.cash = worker_row(&w, ROW_CASH, 0)[0];
    c.shortfall = worker_row(&w, ROW_SHORTFALL, 0)[0];
    c.cost = worker_row(&w, ROW_LIQUIDATION_COST, 0)[0];
    c.taker_coins = worker_row(&w, ROW_TAKER_COINS, 0)[0];
    worker_free(&w);
    fixture_close(&f);
    return c;
}

/* The order books' spread shock leaves the options' own spread alone. */
Test(unit, close_own_pays_the_half_spread_of_gross_option_value)
{
    const struct closed c =
        close_at_start("cash,own,perp_venue,cash,,,10,,,,\n"
                       "call,own,perp_venue,option,BTC,inverse,10,,call,100,30d\n"
                       "put,own,perp_venue,option,BTC,inverse,-10,,put,90,30d\n",
                       DEEP, 0.05);
    const double call = c.start[1].value_usd, put = c.start[2].value_usd;

    cr_assert(call > 80.0 && put < -40.0, "%g %g", call, put);
    cr_assert_float_eq(c.cash, 10.0 + call + put - 0.05 * (call - put), 1e-10);
    cr_assert_float_eq(c.cost, 0.05 * (call - put), 1e-10);
    cr_assert_float_eq(c.taker_coins, c.start[1].delta_coin + c.start[2].delta_coin, 1e-12);
    cr_assert_eq(c.shortfall, 0.0);
}

/* At the widest spread long options bring nothing and written ones cost twice their
 * mark. */
Test(unit, close_own_never_sells_an_option_below_zero)
{
    const struct closed bought =
        close_at_start("cash,own,perp_venue,cash,,,-5,,,,\n"
                       "call,own,perp_venue,option,BTC,inverse,10,,call,100,30d\n",
                       DEEP, 1.0);
    cr_assert_float_eq(bought.shortfall, 5.0, 1e-10);
    cr_assert_eq(bought.cash, 0.0);

    const struct closed written =
        close_at_start("cash,own,perp_venue,cash,,,120,,,,\n"
                       "put,own,perp_venue,option,BTC,linear,-10,,put,90,30d\n",
                       DEEP, 1.0);
    cr_assert_float_eq(written.cash, 120.0 + 2.0 * written.start[1].value_usd, 1e-10);
}

/* Ten coins and a short inverse perpetual of entry 80: 800 USD at any price. Closing both
 * trades nothing, whatever the book. */
Test(unit, close_own_of_a_hedged_inverse_perpetual_trades_nothing)
{
    const struct closed c =
        close_at_start("cash,own,perp_venue,cash,,,-790,,,,\n"
                       "coins,own,perp_venue,spot,BTC,,10,,,,\n"
                       "short,own,perp_venue,perpetual,BTC,inverse,-800,80,,,\n",
                       THIN, 0.0);

    cr_assert_float_eq(c.taker_coins, 0.0, 1e-12);
    cr_assert_float_eq(c.cash, 10.0, 1e-10);
}

/* A linear perpetual pays the mean price of its own impact and the wide half-spread. */
Test(unit, close_own_pays_impact_and_spread)
{
    const struct closed c =
        close_at_start("cash,own,perp_venue,cash,,,10,,,,\n"
                       "long,own,perp_venue,perpetual,BTC,linear,10,100,,,\n",
                       THIN, 0.0);
    const double j = 0.04 * 1.0; /* Y sigma sqrt(10 coins / 10 coins per day) */
    const double fill = 1000.0 * 2.0 * (1.0 - (1.0 + j) * exp(-j)) / (j * j);

    cr_assert_float_eq(c.cost, 10.0, 1e-9);
    cr_assert_float_eq(c.shortfall, (1000.0 - fill) + 0.2 * fill - 10.0, 1e-9);
}
