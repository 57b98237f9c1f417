/* Liquidation models of lending protocols against a market at constant prices: what a
 * liquidator's costs, limits and capital do to them. */

#include "tests/liquidation_case.h"

extern const struct liquidation_model liquidation_fixed_bonus, liquidation_absorb,
    liquidation_dutch_auction, liquidation_stability_pool, liquidation_backstop;

static void set(struct liquidation_case *c, const char *key, double value)
{
    struct error err;

    liquidation_case_set(c->model->about.fields, &c->of_venue, key, value);
    const bool prepared = liquidation_case_prepare(c, &err);
    cr_assert(prepared, "%s", err.text);
}

static void set_asset(struct liquidation_case *c, int asset, const char *key, double value)
{
    struct error err;

    liquidation_case_set(c->model->asset_fields, &c->of_asset[asset], key, value);
    const bool prepared = liquidation_case_prepare(c, &err);
    cr_assert(prepared, "%s", err.text);
}

/* 1,000 coins at 100 USD, debt of 82,000 USD, threshold 0.8: health 0.976. */
static void loan(struct liquidation_case *c, const struct liquidation_model *model)
{
    liquidation_case_start(c, model, NULL, NULL);
    c->n_leg = 1;
    c->coins[0] = 1000.0;
    c->cash_usd = -82000.0;
    c->requirement_usd = 0.2 * 100000.0;
    c->time_s = 60.0;
}

/* The market falls by 0.02 % a coin. With a bonus of 5 % of which a tenth is kept, a
 * liquidator sells down to 100/1.045, so (1 - 1/1.045)/0.0002 = 215.3 coins, for which
 * 21531/1.045 USD are repaid. */
Test(unit, fixed_bonus_stops_where_it_no_longer_pays)
{
    const double coins = (1.0 - 1.0 / 1.045) / 2e-4, repaid = coins * 100.0 / 1.045;
    struct liquidation_case c;

    loan(&c, &liquidation_fixed_bonus);
    c.slope[0] = 2e-4;
    liquidation_case_act(&c);
    cr_expect(c.out.acted && c.out.stop == STOP_EXHAUSTED);
    cr_expect_float_eq(c.sold_coins[0], coins, 1e-9, "%.17g", c.sold_coins[0]);
    cr_expect_float_eq(c.cash_usd + 82000.0, repaid, 1e-7, "%.17g", c.cash_usd + 82000.0);
    cr_expect_float_eq(c.coins[0], 1000.0 - repaid * 1.05 / 100.0, 1e-9, "%.17g",
                       c.coins[0]);
    cr_expect_float_eq(c.state[0], repaid * 0.005 / 100.0, 1e-10, "%.17g", c.state[0]);
    liquidation_case_act(&c);
    cr_expect(!c.out.acted && c.out.stop == STOP_EXHAUSTED, "nobody gains any more");
}

/* At constant prices the gain is 0.045 x 41,000 = 1,845 USD. */
Test(unit, fixed_bonus_waits_for_gas_room_and_capital)
{
    struct liquidation_case c;

    loan(&c, &liquidation_fixed_bonus);
    c.gas_usd = 1846.0;
    liquidation_case_act(&c);
    cr_expect(!c.out.acted && c.out.stop == STOP_UNPROFITABLE && c.n_trade == 0);
    c.gas_usd = 1844.0;
    c.room = 0;
    liquidation_case_act(&c);
    cr_expect(!c.out.acted && c.out.stop == STOP_QUEUE && c.n_trade == 0);
    c.room = 1;
    liquidation_case_act(&c);
    cr_expect(c.out.acted && c.cash_usd == -41000.0);
    cr_expect_float_eq(c.out.liquidator_usd, 1.0, 1e-9, "%.17g", c.out.liquidator_usd);
    loan(&c, &liquidation_fixed_bonus);
    c.weight = 3.0;
    c.capital_usd = 6000.0;
    liquidation_case_act(&c);
    cr_expect(c.out.acted && c.out.stop == STOP_QUEUE);
    cr_expect_float_eq(c.cash_usd, -80000.0, 1e-9, "2,000 USD for each of three: %g",
                       c.cash_usd);
    cr_expect_float_eq(c.capital_usd, 0.0, 1e-9, "%g", c.capital_usd);
}

/* Debt coins 3 % above their mark leave 1.5 % of a bonus of 4.5 %; at 5 % above it nobody
 * comes. The debt is half of the largest: 200 coins of two debts. */
