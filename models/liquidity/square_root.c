#include <math.h>

#include "sim/model.h"
#include "sim/vmath.h"

/* Square-root impact with refill. Let Q be the signed quantity (coins, positive after
 * sales) that was executed and that the book has not refilled, V the coins traded per day
 * times the depth factor, sigma the daily volatility. The traded price is p0 exp(-J) with
 *     J = Y sigma sign(Q) sqrt(|Q|/V),
 * the square-root law (Toth et al. 2011, Phys. Rev. X 1, 021006, eq. 1) read as the state
 * of the book instead of the cost of one order. A sale from Q to Q+q is paid the integral
 * of the marginal price. With c^2 = (Y sigma)^2/V, z = |J|, z2^2 = z1^2 + c^2 q on the side
 * of sales, proceeds = p0 (2/c^2) integral from z1 to z2 of z exp(-z) dz, the other side
 * the same with exp(+z); a fill through Q = 0 is the sum of the two. It is evaluated as q
 * times a mean price (mean_price below), which neither cancels for small q nor divides by
 * c^2, so that Y = 0 gives p0 q exactly. Because the cost is a function of the state before
 * and after only, an order in two parts pays what the whole pays.
 *
 * Refill: Q decays with its half-life, J therefore with twice that. When the depth factor D
 * rises, Q stays and J shrinks as D^(-1/2); when it falls, J stays (the price does not jump
 * because quotes far from it vanish) and Q shrinks in proportion. Of every such loss of |J|
 * the share permanent_frac goes to `permanent`, the lasting log-impact being permanent + J.
 *
 * Why no round trip gains when permanent_frac = 0, whatever the depth does in between: let
 * n be the coins sold so far and A = integral from 0 to Q of (p0 - p(u)) du >= 0. Trading
 * dn changes the cash by p dn and A by (p0 - p) dn, so cash - p0 n + A is constant; it
 * starts at 0. Without trading, decay shrinks |Q|, a rise of D at fixed Q brings p(u)
 * nearer to p0, and a fall of D at fixed J scales A with D: each lowers A, so cash - p0 n +
 * A never rises. Back at n = 0 the cash is at most -A <= 0. (Keeping Q when D falls would
 * raise A, and selling before a drop in depth to buy after it would pay.)
 *
 * With permanent_frac = f > 0 this ends, because a permanent impact that is not linear in
 * the quantity always admits a gain (Huberman & Stanzl 2004, Econometrica 72, 1247): buying
 * in n small parts with waits lifts p0 by about f J sqrt(n), one sale at the end brings it
 * down by f J only, which pays from n of about (4/(3f))^2 parts on. One sale, a wait and
 * one purchase back, under any path of depth, never gain as long as f J <= -ln(mean
 * price/p0) of the sale: f <= 0.60 does it for every J <= 2, a fall of 86 %. Forced sellers
 * and a half_spread_frac above 0 are safe users; an agent that trades to and fro needs f =
 * 0. */

struct square_root_param {
    double impact_coefficient; /* Y */
    double volatility_daily;
    double daily_volume_usd;
    double half_spread_frac;
    double refill_half_life_s;
    double permanent_frac;
};
struct square_root_coef {
    double c2;             /* (Y sigma)^2 / V, 1/coin, at depth factor 1 */
    double halvings_per_s; /* of J: ln 2 / (2 half-life) */
    double permanent_frac, half_spread_frac;
};

/* Half the taker's spread, 1 bp, is of the order of majors on large venues; the half-life
 * of 5 min lies between the reversion of 35-43 % in 2-6 min and 90 % in 12 min that was
 * measured after 53 large trades on one calm day: weak evidence, to be swept. */
