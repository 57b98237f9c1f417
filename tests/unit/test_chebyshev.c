/* Piecewise Chebyshev interpolation: functions whose coefficients or convergence are known,
 * kinks, several dimensions, the edges of the box, and builds that must fail. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "sim/chebyshev.h"
#include "sim/vmath.h"

enum { N_ROW = 400 };

/* A function under test: its sums, and what the builder asked of it. */
struct subject {
    void (*sum)(double x, const double *y, double *out);
    uint32_t n_state, n_sum;
    uint32_t n_point, n_call;
};

static void subject_value(void *context, uint32_t n, const double *x, const lane_row *y,
                          lane_row *out)
{
    struct subject *f = context;

    cr_assert(n > 0 && n <= LANES);
    f->n_point += n;
    f->n_call++;
    for (int k = 0; k < LANES; k++) {
        double state[3] = {0.0}, sum[CHEBYSHEV_MAX_SUM];

        for (uint32_t i = 0; i < f->n_state; i++)
            state[i] = y[i][k];
        f->sum(x[k], state, sum);
        for (uint32_t s = 0; s < f->n_sum; s++)
            out[s][k] = sum[s];
    }
}

/* Uniform on 0 .. 1, by the generator of Knuth's MMIX. */
static double uniform(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*state >> 11) * 0x1p-53;
}

static void fill_rows(const struct chebyshev_spec *spec, uint64_t *state, double *x,
                      lane_row *y)
{
    for (int k = 0; k < LANES; k++) {
        x[k] = spec->low[0] + (spec->high[0] - spec->low[0]) * uniform(state);
        for (uint32_t i = 0; i < spec->n_state; i++)
            y[i][k] =
                spec->low[1 + i] + (spec->high[1 + i] - spec->low[1 + i]) * uniform(state);
    }
}

/* Builds, and compares with the function at random points; the largest error of each sum. */
static void check_error(struct subject *f, struct chebyshev_spec *spec, double allowed,
                        struct arena *arena, struct chebyshev *c)
{
    uint64_t state = 11;

    spec->n_state = f->n_state;
    spec->n_sum = f->n_sum;
    spec->value = subject_value;
    spec->context = f;
    cr_assert(chebyshev_build(spec, arena, c), "no convergence: error %g in sum 0 after %u",
              c->error[0], c->n_point);
    cr_assert_eq(c->n_point, f->n_point);
    cr_assert_eq(c->n_call, f->n_call);
    for (int row = 0; row < N_ROW; row++) {
        lane_row x, y[3], out[CHEBYSHEV_MAX_SUM], outside;

        fill_rows(spec, &state, x, y);
        cr_assert_eq(chebyshev_value(c, x, (const lane_row *)y, out, outside), 0);
        for (int k = 0; k < LANES; k++) {
            double at[3] = {0.0}, sum[CHEBYSHEV_MAX_SUM];

            for (uint32_t i = 0; i < f->n_state; i++)
                at[i] = y[i][k];
            f->sum(x[k], at, sum);
            for (uint32_t s = 0; s < f->n_sum; s++)
                if (spec->tolerance[s] < (double)INFINITY)
                    cr_assert_leq(fabs(out[s][k] - sum[s]), allowed * spec->tolerance[s],
                                  "sum %u at x = %.17g: %.17g, expected %.17g", s, x[k],
                                  out[s][k], sum[s]);
        }
    }
}

static void exp_and_runge(double x, const double *y, double *out)
{
    (void)y;
    out[0] = vm_exp(x);
    out[1] = 1.0 / (1.0 + 25.0 * x * x); /* Runge (1901): poles at +-i/5 */
}

/* Half the coefficient of T_0 and the coefficients of T_1 .. of exp on [-1, 1] are 2 I_j(1);
 * Bessel functions from Abramowitz and Stegun (1964), tables 9.8 and 9.11. */
