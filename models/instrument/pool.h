#ifndef TAILRACE_MODELS_INSTRUMENT_POOL_H
#define TAILRACE_MODELS_INSTRUMENT_POOL_H

#include "sim/model.h"

/* Fees of a position in a pool whose price moves along x y = L^2, between two prices.
 *
 * Arbitrage keeps the pool's price P where nothing is to be gained after the fee phi: within
 * S (1 - phi) .. S/(1 - phi) of the market's price S. At the end of each step it trades P
 * to the nearer end of that band, if P is outside. A rise of sqrt(P) by dr pays L dr dollars
 * into the position, a fall L d(1/sqrt(P)) coins, net of fee; the fee is taken from what is
 * paid in (Uniswap v3 whitepaper, section 6.2.3, from memory), so it is phi/(1 - phi) of
 * that, and nothing where sqrt(P) moves outside the position's range.
 *
 * What this must come to, at volatility sigma: without market risk of its own the
 * arbitrageur's gain is what the position loses against rebalancing, sigma^2/8 V a year for
 * x y = L^2, less the fees; as steps get short the gain vanishes and all of it is fees. With
 * steps of length h, ln P is a random walk between two barriers 2 gamma apart, gamma = -ln(1
 * - phi), which overshoots each by 0.5826 sigma sqrt(h) (Siegmund 1979), and fees are
 *     sigma^2/8 V x (2 sinh(gamma/2)/gamma) / (1 + 0.5826 sigma sqrt(h)/gamma):
 * derived here, and in the limit that of Milionis, Moallemi, Roughgarden (2023), "Automated
 * Market Making and Arbitrage Profits in the Presence of Fees" (from memory).
 *
 * Trades of others are the column fee_apr_frac: so much of the position's value a year, for
 * the part of a step in which the price is in range, the square root of it going straight
 * from one end of the step to the other. All fees are paid out in dollars when earned. */
struct pool_contract {
    struct contract contract;
    double lower_usd, upper_usd; /* 0 and 0: at all prices */
    double pool_fee_frac, fee_apr_frac;
};

enum { POOL_ROOT, POOL_N_STATE }; /* sqrt(P) */

/* The pool starts at the market's price. */
void pool_start(const struct contract *c, const struct claim_step *s);

/* Fees of one step on `liquidity` (L) between the square roots of two prices, root_high may
 * be infinite; before_usd and after_usd [LANES]: the position's value at both ends. */
void pool_step(const struct pool_contract *p, const struct claim_step *s, double liquidity,
               double root_low, double root_high, const double *before_usd,
               const double *after_usd);

/* Refuses a position that is not worth something; `kind` as the user writes it. */
bool pool_check(const struct contract *c, const char *kind, const char *where,
                struct error *err);

#endif
