/* The fit of Heston's model to implied volatilities finds the parameters that made them. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/rng.h"
#include "sim/study/fit_heston.h"
#include "sim/study/heston_price.h"

/* A week to a year, a quarter of a standard deviation to two on either side. */
static const double expiry_days[] = {7, 14, 30, 60, 120, 250, 365};
enum { N_EXPIRY = sizeof(expiry_days) / sizeof(expiry_days[0]), N_STRIKE = 9 };
enum { N_POINT = N_EXPIRY * N_STRIKE };

static void surface_of(const struct heston *h, struct smile_point *point)
{
    for (int e = 0; e < N_EXPIRY; e++)
        for (int j = 0; j < N_STRIKE; j++) {
            const double years = expiry_days[e] / 365.0;
            const double k = 0.5 * (j - 4) * sqrt(h->theta * years);
            const double sd = black_implied(k, heston_call(h, years, k));
            *point++ = (struct smile_point){years, k, sd / sqrt(years), 1.0};
        }
}

static const struct set {
    const char *name;
    struct heston h;
} sets[] = {
    /* clang-format off */
    {"skewed down", {0.36, 3.0, 0.5, 1.6, -0.45, 0, 0, 0}},
    {"flat term", {0.64, 6.0, 0.64, 2.2, 0.1, 0, 0, 0}},
    {"after a crash", {1.7, 8.0, 0.5, 3.5, -0.3, 0, 0, 0}},
    {"calm", {0.09, 1.2, 0.4, 0.9, -0.6, 0, 0, 0}},
    {"Feller far broken", {0.3, 0.9, 0.4, 2.5, -0.7, 0, 0, 0}},
    {"shares", {0.04, 2.0, 0.05, 0.5, -0.75, 0, 0, 0}},
    {"fast", {0.5, 20.0, 0.4, 5.0, -0.2, 0, 0, 0}},
    /* clang-format on */
};
enum { N_SET = sizeof(sets) / sizeof(sets[0]) };

static void truth_of(const struct heston *h, double truth[5])
{
    truth[0] = sqrt(h->v0);
    truth[1] = sqrt(h->theta);
    truth[2] = h->kappa;
    truth[3] = h->xi;
    truth[4] = h->rho;
}

static void round_trip(const struct set *set, uint64_t seed)
{
    struct smile_point point[N_POINT];
    struct arena arena = {0};
    struct heston_fit fit;
    struct error err;
    double truth[5];

    surface_of(&set->h, point);
    truth_of(&set->h, truth);
    cr_assert(fit_heston(point, N_POINT, seed, &arena, &fit, &err), "%s", err.text);
    fprintf(stderr,
            "fit_heston, %s: RMS %.2g, largest %.2g volatility points, %u of %u starts\n",
            set->name, fit.rms_vol_points, fit.largest_vol_points, fit.n_agree,
            fit.n_start);
    cr_assert_lt(fit.rms_vol_points, 0.05, "%s", set->name);
    cr_assert(fit.estimate.converged && fit.estimate.note == NULL, "%s: %s", set->name,
              fit.estimate.note);
    for (uint32_t i = 0; i < 5; i++)
        cr_assert_leq(fabs(fit.estimate.p[i].value - truth[i]), 1e-3 * fabs(truth[i]),
                      "%s: %s %g, made with %g", set->name, fit.estimate.p[i].key,
                      fit.estimate.p[i].value, truth[i]);
    arena_free(&arena);
}

Test(statistical, heston_fit_recovers_a_surface)
{
    round_trip(&sets[0], 1);
}

Test(statistical, heston_fit_recovers_many_surfaces, .timeout = 600)
{
    if (getenv("TAILRACE_SLOW") == NULL)
        cr_skip_test("slow: set TAILRACE_SLOW");
    for (int i = 0; i < N_SET; i++)
        round_trip(&sets[i], 2 + (uint64_t)i);
}

/* Quotes with errors of half a volatility point: the intervals of two standard errors hold
 * the truth as often as they should, and the residuals have the size of the errors. */
