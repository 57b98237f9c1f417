/* portfolio: the user's own positions. */
#include <math.h>
#include <string.h>

#include "models/registry.h"
#include "scenarios/names.h"
#include "scenarios/reader.h"
#include "scenarios/table.h"
#include "scenarios/utc.h"

enum {
    ID,
    ACCOUNT,
    VENUE,
    INSTRUMENT,
    ASSET,
    SETTLEMENT,
    QUANTITY,
    ENTRY,
    TYPE,
    STRIKE,
    EXPIRY
};
static const struct table_column columns[] = {
    [ID] = {"id", true},
    [ACCOUNT] = {"account", false},
    [VENUE] = {"venue", false},
    [INSTRUMENT] = {"instrument", true},
    [ASSET] = {"asset", true},
    [SETTLEMENT] = {"settlement", false},
    [QUANTITY] = {"quantity", true},
    [ENTRY] = {"entry_price_usd", false},
    [TYPE] = {"option_type", false},
    [STRIKE] = {"strike_usd", false},
    [EXPIRY] = {"expiry", false},
    {NULL, false},
};

static const char default_account[] = "book";
static const double max_quantity = 1e15, max_price_usd = 1e12;

/* A row on its way into the scenario. */
struct row {
    struct reader *r;
    const struct table *t;
    struct names *ids, *texts;
    struct scenario_position *p;
    struct error *err;
};

static bool instrument_find(const struct row *row)
{
    const char *name = row->t->cell[INSTRUMENT], *nearest = "";
    unsigned least = ~0u;

    row->p->instrument = registry_instrument_find(name);
    if (row->p->instrument != NULL)
        return true;
    for (const struct instrument *const *i = registry_instrument; *i != NULL; i++)
        if (field_distance((*i)->about.name, name) < least) {
            nearest = (*i)->about.name;
            least = field_distance(nearest, name);
        }
    return table_fail(row->t, INSTRUMENT, row->err,
                      "there is no instrument '%s': did you mean '%s'?", name, nearest);
}

static bool id_read(const struct row *row)
{
    const char *id = row->t->cell[ID];
    const uint64_t line = (uint64_t)row->t->place.line;

    if (*id == '\0')
        return table_fail(row->t, ID, row->err,
                          "id is empty: give each position a name of its "
                          "own");
    const struct name_entry *entry = names_add(row->ids, id, line);
    if (entry->value != line)
        return table_fail(row->t, ID, row->err,
                          "id '%s' is that of line %u, too: give each position its own", id,
                          (unsigned)entry->value);
    row->p->id = entry->text;
    return true;
}

/* Account, venue, asset: names that must exist, or may be absent. */
static bool names_read(const struct row *row)
{
    const struct table *t = row->t;
    const char *account = *t->cell[ACCOUNT] != '\0' ? t->cell[ACCOUNT] : default_account;
    const bool cash = strcmp(row->p->instrument->about.name, "cash") == 0;

    row->p->account = names_add(row->texts, account, 0)->text;
    if (*t->cell[VENUE] != '\0') {
        const struct place place = table_place(t, VENUE);
        const struct scenario_venue *venue =
            reader_venue(row->r->scenario, t->cell[VENUE], &place, row->err);
        if (venue == NULL)
            return false;
        row->p->venue = venue->name;
    }
    if (cash && *t->cell[ASSET] != '\0' && strcmp(t->cell[ASSET], "USD") != 0)
        return table_fail(
            t, ASSET, row->err,
            "asset = %s: cash is in USD, leave the cell empty; coins are 'spot'",
            t->cell[ASSET]);
    if (cash)
        return true;
    if (*t->cell[ASSET] == '\0')
        return table_fail(t, ASSET, row->err, "asset is empty: name the asset of the %s",
                          row->p->instrument->about.name);
    const struct place place = table_place(t, ASSET);
    const struct scenario_asset *asset =
        reader_asset(row->r->scenario, t->cell[ASSET], &place, row->err);
    if (asset == NULL)
        return false;
    row->p->asset = asset->name;
    return true;
}

/* Whether the instrument's own table has that column. */
static bool takes(const struct instrument *instrument, uint32_t column)
{
    for (const struct field *f = instrument->about.fields; f != NULL && f->key != NULL; f++)
        if (strcmp(f->key, columns[column].name) == 0)
            return true;
    return false;
}

static bool unused_check(const struct row *row, uint32_t column)
{
    const char *name = row->p->instrument->about.name, *text = row->t->cell[column];

    if (*text == '\0' || takes(row->p->instrument, column))
        return true;
    return table_fail(row->t, column, row->err,
                      "%s = %s: a %s has none, leave the cell empty", columns[column].name,
                      text, name);
}

