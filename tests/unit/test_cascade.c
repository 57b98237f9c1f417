/* What is said of a cascade: causes counted by hand, why bad debt arose, who is left. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/book.h"
#include "sim/cascade.h"
#include "sim/liquidation.h"
#include "sim/market.h"
#include "sim/trigger.h"
#include "tests/fixture.h"

static const char SCENARIO[] = "tailrace: 1\n"
                               "name: hand\n"
                               "run: {paths: 16, horizon: 1h, step: 5m}\n"
                               "accounts: {perp_venue: accounts.csv}\n";

/* A market in which the sale of 10 coins at 90 brings the price to 85. */
static void open_market(struct fixture *f, const char *accounts, const char *venue)
{
    const bool oracle = strstr(venue, "mark: oracle") != NULL;
    const double log_impact = log(90.0 / 85.0);
    char text[4096], liquidity[256];

    snprintf(liquidity, sizeof liquidity,
             "impact_coefficient: 1.0, volatility_daily: 0.04, daily_volume_usd: %.17g, "
             "half_spread_frac: 0, refill_half_life: 10d",
             0.04 * 0.04 * 100.0 * 10.0 / (log_impact * log_impact));
    int n = snprintf(text, sizeof text, "%s", SCENARIO);
    snprintf(text + n, sizeof text - (size_t)n, FIXTURE_MARKET,
             oracle ? "{model: gbm, volatility_annual: 0.8}, oracle: {delay: 0s}"
                    : "{model: gbm, volatility_annual: 0.8}",
             liquidity, venue);
    fixture_open(f, text, NULL, accounts);
}

/* A long of `coins` entered at 100 that is under water below price_usd, at 2 % maintenance. */
static int add_account(char *text, const char *name, double coins, double price_usd)
{
    return sprintf(text, "%s,BTC,%.17g,100,%.17g\n", name, coins,
                   coins * (100.0 - 0.98 * price_usd));
}

static void fall(const struct fixture *f, struct worker *w, double factor)
{
    for (int k = 0; k < LANES; k++)
        worker_row(w, ROW_BASE, 0)[k] *= factor;
    market_reprice(0, w);
    book_mark(&f->plan, w);
    liquidation_step(&f->plan, w);
}

/* What a sale from q0 to q1 coins brings at 90: the integral of the marginal price, by
 * Simpson's rule in the root of q. */
static double proceeds(double q0, double q1)
{
    const double a = sqrt(q0), b = sqrt(q1), c = log(90.0 / 85.0) / sqrt(10.0);
    const int n = 1000;
    double sum = 0.0;

    for (int i = 0; i <= n; i++) {
        const double z = a + (b - a) * i / n;
        sum += (i == 0 || i == n ? 1.0
                : i % 2 == 1     ? 4.0
                                 : 2.0) *
               2.0 * z * 90.0 * exp(-c * z);
    }
    return sum * (b - a) / n / 3.0;
}

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

/* a fell through 0 at once: its collateral of 60 paid a fall to 94; its sale costs more. The
 * fund of 50 pays that part of the shortfall, so of both mechanisms in proportion. */
