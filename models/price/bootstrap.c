/* Stationary block bootstrap of a price history (Politis & Romano 1994, Journal of the
 * American Statistical Association 89, section 2): the log-returns of the history in blocks
 * that begin anywhere with equal chances and have a geometric length; after the last return
 * comes the first. At every period a block ends with chance p = period / mean_block.
 *     ln S(t+h) - ln S(t) = a - f^2 v kappa + f sqrt(v) s z_I,   I the drawn index
 * with s^2 the variance of the returns, z the returns less their mean, in units of s,
 * kappa = ln mean exp(s z), a = ln of the history's mean growth in one period, or the drift
 * stated; f is the stress factor. Where f = v = 1 and the drift is history's, these are the
 * returns of the file. Real-world measure.
 *
 * Filtered by GARCH (Barone-Adesi, Giannopoulos & Vosper 1999, Journal of Futures Markets
 * 19; Glosten, Jagannathan & Runkle 1993 for gamma): v, the variance in
 * units of s^2, moves by v' = omega + (alpha + gamma [z < 0]) v z^2 + beta v, along the
 * history to find z, and along the path; omega makes its mean 1. Without filter v = 1.
 *
 * A step of several periods takes the returns over as many records, one after the other. A
 * step that is a part of a period goes the same part of the way, on a Brownian bridge of
 * volatility f sqrt(v) sigma_B, which is 0 at the period's end (see replay.c). Returns over
 * any other distance than the period's, as over a gap, are left out; blocks pass over them
 * as they pass over the end of the file, which keeps every return equally likely. */
#include <math.h>
#include <string.h>

#include "models/history.h"
#include "sim/model.h"
#include "sim/vmath.h"

extern const struct price_model price_bootstrap;

static const double YEAR_S = 365.0 * 86400.0;
enum { MIN_RETURNS = 10 };

enum drift { DRIFT_HISTORY, DRIFT_STATED };
struct bootstrap_param {
    struct history history;
    const char *column, *group;
    double from_s, until_s; /* part of the history; 0: all of it */
    double mean_block_s;
    int drift; /* enum drift */
    double drift_annual;
    double fill_annual;             /* sigma_B; 0: realised */
    double alpha, gamma, beta;      /* of the filter */
    double start_volatility_annual; /* 0: where the filter ends */
};
struct bootstrap_coef {
    const double *z; /* [n_return] of the arena */
    uint32_t n_return;
    double stride;    /* records in one step; 1 where the step is shorter */
    uint32_t n_part;  /* steps in one period */
    double end;       /* p */
    double drift;     /* a, of one step */
    double kappa;     /* of one step */
    double sd;        /* s, of one step's part of the way */
    double bridge_sd; /* sigma_B sqrt(h) */
    double omega, alpha, gamma, beta;
    double start;     /* v at time 0 */
    double sd_annual; /* s per year */
};
static const char *const bootstrap_drifts[] = {"history", "stated", NULL};
static const struct field bootstrap_fields[] = {
    /* clang-format off */
    {.key = "history", .unit = "USD", .type = FIELD_HISTORY, .required = true,
     .offset = offsetof(struct bootstrap_param, history),
     .doc = "CSV of recorded prices; only their ratios count"},
    {.key = "column", .type = FIELD_TEXT,
     .offset = offsetof(struct bootstrap_param, column),
     .doc = "column of the file, or asset in a long file; the asset's own name if absent"},
    {.key = "from", .unit = "UTC", .type = FIELD_UTC,
     .offset = offsetof(struct bootstrap_param, from_s),
     .doc = "earlier records are left out; none if absent"},
    {.key = "until", .unit = "UTC", .type = FIELD_UTC,
     .offset = offsetof(struct bootstrap_param, until_s),
     .doc = "later records are left out; none if absent"},
    {.key = "group", .type = FIELD_TEXT, .offset = offsetof(struct bootstrap_param, group),
     .doc = "assets of one group draw the same dates, so that what moved together still "
            "does; their histories have the same times"},
    {.key = "mean_block", .unit = "s", .type = FIELD_DURATION, .required = true,
     .min = 1.0, .max = 3.2e9, .offset = offsetof(struct bootstrap_param, mean_block_s),
     .doc = "mean length of a block: dependence over shorter times survives"},
    {.key = "drift", .unit = "1", .type = FIELD_CHOICE, .choices = bootstrap_drifts,
     .preset_text = "history", .offset = offsetof(struct bootstrap_param, drift),
     .doc = "history keeps the mean growth of the file; stated puts drift_annual in its "
            "place"},
    {.key = "drift_annual", .unit = "1/year", .min = -5.0, .max = 5.0, .preset = 0.0,
     .offset = offsetof(struct bootstrap_param, drift_annual),
     .doc = "with drift: stated, the expected growth rate over one step"},
    {.key = "fill_annual", .unit = "1/sqrt(year)", .min = 0.0, .max = 10.0, .preset = 0.0,
     .offset = offsetof(struct bootstrap_param, fill_annual),
     .doc = "volatility of the bridge between records where the step is shorter; 0: the "
            "realised volatility of the history"},
    {.key = "alpha", .unit = "1", .min = 0.0, .max = 1.0, .preset = 0.0,
     .offset = offsetof(struct bootstrap_param, alpha),
     .doc = "GARCH filter: weight of the last squared return; all three 0: no filter"},
    {.key = "gamma", .unit = "1", .min = 0.0, .max = 2.0, .preset = 0.0,
     .offset = offsetof(struct bootstrap_param, gamma),
     .doc = "GARCH filter: additional weight of the last squared return if it was a fall"},
    {.key = "beta", .unit = "1", .min = 0.0, .max = 1.0, .preset = 0.0,
     .offset = offsetof(struct bootstrap_param, beta),
     .doc = "GARCH filter: weight of the last variance"},
    {.key = "start_volatility_annual", .unit = "1/sqrt(year)", .min = 0.0, .max = 10.0,
     .preset = 0.0, .offset = offsetof(struct bootstrap_param, start_volatility_annual),
     .doc = "volatility at the start of the run, with a filter; 0: what the filter finds at "
            "the end of the history"},
    {.key = NULL},
    /* clang-format on */
};

