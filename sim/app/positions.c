#include "sim/app/positions.h"

#include "sim/progress.h"

enum { PIECE_PATHS = 16 * PLAN_UNIT }; /* whose other figures are held at a time */

enum run_outcome positions_keep(const struct plan *plan, const char *label,
                                const volatile sig_atomic_t *stop, struct arena *columns,
                                struct result *result)
{
    struct progress progress = {.label = label, .total = plan->n_path};
    const size_t n_position = plan->n_position;
    enum run_outcome outcome = RUN_DONE;

    if (!plan->keeps_position_pnl || n_position == 0)
        return RUN_DONE;
    double *pnl = arena_get(columns, plan->n_path * n_position, sizeof *pnl);
    uint64_t *path = arena_get(columns, PIECE_PATHS, sizeof *path);
    double *liquidation = arena_get(columns, PIECE_PATHS, sizeof *liquidation);
    for (uint64_t first = 0; first < plan->n_path && outcome == RUN_DONE;
         first += PIECE_PATHS) {
        const uint64_t left = plan->n_path - first;
        const uint32_t n = left < PIECE_PATHS ? (uint32_t)left : PIECE_PATHS;
        for (uint32_t i = 0; i < n; i++)
            path[i] = first + i;
        outcome =
            run_contributions(plan, path, n, pnl + first * n_position, liquidation, stop);
        progress_show(&progress, first + n);
    }
    progress_end(&progress);
    result->position_pnl_usd = pnl;
    return outcome;
}
