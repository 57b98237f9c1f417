/* Construction of a piecewise interpolant. A queue of pieces asks for points, which are
 * valued in full batches of LANES whatever piece they belong to; a piece that has its values
 * is accepted, gets a higher degree in one coordinate, or is cut in two, and asks anew.
 * Whether a higher degree in x will do is told from the decay of the coefficients, which is
 * geometric for a function that is smooth beyond the piece (Trefethen 2013, theorem 8.1). */
#include "sim/chebyshev.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/chebyshev_draft.h"
#include "sim/vmath.h"

enum { START_DEGREE_X = 8, START_DEGREE_STATE = 2, MAX_DEGREE_STATE = 32 };
static const double ACCEPT_FRAC =
    0.5; /* of the tolerance: the points tried miss the worst */
static const double DROP_FRAC = 0.25;   /* of the tolerance, for all axes together */
static const double UNSEEN_FRAC = 0.05; /* coefficients below this share of the error do not
                                           explain it */
static const double MARGIN = 0x1p-46;   /* of |x|: how far nodes stay off a piece's ends */
static const double MIN_WIDTH = 0x1p-34; /* of |x|: no piece is cut below */

static bool looked_at(const struct chebyshev_build *b, uint32_t s)
{
    return b->spec->tolerance[s] < (double)INFINITY;
}

/* Adds up, sum by sum, the sizes of the coefficients of degree j along an axis. */
static void add_layer(const struct chebyshev_build *b, const uint32_t *degree,
                      const double *coef, int axis, uint32_t j, double *size)
{
    const uint32_t n_node = chebyshev_draft_nodes(degree);
    uint32_t stride = 1;

    for (int i = 0; i < axis; i++)
        stride *= degree[i] + 1;
    for (uint32_t node = 0; node < n_node; node++)
        if (node / stride % (degree[axis] + 1) == j)
            for (uint32_t s = 0; s < b->spec->n_sum; s++)
                size[s] += fabs(coef[(size_t)node * b->width + s]);
}

/* Size of the coefficients of degrees j - 1 and j along an axis as a share of the tolerance,
 * in the worst sum; two, since those of a symmetric function vanish every other time. */
static double layer_frac(const struct chebyshev_build *b, const struct chebyshev_draft *p,
                         const double *coef, int axis, uint32_t j)
{
    double size[CHEBYSHEV_MAX_SUM] = {0.0}, worst = 0.0;

    add_layer(b, p->degree, coef, axis, j, size);
    add_layer(b, p->degree, coef, axis, j - 1, size);
    for (uint32_t s = 0; s < b->spec->n_sum; s++)
        if (looked_at(b, s))
            worst = vm_max(worst, size[s] / b->spec->tolerance[s]);
    return worst;
}

static double error_frac(const struct chebyshev_build *b, const struct chebyshev_draft *p)
{
    double worst = 0.0;

    for (uint32_t s = 0; s < b->spec->n_sum; s++)
        if (looked_at(b, s))
            worst = vm_max(worst, p->error[s] / b->spec->tolerance[s]);
    return worst;
}

/* Whether a degree in x within the limit should bring the error down far enough. */
static bool degree_will_do(const struct chebyshev_build *b, const struct chebyshev_draft *p,
                           const double *coef, double error)
{
    const double top = layer_frac(b, p, coef, 0, p->degree[0]);
    const double middle = layer_frac(b, p, coef, 0, p->degree[0] / 2);
    const double rate = top < middle ? top / middle : 1.0; /* over half the degree */
    double expected = vm_max(top, error), factor = rate * rate;

    for (uint32_t n = 2 * p->degree[0]; n <= CHEBYSHEV_MAX_DEGREE; n *= 2) {
        expected *= factor;
        factor *= factor;
        if (expected <= ACCEPT_FRAC)
            return true;
    }
    return false;
}

static void queue(struct chebyshev_build *b, struct chebyshev_draft *p)
{
    p->next = NULL;
    if (b->first == NULL)
        b->first = p;
    else
        b->last->next = p;
    b->last = p;
    if (b->request == NULL)
        b->request = p;
}

