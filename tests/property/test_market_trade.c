/* Routing through several books and pools of one asset: what no split may lose or gain. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/liquidation.h"
#include "sim/market.h"
#include "sim/market_trade.h"
#include "tests/fixture.h"
#include "tests/option_case.h"

enum { N_VENUE = 4, TRIALS = 2000 };
static const double SPOT = 2385.25;

/* An order book, a thin one of wide spread, a pool, a pool of ranges. */
static const char *const MODELS[N_VENUE] = {"square_root", "square_root",
                                            "constant_product", "concentrated"};
static const char *const NUMBERS[N_VENUE] = {
    "volatility_daily: 0.04, daily_volume_usd: 3.7e8, half_spread_frac: 1.0e-4, "
    "refill_half_life: 5m",
    "volatility_daily: 0.04, daily_volume_usd: 2.0e7, half_spread_frac: 2.0e-3",
    "reserve_usd: 5.0e7",
    "tick_price_usd: [1000, 2000, 2300, 2350, 2400, 2500, 4000], tick_liquidity: [3.0e4, "
    "2.0e5, 9.0e5, 2.0e6, 0, 3.0e5, 0], beyond: nothing"};

struct case_of_books {
    struct fixture fixture;
    struct worker w;
};

/* A market with the venues whose bit is set. */
static void open_books_with(struct case_of_books *c, unsigned venues, const char *run,
                            const char *further)
{
    char text[8192], *at = text;

    at += sprintf(at,
                  "tailrace: 1\nname: books\nrun: {paths: 1, horizon: 1h, step: 1m%s}\n"
                  "market:\n  tailrace: 1\n  name: books\n  assets:\n"
                  "    ETH: {spot_usd: %.17g, price: {model: gbm, volatility_annual: 0}}\n"
                  "  venues:\n",
                  run, SPOT);
    for (int i = 0; i < N_VENUE; i++)
        if ((venues >> i & 1u) != 0)
            at += sprintf(at,
                          "    venue_%d:\n      margin: {rule: cross}\n"
                          "      liquidity: %s\n      assets:\n"
                          "        ETH: {liquidity: {%s}, tiers: [{from_usd: 0, "
                          "maintenance_frac: 0.02}]}\n",
                          i, MODELS[i], NUMBERS[i]);
    sprintf(at, "%s", further);
    fixture_open(&c->fixture, text, NULL, NULL);
    fixture_start(&c->fixture, &c->w);
}

static void open_books(struct case_of_books *c, unsigned venues)
{
    open_books_with(c, venues, "", "");
}

static void close_books(struct case_of_books *c)
{
    worker_free(&c->w);
    fixture_close(&c->fixture);
}

static double any(uint64_t *state, double low, double high)
{
    return option_case_random(state, low, high);
}

/* A state of the books between trades: impacts left over, depths and spreads under stress;
 * on lane 0 as on every other. */
static void disturb(struct case_of_books *c, uint64_t *state, double *impact)
{
    for (uint32_t b = 0; b < c->fixture.plan.n_book; b++) {
        impact[b] = any(state, 0.0, 1.0) < 0.3 ? 0.0 : any(state, -0.05, 0.05);
        const double depth = exp(any(state, log(0.05), log(2.0)));
        const double spread = exp(any(state, 0.0, log(20.0)));
        for (int k = 0; k < LANES; k++) {
            worker_row(&c->w, ROW_IMPACT, b)[k] = impact[b];
            worker_effect(&c->w, EFFECT_DEPTH, b)[k] = depth;
            worker_effect(&c->w, EFFECT_SPREAD, b)[k] = spread;
        }
    }
}

static void restore(struct case_of_books *c, const double *impact)
{
    for (uint32_t b = 0; b < c->fixture.plan.n_book; b++)
        worker_row(&c->w, ROW_IMPACT, b)[0] = impact[b];
}

