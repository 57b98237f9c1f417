/* Self-exciting jumps by maximum likelihood; the likelihood and what is approximate in it are
 * in hawkes.c. The search starts from jumps picked by size: returns beyond 3.5 robust
 * standard deviations, whose number, mean and spread are first guesses, each with weak and
 * strong, short and long excitation. The errors of positive parameters are those of the
 * logarithm times the value, that of the excitation those of the logit times n (1 - n):
 * intervals are best made on those scales.
 *
 * Over 75 simulated series of ten years of days, with 300 jumps each, twice the gain in
 * log-likelihood over the true parameters had mean 7.0 and deviation 3.7, as chi-square with
 * 7 degrees of freedom has: what is approximate does not show. Intervals made from the
 * curvature held the truth in 92 to 97 of 100 series, but that of the decay, which rests on
 * the distances of few jumps, only in 90: its spread between series is a sixth wider than
 * its error. */
#include "sim/study/fit_hawkes.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/stats.h"

enum { N_START = 3, N_RANDOM = 2, HAWKES_LEAST = 250, MOST_SEARCHED = 5000 };

/* The diffusion has at least this share of the volatility of the whole, so that returns of
 * exactly 0 (a stuck feed) do not make the likelihood infinite. */
static const double LEAST_VOLATILITY = 0.02;
static const double DETECTION = 3.5;        /* robust standard deviations */
static const double LEAST_DECAY = 0.01;     /* 1/year: what the model takes */
static const double MOST_DECAY = 1.0;       /* beta times the step */
static const double MOST_JUMPS = 3.0;       /* mu times the step */
static const double MOST_EXCITATION = 0.99; /* at 1 the jumps never die down */

static void from_coordinates(const double *x, struct hawkes *hawkes)
{
    *hawkes = (struct hawkes){
        .drift_annual = x[HAWKES_DRIFT],
        .volatility_annual = x[HAWKES_VOLATILITY],
        .jumps_per_year = x[HAWKES_BASE],
        .excitation = x[HAWKES_EXCITATION],
        .decay_per_year = x[HAWKES_DECAY],
        .jump_log_mean = x[HAWKES_JUMP_MEAN],
        .jump_log_sd = x[HAWKES_JUMP_SD],
    };
}

struct search_data {
    const struct returns *returns;
    double least_volatility;
};

static double log_likelihood(const double *x, const void *data)
{
    const struct search_data *d = data;
    struct hawkes hawkes;

    from_coordinates(x, &hawkes);
    return hawkes.volatility_annual > d->least_volatility
               ? hawkes_log_likelihood(d->returns, &hawkes, NULL)
               : (double)NAN;
}

/* What the returns look like, per step. */
struct guess {
    double diffusion_sd, jump_rate, jump_mean, jump_sd;
};

static void guess_jumps(const struct returns *returns, struct guess *g)
{
    struct arena arena = {NULL};
    double *value = arena_get(&arena, returns->n, sizeof(double));
    double count = 0.0, sum = 0.0, square = 0.0, rest = 0.0;

    memcpy(value, returns->log_return, returns->n * sizeof(*value));
    stats_sort(value, returns->n);
    const double centre = value[returns->n / 2];

    for (uint32_t t = 0; t < returns->n; t++)
        value[t] = fabs(returns->log_return[t] - centre);
    stats_sort(value, returns->n);
    const double limit = DETECTION * fit_robust_deviation(value, returns->n);

    for (uint32_t t = 0; t < returns->n; t++) {
        const double x = returns->log_return[t] - centre, jump = fabs(x) > limit;

        count += jump;
        sum += jump * x;
        square += x * x * jump;
        rest += x * x * (1.0 - jump);
    }
    g->diffusion_sd = fmax(sqrt(rest / returns->n), 0.1 * limit / DETECTION);
    g->jump_rate = fmax(count, 2.0) / returns->n;
    g->jump_mean = count > 0.0 ? sum / count : 0.0;
    g->jump_sd = count > 1.0 ? sqrt(square / count - g->jump_mean * g->jump_mean) : 0.0;
    g->jump_sd = fmax(g->jump_sd, 2.0 * g->diffusion_sd);
    arena_free(&arena);
}

static void set_coordinates(const struct returns *returns, const struct guess *g,
                            struct coordinate *c)
{
    const double years = returns->step_s / FIT_YEAR_S;
    double mean, variance;

    fit_moments(returns, &mean, &variance);
    const double drift = mean / years + 0.5 * variance / years;
    const double error = sqrt(variance / returns->n) / years, rate = g->jump_rate / years;
    const double vol = g->diffusion_sd / sqrt(years);

    c[HAWKES_DRIFT] = (struct coordinate){"the drift",         MAXIMISE_PLAIN,     0, 0,
                                          drift - 2.0 * error, drift + 2.0 * error};
    c[HAWKES_VOLATILITY] =
        (struct coordinate){"the volatility", MAXIMISE_LOG, 0, 0, 0.7 * vol, 1.2 * vol};
    c[HAWKES_BASE] = (struct coordinate){"the base rate of jumps",
                                         MAXIMISE_LOGIT,
                                         0,
                                         MOST_JUMPS / years,
                                         fmin(0.2 * rate, 0.1 / years),
                                         fmin(3.0 * rate, 1.0 / years)};
    c[HAWKES_EXCITATION] =
        (struct coordinate){"the excitation", MAXIMISE_LOGIT, 0, MOST_EXCITATION, 0.1, 0.8};
    c[HAWKES_DECAY] = (struct coordinate){"the decay of the excitation",
                                          MAXIMISE_LOGIT,
                                          LEAST_DECAY,
                                          MOST_DECAY / years,
                                          fmax(0.01 / years, 2.0 * LEAST_DECAY),
                                          0.6 / years};
    c[HAWKES_JUMP_MEAN] =
        (struct coordinate){"the mean of a jump",      MAXIMISE_PLAIN,           0, 0,
                            g->jump_mean - g->jump_sd, g->jump_mean + g->jump_sd};
    c[HAWKES_JUMP_SD] = (struct coordinate){"the spread of jumps", MAXIMISE_LOG,    0, 0,
                                            0.5 * g->jump_sd,      1.5 * g->jump_sd};
}

