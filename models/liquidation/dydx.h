#ifndef TAILRACE_MODELS_LIQUIDATION_DYDX_H
#define TAILRACE_MODELS_LIQUIDATION_DYDX_H

#include "sim/vmath.h"

/* Prices of a liquidation on dYdX v4 (dydxprotocol/v4-chain, protocol/x/clob/keeper/
 * liquidations.go). Of the account: net_usd, its total net collateral (equity), and
 * maintenance_usd > 0, its total maintenance requirement; of one position: signed coins, its
 * mark, and position_maintenance_usd, its own part of the requirement. */

/* Worst price at which a liquidation order may be filled,
 *     (PNNV - ABR SMMR PMMR) / PS,   ABR = clamp(BA (1 - TNC / TMMR), 0, 1),
 * with the position's value PNNV and size PS; adjustment is BA, spread SMMR. USD; may be
 * below 0. */
static inline double dydx_fillable_price_usd(double mark_usd, double coins, double net_usd,
                                             double maintenance_usd,
                                             double position_maintenance_usd,
                                             double adjustment, double spread)
{
    const double rating =
        vm_max(0.0, vm_min(1.0, adjustment * (1.0 - net_usd / maintenance_usd)));

    return mark_usd - rating * spread * position_maintenance_usd / coins;
}

/* What a change of the position by `delta_coins` (below 0: sells) must bring in (paid: below
 * 0) for the account to be left with nothing in proportion,
 *     -delta P - TNC |dMMR| / TMMR,
 * delta_maintenance_usd = |dMMR|; USD, not rounded (the chain rounds up to 1e-6). */
static inline double dydx_bankruptcy_quote_usd(double mark_usd, double delta_coins,
                                               double net_usd, double maintenance_usd,
                                               double delta_maintenance_usd)
{
    return -delta_coins * mark_usd - net_usd * delta_maintenance_usd / maintenance_usd;
}

/* What the insurance fund receives (pays: below 0) from a fill that brought in quote_usd where
 * bankruptcy_usd would have left nothing: the surplus up to max_fee_frac of the fill's value,
 * a loss as a whole. */
static inline double dydx_fund_delta_usd(double quote_usd, double bankruptcy_usd,
                                         double max_fee_frac)
{
    return vm_min(quote_usd - bankruptcy_usd, max_fee_frac * fabs(quote_usd));
}

#endif
