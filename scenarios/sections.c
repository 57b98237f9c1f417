/* Everything a scenario or market file can set, beside the plug-ins' own tables. */
#include <stddef.h>

#include "scenarios/reader.h"
#include "sim/copula.h"
#include "sim/plan.h"

#define YEAR_S (365.0 * 86400.0) /* as everywhere in the program */

static const char *const mark_names[] = {"traded", "oracle", NULL}; /* MARK_* */
static const char *const revaluation_names[] = {
    [REVALUE_FULL] = "full", [REVALUE_BOOK] = "book", [REVALUE_AUTO] = "auto", NULL};
static const char *const parameters_names[] = {"estimates", "sampled",
                                               NULL}; /* PARAMETERS_* */
static const char *const shape_names[] = {"default", "step", "ramp", "pulse", NULL};

/* clang-format off */
const struct field sections_scenario[] = {
    {.key = "name", .unit = "1", .type = FIELD_TEXT, .required = true,
     .offset = offsetof(struct scenario, name),
     .doc = "name in results: lower case, digits and hyphens"},
    {.key = "description", .unit = "1", .type = FIELD_TEXT, .preset_text = "",
     .offset = offsetof(struct scenario, description),
     .doc = "what happens, in a sentence"},
    {.key = NULL},
};

const struct field sections_severity[] = {
    {.key = "label", .unit = "1", .type = FIELD_TEXT,
     .offset = offsetof(struct severity_section, label),
     .doc = "how bad, in a word: neutral, adverse, severe, very-severe"},
    {.key = "percentile", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.0, .offset = offsetof(struct severity_section, percentile),
     .doc = "share of history that was milder; 0 if unknown"},
    {.key = "source", .unit = "1", .type = FIELD_TEXT,
     .offset = offsetof(struct severity_section, source),
     .doc = "where the grading comes from"},
    {.key = "fitted_here", .unit = "1", .type = FIELD_TEXT,
     .offset = offsetof(struct severity_section, fitted_here),
     .doc = "what was fitted to the very event that the scenario is compared with, and why"},
    {.key = NULL},
};

const struct field sections_run[] = {
    {.key = "paths", .unit = "1", .type = FIELD_COUNT, .min = 1.0, .max = 1e9,
     .preset = 20000.0, .offset = offsetof(struct run_section, paths),
     .doc = "number of simulated paths"},
    {.key = "horizon", .unit = "s", .type = FIELD_DURATION, .required = true, .min = 1.0,
     .max = 10.0 * YEAR_S, .offset = offsetof(struct run_section, horizon_s),
     .doc = "simulated time"},
    {.key = "step", .unit = "s", .type = FIELD_DURATION, .min = 1.0, .max = 10.0 * YEAR_S,
     .preset = 300.0, .offset = offsetof(struct run_section, step_s),
     .doc = "step of the market, a divisor of horizon and report"},
    {.key = "report", .unit = "s", .type = FIELD_DURATION, .min = 0.0,
     .max = 10.0 * YEAR_S, .preset = 0.0, .offset = offsetof(struct run_section, report_s),
     .doc = "time between reports; 0 for horizon / 24, rounded up to whole steps"},
    {.key = "seed", .unit = "1", .type = FIELD_COUNT, .min = 0.0, .max = 0x1p64,
     .preset = 1.0, .offset = offsetof(struct run_section, seed),
     .doc = "seed of all random numbers"},
    {.key = "pilot_paths", .unit = "1", .type = FIELD_COUNT, .min = 16.0, .max = 1e6,
     .preset = 1024.0, .offset = offsetof(struct run_section, pilot_paths),
     .doc = "number of paths that find the exogenous part of a total move"},
    {.key = "feedback", .unit = "1", .type = FIELD_FLAG, .preset = 1.0,
     .offset = offsetof(struct run_section, feedback),
     .doc = "whether forced sales move prices; false to see what the cascade adds"},
    {.key = "parameters", .unit = "1", .type = FIELD_CHOICE, .preset_text = "estimates",
     .choices = parameters_names, .offset = offsetof(struct run_section, parameters),
     .doc = "whether the price models run at their parameters as written, or at sets drawn "
            "from the assets' uncertainty, one per batch of paths"},
    {.key = "batch", .unit = "1", .type = FIELD_COUNT, .min = PLAN_UNIT, .max = 1e9,
     .preset = 1024.0, .offset = offsetof(struct run_section, batch),
     .doc = "number of paths that share one drawn parameter set, a multiple of 256"},
    {.key = "greek_paths", .unit = "1", .type = FIELD_COUNT, .min = 0.0, .max = 1e6,
     .preset = 4096.0, .offset = offsetof(struct run_section, greek_paths),
     .doc = "number of paths, the first ones, on which the book's Greeks are followed at "
            "reporting times; 0: none"},
    {.key = "revaluation", .unit = "1", .type = FIELD_CHOICE, .preset_text = "full",
     .choices = revaluation_names, .offset = offsetof(struct run_section, revaluation),
     .doc = "how claims are valued at reporting times: full, one by one; book, by tables of "
            "the whole book where they hold the tolerance; auto, where they also save work"},
    {.key = "revaluation_tolerance", .unit = "1", .type = FIELD_NUMBER, .min = 1e-12,
     .max = 1e-2, .preset = 1e-7,
     .offset = offsetof(struct run_section, revaluation_tolerance),
     .doc = "largest error of a table, as a share of the claims' gross value"},
    {.key = "position_pnl", .unit = "1", .type = FIELD_FLAG, .preset = 0.0,
     .offset = offsetof(struct run_section, position_pnl),
     .doc = "whether the result holds the profit and loss of every position on every path"},
    {.key = "check_triggers", .unit = "1", .type = FIELD_FLAG, .preset = 0.0,
     .offset = offsetof(struct run_section, check_triggers),
     .doc = "debug: looks at all accounts after every step and stops the run where the "
            "triggers missed one; slow"},
    {.key = NULL},
};

