#include "sim/book_table.h"

#include <math.h>
#include <string.h>

#include "sim/rng.h"
#include "sim/vmath.h"

enum { CHECKED_PATHS = 1024 };

uint32_t book_table_step(const struct plan *plan, uint32_t report)
{
    const uint32_t step = (report + 1) * plan->report_every;

    return step < plan->n_step ? step : plan->n_step;
}

bool book_table_report(const struct plan *plan, uint32_t step, uint32_t *report)
{
    *report = (step + plan->report_every - 1) / plan->report_every - 1;
    return step > 0 && book_table_step(plan, *report) == step;
}

void book_table_state(const struct plan *plan, uint32_t asset, uint32_t i,
                      const struct worker *w, double *state)
{
    const double *effect = worker_row(w, ROW_EFFECT, BOOK_STATE[i] * plan->n_asset + asset);

    memcpy(state, effect, sizeof(lane_row));
    for (int k = 0; BOOK_STATE[i] == EFFECT_SURFACE && k < LANES; k++)
        state[k] = vm_log(effect[k]);
}

void book_table_set_state(const struct plan *plan, uint32_t asset, uint32_t i,
                          const double *state, struct worker *w)
{
    double *effect = worker_row(w, ROW_EFFECT, BOOK_STATE[i] * plan->n_asset + asset);

    memcpy(effect, state, sizeof(lane_row));
    for (int k = 0; BOOK_STATE[i] == EFFECT_SURFACE && k < LANES; k++)
        effect[k] = vm_exp(state[k]);
}

bool book_table_sums(const struct plan *plan, uint32_t account, uint32_t asset,
                     const struct worker *w, const double *spot_usd, lane_row *sum,
                     double *outside)
{
    const struct book_tables *tables = plan->tables;
    const uint32_t group = tables->group_of[account * plan->n_asset + asset];
    uint32_t report;
    lane_row x, y[N_BOOK_STATE];

    if (group == PLAN_NONE || !book_table_report(plan, w->step, &report))
        return false;
    const struct book_table *t = &tables->table[report * tables->n_group + group];
    if (!t->built)
        return false;
    for (int k = 0; k < LANES; k++)
        x[k] = vm_log(spot_usd[k]);
    for (uint32_t i = 0; i < N_BOOK_STATE; i++)
        book_table_state(plan, asset, i, w, y[i]);
    chebyshev_value(&t->c, x, (const lane_row *)y, sum, outside);
    return true;
}

void book_table_start(const struct plan *plan, struct worker *w)
{
    const double share = vm_min((double)CHECKED_PATHS / (double)plan->n_path, 1.0);
    struct rng rng;
    double *report = worker_row(w, ROW_CHECK_REPORT, 0);

    rng_start_paths(&rng, plan->seed, w->path, "revaluation/check");
    rng_uniform(&rng, report);
    for (int k = 0; k < LANES; k++) {
        report[k] = report[k] < share ? floor(report[k] / share * plan->n_report) : -1.0;
        worker_row(w, ROW_TABLE_ERROR, 0)[k] = NAN;
    }
}

void book_table_check(const struct plan *plan, struct worker *w)
{
    const double *at = worker_row(w, ROW_CHECK_REPORT, 0);
    double *error = worker_row(w, ROW_TABLE_ERROR, 0);
    lane_row full[N_CLAIM_FUNCTION], difference = {0.0};
    uint32_t report;
    bool any = false;

    if (!book_table_report(plan, w->step, &report))
        return;
    for (int k = 0; k < LANES; k++)
        any |= at[k] == report;
    if (!any)
        return;
    for (uint32_t first = 0, n; first < plan->n_claim; first += n) {
        const struct contract *c = plan->claim[first].contract;
        const double *open = worker_row(w, ROW_OPEN, c->account);
        const double *value = book_sums_row(plan, w, c->account, c->asset, CLAIM_VALUE);
        n = book_sums_group(plan, c->account, first);
        memset(full, 0, sizeof full);
        book_sums_add(plan, &plan->claim[first], n, BOOK_ALL, w,
                      worker_row(w, ROW_SPOT, c->asset), full);
        for (int k = 0; k < LANES; k++)
            difference[k] += open[k] * (value[k] - full[CLAIM_VALUE][k]);
    }
    for (int k = 0; k < LANES; k++)
        error[k] = at[k] == report ? difference[k] : error[k];
}

void book_table_free(struct plan *plan)
{
    const struct book_tables *t = plan->tables;

    for (uint32_t i = 0; t != NULL && i < t->n_group * plan->n_report; i++)
        arena_free(&t->table[i].arena);
    plan->tables = NULL;
}
