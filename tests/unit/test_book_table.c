/* Valuation of the book by tables against valuation in full, path by path. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/book_table.h"
#include "sim/run.h"
#include "tests/fixture.h"
#include "tests/scratch.h"

enum { N_MARKET = 5 };
static const struct {
    const char *what, *asset, *shocks;
    uint64_t dimensions;
} markets[N_MARKET] = {
    {"flat",
     "price: {model: gbm, volatility_annual: 0.7}, "
     "surface: {flat_volatility_annual: 0.7}",
     "", 1},
    {"a surface shock at fixed times",
     "price: {model: gbm, volatility_annual: 0.7}, surface: {flat_volatility_annual: 0.7}",
     "shocks:\n  - {surface: [BTC], multiply: 1.8, start: 2h}\n", 1},
    {"a surface shock of random size",
     "price: {model: gbm, volatility_annual: 0.7}, surface: {flat_volatility_annual: 0.7}",
     "shocks:\n  - {surface: [BTC], multiply: {uniform: [1.2, 2.0]}, start: 2h}\n", 2},
    {"a surface shock with a long tail",
     "price: {model: gbm, volatility_annual: 0.7}, surface: {flat_volatility_annual: 0.7}",
     "shocks:\n  - {surface: [BTC], multiply: {median: 1.5, log_sd: 0.3}, start: 2h}\n", 2},
    {"implied volatility that follows the model's",
     "price: {model: heston, volatility_annual: 0.7, long_volatility_annual: 0.7, "
     "reversion_per_year: 6, vol_of_variance: 2, spot_correlation: -0.4}, "
     "surface: {flat_volatility_annual: 0.7, level_beta: 0.7}",
     "", 2},
};

/* Eighty options, some of them an hour from their expiry at the last report but one, one
 * that expires inside the horizon, and some with a state of their own: inside the window. */
static void write_positions(char *text, size_t size)
{
    static const char *const expiries[] = {"7h", "8h30m", "2d", "14d", "60d"};
    size_t n = (size_t)snprintf(
        text, size, "id,account,instrument,asset,quantity,option_type,strike_usd,expiry\n");

    for (int i = 0; i < 80; i++)
        n += (size_t)snprintf(text + n, size - n, "o%d,%s,option,BTC,%d,%s,%d,%s\n", i,
                              i % 3 ? "a" : "b", i % 7 - 3 ? i % 7 - 3 : 5,
                              i % 2 ? "put" : "call", 70 + i % 12 * 5,
                              i % 5 == 1 ? "500m" : expiries[i % 5]);
}

static void open_market(struct fixture *f, int market, const char *run)
{
    char text[4096], positions[8192];

    write_positions(positions, sizeof positions);
    snprintf(text, sizeof text,
             "tailrace: 1\nname: tables\nrun: {paths: 2048, horizon: 8h, step: 30m, "
             "report: 1h, seed: 11, %s}\nportfolio: positions.csv\n%s"
             "market:\n  tailrace: 1\n  name: m\n  assets:\n    BTC: {spot_usd: 100, %s}\n",
             run, markets[market].shocks, markets[market].asset);
    fixture_open(f, text, positions, NULL);
}

static void build(struct fixture *f, struct revaluation_count *count)
{
    cr_assert(book_table_build(&f->plan, NULL, NULL, &f->arena, count));
    cr_assert_not_null(f->plan.tables);
}

static double gross(const struct fixture *f)
{
    double sum = 0.0;
    struct worker w;
    lane_row log_spot, value;
    struct claim_value out = {.value_usd = value};

    fixture_start(f, &w);
    for (int k = 0; k < LANES; k++)
        log_spot[k] = log(100.0);
    for (uint32_t i = 0; i < f->plan.n_claim; i++) {
        book_claim_value(&f->plan, &f->plan.claim[i], &w, worker_row(&w, ROW_SPOT, 0),
                         log_spot, &out);
        sum += fabs(f->plan.claim[i].contract->quantity * value[0]);
    }
    worker_free(&w);
    return sum;
}

