#include <math.h>

#include "models/margin/tiers.h"
#include "sim/model.h"

/* Deribit's standard margin, maintenance side (Deribit margin rules as published at
 * doc.tslab.pro, "Deribit Margin Requirements Calculation"; in coins, m the mark of one
 * option in coins): perpetual, size x:   (0.01 + 0.00005 x) x short call:          0.075 +
 * m short put:           max(0.075, 0.075 m) + m long option:         0.
 *
 * Deribit holds this against the margin balance, which leaves options out:
 *     margin balance = equity - options value,
 * written options having negative value (Deribit API, example of
 * private/get_account_summaries, model segregated_sm: equity 302.61869214, options_value
 * -0.0086, margin_balance 302.62729214). Here equity contains the options, so the
 * requirement contains them too, with their sign: buffer = margin balance - MM = equity -
 * (MM + options value). What is left of the rules is then, in dollars per unit at spot
 * price S and mark v = m S, short call: 0.075 S + v - v,  short put: max(0.075 S, 0.075 v),
 * long option: v. A long option is thus no collateral, and the mark of a written one counts
 * once. */
struct standard_param {
    double perpetual_frac, perpetual_slope_per_coin;
    double short_option_frac, short_put_mark_frac;
};
struct standard_coef {
    struct standard_param param;
    const struct margin_tiers *tiers; /* [n_asset] owned by the plan */
};

static const struct field standard_fields[] = {
    /* clang-format off */
    {.key = "perpetual_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.01, .offset = offsetof(struct standard_param, perpetual_frac),
     .doc = "maintenance per notional of perpetuals (BTC 0.01); an asset with a tier table "
            "goes by that instead"},
    {.key = "perpetual_slope_per_coin", .unit = "1/coin", .type = FIELD_NUMBER, .min = 0.0,
     .max = 1.0, .preset = 0.00005,
     .offset = offsetof(struct standard_param, perpetual_slope_per_coin),
     .doc = "what perpetual_frac grows by with each coin of net size (BTC 0.00005)"},
    {.key = "short_option_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.075, .offset = offsetof(struct standard_param, short_option_frac),
     .doc = "maintenance of a written option per spot value, besides its mark"},
    {.key = "short_put_mark_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0,
     .max = 1.0, .preset = 0.075,
     .offset = offsetof(struct standard_param, short_put_mark_frac),
     .doc = "maintenance of a written put per value of its mark, if that is more"},
    {.key = NULL},
    /* clang-format on */
};

static bool standard_prepare(const void *param, uint32_t n_asset,
                             const struct margin_tiers *tiers,
                             const void *const *asset_param, void *coef, struct error *err)
{
    struct standard_coef *c = coef;
    (void)asset_param;

    for (uint32_t asset = 0; asset < n_asset; asset++)
        if (!tiers_check(&tiers[asset], "standard", asset, err))
            return false;
    c->param = *(const struct standard_param *)param;
    c->tiers = tiers;
    return true;
}

static void standard_linear(const void *coef, uint32_t asset, const double *notional_usd,
                            const double *spot_usd, double *requirement_usd, int n)
{
    const struct standard_coef *c = coef;
    const double frac = c->param.perpetual_frac, slope = c->param.perpetual_slope_per_coin;
    const double *restrict notional = notional_usd, *restrict spot = spot_usd;
    double *restrict requirement = requirement_usd;

    if (c->tiers[asset].n_tier > 0) {
        tiers_add(&c->tiers[asset], notional_usd, requirement_usd, n);
        return;
    }
    for (int i = 0; i < n; i++) {
        const double size_usd = fabs(notional[i]);
        requirement[i] += size_usd * (frac + slope * (size_usd / spot[i]));
    }
}

static void standard_option(const void *coef, const struct contract *o,
                            const double *spot_usd, const double *value_usd,
                            double *requirement_usd, int n)
{
    const struct standard_coef *c = coef;
    const double bought = o->quantity > 0.0 ? o->quantity : 0.0;
    const double written = o->quantity < 0.0 ? -o->quantity : 0.0;
    const double of_spot = c->param.short_option_frac;
    const double of_mark = o->call ? 0.0 : c->param.short_put_mark_frac;
    const double *restrict spot = spot_usd, *restrict value = value_usd;
    double *restrict requirement = requirement_usd;

    for (int i = 0; i < n; i++) {
        const double by_spot = of_spot * spot[i], by_mark = of_mark * value[i];
        requirement[i] +=
            bought * value[i] + written * (by_spot > by_mark ? by_spot : by_mark);
    }
}

const struct margin_rule margin_standard = {
    .about = {.name = "standard",
              .doc =
                  "Deribit's standard margin: perpetuals by size, written options by spot "
                  "and mark, long options are no collateral.",
              .fields = standard_fields,
              .param_size = sizeof(struct standard_param)},
    .coef_size = sizeof(struct standard_coef),
    .prepare = standard_prepare,
    .linear = standard_linear,
    .option = standard_option,
};
