#ifndef TAILRACE_SIM_CHEBYSHEV_DRAFT_H
#define TAILRACE_SIM_CHEBYSHEV_DRAFT_H

#include "sim/chebyshev.h"

/* Pieces of an interpolant under construction (sim/chebyshev_build.c): their points, values,
 * coefficients and measured errors. */

enum { CHEBYSHEV_NONE_KNOWN = -1, CHEBYSHEV_ALL_KNOWN = -2 };

/* A piece in work. Nodes are numbered with the index of x running fastest. */
struct chebyshev_draft {
    double begin, end;
    uint32_t degree[CHEBYSHEV_AXES];
    int known_axis; /* nodes of even index along this axis have their values; or CHEBYSHEV_*_KNOWN */
    bool tested;                     /* the test points have their values */
    double *node;                    /* [n_node][n_sum] */
    double *test;                    /* [n_test][n_sum] */
    double error[CHEBYSHEV_MAX_SUM]; /* the parent's until measured */
    uint32_t last_slot;              /* number of the last point asked for */
    struct chebyshev_draft *next;
};

/* Points waiting to be valued. */
struct chebyshev_batch {
    uint32_t n;
    lane_row x, y[CHEBYSHEV_AXES - 1], out[CHEBYSHEV_MAX_SUM];
    double *target[LANES]; /* [n] where the sums of a point go */
};

struct chebyshev_build {
    const struct chebyshev_spec *spec;
    struct chebyshev *result;
    struct arena *arena, scratch;
    double half[CHEBYSHEV_AXES], margin, min_width;
    uint32_t width;
    bool failed;
    struct chebyshev_draft *first, *last; /* a queue of pieces in work */
    struct chebyshev_draft *request;      /* first in it whose points are not asked for */
    struct chebyshev_draft *done;
    uint32_t n_slot; /* points asked for, and gaps where a batch went without them */
    struct chebyshev_batch batch, check; /* to be valued; measured points */
};

/* Nodes of a piece of these degrees. */
uint32_t chebyshev_draft_nodes(const uint32_t *degree);

/* Test points of a piece. */
uint32_t chebyshev_draft_tests(const struct chebyshev_build *b,
                               const struct chebyshev_draft *p);

/* Points that a piece still needs. */
uint32_t chebyshev_draft_needed(const struct chebyshev_build *b,
                                const struct chebyshev_draft *p);

/* Asks for them. */
void chebyshev_draft_request(struct chebyshev_build *b, struct chebyshev_draft *p);

/* Whether the points asked for have their values. */
bool chebyshev_draft_valued(const struct chebyshev_build *b,
                            const struct chebyshev_draft *p);

/* Values what is asked for without waiting for a full batch. */
void chebyshev_draft_flush(struct chebyshev_build *b);

/* [n_node][width] coefficients of the interpolant through the nodes; of the scratch arena. */
double *chebyshev_draft_coefficients(struct chebyshev_build *b,
                                     const struct chebyshev_draft *p);

/* Sets p->error to the largest difference at the test points. */
void chebyshev_draft_measure(struct chebyshev_build *b, struct chebyshev_draft *p,
                             double *coef);

/* Middle and half width of what the nodes of a piece span in x. */
void chebyshev_draft_span(const struct chebyshev_build *b, const struct chebyshev_draft *p,
                          double *mid, double *half);

#endif
