#include "sim/black.h"

#include <assert.h>
#include <math.h>
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

/* What is the same on all lanes, for some options of a strip. What an option starts with
 * has one entry more, which no sum sees. */
struct strip_chunk {
    double log_k[CHUNK + 1], phi_per_v[CHUNK + 1], half_phi_v[CHUNK + 1], k[CHUNK];
    uint64_t put[CHUNK]; /* the sign bit for a put */
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
        const double q = scale * quantity[i] + 0.0 * v, phi = sign[i]; /* NaN if v is */

        c->log_k[i] = log_strike[i] - log_ratio;
        c->k[i] = strike[i] * per_ratio;
        c->put[i] = vm_bits(phi) & (UINT64_C(1) << 63);
        c->phi_per_v[i] = phi * per_v;
        c->half_phi_v[i] = 0.5 * phi * v;
        c->q[i] = q;
        c->q_abs[i] = fabs(q);
        c->q_phi[i] = q * phi;
        c->q_v[i] = q * v;
        c->q_per_v[i] = q * per_v;
        c->q_phi_per_v[i] = q * phi * per_v;
    }
    c->log_k[n] = c->phi_per_v[n] = c->half_phi_v[n] = 0.0;
}

/* What the options share on each lane of a group. */
struct lane_terms {
    double spot[GROUP], log_spot[GROUP], factor[GROUP], per_factor[GROUP];
    double density_scale[GROUP]; /* S / sqrt(2 pi) */
    double zero[GROUP];          /* where the sums begin; NaN if an input is not finite */
};

static void group_prepare(const struct black_path *path, int first, struct lane_terms *g)
{
    for (int k = 0; k < GROUP; k++) {
        const double f = path->surface_factor[first + k];
        g->spot[k] = path->spot_usd[first + k];
        g->log_spot[k] = path->log_spot[first + k];
        g->zero[k] = 0.0 * (fabs(g->spot[k]) + fabs(g->log_spot[k]) + fabs(f));
        g->factor[k] = f < FACTOR_MIN ? FACTOR_MIN : f;
        g->per_factor[k] = 1.0 / g->factor[k];
        g->density_scale[k] = 0.39894228040143268 * g->spot[k];
    }
}

/* Value and S N(e1) of every option of a chunk. */
struct chunk_rows {
    double value[CHUNK][GROUP], in_spot[CHUNK][GROUP];
};

/* What the lanes of an option start with. */
struct lane_starts {
    double e1[GROUP], e2[GROUP], w[GROUP];
};

static void start_first(const struct strip_chunk *restrict c,
                        const struct lane_terms *restrict g, struct lane_starts *next)
{
    for (int k = 0; k < GROUP; k++) {
        const struct black_start o =
            black_start((g->log_spot[k] - c->log_k[0]) * g->per_factor[k], c->phi_per_v[0],
                        g->factor[k] * c->half_phi_v[0], g->density_scale[k]);
        next->e1[k] = o.e1;
        next->e2[k] = o.e2;
        next->w[k] = o.w;
    }
}

/* part += the options of a chunk. The sums stay in registers: GROUP lanes are one vector of
 * AVX-512, two of AVX2. The next option starts while this one ends: the steps of one option
 * wait for each other longer than the processor can look ahead. */
static void chunk_greeks(const struct strip_chunk *restrict c, uint32_t n,
                         const struct lane_terms *restrict g, double (*part)[GROUP],
                         struct chunk_rows *restrict rows)
{
    double sum[N_PART][GROUP];
    struct lane_starts next;

