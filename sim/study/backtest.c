#include "sim/study/backtest.h"

#include <math.h>
#include <string.h>

#include "models/registry.h"
#include "sim/run_parallel.h"
#include "sim/stats.h"
#include "sim/study/exceedance.h"
#include "sim/study/forecast.h"

enum { TEST_REPEATS = 4096, TESTS_OF_LEVEL = 4, FEW_DRAWS = 64 };
static const double DAY_S = 86400.0;

/* One series with where its forecasts begin. */
struct walk {
    const struct returns *returns;
    struct backtest_series *series;
    uint32_t n_window, n_step; /* returns in a window, in a horizon */
    double every_s;
    uint32_t *origin; /* [n_forecast] index of the first return of the horizon */
    bool *follows;    /* [n_forecast] the horizon before ends where this one begins */
};

/* One model of one series: a task of its own. */
struct task {
    const struct backtest_options *options;
    const struct walk *walk;
    const struct estimator *estimator;
    struct backtest_model *model;
    struct arena arena; /* of what stays */
    uint32_t number;
};

static bool named_twice(const char *option, const char *const *name, uint32_t n,
                        struct error *err)
{
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t before = 0; before < i; before++)
            if (strcmp(name[before], name[i]) == 0)
                return !fail(err, "backtest: %s names '%s' twice", option, name[i]);
    return false;
}

static const struct estimator *estimator_named(const char *name)
{
    const struct estimator *e = estimators;

    while (e->model != NULL && strcmp(e->model, name) != 0)
        e++;
    return e->model != NULL ? e : NULL;
}

/* Horizons one after the other, each with a whole window before it in the same run. */
static void find_origins(struct walk *walk, struct arena *arena)
{
    const struct returns *r = walk->returns;
    struct backtest_series *s = walk->series;
    uint32_t run_start = 0, last_end = UINT32_MAX;

    walk->origin = arena_get(arena, r->n / walk->n_step + 1, sizeof *walk->origin);
    walk->follows = arena_get(arena, r->n / walk->n_step + 1, sizeof *walk->follows);
    for (uint32_t i = 0; i < r->n; i++) {
        bool whole = i + walk->n_step <= r->n;
        if (r->starts_run[i])
            run_start = i;
        if (i < run_start + walk->n_window || (last_end != UINT32_MAX && i < last_end))
            continue;
        for (uint32_t k = 1; whole && k < walk->n_step; k++)
            whole = !r->starts_run[i + k];
        if (!whole)
            continue;
        walk->follows[s->n_forecast] = i == last_end;
        walk->origin[s->n_forecast++] = i;
        last_end = i + walk->n_step;
    }
    s->time_s = arena_get(arena, s->n_forecast, sizeof *s->time_s);
    s->loss_frac = arena_get(arena, s->n_forecast, sizeof *s->loss_frac);
    for (uint32_t f = 0; f < s->n_forecast; f++) {
        double sum = 0.0;
        for (uint32_t k = 0; k < walk->n_step; k++)
            sum += r->log_return[walk->origin[f] + k];
        s->time_s[f] = r->end_s[walk->origin[f] + walk->n_step - 1];
        s->loss_frac[f] = -expm1(sum);
    }
}

/* The n_window returns before an origin, as a run of their own. */
static struct returns window_before(const struct walk *walk, uint32_t origin,
                                    const bool *one_run)
{
    const struct returns *r = walk->returns;
    const uint32_t first = origin - walk->n_window;

    return (struct returns){r->log_return + first, r->end_s + first, one_run,
                            walk->n_window, r->step_s};
}

/* Whether the model runs with what was estimated, as it may not where jumps come faster than
 * its steps allow. */
static bool runs(const struct task *t, const struct estimate *estimate, struct error *err)
{
    const struct forecast few = {.model = estimate->model,
                                 .param = estimate->param,
                                 .step_s = t->walk->returns->step_s,
                                 .n_step = 1,
                                 .n_draw = FEW_DRAWS};
    double loss[FEW_DRAWS];

    return forecast_losses(&few, loss, err);
}

/* A fit that replaces the one before it; false: it failed, and the old one stays. */
static bool refit(struct task *t, const struct returns *window, struct arena *arena,
                  struct estimate *estimate)
{
    struct arena fresh = {NULL};
    struct estimate next;
    struct error err;

    t->model->n_fit++;
    if (!t->estimator->fit(window, t->options->seed, &fresh, &next, &err) ||
        !runs(t, &next, &err)) {
        t->model->n_failed_fit++;
        if (t->model->why == NULL)
            t->model->why = arena_text(&t->arena, err.text);
        arena_free(&fresh);
        return false;
    }
    t->model->n_poor_fit += !next.converged;
    arena_free(arena);
    *arena = fresh;
    *estimate = next;
    return true;
}

