#include "sim/surface_check.h"

#include <math.h>
#include <string.h>

#include "sim/vmath.h"

enum { GRID = 240, PARTS = 4 }; /* places per slice; parts of the time between two slices */
static const double REACH_SD = 4.0;
static const double TICK = 1e-4;     /* 0.01 volatility points */
static const double NOTHING = 1e-10; /* rounding */

/* A surface at one time: a slice, or a mixture of two. */
struct cut {
    const struct surface_slice *near, *far;
    double share, years; /* of the way from near to far */
    const struct bend *bend;
};

static struct svi_value cut_value(const struct cut *c, double k, double *left)
{
    struct svi_value v = surface_slice_value(c->near, k);

    *left = 1.0;
    if (c->share > 0.0) {
        const struct svi_value far = surface_slice_value(c->far, k);
        v.w += c->share * (far.w - v.w);
        v.first += c->share * (far.first - v.first);
        v.second += c->share * (far.second - v.second);
    }
    return c->bend == NULL ? v : bend_value(c->bend, c->years, k, v, left);
}

static struct cut slice_cut(const struct surface *s, uint32_t i, const struct bend *bend)
{
    return (struct cut){&s->slice[i], NULL, 0.0, s->slice[i].years, bend};
}

static void worse(struct surface_place *worst, uint32_t slice, double years, double k,
                  double size)
{
    if (size > worst->size)
        *worst = (struct surface_place){slice, years, k, size};
}

static void least(struct surface_faults *f, uint32_t slice, double years, double k,
                  double share)
{
    if (share < f->least.size)
        f->least = (struct surface_place){slice, years, k, share};
}

/* A call on F = 1. */
static double call(double k, double sd)
{
    const double d1 = -k / sd + 0.5 * sd;

    return vm_normal_cdf(d1) - vm_exp(k) * vm_normal_cdf(d1 - sd);
}

/* Three neighbouring nodes at a time. */
static void node_butterflies(const struct surface *s, uint32_t slice,
                             const struct bend *bend, struct surface_faults *f)
{
    const struct cut cut = slice_cut(s, slice, bend);
    const uint32_t n = s->slice[slice].n_node;
    double price[3], strike[3], share;

    for (uint32_t i = 0; i < n; i++) {
        const double k = s->slice[slice].log_moneyness[i];
        const double w = cut_value(&cut, k, &share).w;
        least(f, slice, cut.years, k, share);
        memmove(price, price + 1, 2 * sizeof *price);
        memmove(strike, strike + 1, 2 * sizeof *strike);
        price[2] = call(k, sqrt(w));
        strike[2] = vm_exp(k);
        if (i < 2 || !(share > 0.0))
            continue;
        const double middle = s->slice[slice].log_moneyness[i - 1];
        const double part = (strike[1] - strike[0]) / (strike[2] - strike[0]);
        const double excess = price[1] - (price[0] + part * (price[2] - price[0]));
        const double sd = sqrt(cut_value(&cut, middle, &share).w);
        const double vega =
            vm_normal_pdf(-middle / sd + 0.5 * sd) * sqrt(cut.years); /* dC/dsigma */
        const double size = excess > 1e-15 ? excess / vega : 0.0;
        if (!(size > TICK) || isinf(size))
            continue;
        f->n_butterfly++;
        worse(&f->butterfly, slice, cut.years, middle, size);
    }
}

/* Place i of the grid of a cut, within reach of its forward. */
static double grid_place(const struct cut *c, int i)
{
    double share;
    const double sd = sqrt(cut_value(c, 0.0, &share).w);

    return REACH_SD * sd * (2.0 * i / GRID - 1.0);
}

/* Lowest g of one cut. */
static void formula_butterflies(const struct cut *cut, uint32_t slice,
                                struct surface_faults *f)
{
    struct surface_place worst = {.size = 0.0};
    struct svi_place exact;
    double share;

