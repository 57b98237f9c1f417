/* Single-barrier options on the forward, without discounting (Reiner and Rubinstein 1991,
 * "Breaking down the barriers", Risk 4(8); Haug 2007, section 4.17.1, with r = 0 and carry
 * b): the sums A, B, C, D, E and F of those papers, put together from the terms of
 * barrier_term.h. With phi = +1 for a call, -1 for a put and psi = +1 for an up barrier,
 * the payoff lies towards the barrier if phi psi = 1, away from it otherwise. Let M and R
 * be the direct and reflected terms, at the strike (k) and the barrier (h). If K is
 * short of H,
 *     away:    out = phi (M_k - R_k)              in = phi R_k
 *     towards: out = phi (M_k - M_h - R_h + R_k)  in = phi (M_h + R_h - R_k)
 * and if K is at H or beyond it
 *     away:    out = phi (M_h - R_h)              in = phi (M_k - M_h + R_h)
 *     towards: out = 0                            in = phi M_k.
 * At the barrier or beyond it an "in" is the vanilla option, an "out" its rebate.
 *
 * The rebate of an "out" is paid when it is touched, that of an "in" at expiry if it never
 * was: R times the probability of that, in the forward measure, as nothing is discounted.
 * Coin-settled contracts are worth V S/F = V/r as inverse options are (option.c). Their
 * rebate at a touch is R/H coins, whose worth is R/H S times the probability of a touch
 * with the coin as numeraire.
 *
 * Looks at the price every dt instead of all the time: H moves away by exp(psi 0.5826 sigma
 * sqrt(dt)) (Broadie, Glasserman and Kou 1997, Math. Finance 7, theorem 1.1). The error
 * falls with the number of looks; for 20 a day apart it was up to 6e-4 of the spot price
 * (tests/statistical/test_barrier.c). A price beyond the shifted barrier is taken for
 * touched, though it may be back at the next look. The volatility is that of the strike,
 * all over the smile.
 * Theta is at constant S, r, sigma and barrier. */

#include "models/instrument/barrier.h"

#include "models/instrument/barrier_term.h"

static const double BARRIER_LOOK_SHIFT = 0.5825971579390107; /* -zeta(1/2)/sqrt(2 pi) */
static const double BARRIER_YEAR_S = 365.0 * 86400.0;

/* Weights of the terms: those at the strike are a (F X_1 - K X_0). And what is due for
 * certain. */
struct barrier_weights {
    double mk, rk;
    double mh_a, mh_q, rh_a, rh_q;
    double cash, coins; /* USD; units of F */
};

enum barrier_place { BARRIER_HIT, BARRIER_SHORT, BARRIER_BEYOND, BARRIER_N_PLACE };

/* What is the same on all lanes, and the rows that are read. */
struct barrier_view {
    double psi, tau; /* direction of the barrier; -phi psi */
    double log_strike, log_barrier, strike;
    double rho, ratio, scale; /* ln(F/S), F/S; V per value in USD at expiry */
    double kappa;             /* shift of the barrier per sd, in log-price */
    double volatility_sqrt_t, sqrt_t, half_per_t, years, inverse_years;
    struct barrier_weights weights[BARRIER_N_PLACE]; /* where H is touched, K is short of H,
                                                        K is not */
    const double *restrict spot, *restrict log_spot, *restrict factor, *restrict touched;
};

static const lane_row barrier_untouched;

/* Adds `share` times the probability of a touch to an "out", of none to an "in"; `coins`
 * with the coin as numeraire. */
static void add_rebate(double towards, double out, double usd, double coins,
                       struct barrier_weights *w)
{
    const double direct = out * towards;

    w->mh_q -= direct * usd;
    w->rh_q -= out * usd;
    w->mh_a += direct * coins;
    w->rh_a += out * coins;
    w->cash += direct < 0.0 ? usd : 0.0;
    w->coins += direct < 0.0 ? coins : 0.0;
}

