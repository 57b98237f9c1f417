#ifndef TAILRACE_SIM_BLACK_H
#define TAILRACE_SIM_BLACK_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/lanes.h"
#include "sim/surface.h"

/* Sums of the values and Greeks of many European options on one asset: the formulas of
 * models/instrument/option.c, with everything that options or paths share taken out of the
 * loop and nothing stored per option.
 *
 * A strip is the options on one asset that expire together and settle alike; its sums are
 * taken in the order of the options, so that neither LANES nor the width of the vectors
 * changes a bit. A number that is not finite in the inputs is not finite in the sums. */
struct black_strip {
    uint32_t n;
    bool inverse;             /* settled in the coin; false: in dollars */
    double years;             /* to expiry, T */
    double log_forward_ratio; /* ln(F/S), the same for all paths */
    const double *sign;       /* [n] phi: 1 for a call, -1 for a put */
    const double *strike_usd; /* [n] */
    const double *log_strike; /* [n] ln(strike_usd) */
    const double *quantity;   /* [n] coins that the options are on; negative: written */
    const double *volatility_sqrt_t; /* [n] sigma0 sqrt(T), before stress */
};

/* What is shared by every option of a path. Rows of LANES. */
struct black_path {
    const double *spot_usd;
    const double *log_spot;       /* ln(spot_usd) */
    const double *surface_factor; /* f: sigma = f sigma0 */
};

/* The sums, each of quantity times what is said here. */
enum black_sum {
    BLACK_VALUE,         /* USD */
    BLACK_ABS,           /* absolute values, USD */
    BLACK_DELTA,         /* dV/dS, coins */
    BLACK_GAMMA,         /* d2V/dS2, coins per USD */
    BLACK_VEGA,          /* dV/dsigma, USD per 1.00 of volatility */
    BLACK_THETA,         /* dV/dt at constant S, F/S and sigma, USD per year */
    BLACK_VANNA,         /* d2V/dS dsigma, coins per 1.00 */
    BLACK_VOLGA,         /* d2V/dsigma2, USD per 1.00^2 */
    BLACK_RHO,           /* dV/db, F = S exp(b T), at constant S, USD per 1.00 per year */
    BLACK_FACTOR,        /* dV/df = vega sigma0, USD */
    BLACK_FACTOR_SPOT,   /* d2V/dS df = vanna sigma0, coins */
    BLACK_FACTOR_FACTOR, /* d2V/df2 = volga sigma0^2, USD */
    N_BLACK_SUM
};

/* What is known of every option by itself, per unit of quantity; for margin rules. */
struct black_rows {
    lane_row *value_usd;  /* [n] */
    lane_row *delta_coin; /* [n] */
};

/* Adds a strip to the sums [N_BLACK_SUM]. `rows` may be NULL. */
void black_strip_greeks(const struct black_strip *strip, const struct black_path *path,
                        lane_row *sum, const struct black_rows *rows);

/* Adds to sum[BLACK_VALUE] and sum[BLACK_ABS] alone, with the bits that
 * black_strip_greeks has. */
void black_strip_value(const struct black_strip *strip, const struct black_path *path,
                       lane_row *sum);

/* sigma0 sqrt(T) of every option of a strip, `years` before its expiry, with the bits of
 * surface_volatility_sqrt_t. total_variance has one row per slice of the surface, of what
 * surface_contract finds there for each strike: [n_slice][n]. */
void black_volatility_sqrt_t(const struct surface *surface, double years, uint32_t n,
                             const double *total_variance, double *volatility_sqrt_t);

#endif
