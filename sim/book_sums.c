/* Sums over the claims of the user's accounts: in full or by tables, and what follows from
 * that to second order until they are valued again. */

#include "sim/book_sums.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "sim/bend.h"
#include "sim/black_smile.h"
#include "sim/book_table.h"
#include "sim/smile.h"
#include "sim/vmath.h"

static const double SLOPE_STEP = 0.01; /* of the price, for the slope of a requirement */
static const double SKEW_WEIGHT = 2.0; /* a skew of 0.01 moves a volatility of 0.5 by 2 % */

double *book_sums_row(const struct plan *plan, const struct worker *w, uint32_t account,
                      uint32_t asset, enum claim_sum sum)
{
    return worker_row(w, ROW_CLAIM, (account * plan->n_asset + asset) * N_CLAIM_SUM + sum);
}

void book_sums_moved(const struct plan *plan, uint32_t account, uint32_t asset,
                     const struct worker *w, double *moved)
{
    const double *spot = book_sums_row(plan, w, account, asset, CLAIM_SPOT);
    const double *surface = book_sums_row(plan, w, account, asset, CLAIM_SURFACE);
    const double *term = book_sums_row(plan, w, account, asset, CLAIM_TERM);
    const double *skew = book_sums_row(plan, w, account, asset, CLAIM_SKEW);
    const double *price = book_claim_price(plan, account, BOOK_MARK, asset, w);
    const double *surface_now = book_claim_surface(plan, w, asset);
    const double *term_now = worker_effect(w, EFFECT_TERM, asset);
    const double *skew_now = worker_effect(w, EFFECT_SKEW, asset);
    const double most = bend_term_exponent(0.0, plan->asset[asset].term_power);

    for (int k = 0; k < LANES; k++) {
        const double by_price = fabs(price[k] - spot[k]) / price[k];
        const double by_level = fabs(surface_now[k] - surface[k]) / surface_now[k];
        const double by_term = most * fabs(term_now[k] - term[k]);
        const double by_skew = SKEW_WEIGHT * fabs(skew_now[k] - skew[k]);
        const double worse = vm_max(vm_max(by_price, by_level), vm_max(by_term, by_skew));
        moved[k] = spot[k] > 0.0 && worse > moved[k] ? worse : moved[k];
    }
}

/* The rows of one claim per unit of quantity. */
enum { N_UNIT = CLAIM_RHO + 1 };

/* Adds one claim's rows, of which the first N_UNIT are in the order of the sums. */
static void add_rows(double quantity, const lane_row *restrict unit,
                     const struct claim_slopes *v, lane_row *restrict sum)
{
    for (int row = 0; row < N_UNIT; row++)
        for (int k = 0; k < LANES; k++)
            sum[row][k] += quantity * unit[row][k];
    for (int k = 0; k < LANES; k++) {
        const double vega = quantity * unit[CLAIM_VEGA][k], by = v->by_factor[k];
        sum[CLAIM_FACTOR][k] += vega * by;
        sum[CLAIM_FACTOR_SPOT][k] += quantity * unit[CLAIM_VANNA][k] * by;
        sum[CLAIM_FACTOR_2][k] += quantity * unit[CLAIM_VOLGA][k] * by * by;
        sum[CLAIM_BY_TERM][k] += vega * v->by_term[k];
        sum[CLAIM_BY_SKEW][k] += vega * v->by_skew[k];
    }
}

/* What a venue's margin rule wants of one claim. */
static void add_margin(const struct plan *plan, const struct plan_claim *o,
                       const double *spot, const double *value, const double *delta,
                       lane_row *sum)
{
    const struct contract *c = o->contract;
    const struct plan_venue *at = &plan->venue[plan->account[c->account].venue];
    lane_row higher, worth;

    if (c->instrument->margin == MARGIN_FUTURE) {
        for (int k = 0; k < LANES; k++) {
            sum[CLAIM_FUTURE][k] += c->inverse ? 0.0 : c->quantity * delta[k];
            sum[CLAIM_FUTURE_USD][k] += c->inverse ? c->quantity : 0.0;
        }
        return;
    }
    for (int k = 0; k < LANES; k++) {
        sum[CLAIM_OPTION_DELTA][k] += c->quantity * delta[k];
        sum[CLAIM_ABS][k] += fabs(c->quantity * value[k]);
        higher[k] = spot[k] * (1.0 + SLOPE_STEP);
        worth[k] = vm_max(value[k] + delta[k] * spot[k] * SLOPE_STEP, 0.0);
    }
    if (at->rule->option == NULL)
        return; /* sim/book_portfolio.c */
    at->rule->option(at->coef[0], c, spot, value, sum[CLAIM_NEED], LANES);
    at->rule->option(at->coef[0], c, higher, worth, sum[CLAIM_SLOPE], LANES);
}

