#ifndef TAILRACE_SIM_BOOK_H
#define TAILRACE_SIM_BOOK_H

#include "sim/worker.h"

/* The user's own accounts on one block of paths. Linear positions are quoted in every step.
 * Options are valued in full at reporting times; in between their value follows delta,
 * gamma and the surface factor, and an account that comes near its requirement on that
 * estimate is valued in full before anything is decided. */

/* Time 0; market_start must have run. */
void book_start(const struct plan *plan, struct worker *w);

/* Cash flows of the step that just ended: funding, and options that expire in it. */
void book_cash(const struct plan *plan, struct worker *w);

/* Equity, requirement and what is watched of them (smallest buffer, first margin call) at
 * the venue's present marks. Calling it twice changes nothing. */
void book_mark(const struct plan *plan, struct worker *w);

/* Values the options of one account in full where mask[k] is not 0: at the marks of its
 * venue, as margin wants it, or at traded prices. */
enum book_prices { BOOK_MARK, BOOK_TRADED };
void book_revalue(const struct plan *plan, uint32_t account, enum book_prices prices,
                  const double *mask, struct worker *w);

/* Value of one account at traded prices, [LANES] USD: cash, coins, contracts. */
void book_value(const struct plan *plan, uint32_t account, const struct worker *w,
                double *value_usd);

/* Value of one unit of an option now at the prices given, [LANES] USD, with optional Greeks
 * (NULL rows are left out). log_spot is ln of spot. */
void book_option(const struct plan *plan, const struct plan_option *o,
                 const struct worker *w, const double *spot, const double *log_spot,
                 struct option_value *out);

/* Funding that one unit step charges on a notional of notional_usd + notional_coins * S,
 * USD; [LANES]. */
void book_funding(const struct plan *plan, uint32_t asset, double notional_usd,
                  double notional_coins, const struct worker *w, double *funding_usd);

/* P&L of the whole book at a reporting time and its drawdown; values every option in full.
 */
void book_report(const struct plan *plan, struct worker *w);

#endif