/* Up to 20,000 coins, of 155,000 that the largest venue trades a day; either sign. */
static double any_size(uint64_t *state)
{
    const double size = exp(any(state, log(1e-6), log(2e4)));

    return any(state, 0.0, 1.0) < 0.5 ? -size : size;
}

static double no_limit(double coins)
{
    return coins > 0.0 ? 0.0 : INFINITY;
}

static struct fill trade(struct case_of_books *c, double coins, double limit_usd)
{
    return market_trade(&c->fixture.plan, &c->w, 0, 0, coins, limit_usd);
}

/* Marginal price of a book after spread and fee, as the next coin of that sign meets it. */
static double net_price(const struct case_of_books *c, uint32_t b, double sign)
{
    const struct plan_book *book = &c->fixture.plan.book[b];
    const double middle = SPOT * exp(-worker_row(&c->w, ROW_IMPACT, b)[0]);
    const double spread = book->model->half_spread_frac == NULL
                              ? 0.0
                              : book->model->half_spread_frac(book->coef) *
                                    worker_effect(&c->w, EFFECT_SPREAD, b)[0];
    const double fee =
        book->model->fee_frac == NULL ? 0.0 : book->model->fee_frac(book->coef);

    return sign > 0.0 ? middle * (1.0 - spread) * (1.0 - fee)
                      : middle * (1.0 + spread) / (1.0 - fee);
}

/* Between two ranges of the pool of ranges: it has nothing at its price. */
static bool in_gap(const struct case_of_books *c, uint32_t b)
{
    const double price = SPOT * exp(-worker_row(&c->w, ROW_IMPACT, b)[0]);

    return c->fixture.plan.book[b].venue == 3 && price > 2400.0 * (1.0 - 1e-12) &&
           price < 2500.0 * (1.0 + 1e-12);
}

/* A single order book is traded as it always was. */
Test(property, trade_with_one_book_is_its_fill)
{
    struct case_of_books c;
    uint64_t state = 31;

    open_books(&c, 1u);
    const struct plan_book *book = &c.fixture.plan.book[0];
    for (int i = 0; i < TRIALS; i++) {
        double before, alone;
        disturb(&c, &state, &before);
        const double coins = any_size(&state);
        const double depth = worker_effect(&c.w, EFFECT_DEPTH, 0)[0];
        const double spread = 1e-4 * worker_effect(&c.w, EFFECT_SPREAD, 0)[0];
        const struct fill fill = trade(&c, coins, no_limit(coins));
        alone = before;
        double usd = book->model->fill(book->coef, SPOT, depth, coins, &alone);
        usd -= spread * fabs(usd);

        cr_assert_eq(fill.stop, STOP_FILLED);
        cr_assert_eq(fill.coins, coins);
        cr_assert_eq(fill.usd, usd, "%g coins: %.17g, alone %.17g", coins, fill.usd, usd);
        cr_assert_eq(worker_row(&c.w, ROW_IMPACT, 0)[0], alone);
    }
    close_books(&c);
}

/* Books used end at one marginal net price, and the others quote no better. */
Test(property, trade_ends_at_one_marginal_net_price)
{
    struct case_of_books c;
    uint64_t state = 32;
    int n_split = 0;

    open_books(&c, 15u);
    const uint32_t n = c.fixture.plan.n_book;
    cr_assert_eq(n, 4);
    for (int i = 0; i < TRIALS; i++) {
        double before[PLAN_MAX_BOOK], price = NAN;
        disturb(&c, &state, before);
        const double coins = any_size(&state), sign = coins > 0.0 ? 1.0 : -1.0;
        const struct fill fill = trade(&c, coins, no_limit(coins));
        int used = 0;

        if (fill.stop != STOP_FILLED)
            continue;
        for (uint32_t b = 0; b < n; b++)
            if (worker_row(&c.w, ROW_IMPACT, b)[0] != before[b] && !in_gap(&c, b)) {
                const double own = net_price(&c, b, sign);
                used++;
                if (isnan(price))
                    price = own;
                cr_assert(fabs(own / price - 1.0) < 1e-11,
                          "%g coins: book %u ends at %.17g, another at %.17g", coins, b,
                          own, price);
            }
        for (uint32_t b = 0; b < n; b++) {
            const double own = net_price(&c, b, sign);
            cr_assert(isnan(price) || in_gap(&c, b) ||
                          sign * (own - price) <= 1e-11 * price,
                      "%g coins: book %u still quotes %.17g, others ended at %.17g", coins,
                      b, own, price);
        }
        n_split += used > 1;
    }
    cr_assert(n_split > TRIALS / 8, "%d", n_split);
    close_books(&c);
}

