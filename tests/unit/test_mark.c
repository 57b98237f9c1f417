/* Mark prices that are more than one price, against a path by path reckoning. */

#include <criterion/criterion.h>
#include <math.h>

#include "sim/mark.h"
#include "sim/market.h"
#include "tests/fixture.h"

static const char TEXT[] =
    "tailrace: 1\nname: marks\nrun: {paths: 64, horizon: 6h, step: 5m}\n"
    "shocks:\n  - {price: BTC, move: -0.3, start: 2h, duration: 30m}\n"
    "market:\n"
    "  tailrace: 1\n"
    "  name: marks\n"
    "  assets:\n"
    "    BTC: {spot_usd: 100, price: {model: gbm, volatility_annual: 1.5}, oracle: {delay: "
    "7m}}\n"
    "    ETH: {spot_usd: 50, price: {model: gbm, volatility_annual: 1}}\n"
    "  correlation: {BTC/ETH: 0}\n"
    "  venues:\n"
    "    plain: {margin: {rule: cross}}\n"
    "    three: {margin: {rule: cross}, mark: median, index: oracle, mark_half_life: 11m, "
    "assets: {BTC: {}}}\n"
    "    ema: {margin: {rule: cross}, mark: premium_ema, index: oracle, mark_half_life: "
    "3m, assets: {BTC: {}}}\n"
    "    books: {margin: {rule: cross}, mark: premium_ema, mark_half_life: 3m}\n";

static double middle(double a, double b, double c)
{
    return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

Test(mark, rules_follow_their_definition)
{
    enum { PLAIN, THREE, EMA, BOOKS };
    struct fixture f;
    struct worker w;
    double simple[LANES] = {0.0}, log_premium[LANES] = {0.0}, apart = 0.0;
    const double keep_simple = exp2(-5.0 / 11.0), keep_log = exp2(-5.0 / 3.0);

    fixture_open(&f, TEXT, NULL, NULL);
    cr_assert_eq(f.plan.n_mark, 3);
    cr_assert(f.plan.uses_oracle);
    fixture_start(&f, &w);
    cr_assert_eq(market_mark(&f.plan, THREE, 0, &w)[0], 100.0);
    while (w.step < f.plan.n_step) {
        w.step++;
        w.time_s = w.step * f.plan.step_s;
        market_step(&f.plan, &w);
        for (int k = 0; k < LANES; k++) {
            const double own = worker_row(&w, ROW_SPOT, 0)[k];
            const double index = worker_row(&w, ROW_ORACLE, 0)[k];
            simple[k] = keep_simple * simple[k] + (1 - keep_simple) * (own / index - 1);
            log_premium[k] = keep_log * log_premium[k] + (1 - keep_log) * log(own / index);
            const double three = middle(index, index * (1 + simple[k]), own);
            const double ema = index * exp(log_premium[k]);
            const double said[] = {market_mark(&f.plan, THREE, 0, &w)[k],
                                   market_mark(&f.plan, EMA, 0, &w)[k]};
            cr_assert_float_eq(said[0], three, 1e-11, "median, step %u: %.17g, %.17g",
                               w.step, said[0], three);
            cr_assert_float_eq(said[1], ema, 1e-11, "premium_ema, step %u: %.17g, %.17g",
                               w.step, said[1], ema);
            apart = fmax(apart, fabs(own / three - 1.0));
            cr_assert_eq(market_mark(&f.plan, PLAIN, 0, &w)[k], own);
            cr_assert_eq(market_mark(&f.plan, BOOKS, 0, &w)[k], own);
            cr_assert_float_eq(market_mark(&f.plan, THREE, 1, &w)[k],
                               worker_row(&w, ROW_SPOT, 1)[k], 1e-12, "no oracle");
        }
    }
    cr_assert_gt(apart, 0.02, "the marks must leave the traded price");
    worker_free(&w);
    fixture_close(&f);
}

/* Within an instant a trade moves the mark only as far as the two others let it. */
Test(mark, a_trade_moves_the_median_and_not_the_average)
{
    struct fixture f;
    struct worker w;

    fixture_open(&f, TEXT, NULL, NULL);
    fixture_start(&f, &w);
    for (int k = 0; k < LANES; k++) {
        worker_row(&w, ROW_PREMIUM, f.plan.venue[1].first_mark)[k] = 0.02;
        worker_row(&w, ROW_PREMIUM, f.plan.venue[2].first_mark)[k] = 0.02;
        worker_row(&w, ROW_SPOT, 0)[k] = k == 0 ? 101.5 : k == 1 ? 97.0 : 140.0;
    }
    mark_refresh(&f.plan, &w);
    mark_refresh(&f.plan, &w);
    const double *three = market_mark(&f.plan, 1, 0, &w);
    cr_assert_float_eq(three[0], 101.5, 1e-12);
    cr_assert_float_eq(three[1], 100.0, 1e-12);
    cr_assert_float_eq(three[2], 102.0, 1e-12);
    cr_assert_float_eq(market_mark(&f.plan, 2, 0, &w)[1], 100.0 * exp(0.02), 1e-11);
    worker_free(&w);
    fixture_close(&f);
}
