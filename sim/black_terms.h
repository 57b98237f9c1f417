#ifndef TAILRACE_SIM_BLACK_TERMS_H
#define TAILRACE_SIM_BLACK_TERMS_H

/* One option on one path, for sim/black.c: no comparison, one exponential, two quotients.
 *
 * Where options of option.c divide by sd and square d1 to full precision, here d1 comes
 * from 1/f and 1/v; both err by some 2^-53 d1, which is 2^-53 d1^2 of w. */

#include "sim/vmath.h"

/* n(d) where d^2 is beyond this is that here, 1e-196: what 2^n of the exponential can be
 * added to the exponent of without a check. */
static const double BLACK_SQUARE_MAX = 900.0;

/* All bits where x has its sign, else none. With AVX-512 a comparison costs as much as a
 * multiplication, and this nothing: integers have ports of their own. */
static inline uint64_t black_sign_mask(double x)
{
    return (uint64_t)((int64_t)vm_bits(x) >> 63);
}

/* The smaller of x and limit, for |x| < infinity. */
static inline double black_limited(double x, double limit)
{
    const uint64_t below = black_sign_mask(x - limit);

    return vm_from_bits((vm_bits(x) & below) | (vm_bits(limit) & ~below));
}

static inline double black_positive_part(double x)
{
    return vm_from_bits(vm_bits(x) & ~black_sign_mask(x));
}

/* `whole` N(e) where `tail` is whole N(-|e|): tail, or whole - tail if e > 0. */
static inline double black_in_the_money(double e, double whole, double tail)
{
    const uint64_t sign = UINT64_C(1) << 63;
    const double signed_tail = vm_from_bits(vm_bits(tail) | (~vm_bits(e) & sign));

    return vm_from_bits(vm_bits(whole) & ~black_sign_mask(e)) + signed_tail;
}

/* Mills's ratio by one degree less than vm_normal_mills has: of the least error of n(0) M(t),
 * 2.3e-16 on [0, 40], which is what a value has of the spot price; relatively 1e-15 up to
 * t = 2, 8e-15 up to 30 and 2.3e-14 at 40. The odd parts of numerator and denominator in
 * s = t + BLACK_MILLS_SHIFT have real negative roots, so two degrees take one multiplication
 * and one addition: with y = s^2, p(s) = q(s) (y + a) + b (Knuth, The Art of Computer
 * Programming 2, 4.6.4, theorem E). The shift keeps the b small; with rounding the error of
 * n(0) M(t) is below 4.6e-16. */
static const double BLACK_MILLS_SHIFT = 1.96;

static inline double black_mills_above(double s, double y)
{
    const double p0 = fma(1.7742758017651053e-05, y, 0.00041871887214554963);
    const double p1 = fma(0.00013879411666164202, s, p0);
    const double p2 = fma(p1, y + 15.534183073003039, -0.0029176230360325344);
    const double p3 = fma(p2, y + 6.749149369541243, -0.010353370043199498);

    return fma(p3, y + 7.1776003233399441, -0.0081578045102605988);
}
static inline double black_mills_below(double s, double y)
{
    const double p0 = fma(1.7742758015924437e-05, s, 0.000104018311272362);
    const double p1 = fma(p0, y + 23.473837146427105, -0.00161107299895209);
    const double p2 = fma(p1, y + 10.123407706888397, -0.003303382842327738);
    const double p3 = fma(p2, y + 4.1357206533300248, -0.0082570636526423397);

    return fma(p3, y + 0.99513611119106193, -0.0073309710576857029);
}

/* N(-|e|) / n(e). */
static inline double black_mills(double e)
{
    const double s = fabs(e) + BLACK_MILLS_SHIFT, y = s * s;

    return black_mills_above(s, y) / black_mills_below(s, y);
}

/* scale e^(-square/2) for 0 <= square <= BLACK_SQUARE_MAX. ln2 in one part costs less than the
 * rounding of the argument does; polynomial of least relative error (3e-16) in z = square +
 * 2 n ln2 = -2 r, |r| <= ln2/2. */
static inline double black_scaled_density(double square, double scale)
{
    const double shifted = fma(square, -0.5 * VM_LOG2_E, VM_ROUND), n = shifted - VM_ROUND;
    const double z = fma(n, 2.0 * VM_LN2, square), z2 = z * z;
    const double even8 = fma(2.6844167129061863e-10, z2, 9.688249151660198e-08);
    const double even6 = fma(even8, z2, 2.170138827952398e-05);
    const double even4 = fma(even6, z2, 0.0026041666667767165);
    const double even2 = fma(even4, z2, 0.12499999999999321), even = fma(even2, z2, 1.0);
    const double odd7 = fma(-5.398395456894632e-09, z2, -1.5500915113188537e-06);
    const double odd5 = fma(odd7, z2, -0.0002604166682717667);
    const double odd3 = fma(odd5, z2, -0.02083333333319707);
    const double odd = fma(odd3, z2, -0.5000000000000032);

    return fma(odd, z, even) * vm_from_bits(vm_bits(scale) + (vm_bits(shifted) << 52));
}

/* e1 = phi d1 and e2 = phi d2 of an option, and w = S n(d1). */
struct black_start {
    double e1, e2, w;
};
static inline struct black_start black_start(double log_moneyness, double phi_per_sd,
                                             double half_phi_sd, double density_scale)
{
    const double m = log_moneyness * phi_per_sd;
    const double e1 = m + half_phi_sd, e2 = m - half_phi_sd;
    const double square = black_limited(e1 * e1, BLACK_SQUARE_MAX);

    return (struct black_start){e1, e2, black_scaled_density(square, density_scale)};
}

struct black_end {
    double in_spot; /* S N(e1) */
    double value;
};
static inline struct black_end black_end(double e1, double e2, double mills1, double mills2,
                                         double w, double spot, double k, uint64_t put)
{
    const double in1 = black_in_the_money(e1, spot, w * mills1);
    const double in2 = black_in_the_money(e2, k, w * mills2);
    const double v = vm_from_bits(vm_bits(in1 - in2) ^ put);

    return (struct black_end){in1, black_positive_part(v)};
}

#endif
