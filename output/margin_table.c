#include "output/margin_table.h"

#include <math.h>
#include <string.h>

#include "output/summary.h"
#include "sim/json.h"

enum { TEXT = 48, WIDE = 96 };

static const char *asset_of(const struct margin_report *r, uint32_t asset)
{
    return asset == UINT32_MAX ? "all" : r->asset_name[asset];
}

static const char *position_of(const struct margin_lines *a, uint32_t leg)
{
    return leg == UINT32_MAX ? NULL : a->positions.book.leg[leg].contract->id;
}

static void percent(double frac, char *text)
{
    if (isnan(frac))
        snprintf(text, TEXT, "-");
    else
        snprintf(text, TEXT, "%.4g %%", 100.0 * frac);
}

/* "-23.4 %", "now", "-" for nowhere. */
static void move_text(double frac, char *text)
{
    if (frac == 0.0)
        snprintf(text, TEXT, "now");
    else if (isnan(frac))
        snprintf(text, TEXT, "-");
    else
        snprintf(text, TEXT, "%+.2f %%", 100.0 * frac);
}

static void scenario_text(const struct margin_report *r, const struct margin_result *m,
                          char *text)
{
    char pnl[TEXT];

    if (m->n_scenario == 0) {
        snprintf(text, WIDE, "-");
        return;
    }
    const struct margin_scenario *s = &m->scenario[m->worst];
    summary_number(s->pnl_usd, pnl, sizeof pnl);
    snprintf(text, WIDE, "%s %+.4g %%, vol %s: %s", asset_of(r, m->asset),
             100.0 * s->move_frac, s->volatility, pnl);
}

static void print_line(const struct margin_report *r, const struct margin_lines *a,
                       const struct margin_line *l, FILE *out)
{
    char need[TEXT], initial[TEXT], frac[TEXT], down[TEXT], up[TEXT], worst[WIDE];
    char name[TEXT];

    snprintf(name, sizeof name, "%s%s", l->rule,
             a->venue != NULL && strcmp(l->parameters, a->venue) == 0 ? " *" : "");
    if (l->refused != NULL) {
        fprintf(out, "  %-25s the account %s\n", name, l->refused);
        return;
    }
    summary_number(l->result.maintenance_usd, need, sizeof need);
    summary_number(l->result.initial_usd, initial, sizeof initial);
    percent(l->result.maintenance_usd / a->notional_usd, frac);
    move_text(l->down_frac, down);
    move_text(l->up_frac, up);
    scenario_text(r, &l->result, worst);
    fprintf(out, "  %-25s %11s %11s %9s %10s %10s  %s\n", name, need, initial, frac, down,
            up, worst);
}

/* What needs a sentence of its own: the first of isolated positions, what is left out. */
static void print_notes(const struct margin_lines *a, FILE *out)
{
    if (a->n_line == 0)
        fprintf(out, "  nothing that needs margin\n");
    for (uint32_t i = 0; i < a->n_line; i++) {
        const struct margin_line *l = &a->line[i];
        const char *down = position_of(a, l->down_leg), *up = position_of(a, l->up_leg);
        if (down != NULL)
            fprintf(out, "  %s: first to die on the way down is position %s\n", l->rule,
                    down);
        if (up != NULL)
            fprintf(out, "  %s: first to die on the way up is position %s\n", l->rule, up);
    }
    for (uint32_t i = 0; i < a->positions.n_left_out; i++)
        fprintf(out, "  position %s (%s) is left out: no rule margins it\n",
                a->positions.left_out[i]->id,
                a->positions.left_out[i]->instrument->about.name);
}

void margin_table_print(const struct margin_report *r, FILE *out)
{
    fprintf(out, "  %-25s %11s %11s %9s %10s %10s  %s\n", "USD", "maintenance", "initial",
            "of notl.", "dies down", "dies up", "worst scenario");
    for (uint32_t i = 0; i < r->n_account; i++) {
        const struct margin_lines *a = &r->account[i];
        char equity[TEXT], notional[TEXT];
        summary_number(a->equity_usd, equity, sizeof equity);
        summary_number(a->notional_usd, notional, sizeof notional);
        fprintf(out, "\n%s%s%s: equity %s, notional %s\n", a->account,
                a->venue == NULL ? "" : " at ", a->venue == NULL ? "" : a->venue, equity,
                notional);
        for (uint32_t l = 0; l < a->n_line; l++)
            print_line(r, a, &a->line[l], out);
        print_notes(a, out);
    }
    fprintf(out, "\n* the rule of the account's venue; prices that move together:");
    for (uint32_t asset = 0; asset < r->n_asset; asset++)
        if (r->moves[asset])
            fprintf(out, " %s", r->asset_name[asset]);
    fprintf(out, "\n");
}

static void plain_number(double value, FILE *out)
{
    if (isfinite(value))
        fprintf(out, "\t%.17g", value);
    else
        fprintf(out, "\t");
}

