#include "sim/stats.h"

#include <math.h>

#include <gsl/gsl_randist.h>

#include "sim/arena.h"

/* Expected shortfall (Acerbi & Tasche 2002): with k = (1 - p) n and q the order statistic
 * at rank ceil(p n), ES = q + S1 / k,   S1 = sum of (x - q)+ which gives the part of an
 * atom at q that belongs to the tail its share. Its standard error is that of the mean of
 * the excess, sd((x - q)+) / (1 - p) / sqrt(n); the error of q itself is of smaller order.
 *
 * Limits: bootstrap-t (Efron 1979; Hall 1992, section 3.2): n values are drawn with
 * replacement, t* = (ES* - ES) / se* is computed, and the limits are ES - t*(1 - a/2) se
 * and ES - t*(a/2) se. A normal interval is too short on the side of the large losses.
 *
 * Only the upper end of a resample matters. The number of its values among the `m` largest
 * of the sample is binomial(n, m / n); given the number, they are drawn uniformly from the
 * m. With m = k + 8 sqrt(k) + 16 a resample has fewer than k + 1 of them once in 1e12; it
 * is then taken to have k + 1. So a resample costs m draws, not n. */

enum { RESAMPLES = 1999, RESAMPLES_MIN = 199 };
static const double MAX_DRAWS =
    4e7; /* of one interval; fewer resamples where it is exceeded */

/* The upper end of a sample: excess over q of the m largest values, ascending. */
struct tail {
    size_t n, m;
    size_t need;     /* values that a resample needs: from rank ceil(p n) up */
    double k;        /* (1 - p) n, not rounded */
    double *excess;  /* [m]; below 0 under q */
    uint32_t *count; /* [m] how often a resample has drawn each */
};

/* ES - q and its standard error from sums over the excess above q. */
struct shortfall {
    double excess, se;
};

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state +=
        UINT64_C(0x9e3779b97f4a7c15); /* splitmix64, Steele et al. 2014 */

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static struct shortfall shortfall_from(const struct tail *t, double sum, double squares)
{
    const double n = (double)t->n, mean = sum / n;
    const double variance = squares / n - mean * mean;

    return (struct shortfall){sum / t->k, sqrt(variance > 0.0 ? variance * n : 0.0) / t->k};
}

static struct shortfall sample_shortfall(const struct tail *t)
{
    double sum = 0.0, squares = 0.0;

    for (size_t i = t->m; i-- > 0 && t->excess[i] > 0.0;) {
        sum += t->excess[i];
        squares += t->excess[i] * t->excess[i];
    }
    return shortfall_from(t, sum, squares);
}

/* The same of a resample given by counts; its ES relative to the q of the sample. */
static struct shortfall resample_shortfall(const struct tail *t)
{
    double sum = 0.0, squares = 0.0;
    size_t above = 0, i = t->m;
    struct shortfall s;

    do {
        i--;
        const double c = t->count[i], x = t->excess[i];
        above += t->count[i];
        sum += c * x;
        squares += c * x * x;
    } while (above < t->need && i > 0);

    const double q = t->excess[i], c = (double)above;
    s = shortfall_from(t, sum - c * q, squares - 2.0 * q * sum + c * q * q);
    s.excess += q;
    return s;
}

/* Cumulative probabilities of binomial(n, p) from `first` on, 9 standard deviations around
 * its mean. */
struct binomial {
    size_t first, n;
    double *cumulated;
};

static struct binomial binomial_table(size_t n, double p, struct arena *arena)
{
    const double mean = (double)n * p, reach = 9.0 * sqrt(mean * (1.0 - p)) + 9.0;
    const size_t first = mean > reach ? (size_t)(mean - reach) : 0;
    const size_t last = mean + reach < (double)n ? (size_t)(mean + reach) : n;
    struct binomial b = {first, last - first + 1, NULL};
    double sum = 0.0;

    b.cumulated = arena_get(arena, b.n, sizeof *b.cumulated);
    for (size_t i = 0; i < b.n; i++) {
        sum += gsl_ran_binomial_pdf((unsigned)(first + i), p, (unsigned)n);
        b.cumulated[i] = sum;
    }
    return b;
}

