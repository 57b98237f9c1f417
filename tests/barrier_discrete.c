#include "tests/barrier_discrete.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PER_SD = 80, SDS = 9 }; /* nodes per deviation of one look; width of a kernel */

/* Distances from the barrier on the living side, node i at i dx. */
struct grid {
    double dx, mean; /* of the log-return towards the living side, between two looks */
    int n;
    double *alive, *next, *kernel; /* kernel[j + SDS PER_SD] for a move of j nodes */
};

static void grid_step(struct grid *g)
{
    const int reach = SDS * PER_SD;

    for (int to = 0; to < g->n; to++) {
        const int first = to > reach ? to - reach : 0;
        const int last = to + reach < g->n - 1 ? to + reach : g->n - 1;
        double sum = 0.0;
        for (int from = first; from <= last; from++)
            sum += g->alive[from] * g->kernel[to - from + reach];
        if (first == 0) /* the trapezoidal rule's half weight at the barrier */
            sum -= 0.5 * g->alive[0] * g->kernel[to + reach];
        g->next[to] = sum * g->dx;
    }
    memcpy(g->alive, g->next, (size_t)g->n * sizeof *g->alive);
}

double barrier_discrete(const struct barrier_exact *o, int n_look)
{
    const double sigma = (double)o->volatility, years = (double)o->years / n_look;
    const double sd = sigma * sqrt(years), sign = o->up ? -1.0 : 1.0;
    const double mean = sign * ((double)o->carry - 0.5 * sigma * sigma) * years;
    const double start = sign * log((double)(o->spot / o->barrier));
    const double phi = o->call ? 1.0 : -1.0,
                 forward = (double)(o->spot * expl(o->carry * o->years));
    struct grid g = {.dx = sd / PER_SD};
    double paid = 0.0, survive = 0.0;

    g.n =
        (int)((start + (SDS + fabs(mean) / sd * sqrt(n_look)) * sd * sqrt(n_look)) / g.dx);
    g.alive = malloc((size_t)g.n * sizeof *g.alive);
    g.next = malloc((size_t)g.n * sizeof *g.next);
    g.kernel = malloc((2 * SDS * PER_SD + 1) * sizeof *g.kernel);
    for (int j = -SDS * PER_SD; j <= SDS * PER_SD; j++) {
        const double z = (j * g.dx - mean) / sd;
        g.kernel[j + SDS * PER_SD] = exp(-0.5 * z * z) / (sd * sqrt(2.0 * M_PI));
    }
    for (int i = 0; i < g.n; i++) { /* the first look */
        const double z = (i * g.dx - start - mean) / sd;
        g.alive[i] = exp(-0.5 * z * z) / (sd * sqrt(2.0 * M_PI));
    }
    for (int look = 1; look < n_look; look++)
        grid_step(&g);
    for (int i = 0; i < g.n; i++) {
        const double weight = (i == 0 ? 0.5 : 1.0) * g.dx * g.alive[i];
        const double price = (double)o->barrier * exp(sign * i * g.dx);
        survive += weight;
        paid += weight * fmax(phi * (price - (double)o->strike), 0.0);
    }
    free(g.alive);
    free(g.next);
    free(g.kernel);
    const double all = sigma * sqrt((double)o->years);
    const double d1 = log(forward / (double)o->strike) / all + 0.5 * all;
    const double vanilla = phi * 0.5 *
                           (forward * erfc(-phi * d1 * M_SQRT1_2) -
                            (double)o->strike * erfc(-phi * (d1 - all) * M_SQRT1_2));
    return o->out ? paid + (double)o->rebate * (1.0 - survive)
                  : vanilla - paid + (double)o->rebate * survive;
}
