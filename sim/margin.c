#include "sim/margin.h"

#include <math.h>
#include <string.h>

#include "sim/vmath.h"

static void claim_rows(const struct margin_leg *leg, const double *spot,
                       const double *volatility, struct claim_value *out)
{
    const struct contract *c = leg->contract;
    const double root = sqrt(leg->years);
    lane_row log_spot, sd;

    for (int k = 0; k < LANES; k++) {
        log_spot[k] = vm_log(spot[k]);
        sd[k] = volatility[k] * root;
    }
    const struct claim_quote quote = {.spot_usd = spot,
                                      .log_spot = log_spot,
                                      .surface_factor = sd,
                                      .log_forward_ratio = leg->log_forward_ratio,
                                      .volatility_sqrt_t = 1.0,
                                      .years = leg->years};
    c->instrument->value(c, &quote, out);
}

void margin_leg_value(const struct margin_leg *leg, int n, const double *index_usd,
                      const double *volatility_annual, double *value_usd)
{
    const struct contract *c = leg->contract;
    lane_row spot, volatility, value;
    struct claim_value out = {.value_usd = value};

    if (c->instrument->linear != NULL) {
        const struct linear_value v = c->instrument->linear(c);
        const double ratio = vm_exp(leg->log_forward_ratio);
        for (int i = 0; i < n; i++)
            value_usd[i] = v.fixed_usd + v.coins * ratio * index_usd[i];
        return;
    }
    for (int first = 0; first < n; first += LANES) {
        for (int k = 0; k < LANES; k++) {
            const int i = first + k < n ? first + k : n - 1;
            spot[k] = index_usd[i];
            volatility[k] =
                volatility_annual == NULL ? leg->volatility_annual : volatility_annual[i];
        }
        claim_rows(leg, spot, volatility, &out);
        for (int k = 0; k < LANES && first + k < n; k++)
            value_usd[first + k] = c->quantity * value[k];
    }
}

double margin_leg_delta(const struct margin_leg *leg, double index_usd)
{
    const struct contract *c = leg->contract;
    lane_row spot, volatility, delta;
    struct claim_value out = {.delta_coin = delta};

    if (c->instrument->linear != NULL)
        return c->instrument->linear(c).coins * vm_exp(leg->log_forward_ratio);
    for (int k = 0; k < LANES; k++) {
        spot[k] = index_usd;
        volatility[k] = leg->volatility_annual;
    }
    claim_rows(leg, spot, volatility, &out);
    return c->quantity * delta[0];
}

double margin_leg_notional(const struct margin_leg *leg, double index_usd)
{
    const struct contract *c = leg->contract;

    if (c->instrument->margin == MARGIN_OPTION)
        return 0.0;
    if (c->inverse)
        return c->quantity;
    return c->quantity * index_usd * vm_exp(leg->log_forward_ratio);
}

double margin_equity(const struct margin_book *book)
{
    double equity = book->cash_usd;

    for (uint32_t asset = 0; asset < book->n_asset; asset++)
        equity += book->coins[asset] * book->index_usd[asset];
    for (uint32_t i = 0; i < book->n_leg; i++) {
        double value;
        margin_leg_value(&book->leg[i], 1, &book->index_usd[book->leg[i].contract->asset],
                         NULL, &value);
        equity += value;
    }
    return equity;
}

double margin_notional(const struct margin_book *book)
{
    double sum = vm_max(-book->cash_usd, 0.0);

    for (uint32_t asset = 0; asset < book->n_asset; asset++)
        sum += vm_max(-book->coins[asset], 0.0) * book->index_usd[asset];
    for (uint32_t i = 0; i < book->n_leg; i++) {
        const struct contract *c = book->leg[i].contract;
        const double index = book->index_usd[c->asset];
        sum += c->instrument->margin == MARGIN_OPTION
                   ? fabs(c->quantity) * index
                   : fabs(margin_leg_notional(&book->leg[i], index));
    }
    return sum;
}

bool margin_admits(const struct margin_rule *rule, const struct margin_book *book,
                   const char **why)
{
    *why = NULL;
    if (rule->lends && book->n_leg > 0)
        *why = "has contracts, and the rule is of loans";
    for (uint32_t i = 0; i < book->n_leg; i++)
        if (rule->portfolio == NULL && rule->option == NULL &&
            book->leg[i].contract->instrument->margin == MARGIN_OPTION)
            *why = "has options, which the rule does not admit";
    return *why == NULL;
}

/* Perpetuals and futures: net by asset, or each by itself. */
static double linear_requirement(const struct margin_rule *rule, const void *coef,
                                 const struct margin_book *book)
{
    double need = 0.0;

    for (uint32_t i = 0; i < book->n_leg;) {
        const uint32_t asset = book->leg[i].contract->asset;
        const double index = book->index_usd[asset];
        double net = 0.0;
        do {
            net += margin_leg_notional(&book->leg[i++], index);
        } while (!rule->isolates && i < book->n_leg &&
                 book->leg[i].contract->asset == asset);
        if (net != 0.0)
            rule->linear(coef, asset, &net, &index, &need, 1);
    }
    return need;
}

static double part_requirement(const struct margin_rule *rule, const void *coef,
                               const struct margin_book *book)
{
    double need = rule->linear == NULL ? 0.0 : linear_requirement(rule, coef, book);

    for (uint32_t asset = 0; asset < book->n_asset; asset++) {
        const double value = book->coins[asset] * book->index_usd[asset];
        if (value != 0.0 && rule->property != NULL)
            rule->property(coef, asset, &value, &need, 1);
        else if (book->haircut_frac != NULL)
            need += book->haircut_frac[asset] * vm_max(value, 0.0);
    }
    for (uint32_t i = 0; i < book->n_leg; i++) {
        const struct contract *c = book->leg[i].contract;
        const double index = book->index_usd[c->asset];
        double value;
        if (c->instrument->margin != MARGIN_OPTION)
            continue;
        margin_leg_value(&book->leg[i], 1, &index, NULL, &value);
        value /= c->quantity;
        rule->option(coef, c, &index, &value, &need, 1);
    }
    return need;
}

void margin_requirement(const struct margin_rule *rule, const void *coef,
                        const struct margin_book *book, struct margin_result *out)
{
    *out = (struct margin_result){.initial_usd = NAN, .asset = UINT32_MAX};
    if (rule->portfolio != NULL) {
        rule->portfolio(coef, book, out);
        return;
    }
    out->maintenance_usd = part_requirement(rule, coef, book);
    if (rule->initial != NULL)
        out->initial_usd = rule->initial(coef, book);
}
