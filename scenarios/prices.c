/* Files of recorded prices, wide and long, into one table with a row per time. */
#include "scenarios/prices.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/table.h"
#include "scenarios/utc.h"

enum { TIME_UTC, DATE, TIME_S, TIME_MS, ASSET, CLOSE, PRICE };
static const struct table_column price_columns[] = {
    {"time_utc", false}, {"date", false},  {"time_s", false},    {"time_ms", false},
    {"asset", false},    {"close", false}, {"price_usd", false}, {NULL, false}};

static const double min_price_usd = 1e-12, max_price_usd = 1e12;
static const double day_s = 86400.0, max_time_s = 4e9; /* the year 2096 */
enum { MAX_ASSETS = 1024, MAX_CELLS = 1 << 27 };

/* A price of a long file. */
struct entry {
    double time_s, price_usd;
    uint32_t column;
};

/* A file while it is being read. */
struct reading {
    struct table table;
    struct arena *arena;
    const struct price_format *format;
    struct price_table *out;
    uint32_t time;         /* the known column of times */
    uint32_t price, asset; /* known columns of a long file */
    uint32_t *position;    /* [n_column] of a wide file's columns in the file */
    struct entry *entry;   /* of a long file */
    uint32_t n_entry;
    double *last_s, *last_usd; /* [n_column] of a long file: the asset's row before */
};

static bool time_column(struct reading *r, struct error *err)
{
    const struct table *t = &r->table;

    r->time = ASSET;
    for (uint32_t i = TIME_UTC; i <= TIME_MS; i++)
        if (t->position[i] >= 0 && r->time != ASSET)
            return table_fail(t, i, err,
                              "'%s' and '%s' are both columns of times: keep one",
                              t->columns[r->time].name, t->columns[i].name);
        else if (t->position[i] >= 0)
            r->time = i;
    return r->time != ASSET ||
           place_fail(&t->place, err,
                      "there is no column of times: name one time_utc, date, time_s or "
                      "time_ms");
}

/* "2025-10-10" is the end of that day. */
static bool clock_read(const char *text, double *seconds)
{
    char full[] = "2025-10-10 00:00";

    if (strlen(text) != 10)
        return utc_read(text, seconds);
    memcpy(full, text, 10);
    if (!utc_read(full, seconds))
        return false;
    *seconds += day_s;
    return true;
}

static bool time_read(const struct reading *r, double *seconds, struct error *err)
{
    const struct table *t = &r->table;
    const double unit = r->time == TIME_MS ? 1000.0 : 1.0;

    if (r->time == TIME_UTC || r->time == DATE) {
        if (!clock_read(t->cell[r->time], seconds))
            return table_fail(t, r->time, err,
                              "%s = '%s' is not a time: write 2025-10-10 21:00 or "
                              "2025-10-10",
                              t->columns[r->time].name, t->cell[r->time]);
    } else {
        if (!table_number(t, r->time, 0.0, max_time_s * unit, NAN, seconds, err))
            return false;
        *seconds /= unit;
    }
    *seconds -= r->format->utc_offset_s;
    return true;
}

static bool back_fail(const struct reading *r, double seconds, double before,
                      struct error *err)
{
    return table_fail(&r->table, r->time, err,
                      "the time goes back from %s to %s: sort the rows, oldest first",
                      utc_text(before, r->arena), utc_text(seconds, r->arena));
}

/* Notes why a column is none of prices; the first reason stays. */
static void refuse(const struct reading *r, struct price_column *column,
                   const struct place *place, const char *sentence)
{
    struct error err;

    place_fail(place, &err, "%s", sentence);
    column->refused = arena_text(r->arena, err.text);
}

/* A cell of a column of prices; NaN for a missing one, or with the column refused. */
static double price_read(const struct reading *r, struct price_column *column,
                         uint32_t position)
{
    const char *text = table_cell(&r->table, position);
    double value;

    if (*text == '\0' || column->refused != NULL)
        return NAN;
    const bool number = field_number(text, &value);
    if (number && value >= min_price_usd && value <= max_price_usd)
        return value;
    const struct place place = table_cell_place(&r->table, position);
    refuse(r, column, &place,
           number ? arena_print(r->arena,
                                "%s = %s is not a price: it lies outside %g .. %g; leave "
                                "the cell empty where there is none",
                                column->name, text, min_price_usd, max_price_usd)
                  : arena_print(r->arena,
                                "%s = '%s' is not a price: write a number over 0, or leave "
                                "the cell empty where there is none",
                                column->name, text));
    return NAN;
}

