#include "sim/app/cell.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/app/cascades.h"
#include "sim/app/events.h"
#include "sim/app/memory.h"
#include "sim/app/positions.h"
#include "sim/app/tail.h"
#include "sim/book_table.h"
#include "sim/cascade.h"
#include "sim/explain.h"
#include "sim/greek_paths.h"
#include "sim/greeks.h"
#include "sim/stats.h"

enum { MAX_WARNINGS = 64 };

/* Names and shape of the result; figures come later. */
static void describe_result(struct cell *cell, struct arena *arena)
{
    const struct plan *plan = &cell->plan;
    struct metric *metric = arena_get(arena, plan->n_metric, sizeof *metric);
    const char **asset = arena_get(arena, plan->n_asset, sizeof *asset);
    const char **account = arena_get(arena, plan->n_account, sizeof *account);
    const char **protocol = arena_get(arena, plan->n_venue, sizeof *protocol);
    const char **position = arena_get(arena, plan->n_position, sizeof *position);
    uint32_t *position_asset = arena_get(arena, plan->n_position, sizeof *position_asset);
    double *report = arena_get(arena, plan->n_report, sizeof *report);

    for (uint32_t i = 0; i < plan->n_metric; i++)
        metric[i] = plan->metric[i].metric;
    for (uint32_t i = 0; i < plan->n_asset; i++)
        asset[i] = plan->asset[i].name;
    for (uint32_t i = 0; i < plan->n_account; i++)
        account[i] = plan->account[i].name;
    for (uint32_t i = 0; i < plan->n_venue; i++)
        protocol[i] = plan->venue[i].name;
    for (uint32_t i = 0; i < plan->n_position; i++) {
        const uint32_t of = plan->position[i].contract->asset;
        position[i] = plan->position[i].contract->id;
        position_asset[i] = of == PLAN_NONE ? plan->n_asset : of;
    }
    for (uint32_t i = 0; i < plan->n_report; i++)
        report[i] = fmin((i + 1) * plan->report_every, plan->n_step) * plan->step_s;
    cell->result =
        (struct result){.name = cell->name,
                        .description = plan->description,
                        .n_path = plan->n_path,
                        .seed = plan->seed,
                        .set_paths = plan->n_set > 0 ? plan->set_paths : 0,
                        .horizon_s = plan->horizon_s,
                        .step_s = plan->step_s,
                        .n_metric = plan->n_metric,
                        .metric = metric,
                        .n_column = plan->n_column,
                        .n_risk = plan->n_risk,
                        .risk = plan->risk,
                        .n_asset = plan->n_asset,
                        .n_account = plan->n_account,
                        .n_protocol = plan->n_venue,
                        .n_position = plan->n_position,
                        .n_report = plan->n_report,
                        .explanation = {.n_part = plan->n_account > 0 ? N_EXPLAIN : 0,
                                        .part_name = explain_part_name},
                        .asset_name = asset,
                        .account_name = account,
                        .protocol_name = protocol,
                        .position_name = position,
                        .position_asset = position_asset,
                        .report_s = report,
                        .resolved = plan->resolved};
}

static bool limit_failed(const struct scenario_limit *limit, const struct error *why,
                         struct error *err)
{
    return fail(err, "%s:%d:%d: %s", limit->place.file, limit->place.line,
                limit->place.column, why->text);
}

/* The limits, before they are evaluated. */
static bool read_limits(struct cell *cell, struct arena *arena, struct error *err)
{
    const struct scenario *s = &cell->scenario;
    struct error why;

    cell->n_limit = s->n_limit;
    cell->limit = arena_get(arena, s->n_limit, sizeof *cell->limit);
    for (uint32_t i = 0; i < s->n_limit; i++) {
        const struct scenario_limit *from = &s->limit[i];
        struct limit *limit = &cell->limit[i].limit;
        *limit = (struct limit){.metric = from->metric,
                                .figure = (enum limit_figure)from->kind,
                                .level = from->level,
                                .above_usd = from->above_usd,
                                .max = from->max,
                                .confidence = from->confidence};
        if (!limit_check(limit, &cell->result, &why))
            return limit_failed(from, &why, err);
    }
    return true;
}

bool cell_compile(struct cell *cell, bool quiet, struct arena *arena, struct error *err)
{
    const char *warning[MAX_WARNINGS];

    if (!compile_runnable(&cell->scenario, err) ||
        !compile_plan(&cell->scenario, arena, &cell->plan, err))
        return false;
    describe_result(cell, arena);
    if (!read_limits(cell, arena, err))
        return false;
    const uint32_t n =
        compile_warnings(&cell->scenario, &cell->plan, arena, warning, MAX_WARNINGS);
    for (uint32_t i = 0; i < n && !quiet; i++)
        fprintf(stderr, "tailrace: warning: %s\n", warning[i]);
    return true;
}

