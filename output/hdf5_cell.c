#include "output/hdf5_cell.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "output/hdf5_cascade.h"
#include "output/hdf5_explanation.h"
#include "output/hdf5_fan.h"
#include "output/hdf5_greeks.h"
#include "output/hdf5_revaluation.h"
#include "sim/cascade.h"

/* The order in which things are written here is the order in the file. */

enum { PIECE_DOUBLES = 1 << 17 };

static const char *const dim_name[] = {
    [DIM_NONE] = NULL,           [DIM_ASSET] = "asset", [DIM_ACCOUNT] = "account",
    [DIM_PROTOCOL] = "protocol", [DIM_PART] = "part",   [DIM_MECHANISM] = "mechanism",
    [DIM_STOP] = "stop",
};

static uint32_t dim_size(const struct result *r, enum metric_dim dim)
{
    return dim == DIM_ASSET       ? r->n_asset
           : dim == DIM_ACCOUNT   ? r->n_account
           : dim == DIM_PROTOCOL  ? r->n_protocol
           : dim == DIM_PART      ? r->explanation.n_part
           : dim == DIM_MECHANISM ? N_MECHANISM
           : dim == DIM_STOP      ? N_STOP
                                  : 1;
}

static bool open_part(const struct hdf5_store *store, const char *cell, const char *part,
                      struct hdf5_place *place, struct error *err)
{
    char name[512];

    snprintf(name, sizeof name, "%s/%s", cell, part);
    return hdf5_store_open(store, name, place, err);
}

/* The name scales that the metrics of a group use. */
static bool write_dims(struct hdf5_place *place, const struct result *r,
                       enum metric_group group, struct error *err)
{
    static const struct hdf5_label label[] = {
        [DIM_ASSET] = {"asset", "1", "asset"},
        [DIM_ACCOUNT] = {"account", "1", "account of the own book"},
        [DIM_PROTOCOL] = {"protocol", "1", "protocol or venue"},
        [DIM_PART] = {"part", "1", "part of the profit and loss"},
        [DIM_MECHANISM] = {"mechanism", "1", "what made bad debt"},
        [DIM_STOP] = {"stop", "1", "how an attempt at a liquidation ended"},
    };
    const char *const *const names[] = {
        [DIM_ASSET] = r->asset_name,
        [DIM_ACCOUNT] = r->account_name,
        [DIM_PROTOCOL] = r->protocol_name,
        [DIM_PART] = r->explanation.part_name,
        [DIM_MECHANISM] = cascade_mechanism_name,
        [DIM_STOP] = cascade_stop_name,
    };

    for (enum metric_dim dim = DIM_ASSET; dim < N_DIM; dim++) {
        bool used = false;
        for (uint32_t i = 0; i < r->n_metric; i++)
            used |= r->metric[i].group == group && r->metric[i].dim == dim;
        if (used && dim_size(r, dim) > 0 &&
            !hdf5_store_names(place, &label[dim], dim_size(r, dim), names[dim], err))
            return false;
    }
    return true;
}

/* (path, element): columns are interleaved piece by piece. */
static bool write_interleaved(const struct hdf5_store *store, hid_t dataset,
                              const struct result *r, const struct metric *m, double *piece,
                              struct error *err)
{
    const uint64_t width = m->n_element;
    const uint64_t rows = width < PIECE_DOUBLES ? PIECE_DOUBLES / width : 1;

    for (uint64_t first = 0; first < r->n_path; first += rows) {
        const uint64_t n = r->n_path - first < rows ? r->n_path - first : rows;
        for (uint64_t k = 0; k < width; k++) {
            const double *const column = r->column[m->first_column + k] + first;
            for (uint64_t i = 0; i < n; i++)
                piece[i * width + k] = column[i];
        }
        if (!hdf5_store_rows(store, dataset, first, n, width, piece, err))
            return false;
    }
    return true;
}

static bool write_path_metric(const struct hdf5_place *place, const struct result *r,
                              const struct metric *m, double *piece, struct error *err)
{
    const struct hdf5_label label = {m->name, m->unit, m->doc};
    const char *const axes[] = {"path", dim_name[m->dim], NULL};
    hid_t dataset;
    bool ok;

    if (m->dim == DIM_NONE)
        return hdf5_store_array(place, &label, H5T_NATIVE_DOUBLE, axes,
                                r->column[m->first_column], err);
    dataset = hdf5_store_dataset(place, &label, H5T_NATIVE_DOUBLE, axes, err);
    if (dataset < 0)
        return false;
    ok = write_interleaved(place->store, dataset, r, m, piece, err);
    H5Dclose(dataset);
    return ok;
}

