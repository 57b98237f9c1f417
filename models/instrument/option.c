#include <math.h>

#include "sim/model.h"
#include "sim/vmath.h"

/* European options on the forward, without discounting (Black 1976, J. Financial Economics
 * 3, eq. 16 with r = 0). With phi = +1 for a call, -1 for a put, r = F/S and sd = sigma
 * sqrt(T), d1 = ln(F/K)/sd + sd/2,   d2 = d1 - sd,   V = phi (F N(phi d1) - K N(phi d2))
 * USD. The sign phi stays inside N, so that an option far out of the money is not the
 * difference of two large numbers, as it would be through put-call parity.
 *
 * Coin-settled (inverse) options pay max(S-K, 0)/S coins (a put max(K-S, 0)/S). Deribit
 * marks them at V/F coins (support.deribit.com, "Options explained"; implied volatilities
 * and marks agree, see tests/reference/test_deribit_chain.c), worth V/F x S = V/r dollars.
 * With f = F, k = K for the linear and f = F/r = S, k = K/r for the inverse option both are
 * the same formula in f and k, and per unit of quantity value = phi (f N(phi d1) - k N(phi
 * d2))     delta = phi (f/S) N(phi d1) gamma = (f/S) n(d1) / (S sd)                vega  =
 * f n(d1) sqrt(T) theta = -f n(d1) sigma / (2 sqrt(T)). Delta and gamma are derivatives in
 * S at constant r and sigma. Theta is dV/dt = -dV/dT, per year, at constant S, r and sigma:
 * the carry in r is not part of it. Vega is per 1.00 of the volatility after stress.
 *
 * From F n(d1) = K n(d2) an error in d1 and d2 cancels in the value to first order; in
 * delta and gamma it does not, and is at most the rounding of ln(S/K) divided by sd. */

/* A standard deviation of the log-return of 1e-12 is zero for every price, and keeps 0/0
 * out of d1 at the money; 1e-12 years are 30 microseconds. */
static const double SD_MIN = 1e-12, YEARS_MIN = 1e-12;

static const char *const option_types[] = {"put", "call", NULL};
static const char *const option_settlements[] = {"linear", "inverse", NULL};

static const struct field option_fields[] = {
    /* clang-format off */
    {.key = "quantity", .unit = "coin", .type = FIELD_NUMBER, .required = true,
     .min = -1e15, .max = 1e15, .offset = offsetof(struct contract, quantity),
     .doc = "coins that the options are on; negative: written"},
    {.key = "option_type", .unit = "1", .type = FIELD_CHOICE, .required = true,
     .choices = option_types, .offset = offsetof(struct contract, call),
     .doc = "call: right to buy; put: right to sell"},
    {.key = "strike_usd", .unit = "USD", .type = FIELD_NUMBER, .required = true,
     .min = 1e-12, .max = 1e12, .offset = offsetof(struct contract, strike_usd),
     .doc = "price at which the holder may buy or sell"},
    {.key = "expiry", .unit = "s", .type = FIELD_INSTANT, .required = true,
     .min = 0.0, .max = 3.2e9, .offset = offsetof(struct contract, expiry_s),
     .doc = "time from the start to expiry, 14d; or a UTC time if the market has time_utc"},
    {.key = "settlement", .unit = "1", .type = FIELD_CHOICE, .preset_text = "linear",
     .choices = option_settlements, .offset = offsetof(struct contract, inverse),
     .doc = "linear: in dollars; inverse: in the coin"},
    {.key = "settlement_window", .unit = "s", .type = FIELD_DURATION, .min = 0.0,
     .max = 86400.0, .preset = 1800.0, .offset = offsetof(struct contract, settle_window_s),
     .doc = "it settles at the average price of so long before expiry; 0s: the price then"},
    {.key = NULL},
    /* clang-format on */
};

static bool option_check(const struct contract *c, const char *where, struct error *err)
{
    if (c->quantity == 0.0)
        return fail(err, "%s: option '%s' has quantity 0: remove the row or give a size",
                    where, c->id);
    if (!(c->strike_usd > 0.0))
        return fail(err, "%s: option '%s' has strike_usd = %g: give a strike above 0",
                    where, c->id, c->strike_usd);
    if (!(c->expiry_s > 0.0))
        return fail(
            err,
            "%s: option '%s' expires %g s before the start: remove the row or give a "
            "later expiry",
            where, c->id, -c->expiry_s);
    return true;
}

/* What is the same on all lanes. */
struct option_constants {
    double sign;               /* phi */
    double log_ratio;          /* ln(F/S) - ln(K) */
    double f_per_spot, k;      /* f/S; strike in the same measure */
    double volatility_sqrt_t;  /* before stress */
    double sqrt_t, half_per_t; /* sqrt(T) and 1/(2 T) */
};

