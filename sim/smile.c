#include "sim/smile.h"

#include <math.h>
#include <string.h>

#include "sim/bend.h"
#include "sim/vmath.h"

static const double YEARS_MIN = 1e-12;  /* as in models/instrument/option.c */
static const double BESIDE_NODE = 1e-6; /* in log-moneyness */

/* Total variance and its derivatives in k, path by path. */
struct variance {
    lane_row w, first, second;
};

/* += weight x slice of nodes, as surface_slice_value has it. Paths are not far from each
 * other: the search goes on from the node of the path before. */
static void add_nodes(const struct surface_slice *s, double weight, const double *k_row,
                      struct variance *v)
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
                      struct variance *v)
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

/* sigma = max(L sigma0 + s h, L sigma0 / 4), h = k / sqrt(k^2 + T), and its derivatives; k
 * falls as ln S rises. */
static void bend_rows(const struct plan *plan, uint32_t asset, const struct worker *w,
                      double years, const double *k_row, const struct variance *v,
                      struct smile *smile)
{
    const uint32_t n = plan->n_asset;
    const double *factor = worker_row(w, ROW_EFFECT, EFFECT_SURFACE * n + asset);
    const double *term = worker_row(w, ROW_EFFECT, EFFECT_TERM * n + asset);
    const double *skew = worker_row(w, ROW_EFFECT, EFFECT_SKEW * n + asset);
    const double power = bend_term_exponent(years, plan->asset[asset].term_power);
    const double per_year = 1.0 / years, sqrt_t = sqrt(years);

    for (int k = 0; k < LANES; k++) {
        const double sigma0 = sqrt(v->w[k] * per_year);
        const double first0 = 0.5 * v->first[k] * per_year / sigma0;
        const double second0 = (0.5 * v->second[k] * per_year - first0 * first0) / sigma0;
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

/* d w / dk of a surface at k, w = sigma^2 T. */
static double variance_slope(const struct surface *surface, double k, double years)
{
    const struct surface_cut cut = surface_cut(surface, years);
    double slope = 0.0;

    for (int side = -1; side <= 1; side += 2) {
        const double beside = k + side * BESIDE_NODE;
        slope += 0.5 * cut.near_weight * surface_slice_value(cut.near, beside).first;
        if (cut.far != NULL)
            slope += 0.5 * cut.far_weight * surface_slice_value(cut.far, beside).first;
    }
    return slope;
}

void smile_skew_of_surface(const struct plan *plan, const struct plan_claim *o,
                           const struct worker *w, double *skew)
{
    const uint32_t asset = o->contract->asset;
    const double years =
        vm_max((o->contract->expiry_s - w->time_s) / PLAN_YEAR_S, YEARS_MIN);
    const double sd = surface_volatility_sqrt_t(o->strike, years);
    const double slope =
        variance_slope(plan->asset[asset].surface, o->strike->log_moneyness, years) /
        (2.0 * sd);
    const double *factor =
        worker_row(w, ROW_EFFECT, EFFECT_SURFACE * plan->n_asset + asset);

    for (int k = 0; k < LANES; k++)
        skew[k] = factor[k] * slope;
}

void smile_at(const struct plan *plan, const struct plan_claim *o, const struct worker *w,
              const double *log_spot, struct smile *smile)
{
    const struct plan_asset *a = &plan->asset[o->contract->asset];
    const double left = (o->contract->expiry_s - w->time_s) / PLAN_YEAR_S;
    const double years = vm_max(left, YEARS_MIN);
    struct variance v;
    lane_row k_row;

    memset(&v, 0, sizeof v);
    if (a->sticky_delta) {
        const struct surface_cut cut = surface_cut(a->surface, years);
        const double forward =
            vm_log(o->contract->strike_usd) - surface_log_forward_ratio(a->surface, years);
        for (int k = 0; k < LANES; k++)
            k_row[k] = forward - log_spot[k];
        add_slice(cut.near, cut.near_weight, k_row, &v);
        if (cut.far != NULL)
            add_slice(cut.far, cut.far_weight, k_row, &v);
    } else {
        const double sd = surface_volatility_sqrt_t(o->strike, years);
        const double first = variance_slope(a->surface, o->strike->log_moneyness, years);
        for (int k = 0; k < LANES; k++) {
            v.w[k] = sd * sd;
            v.first[k] = first;
            k_row[k] = o->strike->log_moneyness;
        }
    }
    bend_rows(plan, o->contract->asset, w, years, k_row, &v, smile);
    if (a->sticky_delta)
        return;
    memset(smile->slope, 0, sizeof smile->slope);
    memset(smile->curve, 0, sizeof smile->curve);
}

/* With x = ln S: sigma_S = sigma_x / S, sigma_SS = (sigma_xx - sigma_x) / S^2. */
static void add_slopes(const struct smile *restrict smile, const double *restrict spot,
                       const double *restrict vega, const double *restrict vanna,
                       const double *restrict volga, double *restrict delta,
                       double *restrict gamma)
{
    for (int k = 0; k < LANES; k++) {
        const double slope = smile->slope[k] / spot[k];
        const double curve = (smile->curve[k] - smile->slope[k]) / (spot[k] * spot[k]);
        delta[k] += vega[k] * slope;
        gamma[k] += 2.0 * vanna[k] * slope + volga[k] * slope * slope + vega[k] * curve;
    }
}

void smile_greeks(const struct smile *smile, const double *spot_usd,
                  const struct claim_value *value)
{
    add_slopes(smile, spot_usd, value->vega_usd, value->vanna_coin, value->volga_usd,
               value->delta_coin, value->gamma);
}
