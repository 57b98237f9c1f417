#include "sim/cascade.h"

#include <math.h>
#include <string.h>

#include "sim/book.h"
#include "sim/market.h"
#include "sim/market_books.h"
#include "sim/trigger.h"
#include "sim/vmath.h"

const char *const cascade_mechanism_name[N_MECHANISM] = {
    [MECHANISM_INSOLVENT] = "insolvent", [MECHANISM_WAITING] = "waiting",
    [MECHANISM_MARK] = "mark",           [MECHANISM_INCENTIVE] = "incentive",
    [MECHANISM_SLIPPAGE] = "slippage",
};
const char *const cascade_stop_name[N_STOP] = {
    [STOP_FILLED] = "filled",
    [STOP_EXHAUSTED] = "exhausted",
    [STOP_UNPROFITABLE] = "unprofitable",
    [STOP_QUEUE] = "queue",
    [STOP_HALTED] = "halted",
    [STOP_WAITING] = "waiting",
};
const char *const cascade_event_name[N_EVENT] = {
    [EVENT_BREACH] = "breach",
    [EVENT_LIQUIDATION] = "liquidation",
    [EVENT_TRADE] = "trade",
    [EVENT_LIQUIDATED] = "liquidated",
    [EVENT_LIQUIDATOR] = "liquidator",
    [EVENT_GAS] = "gas",
    [EVENT_ABSORBED] = "absorbed",
    [EVENT_FEE] = "fee",
    [EVENT_SHORTFALL] = "shortfall",
    [EVENT_FUND] = "fund",
    [EVENT_BAD_DEBT] = "bad_debt",
    [EVENT_RETURNED] = "returned",
    [EVENT_STOP] = "stop",
};

void cascade_start(const struct plan *plan, struct worker *w)
{
    for (uint32_t venue = 0; venue < plan->n_venue; venue++)
        for (int k = 0; k < LANES; k++) {
            worker_row(w, ROW_FIRST_LIQUIDATED, venue)[k] = NAN;
            worker_row(w, ROW_LAST_LIQUIDATED, venue)[k] = NAN;
            for (uint32_t a = 0; plan->has_population && a < plan->n_asset; a++)
                worker_row(w, ROW_MARK_DISPLACEMENT, venue * plan->n_asset + a)[k] = 1.0;
        }
}

/* Traded price without forced sales: base_step of sim/market.c without the impact. */
static double unmoved_usd(const struct plan *plan, const struct worker *w, uint32_t asset,
                          int k)
{
    const double price = worker_row(w, ROW_MODEL, asset)[k] *
                         vm_exp(worker_effect(w, EFFECT_PRICE, asset)[k]);

    return plan->asset[asset].in_anchor
               ? price * unmoved_usd(plan, w, plan->asset[asset].anchor, k)
               : price;
}

/* Displacement of the traded price by forced sales: what it would be over what it is. */
static double displacement(const struct plan *plan, const struct worker *w, uint32_t asset,
                           int k)
{
    return unmoved_usd(plan, w, asset, k) / worker_row(w, ROW_SPOT, asset)[k];
}

static bool is_traded(const struct plan *plan, const struct worker *w, uint32_t venue,
                      uint32_t asset)
{
    return market_mark(plan, venue, asset, w) == worker_row(w, ROW_SPOT, asset);
}

static void follow_mark(const struct plan *plan, struct worker *w, uint32_t venue,
                        uint32_t asset)
{
    const uint32_t row = venue * plan->n_asset + asset;
    const double *mark = market_mark(plan, venue, asset, w);
    double *seen = worker_row(w, ROW_MARK_SEEN, row);
    double *before = worker_row(w, ROW_MARK_DISPLACEMENT, row);
    double *factor = worker_row(w, ROW_MARK_FACTOR, row);

    for (int k = 0; k < LANES; k++) {
        if (mark[k] == seen[k])
            continue;
        const double now = displacement(plan, w, asset, k);
        const bool grew = fabs(vm_log(now)) > fabs(vm_log(before[k]));
        factor[k] = grew ? now / before[k] : 1.0;
        before[k] = now;
        seen[k] = mark[k];
    }
}

void cascade_instant(const struct plan *plan, struct worker *w)
{
    w->round = 1;
    for (uint32_t venue = 0; plan->has_population && venue < plan->n_venue; venue++)
        for (uint32_t asset = 0; asset < plan->n_asset; asset++)
            if (!is_traded(plan, w, venue, asset))
                follow_mark(plan, w, venue, asset);
}

void cascade_hold(const struct plan *plan, struct worker *w)
{
    for (uint32_t venue = 0; plan->has_population && venue < plan->n_venue; venue++)
        for (uint32_t asset = 0; asset < plan->n_asset; asset++)
            memcpy(w->first_mark[venue * plan->n_asset + asset],
                   market_mark(plan, venue, asset, w), sizeof(lane_row));
}

