#include "sim/run.h"

#include <assert.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "sim/book.h"
#include "sim/cascade.h"
#include "sim/checkpoint.h"
#include "sim/contribution.h"
#include "sim/denormals.h"
#include "sim/greek_paths.h"
#include "sim/liquidation.h"
#include "sim/market.h"
#include "sim/metric.h"
#include "sim/oracle.h"
#include "sim/progress.h"
#include "sim/trigger_check.h"

/* The paths of w->path from start to horizon; the first n of them are wanted, in entries
 * `first` and following of the columns. */
static void run_block(const struct plan *plan, uint64_t first, uint32_t n,
                      double *const *column, struct worker *w)
{
    market_start(plan, w);
    liquidation_start(plan, w);
    if (w->contribution != NULL)
        contribution_reset(plan, w);
    book_start(plan, w);
    metric_start(plan, w);
    if (w->contribution != NULL)
        contribution_start(plan, w);
    for (uint32_t step = 1, report = 0; step <= plan->n_step; step++) {
        const bool report_now = step % plan->report_every == 0 || step == plan->n_step;
        w->step = step;
        w->time_s = step * plan->step_s;
        market_step(plan, w); /* shocks, price models, refill, oracle */
        book_cash(plan, w);   /* funding, expiries */
        if (w->contribution != NULL)
            contribution_step(plan, w);
        if (report_now)
            book_refresh(plan, w);
        book_mark(plan, w);        /* equity, requirement */
        liquidation_step(plan, w); /* close what is under water, through the books */
        if (plan->check_triggers && !w->failed)
            trigger_check(plan, w);
        oracle_record(plan, w);
        metric_step(plan, w); /* running extremes */
        if (report_now) {
            book_report(plan, w);
            if (column != NULL)
                metric_report(plan, w, report, first, n, column);
            if (w->greeks != NULL)
                greek_paths_report(plan, w, report, first, n);
            report++;
        }
    }
    if (w->contribution != NULL)
        contribution_finish(plan, w);
    cascade_finish(plan, w);
    if (column != NULL)
        metric_finish(plan, w, first, n, column);
}

static bool is_stopped(const volatile sig_atomic_t *stop)
{
    return stop != NULL && *stop != 0;
}

/* All blocks of one unit of work; no more of them once *stop is not zero (NULL: all). */
static void run_unit(const struct run_job *job, uint64_t unit,
                     const volatile sig_atomic_t *stop, struct worker *w)
{
    const uint64_t end =
        (unit + 1) * PLAN_UNIT < job->n_path ? (unit + 1) * PLAN_UNIT : job->n_path;

    for (uint64_t first = unit * PLAN_UNIT; first < end && !w->failed && !is_stopped(stop);
         first += LANES) {
        const uint32_t n = end - first < LANES ? (uint32_t)(end - first) : LANES;
        for (uint64_t k = 0; k < LANES; k++)
            w->path[k] = job->first_path + first + k;
        run_block(job->plan, first, n, job->column, w);
    }
}

/* Hands a finished unit to the checkpoint. One thread at a time. */
static bool keep_unit(const struct run_job *job, uint64_t unit, struct error *err)
{
    const struct checkpoint_shape shape = {
        .n_path = job->n_path, .n_column = job->plan->n_column, .unit_paths = PLAN_UNIT};

    if (job->unit_done != NULL)
        job->unit_done[unit] = 1;
    return job->checkpoint == NULL ||
           checkpoint_append(job->checkpoint, job->cell, (uint32_t)unit, &shape,
                             job->column, err);
}

static bool path_failed(const struct run_job *job, const struct worker *w,
                        struct error *err)
{
    return fail(err,
                "%s: path %llu: %s: nothing of this run can be trusted; replay "
                "the path alone with: tailrace run %s --path %llu",
                job->plan->name, (unsigned long long)w->failed_path, w->failed_why.text,
                job->plan->file, (unsigned long long)w->failed_path);
}

void run_threads(uint32_t n_thread)
{
    omp_set_num_threads((int)n_thread);
}

