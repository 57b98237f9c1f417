#include "sim/app/app.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "models/registry.h"
#include "output/margin_table.h"
#include "scenarios/compile.h"
#include "scenarios/node.h"

enum { MAX_OVERRIDES = 256, OWN_OVERRIDES = 2 };

static const struct app_option MARGIN_OPTIONS[] = {
    {"--market", "FILE",
     "market, or scenario whose market it is, where POSITIONS is a CSV"},
    {"--rule", "NAME|all", "one margin rule, or all of them [all]"},
    {"--json", NULL, "prints JSON, every scenario included"},
    {"--set", "KEY=VALUE", "overrides any key, as in --set market.assets.BTC.spot_usd=6e4"},
    {NULL, NULL, NULL},
};

struct margin_call {
    const char *positions, *market, *rule;
    bool json;
    uint32_t n_override;
    struct override override[MAX_OVERRIDES + OWN_OVERRIDES];
    struct arena arena;
};

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

/* The nearest rule by name. */
static const char *nearest_rule(const char *name)
{
    const char *nearest = "all";
    unsigned least = field_distance(nearest, name);

    for (const struct margin_rule *const *m = registry_margin; *m != NULL; m++)
        if (field_distance((*m)->about.name, name) < least) {
            nearest = (*m)->about.name;
            least = field_distance(nearest, name);
        }
    return nearest;
}

static bool check_call(const struct margin_call *call, struct error *err)
{
    if (call->positions == NULL)
        return fail(err, "margin: give POSITIONS.csv or a scenario: see tailrace margin "
                         "--help");
    if (ends_with(call->positions, ".csv") && call->market == NULL)
        return fail(err,
                    "margin: %s holds no prices: add --market FILE, a market or a "
                    "scenario",
                    call->positions);
    if (!ends_with(call->positions, ".csv") && call->market != NULL)
        return fail(err,
                    "margin: %s is a scenario, it has a market: leave out --market, or "
                    "give a CSV of positions",
                    call->positions);
    if (strcmp(call->rule, "all") != 0 && registry_margin_find(call->rule) == NULL)
        return fail(err, "margin: there is no margin rule '%s': did you mean '%s'?",
                    call->rule, nearest_rule(call->rule));
    return true;
}

static bool take_option(struct margin_call *call, const char *name, const char *value,
                        struct error *err)
{
    if (strcmp(name, "--market") == 0)
        call->market = value;
    else if (strcmp(name, "--rule") == 0)
        call->rule = value;
    else if (strcmp(name, "--json") == 0)
        call->json = true;
    else if (call->n_override == MAX_OVERRIDES)
        return fail(err, "margin: more than %d overrides", MAX_OVERRIDES);
    else if (!app_override(value, &call->arena, &call->override[call->n_override++]))
        return fail(err, "margin: --set %s: write --set KEY=VALUE", value);
    return true;
}

/* false, with *wrong set: the sentence of app_next is out already. */
static bool read_call(int argc, char **argv, struct margin_call *call, bool *wrong,
                      struct error *err)
{
    const struct app_option *option;
    const char *value;

    for (int at = 0; app_next(&app_margin, argc, argv, &at, &option, &value, wrong);) {
        if (option != NULL) {
            if (!take_option(call, option->name, value, err))
                return false;
        } else if (call->positions != NULL) {
            return fail(err, "margin: give one file, not '%s' and '%s'", call->positions,
                        value);
        } else {
            call->positions = value;
        }
    }
    return !*wrong && check_call(call, err);
}

/* Other accounts are not asked about; they are not read. */
static bool read_scenario(struct margin_call *call, struct scenario *scenario,
                          struct error *err)
{
    const bool csv = call->market != NULL;

    call->override[call->n_override++] = (struct override){"accounts", "null"};
    if (csv)
        call->override[call->n_override++] =
            (struct override){"portfolio", node_quote(call->positions, &call->arena)};
    return scenario_read_market(csv ? call->market : call->positions, call->n_override,
                                call->override, &call->arena, scenario, err);
}

/* The coefficients of a rule for an account: of its own venue if that has the rule, of the
 * first venue that has it, or of the defaults. */
static bool find_coef(const struct margin_rule *rule, const struct plan *plan,
                      const struct plan_account *a, struct arena *arena, const void **coef,
                      const char **whose, struct error *err)
{
    uint32_t venue = a->venue;

    if (venue == PLAN_NONE || plan->venue[venue].rule != rule)
        for (venue = 0; venue < plan->n_venue && plan->venue[venue].rule != rule; venue++)
            ;
    if (venue < plan->n_venue) {
        *coef = plan->venue[venue].coef[0];
        *whose = plan->venue[venue].name;
        return true;
    }
    void *param = arena_get(arena, 1, rule->about.param_size);
    void *fresh = arena_get(arena, 1, rule->coef_size);
    struct margin_tiers *tiers = arena_get(arena, plan->n_asset, sizeof *tiers);
    if (rule->about.fields != NULL)
        field_presets(rule->about.fields, param);
    *coef = fresh;
    *whose = "defaults";
    return rule->prepare(param, plan->n_asset, tiers, NULL, fresh, err);
}

static bool fill_line(const struct margin_rule *rule, const struct plan *plan,
                      uint32_t account, const struct margin_report *report,
                      struct arena *arena, const struct margin_book *book,
                      struct margin_line *line, struct error *err)
{
    const void *coef;

