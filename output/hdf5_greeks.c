#include "output/hdf5_greeks.h"

#include <stdio.h>
#include <string.h>

#include "output/hdf5_fan.h"
#include "output/hdf5_fetch.h"
#include "sim/greek_paths.h"
#include "sim/greeks.h"

enum { MAX_ASSETS = 1 << 16 };

static const struct hdf5_label bucket_label = {
    "bucket", "1", "time left to expiry, at most; none: does not expire"};

/* One dataset of the family `prefix`. */
static bool write_field(const struct hdf5_place *place, const char *prefix,
                        const struct greek_field *field, const char *const *axes,
                        const double *values, struct error *err)
{
    char name[64];
    const struct hdf5_label label = {name, field->unit, field->doc};

    snprintf(name, sizeof name, "%s%s", prefix, field->name);
    return hdf5_store_array(place, &label, H5T_NATIVE_DOUBLE, axes, values, err);
}

/* All members of n rows, or those in USD alone. */
static bool write_rows(const struct hdf5_place *place, const char *prefix,
                       const char *const *axes, bool usd_alone, size_t n,
                       const struct greek_row *row, double *values, struct error *err)
{
    for (uint32_t f = 0; f < N_GREEK_FIELD; f++) {
        const struct greek_field *field = &greeks_field[f];
        if (usd_alone && !field->usd)
            continue;
        for (size_t i = 0; i < n; i++)
            memcpy(&values[i], (const char *)&row[i] + field->offset, sizeof *values);
        if (!write_field(place, prefix, field, axes, values, err))
            return false;
    }
    return true;
}

bool hdf5_greeks_start(struct hdf5_place *place, const struct result *r,
                       struct arena *arena, struct error *err)
{
    static const struct hdf5_label debt = {
        "debt_delta_usd", "USD", "delta_usd of what the position owes in another asset"};
    static const char *const of_position[] = {"position", NULL};
    static const char *const of_asset[] = {"asset", NULL};
    static const char *const of_bucket[] = {"asset", "bucket", NULL};
    static const char *const of_all[] = {NULL};
    const struct greek_table *g = &r->greeks;
    const size_t n_bucket = (size_t)r->n_asset * N_GREEK_BUCKET;
    double *values = arena_get(arena, r->n_position > n_bucket ? r->n_position : n_bucket,
                               sizeof *values);

    return hdf5_store_names(place, &bucket_label, N_GREEK_BUCKET, greeks_bucket_name,
                            err) &&
           write_rows(place, "", of_position, false, r->n_position, g->position, values,
                      err) &&
           hdf5_store_array(place, &debt, H5T_NATIVE_DOUBLE, of_position, g->debt_delta_usd,
                            err) &&
           write_rows(place, "asset_", of_asset, false, r->n_asset, g->asset, values,
                      err) &&
           write_rows(place, "bucket_", of_bucket, false, n_bucket, g->bucket, values,
                      err) &&
           write_rows(place, "total_", of_all, true, 1, &g->total, values, err);
}

bool hdf5_greeks_read(hid_t group, struct arena *arena, struct greek_table *greeks)
{
    const hsize_t n = hdf5_fetch_length(group, "asset", MAX_ASSETS);
    const char **names = arena_get(arena, n, sizeof *names);
    struct greek_row *asset = arena_get(arena, n, sizeof *asset);
    double *values = arena_get(arena, n, sizeof *values);

    if (n == 0 || !hdf5_fetch_texts(arena, group, "asset", n, names))
        return false;
    *greeks =
        (struct greek_table){.n_asset = (uint32_t)n, .asset_name = names, .asset = asset};
    for (uint32_t f = 0; f < N_GREEK_FIELD; f++) {
        char name[64];
        snprintf(name, sizeof name, "asset_%s", greeks_field[f].name);
        if (!hdf5_fetch_array(group, name, H5T_NATIVE_DOUBLE, H5T_FLOAT, 1, &n, values))
            return false;
        for (hsize_t i = 0; i < n; i++)
            *greeks_member(&asset[i], f) = values[i];
        snprintf(name, sizeof name, "total_%s", greeks_field[f].name);
        if (greeks_field[f].usd &&
            !hdf5_fetch_array(group, name, H5T_NATIVE_DOUBLE, H5T_FLOAT, 0, NULL,
                              greeks_member(&greeks->total, f)))
            return false;
    }
    return true;
}

/* Reads one path-wise figure of a report into values[n_path]. */
struct figure {
    uint32_t first, stride, n; /* columns of the report that are added */
    uint32_t over;             /* column that the sum is divided by; 0: none */
    uint32_t plus;             /* column that is added; 0: none */
};

