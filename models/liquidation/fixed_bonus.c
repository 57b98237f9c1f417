#include <math.h>

#include "models/liquidation/bonus.h"
#include "models/liquidation/holding.h"

/* Anyone repays a debt and takes collateral worth (1 + bonus) times as much, at the oracles'
 * prices, as on Aave v3 and Compound v2; bonus.h has how much.
 *
 * The pair is the account's largest debt and its largest collateral by value: a call names one
 * of each (Pool.liquidationCall(collateralAsset, debtAsset, ...)), the gain is a share of the
 * amount repaid, and these two allow the largest. USD in cash_usd counts as one more holding.
 *
 * A liquidator buys the coins it repays and sells what it gets, so it goes on as long as
 * what it sells fetches more than
 *     mark_c k / (1 + bonus (1 - protocol fee)),
 * k the average price of the debt's coins over their mark; it repays as much as the rules, the
 * market, its capital and the queue allow, and nothing if that gains no more than the gas.
 * Where a part of a position is not allowed to stay, it takes the whole if that pays.
 *
 * The protocol's fee on the bonus stays in coins, counted in the state (in cash: out.fee_usd).
 * When no collateral is left the debt is the protocol's deficit: the account closes. */
struct fixed_bonus_param {
    struct bonus_rule rule;
    double cash_bonus_frac;
};
struct fixed_bonus_asset {
    double bonus_frac, protocol_fee_frac;
};
struct fixed_bonus_coef {
    struct fixed_bonus_param param;
    const void *const *asset; /* [n_asset] struct fixed_bonus_asset, NULL: not here */
};

/* Below this share of the debt nobody bothers, gas or not. */
static const double LEAST_FRAC = 1e-9;

static const struct field fixed_bonus_fields[] = {
    /* clang-format off */
    {.key = "close_factor_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.01, .max = 1.0,
     .preset = 0.5, .offset = offsetof(struct fixed_bonus_param, rule.close_factor_frac),
     .doc = "share of an account's debt that one liquidation may repay (Aave v3.3: 0.5)"},
    {.key = "full_close_health", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.95, .offset = offsetof(struct fixed_bonus_param, rule.full_close_health),
     .doc = "at this health or below it may repay all (Aave v3.3: 0.95)"},
    {.key = "full_close_below_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 0.0,
     .max = 1e12, .preset = 2000.0,
     .offset = offsetof(struct fixed_bonus_param, rule.full_close_below_usd),
     .doc = "and if the debt or the collateral is worth less (Aave v3.3: 2,000)"},
    {.key = "least_left_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 0.0, .max = 1e12,
     .preset = 1000.0, .offset = offsetof(struct fixed_bonus_param, rule.least_left_usd),
     .doc = "least that a partial liquidation leaves of either (Aave v3.3: 1,000)"},
    {.key = "cash_bonus_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.045, .offset = offsetof(struct fixed_bonus_param, cash_bonus_frac),
     .doc = "the bonus where the collateral is USD (Aave v3, USDC: 0.045)"},
    {.key = NULL},
    /* clang-format on */
};

static const struct field fixed_bonus_asset_fields[] = {
    /* clang-format off */
    {.key = "liquidation_bonus_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0,
     .max = 1.0, .preset = 0.05, .offset = offsetof(struct fixed_bonus_asset, bonus_frac),
     .doc = "collateral that a liquidator takes beyond what it repays (Aave v3, WETH: 0.05)"},
    {.key = "protocol_fee_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.1, .offset = offsetof(struct fixed_bonus_asset, protocol_fee_frac),
     .doc = "share of the bonus that the protocol keeps (Aave v3: 0.1)"},
    {.key = NULL},
    /* clang-format on */
};

static bool fixed_bonus_prepare(const void *param, uint32_t n_asset,
                                const void *const *asset_param, void *coef,
                                struct error *err)
{
    const struct fixed_bonus_param *p = param;
    (void)n_asset;

    if (p->rule.full_close_below_usd < p->rule.least_left_usd)
        return fail(
            err,
            "fixed_bonus: full_close_below_usd = %g is below least_left_usd = %g: a "
            "position between them could not be liquidated in part, nor as a whole",
            p->rule.full_close_below_usd, p->rule.least_left_usd);
    *(struct fixed_bonus_coef *)coef = (struct fixed_bonus_coef){*p, asset_param};
    return true;
}

