#ifndef TAILRACE_SCENARIOS_SCENARIO_H
#define TAILRACE_SCENARIOS_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/arena.h"
#include "sim/error.h"
#include "sim/model.h"
#include "sim/plan_feed.h"
#include "sim/svi.h"

/* A scenario as its author wrote it, by names, with everything resolved: `extends`, --set,
 * defaults, the market file, the CSV files. scenarios/compile.c turns it into a plan. All
 * memory belongs to one arena. Units are in the names; durations are seconds. */

/* Where something stands, for messages. */
struct place {
    const char *file;
    int line, column;
};

/* One input file as read: what goes to /inputs and into the hash. */
struct input_file {
    const char *name; /* as the user wrote it */
    const char *text;
    size_t size;
    char sha256[65];
};

enum { PARAMETERS_ESTIMATES, PARAMETERS_SAMPLED };

/* run: */
struct run_section {
    uint64_t paths;
    double horizon_s, step_s;
    double report_s; /* never 0: the default is horizon / 24, rounded up to whole steps */
    uint64_t seed;
    uint64_t pilot_paths; /* of the search for the exogenous part of a move */
    bool feedback;        /* forced sales move prices */
    int parameters;       /* PARAMETERS_* of the price models */
    uint64_t batch;       /* paths that share one drawn set */
    uint64_t greek_paths; /* first paths on which Greeks are followed */
    int revaluation;      /* enum revaluation */
    double revaluation_tolerance;
    bool position_pnl; /* of every path is kept */
    bool check_triggers;
};

/* severity: */
struct severity_section {
    const char *label, *source, *fitted_here;
    double percentile; /* 0 if not given */
};

struct oracle_section {
    struct place place;
    double heartbeat_s, deviation_frac, delay_s, twap_s;
    uint64_t sources;
    double source_noise_frac;
    bool rate;                 /* follows the anchor's oracle times the exchange rate */
    double floor_usd, cap_usd; /* 0: none */
};

/* surface: one of chain, flat, ssvi, svi; and how it moves */
enum { IV_UNIT_FRACTION, IV_UNIT_PERCENT };
enum { SURFACE_STICKY_STRIKE, SURFACE_STICKY_DELTA };
enum surface_kind { SURFACE_CHAIN, SURFACE_FLAT, SURFACE_SSVI, SURFACE_SVI };
struct slice_section {
    struct place place;
    const char *expiry;                            /* as written */
    double expiry_s;                               /* after the start */
    double basis_annual;                           /* forward F = S exp(basis T) */
    double atm_volatility_annual, theta, rho, phi; /* ssvi */
    struct svi svi; /* the numbers of a slice of svi; of ssvi the same slice */
};
struct ssvi_section {
    double rho, eta, gamma; /* of the slices that have none of their own */
};
struct surface_section {
    enum surface_kind kind;
    const char *chain;             /* CSV file; NULL if there is none */
    int iv_unit;                   /* IV_UNIT_* of the chain's mark_iv */
    double flat_volatility_annual; /* 0 if not flat */
    double flat_basis_annual;      /* forward F = S exp(basis T) of a flat surface */
    int dynamics;                  /* SURFACE_STICKY_* */
    double level_beta;
    bool allow_arbitrage;
    uint32_t n_slice; /* ssvi, svi */
    struct slice_section *slice;
};

/* One row of an option chain CSV. */
struct chain_row {
    struct place place;
    double quote_s, expiry_s; /* seconds since 1970 UTC */
    double strike_usd, forward_usd, volatility_annual;
    double index_usd; /* spot index at the quote; 0 if the file has none */
    bool call;
};

/* What is known of the parameters of an asset's price model: standard errors and their
 * correlation, or a file of sets. */
struct uncertainty {
    struct place place;
    uint32_t n;
    const char *const *key; /* [n] names as in sim/param.h */
    struct number_list standard_error;
    const double *correlation; /* [n][n]; NULL with sets */
    const char *sets;          /* CSV file; NULL with standard errors */
    uint32_t n_set;
    const double *set; /* [n_set][n] */
};

struct scenario_asset {
    struct place place;
    const char *name;
    double spot_usd;
    double funding_8h_frac; /* longs pay if positive */
    const struct price_model *model;
    void *param;
    struct place price_place;
    const struct uncertainty *uncertainty; /* NULL: none is stated */
    bool has_surface;
    struct surface_section surface;
    uint32_t n_chain_row, n_chain_skipped; /* skipped: without a volatility */
    struct chain_row *chain_row;           /* rows of this asset */
    bool has_oracle;
    struct oracle_section oracle;
};

