#include <math.h>

#include "models/instrument/black.h"
#include "sim/model.h"

/* Digital options on the forward F, without discounting (Rubinstein and Reiner 1991,
 * "Unscrambling the binary code", Risk 4(9); Haug 2007, section 4.19): cash-or-nothing pays
 * Q dollars, asset-or-nothing a coin, if S > K at expiry (put: S < K). With phi = +1 for a
 * call, -1 for a put, sd = sigma sqrt(T), d1 = ln(F/K)/sd + sd/2, d2 = d1 - sd,
 *     cash  = Q N(phi d2)          asset = F N(phi d1).
 * A digital is the limit of a narrow spread of calls, -dC/dK, and so depends on the slope
 * of the smile, m = d sd / d ln K at the strike. As dC/dsd = K n(d2) = F n(d1),
 *     cash  = Q (N(phi d2) - phi m n(d2))     asset = F (N(phi d1) - phi m n(d1)),
 * the second since an asset-or-nothing call is a call and K cash-or-nothing ones. So both
 * are A g(x), with x = d2 or d1 and g(x) = N(phi x) - phi m n(x). On a surface with
 * butterfly arbitrage g leaves 0..1; the value is cut there, the Greeks are not.
 *
 * Coin-settled (inverse) digitals pay the same worth in coins at the settlement price: Q/S
 * coins, or one coin. They are marked at V/F coins as inverse options are (option.c), worth
 * V S/F = V/r dollars.
 *
 * Greeks at constant K, r and slope d sigma / d ln K (m grows with sqrt(T)). With y = d1
 * for cash and d2 for asset, w = 0 for cash and 1 for asset, and g' = phi n(x) (1 + m x),
 * g'' = phi n(x) (m - x - m x^2):
 *     delta = A/S (w g + g'/sd)               gamma = A/(S^2 sd) (g''/sd + (2w-1) g')
 *     vega  = -A sqrt(T) g' y/sd              theta = A/(2T) (g' y + phi m n(x))
 *     vanna = -A sqrt(T)/(S sd^2) (g'' y + g' (1 + w sd y))
 *     volga = A T/sd^2 (g'' y^2 + g' (x+y))
 *     rho   = T S delta,                      inverse: T (S delta - V).
 * While the settlement price is being averaged F is the mean of the average, sd its standard
 * deviation (sim/settlement.h), and m that much less; the Greeks then hold m, too. */

struct digital {
    struct contract contract;
    int asset;         /* 1: pays a coin, 0: payout_usd */
    double payout_usd; /* INFINITY: none was given */
};

static const char *const digital_types[] = {"put", "call", NULL};
static const char *const digital_payouts[] = {"cash", "asset", NULL};
static const char *const digital_settlements[] = {"linear", "inverse", NULL};

static const struct field digital_fields[] = {
    /* clang-format off */
    {.key = "quantity", .unit = "1", .type = FIELD_NUMBER, .required = true,
     .min = -1e15, .max = 1e15, .offset = offsetof(struct contract, quantity),
     .doc = "number of payouts; negative: written"},
    {.key = "option_type", .unit = "1", .type = FIELD_CHOICE, .required = true,
     .choices = digital_types, .offset = offsetof(struct contract, call),
     .doc = "call: pays above the strike; put: pays below it"},
    {.key = "strike_usd", .unit = "USD", .type = FIELD_NUMBER, .required = true,
     .min = 1e-12, .max = 1e12, .offset = offsetof(struct contract, strike_usd),
     .doc = "price that decides whether it pays"},
    {.key = "payout", .unit = "1", .type = FIELD_CHOICE, .preset_text = "cash",
     .choices = digital_payouts, .offset = offsetof(struct digital, asset),
     .doc = "cash: pays payout_usd; asset: pays the worth of one coin"},
    {.key = "payout_usd", .unit = "USD", .type = FIELD_NUMBER, .preset = INFINITY,
     .min = 1e-12, .max = 1e12, .offset = offsetof(struct digital, payout_usd),
     .doc = "what one unit of a cash payout pays; empty: 1"},
    {.key = "expiry", .unit = "s", .type = FIELD_INSTANT, .required = true,
     .min = 0.0, .max = 3.2e9, .offset = offsetof(struct contract, expiry_s),
     .doc = "time from the start to expiry, 14d; or a UTC time if the market has time_utc"},
    {.key = "settlement", .unit = "1", .type = FIELD_CHOICE, .preset_text = "linear",
     .choices = digital_settlements, .offset = offsetof(struct contract, inverse),
     .doc = "linear: in dollars; inverse: the same worth in coins at the settlement price"},
    {.key = "settlement_window", .unit = "s", .type = FIELD_DURATION, .min = 0.0,
     .max = 86400.0, .preset = 1800.0, .offset = offsetof(struct contract, settle_window_s),
     .doc = "it settles at the average price of so long before expiry; 0s: the price then"},
    {.key = NULL},
    /* clang-format on */
};