static bool fixed_bonus_fits(const void *coef, uint32_t asset, const char *asset_name,
                             double counted_frac, struct error *err)
{
    const struct fixed_bonus_coef *c = coef;
    const struct fixed_bonus_asset *a = c->asset[asset];

    if (a == NULL || counted_frac * (1.0 + a->bonus_frac) < 1.0)
        return true;
    return fail(
        err,
        "fixed_bonus: %s counts %g of its value and has a bonus of %g: at the "
        "threshold a liquidation takes %g x (1 + %g) = %g of the collateral's value "
        "for each USD of debt, so every one leaves the account worse off: lower one "
        "of them until the product is below 1",
        asset_name, counted_frac, a->bonus_frac, counted_frac, a->bonus_frac,
        counted_frac * (1.0 + a->bonus_frac));
}

/* A debt and a collateral of one account. */
struct pair {
    uint32_t debt, collateral; /* legs */
    double debt_usd, collateral_usd, debt_mark, collateral_mark;
    double bonus_frac, fee_frac; /* fee: of the bonus */
};

static struct pair largest_pair(const struct fixed_bonus_coef *c,
                                const struct liquidation_market *m,
                                const struct liquidation_account *a)
{
    struct pair p = {.debt = a->n_leg, .collateral = a->n_leg};

    for (uint32_t leg = 0; leg <= a->n_leg; leg++) {
        const double usd = holding_coins(a, leg) * holding_mark_usd(m, a, leg);

        if (usd > p.collateral_usd) {
            p.collateral = leg;
            p.collateral_usd = usd;
        }
        if (-usd > p.debt_usd) {
            p.debt = leg;
            p.debt_usd = -usd;
        }
    }
    const struct fixed_bonus_asset *of =
        p.collateral < a->n_leg ? c->asset[a->asset[p.collateral]] : NULL;
    p.debt_mark = holding_mark_usd(m, a, p.debt);
    p.collateral_mark = holding_mark_usd(m, a, p.collateral);
    p.bonus_frac = of == NULL ? c->param.cash_bonus_frac : of->bonus_frac;
    p.fee_frac = of == NULL ? 0.0 : of->protocol_fee_frac;
    return p;
}

/* Repaying repaid_usd, at the marks: what the coins cost, what those received fetch. */
struct deal {
    double repaid_usd, cost_usd, proceeds_usd;
    enum stop stop;
};

static double net_frac(const struct pair *p)
{
    return 1.0 + p->bonus_frac * (1.0 - p->fee_frac);
}

static struct deal count(const struct liquidation_market *m,
                         const struct liquidation_account *a, const struct pair *p,
                         double repaid_usd, enum stop stop)
{
    const struct fill buy =
        holding_trade(m, m->quote, a, p->debt, -repaid_usd / p->debt_mark, INFINITY);
    const struct fill sale = holding_trade(
        m, m->quote, a, p->collateral, repaid_usd * net_frac(p) / p->collateral_mark, 0.0);
    const bool filled = buy.stop == STOP_FILLED && sale.stop == STOP_FILLED;

    return (struct deal){repaid_usd, -buy.usd, filled ? sale.usd : 0.0, stop};
}

/* The largest part that pays at the margin. */
static struct deal largest_deal(const struct liquidation_market *m,
                                const struct liquidation_account *a, const struct pair *p,
                                const struct bonus_range *range)
{
    const double each_usd = net_frac(p) / p->collateral_mark; /* coins per USD repaid */
    double most = range->whole_usd;
    enum stop stop = STOP_FILLED;

    const struct fill buy =
        holding_trade(m, m->quote, a, p->debt, -most / p->debt_mark, INFINITY);
    if (buy.stop != STOP_FILLED) {
        most = -buy.coins * p->debt_mark;
        stop = buy.stop;
    }
    const double price = most > 0.0 ? -buy.usd / most : 1.0;
    const double affordable = *m->capital_usd / (a->weight * price);
    if (affordable < most) {
        most = affordable;
        stop = STOP_QUEUE;
    }
    const struct fill sale =
        holding_trade(m, m->quote, a, p->collateral, most * each_usd, price / each_usd);
    if (sale.stop != STOP_FILLED) {
        most = sale.coins / each_usd;
        stop = STOP_EXHAUSTED;
    }
    const bool clears =
        stop == STOP_FILLED && (range->clears_debt | range->clears_collateral);
    return count(m, a, p, clears ? most : vm_min(most, range->part_usd), stop);
}

