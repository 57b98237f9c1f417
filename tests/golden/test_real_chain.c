#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/utc.h"
#include "sim/book.h"
#include "sim/book_claim.h"
#include "sim/greeks.h"
#include "tests/fixture.h"
#include "tests/real_data.h"

/* Real Deribit snapshots through the front door: the chain is the volatility grid, and a
 * book holds one of every listed option. Each position's value in coins is compared with
 * the exchange's mark. The bounds are those of tests/reference/test_deribit_chain.c,
 * where every option is priced from its own row; here forward, volatility and time come
 * from the grid.
 *
 * Twice: with the market as it was when the row was quoted, where the grid must give
 * back what the row itself gives; and at the start of the plan, where all options are
 * valued at one instant with one forward per expiry, as a book must be, while the
 * exchange's marks are of different instants. The calm chain meets the same bounds
 * there. Elsewhere prices moved during the sweep, and a mark is off by up to the
 * relative move of its forward; the bounds of "at start" are what was measured, rounded
 * up. One more: the displayed theta is capped at the value, and the grid's volatility
 * off its own time is interpolated between expiries; so theta on the 21st has 0.0250 at
 * 95 %, not 0.0208.
 *   5 February: forwards of one expiry differ by up to 9e-4 between rows (ETH: 7e-4)
 *   6 February: by up to 5e-4; ETH's median is 4 % above the table's
 *   18 January, tickers: the index moves by 6e-5 within 80 s; 6.1e-5 instead of 5.0e-5 at 95 %
 *   21 January, tickers: by 5.5e-4 within 82 s; hence errors of marks up to 6.4e-4, and of
 *     theta, USD per day, near the money on the last day, where it moves fastest, up to 5.4 */

enum { MAX_CURRENCY = 2, MAX_TEXT = 1 << 19 };

static const struct real_table *table;
static struct errors mark, theta, delta, vega, rho;

/* Reads by the names of both kinds of file. */
static bool of_ticker(void)
{
    return real_has(table, "expiry_ms");
}

static const char *currency(int row)
{
    return of_ticker() ? "BTC" : real_text(table, row, "currency");
}

static double time_s(int row)
{
    return of_ticker() ? 0.001 * real_number(table, row, "time_ms")
                       : real_seconds(real_text(table, row, "time_utc"));
}

