/* portfolio: the user's own positions. What columns there are, the instruments say. */
#include <math.h>
#include <string.h>

#include "models/registry.h"
#include "scenarios/cell.h"
#include "scenarios/names.h"
#include "scenarios/reader.h"

/* Of every position; those of the instruments follow. */
enum { ID, ACCOUNT, VENUE, INSTRUMENT, ASSET, N_COMMON };
static const struct table_column common[N_COMMON] = {
    [ID] = {"id", true},        [ACCOUNT] = {"account", false},
    [VENUE] = {"venue", false}, [INSTRUMENT] = {"instrument", true},
    [ASSET] = {"asset", true},
};

static const char default_account[] = "book";

/* A row on its way into the scenario. */
struct row {
    struct reader *r;
    const struct table *t;
    struct names *ids, *texts;
    struct scenario_position *p;
    struct error *err;
};

/* The columns of all instruments, each once; a list that ends with NULL. Every instrument
 * has a quantity or the like, so a column that all of them require is required. */
static const struct table_column *all_columns(struct arena *arena)
{
    struct table_column *column = arena_get(arena, TABLE_MAX_COLUMNS + 1, sizeof *column);
    uint32_t n = N_COMMON;

    memcpy(column, common, sizeof common);
    for (const struct instrument *const *i = registry_instrument; *i != NULL; i++)
        for (const struct field *f = (*i)->about.fields; f->key != NULL; f++) {
            uint32_t c = N_COMMON;
            while (c < n && strcmp(column[c].name, f->key) != 0)
                c++;
            if (c == n && n < TABLE_MAX_COLUMNS)
                column[n++] = (struct table_column){f->key, false};
        }
    for (uint32_t c = N_COMMON; c < n; c++)
        column[c].required = strcmp(column[c].name, "quantity") == 0;
    return column;
}

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

/* The instrument's own row of its table for a column; NULL: it has none. */
static const struct field *field_of(const struct instrument *instrument, const char *column)
{
    for (const struct field *f = instrument->about.fields; f->key != NULL; f++)
        if (strcmp(f->key, column) == 0)
            return f;
    return NULL;
}

/* One cell into the contract, or a sentence about a cell that should be empty. A linear
 * settlement may be named where there is no other. */
static bool column_read(const struct row *row, uint32_t column)
{
    const struct table *t = row->t;
    const struct instrument *instrument = row->p->instrument;
    const char *name = t->columns[column].name, *text = t->cell[column];
    const struct field *field = field_of(instrument, name);

    if (field == NULL && strcmp(name, "settlement") == 0 && strcmp(text, "linear") == 0)
        return true;
    if (field == NULL)
        return *text == '\0' || table_fail(t, column, row->err,
                                           "%s = %s: %s takes none, leave the cell empty",
                                           name, text, instrument->about.name);
    void *at = (char *)row->p->contract + field->offset;
    if (*text == '\0' && field->type == FIELD_NUMBER && isnan(field->preset) &&
        !field->required) {
        const struct place place = table_place(t, ASSET);
        *(double *)at =
            reader_asset(row->r->scenario, row->p->asset, &place, row->err)->spot_usd;
        return true;
    }
    return cell_read(t, column, field, row->r->scenario->time_utc_s, row->texts, at,
                     row->err);
}

/* The cells that the instrument knows, and what it demands of them together. */
static bool contract_read(const struct row *row)
{
    struct scenario_position *p = row->p;
    const struct about *about = &p->instrument->about;
    const char *where = arena_print(row->r->arena, "%s:%d", p->place.file, p->place.line);

    p->contract = arena_get(row->r->arena, 1, about->param_size);
    field_presets(about->fields, p->contract);
    p->contract->instrument = p->instrument;
    p->contract->id = p->id;
    for (uint32_t column = N_COMMON; column < row->t->n_column; column++)
        if (!column_read(row, column))
            return false;
    return p->instrument->check == NULL ||
           p->instrument->check(p->contract, where, row->err);
}

static bool row_read(const struct row *row)
{
    row->p->place = row->t->place;
    return instrument_find(row) && id_read(row) && names_read(row) && contract_read(row);
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
                               all_columns(r->arena), false, err) &&
                    rows_read(r, &table, err);
    table_close(&table);
    return ok;
}
