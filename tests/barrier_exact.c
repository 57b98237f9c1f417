#include "tests/barrier_exact.h"

#include <math.h>

static long double normal(long double x)
{
    return 0.5L * erfcl(-x * sqrtl(0.5L));
}

struct parts {
    long double mu, sd, barrier, eta, phi, discount, forward;
};

static struct parts parts_of(const struct barrier_exact *o)
{
    const long double variance = o->volatility * o->volatility;
    const long double shift = 0.58259715793901067L * o->volatility * sqrtl(o->look_years);

    return (struct parts){.mu = (o->carry - 0.5L * variance) / variance,
                          .sd = o->volatility * sqrtl(o->years),
                          .barrier = o->barrier * expl(o->up ? shift : -shift),
                          .eta = o->up ? -1.0L : 1.0L,
                          .phi = o->call ? 1.0L : -1.0L,
                          .discount = expl(-o->rate * o->years),
                          .forward = o->spot * expl((o->carry - o->rate) * o->years)};
}

/* A or B: at x. */
static long double direct(const struct barrier_exact *o, const struct parts *p,
                          long double x)
{
    return p->phi * (p->forward * normal(p->phi * x) -
                     o->strike * p->discount * normal(p->phi * (x - p->sd)));
}
/* C or D: at y. */
static long double mirrored(const struct barrier_exact *o, const struct parts *p,
                            long double y)
{
    const long double ratio = p->barrier / o->spot;

    return p->phi * (p->forward * powl(ratio, 2.0L * (p->mu + 1.0L)) * normal(p->eta * y) -
                     o->strike * p->discount * powl(ratio, 2.0L * p->mu) *
                         normal(p->eta * (y - p->sd)));
}

long double barrier_exact_touch(const struct barrier_exact *o)
{
    const struct parts p = parts_of(o);
    const long double lambda =
        sqrtl(p.mu * p.mu + 2.0L * o->rate / (o->volatility * o->volatility));
    const long double ratio = p.barrier / o->spot;
    const long double z = logl(ratio) / p.sd + lambda * p.sd;

    return powl(ratio, p.mu + lambda) * normal(p.eta * z) +
           powl(ratio, p.mu - lambda) * normal(p.eta * (z - 2.0L * lambda * p.sd));
}

long double barrier_exact(const struct barrier_exact *o)
{
    const struct parts p = parts_of(o);
    const long double drift = (1.0L + p.mu) * p.sd, h = p.barrier;
    const long double x1 = logl(o->spot / o->strike) / p.sd + drift;
    const long double x2 = logl(o->spot / h) / p.sd + drift;
    const long double y1 = logl(h * h / (o->spot * o->strike)) / p.sd + drift;
    const long double y2 = logl(h / o->spot) / p.sd + drift;
    const long double a = direct(o, &p, x1), b = direct(o, &p, x2);
    const long double c = mirrored(o, &p, y1), d = mirrored(o, &p, y2);
    const long double untouched =
        normal(p.eta * (x2 - p.sd)) -
        powl(h / o->spot, 2.0L * p.mu) * normal(p.eta * (y2 - p.sd));
    const long double e = o->rebate * p.discount * untouched;
    const long double f = o->rebate * barrier_exact_touch(o);
    const bool above = o->strike >= h;

    if (o->out) {
        if (o->call && !o->up)
            return above ? a - c + f : b - d + f;
        if (o->call)
            return above ? f : a - b + c - d + f;
        if (!o->up)
            return above ? a - b + c - d + f : f;
        return above ? b - d + f : a - c + f;
    }
    if (o->call && !o->up)
        return above ? c + e : a - b + d + e;
    if (o->call)
        return above ? a + e : b - c + d + e;
    if (!o->up)
        return above ? b - c + d + e : a + e;
    return above ? a - b + d + e : c + e;
}
