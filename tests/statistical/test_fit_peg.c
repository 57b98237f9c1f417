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

/* Depegs as small as 0.6 of the basis included, 30 steps agree within 0.2 and the depeg
 * left within a fifth of the basis. */
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
    cr_log_info("largest error %.2g, of the depeg left %.2g", worst, worst_depeg);
    cr_assert_leq(worst, 0.2);
    cr_assert_leq(worst_depeg, 0.0003);
}

static void start_rows(const struct peg *p, struct coverage row[7])
{
    const struct coverage rows[] = {
        {.key = "parity", .truth = exp(p->log_parity)},
        {.key = "basis_log_sd", .truth = p->basis_log_sd},
        {.key = "basis_half_life", .truth = p->basis_half_life * YEAR_S},
        {.key = "depegs_per_year", .truth = p->depegs_per_year},
        {.key = "depeg_median_log", .truth = p->depeg_median_log},
        {.key = "depeg_log_sd", .truth = p->depeg_log_sd},
        {.key = "recovery_half_life", .truth = p->recovery_half_life * YEAR_S},
    };

    memcpy(row, rows, sizeof(rows));
}

/* Days with gaps; every parameter within 4 standard errors. */
Test(estimate, peg_is_recovered)
{
    struct prices s = simulate(&truth, 1200, DAY_S, 12);
    struct arena arena = {NULL};
    struct coverage row[7];
    struct estimate e;
    struct error err;

    cr_assert(fit_peg(&s.series, 1, &arena, &e, &err), "%s", err.text);
    cr_log_info("%s", e.note ? e.note : "no note");
    cr_assert(e.converged, "%s", e.note);
    cr_assert_eq(e.n_param, 7);
    start_rows(&truth, row);
    for (int i = 0; i < 7; i++) {
        cr_log_info("%-20s %.5g +- %.2g", e.p[i].key, e.p[i].value, e.p[i].standard_error);
        cr_assert_str_eq(e.p[i].key, row[i].key);
        cr_assert_float_eq(e.p[i].value, row[i].truth, 4.0 * e.p[i].standard_error, "%s",
                           row[i].key);
    }
    prices_free(&s);
    arena_free(&arena);
}

/* A staked token: no depeg, a parity that grows. */
Test(estimate, peg_without_depegs_says_how_few_there_may_be)
{
    struct peg p = truth;
    struct arena arena = {NULL};
    struct estimate e;
    struct error err;

    p.depegs_per_year = 0.0;
    p.drift_annual = 0.034;
    struct prices s = simulate(&p, 1095, DAY_S, 4);
    cr_assert(fit_peg(&s.series, 1, &arena, &e, &err), "%s", err.text);
    cr_log_info("%s", e.note);
    cr_assert_eq(e.n_param, 4);
    cr_assert_str_eq(e.p[3].key, "drift_annual");
    cr_assert_float_eq(e.p[3].value, 0.034, 4.0 * e.p[3].standard_error);
    cr_assert_lt(e.p[3].standard_error, 0.001);
    cr_assert_eq(fit_get(e.model, e.param, "depegs_per_year"), 0.0);
    cr_assert_str_eq(e.note,
                     "no depeg stands out in 3.15 years, so that with 95 % confidence "
                     "there are less than 0.951 a year");
    prices_free(&s);
    arena_free(&arena);
}

Test(estimate, peg_refuses_series_that_it_cannot_use)
{
    struct prices s = simulate(&truth, 120, DAY_S, 4);
    struct arena arena = {NULL};
    struct estimate e;
    struct error err;

    s.series.n = 99;
    cr_assert_not(fit_peg(&s.series, 1, &arena, &e, &err));
    cr_assert_str_eq(err.text, "99 prices are too few for peg: give at least 100");
    s.series.n = 120;
    s.time_s[7] = s.time_s[6];
    cr_assert_not(fit_peg(&s.series, 1, &arena, &e, &err));
    cr_assert_str_eq(err.text,
                     "the time of price 8 is not after that of the one before: sort "
                     "the prices");
    for (int t = 0; t < 120; t++) {
        s.time_s[t] = t;
        s.log_price[t] = 0.001;
    }
    cr_assert_not(fit_peg(&s.series, 1, &arena, &e, &err));
    cr_assert_str_eq(err.text,
                     "all 120 prices are equal: a constant series tells nothing of peg");
    prices_free(&s);
    arena_free(&arena);
}

/* Prices in ticks that mostly do not move, as of a real stablecoin. */
Test(estimate, peg_takes_prices_in_ticks)
{
    struct peg p = truth;
    struct arena arena = {NULL};
    struct estimate e;
    struct error err;

    p.basis_log_sd = 0.00008;
    struct prices s = simulate(&p, 600, DAY_S, 4);
    for (int t = 0; t < 600; t++)
        s.log_price[t] = log(round(1e4 * exp(s.log_price[t])) / 1e4);
    cr_assert(fit_peg(&s.series, 1, &arena, &e, &err), "%s", err.text);
    cr_log_info("%s", e.note != NULL ? e.note : "no note");
    for (uint32_t i = 0; i < e.n_param; i++)
        cr_log_info("%-20s %.5g +- %.2g", e.p[i].key, e.p[i].value, e.p[i].standard_error);
    cr_assert_eq(e.n_param, 7);
    cr_assert_float_eq(log(e.p[4].value / truth.depeg_median_log), 0.0, 0.8);
    prices_free(&s);
    arena_free(&arena);
}

/* 200 series of five years of days. */
Test(coverage, peg, .timeout = 3600)
{
    enum { N_SERIES = 200 };
    struct coverage row[7];
    int n_converged = 0, n_depegs = 0;

    if (getenv("TAILRACE_SLOW") == NULL)
        cr_skip_test("a study of %d fits: set TAILRACE_SLOW=1", N_SERIES);
    start_rows(&truth, row);
    for (uint64_t seed = 1; seed <= N_SERIES; seed++) {
        struct prices s = simulate(&truth, 1800, DAY_S, 100 + seed);
        struct arena arena = {NULL};
        struct estimate e;
        struct error err;

        cr_assert(fit_peg(&s.series, 1, &arena, &e, &err), "%s", err.text);
        n_converged += e.converged;
        n_depegs += e.n_param == 7;
        if (e.n_param == 7)
            coverage_add(row, 7, &e);
        prices_free(&s);
        arena_free(&arena);
    }
    cr_log_info("%d of %d converged, depegs in %d", n_converged, N_SERIES, n_depegs);
    cr_assert_eq(n_depegs, N_SERIES);
    coverage_check("peg", row, 7, 7);
}
