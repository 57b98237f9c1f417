#ifndef TAILRACE_SIM_SURFACE_CHECK_H
#define TAILRACE_SIM_SURFACE_CHECK_H

#include "sim/bend.h"
#include "sim/surface.h"

/* Static arbitrage in a surface: butterflies (a call price that is not convex in the
 * strike) and calendars (total variance that falls with time at one k).
 *
 * Slices of nodes are looked at where they have nodes: three neighbouring strikes make a
 * butterfly, whose size is how much the volatility in the middle is too high; less than a
 * hundredth of a point, the unit of the quotes, does not count. Slices of formulas are
 * searched for places where Durrleman's g is below 0, whose size is -g; between two of them
 * w is linear in T, and is searched at the quarters of the time as well. Their calendars
 * are searched within four standard deviations of the forward, and if nothing is there,
 * further out. */

struct surface_place {
    uint32_t slice; /* calendar: the later one */
    double years, log_moneyness;
    double size; /* volatility too high (nodes); -g; or the share of the variance missing */
};

struct surface_faults {
    uint32_t n_butterfly; /* nodes, or times */
    uint32_t n_calendar;  /* nodes, or pairs of slices */
    /* Nodes where one of the two slices has no strike so far out: there it is the flat wing
     * that disagrees, not a quote. */
    uint32_t n_calendar_wing;
    struct surface_place butterfly, calendar; /* the worst; size 0 if there is none */
    struct surface_place least; /* where the bent volatility is the least share (size) of
                                   the one without skew */
};

/* Looks at the surface as it is (bend NULL), or bent; then formulas are not searched beyond
 * four standard deviations. */
void surface_check(const struct surface *surface, const struct bend *bend,
                   struct surface_faults *faults);

#endif
