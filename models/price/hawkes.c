/* Jumps that excite one another: asset i jumps with the intensity
 *     lambda_i(t) = mu_i + (lambda_i(0) - mu_i) exp(-beta_i t)
 *                   + sum_j sum_(jumps s < t of j) n_ij beta_i exp(-beta_i (t - s))
 * (Hawkes 1971, Biometrika 58, 83-90; Ait-Sahalia, Cacho-Diaz and Laeven 2015, Journal of
 * Financial Economics 117, section 2): a jump of j has n_ij direct children in i on the
 * mean, after 1 / beta_i on the mean. Between jumps the price is geometric Brownian motion;
 * a jump multiplies it by exp(N(m, s^2)).
 *
 * In steps of length h (an integer-valued autoregression, Kirchner 2016, Stochastic
 * Processes and their Applications 126):
 *     N_i(k) ~ Poisson((mu_i + x_i(k)) h)
 *     x_i(k+1) = (1 - beta_i h) x_i(k) + beta_i sum_j n_ij N_j(k),   x_i(1) = lambda_i(0) - mu_i
 * Children come from the next step on. The decay 1 - beta h instead of exp(-beta h) keeps
 * both their number, n_ij, and their mean distance, 1 / beta_i, exact: the stationary rate
 * is exact, and what is left of the bias comes from the ends of the horizon. In the cases
 * of tests/reference/test_hawkes.c mean and variance of the counts are off by less than
 * 0.03 beta h (with exp(-beta h): up to 0.2 beta h); beta h above 1 is refused.
 *
 * Real-world measure: the jumps expected in a step are known at its beginning and are
 * compensated, so E S(t) = S(0) exp(mu t) step by step, with and without the stress factor,
 * which acts on the diffusion alone. */
#include <math.h>
#include <string.h>

#include "models/price/excite.h"
#include "sim/model.h"
#include "sim/vmath.h"

extern const struct price_model price_hawkes;

/* Jumps expected in one step in the long run; from HAWKES_MANY on the count is drawn from
 * the normal approximation of Cornish and Fisher, below by inversion. */
enum { HAWKES_MAX_MEAN = 4, HAWKES_MANY = 200, HAWKES_MAX_COUNT = 1000 };

static const double HAWKES_MARGIN = 1e-6; /* of the spectral radius below 1 */

struct hawkes_param {
    double drift_annual, volatility_annual;
    double jumps_per_year;       /* mu */
    double start_jumps_per_year; /* lambda(0); 0: the long-run rate */
    struct loadings excitation;  /* n_ij */
    double decay_per_year;       /* beta */
    double jump_log_mean, jump_log_sd;
};
struct hawkes_coef {
    double drift, sd;     /* mu h and sigma sqrt(h) over one step */
    double base, step;    /* mu, 1/year; h, years */
    double start;         /* lambda(0) - mu */
    double keep;          /* 1 - beta h */
    double mean, jump_sd; /* m, s */
    double compensation;  /* exp(m + s^2/2) - 1 */
    uint32_t n_source;
    const uint32_t *source; /* [n_source] assets that excite this one */
    const double *weight;   /* [n_source] n_ij beta, 1/year */
};

