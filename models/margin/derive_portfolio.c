#include "models/margin/derive.h"

/* Derive's second portfolio risk manager, PMRM2 (derive.c): 33 scenarios, with the parameters
 * of its main net as they are known (derivexyz/v2-core, scripts/config-mainnet.sol); skews,
 * discounts and the scale of the basis are those of its test suite. */
static const struct field derive_fields[] = {
    /* clang-format off */
    {.key = "volatility_up_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 100.0,
     .preset = 0.5, .offset = offsetof(struct derive_param, volatility_up_frac),
     .doc = "rise of implied volatility at 30 days"},
    {.key = "volatility_down_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 100.0,
     .preset = 0.3, .offset = offsetof(struct derive_param, volatility_down_frac),
     .doc = "fall of implied volatility at 30 days"},
    {.key = "volatility_floor", .unit = "1/sqrt(year)", .type = FIELD_NUMBER, .min = 0.0, .max = 100.0,
     .preset = 0.4, .offset = offsetof(struct derive_param, volatility_floor),
     .doc = "least volatility after a rise"},
    {.key = "near_power", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 10.0,
     .preset = 0.3, .offset = offsetof(struct derive_param, near_power),
     .doc = "power of 30 days / time to expiry up to 30 days"},
    {.key = "far_power", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 10.0,
     .preset = 0.13, .offset = offsetof(struct derive_param, far_power),
     .doc = "the same beyond 30 days"},
    {.key = "days_floor", .unit = "d", .type = FIELD_NUMBER, .min = 0.0, .max = 1000.0,
     .preset = 1.0, .offset = offsetof(struct derive_param, days_floor),
     .doc = "shortest time to expiry in that, days"},
    {.key = "linear_skew", .unit = "1", .type = FIELD_NUMBER, .min = -100.0, .max = 100.0,
     .preset = 0.15, .offset = offsetof(struct derive_param, linear_skew),
     .doc = "largest change of volatility, in log-moneyness rising"},
    {.key = "linear_skew_per_root", .unit = "1/sqrt(year)", .type = FIELD_NUMBER, .min = -100.0, .max = 100.0,
     .preset = -0.05, .offset = offsetof(struct derive_param, linear_skew_per_root),
     .doc = "what it changes by with the root of time to expiry"},
    {.key = "absolute_skew", .unit = "1", .type = FIELD_NUMBER, .min = -100.0, .max = 100.0,
     .preset = 0.15, .offset = offsetof(struct derive_param, absolute_skew),
     .doc = "largest change of volatility, on both sides"},
    {.key = "absolute_skew_per_root", .unit = "1/sqrt(year)", .type = FIELD_NUMBER, .min = -100.0, .max = 100.0,
     .preset = -0.05, .offset = offsetof(struct derive_param, absolute_skew_per_root),
     .doc = "what it changes by with the root of time to expiry"},
    {.key = "least_width", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 100.0,
     .preset = 0.01, .offset = offsetof(struct derive_param, least_width),
     .doc = "log-moneyness at which a skew is complete, at least"},
    {.key = "width_scale", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 100.0,
     .preset = 4.0, .offset = offsetof(struct derive_param, width_scale),
     .doc = "the same in standard deviations"},
    {.key = "width_volatility", .unit = "1/sqrt(year)", .type = FIELD_NUMBER, .min = -100.0, .max = 100.0,
     .preset = 0.6, .offset = offsetof(struct derive_param, width_volatility),
     .doc = "volatility of such a deviation"},
    {.key = "width_volatility_per_root", .unit = "1/year", .type = FIELD_NUMBER, .min = -100.0, .max = 100.0,
     .preset = -0.1, .offset = offsetof(struct derive_param, width_volatility_per_root),
     .doc = "what it changes by with the root of time to expiry"},
    {.key = "long_discount", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 10.0,
     .preset = 0.95, .offset = offsetof(struct derive_param, long_discount),
     .doc = "what an expiry worth more than nothing counts"},
    {.key = "long_rate_scale", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 100.0,
     .preset = 1.0, .offset = offsetof(struct derive_param, long_rate_scale),
     .doc = "factor on the venue's rate in its discount"},
    {.key = "long_rate_add", .unit = "1/year", .type = FIELD_NUMBER, .min = 0.0, .max = 100.0,
     .preset = 0.16, .offset = offsetof(struct derive_param, long_rate_add),
     .doc = "added to that rate"},
    {.key = "short_discount", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 10.0,
     .preset = 1.04, .offset = offsetof(struct derive_param, short_discount),
     .doc = "what an expiry worth less than nothing counts"},
    {.key = "short_rate_scale", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 100.0,
     .preset = 0.5, .offset = offsetof(struct derive_param, short_rate_scale),
     .doc = "factor on the venue's rate in its growth"},
    {.key = "short_rate_add", .unit = "1/year", .type = FIELD_NUMBER, .min = 0.0, .max = 100.0,
     .preset = 0.16, .offset = offsetof(struct derive_param, short_rate_add),
     .doc = "added to that rate"},
    {.key = "basis_up", .unit = "1", .type = FIELD_NUMBER, .min = 1.0, .max = 10.0,
     .preset = 1.045, .offset = offsetof(struct derive_param, basis_up),
     .doc = "factor on the forward of one expiry"},
    {.key = "basis_down", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.955, .offset = offsetof(struct derive_param, basis_down),
     .doc = "the same downwards"},
    {.key = "basis_scale", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 100.0,
     .preset = 0.5, .offset = offsetof(struct derive_param, basis_scale),
     .doc = "part of the loss that counts"},
    {.key = "basis_scale_per_year", .unit = "1/year", .type = FIELD_NUMBER, .min = 0.0, .max = 100.0,
     .preset = 2.0, .offset = offsetof(struct derive_param, basis_scale_per_year),
     .doc = "what it grows by with time to expiry"},
    {.key = "perpetual_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 10.0,
     .preset = 0.03, .offset = offsetof(struct derive_param, perpetual_frac),
     .doc = "maintenance per notional of perpetuals and futures"},
    {.key = "initial_perpetual_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 10.0,
     .preset = 0.01, .offset = offsetof(struct derive_param, initial_perpetual_frac),
     .doc = "what the initial margin adds to it"},
    {.key = "option_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 10.0,
     .preset = 0.003, .offset = offsetof(struct derive_param, option_frac),
     .doc = "maintenance of a naked short option per spot value"},
    {.key = "initial_option_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 10.0,
     .preset = 0.002, .offset = offsetof(struct derive_param, initial_option_frac),
     .doc = "what the initial margin adds to it"},
    {.key = "maintenance_scale", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 100.0,
     .preset = 0.8, .offset = offsetof(struct derive_param, maintenance_scale),
     .doc = "part of the worst loss that is maintenance"},
    {.key = "initial_scale", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 100.0,
     .preset = 1.0, .offset = offsetof(struct derive_param, initial_scale),
     .doc = "part of the worst loss that is initial margin"},
    {.key = NULL},
    /* clang-format on */
};

