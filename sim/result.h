#ifndef TAILRACE_SIM_RESULT_H
#define TAILRACE_SIM_RESULT_H

#include <stdbool.h>
#include <stdint.h>

/* What a run leaves behind: one number per path and column. A column is one element of a
 * metric; metrics with more than one element have dimensions. */

enum metric_group { METRIC_PATH, METRIC_TIME };

/* Dimensions besides path (or quantile): what the elements of a metric stand for. */
enum metric_dim {
    DIM_NONE,
    DIM_ASSET,
    DIM_ACCOUNT,
    DIM_PROTOCOL,
    DIM_PART,
    DIM_MECHANISM, /* sim/cascade.h */
    DIM_STOP,
    N_DIM
};

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

/* Value and Greeks of a position or of a sum of positions. sim/greeks.h names, explains and
 * orders the members: in USD, the same in coins of the asset, and what exchanges show. */
struct greek_row {
    double value_usd, delta_usd, gamma_usd_per_pct, vega_usd_per_point, theta_usd_per_day,
        vanna_usd_per_point, volga_usd_per_point2, rho_usd_per_pct;
    double value_coin, delta_coin, gamma_coin_per_pct, vega_coin_per_point,
        theta_coin_per_day, vanna_coin_per_point, volga_coin_per_point2, rho_coin_per_pct;
    double theta_exchange_usd_per_day, vega_exchange_usd_per_point,
        rho_exchange_usd_per_pct, delta_exchange_coin;
};

enum { N_GREEK_BUCKET = 7 }; /* of the time left to expiry, see greeks_bucket */

/* At the start. Over all buckets and assets the sums are those over the positions, with two
 * entries of their own: cash, and what a position owes in another asset. */
struct greek_table {
    uint32_t n_asset; /* 0: there are no positions */
    const char *const *asset_name;
    const struct greek_row *position; /* [n_position] of the position's asset; the value is
                                         whole, cash and debts included */
    const double *debt_delta_usd;  /* [n_position] delta of what it owes in another asset */
    const struct greek_row *asset; /* [n_asset] sums over the buckets; without cash */
    const struct greek_row *bucket; /* [n_asset][N_GREEK_BUCKET] */
    struct greek_row total;         /* in USD over everything; no coins */
};

/* At the reporting times of the first paths; how the columns are laid out is the business
 * of sim/greek_paths.h. */
struct greek_paths {
    uint64_t n_path; /* 0: not asked for */
    double **column; /* [n_report][greek_paths_width][n_path] */
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
    uint64_t tail_paths;                    /* that carry the tail */
    const double *mean_usd, *tail_mean_usd; /* [n_part] */
};

/* Cascades of each protocol: quantiles over the paths at CASCADE_QUANTILE, [n_protocol] each;
 * the branching ratio over the paths on which something was liquidated, NaN without any. */
enum { N_CASCADE_QUANTILE = 3 };
static const double CASCADE_QUANTILE[N_CASCADE_QUANTILE] = {0.025, 0.5, 0.975};
struct cascade_figures {
    uint64_t n_path; /* on which something was liquidated */
    double accounts[N_CASCADE_QUANTILE], liquidated_usd[N_CASCADE_QUANTILE],
        bad_debt_usd[N_CASCADE_QUANTILE], branching_ratio[N_CASCADE_QUANTILE];
};
struct cascade_result {
    uint32_t n_protocol; /* 0: no accounts but the own ones */
    const char *const *protocol_name;
    const struct cascade_figures *figures; /* [n_protocol] */
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
    struct greek_table greeks;      /* at the start */
    struct greek_paths greek_paths; /* at reporting times */
    const double *position_pnl_usd; /* [n_path][n_position]; NULL: not kept */
    /* Euler contributions to ES of portfolio.loss at es_contribution_level, [n_position],
     * the part of forced liquidation of the own accounts, and that of the tables' error;
     * they add up to the ES. */
    double es_contribution_level;
    const double *es_contribution_usd;
    double es_contribution_liquidation_usd, es_contribution_interpolation_usd;
    struct explanation_result explanation;
    struct revaluation_result revaluation;
    struct cascade_result cascades;
    /* includes_feedback, [n_asset]: exogenous share of the stated log-move, 1 if not asked
     * for */
    const double *exogenous_frac, *target_extreme_frac, *pilot_extreme_frac;
    const char *resolved; /* YAML */
};

#endif
