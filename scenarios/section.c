#include "scenarios/section.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "scenarios/utc.h"
#include "scenarios/value.h"
#include "sim/model.h"

static const struct field *field_find(const struct section *section, const char *key)
{
    for (int i = 0; i < SECTION_TABLES; i++)
        for (const struct field *f = section->tables[i]; f != NULL && f->key != NULL; f++)
            if (strcmp(f->key, key) == 0)
                return f;
    return NULL;
}

static bool is_other(const struct section *section, const char *key)
{
    for (const char *const *other = section->others; other != NULL && *other != NULL;
         other++)
        if (strcmp(*other, key) == 0)
            return true;
    return false;
}

static const char *nearest_key(const struct section *section, const char *key)
{
    const char *nearest = "";
    unsigned least = ~0u;

    for (int i = 0; i < SECTION_TABLES; i++) {
        const char *candidate = field_nearest(section->tables[i], key);
        if (candidate != NULL && field_distance(candidate, key) < least) {
            nearest = candidate;
            least = field_distance(candidate, key);
        }
    }
    for (const char *const *other = section->others; other != NULL && *other != NULL;
         other++)
        if (field_distance(*other, key) < least) {
            nearest = *other;
            least = field_distance(*other, key);
        }
    return nearest;
}

static bool missing_check(const struct node *map, const struct section *section,
                          struct error *err)
{
    for (int i = 0; i < SECTION_TABLES; i++)
        for (const struct field *f = section->tables[i]; f != NULL && f->key != NULL; f++)
            if (f->required && node_get(map, f->key) == NULL)
                return place_fail(&map->place, err, "%s lacks '%s': it is the %s (%s)",
                                  section->name, f->key, f->doc, f->unit);
    return true;
}

bool section_read(const struct node *map, const struct section *section, void *out,
                  struct arena *arena, struct error *err)
{
    for (int i = 0; i < SECTION_TABLES; i++)
        field_presets(section->tables[i], out);
    if (map->kind != NODE_MAPPING)
        return place_fail(&map->place, err, "%s is %s: write its keys as 'key: value'",
                          section->name, node_kind_name(map));
    for (const struct node *child = map->first; child != NULL; child = child->next) {
        const struct field *field = field_find(section, child->key);
        if (field == NULL && !is_other(section, child->key))
            return place_fail(&child->key_place, err,
                              "%s has no key '%s': did you mean '%s'?", section->name,
                              child->key, nearest_key(section, child->key));
        if (field != NULL && !value_read(child, section->name, field,
                                         (char *)out + field->offset, arena, err))
            return false;
    }
    return missing_check(map, section, err);
}

const char *section_draw_text(const struct draw *draw, bool time, struct arena *arena)
{
    const char *a =
        time ? value_duration_text(draw->a, arena) : value_number_text(draw->a, arena);

    if (draw->kind == DRAW_FIXED)
        return a;
    if (draw->kind == DRAW_LOG_NORMAL)
        return arena_print(arena, "{median: %s, log_sd: %s}", a,
                           value_number_text(draw->b, arena));
    return arena_print(arena, "{uniform: [%s, %s]}", a,
                       time ? value_duration_text(draw->b, arena)
                            : value_number_text(draw->b, arena));
}

/* Numbers as files have them: exactly (digits 0), or rounded for a reader. */
static const char *number_text(double value, int digits, struct arena *arena)
{
    return digits == 0 ? value_number_text(value, arena)
                       : arena_print(arena, "%.*g", digits, value);
}

/* Rounded: to a second where that is less than a hundredth. */
static const char *duration_text(double seconds, int digits, struct arena *arena)
{
    return value_duration_text(digits > 0 && seconds > 100.0 ? round(seconds) : seconds,
                               arena);
}

static const char *numbers_text(const struct number_list *numbers, int digits,
                                struct arena *arena)
{
    const char *text = "[";

    for (uint32_t i = 0; i < numbers->n; i++)
        text = arena_print(arena, "%s%s%s", text, i > 0 ? ", " : "",
                           number_text(numbers->value[i], digits, arena));
    return numbers->n > 0 ? arena_print(arena, "%s]", text) : NULL;
}

static const char *loadings_text(const struct loadings *loadings, int digits,
                                 struct arena *arena)
{
    const char *text = "{";

    for (uint32_t i = 0; i < loadings->n; i++)
        text = arena_print(arena, "%s%s%s: %s", text, i > 0 ? ", " : "",
                           node_quote(loadings->name[i], arena),
                           number_text(loadings->value[i], digits, arena));
    return loadings->n > 0 ? arena_print(arena, "%s}", text) : NULL;
}

/* [{model: gbm, volatility_annual: 0.5}, ...] */
static const char *models_text(const struct model_list *list, int digits,
                               struct arena *arena)
{
    const char *text = "[";

    for (uint32_t i = 0; i < list->n; i++)
        text = arena_print(arena, "%s%s%s", text, i > 0 ? ", " : "",
                           section_model_text(list->model, list->param[i], digits, arena));
    return list->n > 0 ? arena_print(arena, "%s]", text) : NULL;
}

static const char *field_text(const struct field *field, const void *at, int digits,
                              struct arena *arena)
{
    switch (field->type) {
    case FIELD_NUMBER:
        return number_text(*(const double *)at, digits, arena);
    case FIELD_DURATION:
    case FIELD_INSTANT:
        return duration_text(*(const double *)at, digits, arena);
    case FIELD_COUNT:
        return arena_print(arena, "%" PRIu64, *(const uint64_t *)at);
    case FIELD_FLAG:
        return *(const bool *)at ? "true" : "false";
    case FIELD_CHOICE:
        return field->choices[*(const int *)at];
    case FIELD_DRAW:
    case FIELD_DURATION_DRAW:
        return section_draw_text(at, field->type == FIELD_DURATION_DRAW, arena);
    case FIELD_UTC:
        return *(const double *)at != 0.0
                   ? node_quote(utc_text(*(const double *)at, arena), arena)
                   : NULL;
    case FIELD_NUMBERS:
        return numbers_text(at, digits, arena);
    case FIELD_LOADINGS:
        return loadings_text(at, digits, arena);
    case FIELD_MODELS:
        return models_text(at, digits, arena);
    case FIELD_HISTORY:
        at = &((const struct history *)at)->file;
        break;
    case FIELD_TEXT:
        break;
    }
    const char *text = *(const char *const *)at;
    return text != NULL ? node_quote(text, arena) : NULL;
}

const char *section_model_text(const struct price_model *model, const void *param,
                               int digits, struct arena *arena)
{
    const char *text = arena_print(arena, "{model: %s", model->about.name);

    for (const struct field *f = model->about.fields; f != NULL && f->key != NULL; f++) {
        const char *value = field_text(f, (const char *)param + f->offset, digits, arena);
        if (value != NULL)
            text = arena_print(arena, "%s, %s: %s", text, f->key, value);
    }
    return arena_print(arena, "%s}", text);
}

void section_echo(FILE *out, int indent, const struct field *fields, const void *section,
                  struct arena *arena)
{
    for (; fields != NULL && fields->key != NULL; fields++) {
        const char *text =
            field_text(fields, (const char *)section + fields->offset, 0, arena);
        if (text != NULL)
            fprintf(out, "%*s%s: %s\n", indent, "", fields->key, text);
    }
}
