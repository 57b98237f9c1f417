#include "sim/greeks.h"

#include <math.h>
#include <string.h>

#include "sim/book.h"
#include "sim/book_claim.h"
#include "sim/contribution.h"
#include "sim/market.h"
#include "sim/vmath.h"

static const double DAYS_PER_YEAR = 365.0;

/* The exchange's figure for one unit, where it shows one. */
static double theta_exchange(const struct plan *plan, const struct plan_claim *o,
                             double value_usd)
{
    const struct contract *c = o->contract;
    const double years = c->expiry_s / PLAN_YEAR_S;

    if (c->instrument->theta_exchange == NULL)
        return 0.0;
    const double volatility = surface_volatility_sqrt_t(o->strike, years) / sqrt(years);
    const double forward =
        plan->asset[c->asset].spot_usd *
        vm_exp(surface_log_forward_ratio(plan->asset[c->asset].surface, years));
    return c->instrument->theta_exchange(c, forward, volatility, years, value_usd);
}

static struct greek_row claim_greeks(const struct plan *plan, const struct plan_claim *o,
                                     double quantity, const struct worker *w)
{
    const struct contract *c = o->contract;
    const double spot = plan->asset[c->asset].spot_usd;
    lane_row log_spot, value, delta, gamma, vega, theta;
    struct claim_value out = {.value_usd = value,
                              .delta_coin = delta,
                              .gamma = gamma,
                              .vega_usd = vega,
                              .theta_usd = theta};

    if (c->instrument->value == NULL)
        return (struct greek_row){.value_usd = 0.0};
    for (int k = 0; k < LANES; k++)
        log_spot[k] = vm_log(spot);
    book_claim_value(plan, o, w, worker_row(w, ROW_SPOT, c->asset), log_spot, &out);
    return (struct greek_row){.value_usd = quantity * value[0],
                              .delta_coin = quantity * delta[0],
                              .delta_usd = quantity * delta[0] * spot,
                              .gamma_usd_per_pct = quantity * gamma[0] * spot * spot * 0.01,
                              .vega_usd_per_point = quantity * vega[0] * 0.01,
                              .theta_usd_per_day = quantity * theta[0] / DAYS_PER_YEAR,
                              .theta_exchange_usd_per_day =
                                  quantity * theta_exchange(plan, o, value[0])};
}

static struct greek_row linear_greeks(const struct plan *plan,
                                      const struct plan_position *p)
{
    const uint32_t asset = p->contract->asset;
    const double spot = asset == PLAN_NONE ? 0.0 : plan->asset[asset].spot_usd;

    return (struct greek_row){.value_usd = p->linear.fixed_usd + p->linear.coins * spot,
                              .delta_coin = p->linear.coins,
                              .delta_usd = p->linear.coins * spot};
}

/* The coins, or the debt of coins, that a claim put into its account. */
static struct greek_row held_greeks(double coins, double spot)
{
    return (struct greek_row){
        .value_usd = coins * spot, .delta_coin = coins, .delta_usd = coins * spot};
}

static void add_greeks(struct greek_row *sum, const struct greek_row *g)
{
    sum->value_usd += g->value_usd;
    sum->delta_coin += g->delta_coin;
    sum->delta_usd += g->delta_usd;
    sum->gamma_usd_per_pct += g->gamma_usd_per_pct;
    sum->vega_usd_per_point += g->vega_usd_per_point;
    sum->theta_usd_per_day += g->theta_usd_per_day;
    sum->theta_exchange_usd_per_day += g->theta_exchange_usd_per_day;
}

void greeks_at_start(const struct plan *plan, struct greek_row *position,
                     struct greek_row *asset)
{
    struct worker w;

    worker_create(&w, plan);
    contribution_create(plan, &w);
    market_start(plan, &w);
    contribution_reset(plan, &w);
    book_start(plan, &w);
    memset(asset, 0, plan->n_asset * sizeof *asset);
    for (uint32_t i = 0; i < plan->n_position; i++) {
        const struct plan_position *p = &plan->position[i];
        const struct contract *c = p->contract;
        struct greek_row *row = &position[i];
        *row = p->claim == PLAN_NONE
                   ? linear_greeks(plan, p)
                   : claim_greeks(plan, &plan->claim[p->claim], c->quantity, &w);
        row->value_usd += w.contribution->pnl[i][0];
        if (c->asset == PLAN_NONE)
            continue;
        const struct greek_row held =
            held_greeks(w.contribution->coins[i][0], plan->asset[c->asset].spot_usd);
        add_greeks(row, &held);
        add_greeks(&asset[c->asset], row);
        if (c->debt_asset == PLAN_NONE)
            continue;
        const struct greek_row owed = held_greeks(w.contribution->debt_coins[i][0],
                                                  plan->asset[c->debt_asset].spot_usd);
        row->value_usd += owed.value_usd;
        add_greeks(&asset[c->debt_asset], &owed);
    }
    worker_free(&w);
}
