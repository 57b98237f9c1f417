#ifndef TAILRACE_SIM_GREEKS_H
#define TAILRACE_SIM_GREEKS_H

#include "sim/plan.h"
#include "sim/result.h"

/* Value and Greeks of every position at the start, [n_position], and their sums per asset,
 * [n_asset]. Cash has no asset and counts in no sum. Units as in struct greek_row: delta is
 * dV/dS in coins; gamma the change of delta_usd for a rise of 1 %; vega per 0.01 of
 * volatility; theta per day at constant spot, and as the exchange displays it. */
void greeks_at_start(const struct plan *plan, struct greek_row *position,
                     struct greek_row *asset);

#endif
