#include "sim/black.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "sim/vmath.h"

/* The formulas are those of models/instrument/option.c. A linear option on F = S r with
 * strike K is worth r options on S with strike K/r, so both settlements are the formula in
 * S and k = K/r, and r goes into the quantity q. With sd = f v, v = sigma0 sqrt(T),
 *     e1 = phi ln(S/k) / sd + phi sd/2,  e2 = e1 - phi sd     (phi d1 and phi d2)
 *     w = S n(d1) = k n(d2)
 *     S N(e1) = w M(|e1|), or S less that if e1 > 0, M being Mills's ratio; so with k, e2
 * every sum is over w times powers of v, e1 and e2, times what the options share:
 *     value sum q phi (S N(e1) - k N(e2))       delta (1/S) sum q phi S N(e1)
 *     vega  sqrt(T) sum q w                     gamma 1/(S^2 f) sum (q/v) w
 *     dV/df sum q v w                           theta -f/(2 T) of the same
 *     vanna -sqrt(T)/(S f) sum (q phi/v) w e2   volga T/f sum (q/v) w e1 e2
 *     d2V/dS df -1/(S f) sum q phi w e2         d2V/df2 1/f sum q v w e1 e2
 * Rho follows from value and delta: in V = phi (F N - K N), d/db acts on F alone, F N phi T
 * = T S delta; in phi (S N - k N) on k alone, phi T k N = T (S delta - V).
 *
 * Where options of option.c divide by sd and square d1 to full precision, here d1 comes
 * from 1/f and 1/v; both err by some 2^-53 d1, which is 2^-53 d1^2 of w. */

enum { CHUNK = 64, GROUP = LANES < 8 ? LANES : 8 };
static_assert(LANES % GROUP == 0, "lanes come in whole groups");

static const double V_MIN = 1e-12, FACTOR_MIN = 1e-9, YEARS_MIN = 1e-12;

/* n(d) beyond this is that here, 1e-196: what 2^n of the exponential can be added to the
 * exponent of without a check. */
static const double D_MAX = 30.0;

/* What is the same on all lanes, for some options of a strip. */
struct strip_chunk {
    double log_k[CHUNK], k[CHUNK];
    double phi[CHUNK], phi_per_v[CHUNK], half_phi_v[CHUNK];
    double q[CHUNK], q_abs[CHUNK], q_phi[CHUNK], q_v[CHUNK], q_per_v[CHUNK];
    double q_phi_per_v[CHUNK];
};

/* The sums of the head comment that the loop takes, before what their terms share. */
enum part {
    PART_VALUE,
    PART_ABS,
    PART_SPOT,        /* q phi S N(e1) */
    PART_W,           /* q w */
    PART_PER_V,       /* (q/v) w */
    PART_V,           /* q v w */
    PART_E2,          /* q phi w e2 */
    PART_PER_V_E2,    /* (q phi/v) w e2 */
    PART_V_E1_E2,     /* q v w e1 e2 */
    PART_PER_V_E1_E2, /* (q/v) w e1 e2 */
    N_PART
};

static void chunk_prepare(const struct black_strip *s, uint32_t first, uint32_t n,
                          struct strip_chunk *c)
{
    const double log_ratio = s->log_forward_ratio, ratio = vm_exp(log_ratio);
    const double per_ratio = 1.0 / ratio, scale = s->inverse ? 1.0 : ratio;
    const double *restrict sign = s->sign + first, *restrict strike = s->strike_usd + first;
    const double *restrict log_strike = s->log_strike + first;
    const double *restrict quantity = s->quantity + first;
    const double *restrict volatility = s->volatility_sqrt_t + first;

    for (uint32_t i = 0; i < n; i++) {
        const double v = volatility[i] < V_MIN ? V_MIN : volatility[i], per_v = 1.0 / v;
        const double q = scale * quantity[i], phi = sign[i];

        c->log_k[i] = log_strike[i] - log_ratio;
        c->k[i] = strike[i] * per_ratio;
        c->phi[i] = phi;
        c->phi_per_v[i] = phi * per_v;
        c->half_phi_v[i] = 0.5 * phi * v;
        c->q[i] = q;
        c->q_abs[i] = fabs(q);
        c->q_phi[i] = q * phi;
        c->q_v[i] = q * v;
        c->q_per_v[i] = q * per_v;
        c->q_phi_per_v[i] = q * phi * per_v;
    }
}

/* Mills's ratio is that of vm_normal_mills, by Horner's rule: with several chains side by
 * side the fewer operations count, not the length of one chain. */