static const struct price_draw bootstrap_draws[] = {
    {.name = "block-end", .normal = false, .shared = true},
    {.name = "block-start", .normal = false, .shared = true},
};
enum { INDEX, VARIANCE, BRIDGE }; /* the model's own state */

static bool is_filtered(const struct bootstrap_param *p)
{
    return p->alpha > 0.0 || p->gamma > 0.0 || p->beta > 0.0;
}

/* The weights of the recursion of v for draws from z. */
static bool filter_weights(const struct bootstrap_param *p, const double *z, uint32_t n,
                           struct bootstrap_coef *c, struct error *err)
{
    double fall = 0.0; /* mean of z^2 [z < 0] */

    for (uint32_t i = 0; i < n; i++)
        fall += z[i] < 0.0 ? z[i] * z[i] / n : 0.0;
    c->alpha = p->alpha;
    c->gamma = p->gamma;
    c->beta = p->beta;
    c->omega = 1.0 - p->alpha - p->gamma * fall - p->beta;
    return c->omega > 0.0 ||
           fail(err,
                "alpha + %.4g gamma + beta = %g, with the history's share of falls: from 1 "
                "on the variance grows without end, lower them",
                fall, 1.0 - c->omega);
}

/* Divides the returns by the volatility that the filter gives each of them. */
static bool filter_apply(const struct bootstrap_param *p, double *z, uint32_t n,
                         struct bootstrap_coef *c, struct error *err)
{
    double v = 1.0;

    if (!filter_weights(p, z, n, c, err))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        const double square = z[i] * z[i], news = z[i] < 0.0 ? c->gamma : 0.0;
        z[i] /= sqrt(v);
        v = c->omega + (c->alpha + news) * square + c->beta * v;
    }
    c->start = v;
    history_standardise(z, n);
    return filter_weights(p, z, n, c, err);
}

static struct history used_part(const struct bootstrap_param *p)
{
    return history_part(&p->history, p->from_s, p->until_s);
}

/* An index means the same date for all assets of a group. */
static bool group_check(const struct bootstrap_param *p, const struct price_setup *s,
                        struct error *err)
{
    const struct history here = used_part(p);

