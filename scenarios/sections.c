/* Everything a scenario or market file can set, beside the plug-ins' own tables. */
#include <stddef.h>

#include "scenarios/population.h"
#include "sim/copula.h"
#include "sim/plan.h"

#define YEAR_S (365.0 * 86400.0) /* as everywhere in the program */

static const char *const mark_names[] = {[MARK_TRADED] = "traded",
                                         [MARK_ORACLE] = "oracle",
                                         [MARK_MEDIAN] = "median",
                                         [MARK_PREMIUM_EMA] = "premium_ema",
                                         NULL};
static const char *const index_names[] = {"books", "oracle", NULL}; /* INDEX_* */
static const char *const shape_names[] = {"default", "step", "ramp", "pulse", NULL};

/* clang-format off */
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
     .doc = "longest time between two updates; Chainlink: 1h ETH/USD and BTC/USD, 24h "
            "USDC/USD"},
    {.key = "deviation_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1e6,
     .preset = 0.005, .offset = offsetof(struct oracle_section, deviation_frac),
     .doc = "move of the price that makes an update; Chainlink: 0.005 ETH/USD and BTC/USD, "
            "0.0025 USDC/USD; 1000: none does, as at Maker"},
    {.key = "delay", .unit = "s", .type = FIELD_DURATION, .min = 0.0,
     .max = 30.0 * 86400.0, .preset = 0.0,
     .offset = offsetof(struct oracle_section, delay_s),
     .doc = "age of the price when the oracle sees it; Maker: 1h, with heartbeat: 1h"},
    {.key = "twap", .unit = "s", .type = FIELD_DURATION, .min = 0.0, .max = 30.0 * 86400.0,
     .preset = 0.0, .offset = offsetof(struct oracle_section, twap_s),
     .doc = "time over which the price seen is averaged; 0: it is not"},
    {.key = "sources", .unit = "1", .type = FIELD_COUNT, .min = 1.0, .max = FEED_MAX_SOURCE,
     .preset = 1.0, .offset = offsetof(struct oracle_section, sources),
     .doc = "number of sources whose median is published"},
    {.key = "source_noise_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 0.5,
     .preset = 0.0, .offset = offsetof(struct oracle_section, source_noise_frac),
     .doc = "standard deviation of the logarithm of a source's error, at each step anew"},
    /* from here on what an oracle with a rate takes too */
    {.key = "rate", .unit = "1", .type = FIELD_FLAG, .preset = 0.0,
     .offset = offsetof(struct oracle_section, rate),
     .doc = "whether a token counted in an anchor is worth the anchor's oracle times its "
            "parity, so that its own market is not seen; without the keys above"},
    {.key = "floor_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 0.0, .max = 1e12,
     .preset = 0.0, .offset = offsetof(struct oracle_section, floor_usd),
     .doc = "least price that is published; LUNA's feed stood at 0.107 while the market "
            "paid 0.01"},
    {.key = "cap_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 0.0, .max = 1e12,
     .preset = 0.0, .offset = offsetof(struct oracle_section, cap_usd),
     .doc = "greatest price that is published; 0: none"},
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
     .doc = "price that margin is computed on: the venue's own; the oracle's; the median of "
            "index, index times 1 + average premium and own price; the index times the "
            "exponential of the average log premium"},
    {.key = "index", .unit = "1", .type = FIELD_CHOICE, .preset_text = "books",
     .choices = index_names, .offset = offsetof(struct venue_section, index),
     .doc = "index of the marks median and premium_ema: price over all order books, or the "
            "venue's oracle"},
    {.key = "mark_half_life", .unit = "s", .type = FIELD_DURATION, .min = 0.0,
     .max = 30.0 * 86400.0, .preset = 0.0,
     .offset = offsetof(struct venue_section, mark_half_life_s),
     .doc = "time in which the weights of the premium's average halve; median and "
            "premium_ema need it"},
    {.key = "chain", .unit = "1", .type = FIELD_TEXT,
     .offset = offsetof(struct venue_section, chain),
     .doc = "chain of market.chains that liquidations must find room on; none if absent"},
    {.key = "liquidator_capital_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 0.0,
     .max = 1e15, .preset = 0.0,
     .offset = offsetof(struct venue_section, liquidator_capital_usd),
     .doc = "what liquidators can lay out; 0: without bound"},
    {.key = "capital_half_life", .unit = "s", .type = FIELD_DURATION, .min = 1.0,
     .max = 10.0 * YEAR_S, .preset = 3600.0,
     .offset = offsetof(struct venue_section, capital_half_life_s),
     .doc = "time in which half of what they laid out is there again; the default is an "
            "assumption"},
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