static const struct field square_root_fields[] = {
    /* clang-format off */
    {.key = "impact_coefficient", .unit = "1", .type = FIELD_NUMBER, .min = 0.0,
     .max = 100.0, .preset = 1.07,
     .offset = offsetof(struct square_root_param, impact_coefficient),
     .doc = "Y of the square-root law: 1.07 measured for ordinary flow, 4.4 to 6.5 for "
            "liquidations (an upper bound); 0: a book without limit"},
    {.key = "volatility_daily", .unit = "1/sqrt(day)", .type = FIELD_NUMBER, .min = 0.0,
     .max = 2.0, .required = true,
     .offset = offsetof(struct square_root_param, volatility_daily),
     .doc = "standard deviation of the daily log-return in the law; 0.03 means 3 %"},
    {.key = "daily_volume_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 1.0,
     .max = 1e15, .required = true,
     .offset = offsetof(struct square_root_param, daily_volume_usd),
     .doc = "value traded per day; fixed in coins at the starting price"},
    {.key = "half_spread_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 0.5,
     .preset = 1e-4, .offset = offsetof(struct square_root_param, half_spread_frac),
     .doc = "half the bid-ask spread over the mid price"},
    {.key = "refill_half_life", .unit = "s", .type = FIELD_DURATION, .min = 1e-3,
     .max = 3.2e9, .preset = 300.0,
     .offset = offsetof(struct square_root_param, refill_half_life_s),
     .doc = "time in which the book refills half of the quantity executed"},
    {.key = "permanent_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.0, .offset = offsetof(struct square_root_param, permanent_frac),
     .doc = "share of the impact that stays in the price for good when the book refills; "
            "above 0 trading to and fro in parts can gain"},
    {.key = NULL},
    /* clang-format on */
};

/* Depth below this is treated as this: an empty book prices nothing. */
static const double DEPTH_MIN = 1e-9;

static bool square_root_prepare(const void *param, double spot_usd, struct arena *arena,
                                void *coef, struct error *err)
{
    const double ln_2 = 0.69314718055994530942;
    const struct square_root_param *p = param;
    struct square_root_coef *c = coef;
    const double y_sigma = p->impact_coefficient * p->volatility_daily;
    (void)arena;

    if (!(spot_usd > 0.0) || isinf(spot_usd))
        return fail(
            err,
            "square_root: the starting price is %g USD: a price above 0 is needed to "
            "turn daily_volume_usd into coins",
            spot_usd);
    c->c2 = y_sigma * y_sigma * spot_usd / p->daily_volume_usd;
    c->halvings_per_s = 0.5 * ln_2 / p->refill_half_life_s;
    c->permanent_frac = p->permanent_frac;
    c->half_spread_frac = p->half_spread_frac;
    return true;
}

/* Coefficients of y^m in, with y = -x,
 *     (1 - exp(-x)) / x             = sum of y^m / (m+1)!
 *     2 (1 - (1+x) exp(-x)) / x^2   = sum of 2 (m+1) y^m / (m+2)!
 * whose closed forms cancel near 0. Ten terms are exact to rounding below 0.1, all below
 * 1. */
enum { TERMS = 19, TERMS_NEAR = 10 };
static const double FIRST[TERMS] = {1.0,
                                    1.0 / 2,
                                    1.0 / 6,
                                    1.0 / 24,
                                    1.0 / 120,
                                    1.0 / 720,
                                    1.0 / 5040,
                                    1.0 / 40320,
                                    1.0 / 362880,
                                    1.0 / 3628800,
                                    1.0 / 39916800.0,
                                    1.0 / 479001600.0,
                                    1.0 / 6227020800.0,
                                    1.0 / 87178291200.0,
                                    1.0 / 1307674368000.0,
                                    1.0 / 20922789888000.0,
                                    1.0 / 355687428096000.0,
                                    1.0 / 6402373705728000.0,
                                    1.0 / 121645100408832000.0};

/* Both sums at once, x in (-1, 1). */
static void square_root_series(double x, double *first, double *second)
{
    const int n = x < 0.1 && x > -0.1 ? TERMS_NEAR : TERMS - 1;
    double a = 0.0, b = 0.0;

    for (int m = n - 1; m >= 0; m--) {
        a = fma(a, -x, FIRST[m]);
        b = fma(b, -x, 2.0 * (m + 1) * FIRST[m + 1]);
    }
    *first = a;
    *second = b;
}

/* Mean of exp(-side u) over the quantity between u = a and u = a + h, whose density is
 * proportional to u; a and h >= 0, side +1 (price below p0) or -1 (above):
 *     exp(-side a) (2 a (1 - exp(-x))/x + 2 h (1 - (1+x) exp(-x))/x^2) / (2 a + h),
 * x = side h: a weighted mean of two numbers that tend to 1. */
static double square_root_mean_price(double a, double h, double side)
{
    const double x = side * h;
    double first, second;

    if (2.0 * a + h == 0.0)
        return 1.0;
    if (h < 1.0) {
        square_root_series(x, &first, &second);
    } else {
        first = -vm_expm1(-x) / x;
        second = 2.0 * (1.0 - (1.0 + x) * vm_exp(-x)) / (x * x);
    }
    return vm_exp(-side * a) * (2.0 * a * first + h * second) / (2.0 * a + h);
}

