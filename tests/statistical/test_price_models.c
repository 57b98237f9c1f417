/* Log-returns of the price models over one and several steps against theory. Fixed seeds;
 * tolerances are 5 standard errors, of the powers of the deviation from the exact mean. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdalign.h>
#include <stdio.h>

#include "sim/model.h"
#include "sim/rng.h"

extern const struct price_model price_gbm, price_merton;

enum { N_PATH = 200000 / 16 * 16, MAX_COEF = 4096 };

/* Members in the order of the models' tables; gbm reads the first two. */
struct numbers {
    double drift_annual, volatility_annual, jumps_per_year, jump_log_mean, jump_log_sd;
};

struct row {
    const char *name;
    const struct price_model *model;
    struct numbers n;
    double step_years, vol_factor;
    int n_step;
};

static const struct row rows[] = {
    {"gbm, a day", &price_gbm, {0.13, 0.77, 0, 0, 0}, 1.0 / 365.0, 1.0, 1},
    {"gbm, five minutes", &price_gbm, {-0.4, 1.21, 0, 0, 0}, 1.0 / 105120.0, 1.0, 3},
    {"gbm, volatility tripled", &price_gbm, {0.13, 0.77, 0, 0, 0}, 7.0 / 365.0, 3.0, 2},
    {"merton, no jumps", &price_merton, {0.13, 0.77, 0, -0.1, 0.2}, 1.0 / 365.0, 1.0, 1},
    {"merton, rare jumps",
     &price_merton,
     {0.2, 0.55, 12, -0.08, 0.11},
     1.0 / 365.0,
     1.0,
     4},
    {"merton, many jumps",
     &price_merton,
     {-0.3, 0.4, 1300, 0.013, 0.02},
     1.0 / 365.0,
     1.0,
     2},
    {"merton, mean 4", &price_merton, {0.05, 0.3, 4, -0.06, 0.05}, 1.0, 1.0, 1},
    {"merton, fixed jumps",
     &price_merton,
     {0.0, 0.0, 52, -0.031, 0.0},
     7.0 / 365.0,
     1.0,
     1},
    {"merton, volatility doubled",
     &price_merton,
     {0.1, 0.5, 40, -0.03, 0.06},
     7.0 / 365.0,
     2.0,
     1},
};
enum { N_ROW = sizeof(rows) / sizeof(rows[0]) };

static void read_draws(const struct price_model *model, struct rng *rng, lane_row *draw)
{
    for (uint32_t d = 0; d < model->n_draw; d++) {
        if (model->draws[d].normal)
            rng_normal(&rng[d], draw[d]);
        else
            rng_uniform(&rng[d], draw[d]);
    }
}

/* Simulates one block and leaves S(T)/S(0). */
static void simulate_block(const struct row *row, const void *coef, uint64_t first_path,
                           double *ratio)
{
    struct rng diffusion, rng[PRICE_MAX_DRAWS];
    lane_row shock, factor, draw[PRICE_MAX_DRAWS], spot;
    struct price_step s = {.shock = shock, .vol_factor = factor, .spot_usd = spot};

    rng_start(&diffusion, 7, first_path, "ETH");
    for (uint32_t d = 0; d < row->model->n_draw; d++) {
        char name[64];
        snprintf(name, sizeof(name), "ETH/%s", row->model->draws[d].name);
        rng_start(&rng[d], 7, first_path, name);
        s.draw[d] = draw[d];
    }
    for (int k = 0; k < LANES; k++) {
        factor[k] = row->vol_factor;
        spot[k] = 2385.0;
    }
    for (int step = 0; step < row->n_step; step++) {
        rng_normal(&diffusion, shock);
        read_draws(row->model, rng, draw);
        row->model->step(coef, &s);
    }
    for (int k = 0; k < LANES; k++)
        ratio[k] = spot[k] / 2385.0;
}

/* Means of (x - mean)^power and of S(T)/S(0), with their standard errors. */
struct sample {
    double moment[4], se[4], forward, forward_se;
};