/* P&L, drawdown and the reports in between are within 1e-6 of the gross value on every
 * path, and no table was refused. */
Test(book_table, tables_agree_with_full_valuation)
{
    for (int market = 0; market < N_MARKET; market++) {
        struct fixture full, book;
        struct revaluation_count count = {0};
        double worst = 0.0, checked = 0.0;

        open_market(&full, market, "revaluation: full");
        fixture_run(&full);
        open_market(&book, market, "revaluation: book");
        build(&book, &count);
        fixture_run(&book);
        const double limit = 1e-6 * gross(&full);
        static const char *const columns[] = {"pnl_usd", "max_drawdown_usd"};
        for (int c = 0; c < 2; c++)
            for (uint64_t i = 0; i < full.plan.n_path; i++)
                worst = fmax(worst, fabs(fixture_metric(&full, columns[c], 0)[i] -
                                         fixture_metric(&book, columns[c], 0)[i]));
        cr_expect(worst < limit, "%s: %g, limit %g", markets[market].what, worst, limit);
        cr_expect_eq(count.n_table, 16, "%s: %d", markets[market].what, (int)count.n_table);
        cr_expect_eq(count.n_dimension, markets[market].dimensions, "%s: %d",
                     markets[market].what, (int)count.n_dimension);

        const double *error = fixture_metric(&book, "revaluation_error_usd", 0);
        for (uint64_t i = 0; i < book.plan.n_path; i++)
            checked += !isnan(error[i]);
        for (uint64_t i = 0; i < book.plan.n_path; i++)
            cr_assert(isnan(error[i]) || fabs(error[i]) < limit, "%g", error[i]);
        cr_expect_float_eq(checked, 1024.0, 5.0 * sqrt(512.0), "%g", checked);
        book_table_free(&book.plan);
        fixture_close(&book);
        fixture_close(&full);
    }
}

/* A price that leaves the range of the first paths: jumps that come to one path in 300.
 * What is outside is valued in full and counted. */
Test(book_table, states_outside_are_valued_in_full)
{
    struct fixture f[2];
    struct revaluation_count count = {0};
    double outside = 0.0, worst = 0.0;
    char text[2048], positions[8192];

    write_positions(positions, sizeof positions);
    for (int book = 0; book < 2; book++) {
        snprintf(text, sizeof text,
                 "tailrace: 1\nname: jumps\nrun: {paths: 60000, horizon: 8h, step: 2h, "
                 "report: 4h, seed: 5, revaluation: %s}\nportfolio: positions.csv\n"
                 "market:\n  tailrace: 1\n  name: m\n  assets:\n    BTC: {spot_usd: 100, "
                 "price: {model: merton, volatility_annual: 0.3, jumps_per_year: 0.5, "
                 "jump_log_mean: -0.2, jump_log_sd: 0.3}, surface: "
                 "{flat_volatility_annual: 0.7}}\n",
                 book ? "book" : "full");
        fixture_open(&f[book], text, positions, NULL);
        if (book)
            build(&f[book], &count);
        fixture_run(&f[book]);
    }
    for (uint64_t i = 0; i < f[0].plan.n_path; i++) {
        outside += fixture_metric(&f[1], "revaluation_outside", 0)[i];
        worst = fmax(worst, fabs(fixture_metric(&f[0], "pnl_usd", 0)[i] -
                                 fixture_metric(&f[1], "pnl_usd", 0)[i]));
    }
    cr_expect(outside > 0.0, "no state was outside");
    cr_expect(worst < 1e-6 * gross(&f[0]), "%g", worst);
    book_table_free(&f[1].plan);
    fixture_close(&f[0]);
    fixture_close(&f[1]);
}

/* The first 4,096 paths are all paths here. The tables go as far again as their prices reach
 * from the middle, and 0.15 of the range further in a state: uniform draws come as close to
 * their ends as 1 / 4096. */
