/* Price models and their uncertainty as they are written in a market file. Numbers have
 * seven digits: far more than the standard errors leave of them, few enough to be read. */
#include <math.h>
#include <string.h>

#include "scenarios/node.h"
#include "scenarios/section.h"
#include "sim/param.h"
#include "sim/study/calibrate.h"

enum { DIGITS = 7 };
static const double LEAST_EIGENVALUE = 1e-4;

const char *calibrate_model_text(const struct price_model *model, const void *param,
                                 struct arena *arena)
{
    return section_model_text(model, param, DIGITS, arena);
}

/* Parameters whose error is known, and that do not stand at an end of their range, where an
 * error means nothing. */
static uint32_t known_parameters(const struct estimate *e, bool zero_drift, uint32_t *index)
{
    struct param_slot slot;
    double line, slope;
    uint32_t n = 0;

    for (uint32_t i = 0; i < e->n_param; i++)
        if (e->p[i].standard_error > 0.0 && isfinite(e->p[i].standard_error) &&
            !(zero_drift && strstr(e->p[i].key, "drift_annual") != NULL) &&
            param_find(e->model, e->param, e->p[i].key, &slot) &&
            param_to_line(slot.field, *slot.value, &line, &slope))
            index[n++] = i;
    return n;
}

/* [n][n], positive definite also when it has been rounded. */
static double *correlation_of(const struct estimate *e, const uint32_t *index, uint32_t n,
                              struct arena *arena)
{
    double *matrix = arena_get(arena, (size_t)n * n, sizeof *matrix), least;

    for (uint32_t a = 0; a < n; a++)
        for (uint32_t b = 0; b < n; b++) {
            const uint32_t i = index[a], j = index[b];
            const double both = e->p[i].standard_error * e->p[j].standard_error;
            const double value = e->covariance[i * e->n_param + j] / both;
            matrix[a * n + b] = a == b            ? 1.0
                                : isfinite(value) ? fmax(-1.0, fmin(1.0, value))
                                                  : 0.0;
        }
    correlation_repair(matrix, n, LEAST_EIGENVALUE, arena, &least);
    return matrix;
}

const char *calibrate_uncertainty_text(const struct estimate *e, bool zero_drift,
                                       struct arena *arena)
{
    uint32_t index[ESTIMATE_MAX_PARAM];
    const uint32_t n = known_parameters(e, zero_drift, index);
    const char *names = "", *errors = "", *rows = "";

    if (n == 0)
        return NULL;
    const double *matrix = correlation_of(e, index, n, arena);
    for (uint32_t i = 0; i < n; i++) {
        const char *comma = i > 0 ? ", " : "", *row = "";
        names = arena_print(arena, "%s%s%s", names, comma,
                            node_quote(e->p[index[i]].key, arena));
        errors =
            arena_print(arena, "%s%s%.5g", errors, comma, e->p[index[i]].standard_error);
        for (uint32_t j = 0; j < n; j++)
            row = arena_print(arena, "%s%s%.6g", row, j > 0 ? ", " : "",
                              fabs(matrix[i * n + j]) < 5e-7 ? 0.0 : matrix[i * n + j]);
        rows = arena_print(arena, "%s%s[%s]", rows, comma, row);
    }
    return arena_print(arena, "{parameters: [%s], standard_error: [%s], correlation: [%s]}",
                       names, errors, rows);
}
