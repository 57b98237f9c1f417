/* Populations of accounts: names to indices, what a screen can stand, order by danger. */

#include <math.h>
#include <string.h>

#include "scenarios/compile.h"
#include "sim/trigger.h"

/* Coins of the user's perpetuals at the population's venue, at start prices. */
static double *own_perpetuals(const struct plan *plan, uint32_t venue, struct arena *arena)
{
    double *coins = arena_get(arena, plan->n_asset, sizeof *coins);

    for (uint32_t a = 0; a < plan->n_account; a++)
        for (uint32_t asset = 0; asset < plan->n_asset; asset++)
            if (plan->account[a].venue == venue)
                coins[asset] +=
                    plan->account[a].notional_coins[asset] +
                    plan->account[a].notional_usd[asset] / plan->asset[asset].spot_usd;
    return coins;
}

/* Coins that an account holds in all its rows of the asset and side of row i. */
static double merged_coins(const struct scenario_holding *h, uint32_t i)
{
    double coins = h[i].quantity;

    for (uint32_t j = i; j > 0 && strcmp(h[j - 1].account, h[i].account) == 0; j--)
        if (h[j - 1].asset == h[i].asset && h[j - 1].held == h[i].held &&
            (h[j - 1].quantity < 0.0) == (h[i].quantity < 0.0))
            coins += h[j - 1].quantity;
    return fabs(coins);
}

/* Marginal maintenance of a holding must stay below what the screen of sim/population.h can
 * stand, up to POPULATION_MAX_RISE times the start price. */
static bool check_rate(const struct scenario_holding *h, double coins,
                       const struct plan *plan, const struct plan_venue *venue,
                       uint32_t asset, struct error *err)
{
    const double price = POPULATION_MAX_RISE * plan->asset[asset].spot_usd;
    const double notional[2] = {coins * price, coins * price * 1.001};
    const double prices[2] = {price, price};
    double need[2] = {0.0, 0.0};

    venue->rule->linear(venue->coef[0], asset, notional, prices, need, 2);
    const double rate = (need[1] - need[0]) / (notional[1] - notional[0]);
    if (rate <= POPULATION_MAX_RATE)
        return true;
    return fail(err,
                "%s:%d:%d: account %s: the next dollar of its %s needs %.2f dollars of "
                "maintenance, more than %.2f: lower the rates of the margin rule",
                h->place.file, h->place.line, h->place.column, h->account, h->asset, rate,
                POPULATION_MAX_RATE);
}

static bool compile_row(const struct scenario *scenario, const struct plan *plan,
                        const struct plan_venue *venue, const struct scenario_holding *h,
                        struct population_row *row, struct error *err)
{
    const uint32_t asset =
        h->asset == NULL ? POPULATION_CASH : compile_asset_index(scenario, h->asset);

    *row = (struct population_row){.account = h->account,
                                   .asset = asset,
                                   .held = h->held,
                                   .category = h->category,
                                   .coins = h->quantity,
                                   .entry_usd = h->entry_usd,
                                   .collateral_usd = h->collateral_usd,
                                   .weight = h->weight};
    if (asset == POPULATION_CASH || plan_books(plan, asset) > 0)
        return true;
    return fail(err,
                "%s:%d:%d: account %s of venue %s has %s, which no venue trades: add it "
                "under the assets of one with liquidity",
                h->place.file, h->place.line, h->place.column, h->account, venue->name,
                h->asset);
}

static bool compile_population(const struct scenario *scenario,
                               const struct scenario_population *from, struct arena *arena,
                               struct plan *plan, struct plan_venue *venue,
                               struct error *err)
{
    struct population *population = arena_get(arena, 1, sizeof *population);
    struct population_row *row = arena_get(arena, from->n_holding, sizeof *row);
    double *spot = arena_get(arena, plan->n_asset, sizeof *spot);

    for (uint32_t i = 0; i < from->n_holding; i++) {
        const struct scenario_holding *h = &from->holding[i];
        if (!compile_row(scenario, plan, venue, h, &row[i], err))
            return false;
        if (!h->held &&
            !check_rate(h, merged_coins(from->holding, i), plan, venue, row[i].asset, err))
            return false;
    }
    for (uint32_t asset = 0; asset < plan->n_asset; asset++)
        spot[asset] = plan->asset[asset].spot_usd;
    population_build(row, from->n_holding, plan->n_asset, spot,
                     own_perpetuals(plan, (uint32_t)(venue - plan->venue), arena),
                     venue->rule, venue->coef, arena, population);
    if (population->n_real > 0)
        venue->population = population;
    plan->has_population |= population->n_real > 0;
    return true;
}

bool compile_populations(const struct scenario *scenario, struct arena *arena,
                         struct plan *plan, struct plan_venue *venue, struct error *err)
{
    uint32_t n_group = 0, n_state = 0;

    for (uint32_t i = 0; i < scenario->n_population; i++) {
        const struct scenario_population *p = &scenario->population[i];
        if (p->n_holding == 0)
            continue;
        if (plan->n_book == 0)
            return fail(err,
                        "%s:%d:%d: accounts.%s: no venue of the market has liquidity: the "
                        "accounts could not be closed; give one order books",
                        p->place.file, p->place.line, p->place.column, p->venue);
        if (!compile_population(scenario, p, arena, plan,
                                &venue[compile_venue_index(scenario, p->venue)], err))
            return false;
    }
    for (uint32_t i = 0; i < plan->n_venue; i++) {
        struct plan_venue *v = &venue[i];
        v->first_group = n_group;
        v->first_state = n_state;
        n_state += liquidation_states(v->liquidation, plan->n_asset);
        v->first_overlay = plan->overlay_words;
        if (v->population == NULL)
            continue;
        n_group += v->population->n_group;
        plan->overlay_words += trigger_words(v->population, v->liquidation->whole);
    }
    return true;
}
