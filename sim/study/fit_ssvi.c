/* SSVI by weighted least squares in volatility.
 *
 * Each expiry has theta, rho and psi = theta phi. Let p = max((1 + rho1) / (1 + rho2),
 * (1 - rho1) / (1 - rho2)) for an expiry and the one before it. The surface is free of
 * static arbitrage if (Mingone 2022, "No arbitrage global parametrization for the eSSVI
 * volatility surface", Quantitative Finance 22(12); calendar from Hendriks and Martini
 * 2019, butterfly from Gatheral and Jacquier 2014, Theorem 4.2)
 *     theta2 >= theta1 p,   psi1 p <= psi2 <= psi1 theta2 / theta1,
 *     psi <= f = min(4 / (1 + |rho|), sqrt(4 theta / (1 + |rho|))) at every expiry.
 * The unknowns are free numbers x, y, z per expiry: rho = tanh x, theta2 = theta1 p (1 +
 * exp y), and the logistic function of z says where psi lies between its bounds, of which
 * the upper one leaves room for the f of every later expiry. Whatever the minimiser does,
 * the surface has no arbitrage. */
#include "sim/study/fit_ssvi.h"

#include <gsl/gsl_errno.h>
#include <math.h>

#include "sim/rng.h"
#include "sim/study/smile_quotes.h"
#include "sim/svi.h"

enum { N_RESTART = 3, N_COMMON = 3 };
static const double INSIDE = 1.0 - 1e-6; /* of every bound, so that text keeps it */
static const double RESTART_SD = 0.7;

/* What is fitted. `common`: one rho and the power law; the unknowns are then x, z for eta,
 * z for gamma, and y per expiry. Else x, y, z per expiry. */
struct problem {
    uint32_t n_slice, n_quote;
    const double *years; /* [n_slice] */
    const struct smile_quote *quote;
    bool common;
    double *theta, *rho, *phi; /* [n_slice] at the last parameters */
    double eta, gamma;         /* common */
    double start_theta;        /* scale of the first theta */
};

static double logistic(double z)
{
    return 1.0 / (1.0 + exp(-z));
}

static double logit(double share)
{
    const double inside = fmin(fmax(share, 1e-4), 1.0 - 1e-4);

    return log(inside / (1.0 - inside));
}

static double rho_ratio(double near, double far)
{
    return fmax((1.0 + near) / (1.0 + far), (1.0 - near) / (1.0 - far));
}

static double psi_max(double theta, double rho)
{
    return INSIDE * theta * svi_phi_max(theta, rho);
}

/* theta of every expiry from the increments; rho is set. */
static void set_theta(struct problem *p, const gsl_vector *free, size_t first,
                      size_t stride)
{
    for (uint32_t i = 0; i < p->n_slice; i++) {
        const double y = gsl_vector_get(free, first + i * stride);
        p->theta[i] = i == 0 ? p->start_theta * exp(y)
                             : p->theta[i - 1] * rho_ratio(p->rho[i - 1], p->rho[i]) *
                                   (1.0 + 1e-6 + exp(fmin(y, 50.0)));
    }
}

static void set_common(struct problem *p, const gsl_vector *free)
{
    const double rho = INSIDE * tanh(gsl_vector_get(free, 0));

    p->eta = INSIDE * 2.0 / (1.0 + fabs(rho)) * logistic(gsl_vector_get(free, 1));
    p->gamma = 0.5 * logistic(gsl_vector_get(free, 2));
    for (uint32_t i = 0; i < p->n_slice; i++)
        p->rho[i] = rho;
    set_theta(p, free, N_COMMON, 1);
    for (uint32_t i = 0; i < p->n_slice; i++)
        p->phi[i] = svi_phi(p->theta[i], p->eta, p->gamma);
}

/* Bounds of psi at expiry i; psi of the one before is set. */
static void psi_bounds(const struct problem *p, uint32_t i, double *lower, double *upper)
{
    double ratio = 1.0;

    *lower = 0.0;
    *upper = psi_max(p->theta[i], p->rho[i]);
    for (uint32_t j = i + 1; j < p->n_slice; j++) {
        ratio *= rho_ratio(p->rho[j - 1], p->rho[j]);
        *upper = fmin(*upper, psi_max(p->theta[j], p->rho[j]) / ratio);
    }
    if (i == 0)
        return;
    const double before = p->theta[i - 1] * p->phi[i - 1];
    *lower = before * rho_ratio(p->rho[i - 1], p->rho[i]);
    *upper = fmin(*upper, p->phi[i - 1] * p->theta[i]);
}

