/* What a path owns and what is told of its risk: rows, risk metrics. */

#include "sim/plan.h"

#include <string.h>

#include "sim/book.h"
#include "sim/cascade.h"
#include "sim/explain.h"
#include "sim/market.h"

/* What the rows of a set stand for; one per asset unless it says otherwise here. */
enum shape {
    BY_ASSET,
    BY_ASSET_STATE,
    BY_ASSET_EFFECT,
    BY_BOOK,
    BY_BOOK_EFFECT,
    BY_OWN_MARK,
    BY_FEED,
    BY_HISTORY,
    BY_INTEGRAL,
    BY_MARK,
    BY_CHAIN,
    BY_EFFECT,
    BY_STREAM,
    BY_ACCOUNT,
    BY_ACCOUNT_ASSET,
    BY_ACCOUNT_CLAIM,
    BY_CLAIM_STATE,
    BY_SETTLEMENT,
    BY_EXPLAIN_PART,
    BY_EXPLAIN_BASE,
    BY_ASSET_STEPPED,
    BY_ASSET_EXTREME,
    BY_GROUP,
    BY_PROTOCOL,
    BY_PROTOCOL_ASSET,
    BY_MECHANISM,
    BY_STOP,
    BY_LIQUIDATION_STATE,
    SINGLE
};
static const enum shape SHAPES[N_ROW_SET] = {
    [ROW_MODEL_STATE] = BY_ASSET_STATE,
    [ROW_EFFECT] = BY_ASSET_EFFECT,
    [ROW_BOOK_EFFECT] = BY_BOOK_EFFECT,
    [ROW_IMPACT] = BY_BOOK,
    [ROW_PERMANENT] = BY_BOOK,
    [ROW_DEPTH_BEFORE] = BY_BOOK,
    [ROW_OWN_MARK] = BY_OWN_MARK,
    [ROW_SIZE] = BY_EFFECT,
    [ROW_START] = BY_EFFECT,
    [ROW_ORACLE] = BY_FEED,
    [ROW_ORACLE_TIME] = BY_FEED,
    [ROW_ORACLE_SEEN] = BY_FEED,
    [ROW_HISTORY] = BY_HISTORY,
    [ROW_INTEGRAL] = BY_INTEGRAL,
    [ROW_MARK] = BY_MARK,
    [ROW_PREMIUM] = BY_MARK,
    [ROW_HALTED] = BY_PROTOCOL,
    [ROW_CAPITAL] = BY_PROTOCOL,
    [ROW_GAS] = BY_CHAIN,
    [ROW_THROUGHPUT] = BY_CHAIN,
    [ROW_QUEUE] = BY_CHAIN,
    [ROW_RNG] = BY_STREAM,
    [ROW_COINS] = BY_ACCOUNT_ASSET,
    [ROW_CLAIM] = BY_ACCOUNT_CLAIM,
    [ROW_CLAIM_STATE] = BY_CLAIM_STATE,
    [ROW_EXPLAIN] = BY_EXPLAIN_PART,
    [ROW_EXPLAIN_BASE] = BY_EXPLAIN_BASE,
    [ROW_SETTLEMENT] = BY_SETTLEMENT,
    [ROW_SPOT_BEFORE] = BY_ASSET_STEPPED,
    [ROW_HIGH] = BY_ASSET_EXTREME,
    [ROW_LOW] = BY_ASSET_EXTREME,
    [ROW_CASH] = BY_ACCOUNT,
    [ROW_OPEN] = BY_ACCOUNT,
    [ROW_EQUITY] = BY_ACCOUNT,
    [ROW_REQUIREMENT] = BY_ACCOUNT,
    [ROW_ACCOUNT_PNL] = BY_ACCOUNT,
    [ROW_ACCOUNT_BUFFER] = BY_ACCOUNT,
    [ROW_ACCOUNT_CALL_S] = BY_ACCOUNT,
    [ROW_ACCOUNT_LIQUIDATED_S] = BY_ACCOUNT,
    [ROW_FIRST_ALIVE] = BY_GROUP,
    [ROW_NEXT_LEVEL] = BY_GROUP,
    [ROW_EPOCH_PRICE] = BY_PROTOCOL_ASSET,
    [ROW_EPOCH_FUNDING] = BY_PROTOCOL_ASSET,
    [ROW_EPOCH_INDEX] = BY_PROTOCOL_ASSET,
    [ROW_MARK_SEEN] = BY_PROTOCOL_ASSET,
    [ROW_MARK_DISPLACEMENT] = BY_PROTOCOL_ASSET,
    [ROW_MARK_FACTOR] = BY_PROTOCOL_ASSET,
    [ROW_WATCHED] = BY_PROTOCOL,
    [ROW_WATCH_FLOOR] = BY_PROTOCOL,
    [ROW_LIQUIDATION_STATE] = BY_LIQUIDATION_STATE,
    [ROW_LIQUIDATOR] = BY_PROTOCOL,
    [ROW_BAD_DEBT] = BY_PROTOCOL,
    [ROW_SHORTFALL] = BY_PROTOCOL,
    [ROW_LIQUIDATED_USD] = BY_PROTOCOL,
    [ROW_LIQUIDATED_ACCOUNTS] = BY_PROTOCOL,
    [ROW_RETURNED] = BY_PROTOCOL,
    [ROW_FUND] = BY_PROTOCOL,
    [ROW_FUND_DRAWN] = BY_PROTOCOL,
    [ROW_FEES] = BY_PROTOCOL,
    [ROW_ABSORBED] = BY_PROTOCOL,
    [ROW_GAS_SPENT] = BY_PROTOCOL,
    [ROW_CASCADE_USD] = BY_PROTOCOL,
    [ROW_BRANCHING] = BY_PROTOCOL,
    [ROW_FIRST_LIQUIDATED] = BY_PROTOCOL,
    [ROW_LAST_LIQUIDATED] = BY_PROTOCOL,
    [ROW_UNDER_WATER] = BY_PROTOCOL,
    [ROW_LATENT_DEBT] = BY_PROTOCOL,
    [ROW_BAD_DEBT_BY] = BY_MECHANISM,
    [ROW_ATTEMPTS] = BY_STOP,
    [ROW_ROUNDS] = BY_PROTOCOL,
    [ROW_CAP_HITS] = BY_PROTOCOL,
    [ROW_TAKER_USD] = SINGLE,
    [ROW_CHECK_REPORT] = SINGLE,
    [ROW_TABLE_ERROR] = SINGLE,
    [ROW_TABLE_OUTSIDE] = SINGLE,
    [ROW_PNL] = SINGLE,
    [ROW_PEAK] = SINGLE,
    [ROW_DRAWDOWN] = SINGLE,
    [ROW_MIN_BUFFER] = SINGLE,
    [ROW_MARGIN_CALL] = SINGLE,
    [ROW_LIQUIDATED] = SINGLE,
    [ROW_FIRST_CALL] = SINGLE,
    [ROW_FIRST_LIQUIDATION] = SINGLE,
    [ROW_LIQUIDATION_COST] = SINGLE,
    [ROW_FUNDING_PAID] = SINGLE,
};

