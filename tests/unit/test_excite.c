/* Branching matrices whose spectral radius is known. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "models/price/excite.h"

Test(excite, radius_is_the_largest_eigenvalue)
{
    static const struct {
        const char *name;
        uint32_t n;
        double child[9], radius;
    } rows[] = {
        {"none", 2, {0, 0, 0, 0}, 0.0},
        {"alone", 1, {0.7}, 0.7},
        {"two apart", 2, {0.3, 0, 0, 0.4}, 0.4},
        {"to and fro", 2, {0, 0.8, 0.45, 0}, 0.6},
        {"one way", 2, {0.5, 9.0, 0, 0.5}, 0.5}, /* defective */
        {"nilpotent", 3, {0, 2, 3, 0, 0, 5, 0, 0, 0}, 0.0},
        {"two", 2, {0.5, 0.2, 0.3, 0.6}, 0.8},
        {"ring", 3, {0, 2, 0, 0, 0, 0.5, 0.343, 0, 0}, 0.7},
        {"critical", 2, {0.5, 0.5, 0.25, 0.75}, 1.0},
        {"beyond", 1, {1.2385}, 1.2385},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {NULL};
        const double got = excite_radius(rows[i].child, rows[i].n, &arena);
        cr_assert_float_eq(got, rows[i].radius, 1e-7, "%s: %.12g", rows[i].name, got);
        arena_free(&arena);
    }
}

/* rate = base + child rate, checked by putting it in. */
Test(excite, rates_solve_their_equation)
{
    enum { N = 40 };
    double child[N * N], base[N], rate[N];
    struct arena arena = {NULL};

    srand(3);
    for (int i = 0; i < N; i++) {
        base[i] = rand() % 1000 / 7.0;
        for (int j = 0; j < N; j++)
            child[i * N + j] = rand() % 100 / 100.0 * 1.9 / N;
    }
    cr_assert_float_eq(excite_radius(child, N, &arena), 0.94, 0.05);
    excite_rates(child, N, base, rate, &arena);
    for (int i = 0; i < N; i++) {
        double sum = base[i];
        for (int j = 0; j < N; j++)
            sum += child[i * N + j] * rate[j];
        cr_assert_float_eq(sum / rate[i], 1.0, 1e-12, "row %d", i);
    }
    arena_free(&arena);
}
