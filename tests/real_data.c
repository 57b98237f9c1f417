#include "tests/real_data.h"

#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct real_table table;

const struct real_table *real_read(const char *path)
{
    FILE *file = fopen(path, "r");

    if (file == NULL)
        cr_skip_test("no market data at %s", path);
    table.n_row = -1;
    while (table.n_row < TABLE_ROWS &&
           fgets(table.line[table.n_row + 1], TABLE_LINE, file)) {
        char *rest = table.line[++table.n_row];

        rest[strcspn(rest, "\r\n")] = '\0';
        table.n_column = 0;
        while (rest != NULL && table.n_column < TABLE_COLUMNS)
            table.cell[table.n_row][table.n_column++] = strsep(&rest, ",");
    }
    fclose(file);
    return &table;
}

static int find_column(const struct real_table *t, const char *column)
{
    int i = 0;

    while (i < t->n_column && strcmp(t->cell[0][i], column) != 0)
        i++;
    return i;
}

int real_has(const struct real_table *t, const char *column)
{
    return find_column(t, column) < t->n_column;
}

const char *real_text(const struct real_table *t, int row, const char *column)
{
    const int i = find_column(t, column);

    cr_assert(i < t->n_column, "no column %s", column);
    return t->cell[row][i];
}

double real_number(const struct real_table *t, int row, const char *column)
{
    return strtod(real_text(t, row, column), NULL);
}

double real_seconds(const char *utc)
{
    struct tm t = {0};

    cr_assert(sscanf(utc, "%d-%d-%d %d:%d:%d", &t.tm_year, &t.tm_mon, &t.tm_mday,
                     &t.tm_hour, &t.tm_min, &t.tm_sec) >= 5,
              "time %s", utc);
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    return (double)timegm(&t);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

void errors_check(struct errors *e, const char *what, int n, double median, double most,
                  double largest)
{
    qsort(e->error, (size_t)e->n, sizeof *e->error, compare);
    cr_assert_eq(e->n, n, "%s: %d rows instead of %d", what, e->n, n);
    const double at50 = e->error[(e->n - 1) / 2], at95 = e->error[(int)(0.95 * (e->n - 1))];
    const double at100 = e->error[e->n - 1];

    cr_log_info("%s: n %d, median %.3g, 95 %% %.3g, largest %.3g", what, e->n, at50, at95,
                at100);
    cr_expect(at50 <= median, "%s: median error %.3g, at most %.3g", what, at50, median);
    cr_expect(at95 <= most, "%s: 95 %% error %.3g, at most %.3g", what, at95, most);
    cr_expect(at100 <= largest, "%s: largest error %.3g, at most %.3g", what, at100,
              largest);
}