static double square_root_fill(const void *coef, double price_usd, double depth,
                               double coins, double *impact)
{
    const struct square_root_coef *c = coef;
    const double c2 = c->c2 / (depth > DEPTH_MIN ? depth : DEPTH_MIN);
    const double z1 = fabs(*impact), moved = c2 * fabs(coins); /* in units of z^2 */
    const double direction = coins < 0.0 ? -1.0 : 1.0;
    const double side = *impact < 0.0 || (*impact == 0.0 && coins < 0.0) ? -1.0 : 1.0;

    if (moved == 0.0)
        return price_usd * vm_exp(-*impact) * coins;
    if (side == direction) { /* away from zero */
        const double z2 = sqrt(z1 * z1 + moved);

        *impact = side * z2;
        return price_usd * coins * square_root_mean_price(z1, moved / (z1 + z2), side);
    }
    if (moved <= z1 * z1) { /* towards zero */
        const double z2 = sqrt(z1 * z1 - moved);

        *impact = side * z2;
        return price_usd * coins * square_root_mean_price(z2, moved / (z1 + z2), side);
    }
    const double share = z1 * z1 / moved, z2 = sqrt(moved - z1 * z1); /* through zero */

    *impact = direction * z2;
    return price_usd * coins *
           (share * square_root_mean_price(0.0, z1, side) +
            (1.0 - share) * square_root_mean_price(0.0, z2, direction));
}

/* Q is a signed square of J. A book without limit sells anything where it stands. */
static double square_root_coins_to(const void *coef, double price_usd, double depth,
                                   double impact_from, double impact_to)
{
    const struct square_root_coef *c = coef;
    const double c2 = c->c2 / (depth > DEPTH_MIN ? depth : DEPTH_MIN);
    const double move = impact_to - impact_from;
    (void)price_usd;

    if (move == 0.0)
        return 0.0;
    if (c2 == 0.0)
        return copysign(INFINITY, move);
    if ((impact_to < 0.0) == (impact_from < 0.0))
        return move * (fabs(impact_to) + fabs(impact_from)) / c2;
    return copysign(impact_to * impact_to + impact_from * impact_from, move) / c2;
}

static void square_root_refill(const void *coef, double step_s, const double *depth_before,
                               const double *depth_now, const double *refill,
                               double *impact, double *permanent)
{
    const struct square_root_coef *c = coef;
    const double rate = c->halvings_per_s * step_s, permanent_frac = c->permanent_frac;
    const double *restrict before = depth_before, *restrict now = depth_now;
    const double *restrict speed = refill;
    double *restrict j = impact, *restrict lasting = permanent;

    for (int k = 0; k < LANES; k++) {
        const double was = before[k] > DEPTH_MIN ? before[k] : DEPTH_MIN;
        const double is = now[k] > DEPTH_MIN ? now[k] : DEPTH_MIN;
        const double shrink = was < is ? sqrt(was / is) : 1.0;
        const double left = j[k] * shrink * vm_exp(-rate * speed[k]);

        lasting[k] += permanent_frac * (j[k] - left);
        j[k] = left;
    }
}

/* What a seller is paid who moves the price down by 1 %: the bids of an order book within 1
 * % of its price. */
static double square_root_depth_usd(const void *coef, double spot_usd)
{
    const struct square_root_coef *c = coef;
    const double log_move = 0.01005033585350144118; /* -ln(0.99) */

    if (c->c2 == 0.0)
        return INFINITY;
    return spot_usd * (log_move * log_move / c->c2) *
           square_root_mean_price(0.0, log_move, 1.0);
}

static double square_root_half_spread_frac(const void *coef)
{
    const struct square_root_coef *c = coef;

    return c->half_spread_frac;
}

const struct liquidity_model liquidity_square_root = {
    .about = {.name = "square_root",
              .doc = "Order book with square-root impact of what was executed and not yet "
                     "refilled, and refill by half-life.",
              .fields = square_root_fields,
              .param_size = sizeof(struct square_root_param)},
    .coef_size = sizeof(struct square_root_coef),
    .prepare = square_root_prepare,
    .fill = square_root_fill,
    .coins_to = square_root_coins_to,
    .refill = square_root_refill,
    .depth_usd = square_root_depth_usd,
    .half_spread_frac = square_root_half_spread_frac,
};
