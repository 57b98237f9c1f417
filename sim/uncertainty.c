/* Parameters: one-way random effects (Searle, Casella and McCulloch 1992, sections 3.5 and
 * 3.6). Each batch b of paths has its own parameter set and is cut into halves j; the
 * figure of a half is y_bj = t(P_b) + e_bj. With the mean squares MSB between the batches
 * and MSE within them,
 *     var of t over the parameters = (MSB - MSE) / 2, not below 0,
 * whatever the figure is: nothing is assumed of the error of VaR or ES in one half. The
 * limits are Williams's (1962, Biometrika 49, 278):
 *     (MSB - F_u MSE) / (2 chi_u),   (MSB - F_l MSE) / (2 chi_l)
 * with upper and lower points of F and of chi-square / df.
 *
 * Models: the standard deviation of their figures. All of them run on the same random
 * numbers, so most of the simulation error is common to them and no part of it; what does
 * not cancel is in it, and is at most the simulation error that stands beside it. */
#include "sim/uncertainty.h"

#include <math.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

enum { HALVES = 2 };

/* Which figure of a half: the mean, or VaR or ES at a level. */
enum figure { HALF_MEAN, HALF_VAR, HALF_ES };

static double half_figure(const double *sorted, size_t n, enum figure figure, double level)
{
    if (figure == HALF_MEAN)
        return stats_sum(sorted, n) / (double)n;
    return figure == HALF_VAR ? sorted[stats_rank(n, level) - 1]
                              : stats_es_value(sorted, n, level);
}

/* `half` [n_batch][HALVES] figures of the halves. */
static struct interval parameter_sd(const double *half, size_t n_batch, double confidence)
{
    const double between_df = (double)n_batch - 1.0, within_df = (double)n_batch;
    const double beyond = 0.5 * (1.0 - confidence);
    double mean = 0.0, between = 0.0, within = 0.0;
    struct interval sd;

    for (size_t i = 0; i < HALVES * n_batch; i++)
        mean += half[i] / (double)(HALVES * n_batch);
    for (size_t b = 0; b < n_batch; b++) {
        const double x = half[HALVES * b], y = half[HALVES * b + 1];
        const double centre = 0.5 * (x + y) - mean;
        between += HALVES * centre * centre / between_df;
        within += 0.5 * (x - y) * (x - y) / within_df;
    }
    const double f_upper = gsl_cdf_fdist_Qinv(beyond, between_df, within_df);
    const double f_lower = gsl_cdf_fdist_Pinv(beyond, between_df, within_df);
    const double chi_upper = gsl_cdf_chisq_Qinv(beyond, between_df) / between_df;
    const double chi_lower = gsl_cdf_chisq_Pinv(beyond, between_df) / between_df;
    sd.value = sqrt(fmax(0.0, (between - within) / HALVES));
    sd.lower = sqrt(fmax(0.0, (between - f_upper * within) / (HALVES * chi_upper)));
    sd.upper = sqrt(fmax(0.0, (between - f_lower * within) / (HALVES * chi_lower)));
    return sd;
}

void uncertainty_parameters(const double *values, uint64_t n, uint64_t set_paths,
                            const struct risk_table *table, struct risk_row *row)
{
    const size_t n_batch = n / set_paths, n_half = set_paths / HALVES;
    struct arena arena = {NULL};
    double *const sorted = arena_get(&arena, n, sizeof *sorted);
    double *const half = arena_get(&arena, HALVES * n_batch, sizeof *half);

    memcpy(sorted, values, n * sizeof *sorted);
    for (size_t i = 0; i < HALVES * n_batch; i++)
        stats_sort(sorted + i * n_half, n_half);
    for (uint32_t l = 0; n_batch > 1 && l < table->n_level; l++) {
        const double level = table->level[l];
        if ((1.0 - level) * (double)n_half < UNCERTAINTY_MIN_TAIL)
            continue;
        for (enum figure figure = HALF_VAR; figure <= HALF_ES; figure++) {
            for (size_t i = 0; i < HALVES * n_batch; i++)
                half[i] = half_figure(sorted + i * n_half, n_half, figure, level);
            *(figure == HALF_VAR ? &row->at_level[l].var_parameter_sd
                                 : &row->at_level[l].es_parameter_sd) =
                parameter_sd(half, n_batch, table->confidence);
        }
    }
    for (size_t i = 0; n_batch > 1 && i < HALVES * n_batch; i++)
        half[i] = half_figure(sorted + i * n_half, n_half, HALF_MEAN, 0.0);
    if (n_batch > 1)
        row->mean_parameter_sd = parameter_sd(half, n_batch, table->confidence);
    arena_free(&arena);
}

