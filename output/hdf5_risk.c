#include "output/hdf5_cell.h"

#include <stddef.h>
#include <stdio.h>

#include "sim/arena.h"

struct member {
    struct hdf5_label label;
    size_t offset; /* of a double in the struct the table is about */
};

static const struct member figure[] = {
    /* clang-format off */
    {{"var_usd", "USD", "value at risk"}, offsetof(struct risk_figure, var.value)},
    {{"var_lower_usd", "USD", "lower confidence limit of the value at risk"},
     offsetof(struct risk_figure, var.lower)},
    {{"var_upper_usd", "USD", "upper confidence limit of the value at risk"},
     offsetof(struct risk_figure, var.upper)},
    {{"es_usd", "USD", "expected shortfall"}, offsetof(struct risk_figure, es.value)},
    {{"es_lower_usd", "USD", "lower confidence limit of the expected shortfall"},
     offsetof(struct risk_figure, es.lower)},
    {{"es_upper_usd", "USD", "upper confidence limit of the expected shortfall"},
     offsetof(struct risk_figure, es.upper)},
    {{"var_parameter_sd_usd", "USD",
      "standard deviation of the value at risk over the drawn parameter sets"},
     offsetof(struct risk_figure, var_parameter_sd.value)},
    {{"var_parameter_sd_lower_usd", "USD", "lower confidence limit of it"},
     offsetof(struct risk_figure, var_parameter_sd.lower)},
    {{"var_parameter_sd_upper_usd", "USD", "upper confidence limit of it"},
     offsetof(struct risk_figure, var_parameter_sd.upper)},
    {{"es_parameter_sd_usd", "USD",
      "standard deviation of the expected shortfall over the drawn parameter sets"},
     offsetof(struct risk_figure, es_parameter_sd.value)},
    {{"es_parameter_sd_lower_usd", "USD", "lower confidence limit of it"},
     offsetof(struct risk_figure, es_parameter_sd.lower)},
    {{"es_parameter_sd_upper_usd", "USD", "upper confidence limit of it"},
     offsetof(struct risk_figure, es_parameter_sd.upper)},
    /* clang-format on */
};

static const struct member moment[] = {
    /* clang-format off */
    {{"mean_usd", "USD", "mean over the paths"}, offsetof(struct risk_row, mean)},
    {{"mean_se_usd", "USD", "standard error of the mean"},
     offsetof(struct risk_row, mean_se)},
    {{"mean_parameter_sd_usd", "USD",
      "standard deviation of the mean over the drawn parameter sets"},
     offsetof(struct risk_row, mean_parameter_sd.value)},
    {{"mean_parameter_sd_lower_usd", "USD", "lower confidence limit of it"},
     offsetof(struct risk_row, mean_parameter_sd.lower)},
    {{"mean_parameter_sd_upper_usd", "USD", "upper confidence limit of it"},
     offsetof(struct risk_row, mean_parameter_sd.upper)},
    {{"probability_positive", "1", "probability of a value above 0"},
     offsetof(struct risk_row, probability_positive.value)},
    {{"probability_positive_lower", "1", "lower confidence limit of that probability"},
     offsetof(struct risk_row, probability_positive.lower)},
    {{"probability_positive_upper", "1", "upper confidence limit of that probability"},
     offsetof(struct risk_row, probability_positive.upper)},
    {{"tail_index", "1", "Hill index of the largest; below 2 the variance is infinite"},
     offsetof(struct risk_row, tail_index)},
    /* clang-format on */
};

enum {
    N_FIGURE = sizeof figure / sizeof figure[0],
    N_MOMENT = sizeof moment / sizeof moment[0]
};

static double number_at(const void *object, size_t offset)
{
    return *(const double *)(const void *)((const char *)object + offset);
}

