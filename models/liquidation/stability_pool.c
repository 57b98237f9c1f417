#include <math.h>

#include "models/liquidation/holding.h"
#include "models/liquidation/stability.h"

/* A pool of stable coins pays the debt off and gets the collateral (Liquity v1,
 * TroveManager.sol, StabilityPool.sol; stability.h has a depositor's share). The debt is in cash.
 * Who liquidates gets gas_frac of the collateral, which is sold in the market, and the deposit
 * that every account leaves for it (here in the venue's fund). What the pool is too small for
 * goes to the other accounts of the venue in proportion to their collateral
 * (out.spread_usd, out.spread_coins). Liquidates only if that pays for the gas. Depositors sell
 * sell_frac of what they got at every instant. */
struct stability_pool_param {
    double pool_usd, gas_frac, gas_deposit_usd, sell_frac;
};
struct stability_pool_coef {
    struct stability_pool_param param;
    uint32_t n_asset;
};

/* State of the venue, and of each asset. */
enum { DEPOSITS_USD, PRODUCT, EPOCH, N_STATE };
enum { COINS, SUM, N_ASSET_STATE };

static const struct field stability_pool_fields[] = {
    /* clang-format off */
    {.key = "pool_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 0.0, .max = 1e15,
     .required = true, .offset = offsetof(struct stability_pool_param, pool_usd),
     .doc = "deposits at the start"},
    {.key = "gas_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 0.5,
     .preset = 0.005, .offset = offsetof(struct stability_pool_param, gas_frac),
     .doc = "share of the collateral for who liquidates (Liquity v1: 0.005)"},
    {.key = "gas_deposit_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 0.0, .max = 1e6,
     .preset = 200.0, .offset = offsetof(struct stability_pool_param, gas_deposit_usd),
     .doc = "and so much for each account, from the fund, where it was deposited as a part of "
            "the debt (Liquity v1: 200)"},
    {.key = "sell_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.0, .offset = offsetof(struct stability_pool_param, sell_frac),
     .doc = "share of the collateral received that depositors sell at each instant"},
    {.key = NULL},
    /* clang-format on */
};

static bool stability_pool_prepare(const void *param, uint32_t n_asset,
                                   const void *const *asset_param, void *coef,
                                   struct error *err)
{
    (void)asset_param, (void)err; /* ranges are checked by the table */
    *(struct stability_pool_coef *)coef =
        (struct stability_pool_coef){*(const struct stability_pool_param *)param, n_asset};
    return true;
}

static bool stability_pool_fits(const void *coef, uint32_t asset, const char *asset_name,
                                double counted_frac, struct error *err)
{
    const struct stability_pool_coef *c = coef;
    const double left_frac = 1.0 - c->param.gas_frac;
    (void)asset;

    if (counted_frac < left_frac)
        return true;
    return fail(
        err,
        "stability_pool: %s counts %g of its value, and 1 - gas_frac = %g of it reaches "
        "the pool: at the threshold depositors pay %g / %g = %g of what they get, so "
        "that they lose on every account: lower the one or the other",
        asset_name, counted_frac, left_frac, counted_frac, left_frac,
        counted_frac / left_frac);
}

static void stability_pool_start(const void *coef, double *state)
{
    const struct stability_pool_coef *c = coef;

    state[DEPOSITS_USD] = c->param.pool_usd;
    state[PRODUCT] = 1.0;
}

/* Shares the account's coins, less those for the gas, between pool and others. */
static void share(const struct stability_pool_coef *c, struct liquidation_market *m,
                  struct liquidation_account *a, double paid_usd, double debt_usd,
                  struct liquidation_outcome *out)
{
    const double deposits = m->state[DEPOSITS_USD];
    double product = m->state[PRODUCT];

