/* Kou's jump diffusion: European options, moments and distribution of the log-return, and
 * the martingale. Row kou_01: Kou (2002), Management Science 48, footnote 9; the others:
 * own calculation by two Fourier integrals, 1e-38 apart. r and q continuous, T in years. */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "sim/arena.h"
#include "tests/model_paths.h"

extern const struct price_model price_kou;

enum { N_PATH = 100000 };

static const struct row {
    const char *name;
    bool call;
    double spot, strike, r, q, years, vol, rate, up, eta_up, eta_down, price;
    int n_step;
} rows[] = {
    /* clang-format off */
    {"kou_01", true, 100, 98, 0.05, 0, 0.5, 0.16, 1, 0.4, 10, 5, 9.14731730393692636, 3},
    {"kou_02", true, 100, 103.7, 0.061, 0.007, 7.0 / 365.0, 0.533, 3.94, 0.20, 6.72, 10.42,
     1.76555522740143553, 7},
    {"kou_03", true, 100, 92.16, 0.075, 0.020, 30.0 / 365.0, 0.323, 3.80, 0.80, 5.99, 2.28,
     10.8553079305050116, 5},
    {"kou_04", true, 100, 75.8, 0.004, 0.009, 0.5, 0.441, 4.80, 0.39, 27.35, 3.81,
     32.0310478914732368, 1},
    {"kou_05", false, 100, 86.68, 0.026, 0.041, 0.5, 0.147, 3.81, 0.25, 18.71, 15.65,
     1.67904011337361593, 4},
    {"kou_06", true, 100, 103.5, 0.063, 0.015, 0.25, 0.378, 21.86, 0.77, 39.12, 39.75,
     7.23271661702428556, 2},
    {"kou_07", false, 100, 146.9, 0.008, 0.020, 1.0, 0.858, 1.83, 0.74, 25.05, 28.27,
     68.3874912340105063, 1},
    {"kou_08", true, 100, 109.1, 0.008, 0.049, 30.0 / 365.0, 0.220, 16.69, 0.65, 23.56,
     6.04, 1.83135993830564754, 1},
    /* clang-format on */
};
enum { N_ROW = sizeof(rows) / sizeof(rows[0]) };

static struct model_paths simulate(const struct row *row,
                                   double (*vol_factor)(int, uint64_t))
{
    const struct model_number number[] = {{"drift_annual", row->r - row->q},
                                          {"volatility_annual", row->vol},
                                          {"jumps_per_year", row->rate},
                                          {"up_probability", row->up},
                                          {"up_jump_mean", 1.0 / row->eta_up},
                                          {"down_jump_mean", 1.0 / row->eta_down},
                                          {NULL, 0.0}};
    struct model_paths p = {.model = &price_kou,
                            .number = number,
                            .spot_usd = row->spot,
                            .years = row->years,
                            .n_step = row->n_step,
                            .n_path = N_PATH,
                            .seed = 2002,
                            .vol_factor = vol_factor};

    model_paths_run(&p);
    return p;
}

Test(reference, kou_options_by_simulation)
{
    for (int i = 0; i < N_ROW; i++) {
        const struct row *row = &rows[i];
        const double discount = exp(-row->r * row->years);
        struct model_paths p = simulate(row, NULL);
        const struct path_mean m = model_paths_option(&p, row->call, row->strike);
        const double off = (m.mean - row->price / discount) / m.se;

        cr_assert_leq(fabs(off), 5.0, "%s: %.8g, expected %.8g, %.2f standard errors",
                      row->name, discount * m.mean, row->price, off);
        model_paths_free(&p);
    }
}

/* E exp(iu X): the diffusion's times exp(count (E exp(iu Y) - 1)). */
static double complex kou_cf(double u, const void *context)
{
    const struct row *row = context;
    const double complex jump = row->up * row->eta_up / (row->eta_up - I * u) +
                                (1.0 - row->up) * row->eta_down / (row->eta_down + I * u);
    const double growth = row->up * row->eta_up / (row->eta_up - 1.0) +
                          (1.0 - row->up) * row->eta_down / (row->eta_down + 1.0) - 1.0;
    const double drift = row->r - row->q - 0.5 * row->vol * row->vol - row->rate * growth;

    return cexp(row->years * (I * u * drift - 0.5 * row->vol * row->vol * u * u +
                              row->rate * (jump - 1.0)));
}

/* Cumulants of X: those of the diffusion and count E Y^i. */
static void cumulants(const struct row *row, double k[4])
{
    const double count = row->rate * row->years, variance = row->vol * row->vol;
    const double a = row->eta_up, b = row->eta_down, p = row->up;
    const double growth = p * a / (a - 1.0) + (1.0 - p) * b / (b + 1.0) - 1.0;

    k[0] = (row->r - row->q - 0.5 * variance) * row->years - count * growth +
           count * (p / a - (1.0 - p) / b);
    k[1] = variance * row->years + 2.0 * count * (p / (a * a) + (1.0 - p) / (b * b));
    k[2] = 6.0 * count * (p / (a * a * a) - (1.0 - p) / (b * b * b));
    k[3] = 24.0 * count * (p / pow(a, 4.0) + (1.0 - p) / pow(b, 4.0));
}