/* No single book, no other split, no smaller set of books gives more; coins are conserved,
 * and an order in two parts receives what the whole receives. */
Test(property, trade_is_never_worse_than_fewer_books)
{
    struct case_of_books all;
    uint64_t state = 33;

    open_books(&all, 15u);
    const uint32_t n = all.fixture.plan.n_book;
    for (int i = 0; i < TRIALS; i++) {
        double before[PLAN_MAX_BOOK], whole[PLAN_MAX_BOOK], taker;
        disturb(&all, &state, before);
        const double coins = any_size(&state), limit = no_limit(coins);
        taker = worker_row(&all.w, ROW_TAKER_COINS, 0)[0];
        const struct fill fill = trade(&all, coins, limit);
        if (fill.stop != STOP_FILLED)
            continue;
        const double scale = fabs(fill.usd);
        cr_assert_eq(fill.coins, coins);
        cr_assert_float_eq(worker_row(&all.w, ROW_TAKER_COINS, 0)[0] - taker, coins,
                           1e-9 * (1.0 + fabs(taker)));
        for (uint32_t b = 0; b < n; b++)
            whole[b] = worker_row(&all.w, ROW_IMPACT, b)[0];

        for (uint32_t b = 0; b < n; b++) { /* one alone; all but one */
            for (int only = 0; only < 2; only++) {
                restore(&all, before);
                for (uint32_t v = 0; v < n; v++)
                    worker_row(&all.w, ROW_HALTED, v)[0] = only ? v != b : v == b;
                const struct fill fewer = trade(&all, coins, limit);
                cr_assert(fewer.stop != STOP_FILLED ||
                              fewer.usd <= fill.usd + 1e-11 * scale,
                          "%g coins: %.17g through all, %.17g %s %u", coins, fill.usd,
                          fewer.usd, only ? "through" : "without", b);
            }
            for (uint32_t v = 0; v < n; v++)
                worker_row(&all.w, ROW_HALTED, v)[0] = 0.0;
        }
        restore(&all, before);
        const double part = coins * any(&state, 0.0, 1.0);
        const struct fill first = trade(&all, part, limit);
        const struct fill second = trade(&all, coins - part, limit);
        cr_assert(fabs(first.usd + second.usd - fill.usd) <= 1e-11 * scale,
                  "%g coins: %.17g at once, %.17g in two", coins, fill.usd,
                  first.usd + second.usd);
        for (uint32_t b = 0; b < n; b++)
            cr_assert_float_eq(worker_row(&all.w, ROW_IMPACT, b)[0], whole[b], 1e-10);
    }
    close_books(&all);
}

/* A limit stops the trade at a marginal net price equal to it; what was traded before it is
 * what a trade of that size gets. */
