#include "scenarios/value.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/utc.h"

/* The field whose value is being read, for messages. */
struct target {
    const char *section;
    const struct field *field;
    struct arena *arena;
    struct error *err;
};

static const double max_log_sd = 5.0;

static bool range_check(const struct target *t, const struct node *node, double value)
{
    if (value >= t->field->min && value <= t->field->max)
        return true; /* without building the place's text */
    return field_in_range(t->field, value, place_text(&node->place, t->arena), t->section,
                          t->err);
}

static bool scalar_check(const struct target *t, const struct node *node,
                         const char *wanted)
{
    if (node->kind != NODE_SCALAR)
        return place_fail(&node->place, t->err, "%s.%s is %s: write %s (%s)", t->section,
                          t->field->key, node_kind_name(node), wanted, t->field->unit);
    if (node_is_null(node))
        return place_fail(&node->place, t->err,
                          "%s.%s has no value: write %s (%s), it is the %s", t->section,
                          t->field->key, wanted, t->field->unit, t->field->doc);
    return true;
}

/* A text that is no plain number: says which slip it looks like. */
static bool number_refuse(const struct target *t, const struct node *node)
{
    const char *text = node->text, *key = t->field->key;
    char *rest;
    double seconds;
    const double value = strtod(text, &rest);

    while (*rest == ' ')
        rest++;
    if (rest != text && *rest == '%')
        return place_fail(
            &node->place, t->err,
            "%s.%s = %s: percent signs are not used, write the fraction %.10g", t->section,
            key, text, value / 100.0);
    if (field_duration(text, &seconds))
        return place_fail(&node->place, t->err,
                          "%s.%s = %s has a unit of time: write a plain number (%s)",
                          t->section, key, text, t->field->unit);
    if (*text != '\0' && *rest == '\0' && !isfinite(value))
        return place_fail(&node->place, t->err,
                          "%s.%s = %s is not a finite number: write a number (%s)",
                          t->section, key, text, t->field->unit);
    return place_fail(
        &node->place, t->err,
        "%s.%s = %s is not a number: write digits such as -0.3 or 5.0e6 without "
        "unit or separators (%s)",
        t->section, key, text, t->field->unit);
}

static bool number_read(const struct target *t, const struct node *node, double *value)
{
    if (!scalar_check(t, node, "a number"))
        return false;
    if (!field_number(node->text, value))
        return number_refuse(t, node);
    return range_check(t, node, *value);
}

static bool duration_read(const struct target *t, const struct node *node, double *seconds)
{
    double number;

    if (!scalar_check(t, node, "a duration such as 5m, 36h or 14d"))
        return false;
    const bool plain = field_number(node->text, &number);
    if (plain && number == 0.0)
        *seconds = 0.0; /* the same in every unit */
    else if (plain)
        return place_fail(&node->place, t->err,
                          "%s.%s = %s lacks its unit: write %ss, %sm, %sh or %sd",
                          t->section, t->field->key, node->text, node->text, node->text,
                          node->text, node->text);
    else if (!field_duration(node->text, seconds))
        return place_fail(
            &node->place, t->err,
            "%s.%s = %s is not a duration: write a number and s, m, h or d, as "
            "in 90s, 5m, 36h or 14d",
            t->section, t->field->key, node->text);
    return range_check(t, node, *seconds);
}

static bool amount_read(const struct target *t, const struct node *node, double *value)
{
    if (t->field->type == FIELD_DURATION_DRAW)
        return duration_read(t, node, value);
    return number_read(t, node, value);
}

static bool count_read(const struct target *t, const struct node *node, uint64_t *count)
{
    double value;

    if (!scalar_check(t, node, "a whole number"))
        return false;
    if (node->text[strspn(node->text, "0123456789")] == '\0') {
        errno = 0;
        *count = strtoull(node->text, NULL, 10);
        if (errno == 0)
            return range_check(t, node, (double)*count);
    }
    if (!field_number(node->text, &value))
        return number_refuse(t, node);
    if (!range_check(t, node, value))
        return false;
    if (value != floor(value) || value > 0x1p53)
        return place_fail(&node->place, t->err,
                          "%s.%s = %s is not a whole number: it is the %s", t->section,
                          t->field->key, node->text, t->field->doc);
    *count = (uint64_t)value;
    return true;
}

