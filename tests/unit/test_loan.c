/* Loans and loops, with numbers that can be checked by hand. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "models/instrument/lending.h"
#include "sim/book_claim.h"
#include "sim/market.h"
#include "tests/flow_case.h"

#define COLUMNS                                                                            \
    "id,account,instrument,asset,quantity,debt_quantity,debt_asset,base_rate_annual,"      \
    "slope1_annual,slope2_annual,kink_utilisation_frac,utilisation_frac,"                  \
    "utilisation_beta,liquidation_threshold_frac,full_close_below_usd,"                    \
    "target_leverage,loan_to_value_frac,staking_yield_annual\n"

static const double YEAR_H = 8760.0;

/* 10 coins against 700 USD; at 85 the health is 850 x 0.8 / 700 = 0.971: half is repaid,
 * 350, for coins worth 367.5. Left: 482.5 against 350, health 1.103. At 51 these are 289.5,
 * health 0.66: all are taken, and the borrower owes nothing; a doubled price does not bring
 * anything back. */
Test(loan, is_liquidated_in_part_then_in_full)
{
    static const char POSITIONS[] = COLUMNS "l,a,loan,BTC,10,700,,,,,,,,0.8,0,,,\n";
    struct flow_case once = {.run = "horizon: 24h, step: 1h",
                             .shocks = "  - {price: BTC, move: -0.15, start: 2h}\n",
                             .positions = POSITIONS};
    struct flow_case twice = once;
    const double left = 10.0 - 367.5 / 85.0;

    const double pnl_of_once = flow_pnl(&once);
    cr_expect_float_eq(pnl_of_once, -150.0 - 17.5, 1e-10, "%.17g",
                       fixture_metric(&once.fixture, "pnl_usd", 0)[0]);
    fixture_close(&once.fixture);
    twice.shocks = "  - {price: BTC, move: -0.15, start: 2h}\n"
                   "  - {price: BTC, move: -0.4, start: 5h}\n"
                   "  - {price: BTC, move: 1, start: 7h}\n";
    const double pnl_of_twice = flow_pnl(&twice);
    cr_expect_float_eq(pnl_of_twice, -300.0, 1e-10, "%.17g, %.17g coins",
                       fixture_metric(&twice.fixture, "pnl_usd", 0)[0], left);
    flow_check_contributions(&twice);
    fixture_close(&twice.fixture);
}

/* The same debt in coins at 50 USD: 14. When they rise by 18 % to 59, health is 10 x 100 x
 * 0.8 / (14 x 59) = 0.9685; 7 are repaid for 7 x 59 x 1.05 / 100 = 4.3365 BTC. */
Test(loan, may_owe_coins)
{
    struct flow_case c = {.run = "horizon: 24h, step: 1h",
                          .shocks = "  - {price: ETH, move: 0.18, start: 2h}\n",
                          .positions = COLUMNS "l,a,loan,BTC,10,14,ETH,,,,,,,0.8,0,,,\n"};
    struct worker w;

    const double pnl_of_c = flow_pnl(&c);
    cr_expect_float_eq(pnl_of_c, -14.0 * 9.0 - 7.0 * 59.0 * 0.05, 1e-10, "%.17g",
                       fixture_metric(&c.fixture, "pnl_usd", 0)[0]);
    flow_check_contributions(&c);
    fixture_start(&c.fixture, &w);
    while (w.step < 3)
        flow_step(&c.fixture, &w);
    cr_expect_float_eq(worker_row(&w, ROW_COINS, 0)[0], 10.0 - 4.3365, 1e-13);
    cr_expect_float_eq(worker_row(&w, ROW_COINS, 1)[0], -7.0, 1e-13);
    cr_expect_float_eq(worker_row(&w, ROW_CLAIM_STATE, LENDING_DEBT)[0], 0.7, 1e-14);
    cr_expect_float_eq(worker_row(&w, ROW_CASH, 0)[0], 0.0, 0.0);
    worker_free(&w);
    fixture_close(&c.fixture);
}

/* The oracle is three hours late: it says 85 at 5 h, when the price is 80 already. 367.5 USD
 * at 85 are 4.3235 coins, worth 345.88: less than the 350 repaid. At 8 h it says 80: 5.6765
 * x 80 x 0.8 = 363.3 against 350. */
