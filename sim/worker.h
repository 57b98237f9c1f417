#ifndef TAILRACE_SIM_WORKER_H
#define TAILRACE_SIM_WORKER_H

#include <stdint.h>

#include "sim/plan.h"
#include "sim/rng.h"

struct contribution;
struct greek_sums;
struct margin_leg;
struct tape;

/* The account that is being liquidated, as sim/cascade.h writes it down; money is that of
 * one of `weight` equal ones. */
struct closing {
    uint32_t venue;
    uint32_t account; /* index in the file of the venue's accounts, or of the own ones */
    bool own;
    bool cascade; /* brought down by forced sales */
    bool waiting; /* its liquidation began before */
    double weight;
    double equity_usd; /* at the marks, before anything was done */
    double gap_usd;    /* worth less than that at the traded prices */
    double incentive_usd;
};

/* One block of LANES paths under way. What the paths own is in `row` and `overlay` alone,
 * so a path can be copied from lane to lane and from worker to worker; the rest is scratch
 * that is rewritten in every step. */
struct worker {
    const struct plan *plan;
    uint64_t path[LANES]; /* who is in which lane; all of one parameter set */
    uint32_t set;         /* theirs, from market_start on */
    lane_row *row;        /* [plan.n_row] path k owns entry k of every row */
    uint64_t *overlay;    /* [LANES][plan.overlay_words] accounts of the populations, see
                         sim/trigger.h */
    double time_s;        /* since the start, at the end of the present step */
    uint32_t step;
    lane_row *shock; /* [n_asset] correlated normals of this step */
    lane_row *extra; /* [n_asset] normals of a correlation shock */
    lane_row
        *adverse;    /* [N_SIDE * n_asset] adverse moves for the sides of a venue's accounts
                          */
    lane_row *since; /* [N_SIDE * n_asset] the same since safe distances were measured */
    lane_row *acted; /* [n_venue] accounts that something was done to in this round */
    lane_row *scratch; /* [N_SCRATCH] of whoever runs */
    uint32_t *list;    /* [population] accounts to close */
    double *fill_usd;  /* [N_SIDE * n_asset] average price of the last fill on one path */
    /* [n_asset] of one path at one venue, see trigger_look */
    double *mark_usd, *paid_usd, *debt_index;
    double *leg_coins;  /* [N_SIDE * n_asset] of the account under way */
    double *state;      /* of the liquidation model under way */
    double *spread_leg; /* [N_SIDE * n_asset] liquidation_outcome.spread_coins */
    /* [n_asset] coins and debts that wait to be spread over a venue's accounts on one path */
    double *spread_coins, *spread_usd;
    bool spreads; /* some do */
    struct population_market market;
    lane_row *first_mark; /* [n_venue][n_asset] of this instant, see cascade_hold */
    double *held_usd;     /* [n_asset] see cascade_look */
    bool moved;           /* they differ from the marks */
    uint64_t round;       /* of this instant, the first is 1 */
    struct closing closing;
    struct tape *tape; /* gets what is done on the first path; NULL: nobody asks */
    struct contribution *contribution; /* NULL unless P&L per position is asked for */
    struct greek_sums *greeks;         /* NULL unless Greeks at reporting times are */
    struct margin_leg *margin_leg; /* [n_position] scratch of sim/book_portfolio.c, where
                                          some account has such a rule */
    lane_row *margin_volatility;   /* [n_position] */
    double *margin_asset;          /* [2 * n_asset] */
    bool failed;                   /* a path of this worker turned non-finite: */
    uint64_t failed_path;
    struct error failed_why;
    struct arena arena;
};

enum { N_SCRATCH = 12 }; /* at least 2 + PRICE_MAX_DRAWS */

/* Memory for one thread; the caller frees it with worker_free. */
void worker_create(struct worker *w, const struct plan *plan);
void worker_free(struct worker *w);

/* Copies everything that a path owns at the end of a step. The workers must be at the same
 * step of the same plan and parameter set. */
void worker_copy_path(struct worker *to, uint32_t to_lane, const struct worker *from,
                      uint32_t from_lane);

/* Row i of a set. */
static inline double *worker_row(const struct worker *w, enum row_set set, uint32_t i)
{
    return w->row[w->plan->row[set] + i];
}

/* What the shocks make of one state of an asset or, from EFFECT_DEPTH on, of a book,
 * [LANES]. */
static inline double *worker_effect(const struct worker *w, enum effect_state state,
                                    uint32_t i)
{
    return state < N_EFFECT_ROW ? worker_row(w, ROW_EFFECT, state * w->plan->n_asset + i)
                                : worker_row(w, ROW_BOOK_EFFECT,
                                             (state - N_EFFECT_ROW) * w->plan->n_book + i);
}

/* A random stream of the block; its place is in the plan. */
static inline struct rng *worker_rng(const struct worker *w, uint32_t stream)
{
    return (struct rng *)(void *)w->row[w->plan->row[ROW_RNG] + 2 * stream];
}

#endif
