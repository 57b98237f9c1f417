#include "sim/book.h"

#include <math.h>
#include <string.h>

#include "sim/book_portfolio.h"
#include "sim/book_sums.h"
#include "sim/book_table.h"
#include "sim/contribution.h"
#include "sim/explain.h"
#include "sim/mark.h"
#include "sim/market.h"
#include "sim/settlement.h"
#include "sim/vmath.h"

/* An estimated equity below TRUSTED_RATIO times the requirement is not trusted once a
 * price or a surface factor has moved by TRUSTED_MOVE since the options were valued:
 * there the third order that delta and gamma miss is about 1e-4 of the options'
 * notional. Beyond TRUSTED_RANGE no estimate is: a crash finds options far from the
 * money where they had no delta. An estimate that says "under water" is never trusted. */
static const double TRUSTED_RATIO = 1.5;
static const double TRUSTED_MOVE = 0.01, TRUSTED_RANGE = 0.05;

static double *coins_row(const struct plan *plan, const struct worker *w, uint32_t account,
                         uint32_t asset)
{
    return worker_row(w, ROW_COINS, account * plan->n_asset + asset);
}

/* value = cash + coins + contracts of one account, at the given price row of each asset. */
static void account_value(const struct plan *plan, uint32_t account,
                          enum book_prices prices, const struct worker *w, double *value)
{
    const struct plan_account *a = &plan->account[account];
    const double *open = worker_row(w, ROW_OPEN, account);

    memcpy(value, worker_row(w, ROW_CASH, account), sizeof(lane_row));
    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        const double *price = book_claim_price(plan, account, prices, asset, w);
        const double *coins = coins_row(plan, w, account, asset);
        const double fixed = a->fixed_usd[asset], slope = a->slope_coins[asset];
        for (int k = 0; k < LANES; k++)
            value[k] += coins[k] * price[k] + open[k] * (fixed + slope * price[k]);
        if (a->n_claim > 0)
            book_sums_estimate(plan, account, asset, price, w, value);
    }
}

void book_value(const struct plan *plan, uint32_t account, const struct worker *w,
                double *value_usd)
{
    account_value(plan, account, BOOK_TRADED, w, value_usd);
}

static void account_requirement(const struct plan *plan, uint32_t account, struct worker *w,
                                double *need)
{
    const struct plan_account *a = &plan->account[account];
    const struct plan_venue *venue = &plan->venue[a->venue];
    const double *open = worker_row(w, ROW_OPEN, account);
    double *notional = w->scratch[0];

    if (venue->rule->portfolio != NULL) {
        if (book_portfolio_due(plan, w))
            book_portfolio_requirement(plan, account, w, need);
        for (int k = 0; k < LANES; k++)
            need[k] *= open[k];
        return;
    }
    memset(need, 0, sizeof(lane_row));
    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        const double *price = market_mark(plan, a->venue, asset, w);
        const double *coins = coins_row(plan, w, account, asset);
        const double usd = a->notional_usd[asset], slope = a->notional_coins[asset];
        const double haircut = venue->haircut_frac[asset];
        const double *future = book_sums_row(plan, w, account, asset, CLAIM_FUTURE);
        const double *future_usd = book_sums_row(plan, w, account, asset, CLAIM_FUTURE_USD);
        if (usd != 0.0 || slope != 0.0 || a->n_claim > 0) {
            for (int k = 0; k < LANES; k++)
                notional[k] = usd + future_usd[k] + (slope + future[k]) * price[k];
            venue->rule->linear(venue->coef[0], asset, notional, price, need, LANES);
        }
        for (int k = 0; k < LANES; k++)
            need[k] += haircut * vm_max(coins[k], 0.0) * price[k];
        if (a->n_claim == 0)
            continue;
        const double *option = book_sums_row(plan, w, account, asset, CLAIM_NEED);
        const double *per_usd = book_sums_row(plan, w, account, asset, CLAIM_SLOPE);
        const double *at = book_sums_row(plan, w, account, asset, CLAIM_SPOT);
        for (int k = 0; k < LANES; k++)
            need[k] += vm_max(option[k] + per_usd[k] * (price[k] - at[k]), 0.0);
    }
    for (int k = 0; k < LANES; k++)
        need[k] *= open[k];
}

