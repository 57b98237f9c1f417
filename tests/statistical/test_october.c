/* The ready scenario of 10 October 2025 with and without the cascade: the stated moves are
 * totals, so the median troughs agree; everything that the cascade adds differs. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/run.h"
#include "sim/stats.h"
#include "tests/fixture.h"

/* The first assets have shocks and liquidity of their own. The pegs behind them follow a
 * step later, and so miss the spikes within one. */
enum { N = 2048, MAX_ASSET = 8, N_SHOCKED = 3 };

static void open_october(struct fixture *f, const char *feedback)
{
    const struct override override[] = {{"run.paths", "2048"}, {"run.feedback", feedback}};
    struct error err;

    *f = (struct fixture){.column = NULL};
    cr_assert(scenario_read(TAILRACE_SOURCE "/scenarios/october-2025.yaml", 2, override,
                            &f->arena, &f->scenario, &err),
              "%s", err.text);
    cr_assert(compile_plan(&f->scenario, &f->arena, &f->plan, &err), "%s", err.text);
}

/* Median of a metric and half the distance between the order statistics one binomial
 * standard deviation off. */
static double median(const struct fixture *f, const char *name, uint32_t element,
                     double *error)
{
    const int off = (int)ceil(0.5 * sqrt(N));
    double values[N];

    memcpy(values, fixture_metric(f, name, element), sizeof values);
    stats_sort(values, N);
    *error = 0.5 * (values[N / 2 + off] - values[N / 2 - off]);
    return values[N / 2];
}

/* Mean difference of a metric over its standard error; 0 if there is none. */
static double paired(const struct fixture *a, const struct fixture *b, const char *name)
{
    const double *x = fixture_metric(a, name, 0), *y = fixture_metric(b, name, 0);
    double difference[N], mean, error;

    for (int i = 0; i < N; i++)
        difference[i] = x[i] - y[i];
    stats_mean(difference, N, &mean, &error);
    return error > 0.0 ? mean / error : 0.0;
}

/* Mean difference, over its standard error, of the distances from the medians: the same
 * draws on both sides, so that the tails of the price models do not hide it. */
static void assert_wider(const struct fixture *wide, const struct fixture *narrow,
                         const char *name, uint32_t element)
{
    const double *x = fixture_metric(wide, name, element);
    const double *y = fixture_metric(narrow, name, element);
    double error, difference[N], mean;
    const double middle_x = median(wide, name, element, &error);
    const double middle_y = median(narrow, name, element, &error);

    for (int i = 0; i < N; i++)
        difference[i] = fabs(x[i] - middle_x) - fabs(y[i] - middle_y);
    stats_mean(difference, N, &mean, &error);
    cr_assert_gt(mean, 5.0 * error, "%s is wider by %g, error %g", name, mean, error);
}

Test(october, the_cascade_leaves_the_median_trough_and_changes_the_rest)
{
    struct fixture with, without;
    double target[MAX_ASSET], reached[MAX_ASSET], error[2];
    struct error err;

    open_october(&without, "false");
    fixture_run(&without);
    open_october(&with, "true");
    cr_assert_eq(run_pilot(&with.plan, NULL, NULL, target, reached, &err), RUN_DONE);
    fixture_run(&with);
    for (uint32_t asset = 0; asset < N_SHOCKED; asset++) {
        const double a = median(&without, "min_spot_usd", asset, &error[0]);
        const double b = median(&with, "min_spot_usd", asset, &error[1]);
        /* the pilot aims from 1,024 other paths, with twice the variance, and stops within
         * half of its own error */
        const double se = sqrt(error[0] * error[0] + error[1] * error[1]);
        cr_assert_float_eq(a, b, 3.0 * sqrt(3.0) * se + 0.5 * sqrt(2.0) * error[0],
                           "%s: trough %g without, %g with the cascade, error %g",
                           with.plan.asset[asset].name, a, b, se);
        cr_assert(with.plan.exogenous[asset] > 0.1 && with.plan.exogenous[asset] < 0.99,
                  "%s: exogenous share %g", with.plan.asset[asset].name,
                  with.plan.exogenous[asset]);
        cr_assert_gt(median(&with, "impact_frac", asset, &error[0]), 0.01);
        cr_assert_eq(median(&without, "impact_frac", asset, &error[0]), 0.0);
    }
    /* the same draws on both sides: paired differences */
    const double shortfall = paired(&with, &without, "gross_shortfall_usd");
    const double bad_debt = paired(&with, &without, "bad_debt_usd");
    cr_assert_gt(fabs(shortfall), 5.0, "shortfalls differ by %g standard errors",
                 shortfall);
    cr_assert_gt(bad_debt, 0.0, "bad debt differs by %g standard errors", bad_debt);
    /* the cascade widens the distributions */
    assert_wider(&with, &without, "liquidated_usd", 0);
    assert_wider(&with, &without, "min_spot_usd", 0);
    fixture_close(&with);
    fixture_close(&without);
}
