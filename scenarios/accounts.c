/* accounts: the population of a venue. */
#include <math.h>
#include <string.h>

#include "scenarios/names.h"
#include "scenarios/population.h"
#include "scenarios/reader.h"
#include "scenarios/table.h"

enum { ACCOUNT, ASSET, QUANTITY, ENTRY, COLLATERAL, WEIGHT };
static const struct table_column columns[] = {
    [ACCOUNT] = {"account", true},
    [ASSET] = {"asset", true},
    [QUANTITY] = {"quantity", true},
    [ENTRY] = {"entry_price_usd", false},
    [COLLATERAL] = {"collateral_usd", true},
    [WEIGHT] = {"weight", false},
    {NULL, false},
};

static const double max_quantity = 1e15, max_price_usd = 1e12, max_usd = 1e15;
static const double max_weight = 1e9;

/* The account whose rows are being read. */
struct group {
    struct names names;
    uint32_t first;                   /* its first holding */
    int collateral_line, weight_line; /* 0: not given yet */
    double weight;
};

static bool group_finish(struct scenario *s, const struct group *g, struct error *err)
{
    if (g->first == s->n_holding)
        return true; /* before the first row */
    if (g->collateral_line == 0)
        return place_fail(&s->holding[g->first].place, err,
                          "account '%s' has no collateral_usd: give it in one of its rows",
                          s->holding[g->first].account);
    for (uint32_t i = g->first; i < s->n_holding; i++)
        s->holding[i].weight = g->weight;
    return true;
}

/* Opens a new account where the name changes. */
static bool group_step(struct reader *r, const struct table *t, struct group *g,
                       struct scenario_holding *h, struct error *err)
{
    struct scenario *s = r->scenario;
    const char *name = t->cell[ACCOUNT];

    if (*name == '\0')
        return table_fail(t, ACCOUNT, err,
                          "account is empty: name the account in every row");
    if (g->first < s->n_holding && strcmp(s->holding[g->first].account, name) == 0) {
        h->account = s->holding[g->first].account;
        return true;
    }
    if (!group_finish(s, g, err))
        return false;
    const struct name_entry *entry = names_add(&g->names, name, (uint64_t)t->place.line);
    if (entry->value != (uint64_t)t->place.line)
        return table_fail(t, ACCOUNT, err,
                          "account '%s' has rows from line %u on already: the rows of one "
                          "account must stand together, sort the file",
                          name, (unsigned)entry->value);
    h->account = entry->text;
    g->first = s->n_holding;
    g->collateral_line = g->weight_line = 0;
    g->weight = 1.0;
    return true;
}

static bool collateral_read(const struct table *t, struct group *g,
                            struct scenario_holding *h, struct error *err)
{
    double weight;

    if (*t->cell[COLLATERAL] != '\0' && g->collateral_line != 0)
        return table_fail(
            t, COLLATERAL, err,
            "collateral_usd of account '%s' was given in line %d: leave the cell "
            "empty here",
            h->account, g->collateral_line);
    if (*t->cell[COLLATERAL] != '\0')
        g->collateral_line = t->place.line;
    if (!table_number(t, COLLATERAL, -max_usd, max_usd, 0.0, &h->collateral_usd, err) ||
        !table_number(t, WEIGHT, 1e-9, max_weight, g->weight, &weight, err))
        return false;
    if (g->weight_line != 0 && weight != g->weight)
        return table_fail(
            t, WEIGHT, err,
            "weight of account '%s' was another in line %d: all its rows have one",
            h->account, g->weight_line);
    if (*t->cell[WEIGHT] != '\0')
        g->weight_line = t->place.line;
    g->weight = weight;
    return true;
}

static bool row_read(struct reader *r, const struct table *t, struct group *g,
                     const struct scenario_asset **last, struct error *err)
{
    struct scenario *s = r->scenario;
    struct scenario_holding *h = &s->holding[s->n_holding];

    h->place = t->place;
    if (!group_step(r, t, g, h, err))
        return false;
    if (*last == NULL || strcmp((*last)->name, t->cell[ASSET]) != 0) {
        const struct place place = table_place(t, ASSET);
        *last = reader_asset(s, t->cell[ASSET], &place, err);
        if (*last == NULL)
            return false;
    }
    h->asset = (*last)->name;
    if (!table_number(t, QUANTITY, -max_quantity, max_quantity, NAN, &h->quantity, err) ||
        !table_number(t, ENTRY, 1e-12, max_price_usd, (*last)->spot_usd, &h->entry_usd,
                      err) ||
        !collateral_read(t, g, h, err))
        return false;
    s->n_holding++;
    return true;
}

static bool rows_read(struct reader *r, struct table *t, struct error *err)
{
    struct scenario *s = r->scenario;
    struct group group = {.names = {.arena = r->arena}};
    const struct scenario_asset *last = NULL;
    bool more;

    s->holding = arena_get(r->arena, table_max_rows(t), sizeof *s->holding);
    while (table_next(t, &more, err)) {
        if (!more)
            return group_finish(s, &group, err);
        if (!row_read(r, t, &group, &last, err))
            return false;
    }
    return false;
}

/* The venue and the file: {venue: file}, or a file alone for the market's only venue. */
static const struct node *file_find(struct reader *r, const struct node *accounts,
                                    struct error *err)
{
    struct scenario *s = r->scenario;

    if (accounts->kind == NODE_SCALAR) {
        if (s->n_venue != 1) {
            place_fail(&accounts->place, err,
                       "the market has %u venues: write accounts: {VENUE: %s}",
                       (unsigned)s->n_venue, accounts->text);
            return NULL;
        }
        s->population_venue = s->venue[0].name;
        return accounts;
    }
    if (accounts->kind != NODE_MAPPING || accounts->n_child != 1 ||
        accounts->first->kind == NODE_SEQUENCE || node_is_null(accounts->first)) {
        place_fail(&accounts->place, err,
                   "accounts takes one venue and its CSV file, or a mapping with generate: "
                   "write accounts: {VENUE: file.csv}");
        return NULL;
    }
    const struct scenario_venue *venue =
        reader_venue(s, accounts->first->key, &accounts->first->key_place, err);
    if (venue == NULL)
        return NULL;
    s->population_venue = venue->name;
    return accounts->first;
}

/* The file's rows into the scenario. */
static bool file_read(struct reader *r, const struct node *file, struct error *err)
{
    struct table table;

    r->accounts_file = place_path(&file->place, file->text, r->arena);
    const bool ok = table_open(&table, r->inputs, r->accounts_file, &file->place, columns,
                               false, err) &&
                    rows_read(r, &table, err);
    table_close(&table);
    return ok;
}

bool accounts_read(struct reader *r, const struct node *accounts, struct error *err)
{
    struct scenario *s = r->scenario;

    if (node_is_null(accounts) ||
        (accounts->kind == NODE_MAPPING && accounts->n_child == 0))
        return true;
    const struct node *file = file_find(r, accounts, err);
    if (file == NULL)
        return false;
    struct scenario_population *p = arena_get(r->arena, 1, sizeof *p);
    s->population = p;
    s->n_population = 1;
    p->venue = s->population_venue;
    const struct scenario_venue *venue = reader_venue(s, p->venue, &file->place, err);
    if (file->kind == NODE_MAPPING && !population_read(r, file, venue, p, &file, err))
        return false;
    if (file != NULL && !file_read(r, file, err))
        return false;
    p->file = r->accounts_file;
    p->holding = s->holding;
    p->n_holding = s->n_holding;
    if (!population_finish(r, p, err))
        return false;
    s->holding = p->holding;
    s->n_holding = p->n_holding;
    return true;
}
