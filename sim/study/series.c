/* Cleaning of recorded prices.
 *
 * The step is the commonest distance of two prices, unless given; then the last price of each
 * interval (k step, (k+1) step] stands for its end if it is younger than one distance.
 *
 * Stuck feed. Let R be the number of runs of unchanged prices shorter than m changes, and q the
 * probability that an unchanged price follows an unchanged one, estimated from those runs and
 * a weak prior: the overall share of unchanged prices, at least 1 %, with the weight of ten
 * observations. (R + 1) q^(m-1) runs of m or more are then expected. Runs are judged from the
 * longest down, so that several stuck stretches do not vouch for each other. */
#include "sim/study/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/utc.h"
#include "scenarios/value.h"

static const double UNEVEN_FRAC = 0.05; /* of a step: a clock put forward is 4 % of a day */
static const double MIXED_FRAC = 0.01;  /* of all distances: more is no accident */
static const double STUCK_EXPECTED = 1e-3; /* runs; fewer by chance is a stuck feed */
static const double PRIOR_WEIGHT = 10.0, PRIOR_LEAST = 0.01;
enum { MIXED_RUN = 10 }; /* equal distances in a row, none of them the step */

/* The prices that are left at each stage. */
struct points {
    uint32_t n;
    double *time_s, *price_usd; /* [n] */
};

const char *series_time_text(double seconds, struct arena *arena)
{
    char *text =
        arena_text(arena, utc_text(floor(seconds + 0.5), arena)); /* 2024-01-31T08:00:00Z */
    const size_t n = strlen(text);

    text[10] = ' ';
    text[n > 20 || strcmp(text + n - 4, ":00Z") != 0 ? n - 1 : n - 4] = '\0';
    return text;
}

const char *series_step_text(double seconds, struct arena *arena)
{
    const double days = seconds / 86400.0;

    return days == floor(days) ? arena_print(arena, "%.0fd", days)
                               : value_duration_text(seconds, arena);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static struct points points_in_window(const struct price_table *table,
                                      const struct price_column *column,
                                      const struct series_window *window,
                                      struct arena *arena, struct series *series)
{
    struct points p = {.time_s = arena_get(arena, table->n_row, sizeof(double)),
                       .price_usd = arena_get(arena, table->n_row, sizeof(double))};

    for (uint32_t row = 0; row < table->n_row; row++) {
        const double time_s = table->time_s[row];
        if (isnan(column->price_usd[row]))
            continue;
        if ((window->from_s != 0.0 && time_s < window->from_s) ||
            (window->to_s != 0.0 && time_s > window->to_s)) {
            series->n_outside++;
            continue;
        }
        p.time_s[p.n] = time_s;
        p.price_usd[p.n++] = column->price_usd[row];
    }
    return p;
}

/* The commonest distance of two prices; of equally common ones the shortest. */
static double points_step(const struct points *p, struct arena *arena)
{
    double *distance = arena_get(arena, p->n, sizeof *distance), step_s = 0.0;
    uint32_t most = 0;

    for (uint32_t i = 1; i < p->n; i++)
        distance[i - 1] = p->time_s[i] - p->time_s[i - 1];
    qsort(distance, p->n - 1, sizeof *distance, compare);
    for (uint32_t i = 0, count = 0; i + 1 < p->n; i++) {
        count = i > 0 && distance[i] == distance[i - 1] ? count + 1 : 1;
        if (count > most) {
            most = count;
            step_s = distance[i];
        }
    }
    return step_s;
}

/* The number of whole steps in a distance; 0 if it is none. */
static double whole_steps(double distance_s, double step_s)
{
    const double n = round(distance_s / step_s);

    return n >= 1.0 && fabs(distance_s / step_s - n) <= UNEVEN_FRAC ? n : 0.0;
}

/* Refuses distances that are no whole steps, and stretches that have a step of their own. */
static bool mixed_check(const struct points *p, const char *name, double step_s,
                        struct arena *arena, struct error *err)
{
    uint32_t n_other = 0, in_a_row = 0;

    for (uint32_t i = 1; i < p->n; i++) {
        const double distance_s = p->time_s[i] - p->time_s[i - 1];
        const double n = whole_steps(distance_s, step_s);
        const bool again =
            i > 1 && whole_steps(distance_s, p->time_s[i - 1] - p->time_s[i - 2]) == 1.0;
        n_other += n == 0.0;
        in_a_row = n == 1.0 ? 0 : again ? in_a_row + 1 : 1;
        if (in_a_row == MIXED_RUN || n_other > 1 + MIXED_FRAC * p->n)
            return fail(
                err,
                "%s: mixed frequencies: most prices are %s apart, but those about %s "
                "are %s apart: give --step, or --from and --to of one frequency",
                name, series_step_text(step_s, arena),
                series_time_text(p->time_s[i], arena), series_step_text(distance_s, arena));
    }
    return true;
}

/* Keeps the last price of each interval of the given step. */
static void points_thin(struct points *p, double own_step_s, double step_s)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < p->n; i++) {
        const double end = ceil(p->time_s[i] / step_s - 1e-9) * step_s;
        const bool last = i + 1 == p->n || p->time_s[i + 1] > end;
        if (!last || end - p->time_s[i] >= own_step_s)
            continue;
        p->time_s[n] = end;
        p->price_usd[n++] = p->price_usd[i];
    }
    p->n = n;
}