Test(unit, chebyshev_finds_the_coefficients_of_exp)
{
    static const double bessel[] = {1.2660658777520084,    0.56515910399248503,
                                    0.13574766976703828,   0.022168424924331903,
                                    0.0027371202210468663, 0.00027146315595697188};
    static const double tolerance[] = {1e-13};
    struct arena arena = {0};
    struct chebyshev c;
    struct subject f = {.sum = exp_and_runge, .n_sum = 1};
    struct chebyshev_spec spec = {
        .low = {-1.0}, .high = {1.0}, .tolerance = tolerance, .max_points = 1000};

    check_error(&f, &spec, 1.0, &arena, &c);
    cr_assert_eq(c.n_piece, 1);
    cr_assert_eq(c.n_point, 33); /* degree 16, tested half way between its nodes */
    for (uint32_t j = 0; j < 6; j++)
        cr_assert_float_eq(c.piece[0].coef[j * c.width], bessel[j] * (j > 0 ? 2.0 : 1.0),
                           2e-13, "coefficient %u: %.17g", j, c.piece[0].coef[j * c.width]);
    /* the first coefficient below a quarter of the tolerance is 2 I_13(1) = 3.9e-14 / 2 */
    cr_assert(c.piece[0].degree[0] >= 12 && c.piece[0].degree[0] <= 14);
    arena_free(&arena);
}

Test(unit, chebyshev_reaches_1e_13_on_smooth_functions)
{
    static const double tolerance[] = {1e-13, 1e-13};
    struct arena arena = {0};
    struct chebyshev c;
    struct subject f = {.sum = exp_and_runge, .n_sum = 2};
    struct chebyshev_spec spec = {
        .low = {-1.0}, .high = {1.0}, .tolerance = tolerance, .max_points = 1000};

    check_error(&f, &spec, 1.0, &arena, &c);
    cr_assert_leq(c.n_piece, 8);
    arena_free(&arena);
}

static const double STRIKE = 1.1;

static void payoff(double x, const double *y, double *out)
{
    const double spot = vm_exp(x);

    (void)y;
    out[0] = spot > STRIKE ? spot - STRIKE : 0.0;
    out[1] = spot > STRIKE ? 1.0 : 0.0;
}

Test(unit, chebyshev_keeps_a_kink_at_a_split)
{
    static const double tolerance[] = {1e-12, 1e-12};
    const double split[] = {-3.0, vm_log(STRIKE), 2.0}; /* two lie outside */
    struct arena arena = {0};
    struct chebyshev c;
    struct subject f = {.sum = payoff, .n_sum = 2};
    struct chebyshev_spec spec = {.low = {-0.5},
                                  .high = {0.7},
                                  .n_split = 3,
                                  .split = split,
                                  .tolerance = tolerance,
                                  .max_points = 200};
    lane_row x, out[2], outside;

    check_error(&f, &spec, 1.0, &arena, &c);
    cr_assert_eq(c.n_piece, 2);
    for (int k = 0; k < LANES; k++) /* next to the jump, on either side */
        x[k] = split[1] + (k % 2 ? 1e-14 : -1e-14);
    chebyshev_value(&c, x, NULL, out, outside);
    for (int k = 0; k < LANES; k++)
        cr_assert_float_eq(out[1][k], k % 2 ? 1.0 : 0.0, 1e-12);
    arena_free(&arena);
}

Test(unit, chebyshev_refuses_what_does_not_converge)
{
    static const double tolerance[] = {1e-12, 1e-12};
    struct arena arena = {0};
    struct chebyshev c;
    struct subject f = {.sum = payoff, .n_sum = 2};
    struct chebyshev_spec spec = {.n_sum = 2,
                                  .low = {-0.5},
                                  .high = {0.7},
                                  .tolerance = tolerance,
                                  .max_points = 400,
                                  .value = subject_value,
                                  .context = &f};

    cr_assert(!chebyshev_build(&spec, &arena, &c));
    cr_assert_leq(f.n_point, 400);
    cr_assert_eq(c.n_point, f.n_point);
    cr_assert(c.error[1] > 0.1 && c.error[1] <= 1.5, "%g", c.error[1]);
    spec.max_points = 1000000; /* the jump has no width at which it becomes smooth */
    cr_assert(!chebyshev_build(&spec, &arena, &c));
    cr_assert_leq(c.n_point, 5000);
    spec.max_points = 5; /* not even a start */
    cr_assert(!chebyshev_build(&spec, &arena, &c));
    cr_assert_eq(c.n_point, 0);
    cr_assert_eq(c.error[0], (double)INFINITY);
    arena_free(&arena);
}

static void not_finite(double x, const double *y, double *out)
{
    (void)y;
    out[0] = 1.0 / (x > 0.2 ? 0.0 : 1.0);
    out[1] = x;
}

