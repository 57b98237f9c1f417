/* Routing. A sale goes down to one marginal net price p in every book: book b moves from its
 * impact J_b to
 *     J = ln(c_b p0 / p), not back from J_b and not beyond its end,
 * where c_b = (1 - half-spread)(1 - fee) is what a seller keeps of a price, and c_b = (1 +
 * half-spread)/(1 - fee) what a buyer pays for it. The coins of all books together rise with
 * the way to p, so p is found inside a bracket: first whether the limit, or the end of all
 * books, comes before the last coin, then between the best price quoted and the best that
 * one book alone could give for everything, by false position (the Illinois variant, Dowell &
 * Jarratt 1971, BIT 11, 168) with a halving in every third step, which a book that takes
 * anything at one price, or nothing for a while, asks for. For books whose marginal price falls with the
 * coins sold, equal marginal prices are the best split (the first-order condition of a
 * concave problem). */

#include "sim/market_trade.h"

#include <math.h>

#include "sim/cascade.h"
#include "sim/vmath.h"

/* Enough halvings for a bracket of e^2 to shrink to rounding; a smooth sum takes some ten
 * steps. */
enum { MAX_STEPS = 160 };

/* The share of an order that may be left for one book to take at the end. */
static const double ROUNDING = 0x1p-46;

/* More than the rounding of a logarithm of prices. */
static const double SLACK = 0x1p-48;

/* One open book in one trade. `reach` measures the way of the marginal net price from p0 in
 * the direction of the trade: ln(p0/p) for sales, ln(p/p0) for purchases. */
struct desk {
    const struct plan_book *book;
    double *impact;
    double price_usd, depth, half_spread_frac, fee_frac;
    double log_net; /* ln c_b */
    double end;     /* impact at which the book ends in this direction */
    double reach;   /* before the trade */
};

/* Cost at which a price keeps nothing for a seller would have no logarithm. */
static const double MOST_HALF_SPREAD = 1.0 - 0x1p-40;

static double book_half_spread(const struct plan_book *book, const struct worker *w, int k,
                               uint32_t b)
{
    if (book->model->half_spread_frac == NULL)
        return 0.0;
    return vm_min(book->model->half_spread_frac(book->coef) *
                      worker_effect(w, EFFECT_SPREAD, b)[k],
                  1.0);
}

static void desk_open(const struct plan *plan, const struct worker *w, int k, uint32_t b,
                      double direction, struct desk *d)
{
    const struct plan_book *book = &plan->book[b];
    const struct liquidity_model *model = book->model;
    double low = -INFINITY, high = INFINITY;

    *d = (struct desk){.book = book,
                       .impact = &worker_row(w, ROW_IMPACT, b)[k],
                       .price_usd = worker_row(w, ROW_BASE, book->asset)[k],
                       .depth = worker_effect(w, EFFECT_DEPTH, b)[k],
                       .half_spread_frac = book_half_spread(book, w, k, b)};
    if (model->fee_frac != NULL)
        d->fee_frac = model->fee_frac(book->coef);
    if (model->range != NULL)
        model->range(book->coef, d->price_usd, &low, &high);
    d->end = direction > 0.0 ? vm_max(high, *d->impact) : vm_min(low, *d->impact);
}

/* What only a choice between books, or a limit, asks for. */
static void desk_rank(struct desk *d, double direction)
{
    const double spread = vm_min(d->half_spread_frac, MOST_HALF_SPREAD);

    d->log_net = direction > 0.0 ? vm_log((1.0 - spread) * (1.0 - d->fee_frac))
                                 : vm_log((1.0 + spread) / (1.0 - d->fee_frac));
    d->reach = direction * (*d->impact - d->log_net);
}

static double desk_impact(const struct desk *d, double direction, double reach)
{
    const double impact = d->log_net + direction * reach;

    if (reach <= d->reach)
        return *d->impact;
    return direction > 0.0 ? vm_min(impact, d->end) : vm_max(impact, d->end);
}

/* Coins, without sign, that the book takes on the way to `reach`. */
static double desk_coins(const struct desk *d, double direction, double reach)
{
    return direction * d->book->model->coins_to(d->book->coef, d->price_usd, d->depth,
                                                *d->impact,
                                                desk_impact(d, direction, reach));
}