static struct chebyshev_draft *draft_create(struct chebyshev_build *b, double begin,
                                            double end, const uint32_t *state_degree)
{
    struct chebyshev_draft *p = arena_get(&b->scratch, 1, sizeof *p);
    const uint32_t n_sum = b->spec->n_sum;

    p->begin = begin;
    p->end = end;
    p->known_axis = CHEBYSHEV_NONE_KNOWN;
    p->degree[0] = end > begin ? START_DEGREE_X : 0;
    for (int i = 1; i < CHEBYSHEV_AXES; i++)
        p->degree[i] = state_degree[i];
    p->node = arena_get(&b->scratch, (size_t)chebyshev_draft_nodes(p->degree) * n_sum,
                        sizeof *p->node);
    p->test = arena_get(&b->scratch, (size_t)chebyshev_draft_tests(b, p) * n_sum,
                        sizeof *p->test);
    queue(b, p);
    return p;
}

/* Doubles the degree along an axis; the nodes so far are every other one of the new. */
static void draft_raise(struct chebyshev_build *b, struct chebyshev_draft *p, int axis)
{
    const size_t n_sum = b->spec->n_sum;
    const uint32_t n_old = chebyshev_draft_nodes(p->degree), degree = p->degree[axis];
    uint32_t stride = 1;
    double *old = p->node;

    for (int i = 0; i < axis; i++)
        stride *= p->degree[i] + 1;
    p->degree[axis] = 2 * degree;
    p->node =
        arena_get(&b->scratch, chebyshev_draft_nodes(p->degree) * n_sum, sizeof *p->node);
    for (uint32_t node = 0; node < n_old; node++) {
        const uint32_t below = node % stride, index = node / stride % (degree + 1);
        const uint32_t above = node / stride / (degree + 1);
        const size_t to = ((size_t)above * (2 * degree + 1) + 2 * index) * stride + below;

        memcpy(p->node + to * n_sum, old + node * n_sum, n_sum * sizeof *old);
    }
    p->known_axis = axis;
    if (b->spec->n_state == 0) { /* the points tested are the nodes between */
        for (uint32_t j = 0; j < degree; j++)
            memcpy(p->node + (2 * j + 1) * n_sum, p->test + j * n_sum, n_sum * sizeof *old);
        p->known_axis = CHEBYSHEV_ALL_KNOWN;
        p->test = arena_get(&b->scratch, 2 * degree * n_sum, sizeof *p->test);
        p->tested = false;
    }
    queue(b, p);
}

static void draft_split(struct chebyshev_build *b, const struct chebyshev_draft *p)
{
    const double middle = 0.5 * (p->begin + p->end);

    if (p->degree[0] == 0 || p->end - p->begin < b->min_width) {
        b->failed = true;
        return;
    }
    const struct chebyshev_draft *const half[2] = {
        draft_create(b, p->begin, middle, p->degree),
        draft_create(b, middle, p->end, p->degree)};
    for (int i = 0; i < 2; i++)
        memcpy(((struct chebyshev_draft *)half[i])->error, p->error, sizeof p->error);
}

/* Lowers degrees while what is dropped stays within its share of the tolerance, adds that to
 * the error, and keeps the coefficients that are left. */
