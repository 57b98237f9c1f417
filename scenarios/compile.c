#include "scenarios/compile.h"

#include <math.h>
#include <string.h>

#include "sim/vmath.h"

uint32_t compile_asset_index(const struct scenario *scenario, const char *name)
{
    for (uint32_t i = 0; i < scenario->n_asset; i++)
        if (strcmp(scenario->asset[i].name, name) == 0)
            return i;
    return PLAN_NONE;
}

uint32_t compile_venue_index(const struct scenario *scenario, const char *name)
{
    for (uint32_t i = 0; i < scenario->n_venue; i++)
        if (strcmp(scenario->venue[i].name, name) == 0)
            return i;
    return PLAN_NONE;
}

/* A size or time in the units that effects work in: the logarithm of `shift` + value if the
 * shock is a factor, else the value itself. */
static struct plan_draw compile_draw(const struct draw *d, bool factor, double shift)
{
    switch (d->kind) {
    case DRAW_UNIFORM:
        return factor ? (struct plan_draw){PLAN_UNIFORM, vm_log(shift + d->a),
                                           vm_log(shift + d->b), false}
                      : (struct plan_draw){PLAN_UNIFORM, d->a, d->b, false};
    case DRAW_LOG_NORMAL:
        return factor ? (struct plan_draw){PLAN_NORMAL, vm_log(shift + d->a), d->b, false}
                      : (struct plan_draw){PLAN_NORMAL, vm_log(d->a), d->b, true};
    default:
        return (struct plan_draw){PLAN_FIXED, factor ? vm_log(shift + d->a) : d->a, 0.0,
                                  false};
    }
}

static const struct shock_part {
    enum shock_state shock;
    enum effect_state effect;
    size_t given; /* offset of the struct shock_effect */
    const char *name;
    bool factor;
    double shift;
} SHOCK_PARTS[] = {
    {SHOCK_PRICE, EFFECT_PRICE, offsetof(struct scenario_shock, move), "move", true, 1.0},
    {SHOCK_VOLATILITY, EFFECT_VOLATILITY, offsetof(struct scenario_shock, multiply),
     "multiply", true, 0.0},
    {SHOCK_SURFACE, EFFECT_SURFACE, offsetof(struct scenario_shock, multiply), "multiply",
     true, 0.0},
    {SHOCK_SURFACE, EFFECT_SKEW, offsetof(struct scenario_shock, skew_add), "skew_add",
     false, 0.0},
    {SHOCK_LIQUIDITY, EFFECT_DEPTH, offsetof(struct scenario_shock, depth), "depth", true,
     0.0},
    {SHOCK_LIQUIDITY, EFFECT_REFILL, offsetof(struct scenario_shock, refill), "refill",
     true, 0.0},
    {SHOCK_LIQUIDITY, EFFECT_SPREAD, offsetof(struct scenario_shock, spread), "spread",
     true, 0.0},
    {SHOCK_ORACLE, EFFECT_DELAY, offsetof(struct scenario_shock, delay), "delay", false,
     0.0},
    {SHOCK_FUNDING, EFFECT_FUNDING, offsetof(struct scenario_shock, add), "add", false,
     0.0},
    {SHOCK_HALT, EFFECT_HALT, offsetof(struct scenario_shock, halt), "halt", false, 0.0},
    {SHOCK_GAS, EFFECT_GAS, offsetof(struct scenario_shock, gas_price), "price_gwei", false,
     0.0},
    {SHOCK_GAS, EFFECT_THROUGHPUT, offsetof(struct scenario_shock, throughput),
     "throughput", true, 0.0},
};
enum { N_SHOCK_PARTS = sizeof SHOCK_PARTS / sizeof *SHOCK_PARTS };

/* What a shock acts on: those named, or all. */
static uint32_t compile_targets(const struct scenario *scenario,
                                const struct scenario_shock *shock, struct arena *arena,
                                const uint32_t **target)
{
    const bool venues = shock->state == SHOCK_HALT, chains = shock->state == SHOCK_GAS;
    const uint32_t n_all = venues   ? scenario->n_venue
                           : chains ? scenario->n_chain
                                    : scenario->n_asset;
    uint32_t *list = arena_get(arena, n_all, sizeof *list), n = 0;

    *target = list;
    for (uint32_t i = 0; i < n_all; i++) {
        const char *name = venues   ? scenario->venue[i].name
                           : chains ? scenario->chain[i].name
                                    : scenario->asset[i].name;
        bool hit = shock->n_target == 0;
        for (uint32_t t = 0; t < shock->n_target && !hit; t++)
            hit = strcmp(shock->target[t], name) == 0;
        if (hit)
            list[n++] = i;
    }
    return n;
}

static struct effect compile_effect(const struct scenario_shock *shock, struct arena *arena)
{
    static const enum effect_shape SHAPES[] = {[SHAPE_STEP] = EFFECT_STEP,
                                               [SHAPE_RAMP] = EFFECT_RAMP,
                                               [SHAPE_PULSE] = EFFECT_PULSE};

    return (struct effect){
        .shape = SHAPES[shock->shape],
        .start = compile_draw(&shock->start, false, 0.0),
        .start_stream = arena_print(arena, "shock/%s/start", shock->name),
        .duration_s = shock->duration_s,
        .recover_fraction = shock->recovers ? shock->recover_fraction : 0.0,
        .recover_half_life_s = shock->recover_half_life_s};
}

