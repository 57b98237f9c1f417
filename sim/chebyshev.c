/* Evaluation. The basis T_j is computed by its three-term recurrence for all lanes together;
 * then each lane adds its own piece's coefficients, a vector of sums at a time, so that
 * lanes in different pieces cost no more than lanes in the same one. The recurrence loses
 * j^2 rounding errors in T_j, where the coefficients have decayed. */
#include "sim/chebyshev.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

enum { CHUNK = CHEBYSHEV_CHUNK, MAX_CHUNKS = 4 };

/* Sums side by side. A vector type, since gcc keeps the running sums of a plain loop in memory;
 * it has no fma, and its + and x give the same bits at any vector width. */
typedef double chunk __attribute__((vector_size(CHEBYSHEV_CHUNK * sizeof(double))));

/* T_0 .. T_degree at t. */
static void basis_rows(const double *restrict t, uint32_t degree, lane_row *restrict basis)
{
    for (int k = 0; k < LANES; k++)
        basis[0][k] = 1.0;
    if (degree == 0)
        return;
    for (int k = 0; k < LANES; k++)
        basis[1][k] = t[k];
    for (uint32_t j = 1; j < degree; j++) {
        const double *restrict now = basis[j], *restrict before = basis[j - 1];
        double *restrict next = basis[j + 1];

        for (int k = 0; k < LANES; k++)
            next[k] = fma(2.0 * t[k], now[k], -before[k]);
    }
}

/* Piece of each lane by bisection of the edges, without branches. */
static void locate(const struct chebyshev *c, const double *restrict x,
                   int32_t *restrict index)
{
    const double *restrict edge = c->edge;

    for (int k = 0; k < LANES; k++)
        index[k] = 0;
    for (int32_t step = (int32_t)c->n_edge / 2; step > 0; step /= 2)
        for (int k = 0; k < LANES; k++)
            index[k] += x[k] >= edge[index[k] + step] ? step : 0;
}

static inline chunk load(const double *coef)
{
    chunk c;

    memcpy(&c, coef, sizeof c);
    return c;
}

/* n chunks of sums of one lane, n a constant at every call so that they stay in registers;
 * basis rows are LANES apart. */
static inline __attribute__((always_inline)) void
sum_terms(const struct chebyshev_piece *piece, size_t width, const double *restrict coef,
          const double *const basis[CHEBYSHEV_AXES], double *restrict sum, const int n)
{
    const size_t n_x = (size_t)(piece->degree[0] + 1) * LANES;
    chunk total[MAX_CHUNKS] = {{0.0}};

    for (uint32_t j3 = 0; j3 <= piece->degree[3]; j3++) {
        for (uint32_t j2 = 0; j2 <= piece->degree[2]; j2++) {
            const double outer = basis[3][j3 * LANES] * basis[2][j2 * LANES];

            for (uint32_t j1 = 0; j1 <= piece->degree[1]; j1++) {
                const double weight = outer * basis[1][j1 * LANES];
                chunk line[MAX_CHUNKS] = {{0.0}};

                for (size_t j0 = 0; j0 < n_x; j0 += LANES) {
                    for (int i = 0; i < n; i++)
                        line[i] += basis[0][j0] * load(coef + i * CHUNK);
                    coef += width;
                }
                for (int i = 0; i < n; i++)
                    total[i] += weight * line[i];
            }
        }
    }
    memcpy(sum, total, (size_t)n * sizeof total[0]);
}

/* All sums of one lane. */
static inline void sum_lane(const struct chebyshev_piece *piece, uint32_t width,
                            const double *const basis[CHEBYSHEV_AXES], double *restrict sum)
{
    const double *coef = piece->coef;
    uint32_t left = width;

    for (; left > MAX_CHUNKS * CHUNK; left -= MAX_CHUNKS * CHUNK) {
        sum_terms(piece, width, coef, basis, sum, MAX_CHUNKS);
        coef += MAX_CHUNKS * CHUNK;
        sum += MAX_CHUNKS * CHUNK;
    }
    switch (left / CHUNK) {
    case 1:
        sum_terms(piece, width, coef, basis, sum, 1);
        break;
    case 2:
        sum_terms(piece, width, coef, basis, sum, 2);
        break;
    case 3:
        sum_terms(piece, width, coef, basis, sum, 3);
        break;
    default:
        sum_terms(piece, width, coef, basis, sum, MAX_CHUNKS);
        break;
    }
}

static uint32_t find_outside(const struct chebyshev *c, const double *restrict x,
                             const lane_row *y, double *restrict outside)
{
    uint32_t n = 0;

    for (int k = 0; k < LANES; k++)
        outside[k] = ((x[k] >= c->low[0]) & (x[k] <= c->high[0])) ? 0.0 : 1.0;
    for (uint32_t i = 0; i < c->n_state; i++) {
        const double low = c->low[1 + i], high = c->high[1 + i];

        for (int k = 0; k < LANES; k++)
            outside[k] = ((y[i][k] >= low) & (y[i][k] <= high)) ? outside[k] : 1.0;
    }
    for (int k = 0; k < LANES; k++)
        n += outside[k] != 0.0;
    return n;
}

uint32_t chebyshev_value(const struct chebyshev *c, const double *x, const lane_row *y,
                         lane_row *out, double *outside)
{
    int32_t index[LANES];
    lane_row t, basis[CHEBYSHEV_AXES][CHEBYSHEV_MAX_DEGREE + 1];
    double sum[CHEBYSHEV_MAX_SUM];
    const uint32_t n_outside = find_outside(c, x, y, outside);

    for (int k = 0; k < LANES; k++)
        t[k] = outside[k] != 0.0 ? c->low[0]
                                 : x[k]; /* +inf would fall behind the last piece */
    locate(c, t, index);
    for (int k = 0; k < LANES; k++)
        t[k] = (t[k] - c->mid_x[index[k]]) * c->inverse_half_x[index[k]];
    basis_rows(t, c->max_degree[0], basis[0]);
    for (uint32_t i = 1; i < CHEBYSHEV_AXES; i++) {
        for (int k = 0; k < LANES && i <= c->n_state; k++)
            t[k] = (y[i - 1][k] - c->mid[i]) * c->inverse_half[i];
        basis_rows(t, c->max_degree[i], basis[i]);
    }
    for (int k = 0; k < LANES; k++) {
        const struct chebyshev_piece *piece = &c->piece[index[k]];
        const double *const lane[CHEBYSHEV_AXES] = {&basis[0][0][k], &basis[1][0][k],
                                                    &basis[2][0][k], &basis[3][0][k]};

        if (outside[k] != 0.0)
            continue;
        sum_lane(piece, c->width, lane, sum);
        for (uint32_t s = 0; s < c->n_sum; s++)
            out[s][k] = sum[s];
    }
    return n_outside;
}
