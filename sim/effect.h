#ifndef TAILRACE_SIM_EFFECT_H
#define TAILRACE_SIM_EFFECT_H

#include <stdbool.h>
#include <stdint.h>

/* A number or how to draw it once per path: fixed a; uniform on (a, b); normal a + b z. The
 * result is the exponential of that if `exponential`. */
enum plan_draw_kind { PLAN_FIXED, PLAN_UNIFORM, PLAN_NORMAL };
struct plan_draw {
    enum plan_draw_kind kind;
    double a, b;
    bool exponential;
};

/* What a shock acts on. The first group acts on assets through rows of ROW_EFFECT, the
 * second on order books through those of ROW_BOOK_EFFECT, the last on venues and chains
 * through rows of their own (sim/chain.h). */
enum effect_state {
    EFFECT_PRICE,      /* log of the factor on the price; neutral 0 */
    EFFECT_VOLATILITY, /* factor on the innovation; neutral 1 */
    EFFECT_SURFACE,    /* factor on implied volatility; neutral 1 */
    EFFECT_DELAY,      /* seconds added to that of the asset's oracles; neutral 0 */
    EFFECT_FUNDING,    /* fraction per 8 h; neutral: the asset's own rate */
    EFFECT_TERM,       /* log of the factor on implied volatility at 30 days; neutral 0 */
    EFFECT_SKEW,       /* of implied volatility, see sim/bend.h; neutral 0 */
    N_EFFECT_ROW,
    EFFECT_DEPTH = N_EFFECT_ROW, /* factors; neutral 1 */
    EFFECT_REFILL,
    EFFECT_SPREAD,
    N_EFFECT_STATE,
    EFFECT_CORRELATION = N_EFFECT_STATE, /* weight of the target correlation; neutral 0 */
    EFFECT_HALT,       /* of a venue: stands still where above 0; neutral 0 */
    EFFECT_GAS,        /* of a chain: price of gas it moves to, gwei; neutral: its own */
    EFFECT_THROUGHPUT, /* of a chain: factor on the transactions per second; neutral 1 */
};

enum effect_shape { EFFECT_STEP, EFFECT_RAMP, EFFECT_PULSE };

/* One shock on one state: size x g(t). Factors act as exp(g ln size), so `size` is a log.
 */
struct effect {
    enum effect_state state;
    enum effect_shape shape;
    struct plan_draw size, start; /* start in seconds */
    const char *size_stream, *start_stream;
    double duration_s;
    double recover_fraction, recover_half_life_s; /* fraction 0: stays */
    uint32_t shock;                               /* index in the scenario */
    uint32_t n_target;
    const uint32_t *target; /* [n_target] assets; books for depth, refill and spread;
                               venues; chains */
    bool includes_feedback; /* price: scaled by the asset's exogenous share */
    const double *factor;   /* correlation: Cholesky factor of the target, as in the plan */
    const char *const *stream; /* correlation: [n_asset] names of the extra normals */
};

#endif
