/* GJR(1,1): the variance of a period follows the residuals before it (Glosten, Jagannathan
 * and Runkle 1993, Journal of Finance 48(5), 1779-1801; Bollerslev 1986, Journal of
 * Econometrics 31, equations 1 and 2, for gamma = 0; Bollerslev 1987, Review of Economics
 * and Statistics 69(3), equation 1, for Student t):
 *     ln S(n+1) - ln S(n) = mu P - h_n / 2 + eps_n,   eps_n = sqrt(h_n) z_n
 *     h_(n+1) = omega + (alpha + gamma 1[eps_n < 0]) eps_n^2 + beta h_n
 *     omega   = (1 - alpha - gamma kappa - beta) V,   kappa = E z^2 1[z < 0]
 * with P the period, V the long-run variance of a period and z of mean 0 and variance 1:
 * normal; Student t; or drawn with replacement from the residuals of recorded prices, put
 * through the same filter (Barone-Adesi, Giannopoulos and Vosper 1999). kappa is 1/2 for
 * the first two.
 *
 * Real-world measure. Normal residuals: E S(t) = S(0) exp(mu t) exactly, step by step, with
 * and without the stress factor f on the innovation (which leaves h alone). Historical: to
 * third order in sqrt(h), h^(3/2) skewness / 6 per period. Student t: the mean of S does
 * not exist; mu is the growth rate that normal residuals of the same variance would have.
 *
 * A period may be many steps: h stands, the parts of eps add up, h moves at its end, so the
 * period's distribution is the same at any step. Student t: one chi-square W per period
 * scales all its normals, so that their sum is exactly t. Historical: a Brownian bridge of
 * variance h leads to the residual drawn at the period's beginning. Assets of one group
 * share W (multivariate t), or the day of the residual. */
#include <math.h>
#include <string.h>

#include "models/price/residuals.h"
#include "sim/model.h"
#include "sim/student.h"
#include "sim/vmath.h"

extern const struct price_model price_garch;

enum { RESIDUAL_NORMAL, RESIDUAL_STUDENT, RESIDUAL_HISTORICAL };
static const char *const residual_names[] = {"normal", "student_t", "historical", NULL};

enum { GARCH_MIN_RESIDUALS = 50 };
enum { STATE_VARIANCE, STATE_RESIDUAL, STATE_DRAWN }; /* h; eps so far; scale or target z */

static const double YEAR_S = 365.0 * 86400.0;

struct garch_param {
    double drift_annual;            /* 1/year */
    double volatility_annual;       /* 1/sqrt(year), long-run */
    double start_volatility_annual; /* 0: long-run */
    double alpha, gamma, beta;
    double period_s;
    int residuals;
    double degrees_of_freedom;
    struct history history;
    const char *column, *group;
};
struct garch_coef {
    int residuals;
    uint32_t n_sub;        /* steps per period */
    double drift;          /* mu over one step */
    double share, sd;      /* of h in one step, and its root */
    double start_variance; /* h_0 */
    double period_years;
    double omega, alpha, gamma, beta;
    const struct student *student;
    double unit; /* sqrt((nu - 2) / nu): makes the variance of t one */
    uint32_t n_residual;
    const double *residual; /* [n_residual] */
};

