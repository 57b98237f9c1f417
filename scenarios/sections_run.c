/* What a scenario file itself and its run can be given. */
#include <stddef.h>

#include "scenarios/reader.h"
#include "sim/plan.h"

#define YEAR_S (365.0 * 86400.0) /* as everywhere in the program */

static const char *const revaluation_names[] = {
    [REVALUE_FULL] = "full", [REVALUE_BOOK] = "book", [REVALUE_AUTO] = "auto", NULL};
static const char *const parameters_names[] = {"estimates", "sampled",
                                               NULL}; /* PARAMETERS_* */

/* clang-format off */
const struct field sections_scenario[] = {
    {.key = "name", .unit = "1", .type = FIELD_TEXT, .required = true,
     .offset = offsetof(struct scenario, name),
     .doc = "name in results: lower case, digits and hyphens"},
    {.key = "description", .unit = "1", .type = FIELD_TEXT, .preset_text = "",
     .offset = offsetof(struct scenario, description),
     .doc = "what happens, in a sentence"},
    {.key = NULL},
};

const struct field sections_severity[] = {
    {.key = "label", .unit = "1", .type = FIELD_TEXT,
     .offset = offsetof(struct severity_section, label),
     .doc = "how bad, in a word: neutral, adverse, severe, very-severe"},
    {.key = "percentile", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.0, .offset = offsetof(struct severity_section, percentile),
     .doc = "share of history that was milder; 0 if unknown"},
    {.key = "source", .unit = "1", .type = FIELD_TEXT,
     .offset = offsetof(struct severity_section, source),
     .doc = "where the grading comes from"},
    {.key = "fitted_here", .unit = "1", .type = FIELD_TEXT,
     .offset = offsetof(struct severity_section, fitted_here),
     .doc = "what was fitted to the very event that the scenario is compared with, and why"},
    {.key = NULL},
};

const struct field sections_run[] = {
    {.key = "paths", .unit = "1", .type = FIELD_COUNT, .min = 1.0, .max = 1e9,
     .preset = 20000.0, .offset = offsetof(struct run_section, paths),
     .doc = "number of simulated paths"},
    {.key = "horizon", .unit = "s", .type = FIELD_DURATION, .required = true, .min = 1.0,
     .max = 10.0 * YEAR_S, .offset = offsetof(struct run_section, horizon_s),
     .doc = "simulated time"},
    {.key = "step", .unit = "s", .type = FIELD_DURATION, .min = 1.0, .max = 10.0 * YEAR_S,
     .preset = 300.0, .offset = offsetof(struct run_section, step_s),
     .doc = "step of the market, a divisor of horizon and report"},
    {.key = "report", .unit = "s", .type = FIELD_DURATION, .min = 0.0,
     .max = 10.0 * YEAR_S, .preset = 0.0, .offset = offsetof(struct run_section, report_s),
     .doc = "time between reports; 0 for horizon / 24, rounded up to whole steps"},
    {.key = "seed", .unit = "1", .type = FIELD_COUNT, .min = 0.0, .max = 0x1p64,
     .preset = 1.0, .offset = offsetof(struct run_section, seed),
     .doc = "seed of all random numbers"},
    {.key = "pilot_paths", .unit = "1", .type = FIELD_COUNT, .min = 16.0, .max = 1e6,
     .preset = 1024.0, .offset = offsetof(struct run_section, pilot_paths),
     .doc = "number of paths that find the exogenous part of a total move"},
    {.key = "feedback", .unit = "1", .type = FIELD_FLAG, .preset = 1.0,
     .offset = offsetof(struct run_section, feedback),
     .doc = "whether forced sales move prices; false to see what the cascade adds"},
    {.key = "parameters", .unit = "1", .type = FIELD_CHOICE, .preset_text = "estimates",
     .choices = parameters_names, .offset = offsetof(struct run_section, parameters),
     .doc = "whether the price models run at their parameters as written, or at sets drawn "
            "from the assets' uncertainty, one per batch of paths"},
    {.key = "batch", .unit = "1", .type = FIELD_COUNT, .min = PLAN_UNIT, .max = 1e9,
     .preset = 1024.0, .offset = offsetof(struct run_section, batch),
     .doc = "number of paths that share one drawn parameter set, a multiple of 256"},
    {.key = "greek_paths", .unit = "1", .type = FIELD_COUNT, .min = 0.0, .max = 1e6,
     .preset = 4096.0, .offset = offsetof(struct run_section, greek_paths),
     .doc = "number of paths, the first ones, on which the book's Greeks are followed at "
            "reporting times; 0: none"},
    {.key = "revaluation", .unit = "1", .type = FIELD_CHOICE, .preset_text = "full",
     .choices = revaluation_names, .offset = offsetof(struct run_section, revaluation),
     .doc = "how claims are valued at reporting times: full, one by one; book, by tables of "
            "the whole book where they hold the tolerance; auto, where they also save work"},
    {.key = "revaluation_tolerance", .unit = "1", .type = FIELD_NUMBER, .min = 1e-12,
     .max = 1e-2, .preset = 1e-7,
     .offset = offsetof(struct run_section, revaluation_tolerance),
     .doc = "largest error of a table, as a share of the claims' gross value"},
    {.key = "position_pnl", .unit = "1", .type = FIELD_FLAG, .preset = 0.0,
     .offset = offsetof(struct run_section, position_pnl),
     .doc = "whether the result holds the profit and loss of every position on every path"},
    {.key = "check_triggers", .unit = "1", .type = FIELD_FLAG, .preset = 0.0,
     .offset = offsetof(struct run_section, check_triggers),
     .doc = "debug: looks at all accounts after every step and stops the run where the "
            "triggers missed one; slow"},
    {.key = NULL},
};
/* clang-format on */