/* What is remembered of an account's equity: smallest buffer, first margin call. */
static void account_watch(const struct plan *plan, uint32_t account, struct worker *w)
{
    const double ratio = plan->venue[plan->account[account].venue].margin_call_ratio;
    const double *equity = worker_row(w, ROW_EQUITY, account);
    const double *need = worker_row(w, ROW_REQUIREMENT, account);
    const double *open = worker_row(w, ROW_OPEN, account);
    double *lowest = worker_row(w, ROW_ACCOUNT_BUFFER, account);
    double *lowest_of_all = worker_row(w, ROW_MIN_BUFFER, 0);
    double *called_s = worker_row(w, ROW_ACCOUNT_CALL_S, account);
    double *called = worker_row(w, ROW_MARGIN_CALL, 0);
    double *first_s = worker_row(w, ROW_FIRST_CALL, 0);

    for (int k = 0; k < LANES; k++) {
        if (open[k] == 0.0)
            continue;
        lowest[k] = vm_min(lowest[k], equity[k] - need[k]);
        lowest_of_all[k] = vm_min(lowest_of_all[k], equity[k] - need[k]);
        if (equity[k] < ratio * need[k]) {
            called[k] = 1.0;
            called_s[k] = isnan(called_s[k]) ? w->time_s : called_s[k];
            first_s[k] = isnan(first_s[k]) ? w->time_s : first_s[k];
        }
    }
}

/* near[k] = 1 where the options of an account must be valued in full before its equity
 * can be judged; false if nowhere. */
static bool must_revalue(const struct plan *plan, uint32_t account, struct worker *w,
                         double *near)
{
    const double *equity = worker_row(w, ROW_EQUITY, account);
    const double *need = worker_row(w, ROW_REQUIREMENT, account);
    double *moved = w->scratch[2];
    bool any = false;

    memset(moved, 0, sizeof(lane_row));
    for (uint32_t asset = 0; asset < plan->n_asset; asset++)
        book_sums_moved(plan, account, asset, w, moved);
    for (int k = 0; k < LANES; k++) {
        const bool close = equity[k] < TRUSTED_RATIO * need[k] && moved[k] > TRUSTED_MOVE;
        const bool breached = equity[k] < need[k] && moved[k] > 0.0;
        const bool far = moved[k] > TRUSTED_RANGE;
        near[k] = close || breached || far ? 1.0 : 0.0;
        any |= close || breached || far;
    }
    return any;
}

void book_mark(const struct plan *plan, struct worker *w)
{
    mark_refresh(plan, w); /* trades may have moved prices since */
    for (uint32_t account = 0; account < plan->n_account; account++) {
        const struct plan_account *a = &plan->account[account];
        double *equity = worker_row(w, ROW_EQUITY, account);
        double *need = worker_row(w, ROW_REQUIREMENT, account);
        double *near = w->scratch[1];
        if (a->venue == PLAN_NONE)
            continue;
        account_value(plan, account, BOOK_MARK, w, equity);
        account_requirement(plan, account, w, need);
        if (a->n_claim > 0 && must_revalue(plan, account, w, near)) {
            book_sums_revalue(plan, account, BOOK_MARK, near, w);
            account_value(plan, account, BOOK_MARK, w, equity);
            account_requirement(plan, account, w, need);
        }
        account_watch(plan, account, w);
    }
}

/* Exchanges the marks of a venue on path k with those given. */
static void swap_marks(const struct plan *plan, uint32_t venue, int k, double *mark_usd,
                       const struct worker *w)
{
    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        double *mark = (double *)market_mark(plan, venue, asset, w) + k;
        const double before = *mark;
        *mark = mark_usd[asset];
        mark_usd[asset] = before;
    }
}

double book_buffer_at(const struct plan *plan, uint32_t account, int k, double *mark_usd,
                      struct worker *w)
{
    lane_row equity, need;

    swap_marks(plan, plan->account[account].venue, k, mark_usd, w);
    account_value(plan, account, BOOK_MARK, w, equity);
    account_requirement(plan, account, w, need);
    swap_marks(plan, plan->account[account].venue, k, mark_usd, w);
    return equity[k] - need[k];
}

