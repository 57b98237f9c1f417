/* Surfaces of implied volatility, and Heston's model, from an option chain. */
#include <math.h>
#include <string.h>

#include "scenarios/reader.h"
#include "scenarios/table.h"
#include "scenarios/value.h"
#include "sim/study/calibrate.h"

/* Quotes that Heston's model is fitted to: it cannot follow the smile of the last days, and
 * the wings have wide spreads. Weights: normal density at k / (sigma sqrt(T)), so the
 * vega's shape, with the same sum at every expiry. */
static const double HESTON_LEAST_YEARS = 5.0 / 365.0, HESTON_REACH_SD = 2.0;
static const double POINT = 0.01; /* of volatility */

/* Which assets of the calibration have rows in the chain. */
static bool find_currencies(struct calibration *c, struct input_list *inputs,
                            struct error *err)
{
    static const struct table_column columns[] = {{"currency", false}, {NULL, false}};
    struct table table;
    bool more = true;

    bool ok = table_open(&table, inputs, c->options->chain, NULL, columns, true, err);
    if (ok && table.position[0] < 0 && c->n_asset > 1)
        ok =
            place_fail(&table.place, err,
                       "the chain has no column 'currency': add it, or choose one asset by "
                       "--assets");
    if (ok && table.position[0] < 0) {
        c->asset[0].chain.given = true;
        more = false;
    }
    while (ok && more && (ok = table_next(&table, &more, err)) && more)
        for (uint32_t i = 0; i < c->n_asset; i++)
            if (strcmp(table.cell[0], c->asset[i].name) == 0)
                c->asset[i].chain.given = true;
    table_close(&table);
    for (uint32_t i = 0; i < c->n_asset && ok; i++)
        if (c->asset[i].chain.given)
            return true;
    return ok &&
           fail(err, "%s:1:1: no option of %s%s: name another chain", c->options->chain,
                c->asset[0].name, c->n_asset > 1 ? " or the other assets" : "");
}

static bool read_surface(const struct calibration *c, const struct calibrate_asset *a,
                         struct input_list *inputs, struct surface *surface,
                         struct error *err)
{
    struct reader reader = {.arena = c->arena, .inputs = inputs};
    struct scenario_asset asset = {
        .name = a->name,
        .spot_usd = a->series.last_usd,
        .surface = {.chain = c->options->chain, .iv_unit = c->options->chain_unit}};

    struct error why;
    if (!chain_read(&reader, &asset, NULL, &why))
        return fail(err, "%.960s%s", why.text,
                    strstr(why.text, "iv_unit:") != NULL ? " (here: --chain-unit)" : "");
    return chain_surface(&asset, c->arena, surface, err);
}

/* The quotes of one expiry for Heston's model. */
static uint32_t heston_slice(const struct surface_slice *s, struct smile_point *point)
{
    double sum = 0.0;
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->n_node && s->years >= HESTON_LEAST_YEARS; i++) {
        const double d = s->log_moneyness[i] / sqrt(s->total_variance[i]);
        if (fabs(d) > HESTON_REACH_SD)
            continue;
        point[n] =
            (struct smile_point){.years = s->years,
                                 .log_moneyness = s->log_moneyness[i],
                                 .implied_vol = sqrt(s->total_variance[i] / s->years),
                                 .weight = exp(-0.5 * d * d)};
        sum += point[n++].weight;
    }
    for (uint32_t i = 0; i < n; i++)
        point[i].weight /= sum;
    return n;
}

static void fit_pricing(struct calibration *c, const struct surface *surface,
                        struct calibrate_chain *chain)
{
    uint32_t n = 0, most = 0;

    for (uint32_t i = 0; i < surface->n_slice; i++)
        most += surface->slice[i].n_node;
    struct smile_point *point = arena_get(c->arena, most, sizeof *point);
    for (uint32_t i = 0; i < surface->n_slice; i++)
        n += heston_slice(&surface->slice[i], point + n);
    chain->has_heston = fit_heston(point, n, c->options->seed, c->arena, &chain->heston,
                                   &chain->why_no_heston);
}

