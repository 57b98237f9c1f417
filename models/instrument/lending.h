#ifndef TAILRACE_MODELS_INSTRUMENT_LENDING_H
#define TAILRACE_MODELS_INSTRUMENT_LENDING_H

#include "models/instrument/rate.h"
#include "sim/model.h"

/* A debt against collateral at a lending protocol, shared by the instruments that are one.
 *
 * The debt grows by exp(r h) in a step of h years, at the rate r of the utilisation at the
 * step's beginning; the collateral by exp(y h), y the staking yield. Then, with both at the
 * oracles' marks, the health is collateral x liquidation threshold / debt. Below 1 anyone
 * may repay a part of the debt and take collateral worth (1 + bonus) times as much, by the
 * rules of Aave v3.3 (aave-v3-origin, LiquidationLogic.sol; docs/3.3/Aave-v3.3-features.md):
 *   - at most the close factor's share of the debt; all of it if the health is at most
 *     full_close_health, or debt or collateral are worth less than full_close_below_usd;
 *   - what is left of debt and collateral is nothing, or worth at least half of
 *     full_close_below_usd;
 *   - if the collateral does not suffice, all of it is taken, and what is left of the debt
 *     is the protocol's loss (a deficit), not the borrower's.
 * Every liquidator does as much as the rules allow, again and again while the health is
 * below 1, but at most LENDING_CALLS times in a step; the rest waits for the next step.
 *
 * The borrower loses what is taken minus what is repaid, both at traded prices: with marks
 * equal to prices, the bonus. It is booked as a fee. Nothing is sold into the market. */
enum { LENDING_CALLS = 8 };

struct lending {
    struct contract contract;  /* quantity: see the instruments */
    double debt_quantity;      /* loan: owed at the start, coins of the debt asset or USD */
    double target_leverage;    /* loop: collateral / own equity at the start */
    double loan_to_value_frac; /* loop: most that may be borrowed */
    double staking_yield_annual; /* 1/year, continuous, in coins of the collateral */
    struct rate_curve rate;
    double liquidation_threshold_frac, liquidation_bonus_frac;
    double close_factor_frac, full_close_health, full_close_below_usd;
};

/* Rows of state, per unit of quantity. */
enum {
    LENDING_DEBT,       /* coins of the debt asset, or USD */
    LENDING_COLLATERAL, /* coins */
    LENDING_LOG_START,  /* ln of the collateral's price at the start */
    LENDING_N_STATE
};