Test(unit, fixed_bonus_buys_the_coins_it_repays)
{
    struct liquidation_case c;

    loan(&c, &liquidation_fixed_bonus);
    c.n_leg = 3;
    c.coins[1] = -500.0;
    c.coins[2] = -320.0;
    c.cash_usd = 0.0;
    c.price[1] = 103.0;
    liquidation_case_act(&c);
    cr_expect(c.out.acted && c.coins[2] == -320.0);
    cr_expect_float_eq(c.coins[1], -90.0, 1e-12, "half of all debts: %g", c.coins[1]);
    cr_expect_float_eq(c.out.liquidator_usd, 41000.0 * 0.015, 1e-8, "%.17g",
                       c.out.liquidator_usd);
    loan(&c, &liquidation_fixed_bonus);
    c.n_leg = 2;
    c.coins[1] = -820.0;
    c.cash_usd = 0.0;
    c.price[1] = 105.0;
    liquidation_case_act(&c);
    cr_expect(!c.out.acted && c.out.stop != STOP_FILLED);
}

/* A debt of 900 USD may only be repaid as a whole: in a market where the last coin would
 * lose, the whole is done if all together pay, and not if they do not. */
Test(unit, fixed_bonus_takes_the_whole_if_it_must)
{
    for (int steep = 0; steep < 2; steep++) {
        struct liquidation_case c;
        loan(&c, &liquidation_fixed_bonus);
        c.coins[0] = 10.5;
        c.cash_usd = -900.0;
        c.requirement_usd = 0.2 * 1050.0;
        c.slope[0] = steep ? 0.01 : 0.008; /* sells 9.405 coins: 4.7 % or 3.8 % lower */
        liquidation_case_act(&c);
        cr_expect_eq(c.out.acted, !steep);
        cr_expect(steep || c.cash_usd == 0.0);
    }
}

/* Nothing but debt: written off at the marks. */
Test(unit, fixed_bonus_writes_off_what_has_no_collateral)
{
    struct liquidation_case c;

    loan(&c, &liquidation_fixed_bonus);
    c.coins[0] = -2.0;
    c.cash_usd = 0.0;
    liquidation_case_act(&c);
    cr_expect(c.out.acted && c.out.closed && c.coins[0] == 0.0 && c.cash_usd == -200.0);
}

/* Credited 0.95 x 100,000; the rest of the debt is forgiven or the rest of the credit stays.
 * Buyers get 0.5 x 5 % off. */
Test(unit, absorb_takes_over_and_sells)
{
    struct liquidation_case c;

    loan(&c, &liquidation_absorb);
    c.fund_usd = 1e6;
    liquidation_case_act(&c);
    cr_expect(c.out.closed && c.state[0] == 1000.0 && c.cash_usd == 13000.0);
    cr_expect_float_eq(c.fund_usd, 1e6 - 95000.0, 0.0, "%g", c.fund_usd);
    c.price[0] = 98.0;
    c.slope[0] = 1e-5; /* down to 97.5 after 510.2 coins */
    liquidation_case_tend(&c);
    cr_expect_float_eq(1000.0 - c.state[0], (1.0 - 97.5 / 98.0) / 1e-5, 1e-6, "%g",
                       c.state[0]);
    cr_expect_float_eq(c.fund_usd, 905000.0 + 97.5 * (1000.0 - c.state[0]), 1e-6);
    c.fund_usd = 5e6;
    c.price[0] = 120.0;
    liquidation_case_tend(&c);
    cr_expect(!c.out.acted, "reserves are at their target");
    loan(&c, &liquidation_absorb);
    c.cash_usd = -98000.0;
    liquidation_case_act(&c);
    cr_expect(c.cash_usd == 0.0 && c.out.absorbed_usd == 98000.0 && c.fund_usd == -98000.0);
}

/* A vault of 40 coins with a debt of 100 at a price of 4 (dss, clip.t.sol): tab 110, top 5. At
 * 5 nobody buys; when the price has come down to 3.9797 somebody takes 27.64 coins. */
Test(unit, dutch_auction_waits_for_its_price)
{
    struct liquidation_case c;

    loan(&c, &liquidation_dutch_auction);
    c.mark[0] = c.price[0] = 4.0;
    c.coins[0] = 40.0;
    c.cash_usd = -100.0;
    c.requirement_usd = 80.0;
    set(&c, "tip_usd", 100.0);
    set(&c, "chip_frac", 0.02);
    set_asset(&c, 0, "buf", 1.25);
    set_asset(&c, 0, "chop", 1.1);
    set_asset(&c, 0, "step_s", 1.0);
    set_asset(&c, 0, "dust_usd", 20.0);
    liquidation_case_act(&c);
    cr_expect(c.out.acted && c.out.stop == STOP_WAITING && c.memory[0] == 1.0);
    cr_expect_float_eq(c.out.liquidator_usd, 102.2, 1e-12, "tip and chip: %.17g",
                       c.out.liquidator_usd);
    cr_expect_float_eq(c.state[0], 110.0, 1e-12);
    c.time_s += 22.5;
    liquidation_case_act(&c);
    cr_expect(!c.out.acted && c.out.stop == STOP_WAITING);
    c.time_s += 0.5;
    liquidation_case_act(&c);
    const double price = 5.0 * pow(0.99, 23.0), slice = 110.0 / price;
    cr_expect(c.out.acted && !c.out.closed && c.memory[0] == 0.0);
    cr_expect_float_eq(c.coins[0], 40.0 - slice, 1e-11, "%.17g", c.coins[0]);
    cr_expect_float_eq(c.cash_usd, 0.0, 1e-11, "%.17g", c.cash_usd);
    cr_expect_float_eq(c.out.fee_usd, 10.0, 1e-11, "%.17g", c.out.fee_usd);
    cr_expect_float_eq(c.state[0], 0.0, 1e-11);
    cr_expect_float_eq(c.state[1], 0.0, 1e-11);
}

