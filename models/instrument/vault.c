#include "models/instrument/vault.h"

#include <math.h>
#include <string.h>

#include "sim/smile.h"
#include "sim/vmath.h"

extern const struct instrument instrument_option; /* what the vault writes */

static const double YEAR_S = 365.0 * 86400.0;

/* Newton converges in five steps from the volatility at the money on a smooth smile; the
 * rest is for smiles with kinks, where the bracket halves instead. */
enum { STRIKE_STEPS = 12 };
static const double LOG_MONEYNESS_MAX = 64.0;
static const double SLOPE_LEAST = 0.05; /* of the equation solved; 1 on a flat smile */

/* The number of tenors that have passed; a billionth of one counts as none, as rounding. */
static double vault_n_passed(const struct vault *v, double time_s)
{
    return (double)(int64_t)(time_s / v->contract.roll_s + 1e-9);
}

/* Years left to the open option. */
static double vault_years(const struct vault *v, double time_s)
{
    return ((vault_n_passed(v, time_s) + 1.0) * v->contract.roll_s - time_s) / YEAR_S;
}

/* One step towards the root of g(x) = s (s/2 - d1) - x, which falls where the smile has no
 * arbitrage; the bracket closes in from where it is positive and where it is not. */
static void moneyness_step(double d1, double sqrt_t, const double *restrict sd,
                           const double *restrict slope, double *restrict x,
                           double *restrict low, double *restrict high)
{
    for (int k = 0; k < LANES; k++) {
        const double s = sd[k], g = s * (0.5 * s - d1) - x[k];
        const double falls = 1.0 + (s - d1) * slope[k] * sqrt_t; /* slope: -d sigma/dk */
        const double next = x[k] + g / vm_max(falls, SLOPE_LEAST);
        const int up = g > 0.0; /* then next >= x, else next <= x */
        const double from = up ? x[k] : low[k], to = up ? high[k] : x[k];
        const double left = up ? to - next : next - from; /* to the far end */

        low[k] = from;
        high[k] = to;
        x[k] = left > 0.0 ? next : 0.5 * (from + to);
    }
}

void vault_moneyness(const struct surface_view *surface, double years, bool call,
                     double strike_delta, const double *log_spot, double *log_moneyness)
{
    const double quantile = vm_normal_quantile(strike_delta);
    const double d1 = call ? quantile : -quantile, sqrt_t = sqrt(years);
    const double log_ratio = surface_log_forward_ratio(surface->surface, years);
    lane_row low, high, log_strike;
    struct smile smile;

    for (int k = 0; k < LANES; k++) {
        log_moneyness[k] = 0.0;
        low[k] = -LOG_MONEYNESS_MAX;
        high[k] = LOG_MONEYNESS_MAX;
    }
    for (int step = 0; step < STRIKE_STEPS; step++) {
        for (int k = 0; k < LANES; k++)
            log_strike[k] = log_moneyness[k] + log_ratio + log_spot[k];
        surface_view_at(surface, years, log_strike, log_spot, &smile);
        moneyness_step(d1, sqrt_t, smile.sd, smile.slope, log_moneyness, low, high);
    }
}

static void row_scale(double *restrict row, const double *restrict by)
{
    for (int k = 0; k < LANES; k++)
        row[k] *= by[k];
}

/* Value and Greeks of the open options, the vault's side: the option is homogeneous of
 * degree 1 in price and strike, so it is valued at price S/K and strike 1. Either all rows
 * of `out` are there or only the value. */
static void option_rows(bool call, const struct surface_view *surface, double years,
                        const double *const *state, const double *spot_usd,
                        const double *log_spot, struct claim_value *out)
{
    const struct contract option = {.call = call, .inverse = call, .strike_usd = 1.0};
    const double *restrict spot = spot_usd, *restrict written = state[VAULT_WRITTEN];
    const double *restrict log_now = log_spot, *restrict log_strike =
                                                   state[VAULT_LOG_STRIKE];
    lane_row relative, log_relative, owed, per_usd, per_coin;
    struct smile smile;

    for (int k = 0; k < LANES; k++) {
        const double strike = vm_exp(log_strike[k]);
        log_relative[k] = log_now[k] - log_strike[k];
        relative[k] = spot[k] / strike;
        owed[k] = -written[k] * strike;
        per_coin[k] = -written[k];
        per_usd[k] = -written[k] / strike;
    }
    surface_view_at(surface, years, log_strike, log_spot, &smile);
    const struct claim_quote quote = {
        .spot_usd = relative,
        .log_spot = log_relative,
        .surface_factor = smile.sd,
        .log_forward_ratio = surface_log_forward_ratio(surface->surface, years),
        .volatility_sqrt_t = 1.0,
        .years = years};
    instrument_option.value(&option, &quote, out);
    row_scale(out->value_usd, owed);
    if (out->delta_coin == NULL)
        return;
    row_scale(out->delta_coin, per_coin);
    row_scale(out->gamma, per_usd);
    row_scale(out->vega_usd, owed);
    row_scale(out->theta_usd, owed);
    row_scale(out->vanna_coin, per_coin);
    row_scale(out->volga_usd, owed);
    row_scale(out->rho_usd, owed);
    if (surface->sticky_delta)
        smile_greeks(&smile, spot_usd, out);
}

/* The row of `wanted`, or the spare one where nobody asked. */
static double *row_or(double *wanted, double *spare)
{
    return wanted != NULL ? wanted : spare;
}

