/* Values and requirements of the options of the user's accounts: in full, and what follows
 * from that to second order until they are valued again. */

#include "sim/book_option.h"

#include <math.h>
#include <string.h>

#include "sim/bend.h"
#include "sim/market.h"
#include "sim/smile.h"
#include "sim/vmath.h"

static const double SLOPE_STEP = 0.01; /* of the price, for the slope of a requirement */
static const double SKEW_WEIGHT = 2.0; /* a skew of 0.01 moves a volatility of 0.5 by 2 % */

static const double *effect_row(const struct plan *plan, const struct worker *w,
                                enum effect_state state, uint32_t asset)
{
    return worker_row(w, ROW_EFFECT, state * plan->n_asset + asset);
}

double *book_option_sum(const struct plan *plan, const struct worker *w, uint32_t account,
                        uint32_t asset, enum option_sum sum)
{
    return worker_row(w, ROW_OPTION,
                      (account * plan->n_asset + asset) * N_OPTION_SUM + sum);
}

const double *book_option_surface(const struct plan *plan, const struct worker *w,
                                  uint32_t asset)
{
    return effect_row(plan, w, EFFECT_SURFACE, asset);
}

/* Where every path has its own volatility; `out` may leave out any row. Its vega and what
 * it is made of are needed for the slope along the smile. */
static void value_on_smile(const struct plan *plan, const struct plan_option *o,
                           const struct worker *w, const double *spot,
                           const double *log_spot, const struct smile *smile,
                           struct option_value *out)
{
    const double years = (o->contract.expiry_s - w->time_s) / PLAN_YEAR_S;
    const struct surface *surface = plan->asset[o->contract.asset].surface;
    const struct option_quote quote = {.spot_usd = spot,
                                       .log_spot = log_spot,
                                       .surface_factor = smile->sd,
                                       .log_forward_ratio =
                                           surface_log_forward_ratio(surface, years),
                                       .volatility_sqrt_t = 1.0,
                                       .years = years};
    lane_row delta, gamma, vega, vanna, volga;
    const bool slopes = plan->asset[o->contract.asset].sticky_delta &&
                        (out->delta_coin != NULL || out->gamma != NULL);
    struct option_value all = *out;

    if (slopes) {
        all.delta_coin = out->delta_coin != NULL ? out->delta_coin : delta;
        all.gamma = out->gamma != NULL ? out->gamma : gamma;
        all.vega_usd = out->vega_usd != NULL ? out->vega_usd : vega;
        all.vanna_coin = vanna;
        all.volga_usd = volga;
    }
    o->contract.instrument->value(&o->contract, &quote, &all);
    if (slopes)
        smile_greeks(smile, spot, &all);
}

void book_option_moved(const struct plan *plan, uint32_t account, uint32_t asset,
                       const struct worker *w, double *moved)
{
    const double *spot = book_option_sum(plan, w, account, asset, OPTION_SPOT);
    const double *surface = book_option_sum(plan, w, account, asset, OPTION_SURFACE);
    const double *term = book_option_sum(plan, w, account, asset, OPTION_TERM);
    const double *skew = book_option_sum(plan, w, account, asset, OPTION_SKEW);
    const double *price = book_option_price(plan, account, BOOK_MARK, asset, w);
    const double *surface_now = book_option_surface(plan, w, asset);
    const double *term_now = effect_row(plan, w, EFFECT_TERM, asset);
    const double *skew_now = effect_row(plan, w, EFFECT_SKEW, asset);
    const double most = bend_term_exponent(0.0, plan->asset[asset].term_power);

    for (int k = 0; k < LANES; k++) {
        const double by_price = fabs(price[k] - spot[k]) / price[k];
        const double by_level = fabs(surface_now[k] - surface[k]) / surface_now[k];
        const double by_term = most * fabs(term_now[k] - term[k]);
        const double by_skew = SKEW_WEIGHT * fabs(skew_now[k] - skew[k]);
        const double worse = vm_max(vm_max(by_price, by_level), vm_max(by_term, by_skew));
        moved[k] = spot[k] > 0.0 && worse > moved[k] ? worse : moved[k];
    }
}

