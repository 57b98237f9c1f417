/* What an account of each structure holds. */
#include "scenarios/population.h"
#include "sim/vmath.h"

/* An account whose profit is nearly all of its equity has just been opened instead. */
static const double least_collateral_frac = 0.05;
static const double least_loop_leverage = 1.01;

static struct scenario_holding held(const struct scenario_asset *asset, double coins)
{
    return (struct scenario_holding){.asset = asset == NULL ? NULL : asset->name,
                                     .quantity = coins,
                                     .entry_usd = asset == NULL ? 1.0 : asset->spot_usd,
                                     .held = true};
}

/* A perpetual; for basis and lp_short with coins against it. Equity is notional over
 * leverage, but no less than equity_ratio times the maintenance and what is lost of the coins
 * to the haircut. */
static uint32_t contract_legs(const struct population_builder *b,
                              const struct population_draft *d,
                              struct scenario_holding *row)
{
    const struct structure_section *s = &b->g->structure[d->structure];
    const struct population_total *t = &b->total[d->total];
    const uint32_t category = b->pool[d->structure].category;
    const double notional = d->size * t->spot_usd;
    const double need =
        population_margin_notional(&b->margin, category, t->asset, notional);
    const double coins = s->kind == STRUCTURE_DIRECTIONAL ? 0.0 : d->size / s->hedge_frac;
    const double value = coins * t->spot_usd;
    const double lost =
        value - population_margin_property(&b->margin, category, t->asset, value);
    const double leverage = vm_min(d->leverage, s->leverage_max);
    const double equity = vm_max(notional / leverage, b->g->equity_ratio * need + lost);
    double entry = t->spot_usd * vm_exp(d->entry);
    double profit = d->side * d->size * (t->spot_usd - entry);

    if (coins == 0.0 && equity - profit < least_collateral_frac * equity) {
        entry = t->spot_usd;
        profit = 0.0;
    }
    row[0] = (struct scenario_holding){.asset = t->asset->name,
                                       .quantity = d->side * d->size,
                                       .entry_usd = entry,
                                       .collateral_usd = equity - profit - value};
    if (coins == 0.0)
        return 1;
    row[1] = held(t->asset, coins);
    return 2;
}

/* What a debt of the draft's size counts, USD. */
static double owed_usd(const struct population_builder *b, const struct population_draft *d)
{
    const struct population_total *t = &b->total[d->total];

    return -population_margin_property(&b->margin, b->pool[d->structure].category, t->asset,
                                       -d->size * t->spot_usd);
}

static uint32_t loop_legs(const struct population_builder *b,
                          const struct population_draft *d, struct scenario_holding *row)
{
    const struct structure_section *s = &b->g->structure[d->structure];
    const struct scenario_asset *token = population_asset(b->r->scenario, s->token);
    const double counts =
        population_margin_property(&b->margin, b->pool[d->structure].category, token, 1.0);
    const double leverage =
        vm_max(vm_min(d->leverage, s->leverage_max), least_loop_leverage);
    const double debt = d->size * b->total[d->total].spot_usd;
    const double value = vm_max(debt * leverage / (leverage - 1.0),
                                b->g->health_factor_min * owed_usd(b, d) / counts);

    row[0] = held(token, value / token->spot_usd);
    row[1] = held(b->total[d->total].asset, -d->size);
    return 2;
}

static uint32_t borrower_legs(const struct population_builder *b,
                              const struct population_draft *d,
                              struct scenario_holding *row)
{
    const struct structure_section *s = &b->g->structure[d->structure];
    const uint32_t category = b->pool[d->structure].category;
    const uint32_t first = population_pick(&s->collateral, d->pick[0]);
    const bool two = d->pick[1] < s->second_share;
    const uint32_t second =
        two ? population_pick(&s->collateral, d->pick[1] / s->second_share) : first;
    const double part = second == first ? 0.0 : 0.5 * d->pick[2];
    const uint32_t coin[2] = {first, second};
    const double parts[2] = {1.0 - part, part};
    double counts = 0.0, spot[2] = {1.0, 1.0};

    for (int i = 0; i < 2; i++) {
        const struct scenario_asset *asset =
            population_asset(b->r->scenario, s->collateral.name[coin[i]]);
        spot[i] = asset == NULL ? 1.0 : asset->spot_usd;
        counts += parts[i] * population_margin_property(&b->margin, category, asset, 1.0);
    }
    const double health = vm_max(d->leverage, b->g->health_factor_min);
    const double value = health * owed_usd(b, d) / counts;
    uint32_t n = 0;
    for (int i = 0; i < (part > 0.0 ? 2 : 1); i++)
        row[n++] = held(population_asset(b->r->scenario, s->collateral.name[coin[i]]),
                        parts[i] * value / spot[i]);
    row[n++] = held(b->total[d->total].asset, -d->size);
    return n;
}

uint32_t population_legs(const struct population_builder *b,
                         const struct population_draft *draft, struct scenario_holding *row)
{
    switch ((enum structure_kind)b->g->structure[draft->structure].kind) {
    case STRUCTURE_STAKED_LOOP:
        return loop_legs(b, draft, row);
    case STRUCTURE_BORROWER:
        return borrower_legs(b, draft, row);
    default:
        return contract_legs(b, draft, row);
    }
}
