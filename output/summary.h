#ifndef TAILRACE_OUTPUT_SUMMARY_H
#define TAILRACE_OUTPUT_SUMMARY_H

#include <stdio.h>

#include "sim/limit.h"
#include "sim/result.h"
#include "sim/risk.h"
#include "sim/uncertainty.h"

/* What a run prints at its end and `show` prints again from the file. */

struct summary_cell {
    const char *name, *description;
    uint64_t n_path, seed;
    double horizon_s, step_s;
    struct risk_table risk;
    struct greek_table greeks; /* of positions and buckets nothing */
    struct explanation_result explanation;
    struct revaluation_result revaluation;
    struct cascade_result cascades;
    uint32_t n_limit;
    const struct limit_result *limit; /* [n_limit] */
};

struct summary {
    const char *file; /* the result file; NULL if there is none */
    uint32_t n_cell;
    const struct summary_cell *cell; /* [n_cell] */
    uint32_t n_models;
    const struct model_table *models; /* [n_models] scenarios under several models */
};

/* Tables for people, at most 100 columns wide where names are not longer than 28. */
void summary_print(const struct summary *summary, FILE *out);

/* The same figures for machines; a number that does not exist is null. */
bool summary_json(const struct summary *summary, FILE *out, struct error *err);

/* "1.234 M", "-12.30 k", "0.001230": four digits; "-" for NaN, "inf". */
void summary_number(double value, char *text, size_t size);

/* "36h", "5m", "90s" as the scenario language writes it. */
void summary_duration(double seconds, char *text, size_t size);

#endif
