#include "sim/study/calibrate.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "scenarios/reader.h"
#include "sim/study/fit_hawkes.h"

static const char CLOSE[] = "_close";
static const double YEAR_S = 365.0 * 86400.0;

/* ---- Which assets and models --------------------------------------------------------- */

static bool ends_in_close(const char *name)
{
    const size_t n = strlen(name), m = sizeof CLOSE - 1;

    return n > m && strcasecmp(name + n - m, CLOSE) == 0;
}

/* "btc_close" as BTC */
static const char *asset_of_column(const char *column, struct arena *arena)
{
    char *name = arena_text(arena, column);

    if (!ends_in_close(name))
        return name;
    name[strlen(name) - (sizeof CLOSE - 1)] = '\0';
    for (char *p = name; *p != '\0'; p++)
        *p = (char)toupper((unsigned char)*p);
    return name;
}

/* All columns of prices: where some are called NAME_close, the others are opens, highs and
 * volumes. */
static bool name_all(struct calibration *c, struct error *err)
{
    bool closes = false;

    for (uint32_t i = 0; i < c->table.n_column; i++) {
        closes = closes || ends_in_close(c->table.column[i].name);
        if (strcasecmp(c->table.column[i].name, CLOSE + 1) == 0)
            return fail(err,
                        "%s:1:1: these are the bars of one asset: name it, as in --assets "
                        "BTC=%s",
                        c->table.file, c->table.column[i].name);
    }
    for (uint32_t i = 0; i < c->table.n_column; i++)
        if (!closes || ends_in_close(c->table.column[i].name))
            c->asset[c->n_asset++].name =
                asset_of_column(c->table.column[i].name, c->arena);
    return true;
}

/* "BTC" or "BTC=column" */
static const char *split_column(const char **name, struct arena *arena)
{
    const char *equals = strchr(*name, '=');

    if (equals == NULL)
        return *name;
    *name = arena_print(arena, "%.*s", (int)(equals - *name), *name);
    return equals + 1;
}

static bool is_peg(const struct calibrate_options *o, const char *name)
{
    for (uint32_t i = 0; i < o->n_peg; i++)
        if (strcmp(o->peg[i], name) == 0)
            return true;
    return false;
}

/* Pegs are taken out of the other assets. */
static bool find_pegs(struct calibration *c, struct error *err)
{
    const struct calibrate_options *o = c->options;
    uint32_t n = 0;

    for (uint32_t i = 0; i < c->n_asset; i++)
        if (!is_peg(o, c->asset[i].name))
            c->asset[n++] = c->asset[i];
    c->n_asset = n;
    if (n == 0)
        return fail(err, "%s: nothing but pegs: name an asset beside them by --assets",
                    c->table.file);
    c->peg = arena_get(c->arena, o->n_peg, sizeof *c->peg);
    for (uint32_t i = 0; i < o->n_peg; i++)
        c->peg[c->n_peg++] =
            (struct calibrate_peg){.name = o->peg[i], .anchor = o->anchor[i]};
    return true;
}

static bool find_assets(struct calibration *c, struct error *err)
{
    const struct calibrate_options *o = c->options;
    const struct place top = {.file = c->table.file, .line = 1, .column = 1};

    c->asset = arena_get(c->arena, o->n_asset > 0 ? o->n_asset : c->table.n_column,
                         sizeof *c->asset);
    for (uint32_t i = 0; i < o->n_asset; i++)
        c->asset[c->n_asset++].name = o->asset[i];
    if ((c->n_asset == 0 && !name_all(c, err)) || !find_pegs(c, err))
        return false;
    if (c->n_asset > CALIBRATE_MAX_NAME)
        return place_fail(&top, err, "%u assets are more than %d: choose some by --assets",
                          c->n_asset, CALIBRATE_MAX_NAME);
    for (uint32_t i = 0; i < c->n_asset; i++) {
        struct calibrate_asset *a = &c->asset[i];
        const char *column = split_column(&a->name, c->arena);
        for (uint32_t before = 0; before < i; before++)
            if (strcmp(c->asset[before].name, a->name) == 0)
                return place_fail(&top, err, "the asset %s is named twice", a->name);
        a->column = prices_column(&c->table, column, &top, err);
        if (a->column == NULL || !reader_name("an asset", a->name, &top, err))
            return false;
    }
    return true;
}

