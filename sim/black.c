#include "sim/black.h"

#include <assert.h>
#include <math.h>
#include <stdalign.h>
#include <string.h>

#include "sim/black_terms.h"

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
 */

enum { CHUNK = 64, GROUP = LANES < 8 ? LANES : 8 };
static_assert(LANES % GROUP == 0, "lanes come in whole groups");

static const double V_MIN = 1e-12, FACTOR_MIN = 1e-9, YEARS_MIN = 1e-12;

/* What is the same on all lanes, for some options of a strip. */
struct strip_chunk {
    alignas(64) double log_k[CHUNK], phi_per_v[CHUNK], half_phi_v[CHUNK], k[CHUNK];
    uint64_t put[CHUNK]; /* the sign bit for a put */
    double q[CHUNK], q_phi[CHUNK], q_per_v[CHUNK], v[CHUNK], v_square[CHUNK];
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
        const double q = scale * quantity[i] + 0.0 * v, phi = sign[i]; /* NaN if v is */

        c->log_k[i] = log_strike[i] - log_ratio;
        c->k[i] = strike[i] * per_ratio;
        c->put[i] = vm_bits(phi) & (UINT64_C(1) << 63);
        c->phi_per_v[i] = phi * per_v;
        c->half_phi_v[i] = 0.5 * phi * v;
        c->q[i] = q;
        c->q_phi[i] = q * phi;
        c->q_per_v[i] = q * per_v;
        c->v[i] = v;
        c->v_square[i] = v * v;
    }
}

/* What the options share on each lane. */
struct lane_terms {
    alignas(64) lane_row spot, log_spot, factor, per_factor;
    lane_row density_scale; /* S / sqrt(2 pi) */
    lane_row zero;          /* where the sums begin; NaN if an input is not finite */
};

static void lanes_prepare(const struct black_path *path, struct lane_terms *restrict l)
{
    const double *restrict spot = path->spot_usd, *restrict log_spot = path->log_spot;
    const double *restrict factor = path->surface_factor;

    for (int k = 0; k < LANES; k++) {
        const double f = factor[k] < FACTOR_MIN ? FACTOR_MIN : factor[k];
        l->spot[k] = spot[k];
        l->log_spot[k] = log_spot[k];
        l->factor[k] = f;
        l->per_factor[k] = 1.0 / f;
        l->density_scale[k] = 0.39894228040143268 * spot[k];
        l->zero[k] = 0.0 * (fabs(spot[k]) + fabs(log_spot[k]) + fabs(f));
    }
}

/* Value and S N(e1) of every option of a chunk. */
struct chunk_rows {
    alignas(64) lane_row value[CHUNK], in_spot[CHUNK];
};

/* What every option of a chunk is worth on a group of lanes. Three short loops with these
 * in between, rather than one that does all: the coefficients of each stay in registers,
 * and the processor looks further ahead than one option. */
struct chunk_terms {
    alignas(64) double e[2 * CHUNK * GROUP]; /* e1 of an option, e2, e1 of the next, ... */
    double mills[2 * CHUNK * GROUP], w[CHUNK][GROUP];
};

static void chunk_starts(const struct strip_chunk *restrict c, uint32_t n,
                         const struct lane_terms *restrict l, int first,
                         struct chunk_terms *restrict t)
{
    const double *restrict log_spot = &l->log_spot[first], *restrict f = &l->factor[first];
    const double *restrict per_f = &l->per_factor[first];
    const double *restrict scale = &l->density_scale[first];

    for (uint32_t i = 0; i < n; i++) {
        const double log_k = c->log_k[i], phi_per_v = c->phi_per_v[i];
        const double half_phi_v = c->half_phi_v[i];

#pragma omp simd
        for (int k = 0; k < GROUP; k++) {
            const struct black_start o = black_start(
                log_spot[k] - log_k, phi_per_v * per_f[k], f[k] * half_phi_v, scale[k]);
            t->e[2 * i * GROUP + k] = o.e1;
            t->e[(2 * i + 1) * GROUP + k] = o.e2;
            t->w[i][k] = o.w;
        }
    }
}

static void chunk_mills(uint32_t n, const double *restrict e, double *restrict mills)
{
    for (uint32_t i = 0; i < n; i++, e += GROUP, mills += GROUP)
#pragma omp simd
        for (int k = 0; k < GROUP; k++)
            mills[k] = black_mills(e[k]);
}

/* The terms of all options of a chunk on the group of lanes from `first` on. */
static void chunk_terms(const struct strip_chunk *restrict c, uint32_t n,
                        const struct lane_terms *restrict l, int first,
                        struct chunk_terms *restrict t)
{
    chunk_starts(c, n, l, first, t);
    chunk_mills(2 * n, t->e, t->mills);
}

