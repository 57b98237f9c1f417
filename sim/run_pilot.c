/* A recorded move contains the impact of its own liquidations. The pilot finds the share s
 * of the logarithm of the stated move that must come from outside, so that outside and
 * feedback together give the stated move in the median: median extreme with sales(s) =
 * median extreme without sales(1). One share per asset, found for all assets together by
 * secants that are kept inside the bracket seen so far; the paths are the same in every
 * evaluation, so the function has no noise of its own. */

#include "sim/run.h"

#include <math.h>

#include "sim/stats.h"
#include "sim/vmath.h"

enum { PILOT_ROUNDS = 10 };
static const uint64_t PILOT_FIRST_PATH = 1ULL << 62; /* no run uses these paths */

/* Per asset: the search for the share. */
struct search {
    double low, high;             /* bracket of the share */
    double last_share, last_miss; /* previous evaluation */
    bool has_last;
    bool falls;        /* trough rather than peak */
    bool wanted;       /* some shock of the asset includes feedback */
    double target_log; /* median log extreme without sales */
    double error_log;  /* its standard error */
};

static uint32_t path_column(const struct plan *plan, enum row_set set, uint32_t element)
{
    for (uint32_t i = 0; i < plan->n_metric; i++)
        if (plan->metric[i].set == set && plan->metric[i].metric.group == METRIC_PATH)
            return plan->metric[i].metric.first_column + element;
    return 0;
}

/* Runs the pilot's paths; leaves the sorted extremes of every asset in its column. */
static enum run_outcome evaluate(const struct plan *plan, const struct search *search,
                                 const char *label, const volatile sig_atomic_t *stop,
                                 double *const *column, double *median_log,
                                 struct error *err)
{
    const struct run_job job = {.plan = plan,
                                .first_path = PILOT_FIRST_PATH,
                                .n_path = plan->n_pilot,
                                .column = column,
                                .label = label,
                                .stop = stop};
    const enum run_outcome outcome = run_job(&job, err);

    for (uint32_t asset = 0; outcome == RUN_DONE && asset < plan->n_asset; asset++) {
        const enum row_set set = search[asset].falls ? ROW_MIN_SPOT : ROW_MAX_SPOT;
        double *values = column[path_column(plan, set, asset)];
        stats_sort(values, plan->n_pilot);
        median_log[asset] =
            vm_log(values[(plan->n_pilot - 1) / 2] / plan->asset[asset].spot_usd);
    }
    return outcome;
}

/* Half the distance of the order statistics one binomial standard deviation around the
 * median. */
static double median_error(const double *sorted, uint64_t n)
{
    const double half = 0.5 * sqrt((double)n);
    const uint64_t middle = (n - 1) / 2, off = (uint64_t)ceil(half);
    const uint64_t low = middle > off ? middle - off : 0;
    const uint64_t high = middle + off < n ? middle + off : n - 1;

    return 0.5 * fabs(vm_log(sorted[high] / sorted[low]));
}

/* Next share from the miss (reached - target, log) at the present one. */
static double next_share(struct search *s, double share, double miss)
{
    const bool too_much = s->falls ? miss < 0.0 : miss > 0.0;
    double next;

    if (too_much)
        s->high = share;
    else
        s->low = share;
    if (s->has_last && s->last_miss != miss)
        next = share - miss * (share - s->last_share) / (miss - s->last_miss);
    else
        next = share - miss / s->target_log;
    if (!(next > s->low && next < s->high))
        next = too_much && s->low == 0.0 && next <= 0.0 ? 0.25 * share
                                                        : 0.5 * (s->low + s->high);
    s->last_share = share;
    s->last_miss = miss;
    s->has_last = true;
    return next;
}

static void search_start(const struct plan *plan, struct search *search)
{
    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        double move = 0.0;
        bool wanted = false;
        for (uint32_t i = 0; i < plan->n_effect; i++) {
            const struct effect *e = &plan->effect[i];
            for (uint32_t t = 0; e->includes_feedback && t < e->n_target; t++)
                if (e->target[t] == asset) {
                    wanted = true;
                    move += e->size.kind == PLAN_UNIFORM ? 0.5 * (e->size.a + e->size.b)
                                                         : e->size.a;
                }
        }
        search[asset] = (struct search){
            .low = 0.0, .high = 1.0, .falls = move <= 0.0, .wanted = wanted};
    }
}

/* One adjustment of all shares; true while some asset is off by more than half of the
 * target's own standard error. */
static bool adjust(struct plan *plan, struct search *search, const double *reached_log)
{
    bool again = false;

    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        struct search *s = &search[asset];
        const double miss = reached_log[asset] - s->target_log;
        if (!s->wanted || fabs(miss) <= 0.5 * s->error_log)
            continue;
        const double next = next_share(s, plan->exogenous[asset], miss);
        again = again || next != plan->exogenous[asset];
        plan->exogenous[asset] = next;
    }
    return again;
}

enum run_outcome run_pilot(struct plan *plan, const char *label,
                           const volatile sig_atomic_t *stop, double *target_frac,
                           double *reached_frac, struct error *err)
{
    struct arena arena = {NULL};
    struct search *search = arena_get(&arena, plan->n_asset, sizeof *search);
    double *median_log = arena_get(&arena, plan->n_asset, sizeof *median_log);
    double **column = arena_get(&arena, plan->n_column, sizeof *column);
    struct plan without = *plan;
    enum run_outcome outcome;

    for (uint32_t c = 0; c < plan->n_column; c++)
        column[c] = arena_get(&arena, plan->n_pilot, sizeof **column);
    search_start(plan, search);
    without.feedback = false;
    outcome = evaluate(&without, search, label, stop, column, median_log, err);
    for (uint32_t asset = 0; outcome == RUN_DONE && asset < plan->n_asset; asset++) {
        const enum row_set set = search[asset].falls ? ROW_MIN_SPOT : ROW_MAX_SPOT;
        search[asset].target_log = median_log[asset];
        search[asset].error_log =
            median_error(column[path_column(plan, set, asset)], plan->n_pilot);
        target_frac[asset] = vm_exp(median_log[asset]) - 1.0;
    }
    for (int round = 0; outcome == RUN_DONE && round < PILOT_ROUNDS; round++) {
        outcome = evaluate(plan, search, label, stop, column, median_log, err);
        if (round + 1 == PILOT_ROUNDS || !adjust(plan, search, median_log))
            break;
    }
    for (uint32_t asset = 0; asset < plan->n_asset; asset++)
        reached_frac[asset] = vm_exp(median_log[asset]) - 1.0;
    arena_free(&arena);
    return outcome;
}
