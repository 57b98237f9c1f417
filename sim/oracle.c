/* A feed remembers past prices in a ring of one row per step, and one that averages the
 * integral of the price since the start beside it. What it has seen never runs backwards:
 * when the delay grows, the feed stands still until the present catches up. Between two
 * steps the past price is interpolated linearly, and its average is that of the line; before
 * the start it is the price at the start.
 *
 * A source's noise: price exp(s Z), Z a standard normal per source and instant. */

#include "sim/oracle.h"

#include <math.h>
#include <string.h>

#include "sim/vmath.h"

static double *history_row(const struct worker *w, const struct plan_feed *f, uint32_t step)
{
    return worker_row(w, ROW_HISTORY, f->first_history + step % f->n_history);
}

static double *integral_row(const struct worker *w, const struct plan_feed *f,
                            uint32_t step)
{
    return worker_row(w, ROW_INTEGRAL, f->first_integral + step % f->n_history);
}

static double within(const struct plan_feed *f, double price)
{
    return vm_min(vm_max(price, f->floor_usd), f->cap_usd);
}

/* Says what the anchor's feed says, in this one's units. */
static void rate_step(const struct plan *plan, const struct plan_feed *f, struct worker *w,
                      double *restrict oracle, double *restrict published)
{
    const struct plan_asset *a = &plan->asset[f->asset];
    const double rate = a->model->parity(a->coef[w->set], w->step);
    const double *restrict anchor = worker_row(w, ROW_ORACLE, f->anchor_feed);

    for (int k = 0; k < LANES; k++)
        oracle[k] = within(f, anchor[k] * rate);
    memcpy(published, worker_row(w, ROW_ORACLE_TIME, f->anchor_feed), sizeof(lane_row));
}

void oracle_start(const struct plan *plan, struct worker *w)
{
    for (uint32_t i = 0; i < plan->n_feed; i++) {
        const struct plan_feed *f = &plan->feed[i];
        const double spot = plan->asset[f->asset].spot_usd;
        double *oracle = worker_row(w, ROW_ORACLE, i);

        for (int k = 0; k < LANES; k++) {
            oracle[k] = f->kind == FEED_NONE ? spot : within(f, spot);
            if (f->kind == FEED_MARKET)
                history_row(w, f, 0)[k] = spot;
        }
        if (f->kind == FEED_RATE)
            rate_step(plan, f, w, oracle, worker_row(w, ROW_ORACLE_TIME, i));
        for (uint32_t s = 0; f->source_noise_frac > 0.0 && s < f->n_source; s++)
            rng_start_paths(worker_rng(w, f->first_stream + s), plan->seed, w->path,
                            f->stream[s]);
    }
}

/* Price at a past time of one lane. */
static double past_price(const struct plan *plan, const struct worker *w,
                         const struct plan_feed *f, double time_s, int k)
{
    const double position = time_s / plan->step_s;
    const uint32_t before = position >= w->step ? w->step : (uint32_t)position;
    const double part = position - before;

    if (before >= w->step)
        return history_row(w, f, w->step)[k];
    const double p0 = history_row(w, f, before)[k];
    const double p1 = history_row(w, f, before + 1)[k];
    return p0 + part * (p1 - p0);
}

/* Integral of the price from the start to a past time of one lane, USD s; negative before
 * the start. */
static double past_integral(const struct plan *plan, const struct worker *w,
                            const struct plan_feed *f, double time_s, int k)
{
    const double position = time_s / plan->step_s;
    const uint32_t before = position >= w->step ? w->step : (uint32_t)position;
    const double part = position - before;

    if (time_s <= 0.0)
        return time_s * plan->asset[f->asset].spot_usd;
    if (before >= w->step)
        return integral_row(w, f, w->step)[k];
    const double p0 = history_row(w, f, before)[k];
    const double p1 = history_row(w, f, before + 1)[k];
    return integral_row(w, f, before)[k] +
           part * plan->step_s * (p0 + 0.5 * part * (p1 - p0));
}