static double digital_cash(const struct digital *d)
{
    return isfinite(d->payout_usd) ? d->payout_usd : 1.0;
}

static bool digital_check(const struct contract *c, const char *where, struct error *err)
{
    const struct digital *d = (const struct digital *)c;

    if (c->quantity == 0.0)
        return fail(err, "%s: digital '%s' has quantity 0: remove the row or give a size",
                    where, c->id);
    if (!(c->strike_usd > 0.0))
        return fail(err, "%s: digital '%s' has strike_usd = %g: give a strike above 0",
                    where, c->id, c->strike_usd);
    if (!(c->expiry_s > 0.0))
        return fail(err,
                    "%s: digital '%s' expires %g s before the start: remove the row or "
                    "give a later expiry",
                    where, c->id, -c->expiry_s);
    if (d->asset && isfinite(d->payout_usd))
        return fail(
            err,
            "%s: digital '%s' has payout_usd = %g, but payout: asset pays the worth "
            "of a coin: leave payout_usd empty, or write payout: cash",
            where, c->id, d->payout_usd);
    return true;
}

/* What is the same on all lanes, and the rows that are read. */
struct digital_view {
    double sign;        /* phi */
    double log_ratio;   /* ln(F/S) - ln(K) */
    double half;        /* x = ln(F/K)/sd + half sd: -1/2 for cash, 1/2 for asset */
    double cash, coins; /* A = cash + coins S */
    double volatility_sqrt_t;
    double sqrt_t, half_per_t;   /* sqrt(T) and 1/(2 T) */
    double years, inverse_years; /* T; T if inverse, else 0 */
    const double *restrict spot, *restrict log_spot, *restrict factor, *restrict skew;
};

static const lane_row digital_flat; /* the slope of a flat smile */

static struct digital_view digital_prepare(const struct contract *c,
                                           const struct claim_quote *q)
{
    const struct digital *d = (const struct digital *)c;
    const double years = vm_max(q->years, BLACK_YEARS_MIN);
    const double ratio = vm_exp(q->log_forward_ratio);
    const double cash = c->inverse ? digital_cash(d) / ratio : digital_cash(d);

    return (struct digital_view){.sign = c->call ? 1.0 : -1.0,
                                 .log_ratio = q->log_forward_ratio - vm_log(c->strike_usd),
                                 .half = d->asset ? 0.5 : -0.5,
                                 .cash = d->asset ? 0.0 : cash,
                                 .coins = !d->asset    ? 0.0
                                          : c->inverse ? 1.0
                                                       : ratio,
                                 .volatility_sqrt_t = q->volatility_sqrt_t,
                                 .sqrt_t = sqrt(years),
                                 .half_per_t = 0.5 / years,
                                 .years = years,
                                 .inverse_years = c->inverse ? years : 0.0,
                                 .spot = q->spot_usd,
                                 .log_spot = q->log_spot,
                                 .factor = q->surface_factor,
                                 .skew = q->skew != NULL ? q->skew : digital_flat};
}

/* g(x), cut to what a probability can be: rounding and arbitrage in the smile go beyond. */
static inline double digital_share(double sign, double x, double skew, double density)
{
    const double g = black_cdf(sign * x, 1.0, density) - sign * skew * density;

    return vm_min(vm_max(g, 0.0), 1.0);
}

static void digital_value_only(const struct digital_view *v, double *restrict value)
{
    const struct digital_view o = *v;

    for (int k = 0; k < LANES; k++) {
        const double sd = vm_max(o.factor[k] * o.volatility_sqrt_t, BLACK_SD_MIN);
        const double x = (o.log_spot[k] + o.log_ratio) / sd + o.half * sd;
        const double density = vm_normal_pdf(x);

        value[k] =
            (o.cash + o.coins * o.spot[k]) * digital_share(o.sign, x, o.skew[k], density);
    }
}

