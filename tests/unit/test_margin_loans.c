/* Rules of loans, isolated positions, and the initial side of standard margin. */

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "sim/margin.h"

extern const struct margin_rule margin_health_factor, margin_collateral_ratio;
extern const struct margin_rule margin_isolated, margin_cross, margin_standard;
extern const struct instrument instrument_perpetual, instrument_option;

struct prepared {
    _Alignas(64) unsigned char coef[256];
};

static void presets(const struct margin_rule *rule, uint32_t n_asset, struct prepared *p)
{
    static const struct margin_tiers none[4];
    double param[16];
    struct error err;

    field_presets(rule->about.fields, param);
    cr_assert(rule->prepare(param, n_asset, none, NULL, p->coef, &err));
}

/* Aave documentation, Liquidations, example 1: 10 ETH deposited, 5 ETH worth of DAI owed;
 * the account is open to liquidation once 10 LT p < debt. Two coins as in example 2. */
Test(unit, health_factor_below_one_is_a_buffer_below_zero)
{
    const double eth[2] = {0.825, 0.80}, yfi[2] = {0.65, 0.5};
    const void *const param[3] = {eth, yfi, NULL};
    const double coins[3] = {5.0, 4.0, -4000.0};
    struct prepared p;
    struct error err;

    cr_assert(margin_health_factor.prepare(NULL, 3, NULL, param, p.coef, &err));
    for (int i = 0; i <= 100; i++) {
        const double index[3] = {500.0 + 5.0 * i, 400.0 + 7.0 * i, 1.0};
        const struct margin_book book = {
            .n_asset = 3, .index_usd = index, .coins = coins, .cash_usd = -10.0};
        const double factor = (0.825 * 5.0 * index[0] + 0.65 * 4.0 * index[1]) / 4010.0;
        struct margin_result out;
        margin_requirement(&margin_health_factor, p.coef, &book, &out);
        const double buffer = margin_equity(&book) - out.maintenance_usd;
        cr_assert_float_eq(buffer, 4010.0 * (factor - 1.0), 1e-9);
        cr_assert_float_eq(out.initial_usd, 0.2 * 5.0 * index[0] + 0.5 * 4.0 * index[1],
                           1e-9);
    }
}

/* 1.5 ETH at 200 against 150 owed at a minimum of 1.5 stand at 2; liquidated below 150. */
Test(unit, vaults_are_liquidated_at_their_ratio)
{
    const double index = 200.0, coins = 1.5;
    const struct margin_book book = {
        .n_asset = 1, .index_usd = &index, .coins = &coins, .cash_usd = -150.0};
    struct prepared p;

    presets(&margin_collateral_ratio, 1, &p);
    const double move =
        margin_breaking_move(&margin_collateral_ratio, p.coef, &book, NULL, false, NULL);
    cr_assert_float_eq(move, -0.25, 1e-12, "%.15g", move);
    const double up =
        margin_breaking_move(&margin_collateral_ratio, p.coef, &book, NULL, true, NULL);
    cr_assert(isnan(up));
}

Test(unit, what_is_not_at_a_lending_venue_is_no_collateral)
{
    const void *const none[2] = {NULL, NULL};
    const double value[2] = {100.0, -100.0};
    const struct margin_rule *const rules[] = {&margin_health_factor,
                                               &margin_collateral_ratio};

    for (int r = 0; r < 2; r++) {
        double need[2] = {0.0, 0.0};
        struct prepared p;
        struct error err;
        cr_assert(rules[r]->prepare(NULL, 2, NULL, none, p.coef, &err));
        rules[r]->property(p.coef, 1, value, need, 2);
        cr_assert(need[0] == 100.0 && need[1] == 0.0, "%s", rules[r]->about.name);
    }
}

Test(unit, thresholds_that_cannot_be_meant_are_refused)
{
    static const double bad[][2] = {{1.01, 0.5}, {-0.1, 0.0}, {0.8, 0.81}, {0.8, -0.1}};
    struct prepared p;
    struct error err;

    for (int i = 0; i < 4; i++) {
        const void *const param[1] = {bad[i]};
        cr_assert(!margin_health_factor.prepare(NULL, 1, NULL, param, p.coef, &err), "%d",
                  i);
        cr_assert(strstr(err.text,
                         i < 2 ? "liquidation_threshold_frac" : "loan_to_value") != NULL,
                  "%s", err.text);
    }
    const double ratio = 0.99;
    const void *const param[1] = {&ratio};
    cr_assert(!margin_collateral_ratio.prepare(NULL, 1, NULL, param, p.coef, &err));
    cr_assert(strstr(err.text, "minimum_ratio = 0.99") != NULL, "%s", err.text);
}

/* +3 and -2 coins at 100: isolated 5 % of 500, cross 5 % of 100. The margin of 60 is split
 * 3 : 2; the long dies at (300 - 36) / (3 x 0.95), the short at (200 + 24) / (2 x 1.05). */