const struct field sections_asset[] = {
    {.key = "spot_usd", .unit = "USD", .type = FIELD_NUMBER, .required = true,
     .min = 1e-12, .max = 1e12, .offset = offsetof(struct scenario_asset, spot_usd),
     .doc = "traded price at the start"},
    {.key = "funding_8h_frac", .unit = "1", .type = FIELD_NUMBER, .min = -1.0, .max = 1.0,
     .preset = 0.0, .offset = offsetof(struct scenario_asset, funding_8h_frac),
     .doc = "funding of perpetuals per 8 hours; longs pay if positive"},
    {.key = NULL},
};

const struct field sections_uncertainty[] = {
    {.key = "standard_error", .unit = "1", .type = FIELD_NUMBERS, .min = 0.0, .max = 1e6,
     .offset = offsetof(struct uncertainty, standard_error),
     .doc = "standard errors of the parameters, in their units and order"},
    {.key = "sets", .unit = "1", .type = FIELD_TEXT,
     .offset = offsetof(struct uncertainty, sets),
     .doc = "CSV file with a column per parameter and a row per drawn set, instead"},
    {.key = NULL},
};

const struct field sections_oracle[] = {
    {.key = "heartbeat", .unit = "s", .type = FIELD_DURATION, .min = 1.0,
     .max = 30.0 * 86400.0, .preset = 3600.0,
     .offset = offsetof(struct oracle_section, heartbeat_s),
     .doc = "longest time between two updates"},
    {.key = "deviation_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.005, .offset = offsetof(struct oracle_section, deviation_frac),
     .doc = "move of the price that makes an update"},
    {.key = "delay", .unit = "s", .type = FIELD_DURATION, .min = 0.0,
     .max = 30.0 * 86400.0, .preset = 0.0,
     .offset = offsetof(struct oracle_section, delay_s),
     .doc = "age of the price when the oracle sees it"},
    {.key = NULL},
};

const struct field sections_venue[] = {
    {.key = "liquidation_fee_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0,
     .max = 0.5, .preset = 0.0,
     .offset = offsetof(struct venue_section, liquidation_fee_frac),
     .doc = "fee on the closed notional, paid to the insurance fund"},
    {.key = "insurance_fund_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 0.0,
     .max = 1e15, .preset = 0.0,
     .offset = offsetof(struct venue_section, insurance_fund_usd),
     .doc = "insurance fund at the start"},
    {.key = "margin_call_ratio", .unit = "1", .type = FIELD_NUMBER, .min = 1.0,
     .max = 100.0, .preset = 1.25,
     .offset = offsetof(struct venue_section, margin_call_ratio),
     .doc = "margin call when equity is below this many times the maintenance"},
    {.key = "option_half_spread_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0,
     .max = 1.0, .preset = 0.0,
     .offset = offsetof(struct venue_section, option_half_spread_frac),
     .doc = "part of the mark lost when an option is liquidated, at any spread of the "
            "order books"},
    {.key = "mark", .unit = "1", .type = FIELD_CHOICE, .preset_text = "traded",
     .choices = mark_names, .offset = offsetof(struct venue_section, mark),
     .doc = "price that margin is computed on"},
    {.key = "max_rounds", .unit = "1", .type = FIELD_COUNT, .min = 1.0, .max = 1e6,
     .preset = 100.0, .offset = offsetof(struct venue_section, max_rounds),
     .doc = "most rounds of liquidation within one step"},
    /* an assumption: seconds between exchanges, a few blocks for a pool */
    {.key = "arbitrage_half_life", .unit = "s", .type = FIELD_DURATION, .min = 1e-3,
     .max = 3.2e9, .preset = 60.0,
     .offset = offsetof(struct venue_section, arbitrage_half_life_s),
     .doc = "time in which half the difference between the prices of its books and those "
            "of other venues is arbitraged away"},
    {.key = NULL},
};

