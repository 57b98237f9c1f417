/* Heston's stochastic volatility by the QE-M scheme of Andersen (2008): formulas, sources
 * and the part of the correlated normal are in models/price/qe.h. Real-world measure: mu is
 * the expected growth rate, E S(t) = S(0) exp(mu t) exactly, step by step, with and without
 * stress. */
#include <math.h>

#include "models/price/qe.h"
#include "sim/vmath.h"

extern const struct price_model price_heston;

static const struct field heston_fields[] = {
    QE_FIELDS,
    {.key = NULL},
};

static const struct price_draw heston_draws[] = {{.name = "variance", .normal = true}};

static bool heston_prepare(const void *param, const struct price_setup *setup, void *coef,
                           struct error *err)
{
    return qe_prepare(param, setup->step_years, coef, err);
}

static void heston_step(const void *coef, struct price_step *s)
{
    double *restrict spot = s->spot_usd;
    lane_row log_return;

    qe_step(coef, s->shock, s->draw[0], s->vol_factor, s->state[0], log_return);
    for (int k = 0; k < LANES; k++)
        spot[k] *= vm_exp(log_return[k]);
}

const struct price_model price_heston = {
    .about =
        {.name = "heston",
         .doc = "Heston's stochastic volatility: the variance reverts to its mean and is "
                "correlated with the price. Real-world drift (0 for pricing); a volatility "
                "shock scales the innovation of the price and leaves the variance and the "
                "expected growth alone. Heston (1993), simulated by QE-M, Andersen (2008), "
                "equations 17 to 33 and proposition 9.",
         .example = "{model: heston, volatility_annual: 0.6, long_volatility_annual: 0.7, "
                    "reversion_per_year: 4, vol_of_variance: 1.5, spot_correlation: -0.3}",
         .fields = heston_fields,
         .param_size = sizeof(struct qe_param)},
    .draws = heston_draws,
    .n_draw = 1,
    .n_state = 1,
    .coef_size = sizeof(struct qe_coef),
    .prepare = heston_prepare,
    .start = qe_start,
    .step = heston_step,
    .volatility = qe_volatility,
};