/* One venue: its margin rule, fees, fund; liquidity if it trades itself. */
enum { INDEX_BOOKS, INDEX_ORACLE };
struct venue_section {
    double liquidation_fee_frac; /* of the closed notional, to the insurance fund */
    double insurance_fund_usd;
    double margin_call_ratio;       /* margin call when equity < ratio x maintenance */
    double option_half_spread_frac; /* of an option's mark, paid when it is liquidated */
    int mark;                       /* enum mark_rule: which price margin is computed on */
    int index;                      /* INDEX_*: of the marks that are more than one price */
    double mark_half_life_s;        /* of the premium in such a mark; 0: not given */
    const char *chain;              /* NULL: away from a chain */
    double liquidator_capital_usd;  /* 0: without bound */
    double capital_half_life_s;
    uint64_t max_rounds;          /* of liquidation within one step */
    double arbitrage_half_life_s; /* of its books' distance from others' */
};
struct venue_asset {
    struct place place;
    const char *asset;
    struct margin_tiers tiers; /* n_tier = 0 if none */
    double collateral_haircut_frac;
    double borrow_rate_annual;
    double depth_volatility_power; /* of its book */
    void *liquidity_param;   /* of the venue's liquidity model; NULL if not traded there */
    void *margin_param;      /* after the rule's asset_fields; NULL if it has none */
    void *liquidation_param; /* the same of the liquidation model */
    bool has_oracle;         /* of its own, in the place of the asset's */
    struct oracle_section oracle;
};
/* Assets that count more together (Aave: an efficiency mode): what differs for accounts of
 * the category. */
struct venue_category {
    struct place place;
    const char *name;
    uint32_t n_asset;
    struct venue_asset *asset;
};
struct scenario_venue {
    struct place place;
    const char *name;
    struct venue_section v;
    const struct margin_rule *rule;
    void *rule_param;
    const struct liquidity_model *liquidity; /* NULL: no books here */
    const struct liquidation_model *liquidation;
    void *liquidation_param;
    uint32_t n_asset;
    struct venue_asset *asset;
    uint32_t n_category;
    struct venue_category *category;
};

/* One chain that venues stand on. */
struct chain_section {
    double gas_price_gwei, gas_per_liquidation;
    const char *native; /* asset */
    double liquidations_per_s, block_s;
};
struct scenario_chain {
    struct place place;
    const char *name;
    struct chain_section c;
};

/* One element of shocks:. A liquidity shock may act on depth, refill and spread at once. */
enum shock_state {
    SHOCK_PRICE,
    SHOCK_VOLATILITY,
    SHOCK_SURFACE,
    SHOCK_CORRELATION,
    SHOCK_LIQUIDITY,
    SHOCK_ORACLE,
    SHOCK_FUNDING,
    SHOCK_HALT,
    SHOCK_GAS,
    N_SHOCK_STATE
};
enum shock_shape { SHAPE_DEFAULT, SHAPE_STEP, SHAPE_RAMP, SHAPE_PULSE };
struct shock_effect {
    bool given;
    struct draw size;
};
struct scenario_shock {
    struct place place;
    const char *name; /* unique; from the file or "price-1", "liquidity-2", ... */
    enum shock_state state;
    uint32_t n_target;            /* 0: all */
    const char **target;          /* assets; venues for liquidity, halt; chains for gas */
    struct shock_effect move;     /* price: fraction */
    struct shock_effect multiply; /* volatility, surface */
    struct shock_effect skew_add; /* surface: 1/sqrt(year) */
    double term;                  /* surface: power of time to expiry */
    struct shock_effect depth, refill, spread; /* liquidity: factors */
    struct shock_effect delay;                 /* oracle: seconds added */
    struct shock_effect add;                   /* funding: fraction per 8 h added */
    struct shock_effect halt;                  /* 1 */
    struct shock_effect gas_price, throughput; /* gas: gwei, factor */
    double set;                                /* correlation: target level */
    struct draw weight;                        /* correlation: 0 .. 1 */
    int shape;                                 /* SHAPE_* */
    struct draw start;                         /* seconds */
    double duration_s;                         /* 0: none */
    bool recovers;
    double recover_fraction, recover_half_life_s;
    bool includes_feedback; /* default: true for a price shock with a source */
    const char *source;     /* NULL if none */
};