static const struct estimator *estimator_find(const char *name, struct error *err)
{
    const struct estimator *nearest = NULL;

    for (const struct estimator *e = estimators; e->model != NULL; e++) {
        if (strcmp(e->model, name) == 0)
            return e;
        if (nearest == NULL ||
            field_distance(e->model, name) < field_distance(nearest->model, name))
            nearest = e;
    }
    fail(err, "no model '%s' can be estimated from prices: did you mean '%s'?", name,
         nearest->model);
    return NULL;
}

/* Heston's model comes from the options; without them BIC chooses. */
static bool chooses_by_rule(const struct calibrate_options *o)
{
    return strcmp(o->choose, "bic") == 0 || strcmp(o->choose, "aic") == 0 ||
           strcmp(o->choose, "heston") == 0;
}

const struct estimate *calibrate_chosen(const struct calibration *c,
                                        const struct calibrate_asset *a)
{
    const bool heston = strcmp(c->options->choose, "heston") == 0 && a->chain.has_heston;

    return heston ? &a->chain.heston.estimate : &a->fit[a->chosen].estimate;
}

/* The models of one asset in the order of the list; the one to be chosen is among them. */
static bool find_models(const struct calibrate_options *o, struct arena *arena,
                        struct calibrate_asset *a, struct error *err)
{
    uint32_t n = 0;

    for (const struct estimator *e = estimators; e->model != NULL; e++)
        n++;
    a->fit = arena_get(arena, n, sizeof *a->fit);
    for (uint32_t i = 0; i < o->n_model; i++)
        if (estimator_find(o->model[i], err) == NULL)
            return false;
    if (!chooses_by_rule(o) && estimator_find(o->choose, err) == NULL)
        return false;
    for (const struct estimator *e = estimators; e->model != NULL; e++) {
        bool wanted = o->n_model == 0 || strcmp(o->choose, e->model) == 0;
        for (uint32_t i = 0; i < o->n_model; i++)
            wanted = wanted || strcmp(o->model[i], e->model) == 0;
        if (wanted)
            a->fit[a->n_fit++].estimator = e;
    }
    return true;
}

/* ---- Fits ---------------------------------------------------------------------------- */

void calibrate_show(const struct calibration *c, const char *asset, const char *what)
{
    if (c->options->show_progress && isatty(STDERR_FILENO)) {
        fprintf(stderr, "\rcalibrate: %s, %s\033[K", asset, what);
        fflush(stderr);
    }
}