/* The columns that they share, in struct lending. */
/* clang-format off */
#define LENDING_FIELDS \
    {.key = "debt_asset", .type = FIELD_TEXT, \
     .offset = offsetof(struct lending, contract.debt_name), \
     .doc = "asset that is owed; empty: USD"}, \
    {.key = "staking_yield_annual", .unit = "1/year", .type = FIELD_NUMBER, \
     .min = -1.0, .max = 10.0, .offset = offsetof(struct lending, staking_yield_annual), \
     .doc = "growth rate of the number of collateral coins; 0 for coins that earn nothing"}, \
    {.key = "base_rate_annual", .unit = "1/year", .type = FIELD_NUMBER, \
     .min = 0.0, .max = 10.0, .offset = offsetof(struct lending, rate.base_annual), \
     .doc = "borrow rate at utilisation 0, compounded continuously"}, \
    {.key = "slope1_annual", .unit = "1/year", .type = FIELD_NUMBER, \
     .min = 0.0, .max = 1e3, .offset = offsetof(struct lending, rate.slope1_annual), \
     .doc = "rise of the rate per 1.00 of utilisation below the kink"}, \
    {.key = "slope2_annual", .unit = "1/year", .type = FIELD_NUMBER, \
     .min = 0.0, .max = 1e3, .offset = offsetof(struct lending, rate.slope2_annual), \
     .doc = "rise of the rate per 1.00 of utilisation above the kink"}, \
    {.key = "kink_utilisation_frac", .unit = "1", .type = FIELD_NUMBER, .preset = 0.9, \
     .min = 0.0, .max = 2.0, .offset = offsetof(struct lending, rate.kink_utilisation_frac), \
     .doc = "utilisation where the rate curve has its kink; above 1: nowhere"}, \
    {.key = "utilisation_frac", .unit = "1", .type = FIELD_NUMBER, \
     .min = 0.0, .max = 1.0, .offset = offsetof(struct lending, rate.utilisation_frac), \
     .doc = "share of the lending pool that is lent at the start"}, \
    {.key = "utilisation_beta", .unit = "1", .type = FIELD_NUMBER, \
     .min = -100.0, .max = 100.0, .offset = offsetof(struct lending, rate.utilisation_beta), \
     .doc = "elasticity of utilisation to the collateral's price: at -2 a fall of 1 % raises " \
            "it by 2 % of itself; it stays within 0 .. 1"}, \
    {.key = "liquidation_threshold_frac", .unit = "1", .type = FIELD_NUMBER, \
     .required = true, .min = 0.01, .max = 1.0, \
     .offset = offsetof(struct lending, liquidation_threshold_frac), \
     .doc = "a debt above this share of the collateral, at the oracle's price, is liquidated"}, \
    {.key = "liquidation_bonus_frac", .unit = "1", .type = FIELD_NUMBER, .preset = 0.05, \
     .min = 0.0, .max = 1.0, .offset = offsetof(struct lending, liquidation_bonus_frac), \
     .doc = "collateral that a liquidator takes beyond what it repays"}, \
    {.key = "close_factor_frac", .unit = "1", .type = FIELD_NUMBER, .preset = 0.5, \
     .min = 0.01, .max = 1.0, .offset = offsetof(struct lending, close_factor_frac), \
     .doc = "share of the debt that one liquidation may repay"}, \
    {.key = "full_close_health", .unit = "1", .type = FIELD_NUMBER, .preset = 0.95, \
     .min = 0.0, .max = 1.0, .offset = offsetof(struct lending, full_close_health), \
     .doc = "at this health or below one liquidation may repay all"}, \
    {.key = "full_close_below_usd", .unit = "USD", .type = FIELD_NUMBER, .preset = 2000.0, \
     .min = 0.0, .max = 1e12, .offset = offsetof(struct lending, full_close_below_usd), \
     .doc = "and if debt or collateral are worth less; half of it is the least that a " \
            "partial liquidation leaves"}
/* clang-format on */

/* One liquidation of a whole position, in USD at the marks. */
struct lending_call {
    double repaid_usd, taken_usd;
    int debt_gone, collateral_gone; /* nothing is left of it, though not all was repaid */
};

/* Zeros if the health is 1 or above. */
static inline struct lending_call lending_liquidate(const struct lending *l,
                                                    double collateral_usd, double debt_usd)
{
    const double per_repaid = 1.0 + l->liquidation_bonus_frac;
    const double backed_usd = collateral_usd * l->liquidation_threshold_frac;
    const double small_usd = l->full_close_below_usd, least_usd = 0.5 * small_usd;
    const double less_usd = vm_min(collateral_usd, debt_usd);
    const int called = backed_usd < debt_usd;
    const int full = (backed_usd <= l->full_close_health * debt_usd) |
                     (less_usd < small_usd) | (l->close_factor_frac >= 1.0);
    const double most_usd = full ? debt_usd : l->close_factor_frac * debt_usd;
    const int exhausted = most_usd * per_repaid >= collateral_usd;
    /* a part leaves enough of both */
    const double part_usd = vm_min(vm_max(debt_usd - least_usd, 0.0),
                                   vm_max(collateral_usd - least_usd, 0.0) / per_repaid);
    const double allowed_usd = full ? most_usd : vm_min(most_usd, part_usd);
    const double repaid_usd = exhausted ? collateral_usd / per_repaid : allowed_usd;
    const double taken_usd = exhausted ? collateral_usd : allowed_usd * per_repaid;

    return (struct lending_call){
        .repaid_usd = called ? repaid_usd : 0.0,
        .taken_usd = called ? taken_usd : 0.0,
        .debt_gone = called & (full | exhausted),
        .collateral_gone = called & exhausted,
    };
}

/* Collateral and debt per unit of quantity as they are at the start. */
void lending_start(const struct claim_step *s, double collateral, const double *debt);

/* instrument.step of both. */
void lending_step(const struct contract *c, const struct claim_step *s);

#endif
