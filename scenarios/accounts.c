/* accounts: the populations of venues. */
#include <math.h>
#include <string.h>

#include "scenarios/names.h"
#include "scenarios/population.h"
#include "scenarios/reader.h"
#include "scenarios/table.h"

enum { ACCOUNT, ASSET, QUANTITY, ENTRY, COLLATERAL, WEIGHT, HOLDING, CATEGORY };
static const struct table_column columns[] = {
    [ACCOUNT] = {"account", true},
    [ASSET] = {"asset", true},
    [QUANTITY] = {"quantity", true},
    [ENTRY] = {"entry_price_usd", false},
    [COLLATERAL] = {"collateral_usd", false},
    [WEIGHT] = {"weight", false},
    [HOLDING] = {"holding", false},
    [CATEGORY] = {"category", false},
    {NULL, false},
};

static const double max_quantity = 1e15, max_price_usd = 1e12, max_usd = 1e15;
static const double max_weight = 1e9;

/* The account whose rows are being read. */
struct group {
    const struct scenario_venue *venue;
    struct names names;
    uint32_t first;                                  /* its first holding */
    int collateral_line, weight_line, category_line; /* 0: not given yet */
    bool property;                                   /* it holds some */
    double weight;
    uint32_t category;
};

static bool group_finish(struct scenario_population *s, const struct group *g,
                         struct error *err)
{
    if (g->first == s->n_holding)
        return true; /* before the first row */
    if (g->collateral_line == 0 && !g->property)
        return place_fail(&s->holding[g->first].place, err,
                          "account '%s' has no collateral_usd: give it in one of its rows",
                          s->holding[g->first].account);
    for (uint32_t i = g->first; i < s->n_holding; i++) {
        s->holding[i].weight = g->weight;
        s->holding[i].category = g->category;
    }
    return true;
}

/* Opens a new account where the name changes. */
static bool group_step(struct scenario_population *s, const struct table *t,
                       struct group *g, struct scenario_holding *h, struct error *err)
{
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
    g->collateral_line = g->weight_line = g->category_line = 0;
    g->property = false;
    g->category = 0;
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

/* What the row is: perpetual or coin; the accounts of a lending venue have coins alone. */
static bool holding_read(const struct table *t, struct group *g, struct scenario_holding *h,
                         struct error *err)
{
    const char *text = t->cell[HOLDING];
    const bool lends = g->venue->rule->lends;

    h->held = lends || strcmp(text, "coin") == 0;
    g->property |= h->held;
    if (*text != '\0' && strcmp(text, "coin") != 0 && strcmp(text, "perpetual") != 0)
        return table_fail(t, HOLDING, err,
                          "there is no holding '%s': write perpetual or coin", text);
    if (lends && strcmp(text, "perpetual") == 0)
        return table_fail(t, HOLDING, err,
                          "venue %s lends: its accounts hold and owe coins; remove "
                          "'perpetual'",
                          g->venue->name);
    return true;
}

static bool category_read(const struct table *t, struct group *g,
                          struct scenario_holding *h, struct error *err)
{
    const char *text = t->cell[CATEGORY];
    uint32_t category = 0;

    if (*text == '\0')
        return true;
    while (category < g->venue->n_category &&
           strcmp(g->venue->category[category].name, text) != 0)
        category++;
    if (category == g->venue->n_category)
        return table_fail(t, CATEGORY, err,
                          "venue %s has no category '%s': add it under its categories",
                          g->venue->name, text);
    if (g->category_line != 0 && category + 1 != g->category)
        return table_fail(
            t, CATEGORY, err,
            "category of account '%s' was another in line %d: all its rows have one",
            h->account, g->category_line);
    g->category_line = t->place.line;
    g->category = category + 1;
    return true;
}

/* The asset; USD is cash, which property may be. */
static bool asset_read(struct reader *r, const struct table *t, struct scenario_holding *h,
                       const struct scenario_asset **last, struct error *err)
{
    const char *name = t->cell[ASSET];
    const struct place place = table_place(t, ASSET);

    if (h->held && strcmp(name, "USD") == 0)
        return true;
    if (*last == NULL || strcmp((*last)->name, name) != 0)
        *last = reader_asset(r->scenario, name, &place, err);
    if (*last == NULL)
        return false;
    h->asset = (*last)->name;
    return true;
}

static bool row_read(struct reader *r, struct scenario_population *p, const struct table *t,
                     struct group *g, const struct scenario_asset **last, struct error *err)
{
    struct scenario_holding *h = &p->holding[p->n_holding];