static bool write_figures(const struct hdf5_place *place, const struct risk_table *risk,
                          double *values, uint64_t *counts, struct error *err)
{
    static const struct hdf5_label tail = {"tail_paths", "1",
                                           "paths that carry the expected shortfall"};
    const char *const axes[] = {"metric", "level", NULL};

    for (int f = 0; f < N_FIGURE; f++) {
        for (uint32_t i = 0; i < risk->n_row; i++)
            for (uint32_t l = 0; l < risk->n_level; l++)
                values[i * risk->n_level + l] =
                    number_at(&risk->row[i].at_level[l], figure[f].offset);
        if (!hdf5_store_array(place, &figure[f].label, H5T_NATIVE_DOUBLE, axes, values,
                              err))
            return false;
    }
    for (uint32_t i = 0; i < risk->n_row; i++)
        for (uint32_t l = 0; l < risk->n_level; l++)
            counts[i * risk->n_level + l] = risk->row[i].at_level[l].tail_paths;
    return hdf5_store_array(place, &tail, H5T_NATIVE_UINT64, axes, counts, err);
}

static bool write_moments(const struct hdf5_place *place, const struct risk_table *risk,
                          double *values, struct error *err)
{
    const char *const axes[] = {"metric", NULL};

    for (int m = 0; m < N_MOMENT; m++) {
        for (uint32_t i = 0; i < risk->n_row; i++)
            values[i] = number_at(&risk->row[i], moment[m].offset);
        if (!hdf5_store_array(place, &moment[m].label, H5T_NATIVE_DOUBLE, axes, values,
                              err))
            return false;
    }
    return true;
}

static bool write_table(struct hdf5_place *place, const struct risk_table *risk,
                        struct arena *arena, struct error *err)
{
    static const struct hdf5_label metric = {"metric", "1", "what is lost, and by whom"};
    static const struct hdf5_label level = {"level", "1", "level of VaR and ES"};
    static const struct hdf5_label doc = {"metric_doc", "1", "what the metric is"};
    static const struct hdf5_label unit = {
        "metric_unit", "1", "unit; a metric that is not in USD has a probability only"};
    const size_t n = (size_t)risk->n_row * STATS_MAX_LEVEL;
    const char **const text = arena_get(arena, risk->n_row, sizeof *text);
    double *const values = arena_get(arena, n, sizeof *values);
    uint64_t *const counts = arena_get(arena, n, sizeof *counts);
    const char *const axes[] = {"metric", NULL};

    for (uint32_t i = 0; i < risk->n_row; i++)
        text[i] = risk->row[i].name;
    if (!hdf5_store_names(place, &metric, risk->n_row, text, err) ||
        !hdf5_store_scale(place, &level, H5T_NATIVE_DOUBLE, risk->n_level, risk->level,
                          err))
        return false;
    for (uint32_t i = 0; i < risk->n_row; i++)
        text[i] = risk->row[i].doc ? risk->row[i].doc : "";
    if (!hdf5_store_texts(place, &doc, axes, text, err))
        return false;
    for (uint32_t i = 0; i < risk->n_row; i++)
        text[i] = risk->row[i].unit;
    return hdf5_store_texts(place, &unit, axes, text, err) &&
           write_figures(place, risk, values, counts, err) &&
           write_moments(place, risk, values, err);
}

bool hdf5_risk_write(const struct hdf5_store *store, const char *cell,
                     const struct risk_table *risk, struct error *err)
{
    struct arena arena = {NULL};
    struct hdf5_place place;
    char name[512];
    bool ok;

    if (risk->n_row == 0)
        return true;
    snprintf(name, sizeof name, "%s/risk", cell);
    if (!hdf5_store_open(store, name, &place, err))
        return false;
    ok = hdf5_store_attribute(store, place.group, "confidence", H5T_NATIVE_DOUBLE,
                              &risk->confidence, err) &&
         hdf5_store_text(store, place.group, "interval",
                         "simulation error: what another seed would change", err) &&
         write_table(&place, risk, &arena, err);
    hdf5_store_close(&place);
    arena_free(&arena);
    return ok;
}