static struct option_constants option_prepare(const struct contract *c,
                                              const struct claim_quote *q)
{
    const double years = q->years > YEARS_MIN ? q->years : YEARS_MIN;
    const double ratio = vm_exp(q->log_forward_ratio);

    return (struct option_constants){
        .sign = c->call ? 1.0 : -1.0,
        .log_ratio = q->log_forward_ratio - vm_log(c->strike_usd),
        .f_per_spot = c->inverse ? 1.0 : ratio,
        .k = c->inverse ? c->strike_usd / ratio : c->strike_usd,
        .volatility_sqrt_t = q->volatility_sqrt_t,
        .sqrt_t = sqrt(years),
        .half_per_t = 0.5 / years,
    };
}

/* N(x) from the density at x, by Mills's ratio of the tail. The ratio's range ends at 40,
 * where the density is 0. */
static inline double option_normal_cdf(double x, double density)
{
    const double size = fabs(x);
    const double tail = density * vm_normal_mills(size < 40.0 ? size : 40.0);

    return x > 0.0 ? 1.0 - tail : tail;
}

/* Both kernels take n(d2) = n(d1) f/k instead of a second exponential. Rounding can leave
 * an option that is worth nothing a little below zero: the value is cut there. */
static void option_value_only(const struct option_constants *o, const struct claim_quote *q,
                              double *restrict value)
{
    const double sign = o->sign, log_ratio = o->log_ratio, strike = o->k;
    const double f_per_spot = o->f_per_spot, volatility_sqrt_t = o->volatility_sqrt_t;
    const double per_strike = 1.0 / strike;
    const double *restrict spot = q->spot_usd, *restrict log_spot = q->log_spot;
    const double *restrict factor = q->surface_factor;

    for (int k = 0; k < LANES; k++) {
        const double stressed = factor[k] * volatility_sqrt_t;
        const double sd = stressed > SD_MIN ? stressed : SD_MIN;
        const double d1 = (log_spot[k] + log_ratio) / sd + 0.5 * sd, d2 = d1 - sd;
        const double f = f_per_spot * spot[k], density = vm_normal_pdf(d1);
        const double in1 = option_normal_cdf(sign * d1, density);
        const double in2 = option_normal_cdf(sign * d2, density * (f * per_strike));
        const double v = sign * (f * in1 - strike * in2);

        value[k] = v > 0.0 ? v : 0.0;
    }
}

static void option_value_and_greeks(const struct option_constants *o,
                                    const struct claim_quote *q, double *restrict value,
                                    double *restrict delta, double *restrict gamma,
                                    double *restrict vega, double *restrict theta)
{
    const double sign = o->sign, log_ratio = o->log_ratio, strike = o->k;
    const double f_per_spot = o->f_per_spot, volatility_sqrt_t = o->volatility_sqrt_t;
    const double per_strike = 1.0 / strike, sqrt_t = o->sqrt_t, half_per_t = o->half_per_t;
    const double *restrict spot = q->spot_usd, *restrict log_spot = q->log_spot;
    const double *restrict factor = q->surface_factor;

    for (int k = 0; k < LANES; k++) {
        const double stressed = factor[k] * volatility_sqrt_t;
        const double sd = stressed > SD_MIN ? stressed : SD_MIN;
        const double d1 = (log_spot[k] + log_ratio) / sd + 0.5 * sd, d2 = d1 - sd;
        const double f = f_per_spot * spot[k], density = vm_normal_pdf(d1);
        const double in1 = option_normal_cdf(sign * d1, density);
        const double in2 = option_normal_cdf(sign * d2, density * (f * per_strike));
        const double v = sign * (f * in1 - strike * in2);

        value[k] = v > 0.0 ? v : 0.0;
        delta[k] = sign * f_per_spot * in1;
        gamma[k] = f_per_spot * density / (spot[k] * sd);
        vega[k] = f * density * sqrt_t;
        theta[k] = -f * density * sd * half_per_t; /* sigma/(2 sqrt(T)) = sd/(2 T) */
    }
}

/* With vega: vanna = -(f/S) n(d1) d2 / sigma, volga = vega d1 d2 / sigma; a third loop,
 * since few ask. */
