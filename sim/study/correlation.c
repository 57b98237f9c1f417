/* Correlations of log-returns on common dates, their sampling errors, and the matrix shrunk
 * towards the one in which all correlations are equal.
 *
 * Pairs: each correlation uses the rows that its two assets share, with the means and the
 * standard deviations of those rows. With the standardised returns x and y of a pair, the
 * influence of one row on r is
 *     psi = x y - r (x^2 + y^2) / 2,        se(r) = sd(psi) / sqrt(n)
 * (delta method; for normal returns it is (1 - r^2) / sqrt(n), for heavy tails larger).
 * The interval is made on Fisher's scale atanh(r) with the error se / (1 - r^2), and
 * brought back.
 *
 * Shrinkage: Ledoit and Wolf (2004), "Honey, I shrunk the sample covariance matrix",
 * Journal of Portfolio Management 30(4), appendix A (target: mean correlation rbar) and
 * appendix B (weight kappa / T with kappa = (pi - rho) / gamma), applied to returns with
 * unit variance:
 *     pi_ij    = E (x y - r)^2
 *     theta_ij = E (x^2 - 1)(x y - r)        (of i's own square; and the same for j)
 *     rho_ij   = rbar (theta_ij + theta_ji) / 2
 *     gamma    = sum (rbar - r_ij)^2
 *     weight   = sum over i != j of (pi_ij - rho_ij) / n_ij / gamma, within 0 .. 1,
 * where the paper's common T is each pair's own number of rows. The diagonal contributes
 * nothing, since target and sample agree there. Pairwise matrices can have negative
 * eigenvalues; what shrinkage leaves of them is repaired and reported. */
#include "sim/study/correlation.h"

#include <gsl/gsl_eigen.h>
#include <math.h>
#include <string.h>

/* Least eigenvalue of the matrix that is handed out. */
static const double LEAST_EIGENVALUE = 1e-6;
static const double NORMAL_975 = 1.959963984540054;

/* Moments of one pair over its common rows. */
struct pair {
    uint32_t n;
    double mean_x, mean_y, sd_x, sd_y; /* divisor n */
    double r, psi_square;              /* mean of psi^2; psi has mean zero */
    double pi, theta;                  /* theta: the sum of both */
};

static bool pair_moments(const struct joint_returns *returns, uint32_t a, uint32_t b,
                         struct pair *p)
{
    double sx = 0.0, sy = 0.0, sxx = 0.0, syy = 0.0, sxy = 0.0;
    uint32_t n = 0;

    for (uint32_t row = 0; row < returns->n_row; row++) {
        const double *x = &returns->log_return[(size_t)row * returns->n_asset];

        if (isnan(x[a]) || isnan(x[b]))
            continue;
        sx += x[a];
        sy += x[b];
        n++;
    }
    p->n = n;
    if (n == 0)
        return false;
    p->mean_x = sx / n;
    p->mean_y = sy / n;
    for (uint32_t row = 0; row < returns->n_row; row++) {
        const double *x = &returns->log_return[(size_t)row * returns->n_asset];

        if (isnan(x[a]) || isnan(x[b]))
            continue;
        const double dx = x[a] - p->mean_x, dy = x[b] - p->mean_y;

        sxx += dx * dx;
        syy += dy * dy;
        sxy += dx * dy;
    }
    p->sd_x = sqrt(sxx / n);
    p->sd_y = sqrt(syy / n);
    p->r = sxy / sqrt(sxx * syy);
    /* The mean of n equal numbers can miss them by rounding. */
    return p->sd_x > 1e-14 * fabs(p->mean_x) && p->sd_y > 1e-14 * fabs(p->mean_y);
}

static void pair_errors(const struct joint_returns *returns, uint32_t a, uint32_t b,
                        struct pair *p)
{
    double psi_square = 0.0, pi = 0.0, theta = 0.0;

    for (uint32_t row = 0; row < returns->n_row; row++) {
        const double *value = &returns->log_return[(size_t)row * returns->n_asset];

        if (isnan(value[a]) || isnan(value[b]))
            continue;
        const double x = (value[a] - p->mean_x) / p->sd_x;
        const double y = (value[b] - p->mean_y) / p->sd_y;
        const double cross = x * y - p->r, psi = x * y - 0.5 * p->r * (x * x + y * y);

        psi_square += psi * psi;
        pi += cross * cross;
        theta += (x * x - 1.0) * cross + (y * y - 1.0) * cross;
    }
    p->psi_square = psi_square / p->n;
    p->pi = pi / p->n;
    p->theta = theta / p->n;
}