void book_option_value(const struct plan *plan, const struct plan_option *o,
                       const struct worker *w, const double *spot, const double *log_spot,
                       struct option_value *out)
{
    const uint32_t asset = o->contract.asset;
    struct smile smile;

    if (plan->asset[asset].smile) {
        smile_at(plan, o, w, log_spot, &smile);
        value_on_smile(plan, o, w, spot, log_spot, &smile, out);
        return;
    }
    const double years = (o->contract.expiry_s - w->time_s) / PLAN_YEAR_S;
    const struct option_quote quote = {
        .spot_usd = spot,
        .log_spot = log_spot,
        .surface_factor = book_option_surface(plan, w, asset),
        .log_forward_ratio = surface_log_forward_ratio(plan->asset[asset].surface, years),
        .volatility_sqrt_t = surface_volatility_sqrt_t(o->strike, years),
        .years = years};

    o->contract.instrument->value(&o->contract, &quote, out);
}

/* The price that an account's positions in an asset are valued at. */
const double *book_option_price(const struct plan *plan, uint32_t account,
                                enum book_prices prices, uint32_t asset,
                                const struct worker *w)
{
    const uint32_t venue = plan->account[account].venue;

    return prices == BOOK_MARK && venue != PLAN_NONE ? market_mark(plan, venue, asset, w)
                                                     : worker_row(w, ROW_SPOT, asset);
}

/* Value and Greeks of one option, and its slopes in the effects on the surface. */
static void add_slopes(const struct plan *plan, const struct plan_option *o,
                       const struct worker *w, const double *spot, const double *log_spot,
                       struct option_value *out, lane_row *sum)
{
    const double quantity = o->contract.quantity, *vega = out->vega_usd;
    struct smile smile;

    if (plan->asset[o->contract.asset].smile) {
        smile_at(plan, o, w, log_spot, &smile);
        value_on_smile(plan, o, w, spot, log_spot, &smile, out);
        for (int k = 0; k < LANES; k++) {
            sum[OPTION_FACTOR][k] += quantity * vega[k] * smile.by_factor[k];
            sum[OPTION_BY_TERM][k] += quantity * vega[k] * smile.by_term[k];
            sum[OPTION_BY_SKEW][k] += quantity * vega[k] * smile.by_skew[k];
        }
        return;
    }
    const double years = (o->contract.expiry_s - w->time_s) / PLAN_YEAR_S;
    const double volatility = surface_volatility_sqrt_t(o->strike, years) / sqrt(years);
    book_option_value(plan, o, w, spot, log_spot, out);
    for (int k = 0; k < LANES; k++)
        sum[OPTION_FACTOR][k] += quantity * vega[k] * volatility;
}

/* Adds one option to the sums of its account and asset. */
static void add_option(const struct plan *plan, const struct plan_option *o,
                       const struct worker *w, const double *spot, const double *log_spot,
                       lane_row *sum)
{
    const uint32_t venue = plan->account[o->contract.account].venue;
    const double quantity = o->contract.quantity;
    lane_row value, delta, gamma, vega;
    struct option_value out = {
        .value_usd = value, .delta_coin = delta, .gamma = gamma, .vega_usd = vega};

    add_slopes(plan, o, w, spot, log_spot, &out, sum);
    for (int k = 0; k < LANES; k++) {
        sum[OPTION_VALUE][k] += quantity * value[k];
        sum[OPTION_DELTA][k] += quantity * delta[k];
        sum[OPTION_GAMMA][k] += quantity * gamma[k];
        sum[OPTION_ABS][k] += fabs(quantity * value[k]);
    }
    if (venue == PLAN_NONE)
        return;
    const struct plan_venue *at = &plan->venue[venue];
    lane_row higher, worth;
    for (int k = 0; k < LANES; k++) {
        higher[k] = spot[k] * (1.0 + SLOPE_STEP);
        worth[k] = vm_max(value[k] + delta[k] * spot[k] * SLOPE_STEP, 0.0);
    }
    at->rule->option(at->coef, &o->contract, spot, value, sum[OPTION_NEED], LANES);
    at->rule->option(at->coef, &o->contract, higher, worth, sum[OPTION_SLOPE], LANES);
}

