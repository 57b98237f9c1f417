#include "sim/chain.h"

#include <math.h>

#include "sim/market.h"
#include "sim/vmath.h"

static const double LN2 = 0x1.62e42fefa39efp-1;
static const double COINS_PER_GWEI = 1e-9;
static const double KEPT_BLOCKS = 3.0; /* for which unused room piles up */

static void fill(double *row, double value)
{
    for (int k = 0; k < LANES; k++)
        row[k] = value;
}

static void effect_add(const struct plan *plan, const struct effect *e,
                       const double *restrict size, const double *restrict g,
                       uint32_t target, struct worker *w)
{
    if (e->state == EFFECT_HALT) {
        double *restrict row = worker_row(w, ROW_HALTED, target);
        for (int k = 0; k < LANES; k++)
            row[k] = g[k] > 0.0 ? 1.0 : row[k];
    } else if (e->state == EFFECT_GAS) {
        const double own = plan->chain[target].gas_price_gwei;
        double *restrict row = worker_row(w, ROW_GAS, target);
        for (int k = 0; k < LANES; k++)
            row[k] += g[k] * (size[k] - own);
    } else if (e->state == EFFECT_THROUGHPUT) {
        double *restrict row = worker_row(w, ROW_THROUGHPUT, target);
        for (int k = 0; k < LANES; k++)
            row[k] += g[k] * size[k];
    }
}

/* What the shocks make of venues and chains at w->time_s. */
static void effects_step(const struct plan *plan, struct worker *w)
{
    lane_row g;

    for (uint32_t venue = 0; venue < plan->n_venue; venue++)
        fill(worker_row(w, ROW_HALTED, venue), 0.0);
    for (uint32_t chain = 0; chain < plan->n_chain; chain++) {
        fill(worker_row(w, ROW_GAS, chain), plan->chain[chain].gas_price_gwei);
        fill(worker_row(w, ROW_THROUGHPUT, chain), 0.0);
    }
    for (uint32_t i = 0; i < plan->n_effect; i++) {
        const struct effect *e = &plan->effect[i];
        if (e->state <= EFFECT_CORRELATION)
            continue;
        market_profile(e, w->time_s, worker_row(w, ROW_START, i), g);
        for (uint32_t t = 0; t < e->n_target; t++)
            effect_add(plan, e, worker_row(w, ROW_SIZE, i), g, e->target[t], w);
    }
    for (uint32_t chain = 0; chain < plan->n_chain; chain++) {
        double *restrict gas = worker_row(w, ROW_GAS, chain);
        double *restrict throughput = worker_row(w, ROW_THROUGHPUT, chain);
        for (int k = 0; k < LANES; k++) {
            gas[k] = vm_max(gas[k], 0.0);
            throughput[k] = vm_exp(throughput[k]);
        }
    }
}

void chain_start(const struct plan *plan, struct worker *w)
{
    effects_step(plan, w);
    for (uint32_t chain = 0; chain < plan->n_chain; chain++)
        fill(worker_row(w, ROW_QUEUE, chain), 0.0);
    for (uint32_t venue = 0; venue < plan->n_venue; venue++)
        fill(worker_row(w, ROW_CAPITAL, venue), plan->venue[venue].capital_usd);
}

static void queue_step(const struct plan *plan, uint32_t chain, struct worker *w,
                       double dt_s)
{
    const struct plan_chain *c = &plan->chain[chain];
    const double rate = c->transactions_per_s;
    const double kept_s = KEPT_BLOCKS * c->block_s;
    const double *restrict throughput = worker_row(w, ROW_THROUGHPUT, chain);
    double *restrict queue = worker_row(w, ROW_QUEUE, chain);

    for (int k = 0; k < LANES; k++) {
        const double now = rate * throughput[k];
        const double kept = vm_min(queue[k], vm_max(now * kept_s, 1.0));
        queue[k] = kept + now * dt_s;
    }
}

static void capital_step(const struct plan *plan, uint32_t venue, struct worker *w,
                         double dt_s)
{
    const double whole = plan->venue[venue].capital_usd;
    const double keep = vm_exp(-LN2 * dt_s / plan->venue[venue].capital_half_life_s);
    double *restrict capital = worker_row(w, ROW_CAPITAL, venue);

    if (isinf(whole))
        return;
    for (int k = 0; k < LANES; k++)
        capital[k] = whole - keep * (whole - capital[k]);
}

void chain_step(const struct plan *plan, struct worker *w, double dt_s)
{
    effects_step(plan, w);
    for (uint32_t chain = 0; chain < plan->n_chain; chain++)
        queue_step(plan, chain, w, dt_s);
    for (uint32_t venue = 0; venue < plan->n_venue; venue++)
        capital_step(plan, venue, w, dt_s);
}

bool chain_transact(const struct plan *plan, struct worker *w, uint32_t venue, int k,
                    double weight)
{
    const uint32_t chain = plan->venue[venue].chain;

    if (chain == PLAN_NONE)
        return true;
    double *queue = &worker_row(w, ROW_QUEUE, chain)[k];
    if (*queue < 1.0)
        return false;
    *queue -= vm_max(weight, 1.0);
    return true;
}

double chain_gas_usd(const struct plan *plan, const struct worker *w, uint32_t venue, int k)
{
    const uint32_t chain = plan->venue[venue].chain;

    if (chain == PLAN_NONE)
        return 0.0;
    const struct plan_chain *c = &plan->chain[chain];
    return c->gas_per_liquidation * worker_row(w, ROW_GAS, chain)[k] * COINS_PER_GWEI *
           worker_row(w, ROW_SPOT, c->native)[k];
}

double *chain_capital_usd(const struct plan *plan, struct worker *w, uint32_t venue, int k)
{
    (void)plan;
    return &worker_row(w, ROW_CAPITAL, venue)[k];
}

bool venue_halted(const struct plan *plan, const struct worker *w, uint32_t venue, int k)
{
    (void)plan;
    return worker_row(w, ROW_HALTED, venue)[k] != 0.0;
}