/* Figures of n models into one comparison. */
static struct model_figure compare(uint32_t n, const struct interval *const *figure,
                                   const struct interval *const *parameter,
                                   double confidence)
{
    const double z = gsl_cdf_ugaussian_Pinv(0.5 + 0.5 * confidence);
    struct model_figure m = {.least = INFINITY, .most = -INFINITY};
    double square = 0.0, simulation = 0.0, parameters = 0.0;

    for (uint32_t i = 0; i < n; i++) {
        const double error = (figure[i]->upper - figure[i]->lower) / (2.0 * z);
        m.mean += figure[i]->value / n;
        m.least = fmin(m.least, figure[i]->value);
        m.most = fmax(m.most, figure[i]->value);
        simulation += error * error / n;
        parameters += parameter[i]->value * parameter[i]->value / n;
    }
    for (uint32_t i = 0; i < n; i++)
        square += (figure[i]->value - m.mean) * (figure[i]->value - m.mean) / (n - 1.0);
    m.simulation_sd = isfinite(simulation) ? sqrt(simulation) : (double)NAN;
    m.parameter_sd = sqrt(parameters);
    m.model_sd = sqrt(square);
    return m;
}

static const struct risk_row *row_named(const struct risk_table *table, const char *name)
{
    for (uint32_t i = 0; i < table->n_row; i++)
        if (strcmp(table->row[i].name, name) == 0)
            return &table->row[i];
    return NULL;
}

static void compare_row(uint32_t n, const struct risk_row *const *row,
                        const struct risk_table *const *risk, uint32_t n_level,
                        struct model_row *to, struct arena *arena)
{
    const struct interval **figure = arena_get(arena, n, sizeof *figure);
    const struct interval **parameter = arena_get(arena, n, sizeof *parameter);

    for (uint32_t l = 0; l < n_level; l++)
        for (enum figure which = HALF_VAR; which <= HALF_ES; which++) {
            for (uint32_t i = 0; i < n; i++) {
                const struct risk_figure *f = &row[i]->at_level[l];
                figure[i] = which == HALF_VAR ? &f->var : &f->es;
                parameter[i] =
                    which == HALF_VAR ? &f->var_parameter_sd : &f->es_parameter_sd;
            }
            *(which == HALF_VAR ? &to->var[l] : &to->es[l]) =
                compare(n, figure, parameter, risk[0]->confidence);
        }
}

void uncertainty_models(uint32_t n, const struct risk_table *const *risk,
                        struct arena *arena, struct model_table *table)
{
    struct model_row *row = arena_get(arena, risk[0]->n_row, sizeof *row);
    const struct risk_row **of = arena_get(arena, n, sizeof *of);

    table->n_level = risk[0]->n_level;
    for (uint32_t i = 1; i < n; i++)
        if (risk[i]->n_level < table->n_level)
            table->n_level = risk[i]->n_level;
    memcpy(table->level, risk[0]->level, sizeof table->level);
    table->row = row;
    for (uint32_t r = 0; r < risk[0]->n_row; r++) {
        uint32_t found = 0;
        for (uint32_t i = 0; i < n; i++) {
            of[i] = row_named(risk[i], risk[0]->row[r].name);
            found += of[i] != NULL && strcmp(of[i]->unit, "USD") == 0;
        }
        if (found < n)
            continue;
        row[table->n_row].metric = risk[0]->row[r].name;
        compare_row(n, of, risk, table->n_level, &row[table->n_row++], arena);
    }
}