    for (uint32_t leg = 0; leg < a->n_leg; leg++) {
        double *of_asset = m->state + N_STATE + N_ASSET_STATE * a->asset[leg];
        const double coins = a->coins[leg];
        const double reward = vm_max(coins, 0.0) * c->param.gas_frac;
        const struct fill sale = holding_trade(m, m->trade, a, leg, reward, 0.0);
        const double rest = coins - sale.coins, offset = rest * (paid_usd / debt_usd);

        out->liquidated_usd += fabs(coins) * m->mark_usd[a->asset[leg]];
        out->liquidator_usd += sale.usd;
        of_asset[COINS] += a->weight * offset;
        out->spread_coins[leg] = rest - offset;
        product = m->state[PRODUCT];
        if (deposits > 0.0)
            stability_offset(deposits, a->weight * paid_usd, a->weight * offset, &product,
                             &of_asset[SUM]);
        a->coins[leg] = 0.0;
    }
    m->state[DEPOSITS_USD] = product > 0.0 ? deposits - a->weight * paid_usd : 0.0;
    m->state[PRODUCT] = product;
    if (deposits > 0.0 && product == 0.0) {
        m->state[PRODUCT] = 1.0;
        m->state[EPOCH] += 1.0;
    }
}

static void stability_pool_act(const void *coef, struct liquidation_market *m,
                               struct liquidation_account *a,
                               struct liquidation_outcome *out)
{
    const struct stability_pool_coef *c = coef;
    const double debt = -*a->cash_usd, deposits = m->state[DEPOSITS_USD];
    double reward = c->param.gas_deposit_usd;

    out->stop = STOP_UNPROFITABLE;
    if (!(debt > 0.0))
        return;
    for (uint32_t leg = 0; leg < a->n_leg; leg++)
        reward += holding_trade(m, m->quote, a, leg,
                                vm_max(a->coins[leg], 0.0) * c->param.gas_frac, 0.0)
                      .usd;
    if (reward < m->gas_usd)
        return;
    out->stop = STOP_QUEUE;
    if (!m->transact(m->context))
        return;
    const double paid = a->weight * debt < deposits ? debt : deposits / a->weight;

    share(c, m, a, paid, debt, out);
    *m->fund_usd -= a->weight * c->param.gas_deposit_usd;
    *a->cash_usd = 0.0;
    out->liquidator_usd += c->param.gas_deposit_usd - m->gas_usd;
    out->gas_usd = m->gas_usd;
    out->absorbed_usd = paid;
    out->spread_usd = debt - paid;
    out->stop = STOP_FILLED;
    out->acted = out->closed = true;
}

static void stability_pool_tend(const void *coef, struct liquidation_market *m,
                                struct liquidation_outcome *out)
{
    const struct stability_pool_coef *c = coef;

    for (uint32_t asset = 0; asset < c->n_asset; asset++) {
        double *coins = &m->state[N_STATE + N_ASSET_STATE * asset + COINS];

        if (!(c->param.sell_frac * *coins > 0.0))
            continue;
        const struct fill f = m->trade(m->context, asset, c->param.sell_frac * *coins, 0.0);
        *coins -= f.coins;
        out->liquidator_usd += f.usd;
        out->acted |= f.coins != 0.0;
    }
}

const struct liquidation_model liquidation_stability_pool = {
    .about = {.name = "stability_pool",
              .doc =
                  "A pool of deposits pays debts off and gets the collateral; without one "
                  "the other accounts take both over (Liquity v1).",
              .fields = stability_pool_fields,
              .param_size = sizeof(struct stability_pool_param),
              .example = "{model: stability_pool, pool_usd: 5e7, gas_frac: 0.005, "
                         "gas_deposit_usd: 200}"},
    .coef_size = sizeof(struct stability_pool_coef),
    .n_state = N_STATE,
    .n_asset_state = N_ASSET_STATE,
    .prepare = stability_pool_prepare,
    .start = stability_pool_start,
    .act = stability_pool_act,
    .tend = stability_pool_tend,
    .fits = stability_pool_fits,
};
