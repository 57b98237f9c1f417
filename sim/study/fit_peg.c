/* A pegged price by maximum likelihood, for the model of models/price/peg.c:
 *     y(t) = ln parity + mu t + X(t) - D(t)
 * with the basis X an Ornstein-Uhlenbeck process around 0 with stationary deviation s, and
 * D a shot noise: between depegs it decays, at a depeg it grows by J, ln J normal. Over a
 * step
 *     X' = k X + e,  e ~ N(0, s^2 (1 - k^2)),    D' = g D + J with probability
 *     1 - exp(-intensity h),    k = 2^(-h / basis half-life),  g = 2^(-h / recovery half-life)
 * (exact discretisation: Glasserman 2004, section 3.3.1). y is seen, so that D alone is
 * unknown, X = y - ln parity - mu t + D, and given no depeg it is a Kalman filter in one
 * dimension (Harvey 1989, section 3.2):
 *     innovation  u = y' - mu_y' - k (y - mu_y) - (k - g) E D,   variance S = (k-g)^2 V + e^2
 *     gain        g (k - g) V / S
 * Given a depeg, u = e - J: the density of u is the lognormal one smeared by N(0, S), by
 * Gauss-Hermite quadrature around J = -u. The mixture of both is collapsed to mean and
 * variance of D (Harrison and Stevens 1976); next to depegs that stand out of the basis the
 * filter is nearly exact. Steps may differ, so a gap is a long step. The hazard is taken as
 * constant: how it leans on the collateral is not estimated. */
#include "sim/study/fit_peg.h"

#include <math.h>
#include <string.h>

#include "models/registry.h"
#include "sim/stats.h"

static const double LN2 = 0.69314718055994530942;
static const double LEAST_SD = 0.02;  /* of the basis, share of the first guess */
static const double DETECTION = 6.0;  /* robust standard deviations of a change */
static const double LEAST_GAIN = 6.0; /* in log-likelihood, of four parameters more */
static const double LOG_2PI = 1.8378770664093454836;

/* Nodes and weights of the standard normal, 9 points (Abramowitz and Stegun, table 25.10,
 * by x sqrt(2) and w / sqrt(pi)). */
enum { N_NODE = 9, PEG_LEAST = 100, N_FULL = 8 };
static const double node[N_NODE] = {
    -4.512745863399783, -3.2054290028564703, -2.0768479786778302, -1.0232556637891326, 0.0,
    1.0232556637891326, 2.0768479786778302,  3.2054290028564703,  4.512745863399783};
static const double node_weight[N_NODE] = {
    2.2345844007746563e-05, 2.789141321231769e-03,  4.991640676521787e-02,
    2.4409750289493943e-01, 4.0634920634920635e-01, 2.4409750289493943e-01,
    4.991640676521787e-02,  2.789141321231769e-03,  2.2345844007746563e-05};

/* What is known of D. */
struct depeg {
    double mean, variance;
};

static double log_normal_density(const struct peg *p, double size)
{
    if (!(size > 0.0))
        return 0.0;
    const double z = log(size / p->depeg_median_log) / p->depeg_log_sd;

    return exp(-0.5 * z * z) / (size * p->depeg_log_sd * sqrt(2.0 * M_PI));
}

/* Takes in the innovation u of one step; returns its density. */
static double step_density(const struct peg *p, double u, double keep, double recover,
                           double chance, struct depeg *d)
{
    const double noise = p->basis_log_sd * p->basis_log_sd * (1.0 - keep * keep);
    const double difference = keep - recover;
    const double variance = difference * difference * d->variance + noise;
    const double gain = recover * difference * d->variance / variance, sd = sqrt(variance);
    const double quiet_mean = recover * d->mean + gain * u;
    const double rest = fmax(0.0, recover * recover * d->variance - gain * gain * variance);
    const double quiet =
        (1.0 - chance) * exp(-0.5 * u * u / variance) / (sd * sqrt(2.0 * M_PI));
    double density = quiet, first = quiet * quiet_mean;
    double second = quiet * quiet_mean * quiet_mean;

    for (int i = 0; chance > 0.0 && i < N_NODE; i++) {
        const double size = sd * node[i] - u;
        const double weight = chance * node_weight[i] * log_normal_density(p, size);
        const double mean = quiet_mean + (1.0 + gain) * size;

        density += weight;
        first += weight * mean;
        second += weight * mean * mean;
    }
    if (!(density > 0.0))
        return 0.0;
    d->mean = first / density;
    d->variance = fmax(0.0, second / density - d->mean * d->mean) + rest;
    return density;
}