double correlation_repair(double *matrix, uint32_t n, double least, struct arena *arena,
                          double *found)
{
    double *work = arena_get(arena, (size_t)n * n, sizeof(double));
    double *value = arena_get(arena, n, sizeof(double));
    double *vector = arena_get(arena, (size_t)n * n, sizeof(double));
    gsl_matrix_view work_view = gsl_matrix_view_array(work, n, n);
    gsl_matrix_view vector_view = gsl_matrix_view_array(vector, n, n);
    gsl_vector_view value_view = gsl_vector_view_array(value, n);
    gsl_eigen_symmv_workspace *space = gsl_eigen_symmv_alloc(n);
    double change = 0.0;

    memcpy(work, matrix, (size_t)n * n * sizeof(double));
    gsl_eigen_symmv(&work_view.matrix, &value_view.vector, &vector_view.matrix, space);
    gsl_eigen_symmv_free(space);
    *found = value[0];
    for (uint32_t i = 1; i < n; i++)
        *found = fmin(*found, value[i]);
    if (*found >= least)
        return 0.0;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++) {
            work[i * n + j] = 0.0;
            for (uint32_t e = 0; e < n; e++)
                work[i * n + j] +=
                    fmax(value[e], least) * vector[i * n + e] * vector[j * n + e];
        }
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++) {
            const double scale = sqrt(work[i * n + i] * work[j * n + j]);
            const double entry = i == j ? 1.0 : work[i * n + j] / scale;

            change = fmax(change, fabs(entry - matrix[i * n + j]));
            matrix[i * n + j] = entry;
        }
    return change;
}

/* Fills row and column of one pair. */
static void set_pair(struct correlation *c, uint32_t i, uint32_t j, const struct pair *p)
{
    const size_t at[2] = {(size_t)i * c->n_asset + j, (size_t)j * c->n_asset + i};
    const double se = sqrt(p->psi_square / p->n);
    const double z = atanh(p->r), half = NORMAL_975 * se / (1.0 - p->r * p->r);
    const bool exact = 1.0 - fabs(p->r) < 1e-12; /* one asset twice: nothing to estimate */

    for (int side = 0; side < 2; side++) {
        c->n_common[at[side]] = p->n;
        c->sample[at[side]] = p->r;
        c->standard_error[at[side]] = exact ? 0.0 : se;
        c->lower[at[side]] = exact ? p->r : tanh(z - half);
        c->upper[at[side]] = exact ? p->r : tanh(z + half);
    }
}

static bool measure(const struct joint_returns *returns, struct pair *pairs,
                    struct correlation *c, struct error *err)
{
    const uint32_t n = returns->n_asset;
    uint32_t at = 0;

    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = i + 1; j < n; j++) {
            struct pair *p = &pairs[at++];
            const bool moves = pair_moments(returns, i, j, p);

            if (p->n < CORRELATION_MIN_COMMON)
                return fail(err,
                            "assets %u and %u have %u returns on common dates; a "
                            "correlation needs %d: leave one of them out",
                            i + 1, j + 1, p->n, CORRELATION_MIN_COMMON);
            if (!moves)
                return fail(err,
                            "asset %u or %u never moves on their %u common dates, so it "
                            "has no correlation: leave it out",
                            i + 1, j + 1, p->n);
            pair_errors(returns, i, j, p);
            set_pair(c, i, j, p);
            c->mean += p->r;
        }
    c->mean = at > 0 ? c->mean / at : 0.0;
    return true;
}

static double shrinkage_weight(const struct pair *pairs, uint32_t n_pair, double mean)
{
    double excess = 0.0, gamma = 0.0;

    for (uint32_t i = 0; i < n_pair; i++) {
        const struct pair *p = &pairs[i];

        excess += (p->pi - 0.5 * mean * p->theta) / p->n;
        gamma += (mean - p->r) * (mean - p->r);
    }
    /* Below three assets the target is the sample. */
    return gamma > 1e-300 ? fmin(1.0, fmax(0.0, excess / gamma)) : 0.0;
}

bool correlation_estimate(const struct joint_returns *returns, struct arena *arena,
                          struct correlation *c, struct error *err)
{
    const uint32_t n = returns->n_asset, n_pair = n * (n - 1) / 2;
    const size_t n_entry = (size_t)n * n;
    struct pair *pairs = arena_get(arena, n_pair, sizeof(*pairs));

    *c = (struct correlation){
        .n_asset = n,
        .n_common = arena_get(arena, n_entry, sizeof(uint32_t)),
        .sample = arena_get(arena, n_entry, sizeof(double)),
        .standard_error = arena_get(arena, n_entry, sizeof(double)),
        .lower = arena_get(arena, n_entry, sizeof(double)),
        .upper = arena_get(arena, n_entry, sizeof(double)),
        .shrunk = arena_get(arena, n_entry, sizeof(double)),
    };
    if (!measure(returns, pairs, c, err))
        return false;
    c->shrinkage = shrinkage_weight(pairs, n_pair, c->mean);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++) {
            const size_t at = (size_t)i * n + j;

            if (i == j)
                c->sample[at] = c->lower[at] = c->upper[at] = 1.0;
            c->shrunk[at] =
                i == j ? 1.0
                       : c->shrinkage * c->mean + (1.0 - c->shrinkage) * c->sample[at];
        }
    if (n > 0)
        c->repair =
            correlation_repair(c->shrunk, n, LEAST_EIGENVALUE, arena, &c->least_eigenvalue);
    return true;
}
