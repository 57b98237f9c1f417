#ifndef TAILRACE_SIM_PLAN_H
#define TAILRACE_SIM_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/arena.h"
#include "sim/copula.h"
#include "sim/effect.h"
#include "sim/model.h"
#include "sim/plan_feed.h"
#include "sim/population.h"
#include "sim/result.h"
#include "sim/surface.h"

/* A scenario compiled to indices and per-step constants. Nothing in it changes while paths
 * run, except the exogenous shares, which the pilot sets before. Lives in one arena. */

enum { PLAN_UNIT = 256 }; /* paths per unit of work; every possible LANES divides it */
#define PLAN_NONE UINT32_MAX
static const double PLAN_YEAR_S = 365.0 * 86400.0; /* the year of every annual figure */
static const double PLAN_FUNDING_PERIOD_S = 8.0 * 3600.0; /* of funding_8h_frac */

struct plan_asset {
    const char *name;
    double spot_usd;        /* at the start */
    double funding_8h_frac; /* longs pay if positive */
    const struct price_model *model;
    const void *const *coef; /* [plan.n_set + 1] of each drawn parameter set; the last: of
                                the estimates themselves */
    const char *diffusion_stream;
    const char *bridge_stream; /* see sim/bridge.h */
    uint32_t n_draw, n_state;  /* the models that it mixes included */
    bool draw_normal[PRICE_MAX_DRAWS];
    const char *draw_stream[PRICE_MAX_DRAWS];
    uint32_t anchor; /* asset that this one leans on, above it; PLAN_NONE: none */
    bool in_anchor;  /* the model's price is in units of the anchor */
    bool has_oracle; /* plan.feed of the asset's index is there */
    const struct surface *surface; /* NULL: no options on this asset */
    bool sticky_delta;             /* volatility goes with ln(K/F), not with K */
    bool smile;        /* sticky delta, or some effect on term or skew: sim/smile.h */
    double level_beta; /* of implied volatility to the model's own; 0: none */
    double term_power; /* of the term effects, see sim/bend.h */
    bool depth_follows_volatility; /* of some book */
};

/* An order book or pool: one asset at one venue. */
enum { PLAN_MAX_BOOK = 16 }; /* of one asset */
struct plan_book {
    uint32_t venue, asset;
    const struct liquidity_model *model;
    const void *coef;
    double weight;         /* in the asset's traded price: share of the calm depth, sum 1 */
    double halvings_per_s; /* of its distance from the other books: ln 2 / half-life */
    double volatility_power; /* depth falls as this power of volatility rises; 0: it does
                                not */
};

/* A margin account of the user, or a place without margin (venue PLAN_NONE). */
struct plan_account {
    const char *name;
    uint32_t venue;
    uint32_t first_claim, n_claim; /* in plan.claim */
    double start_value_usd;
    double cash_usd;
    const double *coins;          /* [n_asset] held */
    const double *fixed_usd;      /* [n_asset] perpetuals: value = fixed + slope * S */
    const double *slope_coins;    /* [n_asset] */
    const double *notional_usd;   /* [n_asset] signed: notional_usd + notional_coins * S */
    const double *notional_coins; /* [n_asset] */
};

/* Positions of one account in one contract, netted; those with a state of their own are
 * not. */
struct plan_claim {
    const struct contract *contract; /* its quantity is the net one */
    uint32_t expiry_step;            /* first step at or after expiry; PLAN_NONE: beyond the
                                        horizon, or there is none */
    const struct surface_strike *strike; /* NULL: the contract has no strike */
    uint32_t first_state;                /* in ROW_CLAIM_STATE */
    uint32_t settlement; /* index into plan.settlement; PLAN_NONE: expires beyond */
    uint32_t position;   /* index in positions.csv, where it has a state or flows */
    uint32_t strip;      /* index into plan.strip; PLAN_NONE: valued by itself */
};

/* Options that can be valued together (sim/black.h): of one account, asset, expiry,
 * settlement window and settlement, one after the other in plan.claim. */
enum { PLAN_MAX_STRIP = 64 };
struct plan_strip {
    uint32_t first_claim, n;                                 /* at most PLAN_MAX_STRIP */
    const double *sign, *strike_usd, *log_strike, *quantity; /* [n] */
    const double *total_variance;                            /* [n_slice][n] */
};

