#ifndef TAILRACE_SIM_LIQUIDATION_WORLD_H
#define TAILRACE_SIM_LIQUIDATION_WORLD_H

#include "sim/worker.h"

/* What a liquidation model may do on one path at one venue: order books, the chain's queue,
 * capital, the fund, its state. */
struct liquidation_world {
    const struct plan *plan;
    struct worker *w;
    uint32_t venue;
    int k;
    double weight; /* of the account that it is called for */
    struct liquidation_market market;
};

/* Sets world->market up, with the model's state in w->state. trigger_look must have run. */
void liquidation_world_open(const struct plan *plan, struct worker *w, uint32_t venue,
                            int k, double weight, struct liquidation_world *world);

/* Keeps the state that the model has left. */
void liquidation_world_close(const struct plan *plan,
                             const struct liquidation_world *world);

#endif