/* A second price for one time: the same, or the column is refused. */
static double price_merge(const struct reading *r, struct price_column *column,
                          uint32_t position, double seconds, double before)
{
    const double price = price_read(r, column, position);

    if (isnan(price) || isnan(before) || price == before)
        return isnan(price) ? before : price;
    const struct place place = table_cell_place(&r->table, position);
    refuse(r, column, &place,
           arena_print(r->arena, "%s has two prices at %s, %.10g and %.10g: keep one",
                       column->name, utc_text(seconds, r->arena), before, price));
    return before;
}

static bool size_check(const struct reading *r, size_t n_column, size_t n_row,
                       struct error *err)
{
    return n_column * n_row <= MAX_CELLS ||
           place_fail(&r->table.place, err,
                      "%zu times with %zu columns of prices are too many: split the file",
                      n_row, n_column);
}

static bool wide_columns(struct reading *r, size_t max_rows, struct error *err)
{
    const struct table *t = &r->table;
    struct price_table *out = r->out;

    out->column = arena_get(r->arena, t->n_header, sizeof *out->column);
    r->position = arena_get(r->arena, t->n_header, sizeof *r->position);
    if (!size_check(r, t->n_header, max_rows, err))
        return false;
    for (uint32_t i = 0; i < t->n_header; i++) {
        const char *name = table_cell(t, i);
        const struct place place = table_cell_place(t, i);
        if ((int)i == t->position[r->time] || *name == '\0')
            continue;
        for (uint32_t c = 0; c < out->n_column; c++)
            if (strcmp(out->column[c].name, name) == 0)
                return place_fail(&place, err,
                                  "column '%s' stands here a second time: keep one", name);
        r->position[out->n_column] = i;
        out->column[out->n_column++] = (struct price_column){
            .name = arena_text(r->arena, name),
            .price_usd = arena_get(r->arena, max_rows, sizeof(double))};
    }
    return out->n_column > 0 ||
           place_fail(&t->place, err,
                      "there is no column of prices beside '%s': name one like its asset",
                      t->columns[r->time].name);
}

static bool wide_row(struct reading *r, struct error *err)
{
    struct price_table *out = r->out;
    const double before = out->n_row > 0 ? out->time_s[out->n_row - 1] : -INFINITY;
    double seconds;

    if (!time_read(r, &seconds, err))
        return false;
    if (seconds < before)
        return back_fail(r, seconds, before, err);
    if (seconds == before) {
        out->n_duplicate++;
        for (uint32_t c = 0; c < out->n_column; c++) {
            double *price = &out->column[c].price_usd[out->n_row - 1];
            *price = price_merge(r, &out->column[c], r->position[c], seconds, *price);
        }
        return true;
    }
    for (uint32_t c = 0; c < out->n_column; c++)
        out->column[c].price_usd[out->n_row] =
            price_read(r, &out->column[c], r->position[c]);
    out->time_s[out->n_row++] = seconds;
    return true;
}

static bool wide_read(struct reading *r, struct error *err)
{
    const size_t max_rows = table_max_rows(&r->table);
    bool more = true;

    r->out->time_s = arena_get(r->arena, max_rows, sizeof(double));
    if (!wide_columns(r, max_rows, err))
        return false;
    while (table_next(&r->table, &more, err) && more)
        if (!wide_row(r, err))
            return false;
    return !more;
}

static bool long_column(struct reading *r, uint32_t *column, struct error *err)
{
    struct price_table *out = r->out;
    const char *name = r->table.cell[ASSET];
    const uint32_t last = r->n_entry > 0 ? r->entry[r->n_entry - 1].column : 0;

    if (*name == '\0')
        return table_fail(&r->table, ASSET, err, "asset is empty: name the asset");
    *column = last; /* most often the same, or the next, as in the row before */
    for (uint32_t i = 0; i < out->n_column; i++, *column = (last + i) % out->n_column)
        if (strcmp(out->column[*column].name, name) == 0)
            return true;
    if (out->n_column == MAX_ASSETS)
        return table_fail(&r->table, ASSET, err,
                          "'%s' is one asset more than %d: split the file", name,
                          MAX_ASSETS);
    *column = out->n_column++;
    out->column[*column].name = arena_text(r->arena, name);
    r->last_s[*column] = -INFINITY;
    return true;
}

