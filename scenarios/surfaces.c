/* market.assets.NAME.surface: where implied volatility comes from and how it moves. */
#include <math.h>
#include <string.h>

#include "scenarios/reader.h"
#include "scenarios/utc.h"
#include "scenarios/value.h"

enum { MAX_SLICES = 1000 };
static const double MAX_EXPIRY_S = 3.2e9, YEAR_S = 365.0 * 86400.0;
static const double LEAST_PHI =
    1e-9; /* nearly flat; the bend, 1/phi wide, keeps its digits */

/* The key of each kind of surface. */
static const char *const kind_names[] = {[SURFACE_CHAIN] = "chain",
                                         [SURFACE_FLAT] = "flat_volatility_annual",
                                         [SURFACE_SSVI] = "ssvi",
                                         [SURFACE_SVI] = "svi"};
enum { N_KIND = sizeof kind_names / sizeof *kind_names };

/* A slice while it is being read. */
struct slice_reader {
    struct reader *r;
    const struct node *node;
    const char *path; /* "market.assets.BTC.surface.svi[0]" */
    struct slice_section *slice;
    struct error *err;
};

static bool expiry_read(const struct slice_reader *sr)
{
    struct slice_section *s = sr->slice;
    const struct node *node = node_get(sr->node, "expiry");
    const double now = sr->r->scenario->time_utc_s;
    double utc_s;

    if (field_duration(s->expiry, &s->expiry_s)) {
        /* after the start as it stands */
    } else if (!utc_read(s->expiry, &utc_s)) {
        return place_fail(
            &node->place, sr->err,
            "%s.expiry = %s is neither a duration such as 14d nor a time such "
            "as 2026-01-30T08:00:00Z",
            sr->path, s->expiry);
    } else if (now == 0.0) {
        return place_fail(&node->place, sr->err,
                          "%s.expiry = %s is a time, and the market has none: add time_utc "
                          "to the market, or write a duration",
                          sr->path, s->expiry);
    } else {
        s->expiry_s = utc_s - now;
    }
    if (s->expiry_s > 0.0 && s->expiry_s <= MAX_EXPIRY_S)
        return true;
    return place_fail(&node->place, sr->err,
                      "%s.expiry = %s is %.10g days after the start: an expiry lies after "
                      "it, within 100 years; take the slice out",
                      sr->path, s->expiry, s->expiry_s / 86400.0);
}

/* theta, rho and phi of a slice of SSVI from what it gives and what the surface gives. */
static bool ssvi_resolve(const struct slice_reader *sr, const struct node *common,
                         const struct ssvi_section *shared)
{
    struct slice_section *s = sr->slice;
    const double years = s->expiry_s / YEAR_S;
    const bool by_theta = node_get(sr->node, "theta") != NULL;

    if (by_theta == (node_get(sr->node, "atm_volatility_annual") != NULL))
        return place_fail(&sr->node->place, sr->err,
                          "%s: give either 'atm_volatility_annual' or 'theta'", sr->path);
    if (!by_theta)
        s->theta = s->atm_volatility_annual * s->atm_volatility_annual * years;
    if (node_get(sr->node, "rho") == NULL && node_get(common, "rho") == NULL)
        return place_fail(&sr->node->place, sr->err,
                          "%s lacks 'rho': give it here, or once for all slices beside "
                          "'slices'",
                          sr->path);
    if (node_get(sr->node, "rho") == NULL)
        s->rho = shared->rho;
    const bool by_phi = node_get(sr->node, "phi") != NULL;
    if (!by_phi && !(shared->eta > 0.0))
        return place_fail(&sr->node->place, sr->err,
                          "%s lacks 'phi': give it here, or 'eta' above 0 and 'gamma' "
                          "beside 'slices'",
                          sr->path);
    if (!by_phi)
        s->phi = svi_phi(s->theta, shared->eta, shared->gamma);
    if (!(s->theta > 0.0) || !(s->phi >= LEAST_PHI))
        return place_fail(&sr->node->place, sr->err,
                          "%s: theta = %.10g, phi = %.10g: theta must be above 0, phi at "
                          "least %g",
                          sr->path, s->theta, s->phi, LEAST_PHI);
    s->svi = svi_ssvi(s->theta, s->rho, s->phi);
    return true;
}

