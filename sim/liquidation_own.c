#include <math.h>

#include "sim/book.h"
#include "sim/book_sums.h"
#include "sim/cascade.h"
#include "sim/contribution.h"
#include "sim/explain.h"
#include "sim/liquidation.h"
#include "sim/liquidation_account.h"
#include "sim/vmath.h"
#include "sim/waterfall.h"

/* Closes one of the user's accounts on path k into USD: contracts, options, coins. Sold
 * are the coins held and what the contracts are worth more per dollar of price; an
 * inverse one that is hedged by the coins it is settled in sells none. A taker of the
 * options hedges their delta in the same order book, at its spread and impact; his own
 * price is the mark less option_half_spread_frac, which is at most 1: a long option
 * never brings less than nothing, a written one never costs more than twice its mark.
 * The order book's spread shock does not multiply that. At the low of 5 February 2026
 * the median spread of Deribit's options of 5 to 60 days, 0.1 < |delta| < 0.9, was 0.037
 * (BTC) and 0.057 (ETH) of the mark, in the seven months around it 0.046 and 0.045: it
 * widens with the mark, as here. */
void liquidation_own(const struct plan *plan, struct worker *w, int k, uint32_t account)
{
    const struct plan_account *a = &plan->account[account];
    const struct plan_venue *venue = &plan->venue[a->venue];
    lane_row mask = {0.0}, value;
    double cost = 0.0, traded = 0.0;

    mask[k] = 1.0;
    if (a->n_claim > 0)
        book_sums_revalue(plan, account, BOOK_TRADED, mask, w);
    book_value(plan, account, w, value);
    cascade_own(plan, w, k, account, value[k]);
    if (w->contribution != NULL)
        contribution_close(plan, w, account, k);
    explain_close(plan, w, account, k);
    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        const uint32_t i = account * plan->n_asset + asset;
        const double spot = worker_row(w, ROW_SPOT, asset)[k];
        const double *option = worker_row(w, ROW_CLAIM, i * N_CLAIM_SUM);
        const double usd = a->notional_usd[asset] + option[CLAIM_FUTURE_USD * LANES + k];
        const double notional =
            usd + (a->notional_coins[asset] + option[CLAIM_FUTURE * LANES + k]) * spot;
        const double coins = worker_row(w, ROW_COINS, i)[k] + a->slope_coins[asset] +
                             option[CLAIM_DELTA * LANES + k];
        if (coins != 0.0)
            cost += coins * spot - liquidation_fill(plan, w, asset, k, coins);
        cost += venue->option_half_spread_frac * option[CLAIM_ABS * LANES + k];
        traded += fabs(notional) + fabs(option[CLAIM_OPTION_DELTA * LANES + k]) * spot;
        worker_row(w, ROW_COINS, i)[k] = 0.0;
        for (uint32_t s = 0; s < N_CLAIM_SUM; s++)
            worker_row(w, ROW_CLAIM, i * N_CLAIM_SUM + s)[k] = 0.0;
    }
    const double equity = value[k] - cost;
    cascade_count(w, EVENT_LIQUIDATION, a->venue, k, 1.0);
    cascade_liquidated(w, a->venue, k, traded);
    const double left =
        waterfall_settle(w, a->venue, k, equity, venue->liquidation_fee_frac * traded, 1.0);
    const double fee = vm_max(equity, 0.0) - left;
    worker_row(w, ROW_CASH, account)[k] = left;
    worker_row(w, ROW_OPEN, account)[k] = 0.0;
    worker_row(w, ROW_LIQUIDATION_COST, 0)[k] += value[k] - left;
    explain_closed(w, k, fee, cost, vm_max(-equity, 0.0));
    worker_row(w, ROW_LIQUIDATED, 0)[k] = 1.0;
    worker_row(w, ROW_ACCOUNT_LIQUIDATED_S, account)[k] = w->time_s;
    cascade_stop(w, k, STOP_FILLED, 1.0);
    if (isnan(worker_row(w, ROW_FIRST_LIQUIDATION, 0)[k]))
        worker_row(w, ROW_FIRST_LIQUIDATION, 0)[k] = w->time_s;
}