static void set_weights(const struct barrier *b, struct barrier_weights *w)
{
    const double phi = b->contract.call ? 1.0 : -1.0, strike = b->contract.strike_usd;
    const bool up = barrier_is_up(b), out = barrier_is_out(b);
    const bool towards = up == (b->contract.call != 0);
    struct barrier_weights *inner = &w[BARRIER_SHORT], *outer = &w[BARRIER_BEYOND];

    if (out) {
        inner->mk = phi;
        inner->rk = towards ? phi : -phi;
        inner->mh_a = inner->rh_a = towards ? -phi : 0.0;
        outer->mh_a = towards ? 0.0 : phi;
        outer->rh_a = -outer->mh_a;
    } else {
        w[BARRIER_HIT].mk = outer->mk = phi;
        inner->rk = towards ? -phi : phi;
        inner->mh_a = inner->rh_a = towards ? phi : 0.0;
        outer->rh_a = towards ? 0.0 : phi;
        outer->mh_a = -outer->rh_a;
    }
    const bool in_coins = out && b->contract.inverse;
    const double usd = in_coins ? 0.0 : b->rebate_usd;
    const double coins = in_coins ? b->rebate_usd / b->barrier_usd : 0.0;
    w[BARRIER_HIT].cash = out ? usd : 0.0;
    w[BARRIER_HIT].coins = coins;
    for (int i = BARRIER_SHORT; i <= BARRIER_BEYOND; i++) {
        w[i].mh_q = w[i].mh_a * strike;
        w[i].rh_q = w[i].rh_a * strike;
        add_rebate(towards ? 1.0 : -1.0, out ? 1.0 : -1.0, usd, coins, &w[i]);
    }
}

static struct barrier_view barrier_prepare(const struct barrier *b,
                                           const struct claim_quote *q)
{
    const struct contract *c = &b->contract;
    const double years = vm_max(q->years, BLACK_YEARS_MIN);
    const double ratio = vm_exp(q->log_forward_ratio);
    struct barrier_view view = {
        .psi = barrier_is_up(b) ? 1.0 : -1.0,
        .tau = barrier_is_up(b) == (c->call != 0) ? -1.0 : 1.0,
        .log_strike = vm_log(c->strike_usd),
        .log_barrier = vm_log(b->barrier_usd),
        .strike = c->strike_usd,
        .rho = q->log_forward_ratio,
        .ratio = ratio,
        .scale = c->inverse ? 1.0 / ratio : 1.0,
        .kappa = BARRIER_LOOK_SHIFT * sqrt(c->look_s / BARRIER_YEAR_S / years),
        .volatility_sqrt_t = q->volatility_sqrt_t,
        .sqrt_t = sqrt(years),
        .half_per_t = 0.5 / years,
        .years = years,
        .inverse_years = c->inverse ? years : 0.0,
        .spot = q->spot_usd,
        .log_spot = q->log_spot,
        .factor = q->surface_factor,
        .touched = q->state != NULL ? q->state[BARRIER_TOUCHED] : barrier_untouched};

    set_weights(b, view.weights);
    return view;
}

/* The barrier as it is seen at the looks, USD. */
static void barrier_shift(const struct barrier_view *v, double barrier_usd,
                          double *restrict price)
{
    const double by = v->psi * v->kappa, volatility_sqrt_t = v->volatility_sqrt_t;
    const double *restrict factor = v->factor;

    if (by == 0.0) {
        for (int k = 0; k < LANES; k++)
            price[k] = barrier_usd;
        return;
    }
    for (int k = 0; k < LANES; k++) {
        const double sd = vm_max(factor[k] * volatility_sqrt_t, BLACK_SD_MIN);
        price[k] = barrier_usd * vm_exp(by * sd);
    }
}

/* Everything about one lane. */
struct barrier_terms {
    struct barrier_lane lane;
    struct barrier_term mk, mh, rk, rh;
    double due; /* for certain, USD */
    double due_of_spot;
};

/* The weights of a lane, without branches. */
static inline double barrier_pick(bool hit, bool is_short, double if_hit, double if_short,
                                  double if_beyond)
{
    const double otherwise = is_short ? if_short : if_beyond;

    return hit ? if_hit : otherwise;
}

