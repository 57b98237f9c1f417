#ifndef TAILRACE_SIM_BOOK_CLAIM_H
#define TAILRACE_SIM_BOOK_CLAIM_H

#include "sim/worker.h"

/* The claims of the user's accounts. Rows have LANES entries. */

/* At the marks of an account's venue, as margin wants it, or at traded prices. */
enum book_prices { BOOK_MARK, BOOK_TRADED };

/* Price that an account's positions in an asset are valued at. */
const double *book_claim_price(const struct plan *plan, uint32_t account,
                               enum book_prices prices, uint32_t asset,
                               const struct worker *w);

/* Stress factor on an asset's implied volatility. */
const double *book_claim_surface(const struct plan *plan, const struct worker *w,
                                 uint32_t asset);

/* Value of one unit of a claim now at the prices given, USD, with optional Greeks (NULL
 * rows are left out). log_spot is ln of spot. */
void book_claim_value(const struct plan *plan, const struct plan_claim *o,
                      const struct worker *w, const double *spot, const double *log_spot,
                      struct claim_value *out);

/* Payoff of one unit at its expiry and the price that it settles at, [LANES] USD. */
void book_claim_payoff(const struct plan *plan, const struct plan_claim *o,
                       const struct worker *w, double *settle_usd, double *payoff_usd);

/* What one unit of a claim receives in a step, as in struct claim_step. */
struct claim_flow {
    lane_row cash_usd, coins, debt_coins, fee_usd, carry_usd;
};

/* The step that just ended, at step 0 the start, of a claim that has not expired before;
 * changes its state. False: it has none, nothing is written. */
bool book_claim_step(const struct plan *plan, const struct plan_claim *o, struct worker *w,
                     struct claim_flow *flow);

/* d sigma / d of the effects on the surface, at one claim; 0 where it has no strike. */
struct claim_slopes {
    lane_row by_factor, by_term, by_skew;
};

/* book_claim_value with all rows, and these slopes. */
void book_claim_slopes(const struct plan *plan, const struct plan_claim *o,
                       const struct worker *w, const double *spot, const double *log_spot,
                       struct claim_value *out, struct claim_slopes *slopes);

/* Whether a claim is a function of the price and the surface alone at time_s: neither a
 * state of its own nor an average under way. */
bool book_claim_tabulated(const struct plan_claim *o, double time_s);

#endif
