#ifndef TAILRACE_SIM_SURFACE_VIEW_H
#define TAILRACE_SIM_SURFACE_VIEW_H

#include "sim/lanes.h"
#include "sim/surface.h"

/* The volatility surface of an asset at one instant, path by path: what shocks and the
 * level beta made of it (sim/bend.h), and what the price did. Under sticky strike a strike
 * keeps the moneyness that it had at the start for its expiry, whenever it was written;
 * under sticky delta it is k = ln(K/F) of now. */
struct surface_view {
    const struct surface *surface;
    bool sticky_delta;
    double term_power;                  /* see sim/bend.h */
    double now_years;                   /* since the start */
    const double *factor, *term, *skew; /* [LANES] effects on the surface */
};

/* Implied volatility at one strike of every path. */
struct smile {
    lane_row sd;           /* sigma sqrt(T) */
    lane_row slope, curve; /* -d sigma / dk and d2 sigma / dk2 at constant T: what ln S does
                              to sigma under sticky delta */
    lane_row by_factor, by_term, by_skew; /* d sigma / d of the effects on the surface */
    lane_row skew;                        /* d (sigma sqrt(T)) / d ln K at this instant */
};

/* What all strikes of one expiry share. */
struct surface_view_expiry {
    const struct surface_view *view;
    double years; /* to it, above 0 */
    struct surface_cut cut;
    double log_forward;    /* k = ln K - log_forward, less ln S where !sticks */
    bool sticks;           /* to the strike */
    double exponent;       /* of the term shock */
    lane_row shape, level; /* e^(term exponent), factor e^(term exponent) */
};
void surface_view_expiry(const struct surface_view *view, double years,
                         struct surface_view_expiry *expiry);

/* At one strike of all paths; log_spot is ln of the price of now, [LANES]. */
void surface_view_strike(const struct surface_view_expiry *expiry, double log_strike,
                         const double *log_spot, struct smile *smile);

/* At strikes with the logs given, `years` before their expiry; log_spot is ln of the price
 * of now, [LANES]. */
void surface_view_at(const struct surface_view *view, double years,
                     const double *log_strike, const double *log_spot, struct smile *smile);

/* Total variance and its derivatives in k, path by path. */
struct surface_variance {
    lane_row w, first, second;
};

/* What the effects make of it. */
void surface_view_bend(const struct surface_view_expiry *expiry, const double *k_row,
                       const struct surface_variance *variance, struct smile *smile);

#endif
