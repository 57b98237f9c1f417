#ifndef TAILRACE_SIM_CHEBYSHEV_H
#define TAILRACE_SIM_CHEBYSHEV_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/arena.h"
#include "sim/lanes.h"

/* Piecewise Chebyshev interpolation of a vector of sums over a box of one coordinate x and
 * up to three state coordinates y (Trefethen 2013, Approximation Theory and Approximation
 * Practice, chapters 3, 8 and 18).
 *
 * The x axis is cut at the splits given, where the function may have a kink or a jump, and
 * between two splits bisected until the function is smooth enough for its degree. Within a
 * piece the interpolant is a tensor product
 *     f_s(x, y) = sum_j0..j3  coef_s[j3][j2][j1][j0] T_j0(tx) T_j1(ty1) T_j2(ty2) T_j3(ty3)
 * through values at Chebyshev-Lobatto points cos(pi k / n): with n doubled they contain the
 * points before, so that no valuation is lost when a degree is raised. The end points of a
 * piece lie inside it by a few hundred rounding errors of x, hence a jump at a split is seen
 * from the right side by both neighbours.
 *
 * A piece is accepted when the error measured at points between the nodes is at most half
 * the tolerance in every sum; then coefficients that add less than a quarter of the
 * tolerance are dropped. What lies between all points tried is not seen: a spike that is
 * narrower than the points' distance (1/20 of a piece in its middle) and that no looked-at
 * sum shows next to it needs a split.
 *
 * Only + - x / and fma: the same bits for every compiler, vector width, number of lanes and
 * thread. */

enum {
    CHEBYSHEV_AXES = 4,
    CHEBYSHEV_CHUNK = 4, /* sums side by side in a vector */
    CHEBYSHEV_MAX_SUM = 8 * CHEBYSHEV_CHUNK,
    CHEBYSHEV_MAX_DEGREE = 32
};

/* What to interpolate. All but `value` and `context` is only read during the build. */
struct chebyshev_spec {
    uint32_t n_state; /* state coordinates beside x, 0 .. 3 */
    uint32_t n_sum;   /* 1 .. CHEBYSHEV_MAX_SUM */
    double low[CHEBYSHEV_AXES], high[CHEBYSHEV_AXES]; /* [1 + n_state] x first; low = high
                                                         takes the axis out */
    uint32_t n_split;
    const double *split; /* [n_split] increasing; those outside the box are passed over */
    const double *tolerance; /* [n_sum] absolute; INFINITY: not looked at */
    uint32_t max_points;     /* the build fails rather than value more points */
    /* out[s][k] = sum s at (x[k], y[i][k]) for k < n; all LANES may be computed, since the
     * others repeat the last point. y is [n_state] rows, out [n_sum] rows. */
    void (*value)(void *context, uint32_t n, const double *x, const lane_row *y,
                  lane_row *out);
    void *context;
    const volatile sig_atomic_t *stop; /* not zero: the build gives up; NULL: it goes on */
};

struct chebyshev_piece {
    uint32_t degree[CHEBYSHEV_AXES]; /* 0 for axes that do not exist */
    double *coef; /* [degree[3]+1][degree[2]+1][degree[1]+1][degree[0]+1][width] */
};

/* An interpolant; read only once it is built, shared by threads. */
struct chebyshev {
    uint32_t n_state, n_sum;
    uint32_t width; /* n_sum rounded up to whole chunks; the rest is zero */
    double low[CHEBYSHEV_AXES], high[CHEBYSHEV_AXES];
    double mid[CHEBYSHEV_AXES],
        inverse_half[CHEBYSHEV_AXES];    /* ty = (y - mid) inverse_half;
                                                                 entry 0 is not used */
    uint32_t max_degree[CHEBYSHEV_AXES]; /* over the pieces */
    uint32_t n_piece, n_edge;            /* n_edge: the power of two from n_piece on */
    double *edge;                        /* [n_edge] where pieces begin, then INFINITY */
    double *mid_x, *inverse_half_x;      /* [n_piece] tx = (x - mid_x) inverse_half_x */
    struct chebyshev_piece *piece;       /* [n_piece] by x */
    double error[CHEBYSHEV_MAX_SUM];     /* [n_sum] largest error measured, with what was
                                            dropped; also after a failed build */
    uint32_t n_point, n_call;            /* points valued, calls of value */
};

/* Builds the interpolant; it belongs to the arena. False if it did not converge: more than
 * max_points would be needed, a piece becomes too narrow, a degree too high, a value is not
 * finite (its error is INFINITY then), or *stop is not zero. `result` holds the errors reached, INFINITY where
 * nothing was measured, and the counts then; it must not be evaluated. */
bool chebyshev_build(const struct chebyshev_spec *spec, struct arena *arena,
                     struct chebyshev *result);

/* out[s][k] = sum s at (x[k], y[i][k]); outside[k] is 1 where that is outside the box or
 * not a number, and out[.][k] is left as it is, else 0. y is [n_state] rows and may be NULL
 * without states; out [n_sum] rows. Returns the number of lanes outside. */
uint32_t chebyshev_value(const struct chebyshev *c, const double *x, const lane_row *y,
                         lane_row *out, double *outside);

#endif