static void draft_accept(struct chebyshev_build *b, struct chebyshev_draft *p, double *coef)
{
    const double share = DROP_FRAC / (1 + b->spec->n_state);
    const uint32_t n_node = chebyshev_draft_nodes(p->degree);
    uint32_t kept[CHEBYSHEV_AXES];

    for (int axis = 0; axis < CHEBYSHEV_AXES; axis++) {
        double dropped[CHEBYSHEV_MAX_SUM] = {0.0}, size[CHEBYSHEV_MAX_SUM] = {0.0};

        for (kept[axis] = p->degree[axis]; kept[axis] > 0; kept[axis]--) {
            bool small = true;

            add_layer(b, p->degree, coef, axis, kept[axis], size);
            for (uint32_t s = 0; s < b->spec->n_sum; s++)
                small &= size[s] <= share * b->spec->tolerance[s];
            if (!small)
                break;
            memcpy(dropped, size, sizeof dropped);
        }
        for (uint32_t s = 0; s < b->spec->n_sum; s++)
            p->error[s] += dropped[s];
    }
    double *to = p->node = arena_get(
        b->arena, (size_t)chebyshev_draft_nodes(kept) * b->width, sizeof *p->node);
    for (uint32_t node = 0; node < n_node; node++) {
        bool keep = true;
        uint32_t rest = node;

        for (int i = 0; i < CHEBYSHEV_AXES; i++) {
            keep &= rest % (p->degree[i] + 1) <= kept[i];
            rest /= p->degree[i] + 1;
        }
        if (!keep)
            continue;
        memcpy(to, coef + (size_t)node * b->width, b->width * sizeof *to);
        to += b->width;
    }
    memcpy(p->degree, kept, sizeof kept);
    p->next = b->done;
    b->done = p;
    b->result->n_piece++;
}

/* Accepts a piece whose points are all valued, or says what is to be tried next. */
static void draft_judge(struct chebyshev_build *b, struct chebyshev_draft *p)
{
    double *coef = chebyshev_draft_coefficients(b, p);
    double size[CHEBYSHEV_AXES] = {0.0};
    int worst = 0;

    chebyshev_draft_measure(b, p, coef);
    const double error = error_frac(b, p);
    if (error <= ACCEPT_FRAC) {
        draft_accept(b, p, coef);
        return;
    }
    for (int axis = 0; axis < CHEBYSHEV_AXES; axis++) {
        if (p->degree[axis] > 0)
            size[axis] = layer_frac(b, p, coef, axis, p->degree[axis]);
        worst = size[axis] > size[worst] ? axis : worst;
    }
    if (size[worst] < UNSEEN_FRAC * error)
        draft_split(b, p);
    else if (worst > 0 && p->degree[worst] < MAX_DEGREE_STATE)
        draft_raise(b, p, worst);
    else if (worst == 0 && degree_will_do(b, p, coef, error))
        draft_raise(b, p, 0);
    else
        draft_split(b, p); /* what a state's degree does not do, narrower pieces may */
}

static void take_errors(struct chebyshev_build *b, const struct chebyshev_draft *p)
{
    for (; p != NULL; p = p->next)
        for (uint32_t s = 0; s < b->spec->n_sum; s++)
            b->result->error[s] = vm_max(b->result->error[s], p->error[s]);
}

/* Asks for the points of one more piece, or values those asked for if there is none, and
 * judges the pieces whose values have arrived. */
static bool build_step(struct chebyshev_build *b)
{
    struct chebyshev_draft *p = b->request;

    if (p != NULL) {
        const uint64_t asked = (uint64_t)b->result->n_point + b->batch.n;

        if (asked + chebyshev_draft_needed(b, p) > b->spec->max_points)
            return false;
        chebyshev_draft_request(b, p);
        b->request = p->next;
    } else {
        chebyshev_draft_flush(b);
    }
    while (!b->failed && b->first != b->request && chebyshev_draft_valued(b, b->first)) {
        p = b->first;
        b->first = p->next;
        p->next = NULL;
        draft_judge(b, p);
        if (b->failed)
            take_errors(b, p);
    }
    return !b->failed;
}

static int compare_drafts(const void *a, const void *b)
{
    const struct chebyshev_draft *const *p = a, *const *q = b;

    return ((*p)->begin > (*q)->begin) - ((*p)->begin < (*q)->begin);
}

