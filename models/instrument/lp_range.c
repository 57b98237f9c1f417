#include <math.h>
#include <string.h>

#include "models/instrument/pool.h"
#include "sim/vmath.h"

/* A position in a concentrated-liquidity pool (Uniswap v3) of the coin against dollars, with
 * liquidity L between the prices A and B. With s = sqrt(S) cut to a .. b, the roots of A and
 * B, it holds (Uniswap v3 whitepaper, eq. 2.2; SqrtPriceMath.sol)
 *     x = L (1/s - 1/b) coins,   y = L (s - a) dollars,
 *     V = x S + y,   delta = x,   gamma = -L/(2 S^1.5) inside, 0 outside A .. B;
 * inside V = L (2 s - a - S/b). Delta is continuous and gamma jumps at A and B. In a narrow
 * range the differences are taken of prices, not of roots: b - s = (B - s^2)/(b + s).
 *
 * The quantity is the deposit in dollars at the price of entry E, which gives L. Fees come
 * while the price is in range: models/instrument/pool.h. */
static const struct field lp_range_fields[] = {
    /* clang-format off */
    {.key = "quantity", .unit = "USD", .type = FIELD_NUMBER, .required = true,
     .min = 0.0, .max = 1e15, .offset = offsetof(struct contract, quantity),
     .doc = "dollars that the deposit was worth at entry_price_usd"},
    {.key = "entry_price_usd", .unit = "USD", .type = FIELD_NUMBER, .preset = NAN,
     .min = 1e-12, .max = 1e12, .offset = offsetof(struct contract, entry_usd),
     .doc = "price at which it was deposited; empty: the asset's spot_usd"},
    {.key = "lower_price_usd", .unit = "USD", .type = FIELD_NUMBER, .required = true,
     .min = 1e-12, .max = 1e12, .offset = offsetof(struct pool_contract, lower_usd),
     .doc = "lower end of the range; below it the position is all coins"},
    {.key = "upper_price_usd", .unit = "USD", .type = FIELD_NUMBER, .required = true,
     .min = 1e-12, .max = 1e12, .offset = offsetof(struct pool_contract, upper_usd),
     .doc = "upper end of the range; above it the position is all dollars"},
    {.key = "pool_fee_frac", .unit = "1", .type = FIELD_NUMBER, .preset = 0.003, .min = 0.0,
     .max = 0.5, .offset = offsetof(struct pool_contract, pool_fee_frac),
     .doc = "share of what traders pay in that goes to the pool's owners"},
    {.key = "fee_apr_frac", .unit = "1/year", .type = FIELD_NUMBER, .preset = 0.0,
     .min = 0.0, .max = 100.0, .offset = offsetof(struct pool_contract, fee_apr_frac),
     .doc = "fees a year from trades other than arbitrage, as a share of the value, while "
            "in range"},
    {.key = NULL},
    /* clang-format on */
};

static bool lp_range_check(const struct contract *c, const char *where, struct error *err)
{
    const struct pool_contract *p = (const struct pool_contract *)c;

    if (!(p->upper_usd > p->lower_usd))
        return fail(err,
                    "%s: lp_range '%s' has upper_price_usd = %g, which is not above "
                    "lower_price_usd = %g: swap or widen them",
                    where, c->id, p->upper_usd, p->lower_usd);
    return pool_check(c, "lp_range", where, err);
}

struct lp_range {
    double low, high, root_low, root_high; /* A, B, a, b */
    double liquidity;                      /* L per dollar of deposit */
};

/* Coins and dollars of L = 1. */
static inline double range_coins(const struct lp_range *r, double spot)
{
    const double inside = vm_min(vm_max(spot, r->low), r->high), root = sqrt(inside);

    return (r->high - inside) / ((r->root_high + root) * root * r->root_high);
}
static inline double range_usd(const struct lp_range *r, double spot)
{
    const double inside = vm_min(vm_max(spot, r->low), r->high);

    return (inside - r->low) / (sqrt(inside) + r->root_low);
}

static struct lp_range range_prepare(const struct contract *c)
{
    const struct pool_contract *p = (const struct pool_contract *)c;
    struct lp_range r = {.low = p->lower_usd,
                         .high = p->upper_usd,
                         .root_low = sqrt(p->lower_usd),
                         .root_high = sqrt(p->upper_usd)};

    r.liquidity =
        1.0 / (range_coins(&r, c->entry_usd) * c->entry_usd + range_usd(&r, c->entry_usd));
    return r;
}

static void range_value(const struct lp_range *range, const double *spot_usd,
                        double *restrict value)
{
    const struct lp_range r = *range;
    const double *restrict spot = spot_usd;

    for (int k = 0; k < LANES; k++)
        value[k] =
            r.liquidity * (range_coins(&r, spot[k]) * spot[k] + range_usd(&r, spot[k]));
}

static void fill_zero(double *row)
{
    if (row != NULL)
        memset(row, 0, sizeof(lane_row));
}

static void lp_range_value(const struct contract *c, const struct claim_quote *quote,
                           struct claim_value *out)
{
    const struct lp_range r = range_prepare(c);
    const double *restrict spot = quote->spot_usd;
    double *restrict delta = out->delta_coin, *restrict gamma = out->gamma;

    fill_zero(out->vega_usd);
    fill_zero(out->theta_usd);
    fill_zero(out->vanna_coin);
    fill_zero(out->volga_usd);
    fill_zero(out->rho_usd);
    if (out->value_usd != NULL)
        range_value(&r, spot, out->value_usd);
    for (int k = 0; delta != NULL && k < LANES; k++)
        delta[k] = r.liquidity * range_coins(&r, spot[k]);
    for (int k = 0; gamma != NULL && k < LANES; k++) {
        const double bend = -0.5 * r.liquidity / (spot[k] * sqrt(spot[k]));
        const double above = spot[k] > r.low ? bend : 0.0;
        gamma[k] = spot[k] < r.high ? above : 0.0;
    }
}

static void lp_range_step(const struct contract *c, const struct claim_step *s)
{
    const struct lp_range r = range_prepare(c);
    lane_row before, after;

    range_value(&r, s->spot_before_usd, before);
    range_value(&r, s->spot_usd, after);
    pool_step((const struct pool_contract *)c, s, r.liquidity, r.root_low, r.root_high,
              before, after);
}

const struct instrument instrument_lp_range = {
    .about = {.name = "lp_range",
              .doc =
                  "Liquidity between two prices of a pool against dollars, with its fees.",
              .fields = lp_range_fields,
              .param_size = sizeof(struct pool_contract),
              .example = "{quantity: 2385, lower_price_usd: 80, upper_price_usd: 130}"},
    .n_state = POOL_N_STATE,
    .check = lp_range_check,
    .value = lp_range_value,
    .start = pool_start,
    .step = lp_range_step,
};