Test(property, trade_stops_at_its_limit)
{
    struct case_of_books c;
    uint64_t state = 34;
    int n_stopped = 0;

    open_books(&c, 15u);
    const uint32_t n = c.fixture.plan.n_book;
    for (int i = 0; i < TRIALS; i++) {
        double before[PLAN_MAX_BOOK];
        disturb(&c, &state, before);
        const double coins = any_size(&state), sign = coins > 0.0 ? 1.0 : -1.0;
        const double limit = SPOT * (1.0 - sign * any(&state, -0.02, 0.05));
        const struct fill fill = trade(&c, coins, limit);

        cr_assert(fabs(fill.coins) <= fabs(coins));
        for (uint32_t b = 0; b < n; b++) {
            const double own = net_price(&c, b, sign);
            if (worker_row(&c.w, ROW_IMPACT, b)[0] != before[b])
                cr_assert(sign * (own - limit) >= -1e-11 * limit,
                          "%g coins: book %u went to %.17g, limit %.17g", coins, b, own,
                          limit);
        }
        if (fill.stop != STOP_UNPROFITABLE)
            continue;
        n_stopped++;
        restore(&c, before);
        const struct fill same = trade(&c, fill.coins, no_limit(coins));
        cr_assert_float_eq(same.usd, fill.usd, 1e-11 * fabs(fill.usd));
    }
    cr_assert(n_stopped > TRIALS / 10, "%d", n_stopped);
    close_books(&c);
}

/* Pools end: an order beyond all they have takes it and says so; with an order book beside
 * them the rest goes there. */
Test(property, trade_says_when_the_books_are_exhausted)
{
    struct case_of_books c;

    open_books(&c, 8u);
    const struct fill sold = trade(&c, 1e6, 0.0);
    cr_assert_eq(sold.stop, STOP_EXHAUSTED);
    cr_assert_gt(sold.coins, 0.0);
    cr_assert_lt(sold.coins, 1e6);
    cr_assert_float_eq(worker_row(&c.w, ROW_IMPACT, 0)[0], log(SPOT / 1000.0), 1e-12);
    const struct fill more = trade(&c, 1.0, 0.0);
    cr_assert_eq(more.stop, STOP_EXHAUSTED);
    cr_assert_eq(more.coins, 0.0);
    cr_assert_eq(more.usd, 0.0);
    close_books(&c);

    open_books(&c, 4u);
    const struct fill bought = trade(&c, -1e6, INFINITY);
    cr_assert_eq(bought.stop, STOP_EXHAUSTED);
    cr_assert_float_eq(bought.coins, -5e7 / SPOT * (1.0 - 1e-3), 1e-6 * 5e7 / SPOT);
    close_books(&c);

    open_books(&c, 9u);
    const struct fill both = trade(&c, 1e6, 0.0);
    cr_assert_eq(both.stop, STOP_FILLED);
    cr_assert_eq(both.coins, 1e6);
    close_books(&c);
}

Test(property, trade_says_when_every_venue_is_halted)
{
    struct case_of_books c;

    open_books(&c, 3u);
    worker_row(&c.w, ROW_HALTED, 0)[0] = 1.0;
    const struct fill one = trade(&c, 5.0, 0.0);
    cr_assert_eq(one.stop, STOP_FILLED);
    cr_assert_eq(worker_row(&c.w, ROW_IMPACT, 0)[0], 0.0);
    worker_row(&c.w, ROW_HALTED, 1)[0] = 1.0;
    const struct fill none = trade(&c, 5.0, 0.0);
    cr_assert_eq(none.stop, STOP_HALTED);
    cr_assert_eq(none.coins, 0.0);
    close_books(&c);
}

/* Without feedback the best quote takes everything and nothing moves. */
Test(property, trade_without_feedback_moves_nothing)
{
    struct case_of_books c;

    open_books_with(&c, 15u, ", feedback: false", "");
    const struct fill fill = trade(&c, 1e5, 0.0);
    cr_assert_eq(fill.stop, STOP_FILLED);
    cr_assert_float_eq(fill.usd, 1e5 * SPOT * (1.0 - 1e-4), 1e-3);
    for (uint32_t b = 0; b < 4; b++)
        cr_assert_eq(worker_row(&c.w, ROW_IMPACT, b)[0], 0.0);
    const struct fill dear = trade(&c, 1.0, SPOT);
    cr_assert_eq(dear.stop, STOP_UNPROFITABLE);
    cr_assert_eq(dear.coins, 0.0);
    close_books(&c);
}
