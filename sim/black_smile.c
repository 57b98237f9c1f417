/* The formulas and names of sim/black.c with f v = sd of the option on each path, which
 * nothing can be taken out of the loop for; and along the smile, with x = ln S,
 *     delta + vega sigma_x / S
 *     gamma + (2 S vanna sigma_x + volga sigma_x^2 + vega (sigma_xx - sigma_x)) / S^2. */

#include "sim/black_smile.h"

#include <math.h>
#include <string.h>

#include "sim/black_terms.h"

static const double SD_MIN = 1e-12, YEARS_MIN = 1e-12; /* as in sim/black.c */

void black_smile_start(struct black_smile *b, const struct black_strip *strip,
                       const struct black_path *path)
{
    const double *restrict spot = path->spot_usd, *restrict log_spot = path->log_spot;
    double *restrict scale = b->density_scale;

    b->strip = strip;
    b->path = path;
    b->ratio = vm_exp(strip->log_forward_ratio);
    b->years = strip->years > YEARS_MIN ? strip->years : YEARS_MIN;
    b->sqrt_t = sqrt(b->years);
    for (int k = 0; k < LANES; k++)
        scale[k] = 0.39894228040143268 * spot[k];
    for (int i = 0; i < N_BLACK_SMILE_PART; i++) {
        double *restrict part = b->part[i];
        for (int k = 0; k < LANES; k++)
            part[k] = 0.0 * (fabs(spot[k]) + fabs(log_spot[k]));
    }
}

/* One option's own rows. */
struct option_rows {
    lane_row value, in_spot, w, per_sd, e2, e1_e2, finite;
};

static void option_rows(const struct black_smile *b, uint32_t option,
                        const struct smile *smile, struct option_rows *restrict o)
{
    const struct black_strip *s = b->strip;
    const double phi = s->sign[option];
    const double log_k = s->log_strike[option] - s->log_forward_ratio;
    const double strike = s->strike_usd[option] / b->ratio;
    const uint64_t put = vm_bits(phi) & (UINT64_C(1) << 63);
    const double *restrict spot = b->path->spot_usd, *restrict scale = b->density_scale;
    const double *restrict log_spot = b->path->log_spot, *restrict sd_row = smile->sd;

    for (int k = 0; k < LANES; k++) {
        const double sd = sd_row[k] < SD_MIN ? SD_MIN : sd_row[k], per_sd = 1.0 / sd;
        const struct black_start start =
            black_start((log_spot[k] - log_k) * per_sd, phi, 0.5 * phi * sd, scale[k]);
        const struct black_end end =
            black_end(start.e1, start.e2, black_mills(start.e1), black_mills(start.e2),
                      start.w, spot[k], strike, put);

        o->value[k] = end.value;
        o->in_spot[k] = end.in_spot;
        o->w[k] = start.w;
        o->per_sd[k] = start.w * per_sd;
        o->e2[k] = start.e2;
        o->e1_e2[k] = start.e1 * start.e2;
        o->finite[k] = 0.0 * sd_row[k];
    }
}

/* part += the option, but for what its smile does. */
static void add_option(double quantity, double phi, const struct smile *smile,
                       const struct option_rows *restrict o, lane_row *restrict part)
{
    const double *restrict sd = smile->sd;

    for (int k = 0; k < LANES; k++) {
        const double q = quantity + o->finite[k], w = q * o->w[k];
        const double per_sd = q * o->per_sd[k];

        part[BLACK_SMILE_VALUE][k] = fma(q, o->value[k], part[BLACK_SMILE_VALUE][k]);
        part[BLACK_SMILE_ABS][k] = fma(fabs(q), o->value[k], part[BLACK_SMILE_ABS][k]);
        part[BLACK_SMILE_SPOT][k] = fma(phi * q, o->in_spot[k], part[BLACK_SMILE_SPOT][k]);
        part[BLACK_SMILE_W][k] += w;
        part[BLACK_SMILE_PER_SD][k] += per_sd;
        part[BLACK_SMILE_SD][k] = fma(w, sd[k], part[BLACK_SMILE_SD][k]);
        part[BLACK_SMILE_E2][k] = fma(phi * per_sd, o->e2[k], part[BLACK_SMILE_E2][k]);
        part[BLACK_SMILE_E1_E2][k] = fma(per_sd, o->e1_e2[k], part[BLACK_SMILE_E1_E2][k]);
    }
}

