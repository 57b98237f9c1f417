/* Power perpetuals inside a book: stress on the surface moves the mark, as far as there is
 * one. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/book_sums.h"
#include "sim/run.h"
#include "tests/fixture.h"

/* Still prices and a surface that is `factor` times as high after 2 hours. */
static void open_book(struct fixture *f, double factor)
{
    char text[4096];
    const int n = snprintf(text, sizeof text,
                           "tailrace: 1\nname: power\nportfolio: positions.csv\n"
                           "run: {paths: 64, horizon: 4h, step: 1h}\n"
                           "shocks:\n  - {surface: BTC, multiply: %.17g, start: 2h}\n",
                           factor);

    snprintf(text + n, sizeof text - (size_t)n, FIXTURE_MARKET,
             "{model: gbm, volatility_annual: 0}",
             "impact_coefficient: 0, volatility_daily: 0.04, daily_volume_usd: 1.0e6, "
             "half_spread_frac: 0",
             "");
    fixture_open(f, text,
                 "id,account,instrument,asset,quantity,power,normalisation,funding_period,"
                 "volatility_annual\np,a,power_perpetual,BTC,-3,2,100,7d,0.8\n",
                 NULL);
}

static double mark(double volatility)
{
    return 100.0 / (1.0 - volatility * volatility * 7.0 / 365.0);
}

Test(unit, power_perpetual_pays_the_funding_of_its_mark)
{
    struct fixture f;
    open_book(&f, 1.5);
    fixture_run(&f);
    const double hour = 1.0 / (7.0 * 24.0);
    /* the shock is on in the steps that end at 2, 3 and 4 hours or at 3 and 4 hours */
    const double late = -3.0 * (mark(1.2) - mark(0.8)) +
                        3.0 * hour * (2.0 * (mark(0.8) + mark(1.2)) - 400.0);
    const double early = late + 3.0 * hour * (mark(1.2) - mark(0.8));
    const double pnl = fixture_metric(&f, "pnl_usd", 0)[0];
    cr_assert(fabs(pnl - late) < 1e-11 || fabs(pnl - early) < 1e-11,
              "%.17g, expected %.17g or %.17g", pnl, late, early);
    fixture_close(&f);
}

/* The slope in the surface factor: vega times the volatility before stress. */
Test(unit, power_perpetual_moves_with_the_surface_factor)
{
    struct fixture f;
    struct worker w;
    open_book(&f, 1.5);
    fixture_start(&f, &w);
    const double h = 1e-3;
    const double slope = -3.0 *
                         (8.0 * (mark(0.8 * (1.0 + h)) - mark(0.8 * (1.0 - h))) -
                          (mark(0.8 * (1.0 + 2.0 * h)) - mark(0.8 * (1.0 - 2.0 * h)))) /
                         (12.0 * h);
    const double got = book_sums_row(&f.plan, &w, 0, 0, CLAIM_FACTOR)[0];
    cr_assert_float_eq(got, slope, 1e-8, "%.17g, expected %.17g", got, slope);
    worker_free(&w);
    fixture_close(&f);
}

/* 0.8 x 10 makes g T = 1.23: the run ends with the path's number instead of a price. */
Test(unit, power_perpetual_without_a_mark_ends_the_run)
{
    struct fixture f;
    struct error err = {.text = ""};
    open_book(&f, 10.0);
    f.column = arena_get(&f.arena, f.plan.n_column, sizeof *f.column);
    for (uint32_t c = 0; c < f.plan.n_column; c++)
        f.column[c] = arena_get(&f.arena, f.plan.n_path, sizeof **f.column);
    const struct run_job job = {
        .plan = &f.plan, .n_path = f.plan.n_path, .column = f.column};
    cr_assert_eq(run_job(&job, &err), RUN_FAILED);
    cr_assert(strstr(err.text, "path") != NULL, "%s", err.text);
    cr_log_info("%s", err.text);
    fixture_close(&f);
}
