/* What a population can be given. */
#include <stddef.h>

#include "scenarios/population.h"

const char *const sections_structure_name[] = {
    [STRUCTURE_DIRECTIONAL] = "directional", [STRUCTURE_BASIS] = "basis",
    [STRUCTURE_LP_SHORT] = "lp_short",       [STRUCTURE_STAKED_LOOP] = "staked_loop",
    [STRUCTURE_BORROWER] = "borrower",       NULL};

static const double max_usd = 1e15;

/* clang-format off */
const struct field sections_cover[] = {
    {.key = "description", .unit = "1", .type = FIELD_TEXT,
     .offset = offsetof(struct cover_section, description), .doc = "whose accounts they are"},
    {.key = "source", .unit = "1", .type = FIELD_TEXT,
     .offset = offsetof(struct cover_section, source), .doc = "where the numbers come from"},
    {.key = "covers_frac", .unit = "1", .type = FIELD_NUMBER, .min = 1e-4, .max = 1.0,
     .preset = 1.0, .offset = offsetof(struct cover_section, covers_frac),
     .doc = "part of the venue that the accounts cover; the whole is made of replicas"},
    {.key = "replicas", .unit = "1", .type = FIELD_COUNT, .min = 0.0,
     .max = POPULATION_MAX_REPLICAS, .preset = 0.0,
     .offset = offsetof(struct cover_section, replicas),
     .doc = "replicas of each account, which share the weight 1 / covers_frac; 0: 1 / covers_frac "
            "rounded up, at most 16"},
    {.key = "jitter_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 0.4,
     .preset = 0.1, .offset = offsetof(struct cover_section, jitter_frac),
     .doc = "largest relative difference of a replica's size, and of its buffer, from the original's"},
    {.key = "replica_seed", .unit = "1", .type = FIELD_COUNT, .min = 0.0, .max = 0x1p64,
     .preset = 1.0, .offset = offsetof(struct cover_section, replica_seed),
     .doc = "seed of the replicas' differences"},
    {.key = NULL},
};

const struct field sections_generate[] = {
    {.key = "accounts", .unit = "1", .type = FIELD_COUNT, .required = true, .min = 1.0,
     .max = 1e6, .offset = offsetof(struct generate_section, accounts),
     .doc = "number of accounts drawn"},
    {.key = "seed", .unit = "1", .type = FIELD_COUNT, .min = 0.0, .max = 0x1p64,
     .preset = 1.0, .offset = offsetof(struct generate_section, seed),
     .doc = "seed of the draws; the run's seed does not act on them"},
    {.key = "totals_usd", .unit = "USD", .type = FIELD_LOADINGS, .min = 0.0, .max = max_usd,
     .offset = offsetof(struct generate_section, totals_usd),
     .doc = "open interest of each perpetual, or debt in each coin, USD for dollars"},
    {.key = "total_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 0.0, .max = max_usd,
     .preset = 0.0, .offset = offsetof(struct generate_section, total_usd),
     .doc = "open interest or debt over all coins, split by asset_mix; instead of totals_usd"},
    {.key = "asset_mix", .unit = "1", .type = FIELD_LOADINGS, .min = 0.0, .max = 1.0,
     .offset = offsetof(struct generate_section, asset_mix),
     .doc = "parts of total_usd, which sum to 1"},
    {.key = "residual_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.0, .offset = offsetof(struct generate_section, residual_frac),
     .doc = "part of the open interest that no account is short of: the residual account is"},
    {.key = "entry_log_sd", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.05, .offset = offsetof(struct generate_section, entry_log_sd),
     .doc = "standard deviation of ln(entry price / spot) of contracts: unrealised profit and loss"},
    {.key = "equity_ratio", .unit = "1", .type = FIELD_NUMBER, .min = 1.0, .max = 100.0,
     .preset = 2.0, .offset = offsetof(struct generate_section, equity_ratio),
     .doc = "least equity of an account with contracts per maintenance; it clips the leverage "
            "(Hyperliquid: initial margin is twice the maintenance)"},
    {.key = "health_factor_min", .unit = "1", .type = FIELD_NUMBER, .min = 1.0, .max = 100.0,
     .preset = 1.01, .offset = offsetof(struct generate_section, health_factor_min),
     .doc = "least health factor of a loan; it clips health factor and leverage"},
    {.key = NULL},
};

const struct field sections_size[] = {
    {.key = "log_sd", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 5.0,
     .preset = 1.8, .offset = offsetof(struct size_section, log_sd),
     .doc = "standard deviation of ln(size); the totals and the number of accounts set the scale"},
    {.key = "tail_share", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.0, .offset = offsetof(struct size_section, tail_share),
     .doc = "part of the accounts, the largest, whose sizes are Pareto"},
    {.key = "tail_index", .unit = "1", .type = FIELD_NUMBER, .min = 0.5, .max = 20.0,
     .preset = 1.3, .offset = offsetof(struct size_section, tail_index),
     .doc = "index a of that tail: P(size > x) falls as x^-a"},
    {.key = "largest_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 0.0, .max = max_usd,
     .preset = 0.0, .offset = offsetof(struct size_section, largest_usd),
     .doc = "cap on the position of one account in one coin; 0: none"},
    {.key = NULL},
};

