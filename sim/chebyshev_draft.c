/* The points of a piece, the transform from values to coefficients, the measured error. */
#include "sim/chebyshev_draft.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "sim/vmath.h"

enum {
    TEST_POINTS = 64, /* per piece where there are states */
    ROUND = 32        /* points whose values arrive together, so that the order of the work
                         does not depend on LANES */
};

/* cos(pi k / 64). */
static const double COSINES[33] = {
    1.0,
    0.9987954562051724,
    0.9951847266721969,
    0.989176509964781,
    0.9807852804032304,
    0.970031253194544,
    0.9569403357322088,
    0.9415440651830208,
    0.9238795325112867,
    0.9039892931234433,
    0.881921264348355,
    0.8577286100002721,
    0.8314696123025452,
    0.8032075314806449,
    0.773010453362737,
    0.7409511253549591,
    0.7071067811865476,
    0.6715589548470184,
    0.6343932841636455,
    0.5956993044924334,
    0.5555702330196022,
    0.5141027441932218,
    0.47139673682599764,
    0.4275550934302821,
    0.3826834323650898,
    0.33688985339222005,
    0.2902846772544624,
    0.2429801799032639,
    0.19509032201612828,
    0.14673047445536175,
    0.0980171403295606,
    0.049067674327418015,
    0.0,
};

static double cosine(uint32_t k)
{
    const uint32_t turn = k % 128, half = turn > 64 ? 128 - turn : turn;

    return half > 32 ? -COSINES[64 - half] : COSINES[half];
}

uint32_t chebyshev_draft_nodes(const uint32_t *degree)
{
    uint32_t n = 1;

    for (int i = 0; i < CHEBYSHEV_AXES; i++)
        n *= degree[i] + 1;
    return n;
}

uint32_t chebyshev_draft_tests(const struct chebyshev_build *b,
                               const struct chebyshev_draft *p)
{
    return b->spec->n_state > 0 ? TEST_POINTS : p->degree[0];
}

static void node_index(const uint32_t *degree, uint32_t node, uint32_t *index)
{
    for (int i = 0; i < CHEBYSHEV_AXES; i++) {
        index[i] = node % (degree[i] + 1);
        node /= degree[i] + 1;
    }
}

void chebyshev_draft_span(const struct chebyshev_build *b, const struct chebyshev_draft *p,
                          double *mid, double *half)
{
    *mid = 0.5 * (p->begin + p->end);
    *half = vm_max(0.5 * (p->end - p->begin) - b->margin, 0.0);
}

static void value_batch(struct chebyshev_build *b)
{
    const struct chebyshev_spec *spec = b->spec;
    struct chebyshev_batch *q = &b->batch;

    if (q->n == 0)
        return;
    for (uint32_t k = q->n; k < LANES; k++) {
        q->x[k] = q->x[q->n - 1];
        for (uint32_t i = 0; i < spec->n_state; i++)
            q->y[i][k] = q->y[i][q->n - 1];
    }
    spec->value(spec->context, q->n, q->x, (const lane_row *)q->y, q->out);
    b->result->n_call++;
    b->result->n_point += q->n;
    for (uint32_t s = 0; s < spec->n_sum; s++)
        for (uint32_t k = 0; k < q->n; k++) {
            q->target[k][s] = q->out[s][k];
            if (spec->tolerance[s] < (double)INFINITY && !(fabs(q->out[s][k]) <= DBL_MAX)) {
                b->result->error[s] = (double)INFINITY;
                b->failed = true;
            }
        }
    q->n = 0;
}

/* A point of a piece at t in [-1, 1] of every axis. */
static void draft_point(const struct chebyshev_build *b, const struct chebyshev_draft *p,
                        const double *t, double *point)
{
    double mid, half;

    chebyshev_draft_span(b, p, &mid, &half);
    point[0] = vm_min(vm_max(fma(half, t[0], mid), p->begin), p->end);
    for (uint32_t i = 1; i <= b->spec->n_state; i++)
        point[i] = vm_min(vm_max(fma(b->half[i], t[i], b->result->mid[i]), b->spec->low[i]),
                          b->spec->high[i]);
}

