#include "sim/app/tail.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/stats.h"

static const double CONTRIBUTION_LEVEL = 0.99;
enum { PIECE_DOUBLES = 1 << 22 }; /* P&L of positions held at a time, 32 MiB */

/* A loss with the path it belongs to, and the part of the path that lies in the tail. */
struct tail_path {
    double loss;
    uint64_t path;
    double weight;
};

/* Largest first, ties by path. */
static int compare_tail(const void *a, const void *b)
{
    const struct tail_path *x = a, *y = b;

    if (x->loss != y->loss)
        return x->loss > y->loss ? -1 : 1;
    return x->path < y->path ? -1 : x->path > y->path;
}

static int compare_path(const void *a, const void *b)
{
    const struct tail_path *x = a, *y = b;

    return x->path < y->path ? -1 : x->path > y->path;
}

/* First column of a path metric. */
static uint32_t path_column(const struct result *r, const char *name)
{
    uint32_t i = 0;

    while (r->metric[i].group != METRIC_PATH || strcmp(r->metric[i].name, name) != 0)
        i++;
    return r->metric[i].first_column;
}

/* Means of the parts of the P&L, over all paths and over the tail. */
static void explain_means(struct result *r, uint32_t n_tail, const struct tail_path *tail,
                          struct arena *arena)
{
    double *mean = arena_get(arena, r->explanation.n_part, sizeof *mean);
    double *in_tail = arena_get(arena, r->explanation.n_part, sizeof *in_tail);
    const uint32_t first = path_column(r, "explained_usd");
    double error;

    for (uint32_t part = 0; part < r->explanation.n_part; part++) {
        const double *usd = r->column[first + part];
        stats_mean(usd, r->n_path, &mean[part], &error);
        for (uint32_t i = 0; i < n_tail; i++)
            in_tail[part] += tail[i].weight * usd[tail[i].path];
    }
    r->explanation.mean_usd = mean;
    r->explanation.tail_mean_usd = in_tail;
    r->explanation.es_level = CONTRIBUTION_LEVEL;
    r->explanation.tail_paths = n_tail;
}

/* The paths that carry the ES, in their order, with their weights; *n of them. */
static struct tail_path *find_tail(const struct result *r, const double *pnl, uint32_t *n,
                                   struct arena *scratch)
{
    const double carried = (1.0 - CONTRIBUTION_LEVEL) * (double)r->n_path;
    struct tail_path *all = arena_get(scratch, r->n_path, sizeof *all);

    *n = (uint32_t)ceil(carried - 1e-9);
    for (uint64_t i = 0; i < r->n_path; i++)
        all[i] = (struct tail_path){-pnl[i], i, 0.0};
    qsort(all, r->n_path, sizeof *all, compare_tail);
    for (uint32_t i = 0; i < *n; i++)
        all[i].weight = fmin(1.0, carried - i) / carried;
    qsort(all, *n, sizeof *all, compare_path);
    return all;
}

/* Adds some paths of the tail to the shares of the positions, path by path. */
static enum run_outcome add_contributions(const struct plan *plan,
                                          const volatile sig_atomic_t *stop,
                                          const struct tail_path *tail, uint32_t n,
                                          struct result *r, double *share,
                                          struct arena *scratch)
{
    const uint32_t n_position = plan->n_position;
    uint64_t *path = arena_get(scratch, n, sizeof *path);
    double *pnl = arena_get(scratch, (size_t)n * n_position, sizeof *pnl);
    double *liquidation = arena_get(scratch, n, sizeof *liquidation);

    for (uint32_t i = 0; i < n; i++)
        path[i] = tail[i].path;
    const enum run_outcome outcome =
        run_contributions(plan, path, n, pnl, liquidation, stop);
    for (uint32_t i = 0; outcome == RUN_DONE && i < n; i++) {
        const double weight = tail[i].weight;
        double in_full = liquidation[i];
        for (uint32_t p = 0; p < n_position; p++) {
            const double loss = -pnl[(size_t)i * n_position + p];
            share[p] += weight * loss;
            in_full += loss;
        }
        r->es_contribution_liquidation_usd += weight * liquidation[i];
        if (plan->tables != NULL)
            r->es_contribution_interpolation_usd += weight * (tail[i].loss - in_full);
    }
    return outcome;
}

/* Euler allocation of ES of the book: the tail's paths are run once more, and each
 * position's mean loss over them, with the split atom's weight on the last, is its share
 * (Tasche 1999). A bounded number of paths at a time: P&L per position is not kept. */
enum run_outcome tail_explain(const struct plan *plan, const volatile sig_atomic_t *stop,
                              struct result *r, struct arena *arena, struct arena *scratch)
{
    const uint32_t some = PIECE_DOUBLES / plan->n_position;
    const uint32_t piece = some > LANES ? some / LANES * LANES : LANES;
    double *share = arena_get(arena, plan->n_position, sizeof *share);
    enum run_outcome outcome = RUN_DONE;
    double es = 0.0;
    uint32_t n;
    const struct tail_path *tail =
        find_tail(r, r->column[path_column(r, "pnl_usd")], &n, scratch);

    for (uint32_t first = 0; first < n && outcome == RUN_DONE; first += piece) {
        struct arena pieces = {NULL};
        const uint32_t left = n - first;
        outcome = add_contributions(plan, stop, tail + first, left < piece ? left : piece,
                                    r, share, &pieces);
        arena_free(&pieces);
    }
    if (outcome != RUN_DONE)
        return outcome;
    for (uint32_t i = 0; i < n; i++)
        es += tail[i].weight * tail[i].loss;
    explain_means(r, n, tail, arena);
    r->revaluation.max_error_es_frac =
        es != 0.0 ? r->revaluation.max_error_usd / fabs(es) : 0.0;
    r->es_contribution_level = CONTRIBUTION_LEVEL;
    r->es_contribution_usd = share;
    return RUN_DONE;
}

/* What the comparison of tables with full valuation found. */
void tail_measure_tables(struct result *r)
{
    struct revaluation_result *v = &r->revaluation;
    double squares = 0.0;

    if (v->n_asset == 0)
        return;
    const double *error = r->column[path_column(r, "revaluation_error_usd")];
    const double *outside = r->column[path_column(r, "revaluation_outside")];
    for (uint64_t i = 0; i < r->n_path; i++) {
        v->n_outside += (uint64_t)outside[i];
        if (isnan(error[i]))
            continue;
        v->n_checked++;
        squares += error[i] * error[i];
        v->max_error_usd = fmax(v->max_error_usd, fabs(error[i]));
    }
    v->rms_error_usd = v->n_checked > 0 ? sqrt(squares / (double)v->n_checked) : 0.0;
}
