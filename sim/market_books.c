/* The books of one asset stand on one price without impact, p0, each with an impact J of its
 * own. The traded price is p0 exp(-mean J), the mean weighted by calm depth. Arbitrage
 * between them makes each book's distance from their common level decay by half-life; the
 * level is the mean of J weighted by the depth of now, so that a thin book comes to the deep
 * ones and not they to it. With books of one law, whose executed quantity is depth times a
 * function f(J), the cost locked in all of them is the sum of depth times A(J), A convex, so
 * that step never raises it (Jensen) and nobody gains by selling to one book and buying from
 * another: see models/liquidity/square_root.c. */

#include "sim/market_books.h"

#include <string.h>

#include "sim/market.h"
#include "sim/vmath.h"

static const double VOLATILITY_MIN = 1e-4; /* 1/sqrt(year), of what depth follows */

void market_books_start(const struct plan *plan, struct worker *w)
{
    for (uint32_t b = 0; b < plan->n_book; b++)
        for (int k = 0; k < LANES; k++) {
            worker_row(w, ROW_DEPTH_BEFORE, b)[k] = 1.0;
            for (uint32_t state = N_EFFECT_ROW; state < N_EFFECT_STATE; state++)
                worker_effect(w, state, b)[k] = 1.0;
        }
    for (uint32_t i = 0; i < plan->n_own_mark; i++)
        for (uint32_t asset = 0; asset < plan->n_asset; asset++)
            for (int k = 0; k < LANES; k++)
                worker_row(w, ROW_OWN_MARK, i * plan->n_asset + asset)[k] =
                    plan->asset[asset].spot_usd;
}

static bool any_impact(const double *impact)
{
    bool any = false;

    for (int k = 0; k < LANES; k++)
        any |= impact[k] != 0.0;
    return any;
}

const double *market_books_mean(const struct plan *plan, enum row_set set, uint32_t asset,
                                const struct worker *w, double *scratch)
{
    const uint32_t first = plan->first_book[asset], end = plan->first_book[asset + 1];

    if (end - first == 1)
        return worker_row(w, set, first);
    memset(scratch, 0, sizeof(lane_row));
    for (uint32_t b = first; b < end; b++) {
        const double weight = plan->book[b].weight, *restrict row = worker_row(w, set, b);
        for (int k = 0; k < LANES; k++)
            scratch[k] += weight * row[k];
    }
    return scratch;
}

static void price_after(const double *restrict base, const double *restrict impact,
                        double *restrict price)
{
    if (!any_impact(impact)) { /* exp(-0) is 1 */
        memcpy(price, base, sizeof(lane_row));
        return;
    }
    for (int k = 0; k < LANES; k++)
        price[k] = base[k] * vm_exp(-impact[k]);
}

void market_reprice(uint32_t asset, struct worker *w)
{
    const struct plan *plan = w->plan;
    const double *base = worker_row(w, ROW_BASE, asset);
    double *spot = worker_row(w, ROW_SPOT, asset);
    lane_row mean;

    price_after(base, market_books_mean(plan, ROW_IMPACT, asset, w, mean), spot);
    for (uint32_t venue = 0; plan->n_own_mark > 0 && venue < plan->n_venue; venue++) {
        const struct plan_venue *v = &plan->venue[venue];
        if (v->own_mark == PLAN_NONE)
            continue;
        double *own = worker_row(w, ROW_OWN_MARK, v->own_mark * plan->n_asset + asset);
        if (v->book[asset] == PLAN_NONE)
            memcpy(own, spot, sizeof(lane_row));
        else
            price_after(base, worker_row(w, ROW_IMPACT, v->book[asset]), own);
    }
}

/* Market makers quote less when volatility, its stress included, is above that of the
 * start: depth x (volatility now / at the start)^-power. */