Test(unit, chebyshev_refuses_values_that_are_not_finite)
{
    static const double tolerance[] = {1e-6, 1e-6};
    struct arena arena = {0};
    struct chebyshev c;
    struct subject f = {.sum = not_finite, .n_sum = 2};
    struct chebyshev_spec spec = {.n_sum = 2,
                                  .low = {-0.5},
                                  .high = {0.7},
                                  .tolerance = tolerance,
                                  .max_points = 1000,
                                  .value = subject_value,
                                  .context = &f};

    cr_assert(!chebyshev_build(&spec, &arena, &c));
    cr_assert_eq(c.error[0], (double)INFINITY);
    arena_free(&arena);
}

Test(unit, chebyshev_leaves_a_sum_without_tolerance_alone)
{
    static const double tolerance[] = {(double)INFINITY, (double)INFINITY};
    struct arena arena = {0};
    struct chebyshev c;
    struct subject f = {.sum = payoff, .n_sum = 2};
    struct chebyshev_spec spec = {
        .low = {-0.5}, .high = {0.7}, .tolerance = tolerance, .max_points = 17};

    check_error(&f, &spec, 1.0, &arena, &c);
    cr_assert_eq(c.n_piece, 1);
    arena_free(&arena);
}

Test(unit, chebyshev_takes_any_value_of_a_sum_without_tolerance)
{
    static const double tolerance[] = {(double)INFINITY, 1e-6};
    struct arena arena = {0};
    struct chebyshev c;
    struct subject f = {.sum = not_finite, .n_sum = 2};
    struct chebyshev_spec spec = {
        .low = {-0.5}, .high = {0.7}, .tolerance = tolerance, .max_points = 17};

    check_error(&f, &spec, 1.0, &arena, &c);
    arena_free(&arena);
}

/* Black (1976) on forward e^x: value, delta and gamma; sd = 0.02 e^(y0 + 2 y1 + y2). */
static void black(double x, const double *y, double *out)
{
    const double sd = 0.02 * vm_exp(y[0] + 2.0 * y[1] + y[2]), forward = vm_exp(x);
    const double d1 = (x - vm_log(STRIKE)) / sd + 0.5 * sd;

    out[1] = vm_normal_cdf(d1);
    out[0] = forward * out[1] - STRIKE * vm_normal_cdf(d1 - sd);
    out[2] = vm_normal_pdf(d1) / (forward * sd);
}

Test(unit, chebyshev_follows_an_option_near_expiry)
{
    static const double tolerance[] = {1e-9, 1e-8, 1e-6};
    struct arena arena = {0};
    struct chebyshev c;
    struct subject f = {.sum = black, .n_sum = 3};
    struct chebyshev_spec spec = {
        .low = {-1.5}, .high = {1.5}, .tolerance = tolerance, .max_points = 1000};

    check_error(&f, &spec, 1.0, &arena, &c);
    cr_assert_gt(c.n_piece, 4);
    cr_assert_geq(c.n_point, 0.75 * LANES * c.n_call, "%u points in %u calls", c.n_point,
                  c.n_call);
    arena_free(&arena);
}

Test(unit, chebyshev_interpolates_in_two_to_four_dimensions)
{
    static const double tolerance[] = {1e-7, 1e-6, 1e-4};
    for (uint32_t n_state = 1; n_state <= 3; n_state++) {
        struct arena arena = {0};
        struct chebyshev c;
        struct subject f = {.sum = black, .n_state = n_state, .n_sum = 3};
        struct chebyshev_spec spec = {.low = {-0.1, -0.2, -0.05, -0.1},
                                      .high = {0.3, 0.2, 0.05, 0.1},
                                      .tolerance = tolerance,
                                      .max_points = 200000};

        check_error(&f, &spec, 1.0, &arena, &c);
        for (uint32_t i = 1; i < CHEBYSHEV_AXES; i++)
            cr_assert(i <= n_state ? c.max_degree[i] > 0 : c.max_degree[i] == 0);
        arena_free(&arena);
    }
}