/* Rows in one set. */
static uint32_t set_size(const struct plan *plan, enum row_set set)
{
    const uint32_t n_asset = plan->n_asset, n_account = plan->n_account;
    uint32_t n_history = 0, n_integral = 0, n_group = 0, n_state = 0;

    for (uint32_t i = 0; i < plan->n_feed; i++) {
        n_history += plan->feed[i].n_history;
        n_integral += plan->feed[i].twap_s > 0.0 ? plan->feed[i].n_history : 0;
    }
    for (uint32_t venue = 0; venue < plan->n_venue; venue++) {
        const struct plan_venue *v = &plan->venue[venue];
        n_group += v->population == NULL ? 0 : v->population->n_group;
        n_state += liquidation_states(v->liquidation, n_asset);
    }
    const uint32_t size[] = {
        [BY_ASSET] = n_asset,
        [BY_ASSET_STATE] = n_asset * PRICE_MAX_STATE,
        [BY_ASSET_EFFECT] = n_asset * N_EFFECT_ROW,
        [BY_BOOK] = plan->n_book,
        [BY_BOOK_EFFECT] = plan->n_book * (N_EFFECT_STATE - N_EFFECT_ROW),
        [BY_OWN_MARK] = plan->n_own_mark * n_asset,
        [BY_FEED] = plan->n_feed,
        [BY_HISTORY] = n_history,
        [BY_INTEGRAL] = n_integral,
        [BY_MARK] = plan->n_mark * n_asset,
        [BY_CHAIN] = plan->n_chain,
        [BY_EFFECT] = plan->n_effect,
        [BY_STREAM] = 2 * plan->n_stream,
        [BY_ACCOUNT] = n_account,
        [BY_ACCOUNT_ASSET] = n_account * n_asset,
        [BY_ACCOUNT_CLAIM] = n_account * n_asset * N_CLAIM_SUM,
        [BY_CLAIM_STATE] = plan->n_claim_state,
        [BY_EXPLAIN_PART] = n_account > 0 ? N_EXPLAIN : 0,
        [BY_EXPLAIN_BASE] = n_account * n_asset * N_EXPLAIN_BASE,
        [BY_SETTLEMENT] = plan->n_settlement,
        [BY_ASSET_STEPPED] = plan->keeps_spot_before ? n_asset : 0,
        [BY_ASSET_EXTREME] = plan->reads_extremes ? n_asset : 0,
        [BY_GROUP] = n_group,
        [BY_PROTOCOL] = plan->n_venue,
        [BY_PROTOCOL_ASSET] = plan->has_population ? plan->n_venue * n_asset : 0,
        [BY_MECHANISM] = N_MECHANISM,
        [BY_STOP] = N_STOP,
        [BY_LIQUIDATION_STATE] = n_state,
        [SINGLE] = 1,
    };
    return size[SHAPES[set]];
}

