/* Kou's double-exponential jump diffusion by maximum likelihood, on the exact density of
 * the log-return over one step (kou_density.c; Kou 2002, Management Science 48).
 *
 * As with Merton's model the likelihood grows for ever where sigma -> 0 with a return on
 * the mean of no jump; sigma is kept above KOU_FLOOR of the standard deviation of the
 * returns, and the jumps below three per step. The search runs over the mean of the
 * log-returns instead of mu. Gaps do no harm: returns are independent. */
#include <gsl/gsl_sort.h>
#include <math.h>
#include <string.h>

#include "sim/study/fit.h"
#include "sim/study/kou_density.h"

enum { KOU_LEAST = 50, KOU_RANDOM = 4 };
static const double KOU_FLOOR = 0.05, KOU_SMALL = 1e-4; /* of the sd of the diffusion */
static const double KOU_UP_MAX = 0.9; /* of the model: the expected price must exist */
enum { X_MEAN, X_VOLATILITY, X_RATE, X_UP, X_UP_MEAN, X_DOWN_MEAN, N_X };

struct kou_data {
    const double *log_return; /* sorted */
    uint32_t n;
    double years; /* of a step */
};

static double kou_log_likelihood(const double *x, const void *data)
{
    const struct kou_data *d = data;
    const double jump = x[X_UP] * x[X_UP_MEAN] - (1.0 - x[X_UP]) * x[X_DOWN_MEAN];
    const double sd = x[X_VOLATILITY] * sqrt(d->years), small = KOU_SMALL * sd;
    const struct kou_step step = {
        .mean = (x[X_MEAN] - x[X_RATE] * jump) * d->years,
        .sd = sd,
        .jumps = x[X_RATE] * d->years,
        .up_probability = x[X_UP],
        .up_mean = fmax(x[X_UP_MEAN], small), /* a jump of no size is a limit */
        .down_mean = fmax(x[X_DOWN_MEAN], small),
    };

    return kou_log_density(&step, d->log_return, d->n);
}

/* The model's parameters, in the order in which they are reported. */
static void kou_map(const double *x, double *y, const void *data)
{
    const double up = x[X_UP_MEAN], down = x[X_DOWN_MEAN], p = x[X_UP];
    (void)data;

    /* kbar less the mean jump: p up^2/(1 - up) + (1 - p) down^2/(1 + down) */
    y[0] = x[X_MEAN] + 0.5 * x[X_VOLATILITY] * x[X_VOLATILITY] +
           x[X_RATE] * (p * up * up / (1.0 - up) + (1.0 - p) * down * down / (1.0 + down));
    memcpy(y + 1, x + 1, 5 * sizeof *y);
}

/* Returns beyond three standard deviations are taken for jumps. */
static void kou_moments(const struct kou_data *d, double mean, double sd, double *x)
{
    double n[2] = {0.0}, sum[2] = {0.0}, rest = 0.0;

    for (uint32_t i = 0; i < d->n; i++) {
        const double away = d->log_return[i] - mean;
        const int down = away < 0.0;
        const bool jump = fabs(away) > 3.0 * sd;
        n[down] += jump;
        sum[down] += jump ? fabs(away) : 0.0;
        rest += jump ? 0.0 : away * away;
    }
    x[X_MEAN] = mean / d->years;
    x[X_VOLATILITY] = fmax(2.0 * KOU_FLOOR * sd, 0.8 * sqrt(rest / d->n)) / sqrt(d->years);
    x[X_RATE] = fmin(0.5, 3.0 * (n[0] + n[1] + 2.0) / d->n) / d->years;
    x[X_UP] = (n[0] + 1.0) / (n[0] + n[1] + 2.0);
    x[X_UP_MEAN] = fmin(0.5 * KOU_UP_MAX, n[0] > 0.0 ? 0.5 * sum[0] / n[0] : 2.0 * sd);
    x[X_DOWN_MEAN] = n[1] > 0.0 ? 0.5 * sum[1] / n[1] : 2.0 * sd;
}

bool fit_kou(const struct returns *returns, uint64_t seed, struct arena *arena,
             struct estimate *estimate, struct error *err)
{
    static const char *const keys[] = {"drift_annual",   "volatility_annual",
                                       "jumps_per_year", "up_probability",
                                       "up_jump_mean",   "down_jump_mean"};
    static const double idle[] = {0.0, 0.5, 0.0, 0.0};
    double mean, variance, start[N_X], y[N_X], covariance[N_X * N_X];
    struct maximum m;

    if (!fit_begin(returns, "kou", KOU_LEAST, arena, estimate, err))
        return false;
    double *sorted = arena_get(arena, returns->n, sizeof *sorted);
    memcpy(sorted, returns->log_return, returns->n * sizeof *sorted);
    gsl_sort(sorted, 1, returns->n);
    const struct kou_data d = {sorted, returns->n, returns->step_s / FIT_YEAR_S};
    fit_moments(returns, &mean, &variance);
    const double sd = sqrt(variance), annual = sd / sqrt(d.years);
    const double most = fit_jumps_max(estimate, d.years);
    const double error = sd / sqrt((double)d.n) / d.years;
    const double small = fmin(0.3 * sd, 0.1), large = fmin(4.0 * sd, 0.5);
    const struct coordinate coordinates[N_X] = {
        {"the mean return", MAXIMISE_PLAIN, 0.0, 0.0, mean / d.years - 2.0 * error,
         mean / d.years + 2.0 * error},
        {"volatility_annual", MAXIMISE_LOG, KOU_FLOOR * annual, 0.0, 0.3 * annual, annual},
        {"jumps_per_year", MAXIMISE_LOGIT, 0.0, most,
         fmin(3.0 / (d.n * d.years), 0.05 * most), 0.15 * most},
        {"up_probability", MAXIMISE_LOGIT, 0.0, 1.0, 0.2, 0.8},
        {"up_jump_mean", MAXIMISE_LOGIT, 0.0, KOU_UP_MAX, small, large},
        {"down_jump_mean", MAXIMISE_LOGIT, 0.0, 3.0, small, large},
    };
    const struct likelihood l = {N_X, coordinates, kou_log_likelihood, &d};
    kou_moments(&d, mean, sd, start);
    struct kou_data few = d;
    const struct likelihood thin = {N_X, coordinates, kou_log_likelihood, &few};
    double *kept = fit_thin(returns, arena, &few.n);
    gsl_sort(kept, 1, few.n);
    few.log_return = kept;
    if (few.n == d.n)
        maximise(&l, start, 1, KOU_RANDOM, seed, &m);
    else
        fit_search(&l, &thin, start, KOU_RANDOM, seed, &m);
    if (fit_no_jumps(returns, &m)) {
        fit_closed(returns, keys, N_X, idle, "no jumps were found", arena, estimate);
        return true;
    }
    kou_map(m.x, y, &d);
    for (int i = 0; i < N_X; i++)
        fit_free(estimate, keys[i], y[i], &m);
    maximise_map(&l, &m, kou_map, N_X, covariance);
    fit_finish(returns, &m, covariance, arena, estimate);
    return true;
}