static inline __attribute__((always_inline)) struct barrier_terms
barrier_at(const struct barrier_view *v, double spot, double log_spot, double factor,
           double touched, double price)
{
    const struct barrier_weights *w0 = &v->weights[BARRIER_HIT];
    const struct barrier_weights *w1 = &v->weights[BARRIER_SHORT];
    const struct barrier_weights *w2 = &v->weights[BARRIER_BEYOND];
    const double sd = vm_max(factor * v->volatility_sqrt_t, BLACK_SD_MIN), psi = v->psi;
    const double to_strike = psi * (v->log_strike - log_spot);
    const double to_barrier = psi * (v->log_barrier - log_spot) + v->kappa * sd;
    const double h = vm_max(to_barrier, 0.0), end = vm_min(to_strike, h);
    const bool hit = (to_barrier <= 0.0) | (touched != 0.0), near = to_strike < h;
    const double per_sd = 1.0 / sd, forward = v->ratio * spot;
    const double drift = 2.0 * v->rho * per_sd * per_sd, c = psi * h;
    const struct barrier_lane l = {.psi = psi,
                                   .rho = v->rho,
                                   .kappa = v->kappa,
                                   .forward = forward,
                                   .sd = sd,
                                   .per_sd = per_sd,
                                   .h = h,
                                   .drift = drift,
                                   .g0 = vm_exp(vm_min(c * (drift - 1.0), 0.0)),
                                   .g1 = forward * vm_exp(vm_min(c * (drift + 1.0), 0.0)),
                                   .to_sd = -2.0 * c * drift * per_sd,
                                   .to_carry = 2.0 * c * per_sd * per_sd};
    const double bridge = vm_exp(-2.0 * (h * per_sd) * ((h - end) * per_sd));
    const double mk = barrier_pick(hit, near, w0->mk, w1->mk, w2->mk);
    const double rk = barrier_pick(hit, near, w0->rk, w1->rk, w2->rk);
    const double mh_a = barrier_pick(hit, near, w0->mh_a, w1->mh_a, w2->mh_a);
    const double mh_q = barrier_pick(hit, near, w0->mh_q, w1->mh_q, w2->mh_q);
    const double rh_a = barrier_pick(hit, near, w0->rh_a, w1->rh_a, w2->rh_a);
    const double rh_q = barrier_pick(hit, near, w0->rh_q, w1->rh_q, w2->rh_q);
    const double left = 1.0 - touched; /* a rebate that was paid is not due again */
    const double cash = left * barrier_pick(hit, near, w0->cash, w1->cash, w2->cash);
    const double coins = left * barrier_pick(hit, near, w0->coins, w1->coins, w2->coins);
    const struct barrier_term at_k =
        barrier_direct(&l, v->tau, to_strike, 0.0, v->strike, mk, mk * v->strike);
    const struct barrier_term at_h =
        barrier_direct(&l, v->tau, h, v->kappa, price, mh_a, mh_q);

    return (struct barrier_terms){
        .lane = l,
        .mk = at_k,
        .mh = at_h,
        .rk = barrier_reflected(&l, end, 0.0, v->strike, v->tau * at_k.density, bridge, rk,
                                rk * v->strike),
        .rh = barrier_reflected(&l, h, v->kappa, price, v->tau * at_h.density, 1.0, rh_a,
                                rh_q),
        .due = cash + coins * forward,
        .due_of_spot = coins * forward};
}

static inline double barrier_total(const struct barrier_terms *t, double scale)
{
    const double value = t->due + (t->mk.a * t->mk.fx1 - t->mk.q * t->mk.x0) +
                         (t->mh.a * t->mh.fx1 - t->mh.q * t->mh.x0) +
                         (t->rk.a * t->rk.fx1 - t->rk.q * t->rk.x0) +
                         (t->rh.a * t->rh.fx1 - t->rh.q * t->rh.x0);

    return vm_max(scale * value, 0.0);
}

