/* European options under Merton's jump diffusion: the model simulated at full steps, and
 * the series of Merton (1976), equation 19. Rows "mer": own calculation, series against
 * Fourier integral, 1e-28 apart. Rows "haug": Haug (1998), p. 9, by way of QuantLib's test
 * suite (jumpdiffusion.cpp, testMerton76), total volatility translated to the diffusion's
 * volatility and log jumps, recomputed to 20 digits. r and q continuous, T in years. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdalign.h>

#include "sim/model.h"
#include "sim/rng.h"

extern const struct price_model price_merton;

enum { N_PATH = 1000000 / 64 * 64, MAX_COEF = 4096 };

struct numbers { /* in the order of the model's table */
    double drift_annual, volatility_annual, jumps_per_year, jump_log_mean, jump_log_sd;
};

static const struct row {
    const char *name;
    bool call;
    double spot, strike, r, q, years;
    struct numbers n;
    double price;
    int n_step;
} rows[] = {
    /* clang-format off */
    {"mer_02", true, 100, 94.71, 0.07, 0.006, 91.0 / 365.0,
     {0.07 - 0.006, 0.19, 8.98, 0.073, 0.018}, 9.59028268639456555, 1},
    {"mer_03", true, 100, 190.9, 0.049, 0.015, 7.0 / 365.0,
     {0.049 - 0.015, 0.92, 34.45, -0.039, 0.239}, 0.158628707939756303, 1},
    {"mer_05", false, 100, 157.8, 0.073, 0.038, 30.0 / 365.0,
     {0.073 - 0.038, 0.681, 32.15, -0.093, 0.076}, 57.5906815391821022, 1},
    {"mer_06", true, 100, 52.62, 0.01, 0.026, 7.0 / 365.0,
     {0.01 - 0.026, 1.111, 19.3, -0.143, 0.296}, 47.5731495269031615, 1},
    {"mer_07", false, 100, 76.19, 0.079, 0.028, 3.0 / 365.0,
     {0.079 - 0.028, 0.949, 28.38, -0.169, 0.197}, 0.663694957375586832, 1},
    {"mer_10", true, 100, 96.88, 0.007, 0.007, 91.0 / 365.0,
     {0.007 - 0.007, 0.139, 11.07, -0.008, 0.089}, 7.89312791103563685, 1},
    {"mer_11", false, 100, 195.9, 0.032, 0.009, 30.0 / 365.0,
     {0.032 - 0.009, 0.394, 21.23, -0.031, 0.248}, 96.3051141458516111, 1},
    {"mer_12", false, 100, 80.56, 0.052, 0.037, 91.0 / 365.0,
     {0.052 - 0.037, 1.029, 24.9, -0.127, 0.26}, 20.4398781859037724, 2},
    {"mer_13", false, 100, 90.51, 0.062, 0.041, 30.0 / 365.0,
     {0.062 - 0.041, 0.757, 36.72, -0.057, 0.151}, 8.79472398740465744, 1},
    {"mer_15", false, 100, 173.9, 0.044, 0.044, 1825.0 / 365.0,
     {0.044 - 0.044, 1.127, 0.47, -0.081, 0.016}, 117.953801361156194, 1},
    {"haug_001", true, 100.00, 80.00, 0.08, 0.00, 0.1,
     {0.08 - 0.0, 0.216506350946109662, 1.0, -0.0078125, 0.125},
     20.667642668272471564, 1},
    {"haug_005", true, 100.00, 80.00, 0.08, 0.00, 0.25,
     {0.08 - 0.0, 0.216506350946109662, 5.0, -0.0015625, 0.0559016994374947424},
     21.703479714637109924, 1},
    {"haug_009", true, 100.00, 80.00, 0.08, 0.00, 0.5,
     {0.08 - 0.0, 0.216506350946109662, 10.0, -0.00078125, 0.0395284707521047416},
     23.605461950401699421, 2},
    {"haug_023", true, 100.00, 100.00, 0.08, 0.00, 0.25,
     {0.08 - 0.0, 0.216506350946109662, 5.0, -0.0015625, 0.0559016994374947424},
     5.9590777304315769533, 1},
    {"haug_048", true, 100.00, 80.00, 0.08, 0.00, 0.5,
     {0.08 - 0.0, 0.176776695296636881, 1.0, -0.015625, 0.176776695296636881},
     23.714938556023724915, 1},
    {"haug_062", true, 100.00, 90.00, 0.08, 0.00, 0.25,
     {0.08 - 0.0, 0.176776695296636881, 10.0, -0.0015625, 0.0559016994374947424},
     12.754564815397948588, 1},
    {"haug_080", true, 100.00, 110.00, 0.08, 0.00, 0.25,
     {0.08 - 0.0, 0.176776695296636881, 10.0, -0.0015625, 0.0559016994374947424},
     2.1451479703974571672, 1},
    {"haug_096", true, 100.00, 80.00, 0.08, 0.00, 0.5,
     {0.08 - 0.0, 0.125, 5.0, -0.0046875, 0.0968245836551854221},
     23.669491260709490937, 1},
    {"haug_111", true, 100.00, 100.00, 0.08, 0.00, 0.5,
     {0.08 - 0.0, 0.125, 1.0, -0.0234375, 0.216506350946109662},
     8.2443693317938827683, 1},
    {"haug_135", true, 100.00, 120.00, 0.08, 0.00, 0.5,
     {0.08 - 0.0, 0.125, 10.0, -0.00234375, 0.0684653196881457642},
     2.2322722035670511812, 2},
    /* clang-format on */
};
enum { N_ROW = sizeof(rows) / sizeof(rows[0]) };

