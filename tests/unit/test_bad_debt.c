/* Why bad debt arose, and what is left of it in accounts that were not closed. */

#include <criterion/criterion.h>
#include <math.h>

#include "sim/cascade.h"
#include "sim/trigger.h"
#include "tests/cascade_case.h"

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

/* The oracle still says 95, where a has 10 left; the books pay from 90 down. */
Test(bad_debt, of_marks_that_are_too_good_is_theirs)
{
    struct fixture f;
    struct worker w;

    open_market(&f,
                "account,asset,quantity,entry_price_usd,collateral_usd\na,BTC,10,100,60\n",
                "      mark: oracle\n");
    fixture_start(&f, &w);
    for (int k = 0; k < LANES; k++)
        worker_row(&w, ROW_ORACLE, 0)[k] = 95.0;
    fall(&f, &w, 0.9);
    cr_assert_float_eq(worker_row(&w, ROW_BAD_DEBT_BY, MECHANISM_MARK)[0], 40.0, 1e-9);
    cr_assert_float_eq(worker_row(&w, ROW_BAD_DEBT_BY, MECHANISM_SLIPPAGE)[0],
                       900.0 - proceeds(0.0, 10.0), 1e-9);
    cr_assert_eq(worker_row(&w, ROW_BAD_DEBT_BY, MECHANISM_INSOLVENT)[0], 0.0);
    worker_free(&w);
    fixture_close(&f);
}

/* Waits for the next instant, then closes the account at 1 % of its value for the fund, 2 %
 * for the liquidator and 1 USD of gas. */
static void later_act(const void *coef, struct liquidation_market *m,
                      struct liquidation_account *a, struct liquidation_outcome *out)
{
    (void)coef;
    out->stop = STOP_WAITING;
    if (a->memory[0] == 0.0) {
        a->memory[0] = 1.0;
        a->memory[1] = m->time_s;
        out->acted = true;
    }
    if (m->time_s == a->memory[1])
        return;
    const struct fill f = m->trade(m->context, a->asset[0], a->coins[0], 0.0);
    out->liquidated_usd = f.coins * m->mark_usd[a->asset[0]];
    out->fee_usd = 0.01 * out->liquidated_usd;
    out->liquidator_usd = 0.02 * out->liquidated_usd - 1.0;
    out->gas_usd = 1.0;
    *a->cash_usd += f.usd - 0.03 * out->liquidated_usd;
    a->coins[0] = 0.0;
    out->acted = out->closed = true;
    out->stop = STOP_FILLED;
}

static const struct liquidation_model LATER = {.about = {.name = "later"},
                                               .act = later_act};

static void use(struct fixture *f, const struct liquidation_model *model)
{
    struct plan_venue *venue = (struct plan_venue *)f->plan.venue;

    venue->liquidation = model;
    f->plan.overlay_words = trigger_words(venue->population, false);
}

/* a is offered at 95 with 10 left; at 90 it owes 40. What its liquidators get comes on top;
 * the fund has their fee to pay from. */
