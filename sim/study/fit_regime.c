/* Markov switching by maximum likelihood: EM from several starts (regimes.c), the best end
 * sorted by volatility and polished on the exact likelihood, whose curvature gives the
 * errors. The parameters are each regime's drift and volatility and the rates of switching,
 * so that the transition matrix of any step is expm(Q h); for two regimes
 *     Q h = -ln(1 - a - b) / (a + b) [[-a, a], [b, -b]],    a = P_12, b = P_21,
 * exists where a + b < 1. The chain moves once in a step of the data. The errors of
 * volatilities and rates are those of the logarithm times the value: intervals are best
 * made as value exp(+- 1.96 error / value). */
#include "sim/study/fit_regime.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/registry.h"
#include "sim/rng.h"

enum {
    N_START = 10,
    N_ROUND_START = 40,
    N_ROUND = 400,
    REGIME_LEAST = 100,
    MOST_SEARCHED = 8000
};

/* As in regimes.c: no regime is calmer than this share of the whole. */
static const double LEAST_VOLATILITY = 0.02;
static const double MOST_SWITCHES = 20.0; /* rate of switching times the step */
static const double WEAK_GAIN = 6.0;      /* in log-likelihood over one regime */

static void *param_place(const struct price_model *model, void *param, const char *key,
                         enum field_type type)
{
    const struct field *field = fit_field(model, key);

    assert(field->type == type);
    (void)type;
    return (char *)param + field->offset;
}

struct search_data {
    const struct returns *returns;
    uint32_t n_regime;
    double least_volatility;
};

static void from_coordinates(const double *x, uint32_t n, struct regimes *regimes)
{
    *regimes = (struct regimes){.n = n};
    for (uint32_t i = 0; i < n; i++) {
        regimes->drift_annual[i] = *x++;
        regimes->volatility_annual[i] = *x++;
    }
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++)
            if (i != j)
                regimes->per_year[i][j] = *x++;
}

static void to_coordinates(const struct regimes *regimes, const struct coordinate *c,
                           double *x)
{
    const uint32_t n = regimes->n;
    uint32_t at = 0;

    for (uint32_t i = 0; i < n; i++) {
        x[at++] = regimes->drift_annual[i];
        x[at++] = regimes->volatility_annual[i];
    }
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++)
            if (i != j) {
                x[at] =
                    fmin(0.99 * c[at].max, fmax(1e-3 * c[at].low, regimes->per_year[i][j]));
                at++;
            }
}

static double log_likelihood(const double *x, const void *data)
{
    const struct search_data *d = data;
    struct regimes regimes;

    from_coordinates(x, d->n_regime, &regimes);
    for (uint32_t i = 0; i < d->n_regime; i++)
        if (!(regimes.volatility_annual[i] > d->least_volatility))
            return NAN;
    return regimes_log_likelihood(d->returns, &regimes, NULL);
}

/* Volatilities around that of the whole, regimes that last from two steps to a tenth of the
 * series. */
static void random_regimes(struct rng *rng, double drift, double volatility, double years,
                           uint32_t n_return, struct regimes *regimes)
{
    lane_row uniform;

    for (uint32_t i = 0; i < regimes->n; i++) {
        const double centre = regimes->n > 1 ? 2.0 * i / (regimes->n - 1.0) - 1.0 : 0.0;

        rng_uniform(rng, uniform);
        regimes->volatility_annual[i] =
            volatility * exp(0.7 * centre + 0.8 * (uniform[0] - 0.5));
        rng_uniform(rng, uniform);
        regimes->drift_annual[i] =
            drift + 2.0 * (uniform[0] - 0.5) * volatility / sqrt(n_return * years);
        rng_uniform(rng, uniform);
        const double last = 2.0 * pow(fmax(2.0, 0.05 * n_return), uniform[0]);

        for (uint32_t j = 0; j < regimes->n; j++)
            regimes->per_year[i][j] =
                i == j ? 0.0 : 1.0 / (last * years * (regimes->n - 1.0));
    }
}