static const struct field garch_fields[] = {
    /* clang-format off */
    {.key = "drift_annual", .unit = "1/year", .min = -5.0, .max = 5.0, .preset = 0.0,
     .offset = offsetof(struct garch_param, drift_annual),
     .doc = "expected growth rate of the price: after t years the mean is S exp(drift t)"},
    {.key = "volatility_annual", .unit = "1/sqrt(year)", .min = 0.0001, .max = 10.0,
     .required = true, .offset = offsetof(struct garch_param, volatility_annual),
     .doc = "long-run volatility: the root of the mean variance"},
    {.key = "start_volatility_annual", .unit = "1/sqrt(year)", .min = 0.0, .max = 20.0,
     .preset = 0.0, .offset = offsetof(struct garch_param, start_volatility_annual),
     .doc = "volatility of the first period; 0: the long-run volatility"},
    {.key = "alpha", .unit = "1", .min = 0.0, .max = 1.0, .required = true,
     .offset = offsetof(struct garch_param, alpha),
     .doc = "weight of the last period's squared residual in the next variance"},
    {.key = "gamma", .unit = "1", .min = -1.0, .max = 1.0, .preset = 0.0,
     .offset = offsetof(struct garch_param, gamma),
     .doc = "what the weight grows by after a negative residual"},
    {.key = "beta", .unit = "1", .min = 0.0, .max = 1.0, .required = true,
     .offset = offsetof(struct garch_param, beta),
     .doc = "weight of the last period's variance in the next"},
    {.key = "period", .unit = "s", .type = FIELD_DURATION, .min = 1.0,
     .max = 31536000.0, .preset = 86400.0, .offset = offsetof(struct garch_param, period_s),
     .doc = "time between two moves of the variance; the simulation's step divides it"},
    {.key = "residuals", .type = FIELD_CHOICE, .choices = residual_names,
     .preset_text = "normal", .offset = offsetof(struct garch_param, residuals),
     .doc = "distribution of a period's return over its volatility"},
    {.key = "degrees_of_freedom", .unit = "1", .min = 2.05, .max = 400.0, .preset = 5.0,
     .offset = offsetof(struct garch_param, degrees_of_freedom),
     .doc = "tail index of student_t residuals"},
    {.key = "history", .unit = "USD", .type = FIELD_HISTORY,
     .offset = offsetof(struct garch_param, history),
     .doc = "file of prices that historical residuals are drawn from"},
    {.key = "column", .type = FIELD_TEXT, .offset = offsetof(struct garch_param, column),
     .doc = "column of the file, or asset in a long file; the asset's own name if absent"},
    {.key = "group", .type = FIELD_TEXT, .offset = offsetof(struct garch_param, group),
     .doc = "assets that name one group share the size of student_t residuals, or the day "
            "of historical ones"},
    {.key = NULL},
    /* clang-format on */
};

static const struct price_draw garch_draws[] = {
    {.name = "residual", .normal = false, .shared = true},
};

static const char *garch_group(const void *param)
{
    return ((const struct garch_param *)param)->group;
}

/* The other asset draws its residuals' days with this one. */
static bool same_days(const struct price_setup *setup, uint32_t other,
                      const struct garch_param *p)
{
    const struct garch_param *q = setup->param[other];

    return other != setup->asset && p->group != NULL &&
           setup->model[other] == &price_garch && q->group != NULL &&
           strcmp(q->group, p->group) == 0 && q->residuals == RESIDUAL_HISTORICAL;
}

/* Residuals of the days that all assets of the group have. *kappa: the share of the
 * variance below zero. */
static bool garch_history(const struct garch_param *p, const struct price_setup *setup,
                          struct gjr *gjr, struct garch_coef *c, double *kappa,
                          struct error *err)
{
    struct period_returns r = period_returns_read(&p->history, p->period_s, setup->arena);

    if (p->history.file == NULL)
        return fail(err, "residuals: historical lacks 'history': write history: FILE.csv, "
                         "a file of prices");
    residuals_filter(&r, gjr);
    for (uint32_t other = 0; other < setup->n_asset; other++) {
        if (!same_days(setup, other, p))
            continue;
        const struct garch_param *q = setup->param[other];
        if (q->period_s != p->period_s)
            return fail(err,
                        "period = %g s, but %g s in %s of the same group %s: give both "
                        "one period",
                        p->period_s, q->period_s, setup->asset_name[other], p->group);
        const struct period_returns theirs =
            period_returns_read(&q->history, q->period_s, setup->arena);
        period_returns_keep(&r, &theirs);
    }
    if (r.n < GARCH_MIN_RESIDUALS)
        return fail(err,
                    "history %s has %u returns over periods of %g s%s; at least %d: "
                    "give a longer file or a shorter period",
                    p->history.file, r.n, p->period_s,
                    p->group != NULL ? " that all assets of the group have" : "",
                    GARCH_MIN_RESIDUALS);
    *kappa = residuals_standardise(&r);
    double *residual = arena_get(setup->arena, r.n, sizeof(*residual));
    for (uint32_t i = 0; i < r.n; i++)
        residual[i] = r.at[i].residual;
    c->residual = residual;
    c->n_residual = r.n;
    return true;
}

