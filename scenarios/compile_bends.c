/* Shocks on volatility surfaces: what they bend, and the check of the bent surface at the
 * peak of every shock.
 *
 * A shock peaks when its profile reaches 1; the others stand there as their own profiles
 * say. Starts that are drawn are taken in the middle of their range. Sizes are taken at
 * both ends of their range, all low or all high, factors apart from skews; a log-normal
 * factor at its 1 % and 99 % quantiles. */
#include <math.h>

#include "scenarios/compile.h"
#include "scenarios/place.h"
#include "sim/market.h"
#include "sim/surface_check.h"

static const double QUANTILE = 2.3263478740408408; /* normal, of 99 % */

enum { N_CORNER = 4 }; /* factors low or high; skews low or high */

static bool on_surface(const struct effect *e)
{
    return e->state == EFFECT_SURFACE || e->state == EFFECT_TERM || e->state == EFFECT_SKEW;
}

static bool acts_on(const struct effect *e, uint32_t asset)
{
    for (uint32_t t = 0; t < e->n_target; t++)
        if (e->target[t] == asset)
            return true;
    return false;
}

static double draw_middle(const struct plan_draw *d)
{
    const double x = d->kind == PLAN_UNIFORM ? 0.5 * (d->a + d->b) : d->a;

    return d->exponential ? exp(x) : x;
}

static double draw_end(const struct plan_draw *d, bool high)
{
    switch (d->kind) {
    case PLAN_UNIFORM:
        return high == (d->b >= d->a) ? d->b : d->a;
    case PLAN_NORMAL:
        return d->a + (high ? QUANTILE : -QUANTILE) * d->b;
    default:
        return d->a;
    }
}

/* When the profile of an effect reaches 1. */
static double peak_s(const struct effect *e)
{
    return draw_middle(&e->start) + (e->shape == EFFECT_RAMP ? e->duration_s : 0.0);
}

/* Profile of an effect with a start in the middle of its range. */
static double profile_at(const struct effect *e, double time_s)
{
    lane_row start, g;

    for (int k = 0; k < LANES; k++)
        start[k] = draw_middle(&e->start);
    market_profile(e, time_s, start, g);
    return g[0];
}

/* The surface of one asset at a time, sizes at one corner of their ranges. */
static struct bend bend_at(const struct plan *plan, uint32_t asset, double time_s,
                           int corner)
{
    const bool high_factor = (corner & 1) != 0, high_skew = (corner & 2) != 0;
    struct bend bend = {.factor = 1.0, .term_power = plan->asset[asset].term_power};
    double log_factor = 0.0;

    for (uint32_t i = 0; i < plan->n_effect; i++) {
        const struct effect *e = &plan->effect[i];
        if (!on_surface(e) || !acts_on(e, asset))
            continue;
        const double g = profile_at(e, time_s);
        const double size =
            draw_end(&e->size, e->state == EFFECT_SKEW ? high_skew : high_factor);
        if (e->state == EFFECT_SURFACE)
            log_factor += g * size;
        else if (e->state == EFFECT_TERM)
            bend.term += g * size;
        else
            bend.skew += g * size;
    }
    bend.factor = exp(log_factor);
    return bend;
}

/* Sets what the market needs to know: whether a surface bends, and the power of its term
 * shocks, of which a surface has one. */
static bool set_assets(const struct scenario *scenario, struct plan *plan,
                       struct error *err)
{
    struct plan_asset *asset = (struct plan_asset *)plan->asset;

    for (uint32_t i = 0; i < plan->n_effect; i++) {
        const struct effect *e = &plan->effect[i];
        const struct scenario_shock *shock = &scenario->shock[e->shock];
        for (uint32_t t = 0; t < e->n_target; t++) {
            struct plan_asset *a = &asset[e->target[t]];
            a->smile = a->smile || e->state == EFFECT_TERM || e->state == EFFECT_SKEW;
            if (e->state != EFFECT_TERM)
                continue;
            if (a->term_power > 0.0 && a->term_power != shock->term)
                return place_fail(&shock->place, err,
                                  "shocks[%u].term = %g, but another shock moves the "
                                  "surface of %s with term %g: give both the same",
                                  e->shock, shock->term, a->name, a->term_power);
            a->term_power = shock->term;
        }
    }
    return true;
}

/* The worst of the corners at the peak of effect i. */
static void peak_check(const struct plan *plan, uint32_t i, uint32_t asset,
                       struct surface_faults *worst)
{
    struct surface_faults f;

    *worst = (struct surface_faults){.least = {.size = INFINITY}};
    for (int corner = 0; corner < N_CORNER; corner++) {
        const struct bend bend = bend_at(plan, asset, peak_s(&plan->effect[i]), corner);
        surface_check(plan->asset[asset].surface, &bend, &f);
        if (f.n_butterfly > worst->n_butterfly) {
            worst->n_butterfly = f.n_butterfly;
            worst->butterfly = f.butterfly;
        }
        if (f.n_calendar > worst->n_calendar) {
            worst->n_calendar = f.n_calendar;
            worst->calendar = f.calendar;
        }
        if (f.least.size < worst->least.size)
            worst->least = f.least;
    }
}

bool compile_bends(const struct scenario *scenario, struct plan *plan, struct error *err)
{
    if (!set_assets(scenario, plan, err))
        return false;
    for (uint32_t i = 0; i < plan->n_effect; i++) {
        const struct effect *e = &plan->effect[i];
        struct surface_faults f;
        for (uint32_t t = 0; e->state == EFFECT_SKEW && t < e->n_target; t++) {
            const struct plan_asset *a = &plan->asset[e->target[t]];
            if (a->surface == NULL)
                continue;
            peak_check(plan, i, e->target[t], &f);
            if (f.least.size > BEND_LEAST_SHARE)
                continue;
            return place_fail(
                &scenario->shock[e->shock].place, err,
                "shocks[%u].skew_add leaves %.3g of the volatility of %s at %.4g days, "
                "ln(K/F) = %.3g, at its peak: a quarter must stay; make it smaller",
                e->shock, f.least.size, a->name, 365.0 * f.least.years,
                f.least.log_moneyness);
        }
    }
    return true;
}

uint32_t bend_warnings(const struct scenario *scenario, const struct plan *plan,
                       uint32_t asset, struct arena *arena, const char **text, uint32_t max)
{
    const struct plan_asset *a = &plan->asset[asset];
    struct surface_faults before, f;
    uint32_t n = 0;

    surface_check(a->surface, NULL, &before);
    for (uint32_t i = 0; i < plan->n_effect && n + 2 <= max; i++) {
        const struct effect *e = &plan->effect[i];
        const struct scenario_shock *shock = &scenario->shock[e->shock];
        const bool told = i > 0 && on_surface(e - 1) && e[-1].shock == e->shock;
        if (!on_surface(e) || !acts_on(e, asset) || told)
            continue;
        peak_check(plan, i, asset, &f);
        f.n_butterfly = f.n_butterfly > before.n_butterfly ? f.n_butterfly : 0;
        f.n_calendar = f.n_calendar > before.n_calendar ? f.n_calendar : 0;
        const char *what = arena_print(
            arena, "%s:%d:%d: shocks[%u] (%s), surface of %s at its peak, %.4g h",
            shock->place.file, shock->place.line, shock->place.column, e->shock,
            shock->name, a->name, peak_s(e) / 3600.0);
        for (int butterfly = 0; butterfly < 2; butterfly++) {
            const char *sentence =
                surface_fault_text(what, a->surface, &f, butterfly != 0, arena);
            if (sentence != NULL)
                text[n++] = sentence;
        }
    }
    return n;
}
