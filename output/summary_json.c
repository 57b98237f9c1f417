#include "output/summary.h"

#include <stdio.h>

#include "output/summary_cascade.h"
#include "sim/greeks.h"
#include "sim/json.h"

/* A count in full; a JSON number of cJSON is a double. */
static void add_count(cJSON *object, const char *key, uint64_t value)
{
    char text[32];

    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    cJSON_AddRawToObject(object, key, text);
}

static void add_interval(cJSON *object, const char *value, const char *lower,
                         const char *upper, const struct interval *interval)
{
    json_number(object, value, interval->value);
    json_number(object, lower, interval->lower);
    json_number(object, upper, interval->upper);
}

static cJSON *row_json(const struct risk_row *row, const struct risk_table *risk)
{
    cJSON *const object = cJSON_CreateObject();
    cJSON *levels;

    cJSON_AddStringToObject(object, "name", row->name);
    cJSON_AddStringToObject(object, "unit", row->unit);
    add_interval(object, "probability_positive", "probability_positive_lower",
                 "probability_positive_upper", &row->probability_positive);
    json_number(object, "mean_usd", row->mean);
    json_number(object, "mean_se_usd", row->mean_se);
    add_interval(object, "mean_parameter_sd_usd", "mean_parameter_sd_lower_usd",
                 "mean_parameter_sd_upper_usd", &row->mean_parameter_sd);
    json_number(object, "tail_index", row->tail_index);
    levels = cJSON_AddArrayToObject(object, "levels");
    for (uint32_t l = 0; l < risk->n_level; l++) {
        const struct risk_figure *const f = &row->at_level[l];
        cJSON *const level = cJSON_CreateObject();
        json_number(level, "level", risk->level[l]);
        add_interval(level, "var_usd", "var_lower_usd", "var_upper_usd", &f->var);
        add_interval(level, "es_usd", "es_lower_usd", "es_upper_usd", &f->es);
        add_interval(level, "var_parameter_sd_usd", "var_parameter_sd_lower_usd",
                     "var_parameter_sd_upper_usd", &f->var_parameter_sd);
        add_interval(level, "es_parameter_sd_usd", "es_parameter_sd_lower_usd",
                     "es_parameter_sd_upper_usd", &f->es_parameter_sd);
        add_count(level, "tail_paths", f->tail_paths);
        cJSON_AddItemToArray(levels, level);
    }
    return object;
}

static cJSON *limit_json(const struct limit_result *l)
{
    cJSON *const object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "metric", l->limit.metric);
    cJSON_AddStringToObject(object, "figure", limit_figure_name[l->limit.figure]);
    if (l->limit.figure == FIGURE_VAR || l->limit.figure == FIGURE_ES)
        json_number(object, "level", l->limit.level);
    if (l->limit.figure == FIGURE_PROBABILITY)
        json_number(object, "above_usd", l->limit.above_usd);
    json_number(object, "max", l->limit.max);
    json_number(object, "confidence", l->limit.confidence);
    add_interval(object, "value", "lower", "upper", &l->figure);
    add_count(object, "tail_paths", l->tail_paths);
    cJSON_AddStringToObject(object, "verdict",
                            l->verdict == LIMIT_FAIL ? "fail"
                                                     : limit_verdict_name[l->verdict]);
    cJSON_AddStringToObject(object, "why", l->why);
    return object;
}

static void add_greeks(cJSON *array, const char *name, const struct greek_row *row,
                       bool usd_alone)
{
    cJSON *const object = cJSON_CreateObject();
    struct greek_row copy = *row;

    if (name != NULL)
        cJSON_AddStringToObject(object, "asset", name);
    else
        cJSON_AddNullToObject(object, "asset");
    for (uint32_t f = 0; f < N_GREEK_FIELD; f++)
        if (!usd_alone || greeks_field[f].usd)
            json_number(object, greeks_field[f].name, *greeks_member(&copy, f));
    cJSON_AddItemToArray(array, object);
}

/* Sums per asset; the last, without an asset, is over everything. */
static cJSON *greeks_json(const struct greek_table *table)
{
    cJSON *const array = cJSON_CreateArray();

    for (uint32_t i = 0; i < table->n_asset; i++)
        add_greeks(array, table->asset_name[i], &table->asset[i], false);
    add_greeks(array, NULL, &table->total, true);
    return array;
}

static cJSON *explanation_json(const struct explanation_result *e)
{
    cJSON *const object = cJSON_CreateObject();
    cJSON *parts;

    json_number(object, "es_level", e->es_level);
    json_number(object, "tail_paths", (double)e->tail_paths);
    parts = cJSON_AddArrayToObject(object, "parts");
    for (uint32_t i = 0; i < e->n_part; i++) {
        cJSON *const part = cJSON_CreateObject();
        cJSON_AddStringToObject(part, "part", e->part_name[i]);
        json_number(part, "mean_usd", e->mean_usd[i]);
        json_number(part, "tail_mean_usd", e->tail_mean_usd[i]);
        cJSON_AddItemToArray(parts, part);
    }
    return object;
}

