/* Surfaces: from what was written to slices, and what is wrong with them. */
#include <math.h>

#include "scenarios/compile.h"
#include "scenarios/place.h"
#include "scenarios/reader.h"
#include "sim/surface_check.h"

/* "at 30 days, ln(K/F) = -0.25" */
static const char *where(const struct surface_place *p, struct arena *arena)
{
    if (isinf(p->log_moneyness))
        return arena_print(arena, "at %.4g days, in the wing of %s strikes",
                           365.0 * p->years, p->log_moneyness < 0.0 ? "low" : "high");
    return arena_print(arena, "at %.4g days, ln(K/F) = %.3g", 365.0 * p->years,
                       p->log_moneyness);
}

/* SSVI and SVI are refused where they allow arbitrage, unless the user says otherwise. */
static bool formulas_check(const struct scenario_asset *from, const struct surface *surface,
                           struct arena *arena, struct error *err)
{
    const struct surface_section *section = &from->surface;
    const char *list = section->kind == SURFACE_SSVI ? "ssvi.slices" : "svi";
    struct surface_faults f;

    surface_check(surface, NULL, &f);
    if (section->allow_arbitrage || (f.n_butterfly == 0 && f.n_calendar == 0))
        return true;
    if (f.n_butterfly > 0 && isinf(f.butterfly.log_moneyness))
        return place_fail(
            &section->slice[f.butterfly.slice].place, err,
            "market.assets.%s.surface.%s[%u] allows arbitrage %s: the total variance grows "
            "with slope %.4g in ln(K/F), more than 2: make the wing less steep, or write "
            "allow_arbitrage: true",
            from->name, list, f.butterfly.slice, where(&f.butterfly, arena),
            2.0 + f.butterfly.size);
    if (f.n_butterfly > 0)
        return place_fail(
            &section->slice[f.butterfly.slice].place, err,
            "market.assets.%s.surface.%s[%u] allows butterfly arbitrage %s, where "
            "Durrleman's g is %.3g, below 0: flatten the smile there, or write "
            "allow_arbitrage: true",
            from->name, list, f.butterfly.slice, where(&f.butterfly, arena),
            -f.butterfly.size);
    return place_fail(
        &section->slice[f.calendar.slice].place, err,
        "market.assets.%s.surface.%s[%u] allows calendar arbitrage %s: its total variance "
        "is %.3g %% below that of the expiry before: raise it, or write allow_arbitrage: "
        "true",
        from->name, list, f.calendar.slice, where(&f.calendar, arena),
        100.0 * f.calendar.size);
}

static bool from_formulas(const struct scenario_asset *from, struct arena *arena,
                          struct surface *surface, struct error *err)
{
    const struct surface_section *section = &from->surface;
    const uint32_t n = section->n_slice;
    double *years = arena_get(arena, n, sizeof *years);
    double *ratio = arena_get(arena, n, sizeof *ratio);
    struct svi *svi = arena_get(arena, n, sizeof *svi);

    for (uint32_t i = 0; i < n; i++) {
        years[i] = section->slice[i].expiry_s / PLAN_YEAR_S;
        ratio[i] = section->slice[i].basis_annual * years[i];
        svi[i] = section->slice[i].svi;
    }
    surface_svi(n, years, ratio, svi, from->spot_usd, arena, surface);
    return formulas_check(from, surface, arena, err);
}

bool compile_surface(const struct scenario_asset *from, struct arena *arena,
                     struct plan_asset *to, struct error *err)
{
    const struct surface_section *section = &from->surface;
    struct surface *surface = arena_get(arena, 1, sizeof *surface);

    to->surface = surface;
    to->sticky_delta = section->dynamics == SURFACE_STICKY_DELTA;
    to->smile = to->sticky_delta;
    to->level_beta = to->model->volatility != NULL ? section->level_beta : 0.0;
    switch (section->kind) {
    case SURFACE_CHAIN:
        return chain_surface(from, arena, surface, err);
    case SURFACE_FLAT:
        surface_flat(section->flat_volatility_annual, section->flat_basis_annual,
                     from->spot_usd, arena, surface);
        return true;
    default:
        return from_formulas(from, arena, surface, err);
    }
}

const char *surface_fault_text(const char *what, const struct surface *surface,
                               const struct surface_faults *f, bool butterfly,
                               struct arena *arena)
{
    const bool nodes = surface->slice[0].svi == NULL;
    const struct surface_place *p = butterfly ? &f->butterfly : &f->calendar;
    const uint32_t n = butterfly ? f->n_butterfly : f->n_calendar;

    if (n == 0)
        return NULL;
    if (!butterfly)
        return arena_print(arena,
                           "%s: total variance falls with time at %u %s (calendar "
                           "arbitrage), worst by %.2g %% %s",
                           what, n, nodes ? "nodes" : "expiries", 100.0 * p->size,
                           where(p, arena));
    if (nodes)
        return arena_print(
            arena,
            "%s: the price of a call is not convex in the strike at %u nodes "
            "(butterfly arbitrage), worst by %.2g volatility points %s",
            what, n, 100.0 * p->size, where(p, arena));
    return arena_print(arena,
                       "%s: Durrleman's g is below 0 at %u of the expiries and times "
                       "between them (butterfly arbitrage), lowest %.2g %s",
                       what, n, -p->size, where(p, arena));
}

uint32_t surface_warnings(const struct scenario_asset *from, const struct plan_asset *asset,
                          struct arena *arena, const char **text, uint32_t max)
{
    const bool nodes = from->surface.kind == SURFACE_CHAIN;
    const char *file = nodes ? from->surface.chain : from->place.file;
    const char *what = arena_print(arena, "%s: surface of %s", file, from->name);
    struct surface_faults f;
    uint32_t n = 0;

    if (from->surface.level_beta != 0.0 && asset->level_beta == 0.0 && n < max)
        text[n++] =
            arena_print(arena,
                        "%s:%d:%d: surface of %s: level_beta has no effect, since "
                        "the volatility of %s does not change",
                        from->price_place.file, from->price_place.line,
                        from->price_place.column, from->name, from->model->about.name);
    surface_check(asset->surface, NULL, &f);
    for (int butterfly = 0; butterfly < 2 && n < max; butterfly++) {
        const char *sentence =
            surface_fault_text(what, asset->surface, &f, butterfly != 0, arena);
        if (sentence != NULL)
            text[n++] = sentence;
    }
    return n;
}