Test(loan, is_liquidated_at_the_oracles_price)
{
    struct flow_case c = {
        .run = "horizon: 24h, step: 1h",
        .btc = "price: {model: gbm, volatility_annual: 0}, oracle: {delay: 3h}",
        .shocks = "  - {price: BTC, move: -0.15, start: 2h}\n"
                  "  - {price: BTC, move: -0.058823529411764705, start: 4h}\n",
        .positions = COLUMNS "l,a,loan,BTC,10,700,,,,,,,,0.8,0,,,\n"};
    struct worker w;

    const double pnl_of_c = flow_pnl(&c);
    cr_expect_float_eq(pnl_of_c, -200.0 + 350.0 - 367.5 / 85.0 * 80.0, 1e-9, "%.17g",
                       fixture_metric(&c.fixture, "pnl_usd", 0)[0]);
    fixture_start(&c.fixture, &w);
    while (w.step < 8) {
        flow_step(&c.fixture, &w);
        cr_expect_float_eq(worker_row(&w, ROW_COINS, 0)[0],
                           w.step < 5 ? 10.0 : 10.0 - 367.5 / 85.0, 1e-13, "hour %u",
                           w.step);
    }
    worker_free(&w);
    fixture_close(&c.fixture);
}

/* Base 0.02, slopes 0.1 and 2 with the kink at 0.8: at utilisation 0.9 the rate is 0.02 +
 * 0.08 + 0.2 = 0.3. Thirty days in 720 steps round 720 times. */
Test(loan, grows_by_its_rate)
{
    static const char *const debts[][2] = {{"700", ""}, {"14", "ETH"}};

    for (int i = 0; i < 2; i++) {
        char positions[1024];
        struct flow_case c = {.run = "horizon: 720h, step: 1h", .positions = positions};
        const double expected = -700.0 * expm1(0.3 * 720.0 / YEAR_H);
        snprintf(positions, sizeof positions,
                 COLUMNS "l,a,loan,BTC,10,%s,%s,0.02,0.1,2,0.8,0.9,,0.8,,,,\n", debts[i][0],
                 debts[i][1]);
        const double pnl_of_c = flow_pnl(&c);
        cr_expect_float_eq(pnl_of_c, expected, 700.0 * 720.0 * 0x1p-52, "%.17g, %.17g",
                           fixture_metric(&c.fixture, "pnl_usd", 0)[0], expected);
        flow_check_contributions(&c);
        fixture_close(&c.fixture);
    }
}

/* A fall by a fifth at 2 h with elasticity -2 raises utilisation from 0.5 to 0.5 / 0.64 =
 * 0.78125; with -10 it would be above 1 and is 1. The rate of a step is that of its
 * beginning: two hours at the old one, 22 at the new. */
Test(loan, utilisation_follows_the_price)
{
    static const struct {
        const char *beta;
        double rate;
    } rows[] = {{"-2", 0.02 + 0.1 * 0.7 + 2.0 * 0.08125}, {"-10", 0.02 + 0.07 + 2.0 * 0.3}};

    for (int i = 0; i < 2; i++) {
        char positions[1024];
        struct flow_case c = {.run = "horizon: 24h, step: 1h",
                              .shocks = "  - {price: BTC, move: -0.2, start: 2h}\n",
                              .positions = positions};
        const double before = 0.02 + 0.1 * 0.5;
        const double grown = (2.0 * before + 22.0 * rows[i].rate) / YEAR_H;
        snprintf(positions, sizeof positions,
                 COLUMNS "l,a,loan,BTC,10,500,,0.02,0.1,2,0.7,0.5,%s,0.8,,,,\n",
                 rows[i].beta);
        const double pnl_of_c = flow_pnl(&c);
        cr_expect_float_eq(pnl_of_c, -200.0 - 500.0 * expm1(grown), 1e-10, "beta %s: %.17g",
                           rows[i].beta, fixture_metric(&c.fixture, "pnl_usd", 0)[0]);
        fixture_close(&c.fixture);
    }
}

/* A health h of 0.97 is below threshold times (1 + bonus) = 0.9975, so a half makes it 0.9975
 * - 2 x 0.0275 = 0.9425. That is below 0.95: a second liquidation in the same step takes
 * all. */