/* Prices that claims settle at: of one asset, expiry and window. */
struct plan_settlement {
    uint32_t asset;
    double expiry_s, window_s; /* end and length of the window; 0: one instant */
    uint32_t expiry_step;      /* PLAN_NONE: beyond the horizon, in its window at the end */
};

struct plan_venue {
    const char *name;
    const struct margin_rule *rule;
    const void *const *coef; /* [category] of the population's; 0: none, and own accounts */
    double liquidation_fee_frac, insurance_fund_usd, margin_call_ratio,
        option_half_spread_frac;
    uint32_t own_mark; /* index into ROW_OWN_MARK of the prices at its own books; PLAN_NONE:
                          they are the market's */
    const uint32_t *book; /* [n_asset] its own books, PLAN_NONE: none */
    enum mark_rule mark;
    bool index_oracle;       /* the index of its marks is the oracle's price */
    double mark_half_life_s; /* of the premium in its marks */
    uint32_t first_mark;     /* in ROW_MARK and ROW_PREMIUM; PLAN_NONE: it has no rows */
    const uint32_t *feed;    /* [n_asset] in plan.feed; PLAN_NONE: no oracle */
    uint32_t chain;          /* in plan.chain; PLAN_NONE: away from a chain */
    double capital_usd;      /* of its liquidators at the start; INFINITY: without bound */
    double capital_half_life_s; /* in which half of what is laid out is there again */
    uint64_t max_rounds;
    const double *haircut_frac;                  /* [n_asset] of held coins */
    const double *borrow_rate_annual;            /* [n_asset] of debts, continuous */
    const struct population *population;         /* NULL: none */
    const struct liquidation_model *liquidation; /* of its population */
    const void *const *liquidation_coef;         /* [category] */
    uint32_t first_group;                        /* of its rows by group */
    size_t first_overlay;                        /* its words in worker.overlay */
    uint32_t first_state;                        /* of its rows of liquidation state */
};

/* A position as the result shows it, and the constants of its own P&L. */
struct plan_position {
    const struct contract *contract;
    struct linear_value linear; /* zero for claims */
    uint32_t claim;             /* index into plan.claim or PLAN_NONE */
};

