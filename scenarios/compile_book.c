#include "scenarios/compile.h"
#include "scenarios/compile_orders.h"

#include <math.h>
#include <string.h>

/* Parameters of one plug-in for every asset of the market, those of a category first; NULL
 * for what is not at the venue. */
static const void **asset_params(const struct scenario *scenario,
                                 const struct scenario_venue *venue,
                                 const struct venue_category *category, bool margin,
                                 struct arena *arena)
{
    const void **param = arena_get(arena, scenario->n_asset, sizeof *param);

    for (uint32_t i = 0; i < venue->n_asset; i++) {
        const struct venue_asset *a = &venue->asset[i];
        param[compile_asset_index(scenario, a->asset)] =
            margin ? a->margin_param : a->liquidation_param;
    }
    for (uint32_t i = 0; category != NULL && i < category->n_asset; i++) {
        const struct venue_asset *a = &category->asset[i];
        param[compile_asset_index(scenario, a->asset)] =
            margin ? a->margin_param : a->liquidation_param;
    }
    return param;
}

/* Coefficients of the margin rule and the liquidation model for accounts without category
 * and for those of each. */
static bool compile_rules(const struct scenario *scenario,
                          const struct scenario_venue *from,
                          const struct margin_tiers *tiers, struct arena *arena,
                          struct plan_venue *to, struct error *err)
{
    const uint32_t n = from->n_category + 1;
    const void **coef = arena_get(arena, n, sizeof *coef);
    const void **liquidation = arena_get(arena, n, sizeof *liquidation);
    struct error why;

    to->coef = coef;
    to->liquidation_coef = liquidation;
    for (uint32_t c = 0; c < n; c++) {
        const struct venue_category *category = c == 0 ? NULL : &from->category[c - 1];
        const struct place *place = c == 0 ? &from->place : &category->place;
        void *rule = arena_get(arena, 1, from->rule->coef_size);
        void *model = arena_get(arena, 1, from->liquidation->coef_size);

        coef[c] = rule;
        liquidation[c] = model;
        if (!from->rule->prepare(from->rule_param, scenario->n_asset, tiers,
                                 asset_params(scenario, from, category, true, arena), rule,
                                 &why) ||
            (from->liquidation->prepare != NULL &&
             !from->liquidation->prepare(
                 from->liquidation_param, scenario->n_asset,
                 asset_params(scenario, from, category, false, arena), model, &why)))
            return fail(err, "%s:%d:%d: venue %s: %s", place->file, place->line,
                        place->column, from->name, why.text);
    }
    return true;
}

static bool compile_venue(const struct scenario *scenario,
                          const struct scenario_venue *from, struct arena *arena,
                          struct plan_venue *to, struct error *err)
{
    struct margin_tiers *tiers = arena_get(arena, scenario->n_asset, sizeof *tiers);
    double *haircut = arena_get(arena, scenario->n_asset, sizeof *haircut);
    double *borrow = arena_get(arena, scenario->n_asset, sizeof *borrow);

    for (uint32_t asset = 0; asset < scenario->n_asset; asset++) {
        const struct venue_asset *a =
            compile_venue_asset(from, scenario->asset[asset].name);
        if (a != NULL) {
            tiers[asset] = a->tiers;
            haircut[asset] = a->collateral_haircut_frac;
            borrow[asset] = a->borrow_rate_annual;
        }
    }
    *to = (struct plan_venue){.name = from->name,
                              .rule = from->rule,
                              .liquidation = from->liquidation,
                              .liquidation_fee_frac = from->v.liquidation_fee_frac,
                              .insurance_fund_usd = from->v.insurance_fund_usd,
                              .margin_call_ratio = from->v.margin_call_ratio,
                              .option_half_spread_frac = from->v.option_half_spread_frac,
                              .mark_oracle = from->v.mark == MARK_ORACLE,
                              .max_rounds = from->v.max_rounds,
                              .haircut_frac = haircut,
                              .borrow_rate_annual = borrow};
    return compile_rules(scenario, from, tiers, arena, to, err);
}

static bool compile_venues(const struct scenario *scenario, struct arena *arena,
                           struct plan *plan, struct plan_venue *venue, struct error *err)
{
    plan->n_venue = scenario->n_venue;
    plan->venue = venue;
    for (uint32_t i = 0; i < scenario->n_venue; i++) {
        const struct scenario_venue *from = &scenario->venue[i];
        if (!compile_venue(scenario, from, arena, &venue[i], err))
            return false;
    }
    if (!compile_orders(scenario, arena, plan, venue, err))
        return false;
    for (uint32_t i = 0; i < plan->n_venue; i++)
        for (uint32_t asset = 0; venue[i].mark_oracle && asset < plan->n_asset; asset++) {
            plan->uses_oracle = true;
            if (compile_venue_asset(&scenario->venue[i], plan->asset[asset].name) != NULL &&
                !plan->asset[asset].has_oracle)
                return fail(err,
                            "%s:%d:%d: venue %s marks by the oracle, but %s has none: give "
                            "the asset an oracle, or mark: traded",
                            scenario->venue[i].place.file, scenario->venue[i].place.line,
                            scenario->venue[i].place.column, venue[i].name,
                            plan->asset[asset].name);
        }
    return true;
}

bool compile_book(const struct scenario *scenario, struct arena *arena, struct plan *plan,
                  struct plan_account **accounts, struct error *err)
{
    struct plan_account *account = arena_get(arena, scenario->n_position, sizeof *account);
    struct plan_venue *venue = arena_get(arena, scenario->n_venue, sizeof *venue);

    *accounts = account;
    plan->account = account;
    return compile_venues(scenario, arena, plan, venue, err) &&
           compile_positions(scenario, arena, plan, account, err) &&
           compile_populations(scenario, arena, plan, venue, err);
}
