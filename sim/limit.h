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

/* False: the result has no such metric, or one that has no such figure; err has the sentence.
 * Needs no paths: names and units of the result are enough. */
bool limit_check(const struct limit *limit, const struct result *result, struct error *err);

/* Fails if the lower limit of the figure exceeds `max`, passes if the upper one does not,
 * else undecided. False: as limit_check, or a value that is not finite. */
bool limit_evaluate(const struct limit *limit, const struct result *result,
                    struct limit_result *out, struct error *err);

#endif