    for (int i = 0; i <= GRID; i++) {
        const double k = grid_place(cut, i);
        const struct svi_value v = cut_value(cut, k, &share);
        const double g = v.w > 0.0 ? svi_durrleman(k, v) : 0.0;
        least(f, slice, cut->years, k, share);
        worse(&worst, slice, cut->years, k, g < -NOTHING ? -g : 0.0);
    }
    if (cut->bend == NULL && cut->share == 0.0 &&
        !svi_butterfly_free(cut->near->svi, &exact))
        worse(&worst, slice, cut->years, exact.log_moneyness, fabs(exact.size));
    if (worst.size == 0.0)
        return;
    f->n_butterfly++;
    worse(&f->butterfly, slice, cut->years, worst.log_moneyness, worst.size);
}

static bool slice_quotes(const struct surface_slice *s, double k)
{
    return s->svi != NULL ||
           (k >= s->log_moneyness[0] && k <= s->log_moneyness[s->n_node - 1]);
}

/* Looks at every node of either slice. */
static void node_calendar(const struct surface *s, uint32_t i, const struct bend *bend,
                          struct surface_faults *f)
{
    const struct surface_slice *near = &s->slice[i], *far = near + 1;
    const struct cut first = slice_cut(s, i, bend), second = slice_cut(s, i + 1, bend);
    double share;

    for (uint32_t node = 0; node < near->n_node + far->n_node; node++) {
        const double k = node < near->n_node ? near->log_moneyness[node]
                                             : far->log_moneyness[node - near->n_node];
        const double missing =
            1.0 - cut_value(&second, k, &share).w / cut_value(&first, k, &share).w;
        if (missing <= 1e-12)
            continue;
        if (!slice_quotes(near, k) || !slice_quotes(far, k)) {
            f->n_calendar_wing++;
            continue;
        }
        f->n_calendar++;
        worse(&f->calendar, i + 1, far->years, k, missing);
    }
}

static void formula_calendar(const struct surface *s, uint32_t i, const struct bend *bend,
                             struct surface_faults *f)
{
    const struct cut first = slice_cut(s, i, bend), second = slice_cut(s, i + 1, bend);
    struct surface_place worst = {.size = 0.0};
    struct svi_place exact;
    double share;

    for (int node = 0; node <= GRID; node++) {
        const double k = grid_place(&first, node);
        const double missing =
            1.0 - cut_value(&second, k, &share).w / cut_value(&first, k, &share).w;
        worse(&worst, i + 1, second.years, k, missing > NOTHING ? missing : 0.0);
    }
    if (worst.size == 0.0 && bend == NULL &&
        !svi_calendar_free(first.near->svi, second.near->svi, &exact))
        worse(&worst, i + 1, second.years, exact.log_moneyness, exact.size);
    if (worst.size == 0.0)
        return;
    f->n_calendar++;
    worse(&f->calendar, i + 1, second.years, worst.log_moneyness, worst.size);
}

void surface_check(const struct surface *surface, const struct bend *bend,
                   struct surface_faults *faults)
{
    *faults = (struct surface_faults){.least = {.size = INFINITY}};
    for (uint32_t i = 0; i < surface->n_slice; i++) {
        const struct surface_slice *near = &surface->slice[i], *far = near + 1;
        struct cut cut = slice_cut(surface, i, bend);
        const bool last = i + 1 == surface->n_slice;
        if (near->svi == NULL)
            node_butterflies(surface, i, bend, faults);
        else
            formula_butterflies(&cut, i, faults);
        if (last)
            return;
        if (near->svi == NULL || far->svi == NULL) {
            node_calendar(surface, i, bend, faults);
            continue;
        }
        formula_calendar(surface, i, bend, faults);
        for (int part = 1; part < PARTS; part++) {
            cut.far = far;
            cut.share = (double)part / PARTS;
            cut.years = near->years + cut.share * (far->years - near->years);
            formula_butterflies(&cut, i, faults);
        }
    }
}
