#include "sim/model.h"

/* Collateralised debt positions: a vault is open to liquidation when collateral / debt falls
 * below the minimum ratio of its kind (MakerDAO "liquidation ratio" mat, dog.sol: unsafe if
 * ink x spot < art x rate with spot = price / mat; Liquity v1: MCR 1.1). That is a
 * health factor with the threshold 1 / ratio. With several coins in one account each covers
 * its value over its own ratio. */
struct collateral_ratio_asset {
    double minimum_ratio;
};
struct collateral_ratio_coef {
    struct collateral_ratio_asset preset;
    const void *const *asset; /* [n_asset] struct collateral_ratio_asset; NULL: presets */
};

static const struct field collateral_ratio_asset_fields[] = {
    /* clang-format off */
    {.key = "minimum_ratio", .unit = "1", .type = FIELD_NUMBER, .min = 1.0, .max = 100.0,
     .preset = 1.5, .offset = offsetof(struct collateral_ratio_asset, minimum_ratio),
     .doc = "collateral per debt below which a vault is liquidated (Liquity v1: 1.1)"},
    {.key = NULL},
    /* clang-format on */
};

static bool collateral_ratio_prepare(const void *param, uint32_t n_asset,
                                     const struct margin_tiers *tiers,
                                     const void *const *asset_param, void *coef,
                                     struct error *err)
{
    struct collateral_ratio_coef *c = coef;
    (void)param;
    (void)tiers;

    for (uint32_t asset = 0; asset_param != NULL && asset < n_asset; asset++) {
        const struct collateral_ratio_asset *a = asset_param[asset];
        if (a != NULL && !(a->minimum_ratio >= 1.0))
            return fail(
                err,
                "margin rule collateral_ratio, asset %u: minimum_ratio = %g; below 1 "
                "a debt would be larger than its collateral",
                asset + 1, a->minimum_ratio);
    }
    field_presets(collateral_ratio_asset_fields, &c->preset);
    c->asset = asset_param;
    return true;
}

static void collateral_ratio_property(const void *coef, uint32_t asset,
                                      const double *value_usd, double *requirement_usd,
                                      int n)
{
    const struct collateral_ratio_coef *c = coef;
    const struct collateral_ratio_asset *a =
        c->asset == NULL ? &c->preset : c->asset[asset];
    const double excess = a == NULL ? 1.0 : 1.0 - 1.0 / a->minimum_ratio;
    const double *restrict value = value_usd;
    double *restrict requirement = requirement_usd;

    for (int i = 0; i < n; i++)
        requirement[i] += value[i] > 0.0 ? excess * value[i] : 0.0;
}

const struct margin_rule margin_collateral_ratio = {
    .about = {.name = "collateral_ratio",
              .doc =
                  "Collateralised debt positions: collateral per debt must not fall below "
                  "a minimum (Maker, Liquity)."},
    .coef_size = sizeof(struct collateral_ratio_coef),
    .asset_fields = collateral_ratio_asset_fields,
    .asset_param_size = sizeof(struct collateral_ratio_asset),
    .lends = true,
    .prepare = collateral_ratio_prepare,
    .property = collateral_ratio_property,
};
