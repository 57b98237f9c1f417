#include "models/price/qe.h"

#include <math.h>

#include "sim/vmath.h"

/* The switch between the two forms, between 1 and 2 (Andersen 2008, section 3.2.3). */
static const double QE_PSI = 1.5;

static const double YEAR_S = 365.0 * 86400.0;

/* The largest kappa h for rho > 0: the martingale correction exists with at least 6 % to
 * spare, see qe.h. */
static const double QE_REVERSION = 0.25;

bool qe_prepare(const struct qe_param *p, double step_years, struct qe_coef *c,
                struct error *err)
{
    const double h = step_years, kappa = p->reversion_per_year, xi = p->vol_of_variance;
    const double theta = p->long_volatility_annual * p->long_volatility_annual;
    const double rho = p->spot_correlation;
    const double lost = -vm_expm1(-kappa * h), kept = 1.0 - lost;

    if (rho > 0.0 && kappa * h > QE_REVERSION)
        return fail(err,
                    "a step of %g s is too long for reversion_per_year = %g with "
                    "spot_correlation = %g above 0: the mean of the price might not exist; "
                    "at most %g s",
                    h * YEAR_S, kappa, rho, QE_REVERSION / kappa * YEAR_S);
    *c = (struct qe_coef){
        .drift = p->drift_annual * h,
        .start_variance = p->volatility_annual * p->volatility_annual,
        .mean_0 = theta * lost,
        .mean_1 = kept,
        .variance_0 = theta * xi * xi * lost * lost / (2.0 * kappa),
        .variance_1 = xi * xi * kept * lost / kappa,
        .loading = rho / xi * (1.0 + 0.5 * kappa * h),
        .bend = 0.25 * rho * rho * h,
        .own_h = 0.5 * (1.0 - rho * rho) * h,
        .rho = rho,
        .rest = sqrt(1.0 - rho * rho),
    };
    return true;
}

/* The quadratic form: v' and -ln M. Lanes with psi > QE_PSI get numbers without meaning;
 * returns how many there are. */
static int quadratic(const struct qe_coef *c, const double *restrict v,
                     const double *restrict z, const double *restrict A,
                     double *restrict next, double *restrict correction)
{
    int n_high = 0;

    for (int k = 0; k < LANES; k++) {
        const double m = fma(c->mean_1, v[k], c->mean_0);
        const double s2 = fma(c->variance_1, v[k], c->variance_0);
        const double inverse = 2.0 * m * m / s2; /* 2/psi */
        const double b2 = inverse - 1.0 + sqrt(inverse * vm_max(inverse - 1.0, 0.0));
        const double a = m / (1.0 + b2), distance = sqrt(vm_max(b2, 0.0)) + z[k];
        const double share = 2.0 * a * A[k], rest = 1.0 - share;

        n_high += inverse * QE_PSI < 2.0;
        next[k] = a * distance * distance;
        correction[k] = 0.5 * (vm_log(rest) - share * b2 / rest);
    }
    return n_high;
}

/* The exponential form where psi > QE_PSI: replaces what the quadratic one left there. */
static void exponential(const struct qe_coef *c, const double *restrict v,
                        const double *restrict z, const double *restrict A,
                        double *restrict next, double *restrict correction)
{
    for (int k = 0; k < LANES; k++) {
        const double m = fma(c->mean_1, v[k], c->mean_0);
        const double s2 = fma(c->variance_1, v[k], c->variance_0);
        const double inverse = 2.0 * m * m / s2;
        const int high = inverse * QE_PSI < 2.0;
        const double positive = 2.0 * inverse / (2.0 + inverse); /* 1 - p */
        const double beta = positive / m, upper = vm_normal_cdf(-z[k]);
        const double tail = vm_log(vm_max(positive / upper, 1.0)) / beta;
        const double mean = 1.0 - positive + beta * positive / (beta - A[k]);

        next[k] = high ? tail : next[k];
        correction[k] = high ? -vm_log(mean) : correction[k];
    }
}

void qe_step(const struct qe_coef *c, const double *restrict shock,
             const double *restrict own, const double *restrict vol_factor,
             double *restrict variance, double *restrict log_return)
{
    const double rho = c->rho, rest = c->rest;
    lane_row z, A, next, correction;

    for (int k = 0; k < LANES; k++) {
        z[k] = fma(rho, shock[k], rest * own[k]);
        A[k] = vol_factor[k] * (c->loading - vol_factor[k] * c->bend);
    }
    /* Few blocks are near zero variance; the others are spared the exponential form, with
     * the same result. */
    if (quadratic(c, variance, z, A, next, correction) > 0)
        exponential(c, variance, z, A, next, correction);
    for (int k = 0; k < LANES; k++) {
        const double total =
            vol_factor[k] * vol_factor[k] * c->own_h * (variance[k] + next[k]);
        const double z_price = fma(rest, shock[k], -rho * own[k]);

        log_return[k] =
            c->drift + correction[k] + A[k] * next[k] - 0.5 * total + sqrt(total) * z_price;
        variance[k] = next[k];
    }
}

void qe_start(const void *coef, double *const *state)
{
    const struct qe_coef *c = coef;

    for (int k = 0; k < LANES; k++)
        state[0][k] = c->start_variance;
}

void qe_volatility(const void *coef, const double *const *state, double *volatility_annual)
{
    (void)coef;
    for (int k = 0; k < LANES; k++)
        volatility_annual[k] = sqrt(state[0][k]);
}
