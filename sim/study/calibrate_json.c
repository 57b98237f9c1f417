/* A calibration as JSON. */
#include <math.h>
#include <string.h>

#include "scenarios/utc.h"
#include "scenarios/value.h"
#include "sim/json.h"
#include "sim/study/calibrate.h"

static const double CONFIDENCE = 0.95; /* of the intervals of parameters */

static cJSON *hole_json(const struct series_hole *hole, struct arena *arena)
{
    cJSON *const object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "from", utc_text(hole->from_s, arena));
    cJSON_AddStringToObject(object, "to", utc_text(hole->to_s, arena));
    return object;
}

static void add_data(cJSON *object, const struct series *s, struct arena *arena)
{
    cJSON_AddStringToObject(object, "from", utc_text(s->first_s, arena));
    cJSON_AddStringToObject(object, "to", utc_text(s->last_s, arena));
    json_number(object, "step_s", s->returns.step_s);
    json_number(object, "returns", s->returns.n);
    json_number(object, "last_price_usd", s->last_usd);
    json_number(object, "largest_log_return", s->largest);
    cJSON_AddStringToObject(object, "largest_at", utc_text(s->largest_s, arena));
    json_number(object, "gaps", s->n_gap);
    if (s->n_gap > 0)
        cJSON_AddItemToObject(object, "longest_gap", hole_json(&s->longest_gap, arena));
    json_number(object, "stuck_prices", s->n_stuck);
    json_number(object, "stuck_places", s->n_stuck_run);
    if (s->n_stuck > 0)
        cJSON_AddItemToObject(object, "longest_stuck", hole_json(&s->longest_stuck, arena));
    json_number(object, "outside_window", s->n_outside);
    json_number(object, "between_steps", s->n_between);
    json_number(object, "uneven_steps", s->n_uneven);
}

static void add_parameters(cJSON *object, const struct estimate *e)
{
    cJSON *const parameters = cJSON_AddArrayToObject(object, "parameters");

    for (uint32_t i = 0; i < e->n_param; i++) {
        cJSON *const p = cJSON_CreateObject();
        double low, high;
        cJSON_AddStringToObject(p, "key", e->p[i].key);
        json_number(p, "value", e->p[i].value);
        json_number(p, "standard_error", e->p[i].standard_error);
        estimate_interval(e, i, CONFIDENCE, &low, &high);
        json_number(p, "lower", low);
        json_number(p, "upper", high);
        cJSON_AddItemToArray(parameters, p);
    }
}

static cJSON *fit_json(const struct calibrate_fit *fit)
{
    cJSON *const object = cJSON_CreateObject();
    const struct estimate *e = &fit->estimate;

    cJSON_AddStringToObject(object, "model", fit->estimator->model);
    if (fit->failed) {
        cJSON_AddStringToObject(object, "why_not", fit->why.text);
        return object;
    }
    json_number(object, "log_likelihood", e->log_likelihood);
    json_number(object, "aic", e->aic);
    json_number(object, "bic", e->bic);
    cJSON_AddBoolToObject(object, "converged", e->converged);
    if (e->note != NULL)
        cJSON_AddStringToObject(object, "note", e->note);
    add_parameters(object, e);
    return object;
}

static cJSON *chain_json(const struct calibrate_chain *chain, struct arena *arena)
{
    cJSON *const object = cJSON_CreateObject();
    const struct ssvi_fit *s = &chain->ssvi;

    cJSON_AddStringToObject(object, "time", utc_text(s->quote_s, arena));
    json_number(object, "rms_volatility", s->rms_volatility);
    json_number(object, "common_rms_volatility", s->common_rms_volatility);
    cJSON_AddBoolToObject(object, "converged", s->converged);
    cJSON *const slices = cJSON_AddArrayToObject(object, "slices");
    for (uint32_t i = 0; i < s->n_slice; i++) {
        const struct ssvi_slice *from = &s->slice[i];
        cJSON *const to = cJSON_CreateObject();
        cJSON_AddStringToObject(to, "expiry", utc_text(from->expiry_s, arena));
        json_number(to, "atm_volatility_annual", from->atm_volatility_annual);
        json_number(to, "rho", from->rho);
        json_number(to, "phi", from->phi);
        json_number(to, "quotes", from->n_quote);
        json_number(to, "rms_volatility", from->rms_volatility);
        json_number(to, "worst_volatility", from->worst_volatility);
        cJSON_AddItemToArray(slices, to);
    }
    if (chain->svi.n_slice > 0)
        json_number(object, "svi_rms_volatility", chain->svi.rms_volatility);
    if (chain->has_heston) {
        cJSON *const heston = cJSON_AddObjectToObject(object, "heston");
        json_number(heston, "rms_vol_points", chain->heston.rms_vol_points);
        cJSON_AddBoolToObject(heston, "converged", chain->heston.estimate.converged);
        add_parameters(heston, &chain->heston.estimate);
    }
    return object;
}

