/* Empirical tail dependence of pairs of log-returns at a threshold q:
 *     lambda_L = C(q, q) / q,    lambda_U = (1 - 2 (1-q) + C(1-q, 1-q)) / q
 * with the empirical copula C: the share of common rows in which both returns are among
 * their own lowest (highest) q, q = k / n (Schmidt and Stadtmueller 2006, "Non-parametric
 * estimation of tail dependence", Scandinavian Journal of Statistics 33, section 3).
 * With ranks in place of known margins the estimate is asymptotically normal with variance
 *     (lambda + a^2 + b^2 + 2 lambda ((a - 1)(b - 1) - 1)) / k          (their section 4)
 * in the slopes a and b of the tail copula at (1, 1). It is homogeneous of degree one, so
 * a + b = lambda, and with a = b the variance is lambda (1 - lambda) (1 - lambda/2) / k.
 * The error uses (count + 1) / (k + 2) for lambda, so that a count of zero has one too. */
#include "sim/study/tail.h"

#include <math.h>
#include <stdlib.h>

struct ranked {
    double value;
    uint32_t index;
};

static int by_value(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

void tail_ranks(const double *value, uint32_t n, struct arena *arena, double *rank)
{
    struct ranked *sorted = arena_get(arena, n, sizeof(*sorted));

    for (uint32_t i = 0; i < n; i++)
        sorted[i] = (struct ranked){value[i], i};
    qsort(sorted, n, sizeof(*sorted), by_value);
    for (uint32_t first = 0; first < n;) {
        uint32_t end = first + 1;

        while (end < n && sorted[end].value == sorted[first].value)
            end++;
        for (uint32_t i = first; i < end; i++)
            rank[sorted[i].index] = 0.5 * (first + 1.0 + end);
        first = end;
    }
}

static double standard_error(double count, double k)
{
    const double lambda = fmin(1.0, (count + 1.0) / (k + 2.0));

    return sqrt(lambda * (1.0 - lambda) * (1.0 - 0.5 * lambda) / k);
}

/* The common rows of one pair, as two columns; their number. */
static uint32_t common_rows(const struct joint_returns *returns, uint32_t a, uint32_t b,
                            double *x, double *y)
{
    uint32_t n = 0;

    for (uint32_t row = 0; row < returns->n_row; row++) {
        const double *value = &returns->log_return[(size_t)row * returns->n_asset];

        if (isnan(value[a]) || isnan(value[b]))
            continue;
        x[n] = value[a];
        y[n++] = value[b];
    }
    return n;
}

void tail_dependence_estimate(const struct joint_returns *returns, double threshold,
                              struct arena *arena, struct tail_dependence *tail)
{
    const uint32_t n_asset = returns->n_asset;
    struct arena scratch = {NULL};
    double *column = arena_get(&scratch, 4 * (size_t)returns->n_row, sizeof(double));
    double *x = column, *y = x + returns->n_row, *rx = y + returns->n_row,
           *ry = rx + returns->n_row;
    double **const matrix[] = {&tail->lower, &tail->upper, &tail->lower_error,
                               &tail->upper_error};

    tail->n_asset = n_asset;
    tail->threshold = threshold;
    for (int m = 0; m < 4; m++) {
        *matrix[m] = arena_get(arena, (size_t)n_asset * n_asset, sizeof(double));
        for (uint32_t i = 0; i < n_asset; i++)
            (*matrix[m])[i * n_asset + i] = m < 2 ? 1.0 : 0.0;
    }
    for (uint32_t i = 0; i < n_asset; i++)
        for (uint32_t j = i + 1; j < n_asset; j++) {
            const uint32_t n = common_rows(returns, i, j, x, y);
            const double k = floor(threshold * n);
            double low = 0.0, high = 0.0;

            tail_ranks(x, n, &scratch, rx);
            tail_ranks(y, n, &scratch, ry);
            for (uint32_t row = 0; row < n; row++) {
                low += rx[row] <= k && ry[row] <= k;
                high += rx[row] > n - k && ry[row] > n - k;
            }
            const bool enough = k >= TAIL_MIN;
            const double result[] = {low / k, high / k, standard_error(low, k),
                                     standard_error(high, k)};

            for (int m = 0; m < 4; m++)
                (*matrix[m])[i * n_asset + j] = (*matrix[m])[j * n_asset + i] =
                    enough ? result[m] : NAN;
        }
    arena_free(&scratch);
}