Test(loan, is_liquidated_again_in_the_same_step)
{
    struct flow_case c = {.run = "horizon: 2h, step: 1h",
                          .shocks = "  - {price: BTC, move: -0.03, start: 1h}\n",
                          .positions =
                              COLUMNS "l,a,loan,BTC,10,949.999999,,,,,,,,0.95,0,,,\n"};
    struct worker w;

    flow_open(&c);
    fixture_start(&c.fixture, &w);
    flow_step(&c.fixture, &w);
    cr_expect_eq(worker_row(&w, ROW_CLAIM_STATE, LENDING_DEBT)[0], 0.0);
    cr_expect_float_eq(worker_row(&w, ROW_CASH, 0)[0], 0.0, 1e-12, "%g",
                       worker_row(&w, ROW_CASH, 0)[0]);
    cr_expect_eq(worker_row(&w, ROW_CLAIM_STATE, LENDING_COLLATERAL)[0], 0.0);
    worker_free(&w);
    fixture_close(&c.fixture);
}

/* What a step says of itself, per coin: interest and yield are carry, the bonus a fee, the
 * rest principal. 9 % over the year on 70 USD, 3 % on one coin that fell to 85 and of which
 * the liquidator takes 1.05 x half of the debt. */
Test(loan, flows_are_carry_and_fee)
{
    struct flow_case c = {.run = "horizon: 2h, step: 1h",
                          .shocks = "  - {price: BTC, move: -0.15, start: 1h}\n",
                          .positions =
                              COLUMNS "l,a,loan,BTC,10,700,,0.09,,,,,,0.8,0,,,0.03\n"};
    const double interest = 70.0 * expm1(0.09 / YEAR_H), earned = expm1(0.03 / YEAR_H);
    const double repaid = 0.5 * (70.0 + interest);
    struct claim_flow flow;
    struct worker w;

    flow_open(&c);
    fixture_start(&c.fixture, &w);
    w.step = 1;
    w.time_s = 3600.0;
    market_step(&c.fixture.plan, &w);
    cr_assert(book_claim_step(&c.fixture.plan, &c.fixture.plan.claim[0], &w, &flow));
    cr_expect_float_eq(flow.carry_usd[0], 85.0 * earned - interest, 1e-15);
    cr_expect_float_eq(flow.fee_usd[0], -0.05 * repaid, 1e-13, "%.17g", flow.fee_usd[0]);
    cr_expect_float_eq(flow.cash_usd[0], repaid - interest, 1e-13);
    cr_expect_float_eq(flow.coins[0], earned - 1.05 * repaid / 85.0, 1e-15);
    cr_expect_float_eq(flow.debt_coins[0], 0.0, 0.0);
    worker_free(&w);
    fixture_close(&c.fixture);
}

/* Two loans of half the size, in one account or two, lose what the whole one does, on paths
 * of which many are liquidated. */
Test(loan, splitting_changes_nothing)
{
    static const char *const texts[] = {
        COLUMNS "l,a,loan,BTC,10,14,ETH,0.02,0.1,2,0.8,0.7,-2,0.8,0,,,0.03\n",
        COLUMNS "l,a,loan,BTC,5,7,ETH,0.02,0.1,2,0.8,0.7,-2,0.8,0,,,0.03\n"
                "m,b,loan,BTC,2.5,3.5,ETH,0.02,0.1,2,0.8,0.7,-2,0.8,0,,,0.03\n"
                "n,a,loan,BTC,2.5,3.5,ETH,0.02,0.1,2,0.8,0.7,-2,0.8,0,,,0.03\n"};
    struct flow_case c[2];
    struct worker w;
    int touched = 0;

    for (int i = 0; i < 2; i++) {
        c[i] = (struct flow_case){.run = "horizon: 30d, step: 1h, seed: 3",
                                  .btc = "price: {model: gbm, volatility_annual: 0.9}",
                                  .eth = "price: {model: gbm, volatility_annual: 0.7}",
                                  .positions = texts[i]};
        flow_pnl(&c[i]);
        flow_check_contributions(&c[i]);
    }
    cr_expect_lt(flow_difference(&c[0], &c[1]), 1e-9);
    fixture_start(&c[0].fixture, &w);
    while (w.step < c[0].fixture.plan.n_step)
        flow_step(&c[0].fixture, &w);
    for (int k = 0; k < LANES; k++)
        touched += worker_row(&w, ROW_CLAIM_STATE, LENDING_COLLATERAL)[k] < 1.0;
    cr_expect(touched > LANES / 8 && touched < LANES, "%d liquidated", touched);
    worker_free(&w);
    fixture_close(&c[1].fixture);
    fixture_close(&c[0].fixture);
}

