#ifndef TAILRACE_TESTS_FLOW_CASE_H
#define TAILRACE_TESTS_FLOW_CASE_H

#include "tests/fixture.h"

/* Positions without margin on BTC at 100 USD and ETH at 50 USD, independent of each other.
 * Texts are YAML; NULL leaves the stated default. */
struct flow_case {
    const char *run;       /* "horizon: 24h, step: 1h" */
    const char *btc, *eth; /* inside the asset's braces; without volatility */
    const char *shocks;    /* lines of the list; none */
    const char *positions; /* the CSV */
    int n_path;            /* 0: 64 */
    struct fixture fixture;
};

/* Compiles it; fixture_close(&c->fixture) in the end. */
void flow_open(struct flow_case *c);

/* Opens, runs, and returns the P&L of path 0; fixture_close in the end. */
double flow_pnl(struct flow_case *c);

/* The end of one more step of a worker from fixture_start: prices, then the flows. */
void flow_step(const struct fixture *f, struct worker *w);

/* On the first 64 paths the P&L of the positions adds up to that of the book, to 1e-9 of
 * its size; fails the test if not. After fixture_run. */
void flow_check_contributions(struct flow_case *c);

/* The same book twice: the largest difference of P&L between two cases that ran. */
double flow_difference(const struct flow_case *a, const struct flow_case *b);

#endif
