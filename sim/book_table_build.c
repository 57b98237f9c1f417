#include "sim/book_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/chebyshev.h"
#include "sim/market.h"
#include "sim/oracle.h"
#include "sim/rng.h"
#include "sim/run_parallel.h"
#include "sim/vmath.h"

/* Paths that find the ranges, in whole units; and how far beyond their extremes the tables
 * go, as a share of the distance between them: 4,096 normal numbers span 7 standard
 * deviations, so the tables reach to 7 on either side. */
enum { RANGE_UNITS = 16 };
static const double RANGE_MARGIN = 0.5, STATE_MARGIN = 0.15;

/* Share of the price that a claim counts with at least in the gross value. */
static const double WORTH_LEAST = 1e-9;

/* Strikes whose options have a smaller standard deviation left split the price axis. */
static const double KINK_SD = 0.01;

/* Automatic tables: from so many claims on, and with at most one valuation per so many
 * paths. Interpolating the sums costs as much as valuing about 20 options. */
enum { AUTO_MIN_CLAIMS = 64, AUTO_PATHS_PER_POINT = 16, BOOK_MAX_POINTS = 1 << 17 };

/* Tolerance of the sums other than the value, as a share of the largest seen on a line of
 * probes through the range, or of the gross value per power of the price. */
static const double GREEK_TOLERANCE = 1e-5, GREEK_FLOOR = 1e-6;

enum { N_PROBE = 64 };

/* Claims of one account on one asset. */
struct group {
    uint32_t account, asset, first, n;
    uint32_t n_tabulated; /* at the start */
};

/* Smallest and largest of ln price and the state of the surface. */
struct range {
    double low[1 + N_BOOK_STATE], high[1 + N_BOOK_STATE];
};

/* A build under way. */
struct build {
    struct plan *plan;
    struct group *group; /* [n_group] */
    uint32_t n_group;
    struct range *seen;  /* [RANGE_UNITS][n_report][n_asset] */
    struct range *range; /* [n_report][n_asset] of the tables */
    double gross_usd;    /* sum of |quantity x value| at the start */
    struct book_tables *tables;
    const volatile sig_atomic_t *stop;
};

static bool build_stopped(const struct build *b)
{
    return b->stop != NULL && *b->stop != 0;
}

static void range_add(struct range *r, uint32_t axis, const double *row)
{
    for (int k = 0; k < LANES; k++) {
        r->low[axis] = vm_min(r->low[axis], row[k]);
        r->high[axis] = vm_max(r->high[axis], row[k]);
    }
}

static void range_look(const struct plan *plan, const struct worker *w, struct range *range)
{
    lane_row log_price, state;

    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        for (uint32_t p = 0; p < 2 + plan->n_venue; p++) {
            const double *price = p == 0   ? worker_row(w, ROW_SPOT, asset)
                                  : p == 1 ? worker_row(w, ROW_ORACLE, asset)
                                           : market_mark(plan, p - 2, asset, w);
            if (p == 1 && !plan->asset[asset].has_oracle)
                continue;
            for (int k = 0; k < LANES; k++)
                log_price[k] = vm_log(price[k]);
            range_add(&range[asset], 0, log_price);
        }
        for (uint32_t i = 0; i < N_BOOK_STATE; i++) {
            book_table_state(plan, asset, i, w, state);
            range_add(&range[asset], 1 + i, state);
        }
    }
}

/* The market alone on one unit of paths, evenly spaced among those of the run. */
static void range_task(void *context, uint32_t i)
{
    const struct build *b = context;
    const struct plan *plan = b->plan;
    const uint64_t n_unit = (plan->n_path + PLAN_UNIT - 1) / PLAN_UNIT;
    struct range *seen = b->seen + (size_t)i * plan->n_report * plan->n_asset;
    struct worker w;

    worker_create(&w, plan);
    for (uint64_t first = 0; first < PLAN_UNIT && !build_stopped(b); first += LANES) {
        for (uint64_t k = 0; k < LANES; k++)
            w.path[k] = i * n_unit / RANGE_UNITS * PLAN_UNIT + first + k;
        market_start(plan, &w);
        for (uint32_t step = 1, report; step <= plan->n_step; step++) {
            w.step = step;
            w.time_s = step * plan->step_s;
            market_step(plan, &w);
            oracle_record(plan, &w);
            if (book_table_report(plan, step, &report))
                range_look(plan, &w, seen + (size_t)report * plan->n_asset);
        }
    }
    worker_free(&w);
}

static void find_ranges(struct build *b, const char *label, struct arena *scratch)
{
    const size_t n = (size_t)b->plan->n_report * b->plan->n_asset;

    b->seen = arena_get(scratch, RANGE_UNITS * n, sizeof *b->seen);
    b->range = arena_get(scratch, n, sizeof *b->range);
    for (size_t i = 0; i < RANGE_UNITS * n; i++)
        for (uint32_t axis = 0; axis <= N_BOOK_STATE; axis++) {
            b->seen[i].low[axis] = INFINITY;
            b->seen[i].high[axis] = -INFINITY;
        }
    run_parallel(RANGE_UNITS, range_task, b, label, b->stop);
    for (size_t i = 0; i < n; i++)
        for (uint32_t axis = 0; axis <= N_BOOK_STATE; axis++) {
            double low = INFINITY, high = -INFINITY;
            for (size_t u = 0; u < RANGE_UNITS; u++) {
                low = vm_min(low, b->seen[u * n + i].low[axis]);
                high = vm_max(high, b->seen[u * n + i].high[axis]);
            }
            const double margin = (axis == 0 ? RANGE_MARGIN : STATE_MARGIN) * (high - low);
            b->range[i].low[axis] = low - margin;
            b->range[i].high[axis] = high + margin;
        }
}