/* ln(F/S) / T^2: times rho what a year takes off where the basis a year stays. */
static double carry_of(const struct plan *plan, const struct contract *c,
                       const struct worker *w)
{
    const struct surface *surface = plan->asset[c->asset].surface;
    const double years = (c->expiry_s - w->time_s) / PLAN_YEAR_S;

    return surface == NULL || years <= 0.0
               ? 0.0
               : surface_log_forward_ratio(surface, years) / (years * years);
}

/* Adds one claim to the sums of its account and asset. */
static void add_claim(const struct plan *plan, const struct plan_claim *o,
                      const struct worker *w, const double *spot, const double *log_spot,
                      lane_row *sum)
{
    lane_row unit[N_UNIT];
    struct claim_slopes slopes;
    struct claim_value out = {unit[CLAIM_VALUE], unit[CLAIM_DELTA], unit[CLAIM_GAMMA],
                              unit[CLAIM_VEGA],  unit[CLAIM_THETA], unit[CLAIM_VANNA],
                              unit[CLAIM_VOLGA], unit[CLAIM_RHO]};

    book_claim_slopes(plan, o, w, spot, log_spot, &out, &slopes);
    const double carry = o->contract->quantity * carry_of(plan, o->contract, w);
    for (int k = 0; k < LANES; k++)
        sum[CLAIM_CARRY][k] -= carry * unit[CLAIM_RHO][k];
    add_rows(o->contract->quantity, (const lane_row *)unit, &slopes, sum);
    if (plan->account[o->contract->account].venue != PLAN_NONE)
        add_margin(plan, o, spot, unit[CLAIM_VALUE], unit[CLAIM_DELTA], sum);
}

/* Where the sums of a strip go; those of absolute values are the margin's. */
static const struct {
    uint32_t from; /* one of BLACK_ */
    enum claim_sum to;
} strip_sums[] = {{BLACK_VALUE, CLAIM_VALUE},
                  {BLACK_DELTA, CLAIM_DELTA},
                  {BLACK_GAMMA, CLAIM_GAMMA},
                  {BLACK_THETA, CLAIM_THETA},
                  {BLACK_VEGA, CLAIM_VEGA},
                  {BLACK_VANNA, CLAIM_VANNA},
                  {BLACK_VOLGA, CLAIM_VOLGA},
                  {BLACK_RHO, CLAIM_RHO},
                  {BLACK_FACTOR, CLAIM_FACTOR},
                  {BLACK_FACTOR_SPOT, CLAIM_FACTOR_SPOT},
                  {BLACK_FACTOR_FACTOR, CLAIM_FACTOR_2},
                  {BLACK_BY_TERM, CLAIM_BY_TERM},
                  {BLACK_BY_SKEW, CLAIM_BY_SKEW}};

/* The sums of a strip whose options have a volatility on every path. */
static void smile_strip(const struct plan *plan, const struct black_strip *strip,
                        const struct black_path *path, const struct plan_claim *claim,
                        const struct worker *w, lane_row *sum,
                        const struct black_rows *rows)
{
    struct smile_expiry expiry;
    struct black_smile b;
    struct smile smile;

    smile_start(plan, claim->contract, w, &expiry);
    black_smile_start(&b, strip, path);
    for (uint32_t i = 0; i < strip->n; i++) {
        smile_at(&expiry, claim[i].strike, strip->log_strike[i], path->log_spot, &smile);
        black_smile_add(&b, i, &smile, rows == NULL ? NULL : rows->value_usd[i],
                        rows == NULL ? NULL : rows->delta_coin[i]);
    }
    black_smile_finish(&b, sum);
}