bool calibrate_chain(struct calibration *c, struct error *err)
{
    struct input_list inputs = {.arena = c->arena};

    if (c->options->chain == NULL)
        return true;
    if (!find_currencies(c, &inputs, err))
        return false;
    memcpy(c->chain_sha256, inputs.file[0].sha256, sizeof c->chain_sha256);
    for (uint32_t i = 0; i < c->n_asset; i++) {
        struct calibrate_asset *a = &c->asset[i];
        struct surface surface;
        if (!a->chain.given)
            continue;
        calibrate_show(c, a->name, "surface");
        if (!read_surface(c, a, &inputs, &surface, err) ||
            !fit_ssvi(&surface, c->options->seed, c->arena, &a->chain.ssvi, err))
            return false;
        if (c->options->raw_svi)
            fit_svi(&surface, &a->chain.ssvi, c->arena, &a->chain.svi);
        calibrate_show(c, a->name, "heston");
        fit_pricing(c, &surface, &a->chain);
    }
    return true;
}

static void print_heston(const struct calibration *c, const struct calibrate_chain *chain,
                         const char *prefix, FILE *out)
{
    const struct heston_fit *h = &chain->heston;

    if (!chain->has_heston) {
        fprintf(out, "%s  heston: not fitted: %s\n", prefix, chain->why_no_heston.text);
        return;
    }
    fprintf(out,
            "%s  heston, pricing measure: RMS error %.2f, largest %.2f volatility points; "
            "%u of %u\n%s  starts agree; converged: %s\n",
            prefix, h->rms_vol_points, h->largest_vol_points, h->n_agree, h->n_start,
            prefix, h->estimate.converged ? "yes" : "NO");
    calibrate_parameters_print(c, &h->estimate, prefix, out);
}

static void print_svi(const struct calibration *c, const struct svi_fit *svi,
                      const char *prefix, FILE *out)
{
    if (svi->n_slice > 0)
        fprintf(out,
                "%s  raw SVI, which is written: RMS error %.2f volatility points, free of "
                "arbitrage, too\n",
                prefix, svi->rms_volatility / POINT);
    for (uint32_t i = 0; i < svi->n_slice; i++)
        fprintf(out, "%s  %-16s  %6u  RMS error %9.2f\n", prefix,
                series_time_text(svi->slice[i].expiry_s, c->arena), svi->slice[i].n_quote,
                svi->slice[i].rms_volatility / POINT);
}

void calibrate_chain_print(const struct calibration *c, const struct calibrate_asset *a,
                           const char *prefix, FILE *out)
{
    const struct ssvi_fit *s = &a->chain.ssvi;

    fprintf(
        out,
        "%s%s options: %u quotes at %s, RMS error of SSVI %.2f volatility points, free of\n"
        "%scalendar and butterfly arbitrage; one rho for all expiries: %.2f; converged: "
        "%s\n",
        prefix, a->name, s->n_quote, series_time_text(s->quote_s, c->arena),
        s->rms_volatility / POINT, prefix, s->common_rms_volatility / POINT,
        s->converged ? "yes" : "NO");
    fprintf(out, "%s  %-16s  %6s  %6s  %7s  %6s  %9s  %9s\n", prefix, "expiry", "quotes",
            "ATM", "rho", "phi", "RMS error", "largest");
    for (uint32_t i = 0; i < s->n_slice; i++) {
        const struct ssvi_slice *e = &s->slice[i];
        fprintf(out, "%s  %-16s  %6u  %6.4f  %7.4f  %6.2f  %9.2f  %9.2f\n", prefix,
                series_time_text(e->expiry_s, c->arena), e->n_quote,
                e->atm_volatility_annual, e->rho, e->phi, e->rms_volatility / POINT,
                e->worst_volatility / POINT);
    }
    print_svi(c, &a->chain.svi, prefix, out);
    print_heston(c, &a->chain, prefix, out);
}
