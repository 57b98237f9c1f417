/* A rule of scenarios in a run: the requirement that the book computes against that of the
 * same positions in a market that stands where the run's does. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/book.h"
#include "sim/margin_book.h"
#include "tests/fixture.h"

static const char *const RULES[] = {"deribit_portfolio", "derive_portfolio",
                                    "derive_portfolio_legacy"};

/* BTC at `spot` with one volatility; the options have `hours` less to live. */
static void open_account(struct fixture *f, const char *rule, double spot,
                         double volatility, int hours, const char *dynamics,
                         const char *shocks)
{
    char text[4096], positions[2048];

    snprintf(text, sizeof text,
             "tailrace: 1\nname: book\nportfolio: positions.csv\nshocks: [%s]\n"
             "run: {paths: 3, horizon: 2h, step: 30m, report: 90m}\n"
             "market:\n  tailrace: 1\n  name: one\n  assets:\n"
             "    BTC: {spot_usd: %.17g, price: {model: gbm, volatility_annual: 0},\n"
             "          surface: {flat_volatility_annual: %.17g, dynamics: %s}}\n"
             "  venues:\n    v:\n      margin: {rule: %s}\n      liquidity: square_root\n"
             "      assets:\n        BTC: {liquidity: {impact_coefficient: 0, "
             "volatility_daily: 0.04, daily_volume_usd: 1e9, half_spread_frac: 0}}\n",
             shocks, spot, volatility, dynamics, rule);
    snprintf(positions, sizeof positions,
             "id,account,venue,instrument,asset,quantity,entry_price_usd,option_type,"
             "strike_usd,expiry,settlement\n"
             "c,a,v,cash,,9000,,,,,\n"
             "s,a,v,spot,BTC,2,,,,,\n"
             "p,a,v,perpetual,BTC,40,95,,,,linear\n"
             "i,a,v,perpetual,BTC,-1500,97,,,,inverse\n"
             "f,a,v,future,BTC,-5,101,,,%dh,linear\n"
             "o,a,v,option,BTC,-30,,put,80,%dh,linear\n"
             "w,a,v,option,BTC,12,,call,120,%dh,inverse\n"
             "x,a,v,option,BTC,-9,,call,90,%dh,inverse\n"
             "%s",
             720 - hours, 240 - hours, 240 - hours, 720 - hours,
             hours == 0 ? "e,a,v,option,BTC,-5,,put,10,2h,linear\n" : "");
    fixture_open(f, text, positions, NULL);
}

/* Equity less requirement at the start, as `tailrace margin` has it. */
static double buffer_of(const struct fixture *f)
{
    struct arena arena = {NULL};
    struct margin_account account;
    struct margin_result result;

    margin_account_at_start(&f->plan, 0, &arena, &account);
    margin_requirement(f->plan.venue[0].rule, f->plan.venue[0].coef[0], &account.book,
                       &result);
    cr_assert(result.maintenance_usd > 100.0, "%g", result.maintenance_usd);
    const double buffer = margin_equity(&account.book) - result.maintenance_usd;
    arena_free(&arena);
    return buffer;
}

Test(book, requirement_of_scenarios_is_that_of_margin_at_the_start)
{
    static const char *const dynamics[] = {"sticky_strike", "sticky_delta"};

    for (int r = 0; r < 3; r++)
        for (int d = 0; d < 2; d++) {
            struct fixture f;
            struct worker w;
            open_account(&f, RULES[r], 100.0, 0.8, 0, dynamics[d], "");
            fixture_start(&f, &w);
            for (int k = 0; k < LANES; k++) {
                const double buffer = worker_row(&w, ROW_EQUITY, 0)[k] -
                                      worker_row(&w, ROW_REQUIREMENT, 0)[k];
                cr_assert_float_eq(buffer, buffer_of(&f), 1e-7, "%s %s: %.12g, %.12g",
                                   RULES[r], dynamics[d], buffer, buffer_of(&f));
            }
            worker_free(&w);
            fixture_close(&f);
        }
}

/* After a fall of 15 % and a rise of volatility by half, two hours on; the put with two
 * hours to live has expired without worth. */
Test(book, requirement_of_scenarios_follows_the_market)
{
    static const char *const dynamics[] = {"sticky_strike", "sticky_delta"};

    for (int r = 0; r < 3; r++)
        for (int d = 0; d < 2; d++) {
            struct fixture run, there;
            open_account(&run, RULES[r], 100.0, 0.8, 0, dynamics[d],
                         "{price: all, move: -0.15, start: 100m}, "
                         "{surface: all, multiply: 1.5, start: 100m}");
            fixture_run(&run);
            open_account(&there, RULES[r], 85.0, 1.2, 2, dynamics[d], "");
            const double expected = buffer_of(&there);
            const double lowest = fixture_metric(&run, "min_margin_buffer_usd", 0)[0];
            cr_assert(expected < buffer_of(&run));
            cr_assert_float_eq(lowest, expected, 1e-6 * fabs(expected),
                               "%s %s: %.12g, %.12g", RULES[r], dynamics[d], lowest,
                               expected);
            fixture_close(&there);
            fixture_close(&run);
        }
}

/* Between two reports the requirement stays, and is 0 once the account is closed. */
Test(book, requirement_of_scenarios_stays_between_reports)
{
    struct fixture f;
    struct worker w;

    open_account(&f, RULES[0], 100.0, 0.8, 0, "sticky_strike", "");
    fixture_start(&f, &w);
    double *need = worker_row(&w, ROW_REQUIREMENT, 0), *spot = worker_row(&w, ROW_SPOT, 0);
    const double start = need[0];
    w.step = 1;
    spot[0] = 90.0;
    worker_row(&w, ROW_OPEN, 0)[LANES - 1] = 0.0;
    book_mark(&f.plan, &w);
    cr_assert(need[LANES - 1] == 0.0 && (LANES == 1 || need[0] == start));
    w.step = 3;
    book_mark(&f.plan, &w);
    cr_assert(need[LANES - 1] == 0.0 && (LANES == 1 || need[0] != start));
    worker_free(&w);
    fixture_close(&f);
}
