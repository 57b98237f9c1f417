#ifndef TAILRACE_SCENARIOS_TABLE_H
#define TAILRACE_SCENARIOS_TABLE_H

#include <csv.h>

#include "scenarios/input.h"

enum { TABLE_MAX_COLUMNS = 64 };

/* A column that the program knows. */
struct table_column {
    const char *name; /* NULL ends the list */
    bool required;    /* the column, not every cell of it */
};

/* A CSV file with a header row, read row by row. Columns are known by name, in any order.
 */
struct table {
    struct place place; /* of the current row */
    uint64_t n_row;     /* read so far */
    const struct table_column *columns;
    uint32_t n_column;
    uint32_t n_header;               /* cells of the header */
    int position[TABLE_MAX_COLUMNS]; /* of a known column in the file; -1 if absent */
    const char
        *cell[TABLE_MAX_COLUMNS]; /* of the current row by known column, "" if absent */
    /* The rest is the reader's own. */
    struct arena *arena;
    struct csv_parser parser;
    const char *text, *end, *next; /* of the file; `next` is not parsed yet */
    const char *row;               /* where the current row begins */
    int next_line;
    uint32_t n_cell; /* of the current row */
    bool row_done;
    char *buffer; /* cells of the current row, each ends with a zero; malloc */
    size_t buffer_size, buffer_used;
    size_t *offset; /* [n_offset] of the cells in the buffer; malloc */
    uint32_t n_offset;
};

/* Reads a CSV file into `inputs` and its header row. Columns that are not known are refused
 * unless `others`. table_close in any case. */
bool table_open(struct table *table, struct input_list *inputs, const char *path,
                const struct place *from, const struct table_column *columns, bool others,
                struct error *err);

/* The next row; *more is false at the end of the file. */
bool table_next(struct table *table, bool *more, struct error *err);

void table_close(struct table *table);

/* Upper bound of the number of rows. */
size_t table_max_rows(const struct table *table);

/* A cell of the current row by its position in the file, 0 .. n_header - 1; of the header
 * before the first table_next. The text lives until the next row. */
const char *table_cell(const struct table *table, uint32_t position);
struct place table_cell_place(const struct table *table, uint32_t position);

/* Where a known column's cell of the current row stands. */
struct place table_place(const struct table *table, uint32_t column);

/* A sentence about a cell of the current row, with its place; returns false. */
bool table_fail(const struct table *table, uint32_t column, struct error *err,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

/* A number within min .. max; an empty cell gives `preset`, or is refused if that is NAN.
 */
bool table_number(const struct table *table, uint32_t column, double min, double max,
                  double preset, double *value, struct error *err);

#endif