const struct field sections_venue_asset[] = {
    {.key = "collateral_haircut_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0,
     .max = 1.0, .preset = 0.0,
     .offset = offsetof(struct venue_asset, collateral_haircut_frac),
     .doc = "part of the coin that does not count as collateral"},
    {.key = "borrow_rate_annual", .unit = "1/year", .type = FIELD_NUMBER, .min = -1.0,
     .max = 10.0, .preset = 0.0, .offset = offsetof(struct venue_asset, borrow_rate_annual),
     .doc = "continuous rate at which debts of other accounts in the coin grow"},
    {.key = "depth_volatility_power", .unit = "1", .type = FIELD_NUMBER, .min = 0.0,
     .max = 4.0, .preset = 0.0,
     .offset = offsetof(struct venue_asset, depth_volatility_power),
     .doc = "depth of its book goes with volatility to minus this power; 0.2 to 0.6 where "
            "5-minute bars of 10 to 25 standard deviations divide it by 1.75 to 6"},
    {.key = NULL},
};

const struct field sections_tier[] = {
    {.key = "from_usd", .unit = "USD", .type = FIELD_NUMBER, .required = true, .min = 0.0,
     .max = 1e15, .offset = offsetof(struct margin_tier, from_usd),
     .doc = "notional from which the rate holds"},
    {.key = "maintenance_frac", .unit = "1", .type = FIELD_NUMBER, .required = true,
     .min = 0.0, .max = 1.0, .offset = offsetof(struct margin_tier, maintenance_frac),
     .doc = "maintenance margin per notional"},
    {.key = NULL},
};

const struct field sections_shock[] = {
    {.key = "name", .unit = "1", .type = FIELD_TEXT,
     .offset = offsetof(struct scenario_shock, name),
     .doc = "unique name; state and ordinal if absent"},
    {.key = "shape", .unit = "1", .type = FIELD_CHOICE, .preset_text = "default",
     .choices = shape_names, .offset = offsetof(struct scenario_shock, shape),
     .doc = "course in time; with a duration ramp for a price, else pulse; without step"},
    {.key = "start", .unit = "s", .type = FIELD_DURATION_DRAW, .min = 0.0,
     .max = 10.0 * YEAR_S, .preset = 0.0, .offset = offsetof(struct scenario_shock, start),
     .doc = "time of the beginning"},
    {.key = "duration", .unit = "s", .type = FIELD_DURATION, .min = 0.0,
     .max = 10.0 * YEAR_S, .preset = 0.0,
     .offset = offsetof(struct scenario_shock, duration_s),
     .doc = "time until a ramp is complete or a pulse is over; 0 for none"},
    {.key = "source", .unit = "1", .type = FIELD_TEXT,
     .offset = offsetof(struct scenario_shock, source),
     .doc = "where the figure comes from"},
    {.key = NULL},
};

static const struct field price_fields[] = {
    {.key = "move", .unit = "1", .type = FIELD_DRAW, .required = true, .min = -1.0,
     .max = 1000.0, .offset = offsetof(struct scenario_shock, move.size),
     .doc = "fraction by which the price changes, over -1"},
    {.key = "includes_feedback", .unit = "1", .type = FIELD_FLAG, .preset = 0.0,
     .offset = offsetof(struct scenario_shock, includes_feedback),
     .doc = "whether the move contains its own liquidations; default true with a source"},
    {.key = NULL},
};

static const struct field multiply_fields[] = {
    {.key = "multiply", .unit = "1", .type = FIELD_DRAW, .required = true, .min = 0.0,
     .max = 1e6, .offset = offsetof(struct scenario_shock, multiply.size),
     .doc = "factor, over 0"},
    {.key = NULL},
};

