#include "sim/surface_view.h"

#include <math.h>
#include <string.h>

#include "sim/bend.h"
#include "sim/vmath.h"

static const double YEARS_MIN = 1e-12;      /* as in models/instrument/option.c */
static const double VOLATILITY_MIN = 1e-12; /* keeps 0/0 out of the slopes of none */

/* += weight x slice of nodes, as surface_slice_value has it. Paths are not far from each
 * other: the search goes on from the node of the path before. */
static void add_nodes(const struct surface_slice *s, double weight, const double *k_row,
                      struct surface_variance *v)
{
    const double *x = s->log_moneyness, *w = s->total_variance;
    const uint32_t last = s->n_node - 1;
    uint32_t at = 0;

    for (int k = 0; k < LANES; k++) { /* scalar: a search */
        const double here = k_row[k];
        while (at < last && x[at + 1] <= here)
            at++;
        while (at > 0 && x[at] > here)
            at--;
        const bool inside = here > x[0] && at < last;
        const uint32_t next = inside ? at + 1 : at;
        const double width = inside ? x[next] - x[at] : 1.0, rise = w[next] - w[at];
        v->w[k] += weight * (w[at] + (inside ? (here - x[at]) / width : 0.0) * rise);
        v->first[k] += weight * (rise / width);
    }
}

/* += weight x slice. */
static void add_slice(const struct surface_slice *s, double weight, const double *k_row,
                      struct surface_variance *v)
{
    if (s->svi == NULL) {
        add_nodes(s, weight, k_row, v);
        return;
    }
    const double a = s->svi->a, b = s->svi->b, rho = s->svi->rho, m = s->svi->m;
    const double sigma2 = s->svi->sigma * s->svi->sigma;
    for (int k = 0; k < LANES; k++) {
        const double x = k_row[k] - m, square = x * x + sigma2, root = sqrt(square);
        v->w[k] += weight * (a + b * (rho * x + root));
        v->first[k] += weight * (b * (rho + x / root));
        v->second[k] += weight * (b * sigma2 / (square * root));
    }
}

void surface_view_variance(const struct surface *surface, double years, const double *k_row,
                           struct surface_variance *variance)
{
    const struct surface_cut cut = surface_cut(surface, years);

    memset(variance, 0, sizeof *variance);
    add_slice(cut.near, cut.near_weight, k_row, variance);
    if (cut.far != NULL)
        add_slice(cut.far, cut.far_weight, k_row, variance);
}

/* sigma = max(L sigma0 + s h, L sigma0 / 4), h = k / sqrt(k^2 + T), and its derivatives; k
 * falls as ln S rises. */
void surface_view_bend(const struct surface_view *view, double years, const double *k_row,
                       const struct surface_variance *v, struct smile *smile)
{
    const double *factor = view->factor, *term = view->term, *skew = view->skew;
    const double power = bend_term_exponent(years, view->term_power);
    const double per_year = 1.0 / years, sqrt_t = sqrt(years);

    for (int k = 0; k < LANES; k++) {
        const double sigma0 = sqrt(v->w[k] * per_year);
        const double divisor = vm_max(sigma0, VOLATILITY_MIN);
        const double first0 = 0.5 * v->first[k] * per_year / divisor;
        const double second0 = (0.5 * v->second[k] * per_year - first0 * first0) / divisor;
        const double shape = vm_exp(term[k] * power), level = factor[k] * shape;
        const double square = k_row[k] * k_row[k] + years, root = sqrt(square);
        const double least = BEND_LEAST_SHARE * level * sigma0;
        const double bent = level * sigma0 + skew[k] * k_row[k] / root;
        const bool cut = bent < least;
        const double share = cut ? BEND_LEAST_SHARE : 1.0, tilt = cut ? 0.0 : 1.0;
        const double by_level = share * sigma0, s = tilt * skew[k];
        const double by_strike = share * level * first0 + s * years / (square * root);
        smile->sd[k] = (cut ? least : bent) * sqrt_t;
        smile->skew[k] = by_strike * sqrt_t;
        smile->slope[k] = -by_strike;
        smile->curve[k] =
            share * level * second0 - s * 3.0 * k_row[k] * years / (square * square * root);
        smile->by_factor[k] = by_level * shape;
        smile->by_term[k] = by_level * level * power;
        smile->by_skew[k] = tilt * k_row[k] / root;
    }
}

void surface_view_at(const struct surface_view *view, double years,
                     const double *log_strike, const double *log_spot, struct smile *smile)
{
    const double left = vm_max(years, YEARS_MIN);
    const struct surface *surface = view->surface;
    /* ln(F/S) of now, or ln F of the start for the same expiry */
    const double shift =
        view->sticky_delta ? surface_log_forward_ratio(surface, left)
                           : vm_log(surface->spot_usd) +
                                 surface_log_forward_ratio(surface, view->now_years + left);
    struct surface_variance variance;
    lane_row k_row;

    for (int k = 0; k < LANES; k++)
        k_row[k] = (log_strike[k] - shift) - (view->sticky_delta ? log_spot[k] : 0.0);
    surface_view_variance(surface, left, k_row, &variance);
    surface_view_bend(view, left, k_row, &variance, smile);
}