enum run_outcome run_job(const struct run_job *job, struct error *err)
{
    const uint64_t n_unit = (job->n_path + PLAN_UNIT - 1) / PLAN_UNIT;
    uint64_t done = 0;
    bool failed = false, stopped = false;
    struct progress progress = {.label = job->label, .total = job->n_path};

#pragma omp parallel
    {
        const uint64_t mode = denormals_flush();
        struct worker w;
        worker_create(&w, job->plan);
        w.tape = job->tape;
        if (job->greeks != NULL)
            greek_paths_create(job->greeks, &w);
#pragma omp for schedule(dynamic, 1)
        for (uint64_t unit = 0; unit < n_unit; unit++) {
            bool skip;
#pragma omp critical(run_state)
            {
                stopped = stopped || is_stopped(job->stop);
                skip = failed || stopped;
                if (job->unit_done != NULL && job->unit_done[unit]) {
                    skip = true;
                    done += PLAN_UNIT;
                }
            }
            if (skip)
                continue;
            run_unit(job, unit, NULL, &w);
#pragma omp critical(run_state)
            {
                if (w.failed && !failed)
                    failed = !path_failed(job, &w, err);
                else if (!w.failed && !failed && !keep_unit(job, unit, err))
                    failed = true;
                done += PLAN_UNIT;
                progress_show(&progress, done < job->n_path ? done : job->n_path);
            }
        }
        worker_free(&w);
        denormals_restore(mode);
    }
    progress_end(&progress);
    return failed ? RUN_FAILED : stopped ? RUN_STOPPED : RUN_DONE;
}

enum run_outcome run_greeks(const struct plan *plan, const unsigned char *unit_done,
                            const struct greek_paths *greeks,
                            const volatile sig_atomic_t *stop)
{
    const uint64_t n_unit = (greeks->n_path + PLAN_UNIT - 1) / PLAN_UNIT;
    const struct run_job job = {.plan = plan, .n_path = greeks->n_path};

#pragma omp parallel
    {
        const uint64_t mode = denormals_flush();
        struct worker w;
        worker_create(&w, plan);
        greek_paths_create(greeks, &w);
#pragma omp for schedule(dynamic, 1)
        for (uint64_t unit = 0; unit < n_unit; unit++)
            if (unit_done[unit])
                run_unit(&job, unit, stop, &w);
        worker_free(&w);
        denormals_restore(mode);
    }
    return is_stopped(stop) ? RUN_STOPPED : RUN_DONE;
}

/* Paths first .. first + n of a list, at most LANES and all of one parameter set. */
struct path_block {
    uint32_t first, n;
};

static uint32_t cut_blocks(const struct plan *plan, const uint64_t *path, uint32_t n_path,
                           struct path_block *block)
{
    uint32_t n_block = 0;

    for (uint32_t i = 0; i < n_path; i++) {
        struct path_block *last = n_block > 0 ? &block[n_block - 1] : NULL;
        assert(i == 0 || path[i] > path[i - 1]);
        if (last != NULL && last->n < LANES &&
            plan_set(plan, path[last->first]) == plan_set(plan, path[i]))
            last->n++;
        else
            block[n_block++] = (struct path_block){i, 1};
    }
    return n_block;
}

enum run_outcome run_contributions(const struct plan *plan, const uint64_t *path,
                                   uint32_t n_path, double *position_pnl,
                                   double *liquidation_usd,
                                   const volatile sig_atomic_t *stop)
{
    struct arena arena = {NULL};
    struct path_block *block = arena_get(&arena, n_path, sizeof *block);
    const uint32_t n_block = cut_blocks(plan, path, n_path, block);

#pragma omp parallel
    {
        const uint64_t mode = denormals_flush();
        struct worker w;
        worker_create(&w, plan);
        contribution_create(plan, &w);
#pragma omp for schedule(dynamic, 1)
        for (uint32_t b = 0; b < n_block; b++) {
            const uint32_t first = block[b].first, n = block[b].n;
            if (is_stopped(stop))
                continue;
            for (uint32_t k = 0; k < LANES; k++)
                w.path[k] = path[first + (k < n ? k : n - 1)];
            run_block(plan, 0, 0, NULL, &w);
            for (uint32_t k = 0; k < n; k++) {
                double *pnl = position_pnl + (size_t)(first + k) * plan->n_position;
                for (uint32_t p = 0; p < plan->n_position; p++)
                    pnl[p] = w.contribution->pnl[p][k];
                liquidation_usd[first + k] = worker_row(&w, ROW_LIQUIDATION_COST, 0)[k];
            }
        }
        worker_free(&w);
        denormals_restore(mode);
    }
    arena_free(&arena);
    return is_stopped(stop) ? RUN_STOPPED : RUN_DONE;
}
