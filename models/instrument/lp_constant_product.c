#include <math.h>
#include <string.h>

#include "models/instrument/pool.h"

/* A share of a constant-product pool (Uniswap v2) of the coin against dollars, x y = L^2.
 * At price S it holds L/sqrt(S) coins and L sqrt(S) dollars, so
 *     V = 2 L sqrt(S),   delta = L/sqrt(S),   gamma = -L/(2 S^1.5);
 * it depends on nothing else. The quantity is the deposit in dollars at the price of entry
 * E: L = q/(2 sqrt(E)), V = q sqrt(S/E). Against holding the deposit it loses
 * 2 sqrt(r)/(1+r) - 1, r = S/E (impermanent loss); in a diffusion sigma^2/8 V a year (loss
 * versus rebalancing: Milionis, Moallemi, Roughgarden, Zhang 2022, "Automated Market Making
 * and Loss-Versus-Rebalancing"; Evans 2020, "Liquidity Provider Returns in Geometric Mean
 * Markets"; from memory). Fees: models/instrument/pool.h. */
static const struct field lp_constant_product_fields[] = {
    /* clang-format off */
    {.key = "quantity", .unit = "USD", .type = FIELD_NUMBER, .required = true,
     .min = 0.0, .max = 1e15, .offset = offsetof(struct contract, quantity),
     .doc = "dollars that the deposit was worth at entry_price_usd, half of them in coins"},
    {.key = "entry_price_usd", .unit = "USD", .type = FIELD_NUMBER, .preset = NAN,
     .min = 1e-12, .max = 1e12, .offset = offsetof(struct contract, entry_usd),
     .doc = "price at which it was deposited; empty: the asset's spot_usd"},
    {.key = "pool_fee_frac", .unit = "1", .type = FIELD_NUMBER, .preset = 0.003, .min = 0.0,
     .max = 0.5, .offset = offsetof(struct pool_contract, pool_fee_frac),
     .doc = "share of what traders pay in that goes to the pool's owners"},
    {.key = "fee_apr_frac", .unit = "1/year", .type = FIELD_NUMBER, .preset = 0.0,
     .min = 0.0, .max = 100.0, .offset = offsetof(struct pool_contract, fee_apr_frac),
     .doc = "fees a year from trades other than arbitrage, as a share of the value"},
    {.key = NULL},
    /* clang-format on */
};

static bool lp_constant_product_check(const struct contract *c, const char *where,
                                      struct error *err)
{
    return pool_check(c, "lp_constant_product", where, err);
}

static void fill_zero(double *row)
{
    if (row != NULL)
        memset(row, 0, sizeof(lane_row));
}

static void lp_constant_product_value(const struct contract *c,
                                      const struct claim_quote *quote,
                                      struct claim_value *out)
{
    const double per_root = 1.0 / sqrt(c->entry_usd); /* 2 L per dollar */
    const double *restrict spot = quote->spot_usd;
    double *restrict value = out->value_usd, *restrict delta = out->delta_coin;
    double *restrict gamma = out->gamma;

    fill_zero(out->vega_usd);
    fill_zero(out->theta_usd);
    fill_zero(out->vanna_coin);
    fill_zero(out->volga_usd);
    fill_zero(out->rho_usd);
    for (int k = 0; value != NULL && k < LANES; k++)
        value[k] = per_root * sqrt(spot[k]);
    for (int k = 0; delta != NULL && k < LANES; k++)
        delta[k] = 0.5 * per_root / sqrt(spot[k]);
    for (int k = 0; gamma != NULL && k < LANES; k++)
        gamma[k] = -0.25 * per_root / (spot[k] * sqrt(spot[k]));
}

static void lp_constant_product_step(const struct contract *c, const struct claim_step *s)
{
    const double per_root = 1.0 / sqrt(c->entry_usd);
    lane_row before, after;

    for (int k = 0; k < LANES; k++) {
        before[k] = per_root * sqrt(s->spot_before_usd[k]);
        after[k] = per_root * sqrt(s->spot_usd[k]);
    }
    pool_step((const struct pool_contract *)c, s, 0.5 * per_root, 0.0, INFINITY, before,
              after);
}

const struct instrument instrument_lp_constant_product = {
    .about = {.name = "lp_constant_product",
              .doc = "Share of a constant-product pool against dollars, with its fees.",
              .fields = lp_constant_product_fields,
              .param_size = sizeof(struct pool_contract),
              .example = "{quantity: 2385}"},
    .n_state = POOL_N_STATE,
    .check = lp_constant_product_check,
    .value = lp_constant_product_value,
    .start = pool_start,
    .step = lp_constant_product_step,
};
