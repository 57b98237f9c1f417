/* What a path owns and what is shown of it, as tables: rows, metrics, risk metrics. */

#include "sim/plan.h"

#include <string.h>

#include "sim/book.h"
#include "sim/explain.h"
#include "sim/market.h"

/* When a metric exists. */
enum need { ALWAYS, WITH_BOOK, WITH_MARGIN, WITH_MARKET, WITH_ORACLE, WITH_TABLES };

static const struct metric_row {
    const char *name, *unit, *doc;
    enum metric_group group;
    enum metric_dim dim;
    enum row_set set;
    enum need need;
    bool may_be_nan;
} METRICS[] = {
    /* clang-format off */
    {"pnl_usd", "USD", "profit and loss of the whole book over the horizon",
     METRIC_PATH, DIM_NONE, ROW_PNL, WITH_BOOK, false},
    {"max_drawdown_usd", "USD",
     "largest fall of the book's value from an earlier high, at reporting times",
     METRIC_PATH, DIM_NONE, ROW_DRAWDOWN, WITH_BOOK, false},
    {"funding_usd", "USD", "funding paid on perpetuals (negative: received)",
     METRIC_PATH, DIM_NONE, ROW_FUNDING_PAID, WITH_BOOK, false},
    {"min_margin_buffer_usd", "USD",
     "smallest equity minus maintenance requirement of any own account",
     METRIC_PATH, DIM_NONE, ROW_MIN_BUFFER, WITH_MARGIN, false},
    {"margin_call", "1", "1 if some own account had a margin call",
     METRIC_PATH, DIM_NONE, ROW_MARGIN_CALL, WITH_MARGIN, false},
    {"liquidated", "1", "1 if some own account was liquidated",
     METRIC_PATH, DIM_NONE, ROW_LIQUIDATED, WITH_MARGIN, false},
    {"first_margin_call_s", "s", "time of the first margin call; NaN: none",
     METRIC_PATH, DIM_NONE, ROW_FIRST_CALL, WITH_MARGIN, true},
    {"first_liquidation_s", "s", "time of the first own liquidation; NaN: none",
     METRIC_PATH, DIM_NONE, ROW_FIRST_LIQUIDATION, WITH_MARGIN, true},
    {"own_liquidation_cost_usd", "USD",
     "equity lost by the closing of own accounts; less than 0 if it ended below 0",
     METRIC_PATH, DIM_NONE, ROW_LIQUIDATION_COST, WITH_MARGIN, false},
    {"explained_usd", "USD", "part of the profit and loss; the parts add up to it",
     METRIC_PATH, DIM_PART, ROW_EXPLAIN, WITH_BOOK, false},
    {"account_pnl_usd", "USD", "profit and loss of the account",
     METRIC_PATH, DIM_ACCOUNT, ROW_ACCOUNT_PNL, WITH_BOOK, false},
    {"account_min_buffer_usd", "USD",
     "smallest equity minus maintenance requirement; NaN: no margin",
     METRIC_PATH, DIM_ACCOUNT, ROW_ACCOUNT_BUFFER, WITH_MARGIN, true},
    {"account_margin_call_s", "s", "time of the account's first margin call; NaN: none",
     METRIC_PATH, DIM_ACCOUNT, ROW_ACCOUNT_CALL_S, WITH_MARGIN, true},
    {"account_liquidation_s", "s", "time of the account's liquidation; NaN: none",
     METRIC_PATH, DIM_ACCOUNT, ROW_ACCOUNT_LIQUIDATED_S, WITH_MARGIN, true},
    {"bad_debt_usd", "USD",
     "shortfall of closed accounts that the insurance fund could not pay",
     METRIC_PATH, DIM_PROTOCOL, ROW_BAD_DEBT, WITH_MARKET, false},
    {"gross_shortfall_usd", "USD",
     "negative equity of closed accounts before fees and fund",
     METRIC_PATH, DIM_PROTOCOL, ROW_SHORTFALL, WITH_MARKET, false},
    {"liquidated_usd", "USD", "value of the positions closed by force",
     METRIC_PATH, DIM_PROTOCOL, ROW_LIQUIDATED_USD, WITH_MARKET, false},
    {"liquidated_accounts", "1", "number of accounts closed by force",
     METRIC_PATH, DIM_PROTOCOL, ROW_LIQUIDATED_ACCOUNTS, WITH_MARKET, false},
    {"fund_drawn_usd", "USD", "paid by the insurance fund",
     METRIC_PATH, DIM_PROTOCOL, ROW_FUND_DRAWN, WITH_MARKET, false},
    {"returned_usd", "USD", "equity left to accounts after they were closed",
     METRIC_PATH, DIM_PROTOCOL, ROW_RETURNED, WITH_MARKET, false},
    {"liquidation_fees_usd", "USD", "liquidation fees received by the insurance fund",
     METRIC_PATH, DIM_PROTOCOL, ROW_FEES, WITH_MARKET, false},
    {"liquidator_gain_usd", "USD", "gained by liquidators, after gas",
     METRIC_PATH, DIM_PROTOCOL, ROW_LIQUIDATOR, WITH_MARKET, false},
    {"rounds", "1", "liquidation rounds that closed some account",
     METRIC_PATH, DIM_PROTOCOL, ROW_ROUNDS, WITH_MARKET, false},
    {"round_cap_hits", "1", "steps in which the cap on rounds stopped the cascade",
     METRIC_PATH, DIM_PROTOCOL, ROW_CAP_HITS, WITH_MARKET, false},
    {"final_spot_usd", "USD", "traded price at the horizon",
     METRIC_PATH, DIM_ASSET, ROW_SPOT, ALWAYS, false},
    {"min_spot_usd", "USD", "lowest traded price at the end of a step",
     METRIC_PATH, DIM_ASSET, ROW_MIN_SPOT, ALWAYS, false},
    {"max_spot_usd", "USD", "highest traded price at the end of a step",
     METRIC_PATH, DIM_ASSET, ROW_MAX_SPOT, ALWAYS, false},
    {"max_fall_frac", "1", "largest fall of the traded price from an earlier high, by step",
     METRIC_PATH, DIM_ASSET, ROW_MAX_FALL, ALWAYS, false},
    {"fall_duration_s", "s", "time from the high to the low of the largest fall",
     METRIC_PATH, DIM_ASSET, ROW_FALL_DURATION, ALWAYS, false},
    {"realised_volatility_annual", "1/sqrt(year)",
     "root of the mean squared log-return of the traded price between reporting times",
     METRIC_PATH, DIM_ASSET, ROW_REALISED_VOL, ALWAYS, false},
    {"impact_frac", "1", "largest displacement of the price by forced sales",
     METRIC_PATH, DIM_ASSET, ROW_MAX_IMPACT, WITH_MARKET, false},
    {"oracle_gap_frac", "1", "largest difference of the oracle from the traded price",
     METRIC_PATH, DIM_ASSET, ROW_ORACLE_GAP, WITH_ORACLE, false},
    {"revaluation_error_usd", "USD",
     "value of the book by the tables less that in full, at one reporting time of the path; "
     "NaN: not compared",
     METRIC_PATH, DIM_NONE, ROW_TABLE_ERROR, WITH_TABLES, true},
    {"revaluation_outside", "1",
     "number of times that claims were valued in full, their state being outside a table",
     METRIC_PATH, DIM_NONE, ROW_TABLE_OUTSIDE, WITH_TABLES, false},
    {"pnl_usd", "USD", "profit and loss since the start",
     METRIC_TIME, DIM_NONE, ROW_PNL, WITH_BOOK, false},
    {"equity_usd", "USD", "equity of the account on its venue's marks",
     METRIC_TIME, DIM_ACCOUNT, ROW_EQUITY, WITH_BOOK, false},
    {"spot_usd", "USD", "traded price",
     METRIC_TIME, DIM_ASSET, ROW_SPOT, ALWAYS, false},
    {"oracle_usd", "USD", "price published by the oracle",
     METRIC_TIME, DIM_ASSET, ROW_ORACLE, WITH_ORACLE, false},
    {"depth_usd", "USD", "sale that moves the price by 1 %",
     METRIC_TIME, DIM_ASSET, ROW_DEPTH_USD, WITH_MARKET, false},
    {"liquidated_usd", "USD", "value of the positions closed by force so far",
     METRIC_TIME, DIM_PROTOCOL, ROW_LIQUIDATED_USD, WITH_MARKET, false},
    {"bad_debt_usd", "USD", "bad debt so far",
     METRIC_TIME, DIM_PROTOCOL, ROW_BAD_DEBT, WITH_MARKET, false},
    {"fund_usd", "USD", "insurance fund",
     METRIC_TIME, DIM_PROTOCOL, ROW_FUND, WITH_MARKET, false},
    /* clang-format on */
};
enum { N_METRICS = sizeof METRICS / sizeof *METRICS };

