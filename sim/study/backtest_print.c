/* The tables of a backtest for people, and its figures as JSON. */
#include "sim/json.h"
#include "sim/study/backtest.h"

static void print_model(const struct backtest *b, const struct backtest_model *m, FILE *out)
{
    if (m->missing) {
        fprintf(out, "%-8s no forecast: %s\n", m->name, m->why != NULL ? m->why : "");
        return;
    }
    for (uint32_t l = 0; l < b->n_level; l++) {
        const struct backtest_test *t = &m->test[l];
        fprintf(out, "%-8s %6.4g %%  %5u %7.1f  %8.3g %8.3g  %+6.2f %8.3g  %+6.2f %8.3g",
                l == 0 ? m->name : "", 100.0 * b->level[l], t->n_exceeded,
                (1.0 - b->level[l]) * t->n, t->kupiec_p, t->independence_p, t->z1, t->z1_p,
                t->z2, t->z2_p);
        fprintf(out, "%s\n", l > 0 ? "" : m->fails ? "  FAILS" : "  survives");
    }
    if (m->n_poor_fit + m->n_failed_fit > 0)
        fprintf(out, "%-8s %u of %u fits did not converge, %u failed\n", "", m->n_poor_fit,
                m->n_fit, m->n_failed_fit);
}

void backtest_print(const struct backtest *b, FILE *out)
{
    for (uint32_t s = 0; s < b->n_series; s++) {
        const struct backtest_series *series = &b->series[s];
        fprintf(out,
                "%s: %u forecasts of the loss of one %s held over %g h; windows of %g "
                "days, refitted every %g\n\n",
                series->name, series->n_forecast, series->asset, series->horizon_s / 3600.0,
                b->window_s / 86400.0, b->every_s / 86400.0);
        fprintf(out, "%-8s %8s  %5s %7s  %8s %8s  %15s  %15s\n", "", "", "loss", "",
                "Kupiec", "indep.", "Acerbi-Szekely", "Acerbi-Szekely");
        fprintf(out, "%-8s %8s  %5s %7s  %8s %8s  %6s %8s  %6s %8s\n", "model", "level",
                "> VaR", "want", "p", "p", "Z1", "p", "Z2", "p");
        for (uint32_t m = 0; m < series->n_model; m++)
            print_model(b, &series->model[m], out);
        fprintf(out,
                "a model fails where the least p times the number of its tests is below "
                "%g\n\n",
                b->significance);
    }
}

static cJSON *model_json(const struct backtest *b, const struct backtest_model *m)
{
    cJSON *const object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "model", m->name);
    cJSON_AddBoolToObject(object, "fails", m->fails);
    json_number(object, "least_p", m->least_p);
    json_number(object, "fits", m->n_fit);
    json_number(object, "fits_not_converged", m->n_poor_fit);
    json_number(object, "fits_failed", m->n_failed_fit);
    cJSON *const levels = cJSON_AddArrayToObject(object, "levels");
    for (uint32_t l = 0; !m->missing && l < b->n_level; l++) {
        const struct backtest_test *t = &m->test[l];
        cJSON *const level = cJSON_CreateObject();
        json_number(level, "level", b->level[l]);
        json_number(level, "exceeded", t->n_exceeded);
        json_number(level, "kupiec_p", t->kupiec_p);
        json_number(level, "independence_p", t->independence_p);
        json_number(level, "coverage_p", t->coverage_p);
        json_number(level, "z1", t->z1);
        json_number(level, "z1_p", t->z1_p);
        json_number(level, "z2", t->z2);
        json_number(level, "z2_p", t->z2_p);
        cJSON_AddItemToArray(levels, level);
    }
    return object;
}

bool backtest_json(const struct backtest *b, FILE *out, struct error *err)
{
    cJSON *const root = cJSON_CreateObject();
    cJSON *const list = cJSON_AddArrayToObject(root, "series");

    for (uint32_t s = 0; s < b->n_series; s++) {
        const struct backtest_series *series = &b->series[s];
        cJSON *const object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "name", series->name);
        cJSON_AddStringToObject(object, "asset", series->asset);
        json_number(object, "horizon_s", series->horizon_s);
        json_number(object, "forecasts", series->n_forecast);
        cJSON *const models = cJSON_AddArrayToObject(object, "models");
        for (uint32_t m = 0; m < series->n_model; m++)
            cJSON_AddItemToArray(models, model_json(b, &series->model[m]));
        cJSON_AddItemToArray(list, object);
    }
    return json_print(root, out, err);
}