static void option_cross_greeks(const struct option_constants *o,
                                const struct claim_quote *q, double *restrict vanna,
                                double *restrict volga)
{
    const double log_ratio = o->log_ratio, sqrt_t = o->sqrt_t;
    const double f_per_spot = o->f_per_spot, volatility_sqrt_t = o->volatility_sqrt_t;
    const double *restrict spot = q->spot_usd, *restrict log_spot = q->log_spot;
    const double *restrict factor = q->surface_factor;

    for (int k = 0; k < LANES; k++) {
        const double stressed = factor[k] * volatility_sqrt_t;
        const double sd = stressed > SD_MIN ? stressed : SD_MIN;
        const double d1 = (log_spot[k] + log_ratio) / sd + 0.5 * sd, d2 = d1 - sd;
        const double part = f_per_spot * vm_normal_pdf(d1) * sqrt_t / sd;

        vanna[k] = -part * d2;
        volga[k] = part * spot[k] * sqrt_t * d1 * d2;
    }
}

/* F = S exp(b T): a linear option's F moves with b, so rho is T phi F N(phi d1); an inverse
 * one's k = K S/F does, and rho is T phi k N(phi d2). */
static void option_rho(const struct claim_quote *q, bool inverse, const double *value_usd,
                       const double *delta_coin, double *restrict rho)
{
    const double years = q->years, of_value = inverse ? 1.0 : 0.0;
    const double *restrict spot = q->spot_usd;
    const double *restrict value = value_usd, *restrict delta = delta_coin;

    for (int k = 0; k < LANES; k++)
        rho[k] = years * (delta[k] * spot[k] - of_value * value[k]);
}

static void option_value(const struct contract *c, const struct claim_quote *quote,
                         struct claim_value *out)
{
    const struct option_constants o = option_prepare(c, quote);
    lane_row unused[5]; /* where rows go that nobody asked for */
    double *value = out->value_usd != NULL ? out->value_usd : unused[0];
    double *delta = out->delta_coin != NULL ? out->delta_coin : unused[1];

    if (out->vanna_coin != NULL && out->volga_usd != NULL)
        option_cross_greeks(&o, quote, out->vanna_coin, out->volga_usd);
    if (out->delta_coin == NULL && out->gamma == NULL && out->vega_usd == NULL &&
        out->theta_usd == NULL && out->rho_usd == NULL) {
        option_value_only(&o, quote, value);
        return;
    }
    option_value_and_greeks(&o, quote, value, delta,
                            out->gamma != NULL ? out->gamma : unused[2],
                            out->vega_usd != NULL ? out->vega_usd : unused[3],
                            out->theta_usd != NULL ? out->theta_usd : unused[4]);
    if (out->rho_usd != NULL)
        option_rho(quote, c->inverse, value, delta, out->rho_usd);
}

/* At the settlement instant the coin payoff max(S-K, 0)/S is worth max(S-K, 0) dollars:
 * linear and inverse options pay the same. */
static void option_payoff(const struct contract *c, const double *const *state,
                          const double *settle_usd, double *payoff_usd)
{
    const double sign = c->call ? 1.0 : -1.0, strike = c->strike_usd;
    const double *restrict settle = settle_usd;
    double *restrict payoff = payoff_usd;
    (void)state;

    for (int k = 0; k < LANES; k++) {
        const double gain = sign * (settle[k] - strike);
        payoff[k] = gain > 0.0 ? gain : 0.0;
    }
}

/* Deribit's displayed theta, found from its tickers of January 2026 (6,628 options: median
 * error 0.0024 USD per day): the decay over the coming day, or over what is left of the
 * last day, and never more than the option is worth, -min(F n(d1) sigma / (2 sqrt(T)) / 365
 * x min(1, T in days), value). */
static double option_theta_exchange(const struct contract *c, double forward_usd,
                                    double volatility, double years, double value_usd)
{
    const double days_per_year = 365.0;
    const double t = years > YEARS_MIN ? years : YEARS_MIN, product = volatility * sqrt(t);
    const double sd = product > SD_MIN ? product : SD_MIN;
    const double d1 = vm_log(forward_usd / c->strike_usd) / sd + 0.5 * sd;
    const double per_day = forward_usd * vm_normal_pdf(d1) * sd / (2.0 * t) / days_per_year;
    const double days = t * days_per_year, decay = per_day * (days < 1.0 ? days : 1.0);

    return -(decay < value_usd ? decay : value_usd);
}

const struct instrument instrument_option = {
    .about = {.name = "option",
              .doc =
                  "European option on the forward (Black-76), settled in dollars or in the "
                  "coin.",
              .fields = option_fields,
              .param_size = sizeof(struct contract),
              .example = "{quantity: 2.385, option_type: call, strike_usd: 104, "
                         "expiry: 30d, settlement: inverse}"},
    .margin = MARGIN_OPTION,
    .needs_surface = true,
    .black = true,
    .check = option_check,
    .value = option_value,
    .payoff = option_payoff,
    .theta_exchange = option_theta_exchange,
};