    *line = (struct margin_line){.rule = rule->about.name,
                                 .down_frac = NAN,
                                 .up_frac = NAN,
                                 .down_leg = UINT32_MAX,
                                 .up_leg = UINT32_MAX};
    if (!find_coef(rule, plan, &plan->account[account], arena, &coef, &line->parameters,
                   err))
        return false;
    if (!margin_admits(rule, book, &line->refused))
        return true;
    margin_requirement(rule, coef, book, &line->result);
    line->down_frac =
        margin_breaking_move(rule, coef, book, report->moves, false, &line->down_leg);
    line->up_frac =
        margin_breaking_move(rule, coef, book, report->moves, true, &line->up_leg);
    if (isfinite(line->result.maintenance_usd))
        return true;
    return fail(err,
                "margin: account %s under rule %s has a requirement of %g USD: check "
                "the sizes and prices of its positions",
                plan->account[account].name, rule->about.name,
                line->result.maintenance_usd);
}

/* Of loans only what is asked for by name, or what some venue has: without a venue's
 * thresholds they say nothing. */
static bool shown(const struct margin_rule *rule, const struct plan *plan,
                  const struct margin_call *call)
{
    if (strcmp(call->rule, "all") != 0)
        return strcmp(call->rule, rule->about.name) == 0;
    for (uint32_t i = 0; rule->lends && i < plan->n_venue; i++)
        if (plan->venue[i].rule == rule)
            return true;
    return !rule->lends;
}

static bool fill_account(const struct plan *plan, uint32_t account,
                         const struct margin_report *report, struct margin_call *call,
                         struct margin_lines *lines, struct error *err)
{
    const struct plan_account *a = &plan->account[account];
    uint32_t n_rule = 0;

    while (registry_margin[n_rule] != NULL)
        n_rule++;
    *lines = (struct margin_lines){
        .account = a->name,
        .venue = a->venue == PLAN_NONE ? NULL : plan->venue[a->venue].name,
        .line = arena_get(&call->arena, n_rule, sizeof *lines->line)};
    margin_account_at_start(plan, account, &call->arena, &lines->positions);
    const struct margin_book *book = &lines->positions.book;
    lines->equity_usd = margin_equity(book);
    lines->notional_usd = margin_notional(book);
    if (book->n_leg == 0 && lines->notional_usd == 0.0)
        return true;
    for (uint32_t i = 0; i < n_rule; i++)
        if (shown(registry_margin[i], plan, call) &&
            !fill_line(registry_margin[i], plan, account, report, &call->arena, book,
                       &lines->line[lines->n_line++], err))
            return false;
    return true;
}

/* Every price moves but that of what is pegged to the dollar. */
static void find_moves(const struct scenario *scenario, bool *moves, const char **name)
{
    for (uint32_t i = 0; i < scenario->n_asset; i++) {
        const struct scenario_asset *asset = &scenario->asset[i];
        bool in_anchor = true;
        name[i] = asset->name;
        if (asset->model->anchor != NULL)
            asset->model->anchor(asset->param, &in_anchor);
        moves[i] = in_anchor;
    }
}

static bool make_report(struct margin_call *call, struct margin_report *report,
                        struct error *err)
{
    struct arena *arena = &call->arena;
    struct scenario scenario;
    struct plan plan;

    if (!read_scenario(call, &scenario, err) || !compile_plan(&scenario, arena, &plan, err))
        return false;
    if (plan.n_account == 0)
        return fail(err, "margin: %s has no positions: give a CSV of some",
                    call->positions);
    bool *moves = arena_get(arena, plan.n_asset, sizeof *moves);
    const char **name = arena_get(arena, plan.n_asset, sizeof *name);
    struct margin_lines *lines = arena_get(arena, plan.n_account, sizeof *lines);
    find_moves(&scenario, moves, name);
    *report = (struct margin_report){.n_asset = plan.n_asset,
                                     .asset_name = name,
                                     .moves = moves,
                                     .n_account = plan.n_account,
                                     .account = lines};
    for (uint32_t i = 0; i < plan.n_account; i++)
        if (!fill_account(&plan, i, report, call, &lines[i], err))
            return false;
    return true;
}

static int run_margin(int argc, char **argv)
{
    struct margin_call call = {.rule = "all"};
    struct margin_report report;
    struct error err = {""};
    bool wrong = false;
    int code = EXIT_OK;

    if (!read_call(argc, argv, &call, &wrong, &err) || !make_report(&call, &report, &err))
        code = wrong ? EXIT_USAGE : app_fail(EXIT_USAGE, err.text);
    else if (call.json)
        code = margin_table_json(&report, stdout, &err) ? EXIT_OK
                                                        : app_fail(EXIT_ERROR, err.text);
    else if (isatty(STDOUT_FILENO))
        margin_table_print(&report, stdout);
    else
        margin_table_plain(&report, stdout);
    arena_free(&call.arena);
    return code;
}

const struct app_command app_margin = {
    .name = "margin",
    .operands = "POSITIONS|SCENARIO",
    .doc = "requirements of accounts under margin rules, and where they die first",
    .options = MARGIN_OPTIONS,
    .run = run_margin,
};
