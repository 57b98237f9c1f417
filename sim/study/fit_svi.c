/* Raw SVI slice by slice, from a surface of SSVI (after Gatheral and Jacquier 2014, section
 * 5.2). A slice is fitted between its neighbours: what would allow butterfly arbitrage, or
 * cross a neighbour, is added to the squares; what of it is left in the end is taken out by
 * going back along the line to where the slice came from, which had none. So the surface is
 * free of static arbitrage after every step, and is swept until it settles. */
#include "sim/study/fit_svi.h"

#include <gsl/gsl_errno.h>
#include <math.h>

#include "sim/study/smile_quotes.h"
#include "sim/surface_check.h"

enum { N_SWEEP = 3, GRID = 40, N_BACK = 20, N_BISECT = 20, N_PARAM = 5 };
static const double PENALTY = 10.0;
static const double MARGIN = 1e-3;   /* kept by the penalties from every bound */
static const double REACH_SD = 4.0;  /* of the grid of penalties */
static const double LEE_SLOPE = 2.0; /* of a wing */

struct slice_problem {
    struct svi_slice *slice;       /* [n_slice] all; `at` is fitted */
    uint32_t n_slice, at, n_quote; /* quotes of this slice */
    const struct smile_quote *quote;
};

static void pack(const struct svi *s, gsl_vector *free)
{
    gsl_vector_set(free, 0, s->a / s->b);
    gsl_vector_set(free, 1, log(s->b));
    gsl_vector_set(free, 2, atanh(s->rho));
    gsl_vector_set(free, 3, s->m);
    gsl_vector_set(free, 4, log(s->sigma));
}

static struct svi unpack(const gsl_vector *free)
{
    const double b = exp(fmin(gsl_vector_get(free, 1), 20.0));

    return (struct svi){.a = b * gsl_vector_get(free, 0),
                        .b = b,
                        .rho = 0.999999 * tanh(gsl_vector_get(free, 2)),
                        .m = gsl_vector_get(free, 3),
                        .sigma = exp(fmax(fmin(gsl_vector_get(free, 4), 20.0), -15.0))};
}

static double quote_error(const struct svi *s, double years, const struct smile_quote *q)
{
    return sqrt(fmax(svi_variance(s, q->k), 1e-12) / years) - q->volatility;
}

static double above(double value, double limit)
{
    return fmax(value - limit * (1.0 - MARGIN), 0.0);
}

/* How far a place breaks a bound: g, and the neighbours' total variance. */
static double place_penalty(const struct slice_problem *p, const struct svi *s,
                            double scale, double k)
{
    const struct svi_value v = svi_value(s, k);
    double sum = v.w > 0.0 ? fmax(MARGIN - svi_durrleman(k, v), 0.0) : 1.0;

    sum += above(1e-3 * scale, v.w) / scale;
    if (p->at > 0)
        sum += above(svi_variance(&p->slice[p->at - 1].svi, k), v.w) / scale;
    if (p->at + 1 < p->n_slice)
        sum += above(v.w, svi_variance(&p->slice[p->at + 1].svi, k)) / scale;
    return sum;
}

static double wing_penalty(const struct slice_problem *p, const struct svi *s, double side)
{
    const double slope = s->b * (1.0 + side * s->rho);
    double sum = above(slope, LEE_SLOPE);

    if (p->at > 0) {
        const struct svi *near = &p->slice[p->at - 1].svi;
        sum += above(near->b * (1.0 + side * near->rho), slope);
    }
    if (p->at + 1 < p->n_slice) {
        const struct svi *far = &p->slice[p->at + 1].svi;
        sum += above(slope, far->b * (1.0 + side * far->rho));
    }
    return sum;
}

static int residuals(const gsl_vector *free, void *problem, gsl_vector *out)
{
    const struct slice_problem *p = problem;
    const struct svi s = unpack(free);
    const double years = p->slice[p->at].years;
    const double scale = svi_variance(&p->slice[p->at].svi, 0.0);

    for (uint32_t i = 0; i < p->n_quote; i++)
        gsl_vector_set(out, i,
                       p->quote[i].root_weight * quote_error(&s, years, &p->quote[i]));
    for (int i = 0; i < GRID; i++) {
        const double k = REACH_SD * sqrt(scale) * (2.0 * i / (GRID - 1) - 1.0);
        gsl_vector_set(out, p->n_quote + i, PENALTY * place_penalty(p, &s, scale, k));
    }
    gsl_vector_set(out, p->n_quote + GRID, PENALTY * wing_penalty(p, &s, -1.0));
    gsl_vector_set(out, p->n_quote + GRID + 1, PENALTY * wing_penalty(p, &s, 1.0));
    return GSL_SUCCESS;
}