    h->place = t->place;
    if (!group_step(p, t, g, h, err) || !holding_read(t, g, h, err) ||
        !category_read(t, g, h, err) || !asset_read(r, t, h, last, err))
        return false;
    const double spot = h->asset == NULL ? 1.0 : (*last)->spot_usd;
    if (!table_number(t, QUANTITY, -max_quantity, max_quantity, NAN, &h->quantity, err) ||
        !table_number(t, ENTRY, 1e-12, max_price_usd, spot, &h->entry_usd, err) ||
        !collateral_read(t, g, h, err))
        return false;
    p->n_holding++;
    return true;
}

static bool rows_read(struct reader *r, struct scenario_population *p, struct table *t,
                      struct error *err)
{
    struct group group = {
        .names = {.arena = r->arena},
        .venue = reader_venue(r->scenario, p->venue, &p->place, err),
    };
    const struct scenario_asset *last = NULL;
    bool more;

    p->holding = arena_get(r->arena, table_max_rows(t), sizeof *p->holding);
    while (table_next(t, &more, err)) {
        if (!more)
            return group_finish(p, &group, err);
        if (!row_read(r, p, t, &group, &last, err))
            return false;
    }
    return false;
}

static bool file_read(struct reader *r, const struct node *file,
                      struct scenario_population *p, struct error *err)
{
    struct table table;

    p->place = file->place;
    p->file = place_path(&file->place, file->text, r->arena);
    const bool ok =
        table_open(&table, r->inputs, p->file, &file->place, columns, false, err) &&
        rows_read(r, p, &table, err);
    table_close(&table);
    return ok;
}

/* A CSV file, or a mapping. */
static bool venue_read(struct reader *r, const struct node *node,
                       const struct scenario_venue *venue, struct error *err)
{
    struct scenario_population *p = &r->scenario->population[r->scenario->n_population++];
    const struct node *file = node;

    p->place = node->place;
    p->venue = venue->name;
    if (node->kind != NODE_SCALAR && !population_read(r, node, venue, p, &file, err))
        return false;
    return (file == NULL || file_read(r, file, p, err)) &&
           (p->source == NULL || population_finish(r, venue, p, err));
}

/* {venue: file, ...}, or a file alone for the market's only venue. */
bool accounts_read(struct reader *r, const struct node *accounts, struct error *err)
{
    struct scenario *s = r->scenario;

    if (node_is_null(accounts) ||
        (accounts->kind == NODE_MAPPING && accounts->n_child == 0))
        return true;
    s->population = arena_get(r->arena, accounts->n_child + 1, sizeof *s->population);
    if (accounts->kind == NODE_SCALAR) {
        if (s->n_venue != 1)
            return place_fail(&accounts->place, err,
                              "the market has %u venues: write accounts: {VENUE: %s}",
                              (unsigned)s->n_venue, accounts->text);
        return venue_read(r, accounts, &s->venue[0], err);
    }
    if (accounts->kind != NODE_MAPPING)
        return place_fail(&accounts->place, err,
                          "accounts takes venues and their CSV files: write accounts: "
                          "{VENUE: file.csv}");
    for (const struct node *child = accounts->first; child != NULL; child = child->next) {
        if (node_is_null(child))
            continue;
        if (child->kind == NODE_SEQUENCE)
            return place_fail(&child->place, err,
                              "accounts.%s is %s: name a CSV file, or write {generate: "
                              "{...}}",
                              child->key, node_kind_name(child));
        const struct scenario_venue *venue =
            reader_venue(s, child->key, &child->key_place, err);
        if (venue == NULL || !venue_read(r, child, venue, err))
            return false;
    }
    return true;
}
