#ifndef TAILRACE_SIM_BOOK_TABLE_H
#define TAILRACE_SIM_BOOK_TABLE_H

#include "sim/book_claim.h"
#include "sim/run.h"

/* The claims of one account and asset at one reporting time as a function of the asset's
 * state: ln of the price, and the factor, term and skew of its surface (sim/chebyshev.h).
 * What cannot be tabulated is valued in full beside the table: claims with a state of their
 * own, claims inside their settlement window. A state that is the same on all paths, as
 * under deterministic shocks, takes no dimension. */

/* What became of one asset's tables, over accounts and reporting times. */
struct book_table_count {
    uint32_t n_table, n_full; /* built; valued in full instead */
    uint32_t n_dimension;     /* largest number of state coordinates, the price included */
    uint64_t n_point;         /* valuations of the claims that they took */
};

/* Builds the tables of a plan: plan->tables, used from then on by book_claim_revalue. The
 * range of each coordinate is what some thousand of the plan's paths reach without anyone's
 * trades, and half as much again on each side; paths outside are valued in full. `count` is
 * [n_asset]. Everything belongs to the arena. Nothing is done for REVALUE_FULL.
 * RUN_FAILED: REVALUE_BOOK, and a table that does not hold the tolerance, or needs more
 * valuations than the paths themselves. */
enum run_outcome book_table_build(struct plan *plan, const char *label, struct arena *arena,
                                  struct book_table_count *count, struct error *err);

/* Sums over the tabulated claims of one account and asset at the present reporting time,
 * [N_CLAIM_SUM] rows, the places of valuation left out. False: there is no table. outside[k]
 * is 1 on paths that it does not cover, whose sums are then not written, else 0. */
bool book_table_sums(const struct plan *plan, uint32_t account, uint32_t asset,
                     const struct worker *w, const double *spot_usd, lane_row *sum,
                     double *outside);

/* Compares the value of the book at traded prices with that of every claim in full, on the
 * paths and at the times that a draw of their own picks: ROW_TABLE_ERROR. */
void book_table_check(const struct plan *plan, struct worker *w);

#endif
