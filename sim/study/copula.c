/* Student t copula by maximum pseudo-likelihood (Genest, Ghoudi and Rivest 1995, Biometrika
 * 82, 543-552; Demarta and McNeil 2005, "The t copula and related copulas", International
 * Statistical Review 73, section 4): margins are replaced by ranks, u = rank / (n + 1); the
 * correlation follows from Kendall's tau, rho = sin(pi tau / 2), and the degrees of freedom
 * nu maximise the sum over rows of the log-density of the copula (their section 2)
 *     ln c = lnGamma((nu+d)/2) + (d-1) lnGamma(nu/2) - d lnGamma((nu+1)/2) - ln|R| / 2
 *            - (nu+d)/2 ln(1 + x' R^-1 x / nu) + (nu+1)/2 sum_j ln(1 + x_j^2 / nu)
 * with x_j = t_nu^-1(u_j). The search runs over 1/nu, in which the normal copula is the end
 * point 0.
 *
 * The standard error is that of a delete-one-block jackknife of 1/nu (Kuensch 1989, Annals
 * of Statistics 17): it repeats ranks and tau as well, whose errors the curvature of the
 * pseudo-likelihood does not know, and blocks keep the clustering of volatility. */
#include "sim/study/copula.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_min.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_spline.h>
#include <math.h>
#include <string.h>

#include "sim/study/tail.h"

enum { N_BLOCK = 20, N_NODE = 160, MAX_ASSET = 64, LEAST_DEGREES = 2, MOST_DEGREES = 30 };

static const double LEAST_EIGENVALUE = 1e-6;
static const double LEAST_INVERSE = 1e-3;  /* 1/nu below is a normal copula */
static const double LARGEST_INVERSE = 1.0; /* one degree of freedom */
static const double NORMAL_975 = 1.959963984540054;

/* Complete rows as columns, and what the likelihood needs of them. */
struct sample {
    uint32_t n_asset, n_row;
    double *value;       /* [n_asset][n_row] */
    double *normal;      /* [n_asset][n_row] normal quantile of rank / (n_row + 1) */
    double *student;     /* [n_asset][n_row] scratch: quantile of t */
    double *correlation; /* [n_asset][n_asset] */
    double *inverse;     /* [n_asset][n_asset] of correlation */
    double log_det;
};

static void invert(struct sample *s)
{
    const uint32_t n = s->n_asset;
    gsl_matrix_view view = gsl_matrix_view_array(s->inverse, n, n);

    memcpy(s->inverse, s->correlation, (size_t)n * n * sizeof(double));
    gsl_linalg_cholesky_decomp1(&view.matrix);
    s->log_det = 0.0;
    for (uint32_t i = 0; i < n; i++)
        s->log_det += 2.0 * log(s->inverse[i * n + i]);
    gsl_linalg_cholesky_invert(&view.matrix);
}

static void prepare_sample(struct sample *s, struct arena *arena)
{
    const uint32_t n = s->n_row, n_asset = s->n_asset;
    double found;

    s->normal = arena_get(arena, (size_t)n_asset * n, sizeof(double));
    s->student = arena_get(arena, (size_t)n_asset * n, sizeof(double));
    s->correlation = arena_get(arena, (size_t)n_asset * n_asset, sizeof(double));
    s->inverse = arena_get(arena, (size_t)n_asset * n_asset, sizeof(double));
    for (uint32_t i = 0; i < n_asset; i++) {
        double *z = &s->normal[(size_t)i * n];

        tail_ranks(&s->value[(size_t)i * n], n, arena, z);
        for (uint32_t row = 0; row < n; row++)
            z[row] = gsl_cdf_ugaussian_Pinv(z[row] / (n + 1.0));
        s->correlation[i * n_asset + i] = 1.0;
        for (uint32_t j = 0; j < i; j++) {
            const double tau =
                copula_kendall(&s->value[(size_t)i * n], &s->value[(size_t)j * n], n);
            s->correlation[i * n_asset + j] = s->correlation[j * n_asset + i] =
                sin(0.5 * M_PI * tau);
        }
    }
    correlation_repair(s->correlation, n_asset, LEAST_EIGENVALUE, arena, &found);
    invert(s);
}

/* Quantiles of t with nu degrees at the normal quantiles of all ranks, from a spline of
 * asinh(t) through N_NODE exact ones; symmetric in the sign. */