const struct field sections_chain[] = {
    {.key = "gas_price_gwei", .unit = "gwei", .type = FIELD_NUMBER, .required = true,
     .min = 0.0, .max = 1e6, .offset = offsetof(struct chain_section, gas_price_gwei),
     .doc = "price of gas without shocks"},
    {.key = "gas_per_liquidation", .unit = "1", .type = FIELD_NUMBER, .required = true,
     .min = 0.0, .max = 1e9, .offset = offsetof(struct chain_section, gas_per_liquidation),
     .doc = "units of gas that one liquidation uses"},
    {.key = "native", .unit = "1", .type = FIELD_TEXT, .required = true,
     .offset = offsetof(struct chain_section, native),
     .doc = "asset that gas is paid in, as ETH"},
    {.key = "liquidations_per_s", .unit = "1/s", .type = FIELD_NUMBER, .required = true,
     .min = 0.0, .max = 1e6, .offset = offsetof(struct chain_section, liquidations_per_s),
     .doc = "liquidations that find room in the blocks"},
    {.key = "block", .unit = "s", .type = FIELD_DURATION, .min = 0.01, .max = 86400.0,
     .preset = 12.0, .offset = offsetof(struct chain_section, block_s),
     .doc = "time between two blocks; room that is not taken is kept for three of them"},
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
    {"accounts.VENUE",
     "The accounts of a venue, written instead of a CSV file or in a YAML file that is "
     "named: "
     "file: accounts.csv or generate: {...}, and what part of the venue they are.",
     sections_cover},
    {"accounts.VENUE.generate",
     "Accounts that are drawn, with size: {...} and structures: [...].", sections_generate},
    {"accounts.VENUE.generate.size", "Sizes of the accounts.", sections_size},
    {"accounts.VENUE.generate.structures",
     "What a part of the accounts does; further keys by the structure.",
     sections_structure},
    {"accounts.VENUE.generate.structures.directional",
     "One perpetual, dollars as collateral.", sections_directional},
    {"accounts.VENUE.generate.structures.basis",
     "Coins held and a perpetual sold against them.", sections_basis},
    {"accounts.VENUE.generate.structures.lp_short",
     "A pool's share, as coins and dollars that do not change with the price, and a "
     "perpetual "
     "sold against the coins.",
     sections_lp_short},
    {"accounts.VENUE.generate.structures.staked_loop",
     "A staked token against a debt of what it is staked of.", sections_staked_loop},
    {"accounts.VENUE.generate.structures.borrower", "Coins against a debt.",
     sections_borrower},
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
    {"market.assets.NAME.oracle",
     "The price that protocols see; an asset at a venue may have another one.",
     sections_oracle},
    {"market.chains.NAME",
     "A chain: what liquidations of the venues on it pay, and how many find room.",
     sections_chain},
    {"market.copula",
     "Student's t copula between the innovations: extremes of the assets come together.",
     sections_copula},
    {"market.venues.NAME",
     "One venue, with margin: {rule: NAME, ...}, liquidity: NAME, assets.", sections_venue},
    {"market.venues.NAME.assets.NAME",
     "An asset at a venue, with tiers: [...], liquidity and oracle.", sections_venue_asset},
    {"market.venues.NAME.assets.NAME.tiers", "Maintenance margin by notional.",
     sections_tier},
    {"shocks", "Keys of every shock; one of the states below says what it acts on.",
     sections_shock},
    {"shocks.price", "price: [BTC, ETH] or all", sections_price_shock},
    {"shocks.volatility", "volatility: [BTC] or all; scales the innovations",
     sections_multiply_shock},
    {"shocks.surface", "surface: [BTC] or all; scales and bends implied volatility",
     sections_surface_shock},
    {"shocks.correlation", "correlation: all", sections_correlation_shock},
    {"shocks.liquidity", "liquidity: a venue or all", sections_liquidity_shock},
    {"shocks.oracle", "oracle: [BTC] or all", sections_oracle_shock},
    {"shocks.funding", "funding: [BTC] or all", sections_funding_shock},
    {"shocks.halt",
     "halt: a venue or all; no liquidation and no trade there for the duration",
     sections_halt_shock},
    {"shocks.gas",
     "gas: a chain or all; several add up what they move the price by, and multiply their "
     "throughput",
     sections_gas_shock},
    {"shocks.recover", "How a shock fades after its end.", sections_recover},
    {"limits", "Limits on tail figures; a broken one makes the exit code 3.",
     sections_limit},
    {NULL, NULL, NULL},
};
