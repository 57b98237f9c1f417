/* Stepped closing against a market at constant prices. */

#include "tests/liquidation_case.h"

extern const struct liquidation_model liquidation_partial;

static void set(struct liquidation_case_param *p, const char *key, double value)
{
    liquidation_case_set(liquidation_partial.about.fields, p, key, value);
}

/* 30,000 coins of asset 0 and 400 short of asset 1 at 100 USD. */
static void start(struct liquidation_case *c, const struct liquidation_case_param *p)
{
    liquidation_case_start(c, &liquidation_partial, p, NULL);
    c->n_leg = 2;
    c->coins[0] = 30000.0;
    c->coins[1] = -400.0;
    c->cash_usd = -2.9e6;
    c->requirement_usd = 152000.0;
    c->time_s = 7.0;
}

/* Hyperliquid: 20 % of the position above 100,000 USD, all of the other; nothing more in that
 * block; all of the rest in the cool-down. */
Test(unit, partial_closes_a_fifth_first)
{
    const struct liquidation_case_param p =
        liquidation_case_presets(liquidation_partial.about.fields);
    struct liquidation_case c;

    start(&c, &p);
    liquidation_case_act(&c);
    cr_expect(c.out.acted && !c.out.closed);
    cr_expect_float_eq(c.coins[0], 24000.0, 0.0, "%g", c.coins[0]);
    cr_expect_float_eq(c.coins[1], 0.0, 0.0, "%g", c.coins[1]);
    cr_expect_float_eq(c.cash_usd, -2.9e6 + 600000.0 - 40000.0, 0.0, "%g", c.cash_usd);
    cr_expect_float_eq(c.out.liquidated_usd, 640000.0, 0.0, "%g", c.out.liquidated_usd);
    liquidation_case_act(&c);
    cr_expect(!c.out.acted && c.out.stop == STOP_WAITING, "the same block");
    c.time_s += 29.5;
    liquidation_case_act(&c);
    cr_expect(c.out.acted && c.out.closed && c.coins[0] == 0.0);
    cr_expect_float_eq(c.cash_usd, 60000.0, 1e-9, "%.17g", c.cash_usd);
}

/* After the cool-down a first part again; with `wait` nothing in it, and all after it. */
Test(unit, partial_cools_down)
{
    struct liquidation_case_param p =
        liquidation_case_presets(liquidation_partial.about.fields);
    struct liquidation_case c;

    start(&c, &p);
    liquidation_case_act(&c);
    c.time_s += 30.0;
    liquidation_case_act(&c);
    cr_expect_float_eq(c.coins[0], 0.8 * 24000.0, 1e-9, "%g", c.coins[0]);
    set(&p, "in_cool_down", 1);
    start(&c, &p);
    liquidation_case_act(&c);
    c.time_s += 29.5;
    liquidation_case_act(&c);
    cr_expect(!c.out.acted && c.out.stop == STOP_WAITING && c.coins[0] == 24000.0);
    c.time_s += 0.5;
    liquidation_case_act(&c);
    cr_expect(c.out.closed && c.coins[0] == 0.0);
}

/* Positions at most as large as whole_below_usd are closed at once. */
Test(unit, partial_closes_small_positions_at_once)
{
    const struct liquidation_case_param p =
        liquidation_case_presets(liquidation_partial.about.fields);
    struct liquidation_case c;

    start(&c, &p);
    c.coins[0] = 1000.0;
    liquidation_case_act(&c);
    cr_expect(c.out.closed && c.out.liquidated_usd == 140000.0);
}

/* At the marks and with the venue's fee, equity after it is exactly the multiple wanted. */
Test(unit, partial_restores_the_margin)
{
    struct liquidation_case_param p =
        liquidation_case_presets(liquidation_partial.about.fields);
    struct liquidation_case c;

    set(&p, "restore_ratio", 1.3);
    start(&c, &p);
    c.fee_frac = 0.004;
    const double notional = 3.04e6, equity = liquidation_case_equity(&c);
    liquidation_case_act(&c);
    const double part = c.out.liquidated_usd / notional;
    const double after = liquidation_case_equity(&c), need = 152000.0 * (1.0 - part);
    cr_expect_float_eq(equity, 60000.0, 0.0);
    cr_expect_float_eq(c.out.fee_usd, 0.004 * part * notional, 1e-9, "%g", c.out.fee_usd);
    cr_expect_float_eq(after, 1.3 * need, 1e-8, "%.17g, %.17g", after, 1.3 * need);
    cr_expect_float_eq(c.coins[0] / 30000.0, c.coins[1] / -400.0, 1e-14);
}

/* dYdX v4: a tenth of a position, 1,000 USD at least, 100,000 USD of an account per block. */
Test(unit, partial_closes_what_a_block_allows)
{
    struct liquidation_case_param p =
        liquidation_case_presets(liquidation_partial.about.fields);
    struct liquidation_case c;

    set(&p, "whole_below_usd", 1e15);
    set(&p, "block_frac", 0.1);
    set(&p, "block_least_usd", 1000.0);
    set(&p, "block_most_usd", 100000.0);
    set(&p, "block_s", 2.0);
    start(&c, &p);
    c.coins[0] = 9000.0;
    c.coins[1] = -95.0;
    liquidation_case_act(&c);
    cr_expect_float_eq(c.coins[0], 8100.0, 1e-9, "%g", c.coins[0]);
    cr_expect_float_eq(c.coins[1], -85.0, 1e-9, "%g", c.coins[1]);
    c.time_s = 7.99; /* block 3, from 6 to 8 */
    liquidation_case_act(&c);
    cr_expect_float_eq(c.coins[0], 8100.0 - 90.0, 1e-9, "what is left of it: %g",
                       c.coins[0]);
    cr_expect_float_eq(c.coins[1], -85.0, 1e-9, "%g", c.coins[1]);
    liquidation_case_act(&c);
    cr_expect(!c.out.acted && c.out.stop == STOP_WAITING);
    c.time_s = 8.0;
    liquidation_case_act(&c);
    cr_expect_float_eq(c.coins[0], 0.9 * 8010.0, 1e-9, "%g", c.coins[0]);
}

