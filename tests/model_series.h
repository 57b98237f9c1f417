#ifndef TAILRACE_TESTS_MODEL_SERIES_H
#define TAILRACE_TESTS_MODEL_SERIES_H

#include "sim/arena.h"
#include "sim/lanes.h"
#include "sim/study/estimate.h"

/* Log-returns of a price model, step by step, from the model's own kernels. */
struct model_series {
    const char *model;
    struct {
        const char *key;
        double value;
        const char *choice; /* of a FIELD_CHOICE; NULL: a number */
    } set[12];              /* up to key NULL; the rest has the defaults */
    const void *param;      /* NULL: made of `set`; else ready, and `set` is empty */
    uint32_t n;             /* returns of one series */
    double step_s;
    uint64_t seed, first_path;
    struct returns series[LANES]; /* out: one per path */
    struct arena arena;           /* model_series_close frees it */
};

/* False: there is no such model. */
bool model_series_run(struct model_series *s);
void model_series_close(struct model_series *s);

/* Value set for a key; NaN if there is none. */
double model_series_value(const struct model_series *s, const char *key);

#endif