static const struct member limit_number[] = {
    /* clang-format off */
    {{"level", "1", "level of VaR and ES, 0 for other figures"},
     offsetof(struct limit_result, limit.level)},
    {{"above_usd", "USD", "threshold of a probability"},
     offsetof(struct limit_result, limit.above_usd)},
    {{"confidence", "1", "two-sided confidence of the interval"},
     offsetof(struct limit_result, limit.confidence)},
    {{"max", "1", "the limit; in USD, or 1 for a probability"},
     offsetof(struct limit_result, limit.max)},
    {{"value", "1", "the figure, in the unit of max"},
     offsetof(struct limit_result, figure.value)},
    {{"lower", "1", "lower confidence limit of the figure"},
     offsetof(struct limit_result, figure.lower)},
    {{"upper", "1", "upper confidence limit of the figure"},
     offsetof(struct limit_result, figure.upper)},
    /* clang-format on */
};

/* The texts of a limit, by column. */
enum { TEXT_METRIC, TEXT_FIGURE, TEXT_VERDICT, TEXT_WHY, N_TEXT };
static const char *limit_word(const struct limit_result *l, int column)
{
    return column == TEXT_METRIC    ? l->limit.metric
           : column == TEXT_FIGURE  ? limit_figure_name[l->limit.figure]
           : column == TEXT_VERDICT ? limit_verdict_name[l->verdict]
                                    : l->why;
}

static bool write_limits(struct hdf5_place *place, uint32_t n,
                         const struct limit_result *limit, struct arena *arena,
                         struct error *err)
{
    static const struct hdf5_label scale = {"limit", "1", "number of the limit"};
    static const struct hdf5_label tail = {"tail_paths", "1",
                                           "paths that carry the figure"};
    static const struct hdf5_label text[N_TEXT] = {
        {"metric", "1", "what is limited"},
        {"figure", "1", "var, es, mean or probability"},
        {"verdict", "1", "pass, FAIL or undecided"},
        {"why", "1", "why a limit is undecided"},
    };
    const char *const axes[] = {"limit", NULL};
    const char **const words = arena_get(arena, n, sizeof *words);
    double *const values = arena_get(arena, n, sizeof *values);
    uint64_t *const counts = arena_get(arena, n, sizeof *counts);

    for (uint32_t i = 0; i < n; i++)
        counts[i] = i;
    if (!hdf5_store_scale(place, &scale, H5T_NATIVE_UINT64, n, counts, err))
        return false;
    for (int t = 0; t < N_TEXT; t++) {
        for (uint32_t i = 0; i < n; i++)
            words[i] = limit_word(&limit[i], t);
        if (!hdf5_store_texts(place, &text[t], axes, words, err))
            return false;
    }
    for (size_t k = 0; k < sizeof limit_number / sizeof limit_number[0]; k++) {
        const struct hdf5_label *const label = &limit_number[k].label;
        for (uint32_t i = 0; i < n; i++)
            values[i] = number_at(&limit[i], limit_number[k].offset);
        if (!hdf5_store_array(place, label, H5T_NATIVE_DOUBLE, axes, values, err))
            return false;
    }
    for (uint32_t i = 0; i < n; i++)
        counts[i] = limit[i].tail_paths;
    return hdf5_store_array(place, &tail, H5T_NATIVE_UINT64, axes, counts, err);
}

bool hdf5_risk_limits(const struct hdf5_store *store, const char *cell, uint32_t n_limit,
                      const struct limit_result *limit, struct error *err)
{
    struct arena arena = {NULL};
    struct hdf5_place place;
    char name[512];
    bool ok;

    if (n_limit == 0)
        return true;
    snprintf(name, sizeof name, "%s/limits", cell);
    if (!hdf5_store_open(store, name, &place, err))
        return false;
    ok = write_limits(&place, n_limit, limit, &arena, err);
    hdf5_store_close(&place);
    arena_free(&arena);
    return ok;
}
