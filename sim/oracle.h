#ifndef TAILRACE_SIM_ORACLE_H
#define TAILRACE_SIM_ORACLE_H

#include "sim/worker.h"

/* Price feeds (plan.feed). One that follows the market sees the traded price as it was
 * `delay` ago, or its average over a window that ended then; takes the median of what its
 * sources make of it, each with a noise of its own; keeps that within floor and cap; and
 * publishes when it differs from the last publication by the deviation threshold, or when
 * the heartbeat is due. One that follows a rate says at every instant what the feed of the
 * anchor has published, times the model's parity, whatever the token trades at. */
void oracle_start(const struct plan *plan, struct worker *w);
void oracle_step(const struct plan *plan, struct worker *w);

/* After the trades of a step: later looks back at this step see the price that they
 * left. */
void oracle_record(const struct plan *plan, struct worker *w);

/* Median of n rows, for an even number the mean of the two in the middle; sorts them. */
void oracle_median(uint32_t n, lane_row *row, double *restrict median /* [LANES] */);

#endif
