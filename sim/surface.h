#ifndef TAILRACE_SIM_SURFACE_H
#define TAILRACE_SIM_SURFACE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/arena.h"
#include "sim/error.h"
#include "sim/svi.h"

/* The volatility surface of one asset, as quoted at one time, and its forward curve.
 *
 * A slice per expiry, nodes in log-moneyness k = ln(K/F) with total variance w = sigma^2
 * T. At one expiry w is linear in k between strikes; beyond the first and last strike
 * the volatility is that strike's. Between expiries w is linear in T at constant k;
 * before the first expiry and after the last the volatility is that slice's. Nothing is
 * smoothed: the surface repeats the quotes, and has their arbitrage if they have any
 * (sim/surface_check.h counts it). A slice may instead be an SVI formula, valid at every k.
 *
 * The forward is F = S exp(b T), b T linear in T between the expiries, from 0 at T = 0;
 * b is constant before the first and after the last expiry. Where each row's index was
 * taken with its quote, b is the median of the rows' own F/S, so that a move of the
 * price while the chain was read does not count as basis; where the index is of another
 * time, the rows' forwards are taken to one S as they stand.
 *
 * Sticky strike: a contract keeps the log-moneyness k that its strike had at the start;
 * with time to expiry T its total variance is w(T, k), whatever the spot price does. Sticky
 * delta and shocks that bend the surface: sim/smile.h. */

/* One quoted option. */
struct surface_point {
    const char *file; /* for messages; NULL if there is no file */
    int line;
    double quote_s, expiry_s; /* seconds since 1970 UTC */
    double strike_usd, forward_usd;
    double volatility_annual;
    double index_usd; /* spot index at the quote; 0 if not known */
    bool call;
};

struct surface_slice {
    double years;             /* from the time of the surface to expiry */
    double log_forward_ratio; /* ln(F/S) */
    const struct svi *svi;    /* the formula; NULL: nodes */
    uint32_t n_node;          /* 0 with a formula */
    double *log_moneyness;    /* [n_node] increasing */
    double *total_variance;   /* [n_node] */
};

struct surface {
    double quote_s;  /* time of the surface: the median of the quotes; 0 if flat */
    double spot_usd; /* spot price that goes with it */
    uint32_t n_slice;
    struct surface_slice *slice; /* [n_slice] by expiry */
    uint32_t n_expired;          /* quotes left out because they had expired */
};

/* One strike's view of a surface: total variance of every slice at its k. Belongs to the
 * arena; the surface must outlive it. */
struct surface_strike {
    double log_moneyness;
    uint32_t n_slice;
    const struct surface_slice *slice; /* [n_slice] the surface's */
    double *total_variance;            /* [n_slice] */
};

/* Builds the surface of n quotes in any order; it and what it points to belong to the
 * arena. Where a strike has a call and a put, the one out of the money counts. The spot
 * price is the index of the quotes, else spot_fallback, else (spot_fallback <= 0) the
 * forward of the nearest expiry. False: a quote that is not a positive number, a quote
 * given twice, an expiry with less than two strikes, nothing left after leaving out what
 * has expired, or a forward that cannot belong to the spot price. */
bool surface_build(const struct surface_point *point, uint32_t n, double spot_fallback,
                   struct arena *arena, struct surface *surface, struct error *err);

/* One volatility for all strikes and times; forward S exp(basis_annual T). The spot price
 * says what moneyness a strike has. */
void surface_flat(double volatility_annual, double basis_annual, double spot_usd,
                  struct arena *arena, struct surface *surface);

/* Slices given by formulas, by expiry: F = S exp(log_forward_ratio), S = spot_usd. The
 * arrays [n] are copied. Nothing is checked here. */
void surface_svi(uint32_t n, const double *years, const double *log_forward_ratio,
                 const struct svi *svi, double spot_usd, struct arena *arena,
                 struct surface *surface);

/* Total variance of one slice and its derivatives in k; between nodes the second derivative
 * is 0, beyond them the first, too. */
struct svi_value surface_slice_value(const struct surface_slice *slice, double k);

/* Prepares the strike of a contract that expires in expiry_years. */
void surface_contract(const struct surface *surface, double strike_usd, double expiry_years,
                      struct arena *arena, struct surface_strike *strike);

/* sigma sqrt(T), the square root of the total variance, at `years` to expiry; 0 at T <= 0.
 */
double surface_volatility_sqrt_t(const struct surface_strike *strike, double years);

/* The slices that total variance at `years` is made of: w = near_weight w_near + far_weight
 * w_far at every k. far is NULL before the first expiry and after the last. */
struct surface_cut {
    const struct surface_slice *near, *far;
    double near_weight, far_weight;
};
struct surface_cut surface_cut(const struct surface *surface, double years);

/* ln(F/S) of the forward `years` ahead; 0 at T <= 0. */
double surface_log_forward_ratio(const struct surface *surface, double years);

#endif
