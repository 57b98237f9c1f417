#ifndef TAILRACE_TESTS_LIQUIDATION_CASE_H
#define TAILRACE_TESTS_LIQUIDATION_CASE_H

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/model.h"
#include "sim/vmath.h"
#include "tests/unit_case.h"

/* Parameters of a venue or of an asset. */
struct liquidation_case_param {
    _Alignas(16) unsigned char at[512];
};

/* A market for the liquidation of one account. The marginal price of asset i after q coins
 * were sold is price[i] (1 - slope[i] q), where q counts everything sold since the start;
 * nothing is traded beyond depth_coins[i] sold or bought. Marks need not be the prices. */
enum { LIQUIDATION_CASE_ASSETS = 3, LIQUIDATION_CASE_STATE = 32 };
struct liquidation_case {
    double mark[LIQUIDATION_CASE_ASSETS], price[LIQUIDATION_CASE_ASSETS];
    double slope[LIQUIDATION_CASE_ASSETS], depth_coins[LIQUIDATION_CASE_ASSETS];
    double sold_coins[LIQUIDATION_CASE_ASSETS]; /* to the market, net */
    double paid_usd;                            /* by the market, net */
    int room, n_trade, n_quote;                 /* transactions left; calls */
    double capital_usd, fund_usd, state[LIQUIDATION_CASE_STATE];

    uint32_t n_leg, asset[LIQUIDATION_CASE_ASSETS];
    double coins[LIQUIDATION_CASE_ASSETS], cash_usd, memory[LIQUIDATION_MEMORY];
    double spread_coins[LIQUIDATION_CASE_ASSETS];
    double weight, requirement_usd;
    double time_s, gas_usd, fee_frac;

    const struct liquidation_model *model;
    struct liquidation_outcome out;
    struct liquidation_case_param of_venue, of_asset[LIQUIDATION_CASE_ASSETS];
    const void *asset_param[LIQUIDATION_CASE_ASSETS]; /* the coefficients may point here */
    _Alignas(16) unsigned char coef[1024];
};

static inline struct fill liquidation_case_fill(struct liquidation_case *c, uint32_t asset,
                                                double coins, double limit_usd, bool commit)
{
    const double sign = coins > 0.0 ? 1.0 : -1.0, p = c->price[asset], s = c->slope[asset];
    const double from = c->sold_coins[asset], size = fabs(coins);
    /* coins until the marginal price is the limit, and until the depth ends */
    double within = s > 0.0 ? sign * ((1.0 - limit_usd / p) / s - from)
                            : (sign * (p - limit_usd) >= 0.0 ? INFINITY : 0.0);
    within = fmax(0.0, fmin(within, c->depth_coins[asset] - sign * from));
    const double done = size <= within ? coins : sign * within;
    const double usd = p * (done - 0.5 * s * done * (2.0 * from + done));

    if (commit) {
        c->sold_coins[asset] += done;
        c->paid_usd += usd;
    }
    return (struct fill){done, usd, done == coins ? STOP_FILLED : STOP_EXHAUSTED};
}

static inline struct fill liquidation_case_trade(void *context, uint32_t asset,
                                                 double coins, double limit_usd)
{
    struct liquidation_case *c = context;

    c->n_trade++;
    return liquidation_case_fill(c, asset, coins, limit_usd, true);
}

static inline struct fill liquidation_case_quote(void *context, uint32_t asset,
                                                 double coins, double limit_usd)
{
    struct liquidation_case *c = context;

    c->n_quote++;
    return liquidation_case_fill(c, asset, coins, limit_usd, false);
}

static inline bool liquidation_case_transact(void *context)
{
    struct liquidation_case *c = context;

    return c->room-- > 0;
}

static inline void liquidation_case_set(const struct field *fields,
                                        struct liquidation_case_param *p, const char *key,
                                        double value)
{
    const struct field *f = fields;

    while (f->key != NULL && strcmp(f->key, key) != 0)
        f++;
    cr_assert_not_null(f->key, "no parameter %s", key);
    if (f->type == FIELD_CHOICE)
        *(int *)(void *)(p->at + f->offset) = (int)value;
    else if (f->type == FIELD_FLAG)
        *(bool *)(void *)(p->at + f->offset) = value != 0.0;
    else
        *(double *)(void *)(p->at + f->offset) = value;
}

static inline struct liquidation_case_param
liquidation_case_presets(const struct field *fields)
{
    struct liquidation_case_param p = {{0}};

    if (fields != NULL)
        field_presets(fields, p.at);
    return p;
}

/* Sets up what follows from c->of_venue and c->of_asset; false: they are refused. */
static inline bool liquidation_case_prepare(struct liquidation_case *c, struct error *err)
{
    const struct liquidation_model *model = c->model;

    for (int i = 0; i < LIQUIDATION_CASE_ASSETS; i++)
        c->asset_param[i] = c->of_asset[i].at;
    cr_assert(model->about.param_size <= sizeof c->of_venue.at &&
              model->asset_param_size <= sizeof c->of_asset[0].at &&
              model->coef_size <= sizeof c->coef);
    cr_assert_leq(model->n_state + LIQUIDATION_CASE_ASSETS * model->n_asset_state,
                  (unsigned)LIQUIDATION_CASE_STATE);
    const bool prepared = model->prepare(c->of_venue.at, LIQUIDATION_CASE_ASSETS,
                                         c->asset_param, c->coef, err);
    if (prepared && model->start != NULL)
        model->start(c->coef, c->state);
    return prepared;
}

/* A market at 100 USD without end, room or costs, an account of one; coefficients from the
 * parameters, NULL: presets. */
