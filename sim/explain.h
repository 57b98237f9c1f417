#ifndef TAILRACE_SIM_EXPLAIN_H
#define TAILRACE_SIM_EXPLAIN_H

#include "sim/worker.h"

/* P&L explanation of the own book: what the Greeks at the beginning of each interval between
 * reporting times say about its moves, added up over the intervals, in dollars. With the
 * book's sums at the beginning (price S, surface factor f, years t; coins count as delta),
 * moves dS, df, and J the part of dS in steps in which the price model jumped:
 *     delta   Delta (dS - J)                     gamma   Gamma (dS - J)^2 / 2
 *     jumps   Delta J + Gamma (dS^2 - (dS - J)^2) / 2
 *     vega    V_f df, and the effects on term and skew
 *     theta   V_t dt at constant price, volatility and annual basis of the forward
 *     higher  V_fS df dS + V_ff df^2 / 2, and the third and fourth orders
 * The last come from the Greeks at the end of the interval, by the corrected trapezoidal
 * rule along the straight line d = (dS, df, dt) between the two states,
 *     (grad V_0 + grad V_1) d / 2 - d' (H_1 - H_0) d / 12,
 * unless a claim of the account and asset expires in the interval, averages its settlement
 * price in it, or has a state of its own. An account that is closed ends its interval there.
 * Funding and interest, fees (of liquidation, pools, spreads) and the liquidity cost of
 * liquidations are what was paid; shortfall is what an account that ended below 0 did not
 * pay, a gain. Unexplained is the P&L less all of these: options that expire within the
 * interval, coins paid at another price than the traded one (an average), what a moving term
 * structure adds, and fifth orders. */

/* Order of the parts in ROW_EXPLAIN and in the file. */
enum explain_part {
    EXPLAIN_DELTA,
    EXPLAIN_GAMMA,
    EXPLAIN_VEGA,
    EXPLAIN_THETA,
    EXPLAIN_HIGHER,
    EXPLAIN_JUMPS,
    EXPLAIN_FUNDING,
    EXPLAIN_FEES,
    EXPLAIN_LIQUIDITY,
    EXPLAIN_SHORTFALL,
    EXPLAIN_UNEXPLAINED,
    N_EXPLAIN
};
extern const char *const explain_part_name[N_EXPLAIN];

/* What of an account and asset is remembered from the beginning of the interval; Greeks are
 * those of the claims and of all that is linear. */
enum explain_base {
    EXPLAIN_AT_DELTA,
    EXPLAIN_AT_GAMMA,
    EXPLAIN_AT_THETA,
    EXPLAIN_AT_CARRY,
    EXPLAIN_AT_FACTOR,
    EXPLAIN_AT_FACTOR_SPOT,
    EXPLAIN_AT_FACTOR_2,
    EXPLAIN_AT_BY_TERM,
    EXPLAIN_AT_BY_SKEW,
    EXPLAIN_AT_LINEAR, /* part of the delta that is not of claims */
    N_EXPLAIN_GREEK,
    EXPLAIN_AT_SPOT = N_EXPLAIN_GREEK,
    EXPLAIN_AT_SURFACE,
    EXPLAIN_AT_TERM,
    EXPLAIN_AT_SKEW,
    N_EXPLAIN_BASE
};

/* After book_start. */
void explain_start(const struct plan *plan, struct worker *w);

/* After market_step: the jumps. */
void explain_step(const struct plan *plan, struct worker *w);

/* Flows of an account: funding and interest received, fees earned (paid: negative), [LANES]
 * USD. */
void explain_flow(struct worker *w, enum explain_part part, const double *usd);

/* Coins of an asset, [LANES], that an account receives at the prices of now, before w->step
 * ends: from now on they count as delta, and not for the part of the interval's move that lies
 * behind. What is paid for them is cash, and so nothing is left unexplained. Without effect
 * before explain_start. */
void explain_coins(const struct plan *plan, struct worker *w, uint32_t account,
                   uint32_t asset, const double *coins);

/* An account is about to be closed on path k; then what that cost, and what of it is not paid
 * by the owner since his equity ended below 0, USD, at least 0. */
void explain_close(const struct plan *plan, struct worker *w, uint32_t account, int k);
void explain_closed(struct worker *w, int k, double fee_usd, double liquidity_usd,
                    double shortfall_usd);

/* At a reporting time, when the book has its values at traded prices: ends the interval and
 * begins the next. */
void explain_report(const struct plan *plan, struct worker *w);

#endif
