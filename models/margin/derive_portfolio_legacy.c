#include "models/margin/derive.h"

/* Derive's first portfolio risk manager, PMRM (derivexyz/v2-core, PMRMLib.sol; figures of
 * its main net, scripts/config-mainnet.sol, 037ee3ac): 23 scenarios, no skew, no least
 * volatility, debts are not discounted; all that the initial margin takes is 1.25 times the
 * maintenance. In the terms of derive.c the contingencies grow by a quarter. */
static const struct derive_param PARAM = {
    .volatility_up_frac = 0.6,
    .volatility_down_frac = 0.3,
    .near_power = 0.3,
    .far_power = 0.13,
    .days_floor = 1.0,
    .long_discount = 0.95,
    .long_rate_scale = 1.0,
    .long_rate_add = 0.12,
    .short_discount = 1.0,
    .basis_up = 1.05,
    .basis_down = 0.95,
    .basis_scale = 1.0,
    .basis_scale_per_year = 1.2,
    .perpetual_frac = 0.03,
    .initial_perpetual_frac = 0.25 * 0.03,
    .option_frac = 0.02,
    .initial_option_frac = 0.25 * 0.02,
    .maintenance_scale = 1.0,
    .initial_scale = 1.25,
};
static const struct derive_asset PRESET = {.haircut_frac = 0.03,
                                           .initial_haircut_frac = 0.25 * 0.03};

static void add(struct derive_coef *c, double factor, enum derive_volatility volatility)
{
    c->scenario[c->n_scenario++] = (struct derive_scenario){factor, volatility, 1.0};
}

static bool legacy_prepare(const void *param, uint32_t n_asset,
                           const struct margin_tiers *tiers, const void *const *asset_param,
                           void *coef, struct error *err)
{
    struct derive_coef *c = coef;
    (void)param;
    (void)n_asset;
    (void)tiers;
    (void)err;

    *c = (struct derive_coef){.param = PARAM, .preset = PRESET, .asset = asset_param};
    add(c, 1.2, DERIVE_UP);
    for (int step = 3; step >= -3; step--)
        for (int volatility = DERIVE_UP; volatility <= DERIVE_DOWN; volatility++)
            add(c, 1.0 + 0.05 * step, (enum derive_volatility)volatility);
    add(c, 0.8, DERIVE_UP);
    return true;
}

const struct margin_rule margin_derive_portfolio_legacy = {
    .about = {.name = "derive_portfolio_legacy",
              .doc =
                  "Derive's first portfolio margin, PMRM: the worst of 23 moves of price "
                  "and volatility, plus contingencies."},
    .coef_size = sizeof(struct derive_coef),
    .asset_fields = derive_asset_fields,
    .asset_param_size = sizeof(struct derive_asset),
    .prepare = legacy_prepare,
    .portfolio = derive_book,
};
