#include <criterion/criterion.h>

#include <math.h>

#include "sim/model.h"

/* Inverse perpetuals: profit in coins N (1/entry - 1/exit), to the digits the sources
 * print. */
extern const struct instrument instrument_perpetual;

static const struct {
    double contracts, entry, exit, published_coin, tolerance;
    const char *source;
} rows[] = {
    /* clang-format off */
    {50000, 10000, 11000, 0.4545, 0.5e-4,
     "BitMEX inverse perpetual guide (quoted in public test code)"},
    {50000, 10000, 9000, -0.5556, 0.5e-4,
     "BitMEX inverse perpetual guide (quoted in public notes)"},
    {15000, 750, 800, 1.25, 1e-13,
     "BitMEX Perpetual Contracts Guide Examples"},
    {60000, 600, 700, 14.286, 0.5e-3,
     "romanornr (Medium), Trading bitcoin inverse futures contracts"},
    {60000, 600, 500, -20, 1e-13,
     "romanornr (Medium)"},
    {-16000, 8000, 10000, -0.4, 1e-13,
     "romanornr (Medium), 1x short hedge"},
    {-16000, 8000, 5000, 1.2, 1e-13,
     "romanornr (Medium), 1x short hedge"},
    /* clang-format on */
};

Test(reference, inverse_perpetual_profit)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct contract c = {.id = "case",
                                   .inverse = true,
                                   .quantity = rows[i].contracts,
                                   .entry_usd = rows[i].entry};
        const struct linear_value v = instrument_perpetual.linear(&c);
        const double profit_coin = (v.fixed_usd + v.coins * rows[i].exit) / rows[i].exit;

        cr_assert_float_eq(profit_coin, rows[i].published_coin, rows[i].tolerance,
                           "%s: %.17g coins, published %g", rows[i].source, profit_coin,
                           rows[i].published_coin);
        cr_assert_float_eq(
            v.notional_usd + v.notional_coins * rows[i].exit, rows[i].contracts, 0.0,
            "%s: the notional is not the number of contracts", rows[i].source);
        cr_assert(!v.held, "a perpetual is not property");
    }
}

/* BitMEX Perpetual Contracts Guide: funding 0.0025 on 15,000 contracts at mark 750 costs
 * the long 0.05 coins, and with the profit of 1.25 coins to 800 leaves 1.2. */
Test(reference, inverse_perpetual_funding)
{
    const struct contract c = {
        .id = "case", .inverse = true, .quantity = 15000.0, .entry_usd = 750.0};
    const struct linear_value v = instrument_perpetual.linear(&c);
    const double paid_coin = 0.0025 * (v.notional_usd + v.notional_coins * 750.0) / 750.0;
    const double profit_coin = (v.fixed_usd + v.coins * 800.0) / 800.0;

    cr_assert_float_eq(paid_coin, 0.05, 1e-15, "funding %.17g", paid_coin);
    cr_assert_float_eq(profit_coin - paid_coin, 1.2, 1e-14, "total %.17g",
                       profit_coin - paid_coin);
}

Test(reference, linear_perpetual_profit)
{
    const struct contract c = {.id = "case", .quantity = -2.385, .entry_usd = 61250.5};
    const struct linear_value v = instrument_perpetual.linear(&c);

    cr_assert_float_eq(v.fixed_usd + v.coins * 58111.25, 2.385 * (61250.5 - 58111.25),
                       1e-9);
    cr_assert_float_eq(v.notional_coins, -2.385, 0.0);
    cr_assert_float_eq(v.notional_usd, 0.0, 0.0);
}

Test(reference, perpetual_without_size_or_entry_is_refused)
{
    struct contract c = {.id = "p1", .quantity = 0.0, .entry_usd = 100.0};
    struct error err;

    cr_assert(!instrument_perpetual.check(&c, "a.csv:2", &err), "quantity 0 was accepted");
    c.quantity = 3.5;
    c.entry_usd = 0.0;
    cr_assert(!instrument_perpetual.check(&c, "a.csv:2", &err), "entry 0 was accepted");
    c.entry_usd = 100.0;
    cr_assert(instrument_perpetual.check(&c, "a.csv:2", &err), "%s", err.text);
}
