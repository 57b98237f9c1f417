/* A recorded path at its own frequency, scaled to the asset's price at the start:
 *     S(t) = S(0) R(t)/R(0) exp(B(t) + N(t))
 * with R the recorded price, in a straight line of its logarithm between two records; B a
 * Brownian bridge of volatility f sigma_B that is 0 at every record (Glasserman 2004,
 * section 3.1.1); and N = sum of f sigma_N dW - f^2 sigma_N^2 dt/2, so that
 * exp(N) is a martingale; f is the stress factor on volatility. At a record the mean of S
 * is the recorded price; between two it lies above the line by the factor exp(var B / 2).
 *
 * Both are built forward. From t to u = t + h, with e the next record after u and b the
 * last one up to u: where b <= t,
 *     B(u) = B(t) (e-u)/(e-t) + f sigma_B sqrt(h (e-u)/(e-t)) Z_B;
 * else B forgets what was before b, and B(u) is normal with variance
 * f^2 sigma_B^2 (u-b)(e-u)/(e-b). The diffusion normal, correlated over the assets, drives
 * the sum of the two innovations; a normal of the model's own splits the sum, the exact law
 * of the parts given the sum. */
#include <math.h>

#include "models/history.h"
#include "sim/model.h"
#include "sim/vmath.h"

extern const struct price_model price_replay;

static const double YEAR_S = 365.0 * 86400.0;
enum { GAP_FACTOR = 10 };

enum gap_fill { FILL_BRIDGE, FILL_LINE };
struct replay_param {
    struct history history;
    const char *column;
    double start_s;      /* since 1970; 0: the first record */
    int fill;            /* enum gap_fill */
    double fill_annual;  /* sigma_B; 0: realised */
    double noise_annual; /* sigma_N */
    double max_gap_s;    /* 0: GAP_FACTOR times the median distance */
};
/* Constants of one step; all standard deviations without f. */
struct replay_point {
    double price_usd;  /* S(0) R/R(0) at its end */
    double keep;       /* share of B that is left */
    double sum_sd;     /* of both innovations */
    double bridge;     /* share of their sum that is the bridge's, in the mean */
    double split_sd;   /* of what goes to the one and not to the other */
    double noise_half; /* variance of the noise / 2 */
};
struct replay_coef {
    const struct replay_point *point; /* [n_step + 1] of the arena; 0 is not used */
};
/* The records, seen from the start of the run. */
struct replay_track {
    const struct history *history;
    double start_s, end_s;
    uint32_t first, last; /* records at or before the start, at or after the end */
};

static const char *const replay_fills[] = {"bridge", "line", NULL};
static const struct field replay_fields[] = {
    /* clang-format off */
    {.key = "history", .unit = "USD", .type = FIELD_HISTORY, .required = true,
     .offset = offsetof(struct replay_param, history),
     .doc = "CSV of recorded prices; only their ratios count"},
    {.key = "column", .type = FIELD_TEXT, .offset = offsetof(struct replay_param, column),
     .doc = "column of the file, or asset in a long file; the asset's own name if absent"},
    {.key = "start", .unit = "UTC", .type = FIELD_UTC,
     .offset = offsetof(struct replay_param, start_s),
     .doc = "time in the file that is the start of the run; the first record if absent"},
    {.key = "fill", .unit = "1", .type = FIELD_CHOICE, .choices = replay_fills,
     .preset_text = "bridge", .offset = offsetof(struct replay_param, fill),
     .doc = "what lies between two records where the step is shorter: a Brownian bridge "
            "of the log-price, or a straight line of it"},
    {.key = "fill_annual", .unit = "1/sqrt(year)", .min = 0.0, .max = 10.0, .preset = 0.0,
     .offset = offsetof(struct replay_param, fill_annual),
     .doc = "volatility of the bridge; 0: the realised volatility of the records played"},
    {.key = "noise_annual", .unit = "1/sqrt(year)", .min = 0.0, .max = 10.0, .preset = 0.0,
     .offset = offsetof(struct replay_param, noise_annual),
     .doc = "volatility of noise that multiplies the whole path; its mean is 1"},
    {.key = "max_gap", .unit = "s", .type = FIELD_DURATION, .min = 0.0, .max = 3.2e9,
     .preset = 0.0, .offset = offsetof(struct replay_param, max_gap_s),
     .doc = "longest time without a record that may be filled; 0: ten times the median "
            "distance of two records"},
    {.key = NULL},
    /* clang-format on */
};

