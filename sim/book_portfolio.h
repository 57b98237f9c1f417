#ifndef TAILRACE_SIM_BOOK_PORTFOLIO_H
#define TAILRACE_SIM_BOOK_PORTFOLIO_H

#include "sim/worker.h"

/* Maintenance of an account whose venue has a rule of scenarios (margin_rule.portfolio), at
 * the marks and volatilities of now: path by path all its positions are revalued in every
 * scenario. An option in its settlement window counts as if it settled at one instant.
 * need_usd [LANES]. */
void book_portfolio_requirement(const struct plan *plan, uint32_t account,
                                const struct worker *w, double *need_usd);

/* Whether that is done now: at the start and at reporting times; in between it stays. */
static inline bool book_portfolio_due(const struct plan *plan, const struct worker *w)
{
    return w->step % plan->report_every == 0 || w->step == plan->n_step;
}

#endif
