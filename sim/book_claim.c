#include "sim/book_claim.h"

#include <math.h>
#include <string.h>

#include "sim/market.h"
#include "sim/settlement.h"
#include "sim/smile.h"
#include "sim/vmath.h"

const double *book_claim_surface(const struct plan *plan, const struct worker *w,
                                 uint32_t asset)
{
    return worker_row(w, ROW_EFFECT, EFFECT_SURFACE * plan->n_asset + asset);
}

/* Where the volatility moves with the price; `out` may leave out any row. Vega and what it
 * is made of are needed for the slope along the smile. */
static void value_on_smile(const struct plan_claim *o, const struct smile *smile,
                           const struct claim_quote *quote, struct claim_value *out)
{
    lane_row delta, gamma, vega, vanna, volga;
    struct claim_value all = *out;

    if (out->delta_coin == NULL && out->gamma == NULL) {
        o->contract->instrument->value(o->contract, quote, out);
        return;
    }
    all.delta_coin = out->delta_coin != NULL ? out->delta_coin : delta;
    all.gamma = out->gamma != NULL ? out->gamma : gamma;
    all.vega_usd = out->vega_usd != NULL ? out->vega_usd : vega;
    all.vanna_coin = out->vanna_coin != NULL ? out->vanna_coin : vanna;
    all.volga_usd = out->volga_usd != NULL ? out->volga_usd : volga;
    o->contract->instrument->value(o->contract, quote, &all);
    smile_greeks(smile, quote->spot_usd, &all);
}

/* While the settlement price is being averaged, the volatility of the average moves with
 * its mean as on a smile. */
static void value_in_window(const struct plan_claim *o,
                            const struct settlement_window *window,
                            struct claim_quote *quote, struct claim_value *out)
{
    const double per_root = quote->volatility_sqrt_t / sqrt(quote->years);
    struct smile smile;
    lane_row skew;

    if (quote->skew != NULL) { /* as the deviation is less, so is its slope */
        for (int k = 0; k < LANES; k++)
            skew[k] = window->by_volatility[k] * quote->skew[k];
        quote->skew = skew;
    }
    for (int k = 0; k < LANES; k++) {
        smile.slope[k] = quote->surface_factor[k] * per_root * window->bend[k];
        smile.curve[k] = -smile.slope[k];
    }
    quote->spot_usd = window->mean_usd;
    quote->log_spot = window->log_mean;
    quote->surface_factor = window->factor;
    value_on_smile(o, &smile, quote, out);
    settlement_greeks(window, o->strike != NULL, out);
}

static bool claim_has_smile(const struct plan *plan, const struct plan_claim *o)
{
    return o->strike != NULL && plan->asset[o->contract->asset].smile;
}

/* Value of one unit; on a smile, *smile says what its volatility is. */
static void claim_value(const struct plan *plan, const struct plan_claim *o,
                        const struct worker *w, const double *spot, const double *log_spot,
                        struct smile *smile, struct claim_value *out)
{
    const struct contract *c = o->contract;
    const struct plan_asset *asset = &plan->asset[c->asset];
    const double left_s = c->expiry_s - w->time_s;
    const double years = left_s > 0.0 ? left_s / PLAN_YEAR_S : 0.0;
    const double *state[CLAIM_MAX_STATE];
    const struct surface_view view = smile_view(plan, c->asset, w);
    struct settlement_window window;
    struct smile_expiry expiry;
    lane_row skew;
    struct claim_quote quote = {.spot_usd = spot,
                                .log_spot = log_spot,
                                .surface_factor = book_claim_surface(plan, w, c->asset),
                                .years = years,
                                .time_s = w->time_s,
                                .surface = view.surface == NULL ? NULL : &view,
                                .state = state};

    for (uint32_t i = 0; i < c->instrument->n_state; i++)
        state[i] = worker_row(w, ROW_CLAIM_STATE, o->first_state + i);
    if (asset->surface != NULL)
        quote.log_forward_ratio = surface_log_forward_ratio(asset->surface, years);
    if (claim_has_smile(plan, o)) {
        smile_start(plan, c, w, &expiry);
        smile_at(&expiry, o->strike, vm_log(c->strike_usd), log_spot, smile);
        quote.surface_factor = smile->sd;
        quote.volatility_sqrt_t = 1.0;
        quote.skew = smile->skew;
    } else if (o->strike != NULL) {
        quote.volatility_sqrt_t = surface_volatility_sqrt_t(o->strike, years);
        if (c->instrument->reads_skew) {
            smile_skew_of_surface(plan, o, w, skew);
            quote.skew = skew;
        }
    }
    if (settlement_window(o, w, spot, quote.surface_factor, &window)) {
        value_in_window(o, &window, &quote, out);
    } else if (claim_has_smile(plan, o) && asset->sticky_delta) {
        value_on_smile(o, smile, &quote, out);
    } else {
        c->instrument->value(c, &quote, out);
    }
    if (c->instrument->smile != NULL)
        c->instrument->smile(c, &quote, smile);
}

void book_claim_value(const struct plan *plan, const struct plan_claim *o,
                      const struct worker *w, const double *spot, const double *log_spot,
                      struct claim_value *out)
{
    struct smile smile;

