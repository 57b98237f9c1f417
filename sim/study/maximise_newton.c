/* The end of a maximisation: Newton steps on the quadratic that central differences give,
 * convergence by the Newton decrement (Boyd and Vandenberghe 2004, Convex Optimization,
 * section 9.5.1), and the inverse of the observed information.
 *
 * The length of each difference is chosen so that the loss changes by about CHANGE, a few
 * per cent of a standard error: far above rounding, far below where the quadratic ends. At
 * a maximum the slope is zero, so the covariance in the coordinates of the search carries
 * over to x by the slopes of the transforms alone. */
#include <gsl/gsl_eigen.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/study/maximise_scale.h"

static const double CHANGE = 1e-3, LONGEST = 1.0, FIRST = 1e-3, FREE = 1e-5;
/* A coordinate is fixed when its standard error spans the start range many times, or its
 * distance to a limit by this factor. */
static const double WIDE = 30.0, FARTHEST = 40.0, EDGE = 10.0;
static const double DONE = 1e-9, CONVERGED = 1e-4; /* decrement, in log-likelihood */
enum { NEWTON_ROUNDS = 40, HALVINGS = 12, STEP_ROUNDS = 14 };

struct quadratic {
    uint32_t n, n_free;
    uint32_t free[MAXIMISE_MAX]; /* [n_free] coordinates that are not fixed */
    double step[MAXIMISE_MAX], slope[MAXIMISE_MAX], curvature[MAXIMISE_MAX];
    /* Of the free coordinates: eigenvalues [n_free] and eigenvectors in columns. */
    double value[MAXIMISE_MAX], vector[MAXIMISE_MAX][MAXIMISE_MAX];
    double decrement;
    bool positive; /* definite */
};

/* Slope and curvature in coordinate i, and the length of step that they rest on. */
static void quadratic_axis(const struct search *s, struct quadratic *q, uint32_t i,
                           double *z, double loss)
{
    const double here = z[i];
    double h = FIRST;

    q->slope[i] = q->curvature[i] = 0.0;
    for (int round = 0; round < STEP_ROUNDS; round++) {
        z[i] = here + h;
        const double above = search_loss(s, z);
        z[i] = here - h;
        const double below = search_loss(s, z), bend = above + below - 2.0 * loss;
        q->step[i] = h;
        if (above >= MAXIMISE_BAD || below >= MAXIMISE_BAD) {
            h *= 0.25;
            continue;
        }
        q->slope[i] = (above - below) / (2.0 * h);
        q->curvature[i] = bend / (h * h);
        const double factor = sqrt(CHANGE / fmax(fabs(bend), 1e-300));
        if ((factor > 0.5 && factor < 2.0) || (factor > 1.0 && h >= LONGEST))
            break;
        h = fmin(LONGEST, h * fmax(0.05, fmin(20.0, factor)));
    }
    z[i] = here;
}

static bool is_fixed(const struct search *s, const struct quadratic *q, uint32_t i)
{
    const double error = 1.0 / sqrt(fmax(fabs(q->curvature[i]), 1e-300));

    return error > WIDE || (s->likelihood->coordinate[i].scale != MAXIMISE_PLAIN &&
                            error * s->half[i] > EDGE);
}

/* Moves a fixed coordinate to where it belongs if that costs nothing: to the middle of the
 * start range if it has no effect, else onto its limit. */
static void snap(const struct search *s, const struct quadratic *q, uint32_t i, double *z,
                 double *loss)
{
    const enum maximise_scale scale = s->likelihood->coordinate[i].scale;
    const double here = z[i], u = q->slope[i] > 0.0 ? -FARTHEST : FARTHEST;

    z[i] = 0.0;
    double there = search_loss(s, z);
    if (there > *loss + FREE) {
        if (scale == MAXIMISE_PLAIN || (scale == MAXIMISE_LOG && u > 0.0)) {
            z[i] = here;
            return;
        }
        z[i] = (u - s->middle[i]) / s->half[i];
        there = search_loss(s, z);
    }
    if (there > *loss + FREE)
        z[i] = here;
    else
        *loss = there;
}

static double mixed(const struct search *s, const struct quadratic *q, uint32_t i,
                    uint32_t j, double *z)
{
    static const double signs[4][2] = {{1, 1}, {-1, -1}, {1, -1}, {-1, 1}};
    const double zi = z[i], zj = z[j];
    double loss[4];
    bool bad = false;

    for (int k = 0; k < 4; k++) {
        z[i] = zi + signs[k][0] * q->step[i];
        z[j] = zj + signs[k][1] * q->step[j];
        loss[k] = search_loss(s, z);
        bad = bad || loss[k] >= MAXIMISE_BAD;
    }
    z[i] = zi;
    z[j] = zj;
    return bad ? 0.0
               : (loss[0] + loss[1] - loss[2] - loss[3]) / (4.0 * q->step[i] * q->step[j]);
}