/* What the interpolation asks: the sums of one group, tabulated claims only. */
struct question {
    const struct plan *plan;
    const struct group *group;
    struct worker *w;
};

static void answer(void *context, uint32_t n, const double *x, const lane_row *y,
                   lane_row *out)
{
    const struct question *q = context;
    lane_row spot;

    (void)n;
    for (int k = 0; k < LANES; k++)
        spot[k] = vm_exp(x[k]);
    for (uint32_t i = 0; i < N_BOOK_STATE; i++)
        book_table_set_state(q->plan, q->group->asset, i, y[i], q->w);
    memset(out, 0, N_CLAIM_FUNCTION * sizeof *out);
    book_sums_add(q->plan, &q->plan->claim[q->group->first], q->group->n, BOOK_TABULATED,
                  q->w, spot, out);
}

/* Tolerances of the sums, from a line of probes along the price. */
static void tolerances(const struct build *b, const struct question *q,
                       const struct range *range, double *tolerance)
{
    static const uint32_t coins_power[N_CLAIM_FUNCTION] = {
        [CLAIM_DELTA] = 1,       [CLAIM_GAMMA] = 2,  [CLAIM_VANNA] = 1,
        [CLAIM_FACTOR_SPOT] = 1, [CLAIM_FUTURE] = 1, [CLAIM_SLOPE] = 1,
        [CLAIM_OPTION_DELTA] = 1};
    const double value_usd = b->plan->revaluation_tolerance * b->gross_usd;
    const double per_usd = 1.0 / b->plan->asset[q->group->asset].spot_usd;
    double most[N_CLAIM_FUNCTION] = {0.0};
    lane_row x, y[N_BOOK_STATE], out[N_CLAIM_FUNCTION];

    for (uint32_t i = 0; i < N_BOOK_STATE; i++)
        for (int k = 0; k < LANES; k++)
            y[i][k] = 0.5 * (range->low[1 + i] + range->high[1 + i]);
    for (int probe = 0; probe < N_PROBE; probe += LANES) {
        for (int k = 0; k < LANES; k++)
            x[k] = range->low[0] + (range->high[0] - range->low[0]) *
                                       vm_min(probe + k, N_PROBE - 1) / (N_PROBE - 1);
        answer((void *)q, LANES, x, (const lane_row *)y, out);
        for (uint32_t s = 0; s < N_CLAIM_FUNCTION; s++)
            for (int k = 0; k < LANES; k++)
                most[s] = vm_max(most[s], fabs(out[s][k]));
    }
    for (uint32_t s = 0; s < N_CLAIM_FUNCTION; s++) {
        double floor_usd = GREEK_FLOOR * b->gross_usd;
        for (uint32_t p = 0; p < coins_power[s]; p++)
            floor_usd *= per_usd;
        tolerance[s] =
            most[s] == 0.0 ? INFINITY : vm_max(GREEK_TOLERANCE * most[s], floor_usd);
    }
    tolerance[CLAIM_VALUE] = tolerance[CLAIM_ABS] = value_usd;
    tolerance[CLAIM_NEED] =
        most[CLAIM_NEED] == 0.0
            ? INFINITY
            : value_usd + b->plan->revaluation_tolerance * most[CLAIM_NEED];
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* Logs of the strikes that are about to be kinks. */
static uint32_t find_splits(const struct question *q, const struct range *range,
                            double *split)
{
    uint32_t n = 0, kept = 0;

    for (uint32_t i = 0; i < q->group->n; i++) {
        const struct plan_claim *o = &q->plan->claim[q->group->first + i];
        const double left_s = o->contract->expiry_s - q->w->time_s;
        if (o->strike == NULL || left_s <= 0.0)
            continue;
        const double sd = surface_volatility_sqrt_t(o->strike, left_s / PLAN_YEAR_S);
        if (sd * vm_exp(range->high[1]) < KINK_SD)
            split[n++] = vm_log(o->contract->strike_usd) -
                         surface_log_forward_ratio(q->plan->asset[q->group->asset].surface,
                                                   left_s / PLAN_YEAR_S);
    }
    qsort(split, n, sizeof *split, compare_doubles);
    for (uint32_t i = 0; i < n; i++)
        if (kept == 0 || split[i] > split[kept - 1])
            split[kept++] = split[i];
    return kept;
}

/* One table, if there is anything to tabulate at that time. */
static void table_task(void *context, uint32_t i)
{
    const struct build *b = context;
    const struct plan *plan = b->plan;
    const uint32_t report = i / b->n_group;
    const struct group *group = &b->group[i % b->n_group];
    const struct range *range = &b->range[(size_t)report * plan->n_asset + group->asset];
    const uint64_t worth = plan->n_path / AUTO_PATHS_PER_POINT;
    struct book_table *table = &b->tables->table[i];
    double tolerance[N_CLAIM_FUNCTION];
    struct worker w;

    if (plan->revaluation == REVALUE_AUTO && group->n_tabulated < AUTO_MIN_CLAIMS)
        return;
    worker_create(&w, plan);
    market_start(plan, &w);
    w.step = book_table_step(plan, report);
    w.time_s = w.step * plan->step_s;
    struct question question = {plan, group, &w};
    double *split = arena_get(&w.arena, group->n, sizeof *split);
    struct chebyshev_spec spec = {.n_state = N_BOOK_STATE,
                                  .n_sum = N_CLAIM_FUNCTION,
                                  .split = split,
                                  .n_split = find_splits(&question, range, split),
                                  .tolerance = tolerance,
                                  .max_points = plan->revaluation == REVALUE_AUTO &&
                                                        worth < BOOK_MAX_POINTS
                                                    ? (uint32_t)worth
                                                    : BOOK_MAX_POINTS,
                                  .value = answer,
                                  .context = &question,
                                  .stop = b->stop};
    memcpy(spec.low, range->low, sizeof range->low);
    memcpy(spec.high, range->high, sizeof range->high);
    tolerances(b, &question, range, tolerance);
    table->built = chebyshev_build(&spec, &table->arena, &table->c);
    worker_free(&w);
}

/* Groups of claims, and their gross value at the start. */
static void find_groups(struct build *b, struct arena *arena)
{
    struct plan *plan = b->plan;
    uint32_t *group_of =
        arena_get(arena, (size_t)plan->n_account * plan->n_asset, sizeof *group_of);
    struct worker w;
    lane_row log_spot, value;
    const struct claim_value out = {.value_usd = value};

    memset(group_of, 0xff, (size_t)plan->n_account * plan->n_asset * sizeof *group_of);
    b->group = arena_get(arena, plan->n_claim, sizeof *b->group);
    worker_create(&w, plan);
    market_start(plan, &w);
    book_start(plan, &w);
    for (uint32_t first = 0; first < plan->n_claim;) {
        const struct contract *c = plan->claim[first].contract;
        const uint32_t n = book_sums_group(plan, c->account, first);
        const double *spot = worker_row(&w, ROW_SPOT, c->asset);
        for (int k = 0; k < LANES; k++)
            log_spot[k] = vm_log(spot[k]);
        struct group group = {c->account, c->asset, first, n, 0};
        for (uint32_t i = first; i < first + n; i++) {
            struct claim_value of = out;
            if (!book_claim_tabulated(&plan->claim[i], 0.0))
                continue;
            book_claim_value(plan, &plan->claim[i], &w, spot, log_spot, &of);
            b->gross_usd += fabs(plan->claim[i].contract->quantity) *
                            vm_max(fabs(value[0]), WORTH_LEAST * spot[0]);
            group.n_tabulated++;
        }
        if (group.n_tabulated > 0) {
            group_of[c->account * plan->n_asset + c->asset] = b->n_group;
            b->group[b->n_group++] = group;
        }
        first += n;
    }
    worker_free(&w);
    b->tables->group_of = group_of;
    b->tables->n_group = b->n_group;
}

/* What was built, per asset. */
static void count_tables(const struct build *b, struct revaluation_count *count)
{
    for (uint32_t i = 0; i < b->n_group * b->plan->n_report; i++) {
        const struct book_table *t = &b->tables->table[i];
        struct revaluation_count *c = &count[b->group[i % b->n_group].asset];
        uint64_t dimensions = 0;
        for (uint32_t axis = 0; axis <= N_BOOK_STATE; axis++)
            dimensions += t->c.low[axis] < t->c.high[axis];
        c->n_point += t->c.n_point;
        c->n_table += t->built;
        c->n_full += !t->built;
        c->n_dimension = dimensions > c->n_dimension ? dimensions : c->n_dimension;
    }
}

bool book_table_build(struct plan *plan, const char *label,
                      const volatile sig_atomic_t *stop, struct arena *arena,
                      struct revaluation_count *count)
{
    struct arena scratch = {NULL};
    struct build b = {
        .plan = plan, .tables = arena_get(arena, 1, sizeof *b.tables), .stop = stop};

    memset(count, 0, plan->n_asset * sizeof *count);
    if (plan->revaluation == REVALUE_FULL || plan->n_claim == 0)
        return true;
    find_groups(&b, arena);
    if (b.n_group == 0)
        return true;
    find_ranges(&b, label, &scratch);
    b.tables->table =
        arena_get(arena, (size_t)plan->n_report * b.n_group, sizeof *b.tables->table);
    run_parallel(plan->n_report * b.n_group, table_task, &b, label, stop);
    arena_free(&scratch);
    plan->tables = b.tables;
    if (build_stopped(&b)) {
        book_table_free(plan);
        return false;
    }
    count_tables(&b, count);
    return true;
}