static double expiry_s(int row)
{
    return of_ticker() ? 0.001 * real_number(table, row, "expiry_ms")
                       : real_seconds(real_text(table, row, "expiry_utc"));
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Median of the index prices of one currency, or of the times of all rows (NULL). */
static double middle(const char *of)
{
    double value[TABLE_ROWS];
    int n = 0;

    for (int row = 1; row <= table->n_row; row++)
        if (of == NULL || strcmp(currency(row), of) == 0)
            value[n++] = of == NULL ? time_s(row) : real_number(table, row, "index_price");
    qsort(value, (size_t)n, sizeof *value, compare);
    return n == 0 ? 0.0 : 0.5 * (value[(n - 1) / 2] + value[n / 2]);
}

/* The whole chain as positions.csv, in the order of the file. */
static const char *write_positions(struct arena *arena)
{
    static char text[MAX_TEXT];
    char *at = text + sprintf(text, "id,instrument,asset,settlement,quantity,option_type,"
                                    "strike_usd,expiry\n");

    for (int row = 1; row <= table->n_row; row++)
        at += sprintf(at, "%s,option,%s,inverse,1,%s,%s,%s\n",
                      real_text(table, row, "instrument_name"), currency(row),
                      real_text(table, row, "option_type"), real_text(table, row, "strike"),
                      utc_text(expiry_s(row), arena));
    return text;
}

static const char *write_scenario(const char *path, struct arena *arena)
{
    static char text[4096];
    const char *const names[MAX_CURRENCY] = {"BTC", "ETH"};
    char *at = text + sprintf(text,
                              "tailrace: 1\n"
                              "name: chain\n"
                              "run: {paths: 1, horizon: 1h, step: 5m}\n"
                              "portfolio: positions.csv\n"
                              "market:\n"
                              "  tailrace: 1\n"
                              "  name: chain\n"
                              "  time_utc: %s\n"
                              "  assets:\n",
                              utc_text(middle(NULL), arena));

    for (int i = 0; i < MAX_CURRENCY; i++)
        if (middle(names[i]) > 0.0)
            at += sprintf(at,
                          "    %s: {spot_usd: %.17g, price: {model: gbm, "
                          "volatility_annual: 0.6}, surface: {chain: %s, iv_unit: %s}}\n",
                          names[i], middle(names[i]), path,
                          of_ticker() ? "percent" : "fraction");
    if (!of_ticker())
        sprintf(at, "  correlation: {BTC/ETH: 0.85}\n");
    return text;
}

/* The errors of one row's mark in coins and displayed theta in USD per day. */
static void keep(int row, double coins, double theta_usd)
{
    mark.error[mark.n++] = fabs(coins - real_number(table, row, "mark_price"));
    if (of_ticker())
        theta.error[theta.n++] = fabs(theta_usd - real_number(table, row, "theta"));
}

/* The exchange's tickers have the Black-Scholes delta, which is its net delta plus the mark
 * in coins, and vega and rho in USD. */
static void keep_greeks(int row, const struct greek_row *g)
{
    if (!of_ticker())
        return;
    delta.error[delta.n++] =
        fabs(g->delta_exchange_coin + g->value_coin - real_number(table, row, "delta"));
    vega.error[vega.n++] =
        fabs(g->vega_exchange_usd_per_point - real_number(table, row, "vega"));
    rho.error[rho.n++] = fabs(g->rho_exchange_usd_per_pct - real_number(table, row, "rho"));
}

/* Values the contract of one row in the market of that row: its forward, its time. */
static void keep_at_own_instant(const struct plan *plan, struct worker *w, int row)
{
    const struct plan_claim *o = &plan->claim[plan->position[row - 1].claim];
    const struct contract *c = o->contract;
    const double forward = real_number(table, row, "underlying_price");
    const double years = (expiry_s(row) - time_s(row)) / (365.0 * 86400.0);
    const double spot =
        forward / exp(surface_log_forward_ratio(plan->asset[c->asset].surface, years));
    const double start_years = c->expiry_s / (365.0 * 86400.0);
    const double volatility =
        surface_volatility_sqrt_t(o->strike, start_years) / sqrt(start_years);
    lane_row log_spot, value;
    struct claim_value out = {.value_usd = value};

    w->time_s = time_s(row) - middle(NULL);
    for (int k = 0; k < LANES; k++) {
        worker_row(w, ROW_SPOT, c->asset)[k] = spot;
        log_spot[k] = log(spot);
    }
    book_claim_value(plan, o, w, worker_row(w, ROW_SPOT, c->asset), log_spot, &out);
    keep(row, value[0] / spot,
         c->instrument->theta_exchange(c, forward, volatility, years, value[0]));
}

/* Loads one snapshot and keeps the errors of one currency: at the start of the plan, or
 * each row at its own instant. */
static void compare_chain(const char *path, const char *of, bool own_instant)
{
    struct arena arena = {NULL};
    struct fixture f;
    struct worker w;

    table = real_read(path);
    fixture_open(&f, write_scenario(path, &arena), write_positions(&arena), NULL);
    cr_assert_eq((int)f.plan.n_position, table->n_row);
    const struct greek_row *position = greeks_at_start(&f.plan, &arena).position;
    fixture_start(&f, &w);
    mark.n = theta.n = delta.n = vega.n = rho.n = 0;
    for (int row = 1; row <= table->n_row; row++) {
        const struct greek_row *g = &position[row - 1];
        if (strcmp(currency(row), of) != 0)
            continue;
        keep_greeks(row, g);
        if (own_instant)
            keep_at_own_instant(&f.plan, &w, row);
        else
            keep(row, g->value_usd / middle(of), g->theta_exchange_usd_per_day);
    }
    worker_free(&w);
    fixture_close(&f);
    arena_free(&arena);
}

Test(golden, real_chain_18_january)
{
    const char *path = DATA "deribit_chain_20260118T0914.csv";

    for (int own = 0; own < 2; own++) {
        compare_chain(path, "BTC", own);
        errors_check(&mark, "BTC", 656, 1.45e-6, 8.95e-6, 1.65e-5);
        compare_chain(path, "ETH", own);
        errors_check(&mark, "ETH", 686, 2.15e-6, 1.15e-5, 2.65e-5);
    }
}

Test(golden, real_chain_5_february_crash)
{
    const char *path = DATA "deribit_chain_20260205T2129_crash.csv";

    compare_chain(path, "BTC", true);
    errors_check(&mark, "BTC", 902, 2.35e-5, 5.15e-4, INFINITY);
    compare_chain(path, "ETH", true);
    errors_check(&mark, "ETH", 938, 2.45e-5, 4.65e-4, INFINITY);
    compare_chain(path, "BTC", false);
    errors_check(&mark, "BTC at start", 902, 2.75e-5, 5.55e-4, INFINITY);
    compare_chain(path, "ETH", false);
    errors_check(&mark, "ETH at start", 938, 2.45e-5, 4.65e-4, INFINITY);
}

Test(golden, real_chain_6_february)
{
    const char *path = DATA "deribit_chain_20260206T0430_postcrash.csv";

    compare_chain(path, "BTC", true);
    errors_check(&mark, "BTC", 930, 9.85e-6, 2.55e-4, INFINITY);
    compare_chain(path, "ETH", true);
    errors_check(&mark, "ETH", 954, 1.15e-5, 2.65e-4, INFINITY);
    compare_chain(path, "BTC", false);
    errors_check(&mark, "BTC at start", 930, 9.85e-6, 2.55e-4, INFINITY);
    compare_chain(path, "ETH", false);
    errors_check(&mark, "ETH at start", 954, 1.25e-5, 2.65e-4, INFINITY);
}

Test(golden, real_ticker_18_january)
{
    const char *path = DATA "deribit_btc_ticker_20260118T1230.csv";

    compare_chain(path, "BTC", true);
    errors_check(&mark, "mark", 658, 2.55e-5, 5.05e-5, 8.95e-5);
    errors_check(&theta, "theta", 658, 2.45e-3, 2.35e-2, 0.785);
    compare_chain(path, "BTC", false);
    errors_check(&mark, "mark at start", 658, 2.55e-5, 6.5e-5, 8.95e-5);
    errors_check(&theta, "theta at start", 658, 3e-3, 0.14, 0.785);
    errors_check(&delta, "delta at start", 658, 2e-5, 3.5e-4, 1e-3);
    errors_check(&vega, "vega at start", 658, 6.5e-3, 2.5e-2, 3.8e-2);
    errors_check(&rho, "rho at start", 658, 2.5e-3, 1.3e-2, 2.5e-2);
}

Test(golden, real_ticker_21_january)
{
    const char *path = DATA "deribit_btc_ticker_20260121T1230.csv";

    compare_chain(path, "BTC", true);
    errors_check(&mark, "mark", 664, 2.95e-5, 1.25e-4, 2.95e-4);
    errors_check(&theta, "theta", 664, 2.45e-3, 2.55e-2, 0.785);
    compare_chain(path, "BTC", false);
    errors_check(&mark, "mark at start", 664, 5e-5, 3e-4, 6.5e-4);
    errors_check(&theta, "theta at start", 664, 7.5e-3, 1.2, 5.5);
}