/* Copies n rows of one group from rows of LANES, and back. */
static void group_load(int n, lane_row *row, int first, double (*group)[GROUP])
{
    for (int i = 0; i < n; i++)
        memcpy(group[i], &row[i][first], sizeof group[i]);
}
static void group_store(int n, lane_row *row, int first, double (*group)[GROUP])
{
    for (int i = 0; i < n; i++)
        memcpy(&row[i][first], group[i], sizeof group[i]);
}

/* part += the options of a chunk, on the group of lanes from `first` on. The sums stay in
 * registers: GROUP lanes are one vector of AVX-512, two of AVX2. rows: each option's own,
 * or NULL. */
static void chunk_greeks(const struct strip_chunk *restrict c, uint32_t n,
                         const struct lane_terms *restrict l, int first,
                         lane_row *restrict part, struct chunk_rows *restrict rows)
{
    const double *restrict spot = &l->spot[first];
    struct chunk_terms t;
    double sum[N_PART][GROUP];

    chunk_terms(c, n, l, first, &t);
    group_load(N_PART, part, first, sum);
    for (uint32_t i = 0; i < n; i++) {
        const double q = c->q[i], q_phi = c->q_phi[i], q_per_v = c->q_per_v[i];
        const double v = c->v[i], v_square = c->v_square[i], strike = c->k[i];
        const uint64_t put = c->put[i];

#pragma omp simd
        for (int k = 0; k < GROUP; k++) {
            const double e1 = t.e[2 * i * GROUP + k], e2 = t.e[(2 * i + 1) * GROUP + k],
                         w = t.w[i][k];
            const struct black_end o =
                black_end(e1, e2, t.mills[2 * i * GROUP + k],
                          t.mills[(2 * i + 1) * GROUP + k], w, spot[k], strike, put);
            const double worth = q * o.value, density = q_per_v * w;
            const double by_e2 = density * e2, by_e1_e2 = by_e2 * e1;
            const double by_d2 = vm_from_bits(vm_bits(by_e2) ^ put);

            if (rows != NULL) {
                rows->value[i][first + k] = o.value;
                rows->in_spot[i][first + k] = o.in_spot;
            }
            sum[PART_VALUE][k] += worth;
            sum[PART_ABS][k] += fabs(worth);
            sum[PART_SPOT][k] = fma(q_phi, o.in_spot, sum[PART_SPOT][k]);
            sum[PART_PER_V][k] += density;
            sum[PART_W][k] = fma(v, density, sum[PART_W][k]);
            sum[PART_V][k] = fma(v_square, density, sum[PART_V][k]);
            sum[PART_PER_V_E2][k] += by_d2;
            sum[PART_E2][k] = fma(v, by_d2, sum[PART_E2][k]);
            sum[PART_PER_V_E1_E2][k] += by_e1_e2;
            sum[PART_V_E1_E2][k] = fma(v_square, by_e1_e2, sum[PART_V_E1_E2][k]);
        }
    }
    group_store(N_PART, part, first, sum);
}

static void chunk_value(const struct strip_chunk *restrict c, uint32_t n,
                        const struct lane_terms *restrict l, int first,
                        lane_row *restrict part)
{
    const double *restrict spot = &l->spot[first];
    struct chunk_terms t;
    double sum[PART_ABS + 1][GROUP];

    chunk_terms(c, n, l, first, &t);
    group_load(PART_ABS + 1, part, first, sum);
    for (uint32_t i = 0; i < n; i++) {
        const double q = c->q[i], strike = c->k[i];
        const uint64_t put = c->put[i];

#pragma omp simd
        for (int k = 0; k < GROUP; k++) {
            const double e1 = t.e[2 * i * GROUP + k], e2 = t.e[(2 * i + 1) * GROUP + k],
                         w = t.w[i][k];
            const struct black_end o =
                black_end(e1, e2, t.mills[2 * i * GROUP + k],
                          t.mills[(2 * i + 1) * GROUP + k], w, spot[k], strike, put);
            const double worth = q * o.value;

            sum[PART_VALUE][k] += worth;
            sum[PART_ABS][k] += fabs(worth);
        }
    }
    group_store(PART_ABS + 1, part, first, sum);
}

