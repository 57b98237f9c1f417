/* A price held at a parity: a stablecoin, a staked token.
 *     P(t) = parity exp(mu t + X(t) - D(t))
 * in USD, or in units of the asset `anchor`. The basis X returns to 0 (Ornstein-Uhlenbeck,
 * exact at any step; Glasserman 2004, section 3.3.1, with long-run mean 0):
 *     X(t+h) = e^(-kappa h) X(t) + f s sqrt(1 - e^(-2 kappa h)) Z,  kappa = ln 2 / half-life,
 * with the stationary standard deviation s and the stress factor f on volatility. The depeg
 * D is a shot noise: e^(-lambda h) D between depegs, lambda = ln 2 / recovery half-life,
 * and at a depeg it grows by exp(ln median + d Z').
 *
 * A depeg comes with an intensity that leans on another asset's price C, as in proportional
 * hazards (Cox 1972, Journal of the Royal Statistical Society B 34, equation 9) and in
 * doubly stochastic default (Lando 1998, Review of Derivatives Research 2, section 2):
 *     base exp(sensitivity max(0, -ln C(t)/C(0))),
 * C at the end of the step, and at most one depeg in a step: P = 1 - exp(-intensity h). C
 * is the price in USD of the anchor, or, for a price in USD, of the asset `collateral`.
 * Real-world measure: the basis is no martingale, which a peg is not, and parity is the
 * median without depegs. */
#include <math.h>
#include <string.h>

#include "sim/model.h"
#include "sim/vmath.h"

extern const struct price_model price_peg;

static const double YEAR_S = 365.0 * 86400.0;
static const double LN2 = 0x1.62e42fefa39efp-1;
static const double max_step_depegs = 0.5, max_intensity_step = 700.0;

struct peg_param {
    const char *anchor, *collateral, *group;
    double parity, drift_annual;
    double basis_log_sd, basis_half_life_s;
    double depegs_per_year, depeg_median_log, depeg_log_sd, recovery_half_life_s;
    double collateral_sensitivity;
};
struct peg_coef {
    double log_parity, drift; /* per step */
    double start;             /* X at time 0 */
    double keep, sd;          /* of the basis */
    double recover;           /* share of D left after a step */
    double hazard;            /* base h */
    double sensitivity, collateral_usd;
    double depth_mean, depth_sd; /* of the logarithm of a depeg's size */
};

static const struct field peg_fields[] = {
    /* clang-format off */
    {.key = "anchor", .type = FIELD_TEXT, .offset = offsetof(struct peg_param, anchor),
     .doc = "asset above this one in which the price is counted, as ETH for staked ether; "
            "USD if absent"},
    {.key = "collateral", .type = FIELD_TEXT,
     .offset = offsetof(struct peg_param, collateral),
     .doc = "asset above this one whose fall makes depegs likelier; the anchor if absent"},
    {.key = "parity", .unit = "1", .min = 0.0, .max = 1e9, .preset = 0.0,
     .offset = offsetof(struct peg_param, parity),
     .doc = "price that the basis returns to at the start, in anchors or USD; 0: the price "
            "at the start"},
    {.key = "drift_annual", .unit = "1/year", .min = -5.0, .max = 5.0, .preset = 0.0,
     .offset = offsetof(struct peg_param, drift_annual),
     .doc = "growth rate of the parity, as the staking yield of a token that accrues it"},
    {.key = "basis_log_sd", .unit = "1", .min = 0.0, .max = 1.0, .required = true,
     .offset = offsetof(struct peg_param, basis_log_sd),
     .doc = "standard deviation of ln(price / parity) in quiet times; 0.001 is 0.1 %"},
    {.key = "basis_half_life", .unit = "s", .type = FIELD_DURATION, .min = 1.0,
     .max = 3.2e8, .required = true,
     .offset = offsetof(struct peg_param, basis_half_life_s),
     .doc = "time in which half of the basis goes back in the mean"},
    {.key = "depegs_per_year", .unit = "1/year", .min = 0.0, .max = 100000.0, .preset = 0.0,
     .offset = offsetof(struct peg_param, depegs_per_year),
     .doc = "expected number of depegs in a year while the collateral has not fallen"},
    {.key = "depeg_median_log", .unit = "1", .min = 0.0, .max = 5.0, .preset = 0.0,
     .offset = offsetof(struct peg_param, depeg_median_log),
     .doc = "median of |ln(price after / price before)| of a depeg; 0.12 is a fall of "
            "11.3 %"},
    {.key = "depeg_log_sd", .unit = "1", .min = 0.0, .max = 3.0, .preset = 0.0,
     .offset = offsetof(struct peg_param, depeg_log_sd),
     .doc = "standard deviation of the logarithm of that size"},
    {.key = "recovery_half_life", .unit = "s", .type = FIELD_DURATION, .min = 1.0,
     .max = 3.2e9, .preset = 86400.0,
     .offset = offsetof(struct peg_param, recovery_half_life_s),
     .doc = "time in which half of a depeg is made good"},
    {.key = "collateral_sensitivity", .unit = "1", .min = 0.0, .max = 100.0, .preset = 0.0,
     .offset = offsetof(struct peg_param, collateral_sensitivity),
     .doc = "power with which depegs grow likelier as the collateral falls below its price "
            "at the start: at half of it, 2^sensitivity times"},
    {.key = "group", .type = FIELD_TEXT, .offset = offsetof(struct peg_param, group),
     .doc = "assets of one group depeg at the same times, those with the higher intensity "
            "first, by sizes that lie equally far from their medians"},
    {.key = NULL},
    /* clang-format on */
};