static void set_slices(struct problem *p, const gsl_vector *free)
{
    if (p->common) {
        set_common(p, free);
        return;
    }
    for (uint32_t i = 0; i < p->n_slice; i++)
        p->rho[i] = INSIDE * tanh(gsl_vector_get(free, 3 * i));
    set_theta(p, free, 1, 3);
    for (uint32_t i = 0; i < p->n_slice; i++) {
        const double share = logistic(gsl_vector_get(free, 3 * i + 2));
        double lower, upper;
        psi_bounds(p, i, &lower, &upper);
        /* a hair inside, so that the rounding of a file does not step over */
        p->phi[i] = (lower + (1e-6 + (1.0 - 2e-6) * share) * (upper - lower)) / p->theta[i];
    }
}

static double quote_error(const struct problem *p, const struct smile_quote *q)
{
    const uint32_t i = q->slice;
    const struct svi s = svi_ssvi(p->theta[i], p->rho[i], p->phi[i]);

    return sqrt(svi_variance(&s, q->k) / p->years[i]) - q->volatility;
}

static int residuals(const gsl_vector *free, void *problem, gsl_vector *out)
{
    struct problem *p = problem;

    set_slices(p, free);
    for (uint32_t i = 0; i < p->n_quote; i++) {
        const struct smile_quote *q = &p->quote[i];
        const double error = q->root_weight * quote_error(p, q);
        gsl_vector_set(out, i, isfinite(error) ? error : 1e3);
    }
    return GSL_SUCCESS;
}

/* The unknowns that give the slices of `p`, as nearly as the constraints allow. */
static void unknowns_of_slices(struct problem *p, gsl_vector *free)
{
    for (uint32_t i = 0; i < p->n_slice; i++) {
        double lower, upper, grown = 1.0;
        if (i > 0)
            grown = p->theta[i] / (p->theta[i - 1] * rho_ratio(p->rho[i - 1], p->rho[i]));
        psi_bounds(p, i, &lower, &upper);
        const double share = (p->theta[i] * p->phi[i] - lower) / (upper - lower);
        gsl_vector_set(free, 3 * i, atanh(p->rho[i]));
        gsl_vector_set(free, 3 * i + 1,
                       i == 0 ? log(p->theta[0] / p->start_theta)
                              : log(fmax(grown - 1.0, 1e-4)));
        gsl_vector_set(free, 3 * i + 2, logit(isfinite(share) ? share : 0.5));
    }
}

/* From `start` and from N_RESTART places around it; the best is left in `start`. */
static bool minimise_restarts(struct problem *p, gsl_vector *start, uint64_t seed)
{
    gsl_vector *best = gsl_vector_alloc(start->size),
               *trial = gsl_vector_alloc(start->size);
    double least = INFINITY;
    bool converged = false;

    gsl_vector_memcpy(best, start);
    for (uint64_t restart = 0; restart <= N_RESTART; restart++) {
        struct rng rng;
        double normal[LANES];
        bool done;
        rng_start(&rng, seed, restart, p->common ? "ssvi/common" : "ssvi/slices");
        gsl_vector_memcpy(trial, start);
        for (size_t i = 0; restart > 0 && i < trial->size; i++) {
            rng_normal(&rng, normal);
            gsl_vector_set(trial, i, gsl_vector_get(start, i) + RESTART_SD * normal[0]);
        }
        const double sum = smile_quotes_minimise(residuals, p, p->n_quote, trial, &done);
        if (sum < least) {
            least = sum;
            converged = done;
            gsl_vector_memcpy(best, trial);
        }
    }
    gsl_vector_memcpy(start, best);
    set_slices(p, start);
    gsl_vector_free(best);
    gsl_vector_free(trial);
    return converged;
}

/* Volatility at the forward, linear between the strikes around it. */
static double atm_volatility(const struct surface_slice *s)
{
    uint32_t i = 1;

    while (i + 1 < s->n_node && s->log_moneyness[i] < 0.0)
        i++;
    const double k0 = s->log_moneyness[i - 1], k1 = s->log_moneyness[i];
    const double share = fmin(fmax(-k0 / (k1 - k0), 0.0), 1.0);
    const double w0 = s->total_variance[i - 1], w1 = s->total_variance[i];
    return sqrt((w0 + share * (w1 - w0)) / s->years);
}

