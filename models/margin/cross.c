#include "models/margin/tiers.h"
#include "sim/model.h"

/* Cross margin with tiers, as on perpetual venues (Binance USD-M "maintenance margin rate"
 * and "maintenance amount"): per asset the tiered rate on the net notional of all its
 * perpetuals; parts of different assets add.
 *
 * The requirement is compared with an equity that contains the value v of every option,
 * q v with the sign of the quantity q. A written option costs short_option_frac x S per
 * coin on top of what buying it back costs; the latter, |q| v, is in the equity already as
 * q v < 0. A long option is no collateral: its value q v is required, and so taken out of
 * the equity. */
struct cross_param {
    double maintenance_frac, short_option_frac;
};
struct cross_coef {
    struct cross_param param;
    const struct margin_tiers *tiers; /* [n_asset] owned by the plan */
};

static const struct field cross_fields[] = {
    /* clang-format off */
    {.key = "maintenance_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.05, .offset = offsetof(struct cross_param, maintenance_frac),
     .doc = "maintenance per notional of assets without a tier table (Derive V3: 0.05)"},
    {.key = "short_option_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.075, .offset = offsetof(struct cross_param, short_option_frac),
     .doc = "maintenance of a written option per spot value, besides its mark (Deribit: "
            "0.075)"},
    {.key = NULL},
    /* clang-format on */
};

static bool cross_prepare(const void *param, uint32_t n_asset,
                          const struct margin_tiers *tiers, const void *const *asset_param,
                          void *coef, struct error *err)
{
    struct cross_coef *c = coef;
    (void)asset_param;

    for (uint32_t asset = 0; asset < n_asset; asset++)
        if (!tiers_check(&tiers[asset], "cross", asset, err))
            return false;
    c->param = *(const struct cross_param *)param;
    c->tiers = tiers;
    return true;
}

static void cross_linear(const void *coef, uint32_t asset, const double *notional_usd,
                         const double *spot_usd, double *requirement_usd, int n)
{
    const struct cross_coef *c = coef;
    const struct margin_tier all = {0.0, c->param.maintenance_frac};
    const struct margin_tiers one = {1, &all};
    (void)spot_usd;

    tiers_add(c->tiers[asset].n_tier > 0 ? &c->tiers[asset] : &one, notional_usd,
              requirement_usd, n);
}

static void cross_option(const void *coef, const struct contract *o, const double *spot_usd,
                         const double *value_usd, double *requirement_usd, int n)
{
    const struct cross_coef *c = coef;
    const double of_value = o->quantity > 0.0 ? o->quantity : 0.0;
    const double of_spot =
        o->quantity < 0.0 ? -o->quantity * c->param.short_option_frac : 0.0;
    const double *restrict spot = spot_usd, *restrict value = value_usd;
    double *restrict requirement = requirement_usd;

    for (int i = 0; i < n; i++)
        requirement[i] += of_value * value[i] + of_spot * spot[i];
}

const struct margin_rule margin_cross = {
    .about =
        {.name = "cross",
         .doc =
             "Tiered maintenance on each asset's net perpetual notional; written options "
             "cost a fraction of spot, long options are no collateral.",
         .fields = cross_fields,
         .param_size = sizeof(struct cross_param)},
    .coef_size = sizeof(struct cross_coef),
    .prepare = cross_prepare,
    .linear = cross_linear,
    .option = cross_option,
};
