/* Least squares in implied volatility by Levenberg and Marquardt's method (GSL, trust
 * region), from one start that the surface suggests and others drawn at random. The search
 * runs over logits of ln v0, ln theta, ln kappa, ln xi and of rho between wide limits.
 * Prices by characteristic function; what does not depend on the parameters, the nodes and
 * the phases exp(-iuk) of the quotes, is computed once. */
#include "sim/study/fit_heston.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <math.h>

#include "models/registry.h"
#include "sim/rng.h"
#include "sim/study/fit.h"
#include "sim/study/heston_price.h"

enum { P_START, P_LONG, P_REVERSION, P_XI, P_RHO, N_P, N_START = 8, N_ITERATION = 200 };

static const double SPACING = 0.06; /* of the nodes: errors below 1e-6 of a vol point */
static const double LEAST_PRICE = 1e-13; /* of an option, in forwards: below is rounding */
static const double AGREE_VOL = 1e-6;    /* two ends are the same minimum */
static const double AGREE_VALUE = 0.05;  /* of rho, of the logarithms of the others */
static const double EDGE = 0.002;        /* this near to a limit, in its range */

/* The free parameters: key in the model's table, limits (sqrt(v0) and sqrt(theta) for the
 * volatilities), and where starts are drawn, for volatilities as multiples of the surface's
 * own at the short and the long end. All on a logarithmic scale but rho. */
static const struct free_parameter {
    const char *key;
    double min, max, low, high;
} free_parameter[N_P] = {
    {"volatility_annual", 0.01, 8.0, 0.7, 1.4},
    {"long_volatility_annual", 0.01, 8.0, 0.7, 1.4},
    {"reversion_per_year", 0.01, 300.0, 0.7, 15.0},
    {"vol_of_variance", 0.02, 45.0, 0.3, 5.0},
    {"spot_correlation", -0.995, 0.995, -0.8, 0.6},
};

/* The quotes of one expiry. */
struct slice {
    double years;
    uint32_t n, *point; /* [n] which quotes */
    struct heston_nodes nodes;
    double complex *phase; /* [n][nodes.n] */
};
struct surface_fit {
    const struct smile_point *point;
    uint32_t n_point, n_slice;
    struct slice *slice;
    double complex *transform; /* scratch */
    double *vol;               /* [n_point] scratch */
};

static double scale(uint32_t i, double x)
{
    return i == P_RHO ? x : log(x);
}

static double to_free(uint32_t i, double value)
{
    const struct free_parameter *f = &free_parameter[i];
    const double share =
        (scale(i, value) - scale(i, f->min)) / (scale(i, f->max) - scale(i, f->min));

    return log(share / (1.0 - share));
}

static double from_free(uint32_t i, double y)
{
    const struct free_parameter *f = &free_parameter[i];
    const double share = 1.0 / (1.0 + exp(-y));
    const double x = scale(i, f->min) + share * (scale(i, f->max) - scale(i, f->min));

    return i == P_RHO ? x : exp(x);
}

static struct heston heston_of(const double *value /* [N_P] */)
{
    return (struct heston){.v0 = value[P_START] * value[P_START],
                           .kappa = value[P_REVERSION],
                           .theta = value[P_LONG] * value[P_LONG],
                           .xi = value[P_XI],
                           .rho = value[P_RHO]};
}

/* Implied volatilities of the model at all quotes. */
static void surface_vol(const struct surface_fit *s, const double *value, double *vol)
{
    const struct heston h = heston_of(value);

    for (uint32_t i = 0; i < s->n_slice; i++) {
        const struct slice *slice = &s->slice[i];
        const int n = slice->nodes.n;
        const double sd = heston_transform(&h, slice->years, &slice->nodes, s->transform);

        for (uint32_t j = 0; j < slice->n; j++) {
            const double k = s->point[slice->point[j]].log_moneyness;
            const double complex *phase = slice->phase + (size_t)j * (size_t)n;
            double sum = 0.0;

            for (int u = 0; u < n; u++)
                sum += creal(s->transform[u]) * creal(phase[u]) -
                       cimag(s->transform[u]) * cimag(phase[u]);
            const double call = black_call(k, sd) + exp(0.5 * k) * sum;
            const double floor = k >= 0.0 ? 0.0 : 1.0 - exp(k);
            const double implied = black_implied(k, fmax(call, floor + LEAST_PRICE));
            vol[slice->point[j]] = implied / sqrt(slice->years);
        }
    }
}

