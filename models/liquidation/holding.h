#ifndef TAILRACE_MODELS_LIQUIDATION_HOLDING_H
#define TAILRACE_MODELS_LIQUIDATION_HOLDING_H

#include "sim/model.h"
#include "sim/vmath.h"

/* What liquidation models do with the holdings of one account. Figures are those of one of
 * the account's `weight`, unless they say otherwise. USD in cash_usd counts as one more
 * holding, `leg` n_leg, at a price of 1. */

/* A trade of all of them, or what it would do; coins per one, sold above 0. A part that is
 * filled as a whole comes back with exactly the coins asked for. */
static inline struct fill holding_fill(const struct liquidation_market *m,
                                       struct fill (*how)(void *, uint32_t, double, double),
                                       double weight, uint32_t asset, double coins,
                                       double limit_usd)
{
    if (coins == 0.0)
        return (struct fill){0.0, 0.0, STOP_FILLED};
    const struct fill all = how(m->context, asset, weight * coins, limit_usd);

    return (struct fill){all.coins == weight * coins ? coins : all.coins / weight,
                         all.usd / weight, all.stop};
}

static inline double holding_coins(const struct liquidation_account *a, uint32_t leg)
{
    return leg < a->n_leg ? a->coins[leg] : *a->cash_usd;
}

static inline double holding_mark_usd(const struct liquidation_market *m,
                                      const struct liquidation_account *a, uint32_t leg)
{
    return leg < a->n_leg ? m->mark_usd[a->asset[leg]] : 1.0;
}

static inline void holding_add(struct liquidation_account *a, uint32_t leg, double coins)
{
    if (leg < a->n_leg)
        a->coins[leg] += coins;
    else
        *a->cash_usd += coins;
}

/* The same trade of a holding; USD are USD. A sale has coins above 0. */
static inline struct fill holding_trade(const struct liquidation_market *m,
                                        struct fill (*how)(void *, uint32_t, double,
                                                           double),
                                        const struct liquidation_account *a, uint32_t leg,
                                        double coins, double limit_usd)
{
    if (leg == a->n_leg)
        return (struct fill){coins, coins, STOP_FILLED};
    return holding_fill(m, how, a->weight, a->asset[leg], coins, limit_usd);
}

/* Equity as it is now, at the marks. */
static inline double holding_equity_usd(const struct liquidation_market *m,
                                        const struct liquidation_account *a)
{
    double equity = *a->cash_usd;

    for (uint32_t leg = 0; leg < a->n_leg; leg++)
        equity += a->coins[leg] * m->mark_usd[a->asset[leg]];
    return equity;
}

/* Gross notional, at the marks. */
static inline double holding_notional_usd(const struct liquidation_market *m,
                                          const struct liquidation_account *a)
{
    double notional = 0.0;

    for (uint32_t leg = 0; leg < a->n_leg; leg++)
        notional += fabs(a->coins[leg]) * m->mark_usd[a->asset[leg]];
    return notional;
}

/* Value of all that is held, and of all that is owed, at the marks, both >= 0. */
struct holding_value {
    double held_usd, owed_usd;
};

static inline struct holding_value holding_value(const struct liquidation_market *m,
                                                 const struct liquidation_account *a)
{
    struct holding_value v = {0.0, 0.0};

    for (uint32_t leg = 0; leg <= a->n_leg; leg++) {
        const double usd = holding_coins(a, leg) * holding_mark_usd(m, a, leg);

        v.held_usd += vm_max(usd, 0.0);
        v.owed_usd += vm_max(-usd, 0.0);
    }
    return v;
}

/* Takes the venue's fee on what was closed, as far as there is equity. */
static inline void holding_charge(const struct liquidation_market *m,
                                  struct liquidation_account *a,
                                  struct liquidation_outcome *out)
{
    out->fee_usd =
        vm_min(m->fee_frac * out->liquidated_usd, vm_max(holding_equity_usd(m, a), 0.0));
    *a->cash_usd -= out->fee_usd;
}

/* Writes off what is owed in coins: it becomes a shortfall of its value at the marks. */
static inline void holding_write_off(const struct liquidation_market *m,
                                     struct liquidation_account *a,
                                     struct liquidation_outcome *out)
{
    *a->cash_usd = holding_equity_usd(m, a);
    for (uint32_t leg = 0; leg < a->n_leg; leg++)
        a->coins[leg] = 0.0;
    out->closed = true;
}

#endif
