/* Bates's stochastic volatility with jumps (1996, Review of Financial Studies 9, equations
 * 1 and 2): Heston's diffusion by QE-M, models/price/qe.h, times the jumps of Merton,
 * models/price/jumps.h; the two are independent:
 *     ln S(t+h) - ln S(t) = Heston's - lambda kbar h + Y,   kbar = exp(m + s^2/2) - 1
 * with Y the sum of n jumps N(m, s^2), n Poisson with mean lambda h. Real-world measure: mu
 * is the expected growth rate, the jumps are compensated, E S(t) = S(0) exp(mu t), with and
 * without the stress factor, which acts on the diffusion alone. */
#include <math.h>
#include <string.h>

#include "models/price/jumps.h"
#include "models/price/qe.h"
#include "sim/vmath.h"

extern const struct price_model price_bates;

struct bates_param {
    struct qe_param diffusion; /* first, as QE_FIELDS wants it */
    struct normal_jumps_param jumps;
    const char *group; /* whose jump times it shares; NULL: none */
};
struct bates_coef {
    struct qe_coef diffusion; /* first, as qe_start wants it */
    struct normal_jumps jumps;
};

static const struct field bates_fields[] = {
    /* clang-format off */
    QE_FIELDS,
    {.key = "jumps_per_year", .unit = "1/year", .min = 0.0, .max = 100000.0,
     .required = true, .offset = offsetof(struct bates_param, jumps.jumps_per_year),
     .doc = "expected number of jumps in one year; in one step at most 4 are expected"},
    {.key = "jump_log_mean", .unit = "1", .min = -3.0, .max = 3.0, .required = true,
     .offset = offsetof(struct bates_param, jumps.jump_log_mean),
     .doc = "mean of ln(price after / price before) of one jump; -0.1 is a fall of 9.5 %"},
    {.key = "jump_log_sd", .unit = "1", .min = 0.0, .max = 3.0, .required = true,
     .offset = offsetof(struct bates_param, jumps.jump_log_sd),
     .doc = "standard deviation of ln(price after / price before) of one jump"},
    {.key = "group", .type = FIELD_TEXT, .offset = offsetof(struct bates_param, group),
     .doc = "assets that name one group jump at the same times, each by its own size"},
    {.key = NULL},
    /* clang-format on */
};

static const struct price_draw bates_draws[] = {
    {.name = "variance", .normal = true},
    {.name = "jump-count", .normal = false, .shared = true},
    {.name = "jump-size", .normal = false}, /* made normal where a jump comes */
};

static const char *bates_group(const void *param)
{
    return ((const struct bates_param *)param)->group;
}

static bool bates_prepare(const void *param, const struct price_setup *setup, void *coef,
                          struct error *err)
{
    const struct bates_param *p = param;
    struct bates_coef *c = coef;

    if (!qe_prepare(&p->diffusion, setup->step_years, &c->diffusion, err) ||
        !normal_jumps_prepare(&c->jumps, &p->jumps, setup->step_years, err))
        return false;
    c->diffusion.drift -= c->jumps.compensation;
    return true;
}

static void bates_step(const void *coef, struct price_step *s)
{
    const struct bates_coef *c = coef;
    double *restrict spot = s->spot_usd;
    lane_row log_return, count = {0.0}, jump = {0.0};

    qe_step(&c->diffusion, s->shock, s->draw[0], s->vol_factor, s->state[0], log_return);
    if (jump_count_paths(&c->jumps.count, s->draw[1]) > 0)
        normal_jumps_draw(&c->jumps, s->draw[1], s->draw[2], count, jump);
    for (int k = 0; k < LANES; k++)
        spot[k] *= vm_exp(log_return[k] + jump[k]);
    if (s->jumps != NULL)
        memcpy(s->jumps, count, sizeof count);
}

const struct price_model price_bates = {
    .about =
        {.name = "bates",
         .doc = "Bates's model: Heston's stochastic volatility with normal jumps of the "
                "log-price at a constant rate. Real-world drift (0 for pricing), jumps "
                "compensated; a volatility shock scales the diffusion's innovation of the "
                "price and leaves jumps, variance and expected growth alone. Bates (1996), "
                "simulated by QE-M, Andersen (2008).",
         .example = "{model: bates, volatility_annual: 0.6, long_volatility_annual: 0.7, "
                    "reversion_per_year: 4, vol_of_variance: 1.5, spot_correlation: -0.3, "
                    "jumps_per_year: 12, jump_log_mean: -0.05, jump_log_sd: 0.1}",
         .fields = bates_fields,
         .param_size = sizeof(struct bates_param)},
    .draws = bates_draws,
    .n_draw = 3,
    .n_state = 1,
    .group = bates_group,
    .coef_size = sizeof(struct bates_coef),
    .prepare = bates_prepare,
    .start = qe_start,
    .step = bates_step,
    .volatility = qe_volatility,
};
