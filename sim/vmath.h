#ifndef TAILRACE_SIM_VMATH_H
#define TAILRACE_SIM_VMATH_H

/* exp, log and the normal distribution without branches, tables or libm, so that a loop
 * over the lanes becomes vector code and the bits are the same for every compiler and
 * vector width. Only + - x / sqrt, explicit fma and bit patterns are used; nothing rests
 * on the results of flush-to-zero, on errno or on floating-point flags.
 *
 *     exp       x = n ln2 + r, |r| <= ln2/2 (Cody and Waite 1980, section 6);
 *               polynomial in r
 *     log       x = 2^n (1+f), sqrt(1/2) <= 1+f < sqrt(2); polynomial in f, no division
 *     cdf       phi(x) times Mills's ratio, a rational function on [0, 40]; the low part of
 *               x^2 is recovered by fma, as in Cody (1969), section 4
 *     quantile  rational function of (p-1/2)^2 in the middle, of sqrt(-log p) in the tails,
 *               the shape of Wichura's AS 241 (1988), with one tail instead of two
 *
 * The coefficients are fitted by scripts/fit_vmath. Largest errors measured against MPFR
 * over the whole range and against long double on 400,000 points per range; the limits are
 * kept by tests/reference/test_vmath.c and tests/unit/test_vmath.c:
 *
 *     exp      1.00 ulp, subnormal results included
 *     log      1.26 ulp; 0.50 next to 1 and for subnormal arguments
 *     expm1    relative 2.5e-16 (1.9 ulp)
 *     pdf      relative 4e-16 on -37 .. 37; beyond, 2.1 of the last place
 *     mills    relative 6e-16 on 0 .. 40
 *     cdf      relative 9e-16 on -37 .. infinity; below, 2.1 of the last place
 *     quantile relative 1e-15 from 1e-300 to 1 - 2^-53
 *     draw     relative 1.2e-15 on all of its range */

#include <math.h>
#include <stdint.h>
#include <string.h>

/* The smaller and the larger of two numbers, b where one is NaN: fmin and fmax are
 * calls. */
static inline double vm_min(double a, double b)
{
    return a < b ? a : b;
}
static inline double vm_max(double a, double b)
{
    return a > b ? a : b;
}

/* A double and its bit pattern. */
static inline uint64_t vm_bits(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof(bits));
    return bits;
}
static inline double vm_from_bits(uint64_t bits)
{
    double x;

    memcpy(&x, &bits, sizeof(x));
    return x;
}

/* c0 + c1 x + c2 x^2 + c3 x^3, x2 = x^2: two short chains instead of a long one. */
static inline double vm_cubic(double x, double x2, double c0, double c1, double c2,
                              double c3)
{
    return fma(fma(c3, x, c2), x2, fma(c1, x, c0));
}

static const double VM_LN2_HIGH =
    0x1.62e42feep-1; /* ln 2 to 32 bits: n times it is exact */
static const double VM_LN2_LOW = 0x1.a39ef35793c76p-33;
static const double VM_LN2 = 0x1.62e42fefa39efp-1;
static const double VM_LOG2_E = 0x1.71547652b82fep+0;
static const double VM_ROUND = 0x1.8p52; /* x + VM_ROUND has round(x) in its low bits */

/* e^r - 1 for x = n ln2 + r, and the bits of n + VM_ROUND. |x| <= 2000, or NaN, else the
 * result means nothing. */
static inline double vm_exp_reduced(double x, uint64_t *n_bits)
{
    const double shifted = fma(x, VM_LOG2_E, VM_ROUND);
    const double n = shifted - VM_ROUND;
    const double r = fma(n, -VM_LN2_LOW, fma(n, -VM_LN2_HIGH, x));
    const double r2 = r * r, r4 = r2 * r2;
    const double low = vm_cubic(r, r2, 0.50000000000000133, 0.16666666666666685,
                                0.041666666666511892, 0.0083333333333163277);
    const double high = vm_cubic(r, r2, 0.0013888888947787197, 0.00019841269897893021,
                                 2.4801489251079999e-05, 2.7557233528697772e-06);
    const double top = fma(2.5112454659876537e-08, r, 2.7631498849901025e-07);

    *n_bits = vm_bits(shifted);
    return fma(r2, fma(r4, fma(r4, top, high), low), r);
}