/* Sets of rows that a path owns; each set has one row per element of its shape. */
enum row_set {
    ROW_MODEL,       /* [asset] price model's price, USD or anchors */
    ROW_MODEL_STATE, /* [asset][PRICE_MAX_STATE] */
    ROW_JUMP,        /* [asset] number of jumps in this step */
    ROW_JUMP_BEFORE, /* [asset] in the step before */
    ROW_VOLATILITY, /* [asset] of the model at the start, where level_beta is not 0 or depth
                         follows it */
    ROW_BASE,       /* [asset] price without outstanding impact, USD */
    ROW_SPOT,       /* [asset] traded price, USD */
    ROW_EFFECT,     /* [N_EFFECT_ROW][asset] */
    ROW_BOOK_EFFECT,  /* [N_EFFECT_STATE - N_EFFECT_ROW][book] */
    ROW_SIZE,         /* [effect] drawn sizes */
    ROW_START,        /* [effect] drawn starts, s */
    ROW_IMPACT,       /* [book] log-impact J not yet refilled */
    ROW_PERMANENT,    /* [book] log-impact that stays */
    ROW_DEPTH_BEFORE, /* [book] depth factor of the previous step */
    ROW_OWN_MARK,     /* [own mark][asset] traded price at one venue, USD */
    ROW_ORACLE,       /* [feed] published price, USD */
    ROW_ORACLE_TIME,  /* [feed] of the last publication, s */
    ROW_ORACLE_SEEN,  /* [feed] time of the price that the oracle saw last, s */
    ROW_HISTORY,      /* [feed][n_history] ring of traded prices */
    ROW_INTEGRAL,    /* the same of their integral since the start, USD s, where averaged */
    ROW_MARK,        /* [venue with such marks][asset] mark price, USD */
    ROW_PREMIUM,     /* the same: average premium of the venue's price over the index */
    ROW_HALTED,      /* [venue] 1 while it stands still */
    ROW_CAPITAL,     /* [venue] what its liquidators can lay out now, USD */
    ROW_GAS,         /* [chain] price of gas, gwei */
    ROW_THROUGHPUT,  /* [chain] factor on the transactions per second */
    ROW_QUEUE,       /* [chain] transactions that find room now */
    ROW_FUNDING,     /* [asset] cumulative funding per coin held long, USD */
    ROW_RNG,         /* [stream][2] */
    ROW_CASH,        /* [account] USD */
    ROW_COINS,       /* [account][asset] */
    ROW_OPEN,        /* [account] 1 until liquidated, then 0 */
    ROW_CLAIM,       /* [account][asset][N_CLAIM_SUM] */
    ROW_CLAIM_STATE, /* [plan.n_claim_state] */
    ROW_CHECK_REPORT, /* [1] reporting time at which the tables are compared; -1: at none */
    ROW_TABLE_ERROR, /* [1] value by the tables less that in full, USD; NaN: not compared */
    ROW_TABLE_OUTSIDE, /* [1] number of times a state was outside a table */
    ROW_EXPLAIN,       /* [N_EXPLAIN] parts of the P&L so far, USD; sim/explain.h */
    ROW_EXPLAIN_BASE,  /* [account][asset][N_EXPLAIN_BASE] */
    ROW_EXPLAIN_JUMP, /* [asset] price moves of steps with jumps since the last report, USD */
    ROW_SETTLEMENT,   /* [settlement] integral of the price over its window so far, USD s */
    ROW_SPOT_BEFORE, /* [asset] traded price at the end of the previous step, where claims
                         have steps or settle */
    ROW_HIGH,        /* [asset] highest traded price inside the step, where claims ask */
    ROW_LOW,
    ROW_EQUITY,      /* [account] on the venue's marks, USD */
    ROW_REQUIREMENT, /* [account] USD */
    ROW_FIRST_ALIVE, /* [group] first account in the index, of all venues' groups */
    ROW_NEXT_LEVEL,  /* [group] its level */
    ROW_EPOCH_PRICE, /* [venue][asset] where the safe distances were measured */
    ROW_EPOCH_FUNDING,
    ROW_EPOCH_INDEX,
    ROW_WATCHED,     /* [venue] number of accounts that are watched */
    ROW_WATCH_FLOOR, /* [venue] smallest level of them; -INFINITY: one must be called */
    ROW_LIQUIDATION_STATE, /* [venues' models' n_state] */
    ROW_MARK_SEEN, /* [venue][asset] mark that is not the traded price, see sim/cascade.h */
    ROW_MARK_DISPLACEMENT, /* [venue][asset] of the traded price when that changed */
    ROW_MARK_FACTOR,       /* [venue][asset] what it is held at, over the mark */
    ROW_TAKER_COINS,       /* [asset] what liquidity takers bought from liquidations */
    ROW_TAKER_USD,         /* [1] what they paid for it (negative: they received) */
    /* From here on: what metrics show. */
    ROW_PNL,  /* [1] */
    ROW_PEAK, /* [1] highest P&L so far */
    ROW_DRAWDOWN,
    ROW_MIN_BUFFER, /* [1] over all accounts */
    ROW_MARGIN_CALL,
    ROW_LIQUIDATED,
    ROW_FIRST_CALL, /* [1] s; NaN: never */
    ROW_FIRST_LIQUIDATION,
    ROW_LIQUIDATION_COST, /* [1] equity lost by closing the own accounts, USD */
    ROW_FUNDING_PAID,
    ROW_ACCOUNT_PNL,    /* [account] */
    ROW_ACCOUNT_BUFFER, /* [account] minimum */
    ROW_ACCOUNT_CALL_S, /* [account] s; NaN: never */
    ROW_ACCOUNT_LIQUIDATED_S,
    ROW_BAD_DEBT, /* [protocol] */
    ROW_SHORTFALL,
    ROW_LIQUIDATED_USD,
    ROW_LIQUIDATED_ACCOUNTS,
    ROW_RETURNED, /* left to closed accounts, USD */
    ROW_FUND,
    ROW_FUND_DRAWN,
    ROW_FEES,
    ROW_LIQUIDATOR,       /* gain of liquidators, USD */
    ROW_ABSORBED,         /* debt or shortfall that a fund, vault or pool took over, USD */
    ROW_GAS_SPENT,        /* USD */
    ROW_CASCADE_USD,      /* liquidated because of forced sales, sim/cascade.h */
    ROW_BRANCHING,        /* its share of ROW_LIQUIDATED_USD, at the end */
    ROW_FIRST_LIQUIDATED, /* s; NaN: never */
    ROW_LAST_LIQUIDATED,
    ROW_UNDER_WATER, /* accounts that are under water at the end */
    ROW_LATENT_DEBT, /* their shortfall at the marks, USD */
    ROW_BAD_DEBT_BY, /* [N_MECHANISM] of all protocols, USD */
    ROW_ATTEMPTS,    /* [N_STOP] at liquidations, of all protocols */
    ROW_ROUNDS,
    ROW_CAP_HITS,
    ROW_MIN_SPOT, /* [asset] */
    ROW_MAX_SPOT,
    ROW_PEAK_S,   /* [asset] time of the highest price so far, s */
    ROW_MAX_FALL, /* [asset] smallest price / highest price before it; at the end 1 - it */
    ROW_FALL_DURATION, /* [asset] from that high to that low, s */
    ROW_SAMPLE_SPOT,   /* [asset] price at the last reporting time */
    ROW_REALISED_VOL, /* [asset] sum of squared log-returns; at the end annual volatility */
    ROW_MAX_IMPACT,   /* [asset] largest 1 - exp(-|J + permanent|) */
    ROW_ORACLE_GAP,   /* [asset] largest |oracle / spot - 1| */
    ROW_IMPACT_FRAC,  /* [asset] fall of the price by forced sales */
    ROW_DEPTH_USD,    /* [asset] USD that move the price by 1 % */
    N_ROW_SET
};

