#include <math.h>

#include "models/liquidation/holding.h"

/* The protocol's reserves take over an account as a whole, as on Compound III (compound-finance/
 * comet, Comet.absorb, quoteCollateral, buyCollateral):
 *   - all collateral is credited at mark x liquidation factor and stays with the protocol; the
 *     debt, in cash, is repaid out of the reserves, and the balance is never below 0;
 *   - then, as long as reserves are below their target, anyone may buy it at
 *         mark x (1 - store_front_frac x (1 - liquidation factor)),
 *     and buyers do what they can sell in the market above that price.
 * Reserves may fall below 0. State: coins per asset. */
struct absorb_param {
    double store_front_frac, target_usd;
};
struct absorb_asset {
    double factor;
};
struct absorb_coef {
    struct absorb_param param;
    uint32_t n_asset;
    const void *const *asset; /* [n_asset] struct absorb_asset, NULL: not here */
};

static const struct field absorb_fields[] = {
    /* clang-format off */
    {.key = "store_front_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.5, .offset = offsetof(struct absorb_param, store_front_frac),
     .doc = "share of the penalty, 1 - liquidation factor, that buyers get as a discount "
            "(Compound III, USDC: 0.5)"},
    {.key = "target_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 0.0, .max = 1e15,
     .preset = 5e6, .offset = offsetof(struct absorb_param, target_usd),
     .doc = "reserves from which on nothing is sold (Compound III, USDC: 5,000,000)"},
    {.key = NULL},
    /* clang-format on */
};

static const struct field absorb_asset_fields[] = {
    /* clang-format off */
    {.key = "liquidation_factor", .unit = "1", .type = FIELD_NUMBER, .min = 0.01, .max = 1.0,
     .preset = 0.95, .offset = offsetof(struct absorb_asset, factor),
     .doc = "part of the mark at which collateral is credited (Compound III, USDC: WETH 0.95, "
            "COMP 0.93)"},
    {.key = NULL},
    /* clang-format on */
};

static bool absorb_prepare(const void *param, uint32_t n_asset,
                           const void *const *asset_param, void *coef, struct error *err)
{
    (void)err; /* ranges are checked by the table; nothing else can be wrong */
    *(struct absorb_coef *)coef =
        (struct absorb_coef){*(const struct absorb_param *)param, n_asset, asset_param};
    return true;
}

static bool absorb_fits(const void *coef, uint32_t asset, const char *asset_name,
                        double counted_frac, struct error *err)
{
    const struct absorb_coef *c = coef;
    const struct absorb_asset *a = c->asset[asset];

    if (a == NULL || counted_frac < a->factor)
        return true;
    return fail(
        err,
        "absorb: %s counts %g of its value and is credited %g: at the threshold %g / "
        "%g = %g is owed per USD credited, so that reserves lose on every account: "
        "raise liquidation_factor above %g",
        asset_name, counted_frac, a->factor, counted_frac, a->factor,
        counted_frac / a->factor, counted_frac);
}

static void absorb_act(const void *coef, struct liquidation_market *m,
                       struct liquidation_account *a, struct liquidation_outcome *out)
{
    const struct absorb_coef *c = coef;
    const double before_usd = *a->cash_usd;
    double balance_usd = before_usd;

    if (!m->transact(m->context)) {
        out->stop = STOP_QUEUE;
        return;
    }
    for (uint32_t leg = 0; leg < a->n_leg; leg++) {
        const struct absorb_asset *of = c->asset[a->asset[leg]];
        const double coins = a->coins[leg], usd = coins * m->mark_usd[a->asset[leg]];

        balance_usd += coins > 0.0 ? usd * of->factor : usd;
        out->liquidated_usd += vm_max(usd, 0.0);
        m->state[a->asset[leg]] += a->weight * coins;
        a->coins[leg] = 0.0;
    }
    *a->cash_usd = vm_max(balance_usd, 0.0);
    out->absorbed_usd = *a->cash_usd - before_usd;
    *m->fund_usd -= a->weight * out->absorbed_usd;
    out->gas_usd = m->gas_usd;
    out->liquidator_usd = -m->gas_usd;
    out->stop = STOP_FILLED;
    out->acted = out->closed = true;
}

/* Sells what is held of one asset; coins owed are bought at any price. */
static void sell(const struct absorb_coef *c, struct liquidation_market *m, uint32_t asset,
                 struct liquidation_outcome *out)
{
    const struct absorb_asset *of = c->asset[asset];
    double *held = &m->state[asset];

    if (*held < 0.0) {
        const struct fill f = m->trade(m->context, asset, *held, INFINITY);
        *held -= f.coins;
        *m->fund_usd += f.usd;
        out->acted |= f.coins != 0.0;
    }
    if (!(*held > 0.0) || *m->fund_usd >= c->param.target_usd)
        return;
    const double ask =
        m->mark_usd[asset] * (1.0 - c->param.store_front_frac * (1.0 - of->factor));
    const double wanted = vm_min(*held, *m->capital_usd / ask);
    const struct fill sale = m->quote(m->context, asset, wanted, ask);

    out->stop = sale.stop;
    if (!(sale.usd - sale.coins * ask > m->gas_usd)) {
        out->stop = STOP_UNPROFITABLE;
        return;
    }
    if (!m->transact(m->context)) {
        out->stop = STOP_QUEUE;
        return;
    }
    m->trade(m->context, asset, sale.coins, ask);
    *held -= sale.coins;
    *m->fund_usd += sale.coins * ask;
    *m->capital_usd -= sale.coins * ask;
    out->liquidator_usd += sale.usd - sale.coins * ask - m->gas_usd;
    out->gas_usd += m->gas_usd;
    out->acted = true;
}

static void absorb_tend(const void *coef, struct liquidation_market *m,
                        struct liquidation_outcome *out)
{
    const struct absorb_coef *c = coef;

    for (uint32_t asset = 0; asset < c->n_asset; asset++)
        if (c->asset[asset] != NULL)
            sell(c, m, asset, out);
}

const struct liquidation_model liquidation_absorb = {
    .about = {.name = "absorb",
              .doc = "The protocol's reserves take over debt and collateral, and sell the "
                     "collateral at a discount (Compound III).",
              .fields = absorb_fields,
              .param_size = sizeof(struct absorb_param),
              .example = "{model: absorb, store_front_frac: 0.5, target_usd: 5e6}"},
    .asset_fields = absorb_asset_fields,
    .asset_param_size = sizeof(struct absorb_asset),
    .coef_size = sizeof(struct absorb_coef),
    .n_asset_state = 1,
    .prepare = absorb_prepare,
    .act = absorb_act,
    .tend = absorb_tend,
    .fits = absorb_fits,
};
