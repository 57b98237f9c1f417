#include <math.h>
#include <string.h>

#include "sim/model.h"
#include "sim/vmath.h"

/* Power perpetuals: the index is I = S^p / c. White, Robinson, Koticha, Leone, Gauba,
 * Krishnan (2021), "Power Perpetuals" (Paradigm): whoever is long pays mark - index per
 * funding period T, so holding one is as good as a ladder of contracts on S^p, and
 *     mark = I / u,   u = 1 - g T,   g = (p - 1) (b + p sigma^2 / 2)
 * where funding is paid continuously, b being the growth of the price that the market
 * reckons with (their r) and sigma the volatility. The mark exists where g T < 1; a path
 * whose stress takes it beyond has no price and ends the run.
 *
 * The volatility is the column's times the stress factor on the asset's surface. It is not
 * read from the surface: these venues quote their own implied volatility (through the
 * mark), and an asset without options can have one.
 *
 * Value per unit: mark - entry. Funding of a step h is the trapezoid of (mark - I)/T, paid
 * in cash; it is a flow, so theta, the change of the mark alone, is 0. With a = T/u:
 *     delta = p mark/S      gamma = p (p-1) mark/S^2      vega = a g' mark
 *     vanna = p vega/S      volga = (2 a g' a g' + a g'') mark     rho = 0
 * where g' = p (p-1) sigma and g'' = p (p-1). The basis is the column's, not that of the
 * asset's forward curve, so the curve's rho is 0. */
struct power_perpetual {
    struct contract contract;
    double power, normalisation;
    double funding_period_s;
    double basis_annual; /* 1/year */
};

enum { ENTRY, N_STATE }; /* the price of entry, USD */

static const double YEAR_S = 365.0 * 86400.0;

static const struct field power_perpetual_fields[] = {
    /* clang-format off */
    {.key = "quantity", .unit = "1", .type = FIELD_NUMBER, .required = true,
     .min = -1e15, .max = 1e15, .offset = offsetof(struct contract, quantity),
     .doc = "contracts, each on price^power / normalisation dollars; negative: short"},
    {.key = "entry_price_usd", .unit = "USD", .type = FIELD_NUMBER, .preset = 0.0,
     .min = 0.0, .max = 1e300, .offset = offsetof(struct contract, entry_usd),
     .doc = "price at which the position's profit is zero; empty: its mark at the start"},
    {.key = "power", .unit = "1", .type = FIELD_NUMBER, .preset = 2.0, .min = -8.0,
     .max = 8.0, .offset = offsetof(struct power_perpetual, power),
     .doc = "power of the asset's price that the contract follows"},
    {.key = "normalisation", .unit = "1", .type = FIELD_NUMBER, .preset = 1.0,
     .min = 1e-30, .max = 1e30, .offset = offsetof(struct power_perpetual, normalisation),
     .doc = "what the power of the price is divided by"},
    {.key = "funding_period", .unit = "s", .type = FIELD_DURATION, .preset = 7.0 * 86400.0,
     .min = 1.0, .max = 3.2e7, .offset = offsetof(struct power_perpetual, funding_period_s),
     .doc = "time over which mark minus index is paid once, continuously"},
    {.key = "volatility_annual", .unit = "1/sqrt(year)", .type = FIELD_NUMBER,
     .required = true, .min = 0.0, .max = 5.0,
     .offset = offsetof(struct contract, volatility_annual),
     .doc = "volatility in the mark before stress; 0.8 means 80 %"},
    {.key = "basis_annual", .unit = "1/year", .type = FIELD_NUMBER, .min = -10.0,
     .max = 10.0, .preset = 0.0, .offset = offsetof(struct power_perpetual, basis_annual),
     .doc = "growth of the price a year that the market quotes"},
    {.key = NULL},
    /* clang-format on */
};

/* What is the same on all lanes. */
struct power_constants {
    double power, scale;      /* p, 1/c */
    double years;             /* T */
    double convexity, growth; /* p (p-1) and (p-1) b */
    double volatility;
};

static struct power_constants power_prepare(const struct contract *c)
{
    const struct power_perpetual *p = (const struct power_perpetual *)c;

    return (struct power_constants){.power = p->power,
                                    .scale = 1.0 / p->normalisation,
                                    .years = p->funding_period_s / YEAR_S,
                                    .convexity = p->power * (p->power - 1.0),
                                    .growth = (p->power - 1.0) * p->basis_annual,
                                    .volatility = c->volatility_annual};
}

static bool power_perpetual_check(const struct contract *c, const char *where,
                                  struct error *err)
{
    const struct power_constants o = power_prepare(c);
    const double g = o.growth + 0.5 * o.convexity * o.volatility * o.volatility;

    if (c->quantity == 0.0)
        return fail(err,
                    "%s: power perpetual '%s' has quantity 0: remove the row or give a "
                    "size",
                    where, c->id);
    if (o.power == 0.0)
        return fail(err,
                    "%s: power perpetual '%s' has power 0, whose price never moves: give "
                    "another power, such as 2",
                    where, c->id);
    if (g * o.years >= 1.0)
        return fail(err,
                    "%s: power perpetual '%s' has no price: its index is expected to grow "
                    "by %g within a funding period, and only below 1 is there a mark; "
                    "shorten funding_period or lower power or volatility_annual",
                    where, c->id, g * o.years);
    return true;
}