static const struct field hawkes_fields[] = {
    /* clang-format off */
    {.key = "drift_annual", .unit = "1/year", .min = -5.0, .max = 5.0, .preset = 0.0,
     .offset = offsetof(struct hawkes_param, drift_annual),
     .doc = "expected growth rate of the price, jumps included: after t years the mean is "
            "S exp(drift t)"},
    {.key = "volatility_annual", .unit = "1/sqrt(year)", .min = 0.0, .max = 10.0,
     .required = true, .offset = offsetof(struct hawkes_param, volatility_annual),
     .doc = "volatility of the diffusion between jumps; volatility shocks scale it and leave "
            "the jumps alone"},
    {.key = "jumps_per_year", .unit = "1/year", .min = 0.0, .max = 100000.0,
     .required = true, .offset = offsetof(struct hawkes_param, jumps_per_year),
     .doc = "jumps in one year that no other jump excites"},
    {.key = "start_jumps_per_year", .unit = "1/year", .min = 0.0, .max = 1000000.0,
     .preset = 0.0, .offset = offsetof(struct hawkes_param, start_jumps_per_year),
     .doc = "intensity at the start; 0: the long-run rate"},
    {.key = "excitation", .unit = "1", .type = FIELD_LOADINGS, .min = 0.0, .max = 100.0,
     .offset = offsetof(struct hawkes_param, excitation),
     .doc = "jumps of this asset that one jump of the named asset excites directly, on the "
            "mean; absent: none"},
    {.key = "decay_per_year", .unit = "1/year", .min = 0.01, .max = 1e7, .required = true,
     .offset = offsetof(struct hawkes_param, decay_per_year),
     .doc = "rate at which excitation dies down: it lasts 1 / decay on the mean; at most 1 "
            "per step"},
    {.key = "jump_log_mean", .unit = "1", .min = -3.0, .max = 3.0, .required = true,
     .offset = offsetof(struct hawkes_param, jump_log_mean),
     .doc = "mean of ln(price after / price before) of one jump; -0.1 is a fall of 9.5 %"},
    {.key = "jump_log_sd", .unit = "1", .min = 0.0, .max = 3.0, .required = true,
     .offset = offsetof(struct hawkes_param, jump_log_sd),
     .doc = "standard deviation of ln(price after / price before) of one jump"},
    {.key = NULL},
    /* clang-format on */
};

static const struct price_draw hawkes_draws[] = {
    {.name = "jump-count", .normal = false},
    {.name = "jump-size", .normal = false}, /* made normal where a jump comes */
};

/* jumps_per_year of an asset whose model has it; negative: none. */
static double jump_rate(const struct price_setup *setup, uint32_t asset)
{
    for (const struct field *f = setup->model[asset]->about.fields; f->key != NULL; f++)
        if (strcmp(f->key, "jumps_per_year") == 0)
            return *(const double *)(const void *)((const char *)setup->param[asset] +
                                                   f->offset);
    return -1.0;
}

static uint32_t find_asset(const struct price_setup *setup, const char *name)
{
    uint32_t i = 0;

    while (i < setup->n_asset && strcmp(setup->asset_name[i], name) != 0)
        i++;
    return i;
}

/* The assets that excite this one. */
static bool hawkes_sources(const struct hawkes_param *p, const struct price_setup *setup,
                           struct hawkes_coef *c, struct error *err)
{
    const struct loadings *l = &p->excitation;
    uint32_t *source = arena_get(setup->arena, l->n, sizeof *source);
    double *weight = arena_get(setup->arena, l->n, sizeof *weight);

    for (uint32_t i = 0; i < l->n; i++) {
        source[i] = find_asset(setup, l->name[i]);
        weight[i] = l->value[i] * p->decay_per_year;
        if (source[i] == setup->n_asset)
            return fail(err,
                        "excitation names %s, which is no asset of the market: leave it "
                        "out or add the asset",
                        l->name[i]);
        if (jump_rate(setup, source[i]) < 0.0)
            return fail(err,
                        "excitation names %s, whose model %s has no jumps: leave it out",
                        l->name[i], setup->model[source[i]]->about.name);
    }
    c->n_source = l->n;
    c->source = source;
    c->weight = weight;
    return true;
}

/* The long-run rate of this asset, all assets of the market considered; fails where there
 * is none. */
static bool hawkes_long_run(const struct price_setup *setup, double *rate,
                            struct error *err)
{
    const uint32_t n = setup->n_asset;
    double *child = arena_get(setup->arena, (size_t)n * n, sizeof *child);
    double *base = arena_get(setup->arena, n, sizeof *base);
    double *all = arena_get(setup->arena, n, sizeof *all);