static bool garch_stationary(const struct garch_param *p, double kappa, struct error *err)
{
    const double persistence = p->alpha + kappa * p->gamma + p->beta;

    if (p->alpha + p->gamma < 0.0)
        return fail(err,
                    "alpha + gamma = %g is negative: the variance could fall below 0; "
                    "raise gamma to at least %g",
                    p->alpha + p->gamma, -p->alpha);
    if (persistence < 1.0)
        return true;
    return fail(err,
                "alpha + %.4g gamma + beta = %.6g is not below 1: the variance has no "
                "long run; lower alpha, gamma or beta",
                kappa, persistence);
}

static bool garch_prepare(const void *param, const struct price_setup *setup, void *coef,
                          struct error *err)
{
    const struct garch_param *p = param;
    struct garch_coef *c = coef;
    const double step_s = setup->step_years * YEAR_S;
    const double n_sub = floor(p->period_s / step_s + 0.5);
    const double years = p->period_s / YEAR_S;
    const double long_run = p->volatility_annual * p->volatility_annual * years;
    const double start = p->start_volatility_annual > 0.0 ? p->start_volatility_annual
                                                          : p->volatility_annual;
    double kappa = 0.5;

    if (n_sub < 1.0 || fabs(n_sub * step_s - p->period_s) > 1e-9 * p->period_s)
        return fail(err,
                    "period = %.10g s is not a whole number of steps of %.10g s: choose "
                    "a run.step that divides the period",
                    p->period_s, step_s);
    if (!garch_stationary(p, kappa, err))
        return false;
    *c = (struct garch_coef){.residuals = p->residuals,
                             .n_sub = (uint32_t)n_sub,
                             .drift = p->drift_annual * setup->step_years,
                             .share = 1.0 / n_sub,
                             .sd = sqrt(1.0 / n_sub),
                             .start_variance = start * start * years,
                             .period_years = years,
                             .alpha = p->alpha,
                             .gamma = p->gamma,
                             .beta = p->beta};
    if (p->residuals == RESIDUAL_STUDENT) {
        struct student *table = arena_get(setup->arena, 1, sizeof(*table));
        student_prepare(table, p->degrees_of_freedom);
        c->student = table;
        c->unit = sqrt((p->degrees_of_freedom - 2.0) / p->degrees_of_freedom);
    }
    struct gjr gjr = {(1.0 - p->alpha - kappa * p->gamma - p->beta) * long_run, p->alpha,
                      p->gamma, p->beta, long_run};
    if (p->residuals == RESIDUAL_HISTORICAL &&
        (!garch_history(p, setup, &gjr, c, &kappa, err) ||
         !garch_stationary(p, kappa, err)))
        return false;
    c->omega = (1.0 - p->alpha - kappa * p->gamma - p->beta) * long_run;
    return true;
}

static void garch_start(const void *coef, double *const *state)
{
    const struct garch_coef *c = coef;

    for (int k = 0; k < LANES; k++)
        state[STATE_VARIANCE][k] = c->start_variance;
}

/* What one uniform decides at the beginning of a period. */
static void garch_draw(const struct garch_coef *c, const double *restrict uniform,
                       double *restrict drawn)
{
    if (c->residuals == RESIDUAL_STUDENT) {
        student_scale(c->student, uniform, drawn);
        for (int k = 0; k < LANES; k++)
            drawn[k] *= c->unit;
    } else if (c->residuals == RESIDUAL_HISTORICAL) {
        const double n = c->n_residual, last = n - 1.0;
        const double *restrict residual = c->residual;
        for (int k = 0; k < LANES; k++) /* scalar: a gather */
            drawn[k] = residual[(int)vm_min(uniform[k] * n, last)];
    } else {
        for (int k = 0; k < LANES; k++)
            drawn[k] = 1.0;
    }
}

