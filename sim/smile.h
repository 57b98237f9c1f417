#ifndef TAILRACE_SIM_SMILE_H
#define TAILRACE_SIM_SMILE_H

#include "sim/surface_view.h"
#include "sim/worker.h"

/* The implied volatility of one option path by path, where it is not one number for all
 * paths: sticky delta (k = ln(K/F) moves with the price, and sigma with k), and shocks that
 * bend the surface (sim/bend.h). */

/* The surface of an asset now; nothing in it is copied. */
struct surface_view smile_view(const struct plan *plan, uint32_t asset,
                               const struct worker *w);

/* What the options of one asset and expiry share. */
struct smile_expiry {
    struct surface_view view;
    struct surface_view_expiry expiry; /* of the view beside it: not to be copied */
};

/* At w->time_s, for contracts on the asset and with the expiry of c. */
void smile_start(const struct plan *plan, const struct contract *c, const struct worker *w,
                 struct smile_expiry *expiry);

/* At one strike and the logs of the prices given; slope and curve are 0 if sticky strike. */
void smile_at(const struct smile_expiry *expiry, const struct surface_strike *strike,
              double log_strike, const double *log_spot, struct smile *smile);

/* skew[k] = d (sigma sqrt(T)) / d ln K at the strike of a claim on an asset without a smile
 * of its own (the plan's asset.smile), after the surface factor, [LANES]. At a node of a
 * chain it is the mean of both sides. */
void smile_skew_of_surface(const struct plan *plan, const struct plan_claim *o,
                           const struct worker *w, double *skew);

/* Turns delta and gamma at constant volatility into those along the smile, in place:
 *     delta + vega sigma_S,   gamma + 2 vanna sigma_S + volga sigma_S^2 + vega sigma_SS.
 * Rows of `value` but the theta must be there. */
void smile_greeks(const struct smile *smile, const double *spot_usd,
                  const struct claim_value *value);

#endif
