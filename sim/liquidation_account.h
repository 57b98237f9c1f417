#ifndef TAILRACE_SIM_LIQUIDATION_ACCOUNT_H
#define TAILRACE_SIM_LIQUIDATION_ACCOUNT_H

#include "sim/trigger.h"

/* Closes the accounts of w->list, n of one group of a venue on path k, in the order of their
 * levels, by the venue's liquidation model. Returns how many something was done to. */
uint32_t liquidation_close(const struct plan *plan, struct worker *w, uint32_t venue, int k,
                           uint32_t group, uint32_t n);

/* Goes on with the watched accounts of a venue on path k: those that are under water and those
 * whose model asked to be called. Returns how many something was done to. */
uint32_t liquidation_continue(const struct plan *plan, struct worker *w, uint32_t venue,
                              int k);

/* Lets the model of a venue sell what it holds on path k. Returns whether it did something. */
bool liquidation_tend(const struct plan *plan, struct worker *w, uint32_t venue, int k);

/* Closes one of the user's accounts on path k. */
void liquidation_own(const struct plan *plan, struct worker *w, int k, uint32_t account);

#endif