/* VaR and ES of one forecast, and how they fare. */
static void take_forecast(const struct task *t, uint32_t f, const double *loss,
                          struct exceedance *coverage)
{
    const struct backtest_options *o = t->options;
    const struct backtest_series *s = t->walk->series;

    for (uint32_t l = 0; l < o->n_level; l++) {
        const size_t at = (size_t)l * s->n_forecast + f;
        t->model->var_frac[at] = loss[stats_rank(o->n_draw, o->level[l]) - 1];
        t->model->es_frac[at] = stats_es_value(loss, o->n_draw, o->level[l]);
        exceedance_add(&coverage[l], loss, o->n_draw, t->model->var_frac[at],
                       t->model->es_frac[at], s->loss_frac[f], t->walk->follows[f]);
    }
}

static bool walk_model(struct task *t, struct exceedance *coverage)
{
    const struct backtest_options *o = t->options;
    const struct walk *walk = t->walk;
    struct arena scratch = {NULL}, fitted = {NULL};
    bool *one_run = arena_get(&scratch, walk->n_window, sizeof *one_run), ok = true;
    double *loss = arena_get(&scratch, o->n_draw, sizeof *loss), fitted_s = -INFINITY;
    struct estimate estimate = {.model = NULL};

    one_run[0] = true;
    for (uint32_t f = 0; ok && f < walk->series->n_forecast; f++) {
        const struct returns window = window_before(walk, walk->origin[f], one_run);
        const double now_s = window.end_s[window.n - 1];
        if (now_s - fitted_s >= walk->every_s - 1.0 || !walk->follows[f]) {
            refit(t, &window, &fitted, &estimate);
            fitted_s = now_s;
        }
        ok = estimate.model != NULL;
        if (ok && t->estimator->filter != NULL)
            t->estimator->filter(&window, &estimate);
        const struct forecast forecast = {.model = estimate.model,
                                          .param = estimate.param,
                                          .step_s = window.step_s,
                                          .n_step = walk->n_step,
                                          .n_draw = o->n_draw,
                                          .seed = o->seed,
                                          .first_path = ((uint64_t)t->number << 40) +
                                                        (uint64_t)f * o->n_draw};
        struct error err;
        ok = ok && forecast_losses(&forecast, loss, &err);
        if (ok)
            take_forecast(t, f, loss, coverage);
        else if (estimate.model != NULL)
            t->model->why = arena_text(&t->arena, err.text);
    }
    arena_free(&fitted);
    arena_free(&scratch);
    return ok;
}

static double smaller(double a, double b)
{
    return b < a ? b : a; /* a NaN in b does not count */
}

static void run_task(void *context, uint32_t i)
{
    struct task *t = (struct task *)context + i;
    const struct backtest_options *o = t->options;
    struct exceedance coverage[BACKTEST_MAX_LEVEL];

    for (uint32_t l = 0; l < o->n_level; l++)
        exceedance_start(&coverage[l], 1.0 - o->level[l], TEST_REPEATS, o->seed, &t->arena);
    t->model->missing = !walk_model(t, coverage);
    t->model->least_p = t->model->missing ? (double)NAN : 1.0;
    for (uint32_t l = 0; !t->model->missing && l < o->n_level; l++) {
        struct backtest_test *test = &t->model->test[l];
        exceedance_finish(&coverage[l], test);
        const double p[TESTS_OF_LEVEL] = {test->kupiec_p, test->independence_p, test->z1_p,
                                          test->z2_p};
        for (int k = 0; k < TESTS_OF_LEVEL; k++)
            t->model->least_p =
                smaller(t->model->least_p, p[k] * TESTS_OF_LEVEL * o->n_level);
    }
    t->model->fails = t->model->least_p < o->significance;
}

static bool add_series(const struct backtest_options *o, const struct series *from,
                       double horizon_s, const char *horizon, struct arena *arena,
                       struct backtest *b, struct walk *walk)
{
    struct backtest_series *s = &b->series[b->n_series];
    const double n_window = round(o->window_s / from->returns.step_s);
    const double n_step = round(horizon_s / from->returns.step_s);

    *s = (struct backtest_series){.name = arena_print(arena, "%s-%s", from->name, horizon),
                                  .asset = from->name,
                                  .horizon_s = horizon_s};
    *walk = (struct walk){.returns = &from->returns, .series = s, .every_s = o->every_s};
    if (n_window < SERIES_MIN_RETURN || n_window + n_step > from->returns.n)
        return false;
    walk->n_window = (uint32_t)n_window;
    walk->n_step = (uint32_t)n_step;
    find_origins(walk, arena);
    if (s->n_forecast == 0)
        return false;
    b->n_series++;
    return true;
}

/* Cleans every asset asked for and lays out its series. */
static bool lay_out(const struct backtest_options *o, const struct price_table *table,
                    struct arena *arena, struct backtest *b, struct walk *walk,
                    struct error *err)
{
    const uint32_t n = o->n_asset > 0 ? o->n_asset : table->n_column;
    const struct place command_line = {.file = NULL};

