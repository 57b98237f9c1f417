#include "models/instrument/barrier.h"

#include <math.h>

#include "sim/vmath.h"

/* Single-barrier options: what they are and what becomes of them along a path. The formula
 * of their value is in barrier_value.c.
 *
 * A barrier that is watched all the time is touched inside a step where the highest or
 * lowest price of the step's Brownian bridge is beyond it. One that is looked at every dt
 * is touched where the price at the end of a step is beyond it, if a look falls within that
 * step: a run whose step divides dt looks at the right instants. The last look is at
 * expiry. Jumps of the price model touch what they jump over; the step in which the option
 * expires counts whole.
 *
 * It settles at the average of the settlement window, but its barrier is touched by the price
 * itself. Within the window the value is an approximation: that of a barrier on the average's
 * mean, whose touch is less likely. */

static const char *const barrier_options[] = {"put", "call", NULL};
static const char *const barrier_types[] = {"up_out", "up_in", "down_out", "down_in", NULL};
static const char *const barrier_settlements[] = {"linear", "inverse", NULL};

static const struct field barrier_fields[] = {
    /* clang-format off */
    {.key = "quantity", .unit = "coin", .type = FIELD_NUMBER, .required = true,
     .min = -1e15, .max = 1e15, .offset = offsetof(struct contract, quantity),
     .doc = "coins that the options are on; negative: written"},
    {.key = "option_type", .unit = "1", .type = FIELD_CHOICE, .required = true,
     .choices = barrier_options, .offset = offsetof(struct contract, call),
     .doc = "call: right to buy; put: right to sell"},
    {.key = "strike_usd", .unit = "USD", .type = FIELD_NUMBER, .required = true,
     .min = 1e-12, .max = 1e12, .offset = offsetof(struct contract, strike_usd),
     .doc = "price at which the holder may buy or sell"},
    {.key = "barrier_type", .unit = "1", .type = FIELD_CHOICE, .required = true,
     .choices = barrier_types, .offset = offsetof(struct barrier, type),
     .doc = "up or down: side of the price where the barrier lies; out: dead once touched; "
            "in: alive only then"},
    {.key = "barrier_usd", .unit = "USD", .type = FIELD_NUMBER, .required = true,
     .min = 1e-12, .max = 1e12, .offset = offsetof(struct barrier, barrier_usd),
     .doc = "price that knocks the option out or in"},
    {.key = "rebate_usd", .unit = "USD", .type = FIELD_NUMBER, .preset = 0.0,
     .min = 0.0, .max = 1e12, .offset = offsetof(struct barrier, rebate_usd),
     .doc = "paid per unit when an out is touched, or at expiry for an in that never was"},
    {.key = "monitoring_interval", .unit = "s", .type = FIELD_DURATION, .preset = 0.0,
     .min = 0.0, .max = 3.2e9, .offset = offsetof(struct contract, look_s),
     .doc = "time between two looks at the price, 1d; empty: it is watched all the time"},
    {.key = "expiry", .unit = "s", .type = FIELD_INSTANT, .required = true,
     .min = 0.0, .max = 3.2e9, .offset = offsetof(struct contract, expiry_s),
     .doc = "time from the start to expiry, 14d; or a UTC time if the market has time_utc"},
    {.key = "settlement", .unit = "1", .type = FIELD_CHOICE, .preset_text = "linear",
     .choices = barrier_settlements, .offset = offsetof(struct contract, inverse),
     .doc = "linear: in dollars; inverse: in the coin"},
    {.key = "settlement_window", .unit = "s", .type = FIELD_DURATION, .min = 0.0,
     .max = 86400.0, .preset = 1800.0, .offset = offsetof(struct contract, settle_window_s),
     .doc = "it settles at the average price of so long before expiry; 0s: the price then"},
    {.key = NULL},
    /* clang-format on */
};

static bool barrier_check(const struct contract *c, const char *where, struct error *err)
{
    const struct barrier *b = (const struct barrier *)c;

    if (c->quantity == 0.0)
        return fail(err, "%s: barrier '%s' has quantity 0: remove the row or give a size",
                    where, c->id);
    if (!(c->strike_usd > 0.0))
        return fail(err, "%s: barrier '%s' has strike_usd = %g: give a strike above 0",
                    where, c->id, c->strike_usd);
    if (!(b->barrier_usd > 0.0))
        return fail(err, "%s: barrier '%s' has barrier_usd = %g: give a price above 0",
                    where, c->id, b->barrier_usd);
    if (!(c->expiry_s > 0.0))
        return fail(err,
                    "%s: barrier '%s' expires %g s before the start: remove the row or "
                    "give a later expiry",
                    where, c->id, -c->expiry_s);
    if (b->contract.look_s > 0.0 && b->rebate_usd > 0.0 && c->inverse && barrier_is_out(b))
        return fail(err,
                    "%s: barrier '%s' pays rebate_usd = %g in coins at a touch that is "
                    "looked for every %g s, which has no closed form: leave "
                    "monitoring_interval empty, or settle it linear",
                    where, c->id, b->rebate_usd, b->contract.look_s);
    return true;
}

