/* Merton's jump diffusion, exact at any step (Merton 1976, Journal of Financial Economics
 * 3, equations 2 and 3; Glasserman 2004, section 3.5.1, equations 3.80 to 3.83):
 *     S(t+h) = S(t) exp((mu - lambda kbar - f^2 sigma^2/2) h + f sigma sqrt(h) Z + Y)
 *     kbar   = exp(m + s^2/2) - 1
 * with Y the sum of n jumps N(m, s^2), n Poisson with mean lambda h. Real-world measure: mu
 * is the expected growth rate, the jumps are compensated, E S(t) = S(0) exp(mu t), with and
 * without the stress factor f, which acts on the diffusion alone. */
#include <math.h>
#include <string.h>

#include "models/price/jumps.h"
#include "sim/model.h"
#include "sim/vmath.h"

extern const struct price_model price_merton;

struct merton_param {
    double drift_annual;      /* 1/year */
    double volatility_annual; /* 1/sqrt(year) */
    struct normal_jumps_param jumps;
    const char *group; /* whose jump times it shares; NULL: none */
};
struct merton_coef {
    double drift, sd; /* (mu - lambda kbar) h and sigma sqrt(h) over one step */
    struct normal_jumps jumps;
};

static const struct field merton_fields[] = {
    /* clang-format off */
    {.key = "drift_annual", .unit = "1/year", .min = -5.0, .max = 5.0, .preset = 0.0,
     .offset = offsetof(struct merton_param, drift_annual),
     .doc = "expected growth rate of the price, jumps included: after t years the mean is "
            "S exp(drift t)"},
    {.key = "volatility_annual", .unit = "1/sqrt(year)", .min = 0.0, .max = 10.0,
     .required = true, .offset = offsetof(struct merton_param, volatility_annual),
     .doc = "volatility of the diffusion between jumps; 0.8 means 80 %; volatility shocks "
            "scale it and leave the jumps alone"},
    {.key = "jumps_per_year", .unit = "1/year", .min = 0.0, .max = 100000.0,
     .required = true, .offset = offsetof(struct merton_param, jumps.jumps_per_year),
     .doc = "expected number of jumps in one year; in one step at most 4 are expected"},
    {.key = "jump_log_mean", .unit = "1", .min = -3.0, .max = 3.0, .required = true,
     .offset = offsetof(struct merton_param, jumps.jump_log_mean),
     .doc = "mean of ln(price after / price before) of one jump; -0.1 is a fall of 9.5 %"},
    {.key = "jump_log_sd", .unit = "1", .min = 0.0, .max = 3.0, .required = true,
     .offset = offsetof(struct merton_param, jumps.jump_log_sd),
     .doc = "standard deviation of ln(price after / price before) of one jump"},
    {.key = "group", .type = FIELD_TEXT, .offset = offsetof(struct merton_param, group),
     .doc = "assets that name one group jump at the same times, each by its own size"},
    {.key = NULL},
    /* clang-format on */
};

static const struct price_draw merton_draws[] = {
    {.name = "jump-count", .normal = false, .shared = true},
    {.name = "jump-size", .normal = false}, /* made normal where a jump comes */
};

static const char *merton_group(const void *param)
{
    return ((const struct merton_param *)param)->group;
}

static bool merton_prepare(const void *param, const struct price_setup *setup, void *coef,
                           struct error *err)
{
    const struct merton_param *p = param;
    struct merton_coef *c = coef;

    if (!normal_jumps_prepare(&c->jumps, &p->jumps, setup->step_years, err))
        return false;
    c->drift = p->drift_annual * setup->step_years - c->jumps.compensation;
    c->sd = p->volatility_annual * sqrt(setup->step_years);
    return true;
}

static void merton_step(const void *coef, struct price_step *step)
{
    const struct merton_coef *c = coef;
    const double drift = c->drift, sd = c->sd;
    const double *restrict shock = step->shock, *restrict factor = step->vol_factor;
    double *restrict spot = step->spot_usd;
    lane_row count = {0.0}, jump = {0.0};

    /* At short steps few blocks hold a jump; the others are spared the search and the
     * normal, with the same result. */
    if (jump_count_paths(&c->jumps.count, step->draw[0]) > 0)
        normal_jumps_draw(&c->jumps, step->draw[0], step->draw[1], count, jump);
    for (int k = 0; k < LANES; k++) {
        const double stressed_sd = factor[k] * sd;

        spot[k] *= vm_exp(drift - 0.5 * stressed_sd * stressed_sd + stressed_sd * shock[k] +
                          jump[k]);
    }
    if (step->jumps != NULL)
        memcpy(step->jumps, count, sizeof count);
}

static double merton_step_sd(const void *coef, uint32_t step)
{
    (void)step;
    return ((const struct merton_coef *)coef)->sd;
}

const struct price_model price_merton = {
    .about =
        {.name = "merton",
         .doc = "Merton's jump diffusion: geometric Brownian motion with normal jumps of "
                "the log-price at a constant rate. Real-world drift (0 for pricing), jumps "
                "compensated; a "
                "volatility shock scales the diffusion and leaves the jumps alone. Merton "
                "(1976); Glasserman (2004), section 3.5.1.",
         .example = "{model: merton, volatility_annual: 0.6, jumps_per_year: 12, "
                    "jump_log_mean: -0.05, jump_log_sd: 0.1}",
         .fields = merton_fields,
         .param_size = sizeof(struct merton_param)},
    .draws = merton_draws,
    .n_draw = 2,
    .group = merton_group,
    .coef_size = sizeof(struct merton_coef),
    .prepare = merton_prepare,
    .step = merton_step,
    .step_sd = merton_step_sd,
};
