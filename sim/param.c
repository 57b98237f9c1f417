#include "sim/param.h"

#include <stdlib.h>
#include <string.h>

#include "sim/vmath.h"

static const struct field *field_named(const struct field *fields, const char *key,
                                       size_t n)
{
    for (const struct field *f = fields; f != NULL && f->key != NULL; f++)
        if (strlen(f->key) == n && strncmp(f->key, key, n) == 0)
            return f;
    return NULL;
}

/* The index in "[12]" and what follows it; false if it is none below n. */
static bool index_read(const char *text, uint32_t n, uint32_t *index, const char **rest)
{
    char *end;

    if (text[0] != '[' || text[1] < '0' || text[1] > '9')
        return false;
    const unsigned long i = strtoul(text + 1, &end, 10);
    *index = (uint32_t)i;
    *rest = end + 1;
    return *end == ']' && i < n;
}

static bool fields_find(const struct field *fields, void *param, const char *key,
                        struct param_slot *slot)
{
    const size_t n = strcspn(key, "[.");
    const struct field *f = field_named(fields, key, n);
    const char *rest = key + n;
    uint32_t i;

    if (f == NULL)
        return false;
    void *at = (char *)param + f->offset;
    slot->field = f;
    if (f->type == FIELD_NUMBER || f->type == FIELD_DURATION) {
        slot->value = at;
        return *rest == '\0';
    }
    if (f->type == FIELD_NUMBERS) {
        const struct number_list *list = at;
        if (!index_read(rest, list->n, &i, &rest))
            return false;
        slot->value = (double *)list->value + i;
        return *rest == '\0';
    }
    if (f->type == FIELD_LOADINGS && *rest == '.') {
        const struct loadings *list = at;
        for (i = 0; i < list->n && strcmp(list->name[i], rest + 1) != 0;)
            i++;
        slot->value = (double *)list->value + i;
        return i < list->n;
    }
    if (f->type == FIELD_MODELS) {
        const struct model_list *list = at;
        return index_read(rest, list->n, &i, &rest) && *rest == '.' &&
               fields_find(list->model->about.fields, (void *)list->param[i], rest + 1,
                           slot);
    }
    return false;
}

bool param_find(const struct price_model *model, void *param, const char *key,
                struct param_slot *slot)
{
    return fields_find(model->about.fields, param, key, slot);
}

static const double *numbers_copy(const double *from, uint32_t n, struct arena *arena)
{
    double *to = arena_get(arena, n, sizeof *to);

    if (n > 0)
        memcpy(to, from, n * sizeof *to);
    return to;
}

void *param_copy(const struct price_model *model, const void *param, struct arena *arena)
{
    char *to = arena_get(arena, 1, model->about.param_size);

    memcpy(to, param, model->about.param_size);
    for (const struct field *f = model->about.fields; f != NULL && f->key != NULL; f++) {
        void *at = to + f->offset;
        if (f->type == FIELD_NUMBERS) {
            struct number_list *list = at;
            list->value = numbers_copy(list->value, list->n, arena);
        } else if (f->type == FIELD_LOADINGS) {
            struct loadings *list = at;
            list->value = numbers_copy(list->value, list->n, arena);
        } else if (f->type == FIELD_MODELS) {
            struct model_list *list = at;
            const void **elements = arena_get(arena, list->n, sizeof *elements);
            for (uint32_t i = 0; i < list->n; i++)
                elements[i] = param_copy(list->model, list->param[i], arena);
            list->param = elements;
        }
    }
    return to;
}

enum line { LINE_LOGIT, LINE_FISHER, LINE_LOG, LINE_ITSELF };

static enum line line_of(const struct field *field)
{
    if (field->min == 0.0 && field->max == 1.0)
        return LINE_LOGIT;
    if (field->min == -1.0 && field->max == 1.0)
        return LINE_FISHER;
    return field->min >= 0.0 ? LINE_LOG : LINE_ITSELF;
}

bool param_to_line(const struct field *field, double value, double *line, double *slope)
{
    const enum line kind = line_of(field);

    *line = value;
    *slope = 1.0;
    if (kind == LINE_ITSELF)
        return true;
    if (value <= field->min || (kind != LINE_LOG && value >= field->max))
        return false;
    if (kind == LINE_LOG) {
        *line = vm_log(value - field->min);
        *slope = 1.0 / (value - field->min);
        return true;
    }
    const double below = value - field->min, above = field->max - value;
    const double scale = kind == LINE_FISHER ? 0.5 : 1.0;
    *line = scale * vm_log(below / above);
    *slope = scale * (1.0 / below + 1.0 / above);
    return true;
}

double param_from_line(const struct field *field, double line)
{
    switch (line_of(field)) {
    case LINE_LOGIT:
        return 1.0 / (1.0 + vm_exp(-line));
    case LINE_FISHER:
        return 2.0 / (1.0 + vm_exp(-2.0 * line)) - 1.0;
    case LINE_LOG:
        return field->min + vm_exp(line);
    case LINE_ITSELF:
        break;
    }
    return line;
}