/* Sums over the claims of one account and asset at their last full revaluation. Implied
 * volatilities move with the factor of the surface: sigma = factor sigma0. */
enum claim_sum {
    CLAIM_VALUE,       /* USD */
    CLAIM_DELTA,       /* coins */
    CLAIM_GAMMA,       /* coins per USD */
    CLAIM_THETA,       /* USD per year */
    CLAIM_VEGA,        /* USD per 1.00 of volatility */
    CLAIM_VANNA,       /* coins per 1.00 of volatility */
    CLAIM_VOLGA,       /* USD per 1.00 of volatility, squared */
    CLAIM_RHO,         /* USD per 1.00 of the forward's annual basis */
    CLAIM_FACTOR,      /* dV per unit of the surface factor, USD */
    CLAIM_FACTOR_SPOT, /* d2V per unit of factor and price, coins */
    CLAIM_CARRY,    /* dV/dt as the forward nears the price at the basis of now, USD/year */
    CLAIM_FACTOR_2, /* d2V per unit of factor, squared, USD */
    CLAIM_ABS, /* sum of absolute values of options, USD: what the closing spread is paid
                      on */
    CLAIM_OPTION_DELTA, /* delta of options, coins */
    CLAIM_FUTURE,       /* futures' notional: delta of the linear ones, coins */
    CLAIM_FUTURE_USD,   /* contracts of 1 USD of the inverse ones */
    CLAIM_NEED,         /* requirement of options, USD */
    CLAIM_SLOPE,      /* its change per USD of price, the options' values following delta */
    CLAIM_BY_TERM,    /* dV per unit of the term effect, USD; 0 without a smile */
    CLAIM_BY_SKEW,    /* dV per unit of the skew effect, USD */
    N_CLAIM_FUNCTION, /* so far functions of the market; from here on where they hold: */
    CLAIM_SPOT = N_CLAIM_FUNCTION, /* price, USD */
    CLAIM_SURFACE,                 /* effects on the surface */
    CLAIM_TERM,
    CLAIM_SKEW,
    N_CLAIM_SUM
};

struct plan_metric {
    struct metric metric;
    enum row_set set;
};

/* How claims are valued at reporting times: one by one; by tables where they hold the
 * tolerance; by tables where they also save work. */
enum revaluation { REVALUE_FULL, REVALUE_BOOK, REVALUE_AUTO };

struct book_tables;

struct plan {
    const char *name, *description;
    const char *file;     /* of the scenario, for messages */
    const char *resolved; /* YAML */
    uint64_t seed, n_path;
    uint64_t n_greek_path; /* first paths on which Greeks are followed; 0: none */
    double horizon_s, step_s;
    uint32_t n_step, report_every, n_report;