bool cell_fits(const struct cell *cell, struct error *err)
{
    const struct plan *plan = &cell->plan;
    const double have = memory_of_machine();
    const double greeks =
        (double)plan->n_greek_path * plan->n_report * greek_paths_width(plan->n_asset);
    const double numbers = (double)plan->n_path * plan->n_column;
    const double need = (numbers + greeks) * sizeof(double);
    const double positions = (double)plan->n_path * plan->n_position * sizeof(double);

    if (numbers * sizeof(double) <= have && need > have)
        return fail(
            err,
            "%s: the Greeks of %llu paths at %u reporting times need %.4g GB of "
            "memory, and this machine has %.4g GB: lower run.greek_paths, or write a "
            "longer run.report",
            cell->name, (unsigned long long)plan->n_greek_path, plan->n_report,
            1e-9 * (need - numbers * sizeof(double)), 1e-9 * have);
    if (need <= have && plan->keeps_position_pnl && need + positions > have)
        return fail(err,
                    "%s: run.position_pnl needs %.4g GB of memory for %u positions on "
                    "%llu paths, and this machine has %.4g GB: use fewer paths, or leave "
                    "it out",
                    cell->name, 1e-9 * (need + positions), plan->n_position,
                    (unsigned long long)plan->n_path, 1e-9 * have);
    if (need <= have)
        return true;
    return fail(
        err,
        "%s: run.paths = %llu needs %.4g GB of memory for the numbers of its paths, "
        "and this machine has %.4g GB: use fewer paths",
        cell->name, (unsigned long long)cell->plan.n_path, 1e-9 * need, 1e-9 * have);
}

static bool evaluate_limits(struct cell *cell, struct error *err)
{
    struct error why;

    for (uint32_t i = 0; i < cell->n_limit; i++) {
        const struct limit limit = cell->limit[i].limit;
        if (!limit_evaluate(&limit, &cell->result, &cell->limit[i], &why))
            return limit_failed(&cell->scenario.limit[i], &why, err);
    }
    return true;
}

/* Pilot, then what the pilot found as part of the result. */
static enum run_outcome find_exogenous(struct cell *cell, const struct cell_job *job,
                                       struct arena *arena, struct error *err)
{
    if (cell->plan.n_pilot == 0)
        return RUN_DONE;
    double *target = arena_get(arena, cell->plan.n_asset, sizeof *target);
    double *reached = arena_get(arena, cell->plan.n_asset, sizeof *reached);

    cell->result.exogenous_frac = cell->plan.exogenous;
    cell->result.target_extreme_frac = target;
    cell->result.pilot_extreme_frac = reached;
    const char *label =
        job->show_progress ? arena_print(arena, "pilot of %s", cell->name) : NULL;
    return run_pilot(&cell->plan, label, job->stop, target, reached, err);
}

/* What must be known before the paths run: the exogenous part of the moves, the tables. The
 * caller frees the tables in any case. */
static enum run_outcome prepare(struct cell *cell, const struct cell_job *job,
                                struct arena *arena, struct error *err)
{
    struct plan *plan = &cell->plan;
    struct revaluation_count *count = arena_get(arena, plan->n_asset, sizeof *count);
    const char *label =
        job->show_progress ? arena_print(arena, "tables of %s", cell->name) : NULL;
    const enum run_outcome outcome = find_exogenous(cell, job, arena, err);

    if (outcome != RUN_DONE || plan->revaluation == REVALUE_FULL || plan->n_claim == 0)
        return outcome;
    cell->result.revaluation = (struct revaluation_result){
        .n_asset = plan->n_asset, .asset_name = cell->result.asset_name, .count = count};
    return book_table_build(plan, label, job->stop, arena, count) ? RUN_DONE : RUN_STOPPED;
}

static enum run_outcome run_paths(struct cell *cell, const struct cell_job *job,
                                  struct arena *arena, struct arena *columns,
                                  struct error *err)
{
    const struct plan *plan = &cell->plan;
    const struct checkpoint_shape shape = {plan->n_path, plan->n_column, PLAN_UNIT};
    double **column = arena_get(columns, plan->n_column, sizeof *column);
    const uint64_t n_unit = plan->n_path / PLAN_UNIT + 1;
    unsigned char *done = arena_get(columns, n_unit, 1);
    unsigned char *done_before = arena_get(columns, n_unit, 1);