static double all_coins(const struct desk *desk, uint32_t n, double direction, double reach)
{
    double coins = 0.0;

    for (uint32_t i = 0; i < n; i++)
        coins += desk_coins(&desk[i], direction, reach);
    return coins;
}

/* USD received for coins with their sign. */
static double desk_fill(const struct desk *d, double coins)
{
    double usd =
        d->book->model->fill(d->book->coef, d->price_usd, d->depth, coins, d->impact);

    usd -= d->half_spread_frac * fabs(usd);
    return usd;
}

/* The price of this instant for any quantity. */
static double desk_quote(const struct desk *d, double coins)
{
    double usd = coins * d->price_usd * vm_exp(-*d->impact);

    usd = coins > 0.0 ? usd * (1.0 - d->fee_frac) : usd / (1.0 - d->fee_frac);
    usd -= d->half_spread_frac * fabs(usd);
    return usd;
}

/* How far the price goes if the best single book takes everything, and a little more: the
 * split goes no further. */
static double reach_alone(const struct desk *desk, uint32_t n, double direction,
                          double amount, double most)
{
    double least = most;

    for (uint32_t i = 0; i < n; i++) {
        const struct desk *d = &desk[i];
        double impact = *d->impact;
        if (desk_coins(d, direction, INFINITY) < amount)
            continue;
        d->book->model->fill(d->book->coef, d->price_usd, d->depth, direction * amount,
                             &impact);
        least = vm_min(least, direction * (impact - d->log_net) + SLACK);
    }
    return least;
}

/* The way at which the books together take `amount`. Ends that differ: it lies between them,
 * at a price where one book takes anything. */
static void find_reach(const struct desk *desk, uint32_t n, double direction, double amount,
                       double *near, double *far)
{
    double below = -amount, above = all_coins(desk, n, direction, *far) - amount;
    int side = 0;

    for (int i = 0; i < MAX_STEPS; i++) {
        const double middle = 0.5 * (*near + *far);
        const double cut = *near - below * (*far - *near) / (above - below);
        const bool usable = i % 3 != 2 && cut > *near && cut < *far;
        const double at = usable ? cut : middle;
        const double rest = all_coins(desk, n, direction, at) - amount;

        if (fabs(rest) <= ROUNDING * amount) {
            *near = *far = at;
            return;
        }
        if (at <= *near || at >= *far)
            return;
        if (rest < 0.0) {
            above *= side < 0 ? 0.5 : 1.0;
            below = rest;
            *near = at;
            side = -1;
        } else {
            below *= side > 0 ? 0.5 : 1.0;
            above = rest;
            *far = at;
            side = 1;
        }
    }
}

/* Trades exactly `amount` through several books that have it before `most`. */
static double split(const struct desk *desk, uint32_t n, double direction, double amount,
                    double most)
{
    double near = INFINITY, far, usd = 0.0, rest = amount, part[PLAN_MAX_BOOK];
    double widest = -1.0;
    uint32_t last = 0;

    for (uint32_t i = 0; i < n; i++)
        near = vm_min(near, desk[i].reach);
    far = vm_max(reach_alone(desk, n, direction, amount, most), near);
    find_reach(desk, n, direction, amount, &near, &far);
    /* What rounding, or a book that takes anything at one price, has left goes to the book
     * that takes most between the ends of the last bracket. */
    for (uint32_t i = 0; i < n; i++) {
        part[i] = vm_min(desk_coins(&desk[i], direction, near), rest);
        rest -= part[i];
        const double more = desk_coins(&desk[i], direction, far) - part[i];
        if (more > widest || (more == widest && part[i] > part[last])) {
            widest = more;
            last = i;
        }
    }
    part[last] += rest;
    for (uint32_t i = 0; i < n; i++)
        if (part[i] > 0.0)
            usd += desk_fill(&desk[i], direction * part[i]);
    return usd;
}

/* Everything that the books have before `most`. */
static struct fill take_all(const struct desk *desk, uint32_t n, double direction,
                            double most)
{
    struct fill fill = {.stop = STOP_EXHAUSTED};

    for (uint32_t i = 0; i < n; i++) {
        const double coins = direction * desk_coins(&desk[i], direction, most);
        if (desk_coins(&desk[i], direction, INFINITY) > fabs(coins))
            fill.stop = STOP_UNPROFITABLE;
        fill.coins += coins;
        if (coins != 0.0)
            fill.usd += desk_fill(&desk[i], coins);
    }
    return fill;
}