/* e^x for -1000 <= x <= 1000 and NaN; else the result means nothing. */
static inline double vm_exp_inside(double x)
{
    uint64_t n_bits;
    const double e = 1.0 + vm_exp_reduced(x, &n_bits);
    /* 2^n in two factors, each a normal number, since 2^n alone may be none */
    const uint64_t sum = n_bits - vm_bits(VM_ROUND) + 2 * 1023;
    const uint64_t half = sum >> 1;

    return e * vm_from_bits(half << 52) * vm_from_bits((sum - half) << 52);
}

/* e^x; overflows to infinity, underflows gradually, exp(NaN) = NaN. Only one limit is put on
 * the argument: of two, gcc makes eight instructions. */
static inline double vm_exp(double x)
{
    const double y = vm_exp_inside(x > 720.0 ? 720.0 : x);

    return x < -746.0 ? 0.0 : y;
}

/* e^x - 1 without cancellation near 0. */
static inline double vm_expm1(double x)
{
    const double below = x > 710.0 ? 710.0 : x;
    const double inside = below < -60.0 ? -60.0 : below;
    uint64_t n_bits;
    const double e = vm_exp_reduced(inside, &n_bits);
    /* half the scale, since 2^1024 is no double */
    const double half = vm_from_bits((n_bits - vm_bits(VM_ROUND) + 1022) << 52);

    return 2.0 * fma(half, e, half - 0.5);
}

/* x = 2^n (1 + f) for positive normal x; returns log(1 + f). */
static inline double vm_log_reduced(double x, double *n)
{
    const uint64_t one = UINT64_C(1023) << 52, sqrt_half = UINT64_C(0x3fe6a09e667f3bcd);
    const uint64_t biased = (vm_bits(x) + one - sqrt_half) >> 52; /* n + 1023 */
    const double f = vm_from_bits(vm_bits(x) + one - (biased << 52)) - 1.0;
    const double f2 = f * f, f4 = f2 * f2;
    const double p0 = vm_cubic(f, f2, -0.50000000000000044, 0.33333333333332943,
                               -0.24999999999974407, 0.20000000000114759);
    const double p1 = vm_cubic(f, f2, -0.16666666671370184, 0.14285714276072364,
                               -0.12499999603855376, 0.11111111304891576);
    const double p2 = vm_cubic(f, f2, -0.10000018069157235, 0.090909208361145008,
                               -0.083328560300211518, 0.076915555192974619);
    const double p3 = vm_cubic(f, f2, -0.071501611921171299, 0.066846644970394317,
                               -0.061911744413360788, 0.056652315974993553);
    const double p4 = vm_cubic(f, f2, -0.057010225818080254, 0.065257285079972652,
                               -0.059403333654914812, 0.025627489706143793);
    const double p = fma(f4, fma(f4, fma(f4, fma(f4, p4, p3), p2), p1), p0);

    *n = vm_from_bits(biased | UINT64_C(0x4330000000000000)) - (0x1p52 + 1023.0);
    return fma(f2, p, f);
}

/* Natural logarithm; log(0) = -inf, log of a negative number = NaN. */
static inline double vm_log(double x)
{
    const int tiny = x < 0x1p-1022;
    double n;
    const double rest = vm_log_reduced(tiny ? x * 0x1p54 : x, &n);
    const double whole = tiny ? n - 54.0 : n;
    const double y = fma(whole, VM_LN2_HIGH, fma(whole, VM_LN2_LOW, rest));
    const double finite = x < (double)INFINITY ? y : x;
    const double at_zero = x == 0.0 ? -(double)INFINITY : (double)NAN;

    return x > 0.0 ? finite : at_zero;
}

