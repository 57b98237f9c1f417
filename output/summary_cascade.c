/* What cascades did, for people and for machines. */

#include "output/summary_cascade.h"

#include <string.h>

#include "output/summary.h"

enum { TEXT = 48, WIDE = 160, LOW = 0, MEDIAN = 1, HIGH = 2 };

static void range_text(const double *quantile, char *text)
{
    char median[TEXT], low[TEXT], high[TEXT];

    summary_number(quantile[MEDIAN], median, sizeof median);
    summary_number(quantile[LOW], low, sizeof low);
    summary_number(quantile[HIGH], high, sizeof high);
    snprintf(text, WIDE, "%s [%s, %s]", median, low, high);
}

static bool happens(const struct cascade_result *c)
{
    for (uint32_t i = 0; i < c->n_protocol; i++)
        if (c->figures[i].n_path > 0)
            return true;
    return false;
}

void summary_cascade_print(const struct cascade_result *c, FILE *out)
{
    char accounts[WIDE], bad_debt[WIDE], ratio[WIDE];

    if (!happens(c))
        return;
    fprintf(out, "\n%-24s %-25s %-25s %s\n", "cascades, median [95 %]", "accounts closed",
            "bad debt", "branching ratio");
    for (uint32_t i = 0; i < c->n_protocol; i++) {
        const struct cascade_figures *f = &c->figures[i];
        const char *name = c->protocol_name[i];
        if (f->n_path == 0)
            continue;
        if (strlen(name) > 24) {
            fprintf(out, "%s\n", name);
            name = "";
        }
        range_text(f->accounts, accounts);
        range_text(f->bad_debt_usd, bad_debt);
        range_text(f->branching_ratio, ratio);
        fprintf(out, "%-24s %-25s %-25s %s\n", name, accounts, bad_debt, ratio);
    }
}

static void add_range(cJSON *object, const char *name, const double *quantile)
{
    cJSON *const range = cJSON_AddObjectToObject(object, name);

    json_number(range, "median", quantile[MEDIAN]);
    json_number(range, "lower", quantile[LOW]);
    json_number(range, "upper", quantile[HIGH]);
}

cJSON *summary_cascade_json(const struct cascade_result *c)
{
    cJSON *const array = cJSON_CreateArray();

    for (uint32_t i = 0; i < c->n_protocol; i++) {
        const struct cascade_figures *f = &c->figures[i];
        cJSON *const object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "protocol", c->protocol_name[i]);
        json_number(object, "paths", (double)f->n_path);
        add_range(object, "liquidated_accounts", f->accounts);
        add_range(object, "liquidated_usd", f->liquidated_usd);
        add_range(object, "bad_debt_usd", f->bad_debt_usd);
        add_range(object, "branching_ratio", f->branching_ratio);
        cJSON_AddItemToArray(array, object);
    }
    return array;
}