/* Adds a strip's options to the sums of their account and asset. */
static void add_strip(const struct plan *plan, const struct plan_strip *s,
                      const struct worker *w, const double *spot, const double *log_spot,
                      lane_row *sum)
{
    const struct plan_claim *claim = &plan->claim[s->first_claim];
    const struct contract *c = claim->contract;
    const struct surface *surface = plan->asset[c->asset].surface;
    const double years = (c->expiry_s - w->time_s) / PLAN_YEAR_S;
    const bool margin = plan->account[c->account].venue != PLAN_NONE;
    lane_row strip_sum[N_BLACK_SMILE_SUM], value[PLAN_MAX_STRIP], delta[PLAN_MAX_STRIP];
    double volatility_sqrt_t[PLAN_MAX_STRIP];
    const struct black_strip strip = {.n = s->n,
                                      .inverse = c->inverse,
                                      .years = years,
                                      .log_forward_ratio =
                                          surface_log_forward_ratio(surface, years),
                                      .sign = s->sign,
                                      .strike_usd = s->strike_usd,
                                      .log_strike = s->log_strike,
                                      .quantity = s->quantity,
                                      .volatility_sqrt_t = volatility_sqrt_t};
    const struct black_path path = {spot, log_spot, book_claim_surface(plan, w, c->asset)};
    const struct black_rows rows = {value, delta};

    memset(strip_sum, 0, sizeof strip_sum);
    if (plan->asset[c->asset].smile) {
        smile_strip(plan, &strip, &path, claim, w, strip_sum, margin ? &rows : NULL);
    } else {
        black_volatility_sqrt_t(surface, years, s->n, s->total_variance, volatility_sqrt_t);
        black_strip_greeks(&strip, &path, strip_sum, margin ? &rows : NULL);
    }
    for (size_t i = 0; i < sizeof strip_sums / sizeof *strip_sums; i++)
        for (int k = 0; k < LANES; k++)
            sum[strip_sums[i].to][k] += strip_sum[strip_sums[i].from][k];
    const double carry = carry_of(plan, c, w);
    for (int k = 0; k < LANES; k++)
        sum[CLAIM_CARRY][k] -= carry * strip_sum[BLACK_RHO][k];
    for (uint32_t i = 0; margin && i < s->n; i++)
        add_margin(plan, &claim[i], spot, value[i], delta[i], sum);
}

/* The strip that begins with a claim, if its options can be valued together now: none settles
 * at an average that has begun. */
static const struct plan_strip *strip_of(const struct plan *plan,
                                         const struct plan_claim *o, const struct worker *w)
{
    if (o->strip == PLAN_NONE || !book_claim_tabulated(o, w->time_s))
        return NULL;
    assert(&plan->claim[plan->strip[o->strip].first_claim] == o);
    return &plan->strip[o->strip];
}

void book_sums_add(const struct plan *plan, const struct plan_claim *claim, uint32_t n,
                   enum book_part part, const struct worker *w, const double *spot_usd,
                   lane_row *sum)
{
    const double *spot = spot_usd;
    lane_row part_sum[N_CLAIM_FUNCTION], log_spot;

    memset(part_sum, 0, sizeof part_sum);
    for (int k = 0; k < LANES; k++)
        log_spot[k] = vm_log(spot[k]);
    for (uint32_t i = 0; i < n; i++) {
        const bool wanted =
            part == BOOK_ALL ||
            book_claim_tabulated(&claim[i], w->time_s) == (part == BOOK_TABULATED);
        if (!wanted || claim[i].expiry_step <= w->step ||
            claim[i].contract->instrument->value == NULL)
            continue;
        const struct plan_strip *strip = strip_of(plan, &claim[i], w);
        if (strip == NULL) {
            add_claim(plan, &claim[i], w, spot, log_spot, part_sum);
        } else {
            add_strip(plan, strip, w, spot, log_spot, part_sum);
            i += strip->n - 1;
        }
    }
    for (int k = 0; k < LANES; k++)
        part_sum[CLAIM_SLOPE][k] =
            (part_sum[CLAIM_SLOPE][k] - part_sum[CLAIM_NEED][k]) / (SLOPE_STEP * spot[k]);
    for (uint32_t s = 0; s < N_CLAIM_FUNCTION; s++)
        for (int k = 0; k < LANES; k++)
            sum[s][k] += part_sum[s][k];
}

/* The sums of one account and asset by its table where there is one, else in full. */
static void claim_sums(const struct plan *plan, const struct plan_claim *claim, uint32_t n,
                       const double *mask, struct worker *w, const double *spot,
                       lane_row *sum)
{
    const struct contract *c = claim->contract;
    double *outside_count = worker_row(w, ROW_TABLE_OUTSIDE, 0);
    lane_row outside, full[N_CLAIM_FUNCTION];
    bool any = false;

    memset(sum, 0, N_CLAIM_SUM * sizeof *sum);
    if (plan->tables == NULL ||
        !book_table_sums(plan, c->account, c->asset, w, spot, sum, outside)) {
        book_sums_add(plan, claim, n, BOOK_ALL, w, spot, sum);
        return;
    }
    book_sums_add(plan, claim, n, BOOK_REST, w, spot, sum);
    for (int k = 0; k < LANES; k++) {
        const double lost = outside[k] * (mask[k] != 0.0 ? 1.0 : 0.0);
        outside_count[k] += lost;
        any |= lost != 0.0;
    }
    if (!any)
        return;
    memset(full, 0, sizeof full);
    book_sums_add(plan, claim, n, BOOK_ALL, w, spot, full);
    for (uint32_t s = 0; s < N_CLAIM_FUNCTION; s++)
        for (int k = 0; k < LANES; k++)
            sum[s][k] = outside[k] != 0.0 ? full[s][k] : sum[s][k];
}

