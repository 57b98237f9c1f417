#include "models/price/excite.h"

#include <math.h>

#include "sim/vmath.h"

enum { N_SQUARE = 32 };

/* The power method by repeated squaring: the norm of (I + child)^(2^k) grows like (1 +
 * radius)^(2^k). I is added so that no two eigenvalues have one modulus. */
double excite_radius(const double *child, uint32_t n, struct arena *arena)
{
    double *a = arena_get(arena, (size_t)n * n, sizeof *a);
    double *b = arena_get(arena, (size_t)n * n, sizeof *b);
    double log_norm = 0.0; /* of all that was divided out, of the 2^k-th root */

    for (uint32_t i = 0; i < n * n; i++)
        a[i] = child[i] + (i % (n + 1) == 0 ? 1.0 : 0.0);
    for (int k = 0; k <= N_SQUARE; k++) {
        double *const old = a;
        double norm = 0.0; /* the largest sum of a row */
        for (uint32_t i = 0; i < n; i++) {
            double sum = 0.0;
            for (uint32_t j = 0; j < n; j++)
                sum += a[i * n + j];
            norm = vm_max(norm, sum);
        }
        log_norm += vm_log(norm) / (double)(UINT64_C(1) << k);
        for (uint32_t i = 0; i < n * n; i++) {
            a[i] /= norm;
            b[i] = 0.0;
        }
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t m = 0; m < n; m++)
                for (uint32_t j = 0; j < n && a[i * n + m] > 0.0; j++)
                    b[i * n + j] += a[i * n + m] * a[m * n + j];
        a = b;
        b = old;
    }
    return vm_expm1(log_norm);
}

/* Gaussian elimination of I - child, whose pivots are positive for a radius below 1. */
void excite_rates(const double *child, uint32_t n, const double *base, double *rate,
                  struct arena *arena)
{
    double *a = arena_get(arena, (size_t)n * n, sizeof *a);

    for (uint32_t i = 0; i < n; i++) {
        rate[i] = base[i];
        for (uint32_t j = 0; j < n; j++)
            a[i * n + j] = (i == j ? 1.0 : 0.0) - child[i * n + j];
    }
    for (uint32_t p = 0; p < n; p++)
        for (uint32_t i = p + 1; i < n; i++) {
            const double part = a[i * n + p] / a[p * n + p];
            for (uint32_t j = p; j < n; j++)
                a[i * n + j] -= part * a[p * n + j];
            rate[i] -= part * rate[p];
        }
    for (uint32_t i = n; i-- > 0;) {
        for (uint32_t j = i + 1; j < n; j++)
            rate[i] -= a[i * n + j] * rate[j];
        rate[i] /= a[i * n + i];
    }
}
