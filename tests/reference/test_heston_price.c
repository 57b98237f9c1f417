/* Prices by characteristic function against the literature. */
#include <criterion/criterion.h>
#include <math.h>

#include "tests/heston_case.h"

Test(reference, heston_and_bates_by_characteristic_function)
{
    for (const struct heston_case *c = heston_case; c->name != NULL; c++) {
        const double forward = c->spot * exp((c->r - c->q) * c->years);
        const double k = log(c->strike / forward);
        const double call = heston_call(&c->h, c->years, k);
        const double price =
            exp(-c->r * c->years) * forward * (c->call ? call : call - 1.0 + exp(k));

        cr_assert_leq(fabs(price - c->price), 1e-12 * forward, "%s: %.17g, expected %.17g",
                      c->name, price, c->price);
    }
}

/* Volatilities of Black's prices come back, from deep inside to far outside. */
Test(reference, implied_volatility_inverts_black)
{
    for (double sd = 0.003; sd < 8.0; sd *= 1.7)
        for (double d = -6.0; d <= 6.0; d += 0.75) {
            const double k = d * sd, call = black_call(k, sd);
            const double got = black_implied(k, call);
            const double slack = 1e-15 / black_vega(k, sd); /* of the price's last digits */

            cr_assert_leq(fabs(got - sd), 1e-12 * sd + slack, "sd %g, k %g: %.15g", sd, k,
                          got);
        }
    cr_assert(isnan(black_implied(0.1, 0.0)) && isnan(black_implied(-0.1, 1.0)));
}
