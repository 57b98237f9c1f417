/* Which records of a price history are used, and their returns. */
#include "models/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/vmath.h"

static int double_order(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double milliseconds(double seconds)
{
    return floor(seconds * 1000.0 + 0.5);
}

struct history history_part(const struct history *h, double from_s, double until_s)
{
    uint32_t first = 0, end = h->n;

    while (first < end && h->time_s[first] < from_s)
        first++;
    while (until_s > 0.0 && end > first && h->time_s[end - 1] > until_s)
        end--;
    return (struct history){.file = h->file,
                            .n = end - first,
                            .time_s = h->time_s + first,
                            .price_usd = h->price_usd + first};
}

bool history_same_times(const struct history *a, const struct history *b)
{
    return a->n == b->n && memcmp(a->time_s, b->time_s, a->n * sizeof(double)) == 0;
}

static double *distances(const struct history *h, struct arena *arena)
{
    double *distance = arena_get(arena, h->n, sizeof *distance);

    for (uint32_t i = 0; i + 1 < h->n; i++)
        distance[i] = milliseconds(h->time_s[i + 1] - h->time_s[i]);
    qsort(distance, h->n - 1, sizeof *distance, double_order);
    return distance;
}

double history_median_s(const struct history *h, struct arena *arena)
{
    return distances(h, arena)[(h->n - 1) / 2] / 1000.0;
}

/* Commonest distance of two records to the millisecond, the shortest of several. */
static double period_of(const struct history *h, struct arena *arena)
{
    const double *distance = distances(h, arena);
    double best = 0.0;
    uint32_t most = 0, from = 0;

    for (uint32_t i = 0; i + 1 < h->n; i++) {
        from = distance[i] == distance[from] ? from : i;
        best = i - from >= most ? distance[i] : best;
        most = i - from >= most ? i - from + 1 : most;
    }
    return best / 1000.0;
}

/* How period and step go into each other. */
static bool returns_fit(struct history_returns *r, double step_s, struct error *err)
{
    const double period = milliseconds(r->period_s), step = milliseconds(step_s);
    const double part = floor(period / step + 0.5), stride = floor(step / period + 0.5);

    r->n_part = part > 1.0 ? (uint32_t)part : 1;
    r->stride = stride > 1.0 ? (uint32_t)stride : 1;
    return period * r->stride == step * r->n_part ||
           fail(err,
                "the records are %.10g s apart and the step is %.10g s: make the step a "
                "multiple of the one, or a whole part of it",
                r->period_s, step_s);
}

/* Records that stand closer than most: two frequencies in one file. A few may be slips. */
static bool one_frequency(const struct history *h, double period_s, struct error *err)
{
    uint32_t n_short = 0, at = 0;

    for (uint32_t i = h->n - 1; i > 0; i--)
        if (milliseconds(h->time_s[i] - h->time_s[i - 1]) < milliseconds(period_s)) {
            n_short++;
            at = i;
        }
    return n_short <= (h->n - 1) / 100 ||
           fail(err,
                "most records of %s are %.10g s apart, but %u are closer, as record %u, "
                "%.10g s after the one before: bring the file to one frequency or leave "
                "that part out",
                h->file, period_s, n_short, at + 1, h->time_s[at] - h->time_s[at - 1]);
}

bool history_returns(const struct history *h, double step_s, uint32_t n_least,
                     struct arena *arena, struct history_returns *r, struct error *err)
{
    *r = (struct history_returns){.n = 0};
    if (h->n > 2) {
        r->period_s = period_of(h, arena);
        if (!one_frequency(h, r->period_s, err) || !returns_fit(r, step_s, err))
            return false;
        r->value = arena_get(arena, h->n, sizeof *r->value);
    }
    for (uint32_t i = 0; h->n > 2 && i + r->stride < h->n; i++) {
        const double distance_s = h->time_s[i + r->stride] - h->time_s[i];
        if (milliseconds(distance_s) == milliseconds(r->period_s * r->stride))
            r->value[r->n++] = vm_log(h->price_usd[i + r->stride] / h->price_usd[i]);
    }
    return r->n >= n_least ||
           fail(err,
                "%s has %u returns over one step in the part that is used, and %u are the "
                "least: give it a longer history",
                h->file, r->n, n_least);
}

double history_standardise(double *value, uint32_t n)
{
    double mean = 0.0, square = 0.0;

    for (uint32_t i = 0; i < n; i++)
        mean += value[i] / n;
    for (uint32_t i = 0; i < n; i++) {
        value[i] -= mean;
        square += value[i] * value[i] / n;
    }
    const double sd = sqrt(square);
    for (uint32_t i = 0; i < n && sd > 0.0; i++)
        value[i] /= sd;
    return sd;
}
