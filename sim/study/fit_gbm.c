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

/* Of n returns with that mean and variance at the parameters over one step. */
static double gbm_log_likelihood(double n, double mean, double variance, double drift,
                                 double square)
{
    const double away = mean - (drift - 0.5 * square);

    return -0.5 * n * (log(2.0 * M_PI * square) + (variance + away * away) / square);
}

bool fit_gbm(const struct returns *returns, uint64_t seed, struct arena *arena,
             struct estimate *estimate, struct error *err)
{
    struct maximum m = {.converged = true};
    double mean, variance, covariance[4];
    (void)seed; /* nothing is searched */

    if (!fit_begin(returns, "gbm", GBM_LEAST, arena, estimate, err))
        return false;
    fit_moments(returns, &mean, &variance);
    const double n = returns->n, years = returns->step_s / FIT_YEAR_S;
    const double square = variance / years, volatility = sqrt(square);
    fit_free(estimate, "drift_annual", mean / years + 0.5 * square, &m);
    fit_free(estimate, "volatility_annual", volatility, &m);
    m.log_likelihood = gbm_log_likelihood(n, mean, variance, estimate->p[0].value * years,
                                          pow(estimate->p[1].value, 2.0) * years);
    covariance[0] = square / (n * years) + square * square / (2.0 * n);
    covariance[1] = covariance[2] = square * volatility / (2.0 * n);
    covariance[3] = square / (2.0 * n);
    fit_finish(returns, &m, covariance, arena, estimate);
    return true;
}
