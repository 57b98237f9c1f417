#ifndef TAILRACE_SIM_MARGIN_H
#define TAILRACE_SIM_MARGIN_H

#include "sim/model.h"

/* Equity and requirement of one account at one instant, by any margin rule, as functions of
 * nothing but what is passed in. */

/* One position: a perpetual, a dated future or an option. Its price is index_usd of the
 * asset times exp(log_forward_ratio). */
struct margin_leg {
    const struct contract *contract; /* its quantity is signed, its asset an index */
    double log_forward_ratio;        /* ln(F/S); of a perpetual ln(price/index) */
    double volatility_annual;        /* implied, of an option */
    double years;                    /* to expiry, of 365 days; 0 without one */
    double rate_annual;              /* the venue's own interest rate to expiry */
};

struct margin_book {
    uint32_t n_asset;
    const double *index_usd;    /* [n_asset] price that margin is computed on */
    const double *coins;        /* [n_asset] held, or owed if negative */
    const double *haircut_frac; /* [n_asset] of held coins; NULL: none. Rules that have a
                                   table of their own do not look at it */
    double cash_usd;
    uint32_t n_leg;
    const struct margin_leg *leg; /* [n_leg] those of one asset together, by expiry */
};

/* One scenario of a rule that has some. */
struct margin_scenario {
    double move_frac;       /* of the price */
    const char *volatility; /* "up", "same", "down", or what else moves */
    double pnl_usd;         /* as the rule counts it */
};

enum { MARGIN_MAX_SCENARIO = 48 };

struct margin_result {
    double maintenance_usd;
    double initial_usd;  /* NAN: the rule does not say */
    uint32_t n_scenario; /* 0: the rule has none */
    uint32_t worst;      /* the scenario with the lowest P&L, the first of equals */
    uint32_t asset;      /* whose scenarios these are, that of the largest loss; UINT32_MAX:
                            of all assets at once */
    struct margin_scenario scenario[MARGIN_MAX_SCENARIO];
};

/* Value of the whole quantity at n prices and implied volatilities (NULL: its own), USD. */
void margin_leg_value(const struct margin_leg *leg, int n, const double *index_usd,
                      const double *volatility_annual, double *value_usd);

/* dV/dS of the whole quantity at the index, coins. */
double margin_leg_delta(const struct margin_leg *leg, double index_usd);

/* What `margin_rule.linear` sees of a perpetual or future, USD, with its sign; 0 of an
 * option. */
double margin_leg_notional(const struct margin_leg *leg, double index_usd);

/* Cash, coins and contracts at the index, USD. */
double margin_equity(const struct margin_book *book);

/* |notional| of every contract (an option's is |quantity| x index) and value of coins owed,
 * USD: what a requirement is compared with. */
double margin_notional(const struct margin_book *book);

/* Whether the rule can say anything about these positions; else *why is a phrase for "the
 * account ...". */
bool margin_admits(const struct margin_rule *rule, const struct margin_book *book,
                   const char **why);

/* Both requirements of an account that the rule admits. */
void margin_requirement(const struct margin_rule *rule, const void *coef,
                        const struct margin_book *book, struct margin_result *out);

/* The smallest move, the same fraction of the price of every asset that moves (moves[asset],
 * NULL: all), at which equity falls to maintenance; implied volatilities and F/S stay. Full
 * revaluation at every price tried: outwards in steps of 1 % of the price up to factors
 * MARGIN_LEAST and MARGIN_MOST, then bisection, so that an island narrower than a step can
 * be missed. 0: it is there already; NAN: nowhere in this direction. Under a rule that
 * isolates, every contract has the part of cash and coins that its notional at entry is of
 * all, as if all had been opened at one leverage, and the first one counts; its index in
 * book->leg comes in *leg (may be NULL), UINT32_MAX where the account stands as a whole. */
extern const double MARGIN_LEAST, MARGIN_MOST;
double margin_breaking_move(const struct margin_rule *rule, const void *coef,
                            const struct margin_book *book, const bool *moves, bool up,
                            uint32_t *leg);

#endif
