/* A scenario file with everything it names to struct scenario. */
#include "scenarios/scenario.h"

#include <math.h>
#include <string.h>

#include "scenarios/document.h"
#include "scenarios/extend.h"
#include "scenarios/override.h"
#include "scenarios/population.h"
#include "scenarios/value.h"
#include "sim/plan.h"

static const double max_steps = 1e6, reports_by_default = 24.0;
enum { MAX_SETS = 10000 }; /* drawn parameter sets, all in memory at once */
static const char market_key[] = "market";

/* Applies the overrides and puts the market file, and those of populations, in the place of
 * their names: a new market name first, so that --set market.assets.BTC.spot_usd=1 acts on
 * the market that is used. */
static bool tree_complete(struct reader *r, struct node *root, uint32_t n_override,
                          const struct override *override, struct error *err)
{
    struct node *content;

    for (uint32_t i = 0; i < n_override; i++)
        if (strcmp(override[i].key, market_key) == 0 &&
            !override_apply(root, &override[i], r->arena, err))
            return false;
    const struct node *market = node_get(root, market_key);
    if (node_get(root, "scenarios") != NULL)
        return place_fail(&root->place, err, "this is a suite: name one of its scenarios");
    if (node_is_null(market))
        return place_fail(&root->place, err,
                          "the scenario lacks 'market': name a market file, as in market: "
                          "markets/majors.yaml");
    if (market->kind == NODE_SCALAR) {
        const char *path = place_path(&market->place, market->text, r->arena);
        if (!extend_read(r->inputs, path, &market->place, &content, err))
            return false;
        node_replace(root, market, content);
    }
    if (!population_files(r, root, err))
        return false;
    for (uint32_t i = 0; i < n_override; i++)
        if (strcmp(override[i].key, market_key) != 0 &&
            !override_apply(root, &override[i], r->arena, err))
            return false;
    return population_files(r, root, err); /* those that an override names */
}

static bool is_multiple(double whole, double part)
{
    const double n = round(whole / part);

    return n >= 1.0 && fabs(whole - n * part) <= 1e-9 * whole;
}

/* The nearest duration of whole seconds from `step` on, upwards or downwards, that divides
 * `whole`. */
static double nearest_divisor(double whole, double step, double direction)
{
    double s = direction > 0.0 ? ceil(step) : floor(step);

    while (s >= 1.0 && s < whole && fmod(whole, s) != 0.0)
        s += direction;
    return s >= 1.0 && s < whole ? s : whole;
}

static bool step_fail(const struct reader *r, const struct node *run, const char *what,
                      double whole, struct error *err)
{
    const double step = r->scenario->run.step_s;
    const struct node *node = node_get(run, "step");

    return place_fail(node != NULL ? &node->place : &run->place, err,
                      "run.step = %s does not divide %s = %s: write %s or %s",
                      value_duration_text(step, r->arena), what,
                      value_duration_text(whole, r->arena),
                      value_duration_text(nearest_divisor(whole, step, -1.0), r->arena),
                      value_duration_text(nearest_divisor(whole, step, 1.0), r->arena));
}

static bool run_read(struct reader *r, const struct node *run, const struct place *scenario,
                     struct error *err)
{
    static const struct section section = {.name = "run", .tables = {sections_run}};
    struct run_section *s = &r->scenario->run;