static const struct price_draw replay_draws[] = {
    {.name = "split", .normal = false}, /* made normal where it is needed */
};

static bool track_find(const struct replay_param *p, double horizon_s,
                       struct replay_track *t, struct error *err)
{
    const struct history *h = &p->history;
    const double first_s = h->time_s[0], last_s = h->time_s[h->n - 1], day_s = 86400.0;

    *t = (struct replay_track){.history = h, .last = h->n - 1};
    t->start_s = p->start_s != 0.0 ? p->start_s : first_s;
    t->end_s = t->start_s + horizon_s;
    if (t->start_s < first_s)
        return fail(err,
                    "start is %.10g d before the first record of %s: start later, or take "
                    "a file that begins earlier",
                    (first_s - t->start_s) / day_s, h->file);
    if (t->start_s >= last_s)
        return fail(err,
                    "start is %.10g d after the last record of %s: start earlier, or take "
                    "a file that ends later",
                    (t->start_s - last_s) / day_s, h->file);
    if (t->end_s > last_s)
        return fail(err,
                    "the records of %s last %.10g d from the start on, the run %.10g d: "
                    "shorten run.horizon or start earlier",
                    h->file, (last_s - t->start_s) / day_s, horizon_s / day_s);
    while (h->time_s[t->first + 1] <= t->start_s)
        t->first++;
    while (h->time_s[t->last - 1] >= t->end_s)
        t->last--;
    return true;
}

static bool track_gaps(const struct replay_param *p, const struct replay_track *t,
                       struct arena *arena, struct error *err)
{
    const struct history *h = &p->history;
    const struct history played = {.n = t->last - t->first + 1,
                                   .time_s = h->time_s + t->first};
    const double limit_s =
        p->max_gap_s > 0.0 ? p->max_gap_s : GAP_FACTOR * history_median_s(&played, arena);

    for (uint32_t i = t->first; i < t->last; i++) {
        const double gap_s = h->time_s[i + 1] - h->time_s[i];
        if (gap_s > limit_s)
            return fail(err,
                        "%s has no record for %.10g h, from %.10g h after the start on, "
                        "and max_gap is %.10g h: start elsewhere, or write max_gap: %.10gs",
                        h->file, gap_s / 3600.0, (h->time_s[i] - t->start_s) / 3600.0,
                        limit_s / 3600.0, gap_s);
    }
    return true;
}

/* Realised variance per second of the records played. */
static double track_variance(const struct replay_track *t)
{
    const struct history *h = t->history;
    double sum = 0.0;

    for (uint32_t i = t->first; i < t->last; i++) {
        const double move = vm_log(h->price_usd[i + 1] / h->price_usd[i]);
        sum += move * move;
    }
    return sum / (h->time_s[t->last] - h->time_s[t->first]);
}

/* R(t): the record itself where there is one, so that it is hit to the last bit. */
static double track_price(const struct history *h, uint32_t before, double time_s)
{
    const double from_s = h->time_s[before], *price = h->price_usd + before;

    if (time_s == from_s)
        return price[0];
    const double share = (time_s - from_s) / (h->time_s[before + 1] - from_s);
    return share == 1.0 ? price[1] : price[0] * vm_exp(share * vm_log(price[1] / price[0]));
}

/* What happens to the bridge from time t to u; the last record up to u is at b or before
 * it, the next one at e. Variance for sigma_B^2 = 1 per second. */
static double bridge_variance(double t, double u, double b, double e, double *keep)
{
    const double from = b > t ? b : t;

    *keep = b > t ? 0.0 : (e - u) / (e - t);
    return (u - from) * (e - u) / (e - from);
}

