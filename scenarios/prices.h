#ifndef TAILRACE_SCENARIOS_PRICES_H
#define TAILRACE_SCENARIOS_PRICES_H

#include "scenarios/input.h"
#include "sim/field.h"

/* A file of recorded prices. Wide: a column of times (time_utc, date, time_s or time_ms)
 * and one column of prices per asset, as in "date,BTC,ETH"; an empty cell is a missing
 * price; columns of other things do no harm. Long: a column of times, `asset`, and `close`
 * or `price_usd`; the rows of each asset are in the order of time. A date without a time is
 * the end of that day. */
struct price_column {
    const char *name;    /* of the column, or the asset in a long file */
    double *price_usd;   /* [n_row] NaN where missing */
    const char *refused; /* NULL; or why it is no column of prices: the sentence about its
                            first cell that is none, or about its having no cell at all */
};
struct price_table {
    const char *file;
    char sha256[65];
    uint32_t n_row, n_column;
    double *time_s; /* [n_row] seconds since 1970 UTC, strictly increasing */
    struct price_column *column;
    uint32_t n_duplicate; /* rows left out: the same time and the same prices */
};

/* How a file is to be read. */
struct price_format {
    double utc_offset_s; /* of the file's clock: local time - UTC */
};

/* Reads a whole file. False, with a sentence that names the line: times that go back, less
 * than two rows, no column of times, no column of prices. A price that is not a positive
 * number, or one time with two prices, refuses its column: prices_column says so, and this
 * does where no column is left. */
bool prices_read(struct input_list *inputs, const char *path, const struct place *from,
                 const struct price_format *format, struct price_table *table,
                 struct error *err);

/* The column of that name (for a wide file also "<name>_close", case ignored); NULL with a
 * sentence that names those there are, or that says why it is refused. */
const struct price_column *prices_column(const struct price_table *table, const char *name,
                                         const struct place *from, struct error *err);

/* The rows of one column that have a price, as a history. */
void prices_history(const struct price_table *table, const struct price_column *column,
                    struct arena *arena, struct history *history);

#endif
