#ifndef TAILRACE_MODELS_LIQUIDATION_BONUS_H
#define TAILRACE_MODELS_LIQUIDATION_BONUS_H

#include "sim/vmath.h"

/* How much of one debt may be repaid for one collateral with a fixed bonus: Aave v3.3 and
 * later (aave-dao/aave-v3-origin, LiquidationLogic.sol; docs/3.3/Aave-v3.3-features.md).
 * Amounts are values at the marks, USD. */
struct bonus_rule {
    double close_factor_frac;    /* of the account's whole debt, that one call may repay */
    double full_close_health;    /* at this health or below it may repay all, */
    double full_close_below_usd; /* and if that debt or that collateral is worth less */
    double least_left_usd;       /* what is left of either is 0 or at least so much */
};

/* What one call may repay: at most `whole_usd`, and that only if it clears the debt or the
 * collateral (`clears`); otherwise at most part_usd <= whole_usd. */
struct bonus_range {
    double whole_usd, part_usd;
    int clears_debt, clears_collateral;
};

/* The range for a debt and a collateral of an account that owes owed_usd in all; bonus_frac
 * is what is seized beyond what is repaid. */
static inline struct bonus_range bonus_range(const struct bonus_rule *r, double health,
                                             double owed_usd, double debt_usd,
                                             double collateral_usd, double bonus_frac)
{
    const int full = (health <= r->full_close_health) |
                     (vm_min(debt_usd, collateral_usd) < r->full_close_below_usd);
    const double factor_usd = full ? debt_usd : r->close_factor_frac * owed_usd;
    const double covered_usd = collateral_usd / (1.0 + bonus_frac);
    const double whole_usd = vm_min(vm_min(factor_usd, debt_usd), covered_usd);
    const double least_usd = r->least_left_usd;
    const double part_usd = vm_min(
        whole_usd, vm_min(vm_max(debt_usd - least_usd, 0.0),
                          vm_max(collateral_usd - least_usd, 0.0) / (1.0 + bonus_frac)));

    return (struct bonus_range){.whole_usd = whole_usd,
                                .part_usd = part_usd,
                                .clears_debt = whole_usd >= debt_usd,
                                .clears_collateral = whole_usd >= covered_usd};
}

/* Coins of collateral seized for repaid coins of debt (Compound v2, Comptroller.
 * liquidateCalculateSeizeTokens, at an exchange rate of 1; Aave, LiquidationLogic.sol). */
static inline double bonus_seized_coins(double repaid_coins, double debt_mark_usd,
                                        double collateral_mark_usd, double bonus_frac)
{
    return repaid_coins * (1.0 + bonus_frac) * debt_mark_usd / collateral_mark_usd;
}

#endif
