/* Sizes of generated accounts. Coins are whole multiples of a power of 2 such that a total
 * has 50 to 51 bits: sums of them are exact in any order, so longs equal shorts to the last
 * bit and a total is what was asked for to 2^-50. */
#include <math.h>

#include "scenarios/population.h"
#include "sim/vmath.h"

enum { TOTAL_BITS = 51 };

/* The accounts of one total on one side. */
struct bucket {
    uint32_t total;
    int side;
    double target, cap, quantum; /* coins; the first two in quanta */
};

static bool in_bucket(const struct population_draft *d, const struct bucket *k)
{
    return d->total == k->total && d->side == k->side;
}

/* f with sum of min(f x size, cap) = target; 0: the cap is too low. Each pass caps what the
 * factor of the pass before would take beyond the cap; f only rises, so it ends. */
static double bucket_factor(const struct population_builder *b, const struct bucket *k)
{
    double factor = 0.0;
    uint64_t n_capped = 0;

    for (;;) {
        uint64_t n = 0;
        double sum = 0.0;
        for (uint64_t i = 0; i < b->g->accounts; i++) {
            if (!in_bucket(&b->draft[i], k))
                continue;
            if (factor * b->draft[i].size >= k->cap)
                n++;
            else
                sum += b->draft[i].size;
        }
        if (factor > 0.0 && n == n_capped)
            return factor;
        const double left = n > 0 ? k->target - (double)n * k->cap : k->target;
        if (sum == 0.0 || left <= 0.0)
            return 0.0;
        factor = left / sum;
        n_capped = n;
    }
}

/* Rounds to quanta; the largest account below the cap takes what rounding leaves. */
static void bucket_round(const struct population_builder *b, const struct bucket *k,
                         double factor)
{
    struct population_draft *largest = NULL;
    double sum = 0.0;

    for (uint64_t i = 0; i < b->g->accounts; i++) {
        struct population_draft *d = &b->draft[i];
        if (!in_bucket(d, k))
            continue;
        const bool capped = factor * d->size >= k->cap;
        d->size = vm_max(1.0, floor((capped ? k->cap : factor * d->size) + 0.5));
        sum += d->size;
        if (!capped && (largest == NULL || d->size > largest->size))
            largest = d;
    }
    largest->size += k->target - sum;
    for (uint64_t i = 0; i < b->g->accounts; i++)
        if (in_bucket(&b->draft[i], k))
            b->draft[i].size *= k->quantum;
}

static const char *side_name(const struct population_builder *b, int side)
{
    return b->venue->rule->lends ? "owes" : side > 0 ? "is long" : "is short of";
}

static bool bucket_fill(const struct population_builder *b, const struct bucket *k,
                        struct error *err)
{
    const char *asset = b->total[k->total].name, *does = side_name(b, k->side);
    uint64_t n = 0;

    for (uint64_t i = 0; i < b->g->accounts; i++)
        n += in_bucket(&b->draft[i], k);
    if (n == 0 && k->target > 0.0)
        return place_fail(&b->source->place, err,
                          "none of the %llu accounts %s %s, whose total is not 0: raise "
                          "accounts, or the share of those who would",
                          (unsigned long long)b->g->accounts, does, asset);
    if (n > 0 && k->target == 0.0)
        return place_fail(
            &b->source->place, err,
            "%llu accounts draw that one %s %s, whose total is 0: leave it out "
            "of their assets, or give it a total",
            (unsigned long long)n, does, asset);
    if (n == 0)
        return true;
    const double factor = bucket_factor(b, k);
    if (factor == 0.0)
        return place_fail(&b->source->place, err,
                          "%llu accounts of at most %.6g USD each cannot hold the %.6g USD "
                          "that they are to hold of %s: raise size.largest_usd or accounts",
                          (unsigned long long)n, b->g->size.largest_usd,
                          k->target * k->quantum * b->total[k->total].spot_usd, asset);
    bucket_round(b, k, factor);
    return true;
}

bool population_sizes(struct population_builder *b, struct error *err)
{
    const double largest = b->g->size.largest_usd;

    for (uint32_t t = 0; t < b->n_total; t++) {
        const double coins = b->total[t].usd / b->total[t].spot_usd;
        int exponent;
        frexp(coins, &exponent);
        const double quantum = ldexp(1.0, exponent - TOTAL_BITS);
        const double cap =
            largest > 0.0 ? largest / b->total[t].spot_usd / quantum : INFINITY;
        const double residual = b->venue->rule->lends ? 0.0 : b->g->residual_frac;
        const struct bucket less = {t, -1, floor(coins / quantum * (1.0 - residual) + 0.5),
                                    cap, quantum};
        const struct bucket more = {t, 1, floor(coins / quantum + 0.5), cap, quantum};
        if (!bucket_fill(b, &less, err) ||
            (!b->venue->rule->lends && !bucket_fill(b, &more, err)))
            return false;
    }
    return true;
}
