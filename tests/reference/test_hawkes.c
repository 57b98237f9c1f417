/* Counts of self-exciting jumps. Mean, variance and P(no jump) were computed from the
 * linear moment equations and the generating function of the exponential Hawkes process,
 * and checked by thinning. The model moves in steps; its own moments at a step follow from
 * a recursion. So: the recursion against the reference, within the bias that models/price/
 * hawkes.c states; the simulation against the recursion, within 5 standard errors. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "tests/market_paths.h"
#include "tests/mean.h"

static const struct row {
    const char *name;
    double mu, alpha, beta, start, years; /* per year; alpha = children times beta */
    const char *horizon, *step;
    int n_step;
    double mean, variance, none;
} rows[] = {
    {"hawkes_1", 0.5, 1.0, 2.0, 0.5, 5.0, "1825d", "5d", 365, 4.50336897349954,
     14.6044381784858, 0.0820849986238988},
    {"hawkes_2", 10.0, 30.0, 50.0, 10.0, 0.25, "2190h", "6h", 365, 5.50505346024931,
     26.6791496221932, 0.0820849986238988},
    {"hawkes_3", 2.0, 0.6, 1.5, 6.0, 3.0, "1095d", "3d", 365, 12.7638355178081,
     27.4848943495919, 0.000177410788410674},
};
enum { N_ROW = sizeof rows / sizeof *rows };

struct count {
    double mean, variance;
};

/* N ~ Poisson((mu + x) h), x' = (1 - beta h) x + alpha N: means, variances and the
 * covariance of x with the sum of all N, from step to step. */
static struct count recursion(const struct row *row, int n_step)
{
    const double h = row->years / n_step, keep = 1.0 - row->beta * h, w = row->alpha;
    double x = row->start - row->mu, x_variance = 0.0, covariance = 0.0;
    struct count c = {0.0, 0.0};

    for (int step = 0; step < n_step; step++) {
        const double mean = (row->mu + x) * h, variance = mean + h * h * x_variance;
        c.mean += mean;
        c.variance += variance + 2.0 * h * covariance;
        covariance = (keep + w * h) * covariance + keep * h * x_variance + w * variance;
        x_variance =
            keep * keep * x_variance + 2.0 * keep * w * h * x_variance + w * w * variance;
        x = keep * x + w * mean;
    }
    return c;
}

Test(reference, hawkes_steps_have_the_stated_bias)
{
    static const int n_step[] = {13, 20, 50, 365, 2000};

    for (int i = 0; i < N_ROW; i++)
        for (size_t j = 0; j < sizeof n_step / sizeof *n_step; j++) {
            const struct row *row = &rows[i];
            const struct count c = recursion(row, n_step[j]);
            const double limit = 0.03 * row->beta * row->years / n_step[j];
            cr_assert_leq(fabs(c.mean / row->mean - 1.0), limit, "%s, %d steps: mean %.10g",
                          row->name, n_step[j], c.mean);
            cr_assert_leq(fabs(c.variance / row->variance - 1.0), limit,
                          "%s, %d steps: variance %.10g", row->name, n_step[j], c.variance);
        }
}

Test(reference, hawkes_counts_by_simulation)
{
    for (int i = 0; i < N_ROW; i++) {
        const struct row *row = &rows[i];
        const struct count c = recursion(row, row->n_step);
        struct mean count = {0}, square = {0}, none = {0};
        struct market_paths m;
        char price[512];

        snprintf(price, sizeof price,
                 "{model: hawkes, volatility_annual: 0, jumps_per_year: %.17g, "
                 "start_jumps_per_year: %.17g, excitation: {BTC: %.17g}, decay_per_year: "
                 "%.17g, jump_log_mean: 0, jump_log_sd: 0}",
                 row->mu, row->start, row->alpha / row->beta, row->beta);
        market_paths_open(&m, price, row->horizon, row->step, 1971);
        cr_assert_eq((int)m.fixture.plan.n_step, row->n_step);
        for (uint64_t first = 0; first < 30000; first += LANES) {
            lane_row n = {0.0};
            market_paths_start(&m, first);
            for (int step = 0; step < row->n_step; step++) {
                market_paths_step(&m);
                for (int k = 0; k < LANES; k++)
                    n[k] += market_paths_jumps(&m, 0)[k];
            }
            for (int k = 0; k < LANES; k++) {
                mean_add(&count, n[k]);
                mean_add(&square, (n[k] - c.mean) * (n[k] - c.mean));
                mean_add(&none, n[k] == 0.0);
            }
        }
        mean_check(&count, c.mean, row->name, "jumps, mean", i);
        mean_check(&square, c.variance, row->name, "jumps, variance", i);
        mean_check(&none, row->none, row->name, "probability of no jump", i);
        market_paths_close(&m);
    }
}