/* Target correlations: `set` between the assets of the shock, the market's elsewhere. */
static bool compile_correlation(const struct scenario *scenario,
                                const struct scenario_shock *shock, struct arena *arena,
                                struct effect *e, struct error *err)
{
    const uint32_t n = scenario->n_asset;
    double *target = arena_get(arena, (size_t)n * n, sizeof *target);
    double *factor = arena_get(arena, (size_t)n * plan_pad(n), sizeof *factor);
    const char **stream = arena_get(arena, n, sizeof *stream);

    memcpy(target, scenario->correlation, (size_t)n * n * sizeof *target);
    for (uint32_t i = 0; i < e->n_target; i++)
        for (uint32_t j = 0; j < e->n_target; j++)
            if (i != j)
                target[e->target[i] * n + e->target[j]] = shock->set;
    if (!compile_cholesky(target, n, factor))
        return fail(err,
                    "%s:%d:%d: shocks: correlation set to %g leaves a matrix that is not "
                    "positive semi-definite: no assets can move like this together",
                    shock->place.file, shock->place.line, shock->place.column, shock->set);
    for (uint32_t asset = 0; asset < n; asset++)
        stream[asset] =
            arena_print(arena, "shock/%s/%s", shock->name, scenario->asset[asset].name);
    e->state = EFFECT_CORRELATION;
    e->size = compile_draw(&shock->weight, false, 0.0);
    e->size_stream = arena_print(arena, "shock/%s/weight", shock->name);
    e->factor = factor;
    e->stream = stream;
    return true;
}

static bool compile_shocks(const struct scenario *scenario, struct arena *arena,
                           struct plan *plan, struct error *err)
{
    struct effect *effect = arena_get(arena, 3 * (size_t)scenario->n_shock, sizeof *effect);

    plan->effect = effect;
    for (uint32_t i = 0; i < scenario->n_shock; i++) {
        const struct scenario_shock *shock = &scenario->shock[i];
        struct effect common = compile_effect(shock, arena);
        common.shock = i;
        common.n_target = compile_targets(scenario, shock, arena, &common.target);
        if (shock->state == SHOCK_CORRELATION) {
            effect[plan->n_effect] = common;
            if (!compile_correlation(scenario, shock, arena, &effect[plan->n_effect++],
                                     err))
                return false;
            plan->n_stream += scenario->n_asset;
            continue;
        }
        for (int p = 0; p < N_SHOCK_PARTS; p++) {
            const struct shock_part *part = &SHOCK_PARTS[p];
            const struct shock_effect *given =
                (const void *)((const char *)shock + part->given);
            if (part->shock != shock->state || !given->given)
                continue;
            struct effect *e = &effect[plan->n_effect++];
            *e = common;
            e->state = part->effect == EFFECT_SURFACE && shock->term > 0.0 ? EFFECT_TERM
                                                                           : part->effect;
            e->size = compile_draw(&given->size, part->factor, part->shift);
            e->size_stream = arena_print(arena, "shock/%s/%s", shock->name, part->name);
            e->includes_feedback = shock->state == SHOCK_PRICE && shock->includes_feedback;
            plan->moves_price = plan->moves_price || shock->state == SHOCK_PRICE;
        }
    }
    return true;
}

bool compile_plan(const struct scenario *scenario, struct arena *arena, struct plan *plan,
                  struct error *err)
{
    const struct run_section *run = &scenario->run;
    struct plan_account *accounts = NULL;

    *plan = (struct plan){.name = scenario->name,
                          .description = scenario->description,
                          .file = scenario->input[0].name,
                          .resolved = scenario->resolved,
                          .seed = run->seed,
                          .n_path = run->paths,
                          .horizon_s = run->horizon_s,
                          .step_s = run->step_s,
                          .n_step = (uint32_t)(run->horizon_s / run->step_s + 0.5),
                          .feedback = run->feedback,
                          .revaluation = (enum revaluation)run->revaluation,
                          .revaluation_tolerance = run->revaluation_tolerance,
                          .keeps_position_pnl = run->position_pnl,
                          .check_triggers = run->check_triggers};
    if (scenario->n_position > 0)
        plan->n_greek_path = run->greek_paths < run->paths ? run->greek_paths : run->paths;
    const double report_s = run->report_s > 0.0 ? run->report_s : run->horizon_s / 24.0;
    plan->report_every = (uint32_t)ceil(report_s / run->step_s - 1e-9);
    plan->n_report = (plan->n_step + plan->report_every - 1) / plan->report_every;

    if (!compile_assets(scenario, arena, plan, err) ||
        !compile_shocks(scenario, arena, plan, err) ||
        !compile_bends(scenario, plan, err) ||
        !compile_book(scenario, arena, plan, &accounts, err) ||
        !compile_feeds(scenario, arena, plan, err))
        return false;

    if (scenario->copula.degrees_of_freedom > 0) {
        copula_prepare(&plan->copula, (uint32_t)scenario->copula.degrees_of_freedom);
        plan->copula_stream = plan->n_stream++;
    }
    if (plan->reads_extremes) {
        plan->bridge_stream = plan->n_stream;
        plan->n_stream += plan->n_asset;
    }
    plan->exogenous = arena_get(arena, plan->n_asset, sizeof *plan->exogenous);
    for (uint32_t i = 0; i < plan->n_asset; i++)
        plan->exogenous[i] = 1.0;
    for (uint32_t i = 0; i < plan->n_effect; i++)
        if (plan->effect[i].includes_feedback && plan->feedback && plan->n_book > 0)
            plan->n_pilot = run->pilot_paths;
    plan->counts_jumps = plan->counts_jumps || plan->n_account > 0;
    plan->keeps_spot_before = plan->n_account > 0;
    plan_lay_out(plan, accounts, arena);
    return true;
}
