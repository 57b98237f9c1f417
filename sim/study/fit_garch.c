/* GJR(1,1) with normal or Student t residuals, as the price model's:
 *     r_n = mu P - h_n / 2 + eps_n,   eps_n = sqrt(h_n) z_n,
 *     h_(n+1) = omega + (alpha + gamma 1[eps_n < 0]) eps_n^2 + beta h_n,
 *     omega = (1 - alpha - gamma/2 - beta) V
 * (Glosten, Jagannathan and Runkle 1993, Journal of Finance 48(5); Bollerslev 1987, Review
 * of Economics and Statistics 69(3), equation 1). The period P is the step of the data; at
 * the first return, and after each gap, h is the long-run variance V.
 *
 * The search runs over mu, sqrt(V / P), the persistence p = alpha + gamma/2 + beta, the
 * share w of it that is not beta, and the split q: alpha = 2 p w q, alpha + gamma = 2 p w
 * (1 - q). So h stays positive, the long run exists, and gamma = 0 (q = 1/2) is no edge.
 * Both kinds of residuals are fitted and the one with the lower AIC is kept. The likelihood
 * of a series that stands still for most of the time grows for ever as V falls: sqrt(V / P)
 * is kept above GARCH_FLOOR of the volatility of the returns. */
#include <math.h>

#include "sim/study/fit.h"
#include "sim/vmath.h"

enum { GARCH_LEAST = 100, GARCH_RANDOM = 3, BLOCK = 64 };
static const double GARCH_APART = 1.5, GARCH_FLOOR = 0.05;
enum { X_DRIFT, X_VOLATILITY, X_PERSISTENCE, X_SHARE, X_SPLIT, X_FREEDOM, N_X };
enum { Y_DRIFT, Y_VOLATILITY, Y_ALPHA, Y_GAMMA, Y_BETA, Y_FREEDOM };

struct garch_data {
    const struct returns *returns;
    double years; /* of a period */
    bool student;
};

static void garch_map(const double *x, double *y, const void *data)
{
    const struct garch_data *d = data;
    const double weight = 2.0 * x[X_PERSISTENCE] * x[X_SHARE];

    y[Y_DRIFT] = x[X_DRIFT];
    y[Y_VOLATILITY] = x[X_VOLATILITY];
    y[Y_ALPHA] = weight * x[X_SPLIT];
    y[Y_GAMMA] =
        fmax(-y[Y_ALPHA], weight * (1.0 - 2.0 * x[X_SPLIT])) + 0.0; /* but for rounding */
    y[Y_BETA] = x[X_PERSISTENCE] * (1.0 - x[X_SHARE]);
    if (d->student)
        y[Y_FREEDOM] = x[X_FREEDOM];
}

/* Follows the variance through `n` returns from index `first` on, *h before the first of
 * them; rows of h and eps^2 if wanted. */
static void garch_follow(const struct garch_data *d, const double *y, uint32_t first,
                         uint32_t n, double *h, double *variance, double *square)
{
    const double long_run = y[Y_VOLATILITY] * y[Y_VOLATILITY] * d->years;
    const double alpha = y[Y_ALPHA], gamma = y[Y_GAMMA], beta = y[Y_BETA];
    const double omega = (1.0 - alpha - 0.5 * gamma - beta) * long_run;
    const double drift = y[Y_DRIFT] * d->years;
    double now = *h;

    for (uint32_t k = 0; k < n; k++) {
        if (d->returns->starts_run[first + k])
            now = long_run;
        const double eps = d->returns->log_return[first + k] - drift + 0.5 * now;
        variance[k] = now;
        square[k] = eps * eps;
        now = omega + (alpha + (eps < 0.0 ? gamma : 0.0)) * eps * eps + beta * now;
    }
    *h = now;
}

/* ln of the density of the residuals, BLOCK at a time. */
static double garch_log_likelihood(const double *x, const void *data)
{
    const struct garch_data *d = data;
    const double nu = d->student ? x[X_FREEDOM] : 0.0, n = d->returns->n;
    double y[N_X], variance[BLOCK], square[BLOCK], sum = 0.0;

    garch_map(x, y, data);
    if (y[Y_ALPHA] > 1.0 || fabs(y[Y_GAMMA]) > 1.0)
        return NAN; /* beyond what the model takes */
    double h = y[Y_VOLATILITY] * y[Y_VOLATILITY] * d->years;
    for (uint32_t i = 0; i < d->returns->n; i += BLOCK) {
        const uint32_t m = d->returns->n - i < BLOCK ? d->returns->n - i : BLOCK;

        garch_follow(d, y, i, m, &h, variance, square);
        for (uint32_t k = m; k < BLOCK; k++) {
            variance[k] = 1.0;
            square[k] = 0.0;
        }
        if (d->student)
            for (int k = 0; k < BLOCK; k++)
                square[k] =
                    vm_log(variance[k]) +
                    (nu + 1.0) * vm_log(1.0 + square[k] / ((nu - 2.0) * variance[k]));
        else
            for (int k = 0; k < BLOCK; k++)
                square[k] = vm_log(variance[k]) + square[k] / variance[k];
        for (int k = 0; k < BLOCK; k++)
            sum += square[k];
    }
    const double constant = d->student ? lgamma(0.5 * (nu + 1.0)) - lgamma(0.5 * nu) -
                                             0.5 * log(M_PI * (nu - 2.0))
                                       : -0.5 * log(2.0 * M_PI);
    return n * constant - 0.5 * sum;
}

