#include "sim/margin_book.h"

#include <math.h>
#include <stdlib.h>

/* By asset, then expiry, then as in the file. */
static int compare_legs(const void *a, const void *b)
{
    const struct margin_leg *p = a, *q = b;

    if (p->contract->asset != q->contract->asset)
        return p->contract->asset < q->contract->asset ? -1 : 1;
    if (p->years != q->years)
        return p->years < q->years ? -1 : 1;
    return p->contract < q->contract ? -1 : 1;
}

static struct margin_leg make_leg(const struct plan *plan, const struct plan_position *p)
{
    const struct contract *c = p->contract;
    const struct surface *surface = plan->asset[c->asset].surface;
    struct margin_leg leg = {.contract = c, .years = c->expiry_s / PLAN_YEAR_S};

    if (surface != NULL)
        leg.log_forward_ratio = surface_log_forward_ratio(surface, leg.years);
    if (p->claim != PLAN_NONE && plan->claim[p->claim].strike != NULL)
        leg.volatility_annual =
            surface_volatility_sqrt_t(plan->claim[p->claim].strike, leg.years) /
            sqrt(leg.years);
    return leg;
}

void margin_account_at_start(const struct plan *plan, uint32_t account, struct arena *arena,
                             struct margin_account *out)
{
    double *index = arena_get(arena, plan->n_asset, sizeof *index);
    double *coins = arena_get(arena, plan->n_asset, sizeof *coins);
    struct margin_leg *leg = arena_get(arena, plan->n_position, sizeof *leg);
    const struct plan_account *a = &plan->account[account];

    out->n_left_out = 0;
    out->left_out = arena_get(arena, plan->n_position, sizeof(const struct contract *));
    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        index[asset] = plan->asset[asset].spot_usd;
        coins[asset] = a->coins[asset];
    }
    out->book = (struct margin_book){
        .n_asset = plan->n_asset,
        .index_usd = index,
        .coins = coins,
        .haircut_frac = a->venue == PLAN_NONE ? NULL : plan->venue[a->venue].haircut_frac,
        .cash_usd = a->cash_usd,
        .leg = leg};
    for (uint32_t i = 0; i < plan->n_position; i++) {
        const struct contract *c = plan->position[i].contract;
        const bool linear = c->instrument->linear != NULL;
        if (c->account != account || (linear && plan->position[i].linear.held))
            continue;
        if (linear || c->instrument->margin != MARGIN_REFUSED)
            leg[out->book.n_leg++] = make_leg(plan, &plan->position[i]);
        else
            out->left_out[out->n_left_out++] = c;
    }
    qsort(leg, out->book.n_leg, sizeof *leg, compare_legs);
}