    for (uint32_t i = 0; i < n; i++) {
        base[i] = vm_max(jump_rate(setup, i), 0.0);
        if (setup->model[i] != &price_hawkes)
            continue;
        const struct loadings *l =
            &((const struct hawkes_param *)setup->param[i])->excitation;
        for (uint32_t m = 0; m < l->n; m++) {
            const uint32_t j = find_asset(setup, l->name[m]);
            if (j < n)
                child[i * n + j] += l->value[m];
        }
    }
    const double radius = excite_radius(child, n, setup->arena);
    if (!(radius < 1.0 - HAWKES_MARGIN))
        return fail(err,
                    "one jump excites %.6g others of the next generation in the long "
                    "run (the spectral radius of excitation over all assets): below 1 "
                    "is needed, or the jumps never die down; lower excitation",
                    radius);
    excite_rates(child, n, base, all, setup->arena);
    *rate = all[setup->asset];
    return true;
}

static bool hawkes_prepare(const void *param, const struct price_setup *setup, void *coef,
                           struct error *err)
{
    const struct hawkes_param *p = param;
    struct hawkes_coef *c = coef;
    const double h = setup->step_years, step_s = h * 365.0 * 86400.0;
    const double s2 = p->jump_log_sd * p->jump_log_sd;
    double rate = 0.0;

    if (!hawkes_sources(p, setup, c, err) || !hawkes_long_run(setup, &rate, err))
        return false;
    if (p->decay_per_year * h > 1.0)
        return fail(err,
                    "decay_per_year = %g: excitation lasts %.4g s, less than one step of "
                    "%.6g s; shorten run.step or lower decay_per_year",
                    p->decay_per_year, 365.0 * 86400.0 / p->decay_per_year, step_s);
    if (rate * h > HAWKES_MAX_MEAN)
        return fail(err,
                    "jumps_per_year = %g with its excitation gives %g jumps per step of "
                    "%g s; at most %d: lower jumps_per_year or shorten the step",
                    p->jumps_per_year, rate * h, step_s, HAWKES_MAX_MEAN);
    c->drift = p->drift_annual * h;
    c->sd = p->volatility_annual * sqrt(h);
    c->base = p->jumps_per_year;
    c->step = h;
    c->start = (p->start_jumps_per_year > 0.0 ? p->start_jumps_per_year : rate) - c->base;
    c->keep = 1.0 - p->decay_per_year * h;
    c->mean = p->jump_log_mean;
    c->jump_sd = p->jump_log_sd;
    c->compensation = vm_expm1(p->jump_log_mean + 0.5 * s2);
    return true;
}

static void hawkes_start(const void *coef, double *const *state)
{
    const struct hawkes_coef *c = coef;

    for (int k = 0; k < LANES; k++)
        state[0][k] = c->start;
}

/* Poisson counts by inversion, one comparison after the other until no path is above. Where
 * all uniforms are below 1 - mean < exp(-mean), as at short steps, nothing is to be done.
 * Terms below 2^-60 end it too: the sum of all may stay below a uniform next to 1. */
static void poisson_counts(const double *restrict mean, const double *restrict uniform,
                           double *restrict n)
{
    lane_row term, sum;
    int n_above = 0;

    for (int k = 0; k < LANES; k++) {
        n[k] = 0.0;
        n_above += uniform[k] > 1.0 - mean[k];
    }
    for (int k = 0; n_above > 0 && k < LANES; k++) {
        term[k] = vm_exp(-mean[k]);
        sum[k] = vm_max(term[k], 1.0 - mean[k]);
    }
    for (int j = 1; j < HAWKES_MAX_COUNT && n_above > 0; j++) {
        n_above = 0;
        for (int k = 0; k < LANES; k++) {
            const int above = (uniform[k] > sum[k]) & ((term[k] > 0x1p-60) | (j < mean[k]));
            n[k] += above ? 1.0 : 0.0;
            n_above += above;
            term[k] *= mean[k] / j;
            sum[k] += term[k];
        }
    }
}

/* One function, so that there is one quantile to inline. */
static void normals(const double *restrict uniform, double *restrict z)
{
    for (int k = 0; k < LANES; k++)
        z[k] = vm_normal_quantile(uniform[k]);
}

/* Cornish and Fisher 1938 to second order, for means from HAWKES_MANY on; the probabilities
 * are right to 1e-4. */
