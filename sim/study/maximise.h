#ifndef TAILRACE_SIM_STUDY_MAXIMISE_H
#define TAILRACE_SIM_STUDY_MAXIMISE_H

#include <stdbool.h>
#include <stdint.h>

/* Maximum likelihood over a box, with the observed information. */

enum { MAXIMISE_MAX = 24, MAXIMISE_NOTE = 512 };

/* The search runs over a transform of the coordinate that has no limits. */
enum maximise_scale {
    MAXIMISE_PLAIN, /* x itself; min and max are not looked at */
    MAXIMISE_LOG,   /* ln(x - min); max is not looked at */
    MAXIMISE_LOGIT, /* ln((x - min) / (max - x)) */
};
struct coordinate {
    const char *name; /* for the note */
    enum maximise_scale scale;
    double min, max;  /* limits; never reached except at an edge, see below */
    double low, high; /* low < high, strictly inside the limits: random starts lie between,
                         and the search takes the distance as its unit of length */
};

struct likelihood {
    uint32_t n;                          /* 1 .. MAXIMISE_MAX */
    const struct coordinate *coordinate; /* [n] */
    /* At x [n]. NaN and infinities mean that x is impossible. */
    double (*log_likelihood)(const double *x, const void *data);
    const void *data;
};

struct maximum {
    double x[MAXIMISE_MAX], log_likelihood;
    /* Inverse of the observed information in the coordinates x, [n][n]; 0 in the rows of
     * fixed coordinates; NaN where the information is not positive definite. */
    double covariance[MAXIMISE_MAX * MAXIMISE_MAX];
    /* The coordinate lies at a limit or the data say nothing on it: it is held where it is,
     * and the covariance is that of the others. */
    bool fixed[MAXIMISE_MAX];
    /* A Newton step from x would gain less than 1e-4 and the information is positive
     * definite. */
    bool converged;
    uint32_t n_search, n_agree; /* searches, and those that came within 1 of the best */
    char note[MAXIMISE_NOTE];   /* one sentence on what did not go well; empty: nothing */
};

/* Searches from `start` [n_start][n] and from n_random points drawn by the seed: simplex,
 * then BFGS from the two best ends, then Newton steps from the best. At least one start of
 * either kind is needed. Uses no memory beyond the call. */
void maximise(const struct likelihood *likelihood, const double *start, uint32_t n_start,
              uint32_t n_random, uint64_t seed, struct maximum *maximum);

/* Covariance of values y(x) [n_y] by the delta method, J covariance J', J by central
 * differences at x. Rows of values that a fixed coordinate could move by more than a third
 * of their standard error are NaN. */
void maximise_map(const struct likelihood *likelihood, const struct maximum *maximum,
                  void (*map)(const double *x, double *y, const void *data), uint32_t n_y,
                  double *covariance /* [n_y][n_y] */);

/* Adds a remark to the note, after a semicolon. */
void maximum_remark(struct maximum *maximum, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