/* Lengths of the runs of unchanged prices, in changes: n_run entries. */
static uint32_t runs_of(const struct points *p, double *length)
{
    uint32_t n = 0;

    for (uint32_t i = 1; i < p->n; i++) {
        if (p->price_usd[i] != p->price_usd[i - 1])
            continue;
        if (i == 1 || p->price_usd[i - 1] != p->price_usd[i - 2])
            length[n++] = 0.0;
        length[n - 1] += 1.0;
    }
    return n;
}

/* The shortest run, in changes, that is longer than chance; infinite if none is. */
static double stuck_from(const struct points *p, struct arena *arena)
{
    double *length = arena_get(arena, p->n, sizeof *length);
    double shortest = INFINITY, unchanged = 0.0;
    const uint32_t n = runs_of(p, length);

    qsort(length, n, sizeof *length, compare);
    for (uint32_t i = 0; i < n; i++)
        unchanged += length[i];
    for (uint32_t at = n; at-- > 0;) {
        uint32_t shorter = at;
        double kept = 0.0;
        while (shorter > 0 && length[shorter - 1] == length[at])
            shorter--;
        for (uint32_t i = 0; i < shorter; i++)
            kept += length[i];
        const double m = length[at], others = (double)shorter;
        const double share = fmax(PRIOR_LEAST, (others + 1.0) / (p->n - unchanged + 2.0));
        const double again = (kept - others + PRIOR_WEIGHT * share) / (kept + PRIOR_WEIGHT);
        if ((others + 1.0) * pow(again, m - 1.0) >= STUCK_EXPECTED)
            break;
        shortest = m;
        at = shorter;
    }
    return shortest;
}

static void points_unstick(struct points *p, struct arena *arena, struct series *series)
{
    const double shortest = stuck_from(p, arena);
    uint32_t n = 0;

    for (uint32_t i = 0, next; i < p->n; i = next) {
        for (next = i + 1; next < p->n && p->price_usd[next] == p->price_usd[i];)
            next++;
        const uint32_t equal = next - i;
        const bool stuck = equal - 1 >= shortest;
        if (stuck && equal > series->longest_stuck_n) {
            series->longest_stuck_n = equal;
            series->longest_stuck = (struct series_hole){p->time_s[i], p->time_s[next - 1]};
        }
        series->n_stuck_run += stuck;
        series->n_stuck += stuck ? equal - 1 : 0;
        const uint32_t keep = stuck ? 1 : equal;
        for (uint32_t j = 0; j < keep; j++) {
            p->time_s[n] = p->time_s[i + j];
            p->price_usd[n++] = p->price_usd[i + j];
        }
    }
    p->n = n;
}

static void returns_of(const struct points *p, double step_s, struct arena *arena,
                       struct series *series)
{
    double *value = arena_get(arena, p->n, sizeof *value);
    double *end_s = arena_get(arena, p->n, sizeof *end_s);
    bool *starts = arena_get(arena, p->n, sizeof *starts), after_gap = true;
    uint32_t n = 0;