/* What the rows of a set stand for; one per asset unless it says otherwise here. */
enum shape {
    BY_ASSET,
    BY_ASSET_STATE,
    BY_ASSET_EFFECT,
    BY_BOOK,
    BY_BOOK_EFFECT,
    BY_OWN_MARK,
    BY_HISTORY,
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
    [ROW_HALTED] = BY_PROTOCOL,
    [ROW_SIZE] = BY_EFFECT,
    [ROW_START] = BY_EFFECT,
    [ROW_HISTORY] = BY_HISTORY,
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
    uint32_t n_history = 0, n_group = 0, n_state = 0;

    for (uint32_t asset = 0; asset < n_asset; asset++)
        n_history += plan->asset[asset].n_history;
    for (uint32_t venue = 0; venue < plan->n_venue; venue++) {
        const struct plan_venue *v = &plan->venue[venue];
        n_group += v->population == NULL ? 0 : v->population->n_group;
        n_state += v->liquidation->n_state;
    }
    const uint32_t size[] = {
        [BY_ASSET] = n_asset,
        [BY_ASSET_STATE] = n_asset * PRICE_MAX_STATE,
        [BY_ASSET_EFFECT] = n_asset * N_EFFECT_ROW,
        [BY_BOOK] = plan->n_book,
        [BY_BOOK_EFFECT] = plan->n_book * (N_EFFECT_STATE - N_EFFECT_ROW),
        [BY_OWN_MARK] = plan->n_own_mark * n_asset,
        [BY_HISTORY] = n_history,
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
        [BY_LIQUIDATION_STATE] = n_state,
        [SINGLE] = 1,
    };
    return size[SHAPES[set]];
}

