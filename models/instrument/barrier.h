#ifndef TAILRACE_MODELS_INSTRUMENT_BARRIER_H
#define TAILRACE_MODELS_INSTRUMENT_BARRIER_H

#include "sim/model.h"

/* A single barrier: up or down, knock-out or knock-in. */
enum barrier_type { BARRIER_UP_OUT, BARRIER_UP_IN, BARRIER_DOWN_OUT, BARRIER_DOWN_IN };

/* The one row of state: 1 once the barrier has been touched. */
enum { BARRIER_TOUCHED, BARRIER_N_STATE };

struct barrier {
    struct contract contract;
    int type; /* enum barrier_type */
    double barrier_usd, rebate_usd;
};

static inline bool barrier_is_up(const struct barrier *b)
{
    return b->type == BARRIER_UP_OUT || b->type == BARRIER_UP_IN;
}
static inline bool barrier_is_out(const struct barrier *b)
{
    return b->type == BARRIER_UP_OUT || b->type == BARRIER_DOWN_OUT;
}

/* Value and Greeks per unit of quantity in closed form; see barrier_value.c. */
void barrier_value(const struct contract *c, const struct claim_quote *quote,
                   struct claim_value *out);

#endif