/* P&L by position, where it was kept. */
static bool write_position_pnl(struct hdf5_place *place, const struct result *r,
                               struct error *err)
{
    static const struct hdf5_label position = {"position", "1", "position of the own book"};
    static const struct hdf5_label label = {
        "position_pnl_usd", "USD",
        "profit and loss of the position; without the cost of forced liquidation, in full"};
    const char *const axes[] = {"path", "position", NULL};

    return r->position_pnl_usd == NULL ||
           (hdf5_store_names(place, &position, r->n_position, r->position_name, err) &&
            hdf5_store_array(place, &label, H5T_NATIVE_DOUBLE, axes, r->position_pnl_usd,
                             err));
}

static bool write_paths(struct hdf5_place *place, const struct result *r,
                        struct arena *arena, struct error *err)
{
    static const struct hdf5_label path = {"path", "1", "number of the path, for replay"};
    static const struct hdf5_label weight = {"weight", "1", "weight of the path"};
    const char *const axes[] = {"path", NULL};
    uint64_t *const number = arena_get(arena, r->n_path, sizeof *number);
    double *const ones = arena_get(arena, r->n_path, sizeof *ones);
    uint64_t width = 1;

    for (uint64_t i = 0; i < r->n_path; i++) {
        number[i] = i;
        ones[i] = 1.0;
    }
    if (!hdf5_store_scale(place, &path, H5T_NATIVE_UINT64, r->n_path, number, err) ||
        !write_dims(place, r, METRIC_PATH, err) ||
        !hdf5_store_array(place, &weight, H5T_NATIVE_DOUBLE, axes, ones, err))
        return false;
    for (uint32_t i = 0; i < r->n_metric; i++)
        if (r->metric[i].group == METRIC_PATH && r->metric[i].n_element > width)
            width = r->metric[i].n_element;

    double *const piece =
        arena_get(arena, width > PIECE_DOUBLES ? width : PIECE_DOUBLES, sizeof *piece);
    for (uint32_t i = 0; i < r->n_metric; i++) {
        const struct metric *const m = &r->metric[i];
        if (m->group == METRIC_PATH && dim_size(r, m->dim) > 0 &&
            !write_path_metric(place, r, m, piece, err))
            return false;
    }
    return write_position_pnl(place, r, err);
}

static bool write_times(struct hdf5_place *place, const struct result *r,
                        struct arena *arena, struct error *err)
{
    double *const scratch = arena_get(arena, r->n_path, sizeof *scratch);

    if (!hdf5_fan_scales(place, r, err) || !write_dims(place, r, METRIC_TIME, err))
        return false;
    for (uint32_t i = 0; i < r->n_metric; i++) {
        const struct metric *const m = &r->metric[i];
        const struct hdf5_label label = {m->name, m->unit, m->doc};
        const char *const axes[] = {"time", "quantile", dim_name[m->dim], NULL};
        const size_t n_dim = dim_size(r, m->dim);
        double *fan;

        if (m->group != METRIC_TIME || n_dim == 0)
            continue;
        fan = arena_get(arena, (size_t)r->n_report * HDF5_FAN * n_dim, sizeof *fan);
        for (size_t report = 0; report < r->n_report; report++)
            for (size_t k = 0; k < n_dim; k++)
                hdf5_fan(r->column[m->first_column + report * n_dim + k], r->n_path,
                         scratch, fan + report * HDF5_FAN * n_dim + k, n_dim);
        if (!hdf5_store_array(place, &label, H5T_NATIVE_DOUBLE, axes, fan, err))
            return false;
    }
    return true;
}

static bool write_contributions(const struct hdf5_place *place, const struct result *r,
                                struct error *err)
{
    static const struct hdf5_label parts = {
        "es_contribution_usd", "USD",
        "part of the position in the expected shortfall of portfolio.loss (Euler)"};
    static const struct hdf5_label forced = {"es_contribution_liquidation_usd", "USD",
                                             "part of the forced liquidation of the own "
                                             "accounts in the same expected shortfall"};
    static const struct hdf5_label tables = {
        "es_contribution_interpolation_usd", "USD",
        "part of the difference between valuation by tables and in full"};
    const char *const axes[] = {"position", NULL};
    const hid_t type = H5T_NATIVE_DOUBLE;

    if (!r->es_contribution_usd)
        return true;
    return hdf5_store_attribute(place->store, place->group, "es_contribution_level", type,
                                &r->es_contribution_level, err) &&
           hdf5_store_array(place, &parts, type, axes, r->es_contribution_usd, err) &&
           hdf5_store_array(place, &forced, type, NULL, &r->es_contribution_liquidation_usd,
                            err) &&
           (r->revaluation.n_asset == 0 ||
            hdf5_store_array(place, &tables, type, NULL,
                             &r->es_contribution_interpolation_usd, err));
}

