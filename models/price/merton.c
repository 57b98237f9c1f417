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
    int n_level;      /* largest number of jumps in one step */
    /* [n_level] if u is above level[j] = P(n <= j), at least j + 1 jumps came, and the sum
     * of j + 1 jumps has this mean and this standard deviation */
    double level[MERTON_MAX_JUMPS], sum_mean[MERTON_MAX_JUMPS], sum_sd[MERTON_MAX_JUMPS];
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
     .required = true, .offset = offsetof(struct merton_param, jumps_per_year),
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
    {.name = "jump-size", .normal = false}, /* made normal where a jump comes */
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

static bool merton_prepare(const void *param, const struct price_setup *setup, void *coef,
                           struct error *err)
{
    const struct merton_param *p = param;
    struct merton_coef *c = coef;
    const double step_years = setup->step_years;
    const double mean = p->jumps_per_year * step_years;
    const double m = p->jump_log_mean, s = p->jump_log_sd;

    if (mean > MERTON_MAX_MEAN)
        return fail(err,
                    "jumps_per_year = %g gives %g jumps per step of %g s; at most %d: "
                    "lower jumps_per_year or shorten the step",
                    p->jumps_per_year, mean, step_years * 365.0 * 86400.0, MERTON_MAX_MEAN);
    c->drift = p->drift_annual * step_years - mean * vm_expm1(m + 0.5 * s * s);
    c->sd = p->volatility_annual * sqrt(step_years);
    c->n_level = 0;
    for (int j = 0; j < MERTON_MAX_JUMPS; j++) {
        const double tail = poisson_tail(mean, j);

        if (tail < 0x1p-53)
            break;
        c->level[j] = 1.0 - tail;
        c->sum_mean[j] = (j + 1) * m;
        c->sum_sd[j] = s * sqrt(j + 1.0);
        c->n_level = j + 1;
    }
    return true;
}

/* Sum of the jumps of each path: the last level below the uniform decides. */
static void merton_jumps(const struct merton_coef *c, const double *restrict count,
                         const double *restrict size, double *restrict jump)
{
    lane_row mean = {0.0}, sd = {0.0};

    for (int j = 0; j < c->n_level; j++) {
        const double level = c->level[j], mean_here = c->sum_mean[j],
                     sd_here = c->sum_sd[j];

        for (int k = 0; k < LANES; k++) {
            mean[k] = count[k] > level ? mean_here : mean[k];
            sd[k] = count[k] > level ? sd_here : sd[k];
        }
    }
    for (int k = 0; k < LANES; k++)
        jump[k] = fma(sd[k], vm_normal_quantile(size[k]), mean[k]);
}

static void merton_step(const void *coef, struct price_step *step)
{
    const struct merton_coef *c = coef;
    const double drift = c->drift, sd = c->sd, level = c->n_level > 0 ? c->level[0] : 1.0;
    const double *restrict shock = step->shock, *restrict factor = step->vol_factor;
    const double *restrict count = step->draw[0];
    double *restrict spot = step->spot_usd;
    lane_row jump = {0.0};
    int n_jumped = 0;

    /* At short steps few blocks hold a jump; the others are spared the search and the
     * normal, with the same result. */
    for (int k = 0; k < LANES; k++)
        n_jumped += count[k] > level;
    if (n_jumped > 0)
        merton_jumps(c, count, step->draw[1], jump);
    for (int k = 0; k < LANES; k++) {
        const double stressed_sd = factor[k] * sd;

        spot[k] *= vm_exp(drift - 0.5 * stressed_sd * stressed_sd + stressed_sd * shock[k] +
                          jump[k]);
    }
}

const struct price_model price_merton = {
    .about =
        {.name = "merton",
         .doc = "Merton's jump diffusion: geometric Brownian motion with normal jumps of "
                "the log-price at a constant rate. Real-world drift, jumps compensated; a "
                "volatility shock scales the diffusion and leaves the jumps alone. Merton "
                "(1976); Glasserman (2004), section 3.5.1.",
         .example = "{model: merton, volatility_annual: 0.6, jumps_per_year: 12, "
                    "jump_log_mean: -0.05, jump_log_sd: 0.1}",
         .fields = merton_fields,
         .param_size = sizeof(struct merton_param)},
    .draws = merton_draws,
    .n_draw = 2,
    .coef_size = sizeof(struct merton_coef),
    .prepare = merton_prepare,
    .step = merton_step,
};