static void batch_add(struct chebyshev_build *b, const struct chebyshev_draft *p,
                      const double *t, double *target)
{
    struct chebyshev_batch *q = &b->batch;
    double point[CHEBYSHEV_AXES];

    draft_point(b, p, t, point);
    q->x[q->n] = point[0];
    for (uint32_t i = 0; i < b->spec->n_state; i++)
        q->y[i][q->n] = point[1 + i];
    q->target[q->n] = target;
    b->n_slot++;
    if (++q->n == LANES || b->n_slot % ROUND == 0)
        value_batch(b);
}

void chebyshev_draft_flush(struct chebyshev_build *b)
{
    value_batch(b);
    b->n_slot = (b->n_slot + ROUND - 1) / ROUND * ROUND;
}

bool chebyshev_draft_valued(const struct chebyshev_build *b,
                            const struct chebyshev_draft *p)
{
    return p->last_slot <= b->n_slot / ROUND * ROUND;
}

/* Test point j: without states half way between the nodes, in angle, so that they are nodes
 * of the next degree; with states a Kronecker sequence of the generalised golden ratio
 * (Roberts 2018), drawn towards the ends, where interpolants of kinks err most. */
static void test_point(const struct chebyshev_build *b, const struct chebyshev_draft *p,
                       uint32_t j, double *t)
{
    static const double step[CHEBYSHEV_AXES] = {0.8566748838545029, 0.7338918566271259,
                                                0.6287067210378087, 0.5385972572236101};

    if (b->spec->n_state == 0) {
        t[0] = cosine(32 * (2 * j + 1) / p->degree[0]);
        return;
    }
    for (int i = 0; i < CHEBYSHEV_AXES; i++) {
        const double turns = (j + 1) * step[i];
        const double u = 2.0 * (turns - (double)(uint32_t)turns) - 1.0;

        t[i] = u * (1.5 - 0.5 * u * u);
    }
}

static bool node_known(const struct chebyshev_draft *p, const uint32_t *index)
{
    return p->known_axis == CHEBYSHEV_ALL_KNOWN ||
           (p->known_axis != CHEBYSHEV_NONE_KNOWN && index[p->known_axis] % 2 == 0);
}

uint32_t chebyshev_draft_needed(const struct chebyshev_build *b,
                                const struct chebyshev_draft *p)
{
    const uint32_t n_node = chebyshev_draft_nodes(p->degree);
    const uint32_t n_test = p->tested ? 0 : chebyshev_draft_tests(b, p);

    if (p->known_axis == CHEBYSHEV_ALL_KNOWN)
        return n_test;
    if (p->known_axis == CHEBYSHEV_NONE_KNOWN)
        return n_test + n_node;
    const uint32_t degree = p->degree[p->known_axis];
    return n_test + n_node / (degree + 1) * (degree / 2);
}

void chebyshev_draft_request(struct chebyshev_build *b, struct chebyshev_draft *p)
{
    const uint32_t n_sum = b->spec->n_sum, n_node = chebyshev_draft_nodes(p->degree);
    double t[CHEBYSHEV_AXES];

    for (uint32_t node = 0; node < n_node; node++) {
        uint32_t index[CHEBYSHEV_AXES];

        node_index(p->degree, node, index);
        if (node_known(p, index))
            continue;
        for (int i = 0; i < CHEBYSHEV_AXES; i++)
            t[i] = p->degree[i] > 0 ? cosine(64 * index[i] / p->degree[i]) : 0.0;
        batch_add(b, p, t, p->node + (size_t)node * n_sum);
    }
    for (uint32_t j = 0; j < chebyshev_draft_tests(b, p) && !p->tested; j++) {
        test_point(b, p, j, t);
        batch_add(b, p, t, p->test + (size_t)j * n_sum);
    }
    p->known_axis = CHEBYSHEV_ALL_KNOWN;
    p->tested = true;
    p->last_slot = b->n_slot;
}