    cell->result.column = column;
    enum run_outcome outcome = prepare(cell, job, arena, err);
    if (outcome != RUN_DONE)
        return outcome;
    for (uint32_t c = 0; c < plan->n_column; c++)
        column[c] = arena_get(columns, plan->n_path, sizeof **column);
    if (job->checkpoint != NULL &&
        !checkpoint_load(job->checkpoint, job->number, &shape, column, done, err))
        return RUN_FAILED;
    memcpy(done_before, done, n_unit);
    cell->result.greek_paths = greek_paths_of(plan, columns);
    const struct run_job run = {.plan = plan,
                                .n_path = plan->n_path,
                                .column = column,
                                .unit_done = done,
                                .greeks = &cell->result.greek_paths,
                                .checkpoint = job->checkpoint,
                                .cell = job->number,
                                .label = job->show_progress ? cell->name : NULL,
                                .stop = job->stop};
    outcome = run_job(&run, err);
    if (outcome == RUN_DONE)
        outcome = run_greeks(plan, done_before, &cell->result.greek_paths, job->stop);
    if (outcome != RUN_DONE)
        return outcome;
    cell->result.greeks = greeks_at_start(plan, arena);
    cell->result.greeks.asset_name = cell->result.asset_name;
    tail_measure_tables(&cell->result);
    if (plan->has_population)
        cascades_summarise(&cell->result, arena);
    if (plan->n_position > 0)
        outcome = tail_explain(plan, job->stop, &cell->result, arena, columns);
    if (outcome == RUN_DONE)
        outcome = positions_keep(plan, job->show_progress ? cell->name : NULL, job->stop,
                                 columns, &cell->result);
    if (outcome != RUN_DONE)
        return outcome;
    if (!risk_compute(&cell->result, arena, &cell->risk, err) ||
        !evaluate_limits(cell, err))
        return RUN_FAILED;
    return RUN_DONE;
}

enum run_outcome cell_run(struct cell *cell, const struct cell_job *job,
                          struct arena *arena, struct arena *columns, struct error *err)
{
    const enum run_outcome outcome = run_paths(cell, job, arena, columns, err);

    book_table_free(&cell->plan);
    return outcome;
}

uint32_t cell_compare(const struct cell *cell, uint32_t n_cell, struct arena *arena,
                      const struct model_table **table)
{
    struct model_table *tables = arena_get(arena, n_cell, sizeof *tables);
    uint32_t n = 0;

    *table = tables;
    for (uint32_t c = 0; c<n_cell; c += cell[c].n_market> 1 ? cell[c].n_market : 1) {
        const uint32_t n_model = cell[c].n_market;
        if (n_model < UNCERTAINTY_MIN_MODELS)
            continue;
        const struct risk_table **risk = arena_get(arena, n_model, sizeof *risk);
        const char **name = arena_get(arena, n_model, sizeof *name);
        for (uint32_t i = 0; i < n_model; i++) { /* the market is the suite's last axis */
            risk[i] = &cell[c + i].risk;
            name[i] = cell[c + i].name;
        }
        tables[n] = (struct model_table){
            .scenario = cell[c].without_market, .n_model = n_model, .cell = name};
        uncertainty_models(n_model, risk, arena, &tables[n]);
        n += tables[n].n_row > 0;
    }
    return n;
}

static const char *element_name(const struct plan *plan, enum metric_dim dim, uint32_t e)
{
    return dim == DIM_ASSET       ? plan->asset[e].name
           : dim == DIM_ACCOUNT   ? plan->account[e].name
           : dim == DIM_PROTOCOL  ? plan->venue[e].name
           : dim == DIM_PART      ? explain_part_name[e]
           : dim == DIM_MECHANISM ? cascade_mechanism_name[e]
           : dim == DIM_STOP      ? cascade_stop_name[e]
                                  : "book";
}

static void print_metrics(const struct plan *plan, double *const *column)
{
    for (uint32_t i = 0; i < plan->n_metric; i++) {
        const struct metric *m = &plan->metric[i].metric;
        for (uint32_t e = 0; m->group == METRIC_PATH && e < m->n_element; e++)
            printf("%s %s %.17g %s\n", m->name, element_name(plan, m->dim, e),
                   column[m->first_column + e][0], m->unit);
    }
}

enum run_outcome cell_print_path(struct cell *cell, uint64_t path, const char *events,
                                 struct error *err)
{
    struct plan *plan = &cell->plan;
    struct arena arena = {NULL};
    struct tape tape = {.n_event = 0};
    const struct cell_job none = {.checkpoint = NULL};
    double **column = arena_get(&arena, plan->n_column, sizeof *column);
    enum run_outcome outcome = prepare(cell, &none, &arena, err);

    for (uint32_t c = 0; c < plan->n_column; c++)
        column[c] = arena_get(&arena, 1, sizeof **column);
    const struct run_job run = {.plan = plan,
                                .first_path = path,
                                .n_path = 1,
                                .column = column,
                                .tape = events == NULL ? NULL : &tape};
    if (outcome == RUN_DONE) {
        outcome = run_job(&run, err);
        print_metrics(plan, column); /* of a path that failed, to see what is not finite */
    }
    if (outcome == RUN_DONE && events != NULL && !events_write(events, plan, &tape, err))
        outcome = RUN_FAILED;
    tape_free(&tape);
    book_table_free(plan);
    arena_free(&arena);
    return outcome;
}