    if (node_is_null(run))
        return place_fail(scenario, err,
                          "the scenario lacks 'run': write run: {horizon: 1d}");
    if (!section_read(run, &section, s, r->arena, err))
        return false;
    if (!is_multiple(s->horizon_s, s->step_s))
        return step_fail(r, run, "horizon", s->horizon_s, err);
    if (s->horizon_s / s->step_s > max_steps)
        return place_fail(&run->place, err,
                          "run: %.10g steps of %s are more than %.10g: write a longer step",
                          s->horizon_s / s->step_s,
                          value_duration_text(s->step_s, r->arena), max_steps);
    if (s->report_s == 0.0)
        s->report_s =
            ceil(s->horizon_s / reports_by_default / s->step_s - 1e-9) * s->step_s;
    if (s->report_s > s->horizon_s)
        return place_fail(&node_get(run, "report")->place, err,
                          "run.report = %s is longer than the horizon %s",
                          value_duration_text(s->report_s, r->arena),
                          value_duration_text(s->horizon_s, r->arena));
    if (s->batch % PLAN_UNIT != 0)
        return place_fail(&node_get(run, "batch")->place, err,
                          "run.batch = %llu is no multiple of %d: write %llu",
                          (unsigned long long)s->batch, PLAN_UNIT,
                          (unsigned long long)(s->batch / PLAN_UNIT + 1) * PLAN_UNIT);
    if (s->parameters == PARAMETERS_SAMPLED && s->paths / s->batch >= MAX_SETS)
        return place_fail(
            &run->place, err,
            "run.paths = %llu in batches of %llu draw more than %d parameter "
            "sets: write batch: %llu",
            (unsigned long long)s->paths, (unsigned long long)s->batch, MAX_SETS,
            (unsigned long long)(s->paths / MAX_SETS / PLAN_UNIT + 1) * PLAN_UNIT);
    return is_multiple(s->report_s, s->step_s) ||
           step_fail(r, run, "report", s->report_s, err);
}

static bool head_read(struct reader *r, const struct node *root, struct error *err)
{
    static const char *const keys[] = {"tailrace", "severity",  "run",
                                       "market",   "portfolio", "accounts",
                                       "shocks",   "limits",    NULL};
    static const struct section section = {
        .name = "the scenario", .tables = {sections_scenario}, .others = keys};
    static const struct section severity = {.name = "severity",
                                            .tables = {sections_severity}};
    const struct node *given = node_get(root, "severity");

    if (!section_read(root, &section, r->scenario, r->arena, err) ||
        !reader_result_name("a scenario", r->scenario->name, &node_get(root, "name")->place,
                            err))
        return false;
    field_presets(sections_severity, &r->scenario->severity);
    return node_is_null(given) ||
           section_read(given, &severity, &r->scenario->severity, r->arena, err);
}

/* From a tree to a scenario. */
static bool tree_read(struct reader *r, struct node *root, uint32_t n_override,
                      const struct override *override, struct error *err)
{
    if (!tree_complete(r, root, n_override, override, err) || !head_read(r, root, err) ||
        !run_read(r, node_get(root, "run"), &root->place, err) ||
        !reader_market(r, node_get(root, market_key), err) ||
        !positions_read(r, node_get(root, "portfolio"), err) ||
        !accounts_read(r, node_get(root, "accounts"), err) ||
        !shocks_read(r, node_get(root, "shocks"), err) ||
        !limits_read(r, node_get(root, "limits"), err))
        return false;
    r->scenario->n_input = r->inputs->n;
    r->scenario->input = r->inputs->file;
    r->scenario->resolved = echo_scenario(r);
    return true;
}

bool scenario_read(const char *file, uint32_t n_override, const struct override *override,
                   struct arena *arena, struct scenario *scenario, struct error *err)
{
    struct input_list inputs = {.arena = arena};
    struct reader r = {.arena = arena, .inputs = &inputs, .scenario = scenario};
    struct node *root;

    *scenario = (struct scenario){0};
    return extend_read(&inputs, file, NULL, &root, err) &&
           tree_read(&r, root, n_override, override, err);
}

bool scenario_read_market(const char *file, uint32_t n_override,
                          const struct override *override, struct arena *arena,
                          struct scenario *scenario, struct error *err)
{
    static const struct place nowhere = {.file = "", .line = 1, .column = 1};
    struct input_list inputs = {.arena = arena};
    struct reader r = {.arena = arena, .inputs = &inputs, .scenario = scenario};
    struct node *root;

    *scenario = (struct scenario){0};
    if (!extend_read(&inputs, file, NULL, &root, err))
        return false;
    if (node_get(root, "assets") != NULL) {
        const char *text = arena_print(arena,
                                       "tailrace: 1\nname: market\n"
                                       "run: {horizon: 1d, step: 1h}\nmarket: %s\n",
                                       node_quote(file, arena));
        if (!document_parse(&nowhere, text, strlen(text), arena, &root, err))
            return false;
    }
    return tree_read(&r, root, n_override, override, err);
}
