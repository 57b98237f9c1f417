/* CSV through libcsv, which knows no lines: the file is handed over line by line, and a row
 * that needs several (a line break inside quotes) begins on the first of them. */
#include "scenarios/table.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROWS = 5000000, MAX_ROW_BYTES = 1 << 20, MAX_CELLS = 4096 };
static const size_t max_csv_bytes = (size_t)1 << 30;

static void *grown(void *old, size_t size)
{
    void *larger = realloc(old, size);

    if (larger == NULL) {
        fprintf(stderr, "tailrace: out of memory reading a table\n");
        exit(1);
    }
    return larger;
}

static void cell_take(void *text, size_t size, void *data)
{
    struct table *t = data;

    if (t->buffer_used + size + 1 > t->buffer_size) {
        t->buffer_size = 2 * (t->buffer_used + size + 1);
        t->buffer = grown(t->buffer, t->buffer_size);
    }
    if (t->n_cell == t->n_offset) {
        t->n_offset = 2 * t->n_offset + 16;
        t->offset = grown(t->offset, t->n_offset * sizeof *t->offset);
    }
    t->offset[t->n_cell++] = t->buffer_used;
    if (size > 0)
        memcpy(t->buffer + t->buffer_used, text, size);
    t->buffer[t->buffer_used + size] = '\0';
    t->buffer_used += size + 1;
}

static void row_take(int terminator, void *data)
{
    struct table *t = data;
    (void)terminator;

    t->row_done = true;
}

static bool quotes_fail(const struct table *t, struct error *err)
{
    return place_fail(
        &t->place, err,
        "the quotes of this row do not pair: close each with \" before the comma, "
        "and write \"\" for one inside");
}

/* Parses up to the end of one row; row_done is false at the end of the file. */
static bool row_parse(struct table *t, struct error *err)
{
    t->n_cell = 0;
    t->buffer_used = 0;
    t->row_done = false;
    while (!t->row_done && t->next < t->end) {
        const char *line_end = memchr(t->next, '\n', (size_t)(t->end - t->next));
        const char *stop = line_end != NULL ? line_end + 1 : t->end;
        if (t->n_cell == 0 && t->parser.entry_pos == 0 && !t->parser.quoted) {
            t->row = t->next;
            t->place.line = t->next_line;
        }
        const size_t size = (size_t)(stop - t->next);
        if (csv_parse(&t->parser, t->next, size, cell_take, row_take, t) != size)
            return quotes_fail(t, err);
        t->next_line += line_end != NULL;
        t->next = stop;
        if (t->next - t->row > MAX_ROW_BYTES || t->n_cell > MAX_CELLS)
            return place_fail(&t->place, err,
                              "a row of more than %d bytes or %d cells: a quote may not be "
                              "closed",
                              MAX_ROW_BYTES, MAX_CELLS);
    }
    if (!t->row_done && csv_fini(&t->parser, cell_take, row_take, t) != 0)
        return quotes_fail(t, err);
    return true;
}

const char *table_cell(const struct table *t, uint32_t position)
{
    return t->buffer + t->offset[position];
}

/* The place of a cell by its position in the file: counts commas outside quotes. */
struct place table_cell_place(const struct table *t, uint32_t position)
{
    struct place place = t->place;
    bool quoted = false;

    for (const char *p = t->row; p < t->end && (position > 0 || quoted); p++) {
        quoted ^= *p == '"';
        position -= *p == ',' && !quoted;
        place.line += *p == '\n';
        place.column = *p == '\n' ? 1 : place.column + ((*p & 0xC0) != 0x80);
    }
    return place;
}

static uint32_t column_find(const struct table *t, const char *name)
{
    for (uint32_t i = 0; i < t->n_column; i++)
        if (strcmp(t->columns[i].name, name) == 0)
            return i;
    return t->n_column;
}

static bool unknown_fail(const struct table *t, uint32_t position, struct error *err)
{
    const struct place place = table_cell_place(t, position);
    const char *name = table_cell(t, position), *nearest = "";
    unsigned least = ~0u;

    if (strpbrk(name, ";\t") != NULL)
        return place_fail(&place, err, "'%s' is one column: separate columns with commas",
                          name);
    for (uint32_t i = 0; i < t->n_column; i++)
        if (field_distance(t->columns[i].name, name) < least) {
            nearest = t->columns[i].name;
            least = field_distance(nearest, name);
        }
    return place_fail(&place, err, "there is no column '%s': did you mean '%s'?", name,
                      nearest);
}