Test(book_table, tables_reach_beyond_what_was_seen)
{
    struct fixture f;
    struct revaluation_count count = {0};
    char positions[8192];
    double low = INFINITY, high = -INFINITY;
    const double state_low = log(1.2), state_high = log(2.0);
    const double width = state_high - state_low;

    write_positions(positions, sizeof positions);
    fixture_open(
        &f,
        "tailrace: 1\nname: range\nrun: {paths: 4096, horizon: 4h, step: 1h, "
        "report: 4h, seed: 3, revaluation: book}\nportfolio: positions.csv\n"
        "shocks:\n  - {surface: [BTC], multiply: {uniform: [1.2, 2.0]}, start: 2h}\n"
        "market:\n  tailrace: 1\n  name: m\n  assets:\n    BTC: {spot_usd: 100, "
        "price: {model: gbm, volatility_annual: 0.7}, "
        "surface: {flat_volatility_annual: 0.7}}\n",
        positions, NULL);
    build(&f, &count);
    fixture_run(&f);
    const double *spot = fixture_metric(&f, "final_spot_usd", 0);
    for (uint64_t i = 0; i < f.plan.n_path; i++) {
        low = fmin(low, log(spot[i]));
        high = fmax(high, log(spot[i]));
    }
    const struct chebyshev *c = &f.plan.tables->table[0].c;
    const double reach = 0.5 * (high - low);
    cr_expect_float_eq(c->low[0], low - reach, 1e-12, "%.15g", c->low[0]);
    cr_expect_float_eq(c->high[0], high + reach, 1e-12, "%.15g", c->high[0]);
    cr_expect_float_eq(c->low[1], state_low - 0.15 * width, 1e-3 * width, "%g", c->low[1]);
    cr_expect_float_eq(c->high[1], state_high + 0.15 * width, 1e-3 * width, "%g",
                       c->high[1]);
    book_table_free(&f.plan);
    fixture_close(&f);
}

/* A tolerance that no table holds, and a book too small to gain: in full, and counted. */
Test(book_table, what_cannot_be_held_is_valued_in_full)
{
    static const char *const runs[] = {"revaluation: book, revaluation_tolerance: 1e-12",
                                       "revaluation: auto, revaluation_tolerance: 1e-12"};
    double pnl[2] = {0.0};

    for (int i = 0; i < 2; i++) {
        struct fixture f, full;
        struct revaluation_count count = {0};
        open_market(&f, 2, runs[i]);
        f.plan.revaluation_tolerance = 1e-18;
        build(&f, &count);
        cr_expect(count.n_full > 0, "%d full", (int)count.n_full);
        fixture_run(&f);
        open_market(&full, 2, "revaluation: full");
        fixture_run(&full);
        for (uint64_t k = 0; k < full.plan.n_path; k++)
            pnl[i] = fmax(pnl[i], fabs(fixture_metric(&f, "pnl_usd", 0)[k] -
                                       fixture_metric(&full, "pnl_usd", 0)[k]));
        cr_expect(pnl[i] < 1e-9 * gross(&full), "%g", pnl[i]);
        book_table_free(&f.plan);
        fixture_close(&f);
        fixture_close(&full);
    }
}

/* A book that has nothing to tabulate has no tables. */
Test(book_table, claims_with_a_state_have_no_tables)
{
    struct fixture f;
    struct revaluation_count count = {0};

    fixture_open(&f,
                 "tailrace: 1\nname: none\nrun: {paths: 512, horizon: 8h, step: 1h, "
                 "revaluation: book}\nportfolio: positions.csv\nmarket:\n  tailrace: 1\n"
                 "  name: m\n  assets:\n    BTC: {spot_usd: 100, price: {model: gbm, "
                 "volatility_annual: 0.7}, surface: {flat_volatility_annual: 0.7}}\n",
                 "id,instrument,asset,quantity,lower_price_usd,upper_price_usd\n"
                 "r,lp_range,BTC,1000,80,130\n",
                 NULL);
    cr_assert(book_table_build(&f.plan, NULL, NULL, &f.arena, &count));
    cr_expect_null(f.plan.tables);
    cr_expect_eq(count.n_table + count.n_full, 0);
    fixture_run(&f);
    book_table_free(&f.plan);
    fixture_close(&f);
}
