/* Who is closed by auto-deleveraging, and how much of it. */

#include <criterion/criterion.h>
#include <math.h>

#include "sim/adl.h"
#include "tests/unit_case.h"

enum { N = 5 };
static const double coins[N] = {10.0, 4.0, 7.5, 3.0, 20.0};
static const double entry[N] = {80.0, 99.0, 50.0, 130.0, 95.0};
static const double equity[N] = {500.0, 40.0, 5000.0, 100.0, 400.0};
static const double notional[N] = {1000.0, 400.0, 750.0, 600.0, 2000.0};

static struct adl_side side(int is_long)
{
    return (struct adl_side){N, coins, entry, equity, notional, 100.0, is_long};
}

/* By hand: (100/80) x 2 = 2.5, (100/99) x 10, 2 x 0.15, (100/130) x 6, (100/95) x 5. */
Test(unit, adl_scores_are_the_exchanges)
{
    const struct adl_side s = side(1), short_side = side(0);
    static const double by_ratio[N] = {2.5, 1000.0 / 99.0, 0.3, 600.0 / 130.0,
                                       500.0 / 95.0};
    static const double by_gain[N] = {0.25 * 2.0, 10.0 / 99.0, 0.15, (-30.0 / 130.0) / 6.0,
                                      25.0 / 95.0};
    double score[N];

    adl_scores(&s, ADL_HYPERLIQUID, score);
    for (int i = 0; i < N; i++)
        cr_expect_float_eq(score[i], by_ratio[i], 1e-14, "%d: %.17g", i, score[i]);
    adl_scores(&s, ADL_BITMEX, score);
    for (int i = 0; i < N; i++)
        cr_expect_float_eq(score[i], by_gain[i], 1e-14, "%d: %.17g", i, score[i]);
    adl_scores(&short_side, ADL_HYPERLIQUID, score);
    cr_expect_float_eq(score[3], 1.3 * 6.0, 1e-14);
    adl_scores(&short_side, ADL_BITMEX, score);
    cr_expect_float_eq(score[3], 30.0 / 130.0 * 6.0, 1e-14);
    cr_expect_float_eq(score[0], -0.25 / 2.0, 1e-14);
}

Test(unit, adl_closes_the_highest_score_first)
{
    const struct adl_side s = side(1);
    static const uint32_t expected[N] = {1, 4, 3, 0, 2};
    double score[N], closed[N];
    uint32_t order[N];

    adl_scores(&s, ADL_HYPERLIQUID, score);
    const double left = adl_rank(&s, score, 25.5, order, closed);
    cr_expect_float_eq(left, 0.0, 0.0);
    cr_expect(closed[1] == 4.0 && closed[4] == 20.0 && closed[3] == 1.5 &&
              closed[0] == 0.0 && closed[2] == 0.0);
    const double more = adl_rank(&s, score, 50.0, order, closed);
    cr_expect_float_eq(more, 50.0 - 44.5, 0.0, "%g", more);
    for (int i = 0; i < N; i++)
        cr_expect(order[i] == expected[i] && closed[i] == coins[i], "%d: %u", i, order[i]);
}

Test(unit, adl_random_follows_the_draws)
{
    static const double uniform[N] = {0.3, 0.9, 0.1, 0.8, 0.2};
    const struct adl_side s = side(1);
    double closed[N];
    uint32_t order[N];

    const double left = adl_random(&s, uniform, 8.0, order, closed);
    cr_expect(left == 0.0 && closed[1] == 4.0 && closed[3] == 3.0 && closed[0] == 1.0);
    cr_expect(order[0] == 1 && order[1] == 3 && order[2] == 0);
}

/* By hand: leverages 2, 10, 0.15, 6, 5; down to 4, of 240 + 200 + 400 USD, at 100 a coin. */
Test(unit, adl_water_filling_levels_leverage)
{
    const struct adl_side s = side(1);
    double closed[N], level;

    const double left = adl_water_filling(&s, 8.4, closed, &level);
    cr_expect_float_eq(left, 0.0, 0.0);
    cr_expect_float_eq(level, 4.0, 1e-13, "%.17g", level);
    cr_expect_float_eq(closed[1], 2.4, 1e-13, "%.17g", closed[1]);
    cr_expect_float_eq(closed[3], 2.0, 1e-13, "%.17g", closed[3]);
    cr_expect_float_eq(closed[4], 4.0, 1e-13, "%.17g", closed[4]);
    cr_expect(closed[0] == 0.0 && closed[2] == 0.0);
}

/* Sums, bounds, and at the level: nobody who was closed is above it or could be spared, but
 * for those that have nothing left to close. */
Test(property, adl_allocations_add_up)
{
    enum { MANY = 40 };
    uint64_t random = 2385;

    for (int row = 0; row < 2000; row++) {
        double q[MANY], e[MANY], own[MANY], n[MANY], u[MANY], closed[MANY], level,
            all = 0.0;
        uint32_t order[MANY];
        for (int i = 0; i < MANY; i++) {
            q[i] = exp(unit_case_random(&random, -3.0, 3.0));
            e[i] = unit_case_random(&random, 50.0, 150.0);
            n[i] = 100.0 * q[i] * (i % 3 == 0 ? unit_case_random(&random, 1.0, 3.0) : 1.0);
            own[i] = i % 11 == 0 ? -1.0 : n[i] / unit_case_random(&random, 0.1, 20.0);
            u[i] = unit_case_random(&random, 0.0, 1.0);
            all += q[i];
        }
        const struct adl_side s = {MANY, q, e, own, n, 100.0, row % 2};
        const double wanted = all * unit_case_random(&random, 0.001, 1.1);
        for (int how = 0; how < 4; how++) {
            double sum = 0.0, score[MANY];
            adl_scores(&s, row % 3 == 0 ? ADL_BITMEX : ADL_HYPERLIQUID, score);
            const double left = how == 0   ? adl_rank(&s, score, wanted, order, closed)
                                : how == 1 ? adl_pro_rata(&s, wanted, closed)
                                : how == 2 ? adl_random(&s, u, wanted, order, closed)
                                           : adl_water_filling(&s, wanted, closed, &level);
            for (int i = 0; i < MANY; i++) {
                cr_assert(closed[i] >= 0.0 && closed[i] <= q[i], "row %d how %d", row, how);
                sum += closed[i];
            }
            cr_assert_float_eq(sum + left, wanted, 1e-11 * all,
                               "row %d how %d: %.17g %.17g", row, how, sum + left, wanted);
            cr_assert(left == 0.0 || wanted > all * (1.0 - 1e-12), "row %d how %d", row,
                      how);
        }
        for (int i = 0; i < MANY; i++) {
            const double after =
                own[i] > 0.0 ? (n[i] - 100.0 * closed[i]) / own[i] : INFINITY;
            cr_assert(closed[i] == 0.0 || closed[i] == q[i] || own[i] <= 0.0 ||
                          fabs(after - level) < 1e-9 * (1.0 + level),
                      "row %d: %g, level %g", row, after, level);
            cr_assert(closed[i] == q[i] || own[i] <= 0.0 || after <= level * (1.0 + 1e-9),
                      "row %d: %g above %g", row, after, level);
        }
    }
}
