/* What a draw depends on: seed, path, stream name and position, and nothing else. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "sim/rng.h"
#include "sim/vmath.h"

enum { N_DRAW = 50 };

Test(rng, a_path_draws_the_same_in_every_lane)
{
    const uint64_t first[] = {0, 7, 4096, UINT64_C(1) << 40};

    for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
        struct rng block;

        rng_start(&block, 20200312, first[i], "ETH/jump-size");
        for (int k = 0; k < LANES; k++) {
            struct rng alone, copy = block;
            lane_row a, b;

            rng_start(&alone, 20200312, first[i] + (uint64_t)k, "ETH/jump-size");
            for (int n = 0; n < N_DRAW; n++) {
                rng_normal(&copy, a);
                rng_normal(&alone, b);
                cr_assert_eq(a[k], b[0], "path %llu, lane %d, draw %d",
                             (unsigned long long)first[i] + (unsigned long long)k, k, n);
            }
        }
    }
}

Test(rng, advance_equals_drawing)
{
    for (uint64_t n_output = 0; n_output < 70; n_output++) {
        struct rng drawn, jumped;
        uint32_t output[LANES];

        rng_start(&drawn, 11, 3, "BTC");
        jumped = drawn;
        for (uint64_t n = 0; n < n_output; n++)
            rng_raw(&drawn, output);
        rng_advance(&jumped, n_output);
        cr_assert_eq(memcmp(&drawn, &jumped, sizeof(drawn)), 0, "%d outputs",
                     (int)n_output);
    }
}

Test(rng, advance_by_a_negative_number_goes_back)
{
    struct rng begin, rng;

    rng_start(&begin, 11, 3, "BTC");
    rng = begin;
    rng_advance(&rng, 123456789);
    cr_assert_neq(memcmp(&begin, &rng, sizeof(rng)), 0);
    rng_advance(&rng, -UINT64_C(123456789));
    cr_assert_eq(memcmp(&begin, &rng, sizeof(rng)), 0);
}

Test(rng, uniform_and_normal_are_made_of_two_outputs)
{
    struct rng raw, uniform, normal;
    uint32_t first[LANES], second[LANES];
    lane_row u, z;

    rng_start(&raw, 5, 0, "SOL");
    uniform = raw;
    normal = raw;
    for (int n = 0; n < 1000; n++) {
        rng_raw(&raw, first);
        rng_raw(&raw, second);
        rng_uniform(&uniform, u);
        rng_normal(&normal, z);
        for (int k = 0; k < LANES; k++) {
            const uint64_t bits = ((uint64_t)first[k] << 20) | (second[k] >> 12);
            const double expected = ((double)bits + 0.5) * 0x1p-52;

            cr_assert_eq(u[k], expected, "draw %d, lane %d: %a", n, k, u[k]);
            const double x = vm_normal_quantile(expected);
            cr_assert_leq(fabs(z[k] - x), 2e-15 * fabs(x), "draw %d, lane %d: %.17g", n, k,
                          z[k]);
        }
    }
    cr_assert_eq(memcmp(&raw, &uniform, sizeof(raw)), 0, "uniform uses two outputs");
    cr_assert_eq(memcmp(&raw, &normal, sizeof(raw)), 0, "normal uses two outputs");
}

/* The ends of the interval, from outputs of all zeros and all ones. */
Test(rng, uniform_never_reaches_0_or_1)
{
    const double low = 0x1p-53, high = 1.0 - 0x1p-53;

    cr_assert_float_eq(vm_normal_quantile(low), -8.2095361516013856, 1e-14);
    cr_assert_float_eq(vm_normal_quantile(high), 8.2095361516013856, 1e-14);
}

Test(rng, seed_path_and_name_all_matter)
{
    static const struct {
        uint64_t seed, path;
        const char *stream;
    } row[] = {{1, 0, "BTC"},  {2, 0, "BTC"},      {1, 1, "BTC"}, {0, 1, "BTC"},
               {1, 0, "ETH"},  {1, 0, "BTC/jump"}, {1, 0, ""},    {1, 0, "BTD"},
               {1, 0, "CTB"},  {1, 0, "BT"},       {1, 2, "BTC"}, {UINT64_MAX, 0, "BTC"},
               {1, 256, "BTC"}};
    enum { N_ROW = sizeof(row) / sizeof(row[0]) };
    struct rng rng[N_ROW];

    for (int i = 0; i < N_ROW; i++)
        rng_start(&rng[i], row[i].seed, row[i].path, row[i].stream);
    for (int i = 0; i < N_ROW; i++) {
        cr_assert_eq(rng[i].increment[0] & 1, 1, "row %d: increment is even", i);
        for (int j = 0; j < i; j++) {
            cr_assert_neq(rng[i].state[0], rng[j].state[0], "rows %d, %d: state", i, j);
            cr_assert_neq(rng[i].increment[0], rng[j].increment[0],
                          "rows %d, %d: increment", i, j);
        }
    }
}

/* The hash is part of the promise that results do not change: these are its first values.
 */
Test(rng, streams_stay_as_they_are)
{
    struct rng rng;
    uint32_t output[LANES];

    rng_start(&rng, 20200312, 0, "ETH/jump");
    cr_assert_eq(rng.state[0], UINT64_C(0x3464a00722b66226), "state %#llx",
                 (unsigned long long)rng.state[0]);
    cr_assert_eq(rng.increment[0], UINT64_C(0x302a2f2e09bb5601), "increment %#llx",
                 (unsigned long long)rng.increment[0]);
    rng_raw(&rng, output);
    cr_assert_eq(output[0], 0x632568fu, "output %#x", output[0]);
}