static bool pays(const struct liquidation_market *m, const struct pair *p,
                 const struct deal *d)
{
    return d->repaid_usd > LEAST_FRAC * p->debt_usd &&
           d->proceeds_usd - d->cost_usd > m->gas_usd;
}

static void settle(const struct liquidation_market *m, struct liquidation_account *a,
                   const struct pair *p, const struct deal *d,
                   const struct bonus_range *range, struct liquidation_outcome *out)
{
    const bool whole = d->repaid_usd == range->whole_usd;
    const double repaid = whole && range->clears_debt ? -holding_coins(a, p->debt)
                                                      : d->repaid_usd / p->debt_mark;
    const double seized =
        whole && range->clears_collateral
            ? holding_coins(a, p->collateral)
            : bonus_seized_coins(repaid, p->debt_mark, p->collateral_mark, p->bonus_frac);
    const double received = seized * (net_frac(p) / (1.0 + p->bonus_frac));
    const struct fill buy = holding_trade(m, m->trade, a, p->debt, -repaid, INFINITY);
    const struct fill sale = holding_trade(m, m->trade, a, p->collateral, received, 0.0);

    holding_add(a, p->debt, -buy.coins);
    holding_add(a, p->collateral, -seized);
    *m->capital_usd += a->weight * buy.usd;
    if (p->collateral < a->n_leg)
        m->state[a->asset[p->collateral]] += a->weight * (seized - sale.coins);
    out->liquidated_usd = seized * p->collateral_mark;
    out->liquidator_usd = sale.usd + buy.usd - m->gas_usd;
    out->gas_usd = m->gas_usd;
    out->stop = d->stop;
    out->acted = true;
}

static void fixed_bonus_act(const void *coef, struct liquidation_market *m,
                            struct liquidation_account *a, struct liquidation_outcome *out)
{
    const struct fixed_bonus_coef *c = coef;
    const struct holding_value v = holding_value(m, a);
    const struct pair p = largest_pair(c, m, a);

    if (v.held_usd > 0.0 && v.owed_usd > 0.0) {
        const double health =
            (v.owed_usd + a->equity_usd - a->requirement_usd) / v.owed_usd;
        const struct bonus_range range = bonus_range(
            &c->param.rule, health, v.owed_usd, p.debt_usd, p.collateral_usd, p.bonus_frac);
        struct deal d = largest_deal(m, a, &p, &range);

        if (!pays(m, &p, &d) && (range.clears_debt | range.clears_collateral) &&
            d.stop == STOP_EXHAUSTED)
            d = count(m, a, &p, range.whole_usd, STOP_FILLED);
        if (!pays(m, &p, &d)) {
            out->stop = d.stop == STOP_FILLED ? STOP_UNPROFITABLE : d.stop;
            return;
        }
        if (a->weight * d.cost_usd > *m->capital_usd * (1.0 + 1e-12) ||
            !m->transact(m->context)) {
            out->stop = STOP_QUEUE;
            return;
        }
        settle(m, a, &p, &d, &range, out);
    }
    if (holding_value(m, a).held_usd == 0.0 && v.owed_usd > 0.0) {
        holding_write_off(m, a, out);
        out->acted = true;
    }
}

const struct liquidation_model liquidation_fixed_bonus = {
    .about = {.name = "fixed_bonus",
              .doc =
                  "Liquidators repay debts and take collateral with a fixed bonus, as much "
                  "as pays and the close factor allows (Aave v3).",
              .fields = fixed_bonus_fields,
              .param_size = sizeof(struct fixed_bonus_param),
              .example =
                  "{model: fixed_bonus, close_factor_frac: 0.5, least_left_usd: 1000}"},
    .asset_fields = fixed_bonus_asset_fields,
    .asset_param_size = sizeof(struct fixed_bonus_asset),
    .coef_size = sizeof(struct fixed_bonus_coef),
    .n_asset_state = 1,
    .prepare = fixed_bonus_prepare,
    .act = fixed_bonus_act,
    .fits = fixed_bonus_fits,
};