    for (uint32_t i = 0; p->group != NULL && i < s->asset; i++) {
        const struct bootstrap_param *other = s->param[i];
        if (s->model[i] != &price_bootstrap || other->group == NULL ||
            strcmp(other->group, p->group) != 0)
            continue;
        const struct history there = used_part(other);
        if (!history_same_times(&here, &there))
            return fail(err,
                        "the prices of %s and %s in group %s have different times: narrow "
                        "both with from and until, or fill the missing prices",
                        s->asset_name[s->asset], s->asset_name[i], p->group);
        if (p->mean_block_s != other->mean_block_s)
            return fail(err,
                        "mean_block is %.10g s here and %.10g s for %s in the same group: "
                        "make them equal",
                        p->mean_block_s, other->mean_block_s, s->asset_name[i]);
    }
    return true;
}

static bool sense_check(const struct bootstrap_param *p, const struct history_returns *r,
                        double step_s, struct error *err)
{
    const double period_s = r->period_s * r->stride, length_s = r->period_s * r->n;

    if (p->mean_block_s < period_s || p->mean_block_s > length_s)
        return fail(err,
                    "mean_block = %.10g s is outside %.10g .. %.10g s: a block has one "
                    "return at least and the whole history at most",
                    p->mean_block_s, period_s, length_s);
    if (p->drift == DRIFT_HISTORY && p->drift_annual != 0.0)
        return fail(err,
                    "drift_annual = %g is not used with the drift of the history: write "
                    "drift: stated beside it",
                    p->drift_annual);
    if (is_filtered(p) && r->stride > 1)
        return fail(err,
                    "the GARCH filter works from record to record, every %.10g s: make the "
                    "step, %.10g s, no longer",
                    r->period_s, step_s);
    if (!is_filtered(p) && p->start_volatility_annual > 0.0)
        return fail(err,
                    "start_volatility_annual = %g takes a GARCH filter: write alpha and "
                    "beta, or leave it out",
                    p->start_volatility_annual);
    return true;
}

static bool bootstrap_prepare(const void *param, const struct price_setup *setup,
                              void *coef, struct error *err)
{
    const struct bootstrap_param *p = param;
    struct bootstrap_coef *c = coef;
    const double step_s = floor(setup->step_years * YEAR_S * 1e6 + 0.5) / 1e6;
    const struct history used = used_part(p);
    struct history_returns r;
    double mean = 0.0, growth = 0.0;

    if (!history_returns(&used, step_s, MIN_RETURNS, setup->arena, &r, err) ||
        !sense_check(p, &r, step_s, err) || !group_check(p, setup, err))
        return false;
    for (uint32_t i = 0; i < r.n; i++)
        mean += r.value[i] / r.n;
    const double sd = history_standardise(r.value, r.n);
    if (sd == 0.0)
        return fail(err, "the prices of %s do not move: nothing can be drawn from them",
                    p->history.file);
    *c = (struct bootstrap_coef){.z = r.value, .n_return = r.n, .start = 1.0};
    if (is_filtered(p) && !filter_apply(p, r.value, r.n, c, err))
        return false;
    for (uint32_t i = 0; i < r.n; i++)
        growth += vm_exp(sd * r.value[i]) / r.n;
    const double period_years = r.period_s * r.stride / YEAR_S;
    const double kappa = vm_log(growth), part = 1.0 / r.n_part;
    c->stride = r.stride;
    c->n_part = r.n_part;
    c->end = r.period_s * r.stride / p->mean_block_s;
    c->drift =
        (p->drift == DRIFT_STATED ? p->drift_annual * period_years : mean + kappa) * part;
    c->kappa = kappa * part;
    c->sd = sd * part;
    c->sd_annual = sd / sqrt(period_years);
    c->bridge_sd =
        (p->fill_annual > 0.0 ? p->fill_annual : c->sd_annual) * sqrt(period_years * part);
    if (p->start_volatility_annual > 0.0) {
        const double ratio = p->start_volatility_annual / c->sd_annual;
        c->start = ratio * ratio;
    }
    return true;
}

static void bootstrap_start(const void *coef, double *const *state)
{
    const struct bootstrap_coef *c = coef;

    for (int k = 0; k < LANES; k++) {
        state[INDEX][k] = -1.0; /* no block yet */
        state[VARIANCE][k] = c->start;
        state[BRIDGE][k] = 0.0;
    }
}

