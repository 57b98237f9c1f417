/* Tokens that are held at a parity: a stablecoin in USD, a staked token in units of its
 * anchor. They have no returns worth a model, so they stand apart from the other assets. */
#include <math.h>
#include <string.h>

#include "scenarios/reader.h"
#include "sim/study/calibrate.h"
#include "sim/study/fit_peg.h"

static const double YEAR_S = 365.0 * 86400.0;

/* ln of the price, in anchors where there is one, at the times where both have a price. */
static struct peg_series peg_prices(const struct calibration *c, struct calibrate_peg *p)
{
    const struct price_table *t = &c->table;
    const struct series_window *window = &c->options->window;
    double *value = arena_get(c->arena, t->n_row, sizeof *value);
    double *time_s = arena_get(c->arena, t->n_row, sizeof *time_s);
    uint32_t n = 0;

    for (uint32_t row = 0; row < t->n_row; row++) {
        const double price = p->column->price_usd[row];
        const double anchor =
            p->anchor_column != NULL ? p->anchor_column->price_usd[row] : 1.0;
        const bool outside = (window->from_s != 0.0 && t->time_s[row] < window->from_s) ||
                             (window->to_s != 0.0 && t->time_s[row] > window->to_s);
        if (isnan(price) || isnan(anchor) || outside)
            continue;
        value[n] = log(price / anchor);
        time_s[n++] = t->time_s[row];
        p->last_usd = price;
    }
    p->n_price = n;
    p->first_s = n > 0 ? time_s[0] : 0.0;
    p->last_s = n > 0 ? time_s[n - 1] : 0.0;
    return (struct peg_series){
        .log_price = value, .time_s = time_s, .n = n, .accrues = p->anchor != NULL};
}

static void *value_at(const struct estimate *e, const char *key)
{
    for (const struct field *f = e->model->about.fields; f->key != NULL; f++)
        if (strcmp(f->key, key) == 0)
            return (char *)e->param + f->offset;
    return NULL;
}

/* The estimate's parity is that of the first price, a market's that of the last; its error
 * is then that of the growth, which has its own. */
static void set_anchor(struct calibrate_peg *p)
{
    struct estimate *e = &p->estimate;
    double *parity = value_at(e, "parity");
    const double *drift = value_at(e, "drift_annual");

    *(const char **)value_at(e, "anchor") = p->anchor;
    *parity *= exp(*drift * (p->last_s - p->first_s) / YEAR_S);
    for (uint32_t i = 0; i < e->n_param && p->anchor != NULL; i++)
        if (strcmp(e->p[i].key, "parity") == 0)
            e->p[i].standard_error = NAN;
}

static bool peg_find(struct calibration *c, struct calibrate_peg *p, struct error *err)
{
    const struct place top = {.file = c->table.file, .line = 1, .column = 1};

    p->column = prices_column(&c->table, p->name, &top, err);
    if (p->column == NULL || !reader_name("an asset", p->name, &top, err))
        return false;
    if (p->anchor == NULL)
        return true;
    for (uint32_t i = 0; i < c->n_asset; i++)
        if (strcmp(c->asset[i].name, p->anchor) == 0)
            p->anchor_column = c->asset[i].column;
    return p->anchor_column != NULL ||
           fail(err, "--peg %s:%s: %s is not among the assets that are calibrated", p->name,
                p->anchor, p->anchor);
}

bool calibrate_pegs(struct calibration *c, struct error *err)
{
    for (uint32_t i = 0; i < c->n_peg; i++) {
        struct calibrate_peg *p = &c->peg[i];
        struct error why;
        if (!peg_find(c, p, err))
            return false;
        const struct peg_series series = peg_prices(c, p);
        calibrate_show(c, p->name, "peg");
        if (!fit_peg(&series, c->options->seed, c->arena, &p->estimate, &why))
            return fail(err, "%s: %s: %.800s", c->table.file, p->name, why.text);
        set_anchor(p);
        if (c->options->zero_drift && p->anchor == NULL)
            calibrate_zero_drift(&p->estimate);
    }
    return true;
}

void calibrate_peg_print(const struct calibration *c, const struct calibrate_peg *p,
                         const char *prefix, FILE *out)
{
    fprintf(out, "%s%s, held at a parity in %s: %u prices, %s to %s\n", prefix, p->name,
            p->anchor != NULL ? p->anchor : "USD", p->n_price,
            series_time_text(p->first_s, c->arena), series_time_text(p->last_s, c->arena));
    fprintf(out, "%s  peg, log-likelihood of prices %.2f, converged: %s\n", prefix,
            p->estimate.log_likelihood, p->estimate.converged ? "yes" : "NO");
    calibrate_parameters_print(c, &p->estimate, prefix, out);
}
