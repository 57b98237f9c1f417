/* Liquidation prices: where equity meets maintenance under isolated and cross, against those
 * of exchanges. */

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "sim/margin.h"

extern const struct instrument instrument_perpetual;
extern const struct margin_rule margin_isolated, margin_cross;

/* Coefficients of a rule over one asset. */
struct prepared {
    _Alignas(64) unsigned char coef[256];
};

static void prepare(const struct margin_rule *rule, const struct margin_tiers *tiers,
                    double maintenance_frac, struct prepared *p)
{
    double param[8];
    struct error err;

    field_presets(rule->about.fields, param);
    param[0] = maintenance_frac; /* the first field of both */
    cr_assert(rule->prepare(param, 1, tiers, NULL, p->coef, &err));
}

/* Liquidation price of one perpetual of q coins entered at `entry` with `cash`; it is looked
 * for from the entry. */
static double price_of(const struct margin_rule *rule, const struct margin_tiers *tiers,
                       double maintenance_frac, double q, double entry, double cash)
{
    const double no_coins = 0.0;
    const struct contract c = {
        .instrument = &instrument_perpetual, .quantity = q, .entry_usd = entry};
    const struct margin_leg leg = {.contract = &c};
    const struct margin_book book = {.n_asset = 1,
                                     .index_usd = &entry,
                                     .coins = &no_coins,
                                     .cash_usd = cash,
                                     .n_leg = 1,
                                     .leg = &leg};
    struct prepared p;

    prepare(rule, tiers, maintenance_frac, &p);
    return entry * (1.0 + margin_breaking_move(rule, p.coef, &book, NULL, q < 0.0, NULL));
}

/* Binance and Bybit by way of freqtrade, tests/exchange/test_exchange.py,
 * test_get_liquidation_price: entry, size, margin entry x size / leverage, rate 0.01,
 * maintenance amount. The amount stands in a second tier from 2 dollars on. */
Test(reference, isolated_liquidates_where_exchanges_do)
{
    static const struct {
        double side, leverage, entry, size, amount, price;
    } rows[] = {
        {-1, 5, 10, 1, 0.01, 11.89108910891089}, {-1, 3, 10, 1, 0.01, 13.211221122079207},
        {-1, 5, 8, 1, 0.01, 9.514851485148514},  {-1, 5, 10, 0.6, 0.01, 11.897689768976898},
        {1, 5, 10, 1, 0.01, 8.070707070707071},  {1, 5, 8, 1, 0.01, 6.454545454545454},
        {1, 3, 10, 1, 0.01, 6.723905723905723},  {1, 5, 10, 0.6, 0.01, 8.063973063973064}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct margin_tier tier[] = {{0.0, 0.01 - rows[i].amount / 2.0}, {2.0, 0.01}};
        const struct margin_tiers tiers = {2, tier};
        const double q = rows[i].side * rows[i].size;
        const double cash = rows[i].entry * rows[i].size / rows[i].leverage;
        const double price =
            price_of(&margin_isolated, &tiers, 0.0, q, rows[i].entry, cash);
        cr_assert_float_eq(price, rows[i].price, 1e-6, "row %zu: %.12g", i, price);
    }
}

/* Positions of real accounts as the exchange showed them, by way of freqtrade,
 * tests/exchange/test_hyperliquid.py: maintenance is half the initial margin at maximum
 * leverage. Entries are rounded to the tick there, which costs 3.5e-5 in one row. */
Test(reference, isolated_liquidates_where_hyperliquid_does)
{
    static const struct {
        double entry, q, collateral, rate, price;
    } rows[] = {{2458.5, 0.015, 36.864593, 0.01, 0.86915825},
                {63287.0, 0.00039, 24.673292, 0.01, 22.37166537},
                {146.82, 0.16, 23.482979, 0.025, 0.05269872},
                {145.83, 0.33, 24.045107, 0.025, 74.83696193},
                {2459.5, 0.0199, 24.454895, 0.01, 1243.0411908},
                {62739.0, 0.00077, 24.137992, 0.01, 31708.03843631},
                {0.11586, 437.0, 25.29769, 0.025, 0.05945697},
                {2642.8, -0.019, 25.091876, 0.01, 3924.18322043},
                {155.89, -0.32, 24.924941, 0.025, 228.07847866},
                {0.14333, -351.0, 25.136807, 0.025, 0.20970228},
                {68595.0, -0.00069, 23.64871, 0.01, 101849.99354283},
                {65536.0, -0.00099, 21.604172, 0.01, 86493.46174617},
                {173.06, 0.6, 20.735658, 0.025, 142.05186667},
                {2545.5, 0.0329, 20.909894, 0.01, 1929.23322895},
                {67400.0, -0.00031, 20.887308, 0.01, 133443.97317151},
                {2552.0, -0.0327, 20.833393, 0.01, 3157.53150453},
                {66930.0, 0.0015, 20.043862, 0.01, 54108.51043771},
                {67033.0, 0.00121, 20.251817, 0.01, 50804.00091827},
                {2521.9, 0.0237, 19.902091, 0.01, 1699.14071943},
                {68139.0, -0.00145, 19.72573, 0.01, 80933.61590987},
                {178.29, -0.11, 19.605036, 0.025, 347.82205322},
                {176.23, 0.33, 19.364946, 0.025, 120.56240404},
                {173.08, -0.33, 19.01881, 0.025, 225.08561715},
                {68240.0, -0.00105, 17.887922, 0.01, 84431.79820839},
                {2518.4, -0.007, 17.62263, 0.01, 4986.05799151},
                {2533.2, 0.0347, 17.555195, 0.01, 2047.7642302},
                {0.13284, 360.0, 15.943218, 0.025, 0.09082388},
                {163.11, -0.48, 15.650731, 0.025, 190.94213618},
                {67141.0, 0.00067, 14.979079, 0.01, 45236.52992613}};
    const struct margin_tiers none = {0, NULL};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double price = price_of(&margin_isolated, &none, rows[i].rate, rows[i].q,
                                      rows[i].entry, rows[i].collateral);
        cr_assert_float_eq(price / rows[i].price, 1.0, i == 1 ? 1e-4 : 1e-6,
                           "row %zu: %.10g", i, price);
    }
}

/* The documented formula, worked in fractions: price = entry - side margin_available / size
 * / (1 - l side); notional 1,000 at 100, l = 0.025. */
Test(reference, liquidation_prices_are_the_formulas)
{
    static const struct {
        bool cross;
        double q, cash, price;
    } rows[] = {{false, 10, 100, 1200.0 / 13.0},
                {false, -10, 100, 4400.0 / 41.0},
                {false, 10, 50, 3800.0 / 39.0},
                {true, 10, 200, 3200.0 / 39.0},
                {true, -10, 200, 4800.0 / 41.0}};
    const struct margin_tiers none = {0, NULL};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double price = price_of(rows[i].cross ? &margin_cross : &margin_isolated,
                                      &none, 0.025, rows[i].q, 100.0, rows[i].cash);
        cr_assert_float_eq(price / rows[i].price, 1.0, 1e-12, "row %zu: %.15g", i, price);
    }
}
