/* Who pays when an account is closed below zero. */

#include "sim/waterfall.h"

#include "sim/cascade.h"
#include "sim/vmath.h"

double waterfall_settle(struct worker *w, uint32_t venue, int k, double equity_usd,
                        double fee_usd, double weight)
{
    const double fee = vm_min(fee_usd, vm_max(equity_usd, 0.0));
    const double shortfall = weight * vm_max(-equity_usd, 0.0);
    double *fund = &worker_row(w, ROW_FUND, venue)[k];
    const double drawn = vm_min(vm_max(*fund, 0.0), shortfall);

    *fund += weight * fee - drawn;
    cascade_count(w, EVENT_FEE, venue, k, weight * fee);
    cascade_count(w, EVENT_SHORTFALL, venue, k, shortfall);
    cascade_count(w, EVENT_FUND, venue, k, drawn);
    cascade_count(w, EVENT_BAD_DEBT, venue, k, shortfall - drawn);
    cascade_count(w, EVENT_RETURNED, venue, k, weight * (vm_max(equity_usd, 0.0) - fee));
    if (shortfall > drawn)
        cascade_split(w, k, shortfall, shortfall - drawn);
    return vm_max(equity_usd, 0.0) - fee;
}
