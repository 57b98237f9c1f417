#include "sim/greeks.h"

#include <math.h>

#include "sim/book.h"
#include "sim/book_claim.h"
#include "sim/contribution.h"
#include "sim/market.h"
#include "sim/vmath.h"

static const double DAY_S = 86400.0;

const struct greek_field greeks_field[N_GREEK_FIELD] = {
    /* clang-format off */
    {"value_usd", "USD", "value", offsetof(struct greek_row, value_usd), true},
    {"delta_usd", "USD", "change of value per unit of spot, times spot",
     offsetof(struct greek_row, delta_usd), true},
    {"gamma_usd_per_pct", "USD", "change of delta_usd when spot moves by 1 %",
     offsetof(struct greek_row, gamma_usd_per_pct), true},
    {"vega_usd_per_point", "USD", "change of value when volatility rises by 0.01",
     offsetof(struct greek_row, vega_usd_per_point), true},
    {"theta_usd_per_day", "USD",
     "change of value over one day at constant spot, forward and volatility",
     offsetof(struct greek_row, theta_usd_per_day), true},
    {"vanna_usd_per_point", "USD", "change of delta_usd when volatility rises by 0.01",
     offsetof(struct greek_row, vanna_usd_per_point), true},
    {"volga_usd_per_point2", "USD",
     "change of vega_usd_per_point when volatility rises by 0.01",
     offsetof(struct greek_row, volga_usd_per_point2), true},
    {"rho_usd_per_pct", "USD",
     "change of value when the annual basis of the forward rises by 0.01",
     offsetof(struct greek_row, rho_usd_per_pct), true},
    {"value_coin", "1", "value_usd over spot", offsetof(struct greek_row, value_coin), false},
    {"delta_coin", "1", "change of value in USD per USD of spot",
     offsetof(struct greek_row, delta_coin), false},
    {"gamma_coin_per_pct", "1", "change of delta_coin when spot moves by 1 %",
     offsetof(struct greek_row, gamma_coin_per_pct), false},
    {"vega_coin_per_point", "1", "vega_usd_per_point over spot",
     offsetof(struct greek_row, vega_coin_per_point), false},
    {"theta_coin_per_day", "1", "theta_usd_per_day over spot",
     offsetof(struct greek_row, theta_coin_per_day), false},
    {"vanna_coin_per_point", "1", "change of delta_coin when volatility rises by 0.01",
     offsetof(struct greek_row, vanna_coin_per_point), false},
    {"volga_coin_per_point2", "1", "volga_usd_per_point2 over spot",
     offsetof(struct greek_row, volga_coin_per_point2), false},
    {"rho_coin_per_pct", "1", "rho_usd_per_pct over spot",
     offsetof(struct greek_row, rho_coin_per_pct), false},
    {"theta_exchange_usd_per_day", "USD", "theta as the exchange displays it",
     offsetof(struct greek_row, theta_exchange_usd_per_day), true},
    {"vega_exchange_usd_per_point", "USD", "vega as the exchange displays it",
     offsetof(struct greek_row, vega_exchange_usd_per_point), true},
    {"rho_exchange_usd_per_pct", "USD", "rho as the exchange displays it",
     offsetof(struct greek_row, rho_exchange_usd_per_pct), true},
    {"delta_exchange_coin", "1",
     "net delta as the exchange displays it: of the value in coins where the contract "
     "settles in coins, at fixed volatility; 0 for coins held",
     offsetof(struct greek_row, delta_exchange_coin), false},
    /* clang-format on */
};

const struct greek_measure greeks_measure[N_GREEK] = {
    {CLAIM_VALUE, 0, 1.0},  {CLAIM_DELTA, 1, 1.0},         {CLAIM_GAMMA, 2, 0.01},
    {CLAIM_VEGA, 0, 0.01},  {CLAIM_THETA, 0, 1.0 / 365.0}, {CLAIM_VANNA, 1, 0.01},
    {CLAIM_VOLGA, 0, 1e-4}, {CLAIM_RHO, 0, 0.01},
};

const char *const greeks_bucket_name[N_GREEK_BUCKET] = {"1d",   "7d",    "30d", "90d",
                                                        "180d", "later", "none"};
static const double bucket_days[N_GREEK_BUCKET - 2] = {1.0, 7.0, 30.0, 90.0, 180.0};

