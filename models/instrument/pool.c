#include "models/instrument/pool.h"

#include <math.h>

#include "sim/vmath.h"

static const double YEAR_S = 365.0 * 86400.0;

void pool_start(const struct contract *c, const struct claim_step *s)
{
    (void)c;
    for (int k = 0; k < LANES; k++)
        s->state[POOL_ROOT][k] = sqrt(s->spot_usd[k]);
}

/* fee += phi/(1 - phi) of what arbitrage pays in. */
static void arbitrage_fees(const struct pool_contract *p, const struct claim_step *s,
                           double liquidity, double root_low, double root_high)
{
    const double kept = 1.0 - p->pool_fee_frac;
    const double rate = liquidity * p->pool_fee_frac / kept;
    const double least = sqrt(kept), most = 1.0 / least;
    const double *restrict spot = s->spot_usd;
    double *restrict pool = s->state[POOL_ROOT], *restrict fee = s->fee_usd;

    for (int k = 0; k < LANES; k++) {
        const double root = sqrt(spot[k]);
        const double next = vm_min(vm_max(pool[k], least * root), most * root);
        const double from = vm_min(vm_max(pool[k], root_low), root_high);
        const double to = vm_min(vm_max(next, root_low), root_high);
        const double rise = to - from;
        const double usd = rise > 0.0 ? rise : -rise * spot[k] / (from * to);
        fee[k] += rate * usd;
        pool[k] = next;
    }
}

/* fee += noise traders'. */
static void other_fees(const struct pool_contract *p, const struct claim_step *s,
                       double root_low, double root_high, const double *before_usd,
                       const double *after_usd)
{
    const double rate = 0.5 * p->fee_apr_frac * s->step_s / YEAR_S;
    const double *restrict before = s->spot_before_usd, *restrict after = s->spot_usd;
    const double *restrict worth_before = before_usd, *restrict worth_after = after_usd;
    double *restrict fee = s->fee_usd;

    for (int k = 0; k < LANES; k++) {
        const double from = sqrt(before[k]), to = sqrt(after[k]), way = to - from;
        const double inside = vm_min(vm_max(to, root_low), root_high) -
                              vm_min(vm_max(from, root_low), root_high);
        const double resting = from >= root_low && from <= root_high ? 1.0 : 0.0;
        const double share = way != 0.0 ? inside / (way != 0.0 ? way : 1.0) : resting;
        fee[k] += rate * share * (worth_before[k] + worth_after[k]);
    }
}

void pool_step(const struct pool_contract *p, const struct claim_step *s, double liquidity,
               double root_low, double root_high, const double *before_usd,
               const double *after_usd)
{
    arbitrage_fees(p, s, liquidity, root_low, root_high);
    other_fees(p, s, root_low, root_high, before_usd, after_usd);
    for (int k = 0; k < LANES; k++)
        s->cash_usd[k] += s->fee_usd[k];
}

bool pool_check(const struct contract *c, const char *kind, const char *where,
                struct error *err)
{
    if (!(c->quantity > 0.0))
        return fail(err,
                    "%s: %s '%s' has quantity %g: give the dollars deposited, above 0, or "
                    "remove the row",
                    where, kind, c->id, c->quantity);
    if (!(c->entry_usd > 0.0))
        return fail(err,
                    "%s: %s '%s' has entry_price_usd = %g: give the price, above 0, at "
                    "which it was deposited",
                    where, kind, c->id, c->entry_usd);
    return true;
}