/* Slope and Hessian at z, which moves only where a fixed coordinate is put on its limit. */
static void quadratic_set(const struct search *s, struct quadratic *q, double *z,
                          double *loss)
{
    memset(q, 0, sizeof *q);
    q->n = s->likelihood->n;
    for (uint32_t i = 0; i < q->n; i++) {
        quadratic_axis(s, q, i, z, *loss);
        if (is_fixed(s, q, i))
            snap(s, q, i, z, loss);
        else
            q->free[q->n_free++] = i;
    }
    q->positive = true;
    if (q->n_free == 0)
        return;
    gsl_matrix *hessian = gsl_matrix_alloc(q->n_free, q->n_free);
    gsl_matrix *vector = gsl_matrix_alloc(q->n_free, q->n_free);
    gsl_vector *value = gsl_vector_alloc(q->n_free);
    gsl_eigen_symmv_workspace *work = gsl_eigen_symmv_alloc(q->n_free);
    for (uint32_t a = 0; a < q->n_free; a++)
        for (uint32_t b = 0; b <= a; b++) {
            const double h =
                a == b ? q->curvature[q->free[a]] : mixed(s, q, q->free[a], q->free[b], z);
            gsl_matrix_set(hessian, a, b, h);
            gsl_matrix_set(hessian, b, a, h);
        }
    gsl_eigen_symmv(hessian, value, vector, work);
    for (uint32_t e = 0; e < q->n_free; e++) {
        double along = 0.0;
        q->value[e] = gsl_vector_get(value, e);
        for (uint32_t a = 0; a < q->n_free; a++) {
            q->vector[a][e] = gsl_matrix_get(vector, a, e);
            along += q->vector[a][e] * q->slope[q->free[a]];
        }
        q->decrement += 0.5 * along * along / fmax(fabs(q->value[e]), 1e-12);
        q->positive = q->positive && q->value[e] > 0.0;
    }
    gsl_eigen_symmv_free(work);
    gsl_vector_free(value);
    gsl_matrix_free(vector);
    gsl_matrix_free(hessian);
}

/* A step down the quadratic, halved until the loss falls; false: it does not. */
static bool newton_step(const struct search *s, const struct quadratic *q, double *z,
                        double *loss)
{
    double step[MAXIMISE_MAX] = {0.0}, next[MAXIMISE_MAX], longest = 0.0;

    for (uint32_t e = 0; e < q->n_free; e++) {
        double along = 0.0;
        for (uint32_t a = 0; a < q->n_free; a++)
            along += q->vector[a][e] * q->slope[q->free[a]];
        for (uint32_t a = 0; a < q->n_free; a++)
            step[q->free[a]] -= q->vector[a][e] * along / fmax(fabs(q->value[e]), 1e-12);
    }
    for (uint32_t i = 0; i < q->n; i++)
        longest = fmax(longest, fabs(step[i]));
    double factor = longest > LONGEST ? LONGEST / longest : 1.0;
    for (int halving = 0; halving < HALVINGS; halving++, factor *= 0.5) {
        for (uint32_t i = 0; i < q->n; i++)
            next[i] = z[i] + factor * step[i];
        const double there = search_loss(s, next);
        if (there < *loss) {
            memcpy(z, next, q->n * sizeof *z);
            *loss = there;
            return true;
        }
    }
    return false;
}

__attribute__((format(printf, 2, 0))) static void
append(struct maximum *m, const char *format, va_list arguments)
{
    const size_t used = strlen(m->note);

    vsnprintf(m->note + used, sizeof m->note - used, format, arguments);
}

__attribute__((format(printf, 2, 3))) static void maximum_append(struct maximum *m,
                                                                 const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    append(m, format, arguments);
    va_end(arguments);
}

void maximum_remark(struct maximum *m, const char *format, ...)
{
    va_list arguments;

    if (m->note[0] != '\0')
        maximum_append(m, "; ");
    va_start(arguments, format);
    append(m, format, arguments);
    va_end(arguments);
}

/* A list of the fixed coordinates that lie at their limits, or of the others. */
static void describe_fixed(const struct search *s, const double *z, bool limits,
                           struct maximum *m)
{
    const char *joint =
        limits ? "at the limit of its range: " : "not determined by the data: ";

    for (uint32_t i = 0; i < s->likelihood->n; i++) {
        const struct coordinate *c = &s->likelihood->coordinate[i];
        const double u = s->middle[i] + s->half[i] * z[i];
        const bool at_limit = c->scale != MAXIMISE_PLAIN && fabs(u) > FARTHEST - 1.0;

        if (!m->fixed[i] || at_limit != limits)
            continue;
        if (joint[0] != ',')
            maximum_remark(m, "%s%s", joint, c->name);
        else
            maximum_append(m, "%s%s", joint, c->name);
        joint = ", ";
        if (limits)
            maximum_append(m, " = %.5g", m->x[i]);
    }
}