const struct field sections_structure[] = {
    {.key = "structure", .unit = "1", .type = FIELD_CHOICE, .required = true,
     .choices = sections_structure_name, .offset = offsetof(struct structure_section, kind),
     .doc = "directional, basis or lp_short with contracts; staked_loop or borrower with loans"},
    {.key = "share", .unit = "1", .type = FIELD_NUMBER, .required = true, .min = 0.0,
     .max = 1.0, .offset = offsetof(struct structure_section, share),
     .doc = "part of the accounts; what the shares lack of 1 goes to the first structure"},
    {.key = "assets", .unit = "1", .type = FIELD_LOADINGS, .min = 0.0, .max = max_usd,
     .offset = offsetof(struct structure_section, assets),
     .doc = "relative frequency of the perpetuals, or of the coins owed; the totals if absent"},
    {.key = NULL},
};

const struct field sections_directional[] = {
    {.key = "long_share", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.5, .offset = offsetof(struct structure_section, long_share),
     .doc = "part of the accounts that are long"},
    {.key = "leverage", .unit = "1", .type = FIELD_DRAW, .min = 0.01, .max = 1000.0,
     .preset = 5.0, .offset = offsetof(struct structure_section, leverage),
     .doc = "notional over equity"},
    {.key = "leverage_max", .unit = "1", .type = FIELD_NUMBER, .min = 0.01, .max = 1000.0,
     .preset = 1000.0, .offset = offsetof(struct structure_section, leverage_max),
     .doc = "cap on the leverage, besides the venue's"},
    {.key = NULL},
};
const struct field sections_basis[] = {
    {.key = "hedge_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.01, .max = 100.0,
     .preset = 1.0, .offset = offsetof(struct structure_section, hedge_frac),
     .doc = "coins short per coin held"},
    {.key = "leverage", .unit = "1", .type = FIELD_DRAW, .min = 0.01, .max = 1000.0,
     .preset = 1.0, .offset = offsetof(struct structure_section, leverage),
     .doc = "notional over equity; above 1 / hedge_frac dollars are owed"},
    {.key = "leverage_max", .unit = "1", .type = FIELD_NUMBER, .min = 0.01, .max = 1000.0,
     .preset = 1000.0, .offset = offsetof(struct structure_section, leverage_max),
     .doc = "cap on the leverage, besides the venue's"},
    {.key = NULL},
};
const struct field sections_lp_short[] = {
    {.key = "hedge_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.01, .max = 100.0,
     .preset = 1.0, .offset = offsetof(struct structure_section, hedge_frac),
     .doc = "coins short per coin held"},
    {.key = "leverage", .unit = "1", .type = FIELD_DRAW, .min = 0.01, .max = 1000.0,
     .preset = 0.5, .offset = offsetof(struct structure_section, leverage),
     .doc = "notional over equity; 0.5: a constant-product pool's coins and as many dollars"},
    {.key = "leverage_max", .unit = "1", .type = FIELD_NUMBER, .min = 0.01, .max = 1000.0,
     .preset = 1000.0, .offset = offsetof(struct structure_section, leverage_max),
     .doc = "cap on the leverage, besides the venue's"},
    {.key = NULL},
};
const struct field sections_staked_loop[] = {
    {.key = "token", .unit = "1", .type = FIELD_TEXT, .required = true,
     .offset = offsetof(struct structure_section, token),
     .doc = "staked token held; owed is its anchor, unless assets says another coin"},
    {.key = "leverage", .unit = "1", .type = FIELD_DRAW, .min = 0.01, .max = 1000.0,
     .preset = 5.0, .offset = offsetof(struct structure_section, leverage),
     .doc = "collateral over equity, 1 / (1 - LTV)"},
    {.key = "leverage_max", .unit = "1", .type = FIELD_NUMBER, .min = 0.01, .max = 1000.0,
     .preset = 1000.0, .offset = offsetof(struct structure_section, leverage_max),
     .doc = "cap on the leverage, besides the venue's"},
    {.key = "category", .unit = "1", .type = FIELD_TEXT,
     .offset = offsetof(struct structure_section, category),
     .doc = "the venue's category that the accounts are in"},
    {.key = NULL},
};
const struct field sections_borrower[] = {
    {.key = "collateral", .unit = "1", .type = FIELD_LOADINGS, .required = true, .min = 0.0,
     .max = max_usd, .offset = offsetof(struct structure_section, collateral),
     .doc = "relative frequency of the coins held"},
    {.key = "second_share", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.3, .offset = offsetof(struct structure_section, second_share),
     .doc = "part of the accounts that draw a second coin, for 0 to half of the collateral"},
    {.key = "health_factor", .unit = "1", .type = FIELD_DRAW, .min = 1.0, .max = 1000.0,
     .preset = 1.5, .offset = offsetof(struct structure_section, health_factor),
     .doc = "health factor; the distribution by median and log_sd is that of the part above 1"},
    {.key = "category", .unit = "1", .type = FIELD_TEXT,
     .offset = offsetof(struct structure_section, category),
     .doc = "the venue's category that the accounts are in"},
    {.key = NULL},
};
/* clang-format on */

const struct field *const sections_structure_kind[N_STRUCTURE] = {
    [STRUCTURE_DIRECTIONAL] = sections_directional,
    [STRUCTURE_BASIS] = sections_basis,
    [STRUCTURE_LP_SHORT] = sections_lp_short,
    [STRUCTURE_STAKED_LOOP] = sections_staked_loop,
    [STRUCTURE_BORROWER] = sections_borrower,
};
