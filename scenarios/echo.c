/* The scenario as one YAML file with all defaults. */
#include <stdlib.h>

#include "scenarios/population.h"
#include "scenarios/utc.h"
#include "scenarios/value.h"

static void text_line(FILE *out, int indent, const char *key, const char *text,
                      struct arena *arena)
{
    if (text != NULL)
        fprintf(out, "%*s%s: %s\n", indent, "", key, node_quote(text, arena));
}

static void echo_head(FILE *out, const struct reader *r)
{
    const struct scenario *s = r->scenario;

    fprintf(out, "tailrace: 1\n");
    section_echo(out, 0, sections_scenario, s, r->arena);
    fprintf(out, "severity:\n");
    section_echo(out, 2, sections_severity, &s->severity, r->arena);
    fprintf(out, "run:\n");
    section_echo(out, 2, sections_run, &s->run, r->arena);
}

static void echo_asset(FILE *out, const struct scenario_asset *a, struct arena *arena)
{
    fprintf(out, "    %s:\n", node_quote(a->name, arena));
    section_echo(out, 6, sections_asset, a, arena);
    fprintf(out, "      price:\n");
    text_line(out, 8, "model", a->model->about.name, arena);
    section_echo(out, 8, a->model->about.fields, a->param, arena);
    if (a->uncertainty != NULL)
        uncertainty_echo(out, a->uncertainty, arena);
    if (a->has_surface)
        echo_surface(out, &a->surface, arena);
    if (a->has_oracle)
        oracle_echo(out, 6, &a->oracle, arena);
}

static void echo_correlation(FILE *out, const struct scenario *s, struct arena *arena)
{
    if (s->n_asset > 1)
        fprintf(out, "  correlation:\n");
    for (uint32_t i = 0; i < s->n_asset; i++)
        for (uint32_t j = i + 1; j < s->n_asset; j++)
            fprintf(out, "    \"%s/%s\": %s\n", s->asset[i].name, s->asset[j].name,
                    value_number_text(s->correlation[i * s->n_asset + j], arena));
}

static void echo_mapping(FILE *out, int indent, const char *key, const struct field *fields,
                         const void *param, struct arena *arena)
{
    const bool empty = fields == NULL || fields[0].key == NULL;

    fprintf(out, "%*s%s:%s\n", indent, "", key, empty ? " {}" : "");
    section_echo(out, indent + 2, fields, param, arena);
}

static void echo_plug_ins(FILE *out, int indent, const struct scenario_venue *v,
                          const struct venue_asset *a, struct arena *arena)
{
    if (a->margin_param != NULL)
        echo_mapping(out, indent, "margin", v->rule->asset_fields, a->margin_param, arena);
    if (a->liquidation_param != NULL)
        echo_mapping(out, indent, "liquidation", v->liquidation->asset_fields,
                     a->liquidation_param, arena);
}

static void echo_venue_asset(FILE *out, const struct scenario_venue *v,
                             const struct venue_asset *a, struct arena *arena)
{
    fprintf(out, "        %s:\n", node_quote(a->asset, arena));
    section_echo(out, 10, sections_venue_asset, a, arena);
    if (a->tiers.n_tier > 0)
        fprintf(out, "          tiers:\n");
    for (uint32_t i = 0; i < a->tiers.n_tier; i++)
        fprintf(out, "            - {from_usd: %s, maintenance_frac: %s}\n",
                value_number_text(a->tiers.tier[i].from_usd, arena),
                value_number_text(a->tiers.tier[i].maintenance_frac, arena));
    if (a->has_oracle)
        oracle_echo(out, 10, &a->oracle, arena);
    if (a->liquidity_param != NULL)
        echo_mapping(out, 10, "liquidity", v->liquidity->about.fields, a->liquidity_param,
                     arena);
    echo_plug_ins(out, 10, v, a, arena);
}