/* Density of the standard normal. */
static inline double vm_normal_pdf(double x)
{
    const double size = fabs(x);
    const double t = size > 40.0 ? 40.0 : size;
    const double square = t * t;
    const double e = 0.39894228040143268 * vm_exp_inside(-0.5 * square);

    return fma(e, -0.5 * fma(t, t, -square), e); /* exp of the low part is 1 + low */
}

/* Mills's ratio Phi(-t) / phi(t) for 0 <= t <= 40. */
static inline double vm_normal_mills(double t)
{
    const double t2 = t * t, t4 = t2 * t2, t8 = t4 * t4;
    const double n0 = vm_cubic(t, t2, 1.2533141373155001, 1.9419000536194331,
                               1.4884090139307657, 0.72476695941542202);
    const double n1 = vm_cubic(t, t2, 0.24466918840106666, 0.059139990253502424,
                               0.010234160222812651, 0.001226813952696639);
    const double n2 = fma(3.4619085673752077e-06, t, 9.314251774276878e-05);
    const double d0 =
        vm_cubic(t, t2, 1.0, 2.3472966322080584, 2.5604503148388376, 1.7135373461702654);
    const double d1 = vm_cubic(t, t2, 0.78148818422381483, 0.2547170519387803,
                               0.060359880810379421, 0.010327302729534596);
    const double d2 = fma(t2, 3.4619085673851134e-06,
                          fma(9.3142517740697249e-05, t, 0.0012302758614590196));

    return fma(t8, n2, fma(t4, n1, n0)) / fma(t8, d2, fma(t4, d1, d0));
}

/* Distribution function of the standard normal, accurate relatively down to -37. */
static inline double vm_normal_cdf(double x)
{
    const double size = fabs(x);
    const double t = size > 40.0 ? 40.0 : size;
    const double tail = vm_normal_pdf(t) * vm_normal_mills(t);

    return x > 0.0 ? 1.0 - tail : tail;
}

/* -log(m) for 1e-300 <= m <= 1/2 to 2^-53 absolutely, which near 1 is less than vm_log has
 * but costs less: m = 2^n (3/2 + g). */
static inline double vm_minus_log(double m)
{
    const uint64_t fraction = vm_bits(m) & UINT64_C(0x000fffffffffffff);
    const double g = vm_from_bits(fraction | UINT64_C(0x3ff0000000000000)) - 1.5;
    const double n =
        vm_from_bits((vm_bits(m) >> 52) | UINT64_C(0x4330000000000000)) - (0x1p52 + 1023.0);
    const double g2 = g * g, g4 = g2 * g2;
    const double p0 = vm_cubic(g, g2, -0.40546510810816444, -0.6666666666666663,
                               0.2222222222222601, -0.098765432098860434);
    const double p1 = vm_cubic(g, g2, 0.049382716044417928, -0.026337448551519059,
                               0.014631916118584538, -0.008361095101028098);
    const double p2 = vm_cubic(g, g2, 0.0048772988032325989, -0.0028902480898637885,
                               0.001734248494600676, -0.0010510907766762378);
    const double p3 = vm_cubic(g, g2, 0.00064142742802777465, -0.00039453329122411722,
                               0.00024933140099991143, -0.00015583907620985755);
    const double p4 = vm_cubic(g, g2, 8.0071300760318383e-05, -4.8841740543511667e-05,
                               6.3369848177522584e-05, -4.1201230949867196e-05);

    return fma(n, -VM_LN2, fma(g4, fma(g4, fma(g4, fma(g4, p4, p3), p2), p1), p0));
}

/* A quotient whose division is still to come, so that one division serves two cases. */
struct vm_quotient {
    double num, den;
};

