/* /backtest/<series>: what output/FORMAT.md says of it. */
#include "output/hdf5_backtest.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "sim/arena.h"

static const char *const CUBE[] = {"model", "level", "time", NULL};
static const char *const TABLE[] = {"model", "level", NULL};
static const char *const MODEL[] = {"model", NULL};
static const char *const TIME[] = {"time", NULL};

static const struct member {
    struct hdf5_label label;
    size_t offset; /* of a double in struct backtest_test */
} MEMBERS[] = {
    /* clang-format off */
    {{"kupiec_lr", "1", "Kupiec's likelihood ratio of unconditional coverage"},
     offsetof(struct backtest_test, kupiec_lr)},
    {{"kupiec_p", "1", "its p value, chi-square with 1 degree of freedom"},
     offsetof(struct backtest_test, kupiec_p)},
    {{"independence_lr", "1", "Christoffersen's likelihood ratio of independence"},
     offsetof(struct backtest_test, independence_lr)},
    {{"independence_p", "1", "its p value, chi-square with 1 degree of freedom"},
     offsetof(struct backtest_test, independence_p)},
    {{"coverage_lr", "1", "Christoffersen's likelihood ratio of conditional coverage"},
     offsetof(struct backtest_test, coverage_lr)},
    {{"coverage_p", "1", "its p value, chi-square with 2 degrees of freedom"},
     offsetof(struct backtest_test, coverage_p)},
    {{"z1", "1", "Acerbi and Szekely's first statistic, above 0 if ES is too small"},
     offsetof(struct backtest_test, z1)},
    {{"z1_p", "1", "its one-sided p value, simulated"},
     offsetof(struct backtest_test, z1_p)},
    {{"z2", "1", "Acerbi and Szekely's second statistic, above 0 if ES is too small"},
     offsetof(struct backtest_test, z2)},
    {{"z2_p", "1", "its one-sided p value, simulated"},
     offsetof(struct backtest_test, z2_p)},
    /* clang-format on */
};
enum { N_MEMBER = sizeof MEMBERS / sizeof *MEMBERS };

static bool write_tests(const struct hdf5_place *place, const struct backtest *b,
                        const struct backtest_series *s, struct arena *arena,
                        struct error *err)
{
    static const struct hdf5_label exceeded = {"exceeded", "1", "losses above VaR"};
    const size_t n = (size_t)s->n_model * b->n_level;
    double *values = arena_get(arena, n, sizeof *values);
    uint64_t *counts = arena_get(arena, n, sizeof *counts);

    for (size_t i = 0; i < n; i++)
        counts[i] = s->model[i / b->n_level].test[i % b->n_level].n_exceeded;
    if (!hdf5_store_array(place, &exceeded, H5T_NATIVE_UINT64, TABLE, counts, err))
        return false;
    for (int m = 0; m < N_MEMBER; m++) {
        for (size_t i = 0; i < n; i++) {
            const struct backtest_model *model = &s->model[i / b->n_level];
            const char *test = (const char *)&model->test[i % b->n_level];
            memcpy(&values[i], test + MEMBERS[m].offset, sizeof *values);
            if (model->missing)
                values[i] = (double)NAN;
        }
        if (!hdf5_store_array(place, &MEMBERS[m].label, H5T_NATIVE_DOUBLE, TABLE, values,
                              err))
            return false;
    }
    return true;
}

static bool write_forecasts(const struct hdf5_place *place, const struct backtest *b,
                            const struct backtest_series *s, struct arena *arena,
                            struct error *err)
{
    static const struct hdf5_label loss = {
        "loss_frac", "1", "loss of one unit held, as a share of its value"};
    static const struct hdf5_label label[2] = {
        {"var_frac", "1", "forecast of the value at risk of loss_frac"},
        {"es_frac", "1", "forecast of its expected shortfall"}};
    const size_t n = (size_t)b->n_level * s->n_forecast;
    double *values = arena_get(arena, s->n_model * n, sizeof *values);

    if (!hdf5_store_array(place, &loss, H5T_NATIVE_DOUBLE, TIME, s->loss_frac, err))
        return false;
    for (int k = 0; k < 2; k++) {
        for (uint32_t m = 0; m < s->n_model; m++)
            for (size_t i = 0; i < n; i++)
                values[m * n + i] = s->model[m].missing ? (double)NAN
                                    : k == 0            ? s->model[m].var_frac[i]
                                                        : s->model[m].es_frac[i];
        if (!hdf5_store_array(place, &label[k], H5T_NATIVE_DOUBLE, CUBE, values, err))
            return false;
    }
    return true;
}

