#include <criterion/criterion.h>

#include "tests/claim_case.h"

/* Digital options against Haug's tables. The program does not discount: the carry of the
 * forward is r - q, and a price is exp(-r T) times the program's. */

static double digital(bool asset, bool call, double payout, double strike, double spot,
                      double rate, double carry, double years, double volatility)
{
    const struct digital_case d = {
        .contract = {.id = "row", .call = call, .quantity = 1.0, .strike_usd = strike},
        .asset = asset,
        .payout_usd = payout};
    const struct claim_case at = {.spot = spot,
                                  .log_forward_ratio = carry * years,
                                  .volatility = volatility,
                                  .years = years};

    return exp(-rate * years) *
           claim_case_price(&instrument_digital, &d.contract, &at, true).value;
}

/* As printed with four digits, and recomputed to 18. */
static void check(const char *row, double got, double published, double recomputed)
{
    cr_assert_float_eq(got, published, 1e-4, "%s: %.17g", row, got);
    cr_assert_float_eq(got, recomputed, 1e-12 * fabs(recomputed) + 1e-13, "%s: %.17g", row,
                       got);
}

/* Haug (1998), pp. 88 and 90, by way of QuantLib's test-suite/digitaloption.cpp,
 * testCashOrNothingEuropeanValues, testAssetOrNothingEuropeanValues, testGapEuropeanValues.
 * The gap option pays S - 57 above 50: an asset and 57 short in cash. */
Test(reference, digitals_of_haug)
{
    const double gap = digital(true, true, 0.0, 50.0, 50.0, 0.09, 0.09, 0.5, 0.20) -
                       digital(false, true, 57.0, 50.0, 50.0, 0.09, 0.09, 0.5, 0.20);

    check("cash put", digital(false, false, 10.0, 80.0, 100.0, 0.06, 0.0, 0.75, 0.35),
          2.6710, 2.67104568446134742);
    check("asset put", digital(true, false, 0.0, 65.0, 70.0, 0.07, 0.02, 0.5, 0.27),
          20.2069, 20.2069472983685427);
    check("gap call", gap, -0.0053, -0.00525248925878289682);
}
