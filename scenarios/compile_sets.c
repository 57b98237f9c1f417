/* run.parameters: sampled. Every batch of paths has its own parameters: the estimates moved
 * by a normal vector with their standard errors and correlation, each on the line of
 * sim/param.h so that no draw leaves its range (delta method: the error there is the error
 * here times the slope), or one row of a file of sets.
 *
 * A set that its model refuses, such as a GARCH process without a stationary variance, is
 * drawn again, and counted: the sets follow the stated distribution given that the model
 * exists. Asset and batch choose the stream, so that no asset's sets depend on another's,
 * but where the jumps of all assets together would never die down: then all draw again. */
#include <math.h>

#include "scenarios/compile.h"
#include "scenarios/place.h"
#include "scenarios/table.h"
#include "sim/param.h"
#include "sim/rng.h"

enum { MAX_ATTEMPTS = 100 };

/* One asset's draws. */
struct source {
    const struct scenario_asset *asset;
    const double *factor; /* of the correlation, rows of plan_pad(n); NULL with sets */
    struct rng rng;
};

static bool source_create(const struct scenario_asset *asset, struct arena *arena,
                          struct source *source, struct error *err)
{
    const struct uncertainty *u = asset->uncertainty;

    *source = (struct source){.asset = asset};
    if (u == NULL || u->sets != NULL)
        return true;
    double *factor = arena_get(arena, (size_t)u->n * plan_pad(u->n), sizeof *factor);
    source->factor = factor;
    if (compile_cholesky(u->correlation, u->n, factor))
        return true;
    return place_fail(&u->place, err,
                      "market.assets.%s.uncertainty.correlation is not positive "
                      "semi-definite: no errors can move like this together; bring the "
                      "pairs nearer to each other",
                      asset->name);
}

/* The next draw into a copy of the estimates; false: a number outside its range. */
static bool draw_param(struct source *source, void *param)
{
    const struct uncertainty *u = source->asset->uncertainty;
    lane_row row[TABLE_MAX_COLUMNS];
    bool inside = true;

    if (u->sets != NULL)
        rng_uniform(&source->rng, row[0]);
    for (uint32_t i = 0; i < u->n && u->sets == NULL; i++)
        rng_normal(&source->rng, row[i]);
    for (uint32_t i = 0; i < u->n; i++) {
        struct param_slot slot;
        double line, slope, z = 0.0;
        param_find(source->asset->model, param, u->key[i], &slot);
        if (u->sets != NULL) {
            const size_t set = (size_t)(row[0][0] * u->n_set);
            *slot.value = u->set[set * u->n + i];
            continue;
        }
        for (uint32_t j = 0; j <= i; j++)
            z += source->factor[i * plan_pad(u->n) + j] * row[j][0];
        if (u->standard_error.value[i] > 0.0 &&
            param_to_line(slot.field, *slot.value, &line, &slope))
            *slot.value =
                param_from_line(slot.field, line + z * slope * u->standard_error.value[i]);
        inside = inside && *slot.value >= slot.field->min && *slot.value <= slot.field->max;
    }
    return inside;
}

/* Draws until the model takes the set, the other assets as estimated. */
static bool draw_set(struct source *source, struct price_setup *setup, const void **param,
                     uint64_t *n_refused, const void **coef, struct error *err)
{
    const struct scenario_asset *asset = source->asset;
    struct error why = {"a parameter outside its range"};

    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        void *drawn = param_copy(asset->model, asset->param, setup->arena);
        void *fresh = arena_get(setup->arena, 1, asset->model->coef_size);
        const bool inside = draw_param(source, drawn);
        param[setup->asset] = drawn;
        *coef = fresh;
        if (inside && asset->model->prepare(drawn, setup, fresh, &why))
            return true;
        (*n_refused)++;
    }
    return place_fail(
        &asset->uncertainty->place, err,
        "market.assets.%s.uncertainty: none of %d drawn sets can be used (%s): "
        "leave out the parameters it speaks of, or lower the standard errors",
        asset->name, MAX_ATTEMPTS, why.text);
}

/* Every asset that has an uncertainty draws its parameters, those of the others left as
 * estimated. */
