/* The margin rule of a venue as generated accounts meet it. */
#include <string.h>

#include "scenarios/compile.h"
#include "scenarios/population.h"

static uint32_t asset_index(const struct scenario *s, const struct scenario_asset *asset)
{
    return (uint32_t)(asset - s->asset);
}

bool population_margin_start(const struct scenario *scenario,
                             const struct scenario_venue *venue, struct arena *arena,
                             struct population_margin *margin, struct error *err)
{
    struct plan_venue compiled;

    if (!compile_venue(scenario, venue, arena, &compiled, err))
        return false;
    *margin = (struct population_margin){scenario, venue->rule, compiled.coef};
    return true;
}

double population_margin_notional(const struct population_margin *margin, uint32_t category,
                                  const struct scenario_asset *asset, double notional_usd)
{
    double need = 0.0;

    if (margin->rule->linear != NULL)
        margin->rule->linear(margin->coef[category], asset_index(margin->scenario, asset),
                             &notional_usd, &asset->spot_usd, &need, 1);
    return need;
}

double population_margin_property(const struct population_margin *margin, uint32_t category,
                                  const struct scenario_asset *asset, double value_usd)
{
    double need = 0.0;

    if (margin->rule->property != NULL && asset != NULL)
        margin->rule->property(margin->coef[category], asset_index(margin->scenario, asset),
                               &value_usd, &need, 1);
    return value_usd - need;
}

const struct scenario_asset *population_asset(const struct scenario *s, const char *name)
{
    for (uint32_t a = 0; name != NULL && a < s->n_asset; a++)
        if (s->asset[a].name == name || strcmp(s->asset[a].name, name) == 0)
            return &s->asset[a];
    return NULL;
}

double population_margin_buffer(const struct population_margin *margin,
                                const struct scenario_holding *row, uint32_t n,
                                double *counted_usd)
{
    double buffer = 0.0;

    *counted_usd = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        const struct scenario_asset *asset =
            population_asset(margin->scenario, row[i].asset);
        const double spot = asset == NULL ? 1.0 : asset->spot_usd;
        const double value = row[i].quantity * spot;
        buffer += row[i].collateral_usd;
        if (row[i].held) {
            const double counts =
                population_margin_property(margin, row[i].category, asset, value);
            buffer += counts;
            *counted_usd += value > 0.0 ? counts : 0.0;
        } else {
            buffer += row[i].quantity * (spot - row[i].entry_usd) -
                      population_margin_notional(margin, row[i].category, asset, value);
        }
    }
    return buffer;
}