/* One row of a positions or accounts file. */
struct scenario_position {
    struct place place;
    const char *id, *account, *venue; /* venue NULL: held outside, no margin */
    const struct instrument *instrument;
    const char *asset;         /* NULL for cash */
    struct contract *contract; /* of the instrument; account and assets are not set yet */
};
struct scenario_holding {
    struct place place;
    const char *account, *asset;
    double quantity; /* coins, signed */
    double entry_usd;
    double collateral_usd; /* of the account, given in one of its rows */
    double weight;         /* number of equal accounts that the row stands for */
    bool held;             /* property, not a contract; asset NULL: dollars */
    uint32_t category;     /* 1 + index of the venue's; 0: none */
};
/* The accounts of one venue. */
struct population_source; /* scenarios/population.h */
struct scenario_population {
    struct place place;
    const char *venue;
    const char *file;                       /* CSV, or where it is generated */
    const struct population_source *source; /* NULL: the file as it is */
    uint32_t n_holding;
    struct scenario_holding *holding; /* rows of one account stand together */
};

enum limit_kind { LIMIT_VAR, LIMIT_ES, LIMIT_MEAN, LIMIT_PROBABILITY };
struct scenario_limit {
    struct place place;
    const char *metric;
    enum limit_kind kind;
    double level;      /* of var and es, 0.99 */
    double above_usd;  /* probability: of the metric exceeding this */
    double max;        /* USD, or probability */
    double confidence; /* 0.95 */
};

/* Dependence of the innovations beyond their correlations. */
struct copula_section {
    uint64_t degrees_of_freedom; /* even; 0: normal */
};

struct scenario {
    const char *name, *description;
    struct severity_section severity;
    struct run_section run;
    double time_utc_s; /* of the market's prices, seconds since 1970; 0 if not given */
    uint32_t n_asset;
    struct scenario_asset *asset;
    double *correlation; /* [n_asset][n_asset] */
    struct place correlation_place;
    struct copula_section copula;
    uint32_t n_chain;
    struct scenario_chain *chain;
    uint32_t n_venue;
    struct scenario_venue *venue;
    uint32_t n_position;
    struct scenario_position *position;
    uint32_t n_population;
    struct scenario_population *population;
    uint32_t n_shock;
    struct scenario_shock *shock;
    uint32_t n_limit;
    struct scenario_limit *limit;
    uint32_t n_input;
    struct input_file
        *input; /* every file read, in the order of reading, without repeats */
    const char
        *resolved; /* YAML with all defaults, %.17g: reading it gives this scenario */
};

/* What the command line adds to a file. */
struct override {
    const char *key;   /* "run.paths", "shocks[0].move" */
    const char *value; /* YAML text */
};

/* Reads one scenario file with everything it names; paths in it are relative to the file
 * that names them. Overrides are applied in order, after `extends`. False: err has the
 * sentence. */
bool scenario_read(const char *file, uint32_t n_override, const struct override *override,
                   struct arena *arena, struct scenario *scenario, struct error *err);

/* The same where `file` may be a market file as well: then nothing else is in the scenario
 * than what the overrides add. */
bool scenario_read_market(const char *file, uint32_t n_override,
                          const struct override *override, struct arena *arena,
                          struct scenario *scenario, struct error *err);

/* The cells of a suite: scenarios x portfolios x populations x overrides x markets. */
struct suite_cell {
    const char *name; /* the axes that have more than one value, joined by "--" */
    const char *scenario_file;
    uint32_t n_override;
    struct override *override;  /* market, portfolio and population included */
    const char *without_market; /* its name without the market's part */
    uint32_t market;            /* which of the suite's markets, 0 .. n_market - 1 */
};
struct suite {
    const char *name, *description;
    uint32_t n_market; /* 0: the scenarios' own */
    uint32_t n_cell;
    struct suite_cell *cell;
    struct input_file input; /* the suite file itself; size 0 if there is none */
};

/* Reads a suite file, or makes a one-cell suite of a scenario file; which one it is shows
 * in the file: a suite has `scenarios`. The overrides given here go last into every cell.
 */
bool suite_read(const char *file, uint32_t n_override, const struct override *override,
                struct arena *arena, struct suite *suite, struct error *err);

/* Prints every section's fields with unit, range, default and doc (for `describe`). */
struct section_about {
    const char *name; /* "run", "shocks", "venues", ... */
    const char *doc;
    const struct field *fields;
};
extern const struct section_about scenario_sections[]; /* ends with name NULL */

#endif
