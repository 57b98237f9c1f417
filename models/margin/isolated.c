#include "models/margin/tiers.h"
#include "sim/model.h"

/* Isolated margin: every perpetual and every future has its own requirement, the tiered rate
 * on its own notional (Binance USD-M: "maintenance margin rate" and "maintenance amount"; the
 * first tier alone is Hyperliquid's rule, half the initial margin at maximum leverage).
 * Positions of one asset do not net. A position of q coins entered at E with margin M of its
 * own and maintenance l |q| P - a is liquidated at
 *     P = (q E - M - a) / (q - l |q|). */
struct isolated_param {
    double maintenance_frac;
};
struct isolated_coef {
    struct margin_tier all;
    struct margin_tiers one;          /* of assets without a table */
    const struct margin_tiers *tiers; /* [n_asset] owned by the plan */
};

static const struct field isolated_fields[] = {
    /* clang-format off */
    {.key = "maintenance_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.05, .offset = offsetof(struct isolated_param, maintenance_frac),
     .doc = "maintenance per notional of assets without a tier table (Derive V3: 0.05)"},
    {.key = NULL},
    /* clang-format on */
};

static bool isolated_prepare(const void *param, uint32_t n_asset,
                             const struct margin_tiers *tiers,
                             const void *const *asset_param, void *coef, struct error *err)
{
    struct isolated_coef *c = coef;
    (void)asset_param;

    for (uint32_t asset = 0; asset < n_asset; asset++)
        if (!tiers_check(&tiers[asset], "isolated", asset, err))
            return false;
    c->all =
        (struct margin_tier){0.0, ((const struct isolated_param *)param)->maintenance_frac};
    c->one = (struct margin_tiers){1, &c->all};
    c->tiers = tiers;
    return true;
}

static void isolated_linear(const void *coef, uint32_t asset, const double *notional_usd,
                            const double *spot_usd, double *requirement_usd, int n)
{
    const struct isolated_coef *c = coef;
    (void)spot_usd;

    tiers_add(c->tiers[asset].n_tier > 0 ? &c->tiers[asset] : &c->one, notional_usd,
              requirement_usd, n);
}

const struct margin_rule margin_isolated = {
    .about = {.name = "isolated",
              .doc = "Tiered maintenance on each perpetual and future by itself; positions "
                     "do not net, options are not admitted.",
              .fields = isolated_fields,
              .param_size = sizeof(struct isolated_param)},
    .coef_size = sizeof(struct isolated_coef),
    .isolates = true,
    .prepare = isolated_prepare,
    .linear = isolated_linear,
};