/* Sums from their parts. */
static void add_greeks(const struct black_strip *s, const struct lane_terms *restrict l,
                       const lane_row *restrict part, lane_row *restrict sum)
{
    const double years = s->years > YEARS_MIN ? s->years : YEARS_MIN;
    const double sqrt_t = sqrt(years), on_strike = s->inverse ? 1.0 : 0.0;

    for (int k = 0; k < LANES; k++) {
        const double f = l->factor[k], per_f = l->per_factor[k];
        const double per_spot = 1.0 / l->spot[k], per_spot_f = per_spot * per_f;
        const double value = part[PART_VALUE][k], by_spot = part[PART_SPOT][k];

        sum[BLACK_VALUE][k] += value;
        sum[BLACK_ABS][k] += part[PART_ABS][k];
        sum[BLACK_DELTA][k] += by_spot * per_spot;
        sum[BLACK_GAMMA][k] += part[PART_PER_V][k] * per_spot * per_spot_f;
        sum[BLACK_VEGA][k] += part[PART_W][k] * sqrt_t;
        sum[BLACK_THETA][k] -= part[PART_V][k] * f * (0.5 / years);
        sum[BLACK_VANNA][k] -= part[PART_PER_V_E2][k] * sqrt_t * per_spot_f;
        sum[BLACK_VOLGA][k] += part[PART_PER_V_E1_E2][k] * years * per_f;
        sum[BLACK_RHO][k] += years * (by_spot - on_strike * value);
        sum[BLACK_FACTOR][k] += part[PART_V][k];
        sum[BLACK_FACTOR_SPOT][k] -= part[PART_E2][k] * per_spot_f;
        sum[BLACK_FACTOR_FACTOR][k] += part[PART_V_E1_E2][k] * per_f;
    }
}

/* One option's rows from S and k to their own units. */
static void finish_rows(double scale, double phi, const double *restrict spot,
                        const double *restrict value, const double *restrict in_spot,
                        double *restrict value_usd, double *restrict delta_coin)
{
    const double signed_scale = scale * phi;

    for (int k = 0; k < LANES; k++) {
        value_usd[k] = scale * value[k];
        delta_coin[k] = signed_scale * in_spot[k] / spot[k];
    }
}

static void greeks_and_rows(const struct black_strip *strip, const struct lane_terms *l,
                            const struct strip_chunk *chunk, uint32_t option, uint32_t n,
                            lane_row *part, const struct black_rows *out)
{
    const double scale = strip->inverse ? 1.0 : vm_exp(strip->log_forward_ratio);
    struct chunk_rows rows;

    for (int first = 0; first < LANES; first += GROUP)
        chunk_greeks(chunk, n, l, first, part, &rows);
    for (uint32_t i = 0; i < n; i++)
        finish_rows(scale, strip->sign[option + i], l->spot, rows.value[i], rows.in_spot[i],
                    out->value_usd[option + i], out->delta_coin[option + i]);
}

void black_strip_greeks(const struct black_strip *strip, const struct black_path *path,
                        lane_row *sum, const struct black_rows *rows)
{
    alignas(64) lane_row part[N_PART];
    struct lane_terms lanes;
    struct strip_chunk chunk;

    lanes_prepare(path, &lanes);
    for (int i = 0; i < N_PART; i++)
        memcpy(part[i], lanes.zero, sizeof part[i]);
    for (uint32_t option = 0; option < strip->n; option += CHUNK) {
        const uint32_t n = strip->n - option < CHUNK ? strip->n - option : CHUNK;

        chunk_prepare(strip, option, n, &chunk);
        if (rows != NULL) {
            greeks_and_rows(strip, &lanes, &chunk, option, n, part, rows);
            continue;
        }
        for (int first = 0; first < LANES; first += GROUP)
            chunk_greeks(&chunk, n, &lanes, first, part, NULL);
    }
    add_greeks(strip, &lanes, (const lane_row *)part, sum);
}

void black_strip_value(const struct black_strip *strip, const struct black_path *path,
                       lane_row *sum)
{
    alignas(64) lane_row part[PART_ABS + 1];
    struct lane_terms lanes;
    struct strip_chunk chunk;

    lanes_prepare(path, &lanes);
    for (int i = 0; i <= PART_ABS; i++)
        memcpy(part[i], lanes.zero, sizeof part[i]);
    for (uint32_t option = 0; option < strip->n; option += CHUNK) {
        const uint32_t n = strip->n - option < CHUNK ? strip->n - option : CHUNK;

        chunk_prepare(strip, option, n, &chunk);
        for (int first = 0; first < LANES; first += GROUP)
            chunk_value(&chunk, n, &lanes, first, part);
    }
    for (int k = 0; k < LANES; k++) {
        sum[BLACK_VALUE][k] += part[PART_VALUE][k];
        sum[BLACK_ABS][k] += part[PART_ABS][k];
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