static double total_volatility(const struct returns *returns)
{
    double mean, variance;

    fit_moments(returns, &mean, &variance);
    return sqrt(variance * FIT_YEAR_S / returns->step_s);
}

void fit_hawkes_search(const struct returns *returns, uint64_t seed, struct hawkes *hawkes,
                       struct maximum *maximum)
{
    static const struct {
        double excitation, decay_step;
    } shape[N_START] = {{0.3, 0.3}, {0.6, 0.07}, {0.6, 0.7}};
    const double years = returns->step_s / FIT_YEAR_S;
    struct coordinate coordinate[HAWKES_N];
    double start[N_START][HAWKES_N];
    struct guess g;

    guess_jumps(returns, &g);
    set_coordinates(returns, &g, coordinate);
    for (int i = 0; i < N_START; i++) {
        for (int j = 0; j < HAWKES_N; j++)
            start[i][j] = 0.5 * (coordinate[j].low + coordinate[j].high);
        start[i][HAWKES_BASE] =
            fmin(1.0, g.jump_rate * (1.0 - shape[i].excitation)) / years;
        start[i][HAWKES_EXCITATION] = shape[i].excitation;
        start[i][HAWKES_DECAY] = shape[i].decay_step / years;
        start[i][HAWKES_JUMP_SD] = 0.8 * g.jump_sd;
    }
    const struct returns part = fit_last(returns, MOST_SEARCHED);
    struct search_data data = {&part, LEAST_VOLATILITY * total_volatility(returns)};
    const struct likelihood likelihood = {HAWKES_N, coordinate, log_likelihood, &data};

    maximise(&likelihood, start[0], N_START, N_RANDOM, seed, maximum);
    if (part.n < returns->n) {
        for (int j = 0; j < HAWKES_N; j++)
            if (!maximum->fixed[j]) /* not from the end of a range */
                start[0][j] = maximum->x[j];
        data.returns = returns;
        maximise(&likelihood, start[0], 1, 0, seed, maximum);
    }
    from_coordinates(maximum->x, hawkes);
}

/* {self: n}: the asset that the jumps excite is the one that jumps. */
static void set_excitation(const struct hawkes *hawkes, struct maximum *maximum,
                           struct arena *arena, struct estimate *e)
{
    const struct field *field = fit_field(e->model, "excitation");
    struct loadings *loadings = (void *)((char *)e->param + field->offset);
    const char **name = arena_get(arena, 1, sizeof(*name));
    double *value = arena_get(arena, 1, sizeof(*value));
    const uint32_t at = e->n_param++;

    assert(field->type == FIELD_LOADINGS);
    name[0] = FIT_SELF;
    value[0] = hawkes->excitation;
    *loadings = (struct loadings){.n = 1, .name = name, .value = value};
    snprintf(e->p[at].key, ESTIMATE_KEY, "excitation.%s", FIT_SELF);
    e->p[at].value = hawkes->excitation;
    e->p[at].standard_error = maximum->fixed[at] ? NAN : 0.0;
}

bool fit_hawkes(const struct returns *returns, uint64_t seed, struct arena *arena,
                struct estimate *estimate, struct error *err)
{
    static const char *const keys[HAWKES_N] = {
        "drift_annual",   "volatility_annual", "jumps_per_year", NULL,
        "decay_per_year", "jump_log_mean",     "jump_log_sd"};
    struct hawkes hawkes;
    struct maximum maximum;

    if (!fit_begin(returns, "hawkes", HAWKES_LEAST, arena, estimate, err))
        return false;
    fit_hawkes_search(returns, seed, &hawkes, &maximum);
    for (int i = 0; i < HAWKES_N; i++) {
        if (keys[i] == NULL)
            set_excitation(&hawkes, &maximum, arena, estimate);
        else
            fit_free(estimate, keys[i], maximum.x[i], &maximum);
    }
    fit_finish(returns, &maximum, maximum.covariance, arena, estimate);
    fit_hawkes_filter(returns, estimate);
    return true;
}

void fit_hawkes_filter(const struct returns *returns, struct estimate *e)
{
    const struct field *field = fit_field(e->model, "excitation");
    const struct loadings *loadings = (void *)((char *)e->param + field->offset);
    const struct hawkes hawkes = {
        .drift_annual = fit_get(e->model, e->param, "drift_annual"),
        .volatility_annual = fit_get(e->model, e->param, "volatility_annual"),
        .jumps_per_year = fit_get(e->model, e->param, "jumps_per_year"),
        .excitation = loadings->value[0],
        .decay_per_year = fit_get(e->model, e->param, "decay_per_year"),
        .jump_log_mean = fit_get(e->model, e->param, "jump_log_mean"),
        .jump_log_sd = fit_get(e->model, e->param, "jump_log_sd"),
    };
    double end;

    hawkes_log_likelihood(returns, &hawkes, &end);
    fit_set(e->model, e->param, "start_jumps_per_year", end);
}