    for (uint32_t i = 0; i < n; i++) {
        const struct price_column *column =
            o->n_asset > 0 ? prices_column(table, o->asset[i], &command_line, err)
                           : &table->column[i];
        struct series *series = arena_get(arena, 1, sizeof *series);
        if (column == NULL ||
            !series_create(table, column, o->n_asset > 0 ? o->asset[i] : column->name,
                           &o->dates, arena, series, err))
            return false;
        const double step_s = series->returns.step_s;
        bool any = add_series(o, series, step_s, series_step_text(step_s, arena), arena, b,
                              &walk[b->n_series]);
        if (step_s < DAY_S && fmod(DAY_S, step_s) == 0.0)
            any |= add_series(o, series, DAY_S, "1d", arena, b, &walk[b->n_series]);
        if (!any)
            return fail(err,
                        "%s: %s has no stretch of %s without a gap before a forecast (%u "
                        "returns of %s, %u gaps): give more prices or a shorter --window",
                        table->file, series->name, series_step_text(o->window_s, arena),
                        series->returns.n, series_step_text(step_s, arena), series->n_gap);
    }
    return true;
}

static bool choose_models(const struct backtest_options *o, const char **name, uint32_t *n,
                          struct error *err)
{
    *n = 0;
    for (const struct estimator *e = estimators; o->n_model == 0 && e->model != NULL; e++)
        name[(*n)++] = e->model;
    for (uint32_t i = 0; i < o->n_model; i++) {
        if (estimator_named(o->model[i]) == NULL)
            return fail(err,
                        "backtest: there is no estimator of '%s': write gbm, merton, kou, "
                        "garch, regime or hawkes",
                        o->model[i]);
        name[(*n)++] = o->model[i];
    }
    return true;
}

/* One task per series and model. */
static struct task *make_tasks(const struct backtest_options *o, const struct walk *walk,
                               const char *const *model, uint32_t n_model,
                               struct arena *arena, struct backtest *b)
{
    struct task *task = arena_get(arena, (size_t)b->n_series * n_model, sizeof *task);

    for (uint32_t s = 0; s < b->n_series; s++) {
        struct backtest_series *series = &b->series[s];
        const size_t n = (size_t)o->n_level * series->n_forecast;
        series->n_model = n_model;
        series->model = arena_get(arena, n_model, sizeof *series->model);
        for (uint32_t m = 0; m < n_model; m++) {
            struct backtest_model *to = &series->model[m];
            to->name = model[m];
            to->var_frac = arena_get(arena, n, sizeof *to->var_frac);
            to->es_frac = arena_get(arena, n, sizeof *to->es_frac);
            to->test = arena_get(arena, o->n_level, sizeof *to->test);
            task[s * n_model + m] = (struct task){.options = o,
                                                  .walk = &walk[s],
                                                  .estimator = estimator_named(model[m]),
                                                  .model = to,
                                                  .number = s * n_model + m};
        }
    }
    return task;
}

bool backtest_walk(const struct backtest_options *o, struct input_list *inputs,
                   struct arena *arena, struct backtest *b, struct error *err)
{
    const struct price_format format = {.utc_offset_s = o->utc_offset_s};
    struct price_table table;
    const char *model[BACKTEST_MAX];
    uint32_t n_model;

    if (named_twice("--assets", o->asset, o->n_asset, err) ||
        named_twice("--models", o->model, o->n_model, err) ||
        !choose_models(o, model, &n_model, err) ||
        !prices_read(inputs, o->prices, NULL, &format, &table, err))
        return false;
    const uint32_t n_asset = o->n_asset > 0 ? o->n_asset : table.n_column;
    struct walk *walk = arena_get(arena, 2 * (size_t)n_asset, sizeof *walk);
    *b = (struct backtest){.file = o->prices,
                           .sha256 = arena_text(arena, table.sha256),
                           .window_s = o->window_s,
                           .every_s = o->every_s,
                           .significance = o->significance,
                           .seed = o->seed,
                           .n_draw = o->n_draw,
                           .n_level = o->n_level,
                           .level = o->level};
    b->series = arena_get(arena, 2 * (size_t)n_asset, sizeof *b->series);
    if (!lay_out(o, &table, arena, b, walk, err))
        return false;
    struct task *task = make_tasks(o, walk, model, n_model, arena, b);
    const uint32_t n_task = b->n_series * n_model;
    run_parallel(n_task, run_task, task, o->label, NULL);
    for (uint32_t i = 0; i < n_task; i++) {
        if (task[i].model->why != NULL)
            task[i].model->why = arena_text(arena, task[i].model->why);
        arena_free(&task[i].arena);
    }
    return true;
}
