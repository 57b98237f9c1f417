#ifndef TAILRACE_MODELS_PRICE_CHAIN_H
#define TAILRACE_MODELS_PRICE_CHAIN_H

#include <stdbool.h>

/* Markov chains in continuous time with few states. `rate` [n][n]: per year from state i to
 * state j; the diagonal does not count. */
enum { CHAIN_MAX = 8 };

struct chain {
    double at[CHAIN_MAX][CHAIN_MAX]; /* [n][n] probabilities; rows add up to 1 */
};

/* exp(Q t): P(state j after `years` | state i now). Errors below 1e-13, for rates of any
 * size. */
struct chain chain_transition(const double *rate, int n, double years);

/* Every state can be reached from every other. */
bool chain_irreducible(const double *rate, int n);

/* The distribution after a long time [n], of an irreducible chain. */
void chain_stationary(const double *rate, int n, double *share);

#endif