uint32_t greeks_bucket(const struct contract *c, double time_s)
{
    const double left_s = c->expiry_s - time_s;
    uint32_t bucket = 0;

    if (c->expiry_s == 0.0)
        return N_GREEK_BUCKET - 1;
    while (bucket < N_GREEK_BUCKET - 2 && left_s > bucket_days[bucket] * DAY_S)
        bucket++;
    return bucket;
}

/* From the sums in the order of greeks_measure; no asset, no coins: spot_usd 0. */
static struct greek_row row_of(const double *sum, double spot_usd)
{
    struct greek_row row = {.value_usd = 0.0};

    for (uint32_t g = 0; g < N_GREEK; g++) {
        double usd = sum[g] * greeks_measure[g].scale;
        for (int i = 0; i < greeks_measure[g].spot_power; i++)
            usd *= spot_usd;
        *greeks_member(&row, g) = usd;
        *greeks_member(&row, N_GREEK + g) = spot_usd > 0.0 ? usd / spot_usd : 0.0;
    }
    return row;
}

static void add_row(struct greek_row *sum, const struct greek_row *row)
{
    struct greek_row add = *row;

    for (uint32_t f = 0; f < N_GREEK_FIELD; f++)
        *greeks_member(sum, f) += *greeks_member(&add, f);
}

/* Of value and delta alone: what is linear in the price, and coins held or owed. */
static struct greek_row linear_row(double value_usd, double coins, double spot_usd)
{
    const double sum[N_GREEK] = {value_usd, coins};

    return row_of(sum, spot_usd);
}

/* What the exchange shows for one unit, where it shows something: at the volatility of the
 * surface, which stays where it is when the price moves. */
static void exchange_row(const struct plan *plan, const struct plan_claim *o,
                         const struct worker *w, const double *log_spot,
                         struct greek_row *row)
{
    const struct contract *c = o->contract;
    const struct plan_asset *a = &plan->asset[c->asset];
    const double years = c->expiry_s / PLAN_YEAR_S;
    const double sd = surface_volatility_sqrt_t(o->strike, years);
    const double log_ratio = surface_log_forward_ratio(a->surface, years);
    const double ratio = vm_exp(log_ratio), forward_per_unit = c->inverse ? ratio : 1.0;
    lane_row value, delta, vega;
    struct claim_value out = {.value_usd = value, .delta_coin = delta, .vega_usd = vega};
    const struct claim_quote quote = {.spot_usd = worker_row(w, ROW_SPOT, c->asset),
                                      .log_spot = log_spot,
                                      .surface_factor =
                                          book_claim_surface(plan, w, c->asset),
                                      .log_forward_ratio = log_ratio,
                                      .volatility_sqrt_t = sd,
                                      .years = years};

    c->instrument->value(c, &quote, &out);
    row->theta_exchange_usd_per_day =
        c->quantity * c->instrument->theta_exchange(c, a->spot_usd * ratio,
                                                    sd / sqrt(years), years, value[0]);
    row->vega_exchange_usd_per_point = 0.01 * c->quantity * forward_per_unit * vega[0];
    row->rho_exchange_usd_per_pct =
        0.01 * c->quantity * years * forward_per_unit * (a->spot_usd * delta[0] - value[0]);
    row->delta_exchange_coin = c->quantity * delta[0];
}

static struct greek_row claim_row(const struct plan *plan, const struct plan_position *p,
                                  const struct worker *w)
{
    const struct plan_claim *o = &plan->claim[p->claim];
    const struct contract *c = p->contract;
    const double spot = plan->asset[c->asset].spot_usd;
    lane_row log_spot, unit[N_GREEK];
    double sum[N_GREEK];
    struct claim_value out = {unit[0], unit[1], unit[2], unit[3],
                              unit[4], unit[5], unit[6], unit[7]};

    if (c->instrument->value == NULL)
        return (struct greek_row){.value_usd = 0.0};
    for (int k = 0; k < LANES; k++)
        log_spot[k] = vm_log(spot);
    book_claim_value(plan, o, w, worker_row(w, ROW_SPOT, c->asset), log_spot, &out);
    for (uint32_t g = 0; g < N_GREEK; g++)
        sum[g] = c->quantity * unit[g][0];
    struct greek_row row = row_of(sum, spot);
    row.delta_exchange_coin = row.delta_coin;
    if (c->instrument->theta_exchange != NULL)
        exchange_row(plan, o, w, log_spot, &row);
    row.delta_exchange_coin -= c->inverse ? row.value_coin : 0.0;
    return row;
}