/* The part of eps that comes in one step: scale sqrt(h / m) Z, or one step of the bridge to
 * sqrt(h) z, `left` steps before the end of the period. */
static void garch_part(const struct garch_coef *c, const struct price_step *s, double left,
                       double *restrict part)
{
    const double *restrict shock = s->shock, *restrict h = s->state[STATE_VARIANCE];
    const double *restrict eps = s->state[STATE_RESIDUAL];
    const double *restrict drawn = s->state[STATE_DRAWN];
    const double sd = c->sd, bridge = c->sd * sqrt((left - 1.0) / left);

    if (c->residuals == RESIDUAL_HISTORICAL)
        for (int k = 0; k < LANES; k++) {
            const double root = sqrt(h[k]);
            part[k] = (root * drawn[k] - eps[k]) / left + bridge * root * shock[k];
        }
    else
        for (int k = 0; k < LANES; k++)
            part[k] = sd * drawn[k] * sqrt(h[k]) * shock[k];
}

static void garch_period_end(const struct garch_coef *c, double *restrict h,
                             double *restrict eps)
{
    const double omega = c->omega, alpha = c->alpha, gamma = c->gamma, beta = c->beta;

    for (int k = 0; k < LANES; k++) {
        const double weight = alpha + (eps[k] < 0.0 ? gamma : 0.0);
        h[k] = omega + weight * eps[k] * eps[k] + beta * h[k];
        eps[k] = 0.0;
    }
}

static void garch_step(const void *coef, struct price_step *s)
{
    const struct garch_coef *c = coef;
    const uint32_t done = (s->step - 1) % c->n_sub; /* of this period */
    const double drift = c->drift, half_share = 0.5 * c->share;
    const double *restrict h = s->state[STATE_VARIANCE], *restrict factor = s->vol_factor;
    double *restrict eps = s->state[STATE_RESIDUAL], *restrict spot = s->spot_usd;
    lane_row part;

    if (done == 0)
        garch_draw(c, s->draw[0], s->state[STATE_DRAWN]);
    garch_part(c, s, c->n_sub - done, part);
    for (int k = 0; k < LANES; k++) {
        const double f = factor[k];
        spot[k] *= vm_exp(drift - half_share * f * f * h[k] + f * part[k]);
        eps[k] += part[k];
    }
    if (done + 1 == c->n_sub)
        garch_period_end(c, s->state[STATE_VARIANCE], eps);
}

static void garch_volatility(const void *coef, const double *const *state,
                             double *volatility_annual)
{
    const double per_year = 1.0 / ((const struct garch_coef *)coef)->period_years;
    const double *restrict h = state[STATE_VARIANCE];

    for (int k = 0; k < LANES; k++)
        volatility_annual[k] = sqrt(h[k] * per_year);
}

const struct price_model price_garch = {
    .about =
        {.name = "garch",
         .doc =
             "GJR(1,1): volatility that clusters and rises after falls, with normal, "
             "Student t or filtered historical residuals. Real-world drift, exact in the "
             "mean for normal residuals; a volatility shock scales the innovation and "
             "leaves the variance's own path alone. Glosten, Jagannathan and Runkle "
             "(1993); Bollerslev (1987); Barone-Adesi et al. (1999).",
         .example = "{model: garch, volatility_annual: 0.7, alpha: 0.05, gamma: 0.06, "
                    "beta: 0.9, residuals: student_t, degrees_of_freedom: 4.5}",
         .fields = garch_fields,
         .param_size = sizeof(struct garch_param)},
    .draws = garch_draws,
    .n_draw = 1,
    .n_state = 3,
    .coef_size = sizeof(struct garch_coef),
    .group = garch_group,
    .prepare = garch_prepare,
    .start = garch_start,
    .step = garch_step,
    .volatility = garch_volatility,
};