static void student_quantiles(struct sample *s, double nu)
{
    const size_t n = (size_t)s->n_asset * s->n_row;
    const double end = gsl_cdf_ugaussian_Qinv(0.9 / (s->n_row + 1.0));
    double node[N_NODE], value[N_NODE];
    gsl_spline *spline = gsl_spline_alloc(gsl_interp_cspline, N_NODE);
    gsl_interp_accel *accel = gsl_interp_accel_alloc();

    for (int i = 0; i < N_NODE; i++) {
        node[i] = end * i / (N_NODE - 1);
        value[i] =
            i == 0 ? 0.0 : asinh(gsl_cdf_tdist_Qinv(gsl_cdf_ugaussian_Q(node[i]), nu));
    }
    gsl_spline_init(spline, node, value, N_NODE);
    for (size_t i = 0; i < n; i++)
        s->student[i] = copysign(sinh(gsl_spline_eval(spline, fabs(s->normal[i]), accel)),
                                 s->normal[i]);
    gsl_spline_free(spline);
    gsl_interp_accel_free(accel);
}

/* What depends on x of one row, but for constants of the sample. */
static double row_term(const double *x, const double *inverse, uint32_t n, double nu)
{
    double form = 0.0, own = 0.0;

    for (uint32_t i = 0; i < n; i++) {
        double sum = 0.0;

        for (uint32_t j = 0; j < n; j++)
            sum += inverse[i * n + j] * x[j];
        form += sum * x[i];
        own += isinf(nu) ? x[i] * x[i] : log1p(x[i] * x[i] / nu);
    }
    return isinf(nu) ? 0.5 * (own - form)
                     : 0.5 * (nu + 1.0) * own - 0.5 * (nu + n) * log1p(form / nu);
}

static double constant_term(uint32_t n, double log_det, double nu)
{
    const double gammas = isinf(nu) ? 0.0
                                    : gsl_sf_lngamma(0.5 * (nu + n)) +
                                          (n - 1.0) * gsl_sf_lngamma(0.5 * nu) -
                                          n * gsl_sf_lngamma(0.5 * (nu + 1.0));

    return gammas - 0.5 * log_det;
}

static double sample_log_likelihood(struct sample *s, double nu)
{
    const double *value = isinf(nu) ? s->normal : s->student;
    double sum = s->n_row * constant_term(s->n_asset, s->log_det, nu);

    if (!isinf(nu))
        student_quantiles(s, nu);
    for (uint32_t row = 0; row < s->n_row; row++) {
        double x[MAX_ASSET];

        for (uint32_t i = 0; i < s->n_asset; i++)
            x[i] = value[(size_t)i * s->n_row + row];
        sum += row_term(x, s->inverse, s->n_asset, nu);
    }
    return sum;
}

static double minus_log_likelihood(double inverse_nu, void *sample)
{
    return -sample_log_likelihood(sample, 1.0 / inverse_nu);
}

/* The best 1/nu; 0 for a normal copula. */
static double best_inverse(struct sample *s)
{
    static const double grid[] = {1e-3, 0.01, 0.03, 0.06, 0.1, 0.16, 0.25, 0.4, 0.65, 1.0};
    enum { N_GRID = sizeof(grid) / sizeof(grid[0]) };
    double value[N_GRID];
    int best = 0;

    for (int i = 0; i < N_GRID; i++) {
        value[i] = minus_log_likelihood(grid[i], s);
        best = value[i] < value[best] ? i : best;
    }
    if (best == 0)
        return 0.0;
    if (best == N_GRID - 1)
        return LARGEST_INVERSE;
    gsl_min_fminimizer *m = gsl_min_fminimizer_alloc(gsl_min_fminimizer_brent);
    gsl_function f = {minus_log_likelihood, s};

    gsl_min_fminimizer_set_with_values(m, &f, grid[best], value[best], grid[best - 1],
                                       value[best - 1], grid[best + 1], value[best + 1]);
    for (int i = 0; i < 40; i++) {
        gsl_min_fminimizer_iterate(m);
        if (gsl_min_fminimizer_x_upper(m) - gsl_min_fminimizer_x_lower(m) < 1e-5)
            break;
    }
    const double inverse = gsl_min_fminimizer_x_minimum(m);

    gsl_min_fminimizer_free(m);
    return inverse < LEAST_INVERSE ? 0.0 : inverse;
}

/* The complete rows but for [from, to) of them. */
static void take_rows(const struct joint_returns *returns, const uint32_t *complete,
                      uint32_t n_complete, uint32_t from, uint32_t to, struct arena *arena,
                      struct sample *s)
{
    *s = (struct sample){.n_asset = returns->n_asset, .n_row = n_complete - (to - from)};
    s->value = arena_get(arena, (size_t)s->n_asset * s->n_row, sizeof(double));
    for (uint32_t i = 0; i < s->n_asset; i++) {
        uint32_t at = 0;

        for (uint32_t row = 0; row < n_complete; row++)
            if (row < from || row >= to)
                s->value[(size_t)i * s->n_row + at++] =
                    returns->log_return[(size_t)complete[row] * returns->n_asset + i];
    }
    prepare_sample(s, arena);
}

