/* Kou's double-exponential jump diffusion, exact at any step (Kou 2002, Management Science
 * 48, equations 1 to 3):
 *     S(t+h) = S(t) exp((mu - lambda kbar - f^2 sigma^2/2) h + f sigma sqrt(h) Z + Y)
 *     kbar   = p m1/(1 - m1) - (1 - p) m2/(1 + m2),   m1 = 1/eta1, m2 = 1/eta2
 * with Y the sum of n jumps, n Poisson with mean lambda h, each up with probability p and
 * then exponential with mean m1, else down and exponential with mean m2. Real-world
 * measure: mu is the expected growth rate, the jumps are compensated, E S(t) = S(0) exp(mu
 * t), with and without the stress factor f, which acts on the diffusion alone.
 *
 * Four uniforms per step, whatever comes: n by inversion of the first; the number of jumps
 * up, binomial(n, p), by inversion of the second; the sums of the jumps up and down, gamma
 * of whole order, by inversion of one each. The gamma quantile x of order n solves
 *     log Q(n, x) = log q,   Q(n, x) = exp(-x) (1 + x + ... + x^(n-1)/(n-1)!)
 * by Newton's method. log Q is concave, so that from the second step on x falls to the
 * root; the start is the larger of Wilson and Hilferty's (1931) approximation and the lower
 * bound (n! (1-q))^(1/n) that follows from P(n, x) <= x^n/n!. */
#include <math.h>
#include <string.h>

#include "models/price/jumps.h"
#include "sim/arena.h"
#include "sim/model.h"
#include "sim/vmath.h"

extern const struct price_model price_kou;

/* From this start six steps come within 1e-12 of x at every order. */
enum { KOU_NEWTON_STEPS = 6 };

struct kou_param {
    double drift_annual;      /* 1/year */
    double volatility_annual; /* 1/sqrt(year) */
    double jumps_per_year;    /* lambda */
    double up_probability;    /* p */
    double up_jump_mean;      /* m1, of ln(after / before) */
    double down_jump_mean;    /* m2, of ln(before / after) */
    const char *group;        /* whose jump times it shares; NULL: none */
};
struct kou_coef {
    double drift, sd; /* (mu - lambda kbar) h and sigma sqrt(h) over one step */
    double up_mean, down_mean;
    struct jump_count count;
    const struct kou_table *table;
};

/* What inversion needs for 1 to JUMPS_MAX jumps; the same for all steps. */
struct kou_table {
    double up_level[JUMPS_MAX + 1][JUMPS_MAX]; /* [n][j] P(up <= j of n), 1 for j >= n */
    double log_factorial[JUMPS_MAX + 1];
};

static const struct field kou_fields[] = {
    /* clang-format off */
    {.key = "drift_annual", .unit = "1/year", .min = -5.0, .max = 5.0, .preset = 0.0,
     .offset = offsetof(struct kou_param, drift_annual),
     .doc = "expected growth rate of the price, jumps included: after t years the mean is "
            "S exp(drift t)"},
    {.key = "volatility_annual", .unit = "1/sqrt(year)", .min = 0.0, .max = 10.0,
     .required = true, .offset = offsetof(struct kou_param, volatility_annual),
     .doc = "volatility of the diffusion between jumps; 0.8 means 80 %; volatility shocks "
            "scale it and leave the jumps alone"},
    {.key = "jumps_per_year", .unit = "1/year", .min = 0.0, .max = 100000.0,
     .required = true, .offset = offsetof(struct kou_param, jumps_per_year),
     .doc = "expected number of jumps in one year; in one step at most 4 are expected"},
    {.key = "up_probability", .unit = "1", .min = 0.0, .max = 1.0, .required = true,
     .offset = offsetof(struct kou_param, up_probability),
     .doc = "probability that a jump goes up"},
    {.key = "up_jump_mean", .unit = "1", .min = 0.0, .max = 0.9, .required = true,
     .offset = offsetof(struct kou_param, up_jump_mean),
     .doc = "mean of ln(price after / price before) of a jump up, 1/eta1; below 1, or the "
            "expected price is infinite"},
    {.key = "down_jump_mean", .unit = "1", .min = 0.0, .max = 3.0, .required = true,
     .offset = offsetof(struct kou_param, down_jump_mean),
     .doc = "mean of ln(price before / price after) of a jump down, 1/eta2"},
    {.key = "group", .type = FIELD_TEXT, .offset = offsetof(struct kou_param, group),
     .doc = "assets that name one group jump at the same times, each by its own size"},
    {.key = NULL},
    /* clang-format on */
};