static void echo_categories(FILE *out, const struct scenario_venue *v, struct arena *arena)
{
    for (uint32_t c = 0; c < v->n_category; c++) {
        const struct venue_category *category = &v->category[c];
        fprintf(out, "%s        %s:%s\n", c == 0 ? "      categories:\n" : "",
                node_quote(category->name, arena), category->n_asset == 0 ? " {}" : "");
        for (uint32_t i = 0; i < category->n_asset; i++) {
            const struct venue_asset *a = &category->asset[i];
            const bool empty = a->margin_param == NULL && a->liquidation_param == NULL;
            fprintf(out, "          %s:%s\n", node_quote(a->asset, arena),
                    empty ? " {}" : "");
            echo_plug_ins(out, 12, v, a, arena);
        }
    }
}

static void echo_venue(FILE *out, const struct scenario_venue *v, struct arena *arena)
{
    fprintf(out, "    %s:\n      margin:\n", node_quote(v->name, arena));
    text_line(out, 8, "rule", v->rule->about.name, arena);
    section_echo(out, 8, v->rule->about.fields, v->rule_param, arena);
    if (v->liquidity != NULL)
        text_line(out, 6, "liquidity", v->liquidity->about.name, arena);
    section_echo(out, 6, sections_venue, &v->v, arena);
    fprintf(out, "      liquidation:\n");
    text_line(out, 8, "model", v->liquidation->about.name, arena);
    section_echo(out, 8, v->liquidation->about.fields, v->liquidation_param, arena);
    if (v->n_asset > 0)
        fprintf(out, "      assets:\n");
    for (uint32_t i = 0; i < v->n_asset; i++)
        echo_venue_asset(out, v, &v->asset[i], arena);
    echo_categories(out, v, arena);
}

static void echo_market(FILE *out, const struct scenario *s, struct arena *arena)
{
    fprintf(out, "market:\n");
    if (s->time_utc_s != 0.0)
        text_line(out, 2, "time_utc", utc_text(s->time_utc_s, arena), arena);
    fprintf(out, "  assets:\n");
    for (uint32_t i = 0; i < s->n_asset; i++)
        echo_asset(out, &s->asset[i], arena);
    echo_correlation(out, s, arena);
    if (s->copula.degrees_of_freedom > 0) {
        fprintf(out, "  copula:\n");
        section_echo(out, 4, sections_copula, &s->copula, arena);
    }
    blockchains_echo(out, s, arena);
    if (s->n_venue > 0)
        fprintf(out, "  venues:\n");
    for (uint32_t i = 0; i < s->n_venue; i++)
        echo_venue(out, &s->venue[i], arena);
}

static void echo_limits(FILE *out, const struct scenario *s, struct arena *arena)
{
    for (uint32_t i = 0; i < s->n_limit; i++) {
        const struct scenario_limit *limit = &s->limit[i];
        const bool probability = limit->kind == LIMIT_PROBABILITY;
        fprintf(out, "%s  - {metric: %s, ", i == 0 ? "limits:\n" : "",
                node_quote(limit->metric, arena));
        if (limit->kind == LIMIT_MEAN)
            fprintf(out, "mean: true, ");
        else if (probability)
            fprintf(out, "probability_above_usd: %s, ",
                    value_number_text(limit->above_usd, arena));
        else
            fprintf(out, "%s: %s, ", limit->kind == LIMIT_ES ? "es" : "var",
                    value_number_text(limit->level, arena));
        fprintf(out, "%s: %s, confidence: %s}\n", probability ? "max" : "max_usd",
                value_number_text(limit->max, arena),
                value_number_text(limit->confidence, arena));
    }
}

const char *echo_scenario(const struct reader *r)
{
    const struct scenario *s = r->scenario;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        abort(); /* no memory for a few bytes */
    echo_head(out, r);
    text_line(out, 0, "portfolio", r->portfolio_file, r->arena);
    for (uint32_t i = 0; i < s->n_population; i++) {
        fprintf(out, "%s", i == 0 ? "accounts:\n" : "");
        population_echo(out, 2, &s->population[i], r->arena);
    }
    echo_shocks(out, s, r->arena);
    echo_limits(out, s, r->arena);
    echo_market(out, s, r->arena);
    fclose(out);
    const char *copy = arena_text(r->arena, text);
    free(text);
    return copy;
}