/* The same bits whatever the other lanes are. */
Test(unit, chebyshev_does_not_depend_on_the_neighbours)
{
    static const double tolerance[] = {1e-6, 1e-5, 1e-3};
    struct arena arena = {0};
    struct chebyshev c;
    struct subject f = {.sum = black, .n_state = 1, .n_sum = 3};
    struct chebyshev_spec spec = {.low = {-0.6, -0.2},
                                  .high = {0.6, 0.2},
                                  .tolerance = tolerance,
                                  .max_points = 100000};
    lane_row x, y[3], out[3], alone[3], x1, y1[1], outside;
    uint64_t state = 5;

    check_error(&f, &spec, 1.0, &arena, &c);
    cr_assert_gt(c.n_piece, 2);
    fill_rows(&spec, &state, x, y);
    chebyshev_value(&c, x, (const lane_row *)y, out, outside);
    for (int k = 0; k < LANES; k++) {
        const int to = (k + 3) % LANES;

        for (int i = 0; i < LANES; i++) {
            x1[i] = i == to ? x[k] : (k % 2 ? x[k] : spec.low[0]);
            y1[0][i] = i == to ? y[0][k] : spec.high[1];
        }
        chebyshev_value(&c, x1, (const lane_row *)y1, alone, outside);
        for (int s = 0; s < 3; s++)
            cr_assert_eq(vm_bits(alone[s][to]), vm_bits(out[s][k]));
    }
    arena_free(&arena);
}

Test(unit, chebyshev_reports_lanes_outside_and_leaves_them)
{
    static const double tolerance[] = {1e-6, 1e-5, 1e-3};
    static const struct {
        double x, y, outside;
    } rows[] = {{0.1, 0.1, 0.0},          {-0.1, -0.2, 0.0},
                {0.3, 0.2, 0.0},          {0.30000000000000004, 0.0, 1.0},
                {-0.11, 0.0, 1.0},        {0.1, 0.2001, 1.0},
                {0.1, -0.21, 1.0},        {(double)NAN, 0.0, 1.0},
                {(double)INFINITY, 0, 1}, {-(double)INFINITY, 0.0, 1.0},
                {0.1, (double)NAN, 1.0},  {0.1, (double)INFINITY, 1.0}};
    const uint32_t n = sizeof rows / sizeof rows[0];
    struct arena arena = {0};
    struct chebyshev c;
    struct subject f = {.sum = black, .n_state = 1, .n_sum = 3};
    struct chebyshev_spec spec = {.low = {-0.1, -0.2},
                                  .high = {0.3, 0.2},
                                  .tolerance = tolerance,
                                  .max_points = 100000};
    lane_row x, y[1], out[3], outside;

    check_error(&f, &spec, 1.0, &arena, &c);
    for (uint32_t i = 0; i < n; i++) {
        for (int k = 0; k < LANES; k++) {
            x[k] = k == 1 ? rows[i].x : 0.05;
            y[0][k] = k == 1 ? rows[i].y : 0.01;
            out[0][k] = out[1][k] = out[2][k] = -7.25;
        }
        cr_assert_eq(chebyshev_value(&c, x, (const lane_row *)y, out, outside),
                     (uint32_t)rows[i].outside, "row %u", i);
        cr_assert_eq(outside[1], rows[i].outside, "row %u", i);
        cr_assert_eq(outside[0], 0.0);
        cr_assert(rows[i].outside == 1.0 ? out[0][1] == -7.25 : out[0][1] > -1.0);
        cr_assert_gt(out[0][0], -1.0);
    }
    arena_free(&arena);
}

Test(unit, chebyshev_takes_a_box_without_width)
{
    static const double tolerance[] = {1e-9, 1e-8, 1e-6};
    static const struct chebyshev_spec boxes[] = {
        {.low = {0.08, -0.1, 0.02}, .high = {0.08, -0.1, 0.02}},
        {.low = {0.08, -0.1, 0.02}, .high = {0.08, 0.1, 0.02}},
        {.low = {-0.2, 0.07, -0.1}, .high = {0.2, 0.07, 0.1}},
        {.low = {-0.2, 0.07, 0.03}, .high = {0.2, 0.07, 0.03}}};

    for (uint32_t i = 0; i < sizeof boxes / sizeof boxes[0]; i++) {
        for (uint32_t n_state = 0; n_state <= 2; n_state += 2) {
            struct arena arena = {0};
            struct chebyshev c;
            struct subject f = {.sum = black, .n_state = n_state, .n_sum = 3};
            struct chebyshev_spec spec = boxes[i];

            spec.tolerance = tolerance;
            spec.max_points = 20000;
            check_error(&f, &spec, 1.0, &arena, &c);
            if (i == 0) /* one node; with states the points of the test */
                cr_assert_eq(c.n_point, n_state > 0 ? 65 : 1);
            for (uint32_t axis = 0; axis <= n_state; axis++)
                cr_assert_eq(c.max_degree[axis] == 0, spec.low[axis] == spec.high[axis]);
            arena_free(&arena);
        }
    }
}