static bool slice_read(const struct slice_reader *sr, const struct field *fields,
                       const struct node *common, const struct ssvi_section *shared)
{
    struct slice_section *s = sr->slice;
    const struct section section = {.name = sr->path, .tables = {fields}};

    if (!section_read(sr->node, &section, s, sr->r->arena, sr->err))
        return false;
    s->place = sr->node->place;
    if (!expiry_read(sr) || (common != NULL && !ssvi_resolve(sr, common, shared)))
        return false;
    const char *wrong = svi_wrong(&s->svi);
    return wrong == NULL || place_fail(&s->place, sr->err, "%s: %s", sr->path, wrong);
}

static bool slices_read(struct reader *r, const struct node *list, const char *path,
                        const struct node *common, const struct ssvi_section *shared,
                        struct surface_section *surface, struct error *err)
{
    const struct field *fields = common != NULL ? sections_ssvi_slice : sections_svi_slice;

    if (list->kind != NODE_SEQUENCE || list->n_child == 0 || list->n_child > MAX_SLICES)
        return place_fail(
            &list->place, err,
            "%s is no list of 1 to %d expiries: write [{expiry: 30d, ...}, ...]", path,
            MAX_SLICES);
    surface->slice = arena_get(r->arena, list->n_child, sizeof *surface->slice);
    for (const struct node *child = list->first; child != NULL; child = child->next) {
        const uint32_t i = surface->n_slice++;
        const struct slice_reader sr = {r, child, arena_print(r->arena, "%s[%u]", path, i),
                                        &surface->slice[i], err};
        if (!slice_read(&sr, fields, common, shared))
            return false;
        if (i > 0 && surface->slice[i].expiry_s <= surface->slice[i - 1].expiry_s)
            return place_fail(&child->place, err,
                              "%s.expiry = %s is not after that of the slice before: write "
                              "the slices in the order of time",
                              sr.path, surface->slice[i].expiry);
    }
    return true;
}

static bool ssvi_read(struct reader *r, const struct node *node, const char *path,
                      struct surface_section *surface, struct error *err)
{
    static const char *const keys[] = {"slices", NULL};
    const struct section section = {
        .name = path, .tables = {sections_ssvi}, .others = keys};
    struct ssvi_section shared;

    if (!section_read(node, &section, &shared, r->arena, err))
        return false;
    const struct node *list = node_get(node, "slices");
    if (list == NULL)
        return place_fail(&node->place, err,
                          "%s lacks 'slices': write slices: [{expiry: 30d, "
                          "atm_volatility_annual: 0.6, rho: -0.2, phi: 3}, ...]",
                          path);
    return slices_read(r, list, arena_print(r->arena, "%s.slices", path), node, &shared,
                       surface, err);
}

/* Keys that belong to another kind of surface than the one given. */
static bool others_check(const struct node *node, const char *name, enum surface_kind kind,
                         struct error *err)
{
    const struct node *unit = node_get(node, "iv_unit");
    const struct node *basis = node_get(node, "flat_basis_annual");

    if (unit != NULL && kind != SURFACE_CHAIN)
        return place_fail(&unit->place, err, "%s.iv_unit belongs to a chain: leave it out",
                          name);
    if (basis != NULL && kind != SURFACE_FLAT)
        return place_fail(&basis->place, err,
                          "%s.flat_basis_annual: %s has its own forwards, leave it out",
                          name, kind == SURFACE_CHAIN ? "the chain" : "every slice");
    return true;
}

static bool kind_find(const struct node *node, const char *name,
                      struct surface_section *surface, struct error *err)
{
    int n_given = 0;