/* The loop is what n rounds of deposit, borrow at 0.9, exchange and deposit make; and 400
 * rounds make 1 / (1 - 0.9) to rounding. */
Test(loop, is_the_sum_of_its_rounds)
{
    static const int rounds[] = {0, 1, 2, 7, 40, 400};
    const double ltv = 0.9;

    for (size_t i = 0; i < sizeof rounds / sizeof *rounds; i++) {
        double collateral = 2.5, debt_eth = 0.0, lent = 2.5;
        for (int n = 0; n < rounds[i]; n++) {
            const double borrowed_eth = ltv * lent * 100.0 / 50.0;
            lent = borrowed_eth * 50.0 / 100.0;
            debt_eth += borrowed_eth;
            collateral += lent;
        }
        const double leverage = rounds[i] == 400 ? 1.0 / (1.0 - ltv) : collateral / 2.5;
        char positions[1024];
        struct flow_case c = {.run = "horizon: 2h, step: 1h", .positions = positions};
        struct worker w;
        snprintf(positions, sizeof positions,
                 COLUMNS "l,a,loop,BTC,2.5,,ETH,,,,,,,0.95,,%.17g,0.9,\n", leverage);
        flow_open(&c);
        fixture_start(&c.fixture, &w);
        cr_expect_float_eq(worker_row(&w, ROW_COINS, 0)[0], collateral, 1e-12 * collateral,
                           "%d rounds", rounds[i]);
        cr_expect_float_eq(worker_row(&w, ROW_COINS, 1)[0], -debt_eth, 1e-12 * collateral,
                           "%d rounds", rounds[i]);
        cr_expect_float_eq(c.fixture.plan.start_value_usd, 250.0, 1e-9);
        worker_free(&w);
        fixture_close(&c.fixture);
    }
}

/* At leverage 8 a year's yield of 0.03 on eight and rate of 0.05 on seven. */
Test(loop, earns_the_yield_and_pays_the_rate)
{
    static const char *const debt[] = {"ETH", ""};

    for (int i = 0; i < 2; i++) {
        char positions[1024];
        struct flow_case c = {.run = "horizon: 365d, step: 6h", .positions = positions};
        const double expected = 1500.0 * (8.0 * expm1(0.03) - 7.0 * expm1(0.05));
        snprintf(positions, sizeof positions,
                 COLUMNS "l,a,loop,BTC,15,,%s,0.05,,,,,,0.95,,8,0.9,0.03\n", debt[i]);
        const double pnl_of_c = flow_pnl(&c);
        cr_expect_float_eq(pnl_of_c, expected, 1500.0 * 8.0 * 1460.0 * 0x1p-52,
                           "%.17g, %.17g", fixture_metric(&c.fixture, "pnl_usd", 0)[0],
                           expected);
        flow_check_contributions(&c);
        fixture_close(&c.fixture);
    }
}

/* A staked coin that loses 9 % of its parity: 120 of them are 10,920 USD against 10,500,
 * health 0.988, but 0.95 x 1.05 is above that: every half makes it worse (5,407.5 against
 * 5,250; 2,651.25 against 2,625; 1,273.1 against 1,312.5), until all is gone. The coin comes
 * back, the 1,500 USD do not. */
Test(loop, is_lost_to_its_liquidators)
{
    struct flow_case c = {
        .run = "horizon: 4h, step: 1h",
        .shocks = "  - {price: BTC, move: -0.09, start: 2h, recover: {half_life: 1h}}\n",
        .positions = COLUMNS "l,a,loop,BTC,15,,ETH,,,,,,,0.95,,8,0.9,\n"};

    const double pnl_of_c = flow_pnl(&c);
    cr_expect_float_eq(pnl_of_c, -1500.0, 1e-9, "%.17g",
                       fixture_metric(&c.fixture, "pnl_usd", 0)[0]);
    flow_check_contributions(&c);
    fixture_close(&c.fixture);
}
