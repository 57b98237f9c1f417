/* Estimation of pegged prices: the filtered likelihood against a filter on a fine grid and
 * against the exact one of an AR(1), and recovery from simulated prices. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/registry.h"
#include "sim/study/fit_peg.h"
#include "tests/coverage.h"
#include "tests/draws.h"

static const double DAY_S = 86400.0, YEAR_S = 365.0 * 86400.0, LN2 = 0.693147180559945309;

static const struct peg truth = {
    .log_parity = 0.0012,
    .basis_log_sd = 0.0015,
    .basis_half_life = 0.8 / 365.0,
    .depegs_per_year = 5.2,
    .depeg_median_log = 0.03,
    .depeg_log_sd = 0.7,
    .recovery_half_life = 3.1 / 365.0,
};

struct prices {
    struct peg_series series;
    double *log_price, *time_s;
};

/* Prices every `step_s`, without every twentieth. */
static struct prices simulate(const struct peg *p, uint32_t n, double step_s, uint64_t seed)
{
    struct prices s = {.log_price = calloc(n, sizeof(double)),
                       .time_s = calloc(n, sizeof(double))};
    const double h = step_s / YEAR_S, keep = exp(-LN2 * h / p->basis_half_life);
    const double recover = exp(-LN2 * h / p->recovery_half_life);
    double depeg = 0.0;
    struct draws draws;
    uint32_t at = 0;

    draws_start(&draws, seed, "peg");
    double basis = p->basis_log_sd * draws_normal(&draws);
    for (uint32_t t = 0; at < n; t++) {
        if (t > 0) {
            const double size =
                p->depeg_median_log * exp(p->depeg_log_sd * draws_normal(&draws));

            basis = keep * basis +
                    p->basis_log_sd * sqrt(1.0 - keep * keep) * draws_normal(&draws);
            depeg = recover * depeg +
                    (draws_uniform(&draws) < -expm1(-p->depegs_per_year * h) ? size : 0.0);
        }
        if (t % 20 == 19)
            continue;
        s.log_price[at] = p->log_parity + p->drift_annual * t * h + basis - depeg;
        s.time_s[at++] = 1.7e9 + step_s * t;
    }
    s.series = (struct peg_series){s.log_price, s.time_s, n, p->drift_annual != 0.0};
    return s;
}

static void prices_free(struct prices *s)
{
    free(s->log_price);
    free(s->time_s);
}

static double normal_density(double x, double sd)
{
    return exp(-0.5 * x * x / (sd * sd)) / (sd * sqrt(2.0 * M_PI));
}

/* Without depegs: the product of exact normal transitions. */
Test(estimate, peg_likelihood_without_depegs_is_that_of_an_ar1)
{
    struct peg p = truth;
    struct prices s = simulate(&truth, 60, DAY_S, 3);
    double expected = 0.0, before = 0.0;

    p.depegs_per_year = 0.0;
    p.drift_annual = 0.04;
    for (int t = 0; t < 60; t++) {
        const double years = (s.time_s[t] - s.time_s[0]) / YEAR_S;
        const double x = s.log_price[t] - p.log_parity - 0.04 * years;
        const double h = t == 0 ? 1e9 : (s.time_s[t] - s.time_s[t - 1]) / YEAR_S;
        const double keep = exp2(-h / p.basis_half_life);

        expected += log(
            normal_density(x - keep * before, p.basis_log_sd * sqrt(1.0 - keep * keep)));
        before = x;
    }
    cr_assert_float_eq(fit_peg_log_likelihood(&s.series, &p, NULL), expected, 1e-8);
    prices_free(&s);
}

/* Bayes' rule for the depeg D on a grid, nothing collapsed. */
enum { N_GRID = 4000 };
static const double GRID = 0.00003;

static double grid_step(const struct peg *p, double *mass, double before, double now,
                        double h)
{
    static double next[N_GRID];
    const double keep = exp2(-h / p->basis_half_life), g = exp2(-h / p->recovery_half_life);
    const double sd = p->basis_log_sd * sqrt(1.0 - keep * keep);
    const double chance = -expm1(-p->depegs_per_year * h);
    double sum = 0.0;

    memset(next, 0, sizeof(next));
    for (int i = 0; i < N_GRID; i++) {
        const double d = i * GRID, to = g * i;
        const double quiet = mass[i] * (1.0 - chance) *
                             normal_density(now + g * d - keep * (before + d), sd);
        const double middle = keep * (before + d) - now; /* D' where the noise is zero */

        if (mass[i] < 1e-14)
            continue;
        next[(int)to] += quiet * (1.0 - (to - floor(to)));
        next[(int)to + 1] += quiet * (to - floor(to));
        for (int j = (int)fmax(to + 1.0, (middle - 6.0 * sd) / GRID);
             j < N_GRID && j * GRID < middle + 6.0 * sd; j++) {
            const double size = j * GRID - g * d;
            const double z = log(size / p->depeg_median_log) / p->depeg_log_sd;

            next[j] += mass[i] * chance * exp(-0.5 * z * z) /
                       (size * p->depeg_log_sd * sqrt(2.0 * M_PI)) *
                       normal_density(j * GRID - middle, sd) * GRID;
        }
    }
    for (int i = 0; i < N_GRID; i++)
        sum += next[i];
    for (int i = 0; i < N_GRID; i++)
        mass[i] = next[i] / sum;
    return log(sum);
}

/* Depegs as small as 0.6 of the basis included, 30 steps agree within 0.2 and the depeg left
 * within a fifth of the basis. */
Test(estimate, peg_filter_is_near_bayes_on_a_grid)
{
    static double mass[N_GRID];
    struct peg p = truth;
    double worst = 0.0, worst_depeg = 0.0;

    p.depegs_per_year = 40.0;
    p.depeg_median_log = 0.006;
    p.depeg_log_sd = 1.0;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct prices s = simulate(&p, 30, DAY_S, seed);
        const double first = s.log_price[0] - p.log_parity;
        double exact = log(normal_density(first, p.basis_log_sd)), depeg = 0.0, left;

        memset(mass, 0, sizeof(mass));
        mass[0] = 1.0;
        for (uint32_t t = 1; t < s.series.n; t++)
            exact += grid_step(&p, mass, s.log_price[t - 1] - p.log_parity,
                               s.log_price[t] - p.log_parity,
                               (s.time_s[t] - s.time_s[t - 1]) / YEAR_S);
        for (int i = 0; i < N_GRID; i++)
            depeg += mass[i] * i * GRID;
        worst = fmax(worst, fabs(fit_peg_log_likelihood(&s.series, &p, &left) - exact));
        worst_depeg = fmax(worst_depeg, fabs(left - depeg));
        prices_free(&s);
    }
    cr_log_warn("largest error %.2g, of the depeg left %.2g", worst, worst_depeg);
    cr_assert_leq(worst, 0.2);
    cr_assert_leq(worst_depeg, 0.0003);
}
