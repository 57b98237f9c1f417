#ifndef TAILRACE_MODELS_INSTRUMENT_BARRIER_TERM_H
#define TAILRACE_MODELS_INSTRUMENT_BARRIER_TERM_H

#include "models/instrument/black.h"

/* The terms that the value of a barrier option is a sum of, with their derivatives.
 *
 * Distances are measured in log-price towards the barrier (psi = +1 for an up barrier, -1
 * for a down one): h = psi ln(H/S) >= 0, k = psi ln(K/S). With rho = ln(F/S) and sd = sigma
 * sqrt(T), the log-return has drift rho - sd^2/2 in the forward measure (0) and
 * rho + sd^2/2 with the coin as numeraire (1). Of the point at distance p the direct term is
 *     X_j = N(tau z_j),   z_j = m +- psi sd/2 (+ for j = 0),   m = (p - psi rho)/sd,
 * the share of paths that end on one side of it, and the reflected term is
 *     X_j = exp(c_j) N(z_j),   m = (p - 2 h - psi rho)/sd,   c_j = psi h (2 rho/sd^2 -+ 1),
 * the share of those that end short of p, p <= h, and have touched h before. A term of the
 * option's value is a F X_1 - q X_0, a and q its weights.
 *
 * The densities D = X_0' in z_0 and F X_1' are in the proportion 1 to the price P at p, as
 * F n(d1) = K n(d2) in Black's formula. So a derivative in the spot price, the carry or the
 * volatility needs one density only, and at the strike, where a P = q, most of it cancels.
 * The density of the reflected term is that of the direct one times
 * exp(-2 h (h-p)/sd^2), the probability that the bridge to p touches h. That form does not
 * overflow where exp(c) does; where z > 0 and N(z) is not a tail, c < 0.
 *
 * A barrier that is looked at from time to time moves with volatility: h_sd = kappa, and
 * dP/dsd = psi kappa P at H. Derivatives here are in ln S, rho and sd at constant kappa. */

/* What all terms of one lane have in common. */
struct barrier_lane {
    double psi, rho, kappa, forward, sd, per_sd;
    double h;        /* distance to the barrier */
    double drift;    /* 2 rho / sd^2 */
    double g0, g1;   /* exp(c_0), F exp(c_1); of use where they are below 1 and F */
    double to_sd;    /* of c_j, at constant h: -2 psi h drift/sd */
    double to_carry; /* of c_j: 2 psi h/sd^2 */
};

struct barrier_term {
    double a, q;  /* weights */
    double price; /* P */
    double moves; /* p_sd: kappa at the barrier, 0 at the strike */
    double m, z0, z1;
    double density; /* D, tau included */
    double fx1, x0; /* F X_1, X_0 */
};

/* Sums over the terms. */
struct barrier_sum {
    double value;
    double spot, carry;  /* d/d ln S, d/d rho */
    double curve;        /* d2/d(ln S)^2 - d/d ln S = S^2 d2/dS2 */
    double sd, sd_fixed; /* d/dsd; at constant barrier */
};
struct barrier_cross {
    double spot_sd, sd_sd; /* d2/d ln S dsd, d2/dsd2 */
};

/* The direct term of a point; density is n(z_0). */
static inline struct barrier_term barrier_direct(const struct barrier_lane *l, double tau,
                                                 double p, double moves, double price,
                                                 double a, double q)
{
    const double m = (p - l->psi * l->rho) * l->per_sd, half = 0.5 * l->psi * l->sd;
    const double z0 = m + half, z1 = m - half, density = vm_normal_pdf(z0);

    return (struct barrier_term){.a = a,
                                 .q = q,
                                 .price = price,
                                 .moves = moves,
                                 .m = m,
                                 .z0 = z0,
                                 .z1 = z1,
                                 .density = tau * density,
                                 .fx1 = black_cdf(tau * z1, l->forward, price * density),
                                 .x0 = black_cdf(tau * z0, 1.0, density)};
}

/* The reflected term of a point whose direct term has the density n(z_0); bridge is the
 * probability that a bridge to it touches the barrier. */
static inline struct barrier_term barrier_reflected(const struct barrier_lane *l, double p,
                                                    double moves, double price,
                                                    double density, double bridge, double a,
                                                    double q)
{
    const double m = (p - 2.0 * l->h - l->psi * l->rho) * l->per_sd;
    const double half = 0.5 * l->psi * l->sd, z0 = m + half, z1 = m - half;
    const double d = density * bridge;

    return (struct barrier_term){.a = a,
                                 .q = q,
                                 .price = price,
                                 .moves = moves - 2.0 * l->kappa,
                                 .m = m,
                                 .z0 = z0,
                                 .z1 = z1,
                                 .density = d,
                                 .fx1 = black_cdf(z1, l->g1, price * d),
                                 .x0 = black_cdf(z0, l->g0, d)};
}

