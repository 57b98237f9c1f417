/* Kendall's tau-b by sorting (Knight 1966, "A computer method for calculating Kendall's tau
 * with ungrouped data", JASA 61, 436-439): after sorting by x, the exchanges that a merge
 * sort by y makes are the discordant pairs D, and
 *     tau_b = (N - T_x - T_y + T_xy - 2 D) / sqrt((N - T_x)(N - T_y))
 * with N = n (n - 1) / 2 pairs, T_x of them tied in x, T_y in y, T_xy in both. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/study/copula.h"

struct point {
    double x, y;
};

static int by_x_then_y(const void *a, const void *b)
{
    const struct point *p = a, *q = b;

    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    return (p->y > q->y) - (p->y < q->y);
}

/* Sorts y[n] and returns the number of pairs that stood in the wrong order. */
static double merge_count(double *y, double *scratch, uint32_t n)
{
    if (n < 2)
        return 0.0;
    const uint32_t half = n / 2;
    double count = merge_count(y, scratch, half);
    uint32_t left = 0, right = half;

    count += merge_count(y + half, scratch, n - half);
    for (uint32_t at = 0; at < n; at++) {
        const bool from_left = right == n || (left < half && y[left] <= y[right]);

        if (!from_left)
            count += half - left;
        scratch[at] = from_left ? y[left++] : y[right++];
    }
    memcpy(y, scratch, n * sizeof(*y));
    return count;
}

static double pairs_of(double n)
{
    return 0.5 * n * (n - 1.0);
}

double copula_kendall(const double *x, const double *y, uint32_t n)
{
    struct arena scratch = {NULL};
    struct point *p = arena_get(&scratch, n, sizeof(*p));
    double *sorted = arena_get(&scratch, n, sizeof(double));
    double *work = arena_get(&scratch, n, sizeof(double));
    double tied_x = 0.0, tied_y = 0.0, tied_both = 0.0;

    for (uint32_t i = 0; i < n; i++)
        p[i] = (struct point){x[i], y[i]};
    qsort(p, n, sizeof(*p), by_x_then_y);
    uint32_t first_x = 0, first_both = 0, first_y = 0;
    for (uint32_t i = 0; i <= n; i++) {
        const bool new_x = i == n || p[i].x != p[first_x].x;

        if (new_x || p[i].y != p[first_both].y) {
            tied_both += pairs_of(i - first_both);
            first_both = i;
        }
        if (new_x) {
            tied_x += pairs_of(i - first_x);
            first_x = i;
        }
        if (i < n)
            sorted[i] = p[i].y;
    }
    const double discordant = merge_count(sorted, work, n);
    for (uint32_t i = 0; i <= n; i++)
        if (i == n || sorted[i] != sorted[first_y]) {
            tied_y += pairs_of(i - first_y);
            first_y = i;
        }
    const double pairs = pairs_of(n);
    const double balance = pairs - tied_x - tied_y + tied_both - 2.0 * discordant;

    arena_free(&scratch);
    return balance / sqrt((pairs - tied_x) * (pairs - tied_y));
}
