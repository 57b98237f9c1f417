/* What is shown of a path, as a table. */

#include "sim/plan.h"

/* When a metric exists. */
enum need {
    ALWAYS,
    WITH_BOOK,
    WITH_MARGIN,
    WITH_MARKET,
    WITH_ACCOUNTS,
    WITH_ORACLE,
    WITH_TABLES
};

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
    {"absorbed_usd", "USD", "debt or shortfall that a fund, vault or pool took over",
     METRIC_PATH, DIM_PROTOCOL, ROW_ABSORBED, WITH_ACCOUNTS, false},
    {"gas_usd", "USD", "paid for transactions by liquidators",
     METRIC_PATH, DIM_PROTOCOL, ROW_GAS_SPENT, WITH_ACCOUNTS, false},
    {"fund_end_usd", "USD", "insurance fund at the horizon",
     METRIC_PATH, DIM_PROTOCOL, ROW_FUND, WITH_ACCOUNTS, false},
    {"cascade_usd", "USD",
     "part of liquidated_usd of accounts that other forced sales brought under water",
     METRIC_PATH, DIM_PROTOCOL, ROW_CASCADE_USD, WITH_ACCOUNTS, false},
    {"branching_ratio", "1",
     "cascade_usd / liquidated_usd, 1 at the edge of collapse; NaN: nothing liquidated",
     METRIC_PATH, DIM_PROTOCOL, ROW_BRANCHING, WITH_ACCOUNTS, true},
    {"first_liquidated_s", "s", "time of the first liquidation at the venue; NaN: none",
     METRIC_PATH, DIM_PROTOCOL, ROW_FIRST_LIQUIDATED, WITH_ACCOUNTS, true},
    {"last_liquidated_s", "s", "time of the last liquidation at the venue; NaN: none",
     METRIC_PATH, DIM_PROTOCOL, ROW_LAST_LIQUIDATED, WITH_ACCOUNTS, true},
    {"under_water_accounts", "1", "accounts under water at the horizon, not or partly closed",
     METRIC_PATH, DIM_PROTOCOL, ROW_UNDER_WATER, WITH_ACCOUNTS, false},
    {"latent_bad_debt_usd", "USD", "their negative equity at the venue's marks",
     METRIC_PATH, DIM_PROTOCOL, ROW_LATENT_DEBT, WITH_ACCOUNTS, false},
    {"bad_debt_by_usd", "USD", "bad debt of all protocols by what made it",
     METRIC_PATH, DIM_MECHANISM, ROW_BAD_DEBT_BY, WITH_ACCOUNTS, false},
    {"attempts", "1", "attempts to liquidate an account, of all protocols, by how they ended",
     METRIC_PATH, DIM_STOP, ROW_ATTEMPTS, WITH_ACCOUNTS, false},
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
    {"impact_frac", "1", "fall of the price by forced sales (negative: rise by purchases)",
     METRIC_TIME, DIM_ASSET, ROW_IMPACT_FRAC, WITH_ACCOUNTS, false},
    {"liquidated_usd", "USD", "value of the positions closed by force so far",
     METRIC_TIME, DIM_PROTOCOL, ROW_LIQUIDATED_USD, WITH_MARKET, false},
    {"liquidated_accounts", "1", "number of accounts closed by force so far",
     METRIC_TIME, DIM_PROTOCOL, ROW_LIQUIDATED_ACCOUNTS, WITH_ACCOUNTS, false},
    {"bad_debt_usd", "USD", "bad debt so far",
     METRIC_TIME, DIM_PROTOCOL, ROW_BAD_DEBT, WITH_MARKET, false},
    {"fund_usd", "USD", "insurance fund",
     METRIC_TIME, DIM_PROTOCOL, ROW_FUND, WITH_MARKET, false},
    /* clang-format on */
};
enum { N_METRICS = sizeof METRICS / sizeof *METRICS };

static bool metric_exists(const struct plan *plan, enum need need)
{
    bool margin = false, oracle = false;

    for (uint32_t account = 0; account < plan->n_account; account++)
        margin = margin || plan->account[account].venue != PLAN_NONE;
    for (uint32_t asset = 0; asset < plan->n_asset; asset++)
        oracle = oracle || plan->asset[asset].has_oracle;
    return need == ALWAYS || (need == WITH_BOOK && plan->n_account > 0) ||
           (need == WITH_MARGIN && margin) || (need == WITH_MARKET && plan->n_book > 0) ||
           (need == WITH_ACCOUNTS && plan->has_population) ||
           (need == WITH_ORACLE && oracle) ||
           (need == WITH_TABLES && plan->revaluation != REVALUE_FULL && plan->n_claim > 0);
}

void plan_lay_out_metrics(struct plan *plan, struct arena *arena)
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