/* The return of the next period: the one after the last, or the first of a new block. */
static void draw_step(const struct bootstrap_coef *c, const double *restrict block_end,
                      const double *restrict block_start, double *restrict index)
{
    const double n = c->n_return, stride = c->stride, end = c->end;

    for (int k = 0; k < LANES; k++) {
        const double next = index[k] + stride, around = next - n;
        const double anywhere = vm_min(floor(block_start[k] * n), n - 1.0);
        const double follows = next < n ? next : around;
        const bool goes_on = (block_end[k] >= end) & (index[k] >= 0.0) & (index[k] < n);
        index[k] = goes_on ? follows : anywhere;
    }
}

/* The drawn returns. Inside a mixture of models the index may come from a longer
 * history. */
static void look_up(const struct bootstrap_coef *c, const double *restrict index,
                    double *restrict z)
{
    const double last = c->n_return - 1.0;
    const double *restrict table = c->z;

    for (int k = 0; k < LANES; k++)
        z[k] = table[(int)vm_max(vm_min(index[k], last), 0.0)];
}

static void variance_step(const struct bootstrap_coef *c, const double *restrict z,
                          double *restrict variance)
{
    const double omega = c->omega, alpha = c->alpha, gamma = c->gamma, beta = c->beta;

    for (int k = 0; k < LANES; k++) {
        const double news = z[k] < 0.0 ? gamma : 0.0;
        variance[k] = omega + variance[k] * ((alpha + news) * z[k] * z[k] + beta);
    }
}

/* Several short loops, each with few enough rows to be vectorised. */
static void bootstrap_step(const void *coef, struct price_step *step)
{
    const struct bootstrap_coef *c = coef;
    const double drift = c->drift, kappa = c->kappa, sd = c->sd;
    const double *restrict shock = step->shock, *restrict factor = step->vol_factor;
    double *restrict variance = step->state[VARIANCE];
    double *restrict bridge = step->state[BRIDGE], *restrict spot = step->spot_usd;
    const uint32_t part = (step->step - 1) % c->n_part;
    const double keep = (double)(c->n_part - 1 - part) / (c->n_part - part);
    const double bridge_sd = c->bridge_sd * sqrt(keep);
    lane_row z, scale, move;

    if (part == 0)
        draw_step(c, step->draw[0], step->draw[1], step->state[INDEX]);
    look_up(c, step->state[INDEX], z);
    for (int k = 0; k < LANES; k++) {
        scale[k] = factor[k] * sqrt(variance[k]);
        move[k] = scale[k] * sd * z[k] - kappa * scale[k] * scale[k] + drift;
    }
    if (c->n_part > 1)
        for (int k = 0; k < LANES; k++) {
            const double after = fma(keep, bridge[k], scale[k] * bridge_sd * shock[k]);
            move[k] += after - bridge[k];
            bridge[k] = after;
        }
    for (int k = 0; k < LANES; k++)
        spot[k] *= vm_exp(move[k]);
    if (part == c->n_part - 1 && c->alpha + c->gamma + c->beta > 0.0)
        variance_step(c, z, variance);
}

static void bootstrap_volatility(const void *coef, const double *const *state,
                                 double *volatility_annual)
{
    const struct bootstrap_coef *c = coef;

    for (int k = 0; k < LANES; k++)
        volatility_annual[k] = c->sd_annual * sqrt(state[VARIANCE][k]);
}

static const char *bootstrap_group(const void *param)
{
    return ((const struct bootstrap_param *)param)->group;
}

const struct price_model price_bootstrap = {
    .about =
        {.name = "bootstrap",
         .doc =
             "Stationary block bootstrap: returns of a price history in blocks of random "
             "length, for the assets of a group from the same dates, on request filtered "
             "by GARCH. Real-world drift, history's unless stated; a volatility shock "
             "scales the returns about their mean. Politis & Romano (1994), section 2; "
             "Barone-Adesi, Giannopoulos & Vosper (1999).",
         .example = "{model: bootstrap, history: prices.csv, mean_block: 1d}",
         .fields = bootstrap_fields,
         .param_size = sizeof(struct bootstrap_param)},
    .draws = bootstrap_draws,
    .n_draw = 2,
    .n_state = 3,
    .coef_size = sizeof(struct bootstrap_coef),
    .group = bootstrap_group,
    .prepare = bootstrap_prepare,
    .start = bootstrap_start,
    .step = bootstrap_step,
    .volatility = bootstrap_volatility,
};
