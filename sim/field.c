#include "sim/field.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DISTANCE_LETTERS = 63 };

static const struct {
    char letter;
    double seconds;
} duration_units[] = {{'s', 1.0}, {'m', 60.0}, {'h', 3600.0}, {'d', 86400.0}};

static int choice_index(const struct field *field)
{
    for (int i = 0; field->preset_text != NULL && field->choices[i] != NULL; i++)
        if (strcmp(field->choices[i], field->preset_text) == 0)
            return i;
    return 0;
}

static void field_preset(const struct field *field, void *at)
{
    switch (field->type) {
    case FIELD_NUMBER:
    case FIELD_DURATION:
    case FIELD_INSTANT:
        *(double *)at = field->preset;
        break;
    case FIELD_COUNT:
        *(uint64_t *)at = (uint64_t)field->preset;
        break;
    case FIELD_FLAG:
        *(bool *)at = field->preset != 0.0;
        break;
    case FIELD_TEXT:
        *(const char **)at = field->preset_text;
        break;
    case FIELD_CHOICE:
        *(int *)at = choice_index(field);
        break;
    case FIELD_UTC:
        *(double *)at = 0.0;
        break;
    case FIELD_NUMBERS:
        *(struct number_list *)at = (struct number_list){.n = 0};
        break;
    case FIELD_LOADINGS:
        *(struct loadings *)at = (struct loadings){.n = 0};
        break;
    case FIELD_HISTORY:
        *(struct history *)at = (struct history){.file = NULL};
        break;
    case FIELD_MODELS:
        *(struct model_list *)at = (struct model_list){.n = 0};
        break;
    case FIELD_DRAW:
    case FIELD_DURATION_DRAW:
        *(struct draw *)at = (struct draw){.kind = DRAW_FIXED, .a = field->preset};
        break;
    }
}

void field_presets(const struct field *fields, void *section)
{
    for (; fields != NULL && fields->key != NULL; fields++)
        field_preset(fields, (char *)section + fields->offset);
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Damerau's distance between neighbours (optimal string alignment), three rows at a time:
 * a swap of two letters is the commonest slip of the keyboard. */
unsigned field_distance(const char *a, const char *b)
{
    unsigned rows[3][DISTANCE_LETTERS + 1];
    unsigned *above = rows[0], *before = rows[1], *now = rows[2];
    const size_t n = strnlen(a, DISTANCE_LETTERS), m = strnlen(b, DISTANCE_LETTERS);

    for (unsigned j = 0; j <= m; j++)
        before[j] = j;
    for (unsigned i = 1; i <= n; i++) {
        now[0] = i;
        for (unsigned j = 1; j <= m; j++) {
            const int x = tolower((unsigned char)a[i - 1]);
            const int y = tolower((unsigned char)b[j - 1]);
            now[j] = smaller(smaller(before[j], now[j - 1]) + 1, before[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
                y == tolower((unsigned char)a[i - 2]))
                now[j] = smaller(now[j], above[j - 2] + 1);
        }
        unsigned *const free_row = above;
        above = before;
        before = now;
        now = free_row;
    }
    return before[m];
}

const char *field_nearest(const struct field *fields, const char *key)
{
    const char *nearest = NULL;
    unsigned least = ~0u;

    for (; fields != NULL && fields->key != NULL; fields++) {
        const unsigned distance = field_distance(fields->key, key);
        if (distance < least) {
            least = distance;
            nearest = fields->key;
        }
    }
    return nearest;
}

/* The end of a decimal number without sign of infinity, hex and the like, which strtod
 * would take; NULL if there is none. */
static const char *number_end(const char *text)
{
    const char *p = text + (*text == '+' || *text == '-');
    size_t n_digit = 0;

    for (; isdigit((unsigned char)*p); p++)
        n_digit++;
    if (*p == '.')
        for (p++; isdigit((unsigned char)*p); p++)
            n_digit++;
    if (n_digit == 0)
        return NULL;
    if (*p == 'e' || *p == 'E') {
        const char *q = p + 1;
        q += *q == '+' || *q == '-';
        if (!isdigit((unsigned char)*q))
            return p; /* "5e" is a number with a unit behind it, to the sentence's benefit
                       */
        while (isdigit((unsigned char)*q))
            q++;
        p = q;
    }
    return p;
}

bool field_number(const char *text, double *value)
{
    const char *end = number_end(text);

    if (end == NULL || *end != '\0')
        return false;
    *value = strtod(text, NULL);
    return isfinite(*value);
}

bool field_duration(const char *text, double *seconds)
{
    const char *end = number_end(text);

    if (end == NULL || *end == '\0' || end[1] != '\0')
        return false;
    for (size_t i = 0; i < sizeof duration_units / sizeof *duration_units; i++)
        if (*end == duration_units[i].letter) {
            *seconds = strtod(text, NULL) * duration_units[i].seconds;
            return isfinite(*seconds);
        }
    return false;
}

bool field_in_range(const struct field *field, double value, const char *where,
                    const char *section, struct error *err)
{
    assert(field->min <= field->max);
    if (value >= field->min && value <= field->max)
        return true;
    return fail(err, "%s: %s.%s = %.10g is outside %.10g .. %.10g (%s): it is the %s",
                where, section, field->key, value, field->min, field->max, field->unit,
                field->doc);
}