static double jackknife_error(const struct joint_returns *returns, const uint32_t *complete,
                              uint32_t n_complete)
{
    double value[N_BLOCK], mean = 0.0, square = 0.0;

    for (uint32_t block = 0; block < N_BLOCK; block++) {
        struct arena arena = {NULL};
        struct sample s;

        take_rows(returns, complete, n_complete,
                  (uint32_t)((uint64_t)n_complete * block / N_BLOCK),
                  (uint32_t)((uint64_t)n_complete * (block + 1) / N_BLOCK), &arena, &s);
        value[block] = best_inverse(&s);
        mean += value[block] / N_BLOCK;
        arena_free(&arena);
    }
    for (int block = 0; block < N_BLOCK; block++)
        square += (value[block] - mean) * (value[block] - mean);
    return sqrt(square * (N_BLOCK - 1.0) / N_BLOCK);
}

static void set_degrees(struct copula_fit *c, double inverse, double inverse_error)
{
    const double upper = inverse - NORMAL_975 * inverse_error;
    double distance = INFINITY;

    c->degrees_of_freedom = 1.0 / inverse;
    c->standard_error = inverse > 0.0 ? inverse_error / (inverse * inverse) : (double)NAN;
    c->lower = 1.0 / (inverse + NORMAL_975 * inverse_error);
    c->upper = upper > 0.0 ? 1.0 / upper : INFINITY;
    for (uint32_t nu = LEAST_DEGREES; nu <= MOST_DEGREES; nu += 2)
        if (fabs(1.0 / nu - inverse) < distance) {
            distance = fabs(1.0 / nu - inverse);
            c->nearest = nu;
        }
}

bool copula_estimate(const struct joint_returns *returns, struct arena *arena,
                     struct copula_fit *copula, struct error *err)
{
    uint32_t *complete = arena_get(arena, returns->n_row, sizeof(uint32_t));
    uint32_t n = 0;
    struct sample s;

    if (returns->n_asset < 2 || returns->n_asset > MAX_ASSET)
        return fail(err, "a copula joins 2 to %d assets, not %u", MAX_ASSET,
                    returns->n_asset);
    for (uint32_t row = 0; row < returns->n_row; row++) {
        bool all = true;

        for (uint32_t i = 0; i < returns->n_asset; i++)
            all &= !isnan(returns->log_return[(size_t)row * returns->n_asset + i]);
        if (all)
            complete[n++] = row;
    }
    if (n < COPULA_MIN_ROW)
        return fail(err,
                    "%u dates have a return of every asset; the degrees of freedom of a "
                    "copula need %d: leave out the asset with the shortest history",
                    n, COPULA_MIN_ROW);
    take_rows(returns, complete, n, 0, 0, arena, &s);
    const double inverse = best_inverse(&s);

    *copula =
        (struct copula_fit){.n_asset = s.n_asset, .n_row = n, .correlation = s.correlation};
    set_degrees(copula, inverse, jackknife_error(returns, complete, n));
    copula->log_likelihood = sample_log_likelihood(&s, copula->degrees_of_freedom);
    copula->log_likelihood_normal = sample_log_likelihood(&s, INFINITY);
    return true;
}

double copula_log_density(const double *uniform, const double *correlation,
                          uint32_t n_asset, double nu)
{
    struct arena arena = {NULL};
    struct sample s = {.n_asset = n_asset};
    double x[MAX_ASSET];

    s.inverse = arena_get(&arena, (size_t)n_asset * n_asset, sizeof(double));
    s.correlation = arena_get(&arena, (size_t)n_asset * n_asset, sizeof(double));
    memcpy(s.correlation, correlation, (size_t)n_asset * n_asset * sizeof(double));
    invert(&s);
    for (uint32_t i = 0; i < n_asset; i++)
        x[i] = isinf(nu) ? gsl_cdf_ugaussian_Pinv(uniform[i])
                         : gsl_cdf_tdist_Pinv(uniform[i], nu);
    const double density =
        constant_term(n_asset, s.log_det, nu) + row_term(x, s.inverse, n_asset, nu);

    arena_free(&arena);
    return density;
}

double copula_tail_dependence(double correlation, double nu)
{
    if (isinf(nu))
        return correlation < 1.0 ? 0.0 : 1.0;
    return 2.0 *
           gsl_cdf_tdist_P(-sqrt((nu + 1.0) * (1.0 - correlation) / (1.0 + correlation)),
                           nu + 1.0);
}
