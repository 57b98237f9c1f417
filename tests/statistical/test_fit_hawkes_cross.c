/* Excitation between two assets: recovered where it is, none where it is not. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <math.h>
#include <stdlib.h>

#include "sim/study/fit_hawkes.h"
#include "tests/draws.h"

static const double YEARS = 1.0 / 365.0;

enum { N = 1500 };

struct pair {
    double log_return[2][N], end_s[N];
    bool starts_run[N];
    struct returns returns[2];
};

/* Two assets; `cross` children of a jump of the first in the second. */
static void simulate(double cross, uint64_t seed, struct pair *pair)
{
    const double own[2] = {0.4, 0.3}, decay = 90.0, base = 16.0, mean = -0.03, sd = 0.08;
    const double vol = 0.4, h = YEARS, kbar = expm1(mean + 0.5 * sd * sd);
    double x[2] = {0.0, 0.0};
    struct draws draws;

    draws_start(&draws, seed, "cross");
    for (int t = 0; t < N; t++) {
        double jumps[2];

        for (int i = 0; i < 2; i++) {
            const double expected = (base + x[i]) * h;

            jumps[i] = draws_poisson(&draws, expected);
            pair->log_return[i][t] =
                (0.3 - 0.5 * vol * vol) * h - expected * kbar + jumps[i] * mean +
                sqrt(vol * vol * h + jumps[i] * sd * sd) * draws_normal(&draws);
        }
        for (int i = 0; i < 2; i++)
            x[i] = (1.0 - decay * h) * x[i] +
                   decay * (own[i] * jumps[i] + (i == 1 ? cross * jumps[0] : 0.0));
        pair->end_s[t] = 86400.0 * (t + 1);
        pair->starts_run[t] = t == 0;
    }
    for (int i = 0; i < 2; i++)
        pair->returns[i] = (struct returns){pair->log_return[i], pair->end_s,
                                            pair->starts_run, N, 86400.0};
}

/* The true parameters of asset i, cross excitation left out. */
static struct hawkes alone(int i)
{
    return (struct hawkes){.drift_annual = 0.3,
                           .volatility_annual = 0.4,
                           .jumps_per_year = 16.0,
                           .excitation = i == 0 ? 0.4 : 0.3,
                           .decay_per_year = 90.0,
                           .jump_log_mean = -0.03,
                           .jump_log_sd = 0.08};
}

Test(estimate, hawkes_cross_excitation_is_found_where_it_is)
{
    static const double cases[] = {0.5, 0.0};
    static struct pair pair;
    const struct hawkes own[2] = {alone(0), alone(1)};

    for (int c = 0; c < 2; c++) {
        struct hawkes_cross cross;
        struct arena arena = {NULL};
        struct error err;

        simulate(cases[c], 3, &pair);
        cr_assert(fit_hawkes_cross(&pair.returns[1], &own[1], &pair.returns[0], &own[0], 1,
                                   &arena, &cross, &err),
                  "%s", err.text);
        cr_log_info("cross %g: %.3f +- %.2g, gain %.1f, own %.3f, decay %.3g; %s", cases[c],
                    cross.excitation, cross.standard_error, cross.gain,
                    cross.hawkes.excitation, cross.hawkes.decay_per_year,
                    cross.maximum.note);
        cr_assert_leq(fabs(cross.excitation - cases[c]), 3.0 * cross.standard_error);
        cr_assert_geq(cross.gain, 0.0);
        if (cases[c] > 0.0)
            cr_assert_gt(cross.excitation, 3.0 * cross.standard_error);
        arena_free(&arena);
    }
}

Test(estimate, hawkes_cross_needs_the_same_steps)
{
    static struct pair pair;
    struct hawkes own = {0.3, 0.4, 16.0, 0.3, 90.0, -0.03, 0.08, 0.0, 0.0, NULL};
    struct hawkes_cross cross;
    struct arena arena = {NULL};
    struct error err;

    simulate(0.0, 3, &pair);
    struct returns shorter = pair.returns[0];
    shorter.n--;
    cr_assert_not(
        fit_hawkes_cross(&pair.returns[1], &own, &shorter, &own, 1, &arena, &cross, &err));
    cr_assert_str_eq(err.text,
                     "the two series of returns, of 1500 and 1499 steps, must have "
                     "the same steps: keep the common ones");
    arena_free(&arena);
}