double fit_peg_log_likelihood(const struct peg_series *s, const struct peg *p,
                              double *depeg)
{
    struct depeg d = {0.0, 0.0};
    double before = s->log_price[0] - p->log_parity;
    double step = 0.0, keep = 1.0, recover = 1.0, chance = 0.0;
    double sum = -0.5 * (before * before / (p->basis_log_sd * p->basis_log_sd) + LOG_2PI) -
                 log(p->basis_log_sd);

    for (uint32_t t = 1; t < s->n; t++) {
        const double years = (s->time_s[t] - s->time_s[t - 1]) / FIT_YEAR_S;
        const double age = (s->time_s[t] - s->time_s[0]) / FIT_YEAR_S;
        const double now = s->log_price[t] - p->log_parity - p->drift_annual * age;

        if (years != step) { /* most steps are equal */
            step = years;
            keep = exp(-LN2 * years / p->basis_half_life);
            recover = exp(-LN2 * years / p->recovery_half_life);
            chance = -expm1(-p->depegs_per_year * years);
        }
        const double u = now - keep * before - (keep - recover) * d.mean;

        sum += log(step_density(p, u, keep, recover, chance, &d));
        before = now;
    }
    if (depeg != NULL)
        *depeg = d.mean;
    return sum;
}

/* The order of the coordinates; without depegs the last four are absent, without growth the
 * drift is. */
enum { PARITY, SD, HALF_LIFE, DEPEGS, MEDIAN, SPREAD, RECOVERY, DRIFT };

static const char *const keys[N_FULL] = {
    "parity",           "basis_log_sd", "basis_half_life",    "depegs_per_year",
    "depeg_median_log", "depeg_log_sd", "recovery_half_life", "drift_annual"};

struct peg_data {
    const struct peg_series *series;
    uint32_t n;
    int which[N_FULL]; /* [n] coordinates in use */
    double least_sd;   /* of the basis: prices that stand still are not certain */
};

static void peg_from(const double *x, const struct peg_data *d, struct peg *p)
{
    double full[N_FULL] = {0.0, 1.0, 1.0, 0.0, 0.05, 0.5, 1.0, 0.0};

    for (uint32_t i = 0; i < d->n; i++)
        full[d->which[i]] = x[i];
    *p = (struct peg){.log_parity = full[PARITY],
                      .basis_log_sd = full[SD],
                      .basis_half_life = full[HALF_LIFE],
                      .depegs_per_year = full[DEPEGS],
                      .depeg_median_log = full[MEDIAN],
                      .depeg_log_sd = full[SPREAD],
                      .recovery_half_life = full[RECOVERY],
                      .drift_annual = full[DRIFT]};
}

static double log_likelihood(const double *x, const void *data)
{
    const struct peg_data *d = data;
    struct peg p;

    peg_from(x, d, &p);
    return p.basis_log_sd > d->least_sd ? fit_peg_log_likelihood(d->series, &p, NULL)
                                        : (double)NAN;
}

/* First guesses from the steps' changes: a robust deviation and the falls that stand
 * out. */
struct guess {
    double level, sd, half_life, n_depeg, median, years;
};

static void guess_peg(const struct peg_series *s, struct guess *g)
{
    struct arena arena = {NULL};
    double *sorted = arena_get(&arena, s->n, sizeof(double));
    double change = 0.0, size = 0.0;

    memcpy(sorted, s->log_price, s->n * sizeof(*sorted));
    stats_sort(sorted, s->n);
    g->level = sorted[s->n / 2];
    g->sd = (sorted[(size_t)(0.84 * s->n)] - sorted[(size_t)(0.16 * s->n)]) / 2.0;
    for (uint32_t t = 1; t < s->n; t++)
        sorted[t - 1] = fabs(s->log_price[t] - s->log_price[t - 1]);
    stats_sort(sorted, s->n - 1);
    change = fmax(fit_robust_deviation(sorted, s->n - 1), 1e-9);
    g->sd = fmax(g->sd, change);
    g->n_depeg = 0.0;
    for (uint32_t t = 1; t < s->n; t++) {
        const double fall = s->log_price[t - 1] - s->log_price[t];

        if (fall > DETECTION * change) {
            g->n_depeg++;
            size += log(fall);
        }
    }
    g->median = g->n_depeg > 0.0 ? exp(size / g->n_depeg) : 20.0 * change;
    g->years = (s->time_s[s->n - 1] - s->time_s[0]) / FIT_YEAR_S;
    /* var of a change = 2 s^2 (1 - k) */
    const double kept =
        fmax(0.02, fmin(0.98, 1.0 - 0.5 * change * change / (g->sd * g->sd)));
    g->half_life = -LN2 / log(kept) * g->years / (s->n - 1);
    arena_free(&arena);
}