void book_option_revalue(const struct plan *plan, uint32_t account, enum book_prices prices,
                         const double *mask, struct worker *w)
{
    const struct plan_account *a = &plan->account[account];
    lane_row sum[N_OPTION_SUM], log_spot;
    uint32_t i = a->first_option;

    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        const double *spot = book_option_price(plan, account, prices, asset, w);
        const double *surface = book_option_surface(plan, w, asset);
        if (i == a->first_option + a->n_option || plan->option[i].contract.asset != asset)
            continue;
        memset(sum, 0, sizeof sum);
        for (int k = 0; k < LANES; k++)
            log_spot[k] = vm_log(spot[k]);
        for (; i < a->first_option + a->n_option && plan->option[i].contract.asset == asset;
             i++)
            if (plan->option[i].expiry_step > w->step)
                add_option(plan, &plan->option[i], w, spot, log_spot, sum);
        for (int k = 0; k < LANES; k++)
            sum[OPTION_SLOPE][k] =
                (sum[OPTION_SLOPE][k] - sum[OPTION_NEED][k]) / (SLOPE_STEP * spot[k]);
        memcpy(sum[OPTION_SPOT], spot, sizeof(lane_row));
        memcpy(sum[OPTION_SURFACE], surface, sizeof(lane_row));
        memcpy(sum[OPTION_TERM], effect_row(plan, w, EFFECT_TERM, asset), sizeof(lane_row));
        memcpy(sum[OPTION_SKEW], effect_row(plan, w, EFFECT_SKEW, asset), sizeof(lane_row));
        for (uint32_t s = 0; s < N_OPTION_SUM; s++) {
            double *row = book_option_sum(plan, w, account, asset, s);
            for (int k = 0; k < LANES; k++)
                row[k] = mask[k] != 0.0 ? sum[s][k] : row[k];
        }
    }
}

/* value += what the shocks on term and skew did since. */
static void estimate_bends(const struct plan *plan, uint32_t account, uint32_t asset,
                           const struct worker *w, double *value)
{
    static const struct {
        enum effect_state effect;
        enum option_sum slope, at;
    } parts[] = {{EFFECT_TERM, OPTION_BY_TERM, OPTION_TERM},
                 {EFFECT_SKEW, OPTION_BY_SKEW, OPTION_SKEW}};
    const double *open = worker_row(w, ROW_OPEN, account);

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const double *now = effect_row(plan, w, parts[i].effect, asset);
        const double *at = book_option_sum(plan, w, account, asset, parts[i].at);
        const double *slope = book_option_sum(plan, w, account, asset, parts[i].slope);
        for (int k = 0; k < LANES; k++)
            value[k] += open[k] * slope[k] * (now[k] - at[k]);
    }
}

/* value += the account's options of one asset at the price given, to second order. */
void book_option_estimate(const struct plan *plan, uint32_t account, uint32_t asset,
                          const double *price, const struct worker *w, double *value)
{
    const double *open = worker_row(w, ROW_OPEN, account);
    const double *v = book_option_sum(plan, w, account, asset, OPTION_VALUE);
    const double *delta = book_option_sum(plan, w, account, asset, OPTION_DELTA);
    const double *gamma = book_option_sum(plan, w, account, asset, OPTION_GAMMA);
    const double *factor = book_option_sum(plan, w, account, asset, OPTION_FACTOR);
    const double *spot = book_option_sum(plan, w, account, asset, OPTION_SPOT);
    const double *surface = book_option_sum(plan, w, account, asset, OPTION_SURFACE);
    const double *now = book_option_surface(plan, w, asset);

    for (int k = 0; k < LANES; k++) {
        const double move = price[k] - spot[k];
        value[k] += open[k] * (v[k] + delta[k] * move + 0.5 * gamma[k] * move * move +
                               factor[k] * (now[k] - surface[k]));
    }
    if (plan->asset[asset].smile)
        estimate_bends(plan, account, asset, w, value);
}
