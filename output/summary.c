#include "output/summary.h"

#include <math.h>
#include <string.h>

#include "output/summary_cascade.h"
#include "sim/greeks.h"

enum { TEXT = 48, WIDE = 160 };

void summary_number(double value, char *text, size_t size)
{
    static const struct {
        double unit;
        const char *suffix;
    } scale[] = {{1e12, " T"}, {1e9, " B"}, {1e6, " M"}, {1e3, " k"}, {1.0, ""}};
    const double x = fabs(value);
    size_t i = 0;

    if (isnan(value) || isinf(value)) {
        snprintf(text, size, "%s", isnan(value) ? "-" : value > 0.0 ? "inf" : "-inf");
        return;
    }
    while (scale[i].unit > 1.0 && x < 0.99995 * scale[i].unit)
        i++;
    if (x == 0.0 || x >= 1e16 || x < 1e-4)
        snprintf(text, size, "%.4g", value == 0.0 ? 0.0 : value);
    else
        snprintf(text, size, "%#.4g%s", value / scale[i].unit, scale[i].suffix);

    char *const point = strchr(text, '.');
    if (point && (point[1] == '\0' || point[1] == ' '))
        memmove(point, point + 1, strlen(point));
}

void summary_duration(double seconds, char *text, size_t size)
{
    static const struct {
        double unit;
        const char *suffix;
    } scale[] = {{86400.0, "d"}, {3600.0, "h"}, {60.0, "m"}};

    for (size_t i = 0; i < sizeof scale / sizeof scale[0]; i++) {
        const double count = seconds / scale[i].unit;
        if (count >= (i == 0 ? 3.0 : 1.0) && count == floor(count)) {
            snprintf(text, size, "%.0f%s", count, scale[i].suffix);
            return;
        }
    }
    snprintf(text, size, "%.10gs", seconds);
}

/* "1.234 M [1.201 M, 1.266 M]" */
static void interval_text(const struct interval *i, char *text)
{
    char value[TEXT], lower[TEXT], upper[TEXT];

    summary_number(i->value, value, sizeof value);
    summary_number(i->lower, lower, sizeof lower);
    summary_number(i->upper, upper, sizeof upper);
    if (isnan(i->value))
        snprintf(text, WIDE, "-");
    else if (isnan(i->lower) && isnan(i->upper))
        snprintf(text, WIDE, "%s [undecided]", value);
    else
        snprintf(text, WIDE, "%s [%s, %s]", value, lower, upper);
}

static void probability_text(const struct interval *p, char *text)
{
    snprintf(text, WIDE, "%.4g %% [%.4g, %.4g]", 100.0 * p->value, 100.0 * p->lower,
             100.0 * p->upper);
}

/* 1234567 as 1,234,567 */
static void count_text(uint64_t count, char *text)
{
    char digits[TEXT];
    const int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);

    for (int i = 0; i < n; i++) {
        *text++ = digits[i];
        if (i + 1 < n && (n - i - 1) % 3 == 0)
            *text++ = ',';
    }
    *text = '\0';
}

/* What the figures owe to the parameters, where sets of them were drawn. */
static void print_parameters(const struct risk_row *row, const struct risk_table *risk,
                             FILE *out)
{
    char var[WIDE], es[WIDE], level[TEXT];

    if (!isnan(row->mean_parameter_sd.value)) {
        interval_text(&row->mean_parameter_sd, var);
        fprintf(out, "%-28s %-7s %s\n", "  sd over parameter sets", "mean", var);
    }
    for (uint32_t l = 0; l < risk->n_level; l++) {
        const struct risk_figure *const f = &row->at_level[l];
        if (isnan(f->es_parameter_sd.value))
            continue;
        snprintf(level, sizeof level, "%.6g %%", 100.0 * risk->level[l]);
        interval_text(&f->var_parameter_sd, var);
        interval_text(&f->es_parameter_sd, es);
        fprintf(out, "%-28s %-7s %-29s %s\n", "", level, var, es);
    }
}

