/* Heston's and Bates's models by simulation: European options, the martingale, moments and
 * distribution of the log-return, the variance, and correlation across assets. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/heston_case.h"
#include "tests/model_paths.h"

extern const struct price_model price_heston, price_bates;

enum { N_NUMBER = 10 };

static void numbers(const struct heston *h, double drift, struct model_number *number)
{
    const struct model_number all[N_NUMBER] = {
        {"drift_annual", drift},
        {"volatility_annual", sqrt(h->v0)},
        {"long_volatility_annual", sqrt(h->theta)},
        {"reversion_per_year", h->kappa},
        {"vol_of_variance", h->xi},
        {"spot_correlation", h->rho},
        {h->jumps_per_year > 0.0 ? "jumps_per_year" : NULL, h->jumps_per_year},
        {"jump_log_mean", h->jump_log_mean},
        {"jump_log_sd", h->jump_log_sd},
        {NULL, 0.0}};

    memcpy(number, all, sizeof all);
}

static void simulate(const struct heston *h, double drift, double years, int n_step,
                     uint64_t n_path, uint64_t seed, double (*vol_factor)(int, uint64_t),
                     struct model_paths *p)
{
    struct model_number number[N_NUMBER];

    numbers(h, drift, number);
    *p = (struct model_paths){.model =
                                  h->jumps_per_year > 0.0 ? &price_bates : &price_heston,
                              .number = number,
                              .spot_usd = 100.0,
                              .years = years,
                              .n_step = n_step,
                              .n_path = n_path,
                              .seed = seed,
                              .vol_factor = vol_factor};
    model_paths_run(p);
}

/* All rows by n_path paths in `refine` times the rows' steps, each within `limit` standard
 * errors. Returns the mean square of the errors in standard errors: 1 without bias. */
static double check_options(uint64_t n_path, double refine, double limit)
{
    const struct heston_case *done = NULL;
    struct model_paths p = {.n_path = 0};
    double square = 0.0;
    int n = 0;

    for (const struct heston_case *c = heston_case; c->name != NULL; c++) {
        const double scale = c->spot / 100.0, discount = exp(-c->r * c->years);

        if (c->price < 1e-5 * c->spot) /* no path pays, or a few */
            continue;
        if (done == NULL || memcmp(&c->h, &done->h, sizeof c->h) != 0) {
            const double fewest =
                1.0 + c->years * fmax(c->h.jumps_per_year / 4.0,
                                      c->h.rho > 0.0 ? c->h.kappa / 0.25 : 0.0);
            const int n_step = (int)fmax(fewest, c->n_step * refine);
            model_paths_free(&p);
            simulate(&c->h, c->r - c->q, c->years, n_step, n_path, 2008 + (uint64_t)n, NULL,
                     &p);
            done = c;
        }
        const struct path_mean m = model_paths_option(&p, c->call, c->strike / scale);
        const double off = m.mean * scale * discount - c->price;
        const double se = m.se * scale * discount;
        cr_assert_leq(fabs(off), limit * se,
                      "%s: %.8g, expected %.8g, %.2f standard errors", c->name,
                      c->price + off, c->price, off / se);
        square += off * off / (se * se);
        n++;
    }
    model_paths_free(&p);
    return square / n;
}

Test(reference, heston_and_bates_options_by_simulation)
{
    check_options(40000, 1.0, 5.0);
}

/* A tenth of the steps shows the scheme's bias; at the full number it has gone. */
Test(reference, heston_and_bates_options_by_long_simulation, .timeout = 1200)
{
    double square[3];

    if (getenv("TAILRACE_SLOW") == NULL)
        cr_skip_test("slow: set TAILRACE_SLOW");
    for (int i = 0; i < 3; i++) {
        const double refine[] = {0.1, 0.3, 1.0};
        square[i] = check_options(400000, refine[i], i < 2 ? INFINITY : 5.0);
        fprintf(stderr, "heston: %.1f of the steps: mean square error %.3f\n", refine[i],
                square[i]);
    }
    cr_assert_gt(square[0], 2.0 * square[2]);
    cr_assert_lt(square[2], 2.7); /* rows of one run go together: 1 + 5 sqrt(2 x 0.06) */
}