/* Errors of slice i at the parameters set. */
static void slice_errors(const struct problem *p, uint32_t i, struct ssvi_slice *s)
{
    double sum = 0.0, weighted = 0.0;

    s->n_quote = 0;
    s->worst_volatility = 0.0;
    for (uint32_t j = 0; j < p->n_quote; j++) {
        const struct smile_quote *q = &p->quote[j];
        const double error = quote_error(p, q);
        if (q->slice != i)
            continue;
        s->n_quote++;
        sum += error * error;
        weighted += q->root_weight * q->root_weight * error * error;
        if (fabs(error) <= fabs(s->worst_volatility))
            continue;
        s->worst_volatility = error;
        s->worst_log_moneyness = q->k;
    }
    s->rms_volatility = sqrt(sum / s->n_quote);
    s->weighted_rms_volatility = sqrt(weighted);
}

static double rms_of_all(const struct problem *p)
{
    double sum = 0.0;

    for (uint32_t i = 0; i < p->n_quote; i++) {
        const double error = quote_error(p, &p->quote[i]);
        sum += error * error;
    }
    return sqrt(sum / p->n_quote);
}

/* Fits the three common numbers first: they are the start of the rest. */
static void fit_both(struct problem *p, const struct ssvi_slice *slice, uint64_t seed,
                     struct ssvi_fit *fit)
{
    gsl_vector *common = gsl_vector_calloc(N_COMMON + p->n_slice);
    gsl_vector *each = gsl_vector_alloc(3 * (size_t)p->n_slice);

    p->start_theta = slice[0].theta;
    for (uint32_t i = 1; i < p->n_slice; i++)
        gsl_vector_set(common, N_COMMON + i,
                       log(fmax(slice[i].theta / slice[i - 1].theta - 1.0, 1e-2)));
    p->common = true;
    minimise_restarts(p, common, seed);
    fit->common_rho = p->rho[0];
    fit->common_eta = p->eta;
    fit->common_gamma = p->gamma;
    fit->common_rms_volatility = rms_of_all(p);
    p->common = false;
    unknowns_of_slices(p, each);
    fit->converged = minimise_restarts(p, each, seed);
    fit->rms_volatility = rms_of_all(p);
    gsl_vector_free(common);
    gsl_vector_free(each);
}

bool fit_ssvi(const struct surface *quotes, uint64_t seed, struct arena *arena,
              struct ssvi_fit *fit, struct error *err)
{
    uint32_t n_node = 0;

    for (uint32_t i = 0; i < quotes->n_slice; i++)
        n_node += quotes->slice[i].n_node;
    struct smile_quote *quote = arena_get(arena, n_node, sizeof *quote);
    double *years = arena_get(arena, quotes->n_slice, sizeof *years);
    struct problem p = {.years = years, .quote = quote};

    *fit = (struct ssvi_fit){.quote_s = quotes->quote_s, .spot_usd = quotes->spot_usd};
    fit->slice = arena_get(arena, quotes->n_slice, sizeof *fit->slice);
    for (uint32_t i = 0; i < quotes->n_slice; i++) {
        const struct surface_slice *from = &quotes->slice[i];
        const uint32_t n = smile_quotes_take(from, p.n_slice, quote + p.n_quote);
        const double volatility = n > 0 ? atm_volatility(from) : 0.0;
        if (n == 0)
            continue;
        years[p.n_slice] = from->years;
        fit->slice[p.n_slice++] =
            (struct ssvi_slice){.expiry_s = quotes->quote_s + from->years * 365.0 * 86400.0,
                                .years = from->years,
                                .log_forward_ratio = from->log_forward_ratio,
                                .theta = volatility * volatility * from->years};
        p.n_quote += n;
    }
    fit->n_slice = p.n_slice;
    fit->n_quote = p.n_quote;
    if (p.n_slice == 0)
        return fail(
            err,
            "no expiry of the chain has %d strikes within %g standard deviations of "
            "the forward: SSVI cannot be fitted; give a chain with more strikes",
            SMILE_MIN_QUOTES, SMILE_REACH_SD);
    p.theta = arena_get(arena, p.n_slice, sizeof *p.theta);
    p.rho = arena_get(arena, p.n_slice, sizeof *p.rho);
    p.phi = arena_get(arena, p.n_slice, sizeof *p.phi);
    fit_both(&p, fit->slice, seed, fit);
    for (uint32_t i = 0; i < p.n_slice; i++) {
        struct ssvi_slice *s = &fit->slice[i];
        s->theta = p.theta[i];
        s->rho = p.rho[i];
        s->phi = p.phi[i];
        s->atm_volatility_annual = sqrt(s->theta / s->years);
        slice_errors(&p, i, s);
    }
    return true;
}