static size_t binomial_draw(const struct binomial *b, uint64_t random)
{
    const double u = (double)(random >> 11) * 0x1p-53 * b->cumulated[b->n - 1];
    size_t low = 0, high = b->n - 1;

    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (b->cumulated[middle] > u)
            high = middle;
        else
            low = middle + 1;
    }
    return b->first + low;
}

static void resample(struct tail *t, const struct binomial *b, uint64_t *state)
{
    const uint64_t m = t->m;
    size_t draws = binomial_draw(b, next_random(state));

    if (draws < t->need)
        draws = t->need;
    for (size_t i = 0; i < t->m; i++)
        t->count[i] = 0;
    for (size_t i = 0; i < draws; i++) /* the bias of the product is m / 2^32 */
        t->count[(next_random(state) >> 32) * m >> 32]++;
}

static void bootstrap_limits(struct tail *t, struct interval *es, double confidence,
                             uint64_t state, struct arena *arena)
{
    const struct shortfall sample = sample_shortfall(t);
    const double limit = MAX_DRAWS / (double)t->m;
    const size_t n = limit >= RESAMPLES       ? RESAMPLES
                     : limit <= RESAMPLES_MIN ? RESAMPLES_MIN
                                              : (size_t)limit;
    const struct binomial b = binomial_table(t->n, (double)t->m / (double)t->n, arena);
    double *const student = arena_get(arena, n, sizeof *student);
    const double beyond = 0.5 * (1.0 - confidence);
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        resample(t, &b, &state);
        const struct shortfall s = resample_shortfall(t);
        if (s.se > 0.0)
            student[count++] = (s.excess - sample.excess) / s.se;
    }
    if (count == 0)
        return;
    stats_sort(student, count);
    es->lower = es->value - student[stats_rank(count, 1.0 - beyond) - 1] * sample.se;
    es->upper = es->value - student[stats_rank(count, beyond) - 1] * sample.se;
}

static struct tail tail_of(const double *sorted, size_t n, double level,
                           struct arena *arena)
{
    const size_t rank = stats_rank(n, level);
    const double k = (double)n - level * (double)n;
    const double whole = round(k), wide = k + 8.0 * sqrt(k) + 16.0;
    struct tail t = {.n = n, .need = n - rank + 1};

    t.k = fabs(k - whole) < 1e-12 * (double)n ? whole : k;
    t.m = wide < (double)n ? (size_t)wide : n;
    t.excess = arena_get(arena, t.m, sizeof *t.excess);
    t.count = arena_get(arena, t.m, sizeof *t.count);
    for (size_t i = 0; i < t.m; i++)
        t.excess[i] = sorted[n - t.m + i] - sorted[rank - 1];
    return t;
}

double stats_es_value(const double *sorted, size_t n, double level)
{
    struct arena arena = {NULL};
    const struct tail t = tail_of(sorted, n, level, &arena);
    const double value = sorted[n - t.need] + sample_shortfall(&t).excess;

    arena_free(&arena);
    return value;
}

struct interval stats_es(const double *sorted, size_t n, double level, double confidence,
                         uint64_t seed, size_t *n_tail)
{
    struct interval es = {(double)NAN, (double)NAN, (double)NAN};
    struct arena arena = {NULL};
    size_t above = 0;

    if (n_tail)
        *n_tail = 0;
    if (n == 0)
        return es;

    struct tail t = tail_of(sorted, n, level, &arena);
    while (above < t.m && t.excess[t.m - 1 - above] > 0.0)
        above++;
    es.value = sorted[n - t.need] + sample_shortfall(&t).excess;
    if (above == 0) {
        above = t.need - 1; /* the whole tail is one number */
        if (above >= STATS_MIN_TAIL)
            es.lower = es.upper = es.value;
    } else if (above >= STATS_MIN_TAIL) {
        bootstrap_limits(&t, &es, confidence, seed, &arena);
    }
    if (n_tail)
        *n_tail = above;
    arena_free(&arena);
    return es;
}
