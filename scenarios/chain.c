/* Option chains: one row per option, as exported from an exchange. */
#include <math.h>
#include <string.h>

#include "scenarios/reader.h"
#include "scenarios/table.h"
#include "scenarios/utc.h"
#include "sim/surface.h"

enum {
    STRIKE,
    TYPE,
    FORWARD,
    IV,
    EXPIRY_MS,
    EXPIRY_UTC,
    TIME_MS,
    TIME_UTC,
    CURRENCY,
    INDEX
};
static const struct table_column columns[] = {
    [STRIKE] = {"strike", true},
    [TYPE] = {"option_type", true},
    [FORWARD] = {"underlying_price", true},
    [IV] = {"mark_iv", true},
    [EXPIRY_MS] = {"expiry_ms", false},
    [EXPIRY_UTC] = {"expiry_utc", false},
    [TIME_MS] = {"time_ms", false},
    [TIME_UTC] = {"time_utc", false},
    [CURRENCY] = {"currency", false},
    [INDEX] = {"index_price", false},
    {NULL, false},
};

static const double max_price_usd = 1e12, max_time_ms = 4e12; /* the year 2096 */
static const double max_volatility = 20.0;  /* 2,000 %; more is a mistaken unit */
static const double least_plausible = 0.03; /* a whole chain below 3 % is one, too */

static bool time_read(const struct table *t, uint32_t ms, uint32_t utc, double *seconds,
                      struct error *err)
{
    if (t->position[ms] >= 0) {
        if (!table_number(t, ms, 0.0, max_time_ms, NAN, seconds, err))
            return false;
        *seconds /= 1000.0;
        return true;
    }
    if (utc_read(t->cell[utc], seconds))
        return true;
    return table_fail(t, utc, err, "%s = %s is not a time: write 2026-01-18 09:14:30",
                      columns[utc].name, t->cell[utc]);
}

static bool row_read(const struct table *t, int iv_unit, struct chain_row *row,
                     struct error *err)
{
    const char *type = t->cell[TYPE];
    double iv;

    row->place = t->place;
    row->call = strcmp(type, "call") == 0 || strcmp(type, "C") == 0;
    if (!row->call && strcmp(type, "put") != 0 && strcmp(type, "P") != 0)
        return table_fail(t, TYPE, err, "option_type = %s: write call or put", type);
    if (!table_number(t, STRIKE, 1e-12, max_price_usd, NAN, &row->strike_usd, err) ||
        !table_number(t, FORWARD, 1e-12, max_price_usd, NAN, &row->forward_usd, err) ||
        !table_number(t, IV, -1e9, 1e9, 0.0, &iv, err) ||
        !table_number(t, INDEX, 0.0, max_price_usd, 0.0, &row->index_usd, err) ||
        !time_read(t, TIME_MS, TIME_UTC, &row->quote_s, err) ||
        !time_read(t, EXPIRY_MS, EXPIRY_UTC, &row->expiry_s, err))
        return false;
    row->volatility_annual = iv_unit == IV_UNIT_PERCENT ? iv / 100.0 : iv;
    if (row->volatility_annual > max_volatility)
        return table_fail(
            t, IV, err,
            "mark_iv = %s is a volatility of %.10g: if the column is in percent, "
            "write iv_unit: percent in the market file",
            t->cell[IV], row->volatility_annual);
    if (row->expiry_s <= row->quote_s)
        return place_fail(
            &t->place, err,
            "the option has expired before the time of its quote: take the row "
            "out");
    return true;
}

static bool columns_check(const struct table *t, struct error *err)
{
    if (t->position[EXPIRY_MS] < 0 && t->position[EXPIRY_UTC] < 0)
        return place_fail(&t->place, err,
                          "column 'expiry_utc' (or 'expiry_ms') is missing: add "
                          "it to the first row");
    if (t->position[TIME_MS] < 0 && t->position[TIME_UTC] < 0)
        return place_fail(&t->place, err,
                          "column 'time_utc' (or 'time_ms') is missing: add it "
                          "to the first row");
    return true;
}

static bool rows_read(struct table *t, struct scenario_asset *asset, struct error *err)
{
    double highest = 0.0;
    bool more;

    while (table_next(t, &more, err)) {
        struct chain_row *row = &asset->chain_row[asset->n_chain_row];
        if (!more && asset->n_chain_row > 0 && highest < least_plausible)
            return place_fail(
                &asset->chain_row[0].place, err,
                "all volatilities of %s are below %.10g: if mark_iv is a fraction, "
                "write iv_unit: fraction in the market file",
                asset->name, least_plausible);
        if (!more)
            return true;
        if (t->position[CURRENCY] >= 0 && strcmp(t->cell[CURRENCY], asset->name) != 0)
            continue;
        if (!row_read(t, asset->surface.iv_unit, row, err))
            return false;
        if (row->volatility_annual <= 0.0) {
            asset->n_chain_skipped++;
            continue;
        }
        highest = row->volatility_annual > highest ? row->volatility_annual : highest;
        asset->n_chain_row++;
    }
    return false;
}

bool chain_read(struct reader *r, struct scenario_asset *asset, const struct place *from,
                struct error *err)
{
    struct table table;
    bool ok =
        table_open(&table, r->inputs, asset->surface.chain, from, columns, true, err) &&
        columns_check(&table, err);

    if (ok) {
        asset->chain_row =
            arena_get(r->arena, table_max_rows(&table), sizeof(struct chain_row));
        ok = rows_read(&table, asset, err);
    }
    if (ok && asset->n_chain_row == 0)
        ok = place_fail(&table.place, err,
                        "no option of %s with a volatility in this file: name "
                        "another chain",
                        asset->name);
    table_close(&table);
    return ok;
}

bool chain_surface(const struct scenario_asset *from, struct arena *arena,
                   struct surface *surface, struct error *err)
{
    struct surface_point *point = arena_get(arena, from->n_chain_row, sizeof *point);

    for (uint32_t i = 0; i < from->n_chain_row; i++) {
        const struct chain_row *row = &from->chain_row[i];
        point[i] = (struct surface_point){.file = row->place.file,
                                          .line = row->place.line,
                                          .quote_s = row->quote_s,
                                          .expiry_s = row->expiry_s,
                                          .strike_usd = row->strike_usd,
                                          .forward_usd = row->forward_usd,
                                          .volatility_annual = row->volatility_annual,
                                          .index_usd = row->index_usd,
                                          .call = row->call};
    }
    return surface_build(point, from->n_chain_row, from->spot_usd, arena, surface, err);
}
