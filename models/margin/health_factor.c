#include "sim/margin.h"

/* Lending pools: health factor = sum of LT x collateral / debt, an account is open to
 * liquidation below 1 (Aave v3, aave-v3-origin fd1fbd9, GenericLogic.sol and
 * LiquidationLogic.sol). With equity = collateral - debt and requirement = sum of
 * (1 - LT) x collateral, the buffer is sum of LT x collateral - debt: below 0 just when the
 * health factor is below 1. Borrowing is allowed up to the loan-to-value limit. */
struct health_factor_asset {
    double liquidation_threshold_frac, loan_to_value_frac;
};
struct health_factor_coef {
    const void *const *asset; /* [n_asset] struct health_factor_asset; owned by the plan */
};

static const struct field health_factor_asset_fields[] = {
    /* clang-format off */
    {.key = "liquidation_threshold_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0,
     .max = 1.0, .preset = 0.0,
     .offset = offsetof(struct health_factor_asset, liquidation_threshold_frac),
     .doc = "part of the coin's value that covers debt (Aave v3, WETH: 0.83); 0: it is no "
            "collateral"},
    {.key = "loan_to_value_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.0, .offset = offsetof(struct health_factor_asset, loan_to_value_frac),
     .doc = "part of the coin's value that may be borrowed at first (Aave v3, WETH: 0.80)"},
    {.key = NULL},
    /* clang-format on */
};

static bool health_factor_prepare(const void *param, uint32_t n_asset,
                                  const struct margin_tiers *tiers,
                                  const void *const *asset_param, void *coef,
                                  struct error *err)
{
    (void)param;
    (void)tiers;

    for (uint32_t asset = 0; asset_param != NULL && asset < n_asset; asset++) {
        const struct health_factor_asset *a = asset_param[asset];
        if (a == NULL)
            continue;
        if (!(a->liquidation_threshold_frac >= 0.0 && a->liquidation_threshold_frac <= 1.0))
            return fail(err,
                        "margin rule health_factor, asset %u: liquidation_threshold_frac = "
                        "%g; a coin covers between none (0) and all (1) of its value",
                        asset + 1, a->liquidation_threshold_frac);
        if (!(a->loan_to_value_frac >= 0.0 &&
              a->loan_to_value_frac <= a->liquidation_threshold_frac))
            return fail(err,
                        "margin rule health_factor, asset %u: loan_to_value_frac = %g is "
                        "not between 0 and liquidation_threshold_frac = %g: a loan could "
                        "be open to liquidation when it is taken",
                        asset + 1, a->loan_to_value_frac, a->liquidation_threshold_frac);
    }
    ((struct health_factor_coef *)coef)->asset = asset_param;
    return true;
}

static void health_factor_property(const void *coef, uint32_t asset,
                                   const double *value_usd, double *requirement_usd, int n)
{
    const struct health_factor_coef *c = coef;
    const struct health_factor_asset *a = c->asset == NULL ? NULL : c->asset[asset];
    const double excess = a == NULL ? 1.0 : 1.0 - a->liquidation_threshold_frac;
    const double *restrict value = value_usd;
    double *restrict requirement = requirement_usd;

    for (int i = 0; i < n; i++)
        requirement[i] += value[i] > 0.0 ? excess * value[i] : 0.0;
}

static double health_factor_initial(const void *coef, const struct margin_book *book)
{
    const struct health_factor_coef *c = coef;
    double need = 0.0;

    for (uint32_t asset = 0; asset < book->n_asset; asset++) {
        const struct health_factor_asset *a = c->asset == NULL ? NULL : c->asset[asset];
        const double value = book->coins[asset] * book->index_usd[asset];
        if (value > 0.0)
            need += (a == NULL ? 1.0 : 1.0 - a->loan_to_value_frac) * value;
    }
    return need;
}

const struct margin_rule margin_health_factor = {
    .about = {.name = "health_factor",
              .doc = "Loans: what part of each coin's value covers debt is its liquidation "
                     "threshold; dollars in cash count in full (Aave)."},
    .coef_size = sizeof(struct health_factor_coef),
    .asset_fields = health_factor_asset_fields,
    .asset_param_size = sizeof(struct health_factor_asset),
    .lends = true,
    .prepare = health_factor_prepare,
    .property = health_factor_property,
    .initial = health_factor_initial,
};