/* Values at the nodes of one line, stride apart, to coefficients:
 * c_j = (2/n) sum'' f_k cos(pi j k / n), first and last terms and coefficients halved. */
static void transform_line(double *line, size_t stride, uint32_t n)
{
    double f[CHEBYSHEV_MAX_DEGREE + 1];

    for (uint32_t k = 0; k <= n; k++)
        f[k] = line[k * stride] * (k == 0 || k == n ? 0.5 : 1.0);
    for (uint32_t j = 0; j <= n; j++) {
        double sum = 0.0;

        for (uint32_t k = 0; k <= n; k++)
            sum = fma(f[k], cosine(64 * j * k / n), sum);
        line[j * stride] = sum * (j == 0 || j == n ? 1.0 : 2.0) / n;
    }
}

/* [n_node][width] coefficients of a piece. */
double *chebyshev_draft_coefficients(struct chebyshev_build *b,
                                     const struct chebyshev_draft *p)
{
    const uint32_t n_node = chebyshev_draft_nodes(p->degree), n_sum = b->spec->n_sum;
    double *coef = arena_get(&b->scratch, (size_t)n_node * b->width, sizeof *coef);
    size_t stride = 1;

    for (uint32_t node = 0; node < n_node; node++)
        memcpy(coef + (size_t)node * b->width, p->node + (size_t)node * n_sum,
               n_sum * sizeof *coef);
    for (int i = 0; i < CHEBYSHEV_AXES; i++) {
        const uint32_t n = p->degree[i];

        for (uint32_t node = 0; node < n_node && n > 0; node++)
            if (node / stride % (n + 1) == 0)
                for (uint32_t s = 0; s < n_sum; s++)
                    transform_line(coef + (size_t)node * b->width + s, stride * b->width,
                                   n);
        stride *= n + 1;
    }
    return coef;
}

/* Largest difference at the test points, through the evaluation that the caller will use. */
void chebyshev_draft_measure(struct chebyshev_build *b, struct chebyshev_draft *p,
                             double *coef)
{
    struct chebyshev one = *b->result;
    struct chebyshev_piece piece = {.coef = coef};
    double edge = p->begin, mid, half, inverse_half;
    const uint32_t n_test = chebyshev_draft_tests(b, p), n_sum = b->spec->n_sum;
    struct chebyshev_batch *q = &b->check;
    lane_row outside;

    chebyshev_draft_span(b, p, &mid, &half);
    inverse_half = half > 0.0 ? 1.0 / half : 0.0;
    memcpy(piece.degree, p->degree, sizeof piece.degree);
    memcpy(one.max_degree, p->degree, sizeof one.max_degree);
    one.n_piece = one.n_edge = 1;
    one.edge = &edge;
    one.mid_x = &mid;
    one.inverse_half_x = &inverse_half;
    one.piece = &piece;
    memset(p->error, 0, sizeof p->error);
    for (uint32_t first = 0; first < n_test; first += LANES) {
        for (uint32_t k = 0; k < LANES; k++) {
            double t[CHEBYSHEV_AXES], point[CHEBYSHEV_AXES];

            test_point(b, p, first + k < n_test ? first + k : first, t);
            draft_point(b, p, t, point);
            q->x[k] = point[0];
            for (uint32_t i = 0; i < b->spec->n_state; i++)
                q->y[i][k] = point[1 + i];
        }
        chebyshev_value(&one, q->x, (const lane_row *)q->y, q->out, outside);
        for (uint32_t k = 0; k < LANES && first + k < n_test; k++)
            for (uint32_t s = 0; s < n_sum; s++) {
                const double value = p->test[(size_t)(first + k) * n_sum + s];
                p->error[s] = vm_max(p->error[s], fabs(q->out[s][k] - value));
            }
    }
}
