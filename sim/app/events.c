/* The events of one path as a table. Columns that an event does not have are empty. */

#include "sim/app/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/text_file.h"
#include "sim/cascade.h"

static const char HEADER[] =
    "time_s,round,venue,account,own,event,cause,accounts,asset,coins,"
    "price_usd,usd,impact_frac,equity_usd\n";

/* A name as a CSV field. */
static void write_name(FILE *out, const char *name)
{
    if (strpbrk(name, ",\"\r\n") == NULL) {
        fputs(name, out);
        return;
    }
    fputc('"', out);
    for (; *name != '\0'; name++)
        fputs(*name == '"' ? "\"\"" : (const char[]){*name, '\0'}, out);
    fputc('"', out);
}

static const char *account_name(const struct plan *plan, const struct tape_event *e)
{
    return e->account == TAPE_NOBODY ? ""
           : e->own                  ? plan->account[e->account].name
                                     : plan->venue[e->venue].population->name[e->account];
}

static void write_event(FILE *out, const struct plan *plan, const struct tape_event *e)
{
    fprintf(out, "%.17g,%llu,", e->time_s, (unsigned long long)e->round);
    write_name(out, plan->venue[e->venue].name);
    fputc(',', out);
    write_name(out, account_name(plan, e));
    fprintf(out, ",%d,%s,%s,%.17g,", e->own,
            e->event == EVENT_STOP ? cascade_stop_name[e->stop]
                                   : cascade_event_name[e->event],
            e->cascade ? "cascade" : "market", e->accounts);
    if (e->event == EVENT_TRADE) {
        write_name(out, plan->asset[e->asset].name);
        fprintf(out, ",%.17g,%.17g,%.17g,%.17g,\n", e->coins, e->usd / e->coins, e->usd,
                e->impact_frac);
    } else if (e->event == EVENT_BREACH) {
        fprintf(out, ",,,,,%.17g\n", e->equity_usd);
    } else if (e->event == EVENT_LIQUIDATION || e->event == EVENT_STOP) {
        fprintf(out, ",,,,,\n");
    } else {
        fprintf(out, ",,,%.17g,,\n", e->usd);
    }
}

bool events_write(const char *file, const struct plan *plan, const struct tape *tape,
                  struct error *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return fail(err, "%s: no memory for the events", file);
    fputs(HEADER, out);
    for (size_t i = 0; i < tape->n_event; i++)
        write_event(out, plan, &tape->event[i]);
    if (fclose(out) != 0) {
        free(text);
        return fail(err, "%s: no memory for the events", file);
    }
    const bool ok = text_file_write(file, text, size, true, err);
    free(text);
    return ok;
}