uint32_t plan_dim(const struct plan *plan, enum metric_dim dim)
{
    return dim == DIM_ASSET       ? plan->n_asset
           : dim == DIM_ACCOUNT   ? plan->n_account
           : dim == DIM_PROTOCOL  ? plan->n_venue
           : dim == DIM_PART      ? N_EXPLAIN
           : dim == DIM_MECHANISM ? N_MECHANISM
           : dim == DIM_STOP      ? N_STOP
                                  : 1;
}

/* Adds the risk metric for one element of a path metric, if that exists. */
static void add_risk(struct plan *plan, struct risk_metric *risk, const char *metric,
                     uint32_t element, double sign, char *name, const char *doc)
{
    for (uint32_t i = 0; i < plan->n_metric; i++) {
        const struct metric *m = &plan->metric[i].metric;
        if (m->group == METRIC_PATH && strcmp(m->name, metric) == 0)
            risk[plan->n_risk++] = (struct risk_metric){.name = name,
                                                        .doc = doc,
                                                        .column = m->first_column + element,
                                                        .sign = sign};
    }
}

static void lay_out_risk(struct plan *plan, struct arena *arena)
{
    struct risk_metric *risk =
        arena_get(arena, 8 + plan->n_account + 4 * plan->n_venue, sizeof *risk);

    add_risk(plan, risk, "pnl_usd", 0, -1.0, "portfolio.loss", "loss of the whole book");
    add_risk(plan, risk, "max_drawdown_usd", 0, 1.0, "portfolio.max_drawdown",
             "largest drawdown of the whole book");
    add_risk(plan, risk, "own_liquidation_cost_usd", 0, 1.0, "portfolio.liquidation_cost",
             "equity lost by the closing of own accounts; less than 0 if it ended below 0");
    add_risk(plan, risk, "margin_call", 0, 1.0, "portfolio.margin_call",
             "some own account has a margin call");
    add_risk(plan, risk, "liquidated", 0, 1.0, "portfolio.liquidated",
             "some own account is liquidated");
    for (uint32_t i = 0; plan->n_account > 1 && i < plan->n_account; i++)
        add_risk(plan, risk, "account_pnl_usd", i, -1.0,
                 arena_print(arena, "account.%s.loss", plan->account[i].name),
                 "loss of one account");
    for (uint32_t i = 0; i < plan->n_venue; i++) {
        const char *name = plan->venue[i].name;
        add_risk(plan, risk, "liquidated_usd", i, 1.0,
                 arena_print(arena, "protocol.%s.liquidated", name),
                 "value of positions closed by force");
        add_risk(plan, risk, "gross_shortfall_usd", i, 1.0,
                 arena_print(arena, "protocol.%s.gross_shortfall", name),
                 "negative equity of closed accounts");
        add_risk(plan, risk, "bad_debt_usd", i, 1.0,
                 arena_print(arena, "protocol.%s.bad_debt", name),
                 "shortfall that the insurance fund could not pay");
    }
    plan->risk = risk;
}

void plan_lay_out(struct plan *plan, struct plan_account *accounts, struct arena *arena)
{
    struct worker w;
    lane_row value;

    for (enum row_set set = 0; set < N_ROW_SET; set++) {
        plan->row[set] = plan->n_row;
        plan->n_row += set_size(plan, set);
    }
    plan_lay_out_metrics(plan, arena);
    lay_out_risk(plan, arena);

    worker_create(&w, plan);
    market_start(plan, &w);
    book_start(plan, &w);
    for (uint32_t account = 0; account < plan->n_account; account++) {
        book_value(plan, account, &w, value);
        accounts[account].start_value_usd = value[0];
        plan->start_value_usd += value[0];
    }
    worker_free(&w);
}
