/* The path metrics of a traded price: its largest fall, how long that took, and its
 * realised volatility between reporting times. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "tests/fixture.h"

static void open_price(struct fixture *f, const char *run, const char *volatility,
                       const char *shocks)
{
    char text[2048];

    snprintf(text, sizeof text,
             "tailrace: 1\nname: price\nrun: %s\nmarket:\n  tailrace: 1\n  name: one\n"
             "  assets:\n    BTC: {spot_usd: 100, price: {model: gbm, volatility_annual: "
             "%s}}\n%s",
             run, volatility, shocks);
    fixture_open(f, text, NULL, NULL);
    fixture_run(f);
}

Test(metric, a_fall_is_measured_from_the_high_before_it)
{
    static const struct row {
        const char *name, *shocks;
        double fall, duration_h;
    } rows[] = {
        {"none", "", 0.0, 0.0},
        {"rise only", "shocks: [{price: all, move: 0.3, start: 2h}]\n", 0.0, 0.0},
        {"from the start", "shocks: [{price: all, move: -0.2, start: 3h, duration: 2h}]\n",
         0.2, 5.0},
        {"from a later high",
         "shocks:\n  - {price: all, move: 0.1, start: 2h}\n"
         "  - {price: all, move: -0.25, start: 3h, duration: 4h}\n",
         0.25, 5.0},
        {"the deeper of two",
         "shocks:\n  - {price: all, move: -0.3, start: 1h, duration: 1h, shape: pulse}\n"
         "  - {price: all, move: 0.2, start: 4h}\n"
         "  - {price: all, move: -0.1, start: 6h, duration: 2h, shape: pulse}\n",
         0.3, 1.0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        open_price(&f, "{paths: 16, horizon: 10h, step: 15m, report: 1h}", "0",
                   rows[i].shocks);
        const double fall = fixture_metric(&f, "max_fall_frac", 0)[3];
        const double duration_s = fixture_metric(&f, "fall_duration_s", 0)[3];
        cr_expect_float_eq(fall, rows[i].fall, 1e-14, "%s: fall %.17g", rows[i].name, fall);
        cr_expect_float_eq(duration_s, 3600.0 * rows[i].duration_h, 1e-9,
                           "%s: duration %.17g s", rows[i].name, duration_s);
        fixture_close(&f);
    }
}

Test(metric, realised_volatility_counts_the_moves_between_reporting_times)
{
    /* up by 0.2 and back within one reporting period, then -0.1 that stays; 10 periods */
    static const char shocks[] =
        "shocks:\n"
        "  - {price: all, move: 0.2, start: 135m, duration: 30m, shape: pulse}\n"
        "  - {price: all, move: -0.1, start: 5h}\n";
    const double expected = fabs(log1p(-0.1)) * sqrt(365.0 * 24.0 / 10.0);
    struct fixture f;

    open_price(&f, "{paths: 16, horizon: 10h, step: 15m, report: 1h}", "0", shocks);
    const double volatility = fixture_metric(&f, "realised_volatility_annual", 0)[3];
    cr_assert_float_eq(volatility, expected, 1e-13 * expected, "%.17g instead of %.17g",
                       volatility, expected);
    fixture_close(&f);
}

/* The last report lies at the horizon even where the period does not divide it. */
Test(metric, realised_volatility_of_a_diffusion_is_its_volatility)
{
    enum { N = 2048 };
    const double sigma = 0.77, hour = 1.0 / 8760.0;
    double sum = 0.0, fourth = 2.0 * 33.0 * hour * hour + 2.0 * 0.25 * hour * hour;
    struct fixture f;

    open_price(&f, "{paths: 2048, horizon: 2010m, step: 30m, report: 1h, seed: 11}", "0.77",
               "");
    for (int i = 0; i < N; i++) {
        const double v = fixture_metric(&f, "realised_volatility_annual", 0)[i];
        sum += v * v;
    }
    /* variance of the sum of squares: 2 sigma^4 sum of squared periods; drift is
     * negligible */
    const double span = 33.5 * hour, se = sigma * sigma * sqrt(fourth / N) / span;
    cr_assert_float_eq(sum / N, sigma * sigma, 5.0 * se, "%.6g instead of %.6g",
                       sqrt(sum / N), sigma);
    fixture_close(&f);
}