static int residuals(const gsl_vector *y, void *data, gsl_vector *out)
{
    const struct surface_fit *s = data;
    double value[N_P];

    for (uint32_t i = 0; i < N_P; i++)
        value[i] = from_free(i, gsl_vector_get(y, i));
    surface_vol(s, value, s->vol);
    for (uint32_t i = 0; i < s->n_point; i++) {
        const double error = s->vol[i] - s->point[i].implied_vol;
        gsl_vector_set(out, i, isfinite(error) ? sqrt(s->point[i].weight) * error : 10.0);
    }
    return GSL_SUCCESS;
}

/* One minimisation from `value`, which it moves. Returns the sum of squares; *ended: on its
 * own test. */
static double minimise(struct surface_fit *s, double *value, bool *ended)
{
    gsl_multifit_nlinear_parameters options = gsl_multifit_nlinear_default_parameters();
    gsl_multifit_nlinear_fdf fdf = {.f = residuals, .n = s->n_point, .p = N_P, .params = s};
    double y[N_P], sum = 0.0;
    int info = 0;

    options.fdtype = GSL_MULTIFIT_NLINEAR_CTRDIFF;
    options.h_df = 1e-5;
    for (uint32_t i = 0; i < N_P; i++)
        y[i] = to_free(i, value[i]);
    const gsl_vector_view at = gsl_vector_view_array(y, N_P);
    gsl_multifit_nlinear_workspace *w =
        gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust, &options, s->n_point, N_P);
    gsl_multifit_nlinear_init(&at.vector, &fdf, w);
    const int status =
        gsl_multifit_nlinear_driver(N_ITERATION, 1e-9, 1e-12, 0.0, NULL, NULL, &info, w);
    /* GSL_ENOPROG: no step leads down any more, as at the bottom of an exact fit */
    *ended = status == GSL_SUCCESS || status == GSL_ENOPROG;
    for (uint32_t i = 0; i < N_P; i++)
        value[i] = from_free(i, gsl_vector_get(w->x, i));
    for (uint32_t i = 0; i < s->n_point; i++)
        sum += gsl_vector_get(w->f, i) * gsl_vector_get(w->f, i);
    gsl_multifit_nlinear_free(w);
    return sum;
}

static bool points_check(const struct smile_point *point, uint32_t n, struct error *err)
{
    if (n <= N_P)
        return fail(err, "%u quotes are too few for %d parameters: give at least %d", n,
                    (int)N_P, N_P + 1);
    for (uint32_t i = 0; i < n; i++) {
        const struct smile_point *p = &point[i];
        if (!(p->years > 0.0 && p->years < 100.0 && fabs(p->log_moneyness) < 10.0 &&
              p->implied_vol >= 0.01 && p->implied_vol <= 8.0 && p->weight > 0.0 &&
              isfinite(p->weight)))
            return fail(err,
                        "quote %u (expiry %g years, log-moneyness %g, volatility %g, "
                        "weight %g) cannot be used: leave it out",
                        i + 1, p->years, p->log_moneyness, p->implied_vol, p->weight);
    }
    return true;
}

/* The volatility of the quote nearest to the money at that expiry. */
static double slice_vol(const struct surface_fit *s, const struct slice *slice)
{
    uint32_t best = slice->point[0];

    for (uint32_t j = 1; j < slice->n; j++)
        if (fabs(s->point[slice->point[j]].log_moneyness) <
            fabs(s->point[best].log_moneyness))
            best = slice->point[j];
    return s->point[best].implied_vol;
}

static void slice_prepare(struct surface_fit *s, struct slice *slice, struct arena *arena)
{
    heston_nodes(slice_vol(s, slice) * sqrt(slice->years), SPACING, &slice->nodes);
    const int n = slice->nodes.n;
    slice->phase = arena_get(arena, (size_t)slice->n * (size_t)n, sizeof *slice->phase);
    for (uint32_t j = 0; j < slice->n; j++)
        for (int u = 0; u < n; u++)
            slice->phase[(size_t)j * (size_t)n + (size_t)u] =
                cexp(-I * slice->nodes.u[u] * s->point[slice->point[j]].log_moneyness);
}