static struct sample simulate(const struct row *row, double mean)
{
    alignas(64) char coef[MAX_COEF];
    struct error err;
    struct sample sample = {{0.0}, {0.0}, 0.0, 0.0};
    lane_row ratio;

    cr_assert_leq(row->model->coef_size, sizeof(coef));
    const struct price_setup setup = {.step_years = row->step_years};
    cr_assert(row->model->prepare(&row->n, &setup, coef, &err), "%s", row->name);
    for (int path = 0; path < N_PATH; path += LANES) {
        simulate_block(row, coef, (uint64_t)path, ratio);
        for (int k = 0; k < LANES; k++) {
            const double x = log(ratio[k]) - mean;
            double power = x;
            for (int i = 0; i < 4; i++, power *= x) {
                sample.moment[i] += power / N_PATH;
                sample.se[i] += power * power / N_PATH;
            }
            sample.forward += ratio[k] / N_PATH;
            sample.forward_se += ratio[k] * ratio[k] / N_PATH;
        }
    }
    for (int i = 0; i < 4; i++)
        sample.se[i] = sqrt((sample.se[i] - sample.moment[i] * sample.moment[i]) / N_PATH);
    sample.forward_se =
        sqrt((sample.forward_se - sample.forward * sample.forward) / N_PATH);
    return sample;
}

/* Cumulants of the log-return (Merton 1976; the sum of a Poisson number of normals has the
 * cumulants lambda T E Y^i). */
static void theory(const struct row *row, double *mean, double moment[4])
{
    const struct numbers *n = &row->n;
    const double years = row->step_years * row->n_step, m = n->jump_log_mean;
    const double v = n->jump_log_sd * n->jump_log_sd;
    const double count = row->model == &price_merton ? n->jumps_per_year * years : 0.0;
    const double diffusion = row->vol_factor * row->vol_factor * n->volatility_annual *
                             n->volatility_annual * years;
    const double variance = diffusion + count * (m * m + v);

    *mean =
        n->drift_annual * years - count * expm1(m + 0.5 * v) - 0.5 * diffusion + count * m;
    moment[0] = 0.0;
    moment[1] = variance;
    moment[2] = count * (m * m * m + 3.0 * m * v);
    moment[3] =
        count * (m * m * m * m + 6.0 * m * m * v + 3.0 * v * v) + 3.0 * variance * variance;
}

Test(statistical, log_returns_have_the_stated_moments)
{
    for (int i = 0; i < N_ROW; i++) {
        double mean, moment[4];
        theory(&rows[i], &mean, moment);
        const struct sample s = simulate(&rows[i], mean);
        for (int j = 0; j < 4; j++)
            cr_assert_leq(
                fabs(s.moment[j] - moment[j]), 5.0 * s.se[j] + 1e-14,
                "%s: central moment %d is %.6g, expected %.6g, %.1f standard errors",
                rows[i].name, j + 1, s.moment[j], moment[j],
                (s.moment[j] - moment[j]) / s.se[j]);
    }
}

Test(statistical, prices_grow_at_the_drift)
{
    for (int i = 0; i < N_ROW; i++) {
        const double years = rows[i].step_years * rows[i].n_step;
        const double expected = exp(rows[i].n.drift_annual * years);
        const struct sample s = simulate(&rows[i], 0.0);

        cr_assert_leq(fabs(s.forward - expected), 5.0 * s.forward_se,
                      "%s: mean of S(T)/S(0) is %.8g, expected %.8g, standard error %.2g",
                      rows[i].name, s.forward, expected, s.forward_se);
    }
}

Test(statistical, merton_refuses_more_than_four_jumps_per_step)
{
    const struct numbers n = {0.0, 0.5, 365.0 * 4.1, -0.01, 0.02};
    alignas(64) char coef[MAX_COEF];
    struct error err;

    const struct price_setup setup = {.step_years = 1.0 / 365.0};
    cr_assert_not(price_merton.prepare(&n, &setup, coef, &err));
    cr_assert_str_eq(err.text,
                     "jumps_per_year = 1496.5 gives 4.1 jumps per step of "
                     "86400 s; at most 4: lower jumps_per_year or shorten the step");
}
