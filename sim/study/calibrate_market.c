/* A calibration as a market file. */
#include <math.h>
#include <string.h>

#include "scenarios/node.h"
#include "scenarios/value.h"
#include "sim/study/calibrate.h"

enum { WIDTH = 92 };

/* "key: text", broken behind commas and continued under the first bracket. */
static void wrapped(FILE *out, const char *before, const char *key, const char *text)
{
    int column = fprintf(out, "%s%s: ", before, key);
    const int under = column + 1 - (int)strlen(before);

    for (bool first = true; *text != '\0'; first = false) {
        const char *comma = strstr(text, ", ");
        const int length = comma == NULL ? (int)strlen(text) : (int)(comma - text) + 1;
        if (!first && column + 1 + length > WIDTH)
            column = fprintf(out, "\n%s%*s", before, under, "") - 1;
        else if (!first)
            column += fprintf(out, " ");
        column += fprintf(out, "%.*s", length, text);
        text += comma == NULL ? length : length + 1;
    }
    fputc('\n', out);
}

static void write_head(const struct calibration *c, FILE *out)
{
    const struct price_table *t = &c->table;

    fprintf(out,
            "# Price models calibrated by tailrace %s from recorded prices.\n#\n"
            "# command: %s\n"
            "# prices:  %s, %u rows, %s to %s\n"
            "#          SHA-256 %s\n",
            TAILRACE_VERSION, c->options->command, t->file, t->n_row,
            series_time_text(t->time_s[0], c->arena),
            series_time_text(t->time_s[t->n_row - 1], c->arena), t->sha256);
    if (c->options->chain != NULL)
        fprintf(out, "# options: %s\n#          SHA-256 %s\n", c->options->chain,
                c->chain_sha256);
    fprintf(out, "#\n");
    calibrate_print(c, "# ", out);
    fprintf(
        out,
        "#\n# * is the model chosen, by %s. +- is one standard error. The correlations and "
        "the\n# models are those of the real world: they do not price options.\n",
        c->options->choose);
}

/* The other choice, as a comment to be swapped in. */
static void write_heston(const struct calibration *c, const struct calibrate_asset *a,
                         FILE *out)
{
    const struct estimate *e = &a->chain.heston.estimate;
    const char *uncertainty = calibrate_uncertainty_text(e, true, c->arena);

    fprintf(out, "    # What the options price instead (pricing measure):\n");
    wrapped(out, "    # ", "price", calibrate_model_text(e->model, e->param, c->arena));
    if (uncertainty != NULL)
        wrapped(out, "    # ", "uncertainty", uncertainty);
}

static void write_asset(const struct calibration *c, const struct calibrate_asset *a,
                        double time_s, FILE *out)
{
    const struct estimate *e = calibrate_chosen(c, a);
    const char *uncertainty =
        calibrate_uncertainty_text(e, c->options->zero_drift, c->arena);

    fprintf(out, "  %s:\n    spot_usd: %s\n", node_quote(a->name, c->arena),
            value_number_text(a->series.last_usd, c->arena));
    wrapped(out, "    ", "price", calibrate_model_text(e->model, e->param, c->arena));
    if (uncertainty != NULL)
        wrapped(out, "    ", "uncertainty", uncertainty);
    if (a->chain.has_heston && e != &a->chain.heston.estimate)
        write_heston(c, a, out);
    const bool utc = a->chain.ssvi.quote_s == time_s;
    if (a->chain.svi.n_slice > 0)
        fit_svi_write(&a->chain.svi, 4, utc, out);
    else if (a->chain.given)
        fit_ssvi_write(&a->chain.ssvi, 4, utc, out);
}

static void write_peg(const struct calibration *c, const struct calibrate_peg *p, FILE *out)
{
    const struct estimate *e = &p->estimate;
    const char *uncertainty = calibrate_uncertainty_text(
        e, c->options->zero_drift && p->anchor == NULL, c->arena);

    fprintf(out, "  %s:\n    spot_usd: %s\n", node_quote(p->name, c->arena),
            value_number_text(p->last_usd, c->arena));
    wrapped(out, "    ", "price", calibrate_model_text(e->model, e->param, c->arena));
    if (uncertainty != NULL)
        wrapped(out, "    ", "uncertainty", uncertainty);
}

void calibrate_market(const struct calibration *c, FILE *out)
{
    double last_s = 0.0;

    for (uint32_t i = 0; i < c->n_asset; i++)
        last_s = fmax(last_s, c->asset[i].series.last_s);
    write_head(c, out);
    fprintf(out, "tailrace: 1\nname: %s\ntime_utc: %s\n\nassets:\n",
            node_quote(c->options->market_name, c->arena),
            series_time_text(last_s, c->arena));
    for (uint32_t i = 0; i < c->n_asset; i++)
        write_asset(c, &c->asset[i], last_s, out);
    for (uint32_t i = 0; i < c->n_peg; i++)
        write_peg(c, &c->peg[i], out);
    if (c->n_asset + c->n_peg > 1) {
        fprintf(out, "\n");
        calibrate_joint_market(c, out);
    }
}