/* Below cusp or after tail_s the price starts anew from the mark of the day; breakers stop
 * purchases, restarts, starts. */
Test(unit, dutch_auction_starts_anew_and_breaks)
{
    struct liquidation_case c;

    loan(&c, &liquidation_dutch_auction);
    c.capital_usd = 0.0;
    liquidation_case_act(&c);
    cr_expect(c.memory[0] == 1.0 && c.memory[2] == 120.0);
    c.time_s += 90.0 * 91.0; /* 0.99^91 = 0.4007 */
    c.mark[0] = 90.0;
    liquidation_case_act(&c);
    cr_expect_not(c.out.acted);
    set(&c, "breaker", 2.0);
    c.state[0] = 82000.0 * 1.13;
    c.time_s += 90.0;
    liquidation_case_act(&c);
    cr_expect(!c.out.acted && c.out.stop == STOP_HALTED);
    set(&c, "breaker", 0.0);
    liquidation_case_act(&c);
    cr_expect(c.out.acted && c.memory[2] == 108.0 && c.memory[1] == c.time_s);
    set(&c, "breaker", 3.0);
    c.capital_usd = INFINITY;
    c.price[0] = 200.0;
    liquidation_case_act(&c);
    cr_expect(!c.out.acted && c.out.stop == STOP_HALTED);
    loan(&c, &liquidation_dutch_auction);
    set(&c, "breaker", 1.0);
    liquidation_case_act(&c);
    cr_expect(!c.out.acted && c.out.stop == STOP_HALTED && c.memory[0] == 0.0);
}

/* The lot is gone before the tab: what is missing is the account's shortfall. Half of a debt
 * for which there was room: the fund takes the loss, the rest stays. */
Test(unit, dutch_auction_may_raise_too_little)
{
    struct liquidation_case c;

    loan(&c, &liquidation_dutch_auction);
    c.price[0] = 60.0;
    liquidation_case_act(&c);
    c.time_s += 90.0 * 69.0; /* 120 x 0.99^69 = 59.98 */
    liquidation_case_act(&c);
    const double price = 120.0 * pow(0.99, 69.0);
    cr_expect(c.out.closed && c.coins[0] == 0.0);
    cr_expect_float_eq(c.cash_usd, 1000.0 * price - 82000.0, 1e-7, "%.17g", c.cash_usd);
    cr_expect_float_eq(c.out.fee_usd, 0.0, 0.0);
    loan(&c, &liquidation_dutch_auction);
    set(&c, "hole_usd", 41000.0 * 1.13);
    c.price[0] = 60.0;
    liquidation_case_act(&c);
    c.time_s += 90.0 * 69.0;
    liquidation_case_act(&c);
    cr_expect_not(c.out.closed);
    cr_expect_float_eq(c.coins[0], 500.0, 1e-9, "%.17g", c.coins[0]);
    cr_expect_float_eq(c.cash_usd, -41000.0, 1e-7, "%.17g", c.cash_usd);
    cr_expect_float_eq(c.out.absorbed_usd, 41000.0 - 500.0 * price, 1e-7);
}

/* liquity/dev, README: 1.6 coins at 100 USD pay a debt of 150, without the part for the gas;
 * a pool that is too small leaves the rest, in proportion, to the others. */