/* x = Phi^-1(1/2 + q) for 0 <= q <= 0.385. */
static inline struct vm_quotient vm_normal_middle(double q)
{
    const double v = fma(-q, q, 0.148225), v2 = v * v, v4 = v2 * v2;
    const double n0 = vm_cubic(v, v2, 3.1178152156645687, 74.999987686556238,
                               652.33124437255583, 2494.2879930152567);
    const double n1 =
        fma(v2, 187.86058999086529, fma(2230.936093513928, v, 4053.9051030526634));
    const double d0 =
        vm_cubic(v, v2, 1.0, 26.256055021607434, 255.76222899618296, 1140.5854601656551);
    const double d1 =
        fma(v2, 372.63141401644612, fma(1853.9673049040834, v, 2320.5119201135112));

    return (struct vm_quotient){q * fma(v4, n1, n0), fma(v4, d1, d0)};
}

/* x with Phi(x) = p, for p from 1e-300 to 1 - 2^-53. */
static inline double vm_normal_quantile(double p)
{
    const double upper = 1.0 - p;
    const double m = p < upper ? p : upper; /* the smaller tail */
    const double q = 0.5 - m;
    const struct vm_quotient middle = vm_normal_middle(q);
    const double t = sqrt(vm_minus_log(m)) - 1.47, t2 = t * t, t4 = t2 * t2;
    const double a0 = vm_cubic(t, t2, 1.1992191311078968, 4.4678145224311399,
                               6.3426791678693286, 4.6642275327428209);
    const double a1 = vm_cubic(t, t2, 1.9911234828025632, 0.51531670937013885,
                               0.080566837982289308, 0.0072371715133208057);
    const double a2 = fma(t2, 4.1930708542433566e-08,
                          fma(6.8418226360188048e-06, t, 0.00033725073596701187));
    const double b0 =
        vm_cubic(t, t2, 1.0, 2.2722974067256723, 2.1099709036858845, 1.0428716988614415);
    const double b1 = vm_cubic(t, t2, 0.29905267317214501, 0.050453187313914259,
                               0.0047905257340338583, 0.00023153151843463652);
    const double b2 = fma(2.9649424717891454e-08, t, 4.7943632272257257e-06);
    const int inside = q < 0.385;
    const double num = inside ? middle.num : fma(t4, fma(t4, a2, a1), a0);
    const double den = inside ? middle.den : fma(t4, fma(t4, b2, b1), b0);

    return copysign(num / den, p - 0.5);
}

/* Phi^-1(1/2 + c) for the c of random draws, |c| <= 1/2 - 2^-53, with the logarithm from a
 * pass of its own, minus_log = vm_minus_log(1/2 - |c|). In so short a range the tail is
 * rational in the logarithm, and the square root is saved. */
static inline double vm_normal_draw(double c, double minus_log)
{
    const double q = fabs(c);
    const struct vm_quotient middle = vm_normal_middle(q);
    const double t = minus_log - 2.16, t2 = t * t, t4 = t2 * t2;
    const double a0 = vm_cubic(t, t2, 1.1986855416821645, 2.346699064443567,
                               1.7998066563280954, 0.70205838683954458);
    const double a1 = vm_cubic(t, t2, 0.15095467239677171, 0.018166310133989547,
                               0.0011949100828157451, 4.0507196341868142e-05);
    const double a2 = fma(t2, 5.5320170898625272e-12,
                          fma(3.8165633062140117e-09, t, 6.367715866788078e-07));
    const double b0 =
        vm_cubic(t, t2, 1.0, 1.463056578163344, 0.84929056296011263, 0.2512997088434783);
    const double b1 = vm_cubic(t, t2, 0.04070930220797251, 0.0036320268040550292,
                               0.00017227320917773296, 4.0233224574859086e-06);
    const double b2 = fma(t2, 5.6197442251916201e-14,
                          fma(1.293280120687841e-10, t, 4.0206621811610836e-08));
    const int inside = q < 0.385;
    const double num = inside ? middle.num : fma(t4, fma(t4, a2, a1), a0);
    const double den = inside ? middle.den : fma(t4, fma(t4, b2, b1), b0);

    return copysign(num / den, c);
}

#endif