static const struct price_draw peg_draws[] = {
    {.name = "depeg", .normal = false, .shared = true},
    {.name = "depeg-size", .normal = false, .shared = true}, /* made normal where needed */
};
enum { BASIS, DEPEG }; /* the model's own state */

static const char *peg_anchor(const void *param, bool *units)
{
    const struct peg_param *p = param;

    *units = p->anchor != NULL;
    return p->anchor != NULL ? p->anchor : p->collateral;
}

static bool peg_check(const struct peg_param *p, double step_years, struct error *err)
{
    if (p->anchor != NULL && p->collateral != NULL && strcmp(p->anchor, p->collateral) != 0)
        return fail(err,
                    "anchor is %s and collateral is %s: a price counted in %s leans on %s "
                    "alone, leave collateral out",
                    p->anchor, p->collateral, p->anchor, p->anchor);
    if (p->collateral_sensitivity > 0.0 && p->anchor == NULL && p->collateral == NULL)
        return fail(err,
                    "collateral_sensitivity = %g takes a collateral: name an asset above "
                    "this one",
                    p->collateral_sensitivity);
    if (p->depegs_per_year > 0.0 && p->depeg_median_log == 0.0)
        return fail(err,
                    "depegs_per_year = %g takes a depeg_median_log: write 0.12 for a fall "
                    "of 11.3 %%",
                    p->depegs_per_year);
    if (p->depegs_per_year * step_years > max_step_depegs)
        return fail(err,
                    "depegs_per_year = %g gives %g depegs per step of %g s; at most %g: "
                    "lower it or shorten the step",
                    p->depegs_per_year, p->depegs_per_year * step_years,
                    step_years * YEAR_S, max_step_depegs);
    return true;
}

/* Index of the asset that this one leans on; its own if none. The asset stands above. */
static uint32_t peg_leans_on(const struct peg_param *p, const struct price_setup *setup)
{
    bool units;
    const char *name = peg_anchor(p, &units);

    for (uint32_t i = 0; name != NULL && i < setup->asset; i++)
        if (strcmp(setup->asset_name[i], name) == 0)
            return i;
    return setup->asset;
}

static bool peg_prepare(const void *param, const struct price_setup *setup, void *coef,
                        struct error *err)
{
    const struct peg_param *p = param;
    struct peg_coef *c = coef;
    const double h_s = setup->step_years * YEAR_S;

    if (!peg_check(p, setup->step_years, err))
        return false;
    const double leans_usd = setup->asset_spot_usd[peg_leans_on(p, setup)];
    const double price = setup->spot_usd / (p->anchor != NULL ? leans_usd : 1.0);
    const double kept = vm_exp(-LN2 * h_s / p->basis_half_life_s);
    c->log_parity = vm_log(p->parity > 0.0 ? p->parity : price);
    c->drift = p->drift_annual * setup->step_years;
    c->start = vm_log(price) - c->log_parity;
    c->keep = kept;
    c->sd = p->basis_log_sd * sqrt(1.0 - kept * kept);
    c->recover = vm_exp(-LN2 * h_s / p->recovery_half_life_s);
    c->hazard = p->depegs_per_year * setup->step_years;
    c->sensitivity = p->collateral_sensitivity;
    c->collateral_usd = leans_usd;
    c->depth_mean = p->depeg_median_log > 0.0 ? vm_log(p->depeg_median_log) : 0.0;
    c->depth_sd = p->depeg_log_sd;
    return true;
}

