/* What brought an account down: the market or other sales, counted by hand. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/cascade.h"
#include "tests/cascade_case.h"

/* After the fall to 90: a and d by the market. Their 15 coins bring the price to 83.9: b.
 * Its 10 more to 82.2: c. Its 20 more to 79.7, where e lives. */
Test(cascade_cause, is_counted_as_by_hand)
{
    char accounts[1024], *at = accounts;
    struct tape tape = {.n_event = 0};
    struct fixture f;
    struct worker w;
    int of[5] = {0};

    at += sprintf(at, "account,asset,quantity,entry_price_usd,collateral_usd\n");
    at += add_account(at, "a", 10.0, 92.0);
    at += add_account(at, "b", 10.0, 84.0);
    at += add_account(at, "c", 20.0, 83.0);
    at += add_account(at, "d", 5.0, 91.0);
    add_account(at, "e", 7.0, 79.0);
    open_market(&f, accounts, "");
    fixture_start(&f, &w);
    w.tape = &tape;
    fall(&f, &w, 0.9);
    cascade_finish(&f.plan, &w);

    const double sold = proceeds(0.0, 45.0), by_market = proceeds(0.0, 15.0);
    const double liquidated = worker_row(&w, ROW_LIQUIDATED_USD, 0)[0];
    const double cascade = worker_row(&w, ROW_CASCADE_USD, 0)[0];
    const double ratio = worker_row(&w, ROW_BRANCHING, 0)[0];
    cr_assert_float_eq(liquidated, sold, 1e-9 * sold, "%.17g %.17g", liquidated, sold);
    cr_assert_float_eq(cascade, sold - by_market, 1e-9 * sold);
    cr_assert_float_eq(ratio, 1.0 - by_market / sold, 1e-9);
    cr_assert_eq(worker_row(&w, ROW_ROUNDS, 0)[0], 3.0);
    for (size_t i = 0; i < tape.n_event; i++) {
        const struct tape_event *e = &tape.event[i];
        const char *name = f.plan.venue[0].population->name[e->account];
        const bool market = name[0] == 'a' || name[0] == 'd';
        const uint64_t round = market ? 1 : name[0] == 'b' ? 2 : 3;
        cr_assert_eq(e->cascade, !market, "%s", name);
        cr_assert_eq(e->round, round, "%s", name);
        of[name[0] - 'a'] += e->event == EVENT_BREACH;
        if (e->event == EVENT_TRADE)
            cr_assert_float_eq(
                e->impact_frac,
                1.0 - pow(85.0 / 90.0, sqrt((market           ? name[0] == 'a' ? 10.0 : 15.0
                                             : name[0] == 'b' ? 25.0
                                                              : 45.0) /
                                            10.0)),
                1e-12);
    }
    for (int i = 0; i < 5; i++)
        cr_assert_eq(of[i], i < 4 ? 1 : 0, "breaches of %c: %d", 'a' + i, of[i]);
    tape_free(&tape);
    worker_free(&w);
    fixture_close(&f);
}

/* At the next instant the price is where the sales left it: whoever falls now was brought
 * down by the market. */
Test(cascade_cause, of_a_later_instant_is_the_market)
{
    char accounts[1024], *at = accounts;
    struct fixture f;
    struct worker w;

    at += sprintf(at, "account,asset,quantity,entry_price_usd,collateral_usd\n");
    at += add_account(at, "a", 10.0, 92.0);
    add_account(at, "b", 10.0, 84.5);
    open_market(&f, accounts, "");
    fixture_start(&f, &w);
    fall(&f, &w, 0.9);
    cr_assert_eq(worker_row(&w, ROW_LIQUIDATED_ACCOUNTS, 0)[0], 1.0);
    w.time_s = 300.0;
    fall(&f, &w, 0.99);
    cascade_finish(&f.plan, &w);
    cr_assert_eq(worker_row(&w, ROW_LIQUIDATED_ACCOUNTS, 0)[0], 2.0);
    cr_assert_eq(worker_row(&w, ROW_BRANCHING, 0)[0], 0.0);
    cr_assert_eq(worker_row(&w, ROW_FIRST_LIQUIDATED, 0)[0], 0.0);
    cr_assert_eq(worker_row(&w, ROW_LAST_LIQUIDATED, 0)[0], 300.0);
    worker_free(&w);
    fixture_close(&f);
}

