#ifndef TAILRACE_SIM_SETTLEMENT_H
#define TAILRACE_SIM_SETTLEMENT_H

#include "sim/worker.h"

/* Settlement at the time-weighted average of the traded price over a window that ends at
 * expiry, as the option exchanges do it (Deribit: index of 07:30 to 08:00 UTC). Between two
 * steps the price is taken along a straight line: with steps longer than the window the
 * average varies somewhat less than it should, in the last step alone.
 *
 * Before the window a claim stands at the exchange's mark, which is Black's on all the time
 * to expiry. When the window opens it is worth what the average will be: an option at the
 * money loses 1 - 1/sqrt(3), 42 %, of the time value that half an hour has. */

/* Time 0, after market_start: what of a window lies before the start counts at the start
 * price. */
void settlement_start(const struct plan *plan, struct worker *w);

/* After market_step: adds the part of each window that lies in the step. */
void settlement_step(const struct plan *plan, struct worker *w);

/* The settlement price once the window is over, [LANES] USD. */
void settlement_price(const struct plan *plan, uint32_t settlement, const struct worker *w,
                      double *settle_usd);

/* A claim inside its window is one on X = c + omega A, where c is what the average has so
 * far, omega the share of the window that is left, and A the average price of that rest.
 * X has mean m = c + omega S and is taken as lognormal with the standard deviation
 * sigma sqrt(T/3) omega S / m of its logarithm (of an average of Brownian motion over T),
 * so delta decays as omega, as on the exchange's screens. */
struct settlement_window {
    lane_row mean_usd, log_mean; /* m and ln m */
    lane_row factor;             /* surface factor that gives X its deviation */
    lane_row by_volatility;      /* omega S / (m sqrt(3)): volatility of X per volatility */
    lane_row bend; /* c / (m sqrt(3)): how the volatility of X moves with ln m, per
                      volatility */
    double left;   /* omega */
};

/* False: the claim's window has not begun. surface_factor: of the asset, [LANES]. */
bool settlement_window(const struct plan_claim *o, const struct worker *w,
                       const double *spot_usd, const double *surface_factor,
                       struct settlement_window *window);

/* Turns values in m and in the volatility of X into those in S and in the asset's
 * volatility, in place. Rows may be NULL. Theta of an option is that of a variance that
 * falls with the cube of the time left. A future has carry only, and of the share omega:
 * the mean of S exp(b t) over what is left is S (1 + b T/2), times omega in proportion to
 * T^2, so it loses omega b S a year. */
void settlement_greeks(const struct settlement_window *window, bool option,
                       struct claim_value *value);

#endif