/* Quotes of one expiry together, expiries in order. */
static void surface_prepare(struct surface_fit *s, struct arena *arena)
{
    double last = 0.0;

    s->slice = arena_get(arena, s->n_point, sizeof *s->slice);
    for (;;) {
        double next = INFINITY;
        for (uint32_t i = 0; i < s->n_point; i++)
            if (s->point[i].years > last)
                next = fmin(next, s->point[i].years);
        if (next == INFINITY)
            break;
        struct slice *slice = &s->slice[s->n_slice++];
        *slice = (struct slice){.years = next};
        slice->point = arena_get(arena, s->n_point, sizeof *slice->point);
        for (uint32_t i = 0; i < s->n_point; i++)
            if (s->point[i].years == next)
                slice->point[slice->n++] = i;
        slice_prepare(s, slice, arena);
        last = next;
    }
    s->transform = arena_get(arena, HESTON_MAX_NODE, sizeof *s->transform);
    s->vol = arena_get(arena, s->n_point, sizeof *s->vol);
}

/* Start 0 is the middle of the region, the others are spread over it. */
static void draw_start(const struct surface_fit *s, uint64_t seed, uint32_t number,
                       double *value)
{
    const double end[2] = {slice_vol(s, &s->slice[0]),
                           slice_vol(s, &s->slice[s->n_slice - 1])};
    struct rng rng;
    lane_row uniform;

    rng_start(&rng, seed, number, "fit_heston/start");
    for (uint32_t i = 0; i < N_P; i++) {
        const struct free_parameter *f = &free_parameter[i];
        rng_uniform(&rng, uniform);
        const double share = number == 0 ? 0.5 : uniform[0];
        const double x = scale(i, f->low) + share * (scale(i, f->high) - scale(i, f->low));
        value[i] = i == P_RHO ? x : exp(x) * (i < 2 ? end[i] : 1.0);
        value[i] = fmin(fmax(value[i], scale(i, f->min) + 1e-3), f->max * 0.99);
    }
}

/* Standard errors from J'WJ in the parameters themselves, J by central differences. False
 * if the quotes do not tell the parameters apart. */
static bool covariance(const struct surface_fit *s, const double *value, double variance,
                       struct arena *arena, double *cov)
{
    double *up = arena_get(arena, s->n_point, sizeof *up), *jacobian[N_P];
    double information[N_P * N_P], unit[N_P];

    for (uint32_t i = 0; i < N_P; i++) {
        double moved[N_P];
        jacobian[i] = arena_get(arena, s->n_point, sizeof **jacobian);
        unit[i] = i == P_RHO ? 1.0 : value[i];
        for (uint32_t j = 0; j < N_P; j++)
            moved[j] = value[j];
        const double step = fmin(1e-4 * unit[i], 0.1 * (free_parameter[i].max - value[i]));
        moved[i] = value[i] + step;
        surface_vol(s, moved, up);
        moved[i] = value[i] - step;
        surface_vol(s, moved, jacobian[i]);
        for (uint32_t k = 0; k < s->n_point; k++)
            jacobian[i][k] = (up[k] - jacobian[i][k]) / (2.0 * step) * unit[i];
    }
    for (uint32_t i = 0; i < N_P; i++)
        for (uint32_t j = 0; j < N_P; j++) {
            double sum = 0.0;
            for (uint32_t k = 0; k < s->n_point; k++)
                sum += s->point[k].weight * jacobian[i][k] * jacobian[j][k];
            information[i * N_P + j] = sum;
        }
    gsl_matrix_view m = gsl_matrix_view_array(information, N_P, N_P);
    if (gsl_linalg_cholesky_decomp1(&m.matrix) != GSL_SUCCESS)
        return false;
    double rcond;
    gsl_vector *work = gsl_vector_alloc(3 * N_P);
    gsl_linalg_cholesky_rcond(&m.matrix, &rcond, work);
    gsl_vector_free(work);
    if (!(rcond > 1e-13) || gsl_linalg_cholesky_invert(&m.matrix) != GSL_SUCCESS)
        return false;
    for (uint32_t i = 0; i < N_P; i++)
        for (uint32_t j = 0; j < N_P; j++)
            cov[i * N_P + j] = variance * information[i * N_P + j] * unit[i] * unit[j];
    return true;
}

/* The key of a parameter at its limit, or NULL. */
static const char *at_edge(const double *value)
{
    for (uint32_t i = 0; i < N_P; i++) {
        const struct free_parameter *f = &free_parameter[i];
        const double share =
            (scale(i, value[i]) - scale(i, f->min)) / (scale(i, f->max) - scale(i, f->min));
        if (share < EDGE || share > 1.0 - EDGE)
            return f->key;
    }
    return NULL;
}

