#ifndef TAILRACE_SIM_BOOK_H
#define TAILRACE_SIM_BOOK_H

#include "sim/worker.h"

/* The user's own accounts on one block of paths. Linear positions are quoted in every step.
 * Options are valued in full at reporting times; in between their value follows delta,
 * gamma and the surface factor, and an account that comes near its requirement on that
 * estimate is valued in full before anything is decided. The requirement of a rule of
 * scenarios is that of the last reporting time. */

/* Time 0; market_start must have run. */
void book_start(const struct plan *plan, struct worker *w);

/* Cash flows of the step that just ended: funding, and options that expire in it. */
void book_cash(const struct plan *plan, struct worker *w);

/* Equity, requirement and what is watched of them (smallest buffer, first margin call) at
 * the venue's present marks. Calling it twice changes nothing. */
void book_mark(const struct plan *plan, struct worker *w);

/* Value of one account at traded prices, [LANES] USD: cash, coins, contracts. */
void book_value(const struct plan *plan, uint32_t account, const struct worker *w,
                double *value_usd);

/* Equity minus requirement of an account of a venue on path k if its marks were these,
 * [n_asset] USD; they come back as they were. Options by their estimate. */
double book_buffer_at(const struct plan *plan, uint32_t account, int k, double *mark_usd,
                      struct worker *w);

/* Funding that one unit step charges on a notional of notional_usd + notional_coins * S,
 * USD; [LANES]. */
void book_funding(const struct plan *plan, uint32_t asset, double notional_usd,
                  double notional_coins, const struct worker *w, double *funding_usd);

/* Values every option in full at the marks; before book_mark at reporting times. */
void book_refresh(const struct plan *plan, struct worker *w);

/* P&L of the whole book at a reporting time and its drawdown; values every option in full.
 */
void book_report(const struct plan *plan, struct worker *w);

#endif