static bool long_row(struct reading *r, struct error *err)
{
    const uint32_t position = (uint32_t)r->table.position[r->price];
    struct entry e;

    if (!time_read(r, &e.time_s, err) || !long_column(r, &e.column, err))
        return false;
    struct price_column *column = &r->out->column[e.column];
    double *last_s = &r->last_s[e.column], *last_usd = &r->last_usd[e.column];
    if (e.time_s < *last_s)
        return back_fail(r, e.time_s, *last_s, err);
    if (e.time_s == *last_s) {
        r->out->n_duplicate++;
        price_merge(r, column, position, e.time_s, *last_usd);
        return true;
    }
    e.price_usd = price_read(r, column, position);
    *last_s = e.time_s;
    *last_usd = e.price_usd;
    r->entry[r->n_entry++] = e;
    return true;
}

static int entry_order(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    return (x->time_s > y->time_s) - (x->time_s < y->time_s);
}

/* From rows of one asset each to rows of one time each. */
static bool long_pivot(struct reading *r, struct error *err)
{
    struct price_table *out = r->out;
    struct entry *entry = r->entry;
    size_t n_time = 0;

    qsort(entry, r->n_entry, sizeof *entry, entry_order);
    for (uint32_t i = 0; i < r->n_entry; i++)
        n_time += i == 0 || entry[i].time_s != entry[i - 1].time_s;
    if (!size_check(r, out->n_column, n_time, err))
        return false;
    out->time_s = arena_get(r->arena, n_time, sizeof(double));
    for (uint32_t c = 0; c < out->n_column; c++) {
        out->column[c].price_usd = arena_get(r->arena, n_time, sizeof(double));
        for (size_t i = 0; i < n_time; i++)
            out->column[c].price_usd[i] = NAN;
    }
    for (uint32_t i = 0; i < r->n_entry; i++) {
        if (i == 0 || entry[i].time_s != entry[i - 1].time_s)
            out->time_s[out->n_row++] = entry[i].time_s;
        out->column[entry[i].column].price_usd[out->n_row - 1] = entry[i].price_usd;
    }
    return true;
}

static bool long_read(struct reading *r, struct error *err)
{
    const struct table *t = &r->table;
    const size_t max_rows = table_max_rows(t);
    bool more = true;

    if ((t->position[CLOSE] >= 0) == (t->position[PRICE] >= 0))
        return place_fail(&t->place, err,
                          "a file with a column 'asset' has its prices in one column, "
                          "'close' or 'price_usd'");
    r->price = t->position[CLOSE] >= 0 ? CLOSE : PRICE;
    r->out->column = arena_get(r->arena, MAX_ASSETS, sizeof *r->out->column);
    r->last_s = arena_get(r->arena, MAX_ASSETS, sizeof(double));
    r->last_usd = arena_get(r->arena, MAX_ASSETS, sizeof(double));
    r->entry = arena_get(r->arena, max_rows, sizeof *r->entry);
    while (table_next(&r->table, &more, err) && more)
        if (!long_row(r, err))
            return false;
    return !more && long_pivot(r, err);
}

/* Columns without any price, and the sentence where no column is left. */
static bool columns_check(struct reading *r, struct error *err)
{
    struct price_table *out = r->out;
    const struct place place = {.file = out->file, .line = 1, .column = 1};
    uint32_t n_good = 0;

    if (out->n_row < 2)
        return place_fail(
            &r->table.place, err,
            "the file has %u time%s with prices: a history takes two at least", out->n_row,
            out->n_row == 1 ? "" : "s");
    for (uint32_t c = 0; c < out->n_column; c++) {
        struct price_column *column = &out->column[c];
        uint32_t n_price = 0;
        for (uint32_t i = 0; i < out->n_row; i++)
            n_price += !isnan(column->price_usd[i]);
        if (column->refused == NULL && n_price == 0)
            refuse(r, column, &place,
                   arena_print(r->arena,
                               "column '%s' has no price: fill it or leave it out",
                               column->name));
        n_good += column->refused == NULL;
    }
    return n_good > 0 || fail(err, "%s", out->column[0].refused);
}

bool prices_read(struct input_list *inputs, const char *path, const struct place *from,
                 const struct price_format *format, struct price_table *table,
                 struct error *err)
{
    struct reading r = {.arena = inputs->arena, .format = format, .out = table};

    *table = (struct price_table){.file = path};
    bool ok = table_open(&r.table, inputs, path, from, price_columns, true, err) &&
              time_column(&r, err);
    if (ok) {
        table->file = r.table.place.file;
        for (uint32_t i = 0; i < inputs->n; i++)
            if (strcmp(inputs->file[i].name, path) == 0)
                memcpy(table->sha256, inputs->file[i].sha256, sizeof table->sha256);
        ok = (r.table.position[ASSET] >= 0 ? long_read(&r, err) : wide_read(&r, err)) &&
             columns_check(&r, err);
    }
    table_close(&r.table);
    return ok;
}