static void garch_maximise(const struct garch_data *d, uint64_t seed, struct maximum *m,
                           double *covariance)
{
    double mean, variance;

    fit_moments(d->returns, &mean, &variance);
    const double annual = sqrt(variance / d->years),
                 drift = mean / d->years + 0.5 * annual * annual;
    const double error = annual / sqrt(d->returns->n * d->years);
    const struct coordinate coordinates[N_X] = {
        {"drift_annual", MAXIMISE_PLAIN, 0.0, 0.0, drift - 2.0 * error,
         drift + 2.0 * error},
        {"volatility_annual", MAXIMISE_LOG, GARCH_FLOOR * annual, 0.0, 0.6 * annual,
         1.6 * annual},
        {"alpha + gamma/2 + beta", MAXIMISE_LOGIT, 0.0, 0.9999, 0.6, 0.995},
        {"the weight of the last residual", MAXIMISE_LOGIT, 0.0, 1.0, 0.02, 0.4},
        {"the split between alpha and gamma", MAXIMISE_LOGIT, 0.0, 1.0, 0.1, 0.9},
        {"degrees_of_freedom", MAXIMISE_LOGIT, 2.05, 400.0, 2.5, 30.0},
    };
    const double start[N_X] = {drift, annual, 0.95, 0.1, 0.5, 6.0};
    const uint32_t n = d->student ? N_X : N_X - 1;
    const struct likelihood l = {n, coordinates, garch_log_likelihood, d};

    maximise(&l, start, 1, GARCH_RANDOM, seed, m);
    maximise_map(&l, m, garch_map, n, covariance);
}

/* Student t weighs a return by what its own tail makes of it; where the residuals have
 * another shape (hours of the day, for one) the variance need not be that of the returns.
 */
static void garch_compare(const struct garch_data *d, double volatility, struct maximum *m)
{
    double mean, variance;

    fit_moments(d->returns, &mean, &variance);
    const double ratio = volatility / sqrt(variance / d->years);
    if (ratio > GARCH_APART || ratio < 1.0 / GARCH_APART)
        maximum_remark(m, "the long-run volatility is %.2f times that of the returns",
                       ratio);
}

bool fit_garch(const struct returns *returns, uint64_t seed, struct arena *arena,
               struct estimate *estimate, struct error *err)
{
    static const char *const keys[] = {"drift_annual", "volatility_annual",
                                       "alpha",        "gamma",
                                       "beta",         "degrees_of_freedom"};
    struct garch_data normal = {returns, returns->step_s / FIT_YEAR_S, false};
    struct garch_data student = {returns, returns->step_s / FIT_YEAR_S, true};
    double covariance[2][N_X * N_X], y[N_X];
    struct maximum m[2];

    if (!fit_begin(returns, "garch", GARCH_LEAST, arena, estimate, err))
        return false;
    garch_maximise(&normal, seed, &m[0], covariance[0]);
    garch_maximise(&student, seed, &m[1], covariance[1]);
    const int kept = m[1].log_likelihood - 1.0 > m[0].log_likelihood;
    garch_map(m[kept].x, y, kept ? &student : &normal);
    for (int i = 0; i < N_X - 1 + kept; i++)
        fit_free(estimate, keys[i], y[i], &m[kept]);
    garch_compare(&normal, y[Y_VOLATILITY], &m[kept]);
    fit_set(estimate->model, estimate->param, "period", returns->step_s);
    fit_choose(estimate->model, estimate->param, "residuals",
               kept ? "student_t" : "normal");
    fit_finish(returns, &m[kept], covariance[kept], arena, estimate);
    fit_garch_filter(returns, estimate);
    return true;
}

void fit_garch_filter(const struct returns *returns, struct estimate *e)
{
    const struct garch_data d = {returns, returns->step_s / FIT_YEAR_S, false};
    const double y[] = {
        fit_get(e->model, e->param, "drift_annual"),
        fit_get(e->model, e->param, "volatility_annual"),
        fit_get(e->model, e->param, "alpha"),
        fit_get(e->model, e->param, "gamma"),
        fit_get(e->model, e->param, "beta"),
    };
    double h = y[Y_VOLATILITY] * y[Y_VOLATILITY] * d.years, variance, square;

    for (uint32_t i = 0; i < returns->n; i++)
        garch_follow(&d, y, i, 1, &h, &variance, &square);
    fit_set(e->model, e->param, "start_volatility_annual", sqrt(h / d.years));
}