static inline void barrier_add_direct(const struct barrier_lane *l,
                                      const struct barrier_term *t, struct barrier_sum *sum)
{
    const double coin = t->a * t->fx1, tilt = l->psi * l->per_sd * t->density;
    const double y = t->a * t->price - t->q;
    const double both = 0.5 * l->psi * (t->a * t->price + t->q);

    sum->value += coin - t->q * t->x0;
    sum->spot += coin - y * tilt;
    sum->carry += coin - y * tilt;
    sum->curve -= tilt * (t->q + y * t->z0 * (l->psi * l->per_sd));
    sum->sd += t->density * (y * ((t->moves - t->m) * l->per_sd) - both);
    sum->sd_fixed -= t->density * (y * (t->m * l->per_sd) + both);
}

static inline void barrier_add_reflected(const struct barrier_lane *l,
                                         const struct barrier_term *t,
                                         struct barrier_sum *sum)
{
    const double coin = t->a * t->fx1, cash = t->q * t->x0, value = coin - cash;
    const double tilt = l->psi * l->per_sd * t->density, drift = l->drift;
    const double y = t->a * t->price - t->q, ap = t->a * t->price;
    const double both = 0.5 * l->psi * (ap + t->q), with_h = l->psi * l->kappa;

    sum->value += value;
    sum->spot += y * tilt - drift * coin - (1.0 - drift) * cash;
    sum->carry += coin + l->to_carry * value - y * tilt;
    sum->curve += drift * ((1.0 + drift) * coin + (1.0 - drift) * cash) -
                  tilt * (2.0 * drift * ap + (1.0 - 2.0 * drift) * t->q +
                          y * t->z0 * (l->psi * l->per_sd));
    sum->sd += (l->to_sd + with_h * drift) * value + with_h * (coin + cash) +
               t->density * (y * ((t->moves - t->m) * l->per_sd) - both);
    sum->sd_fixed += l->to_sd * value - t->density * (y * (t->m * l->per_sd) + both);
}

static inline void barrier_cross_direct(const struct barrier_lane *l,
                                        const struct barrier_term *t, double price_sd,
                                        struct barrier_cross *sum)
{
    const double zeta = (t->moves - t->m) * l->per_sd; /* m_sd */
    const double z0_sd = zeta + 0.5 * l->psi, z1_sd = zeta - 0.5 * l->psi;
    const double ap = t->a * t->price, y = ap - t->q, y_sd = t->a * price_sd;
    const double d_sd = -t->density * t->z0 * z0_sd;
    const double tilt = l->psi * l->per_sd;

    sum->spot_sd += t->density * (ap * z1_sd + y * tilt * l->per_sd) -
                    tilt * (y_sd * t->density + y * d_sd);
    sum->sd_sd += d_sd * (ap * z1_sd - t->q * z0_sd) +
                  t->density * (y_sd * z1_sd - 2.0 * y * zeta * l->per_sd);
}

static inline void barrier_cross_reflected(const struct barrier_lane *l,
                                           const struct barrier_term *t, double price_sd,
                                           struct barrier_cross *sum)
{
    const double zeta = (t->moves - t->m) * l->per_sd;
    const double z0_sd = zeta + 0.5 * l->psi, z1_sd = zeta - 0.5 * l->psi;
    const double ap = t->a * t->price, y = ap - t->q, y_sd = t->a * price_sd;
    const double drift = l->drift, with_h = l->psi * l->kappa;
    const double c0_sd = l->to_sd + with_h * (drift - 1.0);
    const double c1_sd = l->to_sd + with_h * (drift + 1.0);
    const double c_sd_sd = -(4.0 * with_h * drift + 3.0 * l->to_sd) * l->per_sd;
    const double coin = t->a * t->fx1, cash = t->q * t->x0;
    const double coin_sd = coin * c1_sd + ap * t->density * z1_sd;
    const double cash_sd = cash * c0_sd + t->q * t->density * z0_sd;
    const double d_sd = t->density * (c0_sd - t->z0 * z0_sd);
    const double tilt = l->psi * l->per_sd;

    sum->spot_sd += 2.0 * drift * l->per_sd * (coin - cash) - drift * coin_sd -
                    (1.0 - drift) * cash_sd +
                    tilt * (y_sd * t->density + y * d_sd - y * t->density * l->per_sd);
    sum->sd_sd += coin_sd * c1_sd - cash_sd * c0_sd + c_sd_sd * (coin - cash) +
                  d_sd * (ap * z1_sd - t->q * z0_sd) +
                  t->density * (y_sd * z1_sd - 2.0 * y * zeta * l->per_sd);
}

#endif
