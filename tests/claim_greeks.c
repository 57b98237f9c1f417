#include "tests/claim_greeks.h"

#include <criterion/criterion.h>

#include "tests/difference.h"

enum move { BY_SPOT, BY_VOLATILITY, BY_CARRY, BY_TIME };

struct path {
    claim_exact f;
    const void *claim;
    enum move move;
    long double volatility, step; /* for vanna */
};

static long double along(long double x, const void *context)
{
    const struct path *p = context;
    const struct claim_moves m = {.log_spot = p->move == BY_SPOT ? x : 0.0L,
                                  .volatility =
                                      p->move == BY_VOLATILITY ? x : p->volatility,
                                  .log_forward_ratio = p->move == BY_CARRY ? x : 0.0L,
                                  .time = p->move == BY_TIME ? x : 0.0L};

    return p->f(p->claim, &m);
}

static long double slope_by_volatility(long double x, const void *context)
{
    struct path p = *(const struct path *)context;

    p.volatility = x;
    return difference_slope(along, &p, 0.0L, p.step);
}

struct claim_result claim_greeks_exact(claim_exact f, const void *claim,
                                       const struct claim_case *at, long double n)
{
    const long double spot = at->spot, hs = at->volatility * sqrtl(at->years) / n;
    const long double hv = at->volatility / n, ht = at->years / n;
    const struct path by_spot = {f, claim, BY_SPOT, 0.0L, hs};
    const struct path by_volatility = {f, claim, BY_VOLATILITY, 0.0L, hv};
    const struct path by_carry = {f, claim, BY_CARRY, 0.0L, hs};
    const struct path by_time = {f, claim, BY_TIME, 0.0L, ht};
    const long double first = difference_slope(along, &by_spot, 0.0L, hs);
    const long double second = difference_curve(along, &by_spot, 0.0L, hs);

    return (struct claim_result){
        .value = (double)along(0.0L, &by_spot),
        .delta = (double)(first / spot),
        .gamma = (double)((second - first) / (spot * spot)),
        .vega = (double)difference_slope(along, &by_volatility, 0.0L, hv),
        .theta = (double)-difference_slope(along, &by_time, 0.0L, ht),
        .vanna = (double)(difference_slope(slope_by_volatility, &by_spot, 0.0L, hv) / spot),
        .volga = (double)difference_curve(along, &by_volatility, 0.0L, hv),
        .rho = (double)difference_slope(along, &by_carry, 0.0L, hs) * at->years};
}

void claim_greeks_check(const struct claim_result *v, const struct claim_result *exact,
                        const struct claim_case *at, double slack, const char *what)
{
    const double spot = at->spot, vol = at->volatility, sd = vol * sqrt(at->years);
    const struct {
        const char *greek;
        double got, exact, scale; /* times the scale: a share of the spot price */
    } rows[] = {{"delta", v->delta, exact->delta, sd},
                {"gamma", v->gamma, exact->gamma, spot * sd * sd},
                {"vega", v->vega, exact->vega, vol / spot},
                {"theta", v->theta, exact->theta, at->years / spot},
                {"rho", v->rho, exact->rho, sd / (at->years * spot)},
                {"vanna", v->vanna, exact->vanna, sd * vol},
                {"volga", v->volga, exact->volga, vol * vol / spot}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_assert(fabs(rows[i].got - rows[i].exact) * rows[i].scale <= slack,
                  "%s: %s %.17g, not %.17g", what, rows[i].greek, rows[i].got,
                  rows[i].exact);
}

void claim_greeks_check_finite(const struct claim_result *v, const char *what)
{
    cr_assert(isfinite(v->delta) && isfinite(v->gamma) && isfinite(v->vega) &&
                  isfinite(v->theta) && isfinite(v->vanna) && isfinite(v->volga) &&
                  isfinite(v->rho),
              "%s: %g %g %g %g %g %g %g", what, v->delta, v->gamma, v->vega, v->theta,
              v->vanna, v->volga, v->rho);
}
