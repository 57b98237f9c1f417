/* Prices through the front door, against theory. */
#include <criterion/criterion.h>
#include <math.h>

#include "tests/price_paths.h"

static double power(double x, double exponent)
{
    return pow(x / 100.0, exponent);
}

/* E (S/S0)^a of geometric Brownian motion, 5 standard errors. */
Test(statistical, prices_through_the_front_door)
{
    struct price_paths p = {.price =
                                "{model: gbm, drift_annual: 0.3, volatility_annual: 0.7}",
                            .horizon_s = 30.0 * 86400.0,
                            .step_s = 86400.0,
                            .n_path = 50000,
                            .seed = 11};
    const double years = 30.0 / 365.0;

    price_paths_run(&p);
    for (double a = 1.0; a < 3.0; a++) {
        const struct price_mean m = price_paths_mean(&p, power, a);
        const double expected = exp(years * (a * 0.3 + 0.5 * a * (a - 1.0) * 0.49));
        cr_assert_float_eq(m.mean, expected, 5.0 * m.se, "power %g: %.6g, expected %.6g", a,
                           m.mean, expected);
    }
    price_paths_close(&p);
}