static void digital_value_and_greeks(const struct digital_view *v, double *restrict value,
                                     double *restrict delta, double *restrict gamma,
                                     double *restrict vega, double *restrict theta,
                                     double *restrict rho)
{
    const struct digital_view o = *v;
    const double side = o.half > 0.0 ? 1.0 : -1.0; /* 2w - 1 */

    for (int k = 0; k < LANES; k++) {
        const double sd = vm_max(o.factor[k] * o.volatility_sqrt_t, BLACK_SD_MIN);
        const double level = (o.log_spot[k] + o.log_ratio) / sd;
        const double x = level + o.half * sd, y = level - o.half * sd, m = o.skew[k];
        const double density = vm_normal_pdf(x), signed_density = o.sign * density;
        const double amount = o.cash + o.coins * o.spot[k];
        const double g = digital_share(o.sign, x, m, density);
        const double g1 = signed_density * (1.0 + m * x);
        const double g2 = signed_density * (m - x - m * x * x);
        const double per_sd = 1.0 / sd, per_spot = 1.0 / o.spot[k];
        const double slope = amount * per_spot * per_sd;
        const double d = slope * g1 + o.coins * g;

        value[k] = amount * g;
        delta[k] = d;
        gamma[k] = slope * per_spot * (g2 * per_sd + side * g1);
        vega[k] = -amount * o.sqrt_t * g1 * y * per_sd;
        theta[k] = amount * o.half_per_t * (g1 * y + m * signed_density);
        rho[k] = o.years * o.spot[k] * d - o.inverse_years * (amount * g);
    }
}

static void digital_cross_greeks(const struct digital_view *v, double *restrict vanna,
                                 double *restrict volga)
{
    const struct digital_view o = *v;
    const double asset = o.half > 0.0 ? 1.0 : 0.0; /* w */

    for (int k = 0; k < LANES; k++) {
        const double sd = vm_max(o.factor[k] * o.volatility_sqrt_t, BLACK_SD_MIN);
        const double level = (o.log_spot[k] + o.log_ratio) / sd;
        const double x = level + o.half * sd, y = level - o.half * sd, m = o.skew[k];
        const double signed_density = o.sign * vm_normal_pdf(x);
        const double g1 = signed_density * (1.0 + m * x);
        const double g2 = signed_density * (m - x - m * x * x);
        const double part = (o.cash + o.coins * o.spot[k]) * o.sqrt_t / (sd * sd);

        vanna[k] = -part / o.spot[k] * (g2 * y + g1 * (1.0 + asset * sd * y));
        volga[k] = part * o.sqrt_t * (g2 * y * y + g1 * (x + y));
    }
}

static void digital_value(const struct contract *c, const struct claim_quote *quote,
                          struct claim_value *out)
{
    const struct digital_view v = digital_prepare(c, quote);
    lane_row unused[6]; /* where rows go that nobody asked for */

    if (out->vanna_coin != NULL && out->volga_usd != NULL)
        digital_cross_greeks(&v, out->vanna_coin, out->volga_usd);
    if (out->delta_coin == NULL && out->gamma == NULL && out->vega_usd == NULL &&
        out->theta_usd == NULL && out->rho_usd == NULL) {
        digital_value_only(&v, out->value_usd != NULL ? out->value_usd : unused[0]);
        return;
    }
    digital_value_and_greeks(&v, out->value_usd != NULL ? out->value_usd : unused[0],
                             out->delta_coin != NULL ? out->delta_coin : unused[1],
                             out->gamma != NULL ? out->gamma : unused[2],
                             out->vega_usd != NULL ? out->vega_usd : unused[3],
                             out->theta_usd != NULL ? out->theta_usd : unused[4],
                             out->rho_usd != NULL ? out->rho_usd : unused[5]);
}

/* At the strike itself neither call nor put pays. */
static void digital_payoff(const struct contract *c, const double *const *state,
                           const double *settle_usd, double *payoff_usd)
{
    const struct digital *d = (const struct digital *)c;
    const double sign = c->call ? 1.0 : -1.0, strike = c->strike_usd;
    const double cash = d->asset ? 0.0 : digital_cash(d), coins = d->asset ? 1.0 : 0.0;
    const double *restrict settle = settle_usd;
    double *restrict payoff = payoff_usd;
    (void)state;

    for (int k = 0; k < LANES; k++)
        payoff[k] = sign * (settle[k] - strike) > 0.0 ? cash + coins * settle[k] : 0.0;
}

const struct instrument instrument_digital = {
    .about = {.name = "digital",
              .doc =
                  "Digital option on the forward: pays cash or a coin, or nothing, valued "
                  "with the slope of the smile.",
              .fields = digital_fields,
              .param_size = sizeof(struct digital),
              .example =
                  "{quantity: -2.385, option_type: put, strike_usd: 97, payout: asset, "
                  "expiry: 30d, settlement: inverse}"},
    .margin = MARGIN_REFUSED,
    .needs_surface = true,
    .reads_skew = true,
    .check = digital_check,
    .value = digital_value,
    .payoff = digital_payoff,
};
