#include "scenarios/compile.h"

#include <math.h>
#include <string.h>

static const struct venue_asset *venue_asset(const struct scenario_venue *venue,
                                             const char *name)
{
    for (uint32_t i = 0; i < venue->n_asset; i++)
        if (strcmp(venue->asset[i].asset, name) == 0)
            return &venue->asset[i];
    return NULL;
}

static bool compile_venue(const struct scenario *scenario,
                          const struct scenario_venue *from, struct arena *arena,
                          struct plan_venue *to, struct error *err)
{
    struct margin_tiers *tiers = arena_get(arena, scenario->n_asset, sizeof *tiers);
    double *haircut = arena_get(arena, scenario->n_asset, sizeof *haircut);
    void *coef = arena_get(arena, 1, from->rule->coef_size);
    struct error why;

    for (uint32_t asset = 0; asset < scenario->n_asset; asset++) {
        const struct venue_asset *a = venue_asset(from, scenario->asset[asset].name);
        if (a != NULL) {
            tiers[asset] = a->tiers;
            haircut[asset] = a->collateral_haircut_frac;
        }
    }
    *to = (struct plan_venue){.name = from->name,
                              .rule = from->rule,
                              .coef = coef,
                              .liquidation_fee_frac = from->v.liquidation_fee_frac,
                              .insurance_fund_usd = from->v.insurance_fund_usd,
                              .margin_call_ratio = from->v.margin_call_ratio,
                              .option_half_spread_frac = from->v.option_half_spread_frac,
                              .mark_oracle = from->v.mark == MARK_ORACLE,
                              .max_rounds = from->v.max_rounds,
                              .haircut_frac = haircut};
    if (!from->rule->prepare(from->rule_param, scenario->n_asset, tiers, NULL, coef, &why))
        return fail(err, "%s:%d:%d: venue %s: %s", from->place.file, from->place.line,
                    from->place.column, from->name, why.text);
    return true;
}

/* The order books of the one venue that has them. */
static bool compile_liquidity(const struct scenario *scenario,
                              const struct scenario_venue *venue, struct arena *arena,
                              struct plan *plan, struct error *err)
{
    const void **coefs = arena_get(arena, scenario->n_asset, sizeof *coefs);
    struct error why;

    plan->liquidity = venue->liquidity;
    plan->liquidity_coef = coefs;
    for (uint32_t i = 0; i < venue->n_asset; i++) {
        const struct venue_asset *a = &venue->asset[i];
        const uint32_t asset = compile_asset_index(scenario, a->asset);
        if (a->liquidity_param == NULL)
            continue;
        void *coef = arena_get(arena, 1, venue->liquidity->coef_size);
        if (!venue->liquidity->prepare(a->liquidity_param, scenario->asset[asset].spot_usd,
                                       coef, &why))
            return fail(err, "%s:%d:%d: %s liquidity of %s: %s", a->place.file,
                        a->place.line, a->place.column, a->asset, venue->name, why.text);
        coefs[asset] = coef;
    }
    return true;
}

static bool compile_venues(const struct scenario *scenario, struct arena *arena,
                           struct plan *plan, struct error *err)
{
    struct plan_venue *venue = arena_get(arena, scenario->n_venue, sizeof *venue);