void book_funding(const struct plan *plan, uint32_t asset, double notional_usd,
                  double notional_coins, const struct worker *w, double *funding_usd)
{
    const double *rate = worker_row(w, ROW_EFFECT, EFFECT_FUNDING * plan->n_asset + asset);
    const double *spot = worker_row(w, ROW_SPOT, asset);

    for (int k = 0; k < LANES; k++)
        funding_usd[k] = rate[k] * (plan->step_s / PLAN_FUNDING_PERIOD_S) *
                         (notional_usd + notional_coins * spot[k]);
}

/* What an account receives of an asset. */
static void add_coins(const struct plan *plan, uint32_t account, uint32_t asset,
                      const double *coins, struct worker *w)
{
    double *row = coins_row(plan, w, account, asset);

    for (int k = 0; k < LANES; k++)
        row[k] += coins[k];
    explain_coins(plan, w, account, asset, coins);
}

/* Pays claims that expire in this step: coins for inverse contracts, USD for linear ones.
 */
static void settle_claims(const struct plan *plan, uint32_t account, struct worker *w)
{
    const struct plan_account *a = &plan->account[account];
    const double *open = worker_row(w, ROW_OPEN, account);
    double *cash = worker_row(w, ROW_CASH, account);
    lane_row payoff, settle, all;
    bool any = false;

    for (uint32_t i = a->first_claim; i < a->first_claim + a->n_claim; i++) {
        const struct plan_claim *o = &plan->claim[i];
        const struct contract *c = o->contract;
        if (o->expiry_step != w->step || c->instrument->payoff == NULL)
            continue;
        book_claim_payoff(plan, o, w, settle, payoff);
        for (int k = 0; k < LANES; k++)
            payoff[k] *= open[k] * c->quantity;
        for (int k = 0; c->inverse && k < LANES; k++)
            payoff[k] /= settle[k];
        if (c->inverse) {
            add_coins(plan, account, c->asset, payoff, w);
        } else {
            for (int k = 0; k < LANES; k++)
                cash[k] += payoff[k];
        }
        any = true;
    }
    for (int k = 0; k < LANES; k++)
        all[k] = 1.0;
    if (any)
        book_sums_revalue(plan, account, BOOK_TRADED, all, w);
}

/* A flow per unit as one of the whole position. */
static void scale_flow(const double *restrict open, double quantity,
                       const double *restrict flow, double *restrict amount)
{
    for (int k = 0; k < LANES; k++)
        amount[k] = open[k] * quantity * flow[k];
}

/* What the claims of an account pay into it in this step, or at the start. */
static void claim_flows(const struct plan *plan, uint32_t account, struct worker *w)
{
    const struct plan_account *a = &plan->account[account];
    const double *open = worker_row(w, ROW_OPEN, account);
    double *cash = worker_row(w, ROW_CASH, account);
    struct claim_flow flow;
    lane_row amount;

    for (uint32_t i = a->first_claim; i < a->first_claim + a->n_claim; i++) {
        const struct contract *c = plan->claim[i].contract;
        if (!book_claim_step(plan, &plan->claim[i], w, &flow))
            continue;
        for (int k = 0; k < LANES; k++)
            cash[k] += open[k] * c->quantity * flow.cash_usd[k];
        scale_flow(open, c->quantity, flow.coins, amount);
        add_coins(plan, account, c->asset, amount, w);
        if (c->debt_asset != PLAN_NONE) {
            scale_flow(open, c->quantity, flow.debt_coins, amount);
            add_coins(plan, account, c->debt_asset, amount, w);
        }
        scale_flow(open, c->quantity, flow.fee_usd, amount);
        explain_flow(w, EXPLAIN_FEES, amount);
        scale_flow(open, c->quantity, flow.carry_usd, amount);
        explain_flow(w, EXPLAIN_FUNDING, amount);
        if (w->contribution != NULL)
            contribution_flow(plan, w, plan->claim[i].position, &flow);
    }
}