static bool settlement_read(const struct row *row)
{
    const char *text = row->t->cell[SETTLEMENT];

    row->p->inverse = strcmp(text, "inverse") == 0;
    if (!row->p->inverse && *text != '\0' && strcmp(text, "linear") != 0)
        return table_fail(row->t, SETTLEMENT, row->err,
                          "settlement = %s: write linear or inverse", text);
    return !row->p->inverse || unused_check(row, SETTLEMENT);
}

static bool expiry_read(const struct row *row)
{
    const char *text = row->t->cell[EXPIRY];
    const double now = row->r->scenario->time_utc_s;

    if (field_duration(text, &row->p->expiry_s)) {
        if (row->p->expiry_s > 0.0)
            return true;
        return table_fail(row->t, EXPIRY, row->err, "expiry = %s: it lies after the start",
                          text);
    }
    if (!utc_read(text, &row->p->expiry_s))
        return table_fail(
            row->t, EXPIRY, row->err,
            "expiry = %s is neither a duration such as 14d nor a time such as "
            "2026-01-30T08:00:00Z",
            text);
    if (now == 0.0)
        return table_fail(
            row->t, EXPIRY, row->err,
            "expiry = %s is a time, and the market has none: add time_utc to the "
            "market, or write a duration",
            text);
    row->p->expiry_s -= now;
    if (row->p->expiry_s > 0.0)
        return true;
    return table_fail(row->t, EXPIRY, row->err,
                      "expiry = %s lies before the market's time_utc: take the row out",
                      text);
}

static bool option_read(const struct row *row)
{
    const struct table *t = row->t;
    const char *type = t->cell[TYPE];

    if (row->p->instrument->value == NULL)
        return unused_check(row, TYPE) && unused_check(row, STRIKE) &&
               unused_check(row, EXPIRY);
    row->p->call = strcmp(type, "call") == 0;
    if (!row->p->call && strcmp(type, "put") != 0)
        return table_fail(t, TYPE, row->err, "option_type = %s: write call or put", type);
    return table_number(t, STRIKE, 1e-12, max_price_usd, NAN, &row->p->strike_usd,
                        row->err) &&
           expiry_read(row);
}

static bool entry_read(const struct row *row)
{
    const struct table *t = row->t;
    double spot = 0.0;

    if (!unused_check(row, ENTRY))
        return false;
    if (takes(row->p->instrument, ENTRY)) {
        const struct place place = table_place(t, ASSET);
        spot = reader_asset(row->r->scenario, row->p->asset, &place, row->err)->spot_usd;
    }
    row->p->entry_usd = spot;
    return *t->cell[ENTRY] == '\0' ||
           table_number(t, ENTRY, 1e-12, max_price_usd, NAN, &row->p->entry_usd, row->err);
}

/* What the instrument itself demands of a contract. */
static bool contract_check(const struct row *row)
{
    const struct scenario_position *p = row->p;
    const struct contract contract = {.instrument = p->instrument,
                                      .id = p->id,
                                      .inverse = p->inverse,
                                      .call = p->call,
                                      .quantity = p->quantity,
                                      .entry_usd = p->entry_usd,
                                      .strike_usd = p->strike_usd,
                                      .expiry_s = p->expiry_s};
    const char *where = arena_print(row->r->arena, "%s:%d", p->place.file, p->place.line);

    return p->instrument->check == NULL || p->instrument->check(&contract, where, row->err);
}

static bool row_read(const struct row *row)
{
    row->p->place = row->t->place;
    return instrument_find(row) && id_read(row) && names_read(row) &&
           settlement_read(row) &&
           table_number(row->t, QUANTITY, -max_quantity, max_quantity, NAN,
                        &row->p->quantity, row->err) &&
           entry_read(row) && option_read(row) && contract_check(row);
}

static bool rows_read(struct reader *r, struct table *t, struct error *err)
{
    struct scenario *s = r->scenario;
    struct names ids = {.arena = r->arena}, texts = {.arena = r->arena};
    bool more;

    s->position = arena_get(r->arena, table_max_rows(t), sizeof *s->position);
    while (table_next(t, &more, err)) {
        if (!more)
            return true;
        const struct row row = {r, t, &ids, &texts, &s->position[s->n_position++], err};
        if (!row_read(&row))
            return false;
    }
    return false;
}

bool positions_read(struct reader *r, const struct node *portfolio, struct error *err)
{
    struct table table;

    if (node_is_null(portfolio))
        return true;
    if (portfolio->kind != NODE_SCALAR)
        return place_fail(&portfolio->place, err, "portfolio is %s: name a CSV file",
                          node_kind_name(portfolio));
    r->portfolio_file = place_path(&portfolio->place, portfolio->text, r->arena);
    const bool ok = table_open(&table, r->inputs, r->portfolio_file, &portfolio->place,
                               columns, false, err) &&
                    rows_read(r, &table, err);
    table_close(&table);
    return ok;
}
