#ifndef TAILRACE_SIM_RESULT_H
#define TAILRACE_SIM_RESULT_H

#include <stdbool.h>
#include <stdint.h>

/* What a run leaves behind: one number per path and column. A column is one element of a
 * metric; metrics with more than one element have dimensions. */

enum metric_group { METRIC_PATH, METRIC_TIME };

/* Dimensions besides path (or quantile): what the elements of a metric stand for. */
enum metric_dim { DIM_NONE, DIM_ASSET, DIM_ACCOUNT, DIM_PROTOCOL, DIM_PART, N_DIM };

struct metric {
    const char *name; /* dataset name: pnl_usd, final_spot_usd */
    const char *unit; /* as in the file: USD, s, 1 */
    const char *doc;  /* long_name */
    enum metric_group group;
    enum metric_dim dim;
    uint32_t
        n_element; /* 1, n_asset, n_account, n_protocol; times n_report in METRIC_TIME */
    uint32_t first_column; /* of its elements; METRIC_TIME: column = first + report * n_dim
                              + element */
    bool may_be_nan; /* "never happened"; anything else that is not finite is an error */
};

/* What is turned into VaR, ES, mean and probability: a column with a sign. */
struct risk_metric {
    const char *name; /* portfolio.loss, protocol.perp_venue.bad_debt */
    const char *doc;
    uint32_t column;
    double sign; /* -1 for pnl: loss = -pnl */
};

struct greek_row {
    double value_usd, delta_coin, delta_usd, gamma_usd_per_pct, vega_usd_per_point,
        theta_usd_per_day, theta_exchange_usd_per_day;
};

/* What became of the tables of one asset's claims, over accounts and reporting times. */
struct revaluation_count {
    uint64_t n_table, n_full; /* built; valued in full instead */
    uint64_t n_dimension;     /* largest number of coordinates, the price included */
    uint64_t n_point;         /* valuations of all claims that the tables took */
};

/* How claims were valued by tables, and how far from in full. */
struct revaluation_result {
    uint32_t n_asset; /* 0: in full */
    const char *const *asset_name;
    const struct revaluation_count *count; /* [n_asset] */
    uint64_t n_checked;                    /* paths, each at one reporting time */
    uint64_t n_outside; /* valuations in full of states outside the tables */
    double max_error_usd, rms_error_usd, max_error_es_frac; /* of the book's value */
};

/* P&L explanation: means over all paths, and over the tail of the ES of portfolio.loss at a
 * level, with its split atom. */
struct explanation_result {
    uint32_t n_part; /* 0: no positions */
    const char *const *part_name;
    double es_level;
    const double *mean_usd, *tail_mean_usd; /* [n_part] */
};

/* Names and shape of one finished cell; everything is owned by others. */
struct result {
    const char *name, *description;
    uint64_t n_path, seed;
    uint64_t set_paths; /* that share one drawn parameter set; 0: all share the estimates */
    double horizon_s, step_s;
    uint32_t n_metric;
    const struct metric *metric;
    uint32_t n_column;
    double *const *column; /* [n_column][n_path] */
    uint32_t n_risk;
    const struct risk_metric *risk;
    uint32_t n_asset, n_account, n_protocol, n_position, n_report;
    const char *const *asset_name, *const *account_name, *const *protocol_name,
                                                             *const *position_name;
    const uint32_t *position_asset; /* [n_position]; index of asset, n_asset for cash */
    const double *report_s;         /* [n_report] */
    uint32_t n_part;                /* of the P&L explanation */
    const char *const *part_name;
    const struct greek_row *position_greeks; /* [n_position] at the start */
    const struct greek_row *asset_greeks;    /* [n_asset] sums */
    /* Euler contributions to ES of portfolio.loss at es_contribution_level, [n_position],
     * the part of forced liquidation of the own accounts, and that of the tables' error;
     * they add up to the ES. */
    double es_contribution_level;
    const double *es_contribution_usd;
    double es_contribution_liquidation_usd, es_contribution_interpolation_usd;
    struct explanation_result explanation;
    struct revaluation_result revaluation;
    /* includes_feedback, [n_asset]: exogenous share of the stated log-move, 1 if not asked
     * for */
    const double *exogenous_frac, *target_extreme_frac, *pilot_extreme_frac;
    const char *resolved; /* YAML */
};

#endif