/* The best end of EM from N_START starts, tried on the last MOST_SEARCHED returns. */
static void best_em(const struct returns *returns, uint64_t seed, double drift,
                    double volatility, struct regimes *best)
{
    const struct returns part = fit_last(returns, MOST_SEARCHED);
    const double years = returns->step_s / FIT_YEAR_S;
    double most = -INFINITY;
    struct rng rng;

    rng_start(&rng, seed, 0, "regimes");
    for (int start = 0; start < N_START; start++) {
        struct regimes regimes = {.n = best->n};

        random_regimes(&rng, drift, volatility, years, part.n, &regimes);
        const double value = regimes_em(&part, &regimes, N_ROUND_START, 1e-3);

        if (value > most) {
            most = value;
            *best = regimes;
        }
    }
    regimes_em(returns, best, N_ROUND, 1e-6);
    regimes_sort(best);
}

static void set_coordinates(struct coordinate *c, uint32_t n, double drift,
                            double volatility, double years, uint32_t n_return)
{
    const double drift_error = volatility / sqrt(n_return * years);
    uint32_t at = 0;

    for (uint32_t i = 0; i < n; i++) {
        c[at++] = (struct coordinate){.name = "a drift",
                                      .scale = MAXIMISE_PLAIN,
                                      .low = drift - 2.0 * drift_error,
                                      .high = drift + 2.0 * drift_error};
        c[at++] = (struct coordinate){.name = "a volatility",
                                      .scale = MAXIMISE_LOG,
                                      .low = 0.6 * volatility,
                                      .high = 1.7 * volatility};
    }
    for (uint32_t i = 0; i < n * (n - 1); i++)
        c[at++] = (struct coordinate){.name = "a rate of switching",
                                      .scale = MAXIMISE_LOGIT,
                                      .max = MOST_SWITCHES / years,
                                      .low = 0.02 / years,
                                      .high = 0.2 / years};
}

void fit_regime_search(const struct returns *returns, uint32_t n_regime, uint64_t seed,
                       struct regimes *regimes, struct maximum *maximum)
{
    const double years = returns->step_s / FIT_YEAR_S;
    struct coordinate coordinate[MAXIMISE_MAX];
    double mean, variance, x[MAXIMISE_MAX];

    fit_moments(returns, &mean, &variance);
    const double volatility = sqrt(variance / years),
                 drift = mean / years + variance / years / 2;
    const struct search_data data = {returns, n_regime, LEAST_VOLATILITY * volatility};
    const struct likelihood likelihood = {.n = n_regime * (n_regime + 1),
                                          .coordinate = coordinate,
                                          .log_likelihood = log_likelihood,
                                          .data = &data};

    *regimes = (struct regimes){.n = n_regime};
    set_coordinates(coordinate, n_regime, drift, volatility, years, returns->n);
    best_em(returns, seed, drift, volatility, regimes);
    for (int round = 0; round < 2; round++) {
        to_coordinates(regimes, coordinate, x);
        maximise(&likelihood, x, 1, 0, seed, maximum);
        from_coordinates(maximum->x, n_regime, regimes);

        const struct regimes found = *regimes;
        regimes_sort(regimes); /* the polish rarely changes the order */
        if (memcmp(&found, regimes, sizeof(found)) == 0)
            break;
    }
}

/* Puts the regimes found into the parameters of the model. */
static void set_regimes(const struct regimes *regimes, struct arena *arena,
                        struct estimate *e)
{
    const uint32_t n = regimes->n;
    const struct price_model *gbm = registry_price_find("gbm");
    struct model_list *list = param_place(e->model, e->param, "regimes", FIELD_MODELS);
    struct number_list *rates =
        param_place(e->model, e->param, "switches_per_year", FIELD_NUMBERS);
    struct number_list *start = param_place(e->model, e->param, "start", FIELD_NUMBERS);
    const void **param = arena_get(arena, n, sizeof(*param));
    double *rate = arena_get(arena, (size_t)n * n, sizeof(*rate));

    for (uint32_t i = 0; i < n; i++) {
        void *one = arena_get(arena, 1, gbm->about.param_size);

        field_presets(gbm->about.fields, one);
        fit_set(gbm, one, "drift_annual", regimes->drift_annual[i]);
        fit_set(gbm, one, "volatility_annual", regimes->volatility_annual[i]);
        param[i] = one;
        for (uint32_t j = 0; j < n; j++)
            rate[i * n + j] = i == j ? 0.0 : regimes->per_year[i][j];
    }
    *list = (struct model_list){.n = n, .model = gbm, .param = param};
    *rates = (struct number_list){.n = n * n, .value = rate};
    *start = (struct number_list){.n = n, .value = arena_get(arena, n, sizeof(double))};
}

