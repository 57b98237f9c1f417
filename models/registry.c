#include "models/registry.h"

#include <string.h>

/* One line per plug-in; the order is the order of `tailrace list`. */
/* clang-format off */
#define PRICE_MODELS(X) \
    X(price_gbm) \
    X(price_merton) \
    X(price_kou) \
    X(price_heston) \
    X(price_bates) \
    X(price_garch) \
    X(price_regime) \
    X(price_hawkes) \
    X(price_bootstrap) \
    X(price_replay) \
    X(price_peg)
#define INSTRUMENTS(X) \
    X(instrument_cash) \
    X(instrument_spot) \
    X(instrument_perpetual) \
    X(instrument_option) \
    X(instrument_digital) \
    X(instrument_barrier) \
    X(instrument_future) \
    X(instrument_power_perpetual) \
    X(instrument_lp_constant_product) \
    X(instrument_lp_range) \
    X(instrument_loan) \
    X(instrument_loop) \
    X(instrument_covered_call_vault) \
    X(instrument_put_vault)
#define MARGIN_RULES(X) \
    X(margin_cross) \
    X(margin_isolated) \
    X(margin_standard) \
    X(margin_health_factor) \
    X(margin_collateral_ratio) \
    X(margin_deribit_portfolio) \
    X(margin_derive_portfolio) \
    X(margin_derive_portfolio_legacy)
#define LIQUIDITY_MODELS(X) \
    X(liquidity_square_root) \
    X(liquidity_constant_product) \
    X(liquidity_concentrated)
#define LIQUIDATION_MODELS(X) \
    X(liquidation_market_order) \
    X(liquidation_partial) \
    X(liquidation_fixed_bonus) \
    X(liquidation_absorb) \
    X(liquidation_dutch_auction) \
    X(liquidation_stability_pool) \
    X(liquidation_backstop)
/* clang-format on */

#define DECLARE_PRICE(name)       extern const struct price_model name;
#define DECLARE_INSTRUMENT(name)  extern const struct instrument name;
#define DECLARE_MARGIN(name)      extern const struct margin_rule name;
#define DECLARE_LIQUIDITY(name)   extern const struct liquidity_model name;
#define DECLARE_LIQUIDATION(name) extern const struct liquidation_model name;
#define ADDRESS(name)             &name,

PRICE_MODELS(DECLARE_PRICE)
INSTRUMENTS(DECLARE_INSTRUMENT)
MARGIN_RULES(DECLARE_MARGIN)
LIQUIDITY_MODELS(DECLARE_LIQUIDITY)
LIQUIDATION_MODELS(DECLARE_LIQUIDATION)

const struct price_model *const registry_price[] = {PRICE_MODELS(ADDRESS) NULL};
const struct instrument *const registry_instrument[] = {INSTRUMENTS(ADDRESS) NULL};
const struct margin_rule *const registry_margin[] = {MARGIN_RULES(ADDRESS) NULL};
const struct liquidity_model *const registry_liquidity[] = {LIQUIDITY_MODELS(ADDRESS) NULL};
const struct liquidation_model *const registry_liquidation[] = {LIQUIDATION_MODELS(ADDRESS)
                                                                    NULL};

const struct price_model *registry_price_find(const char *name)
{
    const struct price_model *const *p = registry_price;

    while (*p != NULL && strcmp((*p)->about.name, name) != 0)
        p++;
    return *p;
}

const struct instrument *registry_instrument_find(const char *name)
{
    const struct instrument *const *p = registry_instrument;

    while (*p != NULL && strcmp((*p)->about.name, name) != 0)
        p++;
    return *p;
}

const struct margin_rule *registry_margin_find(const char *name)
{
    const struct margin_rule *const *p = registry_margin;

    while (*p != NULL && strcmp((*p)->about.name, name) != 0)
        p++;
    return *p;
}

const struct liquidity_model *registry_liquidity_find(const char *name)
{
    const struct liquidity_model *const *p = registry_liquidity;

    while (*p != NULL && strcmp((*p)->about.name, name) != 0)
        p++;
    return *p;
}

const struct liquidation_model *registry_liquidation_find(const char *name)
{
    const struct liquidation_model *const *p = registry_liquidation;

    while (*p != NULL && strcmp((*p)->about.name, name) != 0)
        p++;
    return *p;
}
