#ifndef TAILRACE_SCENARIOS_COMPILE_ORDERS_H
#define TAILRACE_SCENARIOS_COMPILE_ORDERS_H

#include "scenarios/compile.h"

/* What a venue says of an asset; NULL: nothing. */
const struct venue_asset *compile_venue_asset(const struct scenario_venue *venue,
                                              const char *name);

/* The order books and pools of all venues, `venue` [n_venue] those of the plan: plan->book
 * and first_book, each venue's own books and marks, depth that follows volatility, and the
 * books that shocks act on. */
bool compile_orders(const struct scenario *scenario, struct arena *arena, struct plan *plan,
                    struct plan_venue *venue, struct error *err);

#endif
