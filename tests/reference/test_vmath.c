/* vm_* against MPFR (Fousse, Hanrot, Lefevre, Pelissier and Zimmermann 2007, ACM TOMS 33),
 * 160 bits, over the whole range of each function: points of every binade with its borders,
 * an even spread, and the places where a function changes form, each with its neighbours.
 * tests/unit/test_vmath.c has denser points against long double, and the special values.
 * The limits are those of sim/vmath.h; what was measured stands beside them. */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <mpfr.h>
#include <stdio.h>

#include "sim/vmath.h"

enum { BITS = 160, PER_BINADE = 12, LEAST_EXPONENT = -1074 };

/* In units of the last place of a double, 2^-1074 below DBL_MIN, or relative. */
enum unit { ULP, RELATIVE };

struct claim {
    const char *name;
    double (*got)(double x);
    void (*exact)(mpfr_t y, double x);
    enum unit unit;
    double limit;
    double low, high; /* the range, both ends included */
    int n_spread;     /* points of the even spread over it */
    double focus[12]; /* where the function changes form; 0: no more */
};

/* The state of one test: who claims what, and the worst found. */
struct sweep {
    const struct claim *claim;
    mpfr_t exact, error;
    uint64_t n;
    double worst, where;
};

/* SplitMix64 as a uniform number in (0, 1). */
static double next_uniform(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return ((double)((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53;
}

/* Error of the result `got` in the claim's unit; s->exact holds the exact value. */
static double error_of(struct sweep *s, double got)
{
    const int normal_exponent = (int)mpfr_get_exp(s->exact) - DBL_MANT_DIG;
    const int last = normal_exponent < LEAST_EXPONENT ? LEAST_EXPONENT : normal_exponent;

    if (mpfr_get_d(s->exact, MPFR_RNDN) == got)
        return s->claim->unit == ULP ? 0.0 : 0x1p-53; /* rounded correctly: at most this */
    if (!isfinite(got))
        return (double)INFINITY;
    mpfr_sub_d(s->error, s->exact, got, MPFR_RNDN);
    if (s->claim->unit == ULP)
        mpfr_mul_2si(s->error, s->error, -last, MPFR_RNDN);
    else
        mpfr_div(s->error, s->error, s->exact, MPFR_RNDN);
    return fabs(mpfr_get_d(s->error, MPFR_RNDN));
}

static void try_point(struct sweep *s, double x)
{
    const struct claim *c = s->claim;

    if (!(x >= c->low && x <= c->high))
        return;
    c->exact(s->exact, x);
    const double error = error_of(s, c->got(x));
    s->where = error > s->worst ? x : s->where;
    s->worst = error > s->worst ? error : s->worst;
    s->n++;
}

/* A point, its two neighbours on both sides, and the same with the other sign. */
static void try_near(struct sweep *s, double x)
{
    const double below = nextafter(x, -(double)INFINITY);
    const double above = nextafter(x, (double)INFINITY);
    const double points[] = {x, below, above, nextafter(below, -(double)INFINITY),
                             nextafter(above, (double)INFINITY)};

    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        try_point(s, points[i]);
        try_point(s, -points[i]);
    }
}

static void check(const struct claim *claim)
{
    struct sweep s = {.claim = claim};
    uint64_t state = 2385;

    mpfr_inits2(BITS, s.exact, s.error, (mpfr_ptr)NULL);
    for (int exponent = LEAST_EXPONENT; exponent < DBL_MAX_EXP; exponent++) {
        try_near(&s, ldexp(1.0, exponent));
        for (int i = 0; i < PER_BINADE; i++) {
            const double x = ldexp(1.0 + next_uniform(&state), exponent);
            try_point(&s, x);
            try_point(&s, -x);
        }
    }
    for (int i = 0; i < claim->n_spread; i++)
        try_point(&s, claim->low + (claim->high - claim->low) * i / claim->n_spread);
    for (size_t i = 0; i < 12 && claim->focus[i] != 0.0; i++)
        try_near(&s, claim->focus[i]);
    try_near(&s, claim->low);
    try_near(&s, claim->high);
    cr_log_info("%s: %.3g of %.3g %s at %a, %llu points", claim->name, s.worst,
                claim->limit, claim->unit == ULP ? "ulp" : "relative", s.where,
                (unsigned long long)s.n);
    cr_assert_gt(s.n, 1000, "%s: only %llu points", claim->name, (unsigned long long)s.n);
    cr_assert_leq(s.worst, claim->limit, "%s: the worst error is %.3g %s at %a (%.17g)",
                  claim->name, s.worst, claim->unit == ULP ? "ulp" : "relative", s.where,
                  s.where);
    mpfr_clears(s.exact, s.error, (mpfr_ptr)NULL);
}

/* ---- The exact functions ---------------------------------------------------------------
 */

static void exact_exp(mpfr_t y, double x)
{
    mpfr_set_d(y, x, MPFR_RNDN);
    mpfr_exp(y, y, MPFR_RNDN);
}

static void exact_expm1(mpfr_t y, double x)
{
    mpfr_set_d(y, x, MPFR_RNDN);
    mpfr_expm1(y, y, MPFR_RNDN);
}

static void exact_log(mpfr_t y, double x)
{
    mpfr_set_d(y, x, MPFR_RNDN);
    mpfr_log(y, y, MPFR_RNDN);
}

/* exp(-x^2/2) / sqrt(2 pi). The square of a double has 106 bits. */
static void exact_pdf(mpfr_t y, double x)
{
    mpfr_t scale;

    mpfr_init2(scale, BITS);
    mpfr_const_pi(scale, MPFR_RNDN);
    mpfr_mul_2ui(scale, scale, 1, MPFR_RNDN);
    mpfr_rec_sqrt(scale, scale, MPFR_RNDN);
    mpfr_set_d(y, x, MPFR_RNDN);
    mpfr_sqr(y, y, MPFR_RNDN);
    mpfr_div_si(y, y, -2, MPFR_RNDN);
    mpfr_exp(y, y, MPFR_RNDN);
    mpfr_mul(y, y, scale, MPFR_RNDN);
    mpfr_clear(scale);
}

/* erfc(-x / sqrt(2)) / 2. */
static void exact_cdf(mpfr_t y, double x)
{
    mpfr_sqrt_ui(y, 2, MPFR_RNDN);
    mpfr_d_div(y, -x, y, MPFR_RNDN);
    mpfr_erfc(y, y, MPFR_RNDN);
    mpfr_div_2ui(y, y, 1, MPFR_RNDN);
}

static void exact_mills(mpfr_t y, double t)
{
    mpfr_t density;

    mpfr_init2(density, BITS);
    exact_cdf(y, -t);
    exact_pdf(density, t);
    mpfr_div(y, y, density, MPFR_RNDN);
    mpfr_clear(density);
}

/* y = Phi^-1(m) for m <= 1/2 by one Newton step from a guess in double precision; its error
 * is guess (y - guess)^2 / 2, so that a bad guess is not confirmed. */
static void exact_quantile_near(mpfr_t y, const mpfr_t m, double guess)
{
    mpfr_t density;

    mpfr_init2(density, BITS);
    exact_cdf(y, guess);
    mpfr_sub(y, y, m, MPFR_RNDN);
    exact_pdf(density, guess);
    mpfr_div(y, y, density, MPFR_RNDN);
    mpfr_d_sub(y, guess, y, MPFR_RNDN);
    mpfr_clear(density);
}

/* Phi^-1(1/2 + c) */
static void exact_centred(mpfr_t y, double c, double guess)
{
    mpfr_t m;

    mpfr_init2(m, 2 * BITS);
    mpfr_set_d(m, 0.5, MPFR_RNDN);
    mpfr_sub_d(m, m, fabs(c), MPFR_RNDN);
    exact_quantile_near(y, m, -fabs(guess));
    mpfr_setsign(y, y, c < 0.0, MPFR_RNDN);
    mpfr_clear(m);
}

static void exact_quantile(mpfr_t y, double p)
{
    mpfr_t m;

    mpfr_init2(m, BITS);
    mpfr_set_d(m, p < 0.5 ? p : 1.0 - p, MPFR_RNDN); /* exact */
    exact_quantile_near(y, m, -fabs(vm_normal_quantile(p)));
    mpfr_setsign(y, y, p < 0.5, MPFR_RNDN);
    mpfr_clear(m);
}

/* The quantile of 1 - m and of 1/2 + c, where an even spread of p has few points. */
static double quantile_above(double m)
{
    return vm_normal_quantile(1.0 - m);
}
static void exact_above(mpfr_t y, double m)
{
    exact_quantile(y, 1.0 - m);
}
static double quantile_middle(double c)
{
    return vm_normal_quantile(0.5 + c);
}
static void exact_middle(mpfr_t y, double c)
{
    exact_quantile(y, 0.5 + c);
}

/* Of both signs, which must agree. */
static double draw(double c)
{
    const double minus_log = vm_minus_log(0.5 - fabs(c));
    const double x = vm_normal_draw(c, minus_log);

    return vm_normal_draw(-c, minus_log) == -x ? x : (double)NAN;
}
static void exact_draw(mpfr_t y, double c)
{
    exact_centred(y, c, draw(c));
}

static void exact_minus_log(mpfr_t y, double m)
{
    exact_log(y, m);
    mpfr_neg(y, y, MPFR_RNDN);
}

/* ---- The claims ------------------------------------------------------------------------
 */

Test(vmath_mpfr, exp)
{
    /* where it leaves the finite and the normal numbers and 0; where n turns */
    check(&(struct claim){"exp", vm_exp, exact_exp, ULP, 1.0, -DBL_MAX, DBL_MAX,
                          .focus = {709.78271289338397, -708.39641853226408,
                                    -745.13321910194111, -744.44007192138126, 720.0, -746.0,
                                    0.34657359027997264, 1.0397207708399179, 708.74984461,
                                    -708.05656}});
    check(&(struct claim){"exp, finite", vm_exp, exact_exp, ULP, 1.0, -746.0, 709.79,
                          .n_spread = 200000});
    check(&(struct claim){"exp, |x| < 2", vm_exp, exact_exp, ULP, 1.0, -2.0, 2.0,
                          .n_spread = 200000});
}

Test(vmath_mpfr, expm1)
{
    check(&(struct claim){"expm1", vm_expm1, exact_expm1, ULP, 2.0, -DBL_MAX, DBL_MAX,
                          .focus = {709.78271289338397, 710.0, -60.0, -37.0,
                                    0.34657359027997264, 1.0397207708399179}});
    check(&(struct claim){"expm1, finite", vm_expm1, exact_expm1, ULP, 2.0, -60.0, 710.0,
                          .n_spread = 100000});
    check(&(struct claim){"expm1, |x| < 2", vm_expm1, exact_expm1, ULP, 2.0, -2.0, 2.0,
                          .n_spread = 200000});
}

Test(vmath_mpfr, log)
{
    check(&(struct claim){"log", vm_log, exact_log, ULP, 2.0, 0x1p-1074, DBL_MAX,
                          .n_spread = 50000,
                          .focus = {1.0, 0.70710678118654757, 1.4142135623730951, DBL_MIN,
                                    0x1.6a09e667f3bcdp-1000, 0x1.6a09e667f3bcdp+1000}});
    check(&(struct claim){"log, 0.3 .. 3", vm_log, exact_log, ULP, 2.0, 0.3, 3.0,
                          .n_spread = 200000});
}

Test(vmath_mpfr, normal_pdf)
{
    check(&(struct claim){"normal pdf", vm_normal_pdf, exact_pdf, RELATIVE, 1e-15, -37.0,
                          37.0, .n_spread = 100000});
    check(&(struct claim){"normal pdf, any x", vm_normal_pdf, exact_pdf, ULP, 4.0, -DBL_MAX,
                          DBL_MAX, .focus = {37.519379, 38.5675, 40.0}});
    check(&(struct claim){"normal pdf, subnormal", vm_normal_pdf, exact_pdf, ULP, 3.0,
                          37.52, 40.0, .n_spread = 20000});
}

Test(vmath_mpfr, normal_mills)
{
    check(&(struct claim){"Mills's ratio", vm_normal_mills, exact_mills, RELATIVE, 1e-15,
                          0.0, 40.0, .n_spread = 10000});
}

Test(vmath_mpfr, normal_cdf)
{
    check(&(struct claim){"normal cdf", vm_normal_cdf, exact_cdf, RELATIVE, 2e-15, -37.0,
                          37.0, .n_spread = 20000});
    check(&(struct claim){"normal cdf, any x", vm_normal_cdf, exact_cdf, ULP, 8.0, -DBL_MAX,
                          DBL_MAX,
                          .focus = {8.2923610758, 37.0, 37.519379, 38.4674, 40.0}});
    check(&(struct claim){"normal cdf, subnormal", vm_normal_cdf, exact_cdf, ULP, 2.0,
                          -40.0, -37.52, .n_spread = 20000});
}

Test(vmath_mpfr, minus_log)
{
    check(&(struct claim){"-log", vm_minus_log, exact_minus_log, RELATIVE, 1e-15, 1e-300,
                          0.5, .n_spread = 100000, .focus = {0x1p-52}});
}

Test(vmath_mpfr, normal_quantile)
{
    check(&(struct claim){"normal quantile", vm_normal_quantile, exact_quantile, RELATIVE,
                          2e-15, 1e-300, 1.0 - 0x1p-53, .n_spread = 10000,
                          .focus = {0.115, 0.885, 0.5}});
    check(&(struct claim){"normal quantile of 1 - m", quantile_above, exact_above, RELATIVE,
                          2e-15, 0x1p-53, 0.5, .n_spread = 2000, .focus = {0.115}});
    check(&(struct claim){"normal quantile of 1/2 + c", quantile_middle, exact_middle,
                          RELATIVE, 2e-15, -0.499, 0.499, .focus = {0.385, 0.25}});
}

Test(vmath_mpfr, normal_draw)
{
    check(&(struct claim){"normal draw", draw, exact_draw, RELATIVE, 2e-15, 0x1p-60,
                          0.5 - 0x1p-53, .n_spread = 10000, .focus = {0.385, 0.25}});
    cr_assert_eq(draw(-0.0), 0.0);
}