static bool write_positions(struct hdf5_place *place, const struct result *r,
                            struct arena *arena, struct error *err)
{
    static const struct hdf5_label position = {"position", "1", "position of the own book"};
    static const struct hdf5_label asset = {"asset", "1", "asset"};
    static const struct hdf5_label underlying = {"position_asset", "1",
                                                 "asset of the position, or cash"};
    const char *const axes[] = {"position", NULL};
    const char **const names = arena_get(arena, r->n_position, sizeof *names);

    if (!hdf5_store_names(place, &position, r->n_position, r->position_name, err) ||
        !hdf5_store_names(place, &asset, r->n_asset, r->asset_name, err))
        return false;
    for (uint32_t i = 0; i < r->n_position; i++)
        names[i] = r->position_asset[i] < r->n_asset ? r->asset_name[r->position_asset[i]]
                                                     : "cash";
    return hdf5_store_texts(place, &underlying, axes, names, err) &&
           hdf5_greeks_start(place, r, arena, err) && write_contributions(place, r, err);
}

static bool write_feedback(struct hdf5_place *place, const struct result *r,
                           struct arena *arena, struct error *err)
{
    static const struct hdf5_label asset = {"asset", "1", "asset"};
    static const struct hdf5_label label[] = {
        {"exogenous_frac", "1",
         "share of the stated log-move that the scenario moves itself"},
        {"target_extreme_frac", "1", "stated median extreme move, feedback included"},
        {"pilot_extreme_frac", "1", "median extreme move found by the pilot run"},
    };
    const double *const values[] = {r->exogenous_frac, r->target_extreme_frac,
                                    r->pilot_extreme_frac};
    const char *const axes[] = {"asset", NULL};

    (void)arena;
    if (!hdf5_store_names(place, &asset, r->n_asset, r->asset_name, err))
        return false;
    for (int i = 0; i < 3; i++)
        if (values[i] &&
            !hdf5_store_array(place, &label[i], H5T_NATIVE_DOUBLE, axes, values[i], err))
            return false;
    return true;
}

static bool write_head(const struct hdf5_store *store, const struct result *r,
                       struct error *err)
{
    struct hdf5_place place;
    const hid_t count = H5T_NATIVE_UINT64, number = H5T_NATIVE_DOUBLE;
    bool ok;

    if (!hdf5_store_open(store, r->name, &place, err))
        return false;
    ok =
        hdf5_store_text(store, place.group, "description", r->description, err) &&
        hdf5_store_attribute(store, place.group, "paths", count, &r->n_path, err) &&
        hdf5_store_attribute(store, place.group, "horizon_s", number, &r->horizon_s, err) &&
        hdf5_store_attribute(store, place.group, "step_s", number, &r->step_s, err) &&
        hdf5_store_attribute(store, place.group, "seed", count, &r->seed, err) &&
        hdf5_store_text(store, place.group, "status", "complete", err);
    hdf5_store_close(&place);
    return ok;
}

bool hdf5_cell_write(const struct hdf5_store *store, const struct result *result,
                     const struct risk_table *risk, uint32_t n_limit,
                     const struct limit_result *limit, struct error *err)
{
    const struct {
        const char *name;
        bool present;
        bool (*write)(struct hdf5_place *place, const struct result *r, struct arena *arena,
                      struct error *err);
    } part[] = {
        {"path", true, write_paths},
        {"position", result->n_position > 0, write_positions},
        {"time", result->n_report > 0, write_times},
        {"greeks", result->greek_paths.n_path > 0, hdf5_greeks_paths},
        {"explanation", result->explanation.mean_usd != NULL, hdf5_explanation_write},
        {"cascade", result->cascades.n_protocol > 0, hdf5_cascade_write},
        {"feedback", result->exogenous_frac != NULL, write_feedback},
        {"revaluation", result->revaluation.n_asset > 0, hdf5_revaluation_write},
    };
    bool ok = write_head(store, result, err);

    for (size_t i = 0; ok && i < sizeof part / sizeof part[0]; i++) {
        struct arena arena = {NULL};
        struct hdf5_place place;

        if (!part[i].present)
            continue;
        ok = open_part(store, result->name, part[i].name, &place, err);
        if (ok) {
            ok = part[i].write(&place, result, &arena, err);
            hdf5_store_close(&place);
        }
        arena_free(&arena);
    }
    return ok && hdf5_risk_write(store, result->name, risk, err) &&
           hdf5_risk_limits(store, result->name, n_limit, limit, err);
}