/* Warns of one that was touched before the start. */
static bool barrier_warn_start(const struct contract *c, double spot_usd, const char *where,
                               struct error *note)
{
    const struct barrier *b = (const struct barrier *)c;
    const double sign = barrier_is_up(b) ? 1.0 : -1.0;

    if (c->look_s > 0.0 || sign * (spot_usd - b->barrier_usd) < 0.0)
        return true;
    return fail(
        note,
        "%s: barrier '%s' has barrier_usd = %g, which the start's price of %g touches "
        "already: %s; give %s a price %s the start's",
        where, c->id, b->barrier_usd, spot_usd,
        barrier_is_out(b) ? "it is worth nothing" : "it is a plain option",
        barrier_types[b->type], barrier_is_up(b) ? "above" : "below");
}

/* touched = 1 where an extreme price is at the barrier or beyond it; newly = 1 where it
 * was not before. */
static void barrier_touch(const struct barrier *b, const double *price_usd,
                          double *restrict touched, double *restrict newly)
{
    const double sign = barrier_is_up(b) ? 1.0 : -1.0, level = b->barrier_usd;
    const double *restrict price = price_usd;

    for (int k = 0; k < LANES; k++) {
        const double now = sign * (price[k] - level) >= 0.0 ? 1.0 : touched[k];
        newly[k] = now - touched[k];
        touched[k] = now;
    }
}

/* An option that is beyond its barrier at the start was touched before: what was due for
 * it has been paid. */
static void barrier_start(const struct contract *c, const struct claim_step *s)
{
    const struct barrier *b = (const struct barrier *)c;
    lane_row newly;

    if (b->contract.look_s == 0.0)
        barrier_touch(b, s->spot_usd, s->state[BARRIER_TOUCHED], newly);
}

/* Whether a look, or the expiry, falls within a step. A second in a million is rounding. */
static bool barrier_looks(const struct barrier *b, const struct claim_step *s)
{
    const double slack_s = 1e-6 * s->step_s;
    const double last = floor((s->time_s + slack_s) / b->contract.look_s);
    const double before = floor((s->time_s - s->step_s + slack_s) / b->contract.look_s);

    return last > before || s->time_s + slack_s >= b->contract.expiry_s;
}

static void barrier_step(const struct contract *c, const struct claim_step *s)
{
    const struct barrier *b = (const struct barrier *)c;
    const double *extreme = barrier_is_up(b) ? s->high_usd : s->low_usd;
    const double rebate = barrier_is_out(b) ? b->rebate_usd : 0.0;
    const double cash = c->inverse ? 0.0 : rebate;
    const double coins = c->inverse ? rebate / b->barrier_usd : 0.0;
    double *restrict cash_usd = s->cash_usd, *restrict paid_coins = s->coins;
    lane_row newly;

    if (b->contract.look_s > 0.0 && !barrier_looks(b, s))
        return;
    barrier_touch(b, b->contract.look_s > 0.0 ? s->spot_usd : extreme,
                  s->state[BARRIER_TOUCHED], newly);
    for (int k = 0; k < LANES; k++) {
        cash_usd[k] += newly[k] * cash;
        paid_coins[k] += newly[k] * coins;
    }
}

static void barrier_payoff(const struct contract *c, const double *const *state,
                           const double *settle_usd, double *payoff_usd)
{
    const struct barrier *b = (const struct barrier *)c;
    const double sign = c->call ? 1.0 : -1.0, strike = c->strike_usd;
    const double alive = barrier_is_out(b) ? 0.0 : 1.0; /* touched, when it pays */
    const double otherwise = barrier_is_out(b) ? 0.0 : b->rebate_usd;
    const double *restrict settle = settle_usd, *restrict touched = state[BARRIER_TOUCHED];
    double *restrict payoff = payoff_usd;

    for (int k = 0; k < LANES; k++) {
        const double gain = vm_max(sign * (settle[k] - strike), 0.0);
        payoff[k] = touched[k] == alive ? gain : otherwise;
    }
}

const struct instrument instrument_barrier = {
    .about = {.name = "barrier",
              .doc = "Single-barrier option on the forward, knocked out or in, with a "
                     "rebate.",
              .fields = barrier_fields,
              .param_size = sizeof(struct barrier),
              .example =
                  "{quantity: 2.385, option_type: call, strike_usd: 96, barrier_type: "
                  "up_out, barrier_usd: 140, rebate_usd: 3, expiry: 30d}"},
    .margin = MARGIN_REFUSED,
    .needs_surface = true,
    .reads_extremes = true,
    .n_state = BARRIER_N_STATE,
    .check = barrier_check,
    .warn_start = barrier_warn_start,
    .value = barrier_value,
    .start = barrier_start,
    .step = barrier_step,
    .payoff = barrier_payoff,
};