static void print_row(const struct risk_row *row, const struct risk_table *risk, FILE *out)
{
    const double z = 1.959963984540054; /* of the 95 % interval of the mean */
    const struct interval mean = {row->mean, row->mean - z * row->mean_se,
                                  row->mean + z * row->mean_se};
    char a[WIDE], b[WIDE], count[TEXT], level[TEXT];
    const char *name = row->name;

    if (strlen(name) > 28) {
        fprintf(out, "%s\n", name);
        name = "";
    }
    probability_text(&row->probability_positive, b);
    if (strcmp(row->unit, "USD") != 0) {
        fprintf(out, "%-28s P(> 0)  %s\n", name, b);
        return;
    }
    interval_text(&mean, a);
    fprintf(out, "%-28s %-7s %-29s P(> 0) %s\n", name, "mean", a, b);
    for (uint32_t l = 0; l < risk->n_level; l++) {
        const struct risk_figure *const f = &row->at_level[l];
        snprintf(level, sizeof level, "%.6g %%", 100.0 * risk->level[l]);
        interval_text(&f->var, a);
        interval_text(&f->es, b);
        count_text(f->tail_paths, count);
        fprintf(out, "%-28s %-7s %-29s %-29s %5s\n", "", level, a, b, count);
    }
    print_parameters(row, risk, out);
}

/* Nothing happened on any path: the value and its limits are all 0. */
static bool always_zero(const struct risk_row *row)
{
    return row->probability_positive.value == 0.0 && !(row->mean != 0.0);
}

/* Metrics that are 0 on every path in one sentence, with what that says at most. */
static void print_zeros(const struct risk_table *risk, FILE *out)
{
    bool begun = false;
    int column = 0;

    for (uint32_t i = 0; i < risk->n_row; i++) {
        const struct risk_row *const row = &risk->row[i];
        if (!always_zero(row))
            continue;
        if (!begun)
            column = fprintf(out, "0 on every path (P(> 0) below %.3g %%):",
                             100.0 * row->probability_positive.upper);
        if (column + (int)strlen(row->name) > 96)
            column = fprintf(out, "\n   ") - 1;
        column += fprintf(out, " %s", row->name);
        begun = true;
    }
    if (begun)
        fprintf(out, "\n");
}

static void print_notes(const struct risk_table *risk, FILE *out)
{
    bool undecided = false;

    for (uint32_t i = 0; i < risk->n_row; i++) {
        const struct risk_row *const row = &risk->row[i];
        for (uint32_t l = 0; l < risk->n_level; l++)
            undecided |=
                !isnan(row->at_level[l].es.value) && isnan(row->at_level[l].es.upper);
        if (row->tail_index < 2.0)
            fprintf(out,
                    "warning: %s has tail index %.3g, below 2: its variance is infinite "
                    "and the "
                    "intervals are too short\n",
                    row->name, row->tail_index);
    }
    if (undecided)
        fprintf(out,
                "undecided: carried by fewer than %d paths; run more for an interval\n",
                STATS_MIN_TAIL);
}

static void print_limit(const struct limit_result *l, FILE *out)
{
    char what[WIDE], max[TEXT], figure[WIDE];

    limit_text(&l->limit, what, sizeof what);
    if (l->limit.figure == FIGURE_PROBABILITY) {
        snprintf(max, sizeof max, "%.4g %%", 100.0 * l->limit.max);
        probability_text(&l->figure, figure);
    } else {
        summary_number(l->limit.max, max, sizeof max);
        interval_text(&l->figure, figure);
    }
    fprintf(out, "%-46s %11s  %-29s %s\n", what, max, figure,
            limit_verdict_name[l->verdict]);
    if (l->why[0])
        fprintf(out, "    %s\n", l->why);
}

