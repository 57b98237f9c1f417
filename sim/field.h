#ifndef TAILRACE_SIM_FIELD_H
#define TAILRACE_SIM_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/error.h"

/* What a user can set. One table of fields per section is parser, range check, default,
 * help, echo and JSON Schema at once; a table ends with a row whose key is NULL. */
enum field_type {
    FIELD_NUMBER,   /* double at offset */
    FIELD_DURATION, /* double, seconds; written 90s, 5m, 2h, 14d */
    FIELD_INSTANT,  /* double, seconds after the start; 14d, or a UTC time; 0 if absent */
    FIELD_COUNT,    /* uint64_t */
    FIELD_FLAG,     /* bool */
    FIELD_TEXT,     /* const char *, owned by the arena of the document; NULL if absent */
    FIELD_CHOICE,   /* int: index into `choices` */
    FIELD_DRAW,     /* struct draw: a number or a distribution */
    FIELD_DURATION_DRAW, /* struct draw in seconds */
    FIELD_UTC,      /* double, seconds since 1970; written 2025-10-10 21:00; 0 if absent */
    FIELD_NUMBERS,  /* struct number_list: [0.3, 0.7], each within min .. max */
    FIELD_LOADINGS, /* struct loadings: {BTC: 0.5, ETH: 0.2}, each within min .. max */
    FIELD_HISTORY,  /* struct history: the name of a file of prices */
    FIELD_MODELS,   /* struct model_list: [{model: gbm, ...}, ...], all of one model */
};

/* A number, or how to draw it: uniform: [a, b]; or {median: a, log_sd: b} (log-normal).
 * What the logarithm is taken of is the business of the user of the draw (1 + move for a
 * price). */
enum draw_kind { DRAW_FIXED, DRAW_UNIFORM, DRAW_LOG_NORMAL };
struct draw {
    enum draw_kind kind;
    double a, b; /* value; or lower and upper end; or median and log_sd */
};

/* Values of the types that hold more than one number; what they point to belongs to the
 * arena of the document. */
struct number_list {
    uint32_t n;
    const double *value;
};
struct loadings {
    uint32_t n;
    const char *const *name;
    const double *value;
};
/* Recorded prices of one asset, in the order of time, without gaps longer than stated by
 * whoever uses them. */
struct history {
    const char *file;
    uint32_t n;
    const double *time_s, *price_usd; /* [n] seconds since 1970 UTC; USD */
};
struct price_model;
struct model_list {
    uint32_t n;
    const struct price_model *model; /* of all elements */
    const void *const *param;        /* [n] */
};

struct field {
    const char *key;
    const char *unit; /* "1" for fractions and plain numbers */
    const char *doc;  /* one phrase: what the value is */
    enum field_type type;
    bool required;
    double min, max, preset;    /* of numbers, durations (seconds), counts and draws */
    const char *preset_text;    /* default of FIELD_TEXT and FIELD_CHOICE; may be NULL */
    const char *const *choices; /* FIELD_CHOICE: names, ends with NULL */
    size_t offset;              /* in the section's struct */
};

/* What the program can list and describe: every plug-in begins with it. */
struct about {
    const char *name;           /* lower case, as written in scenario files */
    const char *doc;            /* one sentence or a few */
    const struct field *fields; /* what the user sets; NULL if nothing */
    size_t param_size;          /* of the struct that the fields fill */
    const char *example; /* how it is written in a file, as {model: gbm, ...}; the columns
                            of an instrument as {quantity: 2, ...}, on an asset at 100 USD.
                            Shown by describe, run by tests; NULL where the defaults do */
};

/* Writes the defaults of all fields into `section`. */
void field_presets(const struct field *fields, void *section);

/* The known key nearest to `key` by edit distance, never NULL for a non-empty table. */
const char *field_nearest(const struct field *fields, const char *key);

/* The number of letters to insert, delete, replace or swap to turn one text into the other,
 * capital letters or not; of texts longer than 63 letters the beginnings count. */
unsigned field_distance(const char *a, const char *b);

/* Reads a plain decimal number, "-0.3" or "5.0e6"; false for anything else, nan, inf, hex
 * and numbers too large for a double included. */
bool field_number(const char *text, double *value);

/* Reads "90s", "5m", "2.5h", "14d" into seconds; false if it is nothing of the kind. */
bool field_duration(const char *text, double *seconds);

/* Checks a number against the row's range. `where` is "file:line:column". */
bool field_in_range(const struct field *field, double value, const char *where,
                    const char *section, struct error *err);

#endif
