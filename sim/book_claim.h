#ifndef TAILRACE_SIM_BOOK_CLAIM_H
#define TAILRACE_SIM_BOOK_CLAIM_H

#include "sim/worker.h"

/* The options of the user's accounts. Rows have LANES entries. */

/* At the marks of an account's venue, as margin wants it, or at traded prices. */
enum book_prices { BOOK_MARK, BOOK_TRADED };

/* Price that an account's positions in an asset are valued at. */
const double *book_claim_price(const struct plan *plan, uint32_t account,
                               enum book_prices prices, uint32_t asset,
                               const struct worker *w);

/* Stress factor on an asset's implied volatility. */
const double *book_claim_surface(const struct plan *plan, const struct worker *w,
                                 uint32_t asset);

/* One of the sums over the options of an account and asset. */
double *book_claim_sum(const struct plan *plan, const struct worker *w, uint32_t account,
                       uint32_t asset, enum claim_sum sum);

/* Value of one unit of an option now at the prices given, USD, with optional Greeks (NULL
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

/* moved[k] = max(moved[k], how far price and surface of an asset went since the account's
 * options were valued in full), as a share of the price or of the volatility. */
void book_claim_moved(const struct plan *plan, uint32_t account, uint32_t asset,
                      const struct worker *w, double *moved);

/* Number of claims of an account from plan.claim[first] on that are on the same asset. */
uint32_t book_claim_group(const struct plan *plan, uint32_t account, uint32_t first);

/* Whether a claim is a function of the price and the surface alone at time_s: neither a
 * state of its own nor an average under way. */
bool book_claim_tabulated(const struct plan_claim *o, double time_s);

/* sum[0 .. N_CLAIM_FUNCTION) += the sums over claims of one account and asset, each valued
 * in full at w->step: all, those that are tabulated, or the others. */
enum book_part { BOOK_ALL, BOOK_TABULATED, BOOK_REST };
void book_claim_add(const struct plan *plan, const struct plan_claim *claim, uint32_t n,
                    enum book_part part, const struct worker *w, const double *spot_usd,
                    lane_row *sum);

/* Values the claims of one account where mask[k] is not 0. */
void book_claim_revalue(const struct plan *plan, uint32_t account, enum book_prices prices,
                        const double *mask, struct worker *w);

/* value += the options of one account and asset at the price given, to second order from
 * where they were valued in full. */
void book_claim_estimate(const struct plan *plan, uint32_t account, uint32_t asset,
                         const double *price, const struct worker *w, double *value);

#endif
