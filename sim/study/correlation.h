#ifndef TAILRACE_SIM_STUDY_CORRELATION_H
#define TAILRACE_SIM_STUDY_CORRELATION_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/arena.h"
#include "sim/error.h"

/* Returns of several assets over the same steps. */
struct joint_returns {
    uint32_t n_row, n_asset;
    const double *log_return; /* [n_row][n_asset] NaN: missing */
};

/* Correlation matrices [n_asset][n_asset], of the arena. */
struct correlation {
    uint32_t n_asset;
    uint32_t *n_common;      /* rows in which both assets have a return */
    double *sample;          /* of those rows */
    double *standard_error;  /* of sample, for any distribution with four moments; 0 on the
                               diagonal */
    double *lower, *upper;   /* 95 % interval of the true correlation, around sample */
    double *shrunk;          /* what a market should use: positive definite */
    double mean;             /* of the correlations: the matrix that `sample` is drawn to */
    double shrinkage;        /* weight of that matrix, 0 .. 1 */
    double least_eigenvalue; /* of the shrunk matrix before repair */
    double repair; /* largest change of an entry that made the matrix positive definite; 0:
                      it was */
};

enum { CORRELATION_MIN_COMMON = 20 };

/* False if two assets have fewer than CORRELATION_MIN_COMMON common rows, or one is
 * constant there: err names their numbers in the order of the columns, from 1. */
bool correlation_estimate(const struct joint_returns *returns, struct arena *arena,
                          struct correlation *correlation, struct error *err);

/* Makes a symmetric matrix [n][n] with unit diagonal positive definite: eigenvalues below
 * `least` are raised to it and the diagonal is scaled back to 1. Returns the largest change
 * of an entry; *found gets the least eigenvalue that the matrix had. */
double correlation_repair(double *matrix, uint32_t n, double least, struct arena *arena,
                          double *found);

#endif
