/* Maximum likelihood: several searches, the best of which is polished.
 *
 * Each start runs the simplex of Nelder and Mead (GSL nmsimplex2) until it is small; the
 * two best ends go on by BFGS with central differences (GSL bfgs2; Fletcher 1987, Practical
 * Methods of Optimization, section 2.6), the better of them by Newton steps
 * (maximise_newton.c), which also decide on convergence. */
#include "sim/study/maximise.h"

#include <assert.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multimin.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/rng.h"
#include "sim/study/maximise_scale.h"

/* Transforms stop here: exp(-40) of the unit is at the limit for every purpose, and the
 * limit itself is taken. */
static const double FARTHEST = 40.0;
static const double SIMPLEX_SIZE = 0.01, SIMPLEX_STEP = 0.25; /* of half the start range */
static const double DIFFERENCE = 1e-4;                        /* of BFGS's slopes */
static const double SMALL_GAIN = 1e-2, AGREEMENT = 1.0;       /* in log-likelihood */
enum { SIMPLEX_ROUNDS = 120, BFGS_ROUNDS = 60, MAXIMISE_MAX_SEARCH = 64 };

static double transform(const struct coordinate *c, double x)
{
    switch (c->scale) {
    case MAXIMISE_LOG:
        return log(x - c->min);
    case MAXIMISE_LOGIT:
        return log((x - c->min) / (c->max - x));
    default:
        return x;
    }
}

void search_start(struct search *search, const struct likelihood *likelihood)
{
    search->likelihood = likelihood;
    for (uint32_t i = 0; i < likelihood->n; i++) {
        const struct coordinate *c = &likelihood->coordinate[i];
        const double low = transform(c, c->low), high = transform(c, c->high);

        assert(isfinite(low) && isfinite(high) && low < high);
        search->middle[i] = 0.5 * (low + high);
        search->half[i] = 0.5 * (high - low);
    }
}

double search_inward(const struct search *search, uint32_t i, double x)
{
    double u = transform(&search->likelihood->coordinate[i], x);

    if (search->likelihood->coordinate[i].scale != MAXIMISE_PLAIN)
        u = fmax(-FARTHEST, fmin(FARTHEST, isnan(u) ? -FARTHEST : u));
    return (u - search->middle[i]) / search->half[i];
}

double search_outward(const struct search *search, uint32_t i, double z)
{
    const struct coordinate *c = &search->likelihood->coordinate[i];
    const double u = search->middle[i] + search->half[i] * z;
    const double held = fmax(-FARTHEST, fmin(FARTHEST, u));

    if (c->scale != MAXIMISE_PLAIN && u <= -FARTHEST)
        return c->min;
    switch (c->scale) {
    case MAXIMISE_LOG:
        return c->min + exp(held);
    case MAXIMISE_LOGIT:
        if (u >= FARTHEST)
            return c->max;
        return held < 0.0 ? c->min + (c->max - c->min) * (exp(held) / (1.0 + exp(held)))
                          : c->max - (c->max - c->min) * (exp(-held) / (1.0 + exp(-held)));
    default:
        return u;
    }
}

double search_slope(const struct search *search, uint32_t i, double z)
{
    const struct coordinate *c = &search->likelihood->coordinate[i];
    const double x = search_outward(search, i, z);

    switch (c->scale) {
    case MAXIMISE_LOG:
        return search->half[i] * (x - c->min);
    case MAXIMISE_LOGIT:
        return search->half[i] * (x - c->min) * (c->max - x) / (c->max - c->min);
    default:
        return search->half[i];
    }
}

double search_loss(const struct search *search, const double *z)
{
    double x[MAXIMISE_MAX];

    for (uint32_t i = 0; i < search->likelihood->n; i++)
        x[i] = search_outward(search, i, z[i]);
    const double loss = -search->likelihood->log_likelihood(x, search->likelihood->data);
    return isfinite(loss) && loss < MAXIMISE_BAD ? loss : MAXIMISE_BAD;
}

static double loss_value(const gsl_vector *z, void *search)
{
    return search_loss(search, z->data);
}

/* Central differences; one-sided next to impossible points. */
static void loss_slope(const gsl_vector *z, void *params, gsl_vector *slope)
{
    const struct search *search = params;
    double at[MAXIMISE_MAX];

    memcpy(at, z->data, search->likelihood->n * sizeof *at);
    for (uint32_t i = 0; i < search->likelihood->n; i++) {
        const double here = at[i];
        at[i] = here + DIFFERENCE;
        double above = search_loss(search, at);
        at[i] = here - DIFFERENCE;
        double below = search_loss(search, at), width = 2.0 * DIFFERENCE;
        at[i] = here;
        if (above >= MAXIMISE_BAD || below >= MAXIMISE_BAD) {
            const double middle = search_loss(search, at);
            width = DIFFERENCE;
            if (above >= MAXIMISE_BAD)
                above = middle;
            else
                below = middle;
            if (above >= MAXIMISE_BAD || below >= MAXIMISE_BAD)
                above = below = 0.0;
        }
        gsl_vector_set(slope, i, (above - below) / width);
    }
}

static void loss_both(const gsl_vector *z, void *search, double *loss, gsl_vector *slope)
{
    *loss = loss_value(z, search);
    loss_slope(z, search, slope);
}