    claim_value(plan, o, w, spot, log_spot, &smile, out);
}

/* The price that an account's positions in an asset are valued at. */
const double *book_claim_price(const struct plan *plan, uint32_t account,
                               enum book_prices prices, uint32_t asset,
                               const struct worker *w)
{
    const uint32_t venue = plan->account[account].venue;

    return prices == BOOK_MARK && venue != PLAN_NONE ? market_mark(plan, venue, asset, w)
                                                     : worker_row(w, ROW_SPOT, asset);
}

void book_claim_payoff(const struct plan *plan, const struct plan_claim *o,
                       const struct worker *w, double *settle_usd, double *payoff_usd)
{
    const struct contract *c = o->contract;
    const double *state[CLAIM_MAX_STATE];

    settlement_price(plan, o->settlement, w, settle_usd);
    for (uint32_t i = 0; i < c->instrument->n_state; i++)
        state[i] = worker_row(w, ROW_CLAIM_STATE, o->first_state + i);
    c->instrument->payoff(c, state, settle_usd, payoff_usd);
}

/* What the asset's oracle says; the traded price of one without. */
static const double *oracle_price(const struct plan *plan, const struct worker *w,
                                  uint32_t asset)
{
    return worker_row(w, plan->asset[asset].has_oracle ? ROW_ORACLE : ROW_SPOT, asset);
}

bool book_claim_step(const struct plan *plan, const struct plan_claim *o, struct worker *w,
                     struct claim_flow *flow)
{
    const struct contract *c = o->contract;
    void (*const move)(const struct contract *, const struct claim_step *) =
        w->step == 0 ? c->instrument->start : c->instrument->step;
    const bool stepped = plan->keeps_spot_before && w->step > 0;
    double *state[CLAIM_MAX_STATE];

    if (move == NULL || w->step > o->expiry_step)
        return false;
    for (uint32_t i = 0; i < c->instrument->n_state; i++)
        state[i] = worker_row(w, ROW_CLAIM_STATE, o->first_state + i);
    memset(flow, 0, sizeof *flow);
    const double *spot = worker_row(w, ROW_SPOT, c->asset);
    const struct surface_view view = smile_view(plan, c->asset, w);
    const struct claim_step step = {
        .step = w->step,
        .time_s = w->time_s,
        .step_s = plan->step_s,
        .spot_before_usd = stepped ? worker_row(w, ROW_SPOT_BEFORE, c->asset) : spot,
        .spot_usd = spot,
        .high_usd = plan->reads_extremes ? worker_row(w, ROW_HIGH, c->asset) : NULL,
        .low_usd = plan->reads_extremes ? worker_row(w, ROW_LOW, c->asset) : NULL,
        .mark_usd = oracle_price(plan, w, c->asset),
        .debt_spot_usd =
            c->debt_asset == PLAN_NONE ? NULL : worker_row(w, ROW_SPOT, c->debt_asset),
        .surface_factor = book_claim_surface(plan, w, c->asset),
        .debt_mark_usd =
            c->debt_asset == PLAN_NONE ? NULL : oracle_price(plan, w, c->debt_asset),
        .surface = view.surface == NULL ? NULL : &view,
        .state = state,
        .cash_usd = flow->cash_usd,
        .coins = flow->coins,
        .debt_coins = flow->debt_coins,
        .fee_usd = flow->fee_usd,
        .carry_usd = flow->carry_usd};
    move(c, &step);
    return true;
}

static void slopes_at(const struct plan *plan, const struct plan_claim *o,
                      const struct worker *w, const struct smile *smile,
                      struct claim_slopes *slopes)
{
    if (claim_has_smile(plan, o) || o->contract->instrument->smile != NULL) {
        memcpy(slopes->by_factor, smile->by_factor, sizeof(lane_row));
        memcpy(slopes->by_term, smile->by_term, sizeof(lane_row));
        memcpy(slopes->by_skew, smile->by_skew, sizeof(lane_row));
        return;
    }
    const double years = (o->contract->expiry_s - w->time_s) / PLAN_YEAR_S;
    const double volatility =
        o->strike == NULL ? o->contract->volatility_annual
                          : surface_volatility_sqrt_t(o->strike, years) / sqrt(years);
    memset(slopes, 0, sizeof *slopes);
    for (int k = 0; k < LANES; k++)
        slopes->by_factor[k] = volatility;
}

void book_claim_slopes(const struct plan *plan, const struct plan_claim *o,
                       const struct worker *w, const double *spot, const double *log_spot,
                       struct claim_value *out, struct claim_slopes *slopes)
{
    struct smile smile;

    claim_value(plan, o, w, spot, log_spot, &smile, out);
    slopes_at(plan, o, w, &smile, slopes);
}

bool book_claim_tabulated(const struct plan_claim *o, double time_s)
{
    const struct contract *c = o->contract;
    const bool flows = c->instrument->n_state > 0 || c->instrument->step != NULL;
    const bool averaging =
        o->settlement != PLAN_NONE && c->expiry_s - time_s < c->settle_window_s;

    return c->instrument->value != NULL && !flows && !averaging;
}