/* The accepted pieces in order of x. */
static void gather_pieces(struct chebyshev_build *b)
{
    struct chebyshev *c = b->result;
    struct chebyshev_draft **p =
        arena_get(&b->scratch, c->n_piece, sizeof(struct chebyshev_draft *));
    uint32_t n = 0;

    for (struct chebyshev_draft *d = b->done; d != NULL; d = d->next)
        p[n++] = d;
    qsort(p, n, sizeof(struct chebyshev_draft *), compare_drafts);
    for (c->n_edge = 1; c->n_edge < n;)
        c->n_edge *= 2;
    c->edge = arena_get(b->arena, c->n_edge, sizeof *c->edge);
    c->mid_x = arena_get(b->arena, n, sizeof *c->mid_x);
    c->inverse_half_x = arena_get(b->arena, n, sizeof *c->inverse_half_x);
    c->piece = arena_get(b->arena, n, sizeof *c->piece);
    for (uint32_t i = 0; i < c->n_edge; i++)
        c->edge[i] = i < n ? p[i]->begin : (double)INFINITY;
    for (uint32_t i = 0; i < n; i++) {
        double half;

        chebyshev_draft_span(b, p[i], &c->mid_x[i], &half);
        c->inverse_half_x[i] = half > 0.0 ? 1.0 / half : 0.0;
        c->piece[i].coef = p[i]->node;
        memcpy(c->piece[i].degree, p[i]->degree, sizeof p[i]->degree);
        for (int axis = 0; axis < CHEBYSHEV_AXES; axis++)
            if (p[i]->degree[axis] > c->max_degree[axis])
                c->max_degree[axis] = p[i]->degree[axis];
    }
}

/* The box and its first pieces, one between any two splits. */
static void build_start(struct chebyshev_build *b)
{
    const struct chebyshev_spec *spec = b->spec;
    struct chebyshev *c = b->result;
    uint32_t degree[CHEBYSHEV_AXES] = {0};
    const double size = vm_max(1.0, vm_max(fabs(spec->low[0]), fabs(spec->high[0])));
    double begin = spec->low[0];

    assert(spec->n_state < CHEBYSHEV_AXES && spec->n_sum > 0 &&
           spec->n_sum <= CHEBYSHEV_MAX_SUM && spec->low[0] <= spec->high[0]);
    *c = (struct chebyshev){.n_state = spec->n_state, .n_sum = spec->n_sum};
    c->width = b->width =
        (spec->n_sum + CHEBYSHEV_CHUNK - 1) / CHEBYSHEV_CHUNK * CHEBYSHEV_CHUNK;
    b->margin = MARGIN * size;
    b->min_width = MIN_WIDTH * size;
    for (uint32_t i = 0; i <= spec->n_state; i++) {
        c->low[i] = spec->low[i];
        c->high[i] = spec->high[i];
        c->mid[i] = 0.5 * (spec->low[i] + spec->high[i]);
        b->half[i] = 0.5 * (spec->high[i] - spec->low[i]);
        c->inverse_half[i] = b->half[i] > 0.0 ? 1.0 / b->half[i] : 0.0;
        degree[i] = b->half[i] > 0.0 ? START_DEGREE_STATE : 0;
    }
    for (uint32_t i = 0; i <= spec->n_split; i++) {
        const double end = i < spec->n_split ? spec->split[i] : spec->high[0];
        struct chebyshev_draft *p;

        if (i < spec->n_split &&
            (end - begin < b->min_width || spec->high[0] - end < b->min_width))
            continue;
        p = draft_create(b, begin, end, degree);
        for (uint32_t s = 0; s < spec->n_sum; s++)
            p->error[s] = (double)INFINITY;
        begin = end;
    }
}

bool chebyshev_build(const struct chebyshev_spec *spec, struct arena *arena,
                     struct chebyshev *result)
{
    struct arena scratch = {0};
    struct chebyshev_build *b = arena_get(&scratch, 1, sizeof *b);
    bool converged = true;

    *b = (struct chebyshev_build){.spec = spec, .result = result, .arena = arena};
    build_start(b);
    while (converged && b->first != NULL)
        converged = (spec->stop == NULL || *spec->stop == 0) && build_step(b);
    take_errors(b, b->done);
    take_errors(b, b->first);
    if (converged)
        gather_pieces(b);
    arena_free(&b->scratch);
    arena_free(&scratch);
    return converged;
}