static const struct field surface_fields[] = {
    {.key = "multiply", .unit = "1", .type = FIELD_DRAW, .min = 0.0, .max = 1e6,
     .preset = 1.0, .offset = offsetof(struct scenario_shock, multiply.size),
     .doc = "factor on implied volatility, over 0"},
    {.key = "skew_add", .unit = "1/sqrt(year)", .type = FIELD_DRAW, .min = -5.0,
     .max = 5.0, .preset = 0.0, .offset = offsetof(struct scenario_shock, skew_add.size),
     .doc = "added to volatility times ln(K/F)/sqrt(ln(K/F)^2 + T): slope at the money; "
            "negative: puts gain"},
    {.key = "term", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 2.0,
     .preset = 0.0, .offset = offsetof(struct scenario_shock, term),
     .doc = "near expiries move more: the log of multiply is scaled by (30d/T)^term, T at "
            "least 7d"},
    {.key = NULL},
};

static const struct field correlation_fields[] = {
    {.key = "set", .unit = "1", .type = FIELD_NUMBER, .required = true, .min = -1.0,
     .max = 1.0, .offset = offsetof(struct scenario_shock, set),
     .doc = "level that all correlations move to"},
    {.key = "weight", .unit = "1", .type = FIELD_DRAW, .min = 0.0, .max = 1.0,
     .preset = 1.0, .offset = offsetof(struct scenario_shock, weight),
     .doc = "how far they move there"},
    {.key = NULL},
};

static const struct field liquidity_fields[] = {
    {.key = "depth", .unit = "1", .type = FIELD_DRAW, .min = 0.0, .max = 1e6,
     .preset = 1.0, .offset = offsetof(struct scenario_shock, depth.size),
     .doc = "factor on the volume in the book, as {multiply: 0.1}"},
    {.key = "refill", .unit = "1", .type = FIELD_DRAW, .min = 0.0, .max = 1e6,
     .preset = 1.0, .offset = offsetof(struct scenario_shock, refill.size),
     .doc = "factor on the rate of refill, as {multiply: 0.2}"},
    {.key = "spread", .unit = "1", .type = FIELD_DRAW, .min = 0.0, .max = 1e6,
     .preset = 1.0, .offset = offsetof(struct scenario_shock, spread.size),
     .doc = "factor on the spread, as {multiply: 10}"},
    {.key = NULL},
};

static const struct field oracle_fields[] = {
    {.key = "delay", .unit = "s", .type = FIELD_DURATION_DRAW, .required = true,
     .min = 0.0, .max = 30.0 * 86400.0,
     .offset = offsetof(struct scenario_shock, delay.size),
     .doc = "delay added to that of the oracle"},
    {.key = NULL},
};

static const struct field funding_fields[] = {
    {.key = "add", .unit = "1", .type = FIELD_DRAW, .required = true, .min = -1.0,
     .max = 1.0, .offset = offsetof(struct scenario_shock, add.size),
     .doc = "funding per 8 hours added"},
    {.key = NULL},
};

const struct field sections_recover[] = {
    {.key = "fraction", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 1.0, .offset = offsetof(struct scenario_shock, recover_fraction),
     .doc = "part of the shock that recovers in the end"},
    {.key = "half_life", .unit = "s", .type = FIELD_DURATION, .required = true, .min = 1.0,
     .max = 10.0 * YEAR_S, .offset = offsetof(struct scenario_shock, recover_half_life_s),
     .doc = "time in which half of it has recovered"},
    {.key = NULL},
};

const struct field sections_limit[] = {
    {.key = "metric", .unit = "1", .type = FIELD_TEXT, .required = true,
     .offset = offsetof(struct limit_section, metric),
     .doc = "name of the loss, as portfolio.loss"},
    {.key = "es", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0, .preset = 0.0,
     .offset = offsetof(struct limit_section, es),
     .doc = "level of the expected shortfall, as 0.99"},
    {.key = "var", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.0, .offset = offsetof(struct limit_section, var),
     .doc = "level of the value at risk, as 0.99"},
    {.key = "mean", .unit = "1", .type = FIELD_FLAG, .preset = 0.0,
     .offset = offsetof(struct limit_section, mean), .doc = "true for a limit on the mean"},
    {.key = "probability_above_usd", .unit = "USD", .type = FIELD_NUMBER, .min = -1e15,
     .max = 1e15, .preset = 0.0,
     .offset = offsetof(struct limit_section, probability_above_usd),
     .doc = "value whose exceedance has a limited probability"},
    {.key = "max_usd", .unit = "USD", .type = FIELD_NUMBER, .min = -1e15, .max = 1e15,
     .preset = 0.0, .offset = offsetof(struct limit_section, max_usd),
     .doc = "largest value allowed of es, var or mean"},
    {.key = "max", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.0, .offset = offsetof(struct limit_section, max),
     .doc = "largest probability allowed"},
    {.key = "confidence", .unit = "1", .type = FIELD_NUMBER, .min = 0.5, .max = 0.999999,
     .preset = 0.95, .offset = offsetof(struct limit_section, confidence),
     .doc = "confidence of the bound that decides"},
    {.key = NULL},
};