static void add(struct derive_coef *c, double factor, enum derive_volatility volatility,
                double dampening)
{
    c->scenario[c->n_scenario++] = (struct derive_scenario){factor, volatility, dampening};
}

/* The price from -13.5 to +13.5 % with all three volatilities, further out with a rise
 * alone; the tails count what a move of 13.86 % would at their rate. */
static void add_scenarios(struct derive_coef *c)
{
    static const double tail[] = {0.34, 0.67, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0};
    static const double tail_move = 0.1386;

    add(c, 1.18, DERIVE_UP, 1.0);
    for (int step = 3; step >= -3; step--)
        for (int volatility = DERIVE_UP; volatility <= DERIVE_DOWN; volatility++)
            add(c, 1.0 + 0.045 * step, (enum derive_volatility)volatility, 1.0);
    add(c, 0.82, DERIVE_UP, 1.0);
    for (size_t i = 0; i < sizeof tail / sizeof *tail; i++)
        add(c, tail[i], DERIVE_UP,
            tail_move / (tail[i] < 1.0 ? 1.0 - tail[i] : tail[i] - 1.0));
    add(c, 1.0, DERIVE_LINEAR_SKEW, 1.0);
    add(c, 1.0, DERIVE_ABSOLUTE_SKEW, 1.0);
}

static bool derive_prepare(const void *param, uint32_t n_asset,
                           const struct margin_tiers *tiers, const void *const *asset_param,
                           void *coef, struct error *err)
{
    struct derive_coef *c = coef;
    (void)n_asset;
    (void)tiers;
    (void)err;

    *c = (struct derive_coef){.param = *(const struct derive_param *)param,
                              .asset = asset_param};
    field_presets(derive_asset_fields, &c->preset);
    add_scenarios(c);
    return true;
}

const struct margin_rule margin_derive_portfolio = {
    .about = {.name = "derive_portfolio",
              .doc = "Derive's portfolio margin, PMRM2: the worst of 33 moves of price, "
                     "volatility and skew, plus contingencies.",
              .fields = derive_fields,
              .param_size = sizeof(struct derive_param)},
    .coef_size = sizeof(struct derive_coef),
    .asset_fields = derive_asset_fields,
    .asset_param_size = sizeof(struct derive_asset),
    .prepare = derive_prepare,
    .portfolio = derive_book,
};