static inline void liquidation_case_start(struct liquidation_case *c,
                                          const struct liquidation_model *model,
                                          const struct liquidation_case_param *of_venue,
                                          const struct liquidation_case_param *of_asset)
{
    const struct liquidation_case_param venue =
        liquidation_case_presets(model->about.fields);
    const struct liquidation_case_param asset =
        liquidation_case_presets(model->asset_fields);
    struct error err;

    *c = (struct liquidation_case){
        .room = 1000000, .capital_usd = INFINITY, .weight = 1.0, .model = model};
    c->of_venue = of_venue == NULL ? venue : *of_venue;
    for (int i = 0; i < LIQUIDATION_CASE_ASSETS; i++) {
        c->mark[i] = c->price[i] = 100.0;
        c->depth_coins[i] = INFINITY;
        c->asset[i] = (uint32_t)i;
        c->of_asset[i] = of_asset == NULL ? asset : *of_asset;
    }
    const bool prepared = liquidation_case_prepare(c, &err);
    cr_assert(prepared, "%s", err.text);
}

static inline struct liquidation_market liquidation_case_market(struct liquidation_case *c)
{
    return (struct liquidation_market){.context = c,
                                       .time_s = c->time_s,
                                       .mark_usd = c->mark,
                                       .gas_usd = c->gas_usd,
                                       .fee_frac = c->fee_frac,
                                       .trade = liquidation_case_trade,
                                       .quote = liquidation_case_quote,
                                       .transact = liquidation_case_transact,
                                       .capital_usd = &c->capital_usd,
                                       .fund_usd = &c->fund_usd,
                                       .state = c->state};
}

static inline double liquidation_case_equity(const struct liquidation_case *c)
{
    double equity = c->cash_usd;

    for (uint32_t leg = 0; leg < c->n_leg; leg++)
        equity += c->coins[leg] * c->mark[c->asset[leg]];
    return equity;
}

/* Lets the model act once; what it did is in c->out. */
static inline void liquidation_case_act(struct liquidation_case *c)
{
    struct liquidation_market market = liquidation_case_market(c);
    struct liquidation_account account = {.n_leg = c->n_leg,
                                          .asset = c->asset,
                                          .coins = c->coins,
                                          .cash_usd = &c->cash_usd,
                                          .weight = c->weight,
                                          .equity_usd = liquidation_case_equity(c),
                                          .requirement_usd = c->requirement_usd,
                                          .memory = c->memory};

    memset(c->spread_coins, 0, sizeof c->spread_coins);
    c->out = (struct liquidation_outcome){.spread_coins = c->spread_coins};
    c->model->act(c->coef, &market, &account, &c->out);
}

static inline void liquidation_case_tend(struct liquidation_case *c)
{
    struct liquidation_market market = liquidation_case_market(c);

    c->out = (struct liquidation_outcome){.spread_coins = c->spread_coins};
    c->model->tend(c->coef, &market, &c->out);
}

/* What must not change: coins of asset i (state_coins: of them in the model's state), and
 * USD, of the account, the market, the fund, liquidators and the chain. */
struct liquidation_case_total {
    double coins[LIQUIDATION_CASE_ASSETS], usd;
};

/* Totals now, with what the last outcome gave away if `given`. coins_at: number of the asset's
 * state that counts coins, UINT32_MAX: none; usd_at: the same of the USD in the state. */
static inline struct liquidation_case_total
liquidation_case_total(const struct liquidation_case *c, bool given, uint32_t coins_at,
                       uint32_t usd_at)
{
    const struct liquidation_outcome *o = &c->out;
    struct liquidation_case_total t = {.usd = c->weight * c->cash_usd - c->paid_usd +
                                              c->fund_usd};

    for (uint32_t i = 0; i < LIQUIDATION_CASE_ASSETS; i++) {
        t.coins[i] = c->sold_coins[i];
        if (coins_at != UINT32_MAX)
            t.coins[i] +=
                c->state[c->model->n_state + c->model->n_asset_state * i + coins_at];
    }
    for (uint32_t leg = 0; leg < c->n_leg; leg++)
        t.coins[c->asset[leg]] +=
            c->weight * (c->coins[leg] + (given ? c->spread_coins[leg] : 0.0));
    t.usd += usd_at == UINT32_MAX ? 0.0 : c->state[usd_at];
    if (given)
        t.usd += c->weight * (o->fee_usd + o->liquidator_usd + o->gas_usd - o->spread_usd);
    return t;
}

/* An account that closed has its coins turned into USD at the marks; any other keeps both
 * apart. The tolerance is relative to the gross amounts of `scale`. */
static inline void liquidation_case_conserved(const struct liquidation_case *c,
                                              const struct liquidation_case_total *before,
                                              const struct liquidation_case_total *after,
                                              double scale_usd, uint64_t row)
{
    double usd = after->usd - before->usd, off = 0.0;

    for (int i = 0; i < LIQUIDATION_CASE_ASSETS; i++) {
        const double worth = (after->coins[i] - before->coins[i]) * c->mark[i];

        usd += worth;
        off = fmax(off, fabs(worth));
    }
    cr_assert(fabs(usd) <= 1e-12 * scale_usd, "row %llu: %g USD appear",
              (unsigned long long)row, usd);
    cr_assert(c->out.closed || off <= 1e-12 * scale_usd,
              "row %llu: coins worth %g USD appear", (unsigned long long)row, off);
    cr_assert(c->fund_usd == c->fund_usd && c->cash_usd == c->cash_usd);
}

#endif
