#ifndef TAILRACE_SIM_POPULATION_H
#define TAILRACE_SIM_POPULATION_H

#include <stdint.h>

#include "sim/arena.h"
#include "sim/model.h"

/* Marginal maintenance per USD of notional that the screen below can stand; scenarios with
 * more are refused when they are compiled. */
static const double POPULATION_MAX_RATE = 0.5;

/* The accounts of a venue, shared by all paths and sorted so that the ones in danger stand
 * first. An account's level is the uniform adverse move u (every asset it is long falls by
 * u, every asset it is short rises by u) at which its buffer reaches zero. The buffer is
 * concave in the prices and monotone in each, so as long as no asset has moved against it
 * by u, the account is safe; for an account with one asset the level is its exact
 * liquidation price. A path needs to look only at accounts whose level is below the present
 * adverse move. */

struct population_leg {
    uint32_t asset;
    double coins; /* signed */
    double entry_usd;
};

/* Accounts with the same assets on the same sides, sorted by level. */
struct population_group {
    uint32_t first, count; /* of the sorted accounts */
    uint32_t n_side;       /* assets involved */
    const uint32_t *side;  /* [n_side] 2 * asset + (1 if short) */
};

struct population {
    uint32_t n_account, n_group, n_asset;
    const struct population_group *group;
    /* Per account in sorted order. */
    const double *level;
    const double *collateral_usd;
    const double *weight;    /* equal accounts it stands for */
    const uint32_t *leg_end; /* legs of account i: leg_end[i - 1] .. leg_end[i] */
    const struct population_leg *leg;
    const uint32_t *source; /* index in the order of the file */
    const double *spot_usd; /* [n_asset] prices that levels refer to */
    const struct margin_rule *rule;
    const void *coef;
    /* The residual account that balances longs and shorts, coins per asset. */
    const double *rest_coins;
    uint32_t n_excluded; /* liquidatable at the start, left out */
    double excluded_usd; /* their notional */
};

struct population_row {
    const char *account;
    uint32_t asset;
    double coins, entry_usd, collateral_usd, weight;
};

/* Sorts the rows (those of one account stand together) into a population. own_coins
 * [n_asset] are the user's perpetuals on the venue, which the residual account balances
 * too. Cannot fail: rows were checked when they were read. */
void population_build(const struct population_row *rows, uint32_t n_row, uint32_t n_asset,
                      const double *spot_usd, const double *own_coins,
                      const struct margin_rule *rule, const void *coef, struct arena *arena,
                      struct population *population);

/* Equity minus requirement of account i (one of `weight` equal ones) at prices and
 * cumulative funding per coin, both [n_asset] with the given stride. */
double population_buffer(const struct population *p, uint32_t i, const double *price_usd,
                         const double *funding_usd, uint32_t stride);

#endif
