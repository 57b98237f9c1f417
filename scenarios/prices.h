#ifndef TAILRACE_SCENARIOS_PRICES_H
#define TAILRACE_SCENARIOS_PRICES_H

#include "scenarios/input.h"
#include "sim/field.h"

/* A file of recorded prices. Wide: a column of times (time_utc, date, time_s or time_ms) and
 * one column of prices per asset, as in "date,BTC,ETH"; an empty cell is a missing price.
 * Long: a column of times, `asset`, and `close` or `price_usd`. A date without a time is the
 * end of that day. */
struct price_column {
    const char *name;  /* of the column, or the asset in a long file */
    double *price_usd; /* [n_row] NaN where missing */
};
struct price_table {
    const char *file;
    char sha256[65];
    uint32_t n_row, n_column;
    double *time_s; /* [n_row] seconds since 1970 UTC, strictly increasing */
    struct price_column *column;
    double step_s;        /* the commonest distance of two rows; 0 with one row */
    uint32_t n_duplicate; /* rows left out: the same time and the same prices */
};

/* How a file is to be read. */
struct price_format {
    double utc_offset_s; /* of the file's clock: local time - UTC */
};

/* Reads a whole file. False, with a sentence that names the line: a price that is not a
 * positive number, times that go back, one time with two prices, less than two rows, no
 * column of times or prices. */
bool prices_read(struct input_list *inputs, const char *path, const struct place *from,
                 const struct price_format *format, struct price_table *table,
                 struct error *err);

/* The column of that name (for a wide file also "<name>_close", case ignored); NULL with a
 * sentence that names those there are. */
const struct price_column *prices_column(const struct price_table *table, const char *name,
                                         const struct place *from, struct error *err);

/* The rows of one column that have a price, as a history. */
void prices_history(const struct price_table *table, const struct price_column *column,
                    struct arena *arena, struct history *history);

#endif