static const struct price_draw kou_draws[] = {
    {.name = "jump-count", .normal = false, .shared = true},
    {.name = "jump-direction", .normal = false},
    {.name = "jump-up", .normal = false},
    {.name = "jump-down", .normal = false},
};

static const char *kou_group(const void *param)
{
    return ((const struct kou_param *)param)->group;
}

static const struct kou_table *kou_table_create(double p, struct arena *arena)
{
    struct kou_table *t = arena_get(arena, 1, sizeof *t);
    double mass[JUMPS_MAX + 2] = {1.0}; /* P(up = j of n) */

    for (int n = 1; n <= JUMPS_MAX; n++) {
        double sum = 0.0;

        t->log_factorial[n] = t->log_factorial[n - 1] + vm_log(n);
        for (int j = n; j > 0; j--)
            mass[j] = fma(p, mass[j - 1], (1.0 - p) * mass[j]);
        mass[0] *= 1.0 - p;
        for (int j = n; j > 0; j--) { /* from the upper tail, so that p = 0 gives 1 */
            sum += mass[j];
            t->up_level[n][j - 1] = 1.0 - sum;
        }
        for (int j = n; j < JUMPS_MAX; j++)
            t->up_level[n][j] = 1.0;
    }
    return t;
}

static bool kou_prepare(const void *param, const struct price_setup *setup, void *coef,
                        struct error *err)
{
    const struct kou_param *p = param;
    struct kou_coef *c = coef;
    const double up = p->up_jump_mean, down = p->down_jump_mean;
    const double growth = p->up_probability * up / (1.0 - up) -
                          (1.0 - p->up_probability) * down / (1.0 + down);

    if (!jump_count_prepare(&c->count, p->jumps_per_year, setup->step_years, err))
        return false;
    c->drift = p->drift_annual * setup->step_years - c->count.mean * growth;
    c->sd = p->volatility_annual * sqrt(setup->step_years);
    c->up_mean = up;
    c->down_mean = down;
    c->table = kou_table_create(p->up_probability, setup->arena);
    return true;
}

/* Binomial numbers of jumps up among n. */
static void kou_up_count(const struct kou_table *table, const double *restrict uniform,
                         const double *restrict n, double *restrict up)
{
    for (int k = 0; k < LANES; k++) { /* scalar: a table of each lane */
        const double *level = table->up_level[(int)n[k]];
        double count = 0.0;

        for (int j = 0; j < JUMPS_MAX; j++)
            count += n[k] > 0.0 && uniform[k] > level[j] ? 1.0 : 0.0;
        up[k] = count;
    }
}

/* Start of Newton's method: see the top of the file. */
static void kou_gamma_start(const struct kou_table *table, const double *restrict q,
                            const double *restrict order, double *restrict x)
{
    for (int k = 0; k < LANES; k++) { /* scalar: a gather */
        const double n = vm_max(order[k], 1.0), ninth = 1.0 / (9.0 * n);
        const double root = 1.0 - ninth - vm_normal_quantile(q[k]) * sqrt(ninth);
        const double bound =
            vm_exp((table->log_factorial[(int)n] + vm_log(1.0 - q[k])) / n);

        x[k] = vm_max(n * root * root * root, bound);
    }
}

