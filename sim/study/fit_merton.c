/* Merton's jump diffusion: the log-return over a step of h years is a mixture of normals
 * (Merton 1976, Journal of Financial Economics 3; Beckers 1981, Journal of Financial and
 * Quantitative Analysis 16(1)),
 *     n jumps with the Poisson probability of n at mean lambda h, then
 *     N((mu - lambda kbar - sigma^2/2) h + n m, sigma^2 h + n s^2),
 * kbar = exp(m + s^2/2) - 1, cut off where what is left out is below 1e-15.
 *
 * The likelihood has no upper bound: with sigma -> 0 and one return on the mean of n = 0 it
 * grows for ever (Honore 1998, Pitfalls in estimating jump-diffusion models). sigma is
 * therefore kept above MERTON_FLOOR of the standard deviation of the returns, and the jumps
 * below three per step. The maximum inside is one of several: moments give one start, the
 * seed five more.
 *
 * The search runs over the mean of the log-returns instead of mu, which the jumps hardly
 * move; mu follows from it. Gaps do no harm: returns are independent. */
#include <math.h>

#include "sim/study/fit.h"
#include "sim/vmath.h"

enum { MERTON_LEAST = 50, MERTON_RANDOM = 5, MERTON_TERMS = 32, BLOCK = 64 };
static const double MERTON_FLOOR = 0.05, MERTON_CUT = 1e-15;
enum { X_MEAN, X_VOLATILITY, X_RATE, X_JUMP_MEAN, X_JUMP_SD, N_X };

struct merton_data {
    const double *log_return;
    uint32_t n;
    double years; /* of a step */
};
struct mixture {
    uint32_t n;
    double mean[MERTON_TERMS], variance[MERTON_TERMS], weight[MERTON_TERMS];
};

/* ln of the density where all terms are too small for a double. */
static double mixture_far(const struct mixture *mix, double x)
{
    double largest = -INFINITY, sum = 0.0, term[MERTON_TERMS];

    for (uint32_t t = 0; t < mix->n; t++) {
        const double d = x - mix->mean[t];
        term[t] = log(mix->weight[t]) - 0.5 * log(2.0 * M_PI * mix->variance[t]) -
                  0.5 * d * d / mix->variance[t];
        largest = fmax(largest, term[t]);
    }
    for (uint32_t t = 0; t < mix->n; t++)
        sum += exp(term[t] - largest);
    return largest + log(sum);
}

/* ln of the density, summed over up to BLOCK returns. */
static double mixture_block(const struct mixture *mix, const double *x, uint32_t n)
{
    double density[BLOCK] = {0.0}, padded[BLOCK] = {0.0}, sum = 0.0;

    for (uint32_t k = 0; k < n; k++)
        padded[k] = x[k];
    for (uint32_t t = 0; t < mix->n; t++) {
        const double mean = mix->mean[t], b = -0.5 / mix->variance[t];
        const double a = mix->weight[t] / sqrt(2.0 * M_PI * mix->variance[t]);

        for (int k = 0; k < BLOCK; k++)
            density[k] += a * vm_exp(b * (padded[k] - mean) * (padded[k] - mean));
    }
    for (uint32_t k = 0; k < n; k++)
        if (density[k] < 1e-290) {
            sum += mixture_far(mix, x[k]);
            density[k] = 1.0;
        }
    for (int k = 0; k < BLOCK; k++)
        density[k] = vm_log(density[k]);
    for (uint32_t k = 0; k < n; k++)
        sum += density[k];
    return sum;
}

static double merton_log_likelihood(const double *x, const void *data)
{
    const struct merton_data *d = data;
    const double mean = x[X_RATE] * d->years, jump_square = x[X_JUMP_SD] * x[X_JUMP_SD];
    const double square = x[X_VOLATILITY] * x[X_VOLATILITY] * d->years;
    const double start = x[X_MEAN] * d->years - mean * x[X_JUMP_MEAN];
    double weight = exp(-mean), sum = 0.0;
    struct mixture mix = {.n = 0};

    while (mix.n < MERTON_TERMS && (weight > MERTON_CUT || mix.n <= mean)) {
        const uint32_t t = mix.n++;
        mix.mean[t] = start + t * x[X_JUMP_MEAN];
        mix.variance[t] = square + t * jump_square;
        mix.weight[t] = weight;
        weight *= mean / (t + 1.0);
    }
    for (uint32_t i = 0; i < d->n; i += BLOCK)
        sum += mixture_block(&mix, d->log_return + i, d->n - i < BLOCK ? d->n - i : BLOCK);
    return sum;
}