/* The market falls to 90, the oracle says so; a's sale brings the price to 85, which the
 * oracle says an instant later: b falls by that sale. c falls by the market's next move, to
 * 88, at the same displacement. */
Test(cascade_cause, behind_an_oracle_is_what_it_shows_of_earlier_sales)
{
    static const double base[] = {90.0, 90.0, 88.0};
    static const double cascade_accounts[] = {0.0, 1.0, 1.0};
    char accounts[1024], *at = accounts;
    struct fixture f;
    struct worker w;
    double cascade = 0.0, before = 0.0;

    at += sprintf(at, "account,asset,quantity,entry_price_usd,collateral_usd\n");
    at += add_account(at, "a", 10.0, 92.0);
    at += add_account(at, "b", 1e-6, 86.0);
    add_account(at, "c", 1e-6, 84.0);
    open_market(&f, accounts, "      mark: oracle\n");
    fixture_start(&f, &w);
    for (int i = 0; i < 3; i++) {
        w.time_s = 300.0 * (i + 1);
        for (int k = 0; k < LANES; k++)
            worker_row(&w, ROW_MODEL, 0)[k] = worker_row(&w, ROW_BASE, 0)[k] = base[i];
        market_reprice(0, &w);
        memcpy(worker_row(&w, ROW_ORACLE, 0), worker_row(&w, ROW_SPOT, 0),
               sizeof(lane_row));
        book_mark(&f.plan, &w);
        liquidation_step(&f.plan, &w);
        const double closed = worker_row(&w, ROW_LIQUIDATED_ACCOUNTS, 0)[0];
        cr_assert_eq(closed, i + 1.0, "instant %d: %g closed", i, closed);
        cascade += worker_row(&w, ROW_CASCADE_USD, 0)[0] > before ? 1.0 : 0.0;
        before = worker_row(&w, ROW_CASCADE_USD, 0)[0];
        cr_assert_eq(cascade, cascade_accounts[i], "instant %d: %g by sales", i, cascade);
    }
    worker_free(&w);
    fixture_close(&f);
}

/* The user's account, a long of 5 coins that is under water below 88 or 92: by a's sale, or by
 * the market. */
Test(cascade_cause, of_own_accounts_is_found_alike)
{
    for (int market = 0; market < 2; market++) {
        char accounts[256], positions[256], *at = accounts;
        struct fixture f;
        struct worker w;

        at += sprintf(at, "account,asset,quantity,entry_price_usd,collateral_usd\n");
        add_account(at, "a", 10.0, 92.0);
        sprintf(positions,
                "id,account,venue,instrument,asset,quantity,entry_price_usd\n"
                "cash,own,perp_venue,cash,,%.17g,\n"
                "perp,own,perp_venue,perpetual,BTC,5,100\n",
                5.0 * (100.0 - 0.98 * (market ? 92.0 : 88.0)));
        open_with_own(&f, positions, accounts, "");
        fixture_start(&f, &w);
        fall(&f, &w, 0.9);
        cr_assert_eq(worker_row(&w, ROW_LIQUIDATED_ACCOUNTS, 0)[0], 2.0);
        cr_assert_eq(worker_row(&w, ROW_CASCADE_USD, 0)[0] > 0.0, market == 0);
        const double spot = worker_row(&w, ROW_SPOT, 0)[0];
        cr_assert_float_eq(spot, 90.0 * pow(85.0 / 90.0, sqrt(1.5)), 1e-9, "%.17g", spot);
        worker_free(&w);
        fixture_close(&f);
    }
}

Test(cascade_cause, does_not_exist_where_nothing_was_sold)
{
    char accounts[256], *at = accounts;
    struct fixture f;
    struct worker w;

    at += sprintf(at, "account,asset,quantity,entry_price_usd,collateral_usd\n");
    add_account(at, "a", 10.0, 80.0);
    open_market(&f, accounts, "");
    fixture_start(&f, &w);
    fall(&f, &w, 0.9);
    cascade_finish(&f.plan, &w);
    cr_assert(isnan(worker_row(&w, ROW_BRANCHING, 0)[0]));
    cr_assert(isnan(worker_row(&w, ROW_FIRST_LIQUIDATED, 0)[0]));
    cr_assert(isnan(worker_row(&w, ROW_LAST_LIQUIDATED, 0)[0]));
    worker_free(&w);
    fixture_close(&f);
}