    for (int kind = 0; kind < N_KIND; kind++)
        if (node_get(node, kind_names[kind]) != NULL) {
            surface->kind = (enum surface_kind)kind;
            n_given++;
        }
    if (n_given == 1)
        return others_check(node, name, surface->kind, err);
    return place_fail(&node->place, err,
                      "%s: give either 'chain' or 'flat_volatility_annual' or 'ssvi' or "
                      "'svi'",
                      name);
}

bool surface_read(struct reader *r, const struct node *node, struct scenario_asset *asset,
                  struct error *err)
{
    static const char *const keys[] = {"ssvi", "svi", NULL};
    struct surface_section *surface = &asset->surface;
    const struct section section = {
        .name = arena_print(r->arena, "market.assets.%s.surface", asset->name),
        .tables = {sections_surface},
        .others = keys};

    asset->has_surface = !node_is_null(node);
    if (!asset->has_surface)
        return true;
    if (!section_read(node, &section, surface, r->arena, err) ||
        !kind_find(node, section.name, surface, err))
        return false;
    const struct node *source = node_get(node, kind_names[surface->kind]);
    const char *path =
        arena_print(r->arena, "%s.%s", section.name, kind_names[surface->kind]);
    switch (surface->kind) {
    case SURFACE_SSVI:
        return ssvi_read(r, source, path, surface, err);
    case SURFACE_SVI:
        return slices_read(r, source, path, NULL, NULL, surface, err);
    case SURFACE_CHAIN:
        surface->chain = place_path(&source->place, source->text, r->arena);
        return chain_read(r, asset, &source->place, err);
    default:
        return surface->flat_volatility_annual > 0.0 ||
               place_fail(&source->place, err,
                          "%s = 0: an option needs a volatility over 0", path);
    }
}

/* Whether a key is written for a kind of surface. */
static bool echoed(const struct field *f, enum surface_kind kind)
{
    switch (f->offset) {
    case offsetof(struct surface_section, chain):
    case offsetof(struct surface_section, iv_unit):
        return kind == SURFACE_CHAIN;
    case offsetof(struct surface_section, flat_volatility_annual):
    case offsetof(struct surface_section, flat_basis_annual):
        return kind == SURFACE_FLAT;
    default:
        return true;
    }
}

static void echo_slice(FILE *out, int indent, const struct slice_section *s, bool ssvi,
                       struct arena *arena)
{
    static const char *const svi_keys[] = {"a", "b", "rho", "m", "sigma"};
    static const char *const ssvi_keys[] = {"theta", "rho", "phi"};
    const double svi[] = {s->svi.a, s->svi.b, s->svi.rho, s->svi.m, s->svi.sigma};
    const double slice[] = {s->theta, s->rho, s->phi};

    fprintf(out, "%*s- {expiry: %s, basis_annual: %s", indent, "",
            value_duration_text(s->expiry_s, arena),
            value_number_text(s->basis_annual, arena));
    for (int i = 0; i < (ssvi ? 3 : 5); i++)
        fprintf(out, ", %s: %s", ssvi ? ssvi_keys[i] : svi_keys[i],
                value_number_text(ssvi ? slice[i] : svi[i], arena));
    fprintf(out, "}\n");
}

void echo_surface(FILE *out, const struct surface_section *s, struct arena *arena)
{
    fprintf(out, "      surface:\n");
    for (const struct field *f = sections_surface; f->key != NULL; f++) {
        const struct field one[] = {*f, {.key = NULL}};
        if (echoed(f, s->kind))
            section_echo(out, 8, one, s, arena);
    }
    if (s->kind == SURFACE_SSVI)
        fprintf(out, "        ssvi:\n          slices:\n");
    if (s->kind == SURFACE_SVI)
        fprintf(out, "        svi:\n");
    for (uint32_t i = 0; i < s->n_slice; i++)
        echo_slice(out, s->kind == SURFACE_SSVI ? 12 : 10, &s->slice[i],
                   s->kind == SURFACE_SSVI, arena);
}
