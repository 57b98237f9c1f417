#ifndef TAILRACE_SIM_MARGIN_BOOK_H
#define TAILRACE_SIM_MARGIN_BOOK_H

#include "sim/margin.h"
#include "sim/plan.h"

/* The positions of a plan's account at the start, as a margin rule sees them: at spot prices,
 * with the volatility of the asset's surface at each strike. What no rule margins (a loan, a
 * vault, a barrier option) is left out: it comes in left_out[n_left_out]. All memory belongs
 * to the arena. */
struct margin_account {
    struct margin_book book;
    uint32_t n_left_out;
    const struct contract **left_out;
};

void margin_account_at_start(const struct plan *plan, uint32_t account, struct arena *arena,
                             struct margin_account *out);

#endif