    for (uint32_t i = 1; i < p->n; i++) {
        const double distance_s = p->time_s[i] - p->time_s[i - 1];
        if (whole_steps(distance_s, step_s) != 1.0) {
            const struct series_hole *longest = &series->longest_gap;
            series->n_gap++;
            if (distance_s > longest->to_s - longest->from_s)
                series->longest_gap = (struct series_hole){p->time_s[i - 1], p->time_s[i]};
            after_gap = true;
            continue;
        }
        series->n_uneven += fabs(distance_s - step_s) > 1e-6 * step_s;
        value[n] = log(p->price_usd[i] / p->price_usd[i - 1]);
        if (fabs(value[n]) > fabs(series->largest)) {
            series->largest = value[n];
            series->largest_s = p->time_s[i];
        }
        end_s[n] = p->time_s[i];
        starts[n++] = after_gap;
        after_gap = false;
    }
    series->returns = (struct returns){.log_return = value,
                                       .end_s = end_s,
                                       .starts_run = starts,
                                       .n = n,
                                       .step_s = step_s};
}

static bool points_check(const struct points *p, const char *name, struct arena *arena,
                         struct error *err)
{
    if (p->n < 2)
        return fail(err, "%s has %u price%s in this stretch of time: name a longer one",
                    name, p->n, p->n == 1 ? "" : "s");
    for (uint32_t i = 1; i < p->n; i++)
        if (p->price_usd[i] != p->price_usd[0])
            return true;
    return fail(
        err,
        "%s: all %u prices are %s: a price that never changes has no volatility, leave "
        "it out",
        name, p->n, value_number_text(p->price_usd[0], arena));
}

bool series_create(const struct price_table *table, const struct price_column *column,
                   const char *name, const struct series_window *window,
                   struct arena *arena, struct series *series, struct error *err)
{
    const char *label = arena_print(arena, "%s: %s", table->file, name);

    *series = (struct series){.name = name};
    struct points p = points_in_window(table, column, window, arena, series);
    if (!points_check(&p, label, arena, err))
        return false;
    const double own_step_s = points_step(&p, arena), step_s = window->step_s;
    if (step_s == 0.0 && !mixed_check(&p, label, own_step_s, arena, err))
        return false;
    if (step_s != 0.0 && step_s < own_step_s)
        return fail(err, "%s: --step %s is shorter than the distance of its prices, %s",
                    label, series_step_text(step_s, arena),
                    series_step_text(own_step_s, arena));
    const uint32_t n_found = p.n;
    if (step_s != 0.0)
        points_thin(&p, own_step_s, step_s);
    series->n_between = n_found - p.n;
    points_unstick(&p, arena, series);
    returns_of(&p, step_s != 0.0 ? step_s : own_step_s, arena, series);
    if (series->returns.n < SERIES_MIN_RETURN)
        return fail(
            err,
            "%s has %u return%s over %s, fewer than %d: name a longer file or stretch "
            "of time",
            label, series->returns.n, series->returns.n == 1 ? "" : "s",
            series_step_text(series->returns.step_s, arena), SERIES_MIN_RETURN);
    series->n_price = p.n;
    series->first_s = p.time_s[0];
    series->last_s = p.time_s[p.n - 1];
    series->last_usd = p.price_usd[p.n - 1];
    return true;
}

double *series_join(const struct series *series, uint32_t n, struct arena *arena,
                    uint32_t *n_row)
{
    uint32_t *next = arena_get(arena, n, sizeof *next), most = 0;

    for (uint32_t i = 0; i < n; i++)
        most += series[i].returns.n;
    double *joint = arena_get(arena, (size_t)most * n, sizeof *joint);
    for (*n_row = 0;; (*n_row)++) {
        double time_s = INFINITY;
        for (uint32_t i = 0; i < n; i++)
            if (next[i] < series[i].returns.n)
                time_s = fmin(time_s, series[i].returns.end_s[next[i]]);
        if (isinf(time_s))
            return joint;
        for (uint32_t i = 0; i < n; i++) {
            const struct returns *r = &series[i].returns;
            const bool has = next[i] < r->n && r->end_s[next[i]] == time_s;
            joint[(size_t)*n_row * n + i] = has ? r->log_return[next[i]] : NAN;
            next[i] += has;
        }
    }
}
