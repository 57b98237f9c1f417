#ifndef TAILRACE_SIM_GREEK_PATHS_H
#define TAILRACE_SIM_GREEK_PATHS_H

#include "sim/worker.h"

/* Sums of the book's Greeks at reporting times on the run's first paths, for quantiles over
 * them. Liquidated accounts have none any more. Claims are valued in full at traded prices,
 * whatever run.revaluation says. */

/* What one reporting time keeps, in this order: [asset][N_GREEK] and [bucket][N_GREEK] in
 * the order of greeks_field, [asset] spot, cash; all in USD. */
uint32_t greek_paths_width(uint32_t n_asset);
uint32_t greek_paths_of_asset(uint32_t asset, uint32_t greek);
uint32_t greek_paths_of_bucket(uint32_t n_asset, uint32_t bucket, uint32_t greek);
uint32_t greek_paths_spot(uint32_t n_asset, uint32_t asset);
uint32_t greek_paths_cash(uint32_t n_asset);

/* Scratch of one worker. */
struct greek_sums {
    const struct greek_paths *paths;
    lane_row *row; /* [greek_paths_width] */
};

/* Memory from the worker's arena; sets w->greeks. */
void greek_paths_create(const struct greek_paths *paths, struct worker *w);

/* At a reporting time: writes the first n lanes to entries `first` and following of the
 * columns of this report, as far as they are wanted. */
void greek_paths_report(const struct plan *plan, const struct worker *w, uint32_t report,
                        uint64_t first, uint32_t n);

/* Columns for the first paths of a plan; n_path 0: nobody asks. */
struct greek_paths greek_paths_of(const struct plan *plan, struct arena *arena);

#endif