static void describe(const struct search *s, const struct quadratic *q, const double *z,
                     struct maximum *m)
{
    if (q->decrement >= CONVERGED)
        maximum_remark(m, "the search stopped short: one more step would gain %.2g",
                       q->decrement);
    if (!q->positive)
        maximum_remark(m, "the data do not tell the parameters apart");
    describe_fixed(s, z, true, m);
    describe_fixed(s, z, false, m);
}

void search_finish(const struct search *s, double *z, struct maximum *m)
{
    const uint32_t n = s->likelihood->n;
    double loss = search_loss(s, z), slope[MAXIMISE_MAX];
    struct quadratic q;

    for (int round = 0;; round++) {
        quadratic_set(s, &q, z, &loss);
        if (q.decrement < DONE || round == NEWTON_ROUNDS || !newton_step(s, &q, z, &loss))
            break;
    }
    m->log_likelihood = -loss;
    m->converged = loss < MAXIMISE_BAD && q.positive && q.decrement < CONVERGED;
    for (uint32_t i = 0; i < n; i++) {
        m->x[i] = search_outward(s, i, z[i]);
        m->fixed[i] = true;
        slope[i] = search_slope(s, i, z[i]);
    }
    for (uint32_t a = 0; a < q.n_free; a++)
        m->fixed[q.free[a]] = false;
    for (uint32_t a = 0; a < q.n_free; a++)
        for (uint32_t b = 0; b < q.n_free; b++) {
            double sum = 0.0;
            for (uint32_t e = 0; e < q.n_free; e++)
                sum += q.vector[a][e] * q.vector[b][e] / q.value[e];
            m->covariance[q.free[a] * n + q.free[b]] =
                q.positive ? sum * slope[q.free[a]] * slope[q.free[b]] : NAN;
        }
    describe(s, &q, z, m);
}

/* A value that moves by more than a third of its standard error when a fixed coordinate
 * moves by the unit of the search is not known. */
static void map_lost(const struct search *s, const struct maximum *m, uint32_t i,
                     void (*map)(const double *x, double *y, const void *data),
                     uint32_t n_y, const double *covariance, bool *lost)
{
    double x[MAXIMISE_MAX], here[MAXIMISE_MAX], there[MAXIMISE_MAX];

    memcpy(x, m->x, s->likelihood->n * sizeof *x);
    map(x, here, s->likelihood->data);
    for (int side = -1; side <= 1; side += 2) {
        x[i] = search_outward(s, i, search_inward(s, i, m->x[i]) + side);
        map(x, there, s->likelihood->data);
        for (uint32_t y = 0; y < n_y; y++)
            lost[y] = lost[y] || !(fabs(there[y] - here[y]) <=
                                   0.3 * sqrt(covariance[y * n_y + y]) + 1e-12);
    }
}

/* dy/dx by central differences inside the limits. */
static void map_slope(const struct likelihood *l, const struct maximum *m, uint32_t i,
                      void (*map)(const double *x, double *y, const void *data),
                      uint32_t n_y, double (*slope)[MAXIMISE_MAX])
{
    const struct coordinate *c = &l->coordinate[i];
    double x[MAXIMISE_MAX], above[MAXIMISE_MAX], below[MAXIMISE_MAX];
    double h = 1e-5 * (c->high - c->low);

    if (c->scale != MAXIMISE_PLAIN)
        h = fmin(h, 0.5 * (m->x[i] - c->min));
    if (c->scale == MAXIMISE_LOGIT)
        h = fmin(h, 0.5 * (c->max - m->x[i]));
    memcpy(x, m->x, l->n * sizeof *x);
    x[i] = m->x[i] + h;
    map(x, above, l->data);
    x[i] = m->x[i] - h;
    map(x, below, l->data);
    for (uint32_t y = 0; y < n_y; y++)
        slope[y][i] = (above[y] - below[y]) / (2.0 * h);
}

void maximise_map(const struct likelihood *likelihood, const struct maximum *m,
                  void (*map)(const double *x, double *y, const void *data), uint32_t n_y,
                  double *covariance)
{
    const uint32_t n = likelihood->n;
    double slope[MAXIMISE_MAX][MAXIMISE_MAX] = {{0.0}};
    bool lost[MAXIMISE_MAX] = {false};
    struct search search;

    search_start(&search, likelihood);
    for (uint32_t i = 0; i < n; i++)
        if (!m->fixed[i])
            map_slope(likelihood, m, i, map, n_y, slope);
    for (uint32_t a = 0; a < n_y; a++)
        for (uint32_t b = 0; b < n_y; b++) {
            double sum = 0.0;
            for (uint32_t i = 0; i < n; i++)
                for (uint32_t j = 0; j < n; j++)
                    sum += slope[a][i] * m->covariance[i * n + j] * slope[b][j];
            covariance[a * n_y + b] = sum;
        }
    for (uint32_t i = 0; i < n; i++)
        if (m->fixed[i])
            map_lost(&search, m, i, map, n_y, covariance, lost);
    for (uint32_t a = 0; a < n_y; a++)
        for (uint32_t b = 0; b < n_y; b++)
            if (lost[a] || lost[b])
                covariance[a * n_y + b] = NAN;
}
