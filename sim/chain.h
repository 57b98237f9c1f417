#ifndef TAILRACE_SIM_CHAIN_H
#define TAILRACE_SIM_CHAIN_H

#include "sim/worker.h"

/* What liquidations need beside a price: a venue that does not stand still, room on its
 * chain, gas, and capital of liquidators. Congestion is latency first and cost second: where
 * room is short, requests wait for a later instant; what gas costs is told to the liquidator,
 * who may find that it does not pay. Away from a chain there is room without end and no gas.
 *
 * Room: a chain takes r f transactions a second, f the factor of the shocks. Of what was
 * not taken by the next instant three blocks' worth is kept, or one transaction if that is
 * more, so that a low rate comes through at any clock. Gas: its price is the chain's own plus the sum over
 * shocks of profile x (their price - its own), at least 0. Capital laid out comes back with
 * a half-life. */

/* Time 0: nothing halted but by shocks that start then, queues empty, capital whole. The
 * shocks' sizes must have been drawn. */
void chain_start(const struct plan *plan, struct worker *w);

/* An instant, dt_s after the last one: shocks at w->time_s, room, capital. */
void chain_step(const struct plan *plan, struct worker *w, double dt_s);

/* Takes the room of `weight` equal transactions for a venue on path k, the later ones from
 * blocks to come; false: there is no room for one now. */
bool chain_transact(const struct plan *plan, struct worker *w, uint32_t venue, int k,
                    double weight);

/* Gas of one liquidation at a venue on path k, USD at the native coin's traded price: units
 * of gas x gwei x 1e-9 x price. */
double chain_gas_usd(const struct plan *plan, const struct worker *w, uint32_t venue,
                     int k);

/* What the liquidators of a venue can lay out now on path k, USD, INFINITY without bound;
 * whoever spends it takes it from there. */
double *chain_capital_usd(const struct plan *plan, struct worker *w, uint32_t venue, int k);

/* A venue stands still: no liquidation, no trade there. */
bool venue_halted(const struct plan *plan, const struct worker *w, uint32_t venue, int k);

#endif