static void get_regimes(const struct estimate *e, struct regimes *regimes)
{
    const struct model_list *list =
        param_place(e->model, e->param, "regimes", FIELD_MODELS);
    const struct number_list *rates =
        param_place(e->model, e->param, "switches_per_year", FIELD_NUMBERS);

    *regimes = (struct regimes){.n = list->n};
    for (uint32_t i = 0; i < list->n; i++) {
        regimes->drift_annual[i] = fit_get(list->model, list->param[i], "drift_annual");
        regimes->volatility_annual[i] =
            fit_get(list->model, list->param[i], "volatility_annual");
        for (uint32_t j = 0; j < list->n; j++)
            regimes->per_year[i][j] = rates->value[i * list->n + j];
    }
}

/* The free parameters in the order of the coordinates. */
static void name_parameters(const struct regimes *regimes, struct maximum *maximum,
                            struct estimate *e)
{
    static const char *const keys[] = {"drift_annual", "volatility_annual"};
    const struct price_model *gbm = registry_price_find("gbm");
    const uint32_t n = regimes->n;

    for (uint32_t i = 0; i < 2 * n; i++) {
        const struct field *field = fit_field(gbm, keys[i % 2]);
        const double x = maximum->x[i], held = fmax(field->min, fmin(field->max, x));

        snprintf(e->p[i].key, ESTIMATE_KEY, "regimes[%u].%s", i / 2, keys[i % 2]);
        e->p[i].value = held;
        e->p[i].standard_error = held == x ? 0.0 : NAN;
        if (held != x)
            maximum_remark(maximum,
                           "%s = %.4g lies beyond what gbm takes and is put to %.4g",
                           e->p[i].key, x, held);
    }
    e->n_param = 2 * n;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++)
            if (i != j) {
                const uint32_t at = e->n_param++;

                snprintf(e->p[at].key, ESTIMATE_KEY, "switches_per_year[%u]", i * n + j);
                e->p[at].value = maximum->x[at];
                e->p[at].standard_error = maximum->fixed[at] ? NAN : 0.0;
            }
}

bool fit_regime_count(const struct returns *returns, uint32_t n_regime, uint64_t seed,
                      struct arena *arena, struct estimate *estimate, struct error *err)
{
    struct regimes regimes;
    struct maximum maximum;
    double mean, variance;

    if (!fit_begin(returns, "regime", REGIME_LEAST, arena, estimate, err))
        return false;
    fit_regime_search(returns, n_regime, seed, &regimes, &maximum);
    fit_moments(returns, &mean, &variance);
    const double one_regime = -0.5 * returns->n * (log(2.0 * M_PI * variance) + 1.0);
    const double gain = maximum.log_likelihood - one_regime;

    if (gain < WEAK_GAIN)
        maximum_remark(
            &maximum,
            "%u regimes gain only %.1f in log-likelihood over one, so that their "
            "errors mean little",
            n_regime, gain);
    name_parameters(&regimes, &maximum, estimate);
    set_regimes(&regimes, arena, estimate);
    fit_finish(returns, &maximum, maximum.covariance, arena, estimate);
    fit_regime_filter(returns, estimate);
    return true;
}

bool fit_regime(const struct returns *returns, uint64_t seed, struct arena *arena,
                struct estimate *estimate, struct error *err)
{
    return fit_regime_count(returns, 2, seed, arena, estimate, err);
}

/* The last return tells of the regime in its middle; the model's first draw is half a step
 * after its start. */
void fit_regime_filter(const struct returns *returns, struct estimate *estimate)
{
    struct number_list *start =
        param_place(estimate->model, estimate->param, "start", FIELD_NUMBERS);
    double *value = (double *)start->value; /* of the arena of the fit */
    double last[REGIMES_MAX], p[REGIMES_MAX][REGIMES_MAX], sum = 0.0;
    struct regimes regimes;

    get_regimes(estimate, &regimes);
    regimes_log_likelihood(returns, &regimes, last);
    regimes_transition(&regimes, 0.5 * returns->step_s / FIT_YEAR_S, p);
    for (uint32_t j = 0; j < regimes.n; j++) {
        value[j] = 0.0;
        for (uint32_t i = 0; i < regimes.n; i++)
            value[j] += last[i] * p[i][j];
        sum += value[j];
    }
    for (uint32_t j = 0; j < regimes.n; j++)
        value[j] /= sum;
}