/* Whether the slice, its neighbours and the time between them have no arbitrage. */
static bool is_free(const struct slice_problem *p, const struct svi *s)
{
    const uint32_t first = p->at > 0 ? p->at - 1 : 0;
    const uint32_t last = p->at + 1 < p->n_slice ? p->at + 1 : p->at;
    double years[3], ratio[3] = {0.0};
    struct svi svi[3];
    struct arena arena = {0};
    struct surface surface;
    struct surface_faults f;

    if (svi_wrong(s) != NULL)
        return false;
    for (uint32_t i = first; i <= last; i++) {
        years[i - first] = p->slice[i].years;
        svi[i - first] = i == p->at ? *s : p->slice[i].svi;
    }
    surface_svi(last - first + 1, years, ratio, svi, 1.0, &arena, &surface);
    surface_check(&surface, NULL, &f);
    arena_free(&arena);
    return f.n_butterfly == 0 && f.n_calendar == 0;
}

static struct svi between(const gsl_vector *from, const gsl_vector *to, double share)
{
    double number[N_PARAM];
    gsl_vector_view view = gsl_vector_view_array(number, N_PARAM);

    for (size_t i = 0; i < N_PARAM; i++)
        number[i] = gsl_vector_get(from, i) +
                    share * (gsl_vector_get(to, i) - gsl_vector_get(from, i));
    return unpack(&view.vector);
}

/* The place nearest to `to` on the line from `from` that has no arbitrage. */
static struct svi go_back(const struct slice_problem *p, const gsl_vector *from,
                          const gsl_vector *to)
{
    double free = 0.0, not_free = 1.0;

    for (int i = N_BACK; i > 0 && free == 0.0; i--) {
        const struct svi s = between(from, to, (double)i / N_BACK);
        if (is_free(p, &s))
            free = (double)i / N_BACK;
        else
            not_free = (double)i / N_BACK;
    }
    if (free == 1.0)
        return between(from, to, 1.0);
    for (int i = 0; i < N_BISECT; i++) {
        const double middle = 0.5 * (free + not_free);
        const struct svi s = between(from, to, middle);
        if (is_free(p, &s))
            free = middle;
        else
            not_free = middle;
    }
    /* a hair inside, so that the rounding of a file does not step over */
    return free == 0.0 ? p->slice[p->at].svi : between(from, to, free * (1.0 - 1e-6));
}

static double square_sum(const struct slice_problem *p, const struct svi *s)
{
    double sum = 0.0;

    for (uint32_t i = 0; i < p->n_quote; i++) {
        const double error = quote_error(s, p->slice[p->at].years, &p->quote[i]);
        sum += p->quote[i].root_weight * p->quote[i].root_weight * error * error;
    }
    return sum;
}

static void fit_slice(struct slice_problem *p)
{
    gsl_vector *from = gsl_vector_alloc(N_PARAM), *to = gsl_vector_alloc(N_PARAM);
    struct svi *now = &p->slice[p->at].svi;
    bool converged;

    pack(now, from);
    gsl_vector_memcpy(to, from);
    smile_quotes_minimise(residuals, p, p->n_quote + GRID + 2, to, &converged);
    const struct svi next = go_back(p, from, to);
    if (square_sum(p, &next) < square_sum(p, now) && is_free(p, &next))
        *now = next;
    gsl_vector_free(from);
    gsl_vector_free(to);
}

/* Plain errors over the quotes of a slice; returns the sum of squares. */
static double slice_errors(const struct slice_problem *p, struct svi_slice *s)
{
    double sum = 0.0;

    for (uint32_t i = 0; i < p->n_quote; i++) {
        const double error = quote_error(&s->svi, s->years, &p->quote[i]);
        sum += error * error;
    }
    s->n_quote = p->n_quote;
    s->rms_volatility = sqrt(sum / p->n_quote);
    s->weighted_rms_volatility = sqrt(square_sum(p, &s->svi));
    return sum;
}

void fit_svi(const struct surface *quotes, const struct ssvi_fit *start,
             struct arena *arena, struct svi_fit *fit)
{
    struct slice_problem *problem = arena_get(arena, start->n_slice, sizeof *problem);
    uint32_t from = 0;
    double sum = 0.0;

    *fit = (struct svi_fit){.n_slice = start->n_slice};
    fit->slice = arena_get(arena, start->n_slice, sizeof *fit->slice);
    for (uint32_t i = 0; i < start->n_slice; i++) {
        const struct ssvi_slice *s = &start->slice[i];
        while (quotes->slice[from].years != s->years)
            from++; /* expiries that the start left out */
        struct smile_quote *quote =
            arena_get(arena, quotes->slice[from].n_node, sizeof *quote);
        problem[i] = (struct slice_problem){
            fit->slice, start->n_slice, i,
            smile_quotes_take(&quotes->slice[from], i, quote), quote};
        fit->slice[i] = (struct svi_slice){.expiry_s = s->expiry_s,
                                           .years = s->years,
                                           .log_forward_ratio = s->log_forward_ratio,
                                           .svi = svi_ssvi(s->theta, s->rho, s->phi)};
    }
    for (int sweep = 0; sweep < N_SWEEP; sweep++)
        for (uint32_t i = 0; i < fit->n_slice; i++)
            fit_slice(&problem[sweep % 2 == 0 ? i : fit->n_slice - 1 - i]);
    for (uint32_t i = 0; i < fit->n_slice; i++) {
        sum += slice_errors(&problem[i], &fit->slice[i]);
        fit->n_quote += problem[i].n_quote;
    }
    fit->rms_volatility = sqrt(sum / fit->n_quote);
}
