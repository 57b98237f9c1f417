#include "scenarios/cell.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "scenarios/utc.h"

static bool choice_read(const struct table *t, uint32_t column, const struct field *field,
                        int *at, struct error *err)
{
    char names[256] = "";
    size_t used = 0;

    for (int i = 0; field->choices[i] != NULL; i++) {
        if (strcmp(field->choices[i], t->cell[column]) == 0) {
            *at = i;
            return true;
        }
        const int n = snprintf(names + used, sizeof names - used, "%s%s",
                               i == 0                          ? ""
                               : field->choices[i + 1] == NULL ? " or "
                                                               : ", ",
                               field->choices[i]);
        used += (size_t)n < sizeof names - used ? (size_t)n : 0;
    }
    return table_fail(t, column, err, "%s = %s: write %s", field->key, t->cell[column],
                      names);
}

/* A duration as it may be written in a cell, in the longest unit that divides it. */
struct duration {
    double number;
    const char *unit;
};

static struct duration duration_of(double seconds)
{
    static const struct duration units[] = {{86400.0, "d"}, {3600.0, "h"}, {60.0, "m"}};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (seconds > 0.0 && fmod(seconds, units[i].number) == 0.0)
            return (struct duration){seconds / units[i].number, units[i].unit};
    return (struct duration){seconds, "s"};
}

static bool in_range(const struct table *t, uint32_t column, const struct field *field,
                     double seconds, struct error *err)
{
    const struct duration min = duration_of(field->min), max = duration_of(field->max);

    if (seconds >= field->min && seconds <= field->max)
        return true;
    return table_fail(t, column, err, "%s = %s is outside %.10g%s .. %.10g%s: %s",
                      field->key, t->cell[column], min.number, min.unit, max.number,
                      max.unit, field->doc);
}

static bool duration_read(const struct table *t, uint32_t column, const struct field *field,
                          double *at, struct error *err)
{
    if (!field_duration(t->cell[column], at))
        return table_fail(t, column, err,
                          "%s = %s is no duration: write a number and a unit, 30m, 8h, 14d",
                          field->key, t->cell[column]);
    return in_range(t, column, field, *at, err);
}

static bool instant_read(const struct table *t, uint32_t column, const struct field *field,
                         double now_utc_s, double *at, struct error *err)
{
    const char *text = t->cell[column], *key = field->key;

    if (field_duration(text, at)) {
        if (*at > 0.0)
            return in_range(t, column, field, *at, err);
        return table_fail(
            t, column, err,
            "%s = %s must lie after the start: write it as a duration such as 14d", key,
            text);
    }
    if (!utc_read(text, at))
        return table_fail(t, column, err,
                          "%s = %s is neither a duration such as 14d nor a time such as "
                          "2026-01-30T08:00:00Z",
                          key, text);
    if (now_utc_s == 0.0)
        return table_fail(t, column, err,
                          "%s = %s is a time, and the market has none: add time_utc to the "
                          "market, or write a duration",
                          key, text);
    *at -= now_utc_s;
    if (*at > 0.0)
        return in_range(t, column, field, *at, err);
    return table_fail(t, column, err,
                      "%s = %s lies before the market's time_utc: take the row out", key,
                      text);
}

bool cell_read(const struct table *t, uint32_t column, const struct field *field,
               double now_utc_s, struct names *texts, void *at, struct error *err)
{
    const char *text = t->cell[column];

    if (*text == '\0' && !field->required)
        return true;
    if (*text == '\0' && t->position[column] < 0)
        return table_fail(t, column, err, "column %s is missing: add it to the first row",
                          field->key);
    switch (field->type) {
    case FIELD_NUMBER:
        return table_number(t, column, field->min, field->max, NAN, at, err);
    case FIELD_CHOICE:
        return choice_read(t, column, field, at, err);
    case FIELD_DURATION:
        return duration_read(t, column, field, at, err);
    case FIELD_INSTANT:
        return instant_read(t, column, field, now_utc_s, at, err);
    default:
        assert(field->type == FIELD_TEXT);
        if (*text == '\0')
            return table_fail(t, column, err, "%s is empty: %s", field->key, field->doc);
        *(const char **)at = names_add(texts, text, 0)->text;
        return true;
    }
}