static void read_figure(const struct greek_paths *paths, double *const *column,
                        const struct figure *f, double *values)
{
    memcpy(values, column[f->first], paths->n_path * sizeof *values);
    for (uint32_t i = 1; i < f->n; i++)
        for (uint64_t k = 0; k < paths->n_path; k++)
            values[k] += column[f->first + i * f->stride][k];
    for (uint64_t k = 0; f->plus > 0 && k < paths->n_path; k++)
        values[k] += column[f->plus][k];
    for (uint64_t k = 0; f->over > 0 && k < paths->n_path; k++)
        values[k] /= column[f->over][k];
}

/* What the writer of fans works with. */
struct fans {
    const struct hdf5_place *place;
    const struct result *r;
    double *values, *scratch; /* [n_path] */
    double *fan;              /* [n_report][HDF5_FAN][assets or buckets] */
};

/* One dataset of n figures per report. */
static bool write_fan(const struct fans *w, const char *prefix,
                      const struct greek_field *field, const char *axis,
                      const struct figure *figure, uint32_t n, struct error *err)
{
    const struct greek_paths *paths = &w->r->greek_paths;
    const char *const axes[] = {"time", "quantile", axis, NULL};

    for (uint32_t report = 0; report < w->r->n_report; report++)
        for (uint32_t i = 0; i < n; i++) {
            double *const *column =
                paths->column + (size_t)report * greek_paths_width(w->r->n_asset);
            read_figure(paths, column, &figure[i], w->values);
            hdf5_fan(w->values, paths->n_path, w->scratch,
                     w->fan + (size_t)report * HDF5_FAN * n + i, n);
        }
    return write_field(w->place, prefix, field, axes, w->fan, err);
}

static bool write_asset_fans(const struct fans *w, struct figure *figure, struct error *err)
{
    const uint32_t n_asset = w->r->n_asset;
    bool ok = true;

    for (uint32_t f = 0; ok && f < 2 * N_GREEK; f++) {
        for (uint32_t a = 0; a < n_asset; a++)
            figure[a] = (struct figure){
                .first = greek_paths_of_asset(a, f % N_GREEK),
                .n = 1,
                .over = greeks_field[f].usd ? 0 : greek_paths_spot(n_asset, a)};
        ok = write_fan(w, "asset_", &greeks_field[f], "asset", figure, n_asset, err);
    }
    return ok;
}

static bool write_bucket_fans(const struct fans *w, struct error *err)
{
    const uint32_t n_asset = w->r->n_asset;
    struct figure figure[N_GREEK_BUCKET];
    bool ok = true;

    for (uint32_t f = 0; ok && f < N_GREEK; f++) {
        for (uint32_t b = 0; b < N_GREEK_BUCKET; b++)
            figure[b] =
                (struct figure){.first = greek_paths_of_bucket(n_asset, b, f), .n = 1};
        ok = write_fan(w, "bucket_", &greeks_field[f], "bucket", figure, N_GREEK_BUCKET,
                       err);
    }
    return ok;
}

/* Sums over the buckets; the value with cash. */
static bool write_total_fans(const struct fans *w, struct error *err)
{
    const uint32_t n_asset = w->r->n_asset;
    bool ok = true;

    for (uint32_t f = 0; ok && f < N_GREEK; f++) {
        const struct figure total = {
            .first = greek_paths_of_bucket(n_asset, 0, f),
            .stride = N_GREEK,
            .n = N_GREEK_BUCKET,
            .plus = greeks_measure[f].sum == CLAIM_VALUE ? greek_paths_cash(n_asset) : 0};
        ok = write_fan(w, "total_", &greeks_field[f], NULL, &total, 1, err);
    }
    return ok;
}

bool hdf5_greeks_paths(struct hdf5_place *place, const struct result *r,
                       struct arena *arena, struct error *err)
{
    static const struct hdf5_label asset = {"asset", "1", "asset"};
    const uint64_t n = r->greek_paths.n_path;
    const size_t most = r->n_asset > N_GREEK_BUCKET ? r->n_asset : N_GREEK_BUCKET;
    struct figure *figure = arena_get(arena, r->n_asset, sizeof *figure);
    const struct fans w = {
        .place = place,
        .r = r,
        .values = arena_get(arena, n, sizeof(double)),
        .scratch = arena_get(arena, n, sizeof(double)),
        .fan = arena_get(arena, (size_t)r->n_report * HDF5_FAN * most, sizeof(double))};

    return hdf5_store_attribute(place->store, place->group, "paths", H5T_NATIVE_UINT64, &n,
                                err) &&
           hdf5_fan_scales(place, r, err) &&
           hdf5_store_names(place, &asset, r->n_asset, r->asset_name, err) &&
           hdf5_store_names(place, &bucket_label, N_GREEK_BUCKET, greeks_bucket_name,
                            err) &&
           write_asset_fans(&w, figure, err) && write_bucket_fans(&w, err) &&
           write_total_fans(&w, err);
}