    memcpy(sum, part, sizeof sum);
    start_first(c, g, &next);
    for (uint32_t i = 0; i < n; i++) {
        const double log_k = c->log_k[i + 1], strike = c->k[i];
        const double phi_per_v = c->phi_per_v[i + 1], half_phi_v = c->half_phi_v[i + 1];
        const double q = c->q[i], q_abs = c->q_abs[i], q_phi = c->q_phi[i], q_v = c->q_v[i];
        const double q_per_v = c->q_per_v[i], q_phi_per_v = c->q_phi_per_v[i];
        const uint64_t put = c->put[i];

        for (int k = 0; k < GROUP; k++) {
            const double e1 = next.e1[k], e2 = next.e2[k], w = next.w[k];
            const struct black_start after =
                black_start((g->log_spot[k] - log_k) * g->per_factor[k], phi_per_v,
                            g->factor[k] * half_phi_v, g->density_scale[k]);
            const struct black_end o = black_end(e1, e2, w, g->spot[k], strike, put);

            next.e1[k] = after.e1;
            next.e2[k] = after.e2;
            next.w[k] = after.w;
            const double we2 = w * e2, we1e2 = we2 * e1;
            if (rows != NULL) {
                rows->value[i][k] = o.value;
                rows->in_spot[i][k] = o.in_spot;
            }
            sum[PART_VALUE][k] = fma(q, o.value, sum[PART_VALUE][k]);
            sum[PART_ABS][k] = fma(q_abs, o.value, sum[PART_ABS][k]);
            sum[PART_SPOT][k] = fma(q_phi, o.in_spot, sum[PART_SPOT][k]);
            sum[PART_W][k] = fma(q, w, sum[PART_W][k]);
            sum[PART_PER_V][k] = fma(q_per_v, w, sum[PART_PER_V][k]);
            sum[PART_V][k] = fma(q_v, w, sum[PART_V][k]);
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
    struct lane_starts next;

    memcpy(sum, part, sizeof sum);
    start_first(c, g, &next);
    for (uint32_t i = 0; i < n; i++) {
        const double log_k = c->log_k[i + 1], strike = c->k[i];
        const double phi_per_v = c->phi_per_v[i + 1], half_phi_v = c->half_phi_v[i + 1];
        const double q = c->q[i], q_abs = c->q_abs[i];
        const uint64_t put = c->put[i];

        for (int k = 0; k < GROUP; k++) {
            const double e1 = next.e1[k], e2 = next.e2[k], w = next.w[k];
            const struct black_start after =
                black_start((g->log_spot[k] - log_k) * g->per_factor[k], phi_per_v,
                            g->factor[k] * half_phi_v, g->density_scale[k]);
            const struct black_end o = black_end(e1, e2, w, g->spot[k], strike, put);

            next.e1[k] = after.e1;
            next.e2[k] = after.e2;
            next.w[k] = after.w;
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

/* Rows of the n options from `first_option` on from those of a chunk. */
static void finish_rows(const struct black_strip *s, const struct lane_terms *g,
                        const struct chunk_rows *chunk, uint32_t first_option, uint32_t n,
                        int first, const struct black_rows *rows)
{
    const double scale = s->inverse ? 1.0 : vm_exp(s->log_forward_ratio);

    for (uint32_t i = 0; i < n; i++) {
        const double phi = scale * s->sign[first_option + i];
        double *value = &rows->value_usd[first_option + i][first];
        double *delta = &rows->delta_coin[first_option + i][first];
        for (int k = 0; k < GROUP; k++) {
            value[k] = scale * chunk->value[i][k];
            delta[k] = phi * chunk->in_spot[i][k] / g->spot[k];
        }
    }
}

void black_strip_greeks(const struct black_strip *strip, const struct black_path *path,
                        lane_row *sum, const struct black_rows *rows)
{
    double part[LANES / GROUP][N_PART][GROUP];
    struct chunk_rows each;
    struct lane_terms lanes[LANES / GROUP];
    struct strip_chunk chunk;

    for (int group = 0; group < LANES / GROUP; group++) {
        group_prepare(path, group * GROUP, &lanes[group]);
        for (int i = 0; i < N_PART; i++)
            memcpy(part[group][i], lanes[group].zero, sizeof part[group][i]);
    }
    for (uint32_t first = 0; first < strip->n; first += CHUNK) {
        const uint32_t n = strip->n - first < CHUNK ? strip->n - first : CHUNK;

        chunk_prepare(strip, first, n, &chunk);
        for (int group = 0; group < LANES / GROUP; group++) {
            if (rows == NULL) {
                chunk_greeks(&chunk, n, &lanes[group], part[group], NULL);
                continue;
            }
            chunk_greeks(&chunk, n, &lanes[group], part[group], &each);
            finish_rows(strip, &lanes[group], &each, first, n, group * GROUP, rows);
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

    for (int group = 0; group < LANES / GROUP; group++) {
        group_prepare(path, group * GROUP, &lanes[group]);
        for (int i = 0; i < 2; i++)
            memcpy(part[group][i], lanes[group].zero, sizeof part[group][i]);
    }
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