uint32_t book_sums_group(const struct plan *plan, uint32_t account, uint32_t first)
{
    const struct plan_account *a = &plan->account[account];
    const uint32_t end = a->first_claim + a->n_claim;
    uint32_t i = first;

    while (i < end && plan->claim[i].contract->asset == plan->claim[first].contract->asset)
        i++;
    return i - first;
}

void book_sums_revalue(const struct plan *plan, uint32_t account, enum book_prices prices,
                       const double *mask, struct worker *w)
{
    const struct plan_account *a = &plan->account[account];
    lane_row sum[N_CLAIM_SUM];

    for (uint32_t first = a->first_claim, n; first < a->first_claim + a->n_claim;
         first += n) {
        const uint32_t asset = plan->claim[first].contract->asset;
        const double *spot = book_claim_price(plan, account, prices, asset, w);
        n = book_sums_group(plan, account, first);
        claim_sums(plan, &plan->claim[first], n, mask, w, spot, sum);
        memcpy(sum[CLAIM_SPOT], spot, sizeof(lane_row));
        memcpy(sum[CLAIM_SURFACE], book_claim_surface(plan, w, asset), sizeof(lane_row));
        memcpy(sum[CLAIM_TERM], worker_effect(w, EFFECT_TERM, asset), sizeof(lane_row));
        memcpy(sum[CLAIM_SKEW], worker_effect(w, EFFECT_SKEW, asset), sizeof(lane_row));
        for (uint32_t s = 0; s < N_CLAIM_SUM; s++) {
            double *row = book_sums_row(plan, w, account, asset, s);
            for (int k = 0; k < LANES; k++)
                row[k] = mask[k] != 0.0 ? sum[s][k] : row[k];
        }
    }
}

/* value += what the shocks on term and skew did since. */
static void estimate_bends(const struct plan *plan, uint32_t account, uint32_t asset,
                           const struct worker *w, double *value)
{
    static const struct {
        enum effect_state effect;
        enum claim_sum slope, at;
    } parts[] = {{EFFECT_TERM, CLAIM_BY_TERM, CLAIM_TERM},
                 {EFFECT_SKEW, CLAIM_BY_SKEW, CLAIM_SKEW}};
    const double *open = worker_row(w, ROW_OPEN, account);

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const double *now = worker_effect(w, parts[i].effect, asset);
        const double *at = book_sums_row(plan, w, account, asset, parts[i].at);
        const double *slope = book_sums_row(plan, w, account, asset, parts[i].slope);
        for (int k = 0; k < LANES; k++)
            value[k] += open[k] * slope[k] * (now[k] - at[k]);
    }
}

/* value += the account's claims on one asset at the price given, to second order. */
void book_sums_estimate(const struct plan *plan, uint32_t account, uint32_t asset,
                        const double *price, const struct worker *w, double *value)
{
    const double *open = worker_row(w, ROW_OPEN, account);
    const double *v = book_sums_row(plan, w, account, asset, CLAIM_VALUE);
    const double *delta = book_sums_row(plan, w, account, asset, CLAIM_DELTA);
    const double *gamma = book_sums_row(plan, w, account, asset, CLAIM_GAMMA);
    const double *factor = book_sums_row(plan, w, account, asset, CLAIM_FACTOR);
    const double *spot = book_sums_row(plan, w, account, asset, CLAIM_SPOT);
    const double *surface = book_sums_row(plan, w, account, asset, CLAIM_SURFACE);
    const double *now = book_claim_surface(plan, w, asset);

    for (int k = 0; k < LANES; k++) {
        const double move = price[k] - spot[k];
        value[k] += open[k] * (v[k] + delta[k] * move + 0.5 * gamma[k] * move * move +
                               factor[k] * (now[k] - surface[k]));
    }
    if (plan->asset[asset].smile)
        estimate_bends(plan, account, asset, w, value);
}
