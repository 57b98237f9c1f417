#include <criterion/criterion.h>
#include <math.h>

#include "sim/model.h"
#include "tests/unit_case.h"

extern const struct instrument instrument_power_perpetual;

/* As models/instrument/power_perpetual.c lays out its contract. */
struct power_contract {
    struct contract contract;
    double power, normalisation, funding_period_s, basis_annual;
};

/* Marks under continuous funding, S^p/(c (1 - g T)): White, Robinson, Koticha, Leone, Gauba,
 * Krishnan (2021), "Power Perpetuals" (Paradigm), and Deri Protocol, "Introducing power
 * perpetuals": published marks for volatility 100 % and rate 0 (inferred); the rest
 * recomputed at high precision (../shared/reference/defi). */
static const struct {
    double spot, power, normalisation, days, volatility, rate, mark, tolerance;
    const char *source;
} rows[] = {
    /* clang-format off */
    {45000, 2, 1000, 7, 1, 0, 2064594, 1, "Deri Protocol"},
    {40000, 2, 1000, 7, 1, 0, 1631284, 1, "Deri Protocol"},
    {35000, 2, 1000, 7, 1, 0, 1248953, 1, "Deri Protocol"},
    {45000, 2, 1000, 7, 1, 0, 2064594.9720670, 1e-6, "recomputed"},
    {40000, 2, 1000, 7, 1, 0, 1631284.9162011, 1e-6, "recomputed"},
    {35000, 2, 1000, 7, 1, 0, 1248952.5139665, 1e-6, "recomputed"},
    {3000, 2, 1, 1, 0.8, 0, 9015808.541003403, 2e-8, "own case"},
    {3000, 2, 1, 17.5, 0.9, 0, 9363642.841872729, 2e-8, "own case"},
    {2000, 3, 1, 7, 0.75, 0.03, 8.277406507118711e+9, 1e-4, "own case"},
    {1500, 0.5, 1, 7, 0.9, 0, 38.65477436254143, 1e-13, "own case"},
    /* clang-format on */
};

Test(reference, power_perpetual_marks)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct power_contract p = {
            .contract = {.instrument = &instrument_power_perpetual,
                         .volatility_annual = rows[i].volatility},
            .power = rows[i].power,
            .normalisation = rows[i].normalisation,
            .funding_period_s = rows[i].days * 86400.0,
            .basis_annual = rows[i].rate};
        const struct unit_case c = {
            .contract = &p.contract, .spot = rows[i].spot, .factor = 1.0};
        const double mark = unit_case_price(&c).value;
        cr_assert_float_eq(mark, rows[i].mark, rows[i].tolerance,
                           "%s, S = %g: %.17g, stated %.17g", rows[i].source, rows[i].spot,
                           mark, rows[i].mark);
    }
}

/* White et al. (2021): ETH at 3, ETH^2 marked at 9.09: longs pay 0.09 per funding period.
 * The growth that gives this mark: g T = 1 - 9/9.09, all of it from the volatility. */
Test(reference, power_perpetual_funding)
{
    const double years = 1.0 / 365.0, volatility = sqrt((1.0 - 9.0 / 9.09) / years);
    const struct power_contract p = {.contract = {.instrument = &instrument_power_perpetual,
                                                  .volatility_annual = volatility},
                                     .power = 2.0,
                                     .normalisation = 1.0,
                                     .funding_period_s = 86400.0};
    const struct unit_case c = {.contract = &p.contract, .spot = 3.0, .factor = 1.0};
    double state[CLAIM_MAX_STATE] = {0.0};
    const struct unit_flows day =
        unit_case_step(&p.contract, 1, 86400.0, 3.0, 3.0, 1.0, state);

    cr_assert_float_eq(unit_case_price(&c).value, 9.09, 1e-13);
    cr_assert_float_eq(day.cash, -0.09, 1e-14, "%.17g", day.cash);
    cr_assert_float_eq(day.carry, -0.09, 1e-14);

    /* a day from 3 to 3.3: half of it at the premium of each end */
    const struct unit_flows up =
        unit_case_step(&p.contract, 1, 86400.0, 3.0, 3.3, 1.0, state);
    cr_assert_float_eq(up.cash, -0.045 * (1.0 + 1.21), 1e-14, "%.17g", up.cash);
}