/* One line of the table of Greeks, unless nothing is in it. */
static void print_greek_row(const char *name, const struct greek_row *row, FILE *out)
{
    struct greek_row copy = *row;
    char text[TEXT];
    bool any = false;

    for (uint32_t g = 0; g < N_GREEK; g++)
        any |= *greeks_member(&copy, g) != 0.0;
    if (!any)
        return;
    fprintf(out, "%-12s", name);
    for (uint32_t g = 0; g < N_GREEK; g++) {
        summary_number(*greeks_member(&copy, g), text, sizeof text);
        fprintf(out, " %9s", text);
    }
    fprintf(out, "\n");
}

/* Sums per asset in USD; a name's end says per what. */
static void print_greeks(const struct greek_table *table, FILE *out)
{
    if (table->n_asset == 0)
        return;
    fprintf(out, "\n%-12s", "Greeks, USD");
    for (uint32_t g = 0; g < N_GREEK; g++)
        fprintf(out, " %9.*s", (int)strcspn(greeks_field[g].name, "_"),
                greeks_field[g].name);
    fprintf(out, "\n%-12s", "at the start");
    for (uint32_t g = 0; g < N_GREEK; g++) {
        const char *per = strstr(greeks_field[g].name, "per_");
        fprintf(out, " %9s", per == NULL ? "" : per + strlen("per_"));
    }
    fprintf(out, "\n");
    for (uint32_t i = 0; i < table->n_asset; i++)
        print_greek_row(table->asset_name[i], &table->asset[i], out);
    print_greek_row("all and cash", &table->total, out);
}

/* Whether a part of the P&L is there at all: without a decided tail, in the mean. */
static bool explains(const struct explanation_result *e, uint32_t part, bool decided)
{
    return e->mean_usd[part] != 0.0 || (decided && e->tail_mean_usd[part] != 0.0);
}

/* Where the P&L comes from; nothing if nothing moves it. */
static void print_explanation(const struct explanation_result *e, FILE *out)
{
    const bool decided = e->tail_paths >= STATS_MIN_TAIL;
    char mean[TEXT], tail[TEXT], paths[TEXT];
    bool any = false;

    for (uint32_t i = 0; i < e->n_part; i++)
        any = any || explains(e, i, decided);
    if (!any)
        return;
    count_text(e->tail_paths, paths);
    fprintf(out, "\n%-28s %-14s in the %.6g %% tail (%s path%s)%s\n", "profit and loss by",
            "mean", 100.0 * e->es_level, paths, e->tail_paths == 1 ? "" : "s",
            decided ? "" : " [undecided]");
    for (uint32_t i = 0; i < e->n_part; i++) {
        if (!explains(e, i, decided))
            continue;
        summary_number(e->mean_usd[i], mean, sizeof mean);
        summary_number(e->tail_mean_usd[i], tail, sizeof tail);
        if (decided)
            fprintf(out, "%-28s %-14s %s\n", e->part_name[i], mean, tail);
        else
            fprintf(out, "%-28s %s\n", e->part_name[i], mean);
    }
    if (!decided)
        fprintf(out,
                "undecided: the tail is carried by fewer than %d paths; run more to see "
                "where its loss comes from\n",
                STATS_MIN_TAIL);
}

/* What was valued by tables, and the error found. */
static void print_revaluation(const struct revaluation_result *v, FILE *out)
{
    char max[TEXT], rms[TEXT], checked[TEXT], outside[TEXT];
    uint64_t n_table = 0;

    for (uint32_t i = 0; i < v->n_asset; i++) {
        const struct revaluation_count *c = &v->count[i];
        const unsigned long long all = c->n_table + c->n_full, tables = c->n_table;
        n_table += c->n_table;
        if (all == 0)
            continue;
        if (tables == 0)
            fprintf(out, "claims on %s: valued in full, no table %s\n", v->asset_name[i],
                    c->n_point == 0 ? "saves work" : "holds the tolerance");
        else
            fprintf(out, "claims on %s: %llu of %llu tables, %llu dimension%s%s\n",
                    v->asset_name[i], tables, all, (unsigned long long)c->n_dimension,
                    c->n_dimension == 1 ? "" : "s",
                    tables < all ? "; the rest is valued in full" : "");
    }
    if (n_table == 0)
        return;
    summary_number(v->max_error_usd, max, sizeof max);
    summary_number(v->rms_error_usd, rms, sizeof rms);
    count_text(v->n_checked, checked);
    count_text(v->n_outside, outside);
    fprintf(out,
            "tables against full valuation on %s paths: largest error %s USD (%.2g of ES), "
            "root mean square %s USD; %s states outside\n",
            checked, max, v->max_error_es_frac, rms, outside);
}

