#include <math.h>

#include "sim/model.h"
#include "sim/vmath.h"

/* Dated futures, linear and inverse. They are valued at the forward price
 *     F = S r,   r = (F/S)(T) exp(b T),
 * where (F/S)(T) is the asset's forward curve (1 where it has no volatility surface) and b
 * the column basis_annual: what this contract trades at over the curve. There is no
 * discounting: a gain is paid at once, as variation margin is.
 *
 * Linear (q coins, settled in USD):        V = q (F - E),           pays q (A - E) USD.
 * Inverse (N contracts of 1 USD, settled in the coin; Deribit, BitMEX Futures Guide):
 *     profit in coins N (1/E - 1/F),       V = N (S/E - 1/r),       pays N (1/E - 1/A)
 * coins, with entry E and settlement price A. In dollars both are linear in S. The margin
 * rule sees q F, or N, as notional; there is no funding.
 *
 * Delta is at constant r. Theta is at constant S and curve (F/S), as that of every claim, so
 * it is the carry of b alone, -b F (linear) or -b/r (inverse); rho is the derivative in the
 * basis a year, T F or T/r. */
struct future {
    struct contract contract;
    double basis_annual; /* 1/year */
};

static const char *const future_settlements[] = {"linear", "inverse", NULL};

static const struct field future_fields[] = {
    /* clang-format off */
    {.key = "quantity", .unit = "coin", .type = FIELD_NUMBER, .required = true,
     .min = -1e15, .max = 1e15, .offset = offsetof(struct contract, quantity),
     .doc = "coins, or contracts of 1 USD if inverse; negative: short"},
    {.key = "entry_price_usd", .unit = "USD", .type = FIELD_NUMBER, .preset = NAN,
     .min = 1e-12, .max = 1e12, .offset = offsetof(struct contract, entry_usd),
     .doc = "price at which the position's profit is zero; empty: the asset's spot_usd"},
    {.key = "expiry", .unit = "s", .type = FIELD_INSTANT, .required = true,
     .min = 0.0, .max = 3.2e9, .offset = offsetof(struct contract, expiry_s),
     .doc = "time from the start to expiry, 14d; or a UTC time if the market has time_utc"},
    {.key = "settlement", .unit = "1", .type = FIELD_CHOICE, .preset_text = "linear",
     .choices = future_settlements, .offset = offsetof(struct contract, inverse),
     .doc = "linear: in dollars; inverse: in the coin, contracts of 1 USD"},
    {.key = "settlement_window", .unit = "s", .type = FIELD_DURATION, .min = 0.0,
     .max = 86400.0, .preset = 1800.0, .offset = offsetof(struct contract, settle_window_s),
     .doc = "it settles at the average price of so long before expiry; 0s: the price then"},
    {.key = "basis_annual", .unit = "1/year", .type = FIELD_NUMBER, .min = -10.0,
     .max = 10.0, .preset = 0.0, .offset = offsetof(struct future, basis_annual),
     .doc = "growth of the price a year that the market quotes on top of the asset's "
            "forward curve"},
    {.key = NULL},
    /* clang-format on */
};

static bool future_check(const struct contract *c, const char *where, struct error *err)
{
    if (c->quantity == 0.0)
        return fail(err, "%s: future '%s' has quantity 0: remove the row or give a size",
                    where, c->id);
    if (!(c->entry_usd > 0.0))
        return fail(err,
                    "%s: future '%s' has entry_price_usd = %g: give the price, above 0, at "
                    "which its profit is zero",
                    where, c->id, c->entry_usd);
    if (!(c->expiry_s > 0.0))
        return fail(
            err,
            "%s: future '%s' expires %g s before the start: remove the row or give a "
            "later expiry",
            where, c->id, -c->expiry_s);
    return true;
}

static void fill(double *row, double value)
{
    for (int k = 0; row != NULL && k < LANES; k++)
        row[k] = value;
}

/* row = fixed + slope S. */
static void fill_line(double *restrict row, const double *restrict spot, double fixed,
                      double slope)
{
    for (int k = 0; k < LANES; k++)
        row[k] = fixed + slope * spot[k];
}

static void future_value(const struct contract *c, const struct claim_quote *quote,
                         struct claim_value *out)
{
    const struct future *f = (const struct future *)c;
    const double years = quote->years;
    const double log_ratio = quote->log_forward_ratio + f->basis_annual * years;
    const double ratio = vm_exp(log_ratio), inverse_ratio = vm_exp(-log_ratio);
    const double basis = f->basis_annual;
    const double *spot = quote->spot_usd;

    fill(out->gamma, 0.0);
    fill(out->vega_usd, 0.0);
    fill(out->vanna_coin, 0.0);
    fill(out->volga_usd, 0.0);
    if (c->inverse) {
        const double per_entry = 1.0 / c->entry_usd;
        if (out->value_usd != NULL)
            fill_line(out->value_usd, spot, -inverse_ratio, per_entry);
        fill(out->delta_coin, per_entry);
        fill(out->theta_usd, -basis * inverse_ratio);
        fill(out->rho_usd, years * inverse_ratio);
        return;
    }
    if (out->value_usd != NULL)
        fill_line(out->value_usd, spot, -c->entry_usd, ratio);
    fill(out->delta_coin, ratio);
    if (out->theta_usd != NULL)
        fill_line(out->theta_usd, spot, 0.0, -basis * ratio);
    if (out->rho_usd != NULL)
        fill_line(out->rho_usd, spot, 0.0, years * ratio);
}

/* N (1/E - 1/A) coins are worth N (A/E - 1) dollars at A. */
static void future_payoff(const struct contract *c, const double *const *state,
                          const double *settle_usd, double *payoff_usd)
{
    const double fixed = c->inverse ? -1.0 : -c->entry_usd;
    const double slope = c->inverse ? 1.0 / c->entry_usd : 1.0;
    (void)state;

    fill_line(payoff_usd, settle_usd, fixed, slope);
}

const struct instrument instrument_future = {
    .about = {.name = "future",
              .doc = "Dated future, linear or inverse, on the asset's forward curve.",
              .fields = future_fields,
              .param_size = sizeof(struct future),
              .example = "{quantity: 2.385, expiry: 30d, entry_price_usd: 97}"},
    .margin = MARGIN_FUTURE,
    .check = future_check,
    .value = future_value,
    .payoff = future_payoff,
};