static bool flag_read(const struct target *t, const struct node *node, bool *flag)
{
    if (!scalar_check(t, node, "true or false"))
        return false;
    *flag = strcmp(node->text, "true") == 0;
    if (*flag || strcmp(node->text, "false") == 0)
        return true;
    return place_fail(&node->place, t->err, "%s.%s = %s: write true or false", t->section,
                      t->field->key, node->text);
}

static bool choice_read(const struct target *t, const struct node *node, int *choice)
{
    char list[256] = "";
    size_t used = 0;

    if (!scalar_check(t, node, "one of its words"))
        return false;
    for (int i = 0; t->field->choices[i] != NULL; i++) {
        if (strcmp(t->field->choices[i], node->text) == 0) {
            *choice = i;
            return true;
        }
        const int n = snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "",
                               t->field->choices[i]);
        used = used + (size_t)n < sizeof list ? used + (size_t)n : sizeof list - 1;
    }
    return place_fail(&node->place, t->err, "%s.%s = %s is unknown: choose from %s",
                      t->section, t->field->key, node->text, list);
}

static bool draw_form_fail(const struct target *t, const struct node *node)
{
    const bool time = t->field->type == FIELD_DURATION_DRAW;

    return place_fail(
        &node->place, t->err,
        "%s.%s is no draw: write %s, {uniform: [%s]} or {median: %s, log_sd: 0.3}",
        t->section, t->field->key, time ? "12h" : "a number",
        time ? "12h, 16h" : "0.1, 0.2", time ? "2h" : "0.1");
}

static bool uniform_read(const struct target *t, const struct node *ends, struct draw *draw)
{
    if (ends->kind != NODE_SEQUENCE || ends->n_child != 2)
        return draw_form_fail(t, ends);
    draw->kind = DRAW_UNIFORM;
    if (!amount_read(t, ends->first, &draw->a) || !amount_read(t, ends->last, &draw->b))
        return false;
    if (draw->a > draw->b)
        return place_fail(
            &ends->place, t->err,
            "%s.%s: uniform runs from %s down to %s: write the lower end first", t->section,
            t->field->key, ends->first->text, ends->last->text);
    return true;
}

static bool draw_read(const struct target *t, const struct node *node, struct draw *draw)
{
    const struct node *uniform = node_get(node, "uniform");
    const struct node *median = node_get(node, "median"),
                      *log_sd = node_get(node, "log_sd");
    const struct field sd_field = {.key = t->field->key,
                                   .unit = "1",
                                   .min = 0.0,
                                   .max = max_log_sd,
                                   .doc = "standard deviation of the logarithm"};
    const struct target sd_target = {t->section, &sd_field, t->arena, t->err};

    *draw = (struct draw){.kind = DRAW_FIXED};
    if (node->kind == NODE_SCALAR)
        return amount_read(t, node, &draw->a);
    if (uniform != NULL && node->n_child == 1)
        return uniform_read(t, uniform, draw);
    if (median == NULL || log_sd == NULL || node->n_child != 2)
        return draw_form_fail(t, node);
    draw->kind = DRAW_LOG_NORMAL;
    return amount_read(t, median, &draw->a) && number_read(&sd_target, log_sd, &draw->b);
}

static bool utc_value(const struct target *t, const struct node *node, double *seconds)
{
    if (!scalar_check(t, node, "a time such as 2025-10-10 21:00"))
        return false;
    if (utc_read(node->text, seconds))
        return true;
    return place_fail(&node->place, t->err,
                      "%s.%s = %s is not a time: write 2025-10-10 21:00 (UTC)", t->section,
                      t->field->key, node->text);
}

static bool numbers_read(const struct target *t, const struct node *node,
                         struct number_list *numbers)
{
    double *value;