Test(unit, stability_pool_pays_and_spreads)
{
    struct liquidation_case c;
    struct liquidation_case_param p =
        liquidation_case_presets(liquidation_stability_pool.about.fields);

    liquidation_case_set(liquidation_stability_pool.about.fields, &p, "pool_usd", 600.0);
    liquidation_case_set(liquidation_stability_pool.about.fields, &p, "gas_frac", 0.0);
    liquidation_case_start(&c, &liquidation_stability_pool, &p, NULL);
    c.n_leg = 1;
    c.coins[0] = 1.6;
    c.cash_usd = -150.0;
    liquidation_case_act(&c);
    cr_expect(c.out.closed && c.cash_usd == 0.0 && c.coins[0] == 0.0 &&
              c.state[0] == 450.0);
    cr_expect_float_eq(c.state[1], 0.75, 0.0);
    cr_expect_float_eq(c.state[3], 1.6, 0.0);
    cr_expect_float_eq(100.0 * c.state[4], 0.26666666666666666, 1e-15);
    cr_expect_float_eq(c.out.liquidator_usd, 200.0, 0.0);
    cr_expect_float_eq(c.fund_usd, -200.0, 0.0);
    c.coins[0] = 6.4;
    c.cash_usd = -600.0;
    liquidation_case_act(&c);
    cr_expect_float_eq(c.out.absorbed_usd, 450.0, 0.0);
    cr_expect_float_eq(c.out.spread_usd, 150.0, 0.0);
    cr_expect_float_eq(c.spread_coins[0], 1.6, 1e-15, "%.17g", c.spread_coins[0]);
    cr_expect(c.state[0] == 0.0 && c.state[1] == 1.0 && c.state[2] == 1.0, "an epoch ends");
    c.coins[0] = 6.4;
    c.cash_usd = -600.0;
    c.gas_usd = 201.0;
    liquidation_case_act(&c);
    cr_expect(!c.out.acted && c.out.stop == STOP_UNPROFITABLE);
    c.gas_usd = 0.0;
    liquidation_case_act(&c);
    cr_expect(c.out.spread_usd == 600.0 && c.spread_coins[0] == 6.4, "an empty pool");
}

/* 60 USD of equity against requirements of 89 and 91 USD: sold, or taken over. */
Test(unit, backstop_takes_over_below_two_thirds)
{
    struct liquidation_case c;
    struct liquidation_case_param p =
        liquidation_case_presets(liquidation_backstop.about.fields);

    liquidation_case_set(liquidation_backstop.about.fields, &p, "vault_usd", 50.0);
    liquidation_case_start(&c, &liquidation_backstop, &p, NULL);
    c.n_leg = 2;
    for (int i = 0; i < 3; i++) {
        c.coins[0] = 10.0;
        c.coins[1] = -3.0;
        c.cash_usd =
            i == 2 ? -1200.0 : -640.0; /* the last: 500 below 0, too much for the vault */
        c.requirement_usd = i == 0 ? 89.0 : 91.0;
        c.n_trade = 0;
        liquidation_case_act(&c);
        cr_expect(c.out.closed && c.out.acted && c.coins[0] == 0.0 && c.coins[1] == 0.0);
        cr_expect_float_eq(c.cash_usd, i == 0 ? 60.0 : i == 1 ? 0.0 : -500.0, 1e-12);
        cr_expect_eq(c.n_trade, i == 1 ? 0 : 2);
    }
    cr_expect(c.state[0] == 50.0 - 640.0 && c.state[2] == 10.0 && c.state[3] == -3.0);
    c.time_s = 3600.0;
    liquidation_case_tend(&c);
    cr_expect_float_eq(c.state[2], 10.0 * exp(-1.0), 1e-14, "%.17g", c.state[2]);
    cr_expect_float_eq(c.state[3], -3.0 * exp(-1.0), 1e-14);
    cr_expect_float_eq(c.state[0], 50.0 - 640.0 + 700.0 * (1.0 - exp(-1.0)), 1e-12);
}

Test(unit, loans_refuse_what_must_lose)
{
    const struct liquidation_model *const model[] = {
        &liquidation_dutch_auction, &liquidation_absorb, &liquidation_stability_pool};
    static const double frontier[] = {1.0 / 1.13, 0.95, 0.995};

    for (int i = 0; i < 3; i++) {
        struct liquidation_case c;
        struct error err;
        loan(&c, model[i]);
        const bool below = model[i]->fits(c.coef, 0, "ETH", frontier[i] - 1e-14, &err);
        const bool above = model[i]->fits(c.coef, 0, "ETH", frontier[i] + 1e-14, &err);
        cr_expect(below && !above, "%s", model[i]->about.name);
        cr_expect(strstr(err.text, "ETH") != NULL, "%s", err.text);
    }
    struct liquidation_case c;
    struct error err;
    loan(&c, &liquidation_fixed_bonus);
    liquidation_case_set(c.model->about.fields, &c.of_venue, "least_left_usd", 3000.0);
    cr_expect_not(liquidation_case_prepare(&c, &err));
    cr_expect(strstr(err.text, "least_left_usd = 3000") != NULL, "%s", err.text);
    loan(&c, &liquidation_dutch_auction);
    liquidation_case_set(c.model->asset_fields, &c.of_asset[1], "dust_usd", 2e8);
    cr_expect_not(liquidation_case_prepare(&c, &err));
    cr_expect(strstr(err.text, "dust_usd = 2e+08") != NULL, "%s", err.text);
}