/* Writes the present price into the ring. */
static void remember(const struct plan *plan, const struct plan_feed *f, struct worker *w)
{
    const double *restrict now = worker_row(w, ROW_SPOT, f->asset);

    memcpy(history_row(w, f, w->step), now, sizeof(lane_row));
    if (f->twap_s == 0.0 || w->step == 0)
        return;
    const double half_s = 0.5 * plan->step_s;
    const double *restrict before = history_row(w, f, w->step - 1);
    const double *restrict from = integral_row(w, f, w->step - 1);
    double *restrict to = integral_row(w, f, w->step);
    for (int k = 0; k < LANES; k++)
        to[k] = from[k] + half_s * (before[k] + now[k]);
}

void oracle_median(uint32_t n, lane_row *row, double *restrict median)
{
    for (uint32_t pass = 0; pass < n; pass++) /* odd-even transposition sort */
        for (uint32_t i = pass % 2; i + 1 < n; i += 2) {
            double *restrict low = row[i], *restrict high = row[i + 1];
            for (int k = 0; k < LANES; k++) {
                const double a = low[k], b = high[k];
                low[k] = vm_min(a, b);
                high[k] = vm_max(a, b);
            }
        }
    const double *restrict a = row[(n - 1) / 2], *restrict b = row[n / 2];
    for (int k = 0; k < LANES; k++)
        median[k] = 0.5 * (a[k] + b[k]);
}

/* What the sources make of a price. */
static void observe(const struct plan_feed *f, struct worker *w, double *restrict price)
{
    const double sd = f->source_noise_frac;
    lane_row source[FEED_MAX_SOURCE];

    for (uint32_t s = 0; s < f->n_source; s++) {
        double *restrict row = source[s];
        rng_normal(worker_rng(w, f->first_stream + s), row);
        for (int k = 0; k < LANES; k++)
            row[k] = price[k] * vm_exp(sd * row[k]);
    }
    oracle_median(f->n_source, source, price);
}

/* A feed that follows the market. */
static void market_feed_step(const struct plan *plan, uint32_t i, struct worker *w)
{
    const struct plan_feed *f = &plan->feed[i];
    const double *late = worker_effect(w, EFFECT_DELAY, f->asset);
    double *seen = worker_row(w, ROW_ORACLE_SEEN, i);
    double *published = worker_row(w, ROW_ORACLE_TIME, i);
    double *oracle = worker_row(w, ROW_ORACLE, i);
    double *price = w->scratch[0];

    remember(plan, f, w);
    for (int k = 0; k < LANES; k++) {
        seen[k] = vm_max(seen[k], w->time_s - (f->delay_s + late[k]));
        price[k] = f->twap_s == 0.0 ? past_price(plan, w, f, seen[k], k)
                                    : (past_integral(plan, w, f, seen[k], k) -
                                       past_integral(plan, w, f, seen[k] - f->twap_s, k)) /
                                          f->twap_s;
    }
    if (f->source_noise_frac > 0.0)
        observe(f, w, price);
    for (int k = 0; k < LANES; k++) {
        const double answer = within(f, price[k]);
        const bool due = w->time_s - published[k] >= f->heartbeat_s;
        if (due || fabs(answer / oracle[k] - 1.0) >= f->deviation_frac) {
            oracle[k] = answer;
            published[k] = w->time_s;
        }
    }
}

void oracle_step(const struct plan *plan, struct worker *w)
{
    for (uint32_t i = 0; i < plan->n_feed; i++)
        if (plan->feed[i].kind == FEED_MARKET)
            market_feed_step(plan, i, w);
        else if (plan->feed[i].kind == FEED_RATE)
            rate_step(plan, &plan->feed[i], w, worker_row(w, ROW_ORACLE, i),
                      worker_row(w, ROW_ORACLE_TIME, i));
}

void oracle_record(const struct plan *plan, struct worker *w)
{
    for (uint32_t i = 0; i < plan->n_feed; i++)
        if (plan->feed[i].kind == FEED_MARKET)
            remember(plan, &plan->feed[i], w);
}