    if (node->kind != NODE_SEQUENCE || node->n_child == 0)
        return place_fail(&node->place, t->err, "%s.%s is no list: write [0.3, 0.7] (%s)",
                          t->section, t->field->key, t->field->unit);
    value = arena_get(t->arena, node->n_child, sizeof *value);
    *numbers = (struct number_list){.n = 0, .value = value};
    for (const struct node *child = node->first; child != NULL; child = child->next)
        if (!number_read(t, child, &value[numbers->n++]))
            return false;
    return true;
}

static bool loadings_read(const struct target *t, const struct node *node,
                          struct loadings *loadings)
{
    const char **name;
    double *value;

    if (node->kind != NODE_MAPPING || node->n_child == 0)
        return place_fail(&node->place, t->err,
                          "%s.%s is no mapping: write {NAME: 0.5} (%s)", t->section,
                          t->field->key, t->field->unit);
    name = arena_get(t->arena, node->n_child, sizeof *name);
    value = arena_get(t->arena, node->n_child, sizeof *value);
    *loadings = (struct loadings){.n = 0, .name = name, .value = value};
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        name[loadings->n] = child->key;
        if (!number_read(t, child, &value[loadings->n++]))
            return false;
    }
    return true;
}

bool value_text(const struct node *node, const char *section, const char *key,
                const char **text, struct error *err)
{
    if (node->kind != NODE_SCALAR)
        return place_fail(&node->place, err, "%s.%s is %s: write a text", section, key,
                          node_kind_name(node));
    *text = node->text;
    return true;
}

bool value_read(const struct node *node, const char *section, const struct field *field,
                void *at, struct arena *arena, struct error *err)
{
    const struct target t = {section, field, arena, err};

    switch (field->type) {
    case FIELD_NUMBER:
        return number_read(&t, node, at);
    case FIELD_DURATION:
    case FIELD_INSTANT:
        return duration_read(&t, node, at);
    case FIELD_COUNT:
        return count_read(&t, node, at);
    case FIELD_FLAG:
        return flag_read(&t, node, at);
    case FIELD_CHOICE:
        return choice_read(&t, node, at);
    case FIELD_DRAW:
    case FIELD_DURATION_DRAW:
        return draw_read(&t, node, at);
    case FIELD_UTC:
        return utc_value(&t, node, at);
    case FIELD_NUMBERS:
        return numbers_read(&t, node, at);
    case FIELD_LOADINGS:
        return loadings_read(&t, node, at);
    case FIELD_MODELS: /* read by price_model_read, which knows the models */
        return true;
    case FIELD_HISTORY: /* the name; the prices follow in price_model_read */
        at = &((struct history *)at)->file;
        break;
    case FIELD_TEXT:
        break;
    }
    if (node_is_null(node) && !field->required)
        return true; /* the preset stays */
    return scalar_check(&t, node, "a text") &&
           value_text(node, section, field->key, at, err);
}

bool value_mapping(const struct node *node, const char *name, struct error *err)
{
    if (node_is_null(node) || node->kind == NODE_MAPPING)
        return true;
    return place_fail(&node->place, err, "%s is %s: write its keys as 'key: value'", name,
                      node_kind_name(node));
}

const char *value_number_text(double value, struct arena *arena)
{
    char text[40];

    for (int digits = DBL_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return arena_text(arena, text);
}

const char *value_duration_text(double seconds, struct arena *arena)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"d", 86400.0}, {"h", 3600.0}, {"m", 60.0}, {"s", 1.0}};
    size_t i = 0;

    /* 36h rather than 1.5d: whole numbers only, and days only from two of them on. */
    while (i < 3 && (fmod(seconds, units[i].seconds) != 0.0 || seconds < units[i].seconds ||
                     (i == 0 && seconds < 2.0 * units[i].seconds)))
        i++;
    return arena_print(arena, "%s%s", value_number_text(seconds / units[i].seconds, arena),
                       units[i].name);
}
