/* Assets: price models, their streams, surfaces, correlation. */
#include "scenarios/compile.h"

#include <math.h>

#include "scenarios/place.h"

static const double CHOLESKY_TOLERANCE = 1e-12;

bool compile_cholesky(const double *matrix, uint32_t n, double *factor)
{
    const uint32_t row = plan_pad(n);

    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j <= i; j++) {
            double sum = matrix[i * n + j];
            for (uint32_t m = 0; m < j; m++)
                sum -= factor[i * row + m] * factor[j * row + m];
            if (i == j) {
                if (sum < -CHOLESKY_TOLERANCE)
                    return false;
                factor[i * row + i] = sum > CHOLESKY_TOLERANCE ? sqrt(sum) : 0.0;
            } else if (factor[j * row + j] > 0.0) {
                factor[i * row + j] = sum / factor[j * row + j];
            } else if (fabs(sum) > sqrt(CHOLESKY_TOLERANCE)) {
                return false;
            }
        }
    return true;
}

/* The streams of a model's draws, those of the models that it mixes behind its own. */
static bool compile_draws(const struct scenario_asset *from,
                          const struct price_model *model, const void *param,
                          struct arena *arena, struct plan_asset *to, struct error *err)
{
    const char *group = model->group != NULL ? model->group(param) : NULL;

    if (to->n_draw + model->n_draw > PRICE_MAX_DRAWS ||
        to->n_state + model->n_state > PRICE_MAX_STATE)
        return place_fail(
            &from->price_place, err,
            "market.assets.%s.price: %s needs more draws or states than there "
            "are: choose a simpler model inside it",
            from->name, from->model->about.name);
    for (uint32_t d = 0; d < model->n_draw; d++) {
        const struct price_draw *draw = &model->draws[d];
        const char *owner = draw->shared && group != NULL ? group : from->name;
        to->draw_normal[to->n_draw] = draw->normal;
        to->draw_stream[to->n_draw++] = arena_print(arena, "%s/%s", owner, draw->name);
    }
    to->n_state += model->n_state;
    const struct model_list *base = model->base != NULL ? model->base(param) : NULL;
    return base == NULL || compile_draws(from, base->model, base->param[0], arena, to, err);
}

static bool compile_anchor(const struct scenario *scenario, uint32_t i,
                           struct plan_asset *to, struct error *err)
{
    const struct scenario_asset *from = &scenario->asset[i];
    const char *anchor = from->model->anchor != NULL
                             ? from->model->anchor(from->param, &to->in_anchor)
                             : NULL;

    to->anchor = anchor != NULL ? compile_asset_index(scenario, anchor) : PLAN_NONE;
    if (anchor == NULL || to->anchor < i)
        return true;
    return place_fail(&from->price_place, err,
                      "market.assets.%s.price leans on %s, which is not an asset above it: "
                      "write %s before %s",
                      from->name, anchor, anchor, from->name);
}

static bool compile_price(const struct scenario *scenario, uint32_t i,
                          struct price_setup *setup, struct arena *arena,
                          struct plan_asset *to, struct error *err)
{
    const struct scenario_asset *from = &scenario->asset[i];
    void *coef = arena_get(arena, 1, from->model->coef_size);
    const void **coefs = arena_get(arena, 1, sizeof *coefs);
    struct error why;

    setup->asset = i;
    setup->spot_usd = from->spot_usd;
    to->model = from->model;
    to->coef = coefs;
    coefs[0] = coef;
    to->diffusion_stream = arena_print(arena, "%s/diffusion", from->name);
    to->bridge_stream = arena_print(arena, "%s/bridge", from->name);
    if (!compile_anchor(scenario, i, to, err) ||
        !compile_draws(from, from->model, from->param, arena, to, err))
        return false;
    if (from->model->prepare(from->param, setup, coef, &why))
        return true;
    return place_fail(&from->price_place, err, "market.assets.%s.price: %s", from->name,
                      why.text);
}

/* All assets as the price models see them. */
static struct price_setup compile_setup(const struct scenario *scenario,
                                        const struct plan *plan, struct arena *arena)
{
    const uint32_t n = scenario->n_asset;
    const char **name = arena_get(arena, n, sizeof *name);
    double *spot_usd = arena_get(arena, n, sizeof *spot_usd);
    const struct price_model **model = arena_get(arena, n, sizeof *model);
    const void **param = arena_get(arena, n, sizeof *param);

    for (uint32_t i = 0; i < n; i++) {
        name[i] = scenario->asset[i].name;
        spot_usd[i] = scenario->asset[i].spot_usd;
        model[i] = scenario->asset[i].model;
        param[i] = scenario->asset[i].param;
    }
    return (struct price_setup){.step_years = plan->step_s / PLAN_YEAR_S,
                                .n_step = plan->n_step,
                                .n_asset = n,
                                .asset_name = name,
                                .asset_spot_usd = spot_usd,
                                .model = model,
                                .param = param,
                                .arena = arena};
}

bool compile_assets(const struct scenario *scenario, struct arena *arena, struct plan *plan,
                    struct error *err)
{
    struct plan_asset *asset = arena_get(arena, scenario->n_asset, sizeof *asset);

    if (scenario->n_asset > POPULATION_MAX_ASSET)
        return fail(err, "%s:%d:%d: more than %d assets: leave out those that nobody holds",
                    scenario->asset[POPULATION_MAX_ASSET].place.file,
                    scenario->asset[POPULATION_MAX_ASSET].place.line,
                    scenario->asset[POPULATION_MAX_ASSET].place.column,
                    POPULATION_MAX_ASSET);
    plan->n_asset = scenario->n_asset;
    plan->asset = asset;
    struct price_setup setup = compile_setup(scenario, plan, arena);
    for (uint32_t i = 0; i < scenario->n_asset; i++) {
        const struct scenario_asset *from = &scenario->asset[i];
        struct plan_asset *to = &asset[i];
        to->name = from->name;
        to->spot_usd = from->spot_usd;
        to->funding_8h_frac = from->funding_8h_frac;
        to->has_oracle = from->has_oracle;
        if (!compile_price(scenario, i, &setup, arena, to, err))
            return false;
        plan->n_stream += 1 + to->n_draw;
        plan->counts_jumps = plan->counts_jumps || from->model->reads_jumps;
        if (from->has_surface && !compile_surface(from, arena, to, err))
            return false;
        plan->level_beta = plan->level_beta || to->level_beta != 0.0;
    }
    if (scenario->run.parameters == PARAMETERS_SAMPLED &&
        !compile_sets(scenario, &setup, arena, plan, asset, err))
        return false;
    double *factor =
        arena_get(arena, (size_t)plan->n_asset * plan_pad(plan->n_asset), sizeof *factor);
    plan->factor = factor;
    if (!compile_cholesky(scenario->correlation, plan->n_asset, factor))
        return fail(
            err,
            "%s:%d:%d: the correlations are not positive semi-definite: no assets can "
            "move like this together; bring the pairs nearer to each other",
            scenario->correlation_place.file, scenario->correlation_place.line,
            scenario->correlation_place.column);
    return true;
}
