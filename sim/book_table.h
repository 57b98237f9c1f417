#ifndef TAILRACE_SIM_BOOK_TABLE_H
#define TAILRACE_SIM_BOOK_TABLE_H

#include "sim/book.h"
#include "sim/book_sums.h"
#include "sim/chebyshev.h"

/* The claims of one account and asset at one reporting time as a function of the asset's
 * state: ln of the price, and the factor, term and skew of its surface (sim/chebyshev.h).
 * What cannot be tabulated is valued in full beside the table: claims with a state of their
 * own, claims inside their settlement window. A state that is the same on all paths, as
 * under deterministic shocks, takes no dimension. */

/* Coordinates beside ln of the price. */
enum { N_BOOK_STATE = 3 };
static const enum effect_state BOOK_STATE[N_BOOK_STATE] = {EFFECT_SURFACE, EFFECT_TERM,
                                                           EFFECT_SKEW};

struct book_table {
    bool built;
    struct chebyshev c;
    struct arena arena;
};

struct book_tables {
    const uint32_t *group_of; /* [n_account][n_asset] index of the group; PLAN_NONE: none */
    struct book_table *table; /* [n_report][n_group] */
    uint32_t n_group;
};

/* Step of a reporting time, and the reporting time of a step; false: it has none. */
uint32_t book_table_step(const struct plan *plan, uint32_t report);
bool book_table_report(const struct plan *plan, uint32_t step, uint32_t *report);

/* Coordinate i beside the price, [LANES]: the logarithm of the factor on the surface, or the
 * effect on term or skew; and the effect that such a coordinate stands for. */
void book_table_state(const struct plan *plan, uint32_t asset, uint32_t i,
                      const struct worker *w, double *state);
void book_table_set_state(const struct plan *plan, uint32_t asset, uint32_t i,
                          const double *state, struct worker *w);

/* Builds the tables of a plan: plan->tables, used from then on by book_sums_revalue; what
 * they cannot hold to the tolerance is valued in full. The range of each coordinate is what
 * some thousand of the plan's paths reach without anyone's trades, and a share more on each
 * side; paths outside are valued in full. `count` is [n_asset]. book_table_free in any
 * case. Nothing is done for REVALUE_FULL. False: *stop became nonzero (NULL: nobody stops it)
 * and no table is left. */
bool book_table_build(struct plan *plan, const char *label,
                      const volatile sig_atomic_t *stop, struct arena *arena,
                      struct revaluation_count *count);
void book_table_free(struct plan *plan);

/* Sums over the tabulated claims of one account and asset at the present reporting time,
 * [N_CLAIM_FUNCTION] rows, the places of valuation left out. False: there is no table.
 * outside[k] is 1 on paths that it does not cover, whose sums are then not written, else 0. */
bool book_table_sums(const struct plan *plan, uint32_t account, uint32_t asset,
                     const struct worker *w, const double *spot_usd, lane_row *sum,
                     double *outside);

/* At time 0: picks the paths and times that are compared. */
void book_table_start(const struct plan *plan, struct worker *w);

/* At a reporting time, once the book is valued: compares the value of the book at traded
 * prices with that of every claim in full, on the paths that have their time now:
 * ROW_TABLE_ERROR. */
void book_table_check(const struct plan *plan, struct worker *w);

#endif