/* clang-format on */

const struct field *const sections_shock_state[N_SHOCK_STATE] = {
    [SHOCK_PRICE] = price_fields,         [SHOCK_VOLATILITY] = multiply_fields,
    [SHOCK_SURFACE] = surface_fields,     [SHOCK_CORRELATION] = correlation_fields,
    [SHOCK_LIQUIDITY] = liquidity_fields, [SHOCK_ORACLE] = oracle_fields,
    [SHOCK_FUNDING] = funding_fields,
};
const char *const sections_state_name[N_SHOCK_STATE] = {
    [SHOCK_PRICE] = "price",         [SHOCK_VOLATILITY] = "volatility",
    [SHOCK_SURFACE] = "surface",     [SHOCK_CORRELATION] = "correlation",
    [SHOCK_LIQUIDITY] = "liquidity", [SHOCK_ORACLE] = "oracle",
    [SHOCK_FUNDING] = "funding",
};

const struct field sections_copula[] = {
    {.key = "degrees_of_freedom",
     .unit = "1",
     .type = FIELD_COUNT,
     .required = true,
     .min = 2.0,
     .max = COPULA_MAX_FREEDOM,
     .offset = offsetof(struct copula_section, degrees_of_freedom),
     .doc =
         "even number of degrees of freedom: the fewer, the more extremes come together; "
         "the innovations stay normal, their correlations come out a little nearer to "
         "0 than stated"},
    {.key = NULL},
};

const struct section_about scenario_sections[] = {
    {"scenario",
     "A scenario file: tailrace: 1, these keys, and the sections below; portfolio: "
     "positions.csv; accounts: {venue: population.csv}; extends: another file.",
     sections_scenario},
    {"severity", "How bad the scenario is; only for the reader.", sections_severity},
    {"run", "Size and clock of the simulation.", sections_run},
    {"market.assets.NAME", "One asset, with price: {model: NAME, ...}, surface and oracle.",
     sections_asset},
    {"market.assets.NAME.uncertainty",
     "How far the price model's numbers are known: parameters: [names], standard errors, "
     "correlation: [[1, 0.2], [0.2, 1]]; for run.parameters: sampled.",
     sections_uncertainty},
    {"market.assets.NAME.surface",
     "Implied volatility: a chain, one flat number, ssvi: {slices: [...]} or svi: [...]; "
     "and how it moves.",
     sections_surface},
    {"market.assets.NAME.surface.ssvi",
     "An SSVI surface, with slices: [...]: what the slices share.", sections_ssvi},
    {"market.assets.NAME.surface.ssvi.slices",
     "One expiry of SSVI: w = theta/2 (1 + rho phi k + sqrt((phi k + rho)^2 + 1 - rho^2)).",
     sections_ssvi_slice},
    {"market.assets.NAME.surface.svi",
     "One expiry of raw SVI: w = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)).",
     sections_svi_slice},
    {"market.assets.NAME.oracle", "The price that protocols see.", sections_oracle},
    {"market.copula",
     "Student's t copula between the innovations: extremes of the assets come together.",
     sections_copula},
    {"market.venues.NAME",
     "One venue, with margin: {rule: NAME, ...}, liquidity: NAME, assets.", sections_venue},
    {"market.venues.NAME.assets.NAME",
     "An asset at a venue, with tiers: [...] and liquidity.", sections_venue_asset},
    {"market.venues.NAME.assets.NAME.tiers", "Maintenance margin by notional.",
     sections_tier},
    {"shocks", "Keys of every shock; one of the states below says what it acts on.",
     sections_shock},
    {"shocks.price", "price: [BTC, ETH] or all", price_fields},
    {"shocks.volatility", "volatility: [BTC] or all; scales the innovations",
     multiply_fields},
    {"shocks.surface", "surface: [BTC] or all; scales and bends implied volatility",
     surface_fields},
    {"shocks.correlation", "correlation: all", correlation_fields},
    {"shocks.liquidity", "liquidity: a venue or all", liquidity_fields},
    {"shocks.oracle", "oracle: [BTC] or all", oracle_fields},
    {"shocks.funding", "funding: [BTC] or all", funding_fields},
    {"shocks.recover", "How a shock fades after its end.", sections_recover},
    {"limits", "Limits on tail figures; a broken one makes the exit code 3.",
     sections_limit},
    {NULL, NULL, NULL},
};
