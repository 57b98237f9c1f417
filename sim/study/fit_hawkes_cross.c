/* Excitation between two assets, one direction at a time: the number of jumps that the other
 * asset's own filter expects in every step joins the intensity of this one (hawkes.c), and
 * all its parameters are estimated again. Fits of both directions, or of more assets, lean
 * on filters that leave the cross excitation out, so they are a first approximation of a
 * joint likelihood. */
#include <math.h>

#include "sim/study/fit_hawkes.h"

enum { CROSS = HAWKES_N, N_X };

static const double MOST_CROSS = 3.0;

struct cross_data {
    const struct returns *returns;
    const double *other_jumps;
};

static void cross_from(const double *x, const double *other_jumps, struct hawkes *h)
{
    *h = (struct hawkes){
        .drift_annual = x[HAWKES_DRIFT],
        .volatility_annual = x[HAWKES_VOLATILITY],
        .jumps_per_year = x[HAWKES_BASE],
        .excitation = x[HAWKES_EXCITATION],
        .decay_per_year = x[HAWKES_DECAY],
        .jump_log_mean = x[HAWKES_JUMP_MEAN],
        .jump_log_sd = x[HAWKES_JUMP_SD],
        .cross_excitation = x[CROSS],
        .other_jumps = other_jumps,
    };
}

static double log_likelihood(const double *x, const void *data)
{
    const struct cross_data *d = data;
    struct hawkes h;

    cross_from(x, d->other_jumps, &h);
    return hawkes_log_likelihood(d->returns, &h, NULL);
}

/* Around the parameters without cross excitation. */
static void set_coordinates(const struct hawkes *own, const struct returns *returns,
                            struct coordinate *c)
{
    const double years = returns->step_s / FIT_YEAR_S, vol = own->volatility_annual;
    const double error = vol / sqrt(years * returns->n), sd = own->jump_log_sd;
    const double base = own->jumps_per_year, decay = own->decay_per_year;

    c[HAWKES_DRIFT] = (struct coordinate){"the drift",
                                          MAXIMISE_PLAIN,
                                          0,
                                          0,
                                          own->drift_annual - error,
                                          own->drift_annual + error};
    c[HAWKES_VOLATILITY] =
        (struct coordinate){"the volatility", MAXIMISE_LOG, 0, 0, 0.9 * vol, 1.1 * vol};
    c[HAWKES_BASE] = (struct coordinate){
        "the base rate of jumps", MAXIMISE_LOG, 0, 0, 0.4 * base, 1.6 * base};
    c[HAWKES_EXCITATION] =
        (struct coordinate){"the excitation", MAXIMISE_LOGIT, 0, 0.99, 0.1, 0.8};
    c[HAWKES_DECAY] = (struct coordinate){"the decay of the excitation",
                                          MAXIMISE_LOGIT,
                                          0,
                                          1.0 / years,
                                          fmin(0.4 * decay, 0.3 / years),
                                          fmin(1.6 * decay, 0.9 / years)};
    c[HAWKES_JUMP_MEAN] = (struct coordinate){
        "the mean of a jump",         MAXIMISE_PLAIN, 0, 0, own->jump_log_mean - 0.2 * sd,
        own->jump_log_mean + 0.2 * sd};
    c[HAWKES_JUMP_SD] =
        (struct coordinate){"the spread of jumps", MAXIMISE_LOG, 0, 0, 0.8 * sd, 1.2 * sd};
    c[CROSS] = (struct coordinate){
        "the cross excitation", MAXIMISE_LOGIT, 0, MOST_CROSS, 0.05, 0.5};
}

static bool check_steps(const struct returns *a, const struct returns *b, struct error *err)
{
    bool same = a->n == b->n && a->step_s == b->step_s;

    for (uint32_t t = 0; same && t < a->n; t++)
        same = a->end_s[t] == b->end_s[t];
    return same || fail(err,
                        "the two series of returns, of %u and %u steps, must have the same "
                        "steps: keep the common ones",
                        a->n, b->n);
}

bool fit_hawkes_cross(const struct returns *returns, const struct hawkes *own,
                      const struct returns *other_returns, const struct hawkes *other,
                      uint64_t seed, struct arena *arena, struct hawkes_cross *cross,
                      struct error *err)
{
    double *jumps = arena_get(arena, returns->n, sizeof(*jumps));
    struct coordinate coordinate[N_X];
    const struct cross_data data = {returns, jumps};
    const struct likelihood likelihood = {N_X, coordinate, log_likelihood, &data};

    if (!check_steps(returns, other_returns, err))
        return false;
    const double start[N_X] = {own->drift_annual,         own->volatility_annual,
                               0.8 * own->jumps_per_year, 0.8 * own->excitation + 0.02,
                               own->decay_per_year,       own->jump_log_mean,
                               own->jump_log_sd,          0.1};

    hawkes_expected_jumps(other_returns, other, jumps);
    set_coordinates(own, returns, coordinate);
    maximise(&likelihood, start, 1, 0, seed, &cross->maximum);
    cross_from(cross->maximum.x, jumps, &cross->hawkes);
    cross->excitation = cross->maximum.x[CROSS];
    cross->standard_error = cross->maximum.fixed[CROSS]
                                ? (double)NAN
                                : sqrt(cross->maximum.covariance[CROSS * N_X + CROSS]);
    cross->gain = cross->maximum.log_likelihood - hawkes_log_likelihood(returns, own, NULL);
    return true;
}