static bool metric_exists(const struct plan *plan, enum need need)
{
    bool margin = false, oracle = false;

    for (uint32_t account = 0; account < plan->n_account; account++)
        margin = margin || plan->account[account].venue != PLAN_NONE;
    for (uint32_t asset = 0; asset < plan->n_asset; asset++)
        oracle = oracle || plan->asset[asset].has_oracle;
    return need == ALWAYS || (need == WITH_BOOK && plan->n_account > 0) ||
           (need == WITH_MARGIN && margin) || (need == WITH_MARKET && plan->n_book > 0) ||
           (need == WITH_ORACLE && oracle) ||
           (need == WITH_TABLES && plan->revaluation != REVALUE_FULL && plan->n_claim > 0);
}

uint32_t plan_dim(const struct plan *plan, enum metric_dim dim)
{
    return dim == DIM_ASSET      ? plan->n_asset
           : dim == DIM_ACCOUNT  ? plan->n_account
           : dim == DIM_PROTOCOL ? plan->n_venue
           : dim == DIM_PART     ? N_EXPLAIN
                                 : 1;
}

static void lay_out_metrics(struct plan *plan, struct arena *arena)
{
    struct plan_metric *metric = arena_get(arena, N_METRICS, sizeof *metric);

    for (int i = 0; i < N_METRICS; i++) {
        const struct metric_row *row = &METRICS[i];
        if (!metric_exists(plan, row->need))
            continue;
        const uint32_t reports = row->group == METRIC_TIME ? plan->n_report : 1;
        struct plan_metric *m = &metric[plan->n_metric++];
        m->set = row->set;
        m->metric = (struct metric){.name = row->name,
                                    .unit = row->unit,
                                    .doc = row->doc,
                                    .group = row->group,
                                    .dim = row->dim,
                                    .n_element = reports * plan_dim(plan, row->dim),
                                    .first_column = plan->n_column,
                                    .may_be_nan = row->may_be_nan};
        plan->n_column += m->metric.n_element;
    }
    plan->metric = metric;
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
    lay_out_metrics(plan, arena);
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