void cascade_look(const struct plan *plan, struct worker *w, uint32_t venue, int k)
{
    w->moved = false;
    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        const uint32_t row = venue * plan->n_asset + asset;
        const double mark = market_mark(plan, venue, asset, w)[k];
        const double first = w->round == 1 ? mark : w->first_mark[row][k];

        w->held_usd[asset] = is_traded(plan, w, venue, asset)
                                 ? first
                                 : first * worker_row(w, ROW_MARK_FACTOR, row)[k];
        w->moved = w->moved || w->held_usd[asset] != mark;
    }
}

/* What the holdings are worth less at the traded prices than at the marks. */
static double mark_gap_usd(const struct population_group *g, const struct worker *w, int k,
                           uint32_t account, const double *coins)
{
    double gap = 0.0;

    for (uint32_t s = 0; s < g->n_side; s++) {
        const uint32_t asset = g->asset[s], leg = population_leg(g, s, account);
        const bool owed = (g->side[s] & SIDE_HELD) != 0 && (g->side[s] & SIDE_SHORT) != 0;
        gap += coins[leg] * (owed ? w->debt_index[asset] : 1.0) *
               (w->mark_usd[asset] - worker_row(w, ROW_SPOT, asset)[k]);
    }
    return gap;
}

void cascade_measure(const struct plan *plan, struct worker *w, uint32_t venue, int k,
                     uint32_t account, const double *coins, double collateral_usd)
{
    const struct population *p = plan->venue[venue].population;
    const struct population_group *g = &p->group[p->group_of[account]];

    w->closing.equity_usd =
        population_equity(p, account, coins, collateral_usd, &w->market);
    w->closing.gap_usd = mark_gap_usd(g, w, k, account, coins);
}

bool cascade_cause(const struct plan *plan, const struct worker *w, uint32_t venue,
                   uint32_t account, const double *coins, double collateral_usd)
{
    const struct population *p = plan->venue[venue].population;
    struct population_market market = w->market;

    market.mark_usd = w->held_usd;
    return population_equity(p, account, coins, collateral_usd, &market) >=
           population_requirement(p, account, coins, &market);
}

void cascade_write(struct worker *w, enum event event, int k,
                   const struct tape_event *figures)
{
    if (w->tape == NULL || k != 0) /* its path stands first in the block */
        return;
    struct tape_event e = *figures;
    e.event = event;
    e.time_s = w->time_s;
    e.round = w->round;
    e.venue = w->closing.venue;
    e.account = w->closing.account;
    e.own = w->closing.own;
    e.cascade = w->closing.cascade;
    e.accounts = w->closing.weight;
    tape_add(w->tape, &e);
}

void cascade_own(const struct plan *plan, struct worker *w, int k, uint32_t account,
                 double value_usd)
{
    const uint32_t venue = plan->account[account].venue;
    const double equity = worker_row(w, ROW_EQUITY, account)[k];

    w->closing = (struct closing){.venue = venue,
                                  .account = account,
                                  .own = true,
                                  .weight = 1.0,
                                  .equity_usd = equity,
                                  .gap_usd = equity - value_usd};
    if (plan->has_population) {
        cascade_look(plan, w, venue, k);
        w->closing.cascade =
            w->moved && book_buffer_at(plan, account, k, w->held_usd, w) >= 0.0;
    }
    cascade_breach(w, k);
}

void cascade_breach(struct worker *w, int k)
{
    cascade_write(w, EVENT_BREACH, k,
                  &(struct tape_event){.equity_usd = w->closing.equity_usd});
}

void cascade_trade(const struct plan *plan, struct worker *w, uint32_t asset, int k,
                   const struct fill *fill)
{
    lane_row mean;

    if (fill->coins == 0.0)
        return;
    double impact = market_books_mean(plan, ROW_IMPACT, asset, w, mean)[k];
    impact += market_books_mean(plan, ROW_PERMANENT, asset, w, mean)[k];
    cascade_write(w, EVENT_TRADE, k,
                  &(struct tape_event){.asset = asset,
                                       .coins = fill->coins,
                                       .usd = fill->usd,
                                       .impact_frac = 1.0 - vm_exp(-impact)});
}

void cascade_split(struct worker *w, int k, double shortfall_usd, double bad_debt_usd)
{
    const struct closing *c = &w->closing;
    const double loss[N_MECHANISM] = {
        [MECHANISM_MARK] = vm_max(c->gap_usd, 0.0),
        [MECHANISM_INCENTIVE] = vm_max(c->incentive_usd, 0.0),
        [MECHANISM_SLIPPAGE] = INFINITY,
    };
    double equity = c->equity_usd, rest = shortfall_usd;
    double part[N_MECHANISM] = {0.0};

    part[c->waiting ? MECHANISM_WAITING : MECHANISM_INSOLVENT] =
        vm_min(rest, c->weight * vm_max(-equity, 0.0));
    for (int m = 0; m < N_MECHANISM; m++) {
        const double unpaid = vm_max(loss[m] - vm_max(equity, 0.0), 0.0);
        equity -= loss[m];
        part[m] +=
            m == MECHANISM_SLIPPAGE ? rest : vm_min(rest - part[m], c->weight * unpaid);
        rest -= part[m];
        worker_row(w, ROW_BAD_DEBT_BY, (uint32_t)m)[k] +=
            bad_debt_usd * (part[m] / shortfall_usd);
    }
}