/* Limits: the marginal price falls by 0.01 % a coin. At the bankruptcy price the account has
 * nothing left if all were sold there. */
Test(unit, partial_stops_at_its_limit)
{
    struct liquidation_case_param p =
        liquidation_case_presets(liquidation_partial.about.fields);
    struct liquidation_case c;

    set(&p, "limit", 1);
    set(&p, "whole_below_usd", 1e15);
    start(&c, &p);
    c.n_leg = 1;
    c.coins[0] = 1000.0;
    c.cash_usd = -98000.0;
    c.requirement_usd = 5000.0;
    c.slope[0] = 1e-4;
    liquidation_case_act(&c);
    cr_expect(c.out.stop == STOP_EXHAUSTED && !c.out.closed);
    cr_expect_float_eq(c.coins[0], 800.0, 1e-9, "down to 98: %g left", c.coins[0]);
    set(&p, "limit",
        2); /* ABR = 1 - 2000/5000, so 0.6 x 1.5 x 5000 / 1000 below the mark */
    start(&c, &p);
    c.n_leg = 1;
    c.coins[0] = 1000.0;
    c.cash_usd = -98000.0;
    c.requirement_usd = 5000.0;
    c.slope[0] = 1e-4;
    liquidation_case_act(&c);
    cr_expect_float_eq(c.coins[0], 550.0, 1e-9, "down to 95.5: %g left", c.coins[0]);
    /* a short buys up to 102 */
    set(&p, "limit", 1);
    start(&c, &p);
    c.n_leg = 1;
    c.coins[0] = -1000.0;
    c.cash_usd = 102000.0;
    c.requirement_usd = 5000.0;
    c.slope[0] = 1e-4;
    liquidation_case_act(&c);
    cr_expect_float_eq(c.coins[0], -800.0, 1e-9, "%g", c.coins[0]);
}

Test(unit, partial_refuses_what_contradicts_itself)
{
    struct liquidation_case_param p = liquidation_case_presets(
                                      liquidation_partial.about.fields),
                                  q = liquidation_case_presets(
                                      liquidation_partial.about.fields);
    struct error err;
    char coef[256];

    set(&p, "limit", 1);
    set(&p, "restore_ratio", 1.0);
    set(&p, "block_frac", 0.1);
    cr_expect_not(liquidation_partial.prepare(p.at, 1, NULL, coef, &err));
    cr_expect(strstr(err.text, "restore_ratio = 1") != NULL, "%s", err.text);
    set(&q, "block_least_usd", 200.0);
    set(&q, "block_most_usd", 100.0);
    cr_expect_not(liquidation_partial.prepare(q.at, 1, NULL, coef, &err));
    cr_expect(strstr(err.text, "block_least_usd = 200") != NULL, "%s", err.text);
}

/* Random accounts, markets, weights and parameters: coins and USD in are coins and USD out. */
Test(property, partial_conserves)
{
    uint64_t random = 2385;

    for (uint64_t row = 0; row < 3000; row++) {
        struct liquidation_case_param p =
            liquidation_case_presets(liquidation_partial.about.fields);
        struct liquidation_case c;

        set(&p, "restore_ratio", row % 3 == 0 ? unit_case_random(&random, 0.5, 2.0) : 0.0);
        set(&p, "whole_below_usd", unit_case_random(&random, 0.0, 40000.0));
        set(&p, "limit", row % 3 == 0 ? 0 : (int)(row / 3 % 3));
        set(&p, "block_frac", row % 3 == 0 ? 1.0 : unit_case_random(&random, 0.05, 1.0));
        set(&p, "block_most_usd",
            row % 7 == 0 ? unit_case_random(&random, 100.0, 30000.0) : 0.0);
        liquidation_case_start(&c, &liquidation_partial, &p, NULL);
        c.n_leg = 1 + (uint32_t)(row % 3);
        c.weight = floor(unit_case_random(&random, 1.0, 9.0)) * 0.7;
        c.fee_frac = unit_case_random(&random, 0.0, 0.02);
        for (uint32_t i = 0; i < c.n_leg; i++) {
            c.coins[i] = unit_case_random(&random, -300.0, 300.0);
            c.cash_usd -= c.coins[i] * c.mark[i];
            c.mark[i] *= unit_case_random(&random, 0.98, 1.02);
            c.slope[i] = unit_case_random(&random, 0.0, 1e-4);
            c.depth_coins[i] = unit_case_random(&random, 50.0, 3000.0);
        }
        c.cash_usd += unit_case_random(&random, -500.0, 1500.0);
        c.requirement_usd = fmax(0.0, liquidation_case_equity(&c)) + 100.0;
        for (int call = 0; call < 4;
             call++, c.time_s += unit_case_random(&random, 0.0, 40.0)) {
            const struct liquidation_case_total before =
                liquidation_case_total(&c, false, UINT32_MAX, UINT32_MAX);
            liquidation_case_act(&c);
            const struct liquidation_case_total after =
                liquidation_case_total(&c, true, UINT32_MAX, UINT32_MAX);
            liquidation_case_conserved(&c, &before, &after, c.weight * 2e5, row);
        }
    }
}