    plan->n_venue = scenario->n_venue;
    plan->venue = venue;
    plan->liquidity_venue = PLAN_NONE;
    for (uint32_t i = 0; i < scenario->n_venue; i++) {
        const struct scenario_venue *from = &scenario->venue[i];
        if (!compile_venue(scenario, from, arena, &venue[i], err))
            return false;
        if (from->liquidity == NULL)
            continue;
        if (plan->liquidity_venue != PLAN_NONE)
            return fail(
                err,
                "%s:%d:%d: venue %s has liquidity, and so has %s: one venue carries the "
                "order books that all accounts are closed through; remove one",
                from->place.file, from->place.line, from->place.column, from->name,
                scenario->venue[plan->liquidity_venue].name);
        plan->liquidity_venue = i;
        if (!compile_liquidity(scenario, from, arena, plan, err))
            return false;
    }
    for (uint32_t i = 0; i < plan->n_venue; i++)
        for (uint32_t asset = 0; venue[i].mark_oracle && asset < plan->n_asset; asset++) {
            plan->uses_oracle = true;
            if (venue_asset(&scenario->venue[i], plan->asset[asset].name) != NULL &&
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

/* Coins of the user's perpetuals at the population's venue, at start prices. */
static double *own_perpetuals(const struct plan *plan, struct arena *arena)
{
    double *coins = arena_get(arena, plan->n_asset, sizeof *coins);

    for (uint32_t a = 0; a < plan->n_account; a++)
        for (uint32_t asset = 0; asset < plan->n_asset; asset++)
            if (plan->account[a].venue == plan->population_venue)
                coins[asset] +=
                    plan->account[a].notional_coins[asset] +
                    plan->account[a].notional_usd[asset] / plan->asset[asset].spot_usd;
    return coins;
}

/* Coins that an account holds in all its rows of the asset and side of row i. */
static double merged_coins(const struct scenario *s, uint32_t i)
{
    const struct scenario_holding *h = s->holding;
    double coins = h[i].quantity;

    for (uint32_t j = i; j > 0 && strcmp(h[j - 1].account, h[i].account) == 0; j--)
        if (strcmp(h[j - 1].asset, h[i].asset) == 0 &&
            (h[j - 1].quantity < 0.0) == (h[i].quantity < 0.0))
            coins += h[j - 1].quantity;
    return fabs(coins);
}

/* Marginal maintenance of a holding must stay below what the screen of sim/population.h can
 * stand, up to POPULATION_MAX_RISE times the start price. */
static bool check_rate(const struct scenario_holding *h, double coins,
                       const struct plan *plan, uint32_t asset, struct error *err)
{
    const struct plan_venue *venue = &plan->venue[plan->population_venue];
    const double price = POPULATION_MAX_RISE * plan->asset[asset].spot_usd;
    const double notional[2] = {coins * price, coins * price * 1.001};
    const double prices[2] = {price, price};
    double need[2] = {0.0, 0.0};

    venue->rule->linear(venue->coef, asset, notional, prices, need, 2);
    const double rate = (need[1] - need[0]) / (notional[1] - notional[0]);
    if (rate <= POPULATION_MAX_RATE)
        return true;
    return fail(err,
                "%s:%d:%d: account %s: the next dollar of its %s needs %.2f dollars of "
                "maintenance, more than %.2f: lower the rates of the margin rule",
                h->place.file, h->place.line, h->place.column, h->account, h->asset, rate,
                POPULATION_MAX_RATE);
}

static bool compile_population(const struct scenario *scenario, struct arena *arena,
                               struct plan *plan, struct error *err)
{
    struct population *population = arena_get(arena, 1, sizeof *population);
    struct population_row *row = arena_get(arena, scenario->n_holding, sizeof *row);
    double *spot = arena_get(arena, plan->n_asset, sizeof *spot);
    const struct plan_venue *venue = &plan->venue[plan->population_venue];

    for (uint32_t i = 0; i < scenario->n_holding; i++) {
        const struct scenario_holding *h = &scenario->holding[i];
        const uint32_t asset = compile_asset_index(scenario, h->asset);
        if (asset == PLAN_NONE || plan->liquidity_coef[asset] == NULL)
            return fail(err,
                        "%s:%d:%d: account %s holds %s, which venue %s does not trade: add "
                        "it under the venue's assets with liquidity",
                        h->place.file, h->place.line, h->place.column, h->account, h->asset,
                        venue->name);
        if (!check_rate(h, merged_coins(scenario, i), plan, asset, err))
            return false;
        row[i] = (struct population_row){
            h->account, asset, h->quantity, h->entry_usd, h->collateral_usd, h->weight};
    }
    for (uint32_t asset = 0; asset < plan->n_asset; asset++)
        spot[asset] = plan->asset[asset].spot_usd;
    population_build(row, scenario->n_holding, plan->n_asset, spot,
                     own_perpetuals(plan, arena), venue->rule, venue->coef, arena,
                     population);
    if (population->n_real > 0)
        plan->population = population;
    return true;
}

bool compile_book(const struct scenario *scenario, struct arena *arena, struct plan *plan,
                  struct plan_account **accounts, struct error *err)
{
    struct plan_account *account = arena_get(arena, scenario->n_position, sizeof *account);

    *accounts = account;
    plan->account = account;
    if (!compile_venues(scenario, arena, plan, err) ||
        !compile_positions(scenario, arena, plan, account, err))
        return false;
    plan->population_venue = PLAN_NONE;
    if (scenario->n_holding == 0)
        return true;
    plan->population_venue = compile_venue_index(scenario, scenario->population_venue);
    if (plan->population_venue == PLAN_NONE ||
        plan->population_venue != plan->liquidity_venue)
        return fail(
            err,
            "%s:%d:%d: accounts: venue %s %s: a population trades at the venue that "
            "has liquidity",
            scenario->holding[0].place.file, scenario->holding[0].place.line,
            scenario->holding[0].place.column, scenario->population_venue,
            plan->population_venue == PLAN_NONE ? "is not in the market"
                                                : "has no liquidity");
    return compile_population(scenario, arena, plan, err);
}
