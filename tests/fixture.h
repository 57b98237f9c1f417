#ifndef TAILRACE_TESTS_FIXTURE_H
#define TAILRACE_TESTS_FIXTURE_H

#include "scenarios/compile.h"
#include "sim/worker.h"

/* Plans from text, through the same front door as the program's. */
struct fixture {
    struct arena arena;
    struct scenario scenario;
    struct plan plan;
    double **column; /* [plan.n_column][plan.n_path] after fixture_run */
};

/* Writes the texts into the test's folder (scratch.h) as scenario.yaml, positions.csv,
 * accounts.csv (NULL: none; the scenario text names the files, and others written there
 * before) and compiles them; fails the test with the sentence. fixture_close removes the
 * folder. */
void fixture_open(struct fixture *f, const char *scenario, const char *positions,
                  const char *accounts);
void fixture_close(struct fixture *f);

/* Runs all paths of the plan. */
void fixture_run(struct fixture *f);

/* First column of a path metric; fails the test if there is none. */
const double *fixture_metric(const struct fixture *f, const char *name, uint32_t element);

/* A worker at time 0 of the plan, first path 0. */
void fixture_start(const struct fixture *f, struct worker *w);

/* The same with another first path. */
void fixture_start_at(const struct fixture *f, struct worker *w, uint64_t first_path);

/* A market with one asset BTC at 100 USD and one venue; %s: price model, liquidity fields,
 * further fields of the venue. */
extern const char FIXTURE_MARKET[];

#endif
