#ifndef TAILRACE_TESTS_REAL_DATA_H
#define TAILRACE_TESTS_REAL_DATA_H

/* Snapshots of real option chains. The data do not belong to the program; without them the
 * tests that use them are skipped. */

#define DATA TAILRACE_SOURCE "/../shared/data/"

enum { TABLE_ROWS = 2000, TABLE_COLUMNS = 40, TABLE_LINE = 2000 };

struct real_table {
    char line[TABLE_ROWS + 1][TABLE_LINE];
    char *cell[TABLE_ROWS + 1][TABLE_COLUMNS]; /* row 0: names */
    int n_row, n_column;
};

/* Reads a CSV file without quotes into the one table that it returns; skips the test if the
 * file is not there. */
const struct real_table *real_read(const char *path);

/* Cell of row 1 .. n_row; fails the test if there is no such column. */
const char *real_text(const struct real_table *t, int row, const char *column);
double real_number(const struct real_table *t, int row, const char *column);
int real_has(const struct real_table *t, const char *column);

/* Seconds since 1970 of "2026-01-18 09:14:30" or "2026-01-19 08:00", UTC. */
double real_seconds(const char *utc);

/* The errors of one quantity. */
struct errors {
    double error[TABLE_ROWS];
    int n;
};

/* Sorts them, logs and asserts median, 95 % quantile and largest; `n` of them. */
void errors_check(struct errors *e, const char *what, int n, double median, double most,
                  double largest);

#endif