static void show_end(const struct calibration *c)
{
    if (c->options->show_progress && isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
}

static double criterion(const struct calibrate_options *o, const struct estimate *e)
{
    return strcmp(o->choose, "aic") == 0 ? e->aic : e->bic;
}

/* The fit of the least criterion among those that converged; where none did, among all. */
static bool choose(const struct calibrate_options *o, struct calibrate_asset *a,
                   struct error *err)
{
    for (int need = 1; need >= 0; need--) {
        double least = INFINITY;
        for (uint32_t i = 0; i < a->n_fit; i++) {
            const struct calibrate_fit *fit = &a->fit[i];
            const bool named = strcmp(o->choose, fit->estimator->model) == 0;
            if (named && fit->failed)
                return fail(err, "%s", fit->why.text);
            if (fit->failed || (!named && need == 1 && !fit->estimate.converged))
                continue;
            const double value = named ? -INFINITY : criterion(o, &fit->estimate);
            if (value < least) {
                least = value;
                a->chosen = i;
            }
        }
        if (least < INFINITY)
            return true;
    }
    return fail(err, "%s", a->fit[0].why.text);
}

/* Jumps that excite the asset itself are called "self" by the estimator: the asset's name
 * goes there. */
static void name_self(const char *name, struct arena *arena, struct estimate *e)
{
    for (const struct field *f = e->model->about.fields; f->key != NULL; f++) {
        struct loadings *list = (struct loadings *)((char *)e->param + f->offset);
        if (f->type != FIELD_LOADINGS || list->n != 1 ||
            strcmp(list->name[0], FIT_SELF) != 0)
            continue;
        const char **names = arena_get(arena, 1, sizeof *names);
        const char *old = arena_print(arena, "%s.%s", f->key, FIT_SELF);
        names[0] = name;
        list->name = names;
        for (uint32_t i = 0; i < e->n_param; i++)
            if (strcmp(e->p[i].key, old) == 0)
                snprintf(e->p[i].key, ESTIMATE_KEY, "%s.%.*s", f->key,
                         ESTIMATE_KEY - 2 - (int)strlen(f->key), name);
    }
}

/* Volatility at the end of its range, where the estimators put what lies beyond: no market.
 * Also that of a regime. */
static bool in_range(const struct price_model *model, const void *param, struct error *err)
{
    for (const struct field *f = model->about.fields; f->key != NULL; f++) {
        const void *at = (const char *)param + f->offset;
        const bool volatility = strstr(f->key, "volatility_annual") != NULL;
        if (f->type == FIELD_NUMBER && volatility && *(const double *)at >= f->max)
            return fail(err,
                        "%s comes out as %g or more: look for a wrong price at the "
                        "largest move",
                        f->key, f->max);
        if (f->type != FIELD_MODELS)
            continue;
        const struct model_list *list = at;
        for (uint32_t i = 0; i < list->n; i++)
            if (!in_range(list->model, list->param[i], err))
                return false;
    }
    return true;
}

/* Whether the model runs with what was estimated, at the step of the data. */
static bool runs(const struct calibration *c, const struct calibrate_asset *a,
                 const struct estimate *e, struct error *err)
{
    const void *param = e->param;
    const struct price_setup setup = {.step_years = a->series.returns.step_s / YEAR_S,
                                      .n_step = 1,
                                      .spot_usd = a->series.last_usd,
                                      .n_asset = 1,
                                      .asset_name = &a->name,
                                      .asset_spot_usd = &a->series.last_usd,
                                      .model = &e->model,
                                      .param = &param,
                                      .arena = c->arena};

    return e->model->prepare(param, &setup, arena_get(c->arena, 1, e->model->coef_size),
                             err);
}

static bool fit_asset(struct calibration *c, uint32_t at, struct error *err)
{
    const struct calibrate_options *o = c->options;
    struct calibrate_asset *a = &c->asset[at];

    for (uint32_t i = 0; i < a->n_fit; i++) {
        struct calibrate_fit *fit = &a->fit[i];
        struct error why;
        calibrate_show(c, a->name,
                       arena_print(c->arena, "%s (%u of %u fits)", fit->estimator->model,
                                   at * a->n_fit + i + 1, c->n_asset * a->n_fit));
        fit->failed = !fit->estimator->fit(&a->series.returns, o->seed, c->arena,
                                           &fit->estimate, &why);
        if (!fit->failed) {
            name_self(a->name, c->arena, &fit->estimate);
            fit->failed = !in_range(fit->estimate.model, fit->estimate.param, &why) ||
                          !runs(c, a, &fit->estimate, &why);
        }
        if (fit->failed)
            fail(&fit->why, "%s: %s: %s: %.700s", c->table.file, a->name,
                 fit->estimator->model, why.text);
        else if (fit->estimator->filter != NULL)
            fit->estimator->filter(&a->series.returns, &fit->estimate);
        if (!fit->failed && o->zero_drift)
            calibrate_zero_drift(&fit->estimate);
    }
    return choose(o, a, err);
}

static bool equal_steps(const struct calibration *c, struct error *err)
{
    const double step_s = c->asset[0].series.returns.step_s;

    for (uint32_t i = 1; i < c->n_asset; i++)
        if (c->asset[i].series.returns.step_s != step_s)
            return fail(err,
                        "%s: mixed frequencies: prices of %s are %s apart, those of %s %s: "
                        "give --step, or choose by --assets",
                        c->table.file, c->asset[0].name, series_step_text(step_s, c->arena),
                        c->asset[i].name,
                        series_step_text(c->asset[i].series.returns.step_s, c->arena));
    return true;
}

bool calibrate(const struct calibrate_options *options, struct arena *arena,
               struct calibration *calibration, struct error *err)
{
    struct input_list inputs = {.arena = arena};
    const struct price_format format = {.utc_offset_s = options->utc_offset_s};
    struct calibration *c = calibration;

    *c = (struct calibration){.options = options, .arena = arena};
    if (strcmp(options->choose, "heston") == 0 && options->chain == NULL)
        return fail(err,
                    "--choose heston needs --chain: Heston's model is fitted to options");
    if (!prices_read(&inputs, options->prices, NULL, &format, &c->table, err) ||
        !find_assets(c, err))
        return false;
    for (uint32_t i = 0; i < c->n_asset; i++) {
        struct calibrate_asset *a = &c->asset[i];
        if (!find_models(options, arena, a, err) ||
            !series_create(&c->table, a->column, a->name, &options->window, arena,
                           &a->series, err))
            return false;
    }
    bool ok = equal_steps(c, err);
    for (uint32_t i = 0; i < c->n_asset && ok; i++)
        ok = fit_asset(c, i, err);
    ok = ok && calibrate_pegs(c, err) && calibrate_chain(c, err);
    show_end(c);
    return ok && (c->n_asset < 2 || calibrate_joint(c, err));
}