static inline double mills_above(double t)
{
    double p = fma(3.4619085673752077e-06, t, 9.314251774276878e-05);

    p = fma(p, t, 0.001226813952696639);
    p = fma(p, t, 0.010234160222812651);
    p = fma(p, t, 0.059139990253502424);
    p = fma(p, t, 0.24466918840106666);
    p = fma(p, t, 0.72476695941542202);
    p = fma(p, t, 1.4884090139307657);
    p = fma(p, t, 1.9419000536194331);
    return fma(p, t, 1.2533141373155001);
}
static inline double mills_below(double t)
{
    double p = fma(3.4619085673851134e-06, t, 9.3142517740697249e-05);

    p = fma(p, t, 0.0012302758614590196);
    p = fma(p, t, 0.010327302729534596);
    p = fma(p, t, 0.060359880810379421);
    p = fma(p, t, 0.2547170519387803);
    p = fma(p, t, 0.78148818422381483);
    p = fma(p, t, 1.7135373461702654);
    p = fma(p, t, 2.5604503148388376);
    p = fma(p, t, 2.3472966322080584);
    return fma(p, t, 1.0);
}

/* scale e^(-t^2/2) for 0 <= t <= D_MAX: vm_exp without what only larger arguments need.
 * ln2 in one part costs less than the rounding of t does. */
static inline double scaled_density(double t, double scale)
{
    const double half = -0.5 * t * t;
    const double shifted = fma(half, VM_LOG2_E, VM_ROUND), n = shifted - VM_ROUND;
    const double r = fma(n, -VM_LN2, half), r2 = r * r, r4 = r2 * r2;
    const double low = vm_cubic(r, r2, 0.50000000000000133, 0.16666666666666685,
                                0.041666666666511892, 0.0083333333333163277);
    const double high = vm_cubic(r, r2, 0.0013888888947787197, 0.00019841269897893021,
                                 2.4801489251079999e-05, 2.7557233528697772e-06);
    const double top = fma(2.5112454659876537e-08, r, 2.7631498849901025e-07);
    const double e = 1.0 + fma(r2, fma(r4, fma(r4, top, high), low), r);

    return e * vm_from_bits(vm_bits(scale) + (vm_bits(shifted) << 52));
}

/* One option on one path. Selections let NaN through. */
struct option_terms {
    double e1, e2, w;
    double in_spot; /* S N(e1) */
    double value;
};
static inline struct option_terms option_terms(double spot, double density_scale,
                                               double per_factor, double log_moneyness,
                                               double half_sd, double phi_per_v, double k,
                                               double phi)
{
    const double y = log_moneyness * per_factor;
    const double e1 = fma(y, phi_per_v, half_sd), e2 = fma(y, phi_per_v, -half_sd);
    const double size1 = fabs(e1), size2 = fabs(e2);
    const double t1 = size1 > D_MAX ? D_MAX : size1, t2 = size2 > D_MAX ? D_MAX : size2;
    const double w = scaled_density(t1, density_scale);
    const double tail1 = w * mills_above(t1) / mills_below(t1);
    const double tail2 = w * mills_above(t2) / mills_below(t2);
    const double rest1 = spot - tail1, rest2 = k - tail2;
    const double in1 = e1 > 0.0 ? rest1 : tail1, in2 = e2 > 0.0 ? rest2 : tail2;
    const double v = phi * (in1 - in2);

    return (struct option_terms){e1, e2, w, in1, v < 0.0 ? 0.0 : v};
}

/* What the options share on each lane of a group. */
struct lane_terms {
    double spot[GROUP], log_spot[GROUP], factor[GROUP], per_factor[GROUP];
    double density_scale[GROUP]; /* S / sqrt(2 pi) */
};

static void group_prepare(const struct black_path *path, int first, struct lane_terms *g)
{
    for (int k = 0; k < GROUP; k++) {
        const double f = path->surface_factor[first + k];
        g->spot[k] = path->spot_usd[first + k];
        g->log_spot[k] = path->log_spot[first + k];
        g->factor[k] = f < FACTOR_MIN ? FACTOR_MIN : f;
        g->per_factor[k] = 1.0 / g->factor[k];
        g->density_scale[k] = 0.39894228040143268 * g->spot[k];
    }
}

/* Where one option's value and S N(e1) go, and how far on the next one's. */
struct option_rows {
    double *value, *in_spot;
    size_t stride; /* 0: to the same place, where nobody asked for them */
};

/* part += the options of a chunk. The sums stay in registers: GROUP lanes are one vector of
 * AVX-512, two of AVX2. */
static void chunk_greeks(const struct strip_chunk *restrict c, uint32_t n,
                         const struct lane_terms *restrict g, double (*part)[GROUP],
                         struct option_rows rows)
{
    double sum[N_PART][GROUP];

