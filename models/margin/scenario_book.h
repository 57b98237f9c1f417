#ifndef TAILRACE_MODELS_MARGIN_SCENARIO_BOOK_H
#define TAILRACE_MODELS_MARGIN_SCENARIO_BOOK_H

#include "sim/margin.h"

/* What rules of scenarios share. */

/* Exclusive end of the legs that stand with leg `first` in one asset, or in one asset and
 * expiry. */
uint32_t scenario_book_asset_end(const struct margin_book *book, uint32_t first);
uint32_t scenario_book_expiry_end(const struct margin_book *book, uint32_t first);

/* (30 days / time to expiry)^power: how much more the volatility of near expiries moves. The
 * time is at least floor_days; `near` is the power up to 30 days, `far` beyond. */
double scenario_book_vega_power(double years, double floor_days, double near, double far);

/* The lowest P&L of the result's scenarios, into out->worst; it is returned. */
double scenario_book_worst(struct margin_result *out);

#endif