/* T/u; infinite where there is no mark. */
static inline double power_leverage(const struct power_constants *o, double volatility)
{
    const double g = o->growth + 0.5 * o->convexity * volatility * volatility;
    const double u = 1.0 - g * o->years;

    return u > 0.0 ? o->years / u : (double)INFINITY;
}

static void power_mark(const struct power_constants *constants, const double *log_spot,
                       const double *factor_row, double *restrict mark)
{
    const struct power_constants o = *constants;
    const double *restrict ln = log_spot, *restrict factor = factor_row;
    const double per_year = 1.0 / o.years;

    for (int k = 0; k < LANES; k++)
        mark[k] = o.scale * vm_exp(o.power * ln[k]) * per_year *
                  power_leverage(&o, factor[k] * o.volatility);
}

static void power_price_greeks(const struct power_constants *o,
                               const struct claim_quote *quote, const double *restrict mark,
                               double *restrict delta, double *restrict gamma)
{
    const double power = o->power, convexity = o->convexity;
    const double *restrict spot = quote->spot_usd;

    for (int k = 0; k < LANES; k++) {
        const double per_spot = 1.0 / spot[k];
        delta[k] = power * mark[k] * per_spot;
        gamma[k] = convexity * mark[k] * per_spot * per_spot;
    }
}

static void power_volatility_greeks(const struct power_constants *o,
                                    const struct claim_quote *quote,
                                    const double *restrict mark, double *restrict vega,
                                    double *restrict vanna, double *restrict volga)
{
    const double power = o->power, convexity = o->convexity;
    const double *restrict spot = quote->spot_usd;
    const double *restrict factor = quote->surface_factor;

    for (int k = 0; k < LANES; k++) {
        const double volatility = factor[k] * o->volatility;
        const double a = power_leverage(o, volatility), slope = a * convexity * volatility;
        vega[k] = slope * mark[k];
        vanna[k] = power * vega[k] / spot[k];
        volga[k] = (2.0 * slope * slope + a * convexity) * mark[k];
    }
}

static void power_perpetual_value(const struct contract *c, const struct claim_quote *quote,
                                  struct claim_value *out)
{
    const struct power_constants o = power_prepare(c);
    const double *entry = quote->state[ENTRY];
    lane_row mark, unused[5]; /* where rows go that nobody asked for */

    power_mark(&o, quote->log_spot, quote->surface_factor, mark);
    for (int k = 0; out->value_usd != NULL && k < LANES; k++)
        out->value_usd[k] = mark[k] - entry[k];
    if (out->theta_usd != NULL)
        memset(out->theta_usd, 0, sizeof(lane_row));
    if (out->rho_usd != NULL)
        memset(out->rho_usd, 0, sizeof(lane_row));
    if (out->delta_coin != NULL || out->gamma != NULL)
        power_price_greeks(&o, quote, mark,
                           out->delta_coin != NULL ? out->delta_coin : unused[0],
                           out->gamma != NULL ? out->gamma : unused[1]);
    if (out->vega_usd != NULL || out->vanna_coin != NULL || out->volga_usd != NULL)
        power_volatility_greeks(&o, quote, mark,
                                out->vega_usd != NULL ? out->vega_usd : unused[2],
                                out->vanna_coin != NULL ? out->vanna_coin : unused[3],
                                out->volga_usd != NULL ? out->volga_usd : unused[4]);
}

/* Keeps the price of entry. */
static void power_perpetual_start(const struct contract *c, const struct claim_step *s)
{
    const struct power_constants o = power_prepare(c);
    lane_row log_spot, mark;
    const double *restrict spot = s->spot_usd;
    double *restrict entry = s->state[ENTRY];
    const double given = c->entry_usd;

    for (int k = 0; k < LANES; k++)
        log_spot[k] = vm_log(spot[k]);
    power_mark(&o, log_spot, s->surface_factor, mark);
    for (int k = 0; k < LANES; k++)
        entry[k] = given > 0.0 ? given : mark[k];
}

/* With u at the step's end, mark - I = mark g T: I is u of the mark at both ends. */
static void power_perpetual_step(const struct contract *c, const struct claim_step *s)
{
    const struct power_constants o = power_prepare(c);
    const double *restrict before = s->spot_before_usd, *restrict after = s->spot_usd;
    const double *restrict factor = s->surface_factor;
    const double periods = s->step_s / (YEAR_S * o.years);
    double *restrict cash = s->cash_usd, *restrict carry = s->carry_usd;

    for (int k = 0; k < LANES; k++) {
        const double volatility = factor[k] * o.volatility;
        const double g = o.growth + 0.5 * o.convexity * volatility * volatility;
        const double first = vm_exp(o.power * vm_log(before[k]));
        const double last = vm_exp(o.power * vm_log(after[k]));
        const double index = 0.5 * o.scale * (first + last);
        const double paid = periods * index * g * power_leverage(&o, volatility);
        cash[k] = -paid;
        carry[k] = -paid;
    }
}

const struct instrument instrument_power_perpetual = {
    .about = {.name = "power_perpetual",
              .doc = "Perpetual on a power of the price; pays mark minus index as funding.",
              .fields = power_perpetual_fields,
              .param_size = sizeof(struct power_perpetual),
              .example = "{quantity: 2.385, volatility_annual: 0.8}"},
    .n_state = N_STATE,
    .check = power_perpetual_check,
    .value = power_perpetual_value,
    .start = power_perpetual_start,
    .step = power_perpetual_step,
};
