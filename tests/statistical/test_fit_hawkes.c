/* Estimation of self-exciting jumps on series that the test simulates itself, and the
 * filtered likelihood against the sum over all numbers of jumps. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <math.h>
#include <stdlib.h>

#include "sim/study/fit_hawkes.h"
#include "tests/coverage.h"
#include "tests/draws.h"

static const double YEARS = 1.0 / 365.0;

static const struct hawkes truth = {
    .drift_annual = 0.4,
    .volatility_annual = 0.45,
    .jumps_per_year = 14.0,
    .excitation = 0.55,
    .decay_per_year = 60.0,
    .jump_log_mean = -0.031,
    .jump_log_sd = 0.083,
};

struct series {
    struct returns returns;
    double *log_return, *end_s;
    bool *starts_run;
};

/* One run of daily returns, after `settle` steps that are thrown away. */
static struct series simulate(const struct hawkes *p, uint32_t n, uint64_t seed)
{
    enum { SETTLE = 500 };
    struct series s = {.log_return = calloc(n, sizeof(double)),
                       .end_s = calloc(n, sizeof(double)),
                       .starts_run = calloc(n, sizeof(bool))};
    const double h = YEARS, decay = 1.0 - p->decay_per_year * h;
    const double kick = p->excitation * p->decay_per_year;
    const double kbar = expm1(p->jump_log_mean + 0.5 * p->jump_log_sd * p->jump_log_sd);
    double intensity = p->jumps_per_year / (1.0 - p->excitation);
    struct draws draws;

    draws_start(&draws, seed, "hawkes");
    for (int t = -SETTLE; t < (int)n; t++) {
        const uint32_t jumps = draws_poisson(&draws, intensity * h);
        const double vol = p->volatility_annual;
        const double x = (p->drift_annual - 0.5 * vol * vol - intensity * kbar) * h +
                         vol * sqrt(h) * draws_normal(&draws) + jumps * p->jump_log_mean +
                         sqrt(jumps) * p->jump_log_sd * draws_normal(&draws);

        intensity =
            p->jumps_per_year + decay * (intensity - p->jumps_per_year) + kick * jumps;
        if (t >= 0) {
            s.log_return[t] = x;
            s.end_s[t] = 86400.0 * (t + 1);
            s.starts_run[t] = t == 0;
        }
    }
    s.returns = (struct returns){s.log_return, s.end_s, s.starts_run, n, 86400.0};
    return s;
}

static void series_free(struct series *s)
{
    free(s->log_return);
    free(s->end_s);
    free(s->starts_run);
}

/* ln of the sum over all sequences of 0 .. 4 jumps in each of n <= 8 steps. */
static double exact_log_likelihood(const struct series *s, const struct hawkes *p, int n,
                                   double *end)
{
    enum { MOST = 5 };
    const double h = YEARS, decay = 1.0 - p->decay_per_year * h;
    const double kick = p->excitation * p->decay_per_year;
    const double sd2 = p->jump_log_sd * p->jump_log_sd, vol = p->volatility_annual;
    const double kbar = expm1(p->jump_log_mean + 0.5 * sd2);
    double total = 0.0, weighted = 0.0;

    for (int code = 0; code < (int)pow(MOST, n); code++) {
        double intensity = p->start_jumps_per_year, term = 1.0;
        int rest = code;

        for (int t = 0; t < n; t++, rest /= MOST) {
            const int jumps = rest % MOST;
            const double mean = (p->drift_annual - 0.5 * vol * vol - intensity * kbar) * h +
                                jumps * p->jump_log_mean;
            const double variance = vol * vol * h + jumps * sd2,
                         z = s->log_return[t] - mean;

            term *= exp(-intensity * h) * pow(intensity * h, jumps) / tgamma(jumps + 1.0);
            term *= exp(-0.5 * z * z / variance) / sqrt(2.0 * M_PI * variance);
            intensity =
                p->jumps_per_year + decay * (intensity - p->jumps_per_year) + kick * jumps;
        }
        total += term;
        weighted += term * intensity;
    }
    *end = weighted / total;
    return log(total);
}

/* The filter's log-likelihood of eight steps lies within 0.02 of the exact one, and the
 * intensity after them within 2 %, whatever the jumps. */
