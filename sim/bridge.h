#ifndef TAILRACE_SIM_BRIDGE_H
#define TAILRACE_SIM_BRIDGE_H

#include "sim/worker.h"

/* Highest and lowest traded price inside a step, for claims that ask for them: those of a
 * Brownian bridge between the prices at its two ends, exact for geometric Brownian motion
 * of any drift (Glasserman 2004, section 6.4, equation 6.50): with x = ln(S1/S0), the
 * deviation sd of the step and uniforms U, V
 *     high = S0 exp((x + sqrt(x^2 - 2 sd^2 ln U))/2),
 *     low  = S0 exp((x - sqrt(x^2 - 2 sd^2 ln V))/2).
 * U and V are independent, so that each of the two has its distribution but both together
 * have not: what looks at one of them, as a single barrier does, is right. The volatility
 * is the model's at the beginning of the step, with stress; an asset that is counted in
 * another has the variance of both. A step with a jump has it between its ends: whatever
 * lies between them was touched. */

/* Time 0, in market_start. */
void bridge_start(const struct plan *plan, struct worker *w);

/* In market_step: before the models move, and when all assets have their prices. */
void bridge_before(const struct plan *plan, struct worker *w);
void bridge_after(const struct plan *plan, struct worker *w);

#endif
