/* Which column of a file of prices is meant, and its prices. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "scenarios/prices.h"

/* How well a column's name fits; 0: not at all. */
static int name_fit(const char *column, const char *name)
{
    const size_t n = strlen(name);

    return strcmp(column, name) == 0                                                    ? 3
           : strcasecmp(column, name) == 0                                              ? 2
           : strncasecmp(column, name, n) == 0 && strcasecmp(column + n, "_close") == 0 ? 1
                                                                                        : 0;
}

const struct price_column *prices_column(const struct price_table *table, const char *name,
                                         const struct place *from, struct error *err)
{
    const struct price_column *best = NULL;
    char list[160] = "";
    size_t used = 0;
    unsigned n_more = 0;
    int fit = 0;

    for (uint32_t i = 0; i < table->n_column; i++) {
        const struct price_column *column = &table->column[i];
        if (name_fit(column->name, name) > fit) {
            fit = name_fit(column->name, name);
            best = column;
        }
        if (column->refused == NULL && used + strlen(column->name) + 24 < sizeof list)
            used +=
                (size_t)sprintf(list + used, "%s%s", used > 0 ? ", " : "", column->name);
        else if (column->refused == NULL)
            n_more++;
    }
    if (best != NULL && best->refused == NULL)
        return best;
    if (n_more > 0)
        sprintf(list + used, " and %u more", n_more);
    if (best != NULL)
        fail(err, "%s", best->refused);
    else if (from != NULL)
        place_fail(from, err, "%s has no column of prices '%s': it has %s", table->file,
                   name, list);
    else
        fail(err, "%s:1:1: there is no column of prices '%s', only %s", table->file, name,
             list);
    return NULL;
}

void prices_history(const struct price_table *table, const struct price_column *column,
                    struct arena *arena, struct history *history)
{
    double *time_s = arena_get(arena, table->n_row, sizeof *time_s);
    double *price_usd = arena_get(arena, table->n_row, sizeof *price_usd);
    uint32_t n = 0;

    for (uint32_t i = 0; i < table->n_row; i++) {
        if (isnan(column->price_usd[i]))
            continue;
        time_s[n] = table->time_s[i];
        price_usd[n++] = column->price_usd[i];
    }
    *history = (struct history){
        .file = table->file, .n = n, .time_s = time_s, .price_usd = price_usd};
}