Test(unit, isolated_positions_do_not_net)
{
    const struct contract contract[] = {
        {.instrument = &instrument_perpetual, .quantity = 3.0, .entry_usd = 100.0},
        {.instrument = &instrument_perpetual, .quantity = -2.0, .entry_usd = 100.0}};
    const struct margin_leg leg[] = {{.contract = &contract[0]},
                                     {.contract = &contract[1]}};
    const double index = 100.0, coins = 0.0;
    const struct margin_book book = {.n_asset = 1,
                                     .index_usd = &index,
                                     .coins = &coins,
                                     .cash_usd = 60.0,
                                     .n_leg = 2,
                                     .leg = leg};
    struct margin_result out;
    struct prepared p;
    uint32_t which;

    presets(&margin_isolated, 1, &p);
    margin_requirement(&margin_isolated, p.coef, &book, &out);
    cr_assert_float_eq(out.maintenance_usd, 25.0, 1e-12);
    const double down =
        margin_breaking_move(&margin_isolated, p.coef, &book, NULL, false, &which);
    cr_assert(which == 0);
    cr_assert_float_eq(100.0 * (1.0 + down), 264.0 / 2.85, 1e-10);
    const double up =
        margin_breaking_move(&margin_isolated, p.coef, &book, NULL, true, &which);
    cr_assert(which == 1);
    cr_assert_float_eq(100.0 * (1.0 + up), 224.0 / 2.1, 1e-10);
    presets(&margin_cross, 1, &p);
    margin_requirement(&margin_cross, p.coef, &book, &out);
    cr_assert_float_eq(out.maintenance_usd, 5.0, 1e-12);
    cr_assert(isnan(out.initial_usd));
}

/* Longs entered at 100 and 110 share 82 as 60 and 22 and die at 240 / (3 x 0.95) and
 * 88 / 0.95: the one further under water first. */
Test(unit, the_first_isolated_position_counts)
{
    const struct contract contract[] = {
        {.instrument = &instrument_perpetual, .quantity = 3.0, .entry_usd = 100.0},
        {.instrument = &instrument_perpetual, .quantity = 1.0, .entry_usd = 110.0}};
    const double index = 100.0, coins = 0.0;
    struct prepared p;

    presets(&margin_isolated, 1, &p);
    for (uint32_t last = 0; last < 2; last++) {
        const struct margin_leg leg[] = {{.contract = &contract[1 - last]},
                                         {.contract = &contract[last]}};
        const struct margin_book book = {.n_asset = 1,
                                         .index_usd = &index,
                                         .coins = &coins,
                                         .cash_usd = 82.0,
                                         .n_leg = 2,
                                         .leg = leg};
        uint32_t which;
        const double down =
            margin_breaking_move(&margin_isolated, p.coef, &book, NULL, false, &which);
        cr_assert(which == last);
        cr_assert_float_eq(100.0 * (1.0 + down), 88.0 / 0.95, 1e-10);
    }
}

/* Haircuts: 2 coins at 100 with 5 % against 10 of maintenance. */
Test(unit, a_venues_haircut_is_required)
{
    const struct contract c = {
        .instrument = &instrument_perpetual, .quantity = 2.0, .entry_usd = 100.0};
    const struct margin_leg leg = {.contract = &c};
    const double index = 100.0, coins = 2.0, cut = 0.05;
    struct margin_book book = {.n_asset = 1,
                               .index_usd = &index,
                               .coins = &coins,
                               .haircut_frac = &cut,
                               .n_leg = 1,
                               .leg = &leg};
    struct margin_result with, without;
    struct prepared p;

    presets(&margin_standard, 1, &p);
    margin_requirement(&margin_standard, p.coef, &book, &with);
    book.haircut_frac = NULL;
    margin_requirement(&margin_standard, p.coef, &book, &without);
    cr_assert_float_eq(with.maintenance_usd - without.maintenance_usd, 10.0, 1e-12);
    cr_assert_float_eq(with.initial_usd - without.initial_usd, 10.0, 1e-12);
    cr_assert_float_eq(without.initial_usd, 200.0 * (0.02 + 0.00005 * 2.0), 1e-12);
}

/* Deribit's rules (doc.tslab.pro) worked by hand: initial margin in coins, mark included; the
 * mark comes from the volatility that Black's formula needs for it, so only the rest is
 * compared. */
Test(unit, standard_initial_margin_is_deribits)
{
    static const struct {
        bool call;
        double strike, volatility;
    } rows[] = {{true, 44000, 0.8},
                {true, 41000, 0.8},
                {false, 40000, 0.8},
                {false, 80000, 0.8},
                {false, 41000, 4.0}};
    const double index = 40000.0, coins = 0.0, q = -2.0;
    struct prepared p;

    presets(&margin_standard, 1, &p);
    for (int i = 0; i < 5; i++) {
        const struct contract c = {.instrument = &instrument_option,
                                   .call = rows[i].call,
                                   .inverse = 1,
                                   .strike_usd = rows[i].strike,
                                   .quantity = q};
        const struct margin_leg leg = {
            .contract = &c, .volatility_annual = rows[i].volatility, .years = 0.1};
        const struct margin_book book = {
            .n_asset = 1, .index_usd = &index, .coins = &coins, .n_leg = 1, .leg = &leg};
        struct margin_result out;
        double value;
        margin_requirement(&margin_standard, p.coef, &book, &out);
        margin_leg_value(&leg, 1, &index, NULL, &value);
        const double mark = value / q / index;
        const double otm =
            fmax(rows[i].call ? rows[i].strike - index : index - rows[i].strike, 0.0) /
            index;
        double initial = fmax(0.15 - otm, 0.1) + mark;
        if (!rows[i].call)
            initial = fmax(initial, fmax(0.075, 0.075 * mark) + mark);
        cr_assert_float_eq(out.initial_usd / index, 2.0 * (initial - mark), 1e-12, "row %d",
                           i);
    }
}