static cJSON *asset_json(const struct calibrate_asset *a, struct arena *arena)
{
    cJSON *const object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "name", a->name);
    add_data(object, &a->series, arena);
    cJSON_AddStringToObject(object, "chosen", a->fit[a->chosen].estimator->model);
    cJSON *const fits = cJSON_AddArrayToObject(object, "fits");
    for (uint32_t i = 0; i < a->n_fit; i++)
        cJSON_AddItemToArray(fits, fit_json(&a->fit[i]));
    if (a->chain.given)
        cJSON_AddItemToObject(object, "options", chain_json(&a->chain, arena));
    return object;
}

static void add_pegs(cJSON *root, const struct calibration *c)
{
    cJSON *const pegs = cJSON_AddArrayToObject(root, "pegs");

    for (uint32_t i = 0; i < c->n_peg; i++) {
        const struct calibrate_peg *p = &c->peg[i];
        cJSON *const object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "name", p->name);
        cJSON_AddStringToObject(object, "anchor", p->anchor != NULL ? p->anchor : "USD");
        json_number(object, "prices", p->n_price);
        json_number(object, "log_likelihood", p->estimate.log_likelihood);
        cJSON_AddBoolToObject(object, "converged", p->estimate.converged);
        add_parameters(object, &p->estimate);
        cJSON_AddItemToArray(pegs, object);
    }
}

static cJSON *pair_json(const struct calibration *c, uint32_t a, uint32_t b)
{
    cJSON *const object = cJSON_CreateObject();
    const struct calibrate_joint *j = &c->joint;
    const uint32_t at = a * c->n_asset + b;

    cJSON_AddStringToObject(object, "first", c->asset[a].name);
    cJSON_AddStringToObject(object, "second", c->asset[b].name);
    json_number(object, "returns", j->correlation.n_common[at]);
    json_number(object, "sample", j->correlation.sample[at]);
    json_number(object, "standard_error", j->correlation.standard_error[at]);
    json_number(object, "lower", j->correlation.lower[at]);
    json_number(object, "upper", j->correlation.upper[at]);
    json_number(object, "shrunk", j->correlation.shrunk[at]);
    json_number(object, "diffusion", j->diffusion[at]);
    json_number(object, "tail_falls", j->tail.lower[at]);
    json_number(object, "tail_falls_error", j->tail.lower_error[at]);
    json_number(object, "tail_rises", j->tail.upper[at]);
    json_number(object, "tail_rises_error", j->tail.upper_error[at]);
    return object;
}

static void add_joint(cJSON *root, const struct calibration *c)
{
    const struct copula_fit *copula = &c->joint.copula;
    cJSON *const pairs = cJSON_AddArrayToObject(root, "correlation");

    for (uint32_t a = 0; a < c->n_asset; a++)
        for (uint32_t b = a + 1; b < c->n_asset; b++)
            cJSON_AddItemToArray(pairs, pair_json(c, a, b));
    if (!c->joint.has_copula)
        return;
    cJSON *const object = cJSON_AddObjectToObject(root, "copula");
    json_number(object, "degrees_of_freedom", copula->degrees_of_freedom);
    json_number(object, "lower", copula->lower);
    json_number(object, "upper", copula->upper);
    json_number(object, "log_likelihood", copula->log_likelihood);
    json_number(object, "log_likelihood_normal", copula->log_likelihood_normal);
}

bool calibrate_json(const struct calibration *c, FILE *out, struct error *err)
{
    cJSON *const root = cJSON_CreateObject();

    cJSON_AddStringToObject(root, "prices", c->table.file);
    cJSON_AddStringToObject(root, "sha256", c->table.sha256);
    json_number(root, "rows", c->table.n_row);
    json_number(root, "duplicate_rows", c->table.n_duplicate);
    cJSON *const assets = cJSON_AddArrayToObject(root, "assets");
    for (uint32_t i = 0; i < c->n_asset; i++)
        cJSON_AddItemToArray(assets, asset_json(&c->asset[i], c->arena));
    if (c->n_peg > 0)
        add_pegs(root, c);
    if (c->n_asset > 1)
        add_joint(root, c);
    return json_print(root, out, err);
}