    memcpy(sum, part, sizeof sum);
    for (uint32_t i = 0; i < n; i++) {
        const double log_k = c->log_k[i], strike = c->k[i], phi = c->phi[i];
        const double phi_per_v = c->phi_per_v[i], half_phi_v = c->half_phi_v[i];
        const double q = c->q[i], q_abs = c->q_abs[i], q_phi = c->q_phi[i], q_v = c->q_v[i];
        const double q_per_v = c->q_per_v[i], q_phi_per_v = c->q_phi_per_v[i];
        double *restrict value = rows.value + i * rows.stride;
        double *restrict in_spot = rows.in_spot + i * rows.stride;

        for (int k = 0; k < GROUP; k++) {
            const struct option_terms o = option_terms(
                g->spot[k], g->density_scale[k], g->per_factor[k], g->log_spot[k] - log_k,
                g->factor[k] * half_phi_v, phi_per_v, strike, phi);
            const double we2 = o.w * o.e2, we1e2 = we2 * o.e1;

            value[k] = o.value;
            in_spot[k] = o.in_spot;
            sum[PART_VALUE][k] = fma(q, o.value, sum[PART_VALUE][k]);
            sum[PART_ABS][k] = fma(q_abs, o.value, sum[PART_ABS][k]);
            sum[PART_SPOT][k] = fma(q_phi, o.in_spot, sum[PART_SPOT][k]);
            sum[PART_W][k] = fma(q, o.w, sum[PART_W][k]);
            sum[PART_PER_V][k] = fma(q_per_v, o.w, sum[PART_PER_V][k]);
            sum[PART_V][k] = fma(q_v, o.w, sum[PART_V][k]);
            sum[PART_E2][k] = fma(q_phi, we2, sum[PART_E2][k]);
            sum[PART_PER_V_E2][k] = fma(q_phi_per_v, we2, sum[PART_PER_V_E2][k]);
            sum[PART_V_E1_E2][k] = fma(q_v, we1e2, sum[PART_V_E1_E2][k]);
            sum[PART_PER_V_E1_E2][k] = fma(q_per_v, we1e2, sum[PART_PER_V_E1_E2][k]);
        }
    }
    memcpy(part, sum, sizeof sum);
}

static void chunk_value(const struct strip_chunk *restrict c, uint32_t n,
                        const struct lane_terms *restrict g, double (*part)[GROUP])
{
    double sum[2][GROUP];

    memcpy(sum, part, sizeof sum);
    for (uint32_t i = 0; i < n; i++) {
        const double log_k = c->log_k[i], strike = c->k[i], phi = c->phi[i];
        const double phi_per_v = c->phi_per_v[i], half_phi_v = c->half_phi_v[i];
        const double q = c->q[i], q_abs = c->q_abs[i];

        for (int k = 0; k < GROUP; k++) {
            const struct option_terms o = option_terms(
                g->spot[k], g->density_scale[k], g->per_factor[k], g->log_spot[k] - log_k,
                g->factor[k] * half_phi_v, phi_per_v, strike, phi);

            sum[PART_VALUE][k] = fma(q, o.value, sum[PART_VALUE][k]);
            sum[PART_ABS][k] = fma(q_abs, o.value, sum[PART_ABS][k]);
        }
    }
    memcpy(part, sum, sizeof sum);
}

/* Sums of one group of lanes from their parts. */
static void add_greeks(const struct black_strip *s, const struct lane_terms *g,
                       double (*part)[GROUP], int first, lane_row *sum)
{
    const double years = s->years > YEARS_MIN ? s->years : YEARS_MIN;
    const double sqrt_t = sqrt(years), on_strike = s->inverse ? 1.0 : 0.0;

    for (int k = 0; k < GROUP; k++) {
        const int lane = first + k;
        const double f = g->factor[k], per_f = g->per_factor[k],
                     per_spot = 1.0 / g->spot[k];
        const double per_spot_f = per_spot * per_f, value = part[PART_VALUE][k];
        const double by_spot = part[PART_SPOT][k];

        sum[BLACK_VALUE][lane] += value;
        sum[BLACK_ABS][lane] += part[PART_ABS][k];
        sum[BLACK_DELTA][lane] += by_spot * per_spot;
        sum[BLACK_GAMMA][lane] += part[PART_PER_V][k] * per_spot * per_spot_f;
        sum[BLACK_VEGA][lane] += part[PART_W][k] * sqrt_t;
        sum[BLACK_THETA][lane] -= part[PART_V][k] * f * (0.5 / years);
        sum[BLACK_VANNA][lane] -= part[PART_PER_V_E2][k] * sqrt_t * per_spot_f;
        sum[BLACK_VOLGA][lane] += part[PART_PER_V_E1_E2][k] * years * per_f;
        sum[BLACK_RHO][lane] += years * (by_spot - on_strike * value);
        sum[BLACK_FACTOR][lane] += part[PART_V][k];
        sum[BLACK_FACTOR_SPOT][lane] -= part[PART_E2][k] * per_spot_f;
        sum[BLACK_FACTOR_FACTOR][lane] += part[PART_V_E1_E2][k] * per_f;
    }
}

