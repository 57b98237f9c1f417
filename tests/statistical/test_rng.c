/* Distribution and independence of the streams. Seeds are fixed; every limit follows from
 * the number of draws. A correlation of n independent pairs has standard error 1/sqrt(n);
 * with 5 standard errors a row fails by chance once in 1.7 million. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "sim/rng.h"

enum { N_DRAW = 1 << 16, N_SORTED = 10000 };

/* First and second start of a pair of streams, same lane. */
struct pair {
    const char *name;
    uint64_t seed[2], path[2];
    const char *stream[2];
};

static const struct pair pairs[] = {
    {"neighbouring paths", {1, 1}, {0, 1}, {"BTC", "BTC"}},
    {"paths a block apart", {1, 1}, {0, 16}, {"BTC", "BTC"}},
    {"paths 4096 apart", {1, 1}, {0, 4096}, {"BTC", "BTC"}},
    {"paths 2^32 apart", {1, 1}, {0, UINT64_C(1) << 32}, {"BTC", "BTC"}},
    {"paths 2^60 apart", {1, 1}, {0, UINT64_C(1) << 60}, {"BTC", "BTC"}},
    {"neighbouring seeds", {1, 2}, {0, 0}, {"BTC", "BTC"}},
    {"seeds 2^32 apart", {1, 1 + (UINT64_C(1) << 32)}, {0, 0}, {"BTC", "BTC"}},
    {"seed and path exchanged", {1, 0}, {0, 1}, {"BTC", "BTC"}},
    {"names with one letter changed", {1, 1}, {0, 0}, {"A1", "A2"}},
    {"names with letters exchanged", {1, 1}, {0, 0}, {"ETH/ab", "ETH/ba"}},
    {"name and its beginning", {1, 1}, {0, 0}, {"ETH", "ETH/jump"}},
    {"two effects of one asset", {1, 1}, {0, 0}, {"ETH/jump-count", "ETH/jump-size"}},
};
enum { N_PAIR = sizeof(pairs) / sizeof(pairs[0]), N_LAG = 4 };

/* Correlation of normals of two streams over N_DRAW draws of LANES paths, the second behind
 * by `lag` draws. Known mean 0 and variance 1 are used. */
static double correlation(const struct pair *p, int lag)
{
    struct rng a, b;
    lane_row x, y;
    double sum = 0.0;

    rng_start(&a, p->seed[0], p->path[0], p->stream[0]);
    rng_start(&b, p->seed[1], p->path[1], p->stream[1]);
    rng_advance(&b, 2 * (uint64_t)lag);
    for (int n = 0; n < N_DRAW; n++) {
        rng_normal(&a, x);
        rng_normal(&b, y);
        for (int k = 0; k < LANES; k++)
            sum += x[k] * y[k];
    }
    return sum / ((double)N_DRAW * LANES);
}

Test(statistical, streams_are_uncorrelated)
{
    const double limit = 5.0 / sqrt((double)N_DRAW * LANES);

    for (int i = 0; i < N_PAIR; i++) {
        for (int lag = 0; lag < N_LAG; lag++) {
            const double r = correlation(&pairs[i], lag);
            cr_assert_lt(fabs(r), limit, "%s, lag %d: %.3g, limit %.3g", pairs[i].name, lag,
                         r, limit);
        }
    }
}

/* Draws of one stream one after the other, and squares, which show common volatility. */
Test(statistical, draws_of_a_stream_are_independent)
{
    const double n = (double)N_DRAW * LANES;
    double plain[N_LAG + 1] = {0.0}, square[N_LAG + 1] = {0.0};
    lane_row history[N_LAG + 1];
    struct rng rng;

    rng_start(&rng, 3, 0, "BTC");
    for (int i = -N_LAG; i < N_DRAW; i++) {
        const int now = (i + N_LAG) % (N_LAG + 1);
        rng_normal(&rng, history[now]);
        if (i < 0)
            continue;
        for (int lag = 1; lag <= N_LAG; lag++) {
            const int then = (now + N_LAG + 1 - lag) % (N_LAG + 1);
            for (int k = 0; k < LANES; k++) {
                const double x = history[now][k], y = history[then][k];
                plain[lag] += x * y;
                square[lag] += (x * x - 1.0) * (y * y - 1.0) / 2.0;
            }
        }
    }
    for (int lag = 1; lag <= N_LAG; lag++) {
        cr_assert_lt(fabs(plain[lag]), 5.0 * sqrt(n), "lag %d: %.3g", lag, plain[lag] / n);
        cr_assert_lt(fabs(square[lag]), 5.0 * sqrt(n), "squares, lag %d: %.3g", lag,
                     square[lag] / n);
    }
}

