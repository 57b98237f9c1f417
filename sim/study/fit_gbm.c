/* Geometric Brownian motion: log-returns over a step of h years are normal with mean
 * (mu - sigma^2/2) h and variance sigma^2 h, so the maximum of the likelihood is closed
 * (Campbell, Lo and MacKinlay 1997, The Econometrics of Financial Markets, section 9.3):
 *     sigma^2 = v / h,  mu = m / h + sigma^2 / 2
 * with m and v the mean and the variance (divisor n) of the returns, and the information
 * gives
 *     var sigma = sigma^2 / (2 n),  cov(mu, sigma) = sigma^3 / (2 n),
 *     var mu = sigma^2 / (n h) + sigma^4 / (2 n).
 * Gaps do no harm: returns are independent. */
#include <math.h>

#include "sim/study/fit.h"

enum { GBM_LEAST = 10 };
static const double SMALL_GAIN = 0.05; /* of ln L */

static double closed_likelihood(double n, double variance)
{
    return -0.5 * n * (log(2.0 * M_PI * variance) + 1.0);
}

bool fit_no_jumps(const struct returns *returns, const struct maximum *maximum)
{
    double mean, variance;

    fit_moments(returns, &mean, &variance);
    return maximum->log_likelihood < closed_likelihood(returns->n, variance) + SMALL_GAIN;
}

void fit_closed(const struct returns *returns, const char *const *keys, uint32_t n_key,
                const double *idle, const char *note, struct arena *arena,
                struct estimate *estimate)
{
    struct maximum m = {.converged = true};
    double mean, variance, *covariance = arena_get(arena, n_key * n_key, sizeof(double));

    fit_moments(returns, &mean, &variance);
    const double n = returns->n, years = returns->step_s / FIT_YEAR_S;
    const double square = variance / years, volatility = sqrt(square);
    m.log_likelihood = closed_likelihood(n, variance);
    if (note != NULL)
        maximum_remark(&m, "%s", note);
    fit_free(estimate, keys[0], mean / years + 0.5 * square, &m);
    fit_free(estimate, keys[1], volatility, &m);
    for (uint32_t i = 2; i < n_key; i++)
        fit_free(estimate, keys[i], idle[i - 2], &m);
    for (uint32_t i = 0; i < n_key * n_key; i++)
        covariance[i] = NAN;
    covariance[0] = square / (n * years) + square * square / (2.0 * n);
    covariance[1] = covariance[n_key] = square * volatility / (2.0 * n);
    covariance[n_key + 1] = square / (2.0 * n);
    fit_finish(returns, &m, covariance, arena, estimate);
}

bool fit_gbm(const struct returns *returns, uint64_t seed, struct arena *arena,
             struct estimate *estimate, struct error *err)
{
    static const char *const keys[] = {"drift_annual", "volatility_annual"};
    (void)seed; /* nothing is searched */

    if (!fit_begin(returns, "gbm", GBM_LEAST, arena, estimate, err))
        return false;
    fit_closed(returns, keys, 2, NULL, NULL, arena, estimate);
    return true;
}