    uint32_t n_asset;
    const struct plan_asset *asset;
    const double *factor;   /* [n_asset][plan_pad(n_asset)] lower Cholesky factor of the
                             correlation, rest 0 */
    struct copula copula;   /* between the innovations of the assets */
    uint32_t copula_stream; /* index of its mixing variable's stream, if there is one */
    uint32_t bridge_stream; /* index of the first asset's, if claims read extremes */
    uint32_t n_set;         /* drawn parameter sets; 0: all paths run at the estimates */
    uint64_t set_paths;     /* paths that share one, a multiple of PLAN_UNIT */
    uint64_t n_set_refused; /* draws that no model could use, drawn again */
    uint32_t n_feed; /* at least n_asset: the assets' own first, then those of venues */
    const struct plan_feed *feed;
    uint32_t n_mark; /* venues with rows in ROW_MARK */
    uint32_t n_chain;
    const struct plan_chain *chain;
    uint32_t n_effect;
    const struct effect *effect;
    bool counts_jumps; /* some price model asks for the jumps, or there is a book */
    bool moves_price;  /* some effect acts on prices */
    bool level_beta;   /* some asset has one */
    bool uses_oracle;  /* some venue marks by it, or some claim */
    double *exogenous; /* [n_asset] share of the stated log-moves; 1 without a pilot */
    uint64_t n_pilot;  /* 0: no shock includes feedback */

    bool feedback;   /* forced sales move prices */
    uint32_t n_book; /* 0: nothing can be sold */
    const struct plan_book *book;
    const uint32_t *first_book; /* [n_asset + 1] books first_book[i] .. first_book[i + 1]
                                   are those of asset i, by venue */
    uint32_t n_own_mark;

    uint32_t n_venue;
    const struct plan_venue *venue;
    uint32_t n_account;
    const struct plan_account *account;
    uint32_t n_position;
    const struct plan_position *position;
    uint32_t n_claim, n_claim_state;
    uint32_t n_strip;
    const struct plan_strip *strip;
    /* [n_report][n_account][n_asset] 1: none of the claims has a state of its own or expires
     * in the interval that ends at that reporting time, and there are some */
    const unsigned char *smooth;
    uint32_t n_settlement;
    const struct plan_settlement *settlement;
    enum revaluation revaluation; /* of claims at reporting times */
    double revaluation_tolerance; /* of their value by tables, as a share of gross value */
    const struct book_tables *tables; /* set before the run; NULL: everything in full */
    bool keeps_position_pnl;          /* of every path, for the result */
    bool keeps_spot_before;           /* there is a book: its flows and jumps want it */
    bool reads_extremes;
    bool check_triggers;            /* debug: sim/trigger_check.h */
    const struct plan_claim *claim; /* sorted by account, asset, expiry */
    double start_value_usd;         /* of the whole book */

    bool has_population; /* some venue has one */

    uint32_t row[N_ROW_SET]; /* index of each set's first row */
    uint32_t n_row, n_stream;
    size_t overlay_words; /* of 64 bits per path, see sim/trigger.h */

    uint32_t n_metric, n_column;
    const struct plan_metric *metric;
    uint32_t n_risk;
    const struct risk_metric *risk;
};

/* Assets are correlated four at a time: the next multiple of four. */
static inline uint32_t plan_pad(uint32_t n_asset)
{
    return (n_asset + 3) / 4 * 4;
}

/* Order books of an asset. */
static inline uint32_t plan_books(const struct plan *plan, uint32_t asset)
{
    return plan->first_book[asset + 1] - plan->first_book[asset];
}

/* The parameter set of a path: its batch's; the estimates for paths beyond the run's, which
 * are the pilot's. */
static inline uint32_t plan_set(const struct plan *plan, uint64_t path)
{
    return plan->n_set == 0 || path / plan->set_paths >= plan->n_set
               ? plan->n_set
               : (uint32_t)(path / plan->set_paths);
}

/* Elements of a dimension; 1 for DIM_NONE. */
uint32_t plan_dim(const struct plan *plan, enum metric_dim dim);

/* Sets metric and n_column. */
void plan_lay_out_metrics(struct plan *plan, struct arena *arena);

/* Sets row, n_row, overlay_words, metric, n_column and risk from the rest, then the values
 * of the book at the start. `accounts` are those of the plan. */
void plan_lay_out(struct plan *plan, struct plan_account *accounts, struct arena *arena);

#endif