static void report(const struct surface_fit *s, const double *value, bool ended,
                   bool told_apart, struct arena *arena, struct heston_fit *fit)
{
    struct estimate *e = &fit->estimate;
    double total_weight = 0.0, square = 0.0;
    const char *edge = at_edge(value);

    fit->fitted_vol = arena_get(arena, s->n_point, sizeof *fit->fitted_vol);
    surface_vol(s, value, fit->fitted_vol);
    for (uint32_t i = 0; i < s->n_point; i++) {
        const double error = 100.0 * fabs(fit->fitted_vol[i] - s->point[i].implied_vol);
        total_weight += s->point[i].weight;
        square += s->point[i].weight * error * error;
        if (!(error <= fit->largest_vol_points)) {
            fit->largest_vol_points = error;
            fit->largest = i;
        }
    }
    fit->rms_vol_points = sqrt(square / total_weight);
    const bool known =
        told_apart &&
        covariance(s, value, 1e-4 * square / (s->n_point - N_P), arena, e->covariance);
    e->n_param = N_P;
    for (uint32_t i = 0; i < N_P; i++) {
        snprintf(e->p[i].key, sizeof e->p[i].key, "%s", free_parameter[i].key);
        e->p[i].value = value[i];
        e->p[i].standard_error = known ? sqrt(e->covariance[i * N_P + i]) : NAN;
        fit_set(e->model, e->param, free_parameter[i].key, value[i]);
    }
    for (uint32_t i = 0; !known && i < N_P * N_P; i++)
        e->covariance[i] = NAN;
    e->log_likelihood = e->aic = e->bic = NAN;
    e->converged = ended && fit->n_agree >= 2 && edge == NULL && known;
    if (edge != NULL)
        e->note = arena_print(arena,
                              "%s is at the end of its range: the surface is not "
                              "one of this model",
                              edge);
    else if (!known)
        e->note = "other parameters fit as well: the quotes do not tell them apart, more "
                  "expiries and strikes would";
    else if (!ended)
        e->note =
            arena_print(arena, "the search was stopped after %d steps", (int)N_ITERATION);
    else if (fit->n_agree < 2)
        e->note = arena_print(arena,
                              "only one of %u starts reached this fit: there may be a "
                              "better one",
                              fit->n_start);
}

/* Runs all starts. Leaves the best parameters in `best`; *ended: that search on its own
 * test; *told_apart: all that fit as well have the same parameters. */
static void search(struct surface_fit *s, uint64_t seed, struct heston_fit *fit,
                   double *best, bool *ended, bool *told_apart)
{
    double value[N_START][N_P], rms[N_START], weight = 0.0;
    uint32_t first = 0;
    bool stopped[N_START];

    for (uint32_t i = 0; i < s->n_point; i++)
        weight += s->point[i].weight;
    for (uint32_t i = 0; i < N_START; i++) {
        draw_start(s, seed, i, value[i]);
        rms[i] = sqrt(minimise(s, value[i], &stopped[i]) / weight);
        first = rms[i] < rms[first] ? i : first;
    }
    *ended = stopped[first];
    *told_apart = true;
    for (uint32_t j = 0; j < N_P; j++)
        best[j] = value[first][j];
    for (uint32_t i = 0; i < N_START; i++) {
        if (!(rms[i] <= 1.001 * rms[first] + AGREE_VOL))
            continue;
        fit->n_agree++;
        for (uint32_t j = 0; j < N_P; j++)
            *told_apart &= fabs(scale(j, value[i][j]) - scale(j, best[j])) < AGREE_VALUE;
    }
}

bool fit_heston(const struct smile_point *point, uint32_t n_point, uint64_t seed,
                struct arena *arena, struct heston_fit *fit, struct error *err)
{
    struct surface_fit s = {.point = point, .n_point = n_point};
    double best[N_P];
    bool ended, told_apart;

    *fit = (struct heston_fit){.n_start = N_START};
    gsl_set_error_handler_off(); /* an end of a search is no reason to abort */
    if (!points_check(point, n_point, err))
        return false;
    fit->estimate.model = registry_price_find("heston");
    fit->estimate.param = arena_get(arena, 1, fit->estimate.model->about.param_size);
    field_presets(fit->estimate.model->about.fields, fit->estimate.param);
    surface_prepare(&s, arena);
    search(&s, seed, fit, best, &ended, &told_apart);
    report(&s, best, ended, told_apart, arena, fit);
    return true;
}