Test(reference, kou_log_return_has_the_stated_moments)
{
    for (int i = 0; i < N_ROW; i++) {
        struct model_paths p = simulate(&rows[i], NULL);
        double k[4];

        cumulants(&rows[i], k);
        const double moment[4] = {0.0, k[1], k[2], k[3] + 3.0 * k[1] * k[1]};
        for (int j = 0; j < 4; j++) {
            double *x = p.volatility; /* not needed here */
            for (uint64_t path = 0; path < p.n_path; path++)
                x[path] = pow(log(p.final_usd[path] / p.spot_usd) - k[0], j + 1.0);
            const struct path_mean m = path_mean(x, p.n_path);
            cr_assert_leq(fabs(m.mean - moment[j]), 5.0 * m.se,
                          "%s: central moment %d is %.6g, expected %.6g, %.1f standard "
                          "errors",
                          rows[i].name, j + 1, m.mean, moment[j],
                          (m.mean - moment[j]) / m.se);
        }
        model_paths_free(&p);
    }
}

Test(reference, kou_log_return_has_the_stated_distribution)
{
    for (int i = 0; i < N_ROW; i++) {
        struct model_paths p = simulate(&rows[i], NULL);
        const double sd = rows[i].vol * sqrt(rows[i].years);
        double k[4];

        cumulants(&rows[i], k);
        const double distance =
            model_paths_distance(&p, kou_cf, &rows[i], 6.5 / sd, k[0], sqrt(k[1]));
        cr_assert_leq(distance, 2.75, "%s: distance %.2f / sqrt(n)", rows[i].name,
                      distance);
        model_paths_free(&p);
    }
}

static double stress(int step, uint64_t path)
{
    return 1.0 + (double)(path % 4) * (double)(step % 3);
}

Test(reference, kou_price_grows_at_the_drift_under_stress)
{
    for (int i = 0; i < N_ROW; i++) {
        struct model_paths p = simulate(&rows[i], stress);
        const struct path_mean m = model_paths_growth(&p);
        const double expected = exp((rows[i].r - rows[i].q) * rows[i].years);

        cr_assert_leq(fabs(m.mean - expected), 5.0 * m.se,
                      "%s: mean of S(T)/S(0) %.8g, expected %.8g, standard error %.2g",
                      rows[i].name, m.mean, expected, m.se);
        model_paths_free(&p);
    }
}

/* Log-return of one step that expects 4 jumps, all up or all down, without its drift. */
static double one_step_of(bool up, double count, double size)
{
    const struct {
        double drift, vol, rate, up_probability, up_mean, down_mean;
        const char *group;
    } param = {0.0, 0.0, 4.0, up ? 1.0 : 0.0, 0.1, 0.2, NULL};
    lane_row shock = {0.0}, factor = {0.0}, draw[3], spot;
    struct arena arena = {0};
    const struct price_setup setup = {.step_years = 1.0, .arena = &arena};
    void *coef = arena_get(&arena, 1, price_kou.coef_size);
    struct price_step s = {.shock = shock,
                           .vol_factor = factor,
                           .draw = {draw[0], draw[1], draw[2], draw[2]},
                           .spot_usd = spot};
    struct error err;

    cr_assert(price_kou.prepare(&param, &setup, coef, &err), "%s", err.text);
    for (int k = 0; k < LANES; k++) {
        draw[0][k] = count;
        draw[1][k] = 0.37;
        draw[2][k] = size;
        spot[k] = 1.0;
    }
    price_kou.step(coef, &s);
    arena_free(&arena);
    return log(spot[LANES - 1]) + 4.0 * (up ? 0.1 / 0.9 : -0.2 / 1.2);
}

/* The sum of n jumps of one direction is gamma of order n: the model's step with the draws
 * given, against GSL, from far in one tail to far in the other. */
Test(reference, kou_sums_jumps_exactly)
{
    static const double quantile[] = {0x1p-53, 1e-12, 1e-6, 0.01,      0.3,
                                      0.5,     0.9,   0.99, 1.0 - 1e-6};
    enum { N_QUANTILE = sizeof(quantile) / sizeof(quantile[0]) };

    for (int up = 0; up < 2; up++)
        for (int n = 1; n <= 25; n++)
            for (int i = 0; i < N_QUANTILE; i++) {
                const double level = gsl_cdf_poisson_Q((unsigned)n - 1, 4.0);
                const double q = quantile[i];
                const double tolerance = 1e-12 + 0x1p-51 / (1.0 - q); /* of log q near 1 */
                const double got = one_step_of(up, 1.0 - 0.97 * level, q);
                const double sum = gsl_cdf_gamma_Qinv(q, n, 1.0);
                const double expected = up ? 0.1 * sum : -0.2 * sum;

                cr_assert_leq(fabs(got - expected), tolerance * fabs(expected) + 1e-14,
                              "%d jumps %s at %g: %.15g, expected %.15g", n,
                              up ? "up" : "down", q, got, expected);
            }
}
