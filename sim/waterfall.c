/* Who pays when an account is closed below zero. */

#include "sim/waterfall.h"

#include "sim/vmath.h"

double waterfall_settle(struct worker *w, uint32_t venue, int k, double equity_usd,
                        double fee_usd, double weight)
{
    const double fee = vm_min(fee_usd, vm_max(equity_usd, 0.0));
    const double shortfall = weight * vm_max(-equity_usd, 0.0);
    double *fund = &worker_row(w, ROW_FUND, venue)[k];
    const double drawn = vm_min(*fund, shortfall);

    *fund += weight * fee - drawn;
    worker_row(w, ROW_FEES, venue)[k] += weight * fee;
    worker_row(w, ROW_FUND_DRAWN, venue)[k] += drawn;
    worker_row(w, ROW_SHORTFALL, venue)[k] += shortfall;
    worker_row(w, ROW_BAD_DEBT, venue)[k] += shortfall - drawn;
    worker_row(w, ROW_RETURNED, venue)[k] += weight * (vm_max(equity_usd, 0.0) - fee);
    return vm_max(equity_usd, 0.0) - fee;
}
