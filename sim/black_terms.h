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
    const uint64_t negative = black_sign_mask(e), sign = UINT64_C(1) << 63;
    const double signed_tail = vm_from_bits(vm_bits(tail) | (~negative & sign));

    return vm_from_bits(vm_bits(whole) & ~negative) + signed_tail;
}

/* Numerator and denominator of vm_normal_mills. Their odd parts in s = t + BLACK_MILLS_SHIFT have
 * real negative roots, so two degrees take one multiplication and one addition: with y =
 * s^2, p(s) = q(s) (y + a) + b (Knuth, The Art of Computer Programming 2, 4.6.4, theorem
 * E). The shift keeps the b small, and nothing cancels: relative errors are below 1.2e-15,
 * 4e-16 in the mean, against 6e-16 by Horner's rule. */
static const double BLACK_MILLS_SHIFT = 1.76;

static inline double black_mills_above(double s, double y)
{
    const double p0 = fma(3.4619085673752077e-06, s, 3.8305886035545491e-05);
    const double p1 = fma(p0, y + 58.496996278033166, -0.001722224207803684);
    const double p2 = fma(p1, y + 15.570471856178738, -0.0031871230813918941);
    const double p3 = fma(p2, y + 4.5915031029602202, -0.012894765408547166);

    return fma(p3, y + 8.4077967698866924, 0.011481619442541311);
}
static inline double black_mills_below(double s, double y)
{
    const double p0 = fma(3.4619085673851134e-06, y, 0.00011635867732285332);
    const double p1 = fma(3.221292695471925e-05, s, p0);
    const double p2 = fma(p1, y + 9.8265025482482748, -0.0011390946012499945);
    const double p3 = fma(p2, y + 20.077635405351607, 0.0073817110248094401);
    const double p4 = fma(p3, y + 0.98898785298369984, -0.011577427845171672);

    return fma(p4, y + 4.088174187696672, 0.02522978007465275);
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
static inline struct black_start black_start(double log_moneyness_per_factor,
                                             double phi_per_v, double half_sd,
                                             double density_scale)
{
    const double m = log_moneyness_per_factor * phi_per_v;
    const double e1 = m + half_sd, e2 = m - half_sd;
    const double square = black_limited(e1 * e1, BLACK_SQUARE_MAX);

    return (struct black_start){e1, e2, black_scaled_density(square, density_scale)};
}

struct black_end {
    double in_spot; /* S N(e1) */
    double value;
};
static inline struct black_end black_end(double e1, double e2, double w, double spot,
                                         double k, uint64_t put)
{
    const double s1 = fabs(e1) + BLACK_MILLS_SHIFT, y1 = s1 * s1;
    const double s2 = fabs(e2) + BLACK_MILLS_SHIFT, y2 = s2 * s2;
    const double tail1 = w * (black_mills_above(s1, y1) / black_mills_below(s1, y1));
    const double tail2 = w * (black_mills_above(s2, y2) / black_mills_below(s2, y2));
    const double in1 = black_in_the_money(e1, spot, tail1);
    const double in2 = black_in_the_money(e2, k, tail2);
    const double v = vm_from_bits(vm_bits(in1 - in2) ^ put);

    return (struct black_end){in1, black_positive_part(v)};
}

#endif