static bool replay_prepare(const void *param, const struct price_setup *setup, void *coef,
                           struct error *err)
{
    const struct replay_param *p = param;
    const struct history *h = &p->history;
    struct replay_coef *c = coef;
    struct replay_point *point =
        arena_get(setup->arena, (size_t)setup->n_step + 1, sizeof *point);
    /* to the microsecond, as steps are written */
    const double step_s = floor(setup->step_years * YEAR_S * 1e6 + 0.5) / 1e6;
    struct replay_track t;

    if (setup->model != NULL && setup->model[setup->asset] != &price_replay)
        return fail(err, "replay cannot stand inside another model: a recorded path has no "
                         "regimes");
    if (!track_find(p, step_s * setup->n_step, &t, err) ||
        !track_gaps(p, &t, setup->arena, err))
        return false;
    const double fill = p->fill == FILL_LINE   ? 0.0
                        : p->fill_annual > 0.0 ? p->fill_annual * p->fill_annual / YEAR_S
                                               : track_variance(&t);
    const double noise = p->noise_annual * p->noise_annual / YEAR_S * step_s;
    const double start_usd = track_price(h, t.first, t.start_s);
    uint32_t before = t.first;
    for (uint32_t i = 1; i <= setup->n_step; i++) {
        const double from_s = t.start_s + step_s * (i - 1), to_s = t.start_s + step_s * i;
        while (before + 1 < t.last && h->time_s[before + 1] <= to_s)
            before++;
        const double bridge = fill * bridge_variance(from_s, to_s, h->time_s[before],
                                                     h->time_s[before + 1], &point[i].keep);
        point[i].price_usd = setup->spot_usd * (track_price(h, before, to_s) / start_usd);
        point[i].sum_sd = sqrt(bridge + noise);
        point[i].bridge = bridge > 0.0 ? bridge / (bridge + noise) : 0.0;
        point[i].split_sd = sqrt(point[i].bridge * noise);
        point[i].noise_half = 0.5 * noise;
    }
    c->point = point;
    return true;
}

/* Two short loops, each with few enough rows to be vectorised. */
static void replay_step(const void *coef, struct price_step *step)
{
    const struct replay_coef *c = coef;
    const struct replay_point point = c->point[step->step];
    const double price = point.price_usd, keep = point.keep, sum_sd = point.sum_sd;
    const double share = point.bridge, split_sd = point.split_sd, half = point.noise_half;
    const double *restrict shock = step->shock, *restrict factor = step->vol_factor;
    const double *restrict uniform = step->draw[0];
    double *restrict bridge = step->state[0], *restrict noise = step->state[1];
    double *restrict spot = step->spot_usd;
    lane_row split = {0.0};

    if (split_sd > 0.0)
        for (int k = 0; k < LANES; k++)
            split[k] = split_sd * vm_normal_quantile(uniform[k]);
    for (int k = 0; k < LANES; k++) {
        const double f = factor[k], sum = f * sum_sd * shock[k];
        const double part = fma(share, sum, f * split[k]);

        bridge[k] = fma(keep, bridge[k], part);
        noise[k] += (sum - part) - f * f * half;
    }
    for (int k = 0; k < LANES; k++)
        spot[k] = price * vm_exp(bridge[k] + noise[k]);
}

static double replay_step_sd(const void *coef, uint32_t step)
{
    return ((const struct replay_coef *)coef)->point[step].sum_sd;
}

const struct price_model price_replay = {
    .about =
        {.name = "replay",
         .doc =
             "A recorded path, scaled to the asset's price at the start, at the file's "
             "own frequency: a Brownian bridge fills between records, noise may multiply "
             "the whole. Recorded moves have no measure: their drift is history's. A "
             "volatility shock scales bridge and noise and leaves the records alone. "
             "Glasserman (2004), section 3.1.1.",
         .example = "{model: replay, history: prices.csv, start: 2020-09-20 00:20, "
                    "noise_annual: 0.2}",
         .fields = replay_fields,
         .param_size = sizeof(struct replay_param)},
    .draws = replay_draws,
    .n_draw = 1,
    .n_state = 2,
    .coef_size = sizeof(struct replay_coef),
    .prepare = replay_prepare,
    .step = replay_step,
    .step_sd = replay_step_sd,
};
