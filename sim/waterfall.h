#ifndef TAILRACE_SIM_WATERFALL_H
#define TAILRACE_SIM_WATERFALL_H

#include "sim/worker.h"

/* Settles `weight` equal accounts, those of w->closing, that were closed on path k with
 * equity_usd each: a fee is paid into the venue's fund as far as there is equity; a
 * shortfall is taken from the fund; what the fund lacks is bad debt. Returns what is left to
 * each account. */
double waterfall_settle(struct worker *w, uint32_t venue, int k, double equity_usd,
                        double fee_usd, double weight);

#endif