static void plain_line(const struct margin_report *r, const struct margin_lines *a,
                       const struct margin_line *l, FILE *out)
{
    const struct margin_result *m = &l->result;
    const struct margin_scenario *s = m->n_scenario == 0 ? NULL : &m->scenario[m->worst];
    const bool ok = l->refused == NULL;

    fprintf(out, "%s\t%s\t%s\t%s", a->account, a->venue == NULL ? "" : a->venue, l->rule,
            l->parameters);
    plain_number(a->equity_usd, out);
    plain_number(a->notional_usd, out);
    plain_number(ok ? m->maintenance_usd : NAN, out);
    plain_number(ok ? m->initial_usd : NAN, out);
    plain_number(l->down_frac, out);
    plain_number(l->up_frac, out);
    fprintf(out, "\t%s", s == NULL ? "" : asset_of(r, m->asset));
    plain_number(s == NULL ? NAN : s->move_frac, out);
    fprintf(out, "\t%s", s == NULL ? "" : s->volatility);
    plain_number(s == NULL ? NAN : s->pnl_usd, out);
    fprintf(out, "\t%s\n", ok ? "" : l->refused);
}

/* Of an account that needs no margin: equity alone. */
static const struct margin_line NO_RULE = {.rule = "",
                                           .parameters = "",
                                           .result = {.initial_usd = NAN},
                                           .down_frac = NAN,
                                           .up_frac = NAN};

void margin_table_plain(const struct margin_report *r, FILE *out)
{
    fprintf(out, "account\tvenue\trule\tparameters\tequity_usd\tnotional_usd\t"
                 "maintenance_usd\tinitial_usd\tdies_down_frac\tdies_up_frac\tworst_asset\t"
                 "worst_move_frac\tworst_volatility\tworst_pnl_usd\trefused\n");
    for (uint32_t i = 0; i < r->n_account; i++) {
        const struct margin_lines *a = &r->account[i];
        if (a->n_line == 0)
            plain_line(r, a, &NO_RULE, out);
        for (uint32_t l = 0; l < a->n_line; l++)
            plain_line(r, a, &a->line[l], out);
    }
}

static void json_scenarios(const struct margin_report *r, const struct margin_result *m,
                           cJSON *line)
{
    if (m->n_scenario == 0) {
        cJSON_AddNullToObject(line, "worst_scenario");
        return;
    }
    cJSON_AddNumberToObject(line, "worst_scenario", m->worst);
    cJSON_AddStringToObject(line, "scenarios_of", asset_of(r, m->asset));
    cJSON *list = cJSON_AddArrayToObject(line, "scenarios");
    for (uint32_t i = 0; i < m->n_scenario; i++) {
        cJSON *s = cJSON_CreateObject();
        json_number(s, "move_frac", m->scenario[i].move_frac);
        cJSON_AddStringToObject(s, "volatility", m->scenario[i].volatility);
        json_number(s, "pnl_usd", m->scenario[i].pnl_usd);
        cJSON_AddItemToArray(list, s);
    }
}

static void json_name(cJSON *object, const char *key, const char *name)
{
    if (name == NULL)
        cJSON_AddNullToObject(object, key);
    else
        cJSON_AddStringToObject(object, key, name);
}

static cJSON *json_line(const struct margin_report *r, const struct margin_lines *a,
                        const struct margin_line *l)
{
    cJSON *line = cJSON_CreateObject();

    cJSON_AddStringToObject(line, "rule", l->rule);
    cJSON_AddStringToObject(line, "parameters", l->parameters);
    json_name(line, "refused", l->refused);
    if (l->refused != NULL)
        return line;
    json_number(line, "maintenance_usd", l->result.maintenance_usd);
    json_number(line, "initial_usd", l->result.initial_usd);
    json_number(line, "maintenance_frac", l->result.maintenance_usd / a->notional_usd);
    json_number(line, "initial_frac", l->result.initial_usd / a->notional_usd);
    json_number(line, "dies_down_frac", l->down_frac);
    json_name(line, "dies_down_position", position_of(a, l->down_leg));
    json_number(line, "dies_up_frac", l->up_frac);
    json_name(line, "dies_up_position", position_of(a, l->up_leg));
    json_scenarios(r, &l->result, line);
    return line;
}

bool margin_table_json(const struct margin_report *r, FILE *out, struct error *err)
{
    cJSON *root = cJSON_CreateObject();
    cJSON *moves = cJSON_AddArrayToObject(root, "moves");
    cJSON *accounts = cJSON_AddArrayToObject(root, "accounts");

    for (uint32_t asset = 0; asset < r->n_asset; asset++)
        if (r->moves[asset])
            cJSON_AddItemToArray(moves, cJSON_CreateString(r->asset_name[asset]));
    for (uint32_t i = 0; i < r->n_account; i++) {
        const struct margin_lines *a = &r->account[i];
        cJSON *account = cJSON_CreateObject();
        cJSON_AddStringToObject(account, "account", a->account);
        json_name(account, "venue", a->venue);
        json_number(account, "equity_usd", a->equity_usd);
        json_number(account, "notional_usd", a->notional_usd);
        cJSON *rules = cJSON_AddArrayToObject(account, "rules");
        for (uint32_t l = 0; l < a->n_line; l++)
            cJSON_AddItemToArray(rules, json_line(r, a, &a->line[l]));
        cJSON *left_out = cJSON_AddArrayToObject(account, "left_out");
        for (uint32_t p = 0; p < a->positions.n_left_out; p++)
            cJSON_AddItemToArray(left_out,
                                 cJSON_CreateString(a->positions.left_out[p]->id));
        cJSON_AddItemToArray(accounts, account);
    }
    return json_print(root, out, err);
}