/* One search of the simplex from z, which it moves; returns the loss. */
static double search_simplex(struct search *search, double *z)
{
    const uint32_t n = search->likelihood->n;
    gsl_multimin_function f = {loss_value, n, search};
    gsl_vector_view start = gsl_vector_view_array(z, n);
    gsl_vector *size = gsl_vector_alloc(n);
    gsl_multimin_fminimizer *m =
        gsl_multimin_fminimizer_alloc(gsl_multimin_fminimizer_nmsimplex2, n);
    double loss = search_loss(search, z);

    gsl_vector_set_all(size, SIMPLEX_STEP);
    if (gsl_multimin_fminimizer_set(m, &f, &start.vector, size) == GSL_SUCCESS) {
        for (uint32_t round = 0; round < SIMPLEX_ROUNDS * n; round++)
            if (gsl_multimin_fminimizer_iterate(m) != GSL_SUCCESS ||
                gsl_multimin_fminimizer_size(m) < SIMPLEX_SIZE)
                break;
        memcpy(z, m->x->data, n * sizeof *z);
        loss = search_loss(search, z);
    }
    gsl_multimin_fminimizer_free(m);
    gsl_vector_free(size);
    return loss;
}

/* BFGS from z, which it moves if that helps; returns the loss. */
static double search_bfgs(struct search *search, double *z, double loss)
{
    const uint32_t n = search->likelihood->n;
    gsl_multimin_function_fdf f = {loss_value, loss_slope, loss_both, n, search};
    gsl_vector_view start = gsl_vector_view_array(z, n);
    gsl_multimin_fdfminimizer *m =
        gsl_multimin_fdfminimizer_alloc(gsl_multimin_fdfminimizer_vector_bfgs2, n);
    double before = loss;

    if (loss >= MAXIMISE_BAD ||
        gsl_multimin_fdfminimizer_set(m, &f, &start.vector, 0.01, 0.1) != GSL_SUCCESS) {
        gsl_multimin_fdfminimizer_free(m);
        return loss;
    }
    for (uint32_t round = 0, idle = 0; round < BFGS_ROUNDS && idle < 2; round++) {
        if (gsl_multimin_fdfminimizer_iterate(m) != GSL_SUCCESS)
            break;
        idle = before - m->f < SMALL_GAIN ? idle + 1 : 0;
        before = m->f;
    }
    const double after = search_loss(search, m->x->data);
    if (after < loss) {
        memcpy(z, m->x->data, n * sizeof *z);
        loss = after;
    }
    gsl_multimin_fdfminimizer_free(m);
    return loss;
}

/* Starting points in the coordinates of the search: those given, then random ones. */
static void search_points(const struct search *search, const double *start,
                          uint32_t n_start, uint32_t n_search, uint64_t seed,
                          double (*z)[MAXIMISE_MAX])
{
    const uint32_t n = search->likelihood->n;
    struct rng rng;
    lane_row uniform;

    rng_start(&rng, seed, 0, "maximise");
    for (uint32_t s = 0; s < n_search; s++)
        for (uint32_t i = 0; i < n; i++) {
            if (s < n_start) {
                z[s][i] = search_inward(search, i, start[s * n + i]);
                continue;
            }
            rng_uniform(&rng, uniform);
            z[s][i] = 2.0 * uniform[0] - 1.0;
        }
}

/* Index of the smallest loss other than `except`. */
static uint32_t search_best(const double *loss, uint32_t n, uint32_t except)
{
    uint32_t best = except == 0 ? 1 : 0;

    for (uint32_t s = 0; s < n; s++)
        if (s != except && loss[s] < loss[best])
            best = s;
    return best;
}

void maximise(const struct likelihood *likelihood, const double *start, uint32_t n_start,
              uint32_t n_random, uint64_t seed, struct maximum *maximum)
{
    double z[MAXIMISE_MAX_SEARCH][MAXIMISE_MAX], loss[MAXIMISE_MAX_SEARCH];
    const uint32_t n_search = n_start + n_random;
    struct search search;

    assert(likelihood->n >= 1 && likelihood->n <= MAXIMISE_MAX);
    assert(n_search >= 1 && n_search <= MAXIMISE_MAX_SEARCH);
    gsl_set_error_handler_off(); /* an end of a search is no reason to abort */
    memset(maximum, 0, sizeof *maximum);
    search_start(&search, likelihood);
    search_points(&search, start, n_start, n_search, seed, z);
    for (uint32_t s = 0; s < n_search; s++)
        loss[s] = search_simplex(&search, z[s]);
    uint32_t best = search_best(loss, n_search, n_search);
    loss[best] = search_bfgs(&search, z[best], loss[best]);
    if (n_search > 1) {
        const uint32_t second = search_best(loss, n_search, best);
        loss[second] = search_bfgs(&search, z[second], loss[second]);
        best = loss[second] < loss[best] ? second : best;
    }
    search_finish(&search, z[best], maximum);
    maximum->n_search = n_search;
    for (uint32_t s = 0; s < n_search; s++)
        maximum->n_agree += loss[s] < AGREEMENT - maximum->log_likelihood;
    if (n_search > 2 && maximum->n_agree < 2)
        maximum_remark(maximum, "only one of %u searches found it", n_search);
}