/* Rows of the options first .. first + n - 1 from S and k to their own units. */
static void finish_rows(const struct black_strip *s, const struct lane_terms *g,
                        uint32_t first_option, uint32_t n, int first,
                        const struct black_rows *rows)
{
    const double scale = s->inverse ? 1.0 : vm_exp(s->log_forward_ratio);

    for (uint32_t i = first_option; i < first_option + n; i++) {
        const double phi = scale * s->sign[i];
        double *value = &rows->value_usd[i][first], *delta = &rows->delta_coin[i][first];
        for (int k = 0; k < GROUP; k++) {
            value[k] *= scale;
            delta[k] *= phi / g->spot[k];
        }
    }
}

void black_strip_greeks(const struct black_strip *strip, const struct black_path *path,
                        lane_row *sum, const struct black_rows *rows)
{
    double part[LANES / GROUP][N_PART][GROUP], unused[2][GROUP];
    struct lane_terms lanes[LANES / GROUP];
    struct strip_chunk chunk;

    memset(part, 0, sizeof part);
    for (int group = 0; group < LANES / GROUP; group++)
        group_prepare(path, group * GROUP, &lanes[group]);
    for (uint32_t first = 0; first < strip->n; first += CHUNK) {
        const uint32_t n = strip->n - first < CHUNK ? strip->n - first : CHUNK;

        chunk_prepare(strip, first, n, &chunk);
        for (int group = 0; group < LANES / GROUP; group++) {
            const int lane = group * GROUP;
            struct option_rows to = {unused[0], unused[1], 0};
            if (rows != NULL)
                to = (struct option_rows){&rows->value_usd[first][lane],
                                          &rows->delta_coin[first][lane], LANES};
            chunk_greeks(&chunk, n, &lanes[group], part[group], to);
            if (rows != NULL)
                finish_rows(strip, &lanes[group], first, n, lane, rows);
        }
    }
    for (int group = 0; group < LANES / GROUP; group++)
        add_greeks(strip, &lanes[group], part[group], group * GROUP, sum);
}

void black_strip_value(const struct black_strip *strip, const struct black_path *path,
                       lane_row *sum)
{
    double part[LANES / GROUP][2][GROUP];
    struct lane_terms lanes[LANES / GROUP];
    struct strip_chunk chunk;

    memset(part, 0, sizeof part);
    for (int group = 0; group < LANES / GROUP; group++)
        group_prepare(path, group * GROUP, &lanes[group]);
    for (uint32_t first = 0; first < strip->n; first += CHUNK) {
        const uint32_t n = strip->n - first < CHUNK ? strip->n - first : CHUNK;

        chunk_prepare(strip, first, n, &chunk);
        for (int group = 0; group < LANES / GROUP; group++)
            chunk_value(&chunk, n, &lanes[group], part[group]);
    }
    for (int k = 0; k < LANES; k++) {
        sum[BLACK_VALUE][k] += part[k / GROUP][PART_VALUE][k % GROUP];
        sum[BLACK_ABS][k] += part[k / GROUP][PART_ABS][k % GROUP];
    }
}

void black_volatility_sqrt_t(const struct surface *surface, double years, uint32_t n,
                             const double *total_variance, double *volatility_sqrt_t)
{
    double *restrict out = volatility_sqrt_t;

    if (!(years > 0.0)) {
        memset(out, 0, n * sizeof *out);
        return;
    }
    const struct surface_cut cut = surface_cut(surface, years);
    const double *restrict near = &total_variance[(cut.near - surface->slice) * n];
    const double *restrict far =
        cut.far != NULL ? &total_variance[(cut.far - surface->slice) * n] : near;
    const double near_weight = cut.near_weight, far_weight = cut.far_weight;

    if (cut.far == NULL)
        for (uint32_t i = 0; i < n; i++)
            out[i] = sqrt(near[i] * near_weight);
    else
        for (uint32_t i = 0; i < n; i++)
            out[i] = sqrt(near[i] + far_weight * (far[i] - near[i]));
}