static bool write_verdicts(const struct hdf5_place *place, const struct backtest_series *s,
                           struct arena *arena, struct error *err)
{
    static const struct hdf5_label least = {
        "least_p", "1",
        "least p of Kupiec, independence, Z1, Z2 times the number of tests"};
    static const struct hdf5_label fails = {"fails", "1",
                                            "1 where least_p is below the significance"};
    static const struct hdf5_label poor = {"fits_not_converged", "1",
                                           "fits without convergence"};
    double *p = arena_get(arena, s->n_model, sizeof *p);
    uint64_t *verdict = arena_get(arena, s->n_model, sizeof *verdict);
    uint64_t *n_poor = arena_get(arena, s->n_model, sizeof *n_poor);

    for (uint32_t m = 0; m < s->n_model; m++) {
        p[m] = s->model[m].least_p;
        verdict[m] = s->model[m].fails;
        n_poor[m] = s->model[m].n_poor_fit + s->model[m].n_failed_fit;
    }
    return hdf5_store_array(place, &least, H5T_NATIVE_DOUBLE, MODEL, p, err) &&
           hdf5_store_array(place, &fails, H5T_NATIVE_UINT64, MODEL, verdict, err) &&
           hdf5_store_array(place, &poor, H5T_NATIVE_UINT64, MODEL, n_poor, err);
}

static bool write_series(const struct hdf5_store *store, const struct backtest *b,
                         const struct backtest_series *s, struct error *err)
{
    static const struct hdf5_label model = {"model", "1", "price model"};
    static const struct hdf5_label level = {"level", "1", "level of VaR and ES"};
    static const struct hdf5_label time = {"time", "s",
                                           "end of the horizon, seconds since 1970 UTC"};
    struct arena arena = {NULL};
    struct hdf5_place place;
    const char **name = arena_get(&arena, s->n_model, sizeof *name);

    for (uint32_t m = 0; m < s->n_model; m++)
        name[m] = s->model[m].name;
    bool ok =
        hdf5_store_open(store, arena_print(&arena, "backtest/%s", s->name), &place, err);
    if (ok) {
        ok = hdf5_store_text(store, place.group, "asset", s->asset, err) &&
             hdf5_store_attribute(store, place.group, "horizon_s", H5T_NATIVE_DOUBLE,
                                  &s->horizon_s, err) &&
             hdf5_store_names(&place, &model, s->n_model, name, err) &&
             hdf5_store_scale(&place, &level, H5T_NATIVE_DOUBLE, b->n_level, b->level,
                              err) &&
             hdf5_store_scale(&place, &time, H5T_NATIVE_DOUBLE, s->n_forecast, s->time_s,
                              err) &&
             write_forecasts(&place, b, s, &arena, err) &&
             write_tests(&place, b, s, &arena, err) &&
             write_verdicts(&place, s, &arena, err);
        hdf5_store_close(&place);
    }
    arena_free(&arena);
    return ok;
}

bool hdf5_backtest_write(const struct hdf5_store *store, const struct backtest *b,
                         struct error *err)
{
    const uint64_t draws = b->n_draw;
    struct hdf5_place place;

    if (!hdf5_store_open(store, "backtest", &place, err))
        return false;
    bool ok =
        hdf5_store_attribute(store, place.group, "window_s", H5T_NATIVE_DOUBLE,
                             &b->window_s, err) &&
        hdf5_store_attribute(store, place.group, "every_s", H5T_NATIVE_DOUBLE, &b->every_s,
                             err) &&
        hdf5_store_attribute(store, place.group, "significance", H5T_NATIVE_DOUBLE,
                             &b->significance, err) &&
        hdf5_store_attribute(store, place.group, "draws", H5T_NATIVE_UINT64, &draws, err) &&
        hdf5_store_attribute(store, place.group, "seed", H5T_NATIVE_UINT64, &b->seed, err);
    hdf5_store_close(&place);
    for (uint32_t s = 0; ok && s < b->n_series; s++)
        ok = write_series(store, b, &b->series[s], err);
    return ok;
}