static bool header_read(struct table *t, bool others, struct error *err)
{
    if (!row_parse(t, err))
        return false;
    if (!t->row_done)
        return place_fail(&t->place, err,
                          "the file is empty: its first row names the columns");
    t->n_header = t->n_cell;
    for (uint32_t i = 0; i < t->n_cell; i++) {
        const uint32_t column = column_find(t, table_cell(t, i));
        const struct place place = table_cell_place(t, i);
        if (column == t->n_column && !others)
            return unknown_fail(t, i, err);
        if (column < t->n_column && t->position[column] >= 0)
            return place_fail(&place, err,
                              "column '%s' stands here a second time: keep one",
                              t->columns[column].name);
        if (column < t->n_column)
            t->position[column] = (int)i;
    }
    for (uint32_t i = 0; i < t->n_column; i++)
        if (t->columns[i].required && t->position[i] < 0)
            return place_fail(&t->place, err,
                              "column '%s' is missing: add it to the first row",
                              t->columns[i].name);
    return true;
}

bool table_open(struct table *t, struct input_list *inputs, const char *path,
                const struct place *from, const struct table_column *columns, bool others,
                struct error *err)
{
    struct input_file file;
    size_t size;

    *t = (struct table){.arena = inputs->arena, .columns = columns, .next_line = 1};
    while (columns[t->n_column].name != NULL)
        t->position[t->n_column++] = -1;
    if (csv_init(&t->parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return place_fail(from, err, "no memory for the CSV parser");
    if (!input_read(inputs, path, from, max_csv_bytes, &file, err))
        return false;
    t->text = t->next = t->row = input_text(&file, &size);
    t->end = t->text + size;
    t->place = (struct place){.file = file.name, .line = 1, .column = 1};
    return header_read(t, others, err);
}

bool table_next(struct table *t, bool *more, struct error *err)
{
    if (!row_parse(t, err))
        return false;
    *more = t->row_done;
    if (!*more)
        return true;
    if (t->n_cell != t->n_header)
        return place_fail(
            &t->place, err,
            "%u cells where the first row has %u columns: look for a missing or "
            "an extra comma",
            (unsigned)t->n_cell, (unsigned)t->n_header);
    if (++t->n_row > MAX_ROWS)
        return place_fail(&t->place, err, "more than %d rows: split the file", MAX_ROWS);
    for (uint32_t i = 0; i < t->n_column; i++)
        t->cell[i] = t->position[i] < 0 ? "" : table_cell(t, (uint32_t)t->position[i]);
    return true;
}

void table_close(struct table *t)
{
    csv_free(&t->parser);
    free(t->buffer);
    free(t->offset);
    t->buffer = NULL;
    t->offset = NULL;
}

size_t table_max_rows(const struct table *t)
{
    size_t n = 1;

    for (const char *p = t->next; p < t->end && (p = memchr(p, '\n', (size_t)(t->end - p)));
         p++)
        n++;
    return n;
}

struct place table_place(const struct table *t, uint32_t column)
{
    return t->position[column] < 0 ? t->place
                                   : table_cell_place(t, (uint32_t)t->position[column]);
}

bool table_fail(const struct table *t, uint32_t column, struct error *err,
                const char *format, ...)
{
    const struct place place = table_place(t, column);
    char sentence[sizeof err->text];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    return place_fail(&place, err, "%s", sentence);
}

bool table_number(const struct table *t, uint32_t column, double min, double max,
                  double preset, double *value, struct error *err)
{
    const char *text = t->cell[column], *name = t->columns[column].name;

    *value = preset;
    if (*text == '\0' && !isnan(preset))
        return true;
    if (*text == '\0')
        return table_fail(t, column, err, "%s is empty: write a number", name);
    if (!field_number(text, value))
        return table_fail(
            t, column, err,
            "%s = %s is not a finite number: write digits such as -0.3 or 5.0e6 "
            "without unit or separators",
            name, text);
    if (*value < min || *value > max)
        return table_fail(t, column, err, "%s = %s is outside %.10g .. %.10g", name, text,
                          min, max);
    return true;
}
