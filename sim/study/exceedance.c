#include "sim/study/exceedance.h"

#include <math.h>

#include <gsl/gsl_cdf.h>

#include "sim/rng.h"

/* k ln p, 0 where k is 0. */
static double count_log(double k, double p)
{
    return k > 0.0 ? k * log(p) : 0.0;
}

double exceedance_kupiec(uint32_t n, uint32_t n_exceeded, double a)
{
    const double k = n_exceeded, rest = n - k;

    return 2.0 * (count_log(k, k / n / a) + count_log(rest, rest / n / (1.0 - a)));
}

double exceedance_independence(const uint32_t t[2][2])
{
    const double n00 = t[0][0], n01 = t[0][1], n10 = t[1][0], n11 = t[1][1];
    const double n0 = n00 + n01, n1 = n10 + n11, hit = n01 + n11;

    if (n0 == 0.0 || n1 == 0.0 || hit == 0.0 || hit == n0 + n1)
        return 0.0;
    const double share = hit / (n0 + n1);
    return 2.0 * (count_log(n00, n00 / n0) + count_log(n01, n01 / n0) +
                  count_log(n10, n10 / n1) + count_log(n11, n11 / n1) -
                  count_log(n00 + n10, 1.0 - share) - count_log(hit, share));
}

/* One block of the null's series. */
struct null_block {
    struct rng rng;
    lane_row n_exceeded, ratio;
};
struct exceedance_null {
    uint32_t n_repeat, n_block;
    struct null_block *block;
};

void exceedance_start(struct exceedance *c, double a, uint32_t n_repeat, uint64_t seed,
                      struct arena *arena)
{
    struct exceedance_null *null = arena_get(arena, 1, sizeof *null);

    *c = (struct exceedance){.a = a, .null = null};
    null->n_repeat = n_repeat;
    null->n_block = (n_repeat + LANES - 1) / LANES;
    null->block = arena_get(arena, null->n_block, sizeof *null->block);
    for (uint64_t b = 0; b < null->n_block; b++)
        rng_start(&null->block[b].rng, seed, b * LANES, "acerbi-szekely");
}

void exceedance_add(struct exceedance *c, const double *draw, uint32_t n_draw, double var,
                    double es, double loss, bool follows)
{
    const bool exceeded = loss > var;

    if (follows && c->n > 0)
        c->transitions[c->before][exceeded]++;
    c->before = exceeded;
    c->n++;
    c->n_exceeded += exceeded;
    c->ratio += exceeded ? loss / es : 0.0;
    for (uint32_t b = 0; b < c->null->n_block; b++) {
        struct null_block *block = &c->null->block[b];
        lane_row uniform;
        rng_uniform(&block->rng, uniform);
        for (int k = 0; k < LANES; k++) {
            const double drawn = draw[(uint32_t)(uniform[k] * n_draw)];
            block->n_exceeded[k] += drawn > var ? 1.0 : 0.0;
            block->ratio[k] += drawn > var ? drawn / es : 0.0;
        }
    }
}

static double z1_of(double n_exceeded, double ratio)
{
    return n_exceeded > 0.0 ? ratio / n_exceeded - 1.0 : 0.0;
}

static void acerbi_szekely(const struct exceedance *c, struct backtest_test *test)
{
    const struct exceedance_null *null = c->null;
    const double expected = c->a * c->n;
    uint32_t n_z1 = 0, n_z2 = 0;

    test->z1 = z1_of(c->n_exceeded, c->ratio);
    test->z2 = c->ratio / expected - 1.0;
    for (uint32_t r = 0; r < null->n_repeat; r++) {
        const struct null_block *block = &null->block[r / LANES];
        const double n_exceeded = block->n_exceeded[r % LANES];
        const double ratio = block->ratio[r % LANES];
        n_z1 += z1_of(n_exceeded, ratio) >= test->z1;
        n_z2 += ratio / expected - 1.0 >= test->z2;
    }
    test->z1_p = (1.0 + n_z1) / (1.0 + null->n_repeat);
    test->z2_p = (1.0 + n_z2) / (1.0 + null->n_repeat);
}

void exceedance_finish(const struct exceedance *c, struct backtest_test *test)
{
    *test = (struct backtest_test){.n = c->n, .n_exceeded = c->n_exceeded};
    test->kupiec_lr = exceedance_kupiec(c->n, c->n_exceeded, c->a);
    test->kupiec_p = gsl_cdf_chisq_Q(test->kupiec_lr, 1.0);
    test->independence_lr = exceedance_independence(c->transitions);
    test->independence_p =
        c->n_exceeded > 0 ? gsl_cdf_chisq_Q(test->independence_lr, 1.0) : (double)NAN;
    test->coverage_lr = test->kupiec_lr + test->independence_lr;
    test->coverage_p = gsl_cdf_chisq_Q(test->coverage_lr, 2.0);
    acerbi_szekely(c, test);
}
