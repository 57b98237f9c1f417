/* Transition matrices against closed forms. */
#include <criterion/criterion.h>
#include <math.h>

#include "models/price/chain.h"

/* Two states: P(0 -> 1) = a / (a + b) (1 - exp(-(a + b) t)). */
Test(chain, two_states_follow_the_closed_form)
{
    static const struct {
        double out, back, years;
    } rows[] = {{0.5, 0.5, 1.0},   {4.0, 12.0, 1.0 / 365.0}, {2.385, 0.0, 3.0},
                {0.0, 0.0, 1.0},   {1e6, 3e5, 1.0},          {1e-7, 4.4, 1e-6},
                {300.0, 7.0, 0.1}, {0.3, 1e5, 1.0 / 105120}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double a = rows[i].out, b = rows[i].back, sum = a + b;
        const double rate[] = {99.0, a, b, 99.0}; /* the diagonal does not count */
        const double expected = sum > 0.0 ? a / sum * -expm1(-sum * rows[i].years) : 0.0;
        const struct chain p = chain_transition(rate, 2, rows[i].years);

        cr_assert_float_eq(p.at[0][1], expected, 1e-13, "row %zu: %.17g, not %.17g", i,
                           p.at[0][1], expected);
        cr_assert_leq(fabs(p.at[0][1] / (expected + 1e-300) - 1.0),
                      expected > 0.0 ? 1e-12 : 1.0, "row %zu", i);
        cr_assert_float_eq(p.at[1][0] + p.at[1][1], 1.0, 1e-15, "row %zu", i);
    }
}

/* A ring 0 -> 1 -> 2 -> 0 with one rate: P(0 -> 0) = 1/3 + 2/3 e^(-3rt/2) cos(sqrt(3)
 * rt/2).
 */
Test(chain, ring_of_three_goes_round)
{
    const double rate[] = {0, 7, 0, 0, 0, 7, 7, 0, 0};
    double share[3];

    for (double years = 0.01; years < 2.0; years *= 2.385) {
        const double expected =
            (1.0 + 2.0 * exp(-10.5 * years) * cos(sqrt(3.0) * 3.5 * years)) / 3.0;
        const struct chain p = chain_transition(rate, 3, years);
        cr_assert_float_eq(p.at[0][0], expected, 1e-14, "%g years: %.17g, not %.17g", years,
                           p.at[0][0], expected);
        cr_assert_float_eq(p.at[1][2], p.at[2][0], 1e-15, "%g years", years);
    }
    cr_assert(chain_irreducible(rate, 3));
    chain_stationary(rate, 3, share);
    for (int i = 0; i < 3; i++)
        cr_assert_float_eq(share[i], 1.0 / 3.0, 1e-15);
}

/* share Q = 0; and what a long time leads to. */
Test(chain, stationary_distribution_balances)
{
    const double rate[] = {0,     1.5, 0.25, 2.0, 3.0, 0, 0,    5.5,
                           0.125, 11,  0,    0,   1.0, 0, 7.75, 0};
    const struct chain p = chain_transition(rate, 4, 1000.0);
    double share[4];

    chain_stationary(rate, 4, share);
    for (int j = 0; j < 4; j++) {
        double flow = 0.0;
        for (int i = 0; i < 4; i++)
            flow += i == j ? 0.0 : share[i] * rate[i * 4 + j] - share[j] * rate[j * 4 + i];
        cr_assert_float_eq(flow, 0.0, 1e-14, "state %d: %g", j, flow);
        cr_assert_float_eq(p.at[2][j], share[j], 1e-12, "state %d", j);
    }
}

Test(chain, states_that_nobody_returns_to_are_seen)
{
    const double away[] = {0, 1, 0, 0}, both[] = {0, 1, 1, 0}, apart[] = {0, 0, 0, 0};

    cr_assert_not(chain_irreducible(away, 2));
    cr_assert_not(chain_irreducible(apart, 2));
    cr_assert(chain_irreducible(both, 2));
    cr_assert(chain_irreducible(apart, 1));
}
