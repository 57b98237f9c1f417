#ifndef TAILRACE_SIM_STUDY_ESTIMATE_H
#define TAILRACE_SIM_STUDY_ESTIMATE_H

#include "sim/arena.h"
#include "sim/model.h"

/* Estimation of the price models from recorded prices. */

enum { ESTIMATE_MAX_PARAM = 24, ESTIMATE_KEY = 40 };

/* Log-returns over one step each. A series with gaps is several runs: the return at a
 * run's first index has no neighbour before it, and no return spans a gap. */
struct returns {
    const double *log_return; /* [n] */
    const double *end_s;      /* [n] time at the end of the return, seconds since 1970 */
    const bool *starts_run;   /* [n] true for the first return of every run */
    uint32_t n;
    double step_s;
};

/* One model fitted to one series. */
struct estimate {
    const struct price_model *model;
    void *param; /* of the model, ready for prepare; arena */
    uint32_t n_param;
    struct {
        char
            key[ESTIMATE_KEY]; /* as in the model's table; "regimes[1].volatility_annual" */
        double value, standard_error; /* NaN: not estimated, or at the edge of its range */
    } p[ESTIMATE_MAX_PARAM];          /* the free parameters */
    double covariance[ESTIMATE_MAX_PARAM * ESTIMATE_MAX_PARAM]; /* [n_param][n_param] */
    double log_likelihood, aic, bic; /* of the returns, comparable between models */
    bool converged;
    const char *note; /* one sentence on what did not go well; NULL: nothing */
};

struct estimator {
    const char *model; /* name of the price model */
    /* Fits the series; restarts are drawn from the seed. False only if the series cannot be
     * used at all (too short, constant): err says why. */
    bool (*fit)(const struct returns *returns, uint64_t seed, struct arena *arena,
                struct estimate *estimate, struct error *err);
    /* Moves the state that the model starts from (variance, regime, intensity) to the end
     * of another series, at the parameters given. NULL: the model has no such state. */
    void (*filter)(const struct returns *returns, struct estimate *estimate);
};

/* gbm, merton, kou, garch, regime, hawkes; ends with model NULL. */
extern const struct estimator estimators[];

/* Interval of parameter i with that confidence, by the normal distribution on the scale
 * that suits its range in the model's table: from 0 (or more) on the logarithm, of a
 * fraction (0 .. 1) the logit, else the plain number. False: it has no standard error. */
bool estimate_interval(const struct estimate *estimate, uint32_t i, double confidence,
                       double *low, double *high);

#endif
