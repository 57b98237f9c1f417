/* Futures inside a book: margin, forced closing, settlement. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "sim/book.h"
#include "sim/liquidation.h"
#include "sim/market.h"
#include "tests/fixture.h"

static const char HEADER[] = "id,account,venue,instrument,asset,settlement,quantity,"
                             "entry_price_usd,expiry,settlement_window,basis_annual\n";
static const char DEEP[] = "impact_coefficient: 0, volatility_daily: 0.04, "
                           "daily_volume_usd: 1.0e6, half_spread_frac: 0";

static void open_book(struct fixture *f, const char *run, const char *price,
                      const char *venue, const char *rows)
{
    char text[4096], positions[2048];

    snprintf(positions, sizeof positions, "%s%s", HEADER, rows);
    const int n = snprintf(text, sizeof text,
                           "tailrace: 1\nname: future\nportfolio: positions.csv\n"
                           "run: {%s}\n",
                           run);
    snprintf(text + n, sizeof text - (size_t)n, FIXTURE_MARKET, price, DEEP, venue);
    fixture_open(f, text, positions, NULL);
}

static const char GBM[] = "{model: gbm, volatility_annual: 0.8}";

/* 2 % of |q F| for a linear, of the contracts for an inverse one; futures and perpetuals
 * of an account net. */
Test(unit, future_notional_is_its_forward_value)
{
    static const struct {
        const char *rows;
        double notional, value;
    } cases[] = {
        {"f,own,perp_venue,future,BTC,linear,-3,110,365d,0s,0.1\n",
         300 * 1.1051709180756476, -3 * (110.51709180756476 - 110)},
        {"f,own,perp_venue,future,BTC,inverse,700,50,365d,0s,0.1\n", 700,
         700 * (2.0 - 0.90483741803595957)},
        {"f,own,perp_venue,future,BTC,inverse,700,50,365d,0s,0.1\n"
         "p,own,perp_venue,perpetual,BTC,inverse,-500,100,,,\n",
         200, 700 * (2.0 - 0.90483741803595957)},
        {"f,own,perp_venue,future,BTC,linear,3,110,365d,0s,0\n"
         "p,own,perp_venue,perpetual,BTC,linear,-1,100,,,\n",
         200, 3 * (100 - 110)},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        struct worker w;
        open_book(&f, "paths: 1, horizon: 1h, step: 5m", GBM, "", cases[i].rows);
        fixture_start(&f, &w);
        cr_assert_float_eq(worker_row(&w, ROW_REQUIREMENT, 0)[0], 0.02 * cases[i].notional,
                           1e-12 * cases[i].notional, "row %zu: %.17g", i,
                           worker_row(&w, ROW_REQUIREMENT, 0)[0]);
        cr_assert_float_eq(worker_row(&w, ROW_EQUITY, 0)[0], cases[i].value, 1e-11,
                           "row %zu", i);
        worker_free(&w);
        fixture_close(&f);
    }
}

/* Closing pays the venue's fee on the notional, the book's price for the coins, and no
 * option spread. */
Test(unit, future_closed_by_force_pays_no_option_spread)
{
    struct fixture f;
    struct worker w;

    open_book(&f, "paths: 1, horizon: 1h, step: 5m", GBM,
              "      option_half_spread_frac: 0.5\n      liquidation_fee_frac: 0.01\n",
              "c,own,perp_venue,cash,,,-980,,,,\n"
              "f,own,perp_venue,future,BTC,inverse,700,50,365d,0s,0\n"
              "g,own,perp_venue,future,BTC,linear,-3,200,365d,0s,0\n");
    fixture_start(&f, &w); /* 700 + 300 - 980 = 20 against 2 % of 700 - 300 */
    cr_assert_float_eq(worker_row(&w, ROW_REQUIREMENT, 0)[0], 8.0, 1e-12);
    worker_row(&w, ROW_CASH, 0)[0] -= 15.0; /* now it is under water */
    book_mark(&f.plan, &w);
    liquidation_step(&f.plan, &w);
    cr_assert_eq(worker_row(&w, ROW_OPEN, 0)[0], 0.0, "the account must be closed");
    cr_assert_float_eq(worker_row(&w, ROW_CASH, 0)[0], 5.0 - 0.01 * 400.0, 1e-10);
    cr_assert_float_eq(worker_row(&w, ROW_TAKER_COINS, 0)[0], 14.0 - 3.0, 1e-12);
    cr_assert_float_eq(worker_row(&w, ROW_LIQUIDATED_USD, 0)[0], 400.0, 1e-9);
    worker_free(&w);
    fixture_close(&f);
}

/* Straight to 80 by expiry: the gain is paid once, in cash or coins, and stays. */
Test(unit, future_settles_into_its_account)
{
    struct fixture f;

    open_book(&f, "paths: 64, horizon: 10h, step: 1h, seed: 4", GBM, "",
              "l,a,,future,BTC,linear,-3,110,5h,0s,0.2\n"
              "i,b,,future,BTC,inverse,700,50,5h,0s,-0.1\n");
    struct worker w;
    fixture_start(&f, &w);
    double settle[LANES];
    for (w.step = 1; w.step <= 10; w.step++) {
        w.time_s = 3600.0 * w.step;
        market_step(&f.plan, &w);
        book_cash(&f.plan, &w);
        for (int k = 0; w.step == 5 && k < LANES; k++)
            settle[k] = worker_row(&w, ROW_SPOT, 0)[k];
    }
    for (int k = 0; k < LANES; k++) {
        const uint32_t n = f.plan.n_asset;
        cr_assert_float_eq(worker_row(&w, ROW_CASH, 0)[k], -3.0 * (settle[k] - 110.0),
                           1e-10);
        cr_assert_float_eq(worker_row(&w, ROW_COINS, n)[k],
                           700.0 * (1.0 / 50.0 - 1.0 / settle[k]), 1e-11);
    }
    worker_free(&w);
    fixture_close(&f);
}
