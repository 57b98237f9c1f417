#include "sim/app/cascades.h"

#include <math.h>
#include <string.h>

#include "sim/stats.h"

static const double *column_of(const struct result *r, const char *name, uint32_t protocol)
{
    uint32_t i = 0;

    while (r->metric[i].group != METRIC_PATH || strcmp(r->metric[i].name, name) != 0)
        i++;
    return r->column[r->metric[i].first_column + protocol];
}

/* Quantiles of the numbers that are not NaN; returns how many those are. */
static uint64_t quantiles(const double *column, uint64_t n_path, double *scratch,
                          double *quantile)
{
    uint64_t n = 0;

    for (uint64_t i = 0; i < n_path; i++)
        if (!isnan(column[i]))
            scratch[n++] = column[i];
    stats_sort(scratch, n);
    for (int q = 0; q < N_CASCADE_QUANTILE; q++)
        quantile[q] = n > 0 ? scratch[stats_rank(n, CASCADE_QUANTILE[q]) - 1] : (double)NAN;
    return n;
}

void cascades_summarise(struct result *r, struct arena *arena)
{
    struct cascade_figures *figures = arena_get(arena, r->n_protocol, sizeof *figures);
    struct arena own = {NULL};
    double *scratch = arena_reserve(&own, r->n_path, sizeof *scratch);

    for (uint32_t i = 0; i < r->n_protocol; i++) {
        struct cascade_figures *f = &figures[i];
        quantiles(column_of(r, "liquidated_accounts", i), r->n_path, scratch, f->accounts);
        quantiles(column_of(r, "liquidated_usd", i), r->n_path, scratch, f->liquidated_usd);
        quantiles(column_of(r, "bad_debt_usd", i), r->n_path, scratch, f->bad_debt_usd);
        f->n_path = quantiles(column_of(r, "branching_ratio", i), r->n_path, scratch,
                              f->branching_ratio);
    }
    arena_free(&own);
    r->cascades = (struct cascade_result){
        .n_protocol = r->n_protocol, .protocol_name = r->protocol_name, .figures = figures};
}