static cJSON *revaluation_json(const struct revaluation_result *v)
{
    cJSON *const object = cJSON_CreateObject();
    cJSON *const assets = cJSON_AddArrayToObject(object, "assets");

    for (uint32_t i = 0; i < v->n_asset; i++) {
        cJSON *const asset = cJSON_CreateObject();
        cJSON_AddStringToObject(asset, "asset", v->asset_name[i]);
        add_count(asset, "tables", v->count[i].n_table);
        add_count(asset, "full", v->count[i].n_full);
        add_count(asset, "dimensions", v->count[i].n_dimension);
        add_count(asset, "points", v->count[i].n_point);
        cJSON_AddItemToArray(assets, asset);
    }
    add_count(object, "checked_paths", v->n_checked);
    add_count(object, "outside", v->n_outside);
    json_number(object, "max_error_usd", v->max_error_usd);
    json_number(object, "rms_error_usd", v->rms_error_usd);
    json_number(object, "max_error_es_frac", v->max_error_es_frac);
    return object;
}

static cJSON *cell_json(const struct summary_cell *cell)
{
    cJSON *const object = cJSON_CreateObject();
    cJSON *metrics, *limits;

    cJSON_AddStringToObject(object, "name", cell->name);
    cJSON_AddStringToObject(object, "description",
                            cell->description ? cell->description : "");
    add_count(object, "paths", cell->n_path);
    json_number(object, "horizon_s", cell->horizon_s);
    json_number(object, "step_s", cell->step_s);
    add_count(object, "seed", cell->seed);
    json_number(object, "confidence", cell->risk.confidence);
    metrics = cJSON_AddArrayToObject(object, "metrics");
    for (uint32_t i = 0; i < cell->risk.n_row; i++)
        cJSON_AddItemToArray(metrics, row_json(&cell->risk.row[i], &cell->risk));
    if (cell->greeks.n_asset > 0)
        cJSON_AddItemToObject(object, "greeks", greeks_json(&cell->greeks));
    if (cell->explanation.n_part > 0)
        cJSON_AddItemToObject(object, "explanation", explanation_json(&cell->explanation));
    if (cell->revaluation.n_asset > 0)
        cJSON_AddItemToObject(object, "revaluation", revaluation_json(&cell->revaluation));
    if (cell->cascades.n_protocol > 0)
        cJSON_AddItemToObject(object, "cascades", summary_cascade_json(&cell->cascades));
    limits = cJSON_AddArrayToObject(object, "limits");
    for (uint32_t i = 0; i < cell->n_limit; i++)
        cJSON_AddItemToArray(limits, limit_json(&cell->limit[i]));
    return object;
}

static cJSON *figure_json(const struct model_figure *f)
{
    cJSON *const object = cJSON_CreateObject();

    json_number(object, "mean_usd", f->mean);
    json_number(object, "least_usd", f->least);
    json_number(object, "most_usd", f->most);
    json_number(object, "simulation_sd_usd", f->simulation_sd);
    json_number(object, "parameter_sd_usd", f->parameter_sd);
    json_number(object, "model_sd_usd", f->model_sd);
    return object;
}

static cJSON *models_json(const struct model_table *table)
{
    cJSON *const object = cJSON_CreateObject();
    cJSON *metrics;

    cJSON_AddStringToObject(object, "scenario", table->scenario);
    cJSON_AddItemToObject(object, "models",
                          cJSON_CreateStringArray(table->cell, (int)table->n_model));
    metrics = cJSON_AddArrayToObject(object, "metrics");
    for (uint32_t i = 0; i < table->n_row; i++)
        for (uint32_t l = 0; l < table->n_level; l++) {
            cJSON *const row = cJSON_CreateObject();
            cJSON_AddStringToObject(row, "name", table->row[i].metric);
            json_number(row, "level", table->level[l]);
            cJSON_AddItemToObject(row, "var", figure_json(&table->row[i].var[l]));
            cJSON_AddItemToObject(row, "es", figure_json(&table->row[i].es[l]));
            cJSON_AddItemToArray(metrics, row);
        }
    return object;
}

bool summary_json(const struct summary *summary, FILE *out, struct error *err)
{
    cJSON *const root = cJSON_CreateObject();
    cJSON *cells, *models;

    if (summary->file)
        cJSON_AddStringToObject(root, "file", summary->file);
    cells = cJSON_AddArrayToObject(root, "cells");
    for (uint32_t i = 0; i < summary->n_cell; i++)
        cJSON_AddItemToArray(cells, cell_json(&summary->cell[i]));
    models = cJSON_AddArrayToObject(root, "models");
    for (uint32_t i = 0; i < summary->n_models; i++)
        cJSON_AddItemToArray(models, models_json(&summary->models[i]));
    return json_print(root, out, err);
}