void vault_value(const struct contract *c, bool call, const struct claim_quote *quote,
                 struct claim_value *out)
{
    const struct vault *v = (const struct vault *)c;
    lane_row spare[8];
    struct claim_value all = {.value_usd = row_or(out->value_usd, spare[0])};

    if (out->delta_coin != NULL || out->gamma != NULL || out->vega_usd != NULL ||
        out->theta_usd != NULL || out->vanna_coin != NULL || out->volga_usd != NULL ||
        out->rho_usd != NULL) {
        all.delta_coin = row_or(out->delta_coin, spare[1]);
        all.gamma = row_or(out->gamma, spare[2]);
        all.vega_usd = row_or(out->vega_usd, spare[3]);
        all.theta_usd = row_or(out->theta_usd, spare[4]);
        all.vanna_coin = row_or(out->vanna_coin, spare[5]);
        all.volga_usd = row_or(out->volga_usd, spare[6]);
        all.rho_usd = row_or(out->rho_usd, spare[7]);
    }
    option_rows(call, quote->surface, vault_years(v, quote->time_s), quote->state,
                quote->spot_usd, quote->log_spot, &all);
}

void vault_smile(const struct contract *c, const struct claim_quote *quote,
                 struct smile *smile)
{
    const struct vault *v = (const struct vault *)c;

    surface_view_at(quote->surface, vault_years(v, quote->time_s),
                    quote->state[VAULT_LOG_STRIKE], quote->log_spot, smile);
}

/* held += by, and the owner's account with it. */
static void vault_receive(bool call, const struct claim_step *s, const double *by)
{
    double *restrict held = s->state[VAULT_HELD];
    double *restrict account = call ? s->coins : s->cash_usd;

    for (int k = 0; k < LANES; k++)
        held[k] += by[k];
    for (int k = 0; k < LANES; k++)
        account[k] += by[k];
}

/* USD in one of what the vault holds. */
static void vault_unit(bool call, const double *restrict spot_usd,
                       double *restrict unit_usd)
{
    for (int k = 0; k < LANES; k++)
        unit_usd[k] = call ? spot_usd[k] : 1.0;
}

/* Pays what the open options are worth at the traded price: a call in coins. */
static void vault_settle(bool call, const struct claim_step *s)
{
    const double sign = call ? 1.0 : -1.0;
    const double *restrict spot = s->spot_usd, *restrict written = s->state[VAULT_WRITTEN];
    const double *restrict log_strike = s->state[VAULT_LOG_STRIKE];
    lane_row paid, unit_usd;

    vault_unit(call, spot, unit_usd);
    for (int k = 0; k < LANES; k++) {
        const double gain = sign * (spot[k] - vm_exp(log_strike[k]));
        paid[k] = -written[k] * vm_max(gain, 0.0) / unit_usd[k];
    }
    vault_receive(call, s, paid);
}

/* The strike of the next options, and on how many coins they are. */
static void vault_choose(const struct vault *v, bool call, const struct claim_step *s,
                         double years, const double *log_spot)
{
    const double log_ratio = surface_log_forward_ratio(s->surface->surface, years);
    const double of_strike = call ? 0.0 : -1.0;
    const double *restrict held = s->state[VAULT_HELD], *restrict now = log_spot;
    lane_row log_moneyness, log_strike, written;

    vault_moneyness(s->surface, years, call, v->strike_delta, log_spot, log_moneyness);
    for (int k = 0; k < LANES; k++) {
        log_strike[k] = log_moneyness[k] + log_ratio + now[k];
        written[k] = held[k] * vm_exp(of_strike * log_strike[k]);
    }
    memcpy(s->state[VAULT_LOG_STRIKE], log_strike, sizeof log_strike);
    memcpy(s->state[VAULT_WRITTEN], written, sizeof written);
}

/* Writes the next options on all that is held. */
static void vault_write(const struct vault *v, bool call, const struct claim_step *s)
{
    const double years = vault_years(v, s->time_s), spread = v->spread_frac;
    const double *restrict spot = s->spot_usd;
    lane_row log_spot, unit_usd, owed, received;
    struct claim_value out = {.value_usd = owed};

    for (int k = 0; k < LANES; k++)
        log_spot[k] = vm_log(spot[k]);
    vault_choose(v, call, s, years, log_spot);
    option_rows(call, s->surface, years, (const double *const *)s->state, spot, log_spot,
                &out);
    vault_unit(call, spot, unit_usd);
    for (int k = 0; k < LANES; k++)
        received[k] = -owed[k] * (1.0 - spread) / unit_usd[k];
    vault_receive(call, s, received);
    for (int k = 0; k < LANES; k++)
        s->fee_usd[k] += owed[k] * spread;
}

void vault_start(const struct contract *c, bool call, const struct claim_step *s)
{
    const struct vault *v = (const struct vault *)c;
    lane_row one;

    for (int k = 0; k < LANES; k++)
        one[k] = 1.0;
    vault_receive(call, s, one);
    vault_write(v, call, s);
}

void vault_step(const struct contract *c, bool call, const struct claim_step *s)
{
    const struct vault *v = (const struct vault *)c;

    if (vault_n_passed(v, s->time_s) == vault_n_passed(v, s->time_s - s->step_s))
        return;
    vault_settle(call, s);
    vault_write(v, call, s);
}

bool vault_check(const struct contract *c, const char *where, struct error *err)
{
    if (c->quantity > 0.0)
        return true;
    return fail(err, "%s: %s '%s' has quantity = %g: give what the vault holds, above 0",
                where, c->instrument->about.name, c->id, c->quantity);
}