static void barrier_value_only(const struct barrier_view *view, const double *price_usd,
                               double *restrict value)
{
    const struct barrier_view v = *view;
    const double *restrict price = price_usd;

    for (int k = 0; k < LANES; k++) {
        const struct barrier_terms t =
            barrier_at(&v, v.spot[k], v.log_spot[k], v.factor[k], v.touched[k], price[k]);
        value[k] = barrier_total(&t, v.scale);
    }
}

static void barrier_value_and_greeks(const struct barrier_view *view,
                                     const double *price_usd, double *restrict value,
                                     double *restrict delta, double *restrict gamma,
                                     double *restrict vega, double *restrict theta,
                                     double *restrict rho)
{
    const struct barrier_view v = *view;
    const double *restrict price = price_usd;

    for (int k = 0; k < LANES; k++) {
        const struct barrier_terms t =
            barrier_at(&v, v.spot[k], v.log_spot[k], v.factor[k], v.touched[k], price[k]);
        const double per_spot = 1.0 / v.spot[k], worth = barrier_total(&t, v.scale);
        struct barrier_sum sum = {.spot = t.due_of_spot, .carry = t.due_of_spot};

        barrier_add_direct(&t.lane, &t.mk, &sum);
        barrier_add_direct(&t.lane, &t.mh, &sum);
        barrier_add_reflected(&t.lane, &t.rk, &sum);
        barrier_add_reflected(&t.lane, &t.rh, &sum);
        value[k] = worth;
        delta[k] = v.scale * sum.spot * per_spot;
        gamma[k] = v.scale * sum.curve * per_spot * per_spot;
        vega[k] = v.scale * sum.sd * v.sqrt_t;
        theta[k] = -v.scale * sum.sd_fixed * t.lane.sd * v.half_per_t;
        rho[k] = v.years * v.scale * sum.carry - v.inverse_years * worth;
    }
}

static void barrier_cross_greeks(const struct barrier_view *view, const double *price_usd,
                                 double *restrict vanna, double *restrict volga)
{
    const struct barrier_view v = *view;
    const double *restrict price = price_usd;

    for (int k = 0; k < LANES; k++) {
        const struct barrier_terms t =
            barrier_at(&v, v.spot[k], v.log_spot[k], v.factor[k], v.touched[k], price[k]);
        const double moves = v.psi * v.kappa * price[k]; /* dH/dsd */
        struct barrier_cross sum = {0.0, 0.0};

        barrier_cross_direct(&t.lane, &t.mk, 0.0, &sum);
        barrier_cross_direct(&t.lane, &t.mh, moves, &sum);
        barrier_cross_reflected(&t.lane, &t.rk, 0.0, &sum);
        barrier_cross_reflected(&t.lane, &t.rh, moves, &sum);
        vanna[k] = v.scale * sum.spot_sd * v.sqrt_t / v.spot[k];
        volga[k] = v.scale * sum.sd_sd * v.years;
    }
}

void barrier_value(const struct contract *c, const struct claim_quote *quote,
                   struct claim_value *out)
{
    const struct barrier *b = (const struct barrier *)c;
    const struct barrier_view v = barrier_prepare(b, quote);
    lane_row price, unused[6]; /* where rows go that nobody asked for */

    barrier_shift(&v, b->barrier_usd, price);
    if (out->vanna_coin != NULL && out->volga_usd != NULL)
        barrier_cross_greeks(&v, price, out->vanna_coin, out->volga_usd);
    if (out->delta_coin == NULL && out->gamma == NULL && out->vega_usd == NULL &&
        out->theta_usd == NULL && out->rho_usd == NULL) {
        barrier_value_only(&v, price, out->value_usd != NULL ? out->value_usd : unused[0]);
        return;
    }
    barrier_value_and_greeks(&v, price, out->value_usd != NULL ? out->value_usd : unused[0],
                             out->delta_coin != NULL ? out->delta_coin : unused[1],
                             out->gamma != NULL ? out->gamma : unused[2],
                             out->vega_usd != NULL ? out->vega_usd : unused[3],
                             out->theta_usd != NULL ? out->theta_usd : unused[4],
                             out->rho_usd != NULL ? out->rho_usd : unused[5]);
}
