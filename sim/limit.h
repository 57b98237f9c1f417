#ifndef TAILRACE_SIM_LIMIT_H
#define TAILRACE_SIM_LIMIT_H

#include "sim/risk.h"

/* A limit on a risk figure passes, fails or is undecided on its confidence interval. */

/* In the order of the kinds in the scenario language. */
enum limit_figure { FIGURE_VAR, FIGURE_ES, FIGURE_MEAN, FIGURE_PROBABILITY };

struct limit {
    const char *metric;
    enum limit_figure figure;
    double level;      /* of VaR and ES, 0.99 */
    double above_usd;  /* probability: of the metric exceeding this */
    double max;        /* USD, or probability */
    double confidence; /* two-sided, 0.95 */
};

enum limit_verdict { LIMIT_PASS, LIMIT_FAIL, LIMIT_UNDECIDED };

struct limit_result {
    struct limit limit;
    enum limit_verdict verdict;
    struct interval figure; /* NaN or infinite limits: see `why` */
    uint64_t tail_paths;    /* that carry the figure */
    char why[160];          /* empty unless undecided */
};

/* "pass", "FAIL", "undecided"; "var", "es", "mean", "probability" */
enum { LIMIT_VERDICTS = 3, LIMIT_FIGURES = 4 };
extern const char *const limit_verdict_name[LIMIT_VERDICTS];
extern const char *const limit_figure_name[LIMIT_FIGURES];

/* What is limited, in words: "ES 99 % of portfolio.loss". */
void limit_text(const struct limit *limit, char *text, size_t size);

/* Whether the result has the metric and the metric such a figure; needs the names of the
 * result only, no columns. False: err has the sentence. */
bool limit_check(const struct limit *limit, const struct result *result, struct error *err);

/* Fails if the lower limit of the figure exceeds `max`, passes if the upper one does not,
 * else undecided. False: limit_check fails, or a path has no finite value. */
bool limit_evaluate(const struct limit *limit, const struct result *result,
                    struct limit_result *out, struct error *err);

#endif