static void follow_volatility(const struct plan *plan, uint32_t asset, struct worker *w)
{
    const struct plan_asset *a = &plan->asset[asset];
    const double *restrict stress = worker_effect(w, EFFECT_VOLATILITY, asset);
    const double *restrict start = worker_row(w, ROW_VOLATILITY, asset);
    double *state[PRICE_MAX_STATE];
    lane_row now, log_ratio;

    for (uint32_t i = 0; i < PRICE_MAX_STATE; i++)
        state[i] = worker_row(w, ROW_MODEL_STATE, asset * PRICE_MAX_STATE + i);
    if (a->model->volatility != NULL)
        a->model->volatility(a->coef[w->set], (const double *const *)state, now);
    else
        memcpy(now, start, sizeof now); /* it does not change */
    for (int k = 0; k < LANES; k++)
        log_ratio[k] = vm_log(stress[k] * (vm_max(now[k], VOLATILITY_MIN) /
                                           vm_max(start[k], VOLATILITY_MIN)));
    for (uint32_t b = plan->first_book[asset]; b < plan->first_book[asset + 1]; b++) {
        const double power = plan->book[b].volatility_power;
        double *restrict depth = worker_effect(w, EFFECT_DEPTH, b);
        for (int k = 0; power != 0.0 && k < LANES; k++)
            depth[k] *= vm_exp(-power * log_ratio[k]);
    }
}

/* A closed book neither gives nor takes. */
static void arbitrage(const struct plan *plan, uint32_t asset, struct worker *w)
{
    const uint32_t first = plan->first_book[asset], end = plan->first_book[asset + 1];
    lane_row level = {0.0}, total = {0.0};

    for (uint32_t b = first; b < end; b++) {
        const double weight = plan->book[b].weight;
        const double *restrict depth = worker_effect(w, EFFECT_DEPTH, b);
        const double *restrict impact = worker_row(w, ROW_IMPACT, b);
        const double *restrict halted = worker_row(w, ROW_HALTED, plan->book[b].venue);
        for (int k = 0; k < LANES; k++) {
            const double share = halted[k] != 0.0 ? 0.0 : weight * depth[k];
            level[k] += share * impact[k];
            total[k] += share;
        }
    }
    for (uint32_t b = first; b < end; b++) {
        const double left = vm_exp(-plan->book[b].halvings_per_s * plan->step_s);
        const double *restrict halted = worker_row(w, ROW_HALTED, plan->book[b].venue);
        double *restrict impact = worker_row(w, ROW_IMPACT, b);
        for (int k = 0; k < LANES; k++) {
            const double common = total[k] > 0.0 ? level[k] / total[k] : impact[k];
            const double pulled = common + (impact[k] - common) * left;
            impact[k] = halted[k] != 0.0 ? impact[k] : pulled;
        }
    }
}

/* Refill and arbitrage work on outstanding impact only; where no path has any, nothing would
 * change. */
void market_books_step(const struct plan *plan, uint32_t asset, struct worker *w)
{
    bool any = false;

    if (plan->asset[asset].depth_follows_volatility)
        follow_volatility(plan, asset, w);
    for (uint32_t b = plan->first_book[asset]; b < plan->first_book[asset + 1]; b++) {
        const struct plan_book *book = &plan->book[b];
        const double *depth = worker_effect(w, EFFECT_DEPTH, b);
        double *before = worker_row(w, ROW_DEPTH_BEFORE, b);
        double *impact = worker_row(w, ROW_IMPACT, b);

        if (any_impact(impact)) {
            any = true;
            book->model->refill(book->coef, plan->step_s, before, depth,
                                worker_effect(w, EFFECT_REFILL, b), impact,
                                worker_row(w, ROW_PERMANENT, b));
        }
        memcpy(before, depth, sizeof(lane_row));
    }
    if (any && plan_books(plan, asset) > 1)
        arbitrage(plan, asset, w);
}

void market_books_depth(const struct plan *plan, uint32_t asset, const struct worker *w,
                        double *depth_usd)
{
    const double *spot = worker_row(w, ROW_SPOT, asset);

    memset(depth_usd, 0, sizeof(lane_row));
    for (uint32_t b = plan->first_book[asset]; b < plan->first_book[asset + 1]; b++) {
        const struct plan_book *book = &plan->book[b];
        const double *depth = worker_effect(w, EFFECT_DEPTH, b);
        for (int k = 0; k < LANES; k++)
            depth_usd[k] += book->model->depth_usd(book->coef, spot[k]) * depth[k];
    }
}

const double *market_mark(const struct plan *plan, uint32_t venue, uint32_t asset,
                          const struct worker *w)
{
    const struct plan_venue *v = &plan->venue[venue];

    if (v->mark_oracle)
        return worker_row(w, ROW_ORACLE, asset);
    return v->own_mark == PLAN_NONE
               ? worker_row(w, ROW_SPOT, asset)
               : worker_row(w, ROW_OWN_MARK, v->own_mark * plan->n_asset + asset);
}
