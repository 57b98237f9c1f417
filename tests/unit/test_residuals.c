/* Returns over periods of a history with gaps, and the residuals of a GJR filter. */
#include <criterion/criterion.h>
#include <math.h>

#include "models/price/residuals.h"

enum { DAY = 86400, HOUR = 3600 };

Test(residuals, returns_span_whole_periods_and_no_gap)
{
    /* Ends of the days 10 to 13 and 16 to 17, an hour that is none, prices 100, 110, ... */
    const double time_s[] = {10.0 * DAY, 11.0 * DAY,        12.0 * DAY, 12.0 * DAY + HOUR,
                             13.0 * DAY, 16.0 * DAY - HOUR, 16.0 * DAY, 17.0 * DAY};
    const double price_usd[] = {100, 110, 120, 125, 130, 135, 140, 150};
    const struct history h = {"h.csv", 8, time_s, price_usd};
    struct arena arena = {NULL};
    const struct period_returns r = period_returns_read(&h, DAY, &arena);
    static const struct {
        double end_day, from, to;
        bool starts_run;
    } expected[] = {{11, 100, 110, true},
                    {12, 110, 120, false},
                    {13, 120, 130, false},
                    {17, 140, 150, true}};

    cr_assert_eq(r.n, 4);
    for (uint32_t i = 0; i < r.n; i++) {
        cr_assert_eq(r.at[i].end_s, expected[i].end_day * DAY, "return %u", i);
        cr_assert_float_eq(r.at[i].log_return, log(expected[i].to / expected[i].from),
                           1e-15);
        cr_assert_eq(r.at[i].starts_run, expected[i].starts_run, "return %u", i);
    }
    arena_free(&arena);
}

/* Days that end at 16:00 have no price at midnight. */
Test(residuals, days_end_where_the_history_ends)
{
    double time_s[5], price_usd[5];
    const struct history h = {"h.csv", 5, time_s, price_usd};
    struct arena arena = {NULL};

    for (int i = 0; i < 5; i++) {
        time_s[i] = (100.0 + i) * DAY + 16 * HOUR;
        price_usd[i] = 100.0 + i;
    }
    cr_assert_eq(period_returns_read(&h, DAY, &arena).n, 4);
    cr_assert_eq(period_returns_read(&h, 2.0 * DAY, &arena).n, 2);
    cr_assert_eq(period_returns_read(&h, HOUR, &arena).n, 0);
    arena_free(&arena);
}

Test(residuals, filter_follows_the_recursion)
{
    struct period_return at[] = {{.log_return = 0.02, .starts_run = true},
                                 {.log_return = -0.05},
                                 {.log_return = 0.01},
                                 {.log_return = 0.06, .starts_run = true}};
    struct period_returns r = {4, at};
    const struct gjr gjr = {0.0001, 0.1, 0.2, 0.6, 0.0005};

    residuals_filter(&r, &gjr);
    /* mean 0.01; h0 = 0.0005, eps0 = 0.01 */
    cr_assert_float_eq(at[0].residual, 0.01 / sqrt(0.0005), 1e-14);
    const double h1 = 0.0001 + 0.1 * 0.0001 + 0.6 * 0.0005;
    const double eps1 = -0.06 + 0.5 * (h1 - 0.0005);
    cr_assert_float_eq(at[1].residual, eps1 / sqrt(h1), 1e-14);
    const double h2 = 0.0001 + 0.3 * eps1 * eps1 + 0.6 * h1;
    cr_assert_float_eq(at[2].residual, 0.5 * (h2 - 0.0005) / sqrt(h2), 1e-14);
    cr_assert_float_eq(at[3].residual, 0.05 / sqrt(0.0005), 1e-14);
}

Test(residuals, standard_residuals_have_mean_0_and_variance_1)
{
    struct period_return at[] = {
        {.residual = 3.0}, {.residual = -1.0}, {.residual = 0.5}, {.residual = -2.0}};
    struct period_returns r = {4, at};
    double mean = 0.0, square = 0.0;
    const double below = residuals_standardise(&r);

    for (int i = 0; i < 4; i++) {
        mean += at[i].residual / 4.0;
        square += at[i].residual * at[i].residual / 4.0;
    }
    cr_assert_float_eq(mean, 0.0, 1e-15);
    cr_assert_float_eq(square, 1.0, 1e-15);
    /* deviations from 0.125: 2.875, -1.125, 0.375, -2.125 */
    cr_assert_float_eq(below,
                       (1.125 * 1.125 + 2.125 * 2.125) /
                           (2.875 * 2.875 + 1.125 * 1.125 + 0.375 * 0.375 + 2.125 * 2.125),
                       1e-15);
}

Test(residuals, common_days_are_kept)
{
    struct period_return a[] = {
        {.end_s = 1}, {.end_s = 2}, {.end_s = 4}, {.end_s = 5}, {.end_s = 9}};
    struct period_return b[] = {{.end_s = 2}, {.end_s = 3}, {.end_s = 5}, {.end_s = 7}};
    struct period_returns one = {5, a};
    const struct period_returns other = {4, b};

    period_returns_keep(&one, &other);
    cr_assert_eq(one.n, 2);
    cr_assert_eq(one.at[0].end_s, 2);
    cr_assert_eq(one.at[1].end_s, 5);
}