Test(statistical, heston_fit_states_its_errors, .timeout = 600)
{
    enum { N_REPEAT = 100 };
    const double noise = 0.005;
    struct smile_point exact[N_POINT], point[N_POINT];
    int n_inside[5] = {0}, n_converged = 0;
    double truth[5], square = 0.0;
    lane_row normal;

    if (getenv("TAILRACE_SLOW") == NULL)
        cr_skip_test("slow: set TAILRACE_SLOW");
    surface_of(&sets[0].h, exact);
    truth_of(&sets[0].h, truth);
    for (int repeat = 0; repeat < N_REPEAT; repeat++) {
        struct arena arena = {0};
        struct heston_fit fit;
        struct error err;
        struct rng rng;

        rng_start(&rng, 21, (uint64_t)repeat, "noise");
        for (int i = 0; i < N_POINT; i++) {
            rng_normal(&rng, normal);
            point[i] = exact[i];
            point[i].implied_vol += noise * normal[0];
        }
        cr_assert(fit_heston(point, N_POINT, 1, &arena, &fit, &err), "%s", err.text);
        n_converged += fit.estimate.converged;
        square += fit.rms_vol_points * fit.rms_vol_points;
        for (uint32_t i = 0; i < 5; i++)
            n_inside[i] += fabs(fit.estimate.p[i].value - truth[i]) <=
                           1.96 * fit.estimate.p[i].standard_error;
        arena_free(&arena);
    }
    const double rms = sqrt(square / N_REPEAT), share = (N_POINT - 5.0) / N_POINT;
    fprintf(stderr, "fit_heston: %d of %d converged, RMS %.4f; inside 95 %%:", n_converged,
            N_REPEAT, rms);
    for (int i = 0; i < 5; i++)
        fprintf(stderr, " %.3f", (double)n_inside[i] / N_REPEAT);
    fprintf(stderr, "\n");
    cr_assert_eq(n_converged, N_REPEAT);
    cr_assert_float_eq(rms, 100.0 * noise * sqrt(share), 0.02);
    for (int i = 0; i < 5; i++) /* 1 % family-wise: binomial below 0.95 n - 3.1 sd */
        cr_assert_geq(n_inside[i], 0.95 * N_REPEAT - 3.1 * sqrt(0.0475 * N_REPEAT), "%d",
                      i);
}

Test(statistical, heston_fit_says_what_went_wrong)
{
    struct smile_point point[N_POINT];
    struct arena arena = {0};
    struct heston_fit fit;
    struct error err;

    surface_of(&sets[0].h, point);
    cr_assert_not(fit_heston(point, 5, 1, &arena, &fit, &err));
    cr_assert_str_eq(err.text, "5 quotes are too few for 5 parameters: give at least 6");
    point[7].implied_vol = -0.2;
    cr_assert_not(fit_heston(point, N_POINT, 1, &arena, &fit, &err));
    cr_assert_str_eq(err.text, "quote 8 (expiry 0.0191781 years, log-moneyness 0.146885, "
                               "volatility -0.2, weight 1) cannot be used: leave it out");
    for (int i = 0; i < 18; i++) /* no smile: many parameters fit it */
        point[i].implied_vol = 0.6;
    cr_assert(fit_heston(point, 18, 1, &arena, &fit, &err), "%s", err.text);
    cr_assert_lt(fit.rms_vol_points, 1e-3);
    cr_assert_not(fit.estimate.converged);
    cr_assert_str_eq(fit.estimate.note,
                     "other parameters fit as well: the quotes do not tell "
                     "them apart, more expiries and strikes would");
    surface_of(&sets[0].h, point); /* the first expiry alone */
    cr_assert(fit_heston(point, N_STRIKE, 1, &arena, &fit, &err), "%s", err.text);
    cr_assert_not(fit.estimate.converged);
    cr_assert(isnan(fit.estimate.p[2].standard_error));
    cr_assert_neq(fit.estimate.note, NULL);
    arena_free(&arena);
}
