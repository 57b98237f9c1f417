#ifndef TAILRACE_SIM_MODEL_LIQUIDATION_H
#define TAILRACE_SIM_MODEL_LIQUIDATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/error.h"
#include "sim/field.h"

/* The shape of the plug-ins under models/liquidation; a part of sim/model.h. */

/* Why something was not sold, or not all of it. */
enum stop {
    STOP_FILLED,       /* nothing was left */
    STOP_EXHAUSTED,    /* no liquidity within the limit that the venue sets */
    STOP_UNPROFITABLE, /* the liquidator would lose */
    STOP_QUEUE,        /* no room in the chain's queue, or no capital left */
    STOP_HALTED,       /* the venue, or the chain, stands still */
    STOP_WAITING,      /* by rule: cool-down, auction under way */
    N_STOP
};

/* What a trade through the order books and pools did. */
struct fill {
    double coins, usd; /* both with the sign of what was asked for */
    enum stop stop;
};

/* The rest of the world as the liquidation of one account on one path finds it. Its coins and
 * USD are those of everybody: of all `weight` accounts together. */
struct liquidation_market {
    void *context;
    double time_s;
    const double *mark_usd; /* [n_asset] what the venue computes margin on */
    double gas_usd;         /* of one transaction; 0 away from a chain */
    double fee_frac;        /* the venue's liquidation fee, of the value closed */
    /* Sells coins (negative: buys) through all books and pools, in pieces of equal marginal
     * price after spread and fees, as long as that price is no worse than limit_usd (a sale:
     * 0 takes any price; a purchase: INFINITY). */
    struct fill (*trade)(void *context, uint32_t asset, double coins, double limit_usd);
    /* What `trade` would do, without doing it. */
    struct fill (*quote)(void *context, uint32_t asset, double coins, double limit_usd);
    /* Takes the account's transaction from the queue, one for each of `weight`; false: it is
     * full. */
    bool (*transact)(void *context);
    double *capital_usd; /* what liquidators may still lay out; INFINITY without bound. The
                            model takes out what they do */
    double *fund_usd;    /* the venue's insurance fund or reserves. The model takes out what
                            they lay out, and puts in what they sell; fee_usd of the outcome
                            is paid in by who calls */
    double *state;       /* [n_state] of the model at this venue, on this path; then
                            [n_asset_state] for each asset */
};

/* One account of `weight` equal ones; figures are those of one. Equity is cash_usd + sum of
 * coins x mark. A contract's entry price and the funding it paid are in cash_usd. Longs and
 * collateral have coins above 0, shorts and debts below. */
enum { LIQUIDATION_MEMORY = 6 };
struct liquidation_account {
    uint32_t n_leg;
    const uint32_t *asset; /* [n_leg] */
    double *coins;         /* [n_leg] */
    double *cash_usd;
    double weight;
    double equity_usd, requirement_usd; /* at the marks, before anything was done */
    /* The model's notes on this account, 0 at first. A model is called again for an account
     * at every instant while memory[0] is not 0, under water or not. */
    double *memory;
};

/* What was done to one account, for one of `weight` equal ones. */
struct liquidation_outcome {
    enum stop stop;
    bool acted;            /* something changed */
    bool closed;           /* no legs are left: cash_usd is what remains of the account,
                              below 0 a shortfall that the waterfall takes */
    double liquidated_usd; /* value of what was closed or seized, at the marks */
    double fee_usd;        /* to the fund, already out of cash_usd */
    double liquidator_usd; /* gain of liquidators, keepers, buyers; gas is taken out */
    double gas_usd;
    double
        absorbed_usd; /* debt or shortfall that the venue's fund, vault or pool took over */
    double spread_usd;    /* debt left to the other accounts of the venue, in proportion to
                            their collateral, and with it: */
    double *spread_coins; /* [n_leg] 0 when it comes; collateral that is left to them */
};

struct liquidation_model {
    struct about about;               /* parameters of the venue */
    const struct field *asset_fields; /* and of each asset at it; may be NULL */
    size_t asset_param_size;
    size_t coef_size;
    uint32_t n_state;       /* numbers per venue and path */
    uint32_t n_asset_state; /* and per asset of the plan besides */
    /* Closes accounts wholly by market orders; those of one level share one fill. `act` is
     * then not called. */
    bool whole;
    /* asset_param [n_asset]: after asset_fields, lives as long as the coefficients; NULL for
     * what is not at the venue. */
    bool (*prepare)(const void *param, uint32_t n_asset, const void *const *asset_param,
                    void *coef, struct error *err);
    /* Sets the state at time 0; NULL: 0. */
    void (*start)(const void *coef, double *state);
    /* Does to an account under water what can be done at this instant. Money and coins are
     * conserved: coins taken from the account are traded, or counted in the state. */
    void (*act)(const void *coef, struct liquidation_market *market,
                struct liquidation_account *account, struct liquidation_outcome *out);
    /* Once at every instant, after the accounts: sells what the venue holds. NULL: it holds
     * nothing. */
    void (*tend)(const void *coef, struct liquidation_market *market,
                 struct liquidation_outcome *out);
    /* Whether a liquidation at the threshold leaves enough: counted_frac is the part of the
     * asset's value that the margin rule counts as backing, as collateral. False: `err` says
     * with the arithmetic why every liquidation would lose money. NULL: it always does. */
    bool (*fits)(const void *coef, uint32_t asset, const char *asset_name,
                 double counted_frac, struct error *err);
};

/* Numbers of a model's state at one venue on one path. */
static inline uint32_t liquidation_states(const struct liquidation_model *model,
                                          uint32_t n_asset)
{
    return model->n_state + model->n_asset_state * n_asset;
}

#endif
