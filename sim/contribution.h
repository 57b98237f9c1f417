#ifndef TAILRACE_SIM_CONTRIBUTION_H
#define TAILRACE_SIM_CONTRIBUTION_H

#include "sim/worker.h"

/* P&L of every position on the paths of one block; kept only when asked for, since it costs
 * a row per position. On every path the P&L of the positions minus the cost of the
 * account's own liquidation is the P&L of the book. */
struct contribution {
    lane_row *pnl;        /* [n_position] USD so far: cash flows, then the closing value */
    lane_row *coins;      /* [n_position] coins that it paid and that are still held */
    lane_row *debt_coins; /* [n_position] the same in the asset owed */
    double *start_usd;    /* [n_position] value at the start */
};

/* Memory from the worker's arena; sets w->contribution. */
void contribution_create(const struct plan *plan, struct worker *w);

struct claim_flow;

/* Before book_start, after it, after book_cash, after the last step. */
void contribution_reset(const struct plan *plan, struct worker *w);
void contribution_start(const struct plan *plan, struct worker *w);
void contribution_step(const struct plan *plan, struct worker *w);
void contribution_finish(const struct plan *plan, struct worker *w);

/* One unit of a position received this; its account's book calls it. */
void contribution_flow(const struct plan *plan, struct worker *w, uint32_t position,
                       const struct claim_flow *flow);

/* An account is about to be closed on path k: its positions take their value of now. */
void contribution_close(const struct plan *plan, struct worker *w, uint32_t account, int k);

#endif
