/* What must hold for every SSVI slice: the theorems that the fit rests on, and the search for
 * arbitrage against one on a plain grid. */
#include <criterion/criterion.h>
#include <math.h>

#include "sim/svi.h"
#include "tests/option_case.h"

enum { CASES = 2000, PLAIN = 4000 };

struct ssvi {
    double theta, rho, phi;
};

static struct ssvi random_slice(uint64_t *state)
{
    struct ssvi s;

    s.theta = exp(option_case_random(state, log(1e-4), log(3.0)));
    s.rho = option_case_random(state, -0.95, 0.95);
    s.phi = svi_phi_max(s.theta, s.rho) * option_case_random(state, 0.02, 0.999);
    return s;
}

static double rho_ratio(double near, double far)
{
    return fmax((1.0 + near) / (1.0 + far), (1.0 - near) / (1.0 - far));
}

/* Gatheral and Jacquier (2014), Theorem 4.2. */
Test(property, ssvi_within_the_bound_has_no_butterfly)
{
    uint64_t state = 21;

    for (int i = 0; i < CASES; i++) {
        const struct ssvi s = random_slice(&state);
        const struct svi raw = svi_ssvi(s.theta, s.rho, s.phi);
        struct svi_place worst;
        cr_assert_null(svi_wrong(&raw));
        cr_assert_float_eq(svi_variance(&raw, 0.0) / s.theta, 1.0, 1e-12);
        cr_assert(svi_butterfly_free(&raw, &worst),
                  "theta %.17g rho %.17g phi %.17g: %g at %g", s.theta, s.rho, s.phi,
                  worst.size, worst.log_moneyness);
    }
}

/* Hendriks and Martini (2019), as used in sim/study/fit_ssvi.c: theta2 >= theta1 p, psi1 p <=
 * psi2 <= psi1 theta2 / theta1. A little less of the lower bound, and a wing crosses. */
Test(property, ssvi_slices_within_the_bounds_do_not_cross)
{
    uint64_t state = 22;

    for (int i = 0; i < CASES; i++) {
        const struct ssvi near = random_slice(&state);
        const double rho = option_case_random(&state, -0.95, 0.95);
        const double p = rho_ratio(near.rho, rho), psi = near.theta * near.phi;
        const double theta = near.theta * p * exp(option_case_random(&state, 0.0, 2.0));
        const double share = option_case_random(&state, 0.0, 1.0);
        const double far_psi = psi * (p + share * (theta / near.theta - p));
        const struct svi first = svi_ssvi(near.theta, near.rho, near.phi);
        const struct svi second = svi_ssvi(theta, rho, far_psi / theta);
        const struct svi crossing = svi_ssvi(theta, rho, 0.999 * psi * p / theta);
        struct svi_place worst;

        cr_assert(svi_calendar_free(&first, &second, &worst), "case %d: %g at %g", i,
                  worst.size, worst.log_moneyness);
        cr_assert_not(svi_calendar_free(&first, &crossing, &worst), "case %d", i);
        cr_assert_float_eq(worst.size, 0.001, 1e-3, "case %d: %g at %g", i, worst.size,
                           worst.log_moneyness);
    }
}

/* Raw SVI with any curvature: the search finds what a plain grid finds. */
Test(property, svi_search_finds_what_a_plain_grid_finds)
{
    uint64_t state = 23;
    int n_free = 0;

    for (int i = 0; i < CASES / 4; i++) {
        const struct svi s = {.a = option_case_random(&state, 0.001, 0.1),
                              .b = option_case_random(&state, 0.01, 0.8),
                              .rho = option_case_random(&state, -0.9, 0.9),
                              .m = option_case_random(&state, -0.3, 0.3),
                              .sigma = option_case_random(&state, 0.01, 0.5)};
        struct svi_place worst;
        double lowest = INFINITY;
        const bool free = svi_butterfly_free(&s, &worst);
        for (int j = 0; j <= PLAIN; j++) {
            const double k = s.m + 4.0 * (2.0 * j / PLAIN - 1.0);
            lowest = fmin(lowest, svi_durrleman(k, svi_value(&s, k)));
        }
        cr_assert(!free || lowest >= 0.0, "case %d: %g", i, lowest);
        cr_assert(isinf(worst.log_moneyness) || worst.size <= lowest + 1e-9,
                  "case %d: %g at %g, grid %g", i, worst.size, worst.log_moneyness, lowest);
        n_free += free;
    }
    cr_assert(n_free > CASES / 40 && n_free < CASES / 4 - CASES / 40, "%d free", n_free);
}