static void poisson_many(const double *restrict mean, const double *restrict uniform,
                         double *restrict n)
{
    lane_row z;

    normals(uniform, z);
    for (int k = 0; k < LANES; k++) { /* scalar: a cast to int64_t */
        const double x = mean[k] + sqrt(mean[k]) * z[k] + (z[k] * z[k] - 1.0) / 6.0;
        n[k] = mean[k] < HAWKES_MANY ? n[k] : (double)(int64_t)(x + 0.5);
    }
}

/* Excites, draws the number of jumps of each path and lets the intensity die down.
 * `expected` out: the number's mean. */
static void hawkes_counts(const struct hawkes_coef *c, const struct price_step *s,
                          double *restrict expected, double *restrict n)
{
    const double base = c->base, step = c->step, keep = c->keep;
    double *restrict x = s->state[0];
    lane_row few;
    int n_many = 0;

    for (uint32_t i = 0; i < c->n_source && s->jumps_before != NULL; i++) {
        const double *restrict before = s->jumps_before[c->source[i]];
        const double weight = c->weight[i];
        for (int k = 0; k < LANES; k++)
            x[k] += weight * before[k];
    }
    for (int k = 0; k < LANES; k++) {
        expected[k] = (base + x[k]) * step;
        few[k] = vm_min(expected[k], HAWKES_MANY);
        n_many += expected[k] >= HAWKES_MANY;
        x[k] *= keep;
    }
    poisson_counts(few, s->draw[0], n);
    if (n_many > 0)
        poisson_many(expected, s->draw[0], n);
}

/* The sum of n jumps is one normal N(n m, n s^2). */
static void jump_sums(const struct hawkes_coef *c, const double *restrict n,
                      const double *restrict uniform, double *restrict jump)
{
    const double mean = c->mean, sd = c->jump_sd;
    lane_row z;

    normals(uniform, z);
    for (int k = 0; k < LANES; k++)
        jump[k] = fma(sd * sqrt(n[k]), z[k], n[k] * mean);
}

static void hawkes_step(const void *coef, struct price_step *s)
{
    const struct hawkes_coef *c = coef;
    const double drift = c->drift, sd = c->sd, compensation = c->compensation;
    const double *restrict shock = s->shock, *restrict factor = s->vol_factor;
    double *restrict spot = s->spot_usd;
    lane_row expected, n, jump = {0.0};
    int n_jumped = 0;

    hawkes_counts(c, s, expected, n);
    for (int k = 0; k < LANES; k++)
        n_jumped += n[k] > 0.0;
    /* At short steps few blocks hold a jump; the others are spared the normals. */
    if (n_jumped > 0)
        jump_sums(c, n, s->draw[1], jump);
    for (int k = 0; k < LANES; k++) {
        const double stressed_sd = factor[k] * sd;

        spot[k] *=
            vm_exp(drift - expected[k] * compensation - 0.5 * stressed_sd * stressed_sd +
                   stressed_sd * shock[k] + jump[k]);
    }
    if (s->jumps != NULL)
        memcpy(s->jumps, n, sizeof n);
}

static double hawkes_step_sd(const void *coef, uint32_t step)
{
    (void)step;
    return ((const struct hawkes_coef *)coef)->sd;
}

const struct price_model price_hawkes = {
    .about = {.name = "hawkes",
              .doc =
                  "Jumps that excite further jumps of the same and of other assets, with "
                  "exponentially fading intensity, on top of geometric Brownian motion. "
                  "Real-world drift, jumps compensated; a volatility shock scales the "
                  "diffusion and leaves the jumps alone. Hawkes (1971); Ait-Sahalia, "
                  "Cacho-Diaz and Laeven (2015).",
              .example =
                  "{model: hawkes, volatility_annual: 0.5, jumps_per_year: 10, excitation: "
                  "{BTC: 0.6}, decay_per_year: 120, jump_log_mean: -0.02, jump_log_sd: "
                  "0.04}",
              .fields = hawkes_fields,
              .param_size = sizeof(struct hawkes_param)},
    .draws = hawkes_draws,
    .n_draw = 2,
    .n_state = 1,
    .reads_jumps = true,
    .coef_size = sizeof(struct hawkes_coef),
    .prepare = hawkes_prepare,
    .start = hawkes_start,
    .step = hawkes_step,
    .step_sd = hawkes_step_sd,
};