/* The model's parameters, in the order in which they are reported. */
static void merton_map(const double *x, double *y, const void *data)
{
    const double m = x[X_JUMP_MEAN], s = x[X_JUMP_SD];
    (void)data;

    y[0] = x[X_MEAN] + 0.5 * x[X_VOLATILITY] * x[X_VOLATILITY] +
           x[X_RATE] * (expm1(m + 0.5 * s * s) - m);
    y[1] = x[X_VOLATILITY];
    y[2] = x[X_RATE];
    y[3] = m;
    y[4] = s;
}

/* Returns beyond three standard deviations are taken for jumps. */
static void merton_moments(const struct merton_data *d, double mean, double sd, double *x)
{
    double n = 0.0, sum = 0.0, square = 0.0, rest = 0.0;

    for (uint32_t i = 0; i < d->n; i++) {
        const double away = d->log_return[i] - mean;
        const bool jump = fabs(away) > 3.0 * sd;
        n += jump;
        sum += jump ? away : 0.0;
        square += jump ? away * away : 0.0;
        rest += jump ? 0.0 : away * away;
    }
    x[X_MEAN] = mean / d->years;
    x[X_VOLATILITY] = fmax(2.0 * MERTON_FLOOR * sd, sqrt(rest / d->n)) / sqrt(d->years);
    x[X_RATE] = fmin(0.5 / d->years, fmax(2.0, n) / (d->n * d->years));
    x[X_JUMP_MEAN] = n > 0.0 ? sum / n : 0.0;
    x[X_JUMP_SD] = n > 0.0 ? fmax(sd, sqrt(square / n)) : 3.0 * sd;
}

bool fit_merton(const struct returns *returns, uint64_t seed, struct arena *arena,
                struct estimate *estimate, struct error *err)
{
    static const char *const keys[] = {"drift_annual", "volatility_annual",
                                       "jumps_per_year", "jump_log_mean", "jump_log_sd"};
    static const double idle[] = {0.0, 0.0, 0.0};
    const struct merton_data d = {returns->log_return, returns->n,
                                  returns->step_s / FIT_YEAR_S};
    double mean, variance, start[N_X], y[N_X], covariance[N_X * N_X];
    struct maximum m;

    if (!fit_begin(returns, "merton", MERTON_LEAST, arena, estimate, err))
        return false;
    fit_moments(returns, &mean, &variance);
    const double sd = sqrt(variance), annual = sd / sqrt(d.years);
    const double most = fit_jumps_max(estimate, d.years);
    const double error = sd / sqrt((double)d.n) / d.years;
    const struct coordinate coordinates[N_X] = {
        {"the mean return", MAXIMISE_PLAIN, 0.0, 0.0, mean / d.years - 2.0 * error,
         mean / d.years + 2.0 * error},
        {"volatility_annual", MAXIMISE_LOG, MERTON_FLOOR * annual, 0.0, 0.3 * annual,
         annual},
        {"jumps_per_year", MAXIMISE_LOGIT, 0.0, most,
         fmin(3.0 / (d.n * d.years), 0.05 * most), 0.15 * most},
        {"jump_log_mean", MAXIMISE_LOGIT, -3.0, 3.0, -fmin(2.0 * sd, 2.0),
         fmin(2.0 * sd, 2.0)},
        {"jump_log_sd", MAXIMISE_LOGIT, 0.0, 3.0, fmin(0.5 * sd, 0.3), fmin(5.0 * sd, 2.0)},
    };
    const struct likelihood l = {N_X, coordinates, merton_log_likelihood, &d};
    merton_moments(&d, mean, sd, start);
    struct merton_data few = d;
    const struct likelihood thin = {N_X, coordinates, merton_log_likelihood, &few};
    few.log_return = fit_thin(returns, arena, &few.n);
    if (few.n == d.n)
        maximise(&l, start, 1, MERTON_RANDOM, seed, &m);
    else
        fit_search(&l, &thin, start, MERTON_RANDOM, seed, &m);
    if (fit_no_jumps(returns, &m)) {
        fit_closed(returns, keys, N_X, idle, "no jumps were found", arena, estimate);
        return true;
    }
    merton_map(m.x, y, &d);
    for (int i = 0; i < N_X; i++)
        fit_free(estimate, keys[i], y[i], &m);
    maximise_map(&l, &m, merton_map, N_X, covariance);
    fit_finish(returns, &m, covariance, arena, estimate);
    return true;
}