static bool draw_assets(const struct scenario *scenario, struct source *source,
                        struct price_setup *setup, uint64_t *n_refused, const void **drawn,
                        const void **coef, struct error *err)
{
    const uint32_t n = scenario->n_asset;
    const void **param = arena_get(setup->arena, n, sizeof *param);

    setup->param = param;
    for (uint32_t i = 0; i < n; i++)
        drawn[i] = param[i] = scenario->asset[i].param;
    for (uint32_t i = 0; i < n; i++) {
        if (scenario->asset[i].uncertainty == NULL)
            continue;
        setup->asset = i;
        setup->spot_usd = scenario->asset[i].spot_usd;
        if (!draw_set(&source[i], setup, param, n_refused, &coef[i], err))
            return false;
        drawn[i] = param[i];
        param[i] = scenario->asset[i].param;
    }
    return true;
}

/* Models whose jumps are excited by those of other assets look at their parameters, too:
 * they are prepared with what the others have drawn. The first asset that refuses them, or
 * n_asset. */
static uint32_t join_assets(const struct scenario *scenario, struct price_setup *setup,
                            const void *const *drawn, const void **coef, struct error *why)
{
    setup->param = drawn;
    for (uint32_t i = 0; i < scenario->n_asset; i++) {
        const struct price_model *model = scenario->asset[i].model;
        if (!model->reads_jumps)
            continue;
        void *joint = arena_get(setup->arena, 1, model->coef_size);
        setup->asset = i;
        setup->spot_usd = scenario->asset[i].spot_usd;
        if (!model->prepare(drawn[i], setup, joint, why))
            return i;
        coef[i] = joint;
    }
    return scenario->n_asset;
}

/* Coefficients of all assets for one batch. */
static bool batch_set(const struct scenario *scenario, struct source *source,
                      struct price_setup *setup, uint64_t *n_refused, const void **coef,
                      struct error *err)
{
    const void **drawn = arena_get(setup->arena, scenario->n_asset, sizeof *drawn);
    struct error why = {""};
    uint32_t refuses = 0;

    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        if (!draw_assets(scenario, source, setup, n_refused, drawn, coef, err))
            return false;
        refuses = join_assets(scenario, setup, drawn, coef, &why);
        if (refuses == scenario->n_asset)
            return true;
        (*n_refused)++;
    }
    return place_fail(&scenario->asset[refuses].price_place, err,
                      "market.assets.%s.price: none of %d sets drawn for all assets can be "
                      "used (%s): lower the standard errors",
                      scenario->asset[refuses].name, MAX_ATTEMPTS, why.text);
}

bool compile_sets(const struct scenario *scenario, const struct price_setup *estimates,
                  struct arena *arena, struct plan *plan, struct plan_asset *asset,
                  struct error *err)
{
    const uint32_t n_asset = scenario->n_asset;
    struct source *source = arena_get(arena, n_asset, sizeof *source);
    const void **one = arena_get(arena, n_asset, sizeof *one);
    const void ***coef = arena_get(arena, n_asset, sizeof *coef);
    struct price_setup setup = *estimates;
    bool any = false;

    plan->set_paths = scenario->run.batch;
    plan->n_set = (uint32_t)((plan->n_path + plan->set_paths - 1) / plan->set_paths);
    for (uint32_t i = 0; i < n_asset; i++) {
        any = any || scenario->asset[i].uncertainty != NULL;
        coef[i] = arena_get(arena, plan->n_set + 1, sizeof **coef);
        coef[i][plan->n_set] = asset[i].coef[0];
        if (!source_create(&scenario->asset[i], arena, &source[i], err))
            return false;
    }
    if (!any)
        return fail(err,
                    "%s: run.parameters is sampled, but no asset of the market states an "
                    "'uncertainty': add it beside 'price', or write parameters: estimates",
                    scenario->input[0].name);
    for (uint32_t set = 0; set < plan->n_set; set++) {
        for (uint32_t i = 0; i < n_asset; i++) {
            uint64_t batch[LANES];
            for (int k = 0; k < LANES; k++)
                batch[k] = set;
            rng_start_paths(&source[i].rng, plan->seed, batch,
                            arena_print(arena, "%s/parameters", asset[i].name));
            one[i] = asset[i].coef[0];
        }
        if (!batch_set(scenario, source, &setup, &plan->n_set_refused, one, err))
            return false;
        for (uint32_t i = 0; i < n_asset; i++)
            coef[i][set] = one[i];
    }
    for (uint32_t i = 0; i < n_asset; i++)
        asset[i].coef = (const void *const *)coef[i];
    return true;
}