static struct greek_row contract_row(const struct plan *plan, const struct plan_position *p)
{
    const struct contract *c = p->contract;
    const double spot = c->asset == PLAN_NONE ? 0.0 : plan->asset[c->asset].spot_usd;
    struct greek_row row =
        linear_row(p->linear.fixed_usd + p->linear.coins * spot, p->linear.coins, spot);

    if (!p->linear.held)
        row.delta_exchange_coin = row.delta_coin - (c->inverse ? row.value_coin : 0.0);
    return row;
}

/* What a position put into its account at the start. */
struct start_flow {
    double cash_usd, coins, debt_coins;
};

static void add_position(const struct plan *plan, uint32_t i, const struct start_flow *flow,
                         const struct worker *w, struct greek_row *position,
                         double *debt_delta_usd, struct greek_row *bucket,
                         struct greek_row *total)
{
    const struct plan_position *p = &plan->position[i];
    const struct contract *c = p->contract;
    struct greek_row own =
        p->claim == PLAN_NONE ? contract_row(plan, p) : claim_row(plan, p, w);
    const struct greek_row cash = linear_row(flow->cash_usd, 0.0, 0.0);
    const uint32_t none = N_GREEK_BUCKET - 1;

    *position = own;
    add_row(position, &cash);
    if (c->asset != PLAN_NONE) {
        const double spot = plan->asset[c->asset].spot_usd;
        const struct greek_row held = linear_row(flow->coins * spot, flow->coins, spot);
        add_row(position, &held);
        add_row(&bucket[c->asset * N_GREEK_BUCKET + greeks_bucket(c, 0.0)], &own);
        add_row(&bucket[c->asset * N_GREEK_BUCKET + none], &held);
    }
    if (c->debt_asset != PLAN_NONE) {
        const double spot = plan->asset[c->debt_asset].spot_usd;
        const struct greek_row owed =
            linear_row(flow->debt_coins * spot, flow->debt_coins, spot);
        add_row(&bucket[c->debt_asset * N_GREEK_BUCKET + none], &owed);
        position->value_usd += owed.value_usd;
        *debt_delta_usd = owed.delta_usd;
    }
    add_row(total, position);
    total->delta_usd += *debt_delta_usd;
    if (c->asset != PLAN_NONE)
        position->value_coin = position->value_usd / plan->asset[c->asset].spot_usd;
}

struct greek_table greeks_at_start(const struct plan *plan, struct arena *arena)
{
    struct greek_row *position = arena_get(arena, plan->n_position, sizeof *position);
    double *debt_delta_usd = arena_get(arena, plan->n_position, sizeof *debt_delta_usd);
    struct greek_row *asset = arena_get(arena, plan->n_asset, sizeof *asset);
    struct greek_row *bucket =
        arena_get(arena, (size_t)plan->n_asset * N_GREEK_BUCKET, sizeof *bucket);
    struct greek_table table = {.n_asset = plan->n_position > 0 ? plan->n_asset : 0,
                                .position = position,
                                .debt_delta_usd = debt_delta_usd,
                                .asset = asset,
                                .bucket = bucket};
    struct worker w;

    worker_create(&w, plan);
    contribution_create(plan, &w);
    market_start(plan, &w);
    contribution_reset(plan, &w);
    book_start(plan, &w);
    for (uint32_t i = 0; i < plan->n_position; i++) {
        const struct start_flow flow = {w.contribution->pnl[i][0],
                                        w.contribution->coins[i][0],
                                        w.contribution->debt_coins[i][0]};
        add_position(plan, i, &flow, &w, &position[i], &debt_delta_usd[i], bucket,
                     &table.total);
    }
    for (uint32_t i = 0; i < plan->n_asset * N_GREEK_BUCKET; i++)
        add_row(&asset[i / N_GREEK_BUCKET], &bucket[i]);
    for (uint32_t f = 0; f < N_GREEK_FIELD; f++)
        if (!greeks_field[f].usd)
            *greeks_member(&table.total, f) = 0.0;
    worker_free(&w);
    return table;
}
