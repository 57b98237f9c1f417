/* Geometric Brownian motion, exact step (Glasserman 2004, Monte Carlo Methods in Financial
 * Engineering, section 3.2.1, equation 3.22):
 *     S(t+h) = S(t) exp((mu - f^2 sigma^2/2) h + f sigma sqrt(h) Z)
 * under the real-world measure: mu is the expected growth rate, E S(t) = S(0) exp(mu t),
 * with and without the stress factor f. */
#include <math.h>

#include "sim/model.h"
#include "sim/vmath.h"

extern const struct price_model price_gbm;

struct gbm_param {
    double drift_annual;      /* 1/year */
    double volatility_annual; /* 1/sqrt(year) */
};
struct gbm_coef {
    double drift, sd; /* mu h and sigma sqrt(h) over one step */
};

static const struct field gbm_fields[] = {
    /* clang-format off */
    {.key = "drift_annual", .unit = "1/year", .min = -5.0, .max = 5.0, .preset = 0.0,
     .offset = offsetof(struct gbm_param, drift_annual),
     .doc = "expected growth rate of the price: after t years the mean is S exp(drift t)"},
    {.key = "volatility_annual", .unit = "1/sqrt(year)", .min = 0.0, .max = 10.0,
     .required = true, .offset = offsetof(struct gbm_param, volatility_annual),
     .doc = "standard deviation of the log-return over one year; 0.8 means 80 %"},
    {.key = NULL},
    /* clang-format on */
};

static bool gbm_prepare(const void *param, const struct price_setup *setup, void *coef,
                        struct error *err)
{
    const struct gbm_param *p = param;
    struct gbm_coef *c = coef;
    (void)err; /* ranges are checked by the table; nothing else can be wrong */

    c->drift = p->drift_annual * setup->step_years;
    c->sd = p->volatility_annual * sqrt(setup->step_years);
    return true;
}

static void gbm_step(const void *coef, struct price_step *s)
{
    const struct gbm_coef *c = coef;
    const double drift = c->drift, sd = c->sd;
    const double *restrict shock = s->shock, *restrict factor = s->vol_factor;
    double *restrict spot = s->spot_usd;

    for (int k = 0; k < LANES; k++) {
        const double stressed_sd =
            factor[k] * sd; /* stress scales the innovation, by path */
        spot[k] *= vm_exp(drift - 0.5 * stressed_sd * stressed_sd + stressed_sd * shock[k]);
    }
}

static double gbm_step_sd(const void *coef, uint32_t step)
{
    (void)step;
    return ((const struct gbm_coef *)coef)->sd;
}

const struct price_model price_gbm = {
    .about = {.name = "gbm",
              .doc =
                  "Geometric Brownian motion: constant volatility, no jumps. Real-world "
                  "drift; a volatility shock scales the innovation and leaves the expected "
                  "growth unchanged. Glasserman (2004), equation 3.22.",
              .example = "{model: gbm, volatility_annual: 0.8}",
              .fields = gbm_fields,
              .param_size = sizeof(struct gbm_param)},
    .coef_size = sizeof(struct gbm_coef),
    .prepare = gbm_prepare,
    .step = gbm_step,
    .step_sd = gbm_step_sd,
};
