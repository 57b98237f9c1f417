#include "sim/liquidation_world.h"

#include "sim/chain.h"
#include "sim/market_trade.h"

static struct fill trade(void *context, uint32_t asset, double coins, double limit_usd)
{
    const struct liquidation_world *c = context;

    return market_trade(c->plan, c->w, c->k, asset, coins, limit_usd);
}

/* A trade that is taken back: it touches the impact of the asset's books and what takers
 * have bought. */
static struct fill quote(void *context, uint32_t asset, double coins, double limit_usd)
{
    const struct liquidation_world *c = context;
    const uint32_t first = c->plan->first_book[asset], n = plan_books(c->plan, asset);
    double *taker_coins = &worker_row(c->w, ROW_TAKER_COINS, asset)[c->k];
    double *taker_usd = &worker_row(c->w, ROW_TAKER_USD, 0)[c->k];
    const double before_coins = *taker_coins, before_usd = *taker_usd;
    struct tape *tape = c->w->tape;
    double impact[PLAN_MAX_BOOK];

    for (uint32_t b = 0; b < n; b++)
        impact[b] = worker_row(c->w, ROW_IMPACT, first + b)[c->k];
    c->w->tape = NULL;
    const struct fill fill = market_trade(c->plan, c->w, c->k, asset, coins, limit_usd);
    c->w->tape = tape;
    for (uint32_t b = 0; b < n; b++)
        worker_row(c->w, ROW_IMPACT, first + b)[c->k] = impact[b];
    *taker_coins = before_coins;
    *taker_usd = before_usd;
    return fill;
}

static bool transact(void *context)
{
    const struct liquidation_world *c = context;

    return chain_transact(c->plan, c->w, c->venue, c->k, c->weight);
}

void liquidation_world_open(const struct plan *plan, struct worker *w, uint32_t venue,
                            int k, double weight, struct liquidation_world *world)
{
    const struct plan_venue *v = &plan->venue[venue];
    const uint32_t n_state = liquidation_states(v->liquidation, plan->n_asset);

    for (uint32_t i = 0; i < n_state; i++)
        w->state[i] = worker_row(w, ROW_LIQUIDATION_STATE, v->first_state + i)[k];
    *world = (struct liquidation_world){plan, w, venue, k, weight, {0}};
    world->market =
        (struct liquidation_market){.context = world,
                                    .time_s = w->time_s,
                                    .mark_usd = w->mark_usd,
                                    .gas_usd = chain_gas_usd(plan, w, venue, k),
                                    .fee_frac = v->liquidation_fee_frac,
                                    .trade = trade,
                                    .quote = quote,
                                    .transact = transact,
                                    .capital_usd = chain_capital_usd(plan, w, venue, k),
                                    .fund_usd = &worker_row(w, ROW_FUND, venue)[k],
                                    .state = w->state};
}

void liquidation_world_close(const struct plan *plan, const struct liquidation_world *world)
{
    const struct plan_venue *v = &plan->venue[world->venue];
    const uint32_t n_state = liquidation_states(v->liquidation, plan->n_asset);

    for (uint32_t i = 0; i < n_state; i++)
        worker_row(world->w, ROW_LIQUIDATION_STATE, v->first_state + i)[world->k] =
            world->w->state[i];
}