/* part += what moves the option's volatility: the price, the effects on the surface. */
static void add_moves(double quantity, double phi, double sqrt_t,
                      const struct smile *restrict smile,
                      const struct option_rows *restrict o, lane_row *restrict part)
{
    const double twice_sqrt_t = 2.0 * sqrt_t, years = sqrt_t * sqrt_t;

    for (int k = 0; k < LANES; k++) {
        const double w = quantity * o->w[k], per_sd = quantity * o->per_sd[k];
        const double across = phi * per_sd * o->e2[k], twice = per_sd * o->e1_e2[k];
        const double slope = smile->slope[k], factor = smile->by_factor[k];
        const double vanna = -twice_sqrt_t * across, volga = years * twice;
        const double vega = sqrt_t * w;
        const double along = fma(volga, slope, vanna) * slope;

        part[BLACK_SMILE_SLOPE][k] = fma(w, slope, part[BLACK_SMILE_SLOPE][k]);
        part[BLACK_SMILE_CURVE][k] += fma(vega, smile->curve[k] - slope, along);
        part[BLACK_SMILE_FACTOR][k] = fma(w, factor, part[BLACK_SMILE_FACTOR][k]);
        part[BLACK_SMILE_FACTOR_SPOT][k] =
            fma(across, factor, part[BLACK_SMILE_FACTOR_SPOT][k]);
        part[BLACK_SMILE_FACTOR_2][k] =
            fma(twice, factor * factor, part[BLACK_SMILE_FACTOR_2][k]);
        part[BLACK_SMILE_TERM][k] = fma(w, smile->by_term[k], part[BLACK_SMILE_TERM][k]);
        part[BLACK_SMILE_SKEW][k] = fma(w, smile->by_skew[k], part[BLACK_SMILE_SKEW][k]);
    }
}

/* One option's rows from S and k to their own units, along the smile. */
static void finish_rows(const struct black_smile *b, double scale, double phi,
                        const double *restrict slope, const struct option_rows *restrict o,
                        double *restrict value_usd, double *restrict delta_coin)
{
    const double sqrt_t = b->sqrt_t, *restrict spot = b->path->spot_usd;

    for (int k = 0; k < LANES; k++) {
        value_usd[k] = scale * o->value[k];
        delta_coin[k] =
            scale * (phi * o->in_spot[k] + sqrt_t * o->w[k] * slope[k]) / spot[k];
    }
}

void black_smile_add(struct black_smile *b, uint32_t option, const struct smile *smile,
                     double *value_usd, double *delta_coin)
{
    const double scale = b->strip->inverse ? 1.0 : b->ratio, phi = b->strip->sign[option];
    const double quantity = scale * b->strip->quantity[option];
    struct option_rows o;

    option_rows(b, option, smile, &o);
    add_option(quantity, phi, smile, &o, b->part);
    add_moves(quantity, phi, b->sqrt_t, smile, &o, b->part);
    if (value_usd != NULL)
        finish_rows(b, scale, phi, smile->slope, &o, value_usd, delta_coin);
}

/* Sums from their parts. */
static void add_sums(double years, double on_strike, const double *restrict spot,
                     const lane_row *restrict part, lane_row *restrict sum)
{
    const double sqrt_t = sqrt(years), half_per_t = 0.5 / years;

    for (int k = 0; k < LANES; k++) {
        const double per_spot = 1.0 / spot[k];
        const double value = part[BLACK_SMILE_VALUE][k],
                     by_spot = part[BLACK_SMILE_SPOT][k];
        const double on_smile = sqrt_t * part[BLACK_SMILE_SLOPE][k];

        sum[BLACK_VALUE][k] += value;
        sum[BLACK_ABS][k] += part[BLACK_SMILE_ABS][k];
        sum[BLACK_DELTA][k] += (by_spot + on_smile) * per_spot;
        sum[BLACK_GAMMA][k] += (part[BLACK_SMILE_PER_SD][k] + part[BLACK_SMILE_CURVE][k]) *
                               per_spot * per_spot;
        sum[BLACK_VEGA][k] += part[BLACK_SMILE_W][k] * sqrt_t;
        sum[BLACK_THETA][k] -= part[BLACK_SMILE_SD][k] * half_per_t;
        sum[BLACK_VANNA][k] -= part[BLACK_SMILE_E2][k] * sqrt_t * per_spot;
        sum[BLACK_VOLGA][k] += part[BLACK_SMILE_E1_E2][k] * years;
        sum[BLACK_RHO][k] += years * (by_spot - on_strike * value);
        sum[BLACK_FACTOR][k] += part[BLACK_SMILE_FACTOR][k] * sqrt_t;
        sum[BLACK_FACTOR_SPOT][k] -= part[BLACK_SMILE_FACTOR_SPOT][k] * sqrt_t * per_spot;
        sum[BLACK_FACTOR_FACTOR][k] += part[BLACK_SMILE_FACTOR_2][k] * years;
        sum[BLACK_BY_TERM][k] += part[BLACK_SMILE_TERM][k] * sqrt_t;
        sum[BLACK_BY_SKEW][k] += part[BLACK_SMILE_SKEW][k] * sqrt_t;
    }
}

void black_smile_finish(const struct black_smile *b, lane_row *sum)
{
    add_sums(b->years, b->strip->inverse ? 1.0 : 0.0, b->path->spot_usd,
             (const lane_row *)b->part, sum);
}