static void peg_start(const void *coef, double *const *state)
{
    const struct peg_coef *c = coef;

    for (int k = 0; k < LANES; k++) {
        state[BASIS][k] = c->start;
        state[DEPEG][k] = 0.0;
    }
}

/* Chance of a depeg in this step. */
static void chance_step(const struct peg_coef *c, const double *restrict collateral_usd,
                        double *restrict chance)
{
    const double hazard = c->hazard, sensitivity = c->sensitivity;
    const double start_usd = c->collateral_usd, most = max_intensity_step;

    for (int k = 0; k < LANES; k++) {
        const double fall = vm_max(-vm_log(collateral_usd[k] / start_usd), 0.0);
        const double mean = hazard * vm_exp(vm_min(sensitivity * fall, most));
        chance[k] = -vm_expm1(-vm_min(mean, most));
    }
}

static void depeg_step(const struct peg_coef *c, const struct price_step *step,
                       double *restrict depeg)
{
    const double *restrict event = step->draw[0], *restrict size = step->draw[1];
    const double recover = c->recover, mean = c->depth_mean, sd = c->depth_sd;
    lane_row chance, jump = {0.0};
    int n_depeg = 0;

    if (c->sensitivity > 0.0) {
        chance_step(c, step->anchor_usd, chance);
    } else {
        const double one = -vm_expm1(-c->hazard);
        for (int k = 0; k < LANES; k++)
            chance[k] = one;
    }
    for (int k = 0; k < LANES; k++)
        n_depeg += event[k] < chance[k];
    /* Few blocks hold a depeg; the others are spared the size, with the same result. */
    if (n_depeg > 0)
        for (int k = 0; k < LANES; k++) {
            const double depth = vm_exp(fma(sd, vm_normal_quantile(size[k]), mean));
            jump[k] = event[k] < chance[k] ? depth : 0.0;
        }
    for (int k = 0; k < LANES; k++)
        depeg[k] = fma(recover, depeg[k], jump[k]);
    if (step->jumps != NULL)
        for (int k = 0; k < LANES; k++)
            step->jumps[k] = event[k] < chance[k] ? 1.0 : 0.0;
}

static void peg_step(const void *coef, struct price_step *step)
{
    const struct peg_coef *c = coef;
    const double level = fma(c->drift, step->step, c->log_parity);
    const double keep = c->keep, sd = c->sd;
    const double *restrict shock = step->shock, *restrict factor = step->vol_factor;
    double *restrict basis = step->state[BASIS], *restrict depeg = step->state[DEPEG];
    double *restrict spot = step->spot_usd;

    depeg_step(c, step, depeg);
    for (int k = 0; k < LANES; k++) {
        basis[k] = fma(keep, basis[k], factor[k] * sd * shock[k]);
        spot[k] = vm_exp(level + basis[k] - depeg[k]);
    }
}

static const char *peg_group(const void *param)
{
    return ((const struct peg_param *)param)->group;
}

static double peg_step_sd(const void *coef, uint32_t step)
{
    (void)step;
    return ((const struct peg_coef *)coef)->sd;
}

static double peg_parity(const void *coef, uint32_t step)
{
    const struct peg_coef *c = coef;

    return vm_exp(fma(c->drift, step, c->log_parity));
}

const struct price_model price_peg = {
    .about =
        {.name = "peg",
         .doc =
             "A stablecoin or a staked token: a basis that returns to parity, and depegs "
             "with recovery, likelier as the collateral falls. The price is in USD or in "
             "units of an anchor asset. Real-world measure; a volatility shock scales "
             "the basis and leaves the depegs alone. Glasserman (2004), section 3.3.1; "
             "Lando (1998), section 2.",
         .example =
             "{model: peg, collateral: ETH, basis_log_sd: 0.001, basis_half_life: 6h, "
             "depegs_per_year: 2, depeg_median_log: 0.05, depeg_log_sd: 0.8, "
             "recovery_half_life: 1d, collateral_sensitivity: 3}",
         .fields = peg_fields,
         .param_size = sizeof(struct peg_param)},
    .draws = peg_draws,
    .n_draw = 2,
    .n_state = 2,
    .coef_size = sizeof(struct peg_coef),
    .group = peg_group,
    .anchor = peg_anchor,
    .prepare = peg_prepare,
    .start = peg_start,
    .step = peg_step,
    .step_sd = peg_step_sd,
    .parity = peg_parity,
};
