#include "sim/book_portfolio.h"

#include <math.h>

#include "sim/book_claim.h"
#include "sim/margin.h"
#include "sim/market.h"
#include "sim/smile.h"
#include "sim/vmath.h"

static void claim_volatility(const struct plan *plan, const struct plan_claim *o,
                             const struct worker *w, const double *price, double years,
                             double *volatility)
{
    const double *factor = book_claim_surface(plan, w, o->contract->asset);
    const double per_root = 1.0 / sqrt(years);
    struct smile_expiry expiry;
    struct smile smile;
    lane_row log_price;

    if (!plan->asset[o->contract->asset].smile) {
        const double sd = surface_volatility_sqrt_t(o->strike, years);
        for (int k = 0; k < LANES; k++)
            volatility[k] = factor[k] * sd * per_root;
        return;
    }
    for (int k = 0; k < LANES; k++)
        log_price[k] = vm_log(price[k]);
    smile_start(plan, o->contract, w, &expiry);
    smile_at(&expiry, o->strike, vm_log(o->contract->strike_usd), log_price, &smile);
    for (int k = 0; k < LANES; k++)
        volatility[k] = smile.sd[k] * per_root;
}

static void add_leg(const struct plan *plan, const struct contract *c,
                    const struct worker *w, uint32_t *n_leg)
{
    const struct surface *surface = plan->asset[c->asset].surface;
    const double years = c->expiry_s > 0.0 ? (c->expiry_s - w->time_s) / PLAN_YEAR_S : 0.0;

    w->margin_leg[(*n_leg)++] = (struct margin_leg){
        .contract = c,
        .years = years,
        .log_forward_ratio =
            surface == NULL ? 0.0 : surface_log_forward_ratio(surface, years)};
}

/* The account's perpetuals and claims that live, by asset and expiry, with the volatilities
 * of options path by path in w->margin_volatility. */
static uint32_t collect_legs(const struct plan *plan, uint32_t account,
                             const struct worker *w)
{
    const struct plan_account *a = &plan->account[account];
    uint32_t n_leg = 0;

    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        const double *price = market_mark(plan, a->venue, asset, w);
        for (uint32_t i = 0; i < plan->n_position; i++) {
            const struct contract *c = plan->position[i].contract;
            if (c->account == account && c->asset == asset &&
                c->instrument->linear != NULL && !plan->position[i].linear.held)
                add_leg(plan, c, w, &n_leg);
        }
        for (uint32_t i = a->first_claim; i < a->first_claim + a->n_claim; i++) {
            const struct plan_claim *o = &plan->claim[i];
            if (o->contract->asset != asset || o->expiry_step <= w->step)
                continue;
            add_leg(plan, o->contract, w, &n_leg);
            if (o->strike != NULL)
                claim_volatility(plan, o, w, price, w->margin_leg[n_leg - 1].years,
                                 w->margin_volatility[n_leg - 1]);
        }
    }
    return n_leg;
}

void book_portfolio_requirement(const struct plan *plan, uint32_t account,
                                const struct worker *w, double *need_usd)
{
    const struct plan_venue *venue = &plan->venue[plan->account[account].venue];
    const double *open = worker_row(w, ROW_OPEN, account);
    double *index = w->margin_asset, *coins = w->margin_asset + plan->n_asset;
    const uint32_t n_leg = collect_legs(plan, account, w);
    const struct margin_book book = {.n_asset = plan->n_asset,
                                     .index_usd = index,
                                     .coins = coins,
                                     .n_leg = n_leg,
                                     .leg = w->margin_leg};
    struct margin_result result;

    for (int k = 0; k < LANES; k++) {
        for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
            const uint32_t row = account * plan->n_asset + asset;
            index[asset] = market_mark(plan, plan->account[account].venue, asset, w)[k];
            coins[asset] = worker_row(w, ROW_COINS, row)[k];
        }
        for (uint32_t i = 0; i < n_leg; i++)
            w->margin_leg[i].volatility_annual = w->margin_volatility[i][k];
        need_usd[k] = 0.0;
        if (open[k] == 0.0)
            continue;
        margin_requirement(venue->rule, venue->coef[0], &book, &result);
        need_usd[k] = result.maintenance_usd;
    }
}