void book_cash(const struct plan *plan, struct worker *w)
{
    double *paid = worker_row(w, ROW_FUNDING_PAID, 0);
    double *funding = w->scratch[0];

    settlement_step(plan, w);
    if (plan->n_account > 0)
        explain_step(plan, w);
    for (uint32_t account = 0; account < plan->n_account; account++) {
        const struct plan_account *a = &plan->account[account];
        const double *open = worker_row(w, ROW_OPEN, account);
        double *cash = worker_row(w, ROW_CASH, account);
        for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
            if (a->notional_usd[asset] == 0.0 && a->notional_coins[asset] == 0.0)
                continue;
            book_funding(plan, asset, a->notional_usd[asset], a->notional_coins[asset], w,
                         funding);
            for (int k = 0; k < LANES; k++) {
                const double usd = open[k] * funding[k];
                cash[k] -= usd;
                paid[k] += usd;
                funding[k] = -usd;
            }
            explain_flow(w, EXPLAIN_FUNDING, funding);
        }
        claim_flows(plan, account, w);
        settle_claims(plan, account, w);
    }
}

void book_report(const struct plan *plan, struct worker *w)
{
    double *pnl = worker_row(w, ROW_PNL, 0), *peak = worker_row(w, ROW_PEAK, 0);
    double *drawdown = worker_row(w, ROW_DRAWDOWN, 0);
    double *all = w->scratch[0], *value = w->scratch[1];

    for (int k = 0; k < LANES; k++) {
        all[k] = 1.0;
        pnl[k] = -plan->start_value_usd;
    }
    for (uint32_t account = 0; account < plan->n_account; account++) {
        if (plan->account[account].n_claim > 0)
            book_sums_revalue(plan, account, BOOK_TRADED, all, w);
        book_value(plan, account, w, value);
        for (int k = 0; k < LANES; k++)
            pnl[k] += value[k];
    }
    if (plan->tables != NULL)
        book_table_check(plan, w);
    if (plan->n_account > 0)
        explain_report(plan, w);
    for (int k = 0; k < LANES; k++) {
        peak[k] = vm_max(peak[k], pnl[k]);
        drawdown[k] = vm_max(drawdown[k], peak[k] - pnl[k]);
    }
}

void book_refresh(const struct plan *plan, struct worker *w)
{
    double *all = w->scratch[0];

    for (int k = 0; k < LANES; k++)
        all[k] = 1.0;
    for (uint32_t account = 0; account < plan->n_account; account++)
        if (plan->account[account].n_claim > 0)
            book_sums_revalue(plan, account, BOOK_MARK, all, w);
}

void book_start(const struct plan *plan, struct worker *w)
{
    double *all = w->scratch[2];

    settlement_start(plan, w);
    if (plan->revaluation != REVALUE_FULL)
        book_table_start(plan, w);
    for (int k = 0; k < LANES; k++) {
        all[k] = 1.0;
        worker_row(w, ROW_FIRST_CALL, 0)[k] = NAN;
        worker_row(w, ROW_FIRST_LIQUIDATION, 0)[k] = NAN;
        worker_row(w, ROW_MIN_BUFFER, 0)[k] = INFINITY;
    }
    for (uint32_t account = 0; account < plan->n_account; account++) {
        const struct plan_account *a = &plan->account[account];
        for (int k = 0; k < LANES; k++) {
            worker_row(w, ROW_CASH, account)[k] = a->cash_usd;
            worker_row(w, ROW_OPEN, account)[k] = 1.0;
            worker_row(w, ROW_ACCOUNT_BUFFER, account)[k] = INFINITY;
            worker_row(w, ROW_ACCOUNT_CALL_S, account)[k] = NAN;
            worker_row(w, ROW_ACCOUNT_LIQUIDATED_S, account)[k] = NAN;
        }
        for (uint32_t asset = 0; asset < plan->n_asset; asset++)
            for (int k = 0; k < LANES; k++)
                coins_row(plan, w, account, asset)[k] = a->coins[asset];
        claim_flows(plan, account, w);
        if (a->n_claim > 0)
            book_sums_revalue(plan, account, BOOK_TRADED, all, w);
    }
    explain_start(plan, w);
    book_mark(plan, w);
}
