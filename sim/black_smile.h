#ifndef TAILRACE_SIM_BLACK_SMILE_H
#define TAILRACE_SIM_BLACK_SMILE_H

#include "sim/black.h"
#include "sim/surface_view.h"

/* Sums of the values and Greeks of the options of a strip (sim/black.h) whose volatility
 * differs from path to path: sticky delta, and shocks that bend the surface. Delta and gamma
 * go along the smile, as smile_greeks of sim/smile.h has them. The sums are taken in the
 * order of the options; a number that is not finite in the inputs is not finite in them. */

/* Sums beside those of enum black_sum: what the effects that bend the surface do. */
enum {
    BLACK_BY_TERM = N_BLACK_SUM, /* vega d sigma / d term, USD */
    BLACK_BY_SKEW,               /* vega d sigma / d skew, USD */
    N_BLACK_SMILE_SUM
};

/* Sums of products that the options of a strip do not share. */
enum {
    BLACK_SMILE_VALUE,
    BLACK_SMILE_ABS,
    BLACK_SMILE_SPOT,        /* q phi S N(e1) */
    BLACK_SMILE_W,           /* q w */
    BLACK_SMILE_PER_SD,      /* q w / sd */
    BLACK_SMILE_SD,          /* q w sd */
    BLACK_SMILE_E2,          /* q phi w e2 / sd */
    BLACK_SMILE_E1_E2,       /* q w e1 e2 / sd */
    BLACK_SMILE_SLOPE,       /* q w sigma_x, x = ln S */
    BLACK_SMILE_CURVE,       /* what the smile adds to gamma, times S^2 */
    BLACK_SMILE_FACTOR,      /* by the surface's factor f: q w sigma_f */
    BLACK_SMILE_FACTOR_SPOT, /* q phi w e2 sigma_f / sd */
    BLACK_SMILE_FACTOR_2,    /* q w e1 e2 sigma_f^2 / sd */
    BLACK_SMILE_TERM,
    BLACK_SMILE_SKEW,
    N_BLACK_SMILE_PART
};

/* A strip under way. */
struct black_smile {
    const struct black_strip *strip; /* volatility_sqrt_t is not read */
    const struct black_path *path;   /* surface_factor is not read */
    double ratio, sqrt_t, years;     /* F/S; T > 0 */
    lane_row density_scale;          /* S / sqrt(2 pi) */
    lane_row part[N_BLACK_SMILE_PART];
};

void black_smile_start(struct black_smile *b, const struct black_strip *strip,
                       const struct black_path *path);

/* Adds one option of the strip. Its value and delta per unit of quantity, USD and coins,
 * [LANES], or both NULL. */
void black_smile_add(struct black_smile *b, uint32_t option, const struct smile *smile,
                     double *value_usd, double *delta_coin);

/* Adds the strip to the sums [N_BLACK_SMILE_SUM]. */
void black_smile_finish(const struct black_smile *b, lane_row *sum);

#endif