/* The first draw of each path: what one step of many paths sees. */
Test(statistical, first_draws_of_paths_are_independent)
{
    const int n_path = 1 << 18;
    double last = 0.0, sum = 0.0, squares = 0.0, lagged = 0.0;

    for (int path = 0; path < n_path; path += LANES) {
        struct rng rng;
        lane_row z;

        rng_start(&rng, 7, (uint64_t)path, "BTC");
        rng_normal(&rng, z);
        for (int k = 0; k < LANES; k++) {
            sum += z[k];
            squares += z[k] * z[k] - 1.0;
            lagged += z[k] * last;
            last = z[k];
        }
    }
    cr_assert_lt(fabs(sum), 5.0 * sqrt(n_path), "mean %.3g", sum / n_path);
    cr_assert_lt(fabs(squares), 5.0 * sqrt(2.0 * n_path), "variance - 1 = %.3g",
                 squares / n_path);
    cr_assert_lt(fabs(lagged), 5.0 * sqrt(n_path), "neighbours %.3g", lagged / n_path);
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double kolmogorov_smirnov(double *value, int n)
{
    double d = 0.0;

    qsort(value, (size_t)n, sizeof(value[0]), compare_doubles);
    for (int i = 0; i < n; i++) {
        const double below = value[i] - (double)i / n, above = (i + 1.0) / n - value[i];
        d = below > d ? below : d;
        d = above > d ? above : d;
    }
    return d;
}

/* Exact two-sided quantiles for n = 10,000 (own calculation; scipy agrees). Of 40 streams
 * the number above the 99 % point is binomial: more than 4 has probability 8e-5. None may
 * lie above the limit of sqrt(n) D at 1 - 1e-6 / 40, 3.05, by 2 exp(-2 d^2). */
Test(statistical, uniforms_pass_kolmogorov_smirnov)
{
    const double at_99 = 0.016259280113, at_50 = 0.00825912574092;
    static double value[N_SORTED];
    int above_99 = 0, above_50 = 0;

    for (int stream = 0; stream < 40; stream++) {
        struct rng rng;
        lane_row u;
        char name[] = {'A', (char)('0' + stream), '\0'};

        rng_start(&rng, 1, 0, name);
        for (int n = 0; n < N_SORTED; n++) {
            rng_uniform(&rng, u);
            value[n] = u[0];
        }
        const double d = kolmogorov_smirnov(value, N_SORTED);
        above_99 += d > at_99;
        above_50 += d > at_50;
        cr_assert_lt(d, 3.05 / sqrt(N_SORTED), "stream %s: D = %.4g", name, d);
    }
    cr_assert_leq(above_99, 4, "%d of 40 above the 99 %% point", above_99);
    /* median: 20 of 40, standard deviation 3.2 */
    cr_assert(above_50 >= 5 && above_50 <= 35, "%d of 40 above the median", above_50);
}

/* Central moments of N normals: standard errors 1, sqrt 2, sqrt 15, sqrt 96 over sqrt N. */
Test(statistical, normals_have_the_right_moments)
{
    const double expected[4] = {0.0, 1.0, 0.0, 3.0};
    const double sd[4] = {1.0, sqrt(2.0), sqrt(15.0), sqrt(96.0)};
    const double n = 16.0 * N_DRAW * LANES;
    double sum[4] = {0.0};
    struct rng rng;
    lane_row z;

    rng_start(&rng, 2, 0, "ETH");
    for (int i = 0; i < 16 * N_DRAW; i++) {
        rng_normal(&rng, z);
        for (int k = 0; k < LANES; k++) {
            const double square = z[k] * z[k];
            sum[0] += z[k];
            sum[1] += square;
            sum[2] += square * z[k];
            sum[3] += square * square;
        }
    }
    for (int i = 0; i < 4; i++)
        cr_assert_lt(fabs(sum[i] / n - expected[i]), 5.0 * sd[i] / sqrt(n),
                     "moment %d: %.6g, expected %g", i + 1, sum[i] / n, expected[i]);
}

/* Beyond 4.5 the frequency of the tail, by the Poisson law of 5 standard deviations. */
Test(statistical, normals_have_the_right_tails)
{
    const double level[] = {3.0, 3.5, 4.0, 4.5};
    const double upper[] = {1.3498980316300945e-3, 2.3262907903552504e-4,
                            3.1671241833119921e-5, 3.3976731247300604e-6};
    const double n = 16.0 * N_DRAW * LANES;
    int count[2][4] = {{0}};
    struct rng rng;
    lane_row z;

    rng_start(&rng, 4, 0, "ETH");
    for (int i = 0; i < 16 * N_DRAW; i++) {
        rng_normal(&rng, z);
        for (int k = 0; k < LANES; k++) {
            for (int j = 0; j < 4; j++) {
                count[0][j] += z[k] < -level[j];
                count[1][j] += z[k] > level[j];
            }
        }
    }
    for (int side = 0; side < 2; side++)
        for (int j = 0; j < 4; j++)
            cr_assert_lt(fabs(count[side][j] - n * upper[j]), 5.0 * sqrt(n * upper[j]),
                         "%s %g: %d, expected %.1f", side ? "above" : "below -", level[j],
                         count[side][j], n * upper[j]);
}

/* Every one of the 52 bits of k in (k + 1/2) 2^-52 is set half of the time, and the half is
 * always there. */
Test(statistical, uniforms_have_52_fair_bits)
{
    const double n = (double)N_DRAW * LANES;
    int64_t set[52] = {0};
    struct rng rng;
    lane_row u;

    rng_start(&rng, 9, 0, "SOL");
    for (int i = 0; i < N_DRAW; i++) {
        rng_uniform(&rng, u);
        for (int k = 0; k < LANES; k++) {
            const double whole = u[k] * 0x1p53;
            const uint64_t bits = (uint64_t)whole;

            cr_assert(u[k] > 0.0 && u[k] < 1.0 && whole == (double)bits && (bits & 1) == 1,
                      "draw %d, lane %d: %a", i, k, u[k]);
            for (int bit = 0; bit < 52; bit++)
                set[bit] += (bits >> (bit + 1)) & 1;
        }
    }
    for (int bit = 0; bit < 52; bit++)
        cr_assert_lt(fabs((double)set[bit] - 0.5 * n), 5.0 * 0.5 * sqrt(n), "bit %d: %g",
                     bit, (double)set[bit] / n);
}