Test(fit, hawkes_filter_is_near_the_sum_over_all_jumps)
{
    enum { N = 7 };
    struct hawkes p = truth;
    double worst = 0.0, sum = 0.0, worst_end = 0.0;

    p.start_jumps_per_year = 55.0;
    p.excitation = 0.8;
    for (uint64_t seed = 1; seed <= 25; seed++) {
        struct series s = simulate(&truth, N, seed);
        double exact_end, end;

        if (seed % 2 == 0) /* a burst in the middle, at the limit of being a jump */
            s.log_return[2] -= 0.07;
        const double exact = exact_log_likelihood(&s, &p, N, &exact_end);
        const double error = hawkes_log_likelihood(&s.returns, &p, &end) - exact;

        worst = fmax(worst, fabs(error));
        worst_end = fmax(worst_end, fabs(end / exact_end - 1.0));
        sum += error;
        series_free(&s);
    }
    cr_log_warn("largest error %.2g, mean %.2g, of the intensity %.2g", worst, sum / 25.0,
                worst_end);
    cr_assert_leq(worst, 0.02);
    cr_assert_leq(worst_end, 0.02);
}

/* Without excitation the filter is exact: the density of Merton's jump diffusion. */
Test(fit, hawkes_without_excitation_is_merton)
{
    struct hawkes p = truth;
    struct series s = simulate(&truth, 300, 3);
    double expected = 0.0;

    p.excitation = 0.0;
    for (uint32_t t = 0; t < 300; t++) {
        const double sd2 = p.jump_log_sd * p.jump_log_sd, rate = p.jumps_per_year * YEARS;
        double density = 0.0, weight = exp(-rate);

        for (int j = 0; j < 12; weight *= rate / ++j) {
            const double variance =
                p.volatility_annual * p.volatility_annual * YEARS + j * sd2;
            const double z =
                s.log_return[t] - j * p.jump_log_mean +
                rate * expm1(p.jump_log_mean + 0.5 * sd2) -
                (p.drift_annual - 0.5 * p.volatility_annual * p.volatility_annual) * YEARS;

            density += weight * exp(-0.5 * z * z / variance) / sqrt(2.0 * M_PI * variance);
        }
        expected += log(density);
    }
    cr_assert_float_eq(hawkes_log_likelihood(&s.returns, &p, NULL), expected, 1e-6);
    series_free(&s);
}

/* Mean and variance of the intensity over a long simulation. */
Test(fit, hawkes_long_run_is_what_simulation_settles_to)
{
    const double h = YEARS, decay = 1.0 - truth.decay_per_year * h;
    const double kick = truth.excitation * truth.decay_per_year;
    enum { N = 400000 };
    double intensity = 14.0, sum = 0.0, square = 0.0, mean, variance;
    struct draws draws;

    draws_start(&draws, 2, "hawkes");
    for (int t = 0; t < N; t++) {
        sum += intensity / N;
        square += intensity * intensity / N;
        intensity =
            14.0 + decay * (intensity - 14.0) + kick * draws_poisson(&draws, intensity * h);
    }
    hawkes_long_run(&truth, h, &mean, &variance);
    cr_assert_float_eq(sum, mean, 0.02 * mean, "mean %g, expected %g", sum, mean);
    cr_assert_float_eq(square - sum * sum, variance, 0.05 * variance);
}

/* 200 series of ten years of days. */
Test(fit_slow, hawkes_intervals_cover_the_truth)
{
    const double x[HAWKES_N] = {0.4, 0.45, 14.0, 0.55, 60.0, -0.031, 0.083};
    struct coverage row[HAWKES_N] = {
        {.name = "hawkes drift_annual"},
        {.name = "hawkes volatility_annual", .log_scale = true},
        {.name = "hawkes jumps_per_year", .log_scale = true},
        {.name = "hawkes excitation"},
        {.name = "hawkes decay_per_year", .log_scale = true},
        {.name = "hawkes jump_log_mean"},
        {.name = "hawkes jump_log_sd", .log_scale = true},
    };
    int n_converged = 0;

    if (getenv("TAILRACE_SLOW") == NULL)
        cr_skip_test("a study of minutes: set TAILRACE_SLOW=1");
    for (int i = 0; i < HAWKES_N; i++)
        row[i].truth = x[i];
    const int n_series = getenv("EB_N") ? atoi(getenv("EB_N")) : 200;
    for (uint64_t seed = 1; seed <= (uint64_t)n_series; seed++) {
        struct series s = simulate(&truth, 3650, 2000 + seed);
        struct hawkes hawkes;
        struct maximum m;

        fit_hawkes_search(&s.returns, 1, &hawkes, &m);
        n_converged += m.converged;
        for (int i = 0; i < HAWKES_N; i++)
            coverage_add(&row[i], m.x[i],
                         m.fixed[i] ? NAN : sqrt(m.covariance[i * HAWKES_N + i]));
        series_free(&s);
    }
    cr_log_warn("hawkes: %d of %d converged", n_converged, n_series);
    coverage_check(row, HAWKES_N, 13);
}