static void print_cell(const struct summary_cell *cell, FILE *out)
{
    char paths[TEXT], horizon[TEXT], step[TEXT];

    count_text(cell->n_path, paths);
    summary_duration(cell->horizon_s, horizon, sizeof horizon);
    summary_duration(cell->step_s, step, sizeof step);
    fprintf(out, "%s%s%s\n", cell->name,
            cell->description && cell->description[0] ? ": " : "",
            cell->description ? cell->description : "");
    fprintf(out,
            "%s paths, %s in steps of %s, seed %llu; [%g %% simulation error], USD\n\n",
            paths, horizon, step, (unsigned long long)cell->seed,
            100.0 * cell->risk.confidence);
    fprintf(out, "%-28s %-7s %-29s %-29s %5s\n", "metric", "level", "VaR", "ES", "paths");
    for (uint32_t i = 0; i < cell->risk.n_row; i++)
        if (!always_zero(&cell->risk.row[i]))
            print_row(&cell->risk.row[i], &cell->risk, out);
    print_zeros(&cell->risk, out);
    print_notes(&cell->risk, out);
    print_greeks(&cell->greeks, out);
    print_explanation(&cell->explanation, out);
    summary_cascade_print(&cell->cascades, out);
    print_revaluation(&cell->revaluation, out);
    if (cell->n_limit > 0)
        fprintf(out, "\n%-46s %11s  %-29s %s\n", "limit", "at most", "figure", "verdict");
    for (uint32_t i = 0; i < cell->n_limit; i++)
        print_limit(&cell->limit[i], out);
}

/* One scenario under several models: ES, what it ranges over and what that is due to. */
static void print_models(const struct model_table *table, FILE *out)
{
    char text[5][TEXT], level[TEXT];

    fprintf(out, "%s under %u models:", table->scenario, table->n_model);
    for (uint32_t i = 0; i < table->n_model; i++)
        fprintf(out, " %s", table->cell[i]);
    fprintf(out, "\n%-28s %-7s %-23s standard deviation by\n", "", "", "ES of the models");
    fprintf(out, "%-28s %-7s %-11s %-11s %-13s %-13s %s\n", "metric", "level", "least",
            "most", "simulation", "parameters", "model");
    for (uint32_t i = 0; i < table->n_row; i++) {
        const char *name = table->row[i].metric;
        for (uint32_t l = 0; l < table->n_level; l++) {
            const struct model_figure *f = &table->row[i].es[l];
            const double number[5] = {f->least, f->most, f->simulation_sd, f->parameter_sd,
                                      f->model_sd};
            if (f->most == 0.0)
                continue;
            for (int k = 0; k < 5; k++)
                summary_number(number[k], text[k], sizeof text[k]);
            snprintf(level, sizeof level, "%.6g %%", 100.0 * table->level[l]);
            if (strlen(name) > 28) {
                fprintf(out, "%s\n", name);
                name = "";
            }
            fprintf(out, "%-28s %-7s %-11s %-11s %-13s %-13s %s\n", name, level, text[0],
                    text[1], text[2], text[3], text[4]);
            name = "";
        }
    }
}

void summary_print(const struct summary *summary, FILE *out)
{
    for (uint32_t i = 0; i < summary->n_cell; i++) {
        print_cell(&summary->cell[i], out);
        fputc('\n', out);
    }
    for (uint32_t i = 0; i < summary->n_models; i++) {
        print_models(&summary->models[i], out);
        fputc('\n', out);
    }
    if (summary->file)
        fprintf(out, "%s\n", summary->file);
}