static void set_coordinates(const struct guess *g, uint32_t n_price, struct coordinate *c)
{
    const double step = g->years / (n_price - 1), rate = fmax(1.0, g->n_depeg) / g->years;

    c[PARITY] = (struct coordinate){"the parity",     MAXIMISE_PLAIN,  0, 0,
                                    g->level - g->sd, g->level + g->sd};
    c[SD] = (struct coordinate){"the basis", MAXIMISE_LOG, 0, 0, 0.5 * g->sd, 1.5 * g->sd};
    c[HALF_LIFE] =
        (struct coordinate){"the half-life of the basis", MAXIMISE_LOG,      0, 0,
                            0.4 * g->half_life,           2.5 * g->half_life};
    c[DEPEGS] = (struct coordinate){"the rate of depegs",
                                    MAXIMISE_LOGIT,
                                    0,
                                    0.7 / step,
                                    fmin(0.5 * rate, 0.1 / step),
                                    fmin(2.0 * rate, 0.5 / step)};
    c[MEDIAN] = (struct coordinate){"the size of depegs", MAXIMISE_LOG,   0, 0,
                                    0.5 * g->median,      2.0 * g->median};
    c[SPREAD] = (struct coordinate){"the spread of depegs", MAXIMISE_LOG, 0, 0, 0.3, 1.0};
    c[RECOVERY] = (struct coordinate){"the recovery",
                                      MAXIMISE_LOG,
                                      0,
                                      0,
                                      2.0 * step,
                                      fmax(30.0 * step, g->half_life * 3.0)};
    c[DRIFT] = (struct coordinate){
        "the drift", MAXIMISE_PLAIN, 0, 0, -2.0 * g->sd / g->years, 2.0 * g->sd / g->years};
}

/* One search with the coordinates named. */
static void search(const struct peg_series *series, const struct guess *g, bool depegs,
                   uint64_t seed, struct peg_data *d, struct maximum *maximum)
{
    struct coordinate all[N_FULL], used[N_FULL];
    struct likelihood likelihood = {0, used, log_likelihood, d};
    double start[N_FULL];

    *d = (struct peg_data){.series = series, .least_sd = LEAST_SD * g->sd};
    for (int i = PARITY; i <= (depegs ? RECOVERY : HALF_LIFE); i++)
        d->which[d->n++] = i;
    if (series->accrues)
        d->which[d->n++] = DRIFT;
    set_coordinates(g, series->n, all);
    for (uint32_t i = 0; i < d->n; i++) {
        used[i] = all[d->which[i]];
        start[i] = used[i].scale == MAXIMISE_PLAIN ? 0.5 * (used[i].low + used[i].high)
                                                   : sqrt(used[i].low * used[i].high);
    }
    likelihood.n = d->n;
    maximise(&likelihood, start, 1, depegs ? 1 : 0, seed, maximum);
}

static bool check_series(const struct peg_series *s, struct error *err)
{
    bool moves = false;

    if (s->n < PEG_LEAST)
        return fail(err, "%u prices are too few for peg: give at least %d", s->n,
                    PEG_LEAST);
    for (uint32_t t = 0; t < s->n; t++) {
        if (!isfinite(s->log_price[t]))
            return fail(err, "price %u is not a positive number: correct it", t + 1);
        if (t > 0 && !(s->time_s[t] > s->time_s[t - 1]))
            return fail(err,
                        "the time of price %u is not after that of the one before: sort "
                        "the prices",
                        t + 1);
        moves |= s->log_price[t] != s->log_price[0];
    }
    return moves ||
           fail(err, "all %u prices are equal: a constant series tells nothing of peg",
                s->n);
}

/* Coordinates to the model's table: parity is a price, durations are seconds. */
static void free_parameters(const struct peg_data *d, struct maximum *m, double *covariance,
                            struct estimate *e)
{
    double factor[N_FULL];

    for (uint32_t i = 0; i < d->n; i++) {
        const int which = d->which[i];
        const bool duration = which == HALF_LIFE || which == RECOVERY;
        const double value = which == PARITY ? exp(m->x[i])
                             : duration      ? m->x[i] * FIT_YEAR_S
                                             : m->x[i];

        factor[i] = which == PARITY ? value : duration ? FIT_YEAR_S : 1.0;
        fit_free(e, keys[which], value, m);
    }
    for (uint32_t i = 0; i < d->n; i++)
        for (uint32_t j = 0; j < d->n; j++)
            covariance[i * d->n + j] = m->covariance[i * d->n + j] * factor[i] * factor[j];
}

bool fit_peg(const struct peg_series *series, uint64_t seed, struct arena *arena,
             struct estimate *estimate, struct error *err)
{
    const struct returns count = {.n = series->n};
    struct peg_data quiet_data, full_data;
    struct maximum quiet, full;
    double covariance[N_FULL * N_FULL];
    struct guess g;

    memset(estimate, 0, sizeof(*estimate));
    estimate->model = registry_price_find("peg");
    if (estimate->model == NULL)
        return fail(err, "there is no price model 'peg' to be estimated");
    if (!check_series(series, err))
        return false;
    estimate->param = arena_get(arena, 1, estimate->model->about.param_size);
    field_presets(estimate->model->about.fields, estimate->param);
    guess_peg(series, &g);
    search(series, &g, false, seed, &quiet_data, &quiet);
    search(series, &g, true, seed, &full_data, &full);
    const bool depegs = full.log_likelihood > quiet.log_likelihood + LEAST_GAIN;
    struct maximum *best = depegs ? &full : &quiet;

    if (!depegs)
        maximum_remark(best,
                       "no depeg stands out in %.3g years, so that with 95 %% confidence "
                       "there are less than %.3g a year",
                       g.years, 3.0 / g.years);
    free_parameters(depegs ? &full_data : &quiet_data, best, covariance, estimate);
    fit_finish(&count, best, covariance, arena, estimate);
    return true;
}
