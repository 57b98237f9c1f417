#ifndef TAILRACE_SIM_POPULATION_H
#define TAILRACE_SIM_POPULATION_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/arena.h"
#include "sim/model.h"

/* Marginal maintenance per USD of notional that the screens below can stand, up to
 * POPULATION_MAX_RISE times the start price; scenarios with more are refused when
 * compiled. */
static const double POPULATION_MAX_RATE = 0.5;
static const double POPULATION_MAX_RISE = 4.0;

/* The accounts of a venue, shared by all paths and sorted so that the ones in danger
 * stand first. An account's level is the uniform adverse move u (every asset it is long
 * falls by u, every asset it is short rises by u, as fractions of the start price) at
 * which its buffer reaches zero. The buffer is monotone in each price, so as long as no
 * asset has moved against it by u, the account is safe; for an account with one asset
 * the level is its exact liquidation price. Funding counts as a further move of the
 * price, so u of a long may be above 1. A path looks only at accounts whose level is
 * below the present adverse move; those it evaluates in blocks of POPULATION_BLOCK. */
enum { POPULATION_BLOCK = 8, POPULATION_MAX_ASSET = 128 };
static const uint32_t POPULATION_CASH = UINT32_MAX; /* an asset: dollars */

/* What a holding is: a contract with an entry price, or property (a coin held or owed), long
 * or short. */
enum { SIDE_SHORT = 1, SIDE_HELD = 2, N_SIDE = 4 };
static inline uint32_t side_asset(uint32_t side)
{
    return side / N_SIDE;
}

/* Accounts with the same assets on the same sides and of one category, sorted by level, in
 * whole blocks: the last block is filled with empty accounts whose level is infinite. */
struct population_group {
    uint32_t first, count; /* of the sorted accounts; multiples of POPULATION_BLOCK */
    uint32_t category;     /* of the venue; 0: none */
    uint32_t n_side;       /* assets involved */
    const uint32_t *side;  /* [n_side] N_SIDE * asset + SIDE_HELD? + SIDE_SHORT? */
    const uint32_t *asset; /* [n_side] */
    uint32_t first_leg;    /* holdings: [n_side][count] from here */
    uint32_t
        first_safe; /* safe distances of its blocks, from here; groups of one asset need
                              none, since their levels are exact */
};

struct population {
    uint32_t n_account; /* empty ones included */
    uint32_t n_group, n_asset, n_leg;
    bool has_contracts, has_property; /* some holding is one */
    uint32_t n_safe;                  /* blocks of groups with more than one asset */
    const struct population_group *group;
    /* Per account in sorted order. */
    const double *level;
    const double *collateral_usd;
    const double *weight;       /* equal accounts it stands for; 0: empty */
    const double *per_exposure; /* 1 / USD lost at most per unit of further adverse move */
    const uint32_t *source;     /* index in the order of the file */
    const char *const *name;    /* [index in the file] */
    const uint32_t *group_of;
    const uint64_t *alive; /* [n_account / 64 + 1] one bit each: not empty */
    /* Per holding. */
    const double *coins;     /* signed */
    const double *entry_usd; /* 0 of property */
    const double *spot_usd;  /* [n_asset] prices that levels refer to */
    const struct margin_rule *rule;
    const void *const *coef; /* [category] */
    /* The residual account that balances longs and shorts of contracts, coins per asset. */
    const double *rest_coins;
    uint32_t n_real;     /* accounts that are not empty */
    uint32_t n_excluded; /* liquidatable at the start, left out */
    double excluded_usd; /* their notional */
};

struct population_row {
    const char *account;
    uint32_t asset; /* POPULATION_CASH: the coins are dollars */
    bool held;
    uint32_t category;
    double coins, entry_usd, collateral_usd, weight;
};

/* What the buffers of one path follow; [n_asset] each, with a stride. */
struct population_market {
    const double *mark_usd;
    const double *funding_usd; /* paid so far per coin held long, by contracts */
    uint32_t stride;
    const double *debt_index; /* [n_asset] what one coin owed at the start has grown to; no
                                 stride */
};

/* Sorts the rows (those of one account stand together) into a population. own_coins
 * [n_asset] are the user's perpetuals on the venue, which the residual account balances
 * too. Cannot fail: rows were checked when they were read. */
void population_build(const struct population_row *rows, uint32_t n_row, uint32_t n_asset,
                      const double *spot_usd, const double *own_coins,
                      const struct margin_rule *rule, const void *const *coef,
                      struct arena *arena, struct population *population);

/* The largest level that is safe for an account of the group with these holdings, [n_side]
 * each; INFINITY: no move can breach it; -1: it is under water at the start prices. */
double population_level(const struct population *p, const struct population_group *g,
                        double collateral_usd, const double *coins,
                        const double *entry_usd);

/* Equity minus requirement of the accounts of one block, [POPULATION_BLOCK] USD each
 * (one of `weight` equal ones). */
void population_block(const struct population *p, const struct population_group *g,
                      uint32_t first, const struct population_market *market,
                      double *restrict buffer_usd);

/* requirement_usd += maintenance of n holdings of one side worth value_usd (signed) each at
 * the price given. */
void population_need(const struct population *p, const struct population_group *g,
                     uint32_t side, const double *value_usd, const double *price_usd,
                     double *requirement_usd, int n);

/* Equity and requirement of one account that holds coins[leg] at collateral_usd, USD; legs
 * as those of the population. */
double population_equity(const struct population *p, uint32_t account, const double *coins,
                         double collateral_usd, const struct population_market *market);
double population_requirement(const struct population *p, uint32_t account,
                              const double *coins, const struct population_market *market);

/* Words of one bit per account. */
static inline uint32_t population_words(const struct population *p)
{
    return p->n_account / 64 + 1;
}

/* Holding of account i on the side numbered s of its group. */
static inline uint32_t population_leg(const struct population_group *g, uint32_t s,
                                      uint32_t i)
{
    return g->first_leg + s * g->count + (i - g->first);
}

#endif