/* Steps with one to two and a half times the volatility, by path and time. */
static double stress(int step, uint64_t path)
{
    return 1.0 + (double)(path % 4) * (double)(step % 3) * 0.25;
}

/* Parameters far apart: xi^2 up to 100 times 2 kappa theta (Feller's limit), both signs of
 * rho, variance starting at zero, long steps. */
static const struct market {
    const char *name;
    struct heston h;
    double drift, years;
    int n_step;
} markets[] = {
    /* clang-format off */
    {"mild", {0.36, 4.0, 0.49, 1.5, -0.3, 0, 0, 0}, 0.0, 0.25, 30},
    {"feller broken", {0.09, 0.5, 0.04, 2.0, -0.9, 0, 0, 0}, 0.0, 1.0, 50},
    {"feller broken, rho positive", {0.16, 3.0, 0.04, 1.4, 0.7, 0, 0, 0}, 0.0, 0.5, 50},
    {"from zero", {0.0, 3.0, 0.6, 1.2, -0.5, 0, 0, 0}, 0.3, 0.1, 20},
    {"nearly constant", {0.5, 2.0, 0.5, 0.01, 0.999, 0, 0, 0}, 0.1, 0.5, 10},
    {"a step of a month", {0.5, 6.0, 0.4, 2.5, -0.7, 0, 0, 0}, -0.4, 0.5, 6},
    {"jumps", {0.3, 5.0, 0.4, 1.8, -0.6, 20, -0.06, 0.09}, 0.0, 0.3, 30},
    {"jumps up, rho positive", {0.3, 5.0, 0.4, 1.8, 0.6, 8, 0.09, 0.12}, 0.2, 0.3, 30},
    /* clang-format on */
};
enum { N_MARKET = sizeof(markets) / sizeof(markets[0]) };

static void check_growth(double (*vol_factor)(int, uint64_t), const char *what)
{
    for (int i = 0; i < N_MARKET; i++) {
        const struct market *m = &markets[i];
        struct model_paths p;

        simulate(&m->h, m->drift, m->years, m->n_step, 60000, 1, vol_factor, &p);
        const struct path_mean g = model_paths_growth(&p);
        const double expected = exp(m->drift * m->years);
        cr_assert_leq(fabs(g.mean - expected), 5.0 * g.se,
                      "%s, %s: mean of S(T)/S(0) %.8g, expected %.8g, standard error %.2g",
                      m->name, what, g.mean, expected, g.se);
        model_paths_free(&p);
    }
}

Test(reference, heston_and_bates_prices_grow_at_the_drift)
{
    check_growth(NULL, "no stress");
}

Test(reference, heston_and_bates_prices_grow_at_the_drift_under_stress)
{
    check_growth(stress, "stress");
}

/* E v(T) = theta + (v0 - theta) exp(-kappa T), and E v^2 from its variance (Cox, Ingersoll
 * and Ross 1985, equation 19): the scheme matches both at every step. */
Test(reference, heston_variance_has_the_stated_moments)
{
    for (int i = 0; i < N_MARKET; i++) {
        const struct heston *h = &markets[i].h;
        const double kept = exp(-h->kappa * markets[i].years), lost = 1.0 - kept;
        const double mean = h->theta + (h->v0 - h->theta) * kept;
        const double variance = h->v0 * h->xi * h->xi * kept * lost / h->kappa +
                                h->theta * h->xi * h->xi * lost * lost / (2.0 * h->kappa);
        struct model_paths p;

        simulate(h, 0.0, markets[i].years, markets[i].n_step, 60000, 2, stress, &p);
        for (uint64_t path = 0; path < p.n_path; path++)
            p.volatility[path] *= p.volatility[path];
        const struct path_mean v = path_mean(p.volatility, p.n_path);
        for (uint64_t path = 0; path < p.n_path; path++)
            p.volatility[path] = (p.volatility[path] - mean) * (p.volatility[path] - mean);
        const struct path_mean v2 = path_mean(p.volatility, p.n_path);
        cr_assert_leq(fabs(v.mean - mean), 5.0 * v.se, "%s: mean %.6g, expected %.6g",
                      markets[i].name, v.mean, mean);
        cr_assert_leq(fabs(v2.mean - variance), 5.0 * v2.se,
                      "%s: variance %.6g, expected %.6g", markets[i].name, v2.mean,
                      variance);
        model_paths_free(&p);
    }
}

