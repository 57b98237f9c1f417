#include "models/price/jumps.h"

#include <math.h>
#include <string.h>

#include "sim/vmath.h"

/* P(n > j) summed from the small end, so that the far tail keeps its digits. */
static double poisson_tail(double mean, int j)
{
    double term = vm_exp(-mean), sum = 0.0;
    double terms[2 * JUMPS_MAX];

    for (int i = 0; i < 2 * JUMPS_MAX; i++) {
        terms[i] = term;
        term *= mean / (i + 1);
    }
    for (int i = 2 * JUMPS_MAX - 1; i > j; i--)
        sum += terms[i];
    return sum;
}

bool jump_count_prepare(struct jump_count *c, double jumps_per_year, double step_years,
                        struct error *err)
{
    c->mean = jumps_per_year * step_years;
    c->n_level = 0;
    if (c->mean > JUMPS_MAX_MEAN)
        return fail(err,
                    "jumps_per_year = %g gives %g jumps per step of %g s; at most %d: "
                    "lower jumps_per_year or shorten the step",
                    jumps_per_year, c->mean, step_years * 365.0 * 86400.0, JUMPS_MAX_MEAN);
    for (int j = 0; j < JUMPS_MAX; j++) {
        const double tail = poisson_tail(c->mean, j);

        if (tail < 0x1p-53)
            break;
        c->level[j] = 1.0 - tail;
        c->n_level = j + 1;
    }
    return true;
}

void jump_count_draw(const struct jump_count *c, const double *restrict uniform,
                     double *restrict n)
{
    memset(n, 0, sizeof(lane_row));
    for (int j = 0; j < c->n_level; j++) {
        const double level = c->level[j], count = j + 1;

        for (int k = 0; k < LANES; k++)
            n[k] = uniform[k] > level ? count : n[k];
    }
}

bool normal_jumps_prepare(struct normal_jumps *c, const struct normal_jumps_param *p,
                          double step_years, struct error *err)
{
    const double m = p->jump_log_mean, s = p->jump_log_sd;

    if (!jump_count_prepare(&c->count, p->jumps_per_year, step_years, err))
        return false;
    c->compensation = c->count.mean * vm_expm1(m + 0.5 * s * s);
    c->mean = m;
    for (int j = 0; j < JUMPS_MAX; j++)
        c->sum_sd[j] = s * sqrt(j + 1.0);
    return true;
}

void normal_jumps_draw(const struct normal_jumps *c, const double *restrict uniform_count,
                       const double *restrict uniform_size, double *restrict n,
                       double *restrict sum)
{
    lane_row sd = {0.0};

    jump_count_draw(&c->count, uniform_count, n);
    for (int j = 0; j < c->count.n_level; j++) {
        const double level = c->count.level[j], sd_here = c->sum_sd[j];

        for (int k = 0; k < LANES; k++)
            sd[k] = uniform_count[k] > level ? sd_here : sd[k];
    }
    for (int k = 0; k < LANES; k++)
        sum[k] = fma(sd[k], vm_normal_quantile(uniform_size[k]), n[k] * c->mean);
}
