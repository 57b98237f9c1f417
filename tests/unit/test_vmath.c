/* vm_* against the long double functions of libm, whose own error is below 0.001 ulp of a
 * double: dense random arguments over the usual range, and the edges one by one.
 * tests/reference/test_vmath.c goes over the whole range with MPFR. Stated limits are in
 * sim/vmath.h. */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>

#include "sim/denormals.h"
#include "sim/vmath.h"

enum { N_RANDOM = 400000 };

/* SplitMix64, so that these tests do not rest on sim/rng.c. */
static double next_uniform(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return ((double)((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53;
}

static double between(uint64_t *state, double low, double high)
{
    return low + (high - low) * next_uniform(state);
}

/* Error in units of the last place of the exact value; below DBL_MIN in units of 2^-1074.
 */
static double ulp_error(double got, long double exact)
{
    int exponent;

    if ((double)exact == got)
        return 0.0;
    (void)frexpl(exact, &exponent);
    const int last = exponent - 53 < -1074 ? -1074 : exponent - 53;
    return (double)fabsl(ldexpl((long double)got - exact, -last));
}

static double relative_error(double got, long double exact)
{
    return (double)fabsl((long double)got / exact - 1.0L);
}

static long double exact_cdf(double x)
{
    return 0.5L * erfcl(-(long double)x * sqrtl(0.5L));
}

static long double exact_pdf(double x)
{
    const long double half_square = 0.5L * (long double)x * (long double)x; /* 64 bits */
    const long double rest = 0.5L * fmal(x, x, -2.0L * half_square);

    return 0.398942280401432677939946059934382L * expl(-half_square) * (1.0L - rest);
}

Test(vmath, exp_is_within_one_ulp)
{
    const double limit = 1.0;
    const double range[][2] = {
        {-708.0, 709.78}, {-1.0, 1.0}, {-0.35, 0.35}, {-1e-6, 1e-6}, {-745.0, -707.0}};
    uint64_t state = 1;

    for (size_t i = 0; i < sizeof(range) / sizeof(range[0]); i++) {
        double worst = 0.0, where = 0.0;
        for (int n = 0; n < N_RANDOM; n++) {
            const double x = between(&state, range[i][0], range[i][1]);
            const double error = ulp_error(vm_exp(x), expl(x));
            where = error > worst ? x : where;
            worst = error > worst ? error : worst;
        }
        cr_log_info("exp on %g .. %g: %.3f ulp at %a", range[i][0], range[i][1], worst,
                    where);
        cr_assert_leq(worst, limit, "exp on %g .. %g: %.3f ulp at %a", range[i][0],
                      range[i][1], worst, where);
    }
}

Test(vmath, exp_at_the_edges)
{
    cr_assert_eq(vm_exp(0.0), 1.0, "exp(0)");
    cr_assert_eq(vm_exp(-0.0), 1.0, "exp(-0)");
    cr_assert_eq(vm_exp((double)INFINITY), (double)INFINITY, "exp(inf)");
    cr_assert_eq(vm_exp(-(double)INFINITY), 0.0, "exp(-inf)");
    cr_assert_eq(vm_exp(709.79), (double)INFINITY, "exp(709.79)");
    cr_assert_eq(vm_exp(DBL_MAX), (double)INFINITY, "exp(DBL_MAX)");
    cr_assert_eq(vm_exp(-746.0), 0.0, "exp(-746)");
    cr_assert_eq(vm_exp(-745.0), 0x1p-1074, "exp(-745)");
    cr_assert_eq(vm_exp(-DBL_MAX), 0.0, "exp(-DBL_MAX)");
    cr_assert_eq(vm_exp(0x1p-1074), 1.0, "exp(2^-1074)");
    cr_assert(isfinite(vm_exp(0x1.62e42fefa39efp+9)), "exp of the last before infinity");
    cr_assert_eq(vm_exp(0x1.62e42fefa39fp+9), (double)INFINITY, "exp of the next");
    cr_assert_eq(vm_exp(-0x1.74910d52d3051p+9), 0x1p-1074, "exp of the last before 0");
    cr_assert_eq(vm_exp(-0x1.74910d52d3053p+9), 0.0, "exp of the one after the next");
    cr_assert(isnan(vm_exp((double)NAN)), "exp(NaN)");
    cr_assert(isnan(vm_exp(nan("8191"))), "exp of a NaN with a payload");
}

Test(vmath, log_is_within_two_ulp)
{
    const double limit = 2.0;
    uint64_t state = 2;

    for (int pass = 0; pass < 4; pass++) {
        double worst = 0.0, where = 0.0;
        for (int n = 0; n < N_RANDOM; n++) {
            const double u = next_uniform(&state);
            double x = exp2(2040.0 * u - 1020.0);
            x = pass == 1 ? 0.5 + u : x;                   /* near 1, both sides */
            x = pass == 2 ? 1.0 + (u - 0.5) * 0x1p-20 : x; /* very near 1 */
            x = pass == 3 ? ldexp(u, -1022 - n % 50) : x;  /* subnormal */
            const double error = ulp_error(vm_log(x), logl(x));
            where = error > worst ? x : where;
            worst = error > worst ? error : worst;
        }
        cr_log_info("log, pass %d: %.3f ulp at %a", pass, worst, where);
        cr_assert_leq(worst, limit, "log, pass %d: %.3f ulp at %a", pass, worst, where);
    }
}

Test(vmath, log_at_the_edges)
{
    cr_assert_eq(vm_log(1.0), 0.0, "log(1)");
    cr_assert_eq(vm_log(0.0), -(double)INFINITY, "log(0)");
    cr_assert_eq(vm_log(-0.0), -(double)INFINITY, "log(-0)");
    cr_assert_eq(vm_log((double)INFINITY), (double)INFINITY, "log(inf)");
    cr_assert(isnan(vm_log(-1.0)), "log(-1)");
    cr_assert(isnan(vm_log(-(double)INFINITY)), "log(-inf)");
    cr_assert(isnan(vm_log((double)NAN)), "log(NaN)");
    cr_assert_leq(ulp_error(vm_log(0x1p-1074), logl(0x1p-1074L)), 1.0, "log(2^-1074)");
    cr_assert_leq(ulp_error(vm_log(DBL_MAX), logl(DBL_MAX)), 1.0, "log(DBL_MAX)");
}

Test(vmath, log_of_its_neighbours_at_the_edges)
{
    const double normal = DBL_MIN, subnormal = nextafter(DBL_MIN, 0.0);

    cr_assert_leq(ulp_error(vm_log(normal), logl(normal)), 1.0, "log(DBL_MIN)");
    cr_assert_leq(ulp_error(vm_log(subnormal), logl(subnormal)), 1.0, "the one below it");
    cr_assert_eq(vm_log(1.0 + 0x1p-52), 0x1p-52 - 0x1p-105, "log of the one above 1");
    cr_assert_eq(vm_log(1.0 - 0x1p-53), -0x1p-53, "log of the one below 1");
}

Test(vmath, expm1_is_accurate_near_zero)
{
    const double limit = 1e-15;
    uint64_t state = 3;
    double worst = 0.0, where = 0.0;

    for (int n = 0; n < N_RANDOM; n++) {
        const double size = exp2(between(&state, -60.0, 9.4));
        const double x = n % 2 ? size : -size;
        const double error = relative_error(vm_expm1(x), expm1l(x));
        where = error > worst ? x : where;
        worst = error > worst ? error : worst;
    }
    cr_log_info("expm1: relative %.3g at %a", worst, where);
    cr_assert_leq(worst, limit, "expm1: relative %.3g at %a", worst, where);
    cr_assert_eq(vm_expm1(0.0), 0.0, "expm1(0)");
    cr_assert_eq(vm_expm1(800.0), (double)INFINITY, "expm1(800)");
    cr_assert_eq(vm_expm1(-(double)INFINITY), -1.0, "expm1(-inf)");
    cr_assert(isnan(vm_expm1((double)NAN)), "expm1(NaN)");
}

Test(vmath, normal_density_is_accurate_relatively)
{
    const double limit = 1e-15;
    uint64_t state = 4;
    double worst = 0.0, where = 0.0;

    for (int n = 0; n < N_RANDOM; n++) {
        const double x = between(&state, -37.0, 37.0);
        const double error = relative_error(vm_normal_pdf(x), exact_pdf(x));
        where = error > worst ? x : where;
        worst = error > worst ? error : worst;
    }
    cr_log_info("normal pdf: relative %.3g at %a", worst, where);
    cr_assert_leq(worst, limit, "normal pdf: relative %.3g at %a", worst, where);
    cr_assert_eq(vm_normal_pdf(-(double)INFINITY), 0.0, "pdf(-inf)");
    cr_assert_eq(vm_normal_pdf(DBL_MAX), 0.0, "pdf(DBL_MAX)");
    cr_assert_eq(vm_normal_pdf(0.0), 0.39894228040143268, "pdf(0)");
    cr_assert_eq(vm_normal_pdf(0x1p-1074), 0.39894228040143268, "pdf(2^-1074)");
    cr_assert(isnan(vm_normal_pdf((double)NAN)), "pdf(NaN)");
}

Test(vmath, normal_cdf_is_accurate_relatively)
{
    const double limit = 2e-15; /* promised: 1e-14 */
    const double range[][2] = {{-37.0, 0.0}, {-3.0, 0.0}, {0.0, 9.0}};
    uint64_t state = 5;

    for (size_t i = 0; i < sizeof(range) / sizeof(range[0]); i++) {
        double worst = 0.0, where = 0.0;
        for (int n = 0; n < N_RANDOM; n++) {
            const double x = between(&state, range[i][0], range[i][1]);
            const double error = relative_error(vm_normal_cdf(x), exact_cdf(x));
            where = error > worst ? x : where;
            worst = error > worst ? error : worst;
        }
        cr_log_info("normal cdf on %g .. %g: relative %.3g at %a", range[i][0], range[i][1],
                    worst, where);
        cr_assert_leq(worst, limit, "normal cdf on %g .. %g: relative %.3g at %a",
                      range[i][0], range[i][1], worst, where);
    }
    cr_assert_eq(vm_normal_cdf(-(double)INFINITY), 0.0, "cdf(-inf)");
    cr_assert_eq(vm_normal_cdf((double)INFINITY), 1.0, "cdf(inf)");
    cr_assert_eq(vm_normal_cdf(-DBL_MAX), 0.0, "cdf(-DBL_MAX)");
    cr_assert_eq(vm_normal_cdf(0.0), 0.5, "cdf(0)");
    cr_assert_eq(vm_normal_cdf(-0.0), 0.5, "cdf(-0)");
    cr_assert_eq(vm_normal_cdf(-0x1p-1074), 0.5, "cdf(-2^-1074)");
    cr_assert_eq(vm_normal_cdf(8.3), 1.0, "cdf(8.3)");
    cr_assert(isnan(vm_normal_cdf((double)NAN)), "cdf(NaN)");
}

/* Relative error of x as Phi^-1 of the probability m below 1/2, or of 1 - m. The exact
 * quantile is not at hand: Newton's step from the result, in long double, is the error of
 * the result. */
static double quantile_error(double x, double m)
{
    const double t = -fabs(x);
    const long double centred = 0.5L * erfl((long double)-t * sqrtl(0.5L));
    /* Phi - 1/2 keeps the digits about the middle */
    const long double excess =
        m > 0.25 ? (0.5L - (long double)m) - centred : exact_cdf(t) - (long double)m;

    return m == 0.5 ? fabs(x) : (double)fabsl(excess / exact_pdf(t) / (long double)x);
}

Test(vmath, normal_quantile_is_accurate_relatively)
{
    const double limit = 2e-15;
    uint64_t state = 6;

    for (int pass = 0; pass < 4; pass++) {
        double worst = 0.0, where = 0.0;
        for (int n = 0; n < N_RANDOM; n++) {
            const double u = next_uniform(&state);
            double p = u;
            p = pass == 1 ? exp2(-996.0 * u) : p;                /* down to 1e-300 */
            p = pass == 2 ? 1.0 - exp2(-1.0 - 52.0 * u) : p;     /* up to 1 - 2^-53 */
            p = pass == 3 ? 0.5 + (u - 0.5) * exp2(-n % 50) : p; /* about the middle */
            const double x = vm_normal_quantile(p);
            const double error = quantile_error(x, p < 0.5 ? p : 1.0 - p);
            where = error > worst ? p : where;
            worst = error > worst ? error : worst;
            cr_assert(signbit(x) == (p < 0.5), "sign at %a", p);
        }
        cr_log_info("quantile, pass %d: relative %.3g at %a", pass, worst, where);
        cr_assert_leq(worst, limit, "quantile, pass %d: relative %.3g at %a", pass, worst,
                      where);
    }
}

Test(vmath, normal_draw_is_accurate_relatively)
{
    const double limit = 2e-15;
    uint64_t state = 7;

    for (int pass = 0; pass < 3; pass++) {
        double worst = 0.0, where = 0.0;
        for (int n = 0; n < N_RANDOM; n++) {
            const double u = next_uniform(&state);
            double m = 0.5 * u;
            m = pass == 1 ? exp2(-1.0 - 52.0 * u) : m;    /* down to 2^-53 */
            m = pass == 2 ? 0.115 + (u - 0.5) * 1e-3 : m; /* where the two forms meet */
            const double q = 0.5 - ceil(m * 0x1p53) * 0x1p-53;
            const double x = vm_normal_draw(n % 2 ? q : -q, vm_minus_log(0.5 - q));
            const double error = quantile_error(x, 0.5 - q);
            where = error > worst ? q : where;
            worst = error > worst ? error : worst;
            cr_assert(q == 0.0 || signbit(x) == (n % 2 == 0), "sign at %a", q);
        }
        cr_log_info("draw, pass %d: relative %.3g at %a", pass, worst, where);
        cr_assert_leq(worst, limit, "draw, pass %d: relative %.3g at %a", pass, worst,
                      where);
    }
}

Test(vmath, the_smaller_and_the_larger_number)
{
    const double inf = (double)INFINITY, nan = (double)NAN;

    cr_assert_eq(vm_min(2.385, -inf), -inf, "min");
    cr_assert_eq(vm_max(2.385, -inf), 2.385, "max");
    cr_assert_eq(vm_min(nan, 2.385), 2.385, "min(NaN, b)");
    cr_assert_eq(vm_max(nan, 2.385), 2.385, "max(NaN, b)");
    cr_assert(isnan(vm_min(2.385, nan)), "min(a, NaN)");
    cr_assert(isnan(vm_max(2.385, nan)), "max(a, NaN)");
}

/* A normal result of a normal argument has the same bits whether or not denormals in between
 * are taken for zero; the threads of a run do so, its set-up does not. */
Test(vmath, nothing_rests_on_denormals)
{
    static double (*const volatile function[])(double) = {
        vm_exp, vm_expm1, vm_log, vm_normal_pdf, vm_normal_cdf, vm_normal_quantile};
    static const double low[] = {-708.39, -60.0, DBL_MIN, -37.51, -37.4, 1e-300};
    static const double high[] = {709.78, 709.0, 1e3, 37.51, 9.0, 1.0};
    volatile double half = 0.5, none; /* in memory: a product could leave the mode */
    uint64_t state = 8;

    for (size_t f = 0; f < sizeof low / sizeof low[0]; f++)
        for (int n = 0; n < N_RANDOM / 4; n++) {
            const double u = next_uniform(&state), size = exp2(-1021.0 * u);
            double x = low[f] + (high[f] - low[f]) * next_uniform(&state);
            x = n % 4 == 1 && high[f] > 0.0 ? size * high[f] : x;
            x = n % 4 == 2 && low[f] < 0.0 ? size * low[f] : x;
            const double kept = function[f](x);
            const uint64_t mode = denormals_flush();
            none = half * DBL_MIN;
            const double flushed = function[f](x);
            denormals_restore(mode);
            cr_assert_eq(vm_bits(none), 0, "half of DBL_MIN is flushed: %a", none);
            cr_assert(fabs(kept) < DBL_MIN || vm_bits(kept) == vm_bits(flushed),
                      "function %zu of %a: %a, %a without denormals", f, x, kept, flushed);
        }
    cr_assert_eq(half * DBL_MIN, 0x1p-1023, "the old mode is restored");
}
