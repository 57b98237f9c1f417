#include "sim/greeks.h"

#include <math.h>
#include <string.h>

#include "sim/book.h"
#include "sim/book_option.h"
#include "sim/market.h"
#include "sim/vmath.h"

static const double DAYS_PER_YEAR = 365.0;

static struct greek_row option_greeks(const struct plan *plan, const struct plan_option *o,
                                      const struct worker *w)
{
    const struct contract *c = &o->contract;
    const double spot = plan->asset[c->asset].spot_usd;
    const double years = c->expiry_s / PLAN_YEAR_S;
    const double volatility = surface_volatility_sqrt_t(o->strike, years) / sqrt(years);
    const double forward =
        spot * vm_exp(surface_log_forward_ratio(plan->asset[c->asset].surface, years));
    lane_row log_spot, value, delta, gamma, vega, theta;
    struct option_value out = {.value_usd = value,
                               .delta_coin = delta,
                               .gamma = gamma,
                               .vega_usd = vega,
                               .theta_usd = theta};

    for (int k = 0; k < LANES; k++)
        log_spot[k] = vm_log(spot);
    book_option_value(plan, o, w, worker_row(w, ROW_SPOT, c->asset), log_spot, &out);
    return (struct greek_row){
        .value_usd = c->quantity * value[0],
        .delta_coin = c->quantity * delta[0],
        .delta_usd = c->quantity * delta[0] * spot,
        .gamma_usd_per_pct = c->quantity * gamma[0] * spot * spot * 0.01,
        .vega_usd_per_point = c->quantity * vega[0] * 0.01,
        .theta_usd_per_day = c->quantity * theta[0] / DAYS_PER_YEAR,
        .theta_exchange_usd_per_day =
            c->quantity *
            c->instrument->theta_exchange(c, forward, volatility, years, value[0])};
}

static struct greek_row linear_greeks(const struct plan *plan,
                                      const struct plan_position *p)
{
    const uint32_t asset = p->contract.asset;
    const double spot = asset == PLAN_NONE ? 0.0 : plan->asset[asset].spot_usd;

    return (struct greek_row){.value_usd = p->linear.fixed_usd + p->linear.coins * spot,
                              .delta_coin = p->linear.coins,
                              .delta_usd = p->linear.coins * spot};
}

void greeks_at_start(const struct plan *plan, struct greek_row *position,
                     struct greek_row *asset)
{
    struct worker w;

    worker_create(&w, plan);
    market_start(plan, &w);
    memset(asset, 0, plan->n_asset * sizeof *asset);
    for (uint32_t i = 0; i < plan->n_position; i++) {
        const struct plan_position *p = &plan->position[i];
        position[i] = p->option == PLAN_NONE
                          ? linear_greeks(plan, p)
                          : option_greeks(plan, &plan->option[p->option], &w);
        if (p->contract.asset == PLAN_NONE)
            continue;
        struct greek_row *sum = &asset[p->contract.asset];
        sum->value_usd += position[i].value_usd;
        sum->delta_coin += position[i].delta_coin;
        sum->delta_usd += position[i].delta_usd;
        sum->gamma_usd_per_pct += position[i].gamma_usd_per_pct;
        sum->vega_usd_per_point += position[i].vega_usd_per_point;
        sum->theta_usd_per_day += position[i].theta_usd_per_day;
        sum->theta_exchange_usd_per_day += position[i].theta_exchange_usd_per_day;
    }
    worker_free(&w);
}