static struct fill route(struct desk *desk, uint32_t n, double coins, double limit_usd)
{
    const double direction = coins > 0.0 ? 1.0 : -1.0, amount = fabs(coins);
    const double most = direction * vm_log(desk->price_usd / limit_usd);

    for (uint32_t i = 0; i < n; i++)
        desk_rank(&desk[i], direction);
    if (all_coins(desk, n, direction, most) < amount)
        return take_all(desk, n, direction, most);
    return (struct fill){
        coins, n == 1 ? desk_fill(desk, coins) : split(desk, n, direction, amount, most),
        STOP_FILLED};
}

/* Nothing moves: the best price takes all or nothing. */
static struct fill route_quoted(struct desk *desk, uint32_t n, double coins,
                                double limit_usd)
{
    const double direction = coins > 0.0 ? 1.0 : -1.0;
    const double most = direction * vm_log(desk->price_usd / limit_usd);
    const struct desk *best = NULL;

    for (uint32_t i = 0; i < n; i++) {
        desk_rank(&desk[i], direction);
        if (desk[i].end != *desk[i].impact && (best == NULL || desk[i].reach < best->reach))
            best = &desk[i];
    }
    if (best == NULL)
        return (struct fill){.stop = STOP_EXHAUSTED};
    if (best->reach > most)
        return (struct fill){.stop = STOP_UNPROFITABLE};
    return (struct fill){coins, desk_quote(best, coins), STOP_FILLED};
}

/* The only book, at any price, of any quantity: most sales of most scenarios. */
static double trade_one(const struct plan *plan, struct worker *w, int k, uint32_t b,
                        double coins)
{
    const struct plan_book *book = &plan->book[b];
    double usd = book->model->fill(book->coef, worker_row(w, ROW_BASE, book->asset)[k],
                                   worker_effect(w, EFFECT_DEPTH, b)[k], coins,
                                   &worker_row(w, ROW_IMPACT, b)[k]);

    usd -= book_half_spread(book, w, k, b) * fabs(usd);
    return usd;
}

static struct fill trade_routed(const struct plan *plan, struct worker *w, int k,
                                uint32_t asset, double coins, double limit_usd)
{
    const uint32_t first = plan->first_book[asset], end = plan->first_book[asset + 1];
    struct desk desk[PLAN_MAX_BOOK];
    uint32_t n = 0;

    for (uint32_t b = first; b < end; b++)
        if (worker_row(w, ROW_HALTED, plan->book[b].venue)[k] == 0.0)
            desk_open(plan, w, k, b, coins > 0.0 ? 1.0 : -1.0, &desk[n++]);
    if (n == 0)
        return (struct fill){.stop = end > first ? STOP_HALTED : STOP_EXHAUSTED};
    return plan->feedback ? route(desk, n, coins, limit_usd)
                          : route_quoted(desk, n, coins, limit_usd);
}

struct fill market_trade(const struct plan *plan, struct worker *w, int k, uint32_t asset,
                         double coins, double limit_usd)
{
    const uint32_t first = plan->first_book[asset];
    const bool any_price = coins > 0.0 ? limit_usd == 0.0 : isinf(limit_usd);
    struct fill fill = {coins, 0.0, STOP_FILLED};

    if (coins == 0.0)
        return fill;
    if (any_price && plan->feedback && plan_books(plan, asset) == 1 &&
        plan->book[first].model->range == NULL &&
        worker_row(w, ROW_HALTED, plan->book[first].venue)[k] == 0.0)
        fill.usd = trade_one(plan, w, k, first, coins);
    else
        fill = trade_routed(plan, w, k, asset, coins, limit_usd);
    worker_row(w, ROW_TAKER_COINS, asset)[k] += fill.coins;
    worker_row(w, ROW_TAKER_USD, 0)[k] += fill.usd;
    if (w->tape != NULL)
        cascade_trade(plan, w, asset, k, &fill);
    return fill;
}
