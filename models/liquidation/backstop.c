#include <math.h>

#include "models/liquidation/holding.h"

/* Market orders first, a vault behind them (Hyperliquid documentation, Liquidations): an account
 * whose equity is below backstop_ratio of its requirement goes to the vault as a whole, with
 * its margin, at the marks, so that nothing is left to it; any other is closed by market
 * orders. The vault takes over as long as its own equity stays above 0, and closes what it
 * holds exponentially with the time unwind_s. */
struct backstop_param {
    double backstop_ratio, vault_usd, unwind_s;
};
struct backstop_coef {
    struct backstop_param param;
    uint32_t n_asset;
};

/* State of the venue: cash of the vault, time of its last orders; of each asset: its coins. */
enum { VAULT_USD, VAULT_S, N_STATE };

static const struct field backstop_fields[] = {
    /* clang-format off */
    {.key = "backstop_ratio", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 2.0 / 3.0, .offset = offsetof(struct backstop_param, backstop_ratio),
     .doc = "equity per requirement below which the vault takes over (Hyperliquid: 2/3)"},
    {.key = "vault_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 0.0, .max = 1e15,
     .required = true, .offset = offsetof(struct backstop_param, vault_usd),
     .doc = "equity of the vault at the start"},
    {.key = "unwind_s", .unit = "s", .type = FIELD_DURATION, .min = 0.0, .max = 1e8,
     .preset = 3600.0, .offset = offsetof(struct backstop_param, unwind_s),
     .doc = "time in which the vault closes all but 37 % of what it holds; 0: at once"},
    {.key = NULL},
    /* clang-format on */
};

static bool backstop_prepare(const void *param, uint32_t n_asset,
                             const void *const *asset_param, void *coef, struct error *err)
{
    (void)asset_param, (void)err; /* ranges are checked by the table */
    *(struct backstop_coef *)coef =
        (struct backstop_coef){*(const struct backstop_param *)param, n_asset};
    return true;
}

static void backstop_start(const void *coef, double *state)
{
    const struct backstop_coef *c = coef;

    state[VAULT_USD] = c->param.vault_usd;
}

static double vault_equity_usd(const struct backstop_coef *c,
                               const struct liquidation_market *m)
{
    double equity = m->state[VAULT_USD];

    for (uint32_t asset = 0; asset < c->n_asset; asset++)
        if (m->state[N_STATE + asset] != 0.0)
            equity += m->state[N_STATE + asset] * m->mark_usd[asset];
    return equity;
}

static void backstop_act(const void *coef, struct liquidation_market *m,
                         struct liquidation_account *a, struct liquidation_outcome *out)
{
    const struct backstop_coef *c = coef;
    const bool taken = a->equity_usd < c->param.backstop_ratio * a->requirement_usd &&
                       vault_equity_usd(c, m) + a->weight * a->equity_usd > 0.0;
    bool left = false;

    out->stop = STOP_FILLED;
    for (uint32_t leg = 0; leg < a->n_leg; leg++) {
        const double coins = a->coins[leg], limit = coins > 0.0 ? 0.0 : INFINITY;
        const struct fill f = taken ? (struct fill){coins, 0.0, STOP_FILLED}
                                    : holding_trade(m, m->trade, a, leg, coins, limit);

        a->coins[leg] -= f.coins;
        *a->cash_usd += f.usd;
        m->state[N_STATE + a->asset[leg]] += taken ? a->weight * coins : 0.0;
        out->liquidated_usd += fabs(f.coins) * m->mark_usd[a->asset[leg]];
        out->acted |= f.coins != 0.0;
        left |= a->coins[leg] != 0.0;
        out->stop = f.stop != STOP_FILLED ? f.stop : out->stop;
    }
    out->closed = !left;
    if (taken) {
        m->state[VAULT_USD] += a->weight * *a->cash_usd;
        *a->cash_usd = 0.0;
        out->absorbed_usd = vm_max(-a->equity_usd, 0.0);
    } else {
        holding_charge(m, a, out);
    }
}

static void backstop_tend(const void *coef, struct liquidation_market *m,
                          struct liquidation_outcome *out)
{
    const struct backstop_coef *c = coef;
    const double step_s = m->time_s - m->state[VAULT_S];
    const double part =
        c->param.unwind_s > 0.0 ? 1.0 - vm_exp(-step_s / c->param.unwind_s) : 1.0;

    m->state[VAULT_S] = m->time_s;
    for (uint32_t asset = 0; asset < c->n_asset; asset++) {
        double *coins = &m->state[N_STATE + asset];
        const double wanted = part * *coins;

        if (wanted == 0.0)
            continue;
        const struct fill f =
            m->trade(m->context, asset, wanted, wanted > 0.0 ? 0.0 : INFINITY);
        *coins -= f.coins;
        m->state[VAULT_USD] += f.usd;
        out->acted |= f.coins != 0.0;
    }
}

const struct liquidation_model liquidation_backstop = {
    .about = {.name = "backstop",
              .doc =
                  "Market orders; accounts that are worse off go to a vault at the marks, "
                  "which closes them in its own time (Hyperliquid).",
              .fields = backstop_fields,
              .param_size = sizeof(struct backstop_param),
              .example = "{model: backstop, backstop_ratio: 0.6667, vault_usd: 1e8, "
                         "unwind_s: 1h}"},
    .coef_size = sizeof(struct backstop_coef),
    .n_state = N_STATE,
    .n_asset_state = 1,
    .prepare = backstop_prepare,
    .start = backstop_start,
    .act = backstop_act,
    .tend = backstop_tend,
};