static double cdf(double x)
{
    return 0.5 * erfc(-x * sqrt(0.5));
}

/* Undiscounted Black formula on the forward. */
static double black(bool call, double forward, double strike, double sd)
{
    const double d1 = log(forward / strike) / sd + 0.5 * sd, d2 = d1 - sd;

    return call ? forward * cdf(d1) - strike * cdf(d2)
                : strike * cdf(-d2) - forward * cdf(-d1);
}

static double series(const struct row *row)
{
    const struct numbers *n = &row->n;
    const double s2 = n->jump_log_sd * n->jump_log_sd;
    const double mean = n->jumps_per_year * row->years;
    const double k = expm1(n->jump_log_mean + 0.5 * s2);
    double weight = exp(-mean), sum = 0.0;

    for (int jumps = 0; jumps < 200; jumps++) {
        const double forward = row->spot * exp(n->drift_annual * row->years - mean * k +
                                               jumps * (n->jump_log_mean + 0.5 * s2));
        const double variance =
            n->volatility_annual * n->volatility_annual * row->years + jumps * s2;
        sum += weight * black(row->call, forward, row->strike, sqrt(variance));
        weight *= mean / (jumps + 1);
    }
    return exp(-row->r * row->years) * sum;
}

Test(reference, merton_series)
{
    for (int i = 0; i < N_ROW; i++) {
        const double got = series(&rows[i]);
        cr_assert_leq(fabs(got - rows[i].price), 1e-10 * rows[i].price,
                      "%s: %.15g, not %.15g", rows[i].name, got, rows[i].price);
    }
}

/* Sum of the payoffs of a block, and of their squares. */
static void simulate_block(const struct row *row, const void *coef, uint64_t first_path,
                           double *sum, double *square)
{
    struct rng diffusion, count, size;
    lane_row shock, factor, draw[2], spot;
    struct price_step s = {
        .shock = shock, .vol_factor = factor, .draw = {draw[0], draw[1]}, .spot_usd = spot};

    rng_start(&diffusion, 1976, first_path, row->name);
    rng_start(&count, 1976, first_path, "jump-count");
    rng_start(&size, 1976, first_path, "jump-size");
    for (int k = 0; k < LANES; k++) {
        factor[k] = 1.0;
        spot[k] = row->spot;
    }
    for (int step = 0; step < row->n_step; step++) {
        rng_normal(&diffusion, shock);
        rng_uniform(&count, draw[0]);
        rng_uniform(&size, draw[1]);
        price_merton.step(coef, &s);
    }
    for (int k = 0; k < LANES; k++) {
        const double gain = row->call ? spot[k] - row->strike : row->strike - spot[k];
        const double payoff = gain > 0.0 ? gain : 0.0;
        *sum += payoff;
        *square += payoff * payoff;
    }
}

Test(reference, merton_options_by_simulation)
{
    for (int i = 0; i < N_ROW; i++) {
        const struct row *row = &rows[i];
        const double discount = exp(-row->r * row->years);
        alignas(64) char coef[MAX_COEF];
        double sum = 0.0, square = 0.0;
        struct error err;

        cr_assert_leq(price_merton.coef_size, sizeof(coef));
        const struct price_setup setup = {.step_years = row->years / row->n_step};
        cr_assert(price_merton.prepare(&row->n, &setup, coef, &err), "%s", err.text);
        for (int path = 0; path < N_PATH; path += LANES)
            simulate_block(row, coef, (uint64_t)path, &sum, &square);
        const double mean = sum / N_PATH;
        const double se = sqrt((square / N_PATH - mean * mean) / N_PATH);
        cr_assert_leq(fabs(discount * mean - row->price), 3.0 * discount * se,
                      "%s: %.8g, expected %.8g, %.2f standard errors", row->name,
                      discount * mean, row->price,
                      (discount * mean - row->price) / (discount * se));
    }
}
