/* The estimators on recorded prices: they converge, and the order of the models is the one
 * that everybody finds. The data do not belong to the program; without them the tests are
 * skipped. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "models/history.h"
#include "scenarios/prices.h"
#include "sim/study/estimate.h"
#include "tests/real_data.h"

/* Returns over single steps of a column, a run behind every gap. */
static struct returns read_returns(const char *path, const char *column, double from_s,
                                   struct arena *arena)
{
    struct input_list inputs = {.arena = arena};
    const struct price_format format = {0.0};
    const struct place place = {.file = path};
    struct price_table table;
    struct history h;
    struct error err;
    uint32_t n = 0;

    if (access(path, R_OK) != 0)
        cr_skip_test("no market data at %s", path);
    cr_assert(prices_read(&inputs, path, NULL, &format, &table, &err), "%s", err.text);
    const struct price_column *c = prices_column(&table, column, &place, &err);
    cr_assert_not_null(c, "%s", err.text);
    prices_history(&table, c, arena, &h);
    const double step_s = history_median_s(&h, arena);
    double *log_return = arena_get(arena, h.n, sizeof *log_return);
    double *end_s = arena_get(arena, h.n, sizeof *end_s);
    bool *starts = arena_get(arena, h.n, sizeof *starts);
    for (uint32_t i = 1; i < h.n; i++) {
        if (h.time_s[i - 1] < from_s || fabs(h.time_s[i] - h.time_s[i - 1] - step_s) > 0.5)
            continue;
        log_return[n] = log(h.price_usd[i] / h.price_usd[i - 1]);
        end_s[n] = h.time_s[i];
        starts[n] = n == 0 || end_s[n] - end_s[n - 1] > 1.5 * step_s;
        n++;
    }
    return (struct returns){log_return, end_s, starts, n, step_s};
}

struct fits {
    struct estimate gbm, merton, kou, garch;
};

static struct fits fit_all(const char *name, const struct returns *r, struct arena *arena)
{
    struct fits fits;
    struct {
        const char *model;
        struct estimate *e;
    } rows[] = {{"gbm", &fits.gbm},
                {"merton", &fits.merton},
                {"kou", &fits.kou},
                {"garch", &fits.garch}};
    struct error err;

    for (int row = 0; row < 4; row++) {
        const struct estimator *estimator = estimators;
        struct estimate *e = rows[row].e;
        const clock_t start = clock();

        while (strcmp(estimator->model, rows[row].model) != 0)
            estimator++;
        cr_assert(estimator->fit(r, 1, arena, e, &err), "%s", err.text);
        cr_log_info("%s, %s, %u returns: ln L %.2f, AIC %.2f, BIC %.2f, %.2f s, %s", name,
                    estimator->model, r->n, e->log_likelihood, e->aic, e->bic,
                    (double)(clock() - start) / CLOCKS_PER_SEC,
                    e->note != NULL ? e->note : "no note");
        for (uint32_t i = 0; i < e->n_param; i++)
            cr_log_info("    %-20s %.5g +- %.2g", e->p[i].key, e->p[i].value,
                        e->p[i].standard_error);
        cr_assert(e->converged, "%s, %s: %s", name, estimator->model, e->note);
    }
    return fits;
}

static void check_order(const char *name, const struct fits *f, double least)
{
    cr_assert_gt(f->gbm.bic, f->merton.bic + least, "%s: jumps", name);
    cr_assert_gt(f->gbm.bic, f->kou.bic + least, "%s: two-sided jumps", name);
    cr_assert_gt(f->gbm.bic, f->garch.bic + least, "%s: clusters", name);
    cr_assert_lt(f->garch.bic, f->kou.bic, "%s: clusters beat jumps", name);
}

Test(golden, daily_prices_are_no_geometric_brownian_motion)
{
    static const char *const names[] = {"BTC", "SOL"};

    for (int i = 0; i < 2; i++) {
        struct arena arena = {NULL};
        const struct returns r =
            read_returns(DATA "prices_daily.csv", names[i], 0.0, &arena);
        const struct fits f = fit_all(names[i], &r, &arena);

        check_order(names[i], &f, 100.0);
        arena_free(&arena);
    }
}

Test(golden, five_minute_and_hourly_prices_are_fitted_too, .timeout = 600)
{
    static const struct {
        const char *file, *column;
    } rows[] = {{DATA "btcusdt_markprice_5m_2025q4.csv", "close"},
                {DATA "prices_hourly_btc_eth.csv", "btc"},
                {DATA "prices_hourly_btc_eth.csv", "eth"}};

    if (getenv("TAILRACE_SLOW") == NULL)
        cr_skip_test("fits of up to 75,000 returns: set TAILRACE_SLOW=1");
    for (int i = 0; i < 3; i++) {
        struct arena arena = {NULL};
        const struct returns r = read_returns(rows[i].file, rows[i].column, 0.0, &arena);
        const struct fits f = fit_all(rows[i].column, &r, &arena);

        check_order(rows[i].column, &f, 100.0);
        arena_free(&arena);
    }
}
