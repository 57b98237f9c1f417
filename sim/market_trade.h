#ifndef TAILRACE_SIM_MARKET_TRADE_H
#define TAILRACE_SIM_MARKET_TRADE_H

#include "sim/worker.h"

/* Sells coins (negative: buys) of one asset on path k at the prices of this instant, through
 * all its open books and pools, in pieces of equal marginal price after half-spread and fee.
 * It stops before that price is worse than limit_usd: below it for a sale (0 takes any
 * price), above it for a purchase (INFINITY takes any). Moves the impact of the books, not
 * the traded price (market_reprice); records what the takers bought. Without feedback
 * (run.feedback: false) all of it goes at the best price of this instant and moves nothing.
 *
 * Returns coins traded and USD received (negative: paid) after spread and fees; stop:
 * STOP_FILLED all of it, STOP_UNPROFITABLE up to the limit, STOP_EXHAUSTED as much as the
 * books had, STOP_HALTED none, since every book is closed. */
struct fill market_trade(const struct plan *plan, struct worker *w, int k, uint32_t asset,
                         double coins, double limit_usd);

#endif