Test(bad_debt, is_split_by_what_made_it)
{
    struct fixture f;
    struct worker w;

    open_market(&f,
                "account,asset,quantity,entry_price_usd,collateral_usd\na,BTC,10,100,60\n",
                "      insurance_fund_usd: 10\n");
    fixture_start(&f, &w);
    fall(&f, &w, 0.9);
    const double insolvent = 10.0 * (100.0 - 90.0) - 60.0;
    const double slippage = 10.0 * 90.0 - proceeds(0.0, 10.0);
    const double unpaid = 1.0 - 10.0 / (insolvent + slippage);
    const double bad_debt = worker_row(&w, ROW_BAD_DEBT, 0)[0];
    cr_assert_float_eq(bad_debt, insolvent + slippage - 10.0, 1e-9);
    cr_assert_float_eq(worker_row(&w, ROW_BAD_DEBT_BY, MECHANISM_INSOLVENT)[0],
                       insolvent * unpaid, 1e-9);
    cr_assert_float_eq(worker_row(&w, ROW_BAD_DEBT_BY, MECHANISM_SLIPPAGE)[0],
                       slippage * unpaid, 1e-9);
    cr_assert_eq(worker_row(&w, ROW_BAD_DEBT_BY, MECHANISM_WAITING)[0], 0.0);
    cr_assert_eq(worker_row(&w, ROW_BAD_DEBT_BY, MECHANISM_MARK)[0], 0.0);
    cr_assert_eq(worker_row(&w, ROW_BAD_DEBT_BY, MECHANISM_INCENTIVE)[0], 0.0);
    worker_free(&w);
    fixture_close(&f);
}

/* The parts in their order: below 0 before, better marks, incentives, own sales; each as far
 * as there is a shortfall. */
Test(bad_debt, is_taken_up_by_the_mechanisms_in_their_order)
{
    static const struct {
        double equity, gap, incentive;
        bool waiting;
        double part[N_MECHANISM];
    } row[] = {
        {-30.0, 20.0, 15.0, false, {60.0, 0.0, 40.0, 30.0, 70.0}},
        {-30.0, 20.0, 15.0, true, {0.0, 60.0, 40.0, 30.0, 70.0}},
        {40.0, -5.0, 15.0, false, {0.0, 0.0, 0.0, 30.0, 170.0}},
        {-99.0, 20.0, 15.0, false, {198.0, 0.0, 2.0, 0.0, 0.0}},
        {-150.0, 20.0, 15.0, false, {200.0, 0.0, 0.0, 0.0, 0.0}},
    };
    struct fixture f;
    struct worker w;

    open_market(
        &f, "account,asset,quantity,entry_price_usd,collateral_usd\na,BTC,10,100,60\n", "");
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        fixture_start(&f, &w);
        w.closing = (struct closing){.weight = 2.0,
                                     .equity_usd = row[i].equity,
                                     .gap_usd = row[i].gap,
                                     .incentive_usd = row[i].incentive,
                                     .waiting = row[i].waiting};
        cascade_split(&w, 0, 200.0, 100.0);
        for (uint32_t m = 0; m < N_MECHANISM; m++)
            cr_assert_float_eq(worker_row(&w, ROW_BAD_DEBT_BY, m)[0], 0.5 * row[i].part[m],
                               1e-12, "row %d: %s", (int)i, cascade_mechanism_name[m]);
        worker_free(&w);
    }
    fixture_close(&f);
}

/* Nothing may be closed: whoever is under water stays, and the deepest owes. */
Test(latent_bad_debt, is_that_of_accounts_that_were_not_closed)
{
    char accounts[1024], *at = accounts;
    struct fixture f;
    struct worker w;

    at += sprintf(at, "account,asset,quantity,entry_price_usd,collateral_usd,weight\n");
    at += sprintf(at, "a,BTC,10,100,60,3\nb,BTC,10,100,105,1\nc,BTC,10,100,500,1\n");
    open_market(&f, accounts, "      max_rounds: 1\n");
    fixture_start(&f, &w);
    for (int k = 0; k < LANES; k++)
        worker_row(&w, ROW_BASE, 0)[k] = 90.0;
    market_reprice(0, &w);
    book_mark(&f.plan, &w);
    cascade_finish(&f.plan, &w);
    cr_assert_eq(worker_row(&w, ROW_UNDER_WATER, 0)[LANES - 1], 4.0);
    cr_assert_float_eq(worker_row(&w, ROW_LATENT_DEBT, 0)[LANES - 1], 3.0 * 40.0, 1e-9);
    cr_assert_eq(worker_row(&w, ROW_BAD_DEBT, 0)[0], 0.0);
    worker_free(&w);
    fixture_close(&f);
}
