/* Merton's jump diffusion, exact at any step (Merton 1976, Journal of Financial Economics
 * 3, equations 2 and 3; Glasserman 2004, section 3.5.1, equations 3.80 to 3.83): S(t+h) =
 * S(t) exp((mu - lambda kbar - f^2 sigma^2/2) h + f sigma sqrt(h) Z + Y) kbar   = exp(m +
 * s^2/2) - 1 with Y the sum of n jumps N(m, s^2), n Poisson with mean lambda h. Real-world
 * measure: mu is the expected growth rate, the jumps are compensated, E S(t) = S(0) exp(mu
 * t), with and without the stress factor f, which acts on the diffusion alone.
 *
 * n by inversion of one uniform, Y one normal N(n m, n s^2): every path uses the same
 * number of draws. The comparisons stop where the tail is below half the uniform's
 * resolution. */
#include <math.h>

#include "sim/model.h"
#include "sim/vmath.h"

extern const struct price_model price_merton;

/* With at most MERTON_MAX_MEAN jumps expected, P(n > MERTON_MAX_JUMPS) < 2^-53. */
enum { MERTON_MAX_MEAN = 4, MERTON_MAX_JUMPS = 32 };

struct merton_param {
    double drift_annual;      /* 1/year */
    double volatility_annual; /* 1/sqrt(year) */
    double jumps_per_year;    /* lambda */
    double jump_log_mean;     /* m */
    double jump_log_sd;       /* s */
};
struct merton_coef {
    double drift, sd; /* (mu - lambda kbar) h and sigma sqrt(h) over one step */
    double jump_mean, jump_sd;
    int n_level; /* largest number of jumps in one step */
    double
        level[MERTON_MAX_JUMPS]; /* [n_level] P(n <= j): more than j jumps if u is above */
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
    {.key = "jumps_per_year", .unit = "1/year", .min = 0.0, .max = 100000.0, .required = true,
     .offset = offsetof(struct merton_param, jumps_per_year),
     .doc = "expected number of jumps in one year; at most 4 may fall into one step"},
    {.key = "jump_log_mean", .unit = "1", .min = -3.0, .max = 3.0, .required = true,
     .offset = offsetof(struct merton_param, jump_log_mean),
     .doc = "mean of ln(price after / price before) of one jump; -0.1 is a fall of 9.5 %"},
    {.key = "jump_log_sd", .unit = "1", .min = 0.0, .max = 3.0, .required = true,
     .offset = offsetof(struct merton_param, jump_log_sd),
     .doc = "standard deviation of ln(price after / price before) of one jump"},
    {.key = NULL},
    /* clang-format on */
};

static const struct price_draw merton_draws[] = {
    {.name = "jump-count", .normal = false},
    {.name = "jump-size", .normal = true},
};

/* P(n > j) summed from the small end, so that the far tail keeps its digits. */
static double poisson_tail(double mean, int j)
{
    double term = vm_exp(-mean), sum = 0.0;
    double terms[2 * MERTON_MAX_JUMPS];

    for (int i = 0; i < 2 * MERTON_MAX_JUMPS; i++) {
        terms[i] = term;
        term *= mean / (i + 1);
    }
    for (int i = 2 * MERTON_MAX_JUMPS - 1; i > j; i--)
        sum += terms[i];
    return sum;
}

static bool merton_prepare(const void *param, double step_years, void *coef,
                           struct error *err)
{
    const struct merton_param *p = param;
    struct merton_coef *c = coef;
    const double mean = p->jumps_per_year * step_years;
    const double m = p->jump_log_mean, s = p->jump_log_sd;

    if (mean > MERTON_MAX_MEAN)
        return fail(
            err,
            "merton: jumps_per_year = %g gives %g jumps per step of %g s; at most %d: "
            "lower jumps_per_year or shorten the step",
            p->jumps_per_year, mean, step_years * 365.0 * 86400.0, MERTON_MAX_MEAN);
    c->drift = p->drift_annual * step_years - mean * vm_expm1(m + 0.5 * s * s);
    c->sd = p->volatility_annual * sqrt(step_years);
    c->jump_mean = m;
    c->jump_sd = s;
    c->n_level = 0;
    for (double tail = poisson_tail(mean, 0); tail >= 0x1p-53;
         tail = poisson_tail(mean, c->n_level))
        c->level[c->n_level++] = 1.0 - tail;
    return true;
}

static void merton_step(const void *coef, struct price_step *step)
{
    const struct merton_coef *c = coef;
    const double drift = c->drift, sd = c->sd, m = c->jump_mean, s = c->jump_sd;
    const double *restrict shock = step->shock, *restrict factor = step->vol_factor;
    const double *restrict uniform = step->draw[0], *restrict size = step->draw[1];
    double *restrict spot = step->spot_usd;
    lane_row count = {0.0};

    for (int j = 0; j < c->n_level; j++) {
        const double level = c->level[j];
        for (int k = 0; k < LANES; k++)
            count[k] += uniform[k] > level ? 1.0 : 0.0;
    }
    for (int k = 0; k < LANES; k++) {
        const double stressed_sd = factor[k] * sd;
        const double jump = fma(count[k], m, s * sqrt(count[k]) * size[k]);
        spot[k] *=
            vm_exp(drift - 0.5 * stressed_sd * stressed_sd + stressed_sd * shock[k] + jump);
    }
}

const struct price_model price_merton = {
    .about =
        {.name = "merton",
         .doc = "Merton's jump diffusion: geometric Brownian motion with normal jumps of "
                "the log-price at a constant rate. Real-world drift, jumps compensated; a "
                "volatility shock scales the diffusion and leaves the jumps alone. Merton "
                "(1976); Glasserman (2004), section 3.5.1.",
         .fields = merton_fields,
         .param_size = sizeof(struct merton_param)},
    .draws = merton_draws,
    .n_draw = 2,
    .coef_size = sizeof(struct merton_coef),
    .prepare = merton_prepare,
    .step = merton_step,
};