struct law {
    const struct heston *h;
    double drift, years;
};

static double complex law_cf(double u, const void *context)
{
    const struct law *law = context;

    return cexp(I * u * law->drift * law->years) *
           heston_characteristic(law->h, u, law->years);
}

/* Mean and variance of the log-return by differences of the logarithm of its
 * characteristic function, and Kolmogorov's distance. */
Test(reference, heston_and_bates_log_returns_have_the_stated_law)
{
    for (int i = 0; i < N_MARKET; i++) {
        const struct market *m = &markets[i];
        const struct law law = {&m->h, m->drift, m->years};
        const double e = 1e-3;
        const double complex c = clog(law_cf(e, &law));
        const double mean = cimag(c) / e, variance = -2.0 * creal(c) / (e * e);
        const double decay = (m->h.v0 + m->h.kappa * m->h.theta * m->years) *
                             sqrt(1.0 - m->h.rho * m->h.rho) / m->h.xi;
        struct model_paths p;

        if (i == 5) /* so long a step has a bias that the test would see */
            continue;
        simulate(&m->h, m->drift, m->years, m->n_step, 40000, 3, NULL, &p);
        const double distance =
            model_paths_distance(&p, law_cf, &law, fmax(21.0 / decay, 7.0 / sqrt(variance)),
                                 mean, sqrt(variance));
        for (uint64_t path = 0; path < p.n_path; path++)
            p.volatility[path] = log(p.final_usd[path] / 100.0) - mean;
        const struct path_mean x = path_mean(p.volatility, p.n_path);
        for (uint64_t path = 0; path < p.n_path; path++)
            p.volatility[path] *= p.volatility[path];
        const struct path_mean x2 = path_mean(p.volatility, p.n_path);
        cr_assert_leq(fabs(x.mean), 5.0 * x.se, "%s: mean %.6g off", m->name, x.mean);
        cr_assert_leq(fabs(x2.mean - variance), 5.0 * x2.se,
                      "%s: variance %.6g, expected %.6g", m->name, x2.mean, variance);
        cr_assert_leq(distance, 2.75, "%s: distance %.2f / sqrt(n)", m->name, distance);
        model_paths_free(&p);
    }
}

/* The stress at which the martingale correction comes nearest to its end, f = 2/(xi rho h),
 * and one far beyond it, at variances near the switch of the scheme. */
static double huge(int step, uint64_t path)
{
    (void)step;
    return path % 2 == 0 ? 11.0 : 60.0;
}

Test(reference, heston_price_survives_any_stress)
{
    struct model_paths p;

    for (double v0 = 0.0; v0 < 1.0; v0 += 0.01) {
        const struct heston h = {v0, 2.9, 0.2, 2.0, 0.95, 0, 0, 0};
        simulate(&h, 0.0, 1.0 / 12.0, 1, 1024, 4, huge, &p);
        for (uint64_t path = 0; path < p.n_path; path++)
            cr_assert(isfinite(p.final_usd[path]), "v0 %g, path %d", v0, (int)path);
        model_paths_free(&p);
    }
}

Test(reference, heston_refuses_a_step_without_a_mean)
{
    /* in the order of the table: drift, volatilities, kappa, xi, rho */
    double param[] = {0.0, 0.7, 0.8, 8.0, 1.2, 0.9};
    const struct price_setup setup = {.step_years = 14.0 / 365.0};
    void *coef = malloc(price_heston.coef_size);
    struct error err;

    cr_assert_not(price_heston.prepare(param, &setup, coef, &err));
    cr_assert_str_eq(err.text,
                     "a step of 1.2096e+06 s is too long for reversion_per_year = 8 with "
                     "spot_correlation = 0.9 above 0: the mean of the price might not "
                     "exist; at most 985500 s");
    param[5] = -0.9;
    cr_assert(price_heston.prepare(param, &setup, coef, &err), "%s", err.text);
    free(coef);
}
