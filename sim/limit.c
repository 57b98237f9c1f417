#include "sim/limit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

const char *const limit_verdict_name[LIMIT_VERDICTS] = {"pass", "FAIL", "undecided"};
const char *const limit_figure_name[LIMIT_FIGURES] = {"var", "es", "mean", "probability"};

void limit_text(const struct limit *limit, char *text, size_t size)
{
    switch (limit->figure) {
    case FIGURE_VAR:
    case FIGURE_ES:
        snprintf(text, size, "%s %.6g %% of %s", limit->figure == FIGURE_VAR ? "VaR" : "ES",
                 100.0 * limit->level, limit->metric);
        break;
    case FIGURE_MEAN:
        snprintf(text, size, "mean of %s", limit->metric);
        break;
    case FIGURE_PROBABILITY:
        snprintf(text, size, "P(%s > %.6g)", limit->metric, limit->above_usd);
        break;
    }
}

static const struct risk_metric *metric_named(const char *name, const struct result *result,
                                              struct error *err)
{
    char known[512] = "";
    size_t length = 0;

    for (uint32_t i = 0; i < result->n_risk; i++)
        if (strcmp(name, result->risk[i].name) == 0)
            return &result->risk[i];
    for (uint32_t i = 0; i < result->n_risk && length < sizeof known; i++)
        length += (size_t)snprintf(known + length, sizeof known - length, "%s%s",
                                   i > 0 ? ", " : "", result->risk[i].name);
    fail(
        err,
        "%s: a limit names the metric '%s', which this scenario does not have; it has %s%s",
        result->name, name, known[0] ? known : "none",
        length >= sizeof known ? " ..." : "");
    return NULL;
}

static void figure_of_mean(const double *values, uint64_t n, struct limit_result *out)
{
    const double z = gsl_cdf_ugaussian_Pinv(0.5 + 0.5 * out->limit.confidence);
    double mean, se;

    stats_mean(values, n, &mean, &se);
    out->figure = (struct interval){mean, mean - z * se, mean + z * se};
    out->tail_paths = n;
}

static void figure_of_probability(const double *values, uint64_t n,
                                  struct limit_result *out)
{
    uint64_t above = 0;

    for (uint64_t path = 0; path < n; path++)
        above += values[path] > out->limit.above_usd;
    out->figure = stats_probability(above, n, out->limit.confidence);
    out->tail_paths = above;
}

static void figure_of_tail(double *values, uint64_t n, struct limit_result *out)
{
    const struct limit *l = &out->limit;
    size_t tail = n - stats_rank(n, l->level);

    stats_sort(values, n);
    if (l->figure == FIGURE_VAR)
        out->figure = stats_quantile(values, n, l->level, l->confidence);
    else
        out->figure = stats_es(values, n, l->level, l->confidence,
                               risk_seed(l->metric, l->level), &tail);
    out->tail_paths = tail;
}

static void decide(struct limit_result *out)
{
    const struct interval *figure = &out->figure;
    const double max = out->limit.max;

    out->why[0] = '\0';
    out->verdict = figure->lower > max    ? LIMIT_FAIL
                   : figure->upper <= max ? LIMIT_PASS
                                          : LIMIT_UNDECIDED;
    if (out->verdict != LIMIT_UNDECIDED)
        return;
    if (isnan(figure->upper) && out->limit.figure == FIGURE_ES)
        snprintf(out->why, sizeof out->why,
                 "carried by %llu paths, and an interval needs %d: run more paths",
                 (unsigned long long)out->tail_paths, STATS_MIN_TAIL);
    else if (isnan(figure->upper) || isinf(figure->upper))
        snprintf(out->why, sizeof out->why,
                 "too few paths for an upper bound: run more paths");
    else
        snprintf(out->why, sizeof out->why,
                 "the interval holds the limit: run more paths, or accept the risk");
}

bool limit_check(const struct limit *limit, const struct result *result, struct error *err)
{
    const struct risk_metric *const metric = metric_named(limit->metric, result, err);

    if (metric == NULL)
        return false;
    if (limit->figure != FIGURE_PROBABILITY &&
        strcmp(risk_unit(result, metric->column), "USD") != 0)
        return fail(
            err,
            "%s: a limit on VaR, ES or the mean of %s is not possible, since it is not "
            "in USD; limit its probability instead",
            result->name, limit->metric);
    return true;
}

bool limit_evaluate(const struct limit *limit, const struct result *result,
                    struct limit_result *out, struct error *err)
{
    struct arena scratch = {NULL};
    double *values;
    bool ok;

    if (!limit_check(limit, result, err))
        return false;
    const struct risk_metric *const metric = metric_named(limit->metric, result, err);
    *out = (struct limit_result){.limit = *limit};
    values = arena_get(&scratch, result->n_path, sizeof *values);
    ok = risk_values(result, metric, values, err);
    if (ok) {
        if (limit->figure == FIGURE_MEAN)
            figure_of_mean(values, result->n_path, out);
        else if (limit->figure == FIGURE_PROBABILITY)
            figure_of_probability(values, result->n_path, out);
        else
            figure_of_tail(values, result->n_path, out);
        decide(out);
    }
    arena_free(&scratch);
    return ok;
}
