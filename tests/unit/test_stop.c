/* What a signal ends besides the paths of the run itself. */

#include <criterion/criterion.h>
#include <math.h>

#include "sim/book_table.h"
#include "sim/chebyshev.h"
#include "sim/greek_paths.h"
#include "sim/run.h"
#include "sim/run_parallel.h"
#include "tests/fixture.h"

static volatile sig_atomic_t stop_now;

static void task_of_three(void *context, uint32_t i)
{
    uint32_t *n_begun = context;

    (void)i;
    (*n_begun)++;
    stop_now = *n_begun >= 3;
}

Test(stop, tasks_do_not_begin)
{
    uint32_t n_begun = 0;

    stop_now = 0;
    run_threads(1);
    run_parallel(100, task_of_three, &n_begun, NULL, &stop_now);
    cr_assert_eq(n_begun, 3);
}

/* The corner of a function takes many calls to find. */
static void kink_then_stop(void *context, uint32_t n, const double *x, const lane_row *y,
                           lane_row *out)
{
    uint32_t *n_call = context;

    (void)n;
    (void)y;
    for (int k = 0; k < LANES; k++)
        out[0][k] = fabs(x[k] - 0.13);
    stop_now = ++*n_call >= 3;
}

Test(stop, an_interpolant_is_given_up)
{
    static const double tolerance[] = {1e-12};
    struct arena arena = {NULL};
    struct chebyshev c;
    uint32_t n_call = 0;
    const struct chebyshev_spec spec = {.n_sum = 1,
                                        .low = {-0.5},
                                        .high = {0.7},
                                        .tolerance = tolerance,
                                        .max_points = 1000000,
                                        .value = kink_then_stop,
                                        .context = &n_call,
                                        .stop = &stop_now};

    stop_now = 0;
    const bool built = chebyshev_build(&spec, &arena, &c);
    cr_assert(!built);
    cr_assert(n_call >= 3 && n_call < 6, "%d", (int)n_call);
    arena_free(&arena);
}

static void open_book(struct fixture *f)
{
    fixture_open(f,
                 "tailrace: 1\nname: stop\nrun: {paths: 700, horizon: 8h, step: 1h, "
                 "revaluation: book, greek_paths: 700}\nportfolio: positions.csv\n"
                 "market:\n  tailrace: 1\n  name: m\n  assets:\n    BTC: {spot_usd: 100, "
                 "price: {model: gbm, volatility_annual: 0.7}, "
                 "surface: {flat_volatility_annual: 0.7}}\n",
                 "id,instrument,asset,quantity,option_type,strike_usd,expiry\n"
                 "o,option,BTC,-3,put,95,30d\n",
                 NULL);
    stop_now = 1;
}

Test(stop, tables_are_not_built)
{
    struct fixture f;
    struct revaluation_count count;

    open_book(&f);
    cr_assert(!book_table_build(&f.plan, NULL, &stop_now, &f.arena, &count));
    cr_assert_null(f.plan.tables);
    stop_now = 0;
    cr_assert(book_table_build(&f.plan, NULL, &stop_now, &f.arena, &count));
    cr_assert_not_null(f.plan.tables);
    book_table_free(&f.plan);
    fixture_close(&f);
}

Test(stop, greeks_are_not_recomputed)
{
    static const unsigned char done[] = {1, 1, 1};
    struct fixture f;

    open_book(&f);
    const struct greek_paths paths = greek_paths_of(&f.plan, &f.arena);
    const uint32_t spot = greek_paths_spot(f.plan.n_asset, 0);
    enum run_outcome outcome = run_greeks(&f.plan, done, &paths, &stop_now);
    cr_assert_eq(outcome, RUN_STOPPED);
    for (uint64_t k = 0; k < paths.n_path; k++)
        cr_assert_eq(paths.column[spot][k], 0.0, "path %d", (int)k);
    stop_now = 0;
    outcome = run_greeks(&f.plan, done, &paths, &stop_now);
    cr_assert_eq(outcome, RUN_DONE);
    cr_assert_gt(paths.column[spot][paths.n_path - 1], 0.0);
    fixture_close(&f);
}

Test(stop, contributions_are_not_computed)
{
    static const uint64_t path[] = {3, 8, 699};
    struct fixture f;
    double pnl[3] = {0.0}, cost[3];

    open_book(&f);
    enum run_outcome outcome = run_contributions(&f.plan, path, 3, pnl, cost, &stop_now);
    cr_assert_eq(outcome, RUN_STOPPED);
    cr_assert_eq(pnl[0], 0.0);
    cr_assert_eq(pnl[2], 0.0);
    stop_now = 0;
    outcome = run_contributions(&f.plan, path, 3, pnl, cost, &stop_now);
    cr_assert_eq(outcome, RUN_DONE);
    cr_assert_neq(pnl[0], 0.0);
    cr_assert_neq(pnl[2], 0.0);
    fixture_close(&f);
}