Test(bad_debt, of_an_account_that_waited_is_that_of_waiting_and_of_incentives)
{
    const double closed = 900.0, fee = 0.01 * closed;
    struct fixture f;
    struct worker w;

    open_market(
        &f, "account,asset,quantity,entry_price_usd,collateral_usd\na,BTC,10,100,60\n", "");
    use(&f, &LATER);
    fixture_start(&f, &w);
    fall(&f, &w, 0.95);
    w.time_s = 300.0;
    fall(&f, &w, 90.0 / 95.0);
    cascade_finish(&f.plan, &w);
    const double slippage = closed - proceeds(0.0, 10.0);
    const double shortfall = 40.0 + 0.03 * closed + slippage;
    const double unpaid = 1.0 - fee / shortfall;
    cr_assert_float_eq(worker_row(&w, ROW_SHORTFALL, 0)[0], shortfall, 1e-9);
    cr_assert_float_eq(worker_row(&w, ROW_BAD_DEBT_BY, MECHANISM_WAITING)[0], 40.0 * unpaid,
                       1e-9);
    cr_assert_float_eq(worker_row(&w, ROW_BAD_DEBT_BY, MECHANISM_INCENTIVE)[0],
                       0.03 * closed * unpaid, 1e-9);
    cr_assert_float_eq(worker_row(&w, ROW_BAD_DEBT_BY, MECHANISM_SLIPPAGE)[0],
                       slippage * unpaid, 1e-9);
    cr_assert_eq(worker_row(&w, ROW_BAD_DEBT_BY, MECHANISM_INSOLVENT)[0], 0.0);
    cr_assert_eq(worker_row(&w, ROW_GAS_SPENT, 0)[0], 1.0);
    cr_assert_eq(worker_row(&w, ROW_FIRST_LIQUIDATED, 0)[0], 300.0);
    cr_assert_eq(worker_row(&w, ROW_UNDER_WATER, 0)[0], 0.0);
    worker_free(&w);
    fixture_close(&f);
}

/* The parts in their order: below 0 before, better marks, incentives, own sales; each as far
 * as the equity left does not pay it, and as there is a shortfall. */
Test(bad_debt, is_taken_up_by_the_mechanisms_in_their_order)
{
    static const struct {
        double equity, gap, incentive;
        bool waiting;
        double part[N_MECHANISM];
    } row[] = {
        {-30.0, 20.0, 15.0, false, {60.0, 0.0, 40.0, 30.0, 70.0}},
        {-30.0, 20.0, 15.0, true, {0.0, 60.0, 40.0, 30.0, 70.0}},
        {40.0, -5.0, 15.0, false, {0.0, 0.0, 0.0, 0.0, 200.0}},
        {10.0, 25.0, 15.0, false, {0.0, 0.0, 30.0, 30.0, 140.0}},
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

static void waits_act(const void *coef, struct liquidation_market *m,
                      struct liquidation_account *a, struct liquidation_outcome *out)
{
    (void)coef;
    (void)m;
    a->memory[0] = 1.0;
    out->acted = true;
    out->stop = STOP_WAITING;
}

static const struct liquidation_model WAITS = {.about = {.name = "waits"},
                                               .act = waits_act};

/* a's liquidation begins at 88.5 and goes on for ever, twice in the first round; at 85
 * it owes 20, three times. */
Test(latent_bad_debt, holds_liquidations_that_are_under_way)
{
    struct fixture f;
    struct worker w;

    open_market(&f,
                "account,asset,quantity,entry_price_usd,collateral_usd,weight\n"
                "a,BTC,10,100,130,3\nb,BTC,10,100,500,1\n",
                "      max_rounds: 2\n");
    use(&f, &WAITS);
    fixture_start(&f, &w);
    fall(&f, &w, 0.885);
    cr_assert_eq(worker_row(&w, ROW_WATCHED, 0)[0], 1.0);
    cr_assert_eq(worker_row(&w, ROW_LIQUIDATED_ACCOUNTS, 0)[0], 3.0);
    cr_assert_eq(worker_row(&w, ROW_LIQUIDATED_USD, 0)[0], 0.0);
    cr_assert(isnan(worker_row(&w, ROW_FIRST_LIQUIDATED, 0)[0]));
    cr_assert_eq(worker_row(&w, ROW_ATTEMPTS, STOP_WAITING)[0], 9.0);
    fall(&f, &w, 85.0 / 88.5);
    cascade_finish(&f.plan, &w);
    cr_assert_eq(worker_row(&w, ROW_UNDER_WATER, 0)[0], 3.0);
    cr_assert_float_eq(worker_row(&w, ROW_LATENT_DEBT, 0)[0], 3.0 * 20.0, 1e-9);
    worker_free(&w);
    fixture_close(&f);
}