/* The sum of `order` exponentials of mean 1 that q is the upper tail of; 0 for order 0. */
static void kou_gamma(const struct kou_table *table, const double *restrict q,
                      const double *restrict order, double *restrict x)
{
    int n_term = 0;

    for (int k = 0; k < LANES; k++)
        n_term = (int)order[k] > n_term ? (int)order[k] : n_term;
    kou_gamma_start(table, q, order, x);
    for (int i = 0; i < KOU_NEWTON_STEPS; i++) {
        lane_row sum = {0.0}, last, term;

        for (int k = 0; k < LANES; k++)
            last[k] = term[k] = 1.0;
        for (int j = 0; j < n_term; j++) { /* term = x^j/j! */
            const double step = 1.0 / (j + 1);

            for (int k = 0; k < LANES; k++) {
                const double inside = j < order[k] ? term[k] : 0.0;
                sum[k] += inside;
                last[k] = j < order[k] ? term[k] : last[k];
                term[k] *= x[k] * step;
            }
        }
        for (int k = 0; k < LANES; k++) {
            const double total = order[k] > 0.0 ? sum[k] : 1.0;
            const double next =
                x[k] + (vm_log(total) - x[k] - vm_log(q[k])) * total / last[k];
            x[k] = vm_max(next, 0.0);
        }
    }
    for (int k = 0; k < LANES; k++)
        x[k] = order[k] > 0.0 ? x[k] : 0.0;
}

/* Numbers and sums of the jumps of the block. */
static void kou_jumps(const struct kou_coef *c, const double *const *draw,
                      double *restrict count, double *restrict jump)
{
    lane_row up, down, up_sum, down_sum;

    jump_count_draw(&c->count, draw[0], count);
    kou_up_count(c->table, draw[1], count, up);
    for (int k = 0; k < LANES; k++)
        down[k] = count[k] - up[k];
    kou_gamma(c->table, draw[2], up, up_sum);
    kou_gamma(c->table, draw[3], down, down_sum);
    for (int k = 0; k < LANES; k++)
        jump[k] = fma(c->up_mean, up_sum[k], -c->down_mean * down_sum[k]);
}

static void kou_step(const void *coef, struct price_step *step)
{
    const struct kou_coef *c = coef;
    const double drift = c->drift, sd = c->sd;
    const double *restrict shock = step->shock, *restrict factor = step->vol_factor;
    double *restrict spot = step->spot_usd;
    lane_row count = {0.0}, jump = {0.0};

    /* Blocks without a jump are spared the inversions, with the same result. */
    if (jump_count_paths(&c->count, step->draw[0]) > 0)
        kou_jumps(c, step->draw, count, jump);
    for (int k = 0; k < LANES; k++) {
        const double stressed_sd = factor[k] * sd;

        spot[k] *= vm_exp(drift - 0.5 * stressed_sd * stressed_sd + stressed_sd * shock[k] +
                          jump[k]);
    }
    if (step->jumps != NULL)
        memcpy(step->jumps, count, sizeof count);
}

static double kou_step_sd(const void *coef, uint32_t step)
{
    (void)step;
    return ((const struct kou_coef *)coef)->sd;
}

const struct price_model price_kou = {
    .about =
        {.name = "kou",
         .doc = "Kou's jump diffusion: geometric Brownian motion with jumps of the "
                "log-price at a constant rate, exponential upwards and downwards, so that "
                "tails are heavier than with normal jumps. Real-world drift (0 for "
                "pricing), jumps compensated; a volatility shock scales the diffusion and "
                "leaves the jumps alone. Kou (2002), equations 1 to 3.",
         .example = "{model: kou, volatility_annual: 0.6, jumps_per_year: 20, "
                    "up_probability: 0.4, up_jump_mean: 0.04, down_jump_mean: 0.06}",
         .fields = kou_fields,
         .param_size = sizeof(struct kou_param)},
    .draws = kou_draws,
    .n_draw = 4,
    .group = kou_group,
    .coef_size = sizeof(struct kou_coef),
    .prepare = kou_prepare,
    .step = kou_step,
    .step_sd = kou_step_sd,
};
