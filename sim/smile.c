#include "sim/smile.h"

#include <math.h>
#include <string.h>

#include "sim/vmath.h"

static const double YEARS_MIN = 1e-12;  /* as in models/instrument/option.c */
static const double BESIDE_NODE = 1e-6; /* in log-moneyness */

struct surface_view smile_view(const struct plan *plan, uint32_t asset,
                               const struct worker *w)
{
    const struct plan_asset *a = &plan->asset[asset];
    const uint32_t n = plan->n_asset;

    return (struct surface_view){
        .surface = a->surface,
        .sticky_delta = a->sticky_delta,
        .term_power = a->term_power,
        .now_years = w->time_s / PLAN_YEAR_S,
        .factor = worker_row(w, ROW_EFFECT, EFFECT_SURFACE * n + asset),
        .term = worker_row(w, ROW_EFFECT, EFFECT_TERM * n + asset),
        .skew = worker_row(w, ROW_EFFECT, EFFECT_SKEW * n + asset)};
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

void smile_start(const struct plan *plan, const struct contract *c, const struct worker *w,
                 struct smile_expiry *expiry)
{
    expiry->view = smile_view(plan, c->asset, w);
    surface_view_expiry(&expiry->view, (c->expiry_s - w->time_s) / PLAN_YEAR_S,
                        &expiry->expiry);
}

void smile_at(const struct smile_expiry *of, const struct surface_strike *strike,
              double log_strike, const double *log_spot, struct smile *smile)
{
    const struct surface_view_expiry *expiry = &of->expiry;
    const double years = expiry->years;
    struct surface_variance variance;
    lane_row row;

    if (!expiry->sticks) {
        surface_view_strike(expiry, log_strike, log_spot, smile);
        return;
    }
    const double sd = surface_volatility_sqrt_t(strike, years);
    const double first = variance_slope(of->view.surface, strike->log_moneyness, years);
    memset(&variance, 0, sizeof variance);
    for (int k = 0; k < LANES; k++) {
        variance.w[k] = sd * sd;
        variance.first[k] = first;
        row[k] = strike->log_moneyness;
    }
    surface_view_bend(expiry, row, &variance, smile);
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
