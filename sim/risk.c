#include "sim/risk.h"

#include <math.h>
#include <string.h>

#include "sim/uncertainty.h"

/* The tail index is taken from the largest 1 / HILL_SHARE of all values, and from no more
 * than 1 / HILL_POSITIVE of the positive ones: a rare loss has its tail among its own
 * values. */
enum { HILL_SHARE = 100, HILL_POSITIVE = 10 };

const char *risk_unit(const struct result *result, uint32_t column)
{
    for (uint32_t i = 0; i < result->n_metric; i++) {
        const struct metric *m = &result->metric[i];
        if (column >= m->first_column && column - m->first_column < m->n_element)
            return m->unit;
    }
    return "1";
}

bool risk_values(const struct result *result, const struct risk_metric *metric,
                 double *values, struct error *err)
{
    const double *const column = result->column[metric->column];

    for (uint64_t path = 0; path < result->n_path; path++) {
        values[path] = metric->sign * column[path];
        if (!isfinite(values[path]))
            return fail(err,
                        "%s: %s of path %llu is %g; it must be a finite number: replay the "
                        "path to see where it comes from",
                        result->name, metric->name, (unsigned long long)path, values[path]);
    }
    return true;
}

uint64_t risk_seed(const char *name, double level)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a, then the bits of the level */
    uint64_t bits;

    for (const char *c = name; *c; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    memcpy(&bits, &level, sizeof bits);
    return (hash ^ bits) * UINT64_C(0x9e3779b97f4a7c15);
}

static struct risk_row row_without_figures(const struct result *result,
                                           const struct risk_metric *metric)
{
    const struct interval none = {(double)NAN, (double)NAN, (double)NAN};
    struct risk_row row = {.name = metric->name,
                           .doc = metric->doc,
                           .unit = risk_unit(result, metric->column),
                           .mean = (double)NAN,
                           .mean_se = (double)NAN,
                           .tail_index = (double)NAN};

    for (uint32_t i = 0; i < STATS_MAX_LEVEL; i++)
        row.at_level[i] = (struct risk_figure){none, none, 0, none, none};
    row.mean_parameter_sd = none;
    return row;
}

/* Fills the row from the values in path order, which end up sorted. */
static void row_figures(struct risk_row *row, const struct risk_table *table,
                        uint64_t set_paths, double *values, uint64_t n)
{
    uint64_t positive = 0, n_hill;

    for (uint64_t path = 0; path < n; path++)
        positive += values[path] > 0.0;
    row->probability_positive = stats_probability(positive, n, table->confidence);
    if (strcmp(row->unit, "USD") != 0)
        return;
    stats_mean(values, n, &row->mean, &row->mean_se);
    if (set_paths > 0)
        uncertainty_parameters(values, n, set_paths, table, row);
    stats_sort(values, n);
    n_hill = positive / HILL_POSITIVE < n / HILL_SHARE ? positive / HILL_POSITIVE
                                                       : n / HILL_SHARE;
    row->tail_index = stats_hill(values, n, n_hill);
    for (uint32_t i = 0; i < table->n_level; i++) {
        const double level = table->level[i];
        struct risk_figure *figure = &row->at_level[i];
        size_t tail;

        figure->var = stats_quantile(values, n, level, table->confidence);
        figure->es = stats_es(values, n, level, table->confidence,
                              risk_seed(row->name, level), &tail);
        figure->tail_paths = tail;
    }
}

bool risk_compute(const struct result *result, struct arena *arena,
                  struct risk_table *table, struct error *err)
{
    struct arena scratch = {NULL};
    double *const values = arena_get(&scratch, result->n_path, sizeof *values);
    bool ok = true;

    table->confidence = RISK_CONFIDENCE;
    table->n_level = stats_levels(result->n_path, table->level);
    table->n_row = result->n_risk;
    table->row = arena_get(arena, result->n_risk, sizeof *table->row);
    for (uint32_t i = 0; ok && i < result->n_risk; i++) {
        table->row[i] = row_without_figures(result, &result->risk[i]);
        ok = risk_values(result, &result->risk[i], values, err);
        if (ok)
            row_figures(&table->row[i], table, result->set_paths, values, result->n_path);
    }
    arena_free(&scratch);
    return ok;
}
